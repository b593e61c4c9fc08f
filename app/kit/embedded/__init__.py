"""Our own PostgreSQL in the data folder (Linux, macOS), for when no DATABASE_URL names another.

Each of our processes joins; one detached keeper runs the server. Two file locks are the whole protocol:

- `users.lock`: each joined process holds it shared. The keeper waits for it exclusively, that is, until the last user
  leaves, and then stops the server.
- `server.lock`: the keeper and every process of its server hold it (an inherited descriptor). Each joined process also
  waits for it. A process that gets it knows that no keeper and no server is alive, and hands the lock to a new keeper.

The kernel releases both locks when a process ends, so `kill -9`, zombies and reused process ids do no harm.
"""

from app.kit.embedded.folder import EmbeddedPostgresError
from app.kit.embedded.membership import Server, join
from app.kit.embedded.programs import find_folder

__all__ = ["EmbeddedPostgresError", "Server", "find_folder", "join"]
