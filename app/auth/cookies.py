"""The console's session cookie, which no script can read and no other site can use.

`SameSite=Strict` keeps the browser from sending the cookie with requests from other sites. A change made with the
cookie must also prove that it comes from one of our own pages: by `Sec-Fetch-Site`, or by `Origin` if the browser sends
no such header, as over plain HTTP.
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
    """Return the session token in the cookie, or None. Raises CrossSite when another site's page requests a change."""
    token = request.cookies.get(COOKIE)
    if token and request.method not in SAFE_METHODS:
        refuse_other_sites(request)
    return token


def refuse_other_sites(request: Request) -> None:
    """Raise CrossSite unless the browser says that the request comes from one of our own pages."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site != "same-origin" if site else urlsplit(origin or "").netloc != request.headers.get("host"):
        raise CrossSite


def give_session(request: Request, response: Response, token: str, expires_at: datetime, now: datetime) -> None:
    """Store the token in the browser until the session expires. Over TLS, the cookie is never sent unencrypted."""
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
    """Store a token that identifies the browser at the next sign-in. The token alone gives no access."""
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
    """Delete the session cookie from the browser."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
