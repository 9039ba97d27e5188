"""--precision and --jit: how a command computes."""

from __future__ import annotations

import re

import pytest
from command_line import ROOT

STARTS = re.compile(r"console\.import_tensorflow\(([^)]*)\)")
COMMANDS = {
    path.stem: path.read_text()
    for path in (ROOT / "tfdeconv/cli").glob("*.py")
    if STARTS.search(path.read_text())
}


# the self check compares with what float32 gave; filters are only drawn
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"selfcheck", "filters"}))
def test_commands_compute_as_they_are_asked_to(name):
    for arguments in STARTS.findall(COMMANDS[name]):
        assert ".precision" in arguments and ".jit" in arguments


@pytest.mark.parametrize("script", ["visualise.py", "fidelity.py", "explore.py"])
def test_a_run_says_how_it_is_computed(run, script):
    status, _, (said,) = run("--run", "run.h5", "--precision", "tf32", "--jit", script=script)
    assert status == 2 and "--precision, --jit: with --run these are the settings" in said
