"""Labels from a file of their own."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.data.dataset import list_source, open_source
from tfdeconv.data.labelling import kept, labelled
from tfdeconv.errors import UserError


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 2, 3, 3), np.uint8))
    return open_source(str(tmp_path / "x.npy"))


def write(tmp_path, text: str) -> str:
    (tmp_path / "labels.txt").write_text(text)
    return str(tmp_path / "labels.txt")


def test_a_label_a_line_is_of_an_array(array, tmp_path):
    assert labelled(array, write(tmp_path, "cat\n\na dog \ncat\n\n")).labels == (
        *("cat", "", "a dog", "cat"),
    )
    for count, text in ((3, "a\nb\nc\n"), (5, "a\nb\nc\nd\ne")):
        with pytest.raises(
            UserError, match=f"has {count} labels, .* each image of .*, which has 4"
        ):
            labelled(array, write(tmp_path, text))


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_numbers_of_an_array_are_labels(array, tmp_path, shape):
    np.savez(tmp_path / "y.npz", y_train=np.arange(4).reshape(shape), x=np.zeros((4, 2, 3, 3)))
    assert labelled(array, f"{tmp_path}/y.npz:y_train").labels == ("0", "1", "2", "3")
    with pytest.raises(UserError, match=r"y.npz:x is float64 \[4, 2, 3, 3\], expected labels"):
        labelled(array, f"{tmp_path}/y.npz:x")


def test_too_many_numbers_are_not_read(array, tmp_path):
    # 2 GB that take no place on the disk
    with open(tmp_path / "y.npy", "wb") as file:
        fields = {"descr": "<i8", "fortran_order": False, "shape": (1 << 28,)}
        np.lib.format.write_array_header_1_0(file, fields)
        file.truncate(file.tell() + (1 << 31))
    with pytest.raises(UserError, match="y.npy has 268,435,456 labels, expected one for each"):
        labelled(array, f"{tmp_path}/y.npy")


def test_paths_have_labels(tmp_path):
    source = list_source("/x", ["a/1.png", "b c.png", "b c.png d.png", "no.png"])
    notes: list[str] = []
    text = "./a/1.png 65\nb c.png\ttabby cat\nb c.png d.png,x y\nelsewhere.png 3\n"
    found = labelled(source, write(tmp_path, text), notes.append)
    assert found.labels == ("65", "tabby cat", "x y", "")
    assert notes == [f"{tmp_path}/labels.txt: 1 of 4 images have no label, 'no.png' first"]
    with pytest.raises(UserError, match="label for none of the images: its first line is 'cat', e"):
        labelled(source, write(tmp_path, "cat\ndog\ncat\ndog\n"))


def test_labels_of_a_run_stay_or_are_replaced():
    assert kept(("a", "b"), (), 3) == (("a", "b", ""), 0)
    assert kept((), (), 3) == ((), 0)
    assert kept(("a", "b"), ("a", "c", "d"), 3) == (("a", "c", "d"), 1)
    assert kept((), ("a", "c"), 2) == (("a", "c"), 0)
