"""The process that reads HDF5 files: whatever it does, this one gets arrays or one line."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from hdf5_files import VALUES, program, read_all, write_hdf5

from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5_process
from tfdeconv.weights.detect import open_hdf5

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("started")


@pytest.fixture
def path(tmp_path):
    """A file of one dataset."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a/kernel"] = VALUES
        file["a"].attrs["weight_names"] = [b"kernel"]
    return tmp_path / "x.h5"


def all_children() -> list[str]:
    """The processes that this one has started, zombies included."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


OF_OTHER_TESTS: set[str] = set()  # a browser, for instance, which serves several files


@pytest.fixture(autouse=True)
def children_of_other_tests():
    OF_OTHER_TESTS.clear()
    OF_OTHER_TESTS.update(all_children())


def children() -> list[str]:
    """The processes that the test has started, zombies included."""
    return [child for child in all_children() if child not in OF_OTHER_TESTS]


DATASET = "hdf5_survey.read = lambda *_: %s; hdf5_server.main()"
ANSWER = "import numpy as np; reading_server.flat = lambda array: %s; hdf5_server.main()"
MESSAGE = (
    "reading_server.receive(sys.stdin.buffer); sys.stdout.buffer.write(%s); sys.stdout.flush(); "
    "time.sleep(9)"
)
INVALID = "returned invalid data"
# what the process does instead, and what is said of it
PLANTED = {
    "crashes at once": ("os.abort()", "library crashed"),
    "crashes at a dataset": (DATASET % "os.kill(os.getpid(), 11)", "library crashed"),
    "crashes within an array": (ANSWER % "os.abort()", "library crashed"),
    "computes without end": (DATASET % "sum(iter(int, 1))", "timed out"),
    "waits without end": (DATASET % "time.sleep(60)", "timed out"),
    "waits before it reads": ("time.sleep(60)", "timed out"),
    "takes memory": (DATASET % "bytearray(1 << 30)", "asks for too much memory"),
    "raises": (DATASET % "1 / 0", "division by zero"),
    "does not start": (
        "import nothing_of_that_name",
        "was started to read it, ended with status 1",
    ),
    "goes": ("sys.exit()", INVALID),
    "a message of 2**40 bytes": (MESSAGE % "(1 << 40).to_bytes(8, 'little')", INVALID),
    "a message of no bytes": (MESSAGE % "bytes(8)", INVALID),
    "no JSON": (MESSAGE % "b'\\3' + bytes(10)", INVALID),
    "a list": (MESSAGE % "b'\\2' + bytes(7) + b'[]'", INVALID),
    "deep JSON": (MESSAGE % "(90000).to_bytes(8, 'little') + b'[' * 90000", INVALID),
    "no description": (
        "reading_server.receive(sys.stdin.buffer); "
        "reading_server.send(sys.stdout.buffer, {'file': 3})",
        "description of its contents is invalid",
    ),
    "too few bytes": (ANSWER % "os.write(3, bytes(47)) and os._exit(0)", INVALID),
    "another shape": (DATASET % "__import__('numpy').zeros((4, 3), 'f4')", INVALID),
    "another dtype": (DATASET % "__import__('numpy').zeros((3, 4), 'i4')", INVALID),
}


@pytest.mark.parametrize("case", PLANTED)
def test_whatever_the_process_does_is_one_line(path, monkeypatch, case):
    code, says = PLANTED[case]
    monkeypatch.setattr(hdf5_process, "PROGRAM", program(code))
    monkeypatch.setattr(hdf5_process, "HDF5_WAIT_SECONDS", 3)
    monkeypatch.setattr(hdf5_process, "HDF5_CPU_SECONDS", 1)
    start = time.monotonic()
    with pytest.raises(UserError, match=f"^cannot read weights from {path}: .*{says}") as error:
        with open_hdf5(path) as root:
            read_all(root)
    assert time.monotonic() - start < 8 and "\n" not in str(error.value) and children() == []


def test_endless_loop_of_libhdf5_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "HDF5_CPU_SECONDS", 1)
    path = write_hdf5(tmp_path, lambda file: file.attrs.update(names=["abc", "defgh"]))
    raw = path.read_bytes()
    # where the size of the first string in the heap is; the next one begins where it ends
    size = raw.index(b"GCOL") + 24
    path.write_bytes(raw[:size] + struct.pack("<q", -16) + raw[size + 8 :])
    try:
        with open_hdf5(path) as root:
            assert root.attrs == {}  # a libhdf5 newer than 1.14.6 may find an end
    except UserError as error:
        assert "HDF5's library timed out: it is damaged; fetch or make it again" in str(error)


def test_damaged_dataset_does_not_disturb_the_others(tmp_path):
    def fill(file):
        file.create_dataset(
            "bad", data=np.zeros(1000, np.float32), compression="gzip", fletcher32=True
        )
        file["good"] = VALUES

    path = write_hdf5(tmp_path, fill)
    with h5py.File(path) as file:
        at = file["bad"].id.get_chunk_info(0).byte_offset
    raw = bytearray(path.read_bytes())
    raw[at + 5] ^= 1
    path.write_bytes(raw)
    with hdf5_process.open_in_subprocess(path) as root:
        with pytest.raises(hdf5_process.ReadError, match="read"):
            root.children["bad"].read()
        np.testing.assert_array_equal(root.children["good"].read(), VALUES)


def test_the_process_loads_little_and_has_limits(path, monkeypatch):
    # instead of a description, when the limits hold
    report = (
        "import resource\n"
        "def describe(file):\n"
        "    heavy = sorted({'tensorflow', 'keras', 'PIL', 'torch'} & set(sys.modules))\n"
        "    kinds = ('CPU', 'FSIZE', 'CORE', 'NOFILE', 'AS')\n"
        "    kinds = [getattr(resource, 'RLIMIT_' + kind) for kind in kinds]\n"
        "    limits = [resource.getrlimit(kind)[0] for kind in kinds]\n"
        "    memory = limits.pop()\n"
        "    raise ValueError(f'{heavy} {limits} {memory < 2 << 30}')\n"
        "hdf5_survey.describe = describe\n"
        "hdf5_server.main()"
    )
    monkeypatch.setattr(hdf5_process, "PROGRAM", program("pass") + "\n" + report)
    with pytest.raises(UserError, match=r"\[\] \[4, 0, 0, 32\] True"), open_hdf5(path):
        pass


@pytest.mark.parametrize(
    "name", ["a b.h5", "ü ✓.h5", "-I.h5", "a\nb.h5", "a'\"$(x).h5", "\udcff.h5", "%s.h5"]
)
def test_any_name_in_any_directory(path, tmp_path, monkeypatch, name):
    (tmp_path / "in\n here").mkdir()
    shutil.move(path, tmp_path / "in\n here" / name)
    with open_hdf5(tmp_path / "in\n here" / name) as root:
        np.testing.assert_array_equal(read_all(root)["a/kernel"], VALUES)
    # no Python of the current directory is run
    (tmp_path / "in\n here" / "numpy.py").write_text("1 / 0")
    (tmp_path / "in\n here" / "h5py.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path / "in\n here")
    monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
    with open_hdf5(name) as root:
        np.testing.assert_array_equal(read_all(root)["a/kernel"], VALUES)


def test_no_process_and_no_descriptor_is_left(path, monkeypatch):
    before = set(os.listdir("/proc/self/fd"))
    for error in (None, KeyboardInterrupt, UserError):
        try:
            with open_hdf5(path) as root:
                read_all(root)
                assert len(children()) == 1
                if error:
                    raise error
        except (KeyboardInterrupt, UserError):
            pass
        assert children() == [] and set(os.listdir("/proc/self/fd")) == before
    with open_hdf5(path) as root:
        pass
    with pytest.raises(hdf5_process.ReadError):  # the block has ended
        root.children["a"].children["kernel"].read()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UserError, match="/nowhere/python cannot be started"), open_hdf5(path):
        pass
    assert children() == [] and set(os.listdir("/proc/self/fd")) == before


def computed(pid: int) -> float | None:
    """Seconds that a process has computed; None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] == "Z":
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


PARENT = """
import sys, time
from tfdeconv.formats import hdf5_process
hdf5_process.PROGRAM = sys.argv[2]
reader = hdf5_process.SubprocessFile(sys.argv[1])
print(reader.process.pid, flush=True)
reader.description()
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize(
    "code, waiting, computing",
    [("hdf5_server.main()", 3, 5), ("reading_server.limit_cpu(1); sum(iter(int, 1))", 60, 5)],
)
def test_the_process_ends_with_this_one(path, code, waiting, computing, sign):
    """While it waits for a question, at once; while it computes, when its time is up."""
    source = PARENT + "\ntime.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", source, path, program(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        pid = int(parent.stdout.readline())
        time.sleep(1)
        assert Path(f"/proc/{pid}").exists()
        parent.send_signal(sign)
    deadline = time.monotonic() + waiting
    while (seconds := computed(pid)) is not None:
        assert seconds < computing and time.monotonic() < deadline
        time.sleep(0.05)


def test_an_interrupt_ends_both(path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "PROGRAM", "import time; time.sleep(60)")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt), open_hdf5(path):
            pass
    finally:
        signal.signal(signal.SIGALRM, before)
    assert children() == []


PLUGIN = """
#include <stdio.h>
__attribute__((constructor)) static void run(void) { fopen("%s", "w"); }
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no compiler to make a plugin with")
def test_no_plugin_of_hdf5_is_loaded(tmp_path, monkeypatch):
    source, started = tmp_path / "plugin.c", tmp_path / "started"
    source.write_text(PLUGIN % started)
    library = tmp_path / "plugins" / "plugin.so"
    library.parent.mkdir()
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(library.parent))
    (tmp_path / "damaged.h5").write_bytes(b"\x89HDF\r\n\x1a\nrubbish")
    with (
        pytest.raises(hdf5_process.ReadError),
        hdf5_process.open_in_subprocess(tmp_path / "damaged.h5"),
    ):
        pass
    assert not started.exists()
