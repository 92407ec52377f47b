"""Reminding: what is due is drafted, a person approves it, and what is then still due goes out.

    draft    the standings now → papers without numbers in out/reminders/, and a list of them
    send     the list → those that are still due → numbers, papers, events → print.pdf, or the outbox

A draft is a proposal: nothing in the ledger knows of it, and it may be deleted. Sending decides anew, in the
transaction that gives the numbers, whether each drafted message is still due as it was drafted; who has answered
meanwhile is left out. The press works before that transaction; where a number was taken or an answer came while it
did, the papers are made again. Papers are kept as evidence, by their hash, before the events that name them, so that a
crash leaves files that nobody names and never an event without its paper; `ledger verify` looks for them.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from circular_gen import evidence
from circular_gen.dispatch.outbox import Pace
from circular_gen.dispatch.papers import (
    BulletinWords,
    Printed,
    ReminderPress,
    Wanted,
    Words,
    bulletin_words,
    reminder_values,
    reminder_words,
)
from circular_gen.dispatch.reminder_post import Post, PostOffice, post_of
from circular_gen.dispatch.reminders import (
    PAST,
    Held,
    Past,
    Plan,
    Setting,
    bulletin_rows,
    decision,
    hazard_decision,
    opens,
    pasts,
    plan,
)
from circular_gen.dispatch.smtp import Patience
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Draft, Intent, Paper, Reader, Standing, Writer, brief
from circular_gen.ledger.deadlines import in_zone, utc_now
from circular_gen.ledger.events import check_time, timestamp
from circular_gen.ledger.hazards import Hazard
from circular_gen.ledger.reading import document_number
from circular_gen.ledger.standing import SENT
from circular_gen.messages import _
from circular_gen.output.word_papers import joined
from circular_gen.records import Records, disk_errors, open_records, write_whole
from circular_gen.returns.by_hand import read_time
from circular_gen.returns.hazards import by_unit, hazards_of
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.codes import Checkpoint
from circular_gen.workspace.recipients import Unit
from circular_gen.workspace.reminders import Policy, policy, recorded_policy
from circular_gen.workspace.secret import office_codes, records_folder

FOLDER = ("out", "reminders")
DRAFTS, PRINT = "drafts.json", "print.pdf"
PAPERS = "reminders"
"""Below records/: the papers that were approved, by year and number, beside the evidence by hash."""
_ATTEMPTS = 4
_UNSAFE = str.maketrans('\\/:*?"<>|', "_________")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A message that was drafted. `unit`: None for a bulletin, which goes to all. `due`: the deadline it is about."""

    circular: str
    unit: str | None
    manner: str
    nth: int
    due: str
    facts: str = ""
    """Of a bulletin: a digest of what it says of each unit."""
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prospect:
    """One circular: what its units are due now. `policy`: as it was announced, or the office's where a person asks."""

    paper: Paper
    policy: Policy
    setting: Setting
    standings: Mapping[str, Standing]
    past: Mapping[str, tuple[Past, ...]]
    hazards: Mapping[str, tuple[Hazard, ...]]
    plan: Plan

    def drafts(self) -> Iterator[Drafted]:
        name = self.paper.circular
        for claim in self.plan.claims:
            yield Drafted(name, claim.unit, claim.manner, claim.nth, claim.due, hazards=claim.hazards)
        if self.plan.bulletin and self.paper.due:
            yield Drafted(name, None, "bulletin", 0, self.paper.due, self.facts())

    def facts(self) -> str:
        """A digest of what a bulletin says of each unit, days aside: where that changes, another one is needed."""
        rows = bulletin_rows(self.paper, self.standings.values(), self.setting)
        said = json.dumps([(row.unit, row.fact, row.at, row.due) for row in rows])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `draft` found. `folder`: where the papers lie, None where nothing was written; `closed`: circulars that ask
    for no reminders (only where they were named); `opens`: when sending may begin, None for now."""

    prospects: tuple[Prospect, ...]
    folder: Path | None
    opens: datetime | None = None
    closed: tuple[str, ...] = ()

    @property
    def drafts(self) -> tuple[Drafted, ...]:
        return tuple(one for prospect in self.prospects for one in prospect.drafts())

    @property
    def held(self) -> tuple[tuple[Paper, Held], ...]:
        return tuple((prospect.paper, held) for prospect in self.prospects for held in prospect.plan.held)


@dataclass(frozen=True, slots=True)
class Gone:
    """A message that was let out, or was to be. `number`: empty for a notice; `state`: printed, or as the outbox has
    it (handed-over, planned, refused, unknown, waiting, dropped); `answer`: what a server said."""

    circular: str
    unit: str | None
    name: str
    manner: str
    nth: int
    number: str
    channel: str
    state: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What `send` did. `dropped`: drafts that are not due any more as they were drafted, and why; `stopped`: why
    sending ended early; `printed`: what is to be printed."""

    gone: tuple[Gone, ...]
    dropped: tuple[tuple[Drafted, str], ...]
    printed: Path | None = None
    stopped: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.stopped and all(one.state in ("printed", "handed-over", "dropped") for one in self.gone)


# -- looking -----------------------------------------------------------------------------------------------------------


def prospects(
    records: Records,
    reader: Reader,
    names: Sequence[str],
    now: datetime,
    *,
    anyway: bool = False,
    undeclared: bool = False,
    bulletin: bool = False,
) -> tuple[list[Prospect], list[str]]:
    """What is due for the circulars `names` (default: all), and the named ones that ask for no reminders. `undeclared`:
    take the office's policy for those. `bulletin`: a bulletin is wanted now, whatever the policy."""
    office, calendar = records.office.zone, records.calendar
    papers = [records.paper(name) for name in dict.fromkeys(names)]
    papers = papers or [summary.paper for summary in reader.circulars(now)]
    found: list[Prospect] = []
    closed: list[str] = []
    for paper in papers:
        rules = _policy(records, reader, paper, undeclared=undeclared and bool(names))
        if rules is None:
            closed += [paper.circular] if names else []
            continue
        standings = tuple(reader.standings(paper.circular))
        past = pasts(reader.stream(paper.circular, kinds=(*PAST, "corrected")))
        sent = any(one.state >= SENT for one in standings)
        setting = Setting(rules, calendar, office, now, sent, anyway)
        hazards = by_unit(hazards_of(reader, paper.circular))
        due = plan(paper, standings, past, setting, hazards)
        if bulletin and paper.due and any(row.fact == "late" for row in bulletin_rows(paper, standings, setting)):
            due = replace(due, bulletin=True)
        found.append(Prospect(paper, rules, setting, {one.unit: one for one in standings}, past, hazards, due))
    return found, closed


def _policy(records: Records, reader: Reader, paper: Paper, *, undeclared: bool) -> Policy | None:
    editions = list(reader.stream(paper.circular, kinds=("issued", "revised")))
    recorded = editions[-1].payload.get("reminders") if editions else None
    if recorded is not None:
        return recorded_policy(recorded)
    if not undeclared or paper.ask == "none":
        return None
    basis = editions[-1].payload.get("basis", "") if editions else ""
    return policy(records.office.code, records.office.reminders, None, basis)


# -- drafting ----------------------------------------------------------------------------------------------------------


def draft(
    root: Path,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    undeclared: bool = False,
    bulletin: bool = False,
    anyway: bool = False,
) -> Proposal:
    """Draft what is due of the circulars `names` (default: of all that ask for reminders) into out/reminders/, in place
    of what was drafted before. `dry_run`: only look. NothingIssuedError, UsageError for unknown names."""
    now = utc_now()
    with open_records(root) as records:
        with records.ledger.reading() as reader:
            found, closed = prospects(
                records, reader, names, now, anyway=anyway, undeclared=undeclared, bulletin=bulletin
            )
            head = reader.head().checkpoint.short()
        opening = min(
            (at for one in found if (at := opens(one.policy, records.calendar, records.office.zone, now))), default=None
        )
        proposal = Proposal(tuple(found), None, opening, tuple(closed))
        if dry_run:
            return proposal
        folder = root.joinpath(*FOLDER)
        with disk_errors():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        drafts = proposal.drafts
        if not drafts:
            return proposal
        maker = _Maker(records, found, head)
        papers = maker.make(drafts, {}, "")
        for one, paper in zip(drafts, papers, strict=True):
            name = f"{one.unit}-{one.manner}" if one.unit else one.manner
            write_whole(folder / one.circular / f"{name}.pdf", paper.pdf)
            write_whole(folder / one.circular / f"{name}.docx", paper.docx)
        whole = {"made": timestamp(now), "undeclared": undeclared, "drafts": [asdict(one) for one in drafts]}
        write_whole(folder / DRAFTS, (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode())
        return replace(proposal, folder=folder)


def read_drafts(root: Path, *, missing: bool = False) -> tuple[tuple[Drafted, ...], bool]:
    """What is drafted, and whether circulars count that ask for no reminders. CircularGenError where nothing is, unless
    it may be `missing`."""
    path = root.joinpath(*FOLDER, DRAFTS)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        drafts = [Drafted(**{**one, "hazards": tuple(one["hazards"])}) for one in whole["drafts"]]
        return tuple(drafts), bool(whole["undeclared"])
    except FileNotFoundError:
        if missing:
            return (), False
        raise CircularGenError(_("nothing is drafted; circular-gen remind drafts what is due")) from None
    except (OSError, ValueError, KeyError, TypeError):
        message = _("{path} cannot be read; draft again with circular-gen remind")
        raise CircularGenError(message.format(path=path)) from None


class _Maker:
    """Papers for drafts, as things stand in `found`."""

    def __init__(self, records: Records, found: Sequence[Prospect], head: Checkpoint) -> None:
        self._records = records
        self._found = {one.paper.circular: one for one in found}
        self._head = head
        self._codes = office_codes(records.root)
        self._units = _registered(records.root)
        self._press = ReminderPress(records.root, records.office)

    def make(self, drafts: Sequence[Drafted], numbers: Mapping[Drafted, str], approver: str) -> tuple[Printed, ...]:
        return self._press.make([self._wanted(one, numbers.get(one, ""), approver) for one in drafts])

    def superior(self, unit: str, rules: Policy) -> str:
        """Who gets a copy of an escalation: whom the unit names, else whom the policy does."""
        known = self._units.get(unit)
        named = known.superior if known else ""
        above = self._units.get(named)
        return (above.name if above else named) or rules.superior

    def copied(self, one: Drafted, rules: Policy) -> str:
        """Who gets a copy of the paper; empty for nobody."""
        if one.manner == "escalation" and one.unit:
            return self.superior(one.unit, rules)
        return rules.superior if one.manner == "bulletin" else ""

    def _wanted(self, one: Drafted, number: str, approver: str) -> Wanted:
        prospect = self._found[one.circular]
        setting, rules = prospect.setting, prospect.policy
        answer_by = setting.calendar.after(setting.today, max(rules.interval, 1))
        if one.unit is None:
            rows = bulletin_rows(prospect.paper, prospect.standings.values(), setting)
            words: Words | BulletinWords = bulletin_words(
                prospect.paper,
                rows,
                setting.office,
                setting.now,
                addressees=_addressees(prospect.standings.values()),
                answer_by=answer_by,
                basis=rules.basis,
                cc=self.copied(one, rules),
            )
            return Wanted("bulletin", words, {"number": number or "　", "checkpoint": brief(self._head)})
        claim = next(claim for claim in prospect.plan.claims if claim.unit == one.unit)
        words = reminder_words(
            claim,
            prospect.paper,
            setting.office,
            setting.now,
            within=rules.interval,
            answer_by=answer_by,
            basis=rules.basis,
            approver=approver,
            superior=self.copied(one, rules),
            hazards=[hazard for hazard in prospect.hazards.get(one.unit, ()) if hazard.id in one.hazards],
        )
        revision = prospect.paper.revision
        values = reminder_values(one.unit, claim.name, number, one.circular, revision, self._head, self._codes)
        return Wanted("escalation" if one.manner == "escalation" else "reminder", words, values)


def _registered(root: Path) -> Mapping[str, Unit]:
    try:
        return open_workspace(root).registry.by_id
    except WorkspaceError:
        return {}


def _addressees(standings: Iterable[Standing]) -> str:
    """Whom the circular addresses, as its own line does: groups by their name, others by theirs."""
    names = [one.grouped or one.name or one.unit for one in standings if one.role == "addressee" and not one.withdrawn]
    return "，".join(dict.fromkeys(names))


# -- sending -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is still due of the drafts at one moment, the numbers that it would get, and what was dropped."""

    due: tuple[Drafted, ...]
    numbers: Mapping[Drafted, tuple[str, int, int]]
    dropped: tuple[tuple[Drafted, str], ...]
    found: tuple[Prospect, ...] = field(compare=False)
    head: Checkpoint = field(compare=False)


def send(
    root: Path,
    *,
    by: str,
    names: Sequence[str] = (),
    only: Sequence[str] = (),
    anyway: bool = False,
    actor: str | None = None,
    here: bool = False,
    pace: Pace | None = None,
    patience: Patience | None = None,
) -> Sent:
    """Send what was drafted and is still due, by each unit's way, and what an earlier run has left. `by`: who approves
    it; `names`, `only`: of these circulars, to these units alone; `anyway`: though it is no time to send; `here`: this
    copy of the workspace is the one that sends. CircularGenError where nothing is drafted, or it is no time;
    ElsewhereError where this copy may not send."""
    if not by.strip():
        raise UsageError(_("say who approves it, with --by"))
    with open_records(root) as records, _alone(root):
        post = PostOffice(records, _registered(root), patience)
        if here:
            post.outbox.take_over()
        left = post.left()
        drafts, undeclared = read_drafts(root, missing=bool(left))
        wanted = [one for one in drafts if (not names or one.circular in names) and (not only or one.unit in only)]
        if not wanted and not left:
            raise UsageError(_("none of that is drafted"))
        if not wanted and not anyway:
            _refuse_quiet(records, [policy(records.office.code, records.office.reminders)], utc_now())
        approved = _approve(records, wanted, post, by.strip(), undeclared=undeclared, anyway=anyway, actor=actor)
        printed = _print(root, approved) if approved.papers else None
        _strike(root, drafts, wanted, undeclared=undeclared)
        rows = post.carry((*left, *approved.posts), pace)
        return Sent((*approved.printed, *map(_gone, rows)), approved.batch.dropped, printed, post.stopped)


def _gone(row: Intent) -> Gone:
    details = json.loads(row.details)
    nth = details["fields"].get("nth", 0)
    name, number, state = details["name"], details["number"], row.state
    return Gone(row.circular, row.unit, name, row.purpose, nth, number, row.channel, state, row.answer or row.reason)


@dataclass(frozen=True, slots=True)
class _Approved:
    """What a person approved, as the ledger has it. `papers`: of each of the batch, in order; `posts`: for the outbox;
    `printed`: what is handed over on paper; `copies`: sheets of each paper that are to be printed."""

    batch: "_Batch"
    papers: tuple[Printed, ...] = ()
    posts: tuple[Post, ...] = ()
    printed: tuple[Gone, ...] = ()
    copies: tuple[int, ...] = ()


def _approve(
    records: Records,
    wanted: Sequence[Drafted],
    post: PostOffice,
    by: str,
    *,
    undeclared: bool,
    anyway: bool,
    actor: str | None,
) -> _Approved:
    """Number, make and record what is still due of `wanted`."""
    root = records.root
    for attempt in range(1, _ATTEMPTS + 1):
        with ExitStack() as held:
            writer = held.enter_context(records.ledger.writing()) if attempt == _ATTEMPTS else None
            with nullcontext(writer) if writer else records.ledger.reading() as reader:
                batch = _batch(records, reader, wanted, undeclared=undeclared, anyway=anyway)
            if not batch.due:
                return _Approved(batch)
            if not anyway:
                _refuse_quiet(records, [one.policy for one in batch.found], batch.found[0].setting.now)
            numbers = {one: document_number(*number) for one, number in batch.numbers.items()}
            maker = _Maker(records, batch.found, batch.head)
            papers = maker.make(batch.due, numbers, by)
            kept = [
                (evidence.keep_bytes(root, paper.pdf, ".pdf"), evidence.keep_bytes(root, paper.docx, ".docx"))
                for paper in papers
            ]
            ways = {one: _ways(one, batch, post) for one in batch.due}
            if any(channel != "print" for own in ways.values() for channel, _address in own.values()):
                post.outbox.check_place()
            writer = writer or held.enter_context(records.ledger.writing())
            if _batch(records, writer, wanted, undeclared=undeclared, anyway=anyway) != batch:
                continue
            made = _Record(records, batch, maker, numbers, ways, by, actor or records.actor)
            posts, printed, copies = made.write(writer, papers, kept)
            break
    for one, paper in zip(batch.due, papers, strict=True):
        if one in numbers:
            lay_down(root, batch.numbers[one][1], numbers[one], paper)
    return _Approved(batch, papers, tuple(posts), tuple(printed), tuple(copies))


Ways = Mapping[str, tuple[str, str]]
"""Unit → channel and address."""


def _ways(one: Drafted, batch: "_Batch", post: PostOffice) -> Ways:
    """By which way each unit gets the message."""
    prospect = next(prospect for prospect in batch.found if prospect.paper.circular == one.circular)
    return {unit: post.way(unit) for unit in ([one.unit] if one.unit else _receivers(prospect))}


def _batch(records: Records, reader: Reader, drafts: Sequence[Drafted], *, undeclared: bool, anyway: bool) -> _Batch:
    """What is due of `drafts` now."""
    names = list(dict.fromkeys(one.circular for one in drafts))
    found, closed = prospects(records, reader, names, utc_now(), anyway=anyway, undeclared=undeclared, bulletin=True)
    by_name = {one.paper.circular: one for one in found}
    due: list[Drafted] = []
    dropped: list[tuple[Drafted, str]] = [(one, "closed") for one in drafts if one.circular in closed]
    for one in drafts:
        if prospect := by_name.get(one.circular):
            why = _why_not(one, prospect)
            if why is None:
                due.append(one)
            else:
                dropped.append((one, why))
    numbers: dict[Drafted, tuple[str, int, int]] = {}
    following: dict[tuple[str, int], int] = {}
    for one in due:
        if one.manner != "notice":
            setting = by_name[one.circular].setting
            series = (setting.policy.code(_paper_of(one.manner)), setting.today.year)
            if series not in following:
                following[series] = reader.next_number(*series)
            numbers[one] = (*series, following[series])
            following[series] += 1
    return _Batch(tuple(due), numbers, tuple(dropped), tuple(found), reader.head().checkpoint.short())


def _paper_of(manner: str) -> str:
    return manner if manner in ("escalation", "bulletin") else "reminder"


def _why_not(one: Drafted, prospect: Prospect) -> str | None:
    """Why a draft is not due any more as it was drafted: a word of `Held`, answered, or changed."""
    if one.unit is None:
        if not prospect.plan.bulletin:
            return "answered"
        return None if (prospect.paper.due, prospect.facts()) == (one.due, one.facts) else "changed"
    standing = prospect.standings.get(one.unit)
    if standing is None:
        return "changed"
    past = prospect.past.get(one.unit, ())
    now = decision(prospect.paper, standing, past, prospect.setting)
    if one.manner == "hazards":
        now = now or hazard_decision(
            prospect.paper, standing, prospect.hazards.get(one.unit, ()), past, prospect.setting
        )
    if isinstance(now, Held):
        return now.why
    if now is None:
        return "answered"
    same = (now.manner, now.nth, now.due, now.hazards) == (one.manner, one.nth, one.due, one.hazards)
    return None if same else "changed"


def _refuse_quiet(records: Records, policies: Iterable[Policy], now: datetime) -> None:
    for rules in policies:
        if at := opens(rules, records.calendar, records.office.zone, now):
            message = _("nothing is sent at this hour (from {time} on); --anyway sends nevertheless")
            raise CircularGenError(message.format(time=f"{at:%Y-%m-%d %H:%M}"))


@dataclass(frozen=True, slots=True)
class _Record:
    """The events of what was approved: each paper, and each unit that is handed one on paper."""

    records: Records
    batch: "_Batch"
    maker: "_Maker"
    numbers: Mapping[Drafted, str]
    ways: Mapping[Drafted, Ways]
    by: str
    actor: str

    def write(
        self, writer: Writer, papers: Sequence[Printed], kept: Sequence[tuple[str, str]]
    ) -> tuple[list[Post], list[Gone], list[int]]:
        """What is to be posted, what is printed, and how many copies of each paper."""
        found = {one.paper.circular: one for one in self.batch.found}
        posts: list[Post] = []
        printed: list[Gone] = []
        copies: list[int] = []
        for one, paper, hashes in zip(self.batch.due, papers, kept, strict=True):
            prospect, ways = found[one.circular], self.ways[one]
            sequence = self._approve(writer, one, prospect, paper, hashes)
            for unit, (channel, address) in ways.items():
                fields = self._fields(one, hashes) | {"manner": one.manner, "number": self.numbers.get(one)}
                name = prospect.standings[unit].name or unit
                if channel == "print":
                    own = {**fields, "channel": channel, "revision": prospect.paper.revision or None}
                    writer.append(Draft("reminded", self.actor, one.circular, unit, own))
                    number = self.numbers.get(one, "")
                    printed.append(Gone(one.circular, unit, name, one.manner, one.nth, number, channel, "printed"))
                else:
                    posts.append(post_of(prospect.paper, unit, name, sequence, channel, address, paper.heading, fields))
            on_paper = sum(channel == "print" for channel, _address in ways.values())
            copies.append(on_paper + bool(self.maker.copied(one, prospect.policy)))
        return posts, printed, copies

    def _fields(self, one: Drafted, hashes: tuple[str, str]) -> dict[str, Any]:
        hazards = list(one.hazards) or None
        return {"nth": one.nth or None, "due": one.due, "by": self.by, "evidence": list(hashes), "hazards": hazards}

    def _approve(
        self, writer: Writer, one: Drafted, prospect: Prospect, paper: Printed, hashes: tuple[str, str]
    ) -> int:
        """The number of the event that approves the paper; of a notice, which has none, one for its deadline."""
        if one not in self.numbers:
            return int(datetime.fromisoformat(one.due).timestamp()) // 60
        code, year, place = self.batch.numbers[one]
        fields = {
            **self._fields(one, hashes),
            "paper": _paper_of(one.manner),
            "manner": one.manner,
            "title": paper.heading,
            "number": self.numbers[one],
            "code": code,
            "year": year,
            "ordinal": place,
            "as-of": prospect.setting.now,
            "superior": self.maker.copied(one, prospect.policy) or None,
            "ways": {unit: list(way) for unit, way in self.ways[one].items()},
        }
        return writer.append(Draft("reminder-issued", self.actor, one.circular, one.unit, fields))[0].sequence


def _receivers(prospect: Prospect) -> list[str]:
    """Whom a bulletin goes to: all that the circular goes to."""
    standings = prospect.standings.values()
    return [standing.unit for standing in standings if standing.role == "addressee" and not standing.withdrawn]


def lay_down(root: Path, year: int, number: str, paper: Printed) -> None:
    """An approved paper under its number below records/reminders/, so that a person finds it: the proof is the same
    file in the evidence."""
    folder = records_folder(root) / PAPERS / str(year)
    for suffix, data in ((".pdf", paper.pdf), (".docx", paper.docx)):
        write_whole(folder / (number.translate(_UNSAFE) + suffix), data)


def _print(root: Path, approved: _Approved) -> Path | None:
    """What goes out on paper in one file, each paper from a sheet's front; copies for superiors too."""
    papers = zip(approved.papers, approved.copies, strict=True)
    sheets = [paper.pdf for paper, copies in papers for _copy in range(copies)]
    if not sheets:
        return None
    path = root.joinpath(*FOLDER, PRINT)
    write_whole(path, joined(sheets))
    return path


def _strike(root: Path, drafts: Sequence[Drafted], done: Sequence[Drafted], *, undeclared: bool) -> None:
    """Take what was decided off the list of drafts."""
    rest = [asdict(one) for one in drafts if one not in set(done)]
    path = root.joinpath(*FOLDER, DRAFTS)
    if not rest:
        path.unlink(missing_ok=True)
        return
    whole = {"made": timestamp(utc_now()), "undeclared": undeclared, "drafts": rest}
    write_whole(path, (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode())


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else sends reminders from this workspace meanwhile."""
    from filelock import FileLock, Timeout

    lock = FileLock(records_folder(root) / ".reminders.lock", timeout=0)
    try:
        with disk_errors():
            lock.acquire()
    except Timeout:
        raise CircularGenError(_("reminders are being sent by somebody else; wait until that is done")) from None
    try:
        yield
    finally:
        lock.release()


# -- calls -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Called:
    """A call as it was recorded. `due`: the deadline it was about."""

    paper: Paper
    unit: Standing
    at: datetime


def called(
    root: Path,
    name: str,
    unit: str,
    *,
    answer: str,
    by: str | None = None,
    to: str | None = None,
    at: str | None = None,
    actor: str | None = None,
) -> Called:
    """Record that `unit` was reminded on the phone, and what it said. `by`: who called; `to`: who answered; `at`: when
    (default: now). UsageError for unknown names and bad times."""
    if not answer.strip():
        raise UsageError(_("say what the unit answered, with --answer"))
    with open_records(root) as records:
        office = records.office.zone
        paper = records.paper(name)
        place = records.unit(paper, unit).unit
        moment = read_time(at, office) if at else None
        if moment is not None:
            check_time(moment.isoformat(), utc_now(), paper.issued_at, paper.date)
        with records.ledger.writing() as writer:
            paper, standing = writer.paper(paper.circular) or paper, writer.standing(paper.circular, place)
            assert standing is not None  # events are never removed
            due = standing.due or paper.due
            fields = {
                "manner": "phone",
                "channel": "phone",
                "detail": answer.strip(),
                "due": due,
                "by": by,
                "to": to,
                "at": moment,
            }
            event = writer.append(Draft("reminded", actor or records.actor, paper.circular, place, fields))[0]
            return Called(paper, standing, in_zone(datetime.fromisoformat(event.at), office))
