"""Models within models in `.h5` files: Keras takes their variables by order, not by name."""

from __future__ import annotations

import h5py
import keras
import numpy as np
import pytest
from own_files import SHAPE

from tfdeconv.errors import UserError
from tfdeconv.weights.load import read_weights

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def inner_layers(name: str) -> list:
    """Layers of equal shapes: only the order tells them apart."""
    return [
        L.Conv2D(3, 1, name=f"{name}_a"),
        L.BatchNormalization(name=f"{name}_b"),
        L.Conv2D(3, 1, name=f"{name}_c"),
    ]


def functional(name: str) -> keras.Model:
    x = keras.Input(SHAPE)
    y = x
    for layer in inner_layers(name):
        y = layer(y)
    return keras.Model(x, y, name=name)


def outer(*models) -> keras.Model:
    """A model with models in it, every variable of which has a value of its own."""
    model = keras.Sequential([keras.Input(SHAPE), L.Conv2D(3, 1, name="first"), *models])
    for number, variable in enumerate(model.weights):
        variable.assign(np.full(variable.shape, number + 1))
    return model


def assert_holds(path, model) -> None:
    """Every layer with variables has in the file what it has in the model."""
    weights = read_weights(path)
    layers = [layer for layer in model._flatten_layers() if layer.weights]
    leaves = [layer for layer in layers if not isinstance(layer, keras.Model)]
    assert len(leaves) > 3
    for layer in leaves:
        values = weights[layer.name].values()
        for value, expected in zip(values, layer.get_weights(), strict=True):
            # a dense layer's on a map are those of a convolution here
            np.testing.assert_array_equal(value.reshape(expected.shape), expected)


def sequential(name: str) -> keras.Model:
    return keras.Sequential([keras.Input(SHAPE), *inner_layers(name)], name=name)


@pytest.mark.parametrize(
    "make, frozen, whole",
    [(functional, (0,), True), (functional, (2,), False), (sequential, (0, 1), False)],
)
def test_nested_variables_go_by_order(tmp_path, make, frozen, whole):
    """Frozen layers come last, and the models may be frozen as a whole but for some layers."""
    one = make("one")
    one.trainable = whole
    for layer in one.layers[-3:]:
        layer.trainable = whole
    for number in frozen:
        one.layers[-3:][number].trainable = not whole
    two = functional("two")
    model = outer(keras.Sequential([make("zero"), one, L.Dense(3, name="end")]), two)
    model.save(tmp_path / "model.h5")
    assert_holds(tmp_path / "model.h5", model)


@pytest.mark.parametrize("pattern", ["of/another/session_{}", "one_{}"])
def test_names_of_nested_variables_do_not_count(tmp_path, pattern):
    """Also where the names are those of other layers of the model."""
    model = outer(functional("one"))
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/one"]
        names = list(group.attrs["weight_names"])
        owners = sorted({name.rpartition("/")[0] for name in names})
        letters = dict(zip(owners, "cab"))
        renamed = []
        for name in names:
            owner, _, role = name.rpartition("/")
            renamed.append(f"{pattern.format(letters[owner])}/{role}:0")
            group[renamed[-1]] = group[name][()]
        group.attrs["weight_names"] = renamed
    assert_holds(path, model)


def test_keras_2_lists_what_is_trained_first(tmp_path):
    """Unlike Keras 3, which has all layers of a frozen Functional in one row."""
    one = functional("one")
    one.trainable = False
    one.layers[-1].trainable = True
    model = outer(one)
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "2.9.0"
        file["model_weights"].attrs["keras_version"] = "2.9.0"
        group = file["model_weights/one"]
        names = list(group.attrs["weight_names"])
        group.attrs["weight_names"] = [*names[-2:], *names[:-2]]
    assert_holds(path, model)


def test_groups_go_by_order_as_well(tmp_path):
    """The names are those of the session that wrote the weights."""
    model = outer(functional("one"))
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        root = file["model_weights"]
        for name in ("first", "one"):
            root.move(name, f"{name}_7")
        names = [f"{name}_7" if name in ("first", "one") else name for name in model_names(root)]
        root.attrs["layer_names"] = names
    assert_holds(path, model)


def model_names(root) -> list[str]:
    return list(root.attrs["layer_names"])


def test_layers_of_unknown_kinds_go_by_name(tmp_path):
    layers = [L.Conv2D(3, 1, name="a"), L.UnitNormalization(name="u"), L.Conv2D(3, 1, name="b")]
    model = outer(keras.Sequential(layers, name="one"), functional("two"))
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/one"]
        group["one/u/secret"] = np.zeros(3, "f4")
        names = list(group.attrs["weight_names"])
        group.attrs["weight_names"] = [*names[:2], "one/u/secret", *names[2:]]
    weights = read_weights(path, target="a")
    np.testing.assert_array_equal(weights["a"]["bias"], model.get_layer("one").layers[0].bias)


@pytest.mark.parametrize("change", [lambda names: names[:-1], lambda names: names[::-1]])
def test_other_nested_variables_are_refused(tmp_path, change):
    model = outer(functional("one"))
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/one"]
        group.attrs["weight_names"] = change(list(group.attrs["weight_names"]))
    with pytest.raises(UserError, match="the inner model one do") as error:
        read_weights(path)
    assert "\n" not in str(error.value)
