"""A PostgreSQL of our own in the data folder (Linux, macOS), for where no DATABASE_URL names another.

Each process of ours joins; one detached keeper runs the server. Two file locks are the whole protocol:

- `users.lock`: each joined process holds it shared. The keeper waits for it exclusively, that is, for the
  last user to leave, and then stops the server.
- `server.lock`: the keeper and every process of its server hold it (an inherited descriptor). Each joined
  process waits for it too: whoever gets it knows that no keeper and no server lives, and hands the lock to a
  new keeper.

The kernel releases both with the processes, so `kill -9`, zombies and reused process ids mislead nobody.
"""

from app.kit.embedded.folder import EmbeddedPostgresError
from app.kit.embedded.membership import Server, join

__all__ = ["EmbeddedPostgresError", "Server", "join"]
