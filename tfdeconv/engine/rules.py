"""What a rectifier does to the signal on its way down. A new rule is one line with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """rectify: negative signal is dropped. mask: signal is dropped where the rectifier's input was not above 0 on the way up.

    normalise: response normalisation takes its true transpose; otherwise the signal passes it unchanged.
    """

    name: str
    rectify: bool
    mask: bool
    normalise: bool = False


DECONVNET = Rule("deconvnet", rectify=True, mask=False)  # Zeiler & Fergus 2014, section 2.1
GUIDED = Rule("guided", rectify=True, mask=True)  # Springenberg et al. 2015, section 3.4
GRADIENT = Rule(
    "gradient", rectify=False, mask=True, normalise=True
)  # Simonyan et al. 2014, section 3

RULES = {rule.name: rule for rule in (DECONVNET, GUIDED, GRADIENT)}
