"""A TrueType font with fewer points: `python docs/simplify_font.py IN.ttf OUT.ttf 2` replaces an outline by one that
strays from it by no more than 2 units wherever the two are held against each other. A subset for a paper is a fifth to
a half smaller then; 2/1000 em at 16 pt are a quarter of a dot at 600 dpi.

Each contour is taken as knots with a line or a quadratic curve between them. Among all ways to replace runs of these by
one line or one curve that stays within the tolerance of the old outline, the one with the fewest points is found.
"""

import math
import sys
from array import array
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate, pairwise
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates

XY = tuple[float, float]
Segment = tuple[XY, XY | None, XY]
"""From, the control point (None: a line), to."""
Contour = list[tuple[float, float, int]]
"""Points with their on-curve flag."""

SAMPLES = 6
"""Points of each segment at which a replacement is held against it."""
REACH = 12
"""Segments that one curve may replace."""
MISSES = 1
"""Longer replacements are tried after so many that do not fit."""


def segments(points: Contour) -> list[Segment]:
    whole: Contour = []
    for (x, y, on), (x2, y2, on2) in zip(points, (*points[1:], points[0]), strict=True):
        whole.append((x, y, on))
        if not on and not on2:
            whole.append(((x + x2) / 2, (y + y2) / 2, 1))
    first = next(index for index, point in enumerate(whole) if point[2])
    whole = [*whole[first:], *whole[:first], whole[first]]
    found: list[Segment] = []
    index = 0
    while index < len(whole) - 1:
        step = 1 if whole[index + 1][2] else 2
        control = whole[index + 1][:2] if step == 2 else None
        found.append((whole[index][:2], control, whole[index + step][:2]))
        index += step
    return [segment for segment in found if segment[0] != segment[2]]


def at(segment: Segment, t: float) -> XY:
    (x, y), control, (x2, y2) = segment
    if control is None:
        return x + (x2 - x) * t, y + (y2 - y) * t
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return a * x + b * control[0] + c * x2, a * y + b * control[1] + c * y2


def turn(before: Segment, after: Segment) -> float:
    """By how much the outline turns between two segments, in radians."""
    near, far = before[1] or before[0], after[1] or after[2]
    x, y = before[2][0] - near[0], before[2][1] - near[1]
    x2, y2 = far[0] - after[0][0], far[1] - after[0][1]
    return abs(math.atan2(x * y2 - y * x2, x * x2 + y * y2))


def as_line(start: XY, samples: Sequence[XY], end: XY, tolerance: float) -> bool:
    x, y = end[0] - start[0], end[1] - start[1]
    length = math.hypot(x, y)
    return length > 0 and all(
        abs((a - start[0]) * y - (b - start[1]) * x) <= tolerance * length
        and -tolerance <= ((a - start[0]) * x + (b - start[1]) * y) / length <= length + tolerance
        for a, b in samples
    )


def as_curve(start: XY, samples: Sequence[XY], end: XY, tolerance: float) -> XY | None:
    """The control point of the curve nearest to `samples` (least squares, the parameters moved on in three rounds)."""
    lengths, before = [0.0], start
    for point in (*samples, end):
        lengths.append(lengths[-1] + math.dist(before, point))
        before = point
    places = [length / lengths[-1] for length in lengths[1:-1]]
    control = (0.0, 0.0)
    for _round in range(3):
        weight = x = y = 0.0
        for t, (a, b) in zip(places, samples, strict=True):
            share = 2 * t * (1 - t)
            x += share * (a - (1 - t) ** 2 * start[0] - t * t * end[0])
            y += share * (b - (1 - t) ** 2 * start[1] - t * t * end[1])
            weight += share * share
        control = (x / weight, y / weight)
        moved = []
        for t, (a, b) in zip(places, samples, strict=True):
            here = at((start, control, end), t)
            along = (
                2 * (1 - t) * (control[0] - start[0]) + 2 * t * (end[0] - control[0]),
                2 * (1 - t) * (control[1] - start[1]) + 2 * t * (end[1] - control[1]),
            )
            square = along[0] ** 2 + along[1] ** 2
            step = ((here[0] - a) * along[0] + (here[1] - b) * along[1]) / square if square else 0.0
            moved.append(min(1.0, max(0.0, t - step)))
        places = moved
    control = (round(control[0]), round(control[1]))
    near = all(
        math.dist(at((start, control, end), t), point) <= tolerance for t, point in zip(places, samples, strict=True)
    )
    return control if near else None


def fewest(outline: list[Segment], tolerance: float) -> list[Segment]:
    """The replacement of a closed outline with the fewest points."""
    count = len(outline)
    if count < 3:
        return outline
    sharpest = max(range(count), key=lambda index: turn(outline[index - 1], outline[index]))
    outline = outline[sharpest:] + outline[:sharpest]
    samples = [at(segment, part / SAMPLES) for segment in outline for part in range(SAMPLES)] + [outline[-1][2]]

    def replaced(first: int, last: int) -> Segment | None:
        start, end = outline[first][0], outline[last - 1][2]
        between = samples[SAMPLES * first + 1 : SAMPLES * last]
        if start == end:
            return None
        if as_line(start, between, end, tolerance):
            return start, None, end
        if last == first + 1:
            return outline[first]
        control = as_curve(start, between, end, tolerance)
        return (start, control, end) if control else None

    cost = [0, *[10**9] * count]
    back: list[tuple[int, Segment]] = [(0, outline[0])] * (count + 1)
    for first in range(count):
        misses = 0
        for last in range(first + 1, min(count, first + REACH) + 1):
            if first == 0 and last == count:
                break
            found = replaced(first, last)
            if found is None:
                misses += 1
                if misses > MISSES:
                    break
            elif cost[first] + (2 if found[1] else 1) < cost[last]:
                cost[last] = cost[first] + (2 if found[1] else 1)
                back[last] = first, found
    made: list[Segment] = []
    while count:
        count, found = back[count]
        made.append(found)
    return made[::-1]


def points(outline: list[Segment]) -> Contour:
    """A contour's points; one on the curve in the middle of two controls goes without saying."""
    every: Contour = []
    for start, control, _end in outline:
        every.append((round(start[0]), round(start[1]), 1))
        if control:
            every.append((round(control[0]), round(control[1]), 0))
    kept: Contour = []
    for index, (x, y, on) in enumerate(every):
        a, b = every[index - 1], every[(index + 1) % len(every)]
        implied = on and not a[2] and not b[2] and abs(a[0] + b[0] - 2 * x) <= 1 and abs(a[1] + b[1] - 2 * y) <= 1
        if not implied or len(every) < 4:
            kept.append((x, y, on))
    return kept


def simplified(job: tuple[list[Contour], float]) -> list[Contour]:
    return [points(fewest(segments(contour), job[1])) for contour in job[0]]


def main(source: str, target: str, tolerance: str) -> None:
    font = TTFont(source, recalcTimestamp=False)
    table = font["glyf"]
    names = [name for name in font.getGlyphOrder() if table[name].numberOfContours > 0]
    glyphs = [table[name] for name in names]
    jobs = []
    for glyph in glyphs:
        glyph.expand(table)
        whole = [(x, y, flag & 1) for (x, y), flag in zip(glyph.coordinates, glyph.flags, strict=True)]
        starts = [0, *(end + 1 for end in glyph.endPtsOfContours)]
        contours = [whole[a:b] for a, b in pairwise(starts)]
        jobs.append((contours, float(tolerance)))
    with ProcessPoolExecutor() as pool:
        for glyph, contours in zip(glyphs, pool.map(simplified, jobs, chunksize=50), strict=True):
            contours = [contour for contour in contours if contour]  # one of a single point draws nothing
            flat = [point for contour in contours for point in contour]
            glyph.coordinates = GlyphCoordinates([(x, y) for x, y, _ in flat])
            glyph.flags = array("B", [on for *_, on in flat])
            glyph.numberOfContours = len(contours)
            glyph.endPtsOfContours = [end - 1 for end in accumulate(map(len, contours))]
            glyph.recalcBounds(table)
    for name, glyph in zip(names, glyphs, strict=True):  # renderers move an outline so that it begins there
        font["hmtx"][name] = font["hmtx"][name][0], glyph.xMin
    font.save(Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
