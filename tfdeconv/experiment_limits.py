"""Every bound on what experiments are asked for, as limits.py has those on files."""

from __future__ import annotations

# places of a sliding square: one for each pixel of 256 x 256, half an hour's passes
MAX_SQUARES = 1 << 16
# photos of a parts.json, and parts of each: faces have some five
MAX_PART_PHOTOS = 1000
MAX_PARTS = 32
# pixels from a photo's corner to a part's side
MAX_PART_SIDE = 1 << 20
# steps of a range of transformations, each an image to compute: a turn by degrees has 360
MAX_STEPS = 1000
# random places in each photo that its parts are compared with: a pass each
MAX_DRAWS = 1000
# random networks that a projection is compared with: of more the mean says no more
MAX_RANDOM_NETWORKS = 100
