"""Reads single keys from the terminal as they are pressed, without echo."""

import asyncio
import codecs
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

if sys.platform == "win32":
    import msvcrt
    import threading

    _ARROWS = {"H": "up", "P": "down"}

    @contextmanager
    def pressed() -> Iterator[asyncio.Queue[str]]:
        """Yield a queue of the keys pressed: characters, and up, down, enter, escape, backspace."""
        keys: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def read() -> None:
            while True:
                key = msvcrt.getwch()
                if key in "\x00\xe0":
                    key = _ARROWS.get(msvcrt.getwch(), "")
                loop.call_soon_threadsafe(keys.put_nowait, _NAMES.get(key, key))

        threading.Thread(target=read, daemon=True).start()
        yield keys

else:
    import termios
    import tty

    def _read(terminal: int) -> bytes:
        """Return what was typed. If the terminal is gone, end the program as a hang-up would."""
        with suppress(OSError):
            if typed := os.read(terminal, 1024):
                return typed
        signal.raise_signal(signal.SIGHUP)
        return b""

    @contextmanager
    def pressed() -> Iterator[asyncio.Queue[str]]:
        """Yield a queue of the keys pressed: characters, and up, down, enter, escape, backspace."""
        keys: asyncio.Queue[str] = asyncio.Queue()
        loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()
        decoder = codecs.getincrementaldecoder("utf-8")("ignore")

        def read() -> None:
            text = decoder.decode(_read(terminal))
            for sequence, name in _SEQUENCES.items():
                text = text.replace(sequence, name)
            for key in text:
                keys.put_nowait(_NAMES.get(key, key))

        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal)
        loop.add_reader(terminal, read)
        try:
            yield keys
        finally:
            loop.remove_reader(terminal)
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


_SEQUENCES = {"\x1b[A": "\ue000", "\x1b[B": "\ue001", "\x1bOA": "\ue000", "\x1bOB": "\ue001"}
_NAMES = {
    "\ue000": "up",
    "\ue001": "down",
    "\r": "enter",
    "\n": "enter",
    "\x1b": "escape",
    "\x08": "backspace",
    "\x7f": "backspace",
}
