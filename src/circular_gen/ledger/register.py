"""Registers: 发文登记簿 of a year and 签收登记表 of a circular, as rows, as CSV, as XLSX, as a sheet for the writers.

Rows are made from events and standings by pure functions; numbers are sorted as numbers. In CSV and XLSX no cell can
act as a formula: what begins like one gets an apostrophe in CSV, and is typed as text in XLSX.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from circular_gen.ledger.deadlines import local
from circular_gen.ledger.events import Event, annulled
from circular_gen.ledger.reading import document_number
from circular_gen.ledger.standing import FLAGS, Standing
from circular_gen.ledger.store import Ledger

if TYPE_CHECKING:
    from circular_gen.sheet.blocks import Align, Sheet

Value = str | int
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPEN_CHECKPOINT = "台账校验点："
HOW = {
    "paper": "本人",
    "scan": "本人",
    "proxy": "代收",
    "phone": "电话",
    "wechat": "微信",
    "electronic": "电子",
    "mail": "电子",
    "web": "电子",
    "portal": "电子",
    "signed-pdf": "电子",
}
"""签收方式 as the register prints it; another way stands as it was recorded."""
RESERVATIONS = {
    "missing-copies": "缺份",
    "missing-pages": "缺页",
    "damaged": "破损",
    "wrong-addressee": "错投",
    "seal-unclear": "印章不清",
}
"""核对情况 of a reservation."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading, its share of the width (all together 1) and where its cells stand."""

    text: str
    width: float
    align: "Align" = "center"


@dataclass(frozen=True, slots=True)
class Register:
    """A register: its title, a line under it, columns, rows as long as these, and the ledger's short checkpoint."""

    title: str
    subtitle: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Value, ...], ...]
    checkpoint: str = ""


_OUTGOING = (
    Heading("顺序号", 0.05),
    Heading("发文日期", 0.105),
    Heading("发文字号", 0.125, "left"),
    Heading("标题", 0.15, "left"),
    Heading("附件", 0.045),
    Heading("紧急程度", 0.055),
    Heading("份数", 0.045),
    Heading("分送范围", 0.16, "left"),
    Heading("拟稿", 0.05),
    Heading("签发人", 0.06),
    Heading("成文日期", 0.105),
    Heading("归档", 0.05),
)
_SIGNING = (
    Heading("序号", 0.05),
    Heading("文件名称", 0.19, "left"),
    Heading("文号", 0.13, "left"),
    Heading("缓急", 0.055),
    Heading("份数", 0.055),
    Heading("收文单位", 0.16, "left"),
    Heading("签收人", 0.08),
    Heading("签收时间", 0.105),
    Heading("签收方式", 0.08),
    Heading("备注", 0.095, "left"),
)
_LINES = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)|([^〔]+)(〔\d{4}〕\d+号)")
"""A time and a document number: on paper each in two lines, rather than broken anywhere."""
_DAY = re.compile(r"(?:(?<=\d)(（原))?(\d{4}-)(?=\d\d-\d\d)")
"""Where a day breaks in a column too narrow for it."""
_NARROW = 0.08


# -- 发文登记簿 ----------------------------------------------------------------------------------------------------


def outgoing(ledger: Ledger, year: int, office: ZoneInfo) -> Register:
    """The 发文登记簿 of a year, as of now."""
    with ledger.reading() as reader:
        head = reader.head()
        events = tuple(reader.stream(kinds=(*_ABOUT_PAPERS, "corrected")))
        scope = {name: _scope(reader.standings(name)) for name in _issued_in(events, year)}
    return outgoing_register(events, year, office, scope, head.checkpoint.brief())


_ABOUT_PAPERS = ("issued", "frozen", "revised", "withdrawn", "abolished", "voided-number")


def _issued_in(events: Iterable[Event], year: int) -> tuple[str, ...]:
    return tuple(str(e.circular) for e in events if e.kind == "issued" and e.payload["year"] == year)


def _scope(standings: Iterable[Standing]) -> tuple[int, str]:
    """Copies sent, and to whom: groups as the office lists them, units without a group by name."""
    copies = 0
    names: dict[str, None] = {}
    for standing in standings:
        copies += standing.copies
        names[standing.grouped or standing.name or standing.unit] = None
    return copies, "，".join(names)


def outgoing_register(
    events: Sequence[Event],
    year: int,
    office: ZoneInfo,
    scope: Mapping[str, tuple[int, str]],
    checkpoint: str = "",
) -> Register:
    """The register from the events about circulars themselves. `scope`: circular → copies and 分送范围, used where the
    `issued` event does not say them."""
    gone = annulled(events)
    fields: dict[str, dict[str, Any]] = {}
    issued: dict[str, Event] = {}
    notes: dict[str, str] = {}
    entries: list[tuple[str, int, tuple[Value, ...]]] = []
    for event in events:
        if event.sequence in gone or event.unit is not None:
            continue
        payload, name = event.payload, event.circular or ""
        if event.kind == "issued":
            issued[name] = event
            fields[name] = payload
        elif event.kind == "voided-number":
            if payload["year"] == year:
                number = payload.get("number") or document_number(payload["code"], year, payload["ordinal"])
                date = f"{local(event.time, office):%Y-%m-%d}"
                title = f"（作废：{payload['reason']}）"
                row = (date, number, title, "", "", "", "", "", "", "", "")
                entries.append((payload["code"], payload["ordinal"], row))
        elif name in fields:
            if event.kind in ("withdrawn", "abolished"):
                notes[name] = "（已撤销）" if event.kind == "withdrawn" else "（已废止）"
            else:
                known = {key: value for key, value in payload.items() if key not in ("reason", "note", "at")}
                fields[name] = {**fields[name], **known}
    for name, event in issued.items():
        payload = fields[name]
        if payload["year"] != year:
            continue
        copies, groups = scope.get(name, (0, ""))
        row = (
            f"{local(event.at, office):%Y-%m-%d}",
            payload["number"],
            payload["title"] + notes.get(name, ""),
            payload.get("annexes", 0) or "",
            payload.get("urgency", ""),
            payload.get("copies", copies) or "",
            payload.get("scope", groups),
            payload.get("drafter", ""),
            payload.get("approver", ""),
            payload.get("date", ""),
            payload.get("retention", ""),
        )
        entries.append((payload["code"], payload["ordinal"], row))
    entries.sort(key=lambda entry: entry[:2])
    rows = tuple((place, *row) for place, (_code, _ordinal, row) in enumerate(entries, 1))
    return Register("发文登记簿", f"{year}年", _OUTGOING, rows, checkpoint)


# -- 签收登记表 ----------------------------------------------------------------------------------------------------


def signing(ledger: Ledger, circular: str, office: ZoneInfo) -> Register:
    """The 签收登记表 of a circular, as of now; without rows where it was never issued."""
    with ledger.reading() as reader:
        head = reader.head()
        payload: dict[str, Any] = {}
        for event in reader.about(circular, None):
            if event.kind in ("issued", "revised"):
                payload.update(event.payload)
        return signing_register(payload, tuple(reader.standings(circular)), office, head.checkpoint.brief())


def signing_register(
    paper: Mapping[str, Any], standings: Iterable[Standing], office: ZoneInfo, checkpoint: str = ""
) -> Register:
    """The signing sheet from the `issued` event's fields and the standings, a row for each unit in their order."""
    title, number, urgency = paper.get("title", ""), paper.get("number", ""), paper.get("urgency", "")
    rows: list[tuple[Value, ...]] = []
    for standing in standings:
        at = standing.received_at
        rows.append(
            (
                len(rows) + 1,
                title,
                number,
                urgency,
                standing.copies,
                standing.name or standing.unit,
                standing.received_by,
                f"{local(at, office):%Y-%m-%d %H:%M}" if at else "",
                HOW.get(standing.received_how, standing.received_how),
                _remarks(standing, office),
            )
        )
    return Register("签收登记表", f"{number}　{title}".strip("　"), _SIGNING, tuple(rows), checkpoint)


def _remarks(standing: Standing, office: ZoneInfo) -> str:
    flagged = {name for bit, name in enumerate(FLAGS) if standing.flags >> bit & 1}
    parts = [
        "抄送" if standing.role == "cc" else "",
        "、".join(RESERVATIONS.get(word, word) for word in standing.reservation.split()),
        f"实收{standing.copies_received}份" if standing.copies_received not in (None, standing.copies) else "",
        f"收文号{standing.unit_number}" if standing.unit_number else "",
        f"{local(standing.reported_at, office):%Y-%m-%d %H:%M}反馈" if standing.reported_at else "",
        f"退回：{standing.returned}" if standing.returned else "",
        f"免签收：{standing.exempt}" if standing.exempt else "",
        f"撤回：{standing.withdrawn}" if standing.withdrawn else "",
        f"延期至{local(standing.due, office):%Y-%m-%d %H:%M}" if "extended" in flagged and standing.due else "",
        "退信" if "bounced" in flagged else "",
        "待复核" if "review" in flagged else "",
        f"催办{standing.reminders}次" if standing.reminders else "",
    ]
    return "；".join(part for part in parts if part)


# -- 催办督办登记簿 ----------------------------------------------------------------------------------------------------

_REMINDERS = (
    Heading("序号", 0.04),
    Heading("日期", 0.1),
    Heading("文号", 0.14, "left"),
    Heading("种类", 0.06),
    Heading("次数", 0.05),
    Heading("事项", 0.21, "left"),
    Heading("承办单位", 0.14, "left"),
    Heading("时限", 0.1),
    Heading("签发人", 0.07),
    Heading("送达", 0.09),
)
_PAPERS = {"reminder": "催办", "escalation": "督办", "bulletin": "通报"}
_CHANNELS = {"email": "邮件", "folder": "文件夹", "print": "纸质", "portal": "网页"}


def reminders(ledger: Ledger, year: int, office: ZoneInfo) -> Register:
    """The 催办督办登记簿 of a year, as of now: every reminder, escalation and bulletin that got a number."""
    with ledger.reading() as reader:
        issued = [event for event in reader.stream(kinds=("reminder-issued",)) if event.payload["year"] == year]
        names = dict.fromkeys(str(event.circular) for event in issued)
        sent = {
            (event.circular, event.unit, event.payload.get("number")): event.payload.get("channel", "")
            for name in names
            for event in reader.stream(name, kinds=("reminded",))
        }
        papers = {name: paper.number for name in names if (paper := reader.paper(name))}
        units = {
            (event.circular, event.unit): standing.name or standing.unit
            for event in issued
            if event.unit and (standing := reader.standing(str(event.circular), event.unit))
        }
        return reminder_register(issued, sent, papers, units, year, office, reader.head().checkpoint.brief())


def reminder_register(
    issued: Iterable[Event],
    sent: Mapping[tuple[str | None, str | None, str | None], str],
    papers: Mapping[str, str],
    units: Mapping[tuple[str | None, str], str],
    year: int,
    office: ZoneInfo,
    checkpoint: str = "",
) -> Register:
    """The register from `reminder-issued` events. `sent`: (circular, unit, number) → the way by which it went; one that
    never left, since the answer came first, says so."""
    rows: list[tuple[Value, ...]] = []
    for event in sorted(issued, key=lambda event: (event.payload["code"], event.payload["ordinal"])):
        payload = event.payload
        number = payload["number"]
        ways = {
            channel
            for (circular, unit, known), channel in sent.items()
            if (circular, known) == (event.circular, number) and (event.unit is None or unit == event.unit)
        }
        way = "、".join(_CHANNELS.get(channel, channel) for channel in sorted(ways)) or "未发出"
        rows.append(
            (
                len(rows) + 1,
                f"{local(event.at, office):%Y-%m-%d}",
                number,
                _PAPERS[payload["paper"]],
                payload.get("nth", "") or "",
                f"{papers.get(str(event.circular), '')}　{payload.get('title', '')}".strip("　"),
                units.get((event.circular, event.unit), event.unit) if event.unit else "各单位",
                f"{local(payload['due'], office):%Y-%m-%d %H:%M}" if "due" in payload else "",
                payload.get("by", ""),
                way,
            )
        )
    return Register("催办督办登记簿", f"{year}年", _REMINDERS, tuple(rows), checkpoint)


# -- forms -------------------------------------------------------------------------------------------------------------


def csv_bytes(register: Register) -> bytes:
    """The rows as CSV: UTF-8 with a byte order mark, so that Excel reads it, and no cell that acts as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.text for column in register.columns])
    writer.writerows([_safe(value) for value in row] for row in register.rows)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _safe(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def xlsx_bytes(register: Register) -> bytes:
    """The register as a workbook: title, head row that stays on screen, rows; the same bytes for the same rows."""
    from openpyxl import Workbook  # takes a while to import
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    book.properties.creator = "circular-gen"
    sheet = book.active
    assert sheet is not None
    sheet.title = register.title
    last = get_column_letter(len(register.columns))
    sheet.append([register.title])
    sheet.append([register.subtitle])
    sheet.append([column.text for column in register.columns])
    thin = Side(style="thin")
    grid = Border(left=thin, right=thin, top=thin, bottom=thin)
    for row in register.rows:
        sheet.append([_UNPRINTABLE.sub("", value) if isinstance(value, str) else value for value in row])
    for cells in sheet.iter_rows(min_row=3, max_row=sheet.max_row):
        for cell, column in zip(cells, register.columns, strict=True):
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text, whatever it begins with
                cell.quotePrefix = cell.value.startswith(_FORMULA)
            cell.border = grid
            head = cell.row == 3
            cell.alignment = Alignment("center" if head else column.align, "center", wrap_text=True)
            cell.font = Font(bold=head)
    for place, column in enumerate(register.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(7, round(130 * column.width))
    for place, size in ((1, 16), (2, 11)):
        sheet.merge_cells(f"A{place}:{last}{place}")
        sheet.cell(place, 1).alignment = Alignment("center", "center")
        sheet.cell(place, 1).font = Font(bold=place == 1, size=size)
        sheet.cell(place, 1).data_type = "s"
    if register.checkpoint:
        sheet.cell(sheet.max_row + 2, 1, _OPEN_CHECKPOINT + register.checkpoint)
    sheet.freeze_panes = "A4"
    sheet.print_title_rows = "3:3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    written = io.BytesIO()
    book.save(written)
    return _timeless(written.getvalue())


def _timeless(workbook: bytes) -> bytes:
    """A workbook without the moment of its making."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+ [^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # or the bytes would differ between Windows and others
            target.writestr(entry, content)
    return made.getvalue()


def _lines(text: str, width: float) -> str:
    """A cell's text in lines, in a column of this share of the width."""
    if match := _LINES.fullmatch(text):
        return "\n".join(filter(None, match.groups()))
    if width >= _NARROW:
        return text
    return _DAY.sub(lambda found: (f"\n{found[1]}\n" if found[1] else "") + f"{found[2]}\n", text)


def sheet_of(register: Register, author: str = "") -> "Sheet":
    """The register as a sheet for the DOCX writer."""
    # `status` draws none and need not wait for them
    from circular_gen.sheet.blocks import Cell, Column, Paragraph, Row, Sheet, Subtitle, Table, Title

    head = Row(tuple(Cell((column.text,), align="center") for column in register.columns), head=True)
    widths = [column.width for column in register.columns]
    rows = tuple(
        Row(
            tuple(
                Cell((_lines(str(value), width),) if value != "" else ())
                for value, width in zip(row, widths, strict=True)
            )
        )
        for row in register.rows
    )
    columns = tuple(Column(column.width, column.align) for column in register.columns)
    foot = (Paragraph(_OPEN_CHECKPOINT + register.checkpoint, style="hint", indent=0.0),) if register.checkpoint else ()
    blocks = (Title(register.title), Subtitle(register.subtitle), Table(columns, (head, *rows)), *foot)
    title = f"{register.title} {register.subtitle}"
    return Sheet("register", blocks, title=title, author=author, colophon="last", landscape=True)
