"""A web server on this machine with a small weight file in the place of VGG16's official one."""

from __future__ import annotations

import io
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np

from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten

SCRIPT = Path(__file__).parents[2] / "scripts" / "fetch_weights.py"
FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
PATH = f"/vgg16/{FILE}"
PART = f"{FILE}.part"
RESULT = "vgg16-imagenet.h5"
RESULT_NOTOP = "vgg16-imagenet-notop.h5"


class Site(ThreadingHTTPServer):
    """Serves `body` at `path` in the way that its attributes say, and remembers the requests."""

    daemon_threads = True

    def __init__(self, body: bytes, body_notop: bytes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.path = PATH
        self.body = body
        # the file without the dense layer
        self.body_notop = body_notop
        # (path, headers) of each request
        self.requests: list = []
        # whether it answers a Range with the rest
        self.ranges = True
        # bytes by which that rest begins too early
        self.shift = 0
        # bytes after which an answer ends; after which it goes no further
        self.cut = 0
        self.stall = 0
        # what Content-Length says; None: nothing
        self.length: object = "true"
        self.status = 200
        # where it redirects to, and seconds for which a redirect holds the line
        self.location = ""
        self.pause = 0

    def handle_error(self, request, client_address):
        """The client has gone: that is what the tests are about."""

    @property
    def paths(self) -> list[str]:
        """The path of each request."""
        return [path for path, _ in self.requests]

    @property
    def starts(self) -> list[str | None]:
        """The Range of each request."""
        return [headers.get("Range") for _, headers in self.requests]


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self):
        site = self.server
        site.requests.append((self.path, self.headers))
        if site.location and self.path == site.path:
            self.send_response(302)
            self.send_header("Location", site.location)
            self.end_headers()
            time.sleep(site.pause)
            return
        if site.status != 200:
            self.send_error(site.status)
            return
        if self.path not in (site.path, "/elsewhere"):
            self.send_error(404)
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and site.ranges:
            start = int(asked[1])
            if start >= len(site.body):
                self.send_error(416)
                return
            start -= site.shift
            self.send_response(206)
            size = len(site.body)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        else:
            self.send_response(200)
        if site.length == "true":
            self.send_header("Content-Length", str(len(site.body) - start))
        elif site.length:
            self.send_header("Content-Length", str(site.length))
        self.end_headers()
        end = site.stall or site.cut or len(site.body)
        self.wfile.write(site.body[start:end])
        if site.stall:
            time.sleep(3)

    def log_message(self, *args):
        pass


def small_vgg16(
    channels: int = 3, classes: int = 20, size: tuple[int, int] = (8, 8), variant: str = ""
) -> Network:
    """Two layers in the place of VGG16, some 50 KB; like it, it has one variant alone."""
    assert not variant
    net = Builder("vgg16", (*size, channels))
    net.add("block1_conv1", Conv(10, 3, pad=1, activation=RELU))
    net.add("flatten", Flatten())
    net.add("predictions", Dense(classes))
    return net.network()


def official_file(layers: dict[str, dict[str, np.ndarray]]) -> bytes:
    """A weight file in the layout of the official ones."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in ["input_1", *layers]]
        file.create_group("input_1").attrs["weight_names"] = []
        for name, parameters in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_{key}_1:0".encode() for key in parameters]
            for key, values in parameters.items():
                group[f"{name}_{key}_1:0"] = values
    return memory.getvalue()
