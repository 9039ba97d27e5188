"""What a large photo takes is said before it is begun, and how far it is."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import NETWORKS, Deconvnet
from tfdeconv.cli import console, photo_cost, visualise
from tfdeconv.engine import estimate
from tfdeconv.engine.grad_cam import GradCam

SPEED = 20e9  # multiply-adds a second


@pytest.fixture
def warn(monkeypatch):
    """The warning for a photo of some height and width, on a machine of that speed."""
    monkeypatch.setattr(estimate, "multiply_adds_per_second", lambda: SPEED)

    def warn(size, *options, layer="block4_conv2"):
        request = visualise.parse(["photo.jpg", *options])
        network = NETWORKS["vgg16"]()
        cost = photo_cost.estimate_of(request, network, layer, size)
        return photo_cost.warning(request, network, layer, size, cost)

    return warn


def test_large_photos_cost_and_what_smaller_ones_do(warn):
    said = warn((3000, 4000), "--resize", "keep")
    found = re.fullmatch(
        r"about ([\d.]+) GB and (\d+) minutes for block4_conv2 at 4000 x 3000; "
        r"--max-side (\d+) takes about ([\d.]+) GB and (\d+) s",
        said,
    )
    assert found, said
    gigabytes, minutes, side, smaller, seconds = map(float, found.groups())
    # measured: 3 GB; 3e12 multiply-adds
    assert 2 < gigabytes < 5 and 2 <= minutes <= 4
    assert smaller <= 2 and seconds <= photo_cost.LONG
    assert warn((int(side * 3 / 4), int(side)), "--resize", "keep") == ""


@pytest.mark.parametrize("options", [["--resize", "keep"], ["-m", "all", "--rule", "guided"]])
def test_usual_photos_cost_nothing_to_mention(warn, monkeypatch, options):
    assert warn((224, 224), *options) == ""


def test_many_whole_maps_take_long(warn):
    said = warn((224, 224), "-m", "all", "--top", "500")
    # no other size is offered where the network's is used
    assert re.fullmatch(r"about [\d.]+ GB and \d+ minutes for block4_conv2 at 224 x 224", said), (
        said
    )


def test_fidelity_of_many_features_takes_long(warn):
    assert warn((224, 224), "--top", "100") == ""
    said = warn((224, 224), "--top", "100", "--fidelity")
    assert re.fullmatch(r"about [\d.]+ GB and \d+ minutes for block4_conv2 at 224 x 224", said)


def test_more_is_never_less():
    """More rows, features or signs to keep never take less, nor do whole maps."""
    network = NETWORKS["vgg16"]()

    def cost(size=(1500, 2000), mode="max", masked=False, features=9):
        found = estimate.estimate(network, "block4_conv2", size, mode, masked, features)
        return np.array([found.bytes, found.work])

    assert (cost() > cost(size=(1200, 2000))).all()
    assert (cost(mode="all") > cost()).all()
    assert (cost(mode="all", features=10) > cost(mode="all")).all()
    assert cost(masked=True)[0] > cost()[0]


def test_pace_says_how_far_it_is(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("tfdeconv.cli.photo_cost.time.monotonic", lambda: now[0])
    monkeypatch.setattr("sys.argv", ["visualise.py"])
    pace = photo_cost.Pace(console.Progress())
    pace.announce("photo 1 of 2, conv")
    pace.begin(work=200)
    for _ in range(2):
        now[0] += 30
        pace.add(50)
    # done: there is nothing to go
    pace.add(100)
    assert capsys.readouterr().err.splitlines() == [
        "visualise.py: photo 1 of 2, conv: 25%, about 90 s to go",
        "visualise.py: photo 1 of 2, conv: 50%, about 60 s to go",
    ]


def test_work_told_is_that_of_the_estimate(rng):
    network = NETWORKS["vgg16"]()
    weights = random_weights(network, rng, "block1_pool", np.float32)
    told: list[int] = []
    deconvnet = Deconvnet(network, weights, "block1_pool", worked=told.append)
    for mode in ("max", "all"):
        told.clear()
        deconvnet.project(np.ones((1, 40, 30, 3), np.float32), [0, 1, 2], mode)
        expected = estimate.estimate(network, "block1_pool", (40, 30), mode, False, 3).work
        assert sum(told) == expected


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("layer", ["block1_conv2", "block1_pool"])
def test_work_of_heat_maps_is_what_is_done(rng, rule, layer):
    network = NETWORKS["vgg16"]()
    target = "block2_conv1"
    weights = random_weights(network, rng, target, np.float32)
    told: list[int] = []
    deconvnet = Deconvnet(network, weights, target, rule, worked=told.append)
    grad_cam = GradCam(network, weights, target, layer, worked=told.append)
    for mode in ("max", "all"):
        told.clear()
        projection = deconvnet.project(np.ones((1, 40, 30, 3), np.float32), [0, 1], mode)
        grad_cam.of(projection)
        options = ("-f", "0,1", "-m", mode, "--rule", rule, "--cam", layer)
        request = visualise.parse(["photo.jpg", "-l", target, *options])
        assert sum(told) == photo_cost.estimate_of(request, network, target, (40, 30)).work
