"""The style's measures in Word's units: twips (1/20 pt), half points, eighths of a point.

In: a `Style` and the format of a paper. Out: whole numbers for attributes. What Word does with an exact line is counted
in here: it sets the baseline at four fifths of the line's height, whatever the font.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from circular_gen.sheet.blocks import Annex, Face, Figure, Format, Signature
from circular_gen.sheet.slots import has_slot, split
from circular_gen.typeset.lines import cells_of, spaced
from circular_gen.typeset.signature import Sealed, SealMeasures, sealed
from circular_gen.typeset.style import Style
from circular_gen.typeset.title import shape_title

TWIPS_A_MM = 1440 / 25.4
_BASELINE = 0.8
"""Where Word and LibreOffice set the baseline in a line of exact height, as a share of it from the top."""
_SLACK = 3.0
"""mm that a page keeps free beside a picture: Word's lines are higher than what stands in them."""
_INK_ABOVE, _INK_BELOW = 0.85, 0.09
"""How far a Hanzi's ink rises above and falls below the baseline in the usual faces, in units of the type size."""


def text_cells(text: str) -> float:
    """The width of `text` in cells of its own size; a slot counts as six Hanzi."""
    parts = split(text)
    return sum(map(cells_of, parts[::2])) + 6.0 * (len(parts) // 2)


def spaced_cells(text: str) -> float:
    """The same, with the quarter of a cell that Word sets between Hanzi and Latin or digits."""
    parts = split(text)
    shown = "".join(part if index % 2 == 0 else "六" * 6 for index, part in enumerate(parts))
    return sum(spaced(shown, [cells_of(character) for character in shown], 1.0))


_Borders = list[tuple[str, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one paper. All lengths are whole twips unless a docstring says otherwise. `approvers`: lines of
    approvers in its head."""

    style: Style
    format: Format
    number_before: str = "— "
    number_after: str = " —"
    approvers: int = 1

    @property
    def red(self) -> str:
        """RRGGBB."""
        return "".join(f"{round(part * 255):02X}" for part in self.style.red)

    @property
    def widest_column(self) -> float:
        """Cells of text beyond which a column of free width asks for no more room."""
        return self.number("table.widest")

    # What the style says ---------------------------------------------------------------------------------------------

    def number(self, key: str) -> float:
        """The measure `key` in the style's own unit."""
        return self.style.number(key)

    def face(self, kind: str) -> Face:
        return self.style.type(kind).face

    def size(self, kind: str) -> float:
        """Points."""
        return self.style.type(kind).size

    def is_red(self, kind: str) -> bool:
        return self.style.type(kind).colour == "red"

    def blank(self, name: str) -> float:
        """Empty lines before an element."""
        return self.number(f"blank.{name}")

    # In Word's units -------------------------------------------------------------------------------------------------

    def mm(self, length: float) -> int:
        return round(length * TWIPS_A_MM)

    def points(self, key: str) -> int:
        """The measure `key`, which is in pt."""
        return round(self.number(key) * 20)

    def cells(self, count: float) -> int:
        """The width of so many Hanzi of the body."""
        return round(count * self.number("grid.cell") * 20)

    def own_cells(self, kind: str, count: float) -> int:
        """The width of so many Hanzi of an element's own type."""
        return round(count * self.size(kind) * 20)

    def lines(self, count: float) -> int:
        return round(count * self.line)

    def squeeze(self, size: float) -> int:
        """What a run's character spacing must be for type of `size` pt to keep within the cell, as 28 × 16 pt is wider
        than the type area; only the body's own size stands in cells."""
        if size != self.size("body"):
            return 0
        return min(0, math.floor((self.number("grid.cell") - size) * 20))

    def exact(self, line: int, before: int) -> dict[str, object]:
        """Attributes of w:spacing: exact lines, room above, none below."""
        return {"before": before, "after": 0, "line": line, "lineRule": "exact"}

    @property
    def line(self) -> int:
        return self.points("grid.line")

    @property
    def area_width(self) -> int:
        return self.mm(self.number("area.width"))

    @property
    def area_height(self) -> int:
        return self.mm(self.number("area.height"))

    @property
    def area_cells(self) -> float:
        return self.number("grid.cells")

    @property
    def left(self) -> int:
        return self.mm(self.number("page.left"))

    @property
    def table_rule(self) -> int:
        """Eighths of a point."""
        return round(self.number("table.rule") * 8)

    @property
    def colophon_rules(self) -> tuple[int, int]:
        """The outer and the inner rules' thickness in eighths of a point."""
        outer, inner = (self.number(f"colophon.rule.{which}") * 72 / 25.4 * 8 for which in ("outer", "inner"))
        return round(outer), round(inner)

    def page(self, landscape: bool) -> dict[str, dict[str, object]]:
        """Attributes of w:pgSz and w:pgMar. A landscape page is the portrait one turned to the right by a quarter: what
        was its left is its top."""
        width, height = self.number("page.width"), self.number("page.height")
        top, left = self.number("page.top"), self.number("page.left")
        right, bottom = width - left - self.number("area.width"), height - top - self.number("area.height")
        sides = (left, top, right, bottom) if landscape else (top, right, bottom, left)
        margins: dict[str, object] = {
            name: self.mm(side) for name, side in zip(("top", "right", "bottom", "left"), sides, strict=True)
        }
        margins |= {"header": self.mm(self.number("form.header")), "footer": self.footer, "gutter": 0}
        size: dict[str, object] = {"w": self.mm(width), "h": self.mm(height)}
        if landscape:
            size = {"w": self.mm(height), "h": self.mm(width), "orient": "landscape"}
        return {"pgSz": size, "pgMar": margins}

    @property
    def footer(self) -> int:
        """From the paper's foot to the page number's line: what sets its dash under the type area as clause 8 asks."""
        return self.mm(self.number("page_number.footer"))

    # The head block --------------------------------------------------------------------------------------------------

    def mark_size(self, text: str) -> float:
        """The size, in pt, at which the mark `text` is no wider than the type area."""
        widest = self.number("area.width") * 72 / 25.4 / max(1.0, text_cells(text))
        return min(self.size("mark"), math.floor(widest * 2) / 2)

    def joint_mark(self, names: Sequence[str], suffix: str) -> tuple[float, int]:
        """The size of a joint mark's letters, in pt, and the height of its lines: many names become smaller, so that
        page 1 shows body."""
        size = self.mark_size(max(names, key=text_cells) + suffix)
        ink, gap = (_INK_ABOVE + _INK_BELOW) * size, self.number("mark.joint.gap") * 72 / 25.4
        most = self.number("mark.joint.height") * 72 / 25.4 - (self.approvers - 1) * self.number("grid.line")
        shrink = min(1.0, most / (ink * len(names) + gap * (len(names) - 1)))
        line = self.points("mark.line") if shrink == 1 else round((ink + gap) * shrink * 20)
        return math.floor(size * shrink * 2) / 2, line

    def mark_before(self, size: float, urgencies: int, line: int | None = None) -> int:
        """The room above a mark of `size` pt, on lines of height `line`, that sets its ink where the standard wants it,
        under so many lines."""
        top = self.number("mark.top.order" if self.format == "order" else "mark.top")
        return self.mm(top) - self._ink(size, line or self.points("mark.line")) - urgencies * self.line

    def joint_before(self, names: Sequence[str], suffix: str, urgencies: int) -> int:
        """The room above a joint mark."""
        size, line = self.joint_mark(names, suffix)
        return self.mark_before(size, urgencies, line)

    @property
    def red_rule(self) -> dict[str, object]:
        """The border under the number."""
        below = (1 - _BASELINE) * self.line - _INK_BELOW * self.size("number") * 20
        gap = round((self.mm(self.number("rule.gap")) - below) / 20)
        return {"val": "single", "sz": round(self.number("rule.thickness") * 8), "space": gap, "color": self.red}

    @property
    def first_page_lines(self) -> int:
        """Lines of title, addressees and body that page 1 of a paper with a head block holds."""
        mark, gap = self.points("mark.line"), self.mm(self.number("rule.gap"))
        if self.format == "letter":
            top = self.mm(self.number("mark.top.letter") - self.number("page.top")) + mark + gap + 2 * self.line
        else:
            top = self.mm(self.number("mark.top")) + mark + self.lines(self.blank("number") + 1) + gap
        spare = self.lines(self.blank("title") + self.blank("addressees"))
        return (self.area_height - top - spare) // self.line

    def letter_mark(self, size: float) -> tuple[dict[str, object], dict[str, object]]:
        """The frames of a letter's mark and of the double rule under it (clause 10.1)."""
        top = self.number("mark.top.letter")
        ink = (_INK_ABOVE + _INK_BELOW) * size * 20
        under = self.number("letter.number.gap") * self.size("number") * 20 - self._ink(self.size("number"), self.line)
        frame = {**self._letter_frame, "wrap": "notBeside"}
        mark = {**frame, "y": self.mm(top) - self._ink(size, self.points("mark.line"))}
        return mark, {**frame, "vSpace": round(under), "y": round(self.mm(top + self.number("rule.gap")) + ink)}

    @property
    def letter_foot(self) -> dict[str, object]:
        """The frame of the double rule at the foot of a letter's first page."""
        y = self.mm(self.number("page.height") - self.number("letter.rule.foot"))
        return {**self._letter_frame, "wrap": "around", "y": y}

    @property
    def _letter_frame(self) -> dict[str, object]:
        width = self.mm(self.number("letter.rule.width"))
        return {"w": width, "vAnchor": "page", "hAnchor": "page", "xAlign": "center"}

    def double_rule(self, thick_first: bool) -> _Borders:
        """Borders of the lowest paragraph that make a thick and a thin rule. Not one of Word's own double borders:
        which of their rules is the upper one is read differently by different programs."""
        names = ("thick", "thin") if thick_first else ("thin", "thick")
        sizes = (round(self.number(f"letter.rule.{name}") * 8) for name in names)
        return [
            (side, {"val": "single", "sz": size, "space": 0, "color": self.red})
            for side, size in zip(("top", "bottom"), sizes, strict=True)
        ]

    def _ink(self, size: float, line: int) -> int:
        """From the top of an exact line to the upper edge of a Hanzi's ink."""
        return round(_BASELINE * line - _INK_ABOVE * size * 20)

    def figure(self, block: Figure, annex: Annex | None, landscape: bool) -> tuple[float, float]:
        """Width and height, in mm, of a picture under the label and title of `annex`, where it follows them: no larger
        than the room there is. A line of Word's own is kept for what it puts around a picture."""
        room = self.number("area.width" if landscape else "area.height") - self.number("figure.gap")
        wide = self.number("area.height" if landscape else "area.width")
        room -= _SLACK + (bool(block.caption) * self.number("table.line") * self.size("caption") * 25.4 / 72)
        if annex is not None:
            lines = 1.0 + (self.blank("annex_title") + len(self.title_lines(annex.title)) if annex.title else 0.0)
            room -= lines * self.line / TWIPS_A_MM
        art = block.art
        scale = min(wide / art.width, room / art.height)
        scale = scale if art.kind == "pdf" else min(1.0, scale)
        return art.width * scale, art.height * scale

    # Title and signature ---------------------------------------------------------------------------------------------

    def title_lines(self, text: str) -> list[str]:
        """The lines of a title; of one that each unit has of its own, whose words nobody knows yet, Word makes them."""
        if has_slot(text):
            return text.split("\n")
        return shape_title(text, int(self.number("title.cells")))

    def annex_number(self, number: int) -> str:
        """What stands before the name of one of several annexes."""
        return f"{number}."

    def sealed(self, block: Signature) -> Sealed:
        """Where the names, the date and the seals of a sealed paper stand, in mm."""
        cell, line = (self.number(key) * 25.4 / 72 for key in ("grid.cell", "grid.line"))
        measures = SealMeasures(
            self.number("area.width"),
            line,
            self.number("indent.sealed") * cell,
            self.diameter(block),
            self.number("seal.rise"),
            self.number("seal.gap"),
            self.number("seal.spread") * cell,
        )
        blank = None if block.diameter else self.blank("sealed") * line
        names = [text_cells(name) * cell for name in block.issuers]
        return sealed(names, spaced_cells(block.date) * cell, blank, measures)

    def centred(self, centres: Sequence[float]) -> dict[str, Any]:
        """Properties of a paragraph whose texts, a tab before each, stand centred at `centres`, mm from the left."""
        tabs = [("tab", {"val": "center", "pos": self.mm(centre)}) for centre in centres]
        return {"jc": {"val": "left"}, "ind": {"left": 0, "right": 0}, "tabs": tabs}

    def diameter(self, block: Signature) -> float:
        """Of the paper's seals, mm."""
        return block.diameter or self.number("seal.diameter")

    def unsealed(self, name: float, date: float) -> tuple[float, float]:
        """Cells right of an unsealed paper's signature and left of its date, for their widths in cells: the date begins
        two cells right of the signature's first character; a longer one stands at the inset itself."""
        inset, shift = self.number("indent.unsealed"), self.number("indent.unsealed.date")
        if date > name:
            left = self.area_cells - inset - date
            return self.area_cells - (left - shift + name), left
        return inset, self.area_cells - inset - name + shift
