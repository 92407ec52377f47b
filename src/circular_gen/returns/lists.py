"""A table of receipts as an office keeps it, XLSX or CSV, also the signing sheet that `register` writes.

In: a file with a heading row (单位, 签收人, 签收时间, 签收方式, 备注, or unit, by, at, how, note), perhaps
below a title. Out: a `Line` for each row that names a unit. Formulas are not computed: the saved values count.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from circular_gen.disk import disk_errors
from circular_gen.errors import CircularGenError
from circular_gen.messages import _

_COLUMNS = {
    "unit": ("unit", "单位", "收文单位", "单位名称", "单位代号", "代号"),
    "by": ("by", "签收人"),
    "at": ("at", "签收时间", "时间"),
    "how": ("how", "签收方式", "方式"),
    "note": ("note", "备注"),
    "number": ("number", "文号", "发文字号"),
}
_WAYS = {
    "paper": ("", "paper", "本人", "当面", "纸质", "书面"),
    "phone": ("phone", "电话"),
    "wechat": ("wechat", "微信"),
    "proxy": ("proxy", "代收", "代签"),
    "electronic": ("electronic", "电子", "邮件"),
}
_HEAD = 10
"""Rows among which the heading is looked for."""
_LARGEST = 50_000_000
_LARGEST_UNPACKED = 500_000_000
_MOST_ROWS = 200_000
_FORMULA = tuple("=+-@\t\r＝＋－＠")


class ListError(CircularGenError):
    """A file that is no list of receipts; says what would be."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row. `row`: as the file counts, from 1. `at`: a text, or the workbook's own time (the office's, without a
    zone). `how`: one of by_hand.WAYS, None where `way` is none of its words. `number`: of the circular, if it says."""

    row: int
    unit: str
    by: str
    at: str | datetime
    how: str | None
    way: str
    note: str
    number: str


def read_list(path: Path) -> tuple[Line, ...]:
    """The rows of the table at `path`. ListError for anything else than a table with columns for unit and signer."""
    return tuple(_lines(read_rows(path), path))


def read_rows(path: Path) -> Iterator[Sequence[Any]]:
    """The rows of the first sheet of a workbook, or of a CSV file, as cells. ListError for anything else."""
    with disk_errors():
        if path.stat().st_size > _LARGEST:
            raise ListError(_("{path} is too large for a list of receipts").format(path=path))
        data = path.read_bytes()
    return _workbook(data, path) if data[:4] == b"PK\x03\x04" else _text(data, path)


def _lines(rows: Iterable[Sequence[Any]], path: Path) -> Iterator[Line]:
    places: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise ListError(_("{path} has more than {count} rows").format(path=path, count=_MOST_ROWS))
        if not places:
            found = headings(row, _COLUMNS)
            if {"unit", "by"} <= found.keys():
                places = found
            elif number >= _HEAD:
                break
            continue
        cells = {name: row[place] if place < len(row) else None for name, place in places.items()}
        if not (unit := plain_cell(cells["unit"])):
            continue
        at = cells.get("at")
        way = plain_cell(cells.get("how"))
        yield Line(
            number,
            unit,
            plain_cell(cells["by"]),
            at if isinstance(at, datetime) else plain_cell(at),
            next((how for how, words in _WAYS.items() if way in words), None),
            way,
            plain_cell(cells.get("note")),
            plain_cell(cells.get("number")),
        )
    if not places:
        message = _(
            "{path} has no heading row with 单位 (unit) and 签收人 (by); 签收时间, 签收方式 and 备注 may follow"
        )
        raise ListError(message.format(path=path))


def headings(row: Sequence[Any], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Of each of `columns` (name → how it may be headed) that the row heads: the place of its first heading."""
    words = [plain_cell(cell).lower() for cell in row]
    return {
        name: next(place for place, word in enumerate(words) if word in known)
        for name, known in columns.items()
        if any(word in known for word in words)
    }


def plain_cell(cell: Any) -> str:
    """A cell as text, without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    if cell is None:
        return ""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    text = " ".join(str(cell).split())
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def _workbook(data: bytes, path: Path) -> Iterator[Sequence[Any]]:
    from openpyxl import load_workbook  # takes a while to import

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(member.file_size for member in package.infolist()) > _LARGEST_UNPACKED:
                raise ListError(_("{path} is too large for a list of receipts").format(path=path))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except CircularGenError:
        raise
    except Exception as error:  # noqa: BLE001 (openpyxl raises whatever a damaged part makes it stumble over)
        raise ListError(_("{path} is no workbook that can be read: {reason}").format(path=path, reason=error)) from None


def _text(data: bytes, path: Path) -> Iterator[Sequence[str]]:
    for encoding in ("utf-8-sig", "gb18030"):  # Excel saves CSV in the system's own
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ListError(_("{path} is neither a workbook nor a CSV file in UTF-8 or GB 18030").format(path=path))
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise ListError(_("{path} is no CSV file: {reason}").format(path=path, reason=error)) from None
