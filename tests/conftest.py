"""What the tests share: quiet, and seeded random numbers."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# how fast what XLA compiles is matters less than how long that takes
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as in a shell's background: programs that are started would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)

import forked_reading  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

from tfdeconv.formats import reading_process  # noqa: E402


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20141106)


@pytest.fixture(autouse=True, scope="module")
def let_go():
    """Graphs and models refer to themselves: without this a run keeps gigabytes of them."""
    # TensorFlow's own 300,000 objects, which stay, are not looked through each time
    gc.freeze()
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()
    gc.collect()


@pytest.fixture(autouse=True, scope="session")
def forked():
    """Files are read by forks of a process that has h5py already: hundreds of tests read some."""
    forked_reading.serve_processes()


# folders whose networks are small, or run once: compiling them would take most of the time
UNCOMPILED = {"atlas", "experiments", "explorer", "figures", "parity", "weights", "zoo"}


@pytest.fixture(autouse=True)
def uncompiled_graphs(request):
    """In these folders operations run one by one; engine/test_passes.py: it is the same."""
    if request.path.parent.name in UNCOMPILED:
        request.getfixturevalue("uncompiled_in_any_folder")


@pytest.fixture
def uncompiled_in_any_folder(monkeypatch):
    """Operations run one by one."""
    monkeypatch.setattr(
        "tfdeconv.engine.compilation.compiled", lambda function, *specs, jit=False: function
    )


@pytest.fixture
def gpu(monkeypatch):
    """A GPU of 2 GB, as TensorFlow would tell of it."""
    monkeypatch.setattr("tensorflow.config.get_visible_devices", lambda kind: [kind])
    monkeypatch.setattr("tfdeconv.engine.device.allotted", {"GPU": 2e9}.__getitem__)


@pytest.fixture
def started(monkeypatch):
    """Files are read by processes that are started, as the package does it."""
    monkeypatch.setattr(reading_process, "subprocess", subprocess)


# the files that take longest come first, so that both processes have something to do at the end
LONGEST = {
    *("test_readme.py", "test_keras.py", "test_passes.py", "test_workers.py"),
    *("test_own_networks.py", "test_torch_networks.py"),
}


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_terminal_summary(terminalreporter):
    """One line where there is no browser: among thousands of dots nobody sees an s."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {each.longrepr[2] for each in skipped if each.nodeid.startswith("tests/browser/")}
    for reason in sorted(reasons):
        why = reason.removeprefix("Skipped: ")
        terminalreporter.write_line(f"the pages were not tested in a browser: {why}")
