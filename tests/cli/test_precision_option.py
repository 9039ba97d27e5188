"""--precision: what a command computes with."""

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


# the self check compares with what float32 gave
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"selfcheck"}))
def test_commands_compute_as_precise_as_asked(name):
    for arguments in STARTS.findall(COMMANDS[name]):
        assert "precision" in arguments


def test_precision_of_a_run_is_its_own(run):
    for script in ("visualise.py", "fidelity.py"):
        status, _, (said,) = run("--run", "run.h5", "--precision", "tf32", script=script)
        assert status == 2 and "--precision: with --run these are the settings" in said
