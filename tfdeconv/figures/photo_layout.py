"""Where a photo and its features' tiles stand on a page, so that the page is filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log, sqrt

# lengths in pixels
GAP = 14  # under a feature
COLUMN_GAP = 24  # between features, and between photo and features
LINE = 26  # a line of text under a tile
PAIR_GAP = 2  # between a photo's patch and its projection
CAM_GAP = 14  # before a heat map, and behind it
LEAST_VALUE = 150  # room for what stands under a heat map
LEAST_HEAT = 80  # width of a heat map of a strip
# the side of a square tile that are tried; others have the area of such a square
SIDES = (448, 384, 320, 288, 256, 224, 192, 176, 160)
LONGEST_TILE = 1000
THIN = 16  # the shorter side of a photo or tile, at least
LEAST_UNIT = 150  # width of a feature: half a label
VALUE_LINES = 3  # of text under a feature, but for its name
RAGGED = 1.2  # lines are broken between words, and not full
WIDEST = 2200  # of a page's content
# the side of a square photo; others have the area of such a square
MOST_PHOTO = 760
WANTED_PHOTO = 540
LONGEST_PHOTO = 1800
# a photo that is narrower has room at its right for the boxes' labels, a lower one below it
NARROW, LOW = 180, 120
GUTTER = (90, 40)


@dataclass(frozen=True)
class Wishes:
    """What a page should be like, and how much it matters."""

    size: tuple[int, int]  # width and height of a page's content
    shape: float  # that it is of that shape
    large: float  # that tiles are large


PLAIN = Wishes((1300, 680), shape=0.5, large=0.45)
# a whole photo has to be made out in each heat map, and features are wide
WITH_CAM = Wishes((1800, 950), shape=1.3, large=1.15)


@dataclass(frozen=True)
class Content:
    """What is to be laid out; heights and widths are in pixels of the network's input."""

    photo: tuple[int, int]
    view: tuple[int, int]  # of a tile
    count: int  # of features
    tiles: int  # of a feature, side by side: 2 with the photo's patch, otherwise 1
    # of the longest label in one line, and of the longest without the unit's name, on the page
    label_width: float
    value_width: float
    boxes: bool  # whether the photo has boxes, with labels
    # whether a tile of the whole photo, and another of the view, follow those of each feature
    cam: bool = False
    contrast_width: float = 0  # how much of both widths is what is said of the contrast


@dataclass(frozen=True)
class CamPlaces:
    """Where a feature's heat map and its guided Grad-CAM stand, from the feature's left."""

    heat_left: int
    heat: tuple[int, int]  # width and height
    guided_left: int
    right: int


@dataclass(frozen=True)
class Grid:
    """The features, in rows; sizes in pixels, width and height."""

    tile: tuple[int, int]
    columns: int
    rows: int
    label_lines: int  # of text under a feature
    step: tuple[int, int]  # from a feature to the next one, at its right and below it
    cam: CamPlaces | None = None

    @property
    def unit_width(self) -> int:
        return self.step[0] - COLUMN_GAP

    @property
    def unit_height(self) -> int:
        """Of a feature's tiles, without the text."""
        return self.step[1] - GAP - self.label_lines * LINE

    @property
    def label_width(self) -> int:
        """How wide the text under a feature may be."""
        return self.cam.heat_left - CAM_GAP if self.cam else self.unit_width

    @property
    def size(self) -> tuple[int, int]:
        return self.columns * self.step[0] - COLUMN_GAP, self.rows * self.step[1] - GAP


@dataclass(frozen=True)
class Layout:
    """Where photo and features stand, in pixels; a size is width and height."""

    grid: Grid
    photo: tuple[int, int]
    gutter: tuple[int, int]  # at the photo's right, and below it
    grid_corner: tuple[int, int]
    size: tuple[int, int]  # of all of it
    in_grid: bool = False  # whether the photo is the first in the grid

    def corner(self, i: int) -> tuple[int, int]:
        """Left and top of the i-th feature."""
        row, column = divmod(i + self.in_grid, self.grid.columns)
        return (
            self.grid_corner[0] + column * self.grid.step[0],
            self.grid_corner[1] + row * self.grid.step[1],
        )


def lay_out(content: Content) -> Layout:
    """The layout that leaves least of a page empty, and is neither a strip nor a poster."""
    layouts = list(candidates(content))
    fitting = [layout for layout in layouts if layout.size[0] <= WIDEST]
    return min(fitting or layouts, key=lambda layout: badness(layout, content))


def candidates(content: Content) -> Iterator[Layout]:
    """Layouts with the photo at the left of the tiles, and over them.

    Where tiles are the whole photo, it is the first of them, as large as they are.
    """
    in_grid = content.tiles == 1 and not content.cam
    cells = content.count + in_grid
    for side in SIDES:
        width, height = scaled(content.view, side, LONGEST_TILE)
        unit_width = width * content.tiles + PAIR_GAP * (content.tiles - 1)
        unit_width = max(unit_width, LEAST_UNIT)
        unit_height = height
        lines = label_lines(content, unit_width)
        cam = None
        if content.cam:
            cam = cam_places(content, unit_width, (width, height))
            unit_width = cam.right
            unit_height = max(height, cam.heat[1])
        step = (unit_width + COLUMN_GAP, unit_height + lines * LINE + GAP)
        for columns in range(1, cells + 1):
            rows = ceil(cells / columns)
            # rows that are as full as they can be
            if ceil(cells / rows) != columns:
                continue
            grid = Grid((width, height), columns, rows, lines, step, cam)
            if in_grid:
                yield Layout(grid, grid.tile, (0, 0), (0, 0), grid.size, in_grid)
                continue
            yield with_photo(content, grid, beside=True)
            yield with_photo(content, grid, beside=False)


def cam_places(content: Content, left: int, tile: tuple[int, int]) -> CamPlaces:
    """Places behind what ends at `left`: the heat map is as high as the tile where it can be."""
    height, width = content.photo
    scale = max(tile[1] / height, LEAST_HEAT / width)
    scale = min(scale, LONGEST_TILE / max(height, width))
    heat = (max(THIN, round(width * scale)), max(THIN, round(height * scale)))
    heat_left = left + CAM_GAP
    guided_left = heat_left + max(heat[0], LEAST_VALUE) + CAM_GAP
    return CamPlaces(heat_left, heat, guided_left, guided_left + max(tile[0], LEAST_VALUE))


def label_lines(content: Content, width: int) -> int:
    """Lines of a label of that width: the second and others are the value's."""
    if content.label_width <= width:
        return 1
    # the contrast stands at the right of the last line, and beside it nothing
    room = max(width - content.contrast_width, 1)
    values = RAGGED * (content.value_width - content.contrast_width)
    return 1 + min(VALUE_LINES, max(1, ceil(values / room)))


def with_photo(content: Content, grid: Grid, beside: bool) -> Layout:
    """A layout whose photo is as high as the tiles beside it, or as wide as those below it."""
    grid_width, grid_height = grid.size
    height, width = content.photo
    scale = grid_width / width
    if beside:
        # but for the last line of text
        scale = (grid_height - grid.label_lines * LINE) / height
    most = scaled(content.photo, MOST_PHOTO, LONGEST_PHOTO)
    scale = min(scale, most[0] / width, most[1] / height)
    photo = (max(THIN, round(width * scale)), max(THIN, round(height * scale)))
    gutter = (0, 0)
    if content.boxes:
        gutter = (GUTTER[0] * (photo[0] < NARROW), GUTTER[1] * (photo[1] < LOW))
    block = (photo[0] + gutter[0], photo[1] + gutter[1])
    grid_corner = (0, block[1] + COLUMN_GAP)
    size = (max(block[0], grid_width), grid_corner[1] + grid_height)
    if beside:
        grid_corner = (block[0] + COLUMN_GAP, 0)
        size = (grid_corner[0] + grid_width, max(block[1], grid_height))
    return Layout(grid, photo, gutter, grid_corner, size)


def badness(layout: Layout, content: Content) -> float:
    """How much of a page is empty, and how far its sizes are from those wanted."""
    width, height = layout.size
    photo_area = layout.photo[0] * layout.photo[1]
    step = layout.grid.step
    cells = content.count + layout.in_grid
    filled = cells * (step[0] - COLUMN_GAP) * (step[1] - GAP)
    photo = 0.0
    if not layout.in_grid:
        filled += photo_area
        photo = abs(log(WANTED_PHOTO / sqrt(photo_area)))
    empty = 1 - filled / (width * height)
    wishes = WITH_CAM if content.cam else PLAIN
    wanted = wishes.size
    shape = abs(log(width / height * wanted[1] / wanted[0]))
    size = abs(log(width * height / (wanted[0] * wanted[1])))
    small_tiles = log(SIDES[0] / sqrt(layout.grid.tile[0] * layout.grid.tile[1]))
    lines = layout.grid.label_lines
    costs = 5 * empty + wishes.shape * shape + 0.6 * size + 0.6 * photo
    return costs + wishes.large * small_tiles + 0.15 * lines


def scaled(size: tuple[int, int], side: float, longest: float) -> tuple[int, int]:
    """Width and height of the area of a square of that side, in the shape of height and width.

    A strip is at least THIN, or it would be lost.

    >>> scaled((30, 120), 100, 1000), scaled((30, 120), 100, 160)
    ((200, 50), (160, 40))
    """
    height, width = size
    scale = min(side / sqrt(height * width), longest / max(height, width))
    return max(THIN, round(width * scale)), max(THIN, round(height * scale))
