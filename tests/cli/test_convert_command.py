"""convert_weights.py: converts a file and says so."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from command_line import file_names

from tfdeconv import NETWORKS, load_weights
from tfdeconv.weights.native_format import pack_notes, unpack_notes

ROOT = Path(__file__).parents[2]


def save_keras_weights(path: Path, arrays) -> None:
    """Writes arrays by layer and parameter as Keras writes weights to an .h5."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in arrays]
        for layer, parameters in arrays.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in parameters]
            for name, values in parameters.items():
                group[name] = values


def test_weights_are_converted(run, tmp_path, rng):
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer in ("block1_conv1", "block1_conv2"):
        arrays[layer] = {}
        for name, shape in NETWORKS["vgg16"]().parameters()[layer].items():
            arrays[layer][name] = rng.standard_normal(shape).astype(np.float32)
    keras = tmp_path / "keras.h5"
    own = tmp_path / "own.h5"
    save_keras_weights(keras, arrays | {"aux": {"kernel": np.zeros(3)}})
    options = ["--network", "vgg16", "--licence", "CC", "--out", own]
    status, lines, err = run(keras, *options, script="convert_weights.py")
    assert (status, len(lines), err) == (0, 3, [])
    assert "2 layers" in lines[0] and "not used: aux" in lines[0]
    assert lines[1].endswith("left over is not part of the network: 1 tensor, aux/0 [3]")
    assert lines[2].startswith("assumed: the preprocessing of Caffe's")
    weights = load_weights(own, NETWORKS["vgg16"]())
    assert weights.digest in lines[0]
    assert (weights.source, weights.licence) == ("keras.h5 (Keras)", "CC")
    for layer, parameters in arrays.items():
        for name, values in parameters.items():
            np.testing.assert_array_equal(weights[layer][name], values)
    # once more from its own result, in half precision
    status, _, err = run(own, "--out", tmp_path / "half.h5", "--half", script="convert_weights.py")
    half = load_weights(tmp_path / "half.h5", NETWORKS["vgg16"]())
    assert (status, err, half.licence) == (0, [], "CC")
    assert half.preprocessing == weights.preprocessing
    rounded = arrays["block1_conv2"]["bias"].astype(np.float16)
    np.testing.assert_array_equal(half["block1_conv2"]["bias"], rounded)
    assert file_names(tmp_path) == ["half.h5", "keras.h5", "own.h5"]


def test_a_file_is_never_converted_over_itself(run, tmp_path, save_first_layers, monkeypatch):
    source = save_first_layers(tmp_path / "own.h5")
    before = source.read_bytes()
    (tmp_path / "link.h5").symlink_to("own.h5")
    (tmp_path / "hard.h5").hardlink_to(source)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    for given, out in (
        ("../own.h5", source),
        (source, tmp_path / "link.h5"),
        (tmp_path / "link.h5", source),
        (source, tmp_path / "hard.h5"),
    ):
        status, lines, err = run(given, "--out", out, script="convert_weights.py")
        assert (status, lines, len(err)) == (2, [], 1)
        assert f"--out {out} is {given} itself, which is not overwritten" in err[0]
    assert source.read_bytes() == before and source.stat().st_nlink == 2


def test_weights_beyond_half_precision_are_one_line(run, tmp_path):
    kernel = np.zeros((3, 3, 3, 64), np.float32)
    bias = np.full(64, 1e6, np.float32)
    keras = tmp_path / "keras.h5"
    save_keras_weights(keras, {"block1_conv1": {"kernel": kernel, "bias": bias}})
    options = ["--out", tmp_path / "own.h5", "--half"]
    status, lines, err = run(keras, *options, script="convert_weights.py")
    assert (status, lines, len(err)) == (2, [], 1) and "half" in err[0]
    assert file_names(tmp_path) == ["keras.h5"]


def test_half_precision_needs_a_file(run):
    status, lines, err = run("w.h5", "--half", script="convert_weights.py")
    assert (status, lines) == (2, []) and "--half is for --out FILE" in err[0]


def test_a_foreign_file_is_not_overwritten(run, tmp_path):
    source = ROOT / "weights" / "vgg16.h5"
    diary = tmp_path / "diary.h5"
    diary.write_text("dear diary")
    (tmp_path / "link.h5").symlink_to(diary)
    status, lines, err = run(source, "--out", diary, script="convert_weights.py")
    assert (status, lines, len(err)) == (2, [], 1)
    assert "diary.h5 exists, and is not a weight file of this program: move it away" in err[0]
    assert run(source, "--out", tmp_path / "link.h5", script="convert_weights.py")[0] == 0
    assert diary.read_text() == "dear diary" and not (tmp_path / "link.h5").is_symlink()


def test_a_converted_file_tells_what_was_assumed(run, tmp_path):
    arrays = {"block1_conv1": {"kernel": np.zeros((3, 3, 3, 64)), "bias": np.zeros(64)}}
    keras, own = tmp_path / "keras.h5", tmp_path / "own.h5"
    save_keras_weights(keras, arrays | {"aux": {"kernel": np.zeros(3)}})
    assert run(keras, "--network", "vgg16", "--out", own, script="convert_weights.py")[0] == 0
    left_over = "assumed: what is left over is not part of the network: 1 tensor, aux/0 [3]"
    # once more from its own result: the pixels are in the file, and no assumption any more
    for source in (own, tmp_path / "again.h5"):
        notes = load_weights(source, NETWORKS["vgg16"]()).notes
        assert notes == ("it is a weight file of this program", left_over)
        run(own, "--out", tmp_path / "again.h5", script="convert_weights.py")


def test_damaged_notes_are_none(tmp_path):
    assert unpack_notes(pack_notes(["a", "b"])) == ["a", "b"]
    for text in ("", "[", "{}", "1", "[" * 100_000):
        assert unpack_notes(text) == []
    assert unpack_notes('["\\u001b[31m", 3]') == ["\\x1b[31m", "3"]
