"""circulars/NAME.yaml → Circular: what one paper says, to whom, and what is to come back.

In: the document that `reading` gives, the office and the registry. Out: the model, or located errors and warnings.
Every check here looks at the file's own values, so that all errors of a file show at once.
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic import WithJsonSchema as Schema
from pydantic_core import PydanticCustomError

from circular_gen.messages import _
from circular_gen.workspace.distribution import END, distribute
from circular_gen.workspace.findings import Finding, nearest, shown
from circular_gen.workspace.office import Office
from circular_gen.workspace.reading import At, Document, classified, validate
from circular_gen.workspace.recipients import Choice, Registry, wrong_choice
from circular_gen.workspace.reminders import Opted
from circular_gen.workspace.tabular import column_align
from circular_gen.workspace.values import (
    Address,
    Ask,
    Day,
    Format,
    Kind,
    Line,
    Manner,
    Moment,
    Names,
    Needs,
    Retention,
    Side,
    Text,
    Truth,
    Urgency,
    Written,
    kind_of_title,
    read_day,
    read_moment,
    written,
    wrong,
)

ANNEX_FILES = (".docx", ".xlsx", ".csv", ".pdf", ".png", ".jpg", ".jpeg")
_OF_FILES = {
    "sheet": (".xlsx",),
    "range": (".xlsx",),
    "pages": (".pdf",),
    "caption": (".png", ".jpg", ".jpeg"),
}
"""Keys of an annex that belong to files of a kind."""
UPWARD = frozenset({"报告", "请示"})
NUMBER = re.compile(r"([^\s〔〕]*[^\s〔〕第])〔(\d{4})〕([1-9]\d*)号")
"""发文字号: issuer code, year in U+3014/U+3015, number without leading zero, 号."""
_SERIES = "发函电字令纪"
"""What closes an issuer code: an office numbers its letters (清安办函) apart from its general papers (清安办发)."""
_NEARLY_NUMBER = re.compile(
    r"\s*([^\s\d〔\[［【（(]+?)\s*[〔\[［【（(]\s*(\d{4})\s*[〕\]］】）)]\s*第?\s*0*([1-9]\d*)\s*号?\s*"
)
MARKING = re.compile(r"\s*(?:密\s*级\s*[：:]\s*)?(?:[【\[（(]\s*)?(绝密|机密|秘密)\s*(?:[★☆*].*|[】\]）)].*)?\s*")
_BY_KIND: dict[str, str] = {"函": "letter", "命令": "order", "纪要": "minutes"}
_BY_OTHERS: Any = None
"""The default of a field that depends on the fields before it."""


def _cell(value: Any) -> Any:
    return "" if value is None else value


Cell = Annotated[str, BeforeValidator(_cell), Schema({"type": ["string", "number", "boolean", "null"]})]


class TableData(Written):
    """A table's texts. `widths`: the columns' widths in proportion; empty: from the contents."""

    section: ClassVar[str] = "table"
    model_config = written("table")
    columns: tuple[Cell, ...] = Field(min_length=1)
    rows: tuple[tuple[Cell, ...], ...] = ()
    widths: tuple[Annotated[float, Field(gt=0)], ...] = ()

    @property
    def aligns(self) -> tuple[str, ...]:
        """How each column stands: right, center or left."""
        columns = (tuple(row[column] for row in self.rows if column < len(row)) for column in range(len(self.columns)))
        return tuple(map(column_align, columns))


class Annex(Written):
    """An annex: a table, or text, or a file in the circular's folder. `sheet`, `range`: of a workbook; `pages`: of a
    PDF; `caption`: under a picture; `landscape`: None where the contents decide; `forwarded`: it is the paper itself
    that a notice issues or forwards (印发, 转发), which is no 附件 of it: neither label nor line in the annex list."""

    section: ClassVar[str] = "annex"
    model_config = written("annex")
    title: Line
    table: TableData | None = None
    body: str = ""
    file: Line = ""
    sheet: Line = ""
    range: Line = ""
    pages: Line = ""
    caption: Line = ""
    landscape: Truth | None = None
    forwarded: Truth = False

    @model_validator(mode="after")
    def _one_content(self) -> "Annex":
        if sum(map(bool, (self.table, self.body, self.file))) != 1:
            raise wrong("annex-content", _("an annex has one of table, body and file"))
        for key, suffixes in _OF_FILES.items():
            if getattr(self, key) and not self.file.lower().endswith(suffixes):
                message = _("{key} belongs to a file that is {suffixes}")
                raise wrong("annex-content", message.format(key=key, suffixes=", ".join(suffixes)))
        return self


class Task(Written):
    """An item of the units' checklists. `for_` (for): which units; None: every addressee."""

    section: ClassVar[str] = "task"
    model_config = written("task")
    id: Line
    text: Text
    basis: str = ""
    method: str = ""
    for_: Choice | None = None
    due: Day | None = None

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", value) or len(value) > 20:
            message = _("the id {value} may have letters, digits and single hyphens, at most 20; e.g. t1")
            raise wrong("bad-id", message.format(value=shown(value)))
        return value


class Receipt(Written):
    """What is to come back. `by`: the office's own time, without a zone. `people`: rows of an attendance form."""

    section: ClassVar[str] = "receipt"
    model_config = written("receipt")
    ask: Ask = "acknowledge"
    by: Moment | None = None
    needs: Needs = ("signature",)
    basis: str = ""
    people: Annotated[int, Field(ge=1, le=30)] = 4

    @property
    def by_text(self) -> str:
        """2026年12月25日17时30分, 2026年12月25日17时, or the day alone where no hour was written; empty without one."""
        if self.by is None:
            return ""
        day = chinese_date(self.by)
        if (self.by.hour, self.by.minute) == (23, 59):
            return day
        return f"{day}{self.by.hour}时" + (f"{self.by.minute}分" if self.by.minute else "")


class AttendanceData(Written):
    """Who was at the meeting that minutes are of, in the order of the list."""

    section: ClassVar[str] = "attendance"
    model_config = written("attendance")
    present: Names = ()
    absent: Names = ()
    observers: Names = ()


class CircularLayout(Written):
    """`colophon`: even (a blank side comes before it where needed) or last."""

    section: ClassVar[str] = "circular_layout"
    model_config = written("circular_layout")
    colophon: Side = "even"


class CircularText(Written):
    """What the file of a circular says. `issuers`: the offices of a joint paper, organiser first; empty: the office
    alone."""

    section: ClassVar[str] = "circular"
    model_config = written("circular")
    title: Text
    kind: Kind = Field(default=_BY_OTHERS, validate_default=True)
    format: Format = Field(default=_BY_OTHERS, validate_default=True)
    number: Line = ""
    urgency: Urgency | None = None
    date: Day
    approver: Names = ()
    issuers: Names = ()
    addressees: Text
    cc: str = ""
    address: Address = "all"
    body: Text
    signature: Manner = "sealed"
    signer_title: Line = ""
    attendance: AttendanceData = AttendanceData()
    note: str = ""
    annexes: tuple[Annex, ...] = ()
    tasks: tuple[Task, ...] = ()
    receipt: Receipt = Receipt(ask="none")
    reminders: Opted = None
    retention: Retention = "10年"
    layout: CircularLayout = CircularLayout()

    @field_validator("kind", mode="before")
    @classmethod
    def _kind_by_title(cls, value: Any, info: ValidationInfo) -> Any:
        return kind_of_title(info.data.get("title", "")) if value is None else value

    @field_validator("format", mode="before")
    @classmethod
    def _format_by_kind(cls, value: Any, info: ValidationInfo) -> Any:
        return _BY_KIND.get(info.data.get("kind", ""), "general") if value is None else value

    @field_validator("title", "note", "addressees", "cc")
    @classmethod
    def _stripped(cls, value: str) -> str:
        return "\n".join(line.strip() for line in value.strip().splitlines())

    @field_validator("addressees", "cc")
    @classmethod
    def _without_end(cls, value: str) -> str:
        return END.sub("", value)

    @field_validator("note")
    @classmethod
    def _without_brackets(cls, value: str) -> str:
        return value[1:-1].strip() if re.fullmatch(r"[（(][^（）()]*[）)]", value) else value

    @field_validator("number")
    @classmethod
    def _number_form(cls, value: str) -> str:
        if value and not NUMBER.fullmatch(value):
            raise wrong("bad-number", _number_problem(value))
        return value

    @property
    def date_text(self) -> str:
        """2026年1月5日 (GB/T 9704-2012, 7.3.5.4)."""
        return chinese_date(self.date)

    @property
    def annex_labels(self) -> tuple[str, ...]:
        """附件 for a single annex, else 附件1, 附件2 …; nothing for a paper that is issued or forwarded."""
        listed = [not annex.forwarded for annex in self.annexes]
        if sum(listed) == 1:
            return tuple("附件" if one else "" for one in listed)
        return tuple(
            f"附件{number}" if one else "" for one, number in zip(listed, accumulate(map(int, listed)), strict=True)
        )

    @property
    def is_upward(self) -> bool:
        """Whether the paper goes up, to one superior, and shows its approver (签发人)."""
        return self.kind in UPWARD


class Circular(CircularText):
    """A paper. `name`: its id; `path`: its YAML; `folder`: where its annex files lie."""

    name: str = ""
    path: Path = Path()
    folder: Path = Path()


def chinese_date(day: date) -> str:
    """A day as papers print it: Arabic digits, full year, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def _number_problem(value: str) -> str:
    message = _("“{value}” is no document number; it has the form code〔YYYY〕n号")
    if nearly := _NEARLY_NUMBER.fullmatch(value):
        message = _("“{value}” is no document number; did you mean {nearest}?")
        return message.format(value=value, nearest=f"{nearly[1]}〔{nearly[2]}〕{nearly[3]}号")
    return message.format(value=shown(value))


_ADAPTER = TypeAdapter(CircularText)


def read_circular(
    document: Document, name: str, folder: Path, office: Office, registry: Registry
) -> tuple[Circular | None, tuple[Finding, ...]]:
    """The circular `name` of `document`, or None where there are errors; and every finding. `folder` holds annexes."""
    text, findings = validate(_ADAPTER, "circular", document)
    if isinstance(document.data, dict):
        findings = (*findings, *_checked(document, folder, office, registry))
        # Where a classified marking stands, what else is wrong with the value does not matter.
        refused = {(finding.line, finding.column) for finding in findings if finding.code == "classified"}
        findings = tuple(f for f in findings if f.code == "classified" or (f.line, f.column) not in refused)
    if text is None or any(finding.severity == "error" for finding in findings):
        return None, findings
    values = {field: getattr(text, field) for field in CircularText.model_fields}
    return Circular.model_construct(**values, name=name, path=document.path, folder=folder), findings


def _checked(document: Document, folder: Path, office: Office, registry: Registry) -> Iterator[Finding]:
    """What no single value shows. Looks at the raw values, so that it also runs beside other errors."""
    yield from _markings(document)
    yield from _number(document, office)
    for name in ("addressees", "cc"):
        yield from _distribution(document, name, registry)
    yield from _tasks(document, registry)
    yield from _deadlines(document)
    yield from _annexes(document, folder)


def _items(document: Document, at: At) -> Iterator[At]:
    found = document.value(at)
    if isinstance(found, list):
        yield from ((*at, number) for number, item in enumerate(found) if isinstance(item, dict))


def _markings(document: Document) -> Iterator[Finding]:
    names = ("urgency", "number", "title", "addressees", "body", "note")
    places = [document.at((), "circular", name) for name in names]
    for annex in _items(document, document.at((), "circular", "annexes")):
        places += [document.at(annex, "annex", name) for name in ("title", "body")]
    for at in places:
        text = document.value(at)
        offset = 0
        for line in text.split("\n") if isinstance(text, str) else ():
            if marking := MARKING.fullmatch(line):
                yield document.finding_inside(
                    "error", "classified", classified(marking[1]), at, offset + marking.start(1)
                )
            offset += len(line) + 1


def _number(document: Document, office: Office) -> Iterator[Finding]:
    at = document.at((), "circular", "number")
    number = document.value(at)
    match = NUMBER.fullmatch(number) if isinstance(number, str) else None
    if match is None:
        return
    if match[1].rstrip(_SERIES) != office.code.rstrip(_SERIES):
        message = _("the number's code is {code}, the office's is {office}")
        yield document.finding("warning", "other-code", message.format(code=match[1], office=office.code), at)
    day = _read(read_day, document.value(document.at((), "circular", "date")))
    if isinstance(day, date) and str(day.year) != match[2]:
        message = _("the number is of {year}, the date of {other}")
        yield document.finding("warning", "other-year", message.format(year=match[2], other=day.year), at)


def _distribution(document: Document, name: str, registry: Registry) -> Iterator[Finding]:
    at = document.at((), "circular", name)
    line = document.value(at)
    if isinstance(line, str) and line:
        for problem in distribute(line, registry).problems:
            yield document.finding_inside("error", problem.code, problem.message, at, problem.offset)


def _tasks(document: Document, registry: Registry) -> Iterator[Finding]:
    lines: dict[str, int] = {}
    for at in _items(document, document.at((), "circular", "tasks")):
        here = document.at(at, "task", "id")
        identity = document.value(here)
        if isinstance(identity, str) and identity in lines:
            message = _("the id {value} is taken by the task in line {line}")
            message = message.format(value=identity, line=lines[identity])
            yield document.finding("error", "duplicate-id", message, here)
        elif isinstance(identity, str):
            lines[identity] = document.place(here)[0]
        here = document.at(at, "task", "for")
        choice = _read(Choice.model_validate, document.value(here))
        if isinstance(choice, Choice):
            yield from wrong_choice(document, here, choice, registry)


def _deadlines(document: Document) -> Iterator[Finding]:
    day = _read(read_day, document.value(document.at((), "circular", "date")))
    if not isinstance(day, date):
        return
    receipt = document.at(document.at((), "circular", "receipt"), "receipt", "by")
    tasks = [document.at(at, "task", "due") for at in _items(document, document.at((), "circular", "tasks"))]
    for at, read in ((receipt, read_moment), *((task, read_day) for task in tasks)):
        due = _read(read, document.value(at))
        if due is not None and (due.date() if isinstance(due, datetime) else due) < day:
            message = _("the deadline is before the date of issue, {date}; the earliest is that day")
            yield document.finding("error", "deadline-before-date", message.format(date=day.isoformat()), at)


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    """`value` as `read` understands it; None where it is absent or wrong (validation says so)."""
    try:
        return None if value is None else read(value)
    except (PydanticCustomError, ValidationError):
        return None


def _annexes(document: Document, folder: Path) -> Iterator[Finding]:
    for at in _items(document, document.at((), "circular", "annexes")):
        file = document.at(at, "annex", "file")
        name = document.value(file)
        if isinstance(name, str) and (problem := _file_problem(name, folder)):
            yield document.finding("error", problem[0], problem[1], file)
        yield from _rows(document, document.at(at, "annex", "table"))


def _file_problem(name: str, folder: Path) -> tuple[str, str] | None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        return "bad-file", _("{name} is not in the circular's own folder; copy it there").format(name=name)
    if path.suffix.lower() not in ANNEX_FILES:
        message = _("an annex file is one of {suffixes}")
        return "bad-file", message.format(suffixes=", ".join(ANNEX_FILES))
    if os.path.isfile(folder / path):  # noqa: PTH113 (Path.is_file raises for a name that is too long)
        return None
    there = [file.name for file in folder.iterdir() if file.suffix.lower() in ANNEX_FILES] if folder.is_dir() else []
    message = _("there is no file {name}").format(name=name)
    if near := nearest(path.name, sorted(there), 1, 0.3):
        message += _("; did you mean {nearest}?").format(nearest=near[0])
    return "no-file", message


def _rows(document: Document, at: At) -> Iterator[Finding]:
    columns = document.value(document.at(at, "table", "columns"))
    rows = document.at(at, "table", "rows")
    found = document.value(rows)
    if not isinstance(columns, list) or not columns:
        return
    for number, row in enumerate(found if isinstance(found, list) else ()):
        if isinstance(row, list) and len(row) != len(columns):
            message = _("the row has {count} cells, the table {columns} columns")
            message = message.format(count=len(row), columns=len(columns))
            yield document.finding("error", "bad-row", message, (*rows, number))
    widths = document.at(at, "table", "widths")
    shares = document.value(widths)
    if isinstance(shares, list) and len(shares) != len(columns):
        message = _("there are {count} widths for {columns} columns")
        message = message.format(count=len(shares), columns=len(columns))
        yield document.finding("error", "bad-row", message, widths)
