"""Lists of units that an office keeps elsewhere: a CSV file, a workbook's sheet, or what a database answers.

In: what recipients.yaml says under `units` (`Source`). Out: the units, read as a stream, a row at a time; every mistake
with its row and column; and what the list was read from, with its hash. A row is a unit; the first row has headings,
which are recipients.yaml's own keys in either language: 代号 名称 简称 标签 行业 送达方式 上级, and for the contact
联系人 电话 邮箱 职务 (a second one: 联系人2 电话2 …). Nothing here holds a password: a database's comes from the
environment.
"""

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError, model_validator

from circular_gen.disk import sha256_of
from circular_gen.messages import _
from circular_gen.workspace.findings import Finding, nearest
from circular_gen.workspace.keys import SECTIONS, Key
from circular_gen.workspace.reading import LIST_LIMIT, MOST, Document, explained, refusal
from circular_gen.workspace.values import Line, Written, written, wrong

PASSWORD = "CIRCULAR_GEN_SQL_PASSWORD"  # noqa: S105 (the name of a variable)
ROWS = 1_000_000
"""Rows that are read of a list; a damaged workbook can promise any number of them."""
_HEADING = re.compile(r"(.*?)\s*([2-9]?)")
_ADDRESS = re.compile(r"([a-z]+(?:\+[a-z0-9_]+)?)://(?:([^/@]*)@)?(\S*)")


class Source(Written):
    """Where the units are listed: `csv` or `xlsx` (with `sheet`, the first one where left out), a file's path below the
    workspace; or the rows that the database `sql` answers to `query`."""

    section: ClassVar[str] = "source"
    model_config = written("source")
    csv: Line = ""
    xlsx: Line = ""
    sheet: Line = ""
    sql: Line = ""
    query: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Source":
        if sum(map(bool, (self.csv, self.xlsx, self.sql))) != 1:
            raise wrong("bad-source", _("a list is one of csv, xlsx and sql"))
        if bool(self.sql) != bool(self.query):
            raise wrong("bad-source", _("sql and query go together: the database and what is asked of it"))
        if self.sheet and not self.xlsx:
            raise wrong("bad-source", _("a sheet belongs to an xlsx"))
        for path in (self.csv, self.xlsx):
            if path and (PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or ":" in path):
                raise wrong("bad-source", _("write the list's path from this folder, e.g. units.csv"))
        if self.sql:
            match = _ADDRESS.fullmatch(self.sql)
            if match is None:
                raise wrong("bad-source", _("a database's address looks like postgresql://user@host/name"))
            if ":" in (match[2] or ""):
                message = _("no password stands in recipients.yaml; give it as {variable}")
                raise wrong("password", message.format(variable=PASSWORD))
        return self


@dataclass(frozen=True, slots=True)
class Listed:
    """The units of a list, what is wrong with it, and what it was read from: name → SHA-256."""

    units: tuple[Any, ...]
    findings: tuple[Finding, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)


class _Unreadable(Exception):  # noqa: N818 (never leaves this module)
    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message, self.line = message, line


_Rows = Iterator[tuple[int, Sequence[Any]]]
"""Line or row (from 1) and cells."""


def read_list(source: Source, document: Document, at: tuple[str | int, ...], unit: TypeAdapter[Any]) -> Listed:
    """The units of `source`, which stands at `at` in recipients.yaml, as `unit` makes them."""
    root = document.path.parent
    name = source.csv or source.xlsx
    path = root / name if name else document.path
    if name:
        if not path.is_file():
            message = _("there is no file {name} here").format(name=name)
            return Listed((), (document.finding("error", "no-file", message, at),))
        if path.stat().st_size > LIST_LIMIT:
            message = _("the file has {size:.1f} MB; at most {limit:.0f} MB are read")
            message = message.format(size=path.stat().st_size / 1e6, limit=LIST_LIMIT / 1e6)
            return Listed((), (Finding(path, 1, 1, "error", "too-large", message),))
    reader = _Reader(path, document.place(at) if source.sql else None, unit)
    digest = hashlib.sha256()
    inputs: dict[str, str] = {}
    if name:  # before it is read, so that a change meanwhile is noticed
        inputs[name] = sha256_of(path)
    with ExitStack() as open_files:
        try:
            if source.csv:
                rows = _csv_rows(path, open_files)
            elif source.xlsx:
                rows = _xlsx_rows(path, source.sheet, open_files)
            else:
                rows = _hashed(_sql_rows(source, root, open_files), digest)
            reader.read(rows)
        except _Unreadable as error:
            reader.found(error.line, 1, "unreadable", error.message)
    if not name:
        inputs["units: rows of the query"] = digest.hexdigest()
    return Listed(tuple(reader.units), tuple(reader.findings), inputs)


class _Reader:
    """Rows → units and findings. `place`: where findings stand that have no file of their own."""

    def __init__(self, path: Path, place: tuple[int, int] | None, unit: TypeAdapter[Any]) -> None:
        self._path, self._place, self._unit = path, place, unit
        self.units: list[Any] = []
        self.findings: list[Finding] = []
        self._lines: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._errors = 0

    def found(self, line: int, column: int, code: str, message: str, *, warning: bool = False) -> None:
        if not warning:
            self._errors += 1
        if self._place is not None:
            place, message = self._place, _("row {row}: {message}").format(row=line, message=message)
        else:
            place = (line, column)
        self.findings.append(Finding(self._path, *place, "warning" if warning else "error", code, message))

    def read(self, rows: _Rows) -> None:
        first = next(rows, None)
        if first is None:
            self.found(1, 1, "empty", _("the list is empty"))
            return
        columns = self._headings(*first)
        if self._errors:
            return
        for count, (line, cells) in enumerate(rows, 1):
            if count > ROWS:
                self.found(line, 1, "too-large", _("at most {count} rows are read").format(count=ROWS))
                return
            self._row(line, cells, columns)
            if self._errors >= MOST:
                message = _("and more mistakes; the first {count} are shown").format(count=MOST)
                self.found(line, 1, "too-many", message)
                return
        if not self.units and not self._errors:
            self.found(1, 1, "empty", _("the list is empty"))

    def _headings(self, line: int, cells: Sequence[Any]) -> dict[int, tuple[str, int, str]]:
        """Column (from 0) → where its values go: key of the unit, or number of the contact (from 1) and its key."""
        columns: dict[int, tuple[str, int, str]] = {}
        seen: dict[tuple[str, int, str], int] = {}
        for place, cell in enumerate(cells):
            heading = _text(cell).strip()
            match = _HEADING.fullmatch(heading)
            if not heading or match is None:
                continue
            target = _target(match[1], match[2])
            if target is None:
                known = [spelling for spelling in _COLUMNS if not spelling.isascii()]
                message = _("the column {name} is not read; the columns are {known}")
                message = message.format(name=heading, known=" ".join(known))
                self.found(line, place + 1, "unknown-column", message, warning=True)
            elif target in seen:
                message = _("the column {name} stands here twice").format(name=heading)
                self.found(line, place + 1, "duplicate-column", message)
            else:
                seen[target] = place
                columns[place] = target
        for name in ("id", "name"):
            if ("", 0, name) not in seen:
                near = nearest(SECTIONS["unit"][name].chinese[0], [_text(cell) for cell in cells if cell], 1, 0.5)
                message = _("the column {key} is missing").format(key=SECTIONS["unit"][name])
                if near:
                    message += _("; did you mean {nearest}?").format(nearest=near[0])
                self.found(line, 1, "missing-column", message)
        return columns

    def _row(self, line: int, cells: Sequence[Any], columns: Mapping[int, tuple[str, int, str]]) -> None:
        unit: dict[str, Any] = {}
        contacts: dict[int, dict[str, str]] = {}
        texts = self._texts
        refused = refusal("".join(map(_text, cells))) is not None
        for place, (_part, number, name) in columns.items():
            text = _text(cells[place]).strip() if place < len(cells) else ""
            if not text:
                continue
            if refused and (bad := refusal(text)):
                self.found(line, place + 1, *bad)
                return
            if number:
                contacts.setdefault(number, {})[name] = text
            else:
                unit[name] = texts.setdefault(text, text) if name in _REPEATED else text
        if not unit and not contacts:
            return  # an empty row
        if contacts:
            unit["contacts"] = [contacts[number] for number in sorted(contacts)]
        try:
            made = self._unit.validate_python(unit)
        except ValidationError as failed:
            numbers = sorted(contacts)
            for error in failed.errors(include_url=False):
                column, key = self._column(error["loc"], numbers, columns)
                self.found(line, column, *explained(error, key))
            return
        first = self._lines.setdefault(made.id, line)
        if first != line:
            column = next(place for place, target in columns.items() if target[2] == "id" and not target[1]) + 1
            message = _("the id {value} is taken by the unit in line {line}").format(value=made.id, line=first)
            self.found(line, column, "duplicate-id", message)
            return
        self.units.append(made)

    @staticmethod
    def _column(
        at: Sequence[str | int], numbers: Sequence[int], columns: Mapping[int, tuple[str, int, str]]
    ) -> tuple[int, Key | None]:
        """Column (from 1) and key of what stands at `at` of a unit; column 1 for what has none."""
        if len(at) >= 3 and at[0] == "contacts" and isinstance(at[1], int):
            target, section = ("contact", numbers[at[1]], str(at[2])), "contact"
        else:
            target, section = ("", 0, str(at[0]) if at else ""), "unit"
        for place, one in columns.items():
            if one == target:
                return place + 1, SECTIONS[section].get(target[2])
        return 1, SECTIONS[section].get(target[2])


_REPEATED = frozenset({"tags", "sectors", "deliver"})
_UNIT_COLUMNS = ("id", "name", "short", "tags", "sectors", "deliver", "copies", "address", "superior")
_CONTACT_COLUMNS = {"phone": "phone", "email": "email", "duty": "duty"}
_COLUMNS: Mapping[str, tuple[str, str]] = {
    **{spelling: ("", name) for name in _UNIT_COLUMNS for spelling in SECTIONS["unit"][name].spellings},
    **dict.fromkeys(("contact", "contacts", "联系人", "姓名"), ("contact", "name")),
    **{spelling: ("contact", name) for name in _CONTACT_COLUMNS for spelling in SECTIONS["contact"][name].spellings},
}
"""Heading → the unit's key, or the contact's."""


def _target(heading: str, number: str) -> tuple[str, int, str] | None:
    found = _COLUMNS.get(heading) or _COLUMNS.get(heading.lower())
    if found is None or (number and found[0] != "contact"):
        return None
    part, name = found
    return (part, int(number or 1) if part else 0, name)


def _text(cell: Any) -> str:
    """A cell's value as it is written: whole numbers without a fraction, lists of a database joined."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list | tuple):
        return "、".join(map(str, cell))
    return str(cell)


def _csv_rows(path: Path, open_files: ExitStack) -> _Rows:
    reading = open_files.enter_context(path.open(encoding="utf-8-sig", newline=""))
    reader = csv.reader(reading, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except UnicodeDecodeError:
        message = _("the file is not UTF-8; in Excel save it as “CSV UTF-8”")
        raise _Unreadable(message, line) from None
    except csv.Error as error:
        raise _Unreadable(_("this is not CSV: {problem}").format(problem=error), line) from None


def _xlsx_rows(path: Path, sheet: str, open_files: ExitStack) -> _Rows:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        open_files.callback(book.close)
        if sheet and sheet not in book.sheetnames:
            message = _("there is no sheet {sheet}; the sheets are {sheets}")
            raise _Unreadable(message.format(sheet=sheet, sheets="、".join(book.sheetnames)))
        pages = [book[sheet]] if sheet else book.worksheets
        if not pages:
            return
        yield from enumerate(pages[0].iter_rows(values_only=True), 1)
    except (BadZipFile, InvalidFileException, KeyError, OSError, SyntaxError, ValueError) as error:
        raise _Unreadable(_("this is no workbook (.xlsx): {problem}").format(problem=error)) from None


def _sql_rows(source: Source, root: Path, open_files: ExitStack) -> _Rows:
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        url = make_url(source.sql)
        if url.get_backend_name() == "sqlite":
            file = root / (url.database or "")
            if not url.database or not file.is_file():
                raise _Unreadable(_("there is no file {name} here").format(name=url.database or ":memory:"))
            url = url.set(database=str(file))
        elif password := os.environ.get(PASSWORD):
            url = url.set(password=password)
        if url.drivername == "postgresql":  # the driver that the extra brings, as for the ledger
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url)
        open_files.callback(engine.dispose)
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": 1000}
        if url.get_backend_name() == "postgresql":
            options["postgresql_readonly"] = True
        connection = open_files.enter_context(engine.connect()).execution_options(**options)
        result = connection.execute(text(source.query))
        if not result.returns_rows:
            raise _Unreadable(_("the query answers no rows; write one that selects"))
        yield 0, list(result.keys())
        for number, row in enumerate(result, 1):
            yield number, tuple(row)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise _Unreadable(_("this database cannot be read: {problem}").format(problem=_hidden(error))) from None
    except SQLAlchemyError as error:
        problem = _hidden(getattr(error, "orig", None) or error)
        raise _Unreadable(_("the database does not answer the query: {problem}").format(problem=problem)) from None


def _hidden(error: BaseException) -> str:
    """What an error says, on a line, without the password, whoever put it there."""
    text = " ".join(str(error).split())[:300]
    password = os.environ.get(PASSWORD)
    return text.replace(password, "…") if password else text


def _hashed(rows: Iterable[tuple[int, Sequence[Any]]], digest: Any) -> _Rows:
    """The rows, hashed as they pass."""
    for number, cells in rows:
        digest.update(json.dumps([_text(cell) for cell in cells], ensure_ascii=False).encode() + b"\n")
        yield number, cells
