"""Nobody but the page itself is answered, and nothing but the page is sent."""

from __future__ import annotations

import io
import socket
import time
from types import SimpleNamespace

import pytest

from tfdeconv.explorer.handler import Handler
from tfdeconv.explorer.static_files import FILES
from tfdeconv.web_limits import MAX_REQUEST, MAX_UPLOAD

ADDRESSES = ["/", "/network", "/progress", "/static/main.js"]


def raw(site, text: bytes) -> bytes:
    """What comes back for bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", site.server.server_port), timeout=10) as sent:
        sent.sendall(text)
        answer = b""
        while block := sent.recv(1 << 16):
            answer += block
        return answer


def lines(site, first: str, *headers: str) -> bytes:
    """A request's head, with the page's own cookie and host."""
    host = f"Host: 127.0.0.1:{site.server.server_port}"
    return "\r\n".join([first, host, f"Cookie: {site.own['Cookie']}", *headers, "", ""]).encode()


def test_the_token_opens_the_page_alone(site):
    token = site.server.gate.token
    assert len(token) >= 43 and token in site.server.address
    for address in ADDRESSES:
        reply = site.send("GET", address)
        assert reply.status == 403 and "token is missing or wrong" in reply.json["error"]
        assert site.send("GET", address, headers=site.own).status == 200
        wrong = {"Cookie": site.own["Cookie"][:-1] + "!"}
        assert site.send("GET", address, headers=wrong).status == 403
    assert site.send("GET", f"/?token={token[:-1]}").status == 403
    assert site.send("GET", f"/network?token={token}").status == 403
    assert site.send("POST", f"/sample?token={token}", b"").status == 403
    # cookies of other programs on this machine may be of any form
    cookie = 'other={"a";]=; ' + site.own["Cookie"]
    assert site.send("GET", "/", headers={"Cookie": cookie}).status == 200


def test_the_cookie_is_the_browsers_alone(site):
    reply = site.send("GET", f"/?token={site.server.gate.token}")
    name, *attributes = reply.headers["Set-Cookie"].split("; ")
    assert set(attributes) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert str(site.server.server_port) in name
    assert "Set-Cookie" not in site.send("GET", "/", headers=site.own).headers


def test_other_hosts_are_refused(site):
    port = site.server.server_port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert site.send("GET", "/", headers={**site.own, "Host": host}).status == 200
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"[::1]:{port}", ""):
        reply = site.send("GET", "/", headers={**site.own, "Host": host})
        assert reply.status == 403 and "Host" in reply.json["error"]
        tokened = site.send("GET", f"/?token={site.server.gate.token}", headers={"Host": host})
        assert tokened.status == 403
    assert raw(site, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 403")
    twice = lines(site, "GET / HTTP/1.1", "Host: evil.example")
    assert raw(site, twice).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_are_refused(site, headers):
    theirs = {}
    for name, value in headers.items():
        theirs[name] = value.format(port=site.server.server_port)
    for method, address, body in (("GET", "/", None), ("POST", "/sample", b"")):
        reply = site.send(method, address, body, {**site.own, **theirs})
        assert reply.status == 403 and "another site" in reply.json["error"]


def test_the_own_page_is_let_in(site):
    own = {"Origin": f"http://127.0.0.1:{site.server.server_port}", "Sec-Fetch-Site": "same-origin"}
    assert site.ask("/sample", b"", **own).status in (200, 404)
    address = f"/?token={site.server.gate.token}"
    # clicked in a terminal that is a page itself; and by a program of a page
    clicked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (
        site.send("GET", address, headers={**clicked, "Sec-Fetch-Dest": "document"}).status == 200
    )
    assert site.send("GET", address, headers={**clicked, "Sec-Fetch-Dest": "iframe"}).status == 403
    fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert site.send("GET", address, headers=fetched).status == 403


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"])
def test_other_methods_are_refused(site, method):
    reply = site.send(method, "/", headers=site.own)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_each_address_has_one_method(site):
    reply = site.send("GET", "/projection", headers=site.own)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    reply = site.ask("/network")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "address",
    [
        "/static/../../../setup.cfg",
        "/static/%2e%2e/%2e%2e/errors.py",
        "/static/..%2fserver.py",
        "/static//main.js",
        "/static/",
        "//127.0.0.1/static/main.js/x",
        "/static/main.js%00.css",
        "/etc/passwd",
        "/index.html",
    ],
)
def test_no_path_reaches_the_disk(site, address):
    reply = site.send("GET", address, headers=site.own)
    assert reply.status == 404 and reply.json == {"error": "there is no such address"}


def test_the_pages_files_are_there(site):
    for address in FILES:
        reply = site.send("GET", address, headers=site.own)
        assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("/photo", (f"Content-Length: {MAX_UPLOAD + 1}",), 413),
        ("/photo", (f"Content-Length: {'9' * 5000}",), 413),
        ("/sample", (f"Content-Length: {MAX_REQUEST + 1}",), 413),
        ("/photo", (), 411),
        ("/photo", ("Transfer-Encoding: chunked",), 411),
        ("/photo", ("Transfer-Encoding: chunked", "Content-Length: 3"), 411),
        ("/photo", ("Content-Length: 3", "Content-Length: 4"), 411),
        ("/photo", ("Content-Length: -3",), 400),
        ("/photo", ("Content-Length: ²",), 400),
        ("/nowhere", ("Content-Length: 99",), 404),
        ("/" + "a" * 5000, ("Content-Length: 0",), 414),
    ],
)
def test_bodies_are_refused_before_they_are_read(site, address, headers, status):
    # nothing follows: what waited for it would not answer
    answer = raw(site, lines(site, f"POST {address} HTTP/1.1", *headers))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()) and b"Connection: close" in head
    assert body.startswith(b'{"error": ') and b"\n" not in body


def test_a_refusal_outlives_an_unread_body(site):
    head = lines(site, "POST /nowhere HTTP/1.1", "Content-Length: 9999")
    with socket.create_connection(("127.0.0.1", site.server.server_port), timeout=10) as sent:
        sent.sendall(head + b"x" * 4000)
        # the browser does not look at an answer before it has sent everything
        for _ in range(2):
            time.sleep(0.05)
            sent.sendall(b"x" * 1000)
        assert sent.recv(1 << 12).startswith(b"HTTP/1.1 404 ")


def test_nobody_is_left_to_linger_for():
    # its other end is gone: shutdown() fails, and not with a ConnectionError
    with socket.socket() as gone:
        handler = SimpleNamespace(
            headers={"Content-Length": "9"}, connection=gone, wfile=io.BytesIO()
        )
        Handler.linger(handler)  # type: ignore[arg-type]


def test_a_body_that_ends_early_is_refused(site):
    with socket.create_connection(("127.0.0.1", site.server.server_port), timeout=10) as sent:
        sent.sendall(lines(site, "POST /photo HTTP/1.1", "Content-Length: 99") + b"only this")
        sent.shutdown(socket.SHUT_WR)
        assert sent.recv(1 << 12).startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_is_not_waited_for(site, monkeypatch):
    monkeypatch.setattr("tfdeconv.explorer.handler.BODY_SECONDS", 0.05)
    with socket.create_connection(("127.0.0.1", site.server.server_port), timeout=10) as sent:
        sent.sendall(lines(site, "POST /photo HTTP/1.1", "Content-Length: 99") + b"a")
        sent.settimeout(0.02)
        answer = b""
        for _ in range(500):
            try:
                answer = sent.recv(1 << 12)
                break
            except TimeoutError:
                sent.sendall(b"a")
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "text", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\r\n"]
)
def test_what_is_not_http_is_one_line(site, text):
    answer = raw(site, text)
    assert b'{"error": "' in answer and b"<" not in answer
