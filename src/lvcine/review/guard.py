"""Who may ask the server anything: a page that it gave out itself, on this machine, with its token.

Other pages in the same browser can send requests to the loopback address. They do not know the token, and
their requests name themselves: the address they were sent to (Host, against names that lead here by a trick)
and the page that they come from (Origin, Sec-Fetch-Site).
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 4 << 20
"""Of what a page may send at once: a contour has some kilobytes."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class TooLargeError(Exception):
    """More was sent than is taken."""


class Guard:
    """Lets through to an application what its own pages ask; the token is the first part of every path.

    Parameters
    ----------
    app : ASGI application
        Sees paths without the token.
    token : str
    port : int
        On which the server listens.
    most_bytes : int
        Of a request's body.
    """

    def __init__(self, app: ASGIApp, token: str, port: int, most_bytes: int = MOST_BYTES) -> None:
        self._app, self._token, self._most = app, token.encode(), most_bytes
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything but HTTP (WebSockets) is closed."""
        if scope["type"] != "http":
            return
        refusal = self._refused(scope)
        if refusal is not None:
            await PlainTextResponse(refusal[1], refusal[0], HEADERS)(scope, receive, send)
            return
        path = "/" + scope["path"].split("/", 2)[2]
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        await self._app(inner, _limited(receive, self._most), _with_headers(send))

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or headers["host"] not in self._hosts:
            return 421, "this server answers on its own address alone"
        origin = headers.get("origin")
        if (origin is not None and origin not in self._origins) or headers.get(
            "sec-fetch-site", "none"
        ) not in ("none", "same-origin"):
            return 403, "requests from other pages are refused"
        parts = scope["path"].split("/", 2)
        known = len(parts) == 3 and secrets.compare_digest(parts[1].encode("utf-8", "replace"), self._token)
        if not known:
            return 403, "the address lacks its token: use the one that lvcine review printed"
        if scope["method"] not in ("GET", "POST"):
            return 405, "not allowed"
        if scope["method"] == "POST" and origin is None:
            return 403, "corrections are taken from the page alone"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._most:
            return 413, "too much at once"
        return None


def _limited(receive: Receive, most: int) -> Receive:
    """The request's body, which ends in an error where it is longer than allowed."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLargeError
        return message

    return limited


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    extra: list[tuple[bytes, bytes]] = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]

    async def with_headers(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return with_headers
