"""Serves the web console's files, with a content security policy that lets nothing in from elsewhere."""

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILD = Path(__file__).parent / "static"
INDEX = "index.html"
NOT_BUILT = "控制台尚未构建。 The console is not built yet; run: make console\n"
OURS_ALONE = {"api", "health", "metrics"}
"""First parts of paths that are not pages of the console."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
A_YEAR = "public, max-age=31536000, immutable"


class Console(StaticFiles):
    """Serves the built console.

    Every path that looks like a page gets the console's single page, which routes by itself.
    """

    def __init__(self, build: Path = BUILD) -> None:
        super().__init__(directory=build, check_dir=False)
        self._build = build

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, compressed if the browser accepts it. Raises HTTPException (404, 405)."""
        if path.split("/")[0] in OURS_ALONE:
            raise HTTPException(404)
        is_file = Path(path).suffix != ""
        name = path if is_file else INDEX
        if not is_file and not (self._build / INDEX).is_file():
            return PlainTextResponse(NOT_BUILT, 503)
        response = await self._file(name, scope)
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = A_YEAR if name.startswith("assets/") else "no-store"
        return response

    async def _file(self, name: str, scope: Scope) -> Response:
        accepted = next((value for key, value in scope["headers"] if key == b"accept-encoding"), b"")
        if b"gzip" in accepted:
            try:
                response = await super().get_response(f"{name}.gz", scope)
            except HTTPException as error:
                if error.status_code != 404:
                    raise
            else:
                response.headers["Content-Type"] = mimetypes.guess_type(name)[0] or "application/octet-stream"
                response.headers["Content-Encoding"] = "gzip"
                response.headers["Vary"] = "Accept-Encoding"
                return response
        return await super().get_response(name, scope)
