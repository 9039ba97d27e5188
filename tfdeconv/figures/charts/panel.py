"""A panel: a rectangle of a sheet with a chart or a picture in it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from PIL import Image


class Panel(ABC):
    """What a sheet puts in its rows. Subclasses are frozen dataclasses."""

    title: str  # over it; may be empty
    note: str  # under it, in as many lines as it needs; may be empty

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of what draw() draws: without title and note."""

    @abstractmethod
    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        """Draws it with its upper left corner there."""
