"""What an experiment takes is said before it is begun, where that is long."""

from __future__ import annotations

import re

import pytest

from tfdeconv import NETWORKS
from tfdeconv.checks.fidelity import Settings
from tfdeconv.cli import experiment_cost, photo_cost
from tfdeconv.engine import estimate
from tfdeconv.experiments.squares import Squares
from tfdeconv.network.reach import Rectangle

IMAGE = (224, 224)
LAYER = "block4_conv2"
SAID = {
    "occlude.py": ("places of the square; a larger --stride takes less", ["--stride", 8]),
    "randomise.py": ("networks with random weights; fewer --draws take less", ["--draws", 1]),
    "fidelity.py": ("activations of 1 unit of conv; fewer --steps", ["--steps", 2]),
}


@pytest.fixture
def slow(monkeypatch):
    """A machine on which everything is long."""
    monkeypatch.setattr(photo_cost, "SURELY_QUICK", 0)
    monkeypatch.setattr(estimate, "multiply_adds_per_second", lambda: 100)


@pytest.mark.parametrize("script", SAID)
def test_long_experiments_say_so_first(run, classifier, tmp_path, slow, script):
    message, options = SAID[script]
    arguments = [classifier / "edge.png", "--weights", classifier / "small.h5", "-l", "conv"]
    status, _, said = run(*arguments, *options, "--out", tmp_path, script=script)
    assert status == 0 and len(said) == 1
    assert re.search(rf": about \d+ (s|minutes|hours) for \d+ {message}", said[0])


def test_quick_experiments_say_nothing(capsys):
    experiment_cost.announce(int(photo_cost.SURELY_QUICK), "what is quick", "nothing to do")
    assert capsys.readouterr().err == ""


def test_rectangles_cost_what_they_reach():
    network = NETWORKS["vgg16"]()

    def cost(*rectangles: Rectangle) -> int:
        return estimate.hidden_work(network, [LAYER], IMAGE, rectangles)

    everything = cost(Rectangle(0, 0, *IMAGE))
    assert everything == estimate.forward_work(network, [LAYER], IMAGE)
    small = cost(Rectangle(90, 90, 140, 140))
    assert small < everything / 2 and small < cost(Rectangle(90, 90, 140, 190)) < everything
    # windows are of one size for all of them
    assert cost(Rectangle(0, 0, 9, 9), Rectangle(90, 90, 140, 140)) == small


def test_units_cost_what_they_see():
    network = NETWORKS["vgg16"]()
    everything = estimate.forward_work(network, [LAYER], IMAGE)
    assert estimate.unit_work(network, LAYER, IMAGE) < everything / 2
    # its unit needs all of the image
    whole = estimate.forward_work(network, ["fc1"], IMAGE)
    assert estimate.unit_work(network, "fc1", IMAGE) == whole


def test_more_experiments_are_never_less(monkeypatch):
    """More places, features, networks, units, rules or steps take longer."""
    network = NETWORKS["vgg16"]()
    work: list[int] = []
    monkeypatch.setattr(experiment_cost, "announce", lambda each, *_: work.append(each))
    for stride in (16, 8):
        experiment_cost.announce_squares(network, [LAYER], Squares(*IMAGE, 50, stride))
    for features, networks in ((1, 9), (2, 9), (2, 18)):
        experiment_cost.announce_random_weights(network, LAYER, IMAGE, features, networks)
    for units, rules, steps in ((1, 1, 9), (2, 1, 9), (2, 2, 9), (2, 2, 18)):
        settings = Settings(steps)
        experiment_cost.announce_rankings(network, LAYER, IMAGE, units, rules, settings)
    squares, random_weights, rankings = work[:2], work[2:5], work[5:]
    for part in (squares, random_weights, rankings):
        assert part == sorted(part) and len(set(part)) == len(part)
