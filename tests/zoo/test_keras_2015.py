"""Keras's first ResNet50: what Keras computes, from its files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from gradcheck import gap
from helpers import arrays
from layouts import keras_2015
from weight_files import save_keras_shapes

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import network_in, read_weights

OLD = {
    "conv1": "conv1",
    "bn_conv1": "bn_conv1",
    "pool1": "max_pooling2d_1",
    "res2a_branch2c": "res2a_branch2c",
    "res2a_branch1": "res2a_branch1",
    "out2a": "activation_4",
    "bn3a_branch1": "bn3a_branch1",
    "res4f_branch2b": "res4f_branch2b",
    "out5c": "activation_49",
    "fc1000": "fc1000",
}


def test_first_resnet50_computes_what_keras_computes(tmp_path, rng):
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    variant = "keras2015-unpadded"
    model = keras_2015(False, 7, (64, 96))
    for variable in model.weights:
        values = rng.standard_normal(variable.shape)
        if variable.name == "kernel":
            values *= np.sqrt(2 / np.prod(variable.shape[:-1]))
        elif "variance" in variable.name:  # small enough for the epsilon to matter
            values = 0.01 + 0.1 * rng.random(variable.shape)
        elif variable.name == "gamma":
            values = (0.1 if "branch2c" in variable.path else 0.3) * (
                0.5 + rng.random(variable.shape)
            )
        else:
            values *= 0.2
        variable.assign(values)
    path = tmp_path / "resnet50_weights_tf_dim_ordering_tf_kernels.h5"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    network = network_in(path, variant=variant)
    assert network == NETWORKS["resnet50"](classes=7, variant=variant)
    assert (
        network_in(path)
        == network_in(path, "resnet50")
        == NETWORKS["resnet50"](classes=7, variant="keras2015")
    )
    weights = load_weights(path, network)
    assert list(weights) == list(network.parameters()) and weights.ignored == ()
    x = 2 * rng.standard_normal((2, 64, 96, 3)).astype(np.float32)
    everything = keras.Model(model.input, [model.get_layer(name).output for name in OLD])(x)
    layers = [network.node(alias).name for alias in OLD.values()]
    maps = arrays(Deconvnet(network, weights, layers[-1], inner=layers[:-1]).forward(x))
    for layer, expected in zip(layers, everything):
        assert gap(maps[layer].reshape(expected.shape), expected) < 1e-4, layer
    with open_weights(path, network) as found:
        assert found.notes[0] == "layers named as their authors and Caffe name those of a ResNet-50"
        assert "--variant keras2015 for other files" in found.notes[1]
    for other in ("keras", "torchvision"):
        with pytest.raises(
            UserError,
            match=f'of variant keras2015, not resnet50 of variant {other}: .*="keras2015"',
        ):
            read_weights(path, NETWORKS["resnet50"](classes=7, variant=other))


@pytest.mark.parametrize("variant", ["torchvision", "keras2015", "keras2015-unpadded"])
def test_present_keras_files_fit_no_other_variant(tmp_path, variant):
    path = save_keras_shapes(tmp_path / "keras.h5", NETWORKS["resnet50"]())
    message = f'resnet50 of variant keras, not resnet50 of variant {variant}: .*variant="keras"'
    with pytest.raises(UserError, match=f"holds {message}"):
        read_weights(path, NETWORKS["resnet50"](variant=variant))
