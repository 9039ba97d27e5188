"""What the tests of the download share. Nothing here asks another machine."""

from __future__ import annotations

import hashlib
import runpy
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from weight_server import SCRIPT, Site, official_file, small_vgg16

from tfdeconv.weights.downloads import official
from tfdeconv.zoo import NETWORKS


class Outcome(NamedTuple):
    """How the script ended, and what it wrote to stdout and stderr."""

    status: int
    out: str
    err: str


@pytest.fixture
def arrays(rng) -> dict[str, dict[str, np.ndarray]]:
    """The values in the server's file."""
    values: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in small_vgg16().parameters().items():
        values[layer] = {
            name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()
        }
    return values


@pytest.fixture
def site(arrays, monkeypatch, other_hosts):
    """A server with a small file that stands for VGG16's official one."""
    body = official_file(arrays)
    body_notop = official_file({"block1_conv1": arrays["block1_conv1"]})
    sums = hashlib.md5(body).hexdigest(), hashlib.md5(body_notop).hexdigest()
    monkeypatch.setitem(official.ORIGINS, "vgg16", replace(official.ORIGINS["vgg16"], md5=sums))
    monkeypatch.setitem(NETWORKS, "vgg16", small_vgg16)
    with Site(body, body_notop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def other_hosts(monkeypatch) -> list[str]:
    """The other machines that were asked for: none may be, and none can."""
    hosts = []
    getaddrinfo = socket.getaddrinfo

    def local_only(host, *args, **kwargs):
        if host not in ("127.0.0.1", "localhost", "::1"):
            hosts.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local_only)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return hosts


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where the script writes."""
    return tmp_path / "weights"


@pytest.fixture
def fetch(folder, monkeypatch, capsys, other_hosts) -> Callable[..., Outcome]:
    """Runs fetch_weights.py on a server in this process, where the table of sums is patched."""

    def fetch(base: str | None, *arguments: str) -> Outcome:
        command = ["fetch_weights.py", "vgg16", "--out", str(folder), *arguments]
        if base is not None:
            command += ["--base-url", base]
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        out, err = capsys.readouterr()
        assert err.count("\n") == (stop.value.code != 0) and "Traceback" not in err
        return Outcome(stop.value.code, out, err)

    return fetch


@pytest.fixture
def left(folder) -> Callable[[], list[str]]:
    """The names of the files in the folder."""
    return lambda: sorted(path.name for path in folder.glob("*"))
