"""What is let in: pixels that the preprocessing cannot have meant are refused, odd ones are told.

Pixels go from 0 to 255. A photo's always do; an array's may be anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..limits import MAX_PIXEL
from .photos import Decoded
from .preprocessing import Preprocessing, say_nothing
from .resizing import fit

WHITE = 255
# how far resampling takes a value beyond the ends of its range
OVERSHOOT = 64
ONE = 1 + 1e-3


@dataclass(frozen=True)
class Admission:
    """Lets images in.

    tell: takes a note on what was assumed of one. as_they_are: its owner says that the values are
    the network's own (--preprocess none), so their range is not looked at.
    """

    tell: Callable[[str], None] = say_nothing
    as_they_are: bool = False
    # how its owner would say so
    as_is: str = "say --preprocess none"

    def input(
        self, image: Decoded, name: str, preprocessing: Preprocessing, resize: str, file: str = ""
    ) -> np.ndarray:
        """An image as the network sees it, float32 [h, w, c].

        name: of the image. file: what notes on an array's values name, if not the image: they are
        said once of all its images. Raises UserError for values that cannot be meant.
        """
        notes = {name: image.note}
        if image.is_array:
            low, high = float(image.pixels.min()), float(image.pixels.max())
            refuse_impossible(name, low, high, preprocessing)
            doubt = self.doubt(low, high, image.pixels.shape[2], preprocessing)
            notes[file or name] = "; ".join(filter(None, [image.note, doubt]))
        elif beyond_photos(preprocessing):
            raise UserError(
                f"{name}: its preprocessing subtracts {max(map(abs, preprocessing.mean)):g}, and "
                f"photos have pixels from 0 to {WHITE}: give a mean among these"
            )
        elif of_units(preprocessing):
            notes["--preprocess"] = (
                f"its mean and scale are for values from 0 to 1, and photos have pixels from 0 to "
                f"{WHITE}: multiply them by {WHITE}"
            )
        for where, note in notes.items():
            if note:
                self.tell(f"{where}: {note}")
        return preprocessing.apply(fit(image.pixels, preprocessing, resize))

    def doubt(self, low: float, high: float, channels: int, preprocessing: Preprocessing) -> str:
        """What is odd about an array's values; "" where nothing is."""
        # bands have ranges of their own
        of_pixels = channels in (1, 3) or of_bytes(preprocessing)
        if self.as_they_are or not of_pixels or low == high == 0 or of_units(preprocessing):
            return ""
        if high <= ONE:
            return (
                f"no value is above 1, expected pixels from 0 to {WHITE}: "
                f"multiply them by {WHITE}, or {self.as_is} if the network takes them as they are"
            )
        if low < -OVERSHOOT or high > WHITE + OVERSHOOT:
            return (
                f"some values are outside 0 to {WHITE}, unlike pixels: scale them, "
                f"or {self.as_is} if the network takes them as they are"
            )
        return ""


def refuse_impossible(name: str, low: float, high: float, preprocessing: Preprocessing) -> None:
    """Raises UserError for values that are not finite, or that preprocessing cannot have meant."""
    if not np.isfinite([low, high]).all():
        raise UserError(
            f"{name} has values that are not finite (NaN or infinity): replace them first"
        )
    least, most = -MAX_PIXEL, MAX_PIXEL
    if of_bytes(preprocessing):
        least, most = -OVERSHOOT, WHITE + OVERSHOOT
    if low < least or high > most:
        expected = f"0 to {WHITE}" if of_bytes(preprocessing) else f"up to {MAX_PIXEL:,.0f}"
        raise UserError(
            f"{name} has values from {low:g} to {high:g}, its preprocessing expects {expected}: "
            f"scale them, or replace the value that marks missing data"
        )


def beyond_photos(preprocessing: Preprocessing) -> bool:
    """Whether the mean is none of pixels from 0 to 255."""
    return any(abs(mean) > WHITE for mean in preprocessing.mean)


def of_bytes(preprocessing: Preprocessing) -> bool:
    """Whether mean and scale are made for pixels from 0 to 255."""
    numbers = (*preprocessing.mean, *preprocessing.scale)
    return bool(numbers) and max(map(abs, numbers)) <= WHITE and not of_units(preprocessing)


def of_units(preprocessing: Preprocessing) -> bool:
    """Whether mean and scale are made for values from 0 to 1."""
    numbers = {*preprocessing.mean, *preprocessing.scale} - {0, 1}
    return bool(numbers) and max(map(abs, numbers)) <= 1
