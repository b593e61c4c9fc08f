"""The console's session: a cookie that no script can read and no other site can use.

`SameSite=Strict` keeps the browser from sending it along from elsewhere; a change made with it must also say that it
comes from our own pages (`Sec-Fetch-Site`, or `Origin` where a browser sends no such header over plain HTTP).
"""

from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

from app.auth.errors import CrossSite
from app.auth.throttle_queries import DEVICE_LIVES
from app.kit.web import SAFE_METHODS, context_of

COOKIE = "hotline_session"
PATH = "/api"
DEVICE_COOKIE = "hotline_device"
DEVICE_PATH = "/api/v1/sessions"


def session_of(request: Request) -> str | None:
    """The token in the cookie, if there is one. Raises CrossSite for a change asked for by another site's page."""
    token = request.cookies.get(COOKIE)
    if token and request.method not in SAFE_METHODS:
        refuse_other_sites(request)
    return token


def refuse_other_sites(request: Request) -> None:
    """Raises CrossSite unless the browser says that one of our own pages asks."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site != "same-origin" if site else urlsplit(origin or "").netloc != request.headers.get("host"):
        raise CrossSite


def give_session(request: Request, response: Response, token: str, expires_at: datetime, now: datetime) -> None:
    """Put the token into the browser until it expires; over TLS it never leaves in clear."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(context_of(request).clock.real_seconds(expires_at - now)),
        path=PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def give_device(request: Request, response: Response, device: str) -> None:
    """Let the browser be known when somebody signs in there again; it opens nothing by itself."""
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=int(DEVICE_LIVES.total_seconds()),
        path=DEVICE_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def take_session(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
