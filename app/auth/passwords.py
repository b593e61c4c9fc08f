"""Passwords: hashed on threads of their own, a few at a time, and none that is guessed first."""

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
"""Each hash holds 64 MiB while it is made."""
PLACES = 50
"""So many may be made or wait; the last has waited some three seconds."""
RESERVED = 20
"""Further places, for browsers from which the same person signed in before."""
LEAST_SCORE = 3
"""Of zxcvbn: a hundred million guesses or more."""
LOOKED_AT = 64
"""Characters that are judged; more make a password no worse, and judging them takes long."""
OURS = ("hotline", "81890", "haishu", "ningbo")
"""Words that whoever attacks us tries first."""

_hasher = PasswordHasher()
Result = TypeVar("Result")


class Hashing:
    """The process's hashing: threads of its own, and a queue that has an end, which known browsers jump."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHERS, thread_name_prefix="argon2")
        self._taken = self._at_work = 0
        self._known, self._others = deque[asyncio.Future[None]](), deque[asyncio.Future[None]]()

    @contextmanager
    def place(self, *, known: bool = False) -> Iterator[None]:
        """A place in the queue. Raises SignInsCrowded."""
        if self._taken >= PLACES + (RESERVED if known else 0):
            raise SignInsCrowded
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[..., Result], *args: object, known: bool = False) -> Result:
        """Do it on one of the threads; for a known browser before all others that wait."""
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
    except InvalidHashError:  # a hash that is none locks the account
        return _verify(None, password)
    except VerificationError:
        return False


async def is_right(password_hash: str | None, password: str, *, known: bool = False) -> bool:
    """Whether it is the password; it takes as long where there is no such account, or none that may sign in."""
    return await HASHING.run(_verify, password_hash, password, known=known)


async def hash_of(password: str) -> str:
    """What is kept of a password. Raises SignInsCrowded."""
    with HASHING.place():
        return await HASHING.run(_hasher.hash, password)


async def check_password(password: str, *about: str) -> None:
    """Raises PasswordWeak for one that is guessed early, or made of what is known of its owner."""
    if not await asyncio.to_thread(_is_strong, password, about):
        raise PasswordWeak


def _is_strong(password: str, about: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # here, for its lists of words take a while to load

    judged = zxcvbn(password[:LOOKED_AT], user_inputs=[*about, *OURS])
    return bool(judged["score"] >= LEAST_SCORE)
