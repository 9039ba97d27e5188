"""Images in .tar and .zip files, read where they lie, from people who may mean harm."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data import archives
from tfdeconv.data.dataset import open_source
from tfdeconv.errors import UserError
from tfdeconv.formats import tar_archive

PIXELS = np.random.default_rng(2).integers(0, 256, (6, 4, 5, 3), np.uint8)


def png(number: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS[number]).save(file, "PNG")
    return file.getvalue()


def entry(name: str, size: int = 0, **fields) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def write_tar(path, contents: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> str:
    with tarfile.open(path, "w", format=kind) as file:
        for name, content in contents.items():
            file.addfile(entry(name, len(content)), io.BytesIO(content))
    return str(path)


def write_zip(path, contents: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return str(path)


LONG = "/".join(["a" * 60] * 4) + "/ü.png"
WRITERS = {
    "ustar": lambda path, contents: write_tar(path, contents, tarfile.USTAR_FORMAT),
    "gnu": lambda path, contents: write_tar(path, contents, tarfile.GNU_FORMAT),
    "pax": write_tar,
    "stored": lambda path, contents: write_zip(path, contents, zipfile.ZIP_STORED),
    "deflated": write_zip,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_members_are_images_in_their_order(tmp_path, kind):
    path = tmp_path / ("x.zip" if kind in ("stored", "deflated") else "x.tar")
    names = ["b.png", "./a/2.PNG", "c d.png", LONG if kind != "ustar" else "x" * 90 + "/e.png"]
    contents = {name: png(number) for number, name in enumerate(names)}
    others = {"read.me": b"hello", "._b.png": b"mac", "__MACOSX/._b.png": b"", "a/.h/b.png": b""}
    WRITERS[kind](path, contents | others)
    with open_source(str(path)) as source:
        assert source.names == tuple(name.removeprefix("./") for name in names)
        assert (source.root, source.notes, source.labels) == (str(path), (), ())
        for number in range(4):
            np.testing.assert_array_equal(source.pixels(number, 3), PIXELS[number])
        assert source.locations() == {str(path)} and not source.has_changed()
        os.utime(path, (1, 1))
        assert source.has_changed()


def test_shards_have_labels(tmp_path):
    for shard in (0, 1):
        contents = {}
        for number in range(3):
            contents[f"{number}.png"] = png(shard * 3 + number)
            contents[f"{number}.cls"] = b"%d\n" % number
        del contents["1.cls"]
        write_tar(tmp_path / f"s-{shard}.tar", contents)
    with open_source(str(tmp_path)) as source:
        assert source.names[:4] == (
            *(f"s-0.tar/{number}.png" for number in range(3)),
            "s-1.tar/0.png",
        )
        assert source.labels == ("0", "", "2") * 2
        for number in range(6):
            np.testing.assert_array_equal(source.pixels(number, 3), PIXELS[number])
    Image.fromarray(PIXELS[0]).save(tmp_path / "0.png")
    with open_source(str(tmp_path)) as source:
        assert source.names == ("0.png",)
        assert "2 left out, archives beside images" in source.notes[0]
    (tmp_path / "list.txt").write_text("0.png\tcat\ns-1.tar\tdog\n")
    with open_source(str(tmp_path / "list.txt")) as source:
        assert source.names == ("0.png", *(f"s-1.tar/{number}.png" for number in range(3)))
        assert source.labels == ("cat", "0", "dog", "2")
        np.testing.assert_array_equal(source.pixels(3, 3), PIXELS[5])


def test_few_archives_stay_open(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "OPEN", 2)
    for number in range(5):
        write_zip(tmp_path / f"{number}.zip", {"x.png": png(number)})
    with open_source(str(tmp_path)) as source:
        for number in (0, 4, 1, 3, 2):
            np.testing.assert_array_equal(source.pixels(number, 3), PIXELS[number])
            assert len(source.archives.opened) == 2


def test_what_is_hostile_is_left_out_by_name(tmp_path, monkeypatch):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as file:
        for name in ("/etc/a.png", "../b.png", "c/../../d.png", "ok.png", "ok.png"):
            file.addfile(entry(name, len(png(0))), io.BytesIO(png(0)))
        file.addfile(entry("link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd"))
        file.addfile(entry("hard.png", type=tarfile.LNKTYPE, linkname="ok.png"))
        file.addfile(entry("pipe.png", type=tarfile.FIFOTYPE))
        file.addfile(entry("big.png", len(png(0)) + 999), io.BytesIO(png(0) + bytes(999)))
    monkeypatch.setattr(archives, "MAX_MEMBER", 300)
    monkeypatch.setattr(archives, "LARGE", "large")
    with open_source(str(path)) as source:
        assert source.names == ("ok.png",)
        assert sorted(note.partition(": ")[2] for note in source.notes) == [
            "1 left out, large: big.png",
            "1 left out, names that are there already: ok.png",
            "1 left out, no plain files: pipe.png",
            "2 left out, links: hard.png, link.png",
            "3 left out, names that lead out of it: ../b.png, /etc/a.png, c/../../d.png",
        ]
        np.testing.assert_array_equal(source.pixels(0, 3), PIXELS[0])


def test_zip_bombs_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBER", 100_000)
    path = write_zip(tmp_path / "x.zip", {"a.png": png(0), "bomb.png": bytes(10_000_000)})
    data = bytearray((tmp_path / "x.zip").read_bytes())
    with open_source(path) as source:
        assert source.names == ("a.png",) and "1 left out, of more than" in source.notes[0]
    # it declares less than it unpacks to
    (tmp_path / "x.zip").write_bytes(data.replace((10_000_000).to_bytes(4, "little"), b"\1\1\0\0"))
    with open_source(path) as source:
        with pytest.raises(UserError, match="bomb.png' is damaged"):
            source.pixels(1, 3)
    encrypted = bytearray(write_and_read(tmp_path))
    encrypted[encrypted.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "e.zip").write_bytes(encrypted)
    with pytest.raises(UserError, match="no images in it; .*1 left out, encrypted"):
        open_source(str(tmp_path / "e.zip"))


def write_and_read(tmp_path) -> bytes:
    write_zip(tmp_path / "e.zip", {"a.png": png(0)})
    return (tmp_path / "e.zip").read_bytes()


def cut(data: bytes) -> bytes:
    return data[:600]


def leads_back(data: bytes) -> bytes:
    """A tar whose first header, an extended one, declares a size below 0."""
    header = bytearray(data[:512])
    header[124:136] = b"-0000001000\0"
    header[148:157] = b" " * 8 + b"x"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[512:]


MISTAKES = {
    "cut.tar": (cut, "it is cut off within 'a.png'; fetch or make it again"),
    "text.tar": (lambda data: b"hello" * 200, "it has no header of a tar at byte 0"),
    "gzip.tar": (lambda data: b"\x1f\x8b" * 300, "it has no header of a tar at byte 0"),
    "empty.tar": (lambda data: b"", "has no images in it"),
    "back.tar": (leads_back, "its header at byte 0 is damaged"),
    "ends.tar": (lambda data: bytes(1024), "has no images in it"),
    "cut.zip": (cut, "cannot be read as an archive: File is not a zip file"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_damaged_archives_are_one_line(tmp_path, name):
    change, words = MISTAKES[name]
    write_tar(tmp_path / name, {"a.png": png(0), "b.png": png(1)})
    (tmp_path / name).write_bytes(change((tmp_path / name).read_bytes()))
    with pytest.raises(UserError) as error:
        open_source(str(tmp_path / name))
    assert words in str(error.value) and str(tmp_path / name) in str(error.value)
    if "has no images" not in words:
        write_tar(tmp_path / "good.tar", {"c.png": png(2)})
        with pytest.raises(UserError, match=name):
            open_source(str(tmp_path))


def test_extended_headers_take_no_memory():
    known = b"12 path=a/b\n"
    others = b"9 x=1234\n" * 3 + b"22 GNU.sparse.major=1\n"
    assert tar_archive.records(others + known) == {"path": "a/b", tar_archive.SPARSE: "1"}


def test_what_follows_a_file_with_holes(tmp_path):
    path = tmp_path / "x.tar"
    # as `tar --sparse --format=gnu` writes one of more than four pieces
    for more in (0, 1):
        blocks = [bytearray(512) for _ in range(more + 1)]
        blocks[0][:5], blocks[0][124:135], blocks[0][156:157] = b"a.png", b"00000000003", b"S"
        blocks[0][482] = more
        blocks[0][148:156] = b" " * 8
        blocks[0][148:156] = b"%06o\0 " % sum(blocks[0])
        write_tar(path, {"b.png": png(1)})
        path.write_bytes(b"".join([*blocks, b"abc", bytes(509), path.read_bytes()]))
        with open_source(str(path)) as source:
            assert source.names == ("b.png",) and archives.UNUSUAL in source.notes[0]
            np.testing.assert_array_equal(source.pixels(0, 3), PIXELS[1])


def test_a_shortened_archive_is_an_unreadable_image(tmp_path):
    path = write_tar(tmp_path / "x.tar", {"a.png": png(0), "b.png": png(1)})
    with open_source(path) as source:
        os.truncate(path, 1600)
        np.testing.assert_array_equal(source.pixels(0, 3), PIXELS[0])
        with pytest.raises(UserError, match="x.tar/b.png cannot be read: the file has become sh"):
            source.pixels(1, 3)


def test_any_damage_is_told_or_read(tmp_path, rng):
    for kind in ("pax", "gnu", "deflated"):
        path = tmp_path / ("x.zip" if kind == "deflated" else "x.tar")
        WRITERS[kind](path, {LONG: png(0), "b.png": png(1), "b.cls": b"3"})
        whole = np.frombuffer(path.read_bytes(), np.uint8)[:6000]
        for _ in range(60):
            changed = whole.copy()
            changed[rng.integers(0, len(whole), 3)] = rng.integers(0, 256, 3)
            path.write_bytes(changed.tobytes())
            try:
                with open_source(str(path)) as source:
                    for number in range(source.count):
                        source.pixels(number, 3)
            except UserError as error:
                assert "\n" not in str(error)
