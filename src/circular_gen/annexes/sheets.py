"""A workbook's sheet or a CSV file → a table as it is shown: number formats, dates, results of formulas, merged cells.

In: the bytes, which sheet and range are wanted. Out: blocks. Hidden rows and columns stay hidden; empty ones
around the table are left out. Formulas are not computed: what the spreadsheet program saved as their results is shown.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from typing import Any

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.annexes.number_formats import CJK_DATES, is_date, shown
from circular_gen.annexes.tables import MOST_COLUMNS, MOST_ROWS, Box, cleaned, table_blocks
from circular_gen.messages import _
from circular_gen.sheet.blocks import Align
from circular_gen.workspace.findings import nearest

MOST_XML = 60_000_000
"""Bytes of a workbook's parts, unpacked."""
_ALIGNS: dict[str, Align] = {"left": "left", "right": "right", "center": "center", "centerContinuous": "center"}
_ERRORS = frozenset(("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!", "#SPILL!"))


def read_csv(data: bytes) -> Content:
    """The table of a CSV file in UTF-8, UTF-16 or GB 18030. UnreadableError."""
    text = _decoded(data)
    try:
        rows = [
            [cleaned(cell).strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), _dialect(text))
        ]
    except csv.Error as error:
        raise UnreadableError(_("the CSV file is damaged ({reason})").format(reason=error)) from None
    while rows and not any(rows[-1]):
        rows.pop()
    while rows and not any(rows[0]):
        rows.pop(0)
    if not rows:
        raise UnreadableError(_("the file is empty"))
    wide = max(map(len, rows))
    while wide > 1 and not any(row[wide - 1] for row in rows if len(row) >= wide):
        wide -= 1
    boxes = [[Box(text) for text in (*row, *[""] * (wide - len(row)))][:wide] for row in rows]
    return Content(table_blocks(boxes, wide, heads=1 if len(boxes) > 1 else 0))


def _decoded(data: bytes) -> str:
    for start, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(start):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                break
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UnreadableError(_("the CSV file is neither UTF-8 nor GB 18030; save it as “CSV UTF-8”"))


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, unless the first line has more semicolons or tabs."""
    first = text[:10_000].split("\n", 1)[0]
    mark = max(",;\t", key=lambda sign: (first.count(sign), sign == ","))

    class Found(csv.excel):
        delimiter = mark

    return Found


def read_workbook(data: bytes, sheet: str, cells: str) -> Content:
    """The table of `sheet` (empty: the first that is not hidden) in the range `cells` (empty: its print area, or all
    that is filled). UnreadableError."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _bounded(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
            formulas = load_workbook(io.BytesIO(data), keep_links=False)
    except UnreadableError:
        raise
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        SyntaxError,
    ):
        raise UnreadableError(_("the workbook is damaged; save it anew as .xlsx")) from None
    page = _sheet(book, sheet)
    return _Reader(page, formulas[page.title], cells).content()


def _bounded(data: bytes) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("the workbook is protected by a password or of the old kind (.xls); save it as .xlsx without one")
        raise UnreadableError(message)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
            size = sum(
                item.file_size for item in package.infolist() if item.filename.lower().endswith((".xml", ".rels"))
            )
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise UnreadableError(_("the workbook is damaged; save it anew as .xlsx")) from None
    if "xl/workbook.xml" not in names:
        raise UnreadableError(_("the file is no Excel workbook (.xlsx)"))
    if size > MOST_XML:
        message = _("the workbook has {size:.0f} MB when unpacked; at most {most:.0f} MB are read")
        raise UnreadableError(message.format(size=size / 1e6, most=MOST_XML / 1e6))


def _sheet(book: Any, name: str) -> Any:
    from openpyxl.worksheet.worksheet import Worksheet

    pages = [page for page in book.worksheets if isinstance(page, Worksheet)]
    if name:
        for page in pages:
            if page.title.strip() == name.strip():
                return page
        near = nearest(name, [page.title for page in pages], 1)
        message = _("there is no sheet {name} in the workbook").format(name=name)
        raise UnreadableError(message + (_("; did you mean {nearest}?").format(nearest=near[0]) if near else ""))
    visible = [page for page in pages if page.sheet_state == "visible"]
    if not visible:
        raise UnreadableError(_("the workbook has no sheet"))
    return visible[0]


class _Reader:
    """Reads one sheet."""

    def __init__(self, page: Any, formulas: Any, cells: str) -> None:
        self.page, self.formulas = page, formulas
        self.given = cells.strip()
        self.notices: list[str] = []
        self._moved: dict[tuple[int, int], tuple[int, int]] = {}
        """Merged cells whose first row or column is hidden → where their value stands."""

    def content(self) -> Content:
        left, top, right, bottom = self._bounds()
        rows = [row for row in range(top, bottom + 1) if not self.page.row_dimensions[row].hidden]
        hidden = self._hidden_columns()
        columns = [column for column in range(left, right + 1) if column not in hidden]
        if not rows or not columns:
            raise UnreadableError(_("the sheet {name} is empty").format(name=self.page.title))
        grid, count = self._grid(rows, columns)
        if not any(box.text for row in grid for box in row):
            raise UnreadableError(_("the sheet {name} is empty").format(name=self.page.title))
        return Content(
            table_blocks(grid, count, self._heads(rows)), self._lies(), notices=tuple(dict.fromkeys(self.notices))
        )

    def _lies(self) -> bool:
        return str(self.page.page_setup.orientation or "") == "landscape"

    def _bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what is shown, from 1."""
        from openpyxl.utils.cell import range_boundaries

        page = self.page
        whole = (1, 1, max(1, page.max_column), max(1, page.max_row))
        left, top, right, bottom = whole
        if wanted := self.given or self._print_area():
            try:
                found = range_boundaries(wanted.replace("：", ":").replace("$", "").upper())
            except (ValueError, TypeError):
                message = _("a range is written like A1:F20, not {range}")
                raise UnreadableError(message.format(range=wanted)) from None
            left, top, right, bottom = (
                here if here is not None else other for here, other in zip(found, whole, strict=True)
            )
            right, bottom = min(right, whole[2]), min(bottom, whole[3])
        filled = [
            (cell.row, cell.column)
            for cell in page._cells.values()
            if cell.value not in (None, "") and top <= cell.row <= bottom and left <= cell.column <= right
        ]
        if not filled:
            raise UnreadableError(_("the sheet {name} is empty").format(name=page.title))
        if not self.given:
            top, bottom = min(row for row, _column in filled), max(row for row, _column in filled)
            left, right = min(column for _row, column in filled), max(column for _row, column in filled)
            for merged in page.merged_cells.ranges:
                if top <= merged.min_row <= bottom and left <= merged.min_col <= right:
                    right = max(right, min(merged.max_col, left + MOST_COLUMNS))
                    bottom = max(bottom, merged.max_row)
        if bottom - top + 1 > MOST_ROWS or right - left + 1 > MOST_COLUMNS:
            message = _(
                "the table has {rows} rows and {columns} columns; an annex holds {most} rows and {wide} columns"
            )
            message = message.format(rows=bottom - top + 1, columns=right - left + 1, most=MOST_ROWS, wide=MOST_COLUMNS)
            raise UnreadableError(message + _("; choose a part with range: A1:F20"))
        return left, top, right, bottom

    def _print_area(self) -> str:
        area = self.page.print_area
        text = (area[0] if isinstance(area, list) and area else area) or ""
        text = str(text).split(",")[0]
        return text.rsplit("!", 1)[-1]

    def _hidden_columns(self) -> set[int]:
        from openpyxl.utils import column_index_from_string

        hidden: set[int] = set()
        for letter, dimension in self.page.column_dimensions.items():
            if dimension.hidden:
                first = dimension.min or column_index_from_string(letter)
                last = min(dimension.max or first, first + 16_384)
                hidden.update(range(first, last + 1))
        return hidden

    def _heads(self, rows: Sequence[int]) -> int | None:
        """The rows that the sheet repeats on every printed page, or keeps in sight; None where it says nothing."""
        titles = re.search(r"(\d+):\$?(\d+)$", str(self.page.print_title_rows or ""))
        if titles:
            return sum(row <= int(titles[2]) for row in rows)
        frozen = re.fullmatch(r"[A-Z]+(\d+)", str(self.page.freeze_panes or ""))
        if frozen and int(frozen[1]) > 1:
            return sum(row < int(frozen[1]) for row in rows) or None
        if self.page.auto_filter and self.page.auto_filter.ref:
            row = re.match(r"\$?[A-Z]+\$?(\d+)", str(self.page.auto_filter.ref))
            if row and int(row[1]) in rows:
                return rows.index(int(row[1])) + 1
        return None

    def _grid(self, rows: Sequence[int], columns: Sequence[int]) -> tuple[list[list[Box]], int]:
        spans: dict[tuple[int, int], tuple[int, int]] = {}
        covered: set[tuple[int, int]] = set()
        for merged in self.page.merged_cells.ranges:
            inner = [
                (row, column)
                for row in rows
                if merged.min_row <= row <= merged.max_row
                for column in columns
                if merged.min_col <= column <= merged.max_col
            ]
            if inner:
                height, width = len({row for row, _column in inner}), len({column for _row, column in inner})
                spans[inner[0]] = (height, width)
                covered.update(inner[1:])
                if inner[0] != (merged.min_row, merged.min_col):
                    self._moved[inner[0]] = (merged.min_row, merged.min_col)
        grid = []
        for row in rows:
            line = []
            for column in columns:
                if (row, column) not in covered:
                    height, width = spans.get((row, column), (1, 1))
                    line.append(self._box(*self._moved.get((row, column), (row, column)), height, width))
            grid.append(line)
        return grid, len(columns)

    def _box(self, row: int, column: int, rows: int, columns: int) -> Box:
        cell = self.page._cells.get((row, column))
        if cell is None:
            return Box("", columns, rows)
        value = cell.value
        if value is None:
            formula = self.formulas._cells.get((row, column))
            if formula is not None and formula.data_type == "f":
                message = _("the formula in {cell} has no saved result; open the workbook in Excel or WPS and save it")
                raise UnreadableError(message.format(cell=cell.coordinate))
        if isinstance(value, str) and value in _ERRORS:
            self.notices.append(_("{cell} shows the error {error}").format(cell=cell.coordinate, error=value))
        code = cell.number_format or ""
        identity = cell._style.numFmtId if cell.has_style else 0
        if identity in CJK_DATES and code in ("General", ""):
            code = CJK_DATES[identity]
            value = _as_date(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and is_date(code):
            value = _as_date(value)
        text = cleaned(shown(value, code)).strip()
        horizontal = cell.alignment.horizontal if cell.has_style and cell.alignment else None
        return Box(text, columns, rows, _ALIGNS.get(horizontal or ""))


def _as_date(value: object) -> object:
    from openpyxl.utils.datetime import from_excel

    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return from_excel(value)
        except (ValueError, OverflowError):
            return value
    return value
