"""Layers of a Keras model that are code of the user's: what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import UserError

# classes of users' own code that many files have, and that are understood
KNOWN_CODE = ("Scale",)
# names that an error lists
SHOWN = 8


def unknown_code(layer: str, class_name: str) -> str:
    """Why a layer that is code of the user's is left out, and what can be done."""
    if class_name != "Lambda":
        return f"its class is {class_name}, which is not understood"
    return (
        "it is a Lambda layer, and code in a file is not run: "
        f'say what it does, as in --lambda "{layer}=x / 127.5 - 1"'
    )


def check_all_used(lambdas: Sequence[str], formulas: Mapping[str, str]) -> None:
    """Raises UserError for a formula of a layer that is no Lambda of the model's."""
    for name in formulas:
        if name not in lambdas:
            listed = ", ".join(lambdas[:SHOWN]) or "none"
            raise UserError(
                f"--lambda {ascii(name)[:80]}: the model has no Lambda layer of that name; "
                f"its Lambda layers: {listed}"
            )
