"""Spans across layers: where two signals meet, and what is carried as the whole axis."""

from __future__ import annotations

from .base import Shape
from .spans import Span, Spans


def within(spans: Spans, shape: Shape) -> Spans:
    """Spans as they are carried on a map of that shape."""
    return spans[0].within(shape[0]), spans[1].within(shape[1])


def meet(a: Span, b: Span, extent: int) -> Span:
    """Where two signals meet: one span that holds both."""
    return a.union(b) if a.stride == b.stride else Span(extent)
