"""A simple picture of lines and words, as SVG and as PNG.

In: a `Drawing`, its lengths in pixels from the upper left corner, and a font file. Out: bytes, the same for the same
drawing. Words are drawn as outlines in SVG, so that they look alike on a computer without the font; what they say
stands in the picture's title and description for those who cannot see it.
"""

import io
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

Anchor = Literal["start", "middle", "end"]
_PNG_SCALE = 2
_SMOOTH = 2
"""A PNG is drawn so many times larger and made smaller, which smooths its lines."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through `points`. `dash`: lengths of dashes and gaps, 0 for a whole line."""

    points: tuple[tuple[float, float], ...]
    color: str
    width: float = 1.0
    dash: float = 0.0


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    color: str


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; `y` is its baseline, `size` the font's."""

    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: Anchor = "start"


Shape = Stroke | Area | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """`title`, `description`: what it shows, for those who cannot see it."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    title: str
    description: str


def svg(drawing: Drawing, font: Path) -> bytes:
    """The drawing as SVG."""
    letters = _Letters(font)
    body = [_svg_shape(shape, letters) for shape in drawing.shapes]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}" '
        f'width="{drawing.width}" height="{drawing.height}" role="img">',
        f"<title>{escape(drawing.title)}</title>",
        f"<desc>{escape(drawing.description)}</desc>",
        "<defs>",
        *letters.definitions(),
        "</defs>",
        f'<rect width="{drawing.width}" height="{drawing.height}" fill="#ffffff"/>',
        *body,
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _svg_shape(shape: Shape, letters: "_Letters") -> str:
    if isinstance(shape, Words):
        return letters.line(shape)
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
    if isinstance(shape, Area):
        return f'<polygon points="{points}" fill="{shape.color}"/>'
    dash = f' stroke-dasharray="{shape.dash:g}"' if shape.dash else ""
    style = f'fill="none" stroke="{shape.color}" stroke-width="{shape.width:g}"{dash}'
    return f'<polyline points="{points}" {style}/>'


class _Letters:
    """The glyphs of a font, each defined once in the picture."""

    def __init__(self, font: Path) -> None:
        from fontTools.ttLib import TTFont

        opened = TTFont(font, lazy=True)
        self._glyphs, self._names = opened.getGlyphSet(), opened.getBestCmap()
        self._units: float = opened["head"].unitsPerEm
        self._used: dict[str, str] = {}

    def line(self, words: Words) -> str:
        names = [self._names.get(ord(letter), ".notdef") for letter in words.text]
        scale = words.size / self._units
        length = sum(self._glyphs[name].width for name in names) * scale
        x = words.x - {"start": 0.0, "middle": length / 2, "end": length}[words.anchor]
        uses, place = [], 0.0
        for name in names:
            self._used.setdefault(name, f"g{len(self._used)}")
            uses.append(f'<use href="#{self._used[name]}" x="{place:g}"/>')
            place += self._glyphs[name].width
        moved = f"translate({x:.2f} {words.y:.2f}) scale({scale:.6f} {-scale:.6f})"
        return f'<g transform="{moved}" fill="{words.color}">{"".join(uses)}</g>'

    def definitions(self) -> list[str]:
        from fontTools.pens.svgPathPen import SVGPathPen

        made = []
        for name, identity in self._used.items():
            pen = SVGPathPen(self._glyphs)
            self._glyphs[name].draw(pen)
            made.append(f'<path id="{identity}" d="{pen.getCommands()}"/>')
        return made


def png(drawing: Drawing, font: Path) -> bytes:
    """The drawing as PNG, twice as fine as its pixels."""
    from PIL import Image, ImageDraw, ImageFont

    scale = _PNG_SCALE * _SMOOTH
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    canvas = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Words):
            face = ImageFont.truetype(str(font), round(shape.size * scale))
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
            canvas.text((shape.x * scale, shape.y * scale), shape.text, shape.color, face, anchor)
            continue
        points = [(x * scale, y * scale) for x, y in shape.points]
        if isinstance(shape, Area):
            if len(points) > 2:
                canvas.polygon(points, shape.color)
            continue
        width = max(1, round(shape.width * scale))
        if not shape.dash:
            canvas.line(points, shape.color, width, joint="curve")
            continue
        for start, end in pairwise(points):
            for first, last in _dashes(start, end, shape.dash * scale):
                canvas.line((first, last), shape.color, width)
    small = image.resize((drawing.width * _PNG_SCALE, drawing.height * _PNG_SCALE), Image.Resampling.BOX)
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return written.getvalue()


Point = tuple[float, float]


def _dashes(start: Point, end: Point, dash: float) -> list[tuple[Point, Point]]:
    """A line in pieces of `dash` with gaps as long."""
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    if not length:
        return []

    def at(place: float) -> Point:
        share = min(place, length) / length
        return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share

    return [(at(2 * n * dash), at((2 * n + 1) * dash)) for n in range(int(length / (2 * dash)) + 1)]
