"""ETag and If-Match for documents that people edit. Each document has an integer version."""

from typing import Annotated

from fastapi import Header, Response

from app.kit.errors import VersionRequired, VersionStale

IfMatch = Annotated[str | None, Header(alias="If-Match", description="the ETag you read")]


def set_etag(response: Response, version: int) -> None:
    """Put the version on the response as its ETag."""
    response.headers["ETag"] = f'"{version}"'


def check_version(if_match: str | None, current: int) -> None:
    """Raise VersionRequired without If-Match, and VersionStale if it names another version than `current`."""
    if if_match is None:
        raise VersionRequired
    if if_match.strip() != f'"{current}"':
        raise VersionStale(current=current)
