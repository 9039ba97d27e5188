"""Notes on what was assumed."""

from __future__ import annotations

from dataclasses import replace

from tfdeconv.cli.notes import Notes, admission_of
from tfdeconv.data.preprocessing import PRESETS
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv
from tfdeconv.weights.contents import PixelNote
from tfdeconv.weights.load import Weights


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
    admission = admission_of("caffe", notes)
    for i in range(5):
        admission.tell(str(i))
    notes.count_others()
    assert said(capsys) == ["0", "1", "3 more images have such a note"]
    assert admission_of("none", notes).as_they_are and not admission.as_they_are


def test_preprocess_silences_notes_on_pixels_alone():
    net = Builder("net", (8, 8, 3))
    net.add("conv", Conv(2, 3))
    weights = Weights({}, net.network(), PRESETS["none"]((8, 8), 3), "")
    on_pixels = PixelNote("pixels are assumed")
    weights = replace(weights, notes=("a file", "strides are assumed", on_pixels))
    assert weights.notes_to_tell(preprocessing_known=False) == ["strides are assumed", on_pixels]
    assert weights.notes_to_tell(preprocessing_known=True) == ["strides are assumed"]
