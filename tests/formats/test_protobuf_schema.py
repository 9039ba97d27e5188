"""Messages of a table of our own: read as protobuf writes them, unknown fields skipped."""

from __future__ import annotations

import pytest

from tfdeconv.formats.protobuf_schema import message_classes, parse, text

SCHEMA = {
    "Shape": {"dim": (1, "repeated Dimension")},
    "Dimension": {"value": (1, "int64"), "name": (2, "string")},
    "Values": {"floats": (7, "repeated float"), "raw": (9, "bytes"), "deep": (3, "Values")},
}
CLASSES = message_classes("test", SCHEMA)


def test_fields_are_read_by_number():
    # https://protobuf.dev/programming-guides/encoding/: 150 is 96 01, field 2 of type 2 is 12
    shape = parse(CLASSES["Shape"], bytes.fromhex("0a 03 08 96 01  0a 04 12 02 68 69"), "a shape")

    assert [each.value for each in shape.dim] == [150, 0]
    assert shape.dim[0].HasField("value") and not shape.dim[1].HasField("value")
    assert text(shape.dim[1].name) == "hi"


def test_numbers_are_read_packed_or_not():
    packed = bytes.fromhex("3a 08 0000803f 00000040")
    single = bytes.fromhex("3d 0000803f 3d 00000040")

    for raw in (packed, single):
        assert list(parse(CLASSES["Values"], raw, "values").floats) == [1, 2]


def test_unknown_fields_are_skipped():
    # field 99: a number, then two bytes
    raw = bytes.fromhex("98 06 01  9a 06 02 61 62  4a 01 78")

    assert parse(CLASSES["Values"], raw, "values").raw == b"x"


@pytest.mark.parametrize("raw", [b"\x4a\x09x", b"\x1a\x02" * 300, b"\xff"])
def test_damage_is_named(raw):
    with pytest.raises(ValueError, match="it is not a list of values, or damaged"):
        parse(CLASSES["Values"], raw, "a list of values")


def test_strings_must_be_text():
    name = parse(CLASSES["Dimension"], b"\x12\x02\xff\xfe", "a dimension").name

    with pytest.raises(ValueError, match="not UTF-8"):
        text(name)
