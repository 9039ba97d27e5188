"""Models that multi_gpu_model made of another: what they wrap, and how they are recognised.

    input -> a Lambda for each GPU, which takes its part of the batch
          -> the inner model, called once for each
          -> Concatenate on the batch

Keras 2.0.9 to 2.3, and tf.keras until TensorFlow 2.3. Weights are the inner model's.
"""

from __future__ import annotations

from .entries import Entry, Model

# classes of what is around the inner model
AROUND = ("InputLayer", "Lambda", "Concatenate")


def wrapped_model(model: Model) -> Entry | None:
    """The model that all GPUs compute, if a model is one for several GPUs."""
    inner: list[Entry] = []
    for entry in model.layers:
        if entry.model:
            inner.append(entry)
        elif entry.class_name not in AROUND:
            return None
        elif entry.class_name == "Concatenate" and entry.options.get("axis") != 0:
            return None
    slices = {entry.name for entry in model.layers if entry.class_name == "Lambda"}
    if len(inner) != 1 or inner[0].call_count < 2:
        return None
    for call in model.entries:
        is_inner = call.name == inner[0].name
        if is_inner and not all(tensor.layer in slices for tensor in call.inputs):
            return None
    return inner[0]
