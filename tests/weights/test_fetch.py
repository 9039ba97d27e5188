"""Official weights from a server on this machine that does all that servers do. Nothing here asks another machine."""

from __future__ import annotations

import ast
import errno
import hashlib
import importlib.util
import io
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request

import h5py
import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten
from tfdeconv.weights import download, official
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import read_weights
from tfdeconv.zoo import NETWORKS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "fetch_weights.py"
FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
PATH = f"/vgg16/{FILE}"


class Site(ThreadingHTTPServer):
    """Serves `body` at `path` in the way that its attributes say, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, body: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.old, self.path, self.asked = body, b"", PATH, []
        self.etag: str | None = '"one"'
        self.ranges = self.if_range = True
        self.cut = self.stall = 0  # bytes after which an answer ends, or goes no further
        self.shift = self.pause = (
            0  # bytes by which a rest begins too early; seconds that a redirect holds the line
        )
        self.length: object = "true"  # what Content-Length says; None: nothing
        self.status, self.location = 200, ""
        self.base = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """The client has gone: that is what the tests are about."""

    @property
    def starts(self) -> list[str | None]:
        """The Range of each request."""
        return [headers.get("Range") for path, headers in self.asked]


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self):
        site, start = self.server, 0
        site.asked.append((self.path, self.headers))
        if site.location and self.path == site.path:
            self.send_response(302)
            self.send_header("Location", site.location)
            self.end_headers()
            time.sleep(site.pause)
            return
        if self.path not in (site.path, "/elsewhere") or site.status != 200:
            self.send_error(404 if site.status == 200 else site.status)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if (
            asked
            and site.ranges
            and not (site.if_range and self.headers.get("If-Range", site.etag) != site.etag)
        ):
            start = int(asked[1])
            if start >= len(site.body):
                self.send_error(416)
                return
            self.send_response(206)
            start -= site.shift
            self.send_header(
                "Content-Range", f"bytes {start}-{len(site.body) - 1}/{len(site.body)}"
            )
        else:
            self.send_response(200)
        if site.etag:
            self.send_header("ETag", site.etag)
        if site.length:
            self.send_header(
                "Content-Length",
                str(len(site.body) - start if site.length == "true" else site.length),
            )
        self.end_headers()
        if site.stall:
            self.wfile.write(site.body[start : site.stall])
            time.sleep(3)
            return
        self.wfile.write(site.body[start : site.cut] if site.cut else site.body[start:])

    def log_message(self, *args):
        pass


def small(channels: int = 3, classes: int = 20, size: tuple[int, int] = (8, 8)) -> Network:
    """Two layers in the place of VGG16, some 50 KB."""
    net = Builder("vgg16", (*size, channels))
    net.add("block1_conv1", Conv(10, 3, pad=1, activation=RELU))
    net.add("flatten", Flatten())
    net.add("predictions", Dense(classes))
    return net.network()


def keras_file(layers: dict[str, dict[str, np.ndarray]]) -> bytes:
    """A weight file in the layout of the official ones."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in ["input_1", *layers]]
        file.create_group("input_1").attrs["weight_names"] = []
        for name, parameters in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_{key}_1:0".encode() for key in parameters]
            for key, values in parameters.items():
                group[f"{name}_{key}_1:0"] = values
    return held.getvalue()


@pytest.fixture
def arrays(rng):
    return {
        layer: {name: rng.standard_normal(shape).astype(np.float32) for name, shape in p.items()}
        for layer, p in small().parameters().items()
    }


@pytest.fixture
def site(arrays, monkeypatch):
    """A server with a small file that stands for VGG16's official one; `notop` is that without the dense layer."""
    body, notop = keras_file(arrays), keras_file({"block1_conv1": arrays["block1_conv1"]})
    sums = hashlib.md5(body).hexdigest(), hashlib.md5(notop).hexdigest()
    monkeypatch.setitem(official.ORIGINS, "vgg16", replace(official.ORIGINS["vgg16"], md5=sums))
    monkeypatch.setitem(NETWORKS, "vgg16", small)
    with Site(body) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.notop = notop
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def reached(monkeypatch):
    """The other machines that were asked for: none may be, and none can."""
    hosts = []
    plain = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        if host not in ("127.0.0.1", "localhost", "::1"):
            hosts.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return plain(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return hosts


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the script in this process, where the table is patched: status, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(
            sys,
            "argv",
            ["fetch_weights.py", "vgg16", "--out", str(tmp_path / "weights"), *arguments],
        )
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        out, err = capsys.readouterr()
        assert err.count("\n") == (stop.value.code != 0) and "Traceback" not in err
        return stop.value.code, out, err

    return run


@pytest.fixture
def left(tmp_path):
    """The names of what lies in the folder."""
    return lambda: sorted(path.name for path in (tmp_path / "weights").glob("*"))


RESULT, PART = "vgg16-imagenet.h5", f"{FILE}.part"
PARTS = [PART, f"{PART}.txt"]


def assert_holds(path: Path, arrays) -> None:
    """The file has these values, to the last bit, and says whose they are."""
    found = read_weights(path, small())
    assert {layer: set(p) for layer, p in found.items()} == {
        layer: set(p) for layer, p in arrays.items()
    }
    for layer, p in arrays.items():
        for name, values in p.items():
            np.testing.assert_array_equal(found[layer][name], values)
            assert found[layer][name].dtype == np.float32
    assert "Simonyan" in found.source and FILE[:20] in found.source and "CC BY 4.0" in found.licence
    assert (found.preprocessing.order, found.preprocessing.mean) == (
        "bgr",
        (103.939, 116.779, 123.68),
    )


# the table


def test_the_table_is_that_of_keras():
    folder = (
        Path(next(iter(importlib.util.find_spec("keras").submodule_search_locations)))
        / "src"
        / "applications"
    )

    def assigned(file: str) -> dict[str, object]:
        found = {}
        for node in ast.parse((folder / file).read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Dict)):
                found[node.targets[0].id] = ast.literal_eval(node.value)
        return found

    told = {}  # {network: ((address, sum) with the dense layers, without)}
    for name in ("vgg16", "vgg19"):
        constants, text = assigned(f"{name}.py"), (folder / f"{name}.py").read_text()
        sums = [
            re.search(rf'\b{path},.*?file_hash="(\w+)"', text, re.S)[1]
            for path in ("WEIGHTS_PATH", "WEIGHTS_PATH_NO_TOP")
        ]
        told[name] = (
            (constants["WEIGHTS_PATH"], sums[0]),
            (constants["WEIGHTS_PATH_NO_TOP"], sums[1]),
        )
    constants, text = assigned("resnet.py"), (folder / "resnet.py").read_text()
    endings = re.findall(r'\{weights_name\}(_weights\S*?\.h5)"', text)
    for name in ("resnet50", "resnet101", "resnet152"):
        told[name] = tuple(
            (constants["BASE_WEIGHTS_PATH"] + name + ending, digest)
            for ending, digest in zip(endings, constants["WEIGHTS_HASHES"][name], strict=True)
        )
    ours = {
        name: tuple(
            (f"{official.BASE}{origin.folder}/{file.format(name)}", digest)
            for file, digest in zip(official.FILES, origin.md5)
        )
        for name, origin in official.ORIGINS.items()
    }
    assert ours == told
    assert set(ours) <= set(NETWORKS)


# what works


@pytest.mark.parametrize("top", [True, False])
def test_fetches_checks_converts_and_clears_up(site, run, left, tmp_path, arrays, top):
    if not top:
        site.body, site.etag = site.notop, None
        site.path, arrays = (
            PATH.replace(".h5", "_notop.h5"),
            {"block1_conv1": arrays["block1_conv1"]},
        )
    name = RESULT if top else "vgg16-imagenet-notop.h5"
    status, out, err = run("--base-url", site.base + "/", *([] if top else ["--no-top"]))
    assert (status, err, left()) == (0, "", [name])
    assert [path for path, _ in site.asked] == [site.path] and site.starts == [None]
    assert_holds(tmp_path / "weights" / name, arrays)
    with open_weights(tmp_path / "weights" / name, small()) as found:
        assert found.digest in out and "Simonyan" in out and "CC BY 4.0" in out


def test_what_is_there_is_left_alone_unless_asked(site, run, left, tmp_path, arrays):
    first = run("--base-url", site.base)[1]
    before = (tmp_path / "weights" / RESULT).stat().st_mtime_ns
    status, out, _ = run("--base-url", site.base)
    assert (status, len(site.asked), (tmp_path / "weights" / RESULT).stat().st_mtime_ns) == (
        0,
        1,
        before,
    )
    assert "is there (--again" in out and re.search(r"sha256 \w{64}", out)[0] in first
    assert run("--base-url", site.base, "--again")[0] == 0 and len(site.asked) == 2
    for content in (b"", (tmp_path / "weights" / RESULT).read_bytes()[:2000]):
        (tmp_path / "weights" / RESULT).write_bytes(
            content
        )  # no header to be read: as if there were none
        assert run("--base-url", site.base)[0] == 0
        assert_holds(tmp_path / "weights" / RESULT, arrays)
    (tmp_path / "weights" / RESULT).write_bytes(site.body)  # a person's own, of another format
    assert (
        "is there" in run("--base-url", site.base)[1]
        and (tmp_path / "weights" / RESULT).read_bytes() == site.body
    )
    assert left() == [RESULT] and len(site.asked) == 4


def test_a_local_folder_is_as_good_as_a_server(site, run, left, tmp_path, arrays):
    (tmp_path / "a copy" / "vgg16").mkdir(parents=True)
    (tmp_path / "a copy" / "vgg16" / FILE).write_bytes(site.body)
    assert run("--base-url", f"file://{tmp_path}/a%20copy")[0] == 0
    assert left() == [RESULT] and not site.asked
    assert_holds(tmp_path / "weights" / RESULT, arrays)
    (tmp_path / "a copy" / "vgg16" / FILE).unlink()
    status, _, err = run("--base-url", f"file://{tmp_path}/a%20copy", "--again")
    assert status == 2 and "No such file or directory" in err and left() == [RESULT]


def test_no_proxy_is_told_of_this_machines_own_address(site, run, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert run("--base-url", site.base)[0] == 0


# what breaks off goes on


@pytest.mark.parametrize("etag", ['"one"', None, 'W/"one"'])
@pytest.mark.parametrize("cut", [1, 4096, -1])
def test_a_broken_download_goes_on_from_its_end(site, run, left, tmp_path, arrays, etag, cut):
    site.cut, site.etag = cut % len(site.body), etag
    status, out, err = run("--base-url", site.base)
    assert (status, out, left()) == (2, "", PARTS)
    assert (
        f"broke off after {site.cut:,} of {len(site.body):,} bytes" in err
        and f"{PART} keeps" in err
    )
    assert (tmp_path / "weights" / PART).read_bytes() == site.body[: site.cut]
    before, site.cut = site.cut, 0
    assert run("--base-url", site.base)[0] == 0
    assert site.starts == [None, f"bytes={before}-"] and left() == [RESULT]
    assert site.asked[1][1].get("If-Range") == (
        etag if etag == '"one"' else None
    )  # a weak one will not do
    assert_holds(tmp_path / "weights" / RESULT, arrays)


def test_it_goes_on_as_often_as_it_takes(site, run, left, tmp_path, arrays):
    for site.cut in (1000, 20_000, 40_000):
        assert run("--base-url", site.base)[0] == 2
        assert (tmp_path / "weights" / PART).stat().st_size == site.cut
    site.cut = 0
    assert run("--base-url", site.base)[0] == 0
    assert site.starts == [None, "bytes=1000-", "bytes=20000-", "bytes=40000-"] and left() == [
        RESULT
    ]


def changed(site, **attributes):
    vars(site).update(attributes)


# the server's other file is right; the old one had other bytes in the place of some
OTHER = {
    "ETag, which the server heeds": lambda site: changed(site, etag='"two"'),
    "ETag, which only we heed": lambda site: changed(site, etag='"two"', if_range=False),
    "length": lambda site: changed(site, etag=None, old=site.old + b"more"),
    "length, now less than there was": lambda site: changed(site, etag=None, old=site.old * 3),
    "none, but it knows no ranges": lambda site: changed(site, ranges=False),
    "none, but it sends another rest": lambda site: changed(site, shift=7),
}


@pytest.mark.parametrize("change", OTHER)
def test_two_files_are_never_mixed(site, run, left, tmp_path, arrays, change):
    right, site.old = site.body, bytes(reversed(site.body))
    if "length" in change:
        OTHER[change](site)
    site.body, site.cut = site.old, len(site.old) - 1000
    assert run("--base-url", site.base)[0] == 2 and left() == PARTS
    if "length" not in change:
        OTHER[change](site)
    site.body, site.cut = right, 0
    assert run("--base-url", site.base)[0] == 0
    assert site.starts[1] == f"bytes={len(site.old) - 1000}-" and site.starts[-1] in (
        None,
        site.starts[1],
    )
    assert left() == [RESULT]
    assert_holds(tmp_path / "weights" / RESULT, arrays)


@pytest.mark.parametrize(
    "note", [None, "", "12", '-5 "one"', '99999999999999 "one"', '40000 "o\nne"', "\xff\0"]
)
def test_a_part_of_which_nothing_is_known_is_not_gone_on_from(
    site, run, left, tmp_path, arrays, note
):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / PART).write_bytes(b"x" * 5000)
    if note is not None:
        (tmp_path / "weights" / f"{PART}.txt").write_text(note)
    assert run("--base-url", site.base)[0] == 0
    assert site.starts == [None] and left() == [RESULT]


def test_a_mixture_that_nothing_gave_away_is_found_by_its_sum(site, run, left):
    right, site.body, site.cut, site.etag = site.body, bytes(reversed(site.body)), 1000, None
    assert run("--base-url", site.base)[0] == 2
    site.body, site.cut = right, 0
    status, _, err = run("--base-url", site.base)
    assert status == 2 and "MD5" in err and left() == []
    assert run("--base-url", site.base)[0] == 0


# what does not work: one line, and nothing but what can be gone on from


def test_a_file_of_the_wrong_sum_is_read_by_nothing(site, run, left, monkeypatch):
    wanted = hashlib.md5(site.body).hexdigest()
    site.body = site.body[:-1] + bytes([site.body[-1] ^ 1])
    monkeypatch.setattr(h5py, "File", None)
    status, out, err = run("--base-url", site.base, "--again")
    assert (status, out, left()) == (2, "", [])
    assert wanted in err and hashlib.md5(site.body).hexdigest() in err and "removed" in err


@pytest.mark.parametrize(
    "status, wanted",
    [
        (404, "answers 404 Not Found"),
        (403, "answers 403"),
        (503, "answers 503"),
        (416, "answers 416"),
        (304, "answers 304"),
    ],
)
def test_an_answer_without_a_file(site, run, left, status, wanted):
    site.status = status
    code, out, err = run("--base-url", site.base)
    assert (code, out, left()) == (2, "", []) and wanted in err and PATH in err


def test_an_error_leaves_what_came_before(site, run, left, tmp_path, arrays):
    site.cut = 3000
    run("--base-url", site.base)
    site.cut, site.status = 0, 503
    assert "keeps what came" in run("--base-url", site.base)[2] and left() == PARTS
    site.status = 200
    assert run("--base-url", site.base)[0] == 0 and site.starts[-1] == "bytes=3000-"


@pytest.mark.parametrize(
    "say",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"\x16\x03\0nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nshort",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
    ],
)
def test_no_sense(run, left, say):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as connection:
                connection.recv(10_000)
                connection.sendall(say)

        thread = threading.Thread(target=answer)
        thread.start()
        status, out, _ = run("--base-url", f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert (status, out, left()) == (2, "", [])


def test_no_server_and_no_network(run, left, reached):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    status, _, err = run("--base-url", f"http://127.0.0.1:{port}")
    assert status == 2 and "Connection refused" in err and left() == []
    status, _, err = run()
    assert (
        status == 2
        and f"{official.BASE}vgg16/{FILE} cannot be fetched: Name or service not known" in err
        and left() == []
    )
    assert reached == ["storage.googleapis.com"]


def test_https_is_not_http(site, run, left):
    status, _, err = run("--base-url", site.base.replace("http:", "https:"))
    assert status == 2 and "SSL" in err and left() == []


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
def test_addresses_that_are_not_asked(run, left, reached, base):
    status, _, err = run("--base-url", base)
    assert (
        status == 2
        and ("which is not asked: needs https" in err or base == "http://[")
        and (left(), reached) == ([], [])
    )


def test_a_redirect_is_followed_with_its_range(site, run, left, tmp_path, arrays):
    site.location, site.cut = "/elsewhere", 5000
    assert run("--base-url", site.base)[0] == 2
    site.location, site.cut, site.pause = f"http://localhost:{site.server_port}/elsewhere", 0, 1
    assert (
        run("--base-url", site.base, "--timeout", "0.5")[0] == 0
    )  # and without waiting for all that it has to say
    assert [path for path, _ in site.asked] == [PATH, "/elsewhere"] * 2
    assert site.starts == [None, None, "bytes=5000-", "bytes=5000-"]
    assert_holds(tmp_path / "weights" / RESULT, arrays)


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/x",
        "//example.org/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://127.0.0.1@example.org/",
        PATH,
    ],
)
def test_redirects_that_are_not_followed(site, run, left, reached, location):
    site.location = location
    status, _, err = run("--base-url", site.base)
    assert status == 2 and (left(), reached) == ([], [])
    assert len(site.asked) <= 11 and (
        location.strip("/") in err or location == PATH
    )  # PATH: to itself, for ever


@pytest.mark.parametrize("to", ["http://example.org/b", "http://127.0.0.1/b", "file:///b"])
def test_from_https_no_redirect_leads_to_anything_less(to):
    fp = io.BytesIO()
    with pytest.raises(UserError, match="^https://example.org/a redirects to '"):
        download.Redirects().redirect_request(
            Request("https://example.org/a"), fp, 302, "Found", {}, to
        )
    assert (
        download.Redirects()
        .redirect_request(
            Request("https://example.org/a"), fp, 302, "Found", {}, "https://example.net/b"
        )
        .full_url
        == "https://example.net/b"
    )


def test_a_stall_ends(site, run, left):
    site.stall = 2000
    began = time.monotonic()
    status, _, err = run("--base-url", site.base, "--timeout", "0.3")
    assert status == 2 and "nothing came for 0.3 seconds (--timeout)" in err and left() == PARTS
    assert time.monotonic() - began < 2
    site.stall = 0
    assert run("--base-url", site.base)[0] == 0 and site.starts[-1] == "bytes=2000-"
    with socket.create_server(("127.0.0.1", 0)) as server:  # never says a word
        status, _, err = run(
            "--base-url",
            f"http://127.0.0.1:{server.getsockname()[1]}",
            "--timeout",
            "0.3",
            "--again",
        )
    assert status == 2 and "nothing came for 0.3 seconds" in err and left() == [RESULT]


@pytest.mark.parametrize("length", [download.LIMIT + 1, 10**30])
def test_too_large_is_refused_before_it_comes(site, run, left, length):
    site.length, site.cut = length, 1
    status, _, err = run("--base-url", site.base)
    assert status == 2 and f"{length:,} bytes" in err and left() == []


def test_more_than_was_declared_is_cut_off(site, run, left, tmp_path, arrays):
    right = site.body
    site.length, site.body = len(right), right + b"more" * 1000
    assert run("--base-url", site.base)[0] == 0
    assert_holds(tmp_path / "weights" / RESULT, arrays)


@pytest.mark.parametrize("length", [None, "many", -5])
def test_without_a_length_the_limit_holds(site, run, left, tmp_path, arrays, monkeypatch, length):
    site.length = length
    assert run("--base-url", site.base)[0] == 0  # the sum says whether that was all
    assert_holds(tmp_path / "weights" / RESULT, arrays)
    site.cut = 3000
    assert "MD5" in run("--base-url", site.base, "--again")[2] and left() == [RESULT]
    site.cut, sizes = 0, []
    monkeypatch.setattr(download, "LIMIT", 1500)
    monkeypatch.setattr(
        hashlib, "md5", lambda data, **kwargs: sizes.append(len(data)) or hashlib.sha256(data)
    )
    assert run("--base-url", site.base, "--again")[0] == 2
    assert sizes == [1500] and left() == [RESULT]


@pytest.mark.parametrize("limit", [0, 20_000])
def test_a_full_disk(site, run, left, tmp_path, monkeypatch, limit):
    plain = open

    class Full(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > limit:
                super().write(data[: limit - self.tell()])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    monkeypatch.setattr(
        download,
        "open",
        lambda path, mode: Full(path, mode) if mode == "ab" else plain(path, mode),
        raising=False,
    )
    status, out, err = run("--base-url", site.base)
    assert (status, out) == (
        2,
        "",
    ) and f"cannot write to {tmp_path}/weights: No space left on device" in err
    assert left() == (PARTS if limit else [])
    monkeypatch.delattr(download, "open")
    assert run("--base-url", site.base)[0] == 0 and left() == [RESULT]
    assert site.starts[-1] == (f"bytes={limit}-" if limit else None)


def test_a_disk_that_is_too_small_for_the_result(site, run, left, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1234))
        status, out, err = run("--base-url", site.base)
    assert (
        (status, out, left()) == (2, "", PARTS)
        and "the disk has 1,234 left; " in err
        and "keeps what came" in err
    )
    assert run("--base-url", site.base)[0] == 0 and (len(site.asked), left()) == (
        1,
        [RESULT],
    )  # nothing had to come again


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Can't decrement id ref count"),
    ],
)
def test_a_result_that_cannot_be_written(site, run, left, monkeypatch, error):
    def full(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(h5py.Group, "create_dataset", full)
        status, out, err = run("--base-url", site.base)
    assert (
        (status, out, left()) == (2, "", PARTS)
        and "cannot write" in err
        and "keeps what came" in err
    )
    assert run("--base-url", site.base)[0] == 0 and (len(site.asked), left()) == (1, [RESULT])


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_disk_that_fills_up_when_converting(site, run, left, tmp_path, share):
    assert run("--base-url", site.base)[0] == 0
    size = int((tmp_path / "weights" / RESULT).stat().st_size * share)
    (tmp_path / "weights" / RESULT).unlink()
    (tmp_path / "weights" / PART).write_bytes(site.body)
    (tmp_path / "weights" / f"{PART}.txt").write_text(f"{len(site.body)} ")
    # a real limit, so a process of its own, which must also end in peace: libhdf5 crashes at exit if it could not write a file
    code = (
        f"import resource, runpy, sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'tests' / 'weights'), str(ROOT / 'tests' / 'support')]}\n"
        f"import test_fetch; from tfdeconv.weights import official\n"
        f"official.ORIGINS['vgg16'], official.NETWORKS['vgg16'] = official.{official.ORIGINS['vgg16']}, test_fetch.small\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "vgg16",
        "--out",
        str(tmp_path / "weights"),
        "--base-url",
        site.base,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, left()) == (2, "", PARTS)
    assert (
        "File too large; " in done.stderr
        and "keeps what came" in done.stderr
        and done.stderr.count("\n") == 1
    )


def test_a_folder_that_cannot_be_written(site, run, tmp_path):
    (tmp_path / "weights").write_text("a file")
    status, _, err = run("--base-url", site.base)
    assert (
        status == 2 and "cannot write to" in err and (tmp_path / "weights").read_text() == "a file"
    )


def test_an_interrupt_leaves_what_can_be_gone_on_from(site, tmp_path):
    site.stall = 30_000
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "vgg16", "--base-url", site.base, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / PART).exists() or (tmp_path / PART).stat().st_size < 20_000:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    with pytest.raises(
        UserError, match="is being fetched by another process"
    ):  # and meanwhile nobody else is let in
        official.fetch("vgg16", tmp_path / RESULT, True, site.base, 5, print)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    assert (
        err
        == f"fetch_weights.py: interrupted; {tmp_path / PART} keeps what came so far: the same command goes on from there\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == PARTS
    assert site.body.startswith((tmp_path / PART).read_bytes())


def test_an_interrupted_conversion_leaves_no_half(site, run, left, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(h5py.Group, "create_dataset", interrupted)
        status, out, err = run("--base-url", site.base)
    assert (status, out, left()) == (130, "", PARTS) and "interrupted" in err
    assert run("--base-url", site.base)[0] == 0 and (len(site.asked), left()) == (1, [RESULT])


# what is said meanwhile


def test_progress_in_whole_megabytes(site, tmp_path):
    site.body = bytes(3_500_000)
    said = []
    download.download(site.base + PATH, tmp_path / PART, 5, said.append)
    assert said == [f"{FILE}: {n} of 3 MB" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "arguments, wanted",
    [
        ([], "required: NETWORK"),
        (["alexnet"], "alexnet"),
        (["vgg16", "--timeout", "nan"], "nan"),
        (["vgg16", "--timeout", "0"], "'0'"),
        (["vgg16", "--timeout", "1e300"], "1e300"),
    ],
)
def test_a_wrong_command_is_one_line(monkeypatch, capsys, arguments, wanted):
    monkeypatch.setattr(sys, "argv", ["fetch_weights.py", *arguments])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    out, err = capsys.readouterr()
    assert (stop.value.code, out, err.count("\n")) == (2, "", 1) and wanted in err


def test_help_needs_no_heavy_package():
    code = (
        "import runpy, sys; sys.argv = ['fetch_weights.py', '--help']\n"
        f"try: runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
        "except SystemExit: print('HEAVY', *({'tensorflow', 'numpy', 'h5py'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.splitlines()[-1] == "HEAVY" and "vgg16, vgg19" in out
