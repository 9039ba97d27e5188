"""Downloads that break off and go on, files that change in between, limits, and who may write."""

from __future__ import annotations

import errno
import io
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from weight_server import FILE, PART, PATH, RESULT, SCRIPT

from tfdeconv.errors import UserError
from tfdeconv.weights.downloads import download, official

# what breaks off goes on


@pytest.mark.parametrize("cut", [1, 4096, -1])
def test_broken_download_goes_on_from_its_end(site, fetch, left, folder, cut):
    site.cut = cut % len(site.body)
    outcome = fetch(site.base)
    assert (outcome.status, outcome.out, left()) == (2, "", [PART])
    assert f"broke off after {site.cut:,} of {len(site.body):,} bytes" in outcome.err
    assert f"{PART} has" in outcome.err
    assert (folder / PART).read_bytes() == site.body[: site.cut]
    before = site.cut
    site.cut = 0
    # what it brings adds up, or it would not be read
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert site.starts == [None, f"bytes={before}-"]


def test_download_goes_on_as_often_as_needed(site, fetch, left, folder):
    for site.cut in (1000, 20_000, 40_000):
        assert fetch(site.base).status == 2
        assert (folder / PART).stat().st_size == site.cut
    site.cut = 0
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert site.starts == [None, "bytes=1000-", "bytes=20000-", "bytes=40000-"]


def test_error_keeps_what_came_before(site, fetch, left):
    site.cut = 3000
    fetch(site.base)
    site.cut = 0
    site.status = 503
    assert "has what was downloaded" in fetch(site.base).err and left() == [PART]
    site.status = 200
    assert fetch(site.base).status == 0 and site.starts[-1] == "bytes=3000-"


def test_redirect_is_followed_with_its_range(site, fetch):
    site.location = "/elsewhere"
    site.cut = 5000
    assert fetch(site.base).status == 2
    site.location = f"http://localhost:{site.server_port}/elsewhere"
    site.cut = 0
    # longer than the timeout: all that the redirect has to say is not waited for
    site.pause = 1
    assert fetch(site.base, "--timeout", "0.5").status == 0
    assert site.paths == [PATH, "/elsewhere"] * 2
    assert site.starts == [None, None, "bytes=5000-", "bytes=5000-"]


# files that change in between


# of the file that the server had before: its length over that of the right one; and how it sends
# the right one afterwards
CHANGES = {
    "same length": (1, {}),
    "longer before": (1.1, {}),
    "longer part than the file now": (3, {}),
    "the server knows no ranges": (1, {"ranges": False}),
    "it sends another rest": (1, {"shift": 7}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_pieces_of_two_files_are_fetched_anew(site, fetch, left, change):
    times, attributes = CHANGES[change]
    right = site.body
    site.body = (bytes(reversed(right)) * 3)[: int(times * len(right))]
    site.cut = len(site.body) - 1000
    assert fetch(site.base).status == 2 and left() == [PART]
    broken = site.cut
    site.body = right
    site.cut = 0
    vars(site).update(attributes)
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert site.starts == [None, f"bytes={broken}-", None]


def test_user_hears_that_the_pieces_differ(site, folder):
    folder.mkdir()
    (folder / PART).write_bytes(b"x" * 5000)
    messages = []
    md5 = official.ORIGINS["vgg16"].md5[0]
    download.download(site.base + PATH, folder / PART, md5, 5, messages.append)
    assert messages == [
        f"{FILE}: the downloaded parts do not have the right MD5 sum, starting again"
    ]
    assert (folder / PART).read_bytes() == site.body


@pytest.mark.parametrize("part", [b"", b"x" * 5000, b"x" * 10**6])
def test_unrelated_part_does_no_harm(site, fetch, left, folder, part):
    folder.mkdir()
    (folder / PART).write_bytes(part)
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert site.starts[-1] is None


def test_wrong_sum_after_fetching_anew_is_refused(site, fetch, left):
    right = site.body
    site.body = bytes(reversed(right))
    site.cut = 1000
    assert fetch(site.base).status == 2 and left() == [PART]
    site.body = right[:-1] + b"x"
    site.cut = 0
    outcome = fetch(site.base)
    assert outcome.status == 2 and "MD5" in outcome.err and left() == []
    assert site.starts == [None, "bytes=1000-", None]


# limits


def test_stalled_download_ends(site, fetch, left):
    site.stall = 2000
    began = time.monotonic()
    outcome = fetch(site.base, "--timeout", "0.3")
    assert outcome.status == 2 and left() == [PART]
    assert "no data came for 0.3 seconds (--timeout)" in outcome.err
    assert time.monotonic() - began < 2
    site.stall = 0
    assert fetch(site.base).status == 0 and site.starts[-1] == "bytes=2000-"


def test_silent_server_is_left(fetch, left):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = fetch(f"http://127.0.0.1:{port}", "--timeout", "0.3")
    assert outcome.status == 2 and "no data came for 0.3 seconds" in outcome.err and left() == []


@pytest.mark.parametrize("length", [download.MAX_DOWNLOAD + 1, 10**30])
def test_too_large_a_file_is_refused_unread(site, fetch, left, length):
    site.length = length
    site.cut = 1
    outcome = fetch(site.base)
    assert outcome.status == 2 and f"{length:,} bytes" in outcome.err and left() == []


def test_too_large_a_rest_is_refused(site, fetch, left, monkeypatch):
    site.cut = 3000
    fetch(site.base)
    site.cut = 0
    monkeypatch.setattr(download, "MAX_DOWNLOAD", 40_000)
    outcome = fetch(site.base)
    assert outcome.status == 2 and f"has {len(site.body):,} bytes" in outcome.err


def test_more_than_was_declared_is_cut_off(site, fetch, left):
    site.length = len(site.body)
    site.body += b"more" * 1000
    assert fetch(site.base).status == 0 and left() == [RESULT]


@pytest.mark.parametrize("length", [None, "many", -5])
def test_sum_decides_without_a_length(site, fetch, left, length):
    site.length = length
    assert fetch(site.base).status == 0
    site.cut = 3000
    assert "MD5" in fetch(site.base, "--again").err and left() == [RESULT]


@pytest.mark.parametrize("length", [None, "many", -5])
def test_limit_holds_without_a_length(site, fetch, left, monkeypatch, length):
    site.length = length
    sizes = []

    def size(path):
        sizes.append(path.stat().st_size)
        return "another sum"

    monkeypatch.setattr(download, "MAX_DOWNLOAD", 1500)
    monkeypatch.setattr(download, "md5_sum", size)
    assert fetch(site.base).status == 2
    assert (sizes, left()) == ([1500], [])


# the disk, other processes, interrupts


@pytest.mark.parametrize("limit", [0, 20_000])
def test_full_disk(site, fetch, left, folder, monkeypatch, limit):
    class Full(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > limit:
                super().write(data[: limit - self.tell()])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    def open_full(path, mode):
        if mode == "ab":
            return Full(path, mode)
        return open(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(download, "open", open_full, raising=False)
        outcome = fetch(site.base)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"cannot write to {folder}: No space left on device" in outcome.err
    assert left() == ([PART] if limit else [])
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert site.starts[-1] == (f"bytes={limit}-" if limit else None)


def test_folder_that_cannot_be_written(site, fetch, folder):
    folder.write_text("a file")
    outcome = fetch(site.base)
    assert outcome.status == 2 and "cannot write to" in outcome.err
    assert folder.read_text() == "a file"


def test_interrupt_keeps_what_came_so_far(site, tmp_path):
    site.stall = 30_000
    command = [sys.executable, str(SCRIPT), "vgg16", "--base-url", site.base]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / PART
    deadline = time.monotonic() + 20
    while not part.exists() or part.stat().st_size < 20_000:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    # meanwhile nobody else is let in
    with pytest.raises(UserError, match="is being fetched by another process"):
        official.fetch("vgg16", tmp_path / RESULT, True, site.base, 5, print)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    hint = f"{part} has what was downloaded so far; run the same command again to continue"
    assert err == f"fetch_weights.py: interrupted; {hint}\n"
    assert [path.name for path in tmp_path.iterdir()] == [PART]
    assert site.body.startswith(part.read_bytes())


def test_progress_in_whole_megabytes(site, tmp_path):
    site.body = bytes(3_500_000)
    messages = []
    download.fetch_rest(site.base + PATH, tmp_path / PART, 5, messages.append)
    assert messages == [f"{FILE}: {n} of 3 MB" for n in (1, 2, 3)]
