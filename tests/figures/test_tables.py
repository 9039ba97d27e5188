"""Tables beside pictures: written with them, and never over another file."""

from __future__ import annotations

import numpy as np
import pytest
from test_picture_files import picture, recipe_of

from tfdeconv.cli.output import destination_of
from tfdeconv.errors import UserError
from tfdeconv.figures.tables import csv_bytes

TABLE = (("name", "value"), [("a,b", np.float32(0.1)), ("c", np.nan), ("d", None), ("e", 1 / 3)])
OTHER = (("name", "value"), [("a", 2)])


def save(out, tables, layer="a", overwrite=False):
    with destination_of(out, overwrite) as destination:
        recipe = recipe_of(layer)
        paths = [*destination.save(recipe, layer, [(1, 1, picture(1))], {}, tables=tables)]
        return paths + list(destination.finish())


def test_tables_have_full_precision():
    lines = csv_bytes(*TABLE).decode().split("\n")
    assert lines[:2] == ["name,value", '"a,b",0.10000000149011612']
    assert lines[2:] == ["c,", "d,", "e,0.3333333333333333", ""]
    assert csv_bytes(["x"], [["\udcff"]]) == b"x\n\\udcff\n"


@pytest.mark.parametrize("out", ["folder", "fig.png", "fig.pdf"])
def test_tables_stand_beside_their_picture(tmp_path, out):
    paths = save(tmp_path / out, {"": TABLE, "-more": OTHER})
    tables = [path for path in paths if path.suffix == ".csv"]
    assert [path.read_bytes() for path in tables] == [csv_bytes(*TABLE), csv_bytes(*OTHER)]
    assert tables[1].name == f"{tables[0].stem}-more.csv"
    # the same picture's former table is replaced, whatever it has
    tables[0].write_text("old")
    assert save(tmp_path / out, {"": TABLE, "-more": OTHER}) == paths
    assert tables[0].read_bytes() == csv_bytes(*TABLE)
    assert len([*tmp_path.rglob("*.*")]) == len(set(paths))


def test_a_foreign_table_in_a_folder_stays(tmp_path):
    picture, table = save(tmp_path / "out", {"": TABLE})
    picture.unlink()
    table.write_text("mine")
    again = save(tmp_path / "out", {"": TABLE})
    assert [path.name for path in again] == [f"{table.stem}-2.png", f"{table.stem}-2.csv"]
    assert table.read_text() == "mine"
    table.unlink()
    table.mkdir()
    assert save(tmp_path / "out", {"": TABLE}) == again


def test_a_foreign_table_beside_a_file_is_refused(tmp_path):
    table = tmp_path / "fig.csv"
    table.write_text("mine")
    with pytest.raises(UserError, match="fig.csv exists, and is not an earlier version"):
        save(tmp_path / "fig.png", {"": TABLE})
    assert [path.name for path in tmp_path.iterdir()] == ["fig.csv"]
    assert len(save(tmp_path / "fig.png", {"": TABLE}, overwrite=True)) == 2
    assert table.read_bytes() == csv_bytes(*TABLE)


def test_a_foreign_table_beside_a_pdf_stays(tmp_path):
    table = save(tmp_path / "fig.pdf", {"": TABLE})[0]
    (tmp_path / "fig.pdf").unlink()
    table.write_text("mine")
    assert save(tmp_path / "fig.pdf", {"": TABLE})[0].name == f"{table.stem}-2.csv"
    assert table.read_text() == "mine"
