"""The providers' software in a process of its own, to be killed: `python -m bench.crew URL PROVIDERS JOURNALS HASTE`.

PROVIDERS is a JSON file of names and keys, JOURNALS a folder. The providers work HASTE times as fast as real ones. The
centre's clock comes from the environment.
"""

import asyncio
import sys
import time
from pathlib import Path

import orjson

from app.kit.clock import clock_from
from app.settings import Settings
from hotline_provider.behaviour import Member
from hotline_provider.fleet import Fleet


def member(name: str, key: str) -> Member:
    """Return a provider that answers every offer, and sometimes declines, gives back or comes late."""
    return Member(
        key=key,
        name=name,
        accept_rate=0.85,
        answer_rate=1.0,
        response_seconds=20,
        punctuality=0.9,
        return_rate=0.05,
        by_phone=False,
    )


def main(url: str, providers: Path, journals: Path, haste: float) -> None:
    """Work until killed."""
    members = [member(name, key) for name, key in orjson.loads(providers.read_bytes())]
    now = clock_from(Settings()).now
    fleet = Fleet(url, members, factor=haste, seed=time.time_ns(), now=now, journals=journals)
    asyncio.run(fleet.run())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
