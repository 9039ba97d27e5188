"""Files of very many names: the time that they take grows with their number, not its square."""

from __future__ import annotations

import time

import pytest

from tfdeconv.weights.recognition.conventions import CONVENTIONS
from tfdeconv.weights.recognition.evidence import examine
from tfdeconv.weights.recognition.inventory import take_inventory
from tfdeconv.zoo import NETWORKS

COUNT = 40_000
NAMES = {
    "prefixes that fit as well": "layer{}.conv1.weight",
    "dots": "layer1.0.conv1.weight" + 40 * ".a" + ".{}.fc.weight",
}


@pytest.mark.parametrize("kind", NAMES)
def test_time_grows_with_the_number_of_names(kind):
    inventory = take_inventory({NAMES[kind].format(i): (64, 64, 1, 1) for i in range(COUNT)})
    start = time.process_time()
    examine(NETWORKS["resnet50"](variant="torchvision"), CONVENTIONS, inventory)
    # 1 s; with the square 15 s
    assert time.process_time() - start < 5
