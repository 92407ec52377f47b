"""What stands on pages beside the text: page numbers; on forms the corner marks, the code and the count of pages.

In: the sheet, the measures, a page's place among its pages. Out: its constant parts and places, and for each unit the
parts of its code. All lengths are mm.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from circular_gen.sheet.blocks import Sheet
from circular_gen.sheet.slots import Values, fill
from circular_gen.typeset.flow import Side
from circular_gen.typeset.page import CornerMark, Glyphs, Item, Part, Place, Symbol
from circular_gen.typeset.text import Typist

_DASH = "—"
_CODE_SAMPLE = "0QR"


class Furniture(NamedTuple):
    """`number`: the printed page number; `coded`: whether the page carries a code."""

    parts: tuple[Part, ...] = ()
    places: tuple[Place, ...] = ()
    number: int | None = None
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Furnisher:
    """Furnishes the pages of one sheet."""

    sheet: Sheet
    typist: Typist
    corners: dict[bool, tuple[float, float, float]] = field(default_factory=dict)

    def page(self, index: int, count: int, side: Side) -> Furniture:
        """Page `index` (from 0) of `count`."""
        if self.sheet.form:
            return self._form_page(index, count, side)
        if not side.numbered or (self.sheet.format == "letter" and index == 0):
            return Furniture()
        return Furniture((Part(self._number(index + 1, side.landscape), "artefact"),), (), index + 1)

    def _number(self, number: int, landscape: bool) -> tuple[Item, ...]:
        """The number between two dashes under the type area, at the outer edge (clause 7.5). On a landscape page it
        stands where it would on the same page upright."""
        measures, typist = self.typist.measures, self.typist
        area = measures.area(False)
        inset = measures.page_number_inset
        y = area.bottom + measures.page_number_gap + typist.ink(_DASH, "page_number")[0]
        align = "right" if number % 2 else "left"
        text = f"{_DASH} {number} {_DASH}"
        line = typist.set([(text, "page_number")], area.left + inset, area.width - 2 * inset, y, align=align)[0]
        if not landscape:
            return line
        width = measures.paper(True)[0]
        return tuple(
            Glyphs(g.face, g.size, width - g.y, g.x, g.text, g.advances, g.colour, g.scale, turned=True)
            for g in line
            if isinstance(g, Glyphs)
        )

    def _form_page(self, index: int, count: int, side: Side) -> Furniture:
        measures, typist = self.typist.measures, self.typist
        width, height = measures.paper(side.landscape)
        inset, size = measures.corner_inset, measures.corner
        corners = [(inset, inset), (width - inset - size, inset)]
        corners += [(width - inset - size, height - inset - size), (inset, height - inset - size)]
        marks = tuple(CornerMark(identity, x, y, size) for identity, (x, y) in enumerate(corners))
        places = [Place(f"mark.{mark.identity}", "mark", mark.x, mark.y, mark.size, mark.size) for mark in marks]
        x, y, _ = self._symbol_corner(side.landscape)
        places.append(Place("qr", "qr", x, y, measures.qr_size, measures.qr_size))
        area = measures.area(side.landscape)
        line_y = area.bottom + measures.page_count_gap + typist.ink("第", "page_count")[0]
        text = f"第 {index + 1} 页 共 {count} 页"
        line = typist.set([(text, "page_count")], area.left, area.width, line_y, align="center")[0]
        return Furniture((Part((*marks, *line), "artefact"),), tuple(places), index + 1, True)

    def _symbol_corner(self, landscape: bool) -> tuple[float, float, float]:
        """The upper left corner of the symbol, in the white above the type area at its right, and the baseline of the
        readable code under its quiet zone."""
        corner = self.corners.get(landscape)
        if corner is None:
            measures = self.typist.measures
            area = measures.area(landscape)
            y = measures.qr_top
            baseline = y + measures.qr_size + measures.qr_quiet + self.typist.ink(_CODE_SAMPLE, "code")[0]
            corner = self.corners[landscape] = (area.left + area.width - measures.qr_size, y, baseline)
        return corner

    def running(self, landscape: bool, values: Values) -> Part:
        """What a form says at the head of its later pages, left of the code, its last line on the code's."""
        x, _, baseline = self._symbol_corner(landscape)
        left, measures = self.typist.measures.area(landscape).left, self.typist.measures
        width = x - measures.qr_quiet - left
        lines = self.typist.set([(fill(self.sheet.running, values), "page_count")], left, width, 0.0, align="left")
        above = self.typist.pitch("page_count")
        placed = [self.typist.lowered(line, baseline - above * number) for number, line in enumerate(reversed(lines))]
        return Part(tuple(item for line in reversed(placed) for item in line), "artefact")

    def code(self, page: int, readable: bool, landscape: bool, values: Values) -> Part:
        """The symbol of page `page` (from 1), or its readable code under it."""
        x, y, baseline = self._symbol_corner(landscape)
        size = self.typist.measures.qr_size
        if not readable:
            return Part((Symbol(values[f"code:{self.sheet.kind}:{page}"], x, y, size),), "code")
        text = values[f"readable:{self.sheet.kind}:{page}"]
        return Part(self.typist.set([(text, "code")], x - size, 3 * size, baseline, align="center")[0], "code")
