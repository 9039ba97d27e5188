"""The scripts as a person calls them, for the tests of what they do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
WEIGHTS = ROOT / "weights" / "vgg16.h5"
LIGHT = ["-l", "block1_conv1", "--top", "2"]  # little work, where the work is not the point
HEAVY = {"tensorflow", "numpy", "h5py", "PIL"}  # half a second and more to import, each

# runs the script argv[2] with the arguments behind it, and writes which modules it loaded to the
# file argv[1]
LIST_MODULES = """
import json, runpy, sys
loaded, sys.argv = sys.argv[1], sys.argv[2:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    json.dump(sorted(sys.modules), open(loaded, "w"))
"""


def run_process(
    *arguments, cwd=None, script="visualise.py", driver=(), **options
) -> subprocess.CompletedProcess:
    """A script in a process of its own, as from a shell that sets nothing for TensorFlow.

    driver: Python's arguments in front of the script's path.
    """
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TF_") and key != "PYTHONPATH"
    }
    command = [sys.executable, *map(str, (*driver, SCRIPTS / script, *arguments))]
    defaults = {"capture_output": True, "text": True, "cwd": cwd, "env": environment}
    return subprocess.run(command, **defaults | options)


def assert_one_line(stderr: str, pattern: str, program: str = "visualise.py") -> None:
    assert stderr.startswith(f"{program}: "), stderr
    assert stderr.endswith("\n") and stderr.count("\n") == 1, stderr
    assert re.search(pattern, stderr), stderr


def file_names(folder: Path) -> list[str]:
    """What is in a folder, sorted; nothing where there is no such folder."""
    return sorted(os.listdir(folder)) if folder.exists() else []


def without_digest(path: str | Path) -> str:
    """A picture's file name but for the digest of its recipe, which is asserted to be there."""
    name, count = re.subn(r"-[0-9a-f]{8}(?=[-.])(?!.*-[0-9a-f]{8}[-.])", "", Path(path).name)
    assert count == 1, path
    return name


def save_photo(path: Path, colour=(200, 60, 20)) -> Path:
    """A photo with a diagonal edge in it, so that features fire."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((40, 60, 3), colour, np.uint8)
    pixels[np.tri(40, 60, dtype=bool)] = 30
    Image.fromarray(pixels).save(path)
    return path
