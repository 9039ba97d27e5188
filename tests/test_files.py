"""Files are written whole, over nothing that is somebody else's, and only regular ones are read."""

from __future__ import annotations

import os

import pytest

from tfdeconv.errors import UserError
from tfdeconv.files import atomic_write, refuse_special


def test_a_link_is_replaced_and_its_target_kept(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("somebody else's")
    link.symlink_to(target)
    with atomic_write(link) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "somebody else's"
    assert link.read_text() == "new" and not link.is_symlink()


def test_a_dangling_link_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nonesuch")
    with atomic_write(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert os.listdir(tmp_path) == ["link"] and (tmp_path / "link").read_text() == "new"


@pytest.mark.parametrize(
    "make, says", [(os.mkfifo, "not a regular file"), (os.mkdir, "a directory, expected a file")]
)
def test_special_files_are_refused(tmp_path, make, says):
    make(tmp_path / "x")
    with pytest.raises(UserError, match=f"x is {says}"):
        refuse_special(tmp_path / "x")
    with pytest.raises(UserError, match="exists and is not a file"), atomic_write(tmp_path / "x"):
        pass


def test_files_and_nothing_are_not_special(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link", "nonesuch"):
        refuse_special(tmp_path / name)
