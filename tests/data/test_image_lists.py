"""Lists of images: paths, perhaps with labels, as people write them."""

from __future__ import annotations

import pytest

from tfdeconv.data.dataset import open_source
from tfdeconv.data.image_lists import read_list
from tfdeconv.errors import UserError


@pytest.mark.parametrize(
    "text, names, labels",
    [
        (b"a.png\nb c.png\r\n\n", ["a.png", "b c.png"], []),
        (b"\xef\xbb\xbfa.png\n", ["a.png"], []),
        (b"val/1.JPEG 65\nval/2.JPEG 970\n", ["val/1.JPEG", "val/2.JPEG"], ["65", "970"]),
        (b"b c.png\ttabby cat\n", ["b c.png"], ["tabby cat"]),
        (b"a.png,cat\nd.png,dog\n", ["a.png", "d.png"], ["cat", "dog"]),
        # without suffixes the files that are there say what is a path
        (b"here one\nthere one\n", ["here one", "there one"], []),
        (b"first 1\nsecond 2\n", ["first", "second"], ["1", "2"]),
    ],
)
def test_paths_and_labels_of_a_list(tmp_path, text, names, labels):
    for name in ("here one", "there one", "first", "second"):
        (tmp_path / name).touch()
    (tmp_path / "list.txt").write_bytes(text)
    found = read_list(str(tmp_path / "list.txt"))
    assert (found.names, found.labels) == (names, labels)
    source = open_source(str(tmp_path / "list.txt"))
    assert (source.names, source.labels) == (tuple(names), tuple(labels))


def test_other_encodings_are_named(tmp_path):
    (tmp_path / "list.txt").write_text("a.png\n", encoding="utf-16")
    with pytest.raises(UserError, match="is UTF-16: save the list as UTF-8"):
        read_list(str(tmp_path / "list.txt"))
