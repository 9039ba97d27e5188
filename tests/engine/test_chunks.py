"""What is computed at a time: any size gives the same, and the device's memory decides."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfdeconv.engine import chunks, graphs
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.modes import MODES
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.engine.unit_forward import UnitForward
from tfdeconv.errors import UserError
from tfdeconv.network.reach import Rectangle

# of which TensorFlow makes its error
OUT_OF_MEMORY = None, None, "OOM when allocating tensor"


class Device:
    """A device that runs out of memory wherever more than so many things are computed at a time."""

    def __init__(self, room: int, times: int = 1000):
        self.room = room
        self.times = times
        self.lengths: list[int] = []

    def take(self, length: int) -> None:
        self.lengths.append(length)
        if length > self.room and self.times:
            self.times -= 1
            raise tf.errors.ResourceExhaustedError(*OUT_OF_MEMORY)


def test_images_are_halved_where_items_do_not_fit():
    """The traces of half the images leave room for the way back."""
    lengths = []

    def project(start, stop, index):
        lengths.append(len(index))
        device = Device(room=len(index) == 1)
        items = chunks.in_chunks(3, 8, False, lambda *chunk: device.take(len(chunk[2])))
        return len(list(items))

    with pytest.raises(UserError, match="^the memory of this machine ran out with 2 at a time"):
        list(chunks.in_chunks(4, 8, False, project))
    assert lengths == [4, 2]
    lengths.clear()
    assert [part[2] for part in chunks.in_chunks(2, 8, False, project)] == [3, 3]
    assert lengths == [2, 1, 1]


def numbers(start: int, stop: int, index: np.ndarray) -> np.ndarray:
    return index


@pytest.mark.parametrize("jit", [False, True])
def test_chunks_change_nothing(small, jit, monkeypatch):
    """Any chunk sizes, for images and items, give what one chunk gives."""
    network, weights, x = small
    x = np.concatenate([x, x[::-1], x[:1]])
    expected = Deconvnet(network, weights, "behind", jit=jit).project(x)
    for most in (1, 2, 5):
        monkeypatch.setattr(chunks, "MAX_ITEMS", most)
        projection = Deconvnet(network, weights, "behind", jit=jit).project(x)
        near = 1e-5 * np.abs(expected.patches).max()  # float32
        np.testing.assert_allclose(projection.patches, expected.patches, atol=near)
        np.testing.assert_array_equal(projection.positions, expected.positions)


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(
    "count, size", [(1, 8), (7, 8), (8, 8), (9, 8), (17, 8), (30, 8), (5, 0), (200, 1000)]
)
def test_chunks_cover_everything_once(count, size, fixed):
    covered, lengths = [], set()
    for start, stop, index in chunks.in_chunks(count, size, fixed, numbers):
        np.testing.assert_array_equal(index[: stop - start], np.arange(start, stop))
        assert index.max() == stop - 1
        covered += range(start, stop)
        lengths.add(len(index))
    assert covered == list(range(count))
    assert not fixed or len(lengths - {1}) <= 1


def test_half_a_chunk_is_tried_once():
    device = Device(room=4)

    def compute(start, stop, index):
        device.take(len(index))
        return index.tolist()

    parts = list(chunks.in_chunks(11, 8, False, compute))
    assert parts == [(0, 4, [0, 1, 2, 3]), (4, 8, [4, 5, 6, 7]), (8, 11, [8, 9, 10])]
    assert device.lengths == [8, 4, 4, 3]


@pytest.mark.parametrize("count, room, tried", [(9, 2, [8, 4]), (3, 0, [3, 1]), (1, 0, [1])])
def test_second_time_memory_ends_is_a_line(count, room, tried):
    device = Device(room)
    with pytest.raises(
        UserError, match="^the memory of this machine ran out with . at a time: ask"
    ):
        list(chunks.in_chunks(count, 8, False, lambda *chunk: device.take(len(chunk[2]))))
    assert device.lengths == tried


@pytest.fixture
def crowded(monkeypatch):
    """Of each kind of graph the first call runs out of memory, if it has more than one item."""
    devices: dict[str, Device] = {}
    compiled = graphs.Graphs._compiled

    def on_device(self, key, *arguments):
        graph = compiled(self, key, *arguments)
        device = devices.setdefault(key[0], Device(room=1, times=1))

        def call(*tensors):
            device.take(len(tensors[-1]) if key[0] != "unit" else len(tensors[0]))
            return graph(*tensors)

        return call

    monkeypatch.setattr(graphs.Graphs, "_compiled", on_device)
    return devices


@pytest.mark.parametrize("mode", MODES)
def test_projections_survive_little_memory(small, mode, request):
    network, weights, x = small
    expected = Deconvnet(network, weights, "behind").project(x, mode=mode)
    devices = request.getfixturevalue("crowded")
    projection = Deconvnet(network, weights, "behind").project(x, mode=mode)
    assert devices["forward"].lengths == [3, 1, 1, 1]
    assert devices["backward"].lengths == [3, 1, 1, 1, 3, 3]
    np.testing.assert_array_equal(projection.positions, expected.positions)
    near = 1e-5 * np.abs(expected.patches).max()  # float32
    np.testing.assert_allclose(projection.patches, expected.patches, atol=near)


def test_units_and_maps_survive_little_memory(small, request):
    network, weights, x = small
    image, channel = np.array([2, 0, 1]), np.array([0, 1, 2])
    expected = Deconvnet(network, weights, "behind").units(x, image, channel)
    maps = Deconvnet(network, weights, "behind").activations(x)
    devices = request.getfixturevalue("crowded")
    deconvnet = Deconvnet(network, weights, "behind")
    near = 1e-5 * np.abs(expected.patches).max()  # float32
    units = deconvnet.units(x, image, channel)
    np.testing.assert_allclose(units.patches, expected.patches, atol=near)
    devices.clear()
    found = Deconvnet(network, weights, "behind").activations(x)
    np.testing.assert_allclose(found, maps, atol=1e-5 * np.abs(maps).max())  # float32
    assert devices["forward"].lengths == [3, 1, 1, 1]
    unit = UnitForward(deconvnet, (13, 11))
    activations = unit.activations(np.zeros((4, *unit_size(unit), 4)), (3, 3), 0)
    assert devices["unit"].lengths == [4, 2, 2]
    assert len(set(activations.tolist())) == 1


def unit_size(unit: UnitForward) -> tuple[int, int]:
    top, left, bottom, right = unit.box((3, 3))
    return bottom - top, right - left


def test_hidden_squares_survive_little_memory(small, monkeypatch):
    network, weights, x = small
    rectangles = [Rectangle(top, 3, top + 3, 6) for top in range(5)]

    def changed_maps() -> np.ndarray:
        occluded = OccludedPass(network, weights, ["behind"])
        parts = occluded.occluded(occluded.whole(x[:1]), rectangles, np.zeros(4))
        return np.concatenate([part["behind"].whole() for _, _, part in parts])

    expected = changed_maps()
    device = Device(room=2, times=1)
    compile_graph = OccludedPass._occluded_graph

    def on_device(self, *arguments):
        graph = compile_graph(self, *arguments)

        def call(clean, corners, *others):
            device.take(len(corners))
            return graph(clean, corners, *others)

        return call

    monkeypatch.setattr(OccludedPass, "_occluded_graph", on_device)
    np.testing.assert_allclose(changed_maps(), expected, atol=1e-5)  # float32
    assert device.lengths == [5, 2, 2, 1]


def test_small_devices_have_small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "available_memory", lambda: 64e9)
    assert chunks.budget(1 << 30) == 1 << 30
    monkeypatch.setattr(chunks, "available_memory", lambda: 1 << 30)
    assert chunks.budget(1 << 30) == 1 << 28
