"""Names of classes as Keras 3 has them in files."""

from __future__ import annotations

import re


def snake_case(class_name: str) -> str:
    """SeparableConv2D is separable_conv2d."""
    name = re.sub(r"\W+", "", class_name.rsplit(">", 1)[-1])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
