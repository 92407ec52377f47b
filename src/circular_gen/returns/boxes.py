"""Ink on a form: what is ticked, whether there is a signature, whether there is a red seal. Pure.

In: a page's picture with its `Fit`, the same page as it was printed (the original, drawn at `SCALE`), a place in mm.
Out: a state and how much was seen. What was printed is known, so that everything else is ink: a box is measured by its
own, not beside its neighbours.

Darkness is 1 − brightness / paper, the paper being the brightest around: shade, tint and show-through fall out.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from circular_gen.returns.marks import Fit, grey_of, smaller

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Reals = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

Rectangle = list[float]
"""x, y, width, height in mm from the page's upper left corner."""

SCALE = 8
"""Pixels a mm of all straightened views: 203 dpi."""
SLACK = 1.2
"""How far print may lie from where the marks put it, in mm: paper is never quite flat."""

STRONG, WEAK = 0.30, 0.16
"""Darkness of ink, and of what may be ink."""
TICKED, CROSSED = 0.08, 0.80
"""Share of a box's inside that a tick covers at least; that nobody's tick covers."""
EMPTY_STRONG, EMPTY_WEAK = 0.025, 0.05
"""What an empty box may have of strong and of weak ink."""
_BOX_MARGIN = 3.0
"""Seen around a box, in mm: its label is what places it."""
_BOX_INSIDE = 0.6
"""From a box's edge to its inside, in mm."""
_BLUR_INSIDE = 0.2
"""Farther inside, in mm, weak ink is sought: a blurred frame reaches in."""
_LINE_REACH = 0.4
"""How far a line through a box may lie aslant before and behind it, in mm."""
_LINE_SHARE = 0.8
"""How much of the paper before and behind a box such a line darkens."""
_ALIKE = 0.35
"""Correlation with the print below which nothing can be said of a place."""

_SIGN_INSIDE = 1.0
_WINDOW = 2
"""Handwriting is counted in windows of this many mm …"""
_WINDOW_INK = 0.06
"""… that hold this share of ink."""
_SIGNED = {"ink": 8.0, "windows": 6, "side": 5.0}
"""A signature's least ink in mm², windows, and extent in mm both ways."""
_TRACE = 1.5
"""Ink in mm² below which an area is empty: dust."""

_SEAL_REACH = 6.0
"""How far outside its area a seal may stand, in mm."""
_SEALED, _UNSEALED = 45.0, 10.0
"""Red ink in mm² of a seal; below the second there is none."""
_SEAL_SIDE = 12.0

State = Literal["empty", "ticked", "crossed", "unclear", "blurred"]
Signed = Literal["ink", "none", "unclear", "grey"]
Sealed = Literal["red", "none", "unclear", "grey"]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A page that is fitted: pieces of it, straightened."""

    pixels: "Pixels"
    fit: Fit
    printed: "Pixels"
    """The original page in grey, at SCALE from the paper's upper left corner."""

    def piece(self, place: Rectangle) -> "Pixels":
        """A place of the page, straightened, in the picture's own colours; outside the picture it is white."""
        import cv2
        import numpy as np

        x, y, width, height = place
        columns, rows = round(width * SCALE), round(height * SCALE)
        step = 1 / SCALE
        to_paper = np.array([[step, 0, x + step / 2], [0, step, y + step / 2], [0, 0, 1]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        white = (255, 255, 255)
        piece: Any = cv2.warpPerspective(
            self.pixels, self.fit.matrix @ to_paper, (columns, rows), flags=flags, borderValue=white
        )
        return cast("Pixels", piece)

    def original(self, place: Rectangle) -> "Pixels":
        """The same place as it was printed."""
        import numpy as np

        x, y, width, height = place
        columns, rows = round(width * SCALE), round(height * SCALE)
        left, top = round(x * SCALE), round(y * SCALE)
        page = self.printed
        piece = np.full((rows, columns), 255, np.uint8)
        first_row, last_row = max(0, -top), min(rows, page.shape[0] - top)
        first, last = max(0, -left), min(columns, page.shape[1] - left)
        if first_row < last_row and first < last:
            piece[first_row:last_row, first:last] = page[top + first_row : top + last_row, left + first : left + last]
        return piece

    def placed(self, place: Rectangle) -> tuple["Pixels", "Pixels", float]:
        """The place as it came back, moved onto the print, the print, and how alike they are (0 to 1)."""
        import cv2

        printed = self.original(place)
        slack = round(SLACK * SCALE)
        x, y, width, height = place
        piece = self.piece([x - SLACK, y - SLACK, width + 2 * SLACK, height + 2 * SLACK])
        grey = grey_of(piece)
        likeness = cv2.matchTemplate(grey, printed[: grey.shape[0], : grey.shape[1]], cv2.TM_CCOEFF_NORMED)
        _low, high, _where, (left, top) = cv2.minMaxLoc(likeness)
        if high < _ALIKE:
            left = top = slack
        return piece[top : top + printed.shape[0], left : left + printed.shape[1]], printed, float(high)


def grown(place: Rectangle, by: float) -> Rectangle:
    """A place with `by` mm more on each side."""
    x, y, width, height = place
    return [x - by, y - by, width + 2 * by, height + 2 * by]


def darkness(grey: "Pixels", reach: float) -> "Reals":
    """How dark each pixel is beside the brightest within `reach` mm, 0 to 1; broader shades are paper."""
    import cv2
    import numpy as np

    size = round(2 * reach * SCALE) | 1
    quarter = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    kernel = np.ones((max(3, size // 4 | 1),) * 2, np.uint8)
    paper = cv2.morphologyEx(quarter, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    paper = cv2.resize(cv2.blur(paper, (5, 5)), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark: Reals = np.clip(1 - grey.astype(np.float32) / np.maximum(paper, 1).astype(np.float32), 0, 1)
    return dark


# -- boxes to tick -----------------------------------------------------------------------------------------------------


def read_box(view: View, place: Rectangle, grey: bool) -> tuple[State, int]:
    """A box's state, and its ink in thousandths of its inside. `grey`: the page has no colours."""
    import numpy as np

    piece, printed, likeness = view.placed(grown(place, _BOX_MARGIN))
    if likeness < _ALIKE:
        return "blurred", 0
    values = grey_of(piece)
    dark = np.clip(1 - values.astype(np.float32) / max(_level(values, 0.85), 1.0), 0, 1)
    strength = _strength(dark, printed)
    edge = round((_BOX_MARGIN + _BOX_INSIDE) * SCALE)
    inside = dark[edge:-edge, edge:-edge]
    strong, weak = inside > STRONG * strength, inside > WEAK * strength
    ink, other = _share(strong), 0.0
    frame = round(_BLUR_INSIDE * SCALE)
    if ink <= EMPTY_STRONG and _share(weak[frame:-frame, frame:-frame]) <= EMPTY_WEAK:
        return "empty", round(ink * 1000)
    if not grey:
        coloured = _seal_like(piece)[edge:-edge, edge:-edge]
        ink, other = _share(strong & ~coloured), _share(strong & coloured)
    shown = round(ink * 1000)
    if ink >= CROSSED:
        return "crossed", shown
    if ink >= TICKED and other < TICKED:
        lines = _lines(dark > STRONG * strength, printed, round(_BOX_MARGIN * SCALE))[edge:-edge, edge:-edge]
        return "ticked" if not lines.any() or _share(strong & ~lines) >= TICKED else "unclear", shown
    return "unclear", shown


def _lines(ink: "Mask", printed: "Pixels", margin: int) -> "Mask":
    """Where lines run over a box and on beyond it on both sides, as dust on a sheet feeder's glass draws them; a tick
    leaves a box on one side at most. `ink` and `printed`: the box with `margin` pixels around it."""
    import cv2
    import numpy as np

    blank = cv2.erode((printed > 200).astype(np.uint8), np.ones((5, 5), np.uint8))
    found = np.zeros_like(ink)
    reach = round(_LINE_REACH * SCALE)
    for seen, paper, where in ((ink, blank, found), (ink.T, blank.T, found.T)):
        wide = cv2.bitwise_and(cv2.dilate(seen.astype(np.uint8), np.ones((1, 2 * reach + 1), np.uint8)), paper)
        through = np.ones(seen.shape[1], bool)
        for side in (slice(None, margin), slice(-margin, None)):
            room = paper[side].sum(axis=0)
            through &= (room >= SCALE) & (wide[side].sum(axis=0) >= _LINE_SHARE * room)
        where[:, np.convolve(through, np.ones(2 * reach + 1), "same") > 0] = True
    return found


def _level(values: "Pixels", share: float) -> float:
    """The brightness that `share` of the pixels do not exceed: a percentile, twenty times as quick."""
    import numpy as np

    counted = np.cumsum(np.bincount(values.ravel(), minlength=256))
    return float(np.searchsorted(counted, share * values.size))


def _strength(dark: "Reals", printed: "Pixels") -> float:
    """How dark print is on this page beside fresh black, 0.5 to 1: faint and blurred pages have faint ink too."""
    import numpy as np

    print_dark = dark[printed < 100]
    contrast = float(np.percentile(print_dark, 60)) if print_dark.size else 0.75
    return min(max(contrast / 0.75, 0.5), 1.0)


def _share(mask: "Mask") -> float:
    """The share of ink, specks left out."""
    import cv2
    import numpy as np

    _count, _labels, parts, _middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = parts[1:, cv2.CC_STAT_AREA]
    return float(areas[areas >= 6].sum() / mask.size)


# -- signatures --------------------------------------------------------------------------------------------------------


def read_signature(view: View, place: Rectangle, grey: bool) -> tuple[Signed, int]:
    """Whether somebody wrote into an area, and the ink in mm². Red is no ink: it is a seal's. `grey`: the page has no
    colours; then a stamp over an empty area looks like a hand, broken as stamps are, and nobody can tell."""
    import cv2
    import numpy as np

    around = grown(place, 3.0)
    piece, printed, likeness = view.placed(around)
    dark = darkness(grey_of(piece), 2.5)
    reach = round((0.6 if likeness >= _ALIKE else 1.2) * SCALE)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    print_there = cv2.dilate((printed < 200).astype(np.uint8), kernel) > 0
    strength = _strength(dark, printed)
    ink = (dark > STRONG * strength) & ~print_there
    if not grey:
        ink &= ~_seal_like(piece)
    margin = round((3.0 + _SIGN_INSIDE) * SCALE)
    inside = _without_specks(ink[margin:-margin, margin:-margin])
    area = float(inside.sum()) / SCALE**2
    if area < _TRACE:
        return "none", round(area)
    if grey:
        return "grey", round(area)
    state: Signed = "ink" if _is_handwriting(inside, dark[margin:-margin, margin:-margin] / strength) else "unclear"
    if state == "ink" and _stamped(ink):
        state = "unclear"
    return state, round(area)


def _without_specks(ink: "Mask") -> "Mask":
    import cv2
    import numpy as np

    _count, labels, parts, _middles = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    keep = parts[:, cv2.CC_STAT_AREA] >= 0.3 * SCALE**2
    keep[0] = False
    cleaned: Mask = keep[labels]
    return cleaned


def _is_handwriting(ink: "Mask", dark: "Reals") -> bool:
    """Enough ink, dark enough, over enough room, when the longest straight line is left out: that may be a staple's
    shadow, a fold or a hair."""
    import cv2
    import numpy as np

    if float((dark[ink] > 0.42).mean()) < 0.2:
        return False
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    lines: list[tuple[float, int]] = []
    for part in range(1, count):
        points = cv2.findNonZero((labels == part).astype(np.uint8))
        _middle, (one, other), _angle = cv2.minAreaRect(points)
        if min(one, other) < 1.2 * SCALE and max(one, other) > 4 * SCALE:
            lines.append((max(one, other), part))
    rest = ink
    if lines:
        rest = ink & (labels != max(lines)[1])
    if float(rest.sum()) / SCALE**2 < _SIGNED["ink"]:
        return False
    rows, columns = np.nonzero(rest)
    side = _SIGNED["side"] * SCALE
    if np.ptp(rows) < side or np.ptp(columns) < side:
        return False
    window = _WINDOW * SCALE
    high, wide = rest.shape[0] // window, rest.shape[1] // window
    windows = rest[: high * window, : wide * window].reshape(high, window, wide, window).mean(axis=(1, 3))
    return int((windows >= _WINDOW_INK).sum()) >= _SIGNED["windows"]


def _stamped(ink: "Mask") -> bool:
    """Whether the ink may be that of a stamp that is not red: a ring is."""
    import cv2
    import numpy as np

    rows, columns = ink.shape
    small = cv2.resize(ink.astype(np.uint8) * 255, (columns // 4, rows // 4), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.0)
    step = SCALE / 4
    rings = cv2.HoughCircles(
        small,
        cv2.HOUGH_GRADIENT,
        1.5,
        8 * step,
        param1=120,
        param2=30,
        minRadius=round(6 * step),
        maxRadius=round(24 * step),
    )
    if rings is None:
        return False
    present = small > 40
    for x, y, radius in rings[0][:5]:
        turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
        seen = total = 0
        for c, s in zip(np.cos(turn), np.sin(turn), strict=True):
            column, row = round(x + radius * c), round(y + radius * s)
            if 0 <= row < present.shape[0] and 0 <= column < present.shape[1]:
                total += 1
                seen += bool(present[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].any())
        if total >= 40 and seen / total > 0.75:
            return True
    return False


# -- seals -------------------------------------------------------------------------------------------------------------


def is_grey(pixels: "Pixels") -> bool:
    """Whether a picture has no colour at all, as grey and 1-bit scans; then nobody can tell red from black."""
    import cv2
    import numpy as np

    if pixels.ndim == 2:
        return True
    blue, green, red = cv2.split(smaller(smaller(pixels, 2), 2))
    highest, lowest = np.maximum(np.maximum(blue, green), red), np.minimum(np.minimum(blue, green), red)
    spread = cast("Pixels", cv2.subtract(highest, lowest))
    return _level(spread, 0.999) <= 4


def _balanced(piece: "Pixels") -> "Reals":
    """Colours with the paper made white, and the grain taken out."""
    import cv2
    import numpy as np

    values: Any = cv2.blur(piece, (3, 3))
    paper = np.array([_level(values[::3, ::3, colour], 0.8) for colour in range(3)], np.float32)
    balanced: Reals = np.clip(values.astype(np.float32) / np.maximum(paper, 1.0), 0, 1.2)
    return balanced


def _red(piece: "Pixels") -> "Mask":
    """What is red: neither orange-brown, as coffee is, nor violet."""
    import numpy as np

    balanced = _balanced(piece)
    blue, green, red = balanced[:, :, 0], balanced[:, :, 1], balanced[:, :, 2]
    mask: Mask = (red - np.maximum(green, blue) > 0.14) & (
        np.abs(green - blue) < 0.55 * (red - np.minimum(green, blue))
    )
    return mask


def _seal_like(piece: "Pixels") -> "Mask":
    """Red and warm tones with their soft edges, which are no handwriting; what is nearly black stays handwriting."""
    import cv2
    import numpy as np

    balanced = _balanced(piece)
    warm = balanced[:, :, 2] - np.minimum(balanced[:, :, 0], balanced[:, :, 1]) > 0.12
    reach = round(0.4 * SCALE)
    near = cv2.dilate(warm.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    black = np.maximum(np.maximum(balanced[:, :, 0], balanced[:, :, 1]), balanced[:, :, 2]) < 0.42
    mask: Mask = near & ~black
    return mask


def read_seal(view: View, place: Rectangle, grey: bool) -> tuple[Sealed, int]:
    """Whether there is a red seal in or about an area, and its red in mm². In grey nobody can tell."""
    import numpy as np

    if grey or view.pixels.ndim == 2:
        return "grey", 0
    red = _without_specks(_red(view.piece(grown(place, _SEAL_REACH))))
    area = float(red.sum()) / SCALE**2
    if area < _UNSEALED:
        return "none", round(area)
    rows, columns = np.nonzero(red)
    side = _SEAL_SIDE * SCALE
    if area >= _SEALED and np.ptp(rows) >= side and np.ptp(columns) >= side:
        return "red", round(area)
    return "unclear", round(area)


# -- blank sides -------------------------------------------------------------------------------------------------------


def is_blank(grey: "Pixels") -> bool:
    """Whether a page is a white sheet with nothing on it but what shines through: only a scanner gives such pages."""
    import cv2
    import numpy as np

    scale = 400 / max(grey.shape)
    small: Any = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = small[10:-10, 10:-10]
    if not small.size:
        return True
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((21, 21), np.uint8))
    dark = 1 - small.astype(np.float32) / np.maximum(paper, 1)
    bright = float(np.median(small)) > 170 and float(np.percentile(small, 2)) > 130
    return bright and float((dark > 0.25).mean()) < 0.0005
