"""电话催办记录表: whom to call, about what, with room for what was said.

In: what units are late with, over all circulars; recipients.yaml for telephones. Out: a register, as table, XLSX and
DOCX. A unit's circulars stand one below the other, so that one call serves all.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from circular_gen.dispatch.papers import ANSWERS
from circular_gen.dispatch.reminders import held_back
from circular_gen.dispatch.reminding import Prospect, prospects
from circular_gen.ledger.deadlines import days_late, local, utc_now
from circular_gen.ledger.events import timestamp
from circular_gen.ledger.register import Heading, Register, Value, sheet_of, xlsx_bytes
from circular_gen.ledger.report import short_time
from circular_gen.ledger.standing import effective_due, owes
from circular_gen.output.docx import DocxMould
from circular_gen.press import office_style
from circular_gen.records import open_records, write_whole
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.recipients import Contact, Unit

_COLUMNS = (
    Heading("序号", 0.04),
    Heading("单位", 0.11, "left"),
    Heading("联系人", 0.08),
    Heading("电话", 0.12),
    Heading("催办事项", 0.2, "left"),
    Heading("时限", 0.1),
    Heading("逾期天数", 0.05),
    Heading("已催办", 0.05),
    Heading("通话时间", 0.08),
    Heading("接话人", 0.07),
    Heading("答复", 0.1),
)


def phone_list(root: Path, names: Sequence[str] = (), *, undeclared: bool = False) -> Register:
    """Every unit that is late and may be reminded, with its telephone. UsageError for unknown names."""
    now = utc_now()
    with open_records(root) as records:
        with records.ledger.reading() as reader:
            found, _closed = prospects(records, reader, names, now, undeclared=undeclared)
            checkpoint = reader.head().checkpoint.brief()
        units = _units(root)
        office = records.office.zone
        lines = [line for prospect in found for line in _lines(prospect, now)]
        order: dict[str, int] = {}
        for unit, _rest in lines:
            order.setdefault(unit, len(order))
        lines.sort(key=lambda line: order[line[0]])
        rows: list[tuple[Value, ...]] = []
        before = ""
        for unit, (name, *rest) in lines:
            contact = (units[unit].contact if unit in units else None) or Contact()
            person = " ".join(filter(None, (contact.name, contact.duty)))
            shown = (name, person, contact.phone) if unit != before else ("", "", "")
            rows.append((len(rows) + 1, *shown, *rest, "", "", ""))
            before = unit
        subtitle = f"{records.office.name}　截至{now.astimezone(office):%Y-%m-%d %H:%M}"
        return Register("电话催办记录表", subtitle, _COLUMNS, tuple(rows), checkpoint)


def _lines(prospect: Prospect, now: datetime) -> list[tuple[str, tuple[Value, ...]]]:
    paper, setting = prospect.paper, prospect.setting
    lines: list[tuple[str, tuple[Value, ...]]] = []
    for standing in prospect.standings.values():
        due = effective_due(paper, standing)
        if due is None or timestamp(now) <= due or held_back(standing, sent=setting.sent):
            continue
        if not owes(paper, standing.role, standing.receipt, standing.state, standing.flags):
            continue
        what = f"{paper.number}　{ANSWERS[paper.ask]}"
        late = days_late(local(due, setting.office), now, setting.office)
        row = (standing.name or standing.unit, what, short_time(due, setting.office), late, standing.reminders or "")
        lines.append((standing.unit, row))
    return lines


def _units(root: Path) -> dict[str, Unit]:
    try:
        return dict(open_workspace(root).registry.by_id)
    except WorkspaceError:
        return {}


def write_phone_list(root: Path, register: Register, path: Path) -> None:
    """The list into a file: .xlsx, else .docx."""
    with open_records(root) as records:
        if path.suffix.lower() == ".xlsx":
            write_whole(path, xlsx_bytes(register))
            return
        sheet = sheet_of(register, records.office.name)
        style = office_style(root, records.office)
        write_whole(path, DocxMould(sheet, style, records.office.word_fonts.given).copy({}))
