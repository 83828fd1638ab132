"""What the server answers: the page's files, pictures, the state, and corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from lvcine.errors import LvcineError, plain_text
from lvcine.review.export import EXPORTS, exported
from lvcine.review.guard import TooLargeError
from lvcine.review.session import ConflictError, Session

_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}


def page_files() -> dict[str, tuple[bytes, str]]:
    """Name -> bytes and kind of every file of the page: nothing else can be asked for."""
    found = {}
    for file in files("lvcine.review").joinpath("page").iterdir():
        suffix = file.name.rpartition(".")[2]
        if suffix in _KINDS:
            found[file.name] = (file.read_bytes(), _KINDS[suffix])
    return found


def make_app(session: Session) -> Starlette:
    """The application of one result under review; who may ask it is :mod:`lvcine.review.guard`'s to say.

    A second apical plane has a page of its own under ``other/``.
    """
    other = [Mount("/other", routes=_routes(session.partner))] if session.partner else []
    return Starlette(routes=[*_routes(session), *other])


def _routes(session: Session) -> list[BaseRoute]:
    page = _Page(session)
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "correct": lambda said: session.correct(said["do"], *_said(said), _text(said, "gesture")),
        "undo": lambda said: session.undo(*_said(said)),
        "redo": lambda said: session.redo(*_said(said)),
        "save": lambda said: session.save(*_said(said)),
    }
    told: dict[str, Callable[[], Any]] = {
        "study": session.study,
        "state": session.everything,
        "revision": lambda: {"revision": session.revision},
        "long-axis": session.long_axis,
    }
    return [
        Route("/", page.file),
        Route("/page/{name}", page.file),
        Route("/api/frame/{t:int}", page.frame),
        Route("/api/export/{name}", page.export),
        *(Route(f"/api/{name}", _telling(tell)) for name, tell in told.items()),
        *(Route(f"/api/{name}", _changing(change), methods=["POST"]) for name, change in changes.items()),
    ]


class _Page:
    """Files, pictures and exports of one session."""

    def __init__(self, session: Session) -> None:
        self._session, self._files = session, page_files()

    async def file(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in self._files:
            return PlainTextResponse("no such file", 404)
        content, kind = self._files[name]
        return Response(content, media_type=kind)

    async def frame(self, request: Request) -> Response:
        frames = self._session.frames
        try:
            packed = await run_in_threadpool(frames.packed, request.path_params["t"])
        except IndexError:
            return PlainTextResponse("no such frame", 404)
        headers = {"Content-Encoding": "gzip", "X-Bytes-A-Pixel": str(frames.bytes_a_pixel)}
        return Response(packed, media_type="application/octet-stream", headers=headers)

    async def export(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in EXPORTS:
            return PlainTextResponse("no such export", 404)
        try:
            content = await run_in_threadpool(exported, self._session, name)
        except LvcineError as error:
            return PlainTextResponse(str(error), 422)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=EXPORTS[name], headers=headers)


def _telling(tell: Callable[[], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(tell))

    return answer


def _changing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return await _carried_out(request, change)

    return answer


async def _carried_out(request: Request, function: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    """A request to change something: its answer, or why not, with a status that says which kind of no."""
    try:
        body = await request.body()
    except TooLargeError:
        return _no(413, "too much at once")
    except ClientDisconnect:
        return _no(400, "the page has gone")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _no(415, "corrections are JSON")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return _no(400, "not JSON")
    if (
        not isinstance(said, dict)
        or not _whole(said.get("revision"))
        or not isinstance(said.get("do", {}), dict)
    ):
        return _no(400, "a correction without its revision")
    try:
        return JSONResponse(await run_in_threadpool(function, said))
    except ConflictError:
        return _no(409, "another page has changed this result meanwhile")
    except LvcineError as error:
        return _no(422, str(error))
    except KeyError:
        return _no(400, "a correction without what it needs")


def _no(status: int, text: str) -> Response:
    return JSONResponse({"error": plain_text(text, 400)}, status)


def _said(said: dict[str, Any]) -> tuple[int, str]:
    return said["revision"], _text(said, "by")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    return plain_text(value, 80) if isinstance(value, str) else ""
