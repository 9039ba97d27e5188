"""What a rectifier does to the signal on its way back. A new rule is one line with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What passes a rectifier on the way back.

    rectify: negative signal is dropped. mask: signal is dropped where the rectifier's input was not
    above 0 on the way forward. normalise: response normalisation takes its true transpose;
    otherwise the signal passes it unchanged.

    What each rule passes of a signal s:

    | rectifier's input | signal s | deconvnet | guided | gradient |
    |-------------------|----------|-----------|--------|----------|
    | above 0           | above 0  | s         | s      | s        |
    | above 0           | below 0  | 0         | 0      | s        |
    | not above 0       | above 0  | s         | 0      | 0        |
    | not above 0       | below 0  | 0         | 0      | 0        |

    >>> RULES["guided"].rectify, RULES["guided"].mask
    (True, True)
    """

    name: str
    rectify: bool
    mask: bool
    normalise: bool = False


# Zeiler & Fergus 2014, section 2.1
DECONVNET = Rule("deconvnet", rectify=True, mask=False)
# Springenberg et al. 2015, section 3.4
GUIDED = Rule("guided", rectify=True, mask=True)
# Simonyan et al. 2014, section 3
GRADIENT = Rule("gradient", rectify=False, mask=True, normalise=True)

RULES = {rule.name: rule for rule in (DECONVNET, GUIDED, GRADIENT)}
