"""Layers that are told to do always what they do in training: `Dropout(0.5)(x, training=True)`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .layer_variables import BATCH_NORMS

# what normalises by the statistics of the batch in training
BATCH_STATISTICS = (*BATCH_NORMS, "SyncBatchNormalization")
BATCH_IN_TRAINING = "it is called with training=true: it normalises by the statistics of each batch"
# what drops values or disturbs them at random; Keras itself writes training=true for RandomFlip
# and its like
NOISE = ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D")


def reason_in_training(class_names: Iterable[str]) -> str:
    """Why layers of these classes cannot be followed in training; "" where they can."""
    if set(class_names).intersection(BATCH_STATISTICS):
        return BATCH_IN_TRAINING
    return ""


def note_on_training(layer: str, class_names: Sequence[str]) -> str:
    """What is assumed of a layer, or model, with layers of these classes in training."""
    noise = [name for name in class_names if name in NOISE]
    if not noise:
        return ""
    return f"{layer} is called with training=true: {noise[0]} is assumed to be idle"
