"""Every command, program and link of every page works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from forks import run_script

ROOT = Path(__file__).parents[1]
# on a busy machine
PROGRESS = re.compile(r"(photo )?\d+ of \d+|: about .* GB and .* for ")
NOTE = "left out, made by this program"  # of the pages' own pictures
PAGES = ["README.md", "CHANGELOG.md", "scripts/experiments.md", "weights/my-model.md"]
PAGES += [f"{folder}/README.md" for folder in ("scripts", "tests", "weights")]
PAGES += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tfdeconv/**/README.md"))
TEXTS = {page: (ROOT / page).read_text() for page in PAGES}


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language; what is indented is for reading alone."""
    return re.findall(rf"```{language}\n(.*?)```", TEXTS[page], re.S)


def commands(page: str) -> list[str]:
    """The commands of a page's shell blocks, without their comments."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if line.strip()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with what the commands name, as links."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("scripts", "tfdeconv", "tests", "weights"):
        (clone / name).symlink_to(ROOT / name)
    return clone


STARTED: set[str] = set()  # the scripts that were


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Each script is started once, as a reader does it, and forked from then on."""
    command = [sys.executable, *arguments]
    script = arguments[0]
    if script == "-c" or script in STARTED:
        return run_script(command, cwd=folder)
    STARTED.add(script)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")])
def test_commands(folder, page):
    for command in commands(page):
        program, *arguments = shlex.split(command)
        if program == "make":
            continue
        assert program == "python", command
        done = run(folder, *arguments)
        lines = done.stderr.splitlines()
        said = [line for line in lines if NOTE not in line and not PROGRESS.search(line)]
        assert (done.returncode, said) == (0, []), command
        for line in done.stdout.splitlines() if "visualise" in command else []:
            assert (folder / line).stat().st_size > 10_000, command


def test_make_commands_are_targets():
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for command in commands(page):
            program, *arguments = command.split()
            if program == "make":
                assert all(re.search(rf"^{name}:", makefile, re.M) for name in arguments), command


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_programs(folder, page):
    for program in blocks(page, "python"):
        done = run(folder, "-c", program)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```|`[^`]*`", "", TEXTS[page], flags=re.S)
    for link in re.findall(r"\]\(([^)#\s]+)", prose):
        target = (ROOT / page).parent / link
        assert link.startswith("https://") or target.exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_lines_fit_on_a_page(page):
    assert all(len(line) <= 120 for line in TEXTS[page].splitlines())


def test_the_first_page_is_short():
    assert TEXTS["README.md"].count("\n") <= 120
