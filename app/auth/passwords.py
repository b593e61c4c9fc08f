"""Password hashing, on a few threads of its own, and the check that a new password is hard to guess."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.auth.errors import PasswordWeak, SignInsCrowded

HASHERS = 2
"""Hashing threads. Each hash takes 64 MiB while it is computed."""
PLACES = 50
"""How many hashes may be running or waiting. The last in the queue waits about three seconds."""
RESERVED = 20
"""Additional places for browsers from which the same person has signed in before."""
LEAST_SCORE = 3
"""The lowest zxcvbn score accepted: at least a hundred million guesses."""
LOOKED_AT = 64
"""How many characters are judged. More characters make a password no weaker, and judging them is slow."""
OURS = ("hotline", "81890", "haishu", "ningbo")
"""Words that anybody who attacks this service tries first."""

_hasher = PasswordHasher()
Result = TypeVar("Result")


class Hashing:
    """The process's hashing threads and their bounded queue. Known browsers go first."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHERS, thread_name_prefix="argon2")
        self._taken = self._at_work = 0
        self._known, self._others = deque[asyncio.Future[None]](), deque[asyncio.Future[None]]()

    @contextmanager
    def place(self, *, known: bool = False) -> Iterator[None]:
        """Hold a place in the queue. Raises SignInsCrowded when it is full."""
        if self._taken >= PLACES + (RESERVED if known else 0):
            raise SignInsCrowded
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[..., Result], *args: object, known: bool = False) -> Result:
        """Run the work on one of the threads and return its result. Known browsers are served first."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        (self._known if known else self._others).append(turn)
        self._call_next()
        try:
            await turn
            return await loop.run_in_executor(self._threads, work, *args)
        finally:
            if turn.done() and not turn.cancelled():
                self._at_work -= 1
                self._call_next()

    def _call_next(self) -> None:
        while self._at_work < HASHERS and (waiting := self._known or self._others):
            turn = waiting.popleft()
            if not turn.cancelled():
                self._at_work += 1
                turn.set_result(None)


HASHING = Hashing()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def _verify(password_hash: str | None, password: str) -> bool:
    nobodys = _nobodys_hash()
    try:
        return _hasher.verify(password_hash or nobodys, password) and password_hash is not None
    except InvalidHashError:  # a malformed hash locks the account
        return _verify(None, password)
    except VerificationError:
        return False


async def is_right(password_hash: str | None, password: str, *, known: bool = False) -> bool:
    """Return whether this is the password.

    The check takes equally long for accounts that do not exist or may not sign in, so that timing gives nothing away.
    """
    return await HASHING.run(_verify, password_hash, password, known=known)


async def hash_of(password: str) -> str:
    """Return the hash to store for a password. Raises SignInsCrowded."""
    with HASHING.place():
        return await HASHING.run(_hasher.hash, password)


async def check_password(password: str, *about: str) -> None:
    """Raise PasswordWeak when the password is easy to guess or derived from facts about its owner (`about`)."""
    if not await asyncio.to_thread(_is_strong, password, about):
        raise PasswordWeak


def _is_strong(password: str, about: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # imported here because its word lists load slowly

    judged = zxcvbn(password[:LOOKED_AT], user_inputs=[*about, *OURS])
    return bool(judged["score"] >= LEAST_SCORE)
