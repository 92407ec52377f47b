"""Receipts that a person records: on the phone, over the counter, from a paper that no scanner has seen.

In: a circular, a unit (or a list of them), who signed and when. Out: `received` or `reported` events, each once; a
mistake is annulled by another event. All rows of a list are one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from circular_gen.errors import CircularGenError, UsageError
from circular_gen.evidence import keep
from circular_gen.ledger import Draft, DraftError, Event, Paper, Reader, Standing, Writer, draft
from circular_gen.ledger.deadlines import in_zone, local, utc_now
from circular_gen.ledger.events import annulled, check_time, timestamp
from circular_gen.ledger.report import short_time
from circular_gen.messages import _
from circular_gen.records import Records, open_records
from circular_gen.returns.lists import Line, read_list
from circular_gen.workspace.values import read_day, read_moment

WAYS = ("paper", "phone", "wechat", "proxy", "electronic")
"""How a unit confirms: 本人, 电话, 微信, 代收, 电子."""
_RECEIPTS = ("received", "received-with-reservation", "reported")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the ledger holds now. `new`: whether the receipt was recorded just now; `at` in the office's zone;
    `revision`: the edition it is for; `added`: whether evidence was added to a receipt that was recorded before."""

    paper: Paper
    unit: Standing
    by: str
    at: datetime
    new: bool
    revision: int = 0
    added: bool = False


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says about a unit. `at`: None for now; `revision`: None for the newest there was then."""

    by: str
    at: datetime | None = None
    how: str = "paper"
    note: str | None = None
    evidence: tuple[str, ...] = ()
    revision: int | None = None
    reported: bool = False
    reservation: tuple[str, ...] = ()
    settled: bool = False


def confirm(
    root: Path,
    name: str,
    unit: str,
    *,
    by: str,
    at: str | None = None,
    how: str = "paper",
    evidence: Path | None = None,
    note: str | None = None,
    revision: int | None = None,
    reported: bool = False,
    reservation: Sequence[str] = (),
    settled: bool = False,
    actor: str | None = None,
) -> Confirmed:
    """Record that `unit` (id or name) has received `name`; with `reported`, that its report has come. `by`: who signed;
    `at`: when, in the office's own time (default: now); `evidence`: a file that shows it, kept by its hash; `revision`:
    the edition it is for (default: the newest of that time); `reservation`: what was wrong with what came, words of
    register.RESERVATIONS; `settled`: nothing is wrong with it any more; `actor`: who records it. What a person has
    recorded before stands; then nothing is recorded but evidence that is new.

    UsageError for unknown names and bad times, DraftError for a time in the future or before the circular,
    EvidenceError for a file that cannot be kept."""
    if not by.strip():
        raise UsageError(_("name the person who signed"))
    with open_records(root) as records:
        office = records.office.zone
        moment = read_time(at, office) if at else None
        paper = records.paper(name)
        place = records.unit(paper, unit).unit
        if revision is not None and revision > paper.revision:
            message = _("{name} has no edition r{revision}; the newest is r{newest}")
            raise UsageError(message.format(name=paper.circular, revision=revision, newest=paper.revision))
        if moment is not None:
            check_time(moment.isoformat(), utc_now(), paper.issued_at, paper.date)
        # before the event that names it; where that is refused, a file is left that no event names
        kept = (keep(root, evidence),) if evidence is not None else ()
        said = _Said(by.strip(), moment, how, note or None, kept, revision, reported, tuple(reservation), settled)
        with records.ledger.writing() as writer:
            return _record(writer, paper.circular, place, said, actor or records.actor, office)


def _record(writer: Writer, circular: str, unit: str, said: _Said, actor: str, office: ZoneInfo) -> Confirmed:
    """One receipt in the writer's transaction; what is known stands."""
    paper, standing = _known(writer, circular, unit)
    revision = _edition(writer, paper, said)
    if known := _before(standing, said, revision):
        added = tuple(sha256 for sha256 in said.evidence if sha256 not in _evidence(writer, circular, unit))
        if added:
            text = said.note or _("evidence, handed in later")
            writer.append(draft("noted", actor, circular, unit, text=text, evidence=added))
        by, at = known
        return Confirmed(paper, standing, by, local(at, office), False, standing.revision, bool(added))
    payload: dict[str, object] = {
        "by": said.by,
        "at": said.at,
        "how": said.how,
        "note": said.note,
        "evidence": said.evidence or None,
        "revision": revision or None,
    }
    kind = "reported" if said.reported else "received"
    if said.reservation:
        kind, payload["reservation"] = "received-with-reservation", said.reservation
    event = writer.append(Draft(kind, actor, circular, unit, payload))[0]
    return Confirmed(paper, standing, said.by, local(event.at, office), True, revision)


def _known(reader: Reader, circular: str, unit: str) -> tuple[Paper, Standing]:
    paper, standing = reader.paper(circular), reader.standing(circular, unit)
    assert paper is not None  # events are never removed
    assert standing is not None
    return paper, standing


def _edition(reader: Reader, paper: Paper, said: _Said) -> int:
    """The edition that is confirmed: the one that was named, else the newest there was at that time."""
    if said.revision is not None:
        return said.revision
    if said.at is None or not paper.revision:
        return paper.revision
    at = timestamp(said.at)
    revised = reader.stream(paper.circular, kinds=("revised",))
    return max((event.payload["revision"] for event in revised if event.at <= at), default=0)


def _before(standing: Standing, said: _Said, revision: int) -> tuple[str, str] | None:
    """Who and when, where a person has recorded the same before."""
    if standing.revision < revision:
        return None
    if said.reported:
        return (standing.reported_by, standing.reported_at) if standing.reported_at else None
    if (said.settled and standing.reservation) or (said.reservation and not standing.reservation):
        return None  # what was missing came, or is noticed now
    return (standing.manual_by, standing.manual_at) if standing.manual_at else None


def _evidence(reader: Reader, circular: str, unit: str) -> set[str]:
    return {sha256 for event in reader.about(circular, unit) for sha256 in event.payload.get("evidence", ())}


# -- a list ------------------------------------------------------------------------------------------------------------

Word = Literal["new", "before", "empty", "wrong"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a row: recorded, recorded before, nothing to record, or wrong. `row`: as the file counts them;
    `unit`: its name where it is known, else as it was written; `why`: in words where it is not new."""

    row: int
    unit: str
    by: str
    at: str
    word: Word
    why: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The fate of every row; `recorded`: whether the good ones were (not in a dry run, nor where one is wrong and wrong
    ones are not skipped)."""

    paper: Paper
    fates: tuple[Fate, ...]
    recorded: bool

    def count(self, word: Word) -> int:
        return sum(fate.word == word for fate in self.fates)


def confirm_list(
    root: Path,
    name: str,
    file: Path,
    *,
    dry_run: bool = False,
    skip_wrong: bool = False,
    actor: str | None = None,
) -> Listed:
    """Record the receipts that the table `file` (XLSX or CSV) lists: all its rows, or none where one is wrong; with
    `skip_wrong`, the good ones. ListError for a file that is no such table, UsageError for an unknown circular."""
    with open_records(root) as records:
        paper = records.paper(name)
        lines = read_list(file)
        find = records.finder(paper)
        if dry_run:
            with records.ledger.reading() as reader:
                fates, _said = _fates(reader, records, paper, lines, find)
            return Listed(paper, fates, recorded=False)
        with records.ledger.writing() as writer:
            fates, said = _fates(writer, records, paper, lines, find)
            recorded = skip_wrong or not any(fate.word == "wrong" for fate in fates)
            if recorded:
                for unit, what in said:
                    _record(writer, paper.circular, unit, what, actor or records.actor, records.office.zone)
            return Listed(paper, fates, recorded)


def _fates(
    reader: Reader, records: Records, paper: Paper, lines: tuple[Line, ...], find: Callable[[str], Standing]
) -> tuple[tuple[Fate, ...], list[tuple[str, _Said]]]:
    """Every row's fate, and what is to be recorded."""
    office = records.office.zone
    standings = {standing.unit: standing for standing in reader.standings(paper.circular)}
    first: dict[str, int] = {}
    fates: list[Fate] = []
    good: list[tuple[str, _Said]] = []
    for line in lines:
        if not (line.by or line.at):
            fates.append(Fate(line.row, line.unit, "", "", "empty", _("nobody has signed")))
            continue
        try:
            standing = standings[find(line.unit).unit]
            said = _said(line, paper, office)
            if standing.unit in first:
                message = _("row {row} is about the same unit")
                raise UsageError(message.format(row=first[standing.unit]))
        except (UsageError, DraftError) as error:
            fates.append(Fate(line.row, line.unit, line.by, str(line.at or ""), "wrong", str(error)))
            continue
        first[standing.unit] = line.row
        shown = standing.name or standing.unit
        if known := _before(standing, said, _edition(reader, paper, said)):
            why = _("recorded before: {by}, {at}").format(by=known[0], at=short_time(known[1], office))
            fates.append(Fate(line.row, shown, said.by, _shown(said.at), "before", why))
        else:
            fates.append(Fate(line.row, shown, said.by, _shown(said.at), "new"))
            good.append((standing.unit, said))
    return tuple(fates), good


def _said(line: Line, paper: Paper, office: ZoneInfo) -> _Said:
    """What a row says. UsageError or DraftError where it says nothing that can be recorded."""
    if line.number and "".join(line.number.split()) != "".join(paper.number.split()):
        raise UsageError(_("this row is about {number}").format(number=line.number))
    if not line.by:
        raise UsageError(_("name the person who signed"))
    moment = in_zone(line.at, office) if isinstance(line.at, datetime) else None
    if isinstance(line.at, str) and line.at:
        moment = read_time(line.at, office)
    if moment is not None:
        check_time(moment.isoformat(), utc_now(), paper.issued_at, paper.date)
    if line.how is None:
        raise UsageError(_("“{word}” is no way to confirm; write 本人, 电话, 微信, 代收 or 电子").format(word=line.way))
    return _Said(line.by, moment, line.how, line.note or None)


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


# -- mistakes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Annulled:
    """The event that counts no more. `unit`: None where it is about the circular itself."""

    paper: Paper
    unit: Standing | None
    event: Event


def annul(
    root: Path, name: str, unit: str | None = None, *, reason: str, event: int | None = None, actor: str | None = None
) -> Annulled:
    """Take back the last confirmation of `unit`, whoever or whatever made it, or the event of that number: it stays in
    the ledger, and counts no more. CircularGenError where there is none."""
    if not reason.strip():
        raise UsageError(_("give the reason: it stands in the ledger"))
    if unit is None and event is None:
        raise UsageError(_("name the unit, or the event by its number"))
    with open_records(root) as records:
        paper = records.paper(name)
        place = records.unit(paper, unit).unit if unit is not None else None
        with records.ledger.writing() as writer:
            events = writer.about(paper.circular, place)
            gone = annulled(events)
            found = [
                known
                for known in events
                if known.sequence not in gone
                and (known.kind in _RECEIPTS if event is None else known.sequence == event)
            ]
            if not found:
                message = _("no receipt of {name} is recorded for {unit}; there is nothing to annul")
                if event is not None:
                    message = _("there is no event {event} about {name} and {unit} that counts")
                message = message.format(name=paper.circular, unit=place or _("the circular itself"), event=event)
                raise CircularGenError(message)
            payload = {"event": found[-1].sequence, "reason": reason.strip()}
            writer.append(Draft("corrected", actor or records.actor, payload=payload))
            return Annulled(paper, writer.standing(paper.circular, place) if place else None, found[-1])


def read_time(text: str, office: ZoneInfo) -> datetime:
    """A moment as a person writes it: 2026-11-27 15:20 in the office's own time, or ISO 8601 with a zone. UsageError
    for anything else, also for a day alone: whether it was in time depends on the hour."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return moment
    try:
        read_day(text)
    except PydanticCustomError:
        pass
    else:
        raise UsageError(_("write the hour too, e.g. {day} 15:20").format(day=text.strip()))
    try:
        return in_zone(read_moment(text), office)
    except PydanticCustomError:
        message = _("“{value}” is no time; write it as 2026-11-27 15:20, in the office's own time")
        raise UsageError(message.format(value=text)) from None
