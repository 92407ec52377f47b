"""Tables: cells to rows, rows to pieces, with their rules.

In: a `Table` or a grid of `Fields`, the width there is. Out: its `Setting` (one piece a row; a row taller than a page
is cut between its lines). Where cells hold slots the setter is an `OwnBlock` of which a unit makes only those cells'
texts: the rules and all other cells are constant as long as the rows' heights are.

All lengths are mm.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from circular_gen.sheet.blocks import Align, Cell, Check, Field, Fields, Table, is_own
from circular_gen.sheet.columns import column_shares, words
from circular_gen.sheet.slots import Values
from circular_gen.typeset.flow import Metrics
from circular_gen.typeset.page import Entry, Frame, Item, Place, Rule
from circular_gen.typeset.setting import Fixed, Gap, Items, Measured, Setting, filler, shifted
from circular_gen.typeset.text import TextLine, Typist

Kind = Literal["table", "table_head", "form_cell", "form_label"]
"""The kinds of type in a table, by their names in the style."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A cell at its place in the grid."""

    cell: Cell
    kind: Kind
    row: int
    column: int
    rows: int
    columns: int
    align: Align


@dataclass(frozen=True, slots=True)
class _Row:
    height: float
    head: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, whatever block it comes from. `shares`: of the width, one a column; None: from the contents."""

    spots: tuple[_Spot, ...]
    rows: tuple[_Row, ...]
    shares: tuple[float | None, ...]


class _Text(NamedTuple):
    """A cell's content, broken. `lines`: items with y from the content's top; `pitch`: the lines' height; `boxes`: to
    tick, on which line and where."""

    lines: tuple[Items, ...]
    pitch: float
    boxes: tuple[tuple[int, Place], ...] = ()

    @property
    def height(self) -> float:
        return self.pitch * len(self.lines)


# Blocks to grids -----------------------------------------------------------------------------------------------------


def table_grid(block: Table) -> Grid:
    """The cells of `block` at their places; what a row lacks is empty cells."""
    count = len(block.columns)
    spots: list[_Spot] = []
    covered: set[tuple[int, int]] = set()
    for number, row in enumerate(block.rows):
        waiting = iter(row.cells)
        column = 0
        while column < count:
            if (number, column) in covered:
                column += 1
                continue
            cell = next(waiting, Cell())
            free = next((c for c in range(column, count) if (number, c) in covered), count)
            columns = max(1, min(cell.colspan, free - column))
            rows = max(1, min(cell.rowspan, len(block.rows) - number))
            covered.update((number + down, column + right) for down in range(rows) for right in range(columns))
            kind: Kind = "form_label" if row.head and block.style == "form" else "table_head" if row.head else "table"
            if block.style == "form" and not row.head:
                kind = "form_cell"
            align = cell.align or ("center" if row.head else block.columns[column].align)
            spots.append(_Spot(cell, kind, number, column, rows, columns, align))
            column += columns
    rows_ = tuple(_Row(row.height, row.head) for row in block.rows)
    return Grid(tuple(spots), rows_, tuple(column.width for column in block.columns))


def fields_grid(block: Fields, label_share: float, least_height: float) -> Grid:
    """Labels and values side by side, `block.columns` pairs a row."""
    count = max(1, block.columns)
    spots: list[_Spot] = []
    rows: list[_Row] = []
    for number, line in enumerate(_field_rows(block, count)):
        column = 0
        for position, (field, span) in enumerate(line):
            spots.append(_Spot(Cell((field.label,)), "form_label", number, column, 1, 1, "center"))
            columns = 2 * count - column - 1 if position == len(line) - 1 else 2 * span - 1
            spots.append(_Spot(_value(field), "form_cell", number, column + 1, 1, columns, "left"))
            column += 1 + columns
        rows.append(_Row(max([least_height, *(field.height for field, _ in line)]), False))
    return Grid(tuple(spots), tuple(rows), (label_share / count, (1 - label_share) / count) * count)


def _value(field: Field) -> Cell:
    content = ((field.value,) if field.value else ()) + field.checks
    return Cell(content, name=field.name)


def _field_rows(block: Fields, count: int) -> Iterator[list[tuple[Field, int]]]:
    """The fields row by row with the pairs each takes; one that does not fit begins the next row."""
    row: list[tuple[Field, int]] = []
    room = count
    for field in block.fields:
        span = min(max(1, field.span), count)
        if span > room:
            yield row
            row, room = [], count
        row.append((field, span))
        room -= span
    if row:
        yield row


# Grids to settings ---------------------------------------------------------------------------------------------------


class TableSetter:
    """Sets one grid into `width` from `left`, on pages whose type area is `room` high, `before` under what precedes."""

    def __init__(self, grid: Grid, typist: Typist, left: float, width: float, room: float, before: float) -> None:
        self.grid, self.measures, self.typist = grid, typist.measures, typist
        self.left, self.width, self.room, self.before = left, width, room, before
        self.own = [index for index, spot in enumerate(grid.spots) if is_own(spot.cell.content)]
        self._fill = [filler(grid.spots[index].cell.content) for index in self.own]
        flexible = {column for column, share in enumerate(grid.shares) if share is None}
        self._own_widths = any(
            grid.spots[index].columns == 1 and grid.spots[index].column in flexible for index in self.own
        )
        self._constant: dict[tuple[float, ...], list[_Text | None]] = {}
        self._fixed_edges: tuple[float, ...] | None = None
        if not self._own_widths:
            self._fixed_edges = self._edges({})
        self._layouts: dict[Hashable, _Layout] = {}

    def setting(self, values: Values) -> Setting:
        """The table with the texts of `values`; an OwnBlock's setting where cells hold slots."""
        return self._layout(*self._texts(values)).setting

    def measure(self, values: Values) -> Measured:
        """The own cells' texts."""
        edges, own = self._texts(values)
        layout = self._layout(edges, own)
        return Measured(
            layout.key,
            [
                own[number].lines[first]
                if last - first == 1
                else tuple([item for line in own[number].lines[first:last] for item in line])
                for number, first, last in layout.fragments
            ],
        )

    def _texts(self, values: Values) -> tuple[tuple[float, ...], list[_Text]]:
        contents = [fill(values) for fill in self._fill]
        edges = self._fixed_edges or self._edges(dict(zip(self.own, contents, strict=True)))
        spots = self.grid.spots
        return edges, [self._text(spots[i], content, edges) for i, content in zip(self.own, contents, strict=True)]

    def _text(self, spot: _Spot, content: tuple[str | Check, ...], edges: tuple[float, ...]) -> _Text:
        left, right = edges[spot.column], edges[spot.column + spot.columns]
        margin = self.measures.table_margin
        return _set_cell(content, spot.kind, spot.align, left + margin, right - left - 2 * margin, self.typist)

    def _edges(self, own: dict[int, tuple[str | Check, ...]]) -> tuple[float, ...]:
        """The columns' edges, from the left: given shares first, the rest by the longest text of each column."""
        texts = (
            (spot.column, words(own.get(index, spot.cell.content)))
            for index, spot in enumerate(self.grid.spots)
            if spot.columns == 1
        )
        room = self.width / self.typist.size_mm("table")
        parts = column_shares(self.grid.shares, texts, self.measures.table_widest, room)
        edges, reached, whole = [self.left], 0.0, sum(parts) or 1.0
        for part in parts:
            reached += part
            edges.append(round(self.left + self.width * reached / whole, 3))
        return tuple(edges)

    def _layout(self, edges: tuple[float, ...], own: list[_Text]) -> "_Layout":
        key = (edges, *[(len(text.lines), text.boxes) for text in own])
        layout = self._layouts.get(key)
        if layout is None:
            if edges not in self._constant:
                self._constant[edges] = [
                    None if index in self.own else self._text(spot, spot.cell.content, edges)
                    for index, spot in enumerate(self.grid.spots)
                ]
            texts = list(self._constant[edges])
            for index, text in zip(self.own, own, strict=True):
                texts[index] = text
            whole = [text for text in texts if text is not None]
            numbers = {index: number for number, index in enumerate(self.own)}
            layout = self._layouts[key] = _Layouter(self, edges, whole, numbers).layout(key)
        return layout


@dataclass(frozen=True, slots=True)
class _Layout:
    """A table whose rows have their heights. `fragments`: which lines (from, to) of which own cell each one holds."""

    key: Hashable
    setting: Setting
    fragments: tuple[tuple[int, int, int], ...]


class _Layouter:
    """Rows to pieces, for one set of texts."""

    def __init__(
        self, table: TableSetter, edges: tuple[float, ...], texts: list[_Text], numbers: dict[int, int]
    ) -> None:
        self.table, self.edges, self.texts, self.numbers = table, edges, texts, numbers
        self.grid, self.pad = table.grid, table.measures.table_padding
        self.line = table.measures.table_rule
        self.fragments: list[tuple[int, int, int]] = []
        self.starting: list[list[int]] = [[] for _ in self.grid.rows]
        """Of every row, the cells that begin in it."""
        for index, spot in enumerate(self.grid.spots):
            self.starting[spot.row].append(index)
        self.covering: list[list[_Spot]] = [[] for _ in self.grid.rows]
        """Of every row, the cells that cover it, from left to right."""
        for spot in self.grid.spots:
            for row in range(spot.row, spot.row + spot.rows):
                self.covering[row].append(spot)
        for spots in self.covering:
            spots.sort(key=lambda spot: spot.column)
        self.heads = next((number for number, row in enumerate(self.grid.rows) if not row.head), len(self.grid.rows))
        self.heights = [0.0] * len(self.grid.rows)
        head = self._measure(range(self.heads), table.room)
        self.repeated = self.heads if self.heads < len(self.grid.rows) and head <= table.room / 2 else 0
        """How many rows are repeated on each page: a head that leaves no room for its table is not."""
        self.room = table.room - (head if self.repeated else 0.0)
        self._measure(range(self.heads, len(self.grid.rows)), self.room)

    def _measure(self, rows: range, room: float) -> float:
        """Give `rows` their heights; the sum."""
        spanning = []
        for row in rows:
            self.heights[row] = min(self.grid.rows[row].height, room)
            for index in self.starting[row]:
                if self.grid.spots[index].rows == 1:
                    self.heights[row] = max(self.heights[row], self.texts[index].height + 2 * self.pad)
                else:
                    spanning.append(index)
        for index in sorted(spanning, key=lambda index: self.grid.spots[index].row + self.grid.spots[index].rows):
            spot = self.grid.spots[index]
            last = spot.row + spot.rows - 1
            missing = self.texts[index].height + 2 * self.pad - sum(self.heights[spot.row : last + 1])
            self.heights[last] += max(0.0, min(missing, room - self.heights[last]))
        return sum(self.heights[row] for row in rows)

    def layout(self, key: Hashable) -> _Layout:
        metrics: list[Metrics] = []
        contents: list[tuple[Fixed | Gap, ...]] = []
        for number, row in enumerate(self.grid.rows):
            linked = any(spot.row + spot.rows - 1 > number for spot in self.covering[number])
            glued = linked or (row.head and number + 1 < len(self.grid.rows))
            for height, content, places in self._pieces(number):
                before = self.table.before if not metrics else 0.0
                metrics.append(Metrics(height, before, glued, places=places))
                contents.append(content)
        setting = Setting(tuple(metrics), tuple(contents), self.repeated)
        return _Layout(key, setting, tuple(self.fragments))

    def _pieces(self, row: int) -> Iterator[tuple[float, tuple[Fixed | Gap, ...], tuple[Place, ...]]]:
        """The row, or its slices if it is taller than a page: height, contents, places."""
        height = self.heights[row]
        if height <= self.room or self.grid.rows[row].head:
            yield self._piece(row, height, 0, None)
            return
        texts = [self.texts[index] for index in self.starting[row]]
        pitch = max(text.pitch for text in texts)
        lines = max(1, int((self.room - 2 * self.pad) / pitch))
        count = max(len(text.lines) for text in texts)
        for first in range(0, count, lines):
            yield self._piece(row, min(lines, count - first) * pitch + 2 * self.pad, first, first + lines)

    def _piece(
        self, row: int, height: float, first: int, last: int | None
    ) -> tuple[float, tuple[Fixed | Gap, ...], tuple[Place, ...]]:
        """Lines `first` to `last` (None: all) of the row's cells in `height` mm."""
        contents: list[Fixed | Gap] = [Fixed(tuple(self._rules(row, height, first > 0)), "artefact")]
        places: list[Place] = []
        for index in self.starting[row]:
            spot, text = self.grid.spots[index], self.texts[index]
            tall = height if spot.rows == 1 else sum(self.heights[spot.row : spot.row + spot.rows])
            end = len(text.lines) if last is None else min(last, len(text.lines))
            top = self.pad
            if last is None and tall <= self.room:
                top = max(top, (tall - text.height) / 2)
            top -= first * text.pitch
            entry = _entry(spot, self.grid.rows[row].head)
            if index in self.numbers and first < end:
                contents.append(Gap(len(self.fragments), "cell", top, entry))
                self.fragments.append((self.numbers[index], first, end))
            elif any(text.lines[first:end]) or first == 0:  # empty cells too, so that every row has all its cells
                items = tuple([item for line in text.lines[first:end] for item in line])
                contents.append(Fixed(items, "cell", top, entry))
            if spot.cell.name:
                left, right = self.edges[spot.column], self.edges[spot.column + spot.columns]
                half = self.line / 2
                bounds = (left + half, half, right - left - self.line, tall - self.line)
                places.append(Place(spot.cell.name, "field", *bounds))
            places += [replace(box, y=box.y + top) for line, box in text.boxes if first <= line < end]
        return height, tuple(contents), tuple(places)

    def _rules(self, row: int, height: float, cut: bool) -> Iterator[Rule]:
        """All rules around the row's cells; `cut`: its upper part stands on the page before."""
        t = self.line
        edges, spots = self.edges, self.covering[row]
        tops = [(spot.column, spot.columns) for spot in spots if cut or spot.row == row]
        bottoms = [(spot.column, spot.columns) for spot in spots if spot.row + spot.rows - 1 == row]
        for y, spans in ((0.0, tops), (height, bottoms)):
            for first, last in _runs(spans):
                yield Rule(edges[first] - t / 2, y - t / 2, edges[last] - edges[first] + t, t)
        for column in [spot.column for spot in spots] + [len(edges) - 1]:
            yield Rule(edges[column] - t / 2, 0.0, t, height)


def _entry(spot: _Spot, head: bool) -> Entry:
    scope: Literal["", "column", "row"] = "column" if head else "row" if spot.kind == "form_label" else ""
    return Entry(spot.row, spot.column, spot.rows, spot.columns, scope)


def _runs(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring (column, columns) joined: from which edge to which."""
    runs: list[tuple[int, int]] = []
    for column, columns in spans:
        if runs and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + columns)
        else:
            runs.append((column, column + columns))
    return runs


# A cell's text -------------------------------------------------------------------------------------------------------


def _set_cell(
    content: Sequence[str | Check], kind: Kind, align: Align, left: float, width: float, typist: Typist
) -> _Text:
    """Break `content` into lines of `width` mm from `left`; a box to tick stays with its label's first characters."""
    pitch, baseline = typist.pitch(kind), typist.baseline(kind)
    if not any(isinstance(part, Check) for part in content):
        plain: list[Items] = []
        for text in "".join(content).split("\n") if content else ():  # type: ignore[arg-type]
            y = baseline + len(plain) * pitch
            plain += typist.set([(text, kind)], left, width, y, align=align, pitch=pitch, hang=False) if text else [()]
        return _Text(tuple(plain), pitch)
    rows: list[tuple[list[TextLine], list[tuple[str, float]]]] = [([], [])]
    x = 0.0
    for part in content:
        box = isinstance(part, Check)
        if isinstance(part, Check):
            need = typist.box + typist.box_gap + typist.width(part.label, kind)
            if x > 0 and x + need > width:
                rows.append(([], []))
                x = 0.0
            rows[-1][1].append((part.name, x))
            x += typist.box + typist.box_gap
        for number, text in enumerate((part.label if isinstance(part, Check) else part).split("\n")):
            if number:
                rows.append(([], []))
                x = 0.0
            for position, line in enumerate(typist.lines(text, kind, width, x, align == "justify") if text else ()):
                if position:
                    rows.append(([], []))
                rows[-1][0].append(line)
                x = line.end
        if box:
            x += typist.box_after
    lines, boxes = [], []
    for number, (texts, ticks) in enumerate(rows):
        end = max([line.end for line in texts] + [x + typist.box for _, x in ticks], default=0.0)
        spare = max(0.0, width - end)
        start = left + (spare if align == "right" else spare / 2 if align == "center" else 0.0)
        y = number * pitch + baseline
        items: list[Item] = []
        for name, x in ticks:
            bounds = (start + x, y - typist.box_rise, typist.box, typist.box)
            items.append(Frame(*bounds, typist.box_line))
            boxes.append((number, Place(name, "box", *bounds)))
        items += [shifted(glyphs, start, y) for line in texts for glyphs in line.glyphs]
        items.sort(key=lambda item: item.x)
        lines.append(tuple(items))
    return _Text(tuple(lines), pitch, tuple(boxes))
