"""Photos as they are transformed: with what the transformations need of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..data.preprocessing import Preprocessing
from ..data.resizing import fit
from ..data.transformation import INTERPOLATIONS, Scene, farthest_reach
from .grey import Grey, grey_for
from .sweeps import Sweep


@dataclass(frozen=True)
class Scenery:
    """How photos become a network's input, transformed by sweeps.

    resize: crop or squash; interpolation: of INTERPOLATIONS.
    """

    preprocessing: Preprocessing
    sweeps: Sequence[Sweep]
    resize: str = "crop"
    interpolation: str = INTERPOLATIONS[0]

    def grey(self, photo: np.ndarray) -> Grey:
        """What fills the input where a photo [h, w, c], 0 to 255, has no pixel."""
        x = self.preprocessing.apply(fit(photo, self.preprocessing, self.resize))
        return grey_for(self.preprocessing, x[None])

    def scene(self, photo: np.ndarray) -> Scene:
        """The photo as the network sees it under any of the transformations."""
        transformations = [each for sweep in self.sweeps for each in sweep.transformations]
        reach = farthest_reach(transformations, self.preprocessing.size)
        fill = self.grey(photo).value
        return Scene(photo, self.preprocessing, self.resize, self.interpolation, reach, fill)
