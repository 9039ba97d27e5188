"""Images in arrays: which array of a file, which axes, which values."""

from __future__ import annotations

import io
import zipfile

import h5py
import numpy as np
import pytest
from photos import RGB

from tfdeconv.data import images, loader
from tfdeconv.data.admission import Admission
from tfdeconv.data.dataset import open_source
from tfdeconv.data.preprocessing import PRESETS, Preprocessing
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")

COLOURS = np.random.default_rng(5).integers(0, 256, (6, 8, 9, 3), np.uint8)
GREY = COLOURS[..., 0]
LABELS = np.arange(6)


def save(path, **arrays) -> str:
    """The path of an .h5, .npz or .npy with arrays."""
    if path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.update(arrays)
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        np.save(path, *arrays.values())
    return str(path)


def check_images(path: str, channels: int, expected: np.ndarray) -> list[str]:
    """Compares all images of a path with these; returns the notes on them."""
    with open_source(path) as source:
        assert source.count == len(expected)
        size = loader.size_of(source, RGB, "keep", channels)
        assert size == expected.shape[1:3]
        for i in (*range(source.count), 0):
            np.testing.assert_array_equal(source.pixels(i, channels), expected[i])
        return loader.notes_on(source, channels)


SUFFIXES = [".npy", ".npz", ".h5"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_stacks_of_images_in_every_file(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    assert check_images(save(path, x=COLOURS), 3, COLOURS) == []
    assert check_images(save(path, x=GREY), 1, GREY[..., None]) == []
    (note,) = check_images(save(path, x=GREY), 3, np.repeat(GREY[..., None], 3, 3))
    assert "the grey channel is used as red, green and blue" in note
    first = COLOURS.transpose(0, 3, 1, 2)
    (note,) = check_images(save(path, x=first), 3, COLOURS)
    assert "images [3, 8, 9]: read with the channels first" in note
    with pytest.raises(UserError, match=r"images of 9 channels \[3, 8, 9\], this network takes 5"):
        check_images(str(path), 5, COLOURS)


def test_channels_stand_last_where_both_fit(tmp_path):
    square = COLOURS[:, :3, :3]
    assert check_images(save(tmp_path / "x.npy", x=square), 3, square) == []


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_one_of_several_arrays_is_named(tmp_path, suffix):
    path = save(tmp_path / f"x{suffix}", x_train=COLOURS, x_test=COLOURS[:2], y_train=LABELS)
    with pytest.raises(UserError) as error:
        open_source(path)
    assert str(error.value) == (
        f"{path} has several arrays of images: x_test [2, 8, 9, 3] uint8, "
        f"x_train [6, 8, 9, 3] uint8; say which, as {path}:x_test"
    )
    assert check_images(f"{path}:x_train", 3, COLOURS) == []
    assert check_images(f"{path}:x_test", 3, COLOURS[:2]) == []
    with open_source(f"{path}:x_train") as train, open_source(f"{path}:x_test") as test:
        assert train.digest != test.digest and train.locations() == {path}
    with pytest.raises(UserError, match="no array 'x_trian'. Did you mean 'x_train'"):
        open_source(f"{path}:x_trian")
    with pytest.raises(UserError, match="needs images as numbers"):
        open_source(f"{path}:y_train")
    # labels beside them are no images
    save(tmp_path / f"x{suffix}", images=GREY, labels=LABELS)
    assert check_images(path, 1, GREY[..., None]) == []


def test_a_path_with_a_colon_is_a_path(tmp_path):
    path = save(tmp_path / "a.npz:x.npz", images=COLOURS)
    save(tmp_path / "a.npz", x=COLOURS[:2])
    assert check_images(path, 3, COLOURS) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_image_is_not_a_stack(tmp_path, suffix):
    path = save(tmp_path / f"x{suffix}", x=COLOURS[0])
    assert check_images(path, 3, COLOURS[:1]) == [
        f"{path}: [8, 9, 3] is read as one image [h, w, c]"
    ]
    # and not as 8 grey images of 9 x 3
    with pytest.raises(UserError, match=r"images of 3 channels \[8, 9, 3\], this network takes 1"):
        check_images(path, 1, COLOURS[:1])


@pytest.mark.parametrize("layout", ["hwc", "chw", "1hwc", "hw"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_photos_in_arrays(tmp_path, suffix, layout):
    one = COLOURS[0]
    arrays = {"hwc": one, "chw": one.transpose(2, 0, 1), "1hwc": one[None], "hw": GREY[0]}
    path = save(tmp_path / f"x{suffix}", x=arrays[layout])
    expected = np.repeat(GREY[0][..., None], 3, 2) if layout == "hw" else one
    notes: list[str] = []
    found = images.read([path], RGB, "keep", 3, Admission(notes.append))
    np.testing.assert_array_equal(found[0], expected)
    assert len(notes) == (layout in ("chw", "hw"))


@pytest.mark.parametrize("dtype", ["<u2", ">i2", ">f4", "<f8", "<f2", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_orders_and_numbers_of_every_kind(tmp_path, dtype, order):
    x = np.asarray(COLOURS, dtype, order=order)
    for suffix in (".npy", ".npz"):
        check_images(save(tmp_path / f"x{suffix}", x=x), 3, COLOURS)
    np.savez_compressed(tmp_path / "x.npz", x=x)
    check_images(str(tmp_path / "x.npz"), 3, COLOURS)


def of(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


MISTAKES = {
    "booleans": ("x.npy", of(COLOURS > 9), "bool .* needs images as numbers"),
    "objects": ("x.npy", of(np.array([{}], object)), "cannot be read as an array"),
    "objects in an archive": ("x.npz", zipped(x=of(np.array([{}], object))), "no array of images"),
    "cut off": ("x.npy", of(COLOURS)[:-9], "cannot be read as an array"),
    "cut off in an archive": ("x.npz", zipped(x=of(COLOURS)[:-9]), "no array of images"),
    "an archive cut off": ("x.npz", zipped(x=of(COLOURS))[:-9], "cannot be read as an array"),
    "a bomb": ("x.npz", zipped(x=b"\0" * 200_000_000), "far more than arrays in a file"),
    "a pickle": ("batch_1", b"\x80\2}q\0.", "is a pickle"),
    "compressed": ("x.gz", b"\x1f\x8b\x08\0", "is compressed"),
    "an IDX file": ("train-images", b"\0\0\x08\3\0\0", "is an IDX file"),
    "something": ("x.bin", b"\1\2\0", "is neither a directory nor a text file"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_other_files_are_refused_in_a_line(tmp_path, mistake):
    name, content, says = MISTAKES[mistake]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=says) as error:
        open_source(str(tmp_path / name))
    assert str(error.value).startswith(str(tmp_path / name)) and "\n" not in str(error.value)


def test_images_elsewhere_are_not_read(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        layout = h5py.VirtualLayout((6, 8, 9, 3), "u1")
        layout[:] = h5py.VirtualSource("other.h5", "x", (6, 8, 9, 3))
        file.create_virtual_dataset("virtual", layout)
        outside = [(str(tmp_path / "secret"), 0, 6 * 8 * 9 * 3)]
        file.create_dataset("external", (6, 8, 9, 3), "u1", external=outside)
    for path in (tmp_path / "x.h5", f"{tmp_path}/x.h5:virtual", f"{tmp_path}/x.h5:external"):
        with pytest.raises(UserError, match="in another file, which is not followed|no array"):
            open_source(str(path))


def test_huge_images_are_refused_unread(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", (5, 40_000, 40_000, 4), "u1", chunks=(1, 1000, 1000, 4))
    with pytest.raises(UserError, match="more than 178,956,970 pixels"):
        open_source(str(tmp_path / "x.h5"))


# of values, a preprocessing: what is said of an array, "" for nothing
NOTES = {
    "pixels": (COLOURS[0], "caffe", ""),
    "0 to 1": (COLOURS[0] / 255, "caffe", "no value is above 1"),
    "0 to 1 as they are": (COLOURS[0] / 255, "none", "no value is above 1"),
    "-1 to 1": (COLOURS[0] / 127.5 - 1, "torch", "no value is above 1"),
    "12 bits as they are": (COLOURS[0] * 16.0, "none", "some values are outside 0 to 255"),
    "black": (COLOURS[0] * 0, "caffe", ""),
    "0 and 1 in 8 bits": (COLOURS[0] // 128, "caffe", "no value is above 1"),
    "overshoot": (COLOURS[0] - 20.0, "torch", ""),
}
REFUSED = {
    "12 bits": (COLOURS[0] * 16.0, "caffe", "from 0 to 4"),
    "no-data values": (np.where(COLOURS[0] < 9, -3.4e38, COLOURS[0]), "none", "marks missing data"),
    "not a number": (np.where(COLOURS[0] < 9, np.nan, COLOURS[0]), "none", "not finite"),
    "infinite": (np.where(COLOURS[0] < 9, 1e300, COLOURS[0]), "torch", "not finite"),
    "below black": (COLOURS[0] - 200.0, "over255", "its preprocessing expects 0 to 255"),
}


@pytest.mark.parametrize("kind", NOTES)
def test_odd_values_of_arrays_are_told(tmp_path, kind):
    values, preset, says = NOTES[kind]
    path = save(tmp_path / "x.npy", x=values)
    notes: list[str] = []
    preprocessing = PRESETS[preset]((8, 9), 3)
    images.read([path], preprocessing, "keep", 3, Admission(notes.append))
    assert len(notes) == bool(says) and says in "".join(notes)
    as_they_are = Admission(notes.append, as_they_are=True)
    notes.clear()
    images.read([path], PRESETS["none"]((8, 9), 3), "keep", 3, as_they_are)
    assert notes == []


@pytest.mark.parametrize("kind", REFUSED)
def test_impossible_values_are_skipped_and_named(tmp_path, kind):
    values, preset, says = REFUSED[kind]
    preprocessing = PRESETS[preset]((8, 9), 3)
    path = save(tmp_path / "x.npy", x=values)
    with pytest.raises(UserError, match=says):
        images.read([path], preprocessing, "keep")
    path = save(tmp_path / "all.npy", x=np.stack([COLOURS[0], values]))
    with open_source(path) as source:
        read = loader.reader(source, preprocessing, "keep", (8, 9), 3)
        assert read(0)[2] == ""
        x, digest, reason = read(1)
        assert not x.any() and not digest.any() and says in reason and "image 1" in reason


def test_bands_have_their_own_range(tmp_path, rng):
    path = save(tmp_path / "x.npy", x=rng.random((8, 9, 5)) * 10_000)
    notes: list[str] = []
    images.read([path], PRESETS["none"]((8, 9), 5), "keep", 5, Admission(notes.append))
    wide = Preprocessing("as is", (8, 9), 9, (3000.0,) * 5, (800.0,) * 5)
    images.read([path], wide, "keep", 5, Admission(notes.append))
    assert notes == []


def test_photos_are_not_for_scales_of_one(tmp_path):
    from photos import UPRIGHT, saved

    notes: list[str] = []
    of_one = Preprocessing("rgb", (8, 8), 8, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    images.read([saved(tmp_path / "x.png", UPRIGHT)], of_one, admission=Admission(notes.append))
    assert "mean and scale are for values from 0 to 1" in notes[0]
