"""How a rule looks at a paper: what it has seen, and the kinds of comparison that most rules need.

In: a `Paper` and the `Style` that gives every expected figure. Out: `Seen`, right or wrong. A rule says nothing about
an element that is not there, and `measured=None` about one that this kind of file cannot tell. Lengths are mm, type
sizes pt.
"""

import colorsys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from circular_gen.checks.paper import NOWHERE, PT, Block, Line, Paper, Place, Span
from circular_gen.messages import _
from circular_gen.sheet.blocks import Face
from circular_gen.typeset.style import Style

FACES: dict[Face, str] = {
    "fangsong": "仿宋",
    "xiaobiaosong": "小标宋",
    "hei": "黑体",
    "kai": "楷体",
    "song": "宋体",
}


class Seen(NamedTuple):
    """One thing that a rule looked at. `measured`: None where this file cannot tell; `expected`: as it is shown;
    `unit`: mm, pt, line, cell, off (mm to the right of where it belongs) or nothing;
    `source`: the entry of gbt9704.yaml where it is another than the rule's."""

    right: bool
    measured: float | str | None
    expected: float | str
    unit: str = ""
    place: Place = NOWHERE
    source: str = ""


Look = Callable[["Eye"], Iterator[Seen]]


@dataclass(frozen=True, slots=True)
class Eye:
    """A paper and the figures to measure it by."""

    paper: Paper
    style: Style
    standard: Style
    """The packaged figures: for what an older gbt9704.yaml of an office does not have."""

    @property
    def exact(self) -> bool:
        """A PDF: what was measured is what is printed."""
        return self.paper.sheet.kind == "pdf"

    def number(self, key: str) -> float:
        return self.style.number(key) if key in self.style.measures else self.standard.number(key)

    @property
    def cell(self) -> float:
        """mm."""
        return self.number("grid.cell") * PT

    @property
    def line(self) -> float:
        """mm: the body's own pitch, else the expected one."""
        return (self.paper.sheet.pitch or self.number("grid.line")) * PT

    @property
    def type_area(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.paper.sheet.edges

    def as_wide_as_area(self, line: Line) -> Seen:
        """The standard wants rules as wide as the type area: the paper's own, or what it should be."""
        left, _top, right, _bottom = self.type_area
        seen = self.near(line.width, "area.width", 1.2, line.place)
        own = line.width is not None and abs(line.width - (right - left)) <= 1.2
        return seen._replace(right=seen.right or own)

    # Kinds of comparison ---------------------------------------------------------------------------------------------

    def near(
        self,
        measured: float | None,
        key: str,
        within: float,
        place: Place = NOWHERE,
        *,
        per: float = 1.0,
        unit: str = "",
    ) -> Seen:
        """`measured` (in mm or pt; `per` of them are one unit) beside measure `key`; `within` is in the same unit as
        `measured`."""
        expected = self.number(key)
        unit = unit or (self.style.measures.get(key) or self.standard.measures[key]).unit
        if measured is None:
            return Seen(True, None, expected, unit, place)
        return Seen(abs(measured - expected * per) <= within, measured / per, expected, unit, place)

    def cells(self, measured: float | None, key: str, within: float, place: Place = NOWHERE) -> Seen:
        """`measured` mm beside a measure in cells; `within` in cells."""
        return self.near(measured, key, within * self.cell, place, per=self.cell)

    def lines(self, measured: float | None, key: str, within: float, place: Place = NOWHERE) -> Seen:
        if measured is not None and -0.5 * self.line < measured < 0:
            measured = 0.0  # the line above has the smaller type
        return self.near(measured, key, within * self.line, place, per=self.line)

    def size(self, blocks: Sequence[Block], kind: str, within: float = 0.3) -> Iterator[Seen]:
        expected = self.style.type(kind).size
        for block in blocks:
            yield Seen(abs(block.size - expected) <= within, block.size, expected, "pt", block.place)

    def face(self, spans: Sequence[Span], kind: str, place: Place) -> Iterator[Seen]:
        """The face that most Hanzi of `spans` have."""
        expected = self.style.type(kind).face
        counts: dict[str, int] = {}
        for span in spans:
            hanzi = sum("\u3400" <= character <= "\u9fff" for character in span.text)
            if hanzi:
                counts[span.font] = counts.get(span.font, 0) + hanzi
        if not counts:
            return
        font = max(counts, key=counts.__getitem__)
        face = next(span.face for span in spans if span.font == font)
        shown = f"{FACES[face]}（{font.split('+')[-1]}）" if face else None
        yield Seen(face in (expected, None), shown, FACES[expected], "", place)

    def faces(self, blocks: Sequence[Block], kind: str) -> Iterator[Seen]:
        for block in blocks:
            yield from self.face(block.spans, kind, block.place)

    def centred(self, blocks: Sequence[Block], within: float = 2.5) -> Iterator[Seen]:
        for block in blocks:
            if block.centre is None:
                yield Seen(True, None, 0.0, "off", block.place)
            else:
                yield Seen(abs(block.centre) <= within, round(block.centre, 1), 0.0, "off", block.place)


def named_colour(colour: str) -> str:
    """A colour with its name: RRGGBB tells a clerk nothing."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    if full < 0.15 or light < 0.12 or light > 0.95:
        name = _("black") if light < 0.2 else _("grey") if light < 0.9 else _("white")
    else:
        names = (_("red"), _("orange"), _("yellow"), _("green"), _("blue"), _("purple"), _("red"))
        name = names[sum(hue >= bound for bound in (0.04, 0.11, 0.19, 0.45, 0.72, 0.92))]
    return f"{name}（#{colour}）"


def sizes(element: str, kind: str, within: float = 0.3) -> Look:
    return lambda eye: eye.size(_blocks(eye, element), kind, within)


def faces(element: str, kind: str) -> Look:
    return lambda eye: eye.faces(_blocks(eye, element), kind)


def middle(element: str) -> Look:
    return lambda eye: eye.centred(_blocks(eye, element))


def _blocks(eye: Eye, element: str) -> tuple[Block, ...]:
    value = getattr(eye.paper, element)
    return value if isinstance(value, tuple) else (value,) if value is not None else ()
