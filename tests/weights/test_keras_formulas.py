"""What a user says of a Lambda layer: formulas become layers, and nothing of them runs."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import SHAPE, chain
from test_keras_functions import outputs

from tfdeconv.cli.describe import main as describe
from tfdeconv.cli.scan import main as scan
from tfdeconv.errors import UserError
from tfdeconv.scan import run_file
from tfdeconv.scan.provenance import network_of, weights_of
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.load import network_in, read_weights

L = keras.layers
FORMULAS = {
    "x / 127.5 - 1": lambda x: x / 127.5 - 1,
    "lambda image: (image - 128) / 128.": lambda x: (x - 128) / 128,
    "2 * (x / 255) - 1/2": lambda x: 2 * x / 255 - 0.5,
    "-x": lambda x: -x,
    "x[..., ::-1] - [103.939, 116.779, 123.68]": lambda x: (
        x[..., ::-1] - [103.939, 116.779, 123.68]
    ),
    "tf.nn.relu6(x - 3)": lambda x: np.clip(x - 3, 0, 6),
    "K.mean(x, axis=[1, 2], keepdims=True)": lambda x: x.mean((1, 2), keepdims=True),
    "tf.cast(x, tf.float32)[:, 2:-1, ::2]": lambda x: x[:, 2:-1, ::2],
    "tf.nn.local_response_normalization(x, 1, bias=2, alpha=0.01)": lambda x: (
        x
        / np.sqrt(
            2
            + 0.01 * sum(np.pad(x**2, ((0, 0),) * 3 + ((1, 1),))[..., i : i + 3] for i in range(3))
        )
    ),
    "x": lambda x: x,
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A model of a Lambda, whose code is not what the formulas say, and a convolution."""
    model = chain(
        L.Lambda(lambda x: x * 3, name="it", output_shape=SHAPE), L.Conv2D(2, 1, name="conv")
    )
    path = tmp_path_factory.mktemp("formulas") / "model.keras"
    model.save(path)
    return path


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_become_layers(path, formula, rng):
    architecture = build(config(path), formulas={"it": formula})
    assert not architecture.network.missing
    weights = {}
    for node, parameters in architecture.parameters.items():
        if node != "conv":
            weights[node] = {name: each.read() for name, each in parameters.items()}
    image = rng.integers(0, 256, (1, *SHAPE)).astype(np.float32)
    found = outputs(architecture.network, weights | zeros(architecture.network), image)["it"]
    # float32, a few operations
    assert gap(found, FORMULAS[formula](image)) < 1e-5


def config(path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def zeros(network) -> dict:
    shapes = network.parameters()["conv"]
    return {"conv": {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}}


@pytest.mark.parametrize(
    "formula, says",
    [
        ("x +", "invalid syntax"),
        ("open('file')", "open is not applied to x"),
        ("y / 255", "y is not understood"),
        ("x * x", "x is used more than once"),
        ("1 / 255", "it does not depend on x"),
        ("lambda a, b: a", "its lambda has 2 arguments"),
        ("__import__('os').system('ls') or x", "not understood"),
        ("[each for each in x]", "not understood"),
        ("x / 0", "true_divide|divide"),
        ("x" * 1001, "more than 1,000 characters"),
        ("(" * 300 + "x" + ")" * 300, "nested"),
        ("10 ** 10 ** 10 * x", "calculates with constants"),
    ],
)
def test_what_is_no_formula_is_named(path, formula, says):
    try:
        network = build(config(path), formulas={"it": formula}).network
        reason = network.missing["it"]
    except UserError as error:
        reason = str(error)
    assert "\n" not in reason and len(reason) < 500
    assert any(words in reason for words in says.split("|"))


def test_the_command_line_says_what_a_lambda_does(path, capsys):
    assert describe(["--weights", str(path), "--lambda", "it=x / 255"]) == 0
    assert "Affine" in capsys.readouterr().out
    for said, words in ((["--lambda", "other=x"], "its Lambda layers: it"), ([], '--lambda "it=')):
        with pytest.raises(UserError, match=words):
            describe(["--weights", str(path), *said])


def test_the_digest_holds_the_formulas(path):
    digests = set()
    for formula in ("x / 255", "x / 127.5"):
        assert network_in(path, lambdas={"it": formula}).node("conv")
        digests.add(read_weights(path, lambdas={"it": formula}).digest)
    assert len(digests) == 2


def test_a_run_knows_what_its_lambdas_do(path, tmp_path, rng, capsys):
    np.save(tmp_path / "x.npy", rng.integers(0, 256, (2, *SHAPE)).astype(np.uint8))
    out = str(tmp_path / "run.h5")
    said = ["--weights", str(path), "--lambda", "it=x / 255"]
    assert scan([str(tmp_path / "x.npy"), *said, "-l", "conv", "--out", out]) == 0
    run = run_file.load(out)
    assert run.lambdas == {"it": "x / 255"}
    network = network_of(run, path)
    assert weights_of(run, out, path, network, ["conv"]).digest == run.settings.weights_sha256
    with pytest.raises(UserError, match="--lambda as in the scan"):
        weights_of(run, out, path, network, ["conv"], lambdas={"it": "x / 127"})
    gone = replace(run, architecture=str(tmp_path / "gone.json"))
    with pytest.raises(UserError, match="gone.json, which is gone: give it with --architecture"):
        network_of(gone, path)


def test_lambdas_are_for_models_of_keras():
    with pytest.raises(UserError, match="has no Lambda layers: leave out --lambda"):
        network_in("weights/vgg16.h5", lambdas={"it": "x"})
