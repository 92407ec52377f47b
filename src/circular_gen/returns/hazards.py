"""Findings: the hazards (隐患) that units report are entered, put right, looked at again (复查) and closed (销号).

In: an issued circular, its units, what they reported: singly, as a table (XLSX, CSV), or as the “no” ticks of returned
checklists. Out: events, each once; the same row again is the same hazard. A hazard is closed by a person who has seen
it, with evidence: a unit's own word closes nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from circular_gen.errors import CircularGenError, UsageError
from circular_gen.evidence import keep
from circular_gen.ledger import Draft, Paper, Reader, Writer
from circular_gen.ledger.deadlines import utc_now
from circular_gen.ledger.events import annulled
from circular_gen.ledger.hazards import HAZARD_KINDS, LEVELS, Hazard, fold_hazards, hazard_register
from circular_gen.ledger.register import Register, csv_bytes, sheet_of, xlsx_bytes
from circular_gen.messages import _
from circular_gen.output.docx import DocxMould
from circular_gen.press import office_style
from circular_gen.records import INPUT, Records, open_records, write_whole
from circular_gen.returns.lists import ListError, headings, plain_cell, read_rows
from circular_gen.workspace import Circular, WorkspaceError, open_workspace
from circular_gen.workspace.values import read_day

_COLUMNS = {
    "unit": ("unit", "单位", "单位名称", "责任单位", "受检单位", "填报单位"),
    "own-number": ("编号", "序号", "number"),
    "found": ("排查时间", "发现时间", "检查时间", "排查日期", "found"),
    "place": ("部位", "位置", "地点", "隐患部位", "place"),
    "hazard": ("隐患", "隐患内容", "隐患描述", "问题", "问题描述", "hazard"),
    "level": ("等级", "级别", "隐患等级", "level"),
    "measures": ("措施", "整改措施", "measures"),
    "funds": ("资金", "整改资金", "funds"),
    "responsible": ("责任人", "整改责任人", "responsible"),
    "due": ("期限", "整改期限", "整改时限", "完成时限", "due"),
    "precautions": ("应急措施", "防范措施", "临时措施", "precautions"),
    "progress": ("整改情况", "进展", "progress"),
}
"""Columns of a table of hazards, and how they may be headed."""
_LEVELS = {
    word: level
    for level, chinese in LEVELS.items()
    for word in (level, chinese, f"{chinese}隐患", f"{chinese}事故隐患")
}
_DAYS = ("found", "due")


@dataclass(frozen=True, slots=True)
class Listed:
    """Hazards as they stand. `names`: (circular, unit) → name; `today`: the office's day."""

    hazards: tuple[Hazard, ...]
    names: Mapping[tuple[str, str], str]
    register: Register
    today: date


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a row. `word`: new, before, wrong; `why`: what is wrong with it."""

    row: int
    unit: str
    word: str
    id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """`recorded`: whether anything was: nothing is for a dry run, nor where a row is wrong and that was not allowed."""

    rows: tuple[Entered, ...]
    recorded: bool

    def count(self, word: str) -> int:
        return sum(row.word == word for row in self.rows)


# -- looking -----------------------------------------------------------------------------------------------------------


def listed(
    root: Path,
    name: str | None = None,
    *,
    unit: str | None = None,
    late: bool = False,
    open_only: bool = False,
) -> Listed:
    """The hazards of the circular `name`, or of all; of one unit, only those that are late, or not closed.
    NothingIssuedError, UsageError for unknown names."""
    with open_records(root) as records:
        today = utc_now().astimezone(records.office.zone).date()
        paper = records.paper(name) if name is not None else None
        place = records.unit(paper, unit).unit if paper is not None and unit is not None else unit
        with records.ledger.reading() as reader:
            hazards = [
                hazard
                for hazard in _hazards(reader, paper.circular if paper else None)
                if (place is None or hazard.unit == place)
                and (not late or hazard.late(today))
                and (not open_only or hazard.state != "closed")
            ]
            names = {}
            for circular, one in dict.fromkeys((hazard.circular, hazard.unit) for hazard in hazards):
                standing = reader.standing(circular, one)
                names[circular, one] = (standing.name if standing else "") or one
            checkpoint = reader.head().checkpoint.brief()
        subtitle = "　".join(filter(None, (paper and paper.number, paper and paper.title)))
        subtitle = subtitle or records.office.name
        register = hazard_register(hazards, names, records.office.zone, subtitle, today, checkpoint)
        return Listed(tuple(hazards), names, register, today)


def _hazards(reader: Reader, circular: str | None) -> tuple[Hazard, ...]:
    events = list(reader.stream(circular, kinds=(*HAZARD_KINDS, "corrected")))
    by_circular: dict[str, list[Any]] = {}
    for event in events:
        by_circular.setdefault(event.circular or "", []).append(event)
    return tuple(hazard for name in by_circular for hazard in fold_hazards(by_circular[name]))


def hazards_of(reader: Reader, circular: str) -> tuple[Hazard, ...]:
    """The hazards of a circular."""
    return _hazards(reader, circular)


def write_register(root: Path, register: Register, path: Path) -> None:
    """The register into a file: .xlsx, .csv, else .docx. In tables no cell can act as a formula."""
    with open_records(root) as records:
        suffix = path.suffix.lower()
        if suffix == ".xlsx":
            data = xlsx_bytes(register)
        elif suffix == ".csv":
            data = csv_bytes(register)
        else:
            sheet = sheet_of(register, records.office.name)
            data = DocxMould(sheet, office_style(root, records.office), records.office.word_fonts.given).copy({})
        write_whole(path, data)


# -- entering ----------------------------------------------------------------------------------------------------------


def add(
    root: Path,
    name: str,
    unit: str,
    *,
    said: Mapping[str, str | None],
    evidence: Path | None = None,
    actor: str | None = None,
) -> tuple[Hazard, bool]:
    """Enter one hazard of `unit`. `said`: the columns of the 台账 by their English names, as a person writes them.
    The hazard, and whether it is new. UsageError for what cannot be read."""
    fields = _fields(said)
    with open_records(root) as records:
        paper = records.paper(name)
        place = records.unit(paper, unit).unit
        kept = (keep(root, evidence),) if evidence is not None else None
        with records.ledger.writing() as writer:
            ids = _enter(records, writer, paper, [(place, {**fields, "evidence": kept, "how": "hand"})], actor)
            hazard = _found(writer, paper, ids[0][0])
            return hazard, ids[0][1]


def import_list(
    root: Path,
    name: str,
    path: Path,
    *,
    unit: str | None = None,
    dry_run: bool = False,
    skip_wrong: bool = False,
    actor: str | None = None,
) -> Imported:
    """Enter the hazards of the table at `path`. `unit`: whose they are, where the table has no such column. All or
    nothing, unless `skip_wrong`. ListError for what is no table of hazards."""
    with open_records(root) as records:
        paper = records.paper(name)
        whose = records.unit(paper, unit).unit if unit is not None else None
        find = records.finder(paper)
        rows: list[Entered] = []
        good: list[tuple[int, str, str, dict[str, Any]]] = []
        for number, cells in _table(path, whose is not None):
            word = cells.pop("unit", "") or ""
            try:
                standing = find(whose or word)
                good.append((number, standing.unit, standing.name or standing.unit, _fields(cells)))
            except CircularGenError as error:
                rows.append(Entered(number, word, "wrong", why=str(error)))
        if rows and not skip_wrong:
            rows += [Entered(number, shown, "new") for number, _unit, shown, _said in good]
            return Imported(tuple(sorted(rows, key=lambda row: row.row)), recorded=False)
        kept = (keep(root, path),) if good and not dry_run else ()
        with records.ledger.writing() as writer:
            said = [(one, {**fields, "evidence": kept or None, "how": "list"}) for _row, one, _shown, fields in good]
            ids = _would(_known(writer, paper, said)) if dry_run else _enter(records, writer, paper, said, actor)
        for (number, _unit, shown, _said), (identity, new) in zip(good, ids, strict=True):
            rows.append(Entered(number, shown, "new" if new else "before", identity))
        return Imported(tuple(sorted(rows, key=lambda row: row.row)), recorded=not dry_run)


def import_forms(root: Path, name: str, *, dry_run: bool = False, actor: str | None = None) -> Imported:
    """Enter a hazard for each “no” that units ticked on returned checklists: its text is the task's, its deadline the
    task's; place, measures and person are to be added (`change`). The form is its evidence."""
    with open_records(root) as records:
        paper = records.paper(name)
        tasks = {task.id: task for circular in _issued(records, paper) for task in circular.tasks}
        with records.ledger.writing() as writer:
            events = list(writer.stream(paper.circular, kinds=("reported", "answered", "received", "corrected")))
            gone = annulled(events)
            said: list[tuple[str, dict[str, Any]]] = []
            for event in events:
                payload = event.payload
                if event.sequence in gone or event.unit is None or payload.get("form") not in ("checklist", None):
                    continue
                for question, answer in sorted((payload.get("answers") or {}).items()):
                    if answer == "no":
                        task = tasks.get(question)
                        fields = {
                            "hazard": f"{task.text}：否" if task else f"{question}：否",
                            "task": question,
                            "due": task.due.isoformat() if task and task.due else None,
                            "evidence": payload.get("evidence"),
                            "how": "form",
                        }
                        said.append((event.unit, fields))
            ids = _would(_known(writer, paper, said)) if dry_run else _enter(records, writer, paper, said, actor)
            names = {one.unit: one.name or one.unit for one in writer.standings(paper.circular)}
        rows = [
            Entered(place, names.get(unit, unit), "new" if new else "before", identity)
            for place, ((unit, _said), (identity, new)) in enumerate(zip(said, ids, strict=True), 1)
        ]
        return Imported(tuple(rows), recorded=not dry_run)


def _issued(records: Records, paper: Paper) -> list[Circular]:
    """The circular as its newest edition froze it; nothing where that cannot be read."""
    try:
        return [open_workspace(records.folder(paper.circular, paper.revision) / INPUT).circular(paper.circular)]
    except (WorkspaceError, CircularGenError):
        return []


def _table(path: Path, has_unit: bool) -> list[tuple[int, dict[str, Any]]]:
    places: dict[str, int] = {}
    found: list[tuple[int, dict[str, Any]]] = []
    for number, row in enumerate(read_rows(path), 1):
        if not places:
            known = headings(row, _COLUMNS)
            if "hazard" in known and (has_unit or "unit" in known):
                places = known
            elif number >= 10:
                break
            continue
        cells = {name: _cell(row[place]) if place < len(row) else "" for name, place in places.items()}
        if cells["hazard"]:
            found.append((number, cells))
    if not places:
        message = _("{path} has no heading row with 单位 and 隐患; 部位, 等级, 措施, 责任人, 期限 may follow")
        raise ListError(message.format(path=path))
    return found


def _cell(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else plain_cell(value)


def _fields(said: Mapping[str, str | None]) -> dict[str, Any]:
    """What a person wrote, as the event holds it. UsageError for a day, a level or a text that cannot be read."""
    fields: dict[str, Any] = {name: value.strip() for name, value in said.items() if value and value.strip()}
    for name in _DAYS:
        if name in fields:
            try:
                fields[name] = read_day(fields[name].partition("（原")[0])  # as the exported 台账 has it
            except PydanticCustomError as error:
                raise UsageError(error.message()) from None
    if "level" in fields:
        level = _LEVELS.get(fields["level"])
        if level is None:
            raise UsageError(_("“{word}” is no level; write 一般 or 重大").format(word=fields["level"]))
        fields["level"] = level
    return fields


_SAME = ("found", "place", "hazard", "task")
"""What tells that a row is a hazard that is entered already; all else may have changed since."""
_AGAIN = 9


def _key(paper: Paper, unit: str, fields: Mapping[str, Any], nth: int = 1) -> str:
    """Equal for the same hazard of the same unit. `nth`: how often it was entered, where the entry was annulled."""
    said = {name: str(fields[name]) for name in _SAME if fields.get(name)}
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]
    return f"hazard:{paper.circular}:{unit}:{digest}:{nth}"


def _known(reader: Reader, paper: Paper, said: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Of each: its id where it is entered already, else empty; and the key of its entry."""
    counting = {hazard.id for hazard in _hazards(reader, paper.circular)}
    keys = [_key(paper, unit, fields, nth) for unit, fields in said for nth in range(1, _AGAIN + 1)]
    known = {
        str(event.key): event.payload["hazard-id"]
        for start in range(0, len(keys), 500)
        for event in reader.stream(keys=keys[start : start + 500])
    }
    found = []
    for unit, fields in said:
        mine = [_key(paper, unit, fields, nth) for nth in range(1, _AGAIN + 1)]
        key = next((key for key in mine if known.get(key) in counting or key not in known), mine[-1])
        found.append((known.get(key, ""), key))
    return found


def _would(known: Sequence[tuple[str, str]]) -> list[tuple[str, bool]]:
    """Of each: its id, and whether it would be new; the same row twice is new once."""
    seen: set[str] = set()
    found = []
    for identity, key in known:
        found.append((identity, not identity and key not in seen))
        seen.add(key)
    return found


def _enter(
    records: Records,
    writer: Writer,
    paper: Paper,
    said: Sequence[tuple[str, Mapping[str, Any]]],
    actor: str | None,
) -> list[tuple[str, bool]]:
    following = 1 + sum(1 for _event in writer.stream(paper.circular, kinds=("hazard-reported",)))
    ids: dict[str, str] = {}
    drafts: list[Draft] = []
    found: list[tuple[str, bool]] = []
    for (unit, fields), (known, key) in zip(said, _known(writer, paper, said), strict=True):
        if known or key in ids:
            found.append((known or ids[key], False))
            continue
        ids[key] = f"h{following}"
        following += 1
        payload = {**fields, "hazard-id": ids[key]}
        drafts.append(Draft("hazard-reported", actor or records.actor, paper.circular, unit, payload, key))
        found.append((ids[key], True))
    writer.append(*drafts)
    return found


# -- what happens to one ----------------------------------------------------------------------------------------------


def change(
    root: Path,
    name: str,
    number: str,
    *,
    said: Mapping[str, str | None],
    reason: str | None = None,
    evidence: Path | None = None,
    actor: str | None = None,
) -> Hazard:
    """Complete or change the entry: measures, person, a later deadline (with a reason; the first one stays). UsageError
    for what cannot be read, or an earlier deadline."""
    fields = _fields(said)
    if not fields and evidence is None:
        raise UsageError(_("say what is to be changed"))

    def check(hazard: Hazard) -> None:
        due = fields.get("due")
        if due is not None and hazard.due and due.isoformat() > hazard.due and not (reason and reason.strip()):
            raise UsageError(_("give the reason for a later deadline: it stands in the ledger"))

    return _happen(root, name, number, "hazard-changed", {**fields, "reason": reason}, evidence, actor, check)


def rectified(
    root: Path, name: str, number: str, *, progress: str, evidence: Path | None = None, actor: str | None = None
) -> Hazard:
    """整改完成: the unit says that it has put it right; it waits for a look (复查)."""

    def check(hazard: Hazard) -> None:
        if hazard.state == "closed":
            raise CircularGenError(_("hazard {number} is closed; reopen it first").format(number=hazard.number))

    return _happen(root, name, number, "hazard-rectified", {"progress": progress}, evidence, actor, check)


def recheck(
    root: Path,
    name: str,
    number: str,
    *,
    by: str,
    sent_back: str | None = None,
    evidence: Path | None = None,
    actor: str | None = None,
) -> Hazard:
    """复查: `by` has looked at it on the spot; it is in order, or goes back with the reason `sent_back`."""
    _named(by)

    def check(hazard: Hazard) -> None:
        if hazard.state == "closed":
            raise CircularGenError(_("hazard {number} is closed; reopen it first").format(number=hazard.number))

    outcome = "sent-back" if sent_back else "accepted"
    fields = {"outcome": outcome, "by": by, "reason": sent_back}
    return _happen(root, name, number, "hazard-rechecked", fields, evidence, actor, check)


def close(root: Path, name: str, number: str, *, by: str, evidence: Path | None, actor: str | None = None) -> Hazard:
    """销号: `by` has seen that it is put right. `evidence`: what shows it; needed unless it was rechecked with some.
    A hazard that was not rechecked before is rechecked by the same person now."""
    _named(by)
    with open_records(root) as records:
        paper = records.paper(name)
        kept = (keep(root, evidence),) if evidence is not None else None
        with records.ledger.writing() as writer:
            hazard = _found(writer, paper, number)
            if hazard.state == "closed":
                return hazard
            shown = [
                event
                for event in writer.about(paper.circular, hazard.unit)
                if event.kind in ("hazard-rectified", "hazard-rechecked")
                and event.payload["hazard-id"] == hazard.id
                and event.payload.get("evidence")
            ]
            if kept is None and not shown:
                message = _("show with --evidence that hazard {number} is put right: a photo, a record of the recheck")
                raise UsageError(message.format(number=hazard.number))
            actor = actor or records.actor
            common = {"hazard-id": hazard.id, "by": by.strip(), "evidence": kept}
            drafts = [Draft("hazard-closed", actor, paper.circular, hazard.unit, common)]
            if hazard.state != "rechecked":
                again = {**common, "outcome": "accepted"}
                drafts.insert(0, Draft("hazard-rechecked", actor, paper.circular, hazard.unit, again))
            writer.append(*drafts)
            return _found(writer, paper, hazard.id)


def reopen(root: Path, name: str, number: str, *, reason: str, actor: str | None = None) -> Hazard:
    """重新挂账: it was not put right after all, or came back."""
    if not reason.strip():
        raise UsageError(_("give the reason: it stands in the ledger"))

    def check(hazard: Hazard) -> None:
        if hazard.state == "open":
            raise CircularGenError(_("hazard {number} is open").format(number=hazard.number))

    return _happen(root, name, number, "hazard-reopened", {"reason": reason.strip()}, None, actor, check)


def _named(by: str) -> None:
    if not by.strip():
        raise UsageError(_("name the person who looked at it"))


def _happen(
    root: Path,
    name: str,
    number: str,
    kind: str,
    fields: Mapping[str, Any],
    evidence: Path | None,
    actor: str | None,
    check: Any,
) -> Hazard:
    with open_records(root) as records:
        paper = records.paper(name)
        kept = (keep(root, evidence),) if evidence is not None else None
        with records.ledger.writing() as writer:
            hazard = _found(writer, paper, number)
            check(hazard)
            payload = {**fields, "hazard-id": hazard.id, "evidence": kept}
            writer.append(Draft(kind, actor or records.actor, paper.circular, hazard.unit, payload))
            return _found(writer, paper, hazard.id)


def _found(reader: Reader, paper: Paper, number: str) -> Hazard:
    """The hazard of that number (3 or h3). UsageError where there is none."""
    word = number.lower().removeprefix("h")
    hazards = {hazard.id: hazard for hazard in _hazards(reader, paper.circular)}
    hazard = hazards.get(f"h{word}")
    if hazard is None:
        message = _("{name} has no hazard {number}; findings {name} lists them")
        raise UsageError(message.format(name=paper.circular, number=number))
    return hazard


def by_unit(hazards: Iterable[Hazard]) -> Mapping[str, tuple[Hazard, ...]]:
    """Hazards by unit, in order."""
    found: dict[str, list[Hazard]] = {}
    for hazard in hazards:
        found.setdefault(hazard.unit, []).append(hazard)
    return {unit: tuple(mine) for unit, mine in found.items()}
