"""The first image with each digest, in a table of 8 to 16 bytes an image.

A dictionary of digests takes 150, which at ten million images is more than a small machine has.
"""

from __future__ import annotations

import numpy as np

FREE = -1
HASHED = 8  # bytes of a digest, which are as random as a hash needs to be


class FirstImages:
    """Which images have the digests of others: images are numbers of rows of digests [n, 32].

    The rows may be filled in later, each before it is asked for.
    """

    def __init__(self, digests: np.ndarray) -> None:
        self.digests = digests
        # a power of two, so that at most half of the slots are taken
        self.slots = np.full(1 << (2 * len(digests)).bit_length(), FREE, np.int32)

    def first(self, image: int) -> int:
        """The first image that was asked for and has this one's digest: perhaps itself."""
        digest = self.digests[image].tobytes()
        slot = int.from_bytes(digest[:HASHED], "little")
        while True:
            slot &= len(self.slots) - 1
            other = int(self.slots[slot])
            if other == FREE:
                self.slots[slot] = image
                return image
            if self.digests[other].tobytes() == digest:
                return other
            slot += 1
