"""filters.py: the first layer's kernels, drawn and as numbers."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from command_line import file_names, without_digest
from PIL import Image

from tfdeconv.data.images import text_of
from tfdeconv.data.preprocessing import PRESETS
from tfdeconv.figures import filters_figure
from tfdeconv.figures.charts import sheet
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten
from tfdeconv.weights.native_write import save_weights

ZEBRA = 3  # a kernel of stripes, one pixel each


def save(path, layer=Conv(8, 5, 2, activation=RELU), channels=3, preset="caffe", change=None):
    """Saves a network of one layer; change: of its kernel [h, w, c, n]."""
    net = Builder("net", (20, 20, channels))
    if isinstance(layer, Dense):
        net.add("flatten", Flatten())
    net.add("first", layer)
    network = net.network()
    rng = np.random.default_rng(4)
    arrays = {}
    for name, shape in network.parameters()["first"].items():
        arrays[name] = rng.standard_normal(shape).astype(np.float32)
    if change:
        change(arrays["kernel"])
    save_weights(path, network, {"first": arrays}, PRESETS[preset]((20, 20), channels), "", "")
    return path


def plant(kernel: np.ndarray) -> None:
    kernel[..., 1] = 0
    kernel[..., 6] *= 10
    kernel[..., ZEBRA] = np.array([1, -1, 1, -1, 1])[:, None]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return save(tmp_path_factory.mktemp("planted") / "net.h5", change=plant)


@pytest.fixture
def filters(run):
    return lambda *arguments: run(*arguments, script="filters.py")


def rows_of(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_planted_kernels_are_marked(filters, planted, tmp_path):
    status, lines, err = filters("--weights", planted, "--out", tmp_path)
    assert (status, err) == (0, [])
    picture, table = lines
    assert without_digest(picture) == "filters-net-first.png"
    assert table == picture.removesuffix("png") + "csv"
    rows = rows_of(table)
    assert [row["dead"] for row in rows] == ["", "no weights", *[""] * 6]
    assert [row["oversized"] for row in rows] == [*[""] * 6, "yes", ""]
    assert (rows[1]["low"], rows[1]["rms"]) == ("", "0.0")
    # stripes of a pixel have all their power beyond what a stride of 2 can tell
    assert float(rows[ZEBRA]["high"]) > 0.8 and float(rows[ZEBRA]["beyond_nyquist"]) > 0.8
    text = text_of(picture)
    assert (text["dead in net.h5"], text["oversized in net.h5"]) == ("1", "6")
    assert "filters.py --weights net.h5 --radius 3.0 --colours rgb" in text["command"]
    before = open(picture, "rb").read()
    assert filters("--weights", planted, "--out", tmp_path)[1] == lines
    assert open(picture, "rb").read() == before


def test_two_files_have_one_contrast(filters, planted, tmp_path):
    other = save(tmp_path / "other.h5", change=lambda kernel: kernel.__imul__(0.1))
    out = tmp_path / "two.png"
    arguments = ("--weights", planted, "--beside", other, "--radius", "50", "--out", out)
    assert filters(*arguments) == (0, [str(out), str(out.with_suffix(".csv"))], [])
    rows = rows_of(out.with_suffix(".csv"))
    assert [row["file"] for row in rows] == ["net.h5"] * 8 + ["other.h5"] * 8
    assert [row["kernel"] for row in rows[8:]] == [str(number) for number in range(8)]
    assert not any(row["oversized"] for row in rows)
    text = text_of(out)
    assert "beside sha256" in text and text["beside"] == "other.h5"
    # the one file's kernels are drawn ten times as pale as the other's
    drawn = np.asarray(Image.open(out).convert("RGB")).astype(int)
    kernels = drawn[100:170]
    strength = np.abs(kernels - 128).max(2) * (np.ptp(kernels, axis=2) > 0)
    half = drawn.shape[1] // 2
    assert strength[:, half:].max() < 0.5 * strength[:, :half].max()


def test_files_of_two_strides_have_their_columns(filters, planted, tmp_path, monkeypatch):
    other = save(tmp_path / "other.h5", Conv(8, 5, 1, activation=RELU))
    drawn = []

    def draw_sheet(title, caption, rows, *rest):
        drawn.extend(rows)
        return sheet.draw_sheet(title, caption, rows, *rest)

    monkeypatch.setattr(filters_figure, "draw_sheet", draw_sheet)
    assert filters("--weights", other, "--beside", planted, "--out", tmp_path / "two.png")[0] == 0
    beyond = [panel.title for panel in drawn[2]]
    assert [title.rpartition(", ")[2] for title in beyond] == ["other.h5", "net.h5"]


def test_the_same_file_twice_is_told_apart(filters, planted, tmp_path):
    out = tmp_path / "twice.png"
    status, _, err = filters("--weights", planted, "--beside", planted, "--out", out)
    assert (status, err) == (0, [])
    names = {row["file"] for row in rows_of(out.with_suffix(".csv"))}
    assert names == {"net.h5 (1)", "net.h5 (2)"}


def test_colours_are_red_green_blue(filters, tmp_path):
    def red(kernel):
        kernel[:] = 0
        kernel[..., 2, :] = 1  # of blue, green, red

    path = save(tmp_path / "net.h5", preset="caffe", change=red)
    out = tmp_path / "fig.png"
    assert filters("--weights", path, "--out", out)[0] == 0
    drawn = np.asarray(Image.open(out).convert("RGB"))
    assert (drawn == (255, 128, 128)).all(2).sum() > 8 * 50 * 50


@pytest.mark.parametrize(
    "channels, layer, options",
    [
        (1, Conv(40, 28, activation=RELU, pad=14), []),
        (12, Conv(5, (1, 7), groups=1), ["--bands", "7,3,0"]),
        (12, Conv(24, 3, groups=12, stride=(2, 1)), []),
    ],
    ids=["grey", "bands", "depthwise"],
)
def test_other_channels_are_drawn(filters, tmp_path, channels, layer, options):
    path = save(tmp_path / "net.h5", layer, channels, "none")
    status, lines, err = filters("--weights", path, *options, "--out", tmp_path / "fig.pdf")
    assert (status, err) == (0, []) and lines[1:] == [str(tmp_path / "fig.pdf")]
    rows = rows_of(lines[0])
    assert len(rows) == layer.filters
    assert all(bool(row["greatest"]) == (channels == 1) for row in rows)


MISTAKES = [
    (["--radius", "0"], "'0' is not a number above 0"),
    (["--bands", "3,2,1"], "--bands 3: net has channels 0 to 2"),
    (["--beside", "nonesuch.h5"], "nonesuch.h5: .*no such file"),
    (["--overwrite"], "--overwrite is for --out FILE.png"),
    (["--architecture", "a.json", "--weights", ""], "--architecture describes"),
]


@pytest.mark.parametrize("options, pattern", MISTAKES)
def test_mistakes_are_one_line(filters, planted, tmp_path, options, pattern):
    import re

    status, lines, err = filters("--weights", planted, "--out", tmp_path / "out", *options)
    assert (status, lines, len(err)) == (2, [], 1) and re.search(pattern, err[0], re.I), err
    assert file_names(tmp_path / "out") == []


def test_a_network_without_convolution_is_refused(filters, tmp_path):
    path = save(tmp_path / "net.h5", Dense(3))
    status, _, err = filters("--weights", path, "--out", tmp_path / "out")
    assert status == 2 and "net has no convolution" in err[0] and len(err) == 1
