"""tfdeconv.show and Projection.picture: what visualise.py draws, in Python and in Jupyter."""

from __future__ import annotations

import base64
import inspect
import io
import warnings
from dataclasses import fields

import numpy as np
import pytest
from command_line import ROOT, SAMPLE, WEIGHTS, save_photo
from helpers import random_weights
from PIL import Image

import tfdeconv
from tfdeconv.cli import notebook
from tfdeconv.cli.visualise_photos import PhotoRequest
from tfdeconv.data.labels import Labels
from tfdeconv.data.preprocessing import caffe
from tfdeconv.engine import compilation, precision
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool
from tfdeconv.scan.run import Run, Settings

# of a PhotoRequest, what a call has under another name, or not at all
ELSEWHERE = {"photos", "layers", "out", "overwrite", "raw", "tiles", "verbose"}


def picture_of(run, *arguments) -> np.ndarray:
    """The one picture that visualise.py writes."""
    status, lines, err = run(SAMPLE, *arguments)
    assert (status, err, len(lines)) == (0, [], 1)
    return np.asarray(Image.open(lines[0]))


def test_show_draws_what_the_script_writes(run, tmp_path):
    shown = tfdeconv.show(SAMPLE, "block1_conv1", top=2)
    expected = picture_of(run, "-l", "block1_conv1", "--top", "2", "--out", tmp_path)
    np.testing.assert_array_equal(np.asarray(shown.picture()), expected)

    options = "-l block1_conv2 -f 3,5-6 -m all --rule guided --resize squash --preprocess 0-1"
    options += " --colours grey --scale common --out"
    expected = picture_of(run, *options.split(), tmp_path)
    shown = tfdeconv.show(
        Image.open(SAMPLE),
        "block1_conv2",
        [3, 5, 6],
        mode="all",
        rule="guided",
        resize="squash",
        preprocess="0-1",
        colours="grey",
        scale="common",
        weights=tfdeconv.load_weights(WEIGHTS, target="block1_conv2"),
    )
    np.testing.assert_array_equal(np.asarray(shown.picture()), expected)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown._repr_png_()))), expected)


def test_a_projection_draws_what_the_script_writes(run, tmp_path):
    weights = tfdeconv.load_weights(WEIGHTS, target="block1_conv1")
    x = tfdeconv.images.read(SAMPLE, weights.preprocessing)
    deconvnet = tfdeconv.Deconvnet(weights.network, weights, "block1_conv1")
    projection = deconvnet.project(x, channels=3)
    expected = picture_of(run, "-l", "block1_conv1", "-f", "3", "--out", tmp_path)
    found = np.asarray(projection.picture(name="chelsea.jpg"))
    np.testing.assert_array_equal(found, expected)

    plain = tfdeconv.Deconvnet(weights.network, weights.layers, "block1_conv1").project(x, 3)
    assert plain._repr_png_() is None
    with pytest.raises(tfdeconv.UserError, match="not known how pixels became"):
        plain.picture()
    with pytest.raises(tfdeconv.UserError, match="there is no image 1"):
        projection.picture(1)
    with pytest.raises(tfdeconv.UserError, match="there is no page 2"):
        projection.picture(page=2)


def test_own_networks_are_shown(tmp_path, rng):
    net = Builder("mine", (24, 24, 3))
    net.add("conv1", Conv(4, 3, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("conv2", Conv(5, 3, activation=RELU))
    arrays = random_weights(net.network(), rng, dtype=np.float32)
    tfdeconv.save_weights(tmp_path / "mine.h5", net.network(), arrays, caffe((24, 24)), "", "none")
    photo = save_photo(tmp_path / "a.png")
    shown = tfdeconv.show(photo, "conv2", weights=tmp_path / "mine.h5")
    array = np.asarray(Image.open(photo))
    from_array = tfdeconv.show(array, "conv2", weights=tmp_path / "mine.h5")
    np.testing.assert_array_equal(from_array.patches, shown.patches)
    assert shown.channels.shape == (1, 5) and "mine conv2" in repr(shown)
    assert shown.picture().width > 400
    # the last map, without a layer
    assert tfdeconv.show(photo, weights=str(tmp_path / "mine.h5"), top=1).origin.layer == "conv2"
    with pytest.raises(tfdeconv.UserError, match="no layer 'conv3'. Did you mean 'conv2'"):
        tfdeconv.show(photo, "conv3", weights=tmp_path / "mine.h5")


def test_classes_are_shown_by_name(tmp_path, rng):
    net = Builder("animals", (8, 8, 3))
    net.add("conv", Conv(4, 3, activation=RELU))
    net.add("flat", Flatten())
    net.add("out", Dense(3))
    arrays = random_weights(net.network(), rng, dtype=np.float32)
    path = tmp_path / "animals.h5"
    tfdeconv.save_weights(path, net.network(), arrays, caffe((8, 8)), "", "none")
    (tmp_path / "names.txt").write_text("cat\ndog\nowl\n")
    photo = save_photo(tmp_path / "a.png")
    names = str(tmp_path / "names.txt")
    shown = tfdeconv.show(photo, classes=["owl", "cat"], labels=names, weights=path)
    assert shown.origin.layer == "out" and shown.channels.tolist() == [[2, 0]]
    with pytest.raises(tfdeconv.UserError, match="no class 'own'. Did you mean 'owl'"):
        tfdeconv.show(photo, classes="own", labels=names, weights=path)


def test_every_option_of_photos_is_one_of_show():
    parameters = set(inspect.signature(tfdeconv.show).parameters)
    assert {field.name for field in fields(PhotoRequest)} - ELSEWHERE <= parameters


@pytest.mark.parametrize(
    "options, says",
    [
        ({"top": 2, "features": 3}, "features, classes and top"),
        ({"max_side": 0}, "max_side: expected pixels"),
        ({"max_side": 50, "resize": "crop"}, 'resize="keep"'),
        ({"classes": "cat", "top": None}, "--class needs one layer of classes"),
        ({"features": 0.5, "top": None}, "channels: expected integers"),
        ({"layer": "block9"}, "no layer 'block9'"),
        ({"colours": "red"}, "colours: there is no 'red'"),
    ],
)
def test_mistakes_in_a_call_are_told(options, says):
    with pytest.raises(tfdeconv.UserError, match=says):
        tfdeconv.show(SAMPLE, **{"layer": "block1_conv1", "top": 1, **options})


def test_objects_say_what_they_are_briefly():
    weights = tfdeconv.load_weights(WEIGHTS, target="block1_conv2")
    deconvnet = tfdeconv.Deconvnet(weights.network, weights, "block1_conv2")
    x = np.zeros((2, 9, 9, 3))
    objects = {
        "2 layers, 38,720 parameters: block1_conv1": weights,
        "vgg16, 22 layers: block1_conv1 to predictions; input 224 x 224 x 3": weights.network,
        "order='bgr'": weights.preprocessing,
        "vgg16 block1_conv2, rule deconvnet": deconvnet,
        "2 images of 9 x 9, 1 channel 7, patches [2, 1, 5, 5, 3]": deconvnet.project(x, 7),
        "1 unit at [1, 1], patches [1, 5, 5, 3]": deconvnet.units(x, 1, 7),
        "2 images of 9 x 9 x 3 to block1_conv2": deconvnet.forward(x),
    }
    settings = Settings("vgg16", "", "", "", "crop", (9, 9), "", 5, ("conv",), 9, 16)
    objects["Run(vgg16, 1 layer; 2 of 5 images seen, 1 counted)"] = Run(settings, "", "", (), 2, 1)
    labels = Labels(tuple("abcdefgh"), "pets.txt")
    objects["Labels(8 names of pets.txt: a, b, c, d, e, f, ...)"] = labels
    for words, thing in objects.items():
        assert words in repr(thing) and repr(thing).count("\n") < 3 and len(repr(thing)) < 400


def test_completion_offers_the_public_names():
    assert set(tfdeconv.__all__) <= set(dir(tfdeconv))
    assert not {"TYPE_CHECKING", "import_module", "HOMES"} & set(dir(tfdeconv))
    assert all(name in str(tfdeconv.__doc__) for name in tfdeconv.__all__ if name[0] != "_")


def test_three_lines_in_jupyter(monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    # as in a shell that sets nothing for TensorFlow
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.delenv(name, raising=False)
    lines = 'photo = "tests/data/chelsea.jpg"\ntfdeconv.show(photo, "block1_conv1", features=3)'
    cell = nbformat.v4.new_code_cell(f"import tfdeconv\n{lines}")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with warnings.catch_warnings():
        # Jupyter's own
        warnings.simplefilter("ignore")
        place = {"metadata": {"path": str(ROOT)}}
        nbclient.NotebookClient(notebook, timeout=300, resources=place).execute()
    # a single output: nothing of TensorFlow's
    (output,) = cell.outputs
    found = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
    expected = tfdeconv.show(SAMPLE, "block1_conv1", features=3).picture()
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    assert output.data["text/plain"].startswith("Projection(vgg16 block1_conv1")


def test_a_choice_of_the_process_is_said(monkeypatch):
    """It holds for the next photo, too, and so does the command in its picture."""
    requests = []
    monkeypatch.setattr(notebook, "project", lambda image, request, *_: requests.append(request))
    monkeypatch.setattr(compilation, "_chosen", False)
    monkeypatch.setattr(precision, "_chosen", "tf32")
    for jit in (None, True, None, False):
        notebook.show("cat.jpg", jit=jit)
    assert [request.jit for request in requests] == [False, True, True, False]
    assert {request.precision for request in requests} == {"tf32"}
