"""Tables of a DOCX: tables, ruled grids of fields, areas to sign, the colophon.

In: a block, the measures and the width there is (twips). Out: w:tbl elements of fixed layout, whose head rows repeat on
every page and whose rows are never cut. A box to tick is the character □, which every Chinese font has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from circular_gen.output.docx_measures import Measures, text_cells
from circular_gen.output.wordml import Element, element, paragraph, properties, run
from circular_gen.sheet.blocks import Check, Colophon, Field, Fields, Mark, Signs, Table
from circular_gen.sheet.columns import column_shares, placed_cells

BOX = "□"
_RULE_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell ready to be written; `merge`: restart or continue of a cell over several rows."""

    content: tuple[Element, ...]
    columns: int = 1
    merge: str = ""
    align: str = "center"
    borders: tuple[str, ...] | None = None


def words(content: Iterable[str | Check]) -> str:
    """The text of a cell: its texts, and its boxes with their labels."""
    return "".join(BOX + part.label if isinstance(part, Check) else part for part in content)


def table(block: Table, m: Measures, width: int) -> Element:
    """A `Table` over the whole `width`."""
    widths = _column_widths(block, m, width)
    rows = []
    lasting: dict[
        int, tuple[int, int]
    ] = {}  # first column of a cell from above → its columns and the rows it still takes
    for row in block.rows:
        cells: list[_Cell] = []
        column = 0
        waiting = iter(row.cells)
        while column < len(widths):
            columns = 1
            if column in lasting:
                columns, left = lasting.pop(column)
                cells.append(_Cell((paragraph("GwCell"),), columns, "continue"))
                if left > 1:
                    lasting[column] = columns, left - 1
            elif (cell := next(waiting, None)) is None:
                cells.append(_Cell((paragraph("GwCell"),)))
            else:
                columns = min(cell.colspan, len(widths) - column)
                align = cell.align or ("center" if row.head else block.columns[column].align)
                content = _paragraph(row.head, block.style, align, words(cell.content))
                cells.append(_Cell((content,), columns, "restart" if cell.rowspan > 1 else ""))
                if cell.rowspan > 1:
                    lasting[column] = columns, cell.rowspan - 1
            column += columns
        rows.append(_row(cells, widths, m.mm(row.height), row.head))
    return _table(rows, widths, m, {"tblBorders": _rules(m.table_rule)})


def _paragraph(head: bool, style: str, align: str, text: str) -> Element:
    name = "GwHeadCell" if head else "GwField" if style == "form" else "GwCell"
    usual = "center" if head else "left"
    own: dict[str, Any] = {} if align == usual else {"jc": {"val": "both" if align == "justify" else align}}
    return paragraph(name, run(text), **own) if text else paragraph(name, **own)


def _column_widths(block: Table, m: Measures, width: int) -> list[int]:
    """Twips of every column."""
    texts = ((column, words(cell.content)) for column, cell in placed_cells(block) if cell.colspan == 1)
    room = width / (m.size("table") * 20)
    return _parts(column_shares([column.width for column in block.columns], texts, m.widest_column, room), width)


def _parts(shares: Sequence[float], width: int) -> list[int]:
    """`width` divided by `shares` in whole twips that add up to it."""
    edges, whole, reached = [0], sum(shares) or 1.0, 0.0
    for share in shares:
        reached += share
        edges.append(round(width * reached / whole))
    return [right - left for left, right in pairwise(edges)]


def fields(block: Fields, m: Measures, width: int) -> Element:
    """A `Fields` grid: label and value side by side, `block.columns` pairs a row."""
    pair = [m.number("form.label.share"), 1.0 - m.number("form.label.share")]
    widths = _parts(pair * block.columns, width)
    rows = []
    for line in _field_rows(block):
        cells: list[_Cell] = []
        for position, (field, span) in enumerate(line):
            left = 2 * (block.columns - sum(other for _, other in line[:position]))
            columns = left - 1 if position == len(line) - 1 else 2 * span - 1
            cells.append(_Cell((paragraph("GwFieldLabel", run(field.label)),)))
            text = field.value + words(_spaced(field.checks))
            cells.append(_Cell((paragraph("GwField", *([run(text)] if text else [])),), columns))
        height = max([m.mm(m.number("form.field.height")), *(m.mm(field.height) for field, _ in line)])
        rows.append(_row(cells, widths, height, head=False))
    return _table(rows, widths, m, {"tblBorders": _rules(m.table_rule)})


def _spaced(checks: Sequence[Check]) -> Iterator[str | Check]:
    for index, check in enumerate(checks):
        if index:
            yield " "
        yield check


def _field_rows(block: Fields) -> list[list[tuple[Field, int]]]:
    """The fields row by row with the pairs each takes; one that does not fit begins the next row."""
    rows: list[list[tuple[Field, int]]] = []
    room = 0
    for field in block.fields:
        span = min(field.span, block.columns)
        if span > room:
            rows.append([])
            room = block.columns
        rows[-1].append((field, span))
        room -= span
    return rows


def signs(block: Signs, m: Measures, width: int) -> Element:
    """Areas to sign or seal side by side, each with its label in the upper left corner."""
    sizes = [m.mm(area.width) for area in block.areas]
    gaps = len(sizes) - 1
    gap = max(m.mm(1.0), (width - sum(sizes)) // max(1, gaps)) if gaps else 0
    widths: list[int] = []
    cells: list[_Cell] = []
    for index, (area, size) in enumerate(zip(block.areas, sizes, strict=True)):
        if index:
            widths.append(gap)
            cells.append(_Cell((paragraph("GwField"),), borders=()))
        widths.append(size)
        label = paragraph("GwField", run(area.label))
        cells.append(_Cell((label,), align="top", borders=_RULE_SIDES[:4]))
    height = m.mm(max(area.height for area in block.areas))
    return _table([_row(cells, widths, height, head=False, m=m)], widths, m, {})


def colophon(block: Colophon, m: Measures, letter: bool) -> Element:
    """版记, floated to the foot of the type area; a letter's has neither rules nor a printing line (clause 10.1)."""
    width = m.area_width
    content: list[list[Element]] = []
    receivers = [(label, text) for label, text in (("主送：", block.addressees), ("抄送：", block.cc)) if text]
    if receivers:
        content.append([_receivers(label, text, m) for label, text in receivers])
    if block.printed_by and not letter:
        inset = _colophon_inset(m)
        text = f"{block.printed_by}\t{block.printed_on}印发" if block.printed_on else block.printed_by
        tabs = [("tab", {"val": "right", "pos": width - inset})]
        content.append([paragraph("GwColophon", run(text), tabs=tabs, ind={"left": inset}, jc={"val": "left"})])
    rows = [_row([_Cell(tuple(paragraphs))], [width], 0, head=False) for paragraphs in content]
    place = {
        "leftFromText": 0,
        "rightFromText": 0,
        "vertAnchor": "margin",
        "horzAnchor": "page",  # LibreOffice floats a table of full width only when it is placed on the page
        "tblpX": m.left,
        "tblpYSpec": "bottom",
    }
    values: dict[str, Any] = {"tblpPr": place, "tblOverlap": {"val": "never"}}
    if not letter:
        outer, inner = ({"val": "single", "sz": size, "space": 0, "color": "auto"} for size in m.colophon_rules)
        values["tblBorders"] = [("top", outer), ("bottom", outer), ("insideH", inner)]
    return _table(rows, [width], m, values, margin=0)


def _colophon_inset(m: Measures) -> int:
    return m.own_cells("colophon", m.number("colophon.inset"))


def _receivers(label: str, text: str, m: Measures) -> Element:
    inset, hanging = _colophon_inset(m), m.own_cells("colophon", text_cells(label))
    ending = "" if text.endswith("。") else "。"
    return paragraph(
        "GwColophon", run(label + text + ending), ind={"left": inset + hanging, "right": inset, "hanging": hanging}
    )


def joint_mark(block: Mark, m: Measures) -> Element:
    """A joint paper's mark: the issuers one under the other, 文件 at their right in the middle of their height."""
    longest = max(block.names, key=text_cells)
    size, line = m.joint_mark(block.names, block.suffix)
    letters: dict[str, Any] = {"sz": {"val": round(size * 2)}, "szCs": {"val": round(size * 2)}}
    unit = size * 20
    widths = [round(text_cells(longest) * unit) + 40, round(text_cells(block.suffix) * unit) + 40]
    rows = []
    for index, name in enumerate(block.names):
        names = paragraph("GwMark", run(name, values=letters), jc={"val": "distribute"}, spacing=m.exact(line, 0))
        suffix = paragraph(
            "GwMark", *([run(block.suffix, values=letters)] if index == 0 else []), spacing=m.exact(line, 0)
        )
        merge = "restart" if index == 0 else "continue"
        rows.append(_row([_Cell((names,)), _Cell((suffix,), merge=merge)], widths, 0, head=False))
    return _table(rows, widths, m, {"jc": {"val": "center"}}, margin=0)


def turned_footer(number: Element, m: Measures) -> Element:
    """The page number of a landscape page, turned to stand where it does on portrait pages (clause 8)."""
    place = {"vertAnchor": "page", "horzAnchor": "page", "tblpX": m.footer, "tblpY": m.left}
    cell = properties(
        "tcPr",
        {"tcW": {"w": m.points("page_number.line"), "type": "dxa"}, "noWrap": {}, "textDirection": {"val": "tbRl"}},
    )
    height = properties("trPr", {"trHeight": {"val": m.area_width, "hRule": "exact"}})
    row = element("tr", {}, height, element("tc", {}, cell, number))
    return _table([row], [m.points("page_number.line")], m, {"tblpPr": place, "tblOverlap": {"val": "never"}}, margin=0)


def _rules(size: int) -> list[tuple[str, dict[str, object]]]:
    return [(side, {"val": "single", "sz": size, "space": 0, "color": "auto"}) for side in _RULE_SIDES]


def _table(
    rows: Sequence[Element], widths: Sequence[int], m: Measures, values: dict[str, Any], margin: int | None = None
) -> Element:
    side = {"w": m.mm(m.number("table.margin")) if margin is None else margin, "type": "dxa"}
    above = {"w": m.mm(m.number("table.padding")) // 2 if margin is None else 0, "type": "dxa"}
    own: dict[str, Any] = {
        "tblW": {"w": sum(widths), "type": "dxa"},
        "tblLayout": {"type": "fixed"},
        "tblCellMar": [("top", above), ("left", side), ("bottom", above), ("right", side)],
        **values,
    }
    grid = element("tblGrid", {}, *(element("gridCol", {"w": width}) for width in widths))
    return element("tbl", {}, properties("tblPr", own), grid, *rows)


def _row(cells: Sequence[_Cell], widths: Sequence[int], height: int, head: bool, m: Measures | None = None) -> Element:
    own: dict[str, Any] = {"cantSplit": {}}
    if height:
        own["trHeight"] = {"val": height, "hRule": "atLeast"}
    if head:
        own["tblHeader"] = {}
    made = element("tr", {}, properties("trPr", own))
    column = 0
    for cell in cells:
        width = sum(widths[column : column + cell.columns])
        about: dict[str, Any] = {"tcW": {"w": width, "type": "dxa"}, "vAlign": {"val": cell.align}}
        if cell.columns > 1:
            about["gridSpan"] = {"val": cell.columns}
        if cell.merge:
            about["vMerge"] = {"val": cell.merge}
        if cell.borders and m is not None:
            rule = {"val": "single", "sz": m.table_rule, "space": 0, "color": "auto"}
            about["tcBorders"] = [(side, rule) for side in cell.borders]
        made.append(element("tc", {}, properties("tcPr", about), *cell.content))
        column += cell.columns
    return made
