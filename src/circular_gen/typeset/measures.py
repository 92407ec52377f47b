"""The style's measures as layout asks for them: all in mm (type sizes in pt), lines and cells already multiplied.

In: a `Style`. Out: `Measures`, one per style; nothing here knows a clause's number, the style does.
"""

from functools import cached_property
from typing import NamedTuple

from circular_gen.sheet.blocks import Face, Format
from circular_gen.typeset.page import Colour
from circular_gen.typeset.signature import SealMeasures
from circular_gen.typeset.style import Style

PT = 25.4 / 72
"""mm."""


class Area(NamedTuple):
    """The type area of a page, mm from its upper left corner."""

    left: float
    top: float
    width: float
    bottom: float


class Measures:
    """The measures of one style."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._areas = (self._area(False), self._area(True))

    def _number(self, key: str) -> float:
        return self._style.number(key)

    def face(self, kind: str) -> Face:
        return self._style.type(kind).face

    def size(self, kind: str) -> float:
        """pt."""
        return self._style.type(kind).size

    def colour(self, kind: str) -> Colour:
        return self._style.type(kind).colour

    # The page --------------------------------------------------------------------------------------------------------

    def paper(self, landscape: bool) -> tuple[float, float]:
        """Width and height."""
        width, height = self._number("page.width"), self._number("page.height")
        return (height, width) if landscape else (width, height)

    def area(self, landscape: bool) -> Area:
        return self._areas[landscape]

    def _area(self, landscape: bool) -> Area:
        """A landscape page is the upright one turned to the right by a quarter: what was its left is its top."""
        top, left = self._number("page.top"), self._number("page.left")
        width, height = self._number("area.width"), self._number("area.height")
        if landscape:
            return Area(self._number("page.height") - top - height, left, height, left + width)
        return Area(left, top, width, top + height)

    @cached_property
    def cell(self) -> float:
        """The width of one Hanzi of the body."""
        return self._number("grid.cell") * PT

    @cached_property
    def line(self) -> float:
        return self._number("grid.line") * PT

    def pitch(self, kind: str) -> float:
        """The height of a line of such type."""
        if kind in ("title", "annex_title"):
            return self._number("title.line") * PT
        if kind == "form_title":
            return self._number("form.title.line") * PT
        if kind == "form":
            return self._number("form.line") * PT
        if kind == "colophon":
            return self._number("colophon.line") * PT
        if kind in ("table", "table_head", "form_cell", "form_label", "hint", "code", "page_count", "caption"):
            return self.table_line(kind)
        return self.line

    def table_line(self, kind: str) -> float:
        """The height of the closest lines that such type is set on."""
        return self._number("table.line") * self.size(kind) * PT

    def blank(self, name: str) -> float:
        """Empty lines before an element."""
        return self._number(f"blank.{name}") * self.line

    def indent(self, name: str) -> float:
        key = name if name.startswith("chop.") else f"indent.{name}"
        return self._number(key) * self.cell

    def seals(self, diameter: float, width: float) -> SealMeasures:
        """What places the seals of a signature in an area of `width`; `diameter`: theirs, 0 for the usual one."""
        return SealMeasures(
            width,
            self.line,
            self.indent("sealed"),
            diameter or self._number("seal.diameter"),
            self._number("seal.rise"),
            self._number("seal.gap"),
            self._number("seal.spread") * self.cell,
        )

    @property
    def tighten(self) -> float:
        """How close the body's lines may stand, as a share of their pitch, to take in a signature."""
        return self._number("text.tighten")

    # The head --------------------------------------------------------------------------------------------------------

    def mark_top(self, format: Format) -> float:  # noqa: A002
        """Where the mark's ink begins, from the top of the type area."""
        if format == "letter":
            return self._number("mark.top.letter") - self._number("page.top")
        return self._number("mark.top.order" if format == "order" else "mark.top")

    @property
    def mark_scale(self) -> float:
        """How narrow the letters of a long mark may become before they become smaller."""
        return self._number("mark.scale")

    @property
    def joint_gap(self) -> float:
        """Between the names of a joint mark."""
        return self._number("mark.joint.gap")

    @property
    def joint_height(self) -> float:
        """The most that the names of a joint mark may take together, so that page 1 shows body."""
        return self._number("mark.joint.height")

    @property
    def rule_gap(self) -> float:
        return self._number("rule.gap")

    @property
    def red_rule(self) -> float:
        return self._number("rule.thickness") * PT

    @property
    def letter_rule_width(self) -> float:
        return self._number("letter.rule.width")

    @property
    def letter_rules(self) -> tuple[float, float, float]:
        """The thick rule, the gap and the thin rule."""
        thick, gap, thin = (self._number(f"letter.rule.{name}") * PT for name in ("thick", "gap", "thin"))
        return thick, gap, thin

    @property
    def letter_foot(self) -> float:
        """Where the rules at a letter's foot stand, from the paper's top."""
        return self._number("page.height") - self._number("letter.rule.foot")

    @property
    def letter_number_gap(self) -> float:
        """Between the rule and the ink of a letter's number."""
        return self._number("letter.number.gap") * self.size("number") * PT

    # The foot --------------------------------------------------------------------------------------------------------

    @property
    def colophon_inset(self) -> float:
        return self._number("colophon.inset") * self.size("colophon") * PT

    @property
    def colophon_rules(self) -> tuple[float, float]:
        """Thickness of the outer and the inner rules."""
        return self._number("colophon.rule.outer"), self._number("colophon.rule.inner")

    @property
    def page_number_gap(self) -> float:
        """From the type area to the upper edge of the dashes."""
        return self._number("page_number.gap")

    @property
    def page_number_inset(self) -> float:
        return self._number("page_number.inset") * self.size("page_number") * PT

    # Tables and forms ------------------------------------------------------------------------------------------------

    @cached_property
    def table_rule(self) -> float:
        return self._number("table.rule") * PT

    @cached_property
    def table_margin(self) -> float:
        """Beside a cell's text."""
        return self._number("table.margin")

    @cached_property
    def table_padding(self) -> float:
        """Above and below a cell's text."""
        return self._number("table.padding")

    @property
    def table_gap(self) -> float:
        """Above a table, and between areas to sign."""
        return self._number("table.gap")

    @property
    def figure_gap(self) -> float:
        """Above a picture."""
        return self._number("figure.gap")

    @property
    def table_widest(self) -> float:
        """Cells of text beyond which a column asks for no more room."""
        return self._number("table.widest")

    @property
    def label_share(self) -> float:
        """Of a field's width, its label's share."""
        return self._number("form.label.share")

    @property
    def field_height(self) -> float:
        return self._number("form.field.height")

    @cached_property
    def box(self) -> float:
        """The side of a box to tick."""
        return self._number("form.box")

    @cached_property
    def box_line(self) -> float:
        return self._number("form.box.line")

    @cached_property
    def box_gap(self) -> float:
        """Between a box and its label."""
        return self._number("form.box.gap")

    @cached_property
    def box_after(self) -> float:
        """Between a label and the next box."""
        return self._number("form.box.after")

    @cached_property
    def ascent(self) -> float:
        """em: from the top of a character's body to its baseline."""
        return self._number("text.ascent")

    @property
    def title_cells(self) -> int:
        """The most characters on a title's line."""
        return int(self._number("title.cells"))

    @cached_property
    def qr_size(self) -> float:
        """Of the symbol on every page of a form, without its quiet zone."""
        return self._number("form.qr")

    @cached_property
    def qr_quiet(self) -> float:
        return self._number("form.qr.quiet")

    @cached_property
    def qr_top(self) -> float:
        """From the paper's top."""
        return self._number("form.qr.top")

    @property
    def corner(self) -> float:
        """The side of a corner mark."""
        return self._number("form.corner")

    @property
    def corner_inset(self) -> float:
        """From the paper's edges to the corner marks."""
        return self._number("form.corner.inset")

    @property
    def page_count_gap(self) -> float:
        return self._number("form.count.gap")
