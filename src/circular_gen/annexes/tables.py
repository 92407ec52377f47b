"""Rows of texts → a table: which rows are its head, how each column stands.

In: a grid of cells as a file has it. Out: a `Table`, and what stood above and below it over its whole width.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from circular_gen.annexes.content import UnreadableError
from circular_gen.messages import _
from circular_gen.sheet.blocks import Align, Block, Cell, Column, Paragraph, Row, Table
from circular_gen.workspace.tabular import column_align

MOST_ROWS, MOST_COLUMNS = 5000, 60
_HEADING = 12
"""Characters that a heading has at most, where a file does not say which row is the head."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of a file. `align`: where the file says so."""

    text: str
    columns: int = 1
    rows: int = 1
    align: Align | None = None


def cleaned(text: str) -> str:
    """`text` with plain spaces, and without what is not seen or cannot stand on a paper."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = re.sub("[\t\u00a0\u2000-\u200a\u202f\u205f]", " ", text)
    return _UNSEEN.sub("", text)


def table_blocks(
    rows: Sequence[Sequence[Box]],
    columns: int,
    heads: int | None = None,
    shares: Sequence[float] | None = None,
) -> tuple[Block, ...]:
    """The table of `rows`, each of which covers `columns` together with the cells that reach into it from above.
    `heads`: how many rows are its head; None: found by their looks. `shares`: the columns' widths in proportion.
    A first or last row that is one cell over the whole width stands above or below the table. UnreadableError."""
    if len(rows) > MOST_ROWS or columns > MOST_COLUMNS:
        message = _("the table has {rows} rows and {columns} columns; an annex holds {most} rows and {wide} columns")
        message = message.format(rows=len(rows), columns=columns, most=MOST_ROWS, wide=MOST_COLUMNS)
        raise UnreadableError(message)
    body = list(rows)
    above: list[Block] = []
    below: list[Block] = []
    while len(body) > 1 and columns > 1 and _whole(body[0], columns):
        above.append(_line(body.pop(0)[0], "center"))
        heads = heads - 1 if heads else heads
    while len(body) > 1 and columns > 1 and _whole(body[-1], columns):
        below.insert(0, _line(body.pop()[0], None))
    heads = _heads(body, columns) if heads is None else max(0, min(heads, len(body)))
    texts: list[list[str]] = [[] for _column in range(columns)]
    for number, places in enumerate(_placed(body, columns)):
        for column, box in places:
            if number >= heads and box.columns == 1:
                texts[column].append(box.text)
    whole = sum(shares) if shares else 0.0
    made = tuple(
        Column(shares[column] / whole if shares and whole else None, column_align(texts[column]))
        for column in range(columns)
    )
    lines = tuple(
        Row(tuple(_cell(box, head=number < heads) for box in row), head=number < heads)
        for number, row in enumerate(body)
    )
    return (*above, Table(made, lines), *below)


def _cell(box: Box, head: bool) -> Cell:
    """A cell stands as its column does, unless the file says otherwise; a head stands in the middle."""
    align = None if head or box.align in (None, "justify", "left") else box.align
    return Cell((box.text,) if box.text else (), box.columns, box.rows, align)


def _whole(row: Sequence[Box], columns: int) -> bool:
    return len(row) == 1 and row[0].columns >= columns and row[0].rows == 1


def _line(box: Box, align: Align | None) -> Paragraph:
    stands = box.align or align or "left"
    stands = "left" if stands == "justify" else stands
    return Paragraph(" ".join(box.text.split("\n")), align=stands, indent=0.0, style="form")


def _placed(rows: Sequence[Sequence[Box]], columns: int) -> list[list[tuple[int, Box]]]:
    """The cells that begin in each row, with their columns."""
    waiting = [0] * columns
    placed: list[list[tuple[int, Box]]] = []
    for row in rows:
        here: list[tuple[int, Box]] = []
        column = 0
        for box in row:
            while column < columns and waiting[column]:
                column += 1
            if column >= columns:
                break
            here.append((column, box))
            for covered in range(column, min(columns, column + box.columns)):
                waiting[covered] = box.rows
            column += box.columns
        waiting = [max(0, left - 1) for left in waiting]
        placed.append(here)
    return placed


def _heads(rows: Sequence[Sequence[Box]], columns: int) -> int:
    """How many rows look like a head: the first, and those that its cells reach into. Every cell of a head says
    something short; a form, with room between its labels, has none."""
    if len(rows) < 3 or columns < 2:
        return 0
    reach, number = 1, 0
    while number < reach and number < len(rows):
        for box in rows[number]:
            text = box.text.replace("\n", "")
            if not text or len(text) > _HEADING or re.fullmatch(r"[\d.,%¥￥-]+", text):
                return 0
            reach = max(reach, number + (box.rows if number + box.rows > reach else 1))
            if box.columns > 1 and number + 1 >= reach:
                reach = number + 2  # what it heads has headings of its own
        number += 1
    return reach if reach < len(rows) and reach <= 4 else 0


def without_empty(rows: Sequence[Sequence[Box]]) -> list[Sequence[Box]]:
    """Rows from the first to the last that says something."""
    said = [number for number, row in enumerate(rows) if any(box.text.strip() for box in row)]
    return list(rows[said[0] : said[-1] + 1]) if said else []
