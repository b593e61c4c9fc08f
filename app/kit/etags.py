"""ETag and If-Match on documents that people edit: an integer version each."""

from typing import Annotated

from fastapi import Header, Response

from app.kit.errors import VersionRequired, VersionStale

IfMatch = Annotated[str | None, Header(alias="If-Match", description="the ETag that was read")]


def set_etag(response: Response, version: int) -> None:
    """Put the version on the answer."""
    response.headers["ETag"] = f'"{version}"'


def check_version(if_match: str | None, current: int) -> None:
    """Raises VersionRequired without If-Match, VersionStale when it names another version."""
    if if_match is None:
        raise VersionRequired
    if if_match.strip() != f'"{current}"':
        raise VersionStale(current=current)
