"""Which addresses are asked, which redirects are followed, and answers without a file."""

from __future__ import annotations

import io
import socket
import threading
from urllib.request import Request

import pytest
from weight_server import FILE, PART, PATH

from tfdeconv.errors import UserError
from tfdeconv.weights.downloads import official
from tfdeconv.weights.downloads.http_client import CheckedRedirects

# what servers answer


@pytest.mark.parametrize(
    "status, says",
    [
        (404, "answers 404 Not Found"),
        (403, "answers 403"),
        (503, "answers 503"),
        (416, "answers 416"),
        (304, "answers 304"),
    ],
)
def test_answer_without_a_file(site, fetch, left, status, says):
    site.status = status
    outcome = fetch(site.base)
    assert (outcome.status, outcome.out, left()) == (2, "", [])
    assert says in outcome.err and PATH in outcome.err


ANSWERS = {
    "nothing": b"",
    "half a header": b"HTTP/1.1 200 OK\r\n",
    "no HTTP": b"\x16\x03\0nonsense\r\n\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    "redirect to no address": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
    "redirect to nowhere": b"HTTP/1.1 302 Found\r\n\r\n",
}


def fetch_answer(fetch, answer: bytes):
    """How the script ends whose request a server answers with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with server.accept()[0] as connection:
                connection.recv(10_000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        outcome = fetch(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    return outcome


@pytest.mark.parametrize("answer", ANSWERS)
def test_answer_that_makes_no_sense(fetch, left, answer):
    outcome = fetch_answer(fetch, ANSWERS[answer])
    assert (outcome.status, outcome.out, left()) == (2, "", [])


def test_half_a_chunk_is_kept_for_resuming(fetch, left, folder):
    headers = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    outcome = fetch_answer(fetch, headers + b"fff\r\nshort")
    assert (outcome.status, outcome.out, left()) == (2, "", [PART])
    assert (folder / PART).read_bytes() == b"short"


def test_no_server_and_no_network(fetch, left, other_hosts):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = fetch(f"http://127.0.0.1:{port}")
    assert outcome.status == 2 and "Connection refused" in outcome.err and left() == []
    outcome = fetch(None)
    url = f"{official.BASE}vgg16/{FILE}"
    assert outcome.status == 2
    assert f"{url} cannot be fetched: Name or service not known" in outcome.err
    assert (left(), other_hosts) == ([], ["storage.googleapis.com"])


def test_https_is_not_http(site, fetch, left):
    outcome = fetch(site.base.replace("http:", "https:"))
    assert outcome.status == 2 and "SSL" in outcome.err and left() == []


def test_no_proxy_is_told_of_local_addresses(site, fetch, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(site.base).status == 0


# addresses


@pytest.mark.parametrize(
    "base",
    [
        "http://example.org/",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1@example.org",
        "https://me:secret@example.org",
        "ftp://127.0.0.1",
        "https://",
        "/srv/weights",
        "data:,x",
        "http://[",
        "file://example.org/srv",
        "HTTP://example.org",
        "http:127.0.0.1",
    ],
)
def test_addresses_that_are_not_asked(fetch, left, other_hosts, base):
    outcome = fetch(base)
    assert outcome.status == 2
    assert "which is not allowed: expected https" in outcome.err or base == "http://["
    assert (left(), other_hosts) == ([], [])


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/x",
        "//example.org/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://127.0.0.1@example.org/",
    ],
)
def test_redirects_that_are_not_followed(site, fetch, left, other_hosts, location):
    site.location = location
    outcome = fetch(site.base)
    assert outcome.status == 2 and (left(), other_hosts) == ([], [])
    assert len(site.requests) == 1 and location.strip("/") in outcome.err


def test_redirect_to_itself_ends(site, fetch, left):
    site.location = PATH
    assert fetch(site.base).status == 2 and left() == []
    assert len(site.requests) <= 11


@pytest.mark.parametrize("to", ["http://example.org/b", "http://127.0.0.1/b", "file:///b"])
def test_https_redirects_to_https_alone(to):
    redirect = CheckedRedirects().redirect_request
    request = Request("https://example.org/a")
    with pytest.raises(UserError, match="^https://example.org/a redirects to '"):
        redirect(request, io.BytesIO(), 302, "Found", {}, to)
    followed = redirect(request, io.BytesIO(), 302, "Found", {}, "https://example.net/b")
    assert followed.full_url == "https://example.net/b"
