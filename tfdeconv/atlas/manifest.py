"""data/atlas.json: of which run and how an atlas is made, and which of its layers are whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..formats.checked_json import check_list, parse_object
from ..limits import MAX_JSON
from ..version import __version__

MADE_BY = "tfdeconv atlas"
FORMAT = 1
REMEDY = "give another --out, or --overwrite to build it anew"


@dataclass(frozen=True)
class Settings:
    """What all layers of an atlas have in common."""

    run_sha256: str  # of the run's file
    rules: tuple[str, ...]
    features: int | None  # the strongest of each layer; None: all
    bands: tuple[int, ...] | None


@dataclass
class Manifest:
    """An atlas's settings, and its whole layers by their numbers."""

    settings: Settings
    # {7: {"name": "block4_conv2", "notes": lines, "program": its version}}
    layers: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, number: int, name: str, notes: Sequence[str]) -> None:
        """Notes that a layer is whole; notes: on what is not as it was scanned."""
        program = f"tfdeconv {__version__}"
        self.layers[number] = {"name": name, "notes": list(notes), "program": program}

    @property
    def notes(self) -> list[str]:
        """The notes of all layers, each once."""
        lines: dict[str, None] = {}
        for number in sorted(self.layers):
            lines |= dict.fromkeys(self.layers[number]["notes"])
        return list(lines)

    def content(self) -> bytes:
        """The bytes of the file."""
        layers = {str(number): self.layers[number] for number in sorted(self.layers)}
        value = {
            "made_by": MADE_BY,
            "format": FORMAT,
            "settings": asdict(self.settings),
            "layers": layers,
        }
        return (json.dumps(value, indent=1) + "\n").encode("ascii")


def load(path: Path) -> Manifest | None:
    """The manifest of an atlas; None where the file is another program's, or damaged."""
    with open(path, "rb") as file:
        content = file.read(MAX_JSON + 1)
    try:
        value = parse_object(content)
        if (value["made_by"], value["format"]) != (MADE_BY, FORMAT):
            return None
        found = dict(value["settings"])
        found["rules"] = tuple(found["rules"])
        found["bands"] = found["bands"] and tuple(found["bands"])
        layers = {}
        for number, layer in value["layers"].items():
            layers[int(number)] = {
                "name": str(layer["name"]),
                "notes": check_list(layer["notes"], str),
                "program": str(layer["program"]),
            }
        return Manifest(Settings(**found), layers)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def refuse_unknown_layers(path: Path, manifest: Manifest, layers: Sequence[str]) -> None:
    """Raises UserError where an atlas says that it has layers that its run has not.

    layers: of the run.
    """
    for number, layer in manifest.layers.items():
        if not 0 <= number < len(layers):
            raise UserError(
                f"{path}: data/atlas.json has layer {number} ({layer['name']}); the run has layers "
                f"0 to {len(layers) - 1}: somebody has changed it; {REMEDY}"
            )


def refuse_others(path: Path, old: Settings, new: Settings) -> None:
    """Raises UserError where an atlas has other settings than those asked for."""
    if old.run_sha256 != new.run_sha256:
        raise UserError(
            f"{path} was made of another run, or of this one before it went on: {REMEDY}"
        )
    for option in ("rules", "features", "bands"):
        found, asked = getattr(old, option), getattr(new, option)
        if found != asked:
            raise UserError(
                f"{path} was made with {words(option, found)}, asked for {words(option, asked)}: "
                f"{REMEDY}"
            )


def words(option: str, value: Any) -> str:
    """An option as it is given: `--rule deconvnet,guided`."""
    name = {"rules": "--rule"}.get(option, f"--{option}")
    if value is None:
        return f"no {name}"
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"{name} {value}"
