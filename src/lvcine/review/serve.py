"""The server of one review: on the loopback address of this machine alone, at a port that is free."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from lvcine.errors import UsageError
from lvcine.review.app import make_app
from lvcine.review.guard import Guard
from lvcine.review.session import Session

_STARTS_S = 20.0


@contextmanager
def serving(session: Session, port: int = 0) -> Iterator[str]:
    """Serve a session while the block runs.

    Parameters
    ----------
    session : Session
    port : int
        0: any that is free.

    Yields
    ------
    str
        The address of the page, with the token that it needs.

    Raises
    ------
    UsageError
        The port is taken, or not to be had.
    """
    sock = _listening(port)
    number = sock.getsockname()[1]
    token = secrets.token_urlsafe(24)
    config = uvicorn.Config(
        Guard(make_app(session), token, number), lifespan="off", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, ws="none", http="h11", loop="asyncio",
        timeout_keep_alive=60, timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # In a thread of its own: signals stay with the command, which ends the block.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    until = time.monotonic() + _STARTS_S
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    if not server.started:
        raise UsageError("the server did not start", advice="try again, or another --port")
    try:
        yield f"http://127.0.0.1:{number}/{token}/"
    finally:
        server.should_exit = True
        thread.join(10.0)
        sock.close()


def _listening(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise UsageError(f"port {port} cannot be used", advice="name another --port, or none") from error
    return sock
