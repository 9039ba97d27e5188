"""The script as a person uses it, and the pictures it makes."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import shlex
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfdeconv
from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import images
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.engine.deconvnet import Projection
from tfdeconv.figures import photo as photo_figures, pixels
from tfdeconv.weights.native import save_weights

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
WEIGHTS = ROOT / "weights" / "vgg16.h5"
LIGHT = ["-l", "block1_conv1", "--top", "2"]  # little work, where the work is not the point

# runs the script argv[2] with the arguments behind it, and writes which modules it loaded to the file argv[1]
DRIVER = """
import json, runpy, sys
loaded, sys.argv = sys.argv[1], sys.argv[2:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    json.dump(sorted(sys.modules), open(loaded, "w"))
"""


def of_user(
    *arguments, cwd=None, script="visualise.py", driver=(), **options
) -> subprocess.CompletedProcess:
    """A run of the script in a process of its own, as from a shell that sets nothing for TensorFlow."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("TF_") and key != "PYTHONPATH"
    }
    return subprocess.run(
        [sys.executable, *map(str, (*driver, SCRIPTS / script, *arguments))],
        **{"capture_output": True, "text": True, "cwd": cwd, "env": environment} | options,
    )


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs the script in this process, which saves the seconds TensorFlow takes to start: status, lines out, lines of errors."""

    def run(*arguments, script="visualise.py"):
        monkeypatch.setattr(sys, "argv", [str(SCRIPTS / script), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        return ended.value.code, *(
            said.removesuffix("\n").split("\n") if said else [] for said in capfd.readouterr()
        )

    return run


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


def a_photo(path: Path, colour=(200, 60, 20)) -> Path:
    """A photo with a diagonal edge in it, so that features fire."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((40, 60, 3), colour, np.uint8)
    pixels[np.tri(40, 60, dtype=bool)] = 30
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def first_layers():
    """Saves random weights of the first convolutions of any network to a file, with whatever channels."""

    def write(path: Path, name: str = "vgg16", channels: int = 3, layers=("block1_conv1",)) -> Path:
        network, rng = NETWORKS[name](channels=channels), np.random.default_rng(1)
        parameters = network.parameters()
        # between 0 and 1 / 100, since a variance is not negative and an activation of random kernels is large
        arrays = {
            layer: {
                key: rng.random(shape, np.float32) / 100 for key, shape in parameters[layer].items()
            }
            for layer in layers
        }
        save_weights(path, network, arrays, caffe((224, 224), channels), "random", "none")
        return path

    return write


# mistakes that the arguments alone show

MISTAKES = [
    (["--network", "vgg17"], "'vgg17'.*vgg16"),
    (["--rule", "magic"], "'magic'.*guided"),
    (["-m", "most"], "'most'.*max"),
    (["--resize", "zoom"], "'zoom'"),
    (["--colour"], "--colour"),
    (["-f"], "-f"),
    (["--net", "vgg16"], "--net"),
    (["-l", "block4_conv9"], "no layer 'block4_conv9'. Did you mean 'block4_conv"),
    (["-l", "block1_conv1", "-l", "nonesuch"], "no layer 'nonesuch'"),
    (["--network", "resnet50", "-l", "block4_conv2"], "resnet50 has no layer 'block4_conv2'"),
    (["--network", "resnet50", "-l", "conv1_pad"], "'conv1_pad' is part of 'conv1_conv'.*padding"),
    (["-f", "512"], "block4_conv2 has 512 channels, 0 to 511: there is no channel 512"),
    (
        ["-l", "block4_conv1", "-l", "block1_conv1", "-f", "1", "-f", "64"],
        "block1_conv1 has 64 channels",
    ),
    (["--network", "alexnet", "-l", "conv1", "-f", "96"], "conv1 has 96 channels"),
    (["-f", "-1"], "no channel -1"),
    (["-f=-1"], "no channel -1"),
    (["-f", "3,-1"], "no channel -1"),
    (["-f", "one"], "'one'"),
    (["-f", "1,"], "'1,'"),
    (["--top", "0"], "'0'"),
    (["--top", "-3"], "--top"),
    (["--top", "1.5"], "'1.5'"),
    (["-f", "1", "--top", "2"], "-f and --top"),
    (["--bands", "1,2"], "--bands needs three"),
    (["--bands", "0,1,3"], "--bands 3"),
    (["--bands", "red"], "'red'"),
    (["--bands=-1,0,1"], "--bands.*-1"),
]


@pytest.mark.parametrize(
    "arguments, says", MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES]
)
def test_a_mistake_of_the_arguments_is_one_line_at_once(tmp_path, arguments, says):
    done = of_user(
        SAMPLE,
        *arguments,
        "--out",
        tmp_path / "out",
        driver=("-c", DRIVER, tmp_path / "modules.json"),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert_one_line(done.stderr, says)
    # half a second and more, each
    assert not {"tensorflow", "numpy", "h5py", "PIL"} & set(
        json.loads((tmp_path / "modules.json").read_text())
    )
    assert names(tmp_path) == ["modules.json"]


def assert_one_line(stderr: str, says: str) -> None:
    assert (
        stderr.startswith("visualise.py: ") and stderr.endswith("\n") and stderr.count("\n") == 1
    ), stderr
    assert re.search(says, stderr), stderr


@pytest.mark.parametrize(
    "script, option", [("visualise.py", "--rule"), ("convert_weights.py", "--half")]
)
def test_help_comes_at_once(tmp_path, script, option):
    done = of_user("--help", script=script, driver=("-c", DRIVER, tmp_path / "modules.json"))
    assert (
        (done.returncode, done.stderr) == (0, "")
        and option in done.stdout
        and f"python scripts/{script} " in done.stdout
    )
    assert not {"tensorflow", "numpy", "h5py", "PIL"} & set(
        json.loads((tmp_path / "modules.json").read_text())
    )


# in a process of its own


def test_without_arguments_the_sample_is_drawn_here(tmp_path):
    done = of_user(cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "chelsea-vgg16-block4_conv2-deconvnet-max.png\n",
        "",
    )
    assert names(tmp_path) == ["chelsea-vgg16-block4_conv2-deconvnet-max.png"]
    path = tmp_path / names(tmp_path)[0]
    text = images.text_of(path)
    network = NETWORKS["vgg16"]()
    weights = load_weights(WEIGHTS, network, "block4_conv2")
    x = images.read([SAMPLE], weights.preprocessing)
    strongest = (
        Deconvnet(network, weights, "block4_conv2")
        .activations(x)[0]
        .max((0, 1))
        .argsort()[::-1][:9]
    )
    with h5py.File(WEIGHTS) as file:
        digest = file.attrs["sha256"]
    assert text["channels"] == ",".join(map(str, strongest))
    assert {
        key: text[key] for key in ("network", "layer", "rule", "mode", "resize", "weights", "image")
    } == {
        "network": "vgg16",
        "layer": "block4_conv2",
        "rule": "deconvnet",
        "mode": "max",
        "resize": "crop",
        "weights": "vgg16.h5",
        "image": "chelsea.jpg",
    }
    assert text["weights sha256"] == (digest if isinstance(digest, str) else digest.decode())
    assert text["Software"] == f"tfdeconv {tfdeconv.__version__}"
    assert all(
        f"{module.__name__} {module.__version__}" in text["versions"] for module in (tf, np, h5py)
    )
    assert shlex.split(text["command"])[-1].endswith("visualise.py")
    assert (
        path.stat().st_mode & 0o777 == 0o666 & ~umask()
    )  # for all to read, where a person's files are


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_bad_photos_among_good_ones_are_told_in_a_line_each_and_cost_nothing_else(tmp_path):
    good = [a_photo(tmp_path / f"{i}.png") for i in range(2)]
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "cut.jpg").write_bytes(SAMPLE.read_bytes()[:5000])
    layers = ["block1_conv1", "block1_conv2"]
    # photos and options in any order; each photo once, however many layers; a folder's name need not be there before
    done = of_user(
        good[0],
        "-l",
        layers[0],
        tmp_path / "text.jpg",
        "--top",
        1,
        "--out",
        tmp_path / "a" / "b",
        tmp_path / "cut.jpg",
        tmp_path / "nonesuch.jpg",
        "-l",
        layers[1],
        good[1],
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 3, done.stderr
    for line, name in zip(done.stderr.splitlines(), ["text.jpg", "cut.jpg", "nonesuch.jpg"]):
        assert line.startswith("visualise.py: ") and str(tmp_path / name) in line
    wanted = {
        str(tmp_path / "a" / "b" / f"{i}-vgg16-{layer}-deconvnet-max.png")
        for i in range(2)
        for layer in layers
    }
    assert set(done.stdout.splitlines()) == wanted
    assert {str(tmp_path / "a" / "b" / name) for name in names(tmp_path / "a" / "b")} == wanted


def test_nothing_of_tensorflows_chatter_is_seen_however_much_is_compiled(tmp_path):
    # seven sizes of photo are seven graphs; TensorFlow warns of more than four
    for i in range(7):
        Image.fromarray(np.zeros((30, 30 + i, 3), np.uint8)).save(tmp_path / f"{i}.png")
    done = of_user(tmp_path, *LIGHT, "--resize", "keep", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "") and len(done.stdout.splitlines()) == 7


# in this process


def test_a_repeated_command_overwrites_its_own_picture_alone(run, tmp_path):
    red, blue = (
        a_photo(tmp_path / "a" / "x.png", (250, 0, 0)),
        a_photo(tmp_path / "b" / "x.png", (0, 0, 250)),
    )
    out = tmp_path / "out"
    options = [*LIGHT, "--out", out, "--raw"]
    assert run(red, blue, *options)[0] == 0  # two photos of one name in one run
    pictures = {name: (out / name).read_bytes() for name in names(out)}
    base = "x-vgg16-block1_conv1-deconvnet-max"
    assert list(pictures) == [f"{base}-2.npz", f"{base}-2.png", f"{base}.npz", f"{base}.png"]
    assert (
        images.text_of(out / f"{base}.png")["image sha256"]
        != images.text_of(out / f"{base}-2.png")["image sha256"]
    )
    status, lines, _ = run(blue, *options)  # and in others, in another order
    assert (status, lines) == (0, [str(out / f"{base}-2.png")])
    assert run(red, *options)[1] == [str(out / f"{base}.png")]
    assert names(out) == list(pictures)
    for name, before in pictures.items():
        if name.endswith(".png"):
            np.testing.assert_array_equal(
                np.asarray(Image.open(out / name)), np.asarray(Image.open(io.BytesIO(before)))
            )
    # a picture of that name that this program did not make is not overwritten either
    other = tmp_path / "other"
    other.mkdir()
    (other / f"{base}.png").write_bytes(b"mine")
    assert run(red, *LIGHT, "--out", other)[1] == [str(other / f"{base}-2.png")]
    assert (other / f"{base}.png").read_bytes() == b"mine"


@pytest.mark.parametrize("mode, rule", [("max", "deconvnet"), ("all", "guided")])
def test_raw_values_are_those_of_the_interface(run, tmp_path, mode, rule):
    layer, channels = "block2_conv1", [5, 123, 0]
    status, lines, err = run(
        "-f",
        5,
        SAMPLE,
        "-l",
        layer,
        "-f",
        "123,0",
        "-m",
        mode,
        "--rule",
        rule,
        "--raw",
        "--out",
        tmp_path,
    )
    assert (status, err) == (0, [])
    stem = f"chelsea-vgg16-{layer}-{rule}-{mode}"
    assert lines == [str(tmp_path / f"{stem}.png")] and names(tmp_path) == [
        f"{stem}.npz",
        f"{stem}.png",
    ]
    network = NETWORKS["vgg16"]()
    weights = load_weights(WEIGHTS, network, layer)
    wanted = Deconvnet(network, weights, layer, rule).project(
        images.read([SAMPLE], weights.preprocessing), channels, mode
    )
    with np.load(tmp_path / f"{stem}.npz", allow_pickle=False) as found:
        for name in ("channels", "dead", "positions", "boxes", "receptive_fields"):
            np.testing.assert_array_equal(found[name], getattr(wanted, name)[0], name)
        assert found["channels"].tolist() == channels and found["dead"].tolist() == [
            False,
            True,
            False,
        ]
        for name in ("activations", "patches"):
            values = getattr(wanted, name)[0]
            # the same float32 graph twice; threads may sum in another order
            np.testing.assert_allclose(
                found[name], values, rtol=0, atol=1e-5 * np.abs(values).max(), err_msg=name
            )
        assert not found["patches"][1].any() and found["patches"][0].any()
        text = images.text_of(tmp_path / f"{stem}.png")
        assert json.loads(str(found["text"])) == text
    assert (text["channels"], text["mode"], text["rule"], text["layer"]) == (
        "5,123,0",
        mode,
        rule,
        layer,
    )
    assert shlex.split(text["command"])[1:] == [
        "-f",
        "5",
        str(SAMPLE),
        "-l",
        layer,
        "-f",
        "123,0",
        "-m",
        mode,
        "--rule",
        rule,
        "--raw",
        "--out",
        str(tmp_path),
    ]


def test_mode_all_shows_the_whole_image(run, tmp_path):
    assert run(*LIGHT, "-m", "all", "--raw", "--out", tmp_path)[0] == 0
    with np.load(tmp_path / "chelsea-vgg16-block1_conv1-deconvnet-all.npz") as found:
        assert (
            found["boxes"].tolist() == [[0, 0, 224, 224]] * 2
            and found["positions"].tolist() == [[-1, -1]] * 2
        )
        assert found["patches"].shape == (2, 224, 224, 3)


def sixteen_bits_of_colour(path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    row = b"\0" + bytes(range(6)) * 16
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * 16))
        + chunk(b"IEND", b"")
    )


def test_photos_of_every_kind_are_drawn(run, tmp_path, rng):
    colours = Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8))
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    colours.convert("L").save(folder / "grey.png")
    colours.convert("RGBA").save(folder / "alpha.png")
    colours.convert("P").save(folder / "palette.png", transparency=3)
    colours.convert("1").save(folder / "two.png")
    colours.convert("CMYK").save(folder / "cmyk.jpg")
    colours.save(folder / "more" / "animated.gif", save_all=True, append_images=[colours])
    colours.save(folder / "more" / "web.webp")
    colours.save(folder / "more" / "scan.tiff")
    Image.fromarray(rng.integers(0, 65536, (20, 30), np.uint16)).save(folder / "deep.png")
    sixteen_bits_of_colour(folder / "deep-colour.png")
    colours.resize((1, 1)).save(folder / "dot.png")
    colours.resize((300, 1)).save(folder / "line.png")
    np.save(folder / "array.npy", np.asarray(colours))
    (folder / "notes.txt").touch()
    status, lines, err = run(folder, *LIGHT, "--out", tmp_path / "out")
    assert (status, err) == (0, [])
    wanted = [
        "alpha",
        "animated",
        "array",
        "cmyk",
        "deep",
        "deep-colour",
        "dot",
        "grey",
        "line",
        "palette",
        "scan",
        "two",
        "web",
    ]
    assert sorted(Path(line).name for line in lines) == sorted(
        f"{stem}-vgg16-block1_conv1-deconvnet-max.png" for stem in wanted
    )
    for line in lines:
        with Image.open(line) as picture:
            picture.load()
            assert picture.mode == "RGB" and min(picture.size) > 300


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.png",
        "猫 (1).png".encode(),
        b"two\nlines.png",
        b"-dash.png",
        b"n" * 245 + b".png",
        b"50%.{x}.png",
    ],
    ids=["no UTF-8", "cat", "new line", "dash", "long", "marks"],
)
def test_photos_of_any_name_are_drawn(run, tmp_path, name):
    folder = os.fsencode(tmp_path / "photos")
    os.mkdir(folder)
    shutil.copy(a_photo(tmp_path / "photo.png"), os.path.join(folder, name))
    status, _, err = run(tmp_path / "photos", *LIGHT, "--out", tmp_path / "out")
    assert (status, err) == (0, [])
    assert len(names(tmp_path / "out")) == 1


def test_a_photo_whose_name_looks_like_an_option_is_drawn_behind_two_dashes(
    run, tmp_path, monkeypatch
):
    a_photo(tmp_path / "-dash.png")
    monkeypatch.chdir(tmp_path)
    assert run(*LIGHT, "--", "-dash.png") == (0, ["-dash-vgg16-block1_conv1-deconvnet-max.png"], [])


def test_networks_of_other_channels_take_arrays_and_draw_bands(run, tmp_path, rng, first_layers):
    weights = first_layers(tmp_path / "twelve.h5", channels=12)
    np.save(tmp_path / "field.npy", rng.random((50, 60, 12), np.float32))
    common = [tmp_path / "field.npy", "--weights", weights, *LIGHT]
    assert run(*common, "--raw", "--out", tmp_path / "summed")[::2] == (0, [])
    assert run(*common, "--bands", "3,2,1", "--out", tmp_path / "picked")[::2] == (0, [])
    summed, picked = (
        Image.open(next((tmp_path / out).glob("*.png"))) for out in ("summed", "picked")
    )
    # but for the coloured frames of the patches, bands summed are grey all over and bands picked are not
    coloured = [(np.ptp(np.asarray(picture), 2) > 20).mean() for picture in (summed, picked)]
    assert coloured[0] < 0.1 < 0.3 < coloured[1], coloured
    with np.load(next((tmp_path / "summed").glob("*.npz"))) as found:
        assert found["patches"].shape == (2, 3, 3, 12)
    status, lines, err = run(*common, "--bands", "3,2,12", "--out", tmp_path / "none")
    assert (status, lines, len(err)) == (2, [], 1) and "0 to 11" in err[0]
    status, lines, err = run(SAMPLE, "--weights", weights, *LIGHT, "--out", tmp_path / "none")
    assert (status, lines, len(err)) == (2, [], 1) and ".npy [h, w, 12]" in err[0]
    grey = first_layers(tmp_path / "grey.h5", channels=1)
    assert run(SAMPLE, "--weights", grey, *LIGHT, "--out", tmp_path / "grey")[::2] == (0, [])


def test_the_weights_say_which_network_they_are_for(run, tmp_path, first_layers):
    weights = first_layers(tmp_path / "w.h5", "resnet50", layers=("conv1_conv", "conv1_bn"))
    status, lines, err = run(
        "--weights", weights, "-l", "pool1_pool", "--top", 1, "--out", tmp_path
    )
    assert (status, err) == (0, []) and images.text_of(lines[0])["network"] == "resnet50"


def truncated(path: Path, first_layers) -> None:
    path.write_bytes(WEIGHTS.read_bytes()[:1_000_000])


def of_vgg19(path: Path, first_layers) -> None:
    first_layers(path, "vgg19")


def with_nan(path: Path, first_layers) -> None:
    first_layers(path)
    with h5py.File(path, "r+") as file:
        kernel = file["block1_conv1/kernel"][()]
        kernel[0] = np.nan
    with h5py.File(path, "w") as file:  # as Keras lays it out: no digests
        file.attrs["layer_names"] = [b"block1_conv1"]
        group = file.create_group("block1_conv1")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        group["kernel"], group["bias"] = kernel, np.zeros(64, np.float32)


def with_other_values(path: Path, first_layers) -> None:
    first_layers(path)
    with h5py.File(path, "r+") as file:
        file["block1_conv1/kernel"][0] = 0


def a_layer_short(path: Path, first_layers) -> None:
    first_layers(path, layers=("block1_conv2",))


@pytest.mark.parametrize(
    "spoil, says",
    [
        (truncated, "truncated"),
        (of_vgg19, "holds vgg19, not vgg16"),
        (with_nan, "NaN or infinite"),
        (with_other_values, "digest"),
        (a_layer_short, "block1_conv1"),
        (lambda path, _: None, "No such file"),
        (lambda path, _: path.write_text("x"), "not an HDF5"),
    ],
    ids=["truncated", "of another network", "NaN", "digest", "a layer short", "missing", "text"],
)
def test_weights_that_will_not_do_are_one_line_and_leave_nothing(
    run, tmp_path, first_layers, spoil, says
):
    spoil(tmp_path / "w.h5", first_layers)
    before = names(tmp_path)
    status, lines, err = run(
        "--network", "vgg16", "--weights", tmp_path / "w.h5", *LIGHT, "--out", tmp_path / "out"
    )
    assert (status, lines, len(err)) == (2, [], 1), err
    assert says in err[0] and "w.h5" in err[0] and names(tmp_path) == before


def test_channels_are_checked_against_the_weights_given(run, tmp_path, first_layers):
    status, lines, err = run(
        "--weights",
        first_layers(tmp_path / "w.h5"),
        "-l",
        "block1_conv1",
        "-f",
        "64",
        "--out",
        tmp_path / "out",
    )
    assert (status, lines, len(err)) == (2, [], 1) and "64 channels, 0 to 63" in err[0]
    assert names(tmp_path) == ["w.h5"]


def test_networks_without_weights_here_say_where_to_get_them(run, tmp_path):
    status, lines, err = run(
        "--network", "resnet152", "-l", "conv1_relu", "--out", tmp_path / "out"
    )
    assert (
        (status, lines, len(err)) == (2, [], 1)
        and "weights/README.md" in err[0]
        and names(tmp_path) == []
    )


def test_where_nothing_can_be_written_is_told_in_one_line(run, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (
        tmp_path / "file",
        tmp_path / "file" / "below",
        Path("/proc/nonesuch"),
        Path("/proc"),
    ):
        status, lines, err = run(
            *LIGHT, "--out", out
        )  # the tests may run as root, who is refused nothing else
        assert (status, lines, len(err)) == (2, [], 1) and str(out) in err[0]
    assert names(tmp_path) == ["file"] and (tmp_path / "file").read_text() == "mine"


def test_a_disk_that_fills_up_is_told_in_one_line_and_leaves_nothing(run, tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(path, content):
        write(path, content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    status, lines, err = run(*LIGHT, "--out", tmp_path)
    assert (status, lines, len(err)) == (2, [], 1) and "No space left on device" in err[0]
    assert names(tmp_path) == []


def test_when_no_photo_can_be_drawn_the_status_is_2(run, tmp_path):
    (tmp_path / "bad.jpg").write_text("hello")
    status, lines, err = run(
        tmp_path / "bad.jpg", tmp_path / "nonesuch.jpg", *LIGHT, "--out", tmp_path / "out"
    )
    assert (status, lines, len(err)) == (2, [], 2)
    assert names(tmp_path / "out") == []
    (tmp_path / "empty").mkdir()
    status, lines, err = run(tmp_path / "empty", *LIGHT, "--out", tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1) and "has no images in it" in err[0]


def test_an_error_of_one_photo_among_many_says_which(run, tmp_path):
    good = a_photo(tmp_path / "good.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")  # nothing of it is left behind two pools
    status, lines, err = run(
        good,
        tmp_path / "dot.png",
        "-l",
        "block3_conv1",
        "--top",
        1,
        "--resize",
        "keep",
        "--out",
        tmp_path / "out",
    )
    assert (status, len(lines), len(err)) == (1, 1, 1) and "dot.png" in err[0]


def test_a_layer_that_a_photo_is_too_small_for_costs_the_other_layers_nothing(run, tmp_path):
    dot = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    status, lines, err = run(
        dot,
        "-l",
        "block1_conv1,block3_conv1,block1_conv2",
        "--top",
        1,
        "--resize",
        "keep",
        "--out",
        tmp_path / "out",
    )
    assert (status, len(lines), len(err)) == (1, 2, 1) and "block3_conv1" in err[0], (
        status,
        lines,
        err,
    )


def test_progress_is_shown_on_a_terminal_and_wiped_away(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    status, lines, said = run(*LIGHT, "--out", tmp_path)
    assert (status, len(lines), len(said)) == (0, 1, 1)
    shown = said[0].split("\r\x1b[K")  # each wipes the one before
    assert (
        any("tensorflow" in text for text in shown)
        and any("photo 1 of 1" in text for text in shown)
        and shown[-1] == ""
    )


def test_an_error_does_not_stand_behind_the_progress_of_a_terminal(
    run, tmp_path, first_layers, monkeypatch
):
    with_other_values(tmp_path / "w.h5", first_layers)
    (tmp_path / "text.jpg").write_text("hello")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for arguments in (["--weights", tmp_path / "w.h5"], [tmp_path / "text.jpg"]):
        status, _, said = run(*arguments, *LIGHT, "--out", tmp_path / "out")
        assert (status, len(said)) == (2, 1) and said[0].split("\r\x1b[K")[-1].startswith(
            "visualise.py: "
        ), said


def test_weights_are_converted_and_say_so_in_a_line(run, tmp_path, rng):
    parameters = NETWORKS["vgg16"]().parameters()
    arrays = {
        layer: {
            name: rng.standard_normal(shape).astype(np.float32)
            for name, shape in parameters[layer].items()
        }
        for layer in ("block1_conv1", "block1_conv2")
    }
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file.attrs["layer_names"] = [b"block1_conv1", b"block1_conv2", b"aux"]
        for layer, p in {**arrays, "aux": {"kernel": np.zeros(3)}}.items():
            file.create_group(layer).attrs["weight_names"] = [name.encode() for name in p]
            for name, values in p.items():
                file[layer][name] = values
    convert = [
        tmp_path / "keras.h5",
        "--network",
        "vgg16",
        "--out",
        tmp_path / "own.h5",
        "--licence",
        "CC",
    ]
    status, lines, err = run(*convert, script="convert_weights.py")
    assert (
        (status, len(lines), err) == (0, 2, [])
        and "2 layers" in lines[0]
        and "left alone: aux" in lines[0]
    )
    assert lines[1].startswith("assumed: the preprocessing of Caffe's")
    found = load_weights(tmp_path / "own.h5", NETWORKS["vgg16"]())
    assert found.digest in lines[0] and (found.source, found.licence) == ("keras.h5 (Keras)", "CC")
    for layer, p in arrays.items():
        for name, values in p.items():
            np.testing.assert_array_equal(found[layer][name], values)
    # once more from its own result, in half precision, over itself
    status, _, err = run(
        tmp_path / "own.h5", "--out", tmp_path / "own.h5", "--half", script="convert_weights.py"
    )
    half = load_weights(tmp_path / "own.h5", NETWORKS["vgg16"]())
    assert (status, err, half.licence, half.preprocessing) == (0, [], "CC", found.preprocessing)
    np.testing.assert_array_equal(
        half["block1_conv2"]["bias"], arrays["block1_conv2"]["bias"].astype(np.float16)
    )
    assert names(tmp_path) == ["keras.h5", "own.h5"]


def test_weights_beyond_half_precision_are_one_line_and_no_file(run, tmp_path):
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file.attrs["layer_names"] = [b"block1_conv1"]
        group = file.create_group("block1_conv1")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        group["kernel"], group["bias"] = (
            np.zeros((3, 3, 3, 64), np.float32),
            np.full(64, 1e6, np.float32),
        )
    status, lines, err = run(
        tmp_path / "keras.h5", "--out", tmp_path / "own.h5", "--half", script="convert_weights.py"
    )
    assert (
        (status, lines, len(err)) == (2, [], 1)
        and "half" in err[0]
        and names(tmp_path) == ["keras.h5"]
    )


# the picture itself


def projected(
    rng, count, channels=3, size=(20, 24), patch=None, mode="max", activation=1.0
) -> tuple[np.ndarray, Projection]:
    """An image and random projections of it, on patches that reach over its border."""
    height, width = patch or ((9, 11) if mode == "max" else size)
    corners = (
        np.stack([rng.integers(-4, size[0] - 3, count), rng.integers(-4, size[1] - 3, count)], 1)
        if mode == "max"
        else np.zeros((count, 2), int)
    )
    boxes = np.concatenate([corners, corners + (height, width)], 1)[None]
    return rng.random((*size, channels)).astype(np.float32) * 255, Projection(
        np.arange(2047, 2047 - count, -1)[None],
        np.full((1, count), activation),
        np.zeros((1, count), bool),
        np.full((1, count, 2), 0 if mode == "max" else -1),
        boxes,
        boxes,
        rng.standard_normal((1, count, height, width, channels)).astype(np.float32),
        size,
    )


@pytest.mark.parametrize(
    "size, patch",
    [((20, 24), None), ((20, 400), (16, 19)), ((400, 20), (16, 19)), ((60, 40), (60, 9))],
    ids=["photo", "panorama", "pole", "narrow patches"],
)
@pytest.mark.parametrize("mode", ["max", "all"])
@pytest.mark.parametrize(
    "count, activation", [(1, 3534.2), (9, -1.2345e-5), (64, 0.0012344), (64, -1.2345e-5)]
)
def test_no_text_overlaps_another_or_the_edge(
    rng, monkeypatch, count, activation, mode, size, patch
):
    spots: dict[int, list[tuple[float, ...]]] = {}
    write = photo_figures.ImageDraw.ImageDraw.text

    def text(pen, at, words, *rest):
        left, top, right, bottom = pen.textbbox(at, words, rest[-1])
        assert 0 <= left and right <= pen.im.size[0] and 0 <= top and bottom <= pen.im.size[1], (
            words
        )
        spots.setdefault(id(pen), []).append((left, top, right, bottom))
        write(pen, at, words, *rest)

    monkeypatch.setattr(photo_figures.ImageDraw.ImageDraw, "text", text)
    x, projection = projected(
        rng,
        count,
        size=size,
        patch=patch if mode == "max" else None,
        mode=mode,
        activation=activation,
    )
    photo_figures.draw(
        x,
        projection,
        0,
        Preprocessing("rgb", size, 20),
        "resnet152   conv4_block36_out",
        "a photo.jpg, rule deconvnet",
    )
    assert (
        max(map(len, spots.values())) == 2 + 2 * count
    )  # title, caption; channel and activation of each
    for texts in spots.values():
        for i, (left, top, right, bottom) in enumerate(texts):
            for other in texts[:i]:
                assert (
                    right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
                ), (texts[i], other)


def test_zero_is_mid_grey_and_the_scale_symmetric(rng):
    signal = rng.standard_normal((9, 11, 3))
    signal[0, 0] = 0
    plain = Preprocessing("rgb", (9, 11), 9)
    drawn = pixels.colours(signal, plain).astype(int)
    assert drawn[0, 0].tolist() == [128] * 3 and drawn.min() == 1 and drawn.max() == 255
    np.testing.assert_array_equal(pixels.colours(-signal, plain), 256 - drawn)
    np.testing.assert_array_equal(pixels.colours(1e-30 * signal, plain), drawn)  # whatever its size
    assert (pixels.colours(0 * signal, plain) == 128).all()


def test_colours_are_drawn_in_their_own_order(rng):
    signal = rng.standard_normal((9, 11, 3))
    bgr, rgb = (Preprocessing(order, (9, 11), 9, (100, 110, 120)) for order in ("bgr", "rgb"))
    np.testing.assert_array_equal(
        pixels.colours(signal, bgr), pixels.colours(signal[..., ::-1], rgb)
    )
    seen = rng.integers(0, 256, (9, 11, 3), np.uint8)
    for preprocessing in (bgr, rgb):
        np.testing.assert_array_equal(pixels.photo(preprocessing.apply(seen), preprocessing), seen)


def test_bands_are_picked_or_summed(rng):
    signal, plain = rng.standard_normal((9, 11, 12)), Preprocessing("as is", (9, 11), 9)
    np.testing.assert_array_equal(
        pixels.colours(signal, plain, [3, 2, 7]), pixels.colours(signal[..., [3, 2, 7]], plain)
    )
    np.testing.assert_array_equal(
        pixels.colours(signal, plain),
        pixels.colours(signal.sum(2, keepdims=True).repeat(3, 2), plain),
    )
    # one band is one shade, whatever its sign, and bands that cancel are nothing
    signal[..., 1:] = 0
    signal[..., 4] = -signal[..., 0]
    assert (pixels.colours(signal, plain) == 128).all()


def test_a_patch_stands_at_its_place_and_what_is_outside_of_the_photo_is_grey(rng):
    image = rng.integers(0, 256, (6, 8, 3), np.uint8)
    part = pixels.window(image, (-2, 5, 3, 11))
    assert part.shape == (5, 6, 3)
    np.testing.assert_array_equal(part[2:, :3], image[:3, 5:])
    assert (part[:2] == 128).all() and (part[:, 3:] == 128).all()


def test_dead_features_are_drawn_as_dead(rng, monkeypatch):
    said = []
    write = photo_figures.ImageDraw.ImageDraw.text
    monkeypatch.setattr(
        photo_figures.ImageDraw.ImageDraw,
        "text",
        lambda pen, at, words, *rest: (said.append(words), write(pen, at, words, *rest)),
    )
    x, projection = projected(rng, 2)
    projection.dead[0, 1] = True
    projection.activations[0, 1] = projection.patches[0, 1] = 0
    photo_figures.draw(x, projection, 0, Preprocessing("rgb", (20, 24), 20), "title", "caption")
    assert said.count("dead") == 1 and said[said.index("dead") - 1] == "2046" and "0" not in said
