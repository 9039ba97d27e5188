"""ResNets by their authors' names: what their makers' networks compute, and nothing else's."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap
from old_resnets import BLOCKS, SOURCES, fill, keras_model, letters, numbers, save_layers

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import network_in
from tfdeconv.weights.resnets.resnet_places import place_of
from tfdeconv.zoo.resnet import VARIANTS

# float32 through a hundred layers
ROUNDING = 1e-4
# to which a file without other signs belongs
USUAL = {
    "caffe": "keras-resnet-0.1",
    "scale-same": "scale",
    "scale-padded": "scale",
    "mask-rcnn": "keras2015",
}


def assert_same_values(path, network, model, outputs, rng, size) -> None:
    import keras

    x = 50 * rng.standard_normal((1, *size, 3)).astype(np.float32)
    expected = keras.Model(model.input, [model.get_layer(name).output for name in outputs])(x)
    weights = load_weights(path, network)
    for name, values in zip(outputs, expected):
        found = Deconvnet(network, weights, network.node(name).name).activations(x)
        assert gap(found, values) < ROUNDING, name


@pytest.mark.parametrize("variant", ["caffe", "scale", "keras-resnet", "mask-rcnn", "keras2015"])
def test_first_stage_computes_what_its_maker_computes(tmp_path, rng, variant):
    source, size = SOURCES[variant], (38, 24)
    model = keras_model(source, (3,), size)
    fill(model, rng)
    path = save_layers(tmp_path / "resnet.h5", model)
    assert network_in(path).variant == USUAL.get(variant, variant)
    network = NETWORKS["resnet50"](size=size, variant=variant)
    norm = "scale_conv1" if source.scale else "bn_conv1"
    second = source.block_name(2, 1)
    assert_same_values(
        path, network, model, [norm, "pool1", f"res2{second}_branch2b", "res2c"], rng, size
    )


def test_resnet_101_of_2017_computes_what_keras_computes(tmp_path, rng):
    """Up to its fourth stage, which alone shows the depth."""
    model = keras_model(SOURCES["scale"], BLOCKS["resnet101"][:3], (32, 32))
    fill(model, rng)
    path = save_layers(tmp_path / "resnet101_weights_tf.h5", model)
    network = network_in(path)
    assert (network.name, network.variant) == ("resnet101", "scale")
    outputs = ["res3a", "res3b3_branch2a", "res4b22_branch2c", "res4b22"]
    assert_same_values(path, network, model, outputs, rng, (32, 32))


# names alone


def save_names(path, depth: str, source, change=None):
    """A file with all layers of a ResNet, whose kernels are the first stage's; for its names."""
    layers: dict[str, list[np.ndarray]] = {"conv1": [np.zeros((7, 7, 3, 64), "f4")]}
    for name in layer_names(depth, source):
        count = {"b": 4, "s": 2}.get(name[0], 2 if source.bias else 1)
        layers[name] = [np.zeros((1, 1, 4, 4) if name[0] == "r" else 4, "f4")] * count
    layers["fc1000"] = [np.zeros((2048, 5), "f4"), np.zeros(5, "f4")]
    if change:
        layers = change(layers)
    return save_layers(path, type("Model", (), {"layers": []}), layers)


def layer_names(depth: str, source):
    kinds = ["res", "bn", "scale"] if source.scale else ["res", "bn"]
    yield from (f"{kind}_conv1" for kind in kinds[1:])
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        for block in range(blocks):
            name = f"{stage}{source.block_name(stage, block)}_branch"
            for branch in ("2a", "2b", "2c") if block else ("2a", "2b", "2c", "1"):
                yield from (f"{kind}{name}{branch}" for kind in kinds)


@pytest.mark.parametrize("depth", BLOCKS)
@pytest.mark.parametrize("variant", ["scale", "keras-resnet", "mask-rcnn"])
def test_depth_and_maker_are_told_in_a_line(tmp_path, depth, variant):
    def add_heads(layers):
        heads = {"fpn_c5p5": [np.zeros((1, 1, 2048, 256), "f4")], "rpn_model": [np.zeros(3, "f4")]}
        return layers | (heads if variant == "mask-rcnn" else {})

    source = SOURCES[variant]
    if variant == "mask-rcnn" and depth == "resnet152":
        # 36 letters there are not
        source = type(source)(source.epsilon, bias=True)
    path = save_names(tmp_path / "x.h5", depth, source, add_heads)
    with open_weights(path) as file:
        network = file.network
        assert (network.name, network.variant, network.classes) == (depth, variant, 5)
        notes = [note for note in file.notes if "assumed, as" in note]
        assert len(notes) == 1 and f"norms of epsilon {VARIANTS[variant].epsilon:g}" in notes[0]
        assert file.preprocessing.order == ("rgb" if variant == "mask-rcnn" else "bgr")
        assert file.ignored == (("fpn_c5p5", "rpn_model") if variant == "mask-rcnn" else ())


def renamed(old: str, new: str):
    def change(layers):
        return {new if name == old else name: values for name, values in layers.items()}

    return change


def without(*names: str):
    return lambda layers: {name: each for name, each in layers.items() if name not in names}


def inserted(name: str, before: str):
    def change(layers):
        changed = {}
        for each, values in layers.items():
            if each == before:
                changed[name] = [np.zeros((1, 1, 4, 4), "f4")]
            changed[each] = values
        return changed

    return change


REFUSED = {
    "a block less": (
        without(*(f"{kind}3b3_branch2{i}" for kind in ("res", "bn", "scale") for i in "abc")),
        "its depth is not known.*(3, 3, 23, 3) blocks, expected .*(3, 4, 23, 3)",
    ),
    "a block more": (renamed("res5b_branch2a", "res5d_branch2a"), "(3, 4, 23, 4) blocks"),
    "an attention": (inserted("se_4b3", "res4b4_branch2a"), "it also has se_4b3 .* among them"),
    "another branch": (inserted("res4b3_branch3", "fc1000"), "it also has res4b3_branch3"),
    "one scale less": (without("scale4b7_branch2b"), "conv4_block8_2_bn has no scale"),
    "one block by two names": (
        renamed("res4b4_branch2a", "res4d_branch2a"),
        "two names for one block",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_another_resnet_by_these_names_is_refused(tmp_path, case):
    change, message = REFUSED[case]
    path = save_names(tmp_path / "x.h5", "resnet101", SOURCES["scale"], change)
    pattern = message.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(UserError, match=f"^{path} .*{pattern}") as error:
        with open_weights(path):
            pass
    assert "\n" not in str(error.value)


def test_a_scale_is_taken_into_its_norm(tmp_path):
    values = {"norm": [2, 3, 5, 7], "scale": [10, 100]}
    arrays = {kind: [np.full(64, value, "f4") for value in values[kind]] for kind in values}
    path = save_names(
        tmp_path / "x.h5",
        "resnet50",
        SOURCES["scale"],
        lambda layers: layers | {"bn_conv1": arrays["norm"], "scale_conv1": arrays["scale"]},
    )
    with open_weights(path) as file:
        read = {name: file.read("conv1_bn", name)[0] for name in file.shapes["conv1_bn"]}
    # 10 (2 x + 3) + 100
    assert read == {"gamma": 20, "beta": 130, "mean": 5, "variance": 7}


def test_a_variant_must_have_the_files_biases(tmp_path):
    path = save_names(tmp_path / "x.h5", "resnet50", SOURCES["scale"])
    assert network_in(path, variant="keras-resnet").variant == "keras-resnet"
    for variant in ("keras2015", "slim", "torchvision"):
        with pytest.raises(UserError, match=f"scale, not resnet50 of variant {variant}"):
            network_in(path, variant=variant)
    with pytest.raises(UserError, match="holds resnet50, not resnet101"):
        load_weights(path, "resnet101")


def test_names_lead_to_places():
    for name in (letters, numbers):
        place = place_of(f"bn4{name(4, 22)}_branch2c")
        assert place is not None and place.layer == "conv4_block23_3_bn"
    assert place_of("scale3a_branch1").layer == "conv3_block1_0_bn"
    assert place_of("res4b22_branch2d") is place_of("res6a_branch2a") is None
