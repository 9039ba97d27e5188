"""What describes a Keras model apart from its weights: the JSON of `model.to_json()`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError, printable
from ...formats.checked_json import parse_object
from ...formats.lazy_tensor import mapped, reading
from ...limits import MAX_JSON

SHOWN_NAME = 80
# layers that a message lists
SHOWN = 8


def read(path: str | Path) -> Mapping[str, Any]:
    """A model's description in a file; raises UserError for a file that is none."""
    if not Path(path).is_file():
        raise UserError(f"{path}: there is no such file; expected the JSON of a Keras model")
    with reading(path):
        data = mapped(path)
        if len(data) > MAX_JSON:
            raise ValueError(f"it has {len(data):,} bytes, at most {MAX_JSON:,} are read")
        description = parse_anything(bytes(data))
    if not is_description(description):
        raise UserError(
            f"{path} does not describe a Keras model: expected JSON of a class_name and a config, "
            f"as model.to_json() gives it"
        )
    return description


def parse_anything(text: bytes) -> dict[str, Any]:
    """The object in a file of JSON, nothing for anything else.

    Some write it with json.dump(model.to_json()), as a text in quotes.
    """
    try:
        if text.lstrip()[:1] == b'"':
            text = str(json.loads(text)).encode()
        return parse_object(text)
    except ValueError:
        return {}


def is_description(value: Mapping[str, Any]) -> bool:
    """Whether an object from JSON describes a model."""
    return isinstance(value.get("class_name"), str) and "config" in value


def list_layers(value: Mapping[str, Any]) -> str:
    """The first names of a described model's layers, for a message."""
    config = value.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    names: list[str] = []
    for layer in layers if isinstance(layers, list) else []:
        inner = layer.get("config") if isinstance(layer, dict) else None
        is_input = isinstance(layer, dict) and layer.get("class_name") == "InputLayer"
        if isinstance(inner, dict) and isinstance(inner.get("name"), str) and not is_input:
            names.append(printable(inner["name"])[:SHOWN_NAME])
    listed = ", ".join(names[:SHOWN]) or "none"
    return f"{listed}, ..." if len(names) > SHOWN else listed
