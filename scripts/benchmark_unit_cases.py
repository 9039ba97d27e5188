"""The experiments on units, each with the passes alone that it needs."""

from __future__ import annotations

import numpy as np
from benchmark_case import Case, Model, Sizes, send_back

from tfdeconv.checks.fidelity import Settings
from tfdeconv.checks.fidelity_meter import FidelityMeter
from tfdeconv.checks.pixel_deletion import VERSIONS
from tfdeconv.checks.randomization import Plan, randomize
from tfdeconv.checks.randomized_units import randomized_units
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.grad_cam import GradCam
from tfdeconv.engine.rules import GRADIENT, GUIDED, RULES
from tfdeconv.engine.unit_forward import UnitForward

INNER = "block2_conv2"  # the layer of the heat maps


def fidelity(model: Model, sizes: Sizes) -> Case:
    """Deletion and insertion of what units see, by all rules."""
    layer, photo = sizes.layer, model.photo
    deconvnets = {}
    for rule in RULES:
        deconvnets[rule] = Deconvnet(model.weights.network, model.weights, layer, rule)
    settings = Settings(steps=sizes.steps)
    meter = FidelityMeter(deconvnets, settings)
    first = next(iter(deconvnets.values()))
    strongest = first.project(photo, top=sizes.units)
    channels, positions = strongest.channels[0], strongest.positions[0]
    forward = UnitForward(first, photo.shape[1:3])
    # random ones, one by the centre, and the rules', each of them deleted and put back
    rankings = settings.randoms + 1 + len(deconvnets)
    versions = 2 * rankings * (sizes.steps - 1) + 3

    def measure(x: np.ndarray) -> None:
        for _ in meter.measure(x[0], channels.tolist(), positions):
            pass

    def pass_all(x: np.ndarray) -> None:
        for deconvnet in deconvnets.values():
            send_back(deconvnet, x, channels, positions)
        for channel, (row, column) in zip(channels.tolist(), positions.tolist()):
            top, left, bottom, right = forward.box((row, column))
            patches = np.zeros((VERSIONS, bottom - top, right - left, x.shape[3]), x.dtype)
            for start in range(0, versions, VERSIONS):
                few = patches[: versions - start]
                forward.activations(few, (row, column), channel)

    against = f"{len(channels)} x {versions} passes of a unit"
    return Case("deletion, insertion", layer, against, measure, pass_all)


def randomization(model: Model, sizes: Sizes) -> Case:
    """Units with random weights, by every rule."""
    layer, weights = sizes.layer, model.weights
    units = randomized_units(
        weights.network, weights, layer, model.photo, None, sizes.units, "layer"
    )
    plan = Plan(units.blocks[: sizes.blocks], "normal", draws=1, seed=0, shown=())
    deconvnets = [Deconvnet(weights.network, weights, layer, rule) for rule in RULES]
    channels = units.projection.channels[0, units.firing]
    positions = units.projection.positions[0, units.firing]

    def make_random(x: np.ndarray) -> None:
        randomize(units.methods, units.parameters, plan)

    def pass_all(x: np.ndarray) -> None:
        for deconvnet in deconvnets:
            for _ in range(plan.evaluations):
                send_back(deconvnet, x, channels, positions)

    against = f"{plan.evaluations} x {len(deconvnets)} passes of {len(channels)} units"
    return Case("random weights", layer, against, make_random, pass_all)


def heat_maps(model: Model, sizes: Sizes) -> Case:
    """Grad-CAM and guided Grad-CAM of units at an inner layer."""
    layer, network, weights = sizes.layer, model.weights.network, model.weights
    deconvnet = Deconvnet(network, weights, layer)
    grad_cam = GradCam(network, weights, layer, INNER)
    others = [Deconvnet(network, weights, layer, rule.name) for rule in (GRADIENT, GUIDED)]
    channels = deconvnet.project(model.photo, top=sizes.units).channels[0]

    def explain(x: np.ndarray) -> None:
        grad_cam.of(deconvnet.project(x, channels))

    def pass_all(x: np.ndarray) -> None:
        for each in (deconvnet, *others):
            each.project(x, channels)

    against = f"3 projections of {len(channels)} units"
    return Case("Grad-CAM", layer, against, explain, pass_all)
