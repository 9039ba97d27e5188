"""Logits and probabilities of classes, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..words import number

# below and above it a probability of two digits would read as 0 and 1
LEAST_SHOWN, MOST_SHOWN = 0.001, 0.999
TWO_DIGITS = 0.0995  # from here on two digits behind the point say enough


def probabilities(logits: np.ndarray, function: str) -> np.ndarray:
    """Probabilities of classes: the softmax or sigmoid of logits [..., classes], in float64.

    >>> probabilities(np.array([1000.0, 1000.0]), "softmax").tolist()
    [0.5, 0.5]
    >>> probabilities(np.array([0.0, -1000.0]), "sigmoid").tolist()
    [0.5, 0.0]
    """
    exact = np.asarray(logits, np.float64)
    if function == "sigmoid":
        # neither end overflows, as 1 / (1 + exp(-x)) does
        return 0.5 * (1 + np.tanh(0.5 * exact))
    with np.errstate(invalid="ignore"):
        powers = np.exp(exact - exact.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def probability_text(probability: float) -> str:
    """`p=0.83`, without a space, so that it stays on one line.

    >>> [probability_text(p) for p in (0.831, 0.0234, 0.0004, 0.9996)]
    ['p=0.83', 'p=0.023', 'p<0.001', 'p>0.999']
    """
    if probability < LEAST_SHOWN:
        return f"p<{LEAST_SHOWN}"
    if probability > MOST_SHOWN:
        return f"p>{MOST_SHOWN}"
    if probability < TWO_DIGITS:
        return f"p={probability:.3f}"
    return f"p={probability:.2f}"


def probability_range(probabilities: Sequence[float]) -> str:
    """The largest and the smallest of probabilities, at least one.

    >>> probability_range([0.831]), probability_range([0.02, 0.831, 0.5])
    ('p=0.83', 'p=0.83 to 0.020')
    """
    largest = probability_text(max(probabilities))
    smallest = probability_text(min(probabilities))
    if largest == smallest:
        return largest
    return f"{largest} to {smallest.removeprefix('p').removeprefix('=')}"


def logit_text(logit: float) -> str:
    """A logit with two digits behind the point where that says enough.

    >>> [logit_text(value) for value in (12.3078, -0.5, 0.0004, 10860.0)]
    ['12.31', '-0.50', '0.0004', '10860']
    """
    if 0.005 <= abs(logit) < 1000:
        return f"{logit:.2f}"
    return number(logit)
