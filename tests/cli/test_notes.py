"""Notes on what was assumed."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from tfdeconv.cli import describe, scan, visualise
from tfdeconv.cli.notes import Notes, admission_of
from tfdeconv.data.preprocessing import PRESETS
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv
from tfdeconv.weights.load import Weights
from tfdeconv.weights.notes import PixelNote


def said(capsys) -> list[str]:
    """The lines on stderr since the last time, without the program's name."""
    return [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()]


def test_notes_wait_and_are_said_once(capsys):
    notes = Notes()
    notes.tell("a")
    assert said(capsys) == []
    notes.tell("b")
    notes.tell("a")
    notes.show()
    notes.tell("b")
    notes.tell("c")
    notes.show()
    notes.count_others()
    assert said(capsys) == ["a", "b", "c"]


def test_too_many_notes_are_counted(capsys):
    notes = Notes(most=2)
    for note in ("strides", "padding", "pixels"):
        notes.tell(note)
    admission = admission_of("caffe", notes)
    for i in range(5):
        admission.tell(str(i))
    notes.count_others()
    on_images = ["0", "1", "3 more images have notes like these"]
    assert said(capsys) == ["strides", "padding", "pixels", *on_images]
    assert admission_of("none", notes).as_they_are and not admission.as_they_are


def test_preprocess_silences_notes_on_pixels_alone():
    net = Builder("net", (8, 8, 3))
    net.add("conv", Conv(2, 3))
    weights = Weights({}, net.network(), PRESETS["none"]((8, 8), 3), "")
    on_pixels = PixelNote("pixels are assumed")
    weights = replace(weights, notes=("a file", "strides are assumed", on_pixels))
    assert weights.notes_to_tell(preprocessing_known=False) == ["strides are assumed", on_pixels]
    assert weights.notes_to_tell(preprocessing_known=True) == ["strides are assumed"]


def test_every_script_tells_what_was_assumed(tmp_path, capsys, rng):
    x = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(2, 3, name="conv")(x)
    y = keras.layers.Dropout(0.5, name="drop")(y, training=True)
    keras.Model(x, y).save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", rng.integers(0, 256, (1, 8, 8, 3), np.uint8))
    images, run, file = (str(tmp_path / name) for name in ("x.npy", "run.h5", "m.keras"))
    weights = ("--weights", file)
    known = ("--preprocess", "none")
    for main, arguments in (
        (describe.main, weights),
        (scan.main, (images, *weights, *known, "--layers", "drop", "--out", run)),
        (visualise.main, ("--run", run, "--out", str(tmp_path))),
    ):
        assert main(arguments) == 0
        note = "drop is called with training=true: Dropout is assumed to be idle"
        assert said(capsys) == [note]
