"""Values at the ends of what numbers can say: saturated, infinite, NaN, and signals of nothing."""

import numpy as np
import pytest

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.finite import NotFinite, finite_channels, is_wild
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Activation, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool


def classifier(kind: str, bias: float) -> tuple[Network, dict]:
    """A convolution and one number with its activation."""
    net = Builder("classifier", (4, 4, 1))
    net.add("conv", Conv(2, 3, activation=RELU))
    net.add("pool", GlobalAvgPool())
    net.add("out", Dense(1, activation=Activation(kind)))
    kernel = np.linspace(-0.2, 0.5, 18).reshape(3, 3, 1, 2)
    weights = {
        "conv": {"kernel": kernel, "bias": np.zeros(2)},
        "out": {"kernel": np.array([[0.5], [0.25]]), "bias": np.array([bias])},
    }
    return network_and_float32(net, weights)


def network_and_float32(net: Builder, weights: dict) -> tuple[Network, dict]:
    for parameters in weights.values():
        for name, value in parameters.items():
            parameters[name] = np.asarray(value, np.float32)
    return net.network(), weights


X = np.arange(1, 17, dtype=np.float32).reshape(1, 4, 4, 1) / 16


@pytest.mark.parametrize("mode", ["max", "all"])
@pytest.mark.parametrize(
    "kind, bias, saturated",
    [("sigmoid", 0, False), ("sigmoid", 40, True), ("sigmoid", 200, True), ("tanh", 20, True)],
)
def test_saturated_targets_say_so(kind, bias, saturated, mode):
    network, weights = classifier(kind, bias)
    deconvnet = Deconvnet(network, weights, "out", "gradient")

    projection = deconvnet.project(X, mode=mode)

    assert projection.saturated.tolist() == [[saturated]] and not projection.dead.any()
    units = deconvnet.units(X, np.array([0]), np.array([0]))
    assert units.saturated.tolist() == [saturated]


def test_a_saturated_tanh_keeps_its_signal():
    network, weights = classifier("tanh", 12)
    # 1 - tanh(x)^2 is 0 in float32 from x = 9 on; the derivative here is 4 exp(-2 x)
    patch = Deconvnet(network, weights, "out", "gradient").project(X).patches[0, 0]
    weights["out"]["bias"] -= 12
    other = Deconvnet(network, weights, "out", "gradient").project(X).patches[0, 0]

    assert patch.max() > 0
    np.testing.assert_allclose(patch / patch.max(), other / other.max(), rtol=1e-5)


def test_a_signal_that_rectifiers_drop_says_so():
    net = Builder("dropped", (3, 3, 1))
    net.add("first", Conv(1, 1, bias=False, activation=RELU))
    net.add("out", Conv(1, 1, activation=RELU))
    weights = {
        "first": {"kernel": np.ones((1, 1, 1, 1))},
        "out": {"kernel": -np.ones((1, 1, 1, 1)), "bias": np.full(1, 9)},
    }
    network, weights = network_and_float32(net, weights)

    projection = Deconvnet(network, weights, "out").project(np.ones((1, 3, 3, 1)))

    assert projection.activations.item() == 8 and not projection.patches.any()
    assert projection.saturated.all() and not projection.dead.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
@pytest.mark.parametrize("method", ["forward", "project", "activations"])
def test_images_that_are_not_finite_are_refused(value, method):
    network, weights = classifier("sigmoid", 0)
    x = np.concatenate([X, X]).astype(float)
    x[1, 2, 3, 0] = value

    with pytest.raises(
        UserError, match="image 1 of 2 has a value that is NaN or infinite at row 2"
    ):
        getattr(Deconvnet(network, weights, "out"), method)(x)


def chain(wild: str) -> tuple[Network, dict]:
    """conv, norm, relu, pool, end; wild: what overflows in channel 1 of the first layer."""
    net = Builder("chain", (6, 6, 2))
    net.add("conv", Conv(3, 3, pad=1))
    net.add("norm", BatchNorm(0.0))
    net.add("relu", Activation())
    net.add("pool", MaxPool(2, 2))
    net.add("end", Conv(2, 3, pad=1, activation=RELU))
    weights = {
        "conv": {"kernel": np.full((3, 3, 2, 3), 0.1), "bias": np.zeros(3)},
        "norm": {"gamma": np.ones(3), "beta": np.zeros(3), "mean": np.zeros(3)},
        "end": {"kernel": np.full((3, 3, 3, 2), 0.1), "bias": np.zeros(2)},
    }
    weights["norm"]["variance"] = np.ones(3)
    if wild == "variance":
        weights["norm"]["variance"][1] = 0
    else:
        # +inf and -inf in one sum
        weights["conv"]["kernel"][..., 1] = 3e38
        weights["conv"]["kernel"][0, 0, :, 1] = -3e38
    return network_and_float32(net, weights)


@pytest.mark.parametrize("wild", ["variance", "kernel"])
def test_overflow_names_the_first_layer(wild):
    network, weights = chain(wild)
    x = np.ones((1, 6, 6, 2), np.float32)
    with pytest.raises(UserError, match="chain's norm gives NaN or infinity"):
        Deconvnet(network, weights, "end").project(x)

    # the other channels of the layer itself are as they should be
    deconvnet = Deconvnet(network, weights, "norm")
    with pytest.raises(NotFinite, match="channel 1:") as caught:
        deconvnet.project(x, [0, 1, 2])
    assert caught.value.channels == {1}
    assert finite_channels(deconvnet.activations(x)[0]).tolist() == [0, 2]
    assert deconvnet.project(x, [0, 2]).patches.any((2, 3, 4)).all()


def test_ordinary_weights_are_not_wild():
    assert not is_wild({"conv": {"kernel": np.full((1, 1, 1, 1), -1e5, np.float32)}})
    assert is_wild({"conv": {"kernel": np.full((1, 1, 1, 1), -1e7, np.float32)}})
    assert is_wild({"conv": {"kernel": np.array([1, np.nan], np.float32)}})
