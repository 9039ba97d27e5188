"""What is saved is what visualise.py draws, and says so."""

from __future__ import annotations

import io
import json
import os
import shlex
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from command_line import SCRIPTS
from PIL import Image

from tfdeconv.cli import visualise
from tfdeconv.data.images import text_of


@pytest.fixture(name="draw")
def draw_by_script(site, monkeypatch, tmp_path, capfd):
    """Draws with the command of a picture's text, beside the site's files: the picture's path."""

    def draw(command: str) -> Path:
        program, *words = shlex.split(command)
        monkeypatch.setattr("sys.argv", [str(SCRIPTS / program)])
        files = {"00.png": site.folder / "images" / "00.png", "w.h5": site.folder / "w.h5"}
        arguments = [str(files.get(word, word)) for word in words]
        capfd.readouterr()
        assert visualise.main([*arguments, "--raw", "--out", str(tmp_path)]) == 0
        return Path(os.fsdecode(capfd.readouterr().out.encode()).strip())

    return draw


@pytest.mark.parametrize("unit", [{"at": [3, 1]}, {"at": None}, {"mode": "all", "rule": "guided"}])
def test_a_saved_picture_is_made_again(site, draw, tmp_path, unit):
    question = {"photo": site.add(), "layer": "second", "feature": 3, **unit}
    reply = site.ask("/save", question)
    name = unquote(reply.headers["File-Name"])
    saved = tmp_path / "saved.png"
    saved.write_bytes(reply.body)
    text = text_of(saved)
    # the program that runs the tests is neither
    command = text["command"].partition(" ")[2]
    again = draw(f"visualise.py {command}")
    assert again.name == name
    assert text_of(again) == {**text, "command": f"visualise.py {command}"}
    np.testing.assert_array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(saved)))

    arrays = site.ask("/save", {**question, "format": "npz"})
    assert unquote(arrays.headers["File-Name"]) == name.replace(".png", ".npz")
    expected = np.load(again.with_suffix(".npz"))
    found = np.load(io.BytesIO(arrays.body))
    assert set(found) == set(expected) and json.loads(str(found["text"])) == text
    for key in set(found) - {"text"}:
        np.testing.assert_array_equal(found[key], expected[key])
