"""Keras's official weights, from a server on this machine to a file of the project's own."""

from __future__ import annotations

import ast
import errno
import hashlib
import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from weight_server import FILE, PART, PATH, RESULT, RESULT_NOTOP, SCRIPT, small_vgg16

from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.downloads import official
from tfdeconv.weights.load import read_weights
from tfdeconv.zoo import NETWORKS

ROOT = Path(__file__).parents[2]


def assert_holds(path: Path, arrays) -> None:
    """The file has these values, to the last bit, and says whose they are."""
    weights = read_weights(path, small_vgg16())
    assert weights.keys() == arrays.keys()
    for layer, parameters in arrays.items():
        assert weights[layer].keys() == parameters.keys()
        for name, values in parameters.items():
            np.testing.assert_array_equal(weights[layer][name], values)
            assert weights[layer][name].dtype == np.float32
    assert "Simonyan" in weights.source and FILE[:20] in weights.source
    assert "CC BY 4.0" in weights.licence
    assert weights.preprocessing.order == "bgr"
    assert weights.preprocessing.mean == (103.939, 116.779, 123.68)


# the table


def constants_of(source: str) -> dict[str, object]:
    """The constants that a module assigns at its top."""
    constants = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Dict)):
            constants[node.targets[0].id] = ast.literal_eval(node.value)
    return constants


def test_table_of_sums_is_that_of_keras():
    [keras] = importlib.util.find_spec("keras").submodule_search_locations
    folder = Path(keras) / "src" / "applications"
    # {network: ((address, sum) with the dense layers, without)}
    theirs = {}
    for name in ("vgg16", "vgg19"):
        source = (folder / f"{name}.py").read_text()
        constants = constants_of(source)
        theirs[name] = tuple(
            (constants[path], re.search(rf'\b{path},.*?file_hash="(\w+)"', source, re.S)[1])
            for path in ("WEIGHTS_PATH", "WEIGHTS_PATH_NO_TOP")
        )
    source = (folder / "resnet.py").read_text()
    constants = constants_of(source)
    endings = re.findall(r'\{weights_name\}(_weights\S*?\.h5)"', source)
    for name in ("resnet50", "resnet101", "resnet152"):
        addresses = [constants["BASE_WEIGHTS_PATH"] + name + ending for ending in endings]
        theirs[name] = tuple(zip(addresses, constants["WEIGHTS_HASHES"][name], strict=True))
    ours = {}
    for name, origin in official.ORIGINS.items():
        folder_url = f"{official.BASE}{origin.folder}"
        addresses = [f"{folder_url}/{file.format(name)}" for file in official.FILES]
        ours[name] = tuple(zip(addresses, origin.md5, strict=True))
    assert ours == theirs
    assert set(ours) <= set(NETWORKS)


# from the server to the file


@pytest.mark.parametrize("top", [True, False])
def test_fetched_file_is_converted_and_alone_left(site, fetch, left, folder, arrays, top):
    name = RESULT
    options = []
    if not top:
        name = RESULT_NOTOP
        options = ["--no-top"]
        site.body = site.body_notop
        site.path = PATH.replace(".h5", "_notop.h5")
        del arrays["predictions"]
    outcome = fetch(site.base + "/", *options)
    assert (outcome.status, outcome.err, left()) == (0, "", [name])
    assert (site.paths, site.starts) == ([site.path], [None])
    assert_holds(folder / name, arrays)
    with open_weights(folder / name, small_vgg16()) as file:
        assert file.digest in outcome.out
    assert "Simonyan" in outcome.out and "CC BY 4.0" in outcome.out


def test_resumed_file_is_converted_alike(site, fetch, folder, arrays):
    site.cut = 20_000
    fetch(site.base)
    site.cut = 0
    assert fetch(site.base).status == 0
    assert_holds(folder / RESULT, arrays)


def test_installed_file_is_kept_unless_asked_again(site, fetch, left, folder):
    first = fetch(site.base).out
    before = (folder / RESULT).stat().st_mtime_ns
    outcome = fetch(site.base)
    assert outcome.status == 0 and len(site.requests) == 1
    assert (folder / RESULT).stat().st_mtime_ns == before
    assert "is already there (--again" in outcome.out
    assert re.search(r"sha256 \w{64}", outcome.out)[0] in first
    assert fetch(site.base, "--again").status == 0
    assert len(site.requests) == 2 and left() == [RESULT]


@pytest.mark.parametrize("size", [0, 2000])
def test_damaged_installed_file_is_replaced(site, fetch, left, folder, arrays, size):
    fetch(site.base)
    # no header to be read: as if there were no file
    (folder / RESULT).write_bytes((folder / RESULT).read_bytes()[:size])
    assert fetch(site.base).status == 0 and left() == [RESULT]
    assert_holds(folder / RESULT, arrays)


def test_installed_file_of_another_format_is_kept(site, fetch, folder):
    folder.mkdir()
    (folder / RESULT).write_bytes(site.body)
    assert "is already there" in fetch(site.base).out and not site.requests
    assert (folder / RESULT).read_bytes() == site.body


def test_local_folder_serves_as_well_as_a_server(site, fetch, left, tmp_path, folder, arrays):
    copy = tmp_path / "a copy" / "vgg16"
    copy.mkdir(parents=True)
    (copy / FILE).write_bytes(site.body)
    base = f"file://{tmp_path}/a%20copy"
    assert fetch(base).status == 0 and left() == [RESULT] and not site.requests
    assert_holds(folder / RESULT, arrays)
    (copy / FILE).unlink()
    outcome = fetch(base, "--again")
    assert outcome.status == 2 and "No such file or directory" in outcome.err
    assert left() == [RESULT]


def test_file_of_wrong_sum_is_never_read(site, fetch, left, monkeypatch):
    needed = hashlib.md5(site.body).hexdigest()
    site.body = site.body[:-1] + bytes([site.body[-1] ^ 1])
    monkeypatch.setattr(official, "check_disk", None)
    outcome = fetch(site.base, "--again")
    assert (outcome.status, outcome.out, left()) == (2, "", [])
    found = hashlib.md5(site.body).hexdigest()
    assert f"its MD5 sum is {found}, needs {needed}; it was removed" in outcome.err


# when it cannot be written: the download stays, and nothing has to come again


def test_disk_too_small_for_the_result(site, fetch, left, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1234))
        outcome = fetch(site.base)
    assert (outcome.status, outcome.out, left()) == (2, "", [PART])
    assert (
        "the disk has 1,234 left; " in outcome.err
        and "has what was downloaded so far" in outcome.err
    )
    assert fetch(site.base).status == 0
    assert (len(site.requests), left()) == (1, [RESULT])


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Can't decrement id ref count"),
    ],
)
def test_result_that_cannot_be_written(site, fetch, left, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(h5py.Group, "create_dataset", fail)
        outcome = fetch(site.base)
    assert (outcome.status, outcome.out, left()) == (2, "", [PART])
    assert "cannot write" in outcome.err and "has what was downloaded so far" in outcome.err
    assert fetch(site.base).status == 0
    assert (len(site.requests), left()) == (1, [RESULT])


def test_interrupted_conversion_leaves_no_half_file(site, fetch, left, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(h5py.Group, "create_dataset", interrupt)
        outcome = fetch(site.base)
    assert (outcome.status, outcome.out, left()) == (130, "", [PART])
    assert "interrupted" in outcome.err
    assert fetch(site.base).status == 0
    assert (len(site.requests), left()) == (1, [RESULT])


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_disk_fills_up_while_converting(site, fetch, left, folder, share):
    assert fetch(site.base).status == 0
    size = int((folder / RESULT).stat().st_size * share)
    (folder / RESULT).unlink()
    (folder / PART).write_bytes(site.body)
    # a real limit, so a process of its own, which must also end in peace: libhdf5 crashes at exit
    # if it could not write a file
    code = f"""
import resource, runpy, sys
sys.path[:0] = {[str(ROOT), str(ROOT / "tests" / "support")]}
import weight_server
from tfdeconv.weights.downloads import official
official.ORIGINS["vgg16"] = official.{official.ORIGINS["vgg16"]}
official.NETWORKS["vgg16"] = weight_server.small_vgg16
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
    arguments = ["vgg16", "--out", str(folder), "--base-url", site.base]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, left()) == (2, "", [PART])
    assert "File too large; " in done.stderr and "has what was downloaded so far" in done.stderr
    assert done.stderr.count("\n") == 1


# the command


@pytest.mark.parametrize(
    "arguments, says",
    [
        ([], "required: NETWORK"),
        (["alexnet"], "alexnet"),
        (["vgg16", "--timeout", "nan"], "nan"),
        (["vgg16", "--timeout", "0"], "'0'"),
        (["vgg16", "--timeout", "1e300"], "1e300"),
    ],
)
def test_wrong_command_is_one_line(monkeypatch, capsys, arguments, says):
    monkeypatch.setattr(sys, "argv", ["fetch_weights.py", *arguments])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    out, err = capsys.readouterr()
    assert (stop.value.code, out, err.count("\n")) == (2, "", 1) and says in err


def test_help_needs_no_heavy_package():
    code = f"""
import runpy, sys
sys.argv = ["fetch_weights.py", "--help"]
try:
    runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
except SystemExit:
    print("HEAVY", *({{"tensorflow", "numpy", "h5py"}} & set(sys.modules)))
"""
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "HEAVY" and "vgg16, vgg19" in out
