"""What stands on a page → PDF content operators.

In: parts of a page (mm, y downwards) and the fonts' glyphs. Out: a content stream (pt, y upwards), complete in itself:
it begins and ends in black and with no horizontal scaling, so that streams may follow each other in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import NamedTuple

from circular_gen.output import qr
from circular_gen.output.pdf_objects import decimal
from circular_gen.output.tags import ARTEFACT
from circular_gen.sheet.blocks import Art, Face
from circular_gen.typeset.page import Colour, CornerMark, Frame, Glyphs, Image, Item, Part, Rule, Symbol

POINTS = 72 / 25.4
"""pt a mm."""
MARK_CELLS = 6
"""Cells a side of a corner mark, its black border included."""
MARK_PATTERNS = (
    (0b1011, 0b0101, 0b0011, 0b0010),
    (0b0000, 0b1111, 0b1001, 0b1010),
    (0b0011, 0b0011, 0b0010, 0b1101),
    (0b1001, 0b1001, 0b0100, 0b0110),
)
"""The inner cells of ArUco's dictionary 4×4_50, identities 0–3, row by row from the top; 1 is white."""

_LEAST = 0.5
"""1/1000 of the size: a glyph is moved only when it would stand off by this much."""


@dataclass(frozen=True, slots=True)
class FontTable:
    """`resource`: the font's name in the page's resources; `glyphs`: character → its glyph in hexadecimal; `widths`:
    character → its width in 1/1000 of the size."""

    resource: str
    glyphs: Mapping[str, str]
    widths: Mapping[str, float]


class Drawing(NamedTuple):
    """A content stream, the resource names of the fonts that it uses, and its pictures (see `pdf_art`)."""

    content: bytes
    fonts: frozenset[str]
    arts: tuple[Art, ...] = ()


class Pen:
    """Draws parts. `red`: RGB, 0–1."""

    def __init__(self, fonts: Mapping[Face, FontTable], red: tuple[float, float, float]) -> None:
        self._fonts = fonts
        self._colours: dict[Colour, str] = {"black": "0 g", "red": " ".join(map(decimal, red)) + " rg"}

    def draw(self, parts: Iterable[tuple[Part, str]], height: float) -> Drawing:
        """The content of a page of `height` mm that shows parts, in order, each with the operator that marks what it is
        (see `tags`); KeyError for a character that no font of the run has."""
        stream = _Stream(self._fonts, self._colours, height * POINTS)
        for part, mark in parts:
            stream.part(part.items, mark)
        return stream.finished()


class _Stream:
    """One content stream and the graphics state at its end."""

    __slots__ = ("_arts", "_colour", "_colours", "_font", "_fonts", "_in_text", "_scale", "_top", "_used", "_written")

    def __init__(self, fonts: Mapping[Face, FontTable], colours: Mapping[Colour, str], top: float) -> None:
        self._fonts, self._colours, self._top = fonts, colours, top
        self._written: list[str] = []
        self._colour: Colour = "black"
        self._font: tuple[str, float] | None = None
        self._scale = 1.0
        self._in_text = False
        self._used: set[str] = set()
        self._arts: dict[str, Art] = {}

    def part(self, items: tuple[Item, ...], mark: str) -> None:
        """What is marked as one; its rules say nothing to who hears it, and are artefacts."""
        if mark != ARTEFACT and (rules := tuple([item for item in items if isinstance(item, Rule)])):
            self.part(rules, ARTEFACT)
            items = tuple([item for item in items if not isinstance(item, Rule)])
        self._written.append(mark)
        self.items(items)
        self._end_text()
        self._written.append("EMC")

    def items(self, items: Iterable[Item]) -> None:
        for item in items:
            if type(item) is Glyphs:
                self._glyphs(item)
                continue
            self._end_text()
            if isinstance(item, Symbol):
                payload, x, y, size = item
                self._cells(x, y, size, qr.SIZE, qr.path(payload))
            elif isinstance(item, Rule):
                self._paint(item.colour)
                self._written.append(self._rectangle(item.x, item.y, item.width, item.height) + " f")
            elif isinstance(item, Frame):
                self._frame(item)
            elif isinstance(item, CornerMark):
                self._cells(item.x, item.y, item.size, MARK_CELLS, _MARKS[item.identity])
            elif isinstance(item, Image):
                self._image(item)

    def finished(self) -> Drawing:
        if self._scale != 1.0:
            self._written.append("BT 100 Tz ET")
        self._paint("black")
        return Drawing("\n".join(self._written).encode("ascii"), frozenset(self._used), tuple(self._arts.values()))

    def _glyphs(self, run: Glyphs) -> None:
        face, size, left, baseline, text, advances, colour, scale, turned = run
        self._begin_text()
        self._paint(colour)
        font = self._fonts[face]
        resource = font.resource
        if self._font != (resource, size):
            self._font = (resource, size)
            self._used.add(resource)
            self._written.append(f"/{resource} {decimal(size)} Tf")
        if self._scale != scale:
            self._scale = scale
            self._written.append(f"{decimal(100 * scale)} Tz")
        turn = "0 -1 1 0" if turned else "1 0 0 1"
        x, y = decimal(left * POINTS), decimal(self._top - baseline * POINTS)
        moves = _moves(tuple(map(font.widths.__getitem__, text)), advances, size * scale)
        shown = "".join(map(add, moves, map(font.glyphs.__getitem__, text)))
        self._written.append(f"{turn} {x} {y} Tm [<{shown}>] TJ")

    def _frame(self, frame: Frame) -> None:
        self._paint(frame.colour)
        x, y, width, height, line = frame.x, frame.y, frame.width, frame.height, frame.line
        inner = self._rectangle(x + line, y + line, width - 2 * line, height - 2 * line)
        self._written.append(f"{self._rectangle(x, y, width, height)} {inner} f*")

    def _image(self, image: Image) -> None:
        name = art_name(image.art)
        self._arts.setdefault(name, image.art)
        place = f"{decimal(image.x * POINTS)} {decimal(self._top - (image.y + image.height) * POINTS)}"
        size = f"{decimal(image.width * POINTS)} 0 0 {decimal(image.height * POINTS)}"
        self._written.append(f"q {size} {place} cm /{name} Do Q")

    def _cells(self, x: float, y: float, size: float, cells: int, path: str) -> None:
        """A black pattern of square cells, given as a path with a cell as its unit, filled as one."""
        self._paint("black")
        self._written.append(f"q {_grid(x, self._top - (y + size) * POINTS, size, cells)} cm\n{path}f Q")

    def _rectangle(self, x: float, y: float, width: float, height: float) -> str:
        bottom = self._top - (y + height) * POINTS
        return f"{decimal(x * POINTS)} {decimal(bottom)} {decimal(width * POINTS)} {decimal(height * POINTS)} re"

    def _paint(self, colour: Colour) -> None:
        if colour != self._colour:
            self._colour = colour
            self._written.append(self._colours[colour])

    def _begin_text(self) -> None:
        if not self._in_text:
            self._in_text = True
            self._written.append("BT")

    def _end_text(self) -> None:
        if self._in_text:
            self._in_text = False
            self._written.append("ET")


@lru_cache(maxsize=256)
def _grid(x: float, bottom: float, size: float, cells: int) -> str:
    """The matrix that makes a cell of a pattern the unit. `x`, `size` mm, `bottom` pt."""
    cell = f"{size * POINTS / cells:.5f}"
    return f"{cell} 0 0 {cell} {decimal(x * POINTS)} {decimal(bottom)}"


def art_name(art: Art) -> str:
    """The picture's name in a page's resources."""
    return f"A{art.digest[:16]}"


@lru_cache(maxsize=1024)
def _moves(widths: tuple[float, ...], advances: tuple[float, ...], size: float) -> tuple[str, ...]:
    """What stands before each glyph, to move it to its place; `size` pt: the same in all names of so many Hanzi. What
    is left out of one move counts in the next, so no glyph is ever off by more than `_LEAST`."""
    unit = POINTS * 1000 / size
    moves, off = [], 0.0
    for width, advance in zip(widths, advances, strict=True):
        move = round(off) if off >= _LEAST or off <= -_LEAST else 0
        moves.append(f">{move}<" if move else "")
        off += width - advance * unit - move
    return tuple(moves)


def _mark_path(pattern: tuple[int, ...]) -> str:
    black = (1 << MARK_CELLS) - 1
    rows = [black, *(black & ~(inner << 1) for inner in pattern), black]
    path = ""
    for y, row in enumerate(reversed(rows)):
        bits, x = f"{row:0{MARK_CELLS}b}", 0
        while (x := bits.find("1", x)) >= 0:
            end = bits.find("0", x)
            end = MARK_CELLS if end < 0 else end
            path += f"{x} {y} {end - x} 1 re\n"
            x = end
    return path


_MARKS = tuple(map(_mark_path, MARK_PATTERNS))
