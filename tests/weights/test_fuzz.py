"""A few damaged files of every format; `python tests/fuzz.py` reads thousands."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import file_formats
import fuzz
import pytest

from tfdeconv.errors import UserError

COUNT = 30  # mutants of each kind


def test_damaged_files_are_read_or_refused():
    """In a process of its own: this one has TensorFlow, and has had too much memory to measure."""
    cheap = [kind for kind, form in file_formats.FORMATS.items() if form.dear <= COUNT]
    command = [sys.executable, fuzz.__file__, "--count", str(COUNT), "--seed", "20141106"]
    # as they are started they read in formats/test_hdf5_process.py
    command += ["--forked", *(f"--format={kind}" for kind in cheap)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "FAILED" not in done.stdout, (
        done.stdout + done.stderr
    )
    assert done.stdout.count(" mutants, seed 20141106") == len(cheap)


@pytest.mark.parametrize(
    "kind", [kind for kind, form in file_formats.FORMATS.items() if form.dear <= COUNT]
)
def test_mutants_differ_and_depend_on_number_alone(kind):
    form = file_formats.FORMATS[kind]
    seeds = form.seeds()
    first = [fuzz.mutant(fuzz.random.Random(f"7 {i}"), seeds, form) for i in range(200)]
    again = [fuzz.mutant(fuzz.random.Random(f"7 {i}"), seeds, form) for i in range(200)]
    assert first == again
    # there are fewer changes of what is said than of bytes
    assert len({*first}) > (80 if form.change else 180) and not {*first} & {*seeds}
    # a changed mark at the beginning would be turned away by that alone; in a message that stays
    # whole the length of what is in it may stand there
    marks = {seed[:8] for seed in seeds}
    assert form.change or sum(mutant[:8] not in marks for mutant in first) < 40


def raising(path):
    raise KeyError("x")


def speaking(path):
    raise UserError(f"{path} is\ndamaged")


def computing(path):
    end = time.process_time() + 1.2
    while time.process_time() < end:
        pass


def taking(path):
    b"x" * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + 100_000 << 10)


def child_taking(path):
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-c", f"b'x' * ({most} + 100_000 << 10)"], check=True)


@pytest.mark.parametrize(
    "read, what",
    [
        (lambda path: None, "read"),
        (raising, "raises KeyError"),
        (speaking, "breaks the line"),
        (computing, "takes time"),
        (taking, "takes memory"),
        (child_taking, "takes memory"),
    ],
)
def test_fuzzer_sees_what_goes_wrong(tmp_path, monkeypatch, capsys, read, what):
    monkeypatch.setattr(fuzz, "SECONDS", 1 if "time" in what else 60)
    monkeypatch.setattr(fuzz, "MEMORY", 50)
    found = [fuzz.outcome(file_formats.Format(list, read), tmp_path / "x", 3)]
    assert found[0].what == what
    assert fuzz.report("kind", 7, found, 1) == (what == "read")
    assert ("FAILED number 3" in capsys.readouterr().out) == (what != "read")
