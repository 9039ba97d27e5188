"""Every command and program of the README works, in a folder of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with what the README's commands name, as links."""
    place = tmp_path_factory.mktemp("clone")
    for name in ("scripts", "tfdeconv", "tests", "weights"):
        (place / name).symlink_to(ROOT / name)
    return place


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.startswith("python ")]
)
def test_commands(folder, command):
    done = subprocess.run(
        [sys.executable, *shlex.split(command)[1:]], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines() if "visualise" in command else []:
        assert (folder / line).stat().st_size > 10_000


def test_other_commands_are_targets_of_the_makefile():
    targets = {
        line.partition(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if re.match(r"[a-z]+:", line)
    }
    for command in COMMANDS:
        program, *arguments = command.split()
        assert program == "python" or program == "make" and set(arguments) <= targets


def test_programs(folder):
    programs = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    assert programs
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_links_lead_somewhere():
    for path in re.findall(r"\]\(([^)#]+)\)", re.sub(r"```.*?```", "", TEXT, flags=re.S)):
        assert path.startswith("https://") or (ROOT / path).exists(), path
