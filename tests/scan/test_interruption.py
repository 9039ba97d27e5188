"""SIGTERM and SIGINT: a scan saves what it has, and a process that cannot stop is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from runs import ROOT, SIDE, integers, plain

from tfdeconv.data import dataset
from tfdeconv.scan import loop, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.interruption import Interrupted, Interruption

# a process that is busy in a way, and says "ready" when it is
BUSY = """
import sys, time
sys.path.insert(0, {root!r})
from tfdeconv.scan.interruption import Interruption
with Interruption(lambda line: print(line, file=sys.stderr), grace=0.5).watched() as interruption:
    {busy}
"""
WAITS = """
    print("ready", flush=True)
    time.sleep(60)"""
NEVER_LOOKS = """
    with interruption.saves_itself():
        print("ready", flush=True)
        time.sleep(60)"""
SAVES_ITSELF = """
    with interruption.saves_itself():
        print("ready", flush=True)
        while not interruption.number:
            time.sleep(0.01)
    print("saved", interruption.number)"""


@pytest.mark.parametrize(
    "busy, number, status, words",
    [
        (WAITS, signal.SIGTERM, 143, "interrupted\n"),
        (NEVER_LOOKS, signal.SIGINT, 130, "could not stop in time"),
        (SAVES_ITSELF, signal.SIGTERM, 0, ""),
    ],
)
def test_signals_end_a_process_whatever_it_does(busy, number, status, words):
    code = BUSY.format(root=str(ROOT), busy=busy)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == status and words in errors
    assert output == ("saved 15\n" if busy == SAVES_ITSELF else "")


def test_second_signal_ends_at_once():
    code = BUSY.replace("grace=0.5", "grace=60").format(root=str(ROOT), busy=NEVER_LOOKS)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # or the process has one signal only
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    process.stdout.close()


def test_signals_are_as_before_afterwards():
    with Interruption(print).watched():
        assert signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)


def test_signalled_scan_is_saved_and_goes_on(tmp_path, rng):
    network, weights = integers(rng)
    np.save(tmp_path / "x.npy", rng.integers(0, 3, (20, SIDE, SIDE, 3)).astype(np.uint8))
    source = dataset.open_source(str(tmp_path / "x.npy"))
    settings = run.Settings(
        "whole", "", "0" * 64, "", "keep", (SIDE, SIDE), source.digest, 20, ("first",), 9, 4
    )
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    path, rounds = tmp_path / "run.h5", iter([0, 0, 15])

    def advance(now, signalled):
        loop.advance(now, scan, source, plain((SIDE, SIDE)), path, 60, signalled=signalled)

    with pytest.raises(Interrupted, match="stopped by SIGTERM: .*the first 8 images") as stopped:
        advance(run.Run(settings, source.root, "", ()), lambda: next(rounds))
    assert stopped.value.status == 143 and run_file.load(path).done == 8
    advance(run_file.load(path), lambda: 0)
    resumed = path.read_bytes()
    path.unlink()
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    advance(run.Run(settings, source.root, "", ()), lambda: 0)
    assert path.read_bytes() == resumed
