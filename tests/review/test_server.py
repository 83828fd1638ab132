"""Who may ask the server what: its own page, with its token; and what becomes of everything else."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pytest

from lvcine.review.run import Review

from .conftest import FRAMES, SIZE, SLICES


@dataclass
class Client:
    """Sends raw requests, as no browser would let a page send them."""

    address: str
    review: Review

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        self.port, self.path = parts.port, parts.path
        self.home = f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET" if body is None else "POST", path, body, told)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def correct(self, said: object, **headers: str) -> tuple[int, dict]:
        told = {"Origin": self.home, "Content_Type": "application/json"} | headers
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        status, answer, _ = self.ask(self.path + "api/correct", body, **told)
        return status, json.loads(answer) if answer.startswith(b"{") else {}


@pytest.fixture(scope="module")
def client(analysed, tmp_path_factory) -> Iterator[Client]:
    import shutil

    from lvcine.review.open_result import open_result
    from lvcine.review.session import Session

    home = tmp_path_factory.mktemp("served") / "stack"
    shutil.copytree(analysed / "stack", home)
    with Review(Session(open_result(home / "results"))) as review, review.serving() as address:
        yield Client(address, review)


def test_the_page_and_its_files_are_there_and_forbid_everything_from_elsewhere(client):
    status, page, headers = client.ask(client.path)
    assert status == 200 and b"<title>" in page
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert headers["referrer-policy"] == "no-referrer" and headers["x-content-type-options"] == "nosniff"
    for name in ("main.js", "review.css"):
        assert client.ask(f"{client.path}page/{name}")[0] == 200


def test_a_frame_is_all_slices_as_they_are_stored(client):
    status, packed, headers = client.ask(client.path + "api/frame/3")
    frame = np.frombuffer(gzip.decompress(packed), "<u2").reshape(SLICES, SIZE, SIZE)
    np.testing.assert_array_equal(frame, client.review.session.original.cine.pixels[:, 3])
    assert status == 200 and headers["content-encoding"] == "gzip"
    assert client.ask(f"{client.path}api/frame/{FRAMES}")[0] == 404


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/api/study", "/api/study", "//", "/%2e%2e/"])
def test_without_the_token_nothing_is_told(client, path):
    status, said, _ = client.ask(path)
    assert status == 403 and client.path.strip("/").encode() not in said


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_pages_are_refused_even_with_the_token(client, headers):
    assert client.ask(client.path + "api/study", **headers)[0] == 403
    assert client.correct({"revision": 0, "do": {"do": "slice", "z": 0}}, **headers)[0] == 403
    assert client.review.session.revision == 0


def test_a_correction_without_an_origin_is_refused(client):
    body = json.dumps({"revision": 0, "do": {"do": "slice", "z": 0}}).encode()
    assert client.ask(client.path + "api/correct", body, Content_Type="application/json")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1:80@evil.example"])
def test_a_name_that_leads_here_by_a_trick_is_refused(client, host):
    assert client.ask(client.path + "api/study", Host=host)[0] == 421


@pytest.mark.parametrize(
    "path",
    [
        "page/../app.py",
        "page/..%2fapp.py",
        "page/%2e%2e/%2e%2e/__init__.py",
        "page/%2fetc%2fpasswd",
        "../../etc/passwd",
        "api/export/../../run.json",
        "api/export/run.json",
        "api/frame/-1",
        "api/frame/99999999999999999999",
        "page/review.css%00",
    ],
)
def test_a_path_that_climbs_out_leads_nowhere(client, path):
    status, said, _ = client.ask(client.path + path)
    assert status in (403, 404) and b"root:" not in said and b"import" not in said


def test_a_body_of_a_gigabyte_is_refused_before_it_is_sent(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as wire:
        head = (
            f"POST {client.path}api/correct HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{client.port}\r\nOrigin: {client.home}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {1 << 30}\r\n\r\n"
        )
        wire.sendall(head.encode())
        assert b" 413 " in wire.recv(4096)


def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_limit(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as wire:
        head = (
            f"POST {client.path}api/correct HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{client.port}\r\nOrigin: {client.home}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        wire.sendall(head.encode())
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with pytest.raises(OSError):
            for _ in range(1 << 14):  # 1 GB; the server hangs up long before
                wire.sendall(chunk)
            raise OSError
    assert client.ask(client.path + "api/revision")[0] == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        ({"do": {"do": "slice", "z": 0}}, 400),
        ({"revision": True, "do": {"do": "slice", "z": 0}}, 400),
        ({"revision": 0, "do": "slice"}, 400),
        ({"revision": 0}, 400),
        ({"revision": 0, "do": {"do": "contour", "side": "endo", "z": 0, "t": 0, "points": [1, 2]}}, 422),
        ({"revision": 0, "do": {"do": "contour", "side": "endo", "z": 0, "t": 0, "points": [[[1]]]}}, 422),
        ({"revision": 7, "do": {"do": "slice", "z": 0}}, 409),
    ],
)
def test_what_is_no_correction_is_refused_with_a_word(client, said, status):
    code, answer = client.correct(said)
    assert code == status and answer["error"]
    assert client.review.session.revision == 0


def test_a_form_of_another_page_is_no_correction(client):
    assert client.correct(b'{"revision": 0}', Content_Type="text/plain")[0] == 415


def test_other_ways_of_asking_are_refused(client):
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    connection.request("DELETE", client.path + "api/study")
    assert connection.getresponse().status == 405
    connection.close()


def test_the_server_listens_on_the_loopback_address_alone(client):
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError), socket.create_connection((own, client.port), timeout=2):
        pass


def test_no_path_of_the_machine_is_told(client):
    for path in ("api/study", "api/state", "api/long-axis"):
        said = client.ask(client.path + path)[1]
        assert os.path.expanduser("~").encode() not in said and b"/tmp" not in said
