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
from starlette.routing import Route

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
    """The application of one result under review; who may ask it is :mod:`lvcine.review.guard`'s to say."""
    served = page_files()

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in served:
            return PlainTextResponse("no such file", 404)
        content, kind = served[name]
        return Response(content, media_type=kind)

    async def frame(request: Request) -> Response:
        try:
            packed = await run_in_threadpool(session.frames.packed, request.path_params["t"])
        except IndexError:
            return PlainTextResponse("no such frame", 404)
        headers = {"Content-Encoding": "gzip", "X-Bytes-A-Pixel": str(session.frames.bytes_a_pixel)}
        return Response(packed, media_type="application/octet-stream", headers=headers)

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in EXPORTS:
            return PlainTextResponse("no such export", 404)
        try:
            content, kind = await run_in_threadpool(exported, session, name)
        except LvcineError as error:
            return PlainTextResponse(str(error), 422)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=headers)

    def told(function: Callable[[], Any]) -> Callable[[Request], Any]:
        async def answer(_: Request) -> Response:
            return JSONResponse(await run_in_threadpool(function))

        return answer

    def done(function: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return await _carried_out(request, function)

        return answer

    def correct(said: dict[str, Any]) -> dict[str, Any]:
        return session.correct(said["do"], said["revision"], _text(said, "by"), _text(said, "gesture"))

    routes = [
        Route("/", page),
        Route("/page/{name}", page),
        Route("/api/study", told(session.study)),
        Route("/api/state", told(session.everything)),
        Route("/api/revision", told(lambda: {"revision": session.revision})),
        Route("/api/long-axis", told(session.long_axis)),
        Route("/api/frame/{t:int}", frame),
        Route("/api/export/{name}", export),
        Route("/api/correct", done(correct), methods=["POST"]),
        Route("/api/undo", done(lambda s: session.undo(s["revision"], _text(s, "by"))), methods=["POST"]),
        Route("/api/redo", done(lambda s: session.redo(s["revision"], _text(s, "by"))), methods=["POST"]),
        Route("/api/save", done(lambda s: session.save(s["revision"], _text(s, "by"))), methods=["POST"]),
    ]
    return Starlette(routes=routes)


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


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    return plain_text(value, 80) if isinstance(value, str) else ""
