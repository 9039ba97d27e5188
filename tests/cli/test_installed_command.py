"""`tfdeconv ...` of an installed package: the scripts' programs, without a clone around them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import HEAVY, ROOT, assert_one_line, file_names

SUBCOMMANDS = (
    "visualise",
    "scan",
    "atlas",
    "randomise",
    "explore",
    "occlude",
    "invariance",
    "evolve",
    "correspond",
    "fidelity",
    "describe",
    "convert-weights",
    "filters",
    "fetch-weights",
    "selfcheck",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder that the package is installed in, without what it depends on."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tfdeconv", source / "tfdeconv", ignore=leave_out)
    site = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(site)]
    if importlib.util.find_spec("setuptools"):  # otherwise pip fetches it
        options.append("--no-build-isolation")
    command = [sys.executable, "-m", "pip", "install", *options, str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return site


@pytest.fixture
def tfdeconv(site, tmp_path):
    """Runs `python -m tfdeconv` of the installed package, in an empty folder."""

    def run(*arguments: str, options=()) -> subprocess.CompletedProcess:
        command = [sys.executable, *options, "-m", "tfdeconv", *arguments]
        environment = os.environ | {"PYTHONPATH": str(site)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    return run


def test_package_has_its_marker_and_program(site):
    assert (site / "tfdeconv" / "py.typed").exists()
    assert (site / "tfdeconv" / "atlas" / "static" / "index.html").exists()
    command = [site / "bin" / "tfdeconv", "--help"]
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "visualise" in done.stdout


def test_help_lists_the_commands_at_once(tfdeconv):
    done = tfdeconv("--help", options=["-X", "importtime"])
    assert done.returncode == 0
    lines = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert lines == list(SUBCOMMANDS)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "tfdeconv.cli.command" in imported and not HEAVY & imported


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_of_commands_names_no_script(tfdeconv, name):
    done = tfdeconv(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: tfdeconv {name} ")
    assert f"    tfdeconv {name} " in done.stdout and "scripts/" not in done.stdout


MISTAKES = [
    ("", "tfdeconv", "which command.*visualise, scan"),
    ("visualize a.jpg", "tfdeconv", "no command 'visualize'. Did you mean 'visualise'"),
    ("visualise", "tfdeconv visualise", "no photo: name one"),
    ("visualise a.jpg --rule magic", "tfdeconv visualise", "'magic'"),
    (
        "visualise a.jpg",
        "tfdeconv visualise",
        "no weights.*`tfdeconv fetch-weights vgg16 --no-top`",
    ),
    ("selfcheck", "tfdeconv selfcheck", "no photo: name one with --image"),
    ("selfcheck --image a.jpg", "tfdeconv selfcheck", "`tfdeconv fetch-weights vgg16`"),
    ("convert_weights a.h5", "tfdeconv convert-weights", "a.h5: No such file"),
]


@pytest.mark.parametrize(
    "arguments, program, pattern", MISTAKES, ids=[arguments for arguments, _, _ in MISTAKES]
)
def test_mistakes_name_the_command(tfdeconv, tmp_path, arguments, program, pattern):
    done = tfdeconv(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert_one_line(done.stderr, pattern, program)
    assert file_names(tmp_path) == []


def test_networks_are_described_without_a_clone(tfdeconv):
    done = tfdeconv("describe", "--network", "alexnet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("alexnet, input 227 x 227 x 3\n")


def test_weights_are_found_in_the_current_folder(tfdeconv, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "vgg16.h5").symlink_to(ROOT / "weights" / "vgg16.h5")
    done = tfdeconv("visualise", "nonesuch.jpg")
    assert_one_line(done.stderr, "nonesuch.jpg: there is no such file", "tfdeconv visualise")
