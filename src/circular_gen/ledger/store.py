"""The store: events into the database and out again, each append one transaction with all that follows from it.

    drafts ─► checked ─► numbered, timed, chained ─► events + head + tree + projection, all or nothing

`Ledger` is the door; `Ledger.reading()` gives a `Reader` whose answers all belong to one moment, `Ledger.writing()` a
`Writer` that nobody else writes beside, so that a caller can look, decide and append without anything in between.
Rows go in through statements that are compiled once and take plain tuples: that is what makes bulk appends quick.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress, count, groupby
from operator import attrgetter, itemgetter, ne
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Engine, Select, Table, and_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from circular_gen.ledger import merkle
from circular_gen.ledger.checkpoint import Checkpoint
from circular_gen.ledger.deadlines import utc_now
from circular_gen.ledger.events import (
    CLOCK,
    KINDS,
    NUMBERED,
    Draft,
    DraftError,
    Event,
    Fact,
    Kind,
    canonical,
    check_draft,
    check_time,
    event_hash,
    genesis,
    line,
    read_payload,
    timestamp,
)
from circular_gen.ledger.failures import (
    AlreadyIssuedError,
    KeyConflictError,
    LedgerDamagedError,
    LedgerError,
    LedgerUnwritableError,
    NumberTakenError,
)
from circular_gen.ledger.opening import failures, migrate, open_engine, writing
from circular_gen.ledger.standing import (
    FLAGS,
    RECEIVED,
    REPORTED,
    STATES,
    Paper,
    Standing,
    Status,
    advanced,
    advanced_paper,
    fold,
    fold_paper,
    folded,
    owes,
    status,
)
from circular_gen.ledger.tables import PROJECTION, events, head, numbers, papers, standings, tallies, tree
from circular_gen.messages import _

_CHUNK = 500
_STREAM = 1000
_PLACES = range(len(Standing._fields))
_CURSORS = count()

_ALL = select(events).order_by(events.c.sequence)
_FACTS = select(*(events.c["payload" if name == "text" else name] for name in Fact._fields))
_OWN = _FACTS.where(events.c.circular == bindparam("circular"), events.c.unit.is_(None)).order_by(events.c.sequence)
_OF_UNITS = _FACTS.where(events.c.circular == bindparam("circular"), events.c.unit.is_not(None)).order_by(
    events.c.unit, events.c.sequence
)
_STANDINGS = select(standings).where(standings.c.circular == bindparam("circular"))
_BY_UNIT = _STANDINGS.order_by(standings.c.unit)
_BY_PLACE = _STANDINGS.order_by(standings.c.position, standings.c.unit)
"""Questions with many rows as their answer (see `Reader._rows`)."""


class Head(NamedTuple):
    """How far the ledger is: its name, the number of events, the last one's time and hash, the tree's right edge."""

    origin: str
    size: int
    time: str
    chain: bytes
    frontier: merkle.Frontier

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.origin, self.size, self.frontier.root())


class Number(NamedTuple):
    """A document number that was given or voided. `circular`: whose it is, None where it is no circular's but void, or
    a reminder's. `event`: the event that says so."""

    code: str
    year: int
    ordinal: int
    circular: str | None
    void: bool
    event: int


class Tally(NamedTuple):
    """How many units of a circular are alike (`due`: their own deadline, empty where the circular's holds)."""

    circular: str
    role: str
    receipt: bool
    state: int
    flags: int
    due: str
    units: int


class Summary(NamedTuple):
    """A circular in a line. Counts are of addressees, those of `cc` aside; withdrawn copies are not counted as
    addressees. `states`: units in each state; `flags`: units with each flag, overdue included."""

    paper: Paper
    addressees: int
    cc: int
    received: int
    reported: int
    overdue: int
    review: int
    states: Mapping[str, int]
    flags: Mapping[str, int]


@lru_cache(maxsize=64)
def _compiled(dialect: str, table: Table, conflict: str) -> str:
    """An INSERT into `table` for plain tuples in the columns' order. `conflict`: refuse | replace | add (to units)."""
    statement: Any = sqlite.insert(table)
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # takes a while to import, and few offices need it

        statement = postgresql.insert(table)
    rest = [column.name for column in table.columns if not column.primary_key]
    if conflict == "replace":
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in rest}
        )
    elif conflict == "add":
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={"units": table.c.units + statement.excluded.units}
        )
    return str(statement.compile(dialect=_plain(dialect)))


@lru_cache(maxsize=16)
def _question(dialect: str, question: Select[Any]) -> tuple[str, tuple[str, ...]]:
    """A question for plain values, and their names in order."""
    compiled = question.compile(dialect=_plain(dialect))
    return str(compiled), tuple(compiled.positiontup or ())


def _plain(dialect: str) -> Dialect:
    """A dialect whose statements take plain tuples."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call]
    return sqlite.dialect(paramstyle="qmark")


class Reader:
    """Answers that all belong to one moment of the ledger."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """For the ledger's other tables (intents.py)."""
        return self._connection

    # -- events

    def head(self) -> Head:
        """Where the ledger stands."""
        return self._head(select(head))

    def _head(self, statement: Select[Any]) -> Head:
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise LedgerDamagedError(_("the ledger has lost its head row; put back a copy, never delete it"))
        try:
            peaks = tuple(row.peaks[i : i + 32] for i in range(0, len(row.peaks), 32))
            return Head(row.origin, int(row.size), row.time, bytes(row.chain), merkle.Frontier(row.size, peaks))
        except (TypeError, ValueError):  # SQLite holds values of any type, where its file was damaged
            raise LedgerDamagedError(_("the ledger's head row is damaged; put back a copy, never delete it")) from None

    def event(self, sequence: int) -> Event | None:
        """The event of that number."""
        return next(self.stream(after=sequence - 1, until=sequence), None)

    def stream(
        self,
        circular: str | None = None,
        unit: str | None = None,
        kinds: Iterable[str] = (),
        after: int = 0,
        until: int | None = None,
        keys: Sequence[str] = (),
    ) -> Iterator[Event]:
        """Events in order; those of a circular, of a unit, of some kinds, after and up to a number, with some keys."""
        statement = select(events).where(events.c.sequence > after).order_by(events.c.sequence)
        if until is not None:
            statement = statement.where(events.c.sequence <= until)
        if circular is not None:
            statement = statement.where(events.c.circular == circular)
        if unit is not None:
            statement = statement.where(events.c.unit == unit)
        if kinds := tuple(kinds):
            statement = statement.where(events.c.kind.in_(kinds))
        if keys:
            statement = statement.where(events.c.key.in_(keys))
        return self._events(statement)

    def _events(self, statement: Select[Any]) -> Iterator[Event]:
        result = self._connection.execute(statement, execution_options={"yield_per": _STREAM})
        for rows in result.partitions():
            for row in rows:
                yield Event(*row)

    def about(self, circular: str, unit: str | None) -> list[Event]:
        """All events about (circular, unit); with no unit, those about the circular alone."""
        which = events.c.unit.is_(None) if unit is None else events.c.unit == unit
        statement = select(events).where(events.c.circular == circular, which).order_by(events.c.sequence)
        return list(self._events(statement))

    def every(self) -> Iterator[tuple[Any, ...]]:
        """All events in order, whatever their numbers: the fields of `Event`, without `repeated`."""
        return self._rows(_ALL)

    def by_unit(self, circular: str) -> Iterator[Fact]:
        """What is to be folded of a circular: its own events, then those of each of its units, in order."""
        rows = chain(self._rows(_OWN, circular=circular), self._rows(_OF_UNITS, circular=circular))
        return map(Fact._make, rows)

    def _rows(self, question: Select[Any], **values: object) -> Iterator[tuple[Any, ...]]:
        """Rows as the database's driver gives them, batch by batch: a ledger has millions, and SQLAlchemy's own rows
        and conversions would take longer than the reading."""
        dialect = self._connection.dialect
        statement, names = _question(dialect.name, question)
        connection: Any = self._connection.connection
        # PostgreSQL's nameless cursors fetch all rows at once
        named = (f"rows{next(_CURSORS)}",) if dialect.name == "postgresql" else ()
        with closing(connection.cursor(*named)) as cursor:
            try:
                cursor.execute(statement, [values[name] for name in names])
                while rows := cursor.fetchmany(_STREAM):
                    yield from rows
            except dialect.loaded_dbapi.Error as error:
                raise DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error) from error

    def open_reviews(self, circular: str | None = None) -> tuple[Event, ...]:
        """The `reviewed` events without a decision, that were not annulled, oldest first."""
        statement = select(events).where(events.c.kind.in_(("reviewed", "review-decided"))).order_by(events.c.sequence)
        waiting: dict[int, Event] = {}
        for event in self._events(statement):
            if event.kind == "reviewed":
                waiting[event.sequence] = event
            else:
                waiting.pop(event.payload["event"], None)
        if waiting:
            keys = [_key("corrected", sequence) for sequence in waiting]
            for chunk in _chunks(keys):
                for event in self.stream(keys=chunk):
                    waiting.pop(event.payload["event"], None)
        return tuple(event for event in waiting.values() if circular is None or event.circular == circular)

    # -- the projection

    def paper(self, circular: str) -> Paper | None:
        """The circular, where any event is about it."""
        row = self._connection.execute(select(papers).where(papers.c.circular == circular)).one_or_none()
        return Paper(*row) if row else None

    def names(self) -> tuple[str, ...]:
        """The circulars that anything in the ledger is about, sorted."""
        found: set[str] = set()
        for column in (events.c.circular, papers.c.circular, standings.c.circular, tallies.c.circular):
            name = self._connection.execute(select(func.min(column))).scalar()
            while name is not None:  # from one to the next by the index: many rows, few circulars
                found.add(name)
                name = self._connection.execute(select(func.min(column)).where(column > name)).scalar()
        return tuple(sorted(found))

    def papers(self) -> Iterator[Paper]:
        """All circulars that events are about, by name."""
        for row in self._connection.execute(select(papers).order_by(papers.c.circular)):
            yield Paper(*row)

    def standing(self, circular: str, unit: str) -> Standing | None:
        """A unit's standing; None where the circular does not address it."""
        return next(self._standings(circular, [unit]), None)

    def standings(self, circular: str) -> Iterator[Standing]:
        """The standings of a circular in its list's order."""
        return map(Standing._make, self._rows(_BY_PLACE, circular=circular))

    def standing_rows(self, circular: str) -> Iterator[tuple[Any, ...]]:
        """The values of the standings of a circular, sorted by unit."""
        return self._rows(_BY_UNIT, circular=circular)

    def _standings(self, circular: str, units: Sequence[str]) -> Iterator[Standing]:
        for chunk in _chunks(units):
            statement = select(standings).where(standings.c.circular == circular, standings.c.unit.in_(chunk))
            yield from map(Standing._make, self._connection.execute(statement).all())

    def tallies(self, circular: str | None = None) -> Iterator[Tally]:
        """How many units are alike, for every circular or for one."""
        statement = select(tallies).where(tallies.c.units != 0)
        if circular is not None:
            statement = statement.where(tallies.c.circular == circular)
        for row in self._connection.execute(statement.order_by(*tallies.primary_key)):
            yield Tally(*row)

    def numbers(self, year: int | None = None, code: str | None = None) -> tuple[Number, ...]:
        """The document numbers given and voided, as numbers in order."""
        statement = select(numbers).order_by(numbers.c.code, numbers.c.year, numbers.c.ordinal)
        if year is not None:
            statement = statement.where(numbers.c.year == year)
        if code is not None:
            statement = statement.where(numbers.c.code == code)
        return tuple(Number(*row) for row in self._connection.execute(statement))

    def next_number(self, code: str, year: int) -> int:
        """The number after the highest of the code and year; final only inside `writing()`."""
        statement = select(func.max(numbers.c.ordinal)).where(numbers.c.code == code, numbers.c.year == year)
        return int(self._connection.execute(statement).scalar() or 0) + 1

    def circulars(self, now: datetime) -> tuple[Summary, ...]:
        """A line for each issued circular, in the order of issue; overdue as at `now`."""
        known = {paper.circular: paper for paper in self.papers() if paper.issued_at}
        alike: dict[str, list[Tally]] = {name: [] for name in known}
        for tally in self.tallies():
            if tally.circular in alike:
                alike[tally.circular].append(tally)
        at = timestamp(now)
        ordered = sorted(known.values(), key=lambda paper: (paper.issued_at, paper.year, paper.code, paper.ordinal))
        return tuple(_summary(paper, alike[paper.circular], at) for paper in ordered)

    def statuses(self, circular: str, now: datetime) -> tuple[Status, ...]:
        """A row for each unit of a circular, in its list's order."""
        paper = self.paper(circular) or Paper(circular)
        at = timestamp(now)
        return tuple(status(paper, standing, at) for standing in self.standings(circular))

    # -- the tree

    def subtree(self, level: int, position: int) -> bytes:
        """The root of a complete subtree (see merkle.py), from the stored levels."""
        base = level - level % merkle.TILE
        if base == level > 0:
            statement = select(tree.c.hash).where(tree.c.level == level, tree.c.position == position)
            stored = self._connection.execute(statement).scalar()
            if stored is None:
                raise LedgerDamagedError(_("the ledger's tree has a hole; run ledger verify"))
            return bytes(stored)
        count = 1 << (level - base)
        first = position * count
        if base:
            statement = select(tree.c.hash).where(
                tree.c.level == base, tree.c.position >= first, tree.c.position < first + count
            )
            hashes = [bytes(h) for h in self._connection.execute(statement.order_by(tree.c.position)).scalars()]
        else:
            statement = select(events.c.hash).where(events.c.sequence > first, events.c.sequence <= first + count)
            rows = self._connection.execute(statement.order_by(events.c.sequence)).scalars()
            hashes = [merkle.leaf(event) for event in rows]
        if len(hashes) != count:
            raise LedgerDamagedError(_("the ledger's tree has a hole; run ledger verify"))
        return merkle.folded(hashes)

    def tree(self) -> Iterator[tuple[int, int, bytes]]:
        """The stored nodes by level and position."""
        for row in self._connection.execute(select(tree).order_by(tree.c.level, tree.c.position)):
            yield row.level, row.position, bytes(row.hash)

    def root(self, size: int | None = None) -> bytes:
        """The Merkle root over the first `size` events (all of them by default)."""
        return merkle.range_root(0, self.head().size if size is None else size, self.subtree)

    def complaint(self) -> str:
        """What SQLite's own check finds wrong with its file, indexes included; empty where nothing is, and for a
        database that keeps its files by itself."""
        if self._connection.dialect.name != "sqlite":
            return ""
        said = str(self._connection.execute(text("PRAGMA integrity_check(1)")).scalar()).strip()
        return "" if said == "ok" else said.splitlines()[-1]

    def guarded(self) -> bool:
        """Whether the triggers that refuse changes of events are there."""
        if self._connection.dialect.name == "sqlite":
            statement = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
        else:
            statement = (
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'events'::regclass AND NOT tgisinternal "
                "AND tgenabled <> 'D'"
            )
        return self._connection.execute(text(statement)).scalar() == 2


class Writer(Reader):
    """Appends inside one transaction that nobody else writes beside; its answers include what it appended."""

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        super().__init__(connection)
        self._now_head = self._head(select(head).with_for_update())
        self.now = clock()
        """The computer's clock when the ledger was free for this writer."""

    def append(self, *drafts: Draft) -> tuple[Event, ...]:
        """Records the drafts in order and returns their events. A draft whose key is known is answered with the event
        that has it (`repeated`); KeyConflictError where that says something else. DraftError where a draft may not be
        recorded; then none of them is."""
        now, last = timestamp(self.now), self._now_head
        time = max(now, last.time)
        clock = {} if time == now else {CLOCK: now}
        drafts = tuple(self._aimed(drafted) if drafted.kind in _AIMED else drafted for drafted in drafts)
        kinds = [check_draft(drafted) for drafted in drafts]
        known = self._known([drafted.key for drafted in drafts if drafted.key is not None])
        projection = _Projection(self, self._connection)
        projection.load({(d.circular, d.unit) for d in drafts if d.circular is not None})
        sequence, chain = last.size, last.chain
        new: list[Event] = []
        answer: list[Event] = []
        for drafted, kind in zip(drafts, kinds, strict=True):
            name, actor, circular, unit, given, key = drafted
            payload = read_payload(name, given)
            if key is not None and (first := known.get(key)):
                answer.append(_same(first, drafted, payload))
                continue
            payload_text = _canonical(name, payload)
            self._check(kind, drafted, payload, projection)
            if clock:
                payload = {**payload, **clock}
                payload_text = canonical(payload)
            sequence += 1
            try:
                hashed = event_hash(chain, line(sequence, time, name, actor, circular, unit, payload_text, key))
            except UnicodeEncodeError:
                raise DraftError(_("event {kind}: a text holds half a character").format(kind=name)) from None
            event = Event(sequence, time, name, actor, circular, unit, payload_text, key, chain, hashed)
            projection.apply(event, payload, new)
            chain = hashed
            new.append(event)
            answer.append(event)
            if key is not None:
                known[key] = event._replace(repeated=True)
        self._write(new, projection)
        return tuple(answer)

    def issue(
        self,
        circular: str,
        *,
        code: str,
        year: int,
        actor: str,
        payload: Mapping[str, Any],
        units: Iterable["Addressed"] = (),
        ordinal: int | None = None,
        number: Callable[[str, int, int], str] | None = None,
        prepare: Callable[[int, str], Mapping[str, Any]] | None = None,
    ) -> tuple[Event, ...]:
        """Issues a circular: its `issued` event, then an `addressed` one for each of `units`, in order.

        `payload`: fields of `issued` (title, date, ask, due …). `ordinal`: the number where the paper has one already,
        else the next of code and year. `number`: how it is written (code, year, ordinal), else code〔year〕ordinal号.
        `prepare(ordinal, number)`: called while the number is held; gives more fields of `issued`, and may raise: then
        the number is free again. AlreadyIssuedError, NumberTakenError, DraftError."""
        paper = self.paper(circular)
        if paper and paper.issued_at:
            raise AlreadyIssuedError(
                _("{circular} is issued already, as {number}").format(circular=circular, number=paper.number),
                next(self.stream(circular, kinds=("issued",))).sequence,
            )
        given = self.next_number(code, year) if ordinal is None else ordinal
        written = (number or document_number)(code, year, given)
        more = prepare(given, written) if prepare else {}
        fields = {**payload, **more, "number": written, "code": code, "year": year, "ordinal": given}
        return self.append(
            Draft("issued", actor, circular, None, fields),
            *(unit.draft(circular, actor, position) for position, unit in enumerate(units)),
        )

    def void_number(self, code: str, year: int, ordinal: int, *, actor: str, reason: str) -> Event:
        """Records that a number will not be used; it is never given again. NumberTakenError where a circular has it."""
        fields = {"code": code, "year": year, "ordinal": ordinal, "reason": reason}
        return self.append(Draft("voided-number", actor, payload=fields))[0]

    def take_over(self, recorded: Iterable[Event], origin: str) -> int:
        """Fills an empty ledger with the events of another, as they are, and takes its name; how many there were.
        LedgerError where this one is not empty, or naming the first event that does not fit."""
        if self._now_head.size:
            raise LedgerError(_("events can only be imported into an empty ledger"))
        self._now_head = self._now_head._replace(origin=origin, chain=genesis(origin))
        self._connection.execute(update(head).values(origin=origin, chain=self._now_head.chain))
        chunk: list[Event] = []
        chain, time = self._now_head.chain, self._now_head.time
        for sequence, event in enumerate(recorded, 1):
            if event.sequence != sequence or event.previous != chain or event.time < time:
                raise LedgerError(_("event {sequence} does not follow the one before").format(sequence=sequence))
            if event_hash(chain, event.line()) != event.hash:
                raise LedgerError(_("event {sequence} was changed: its hash does not fit").format(sequence=sequence))
            chain, time = event.hash, event.time
            chunk.append(event)
            if len(chunk) == _STREAM:
                self._write(chunk, None)
                chunk = []
        self._write(chunk, None)
        self.rebuild()
        return self._now_head.size

    def rebuild(self) -> None:
        """Makes the projection anew from the events."""
        rebuild(self._connection)

    # -- inside

    def _aimed(self, drafted: Draft) -> Draft:
        """A draft about another event (a correction, a decision), with that event's circular and unit."""
        number = drafted.payload.get("event")
        target = self.event(number) if type(number) is int and number > 0 else None
        if target is None:
            raise DraftError(_("there is no event {sequence}").format(sequence=number))
        if drafted.kind == "review-decided":
            if target.kind != "reviewed":
                raise DraftError(_("event {sequence} is no page in review").format(sequence=number))
        elif target.kind not in KINDS or not KINDS[target.kind].annullable:
            raise DraftError(
                _("event {sequence} ({kind}) cannot be annulled").format(sequence=number, kind=target.kind)
            )
        if (drafted.circular, drafted.unit) not in ((None, None), (target.circular, target.unit)):
            raise DraftError(_("event {sequence} is about something else").format(sequence=number))
        return drafted._replace(circular=target.circular, unit=target.unit, key=_key(drafted.kind, target.sequence))

    def _known(self, keys: Sequence[str]) -> dict[str, Event]:
        return {
            str(event.key): event._replace(repeated=True)
            for chunk in _chunks(keys)
            for event in self.stream(keys=chunk)
        }

    def _check(self, kind: Kind, drafted: Draft, payload: Mapping[str, Any], projection: "_Projection") -> None:
        """DraftError or NumberTakenError where an event may not follow what the ledger holds."""
        circular, unit = drafted.circular, drafted.unit
        paper = projection.papers.get(circular) if circular is not None else None
        if circular is not None and kind.issued and not (paper and paper.issued_at):
            raise DraftError(_("{circular} has not been issued").format(circular=circular))
        if unit is not None and kind.name != "addressed" and not projection.standings.get((circular or "", unit)):
            raise DraftError(_("{circular} does not address the unit {unit}").format(circular=circular, unit=unit))
        if "at" in payload:
            check_time(payload["at"], self.now, paper.issued_at if paper else None, paper.date if paper else None)
        if kind.name in NUMBERED:
            if kind.name == "issued" and paper and paper.issued_at:
                raise DraftError(_("{circular} has been issued already").format(circular=circular))
            place = (payload["code"], payload["year"], payload["ordinal"])
            statement = select(numbers.c.event).where(
                numbers.c.code == place[0], numbers.c.year == place[1], numbers.c.ordinal == place[2]
            )
            if place in projection.numbers or self._connection.execute(statement).first():
                raise NumberTakenError(
                    _("the number {number} was given before, or is void").format(number=document_number(*place))
                )

    def _write(self, new: Sequence[Event], projection: "_Projection | None") -> None:
        if not new:
            return
        connection, last = self._connection, self._now_head
        frontier, nodes = last.frontier.extend(event.hash for event in new)
        insert_rows(connection, events, [event[:10] for event in new])
        insert_rows(connection, tree, nodes)
        self._now_head = Head(last.origin, frontier.size, new[-1].time, new[-1].hash, frontier)
        connection.execute(
            update(head).values(
                size=frontier.size,
                time=new[-1].time,
                chain=new[-1].hash,
                peaks=b"".join(frontier.peaks),
            )
        )
        if projection:
            projection.write()


class Addressed(NamedTuple):
    """A unit that a circular addresses, as `Writer.issue` takes it. `due`: its own deadline, with a zone."""

    unit: str
    role: str = "addressee"
    name: str | None = None
    group: str | None = None
    copies: int | None = None
    receipt: bool | None = None
    due: datetime | str | None = None
    revision: int | None = None
    files: Mapping[str, Any] | None = None

    def draft(self, circular: str, actor: str, position: int) -> Draft:
        """The `addressed` event; `position`: the unit's place in the circular's list."""
        return Draft("addressed", actor, circular, self.unit, {**self._asdict(), "unit": None, "position": position})


class Ledger:
    """An open ledger; close it, or use it in a `with`. Threads may share it, forked processes may not."""

    def __init__(
        self, engine: Engine, place: str | Path, name: str, clock: Callable[[], datetime], *, readonly: bool
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._readonly = readonly
        self.place = place
        """What `open_ledger` opens it by; it may hold a password."""
        self.name = name
        """The file's path, or the URL without its password."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def now(self) -> datetime:
        """The clock by which events are timed."""
        return self._clock()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Answers of one moment, however many are asked for."""
        with failures(self.name), self._engine.connect() as connection, connection.begin():
            yield Reader(connection)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """A transaction: what it appends is recorded when the block ends, and not at all when it raises."""
        if self._readonly:
            raise LedgerUnwritableError(_("the ledger {name} was opened for reading only").format(name=self.name))
        with failures(self.name), writing(self._engine) as connection, connection.begin():
            yield Writer(connection, self._clock)

    def append(self, *drafts: Draft) -> tuple[Event, ...]:
        """`Writer.append` in a transaction of its own."""
        with self.writing() as writer:
            return writer.append(*drafts)

    def issue(self, circular: str, **given: Any) -> tuple[Event, ...]:
        """`Writer.issue` in a transaction of its own."""
        with self.writing() as writer:
            return writer.issue(circular, **given)

    def void_number(self, code: str, year: int, ordinal: int, *, actor: str, reason: str) -> Event:
        """`Writer.void_number` in a transaction of its own."""
        with self.writing() as writer:
            return writer.void_number(code, year, ordinal, actor=actor, reason=reason)

    def rebuild(self) -> None:
        """Makes the projection anew from the events."""
        with self.writing() as writer:
            writer.rebuild()

    def events(
        self, circular: str | None = None, unit: str | None = None, kinds: Iterable[str] = (), after: int = 0
    ) -> tuple[Event, ...]:
        """Events in order; those of a circular, a unit, some kinds, after a number."""
        with self.reading() as reader:
            return tuple(reader.stream(circular, unit, kinds, after))

    def event(self, sequence: int) -> Event | None:
        """The event of that number."""
        with self.reading() as reader:
            return reader.event(sequence)

    def paper(self, circular: str) -> Paper | None:
        """The circular as the ledger knows it; None where it was never issued."""
        with self.reading() as reader:
            paper = reader.paper(circular)
        return paper if paper and paper.issued_at else None

    def standing(self, circular: str, unit: str) -> Standing | None:
        """A unit's standing; None where the circular does not address it."""
        with self.reading() as reader:
            return reader.standing(circular, unit)

    def standings(self, circular: str) -> tuple[Standing, ...]:
        """The standings of a circular, in its list's order."""
        with self.reading() as reader:
            return tuple(reader.standings(circular))

    def statuses(self, circular: str, now: datetime | None = None) -> tuple[Status, ...]:
        """A row of `status` for each unit of a circular, as at `now`."""
        with self.reading() as reader:
            return reader.statuses(circular, now or self._clock())

    def circulars(self, now: datetime | None = None) -> tuple[Summary, ...]:
        """A line for each issued circular, in the order of issue, as at `now`."""
        with self.reading() as reader:
            return reader.circulars(now or self._clock())

    def open_reviews(self, circular: str | None = None) -> tuple[Event, ...]:
        """The pages that wait for a decision, oldest first."""
        with self.reading() as reader:
            return reader.open_reviews(circular)

    def numbers(self, year: int | None = None, code: str | None = None) -> tuple[Number, ...]:
        """The document numbers given and voided, as numbers in order."""
        with self.reading() as reader:
            return reader.numbers(year, code)

    def head(self) -> Head:
        """Where the ledger stands."""
        with self.reading() as reader:
            return reader.head()

    def checkpoint(self) -> Checkpoint:
        """The head as it is printed and kept."""
        return self.head().checkpoint

    def inclusion_proof(self, sequence: int, size: int | None = None) -> tuple[bytes, ...]:
        """The audit path of an event in the tree of the first `size` events (merkle.includes checks it, with index
        sequence - 1)."""
        with self.reading() as reader:
            return merkle.inclusion_proof(sequence - 1, reader.head().size if size is None else size, reader.subtree)

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `first` events begin the first `second` ones (merkle.continues checks it)."""
        with self.reading() as reader:
            return merkle.consistency_proof(first, reader.head().size if second is None else second, reader.subtree)


def open_ledger(
    where: str | Path,
    *,
    readonly: bool = False,
    patience: float = 60.0,
    clock: Callable[[], datetime] = utc_now,
) -> Ledger:
    """The ledger in a SQLite file or at postgresql://…; it is made where there is none, and upgraded where it is older.
    `patience`: seconds to wait for another writer. `clock`: gives the present time, aware. LedgerError and below."""
    engine = open_engine(where, readonly=readonly, patience=patience)
    name = engine.url.render_as_string() if engine.dialect.name == "postgresql" else str(Path(_path(where)).absolute())

    def fill(connection: Connection, new: bool) -> None:
        if connection.execute(select(head.c.id)).first() is None:
            origin = f"circular-gen/{secrets.token_hex(16)}"
            values = {"id": 1, "origin": origin, "size": 0, "time": "", "chain": genesis(origin), "peaks": b""}
            connection.execute(insert(head).values(**values))
        if not new:
            rebuild(connection)

    try:
        with failures(name):
            migrate(engine, name, readonly=readonly, fill=fill)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, where, name, clock, readonly=readonly)


def _path(where: str | Path) -> str:
    return str(where).removeprefix("sqlite:///")


def document_number(code: str, year: int, ordinal: int) -> str:
    """发文字号 as GB/T 9704-2012, 7.2.5 writes it: 清安办发〔2026〕12号."""
    return f"{code}〔{year}〕{ordinal}号"


# -- the projection ----------------------------------------------------------------------------------------------------

_AIMED = ("corrected", "review-decided")


class _Projection:
    """The rows that a batch of events changes: read, folded, written."""

    def __init__(self, reader: Reader, connection: Connection) -> None:
        self._reader = reader
        self._connection = connection
        self.papers: dict[str, Paper] = {}
        self.standings: dict[tuple[str, str], Standing] = {}
        self.numbers: dict[tuple[str, int, int], Number] = {}
        self._before: dict[tuple[str, str], Standing] = {}
        self._touched: set[str] = set()

    def load(self, about: Iterable[tuple[str | None, str | None]]) -> None:
        """Reads the rows of these circulars and units."""
        units: dict[str, list[str]] = {}
        for circular, unit in sorted(about, key=str):
            if circular is not None:
                wanted = units.setdefault(circular, [])
                if unit is not None:
                    wanted.append(unit)
        for circular, wanted in units.items():
            if paper := self._reader.paper(circular):
                self.papers[circular] = paper
                for standing in self._reader._standings(circular, wanted):
                    self._before[circular, standing.unit] = standing
        self.standings.update(self._before)

    def apply(self, event: Event, payload: Mapping[str, Any], pending: Sequence[Event]) -> None:
        """One more event; `pending`: those of this batch before it."""
        circular, unit = event.circular, event.unit
        if event.kind in NUMBERED:
            number = given_number(event, payload)
            self.numbers[number[:3]] = number
        if circular is None:
            return
        if event.kind == "corrected":
            history = self._reader.about(circular, unit)
            history += [other for other in pending if (other.circular, other.unit) == (circular, unit)]
            history.append(event)
            if unit is None:
                self.papers[circular] = fold_paper(circular, history)
            else:
                self.standings[circular, unit] = fold(circular, unit, history)
        elif unit is None:
            paper = self.papers.get(circular) or Paper(circular)
            self.papers[circular] = advanced_paper(paper, event.kind, payload, event.time, event.sequence)
        else:
            place = (circular, unit)
            standing = self.standings.get(place) or Standing(circular, unit)
            self.standings[place] = advanced(standing, event.kind, payload, event.time, event.sequence)
            return
        self._touched.add(circular)

    def write(self) -> None:
        """Puts the changed rows back."""
        insert_rows(self._connection, papers, [self.papers[circular] for circular in sorted(self._touched)], "replace")
        before = self._before
        changed = [standing for place, standing in self.standings.items() if standing is not before.get(place)]
        fresh: list[Standing] = []
        altered: dict[tuple[int, ...], list[Standing]] = {}
        for standing in changed:
            old = before.get((standing.circular, standing.unit))
            if old is None:
                fresh.append(standing)
            else:
                differing = tuple(compress(_PLACES, map(ne, old, standing)))
                altered.setdefault(differing, []).append(standing)
        insert_rows(self._connection, standings, fresh)
        for differing, rows in altered.items():  # units that something happened to together change alike
            _alter(self._connection, differing, rows)
        delta: Counter[tuple[Any, ...]] = Counter()
        for standing in changed:
            new, old = tallied(standing), before.get((standing.circular, standing.unit))
            if old is None:
                delta[new] += 1
            elif (gone := tallied(old)) != new:
                delta[new] += 1
                delta[gone] -= 1
        insert_rows(
            self._connection, tallies, [(*alike, units) for alike, units in sorted(delta.items()) if units], "add"
        )
        insert_rows(self._connection, numbers, list(self.numbers.values()))


_TALLIED = itemgetter(*(Standing._fields.index(name) for name in Tally._fields if name != "units"))


def tallied(standing: tuple[Any, ...]) -> tuple[str, str, bool, int, int, str]:
    """The tally that counts a standing."""
    circular, role, receipt, state, flags, due = _TALLIED(standing)
    return circular, role, receipt, state, flags, due or ""


def given_number(event: Event, payload: Mapping[str, Any]) -> Number:
    """The number that an event of `NUMBERED` gives or voids."""
    void = event.kind == "voided-number"
    circular = event.circular if event.kind == "issued" else None
    return Number(payload["code"], payload["year"], payload["ordinal"], circular, void, event.sequence)


def projected(circular: str, facts: Iterable[Fact]) -> Iterator[tuple[Any, ...]]:
    """The projection of what happened about a circular, its own first, then each unit's: a `Paper` where any event is
    about the circular alone, and the values of `Standing`s."""
    for unit, group in groupby(facts, attrgetter("unit")):
        happened = tuple(group)
        yield fold_paper(circular, happened) if unit is None else folded(circular, unit, happened)


def rebuild(connection: Connection) -> None:
    """Makes the projection anew from the events."""
    reader = Reader(connection)
    for table in PROJECTION:
        connection.execute(delete(table))
    found: dict[Table, list[tuple[Any, ...]]] = {papers: [], standings: []}
    alike: Counter[tuple[Any, ...]] = Counter()
    for circular in reader.names():
        for row in projected(circular, reader.by_unit(circular)):
            table = papers if isinstance(row, Paper) else standings
            found[table].append(row)
            if table is standings:
                alike[tallied(row)] += 1
            if len(found[table]) == _STREAM:
                insert_rows(connection, table, found[table])
                found[table] = []
    for table, rows in found.items():
        insert_rows(connection, table, rows)
    insert_rows(connection, tallies, [(*same, units) for same, units in sorted(alike.items())])
    given = [given_number(event, event.payload) for event in reader.stream(kinds=NUMBERED)]
    insert_rows(connection, numbers, given)


def _summary(paper: Paper, alike: Sequence[Tally], at: str) -> Summary:
    states, flags = dict.fromkeys(STATES, 0), dict.fromkeys(("overdue", *FLAGS), 0)
    counts = dict.fromkeys(("addressees", "cc", "received", "reported"), 0)
    for tally in alike:
        if tally.role != "addressee":
            counts["cc"] += tally.units
            continue
        for bit, name in enumerate(FLAGS):
            if tally.flags >> bit & 1:
                flags[name] += tally.units
        if tally.flags >> FLAGS.index("withdrawn") & 1:
            continue
        counts["addressees"] += tally.units
        counts["received"] += tally.units * (tally.state >= RECEIVED)
        counts["reported"] += tally.units * (tally.state >= REPORTED)
        states[STATES[tally.state]] += tally.units
        due = tally.due or paper.due
        if due and due < at and owes(paper, tally.role, tally.receipt, tally.state, tally.flags):
            flags["overdue"] += tally.units
    return Summary(paper, **counts, overdue=flags["overdue"], review=flags["review"], states=states, flags=flags)


# -- small things ------------------------------------------------------------------------------------------------------


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]], conflict: str = "refuse") -> None:
    """Rows as tuples in the columns' order. `conflict`: see `_compiled`."""
    if rows:
        statement = _compiled(connection.dialect.name, table, conflict)
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _alter(connection: Connection, places: tuple[int, ...], rows: Sequence[Standing]) -> None:
    """Puts back the columns at `places` of some standings."""
    if places:
        values = itemgetter(*places, 0, 1)
        connection.exec_driver_sql(_alteration(connection.dialect.name, places), [values(row) for row in rows])


@lru_cache(maxsize=256)
def _alteration(dialect: str, places: tuple[int, ...]) -> str:
    names = [Standing._fields[place] for place in places]
    statement = update(standings).ordered_values(*[(standings.c[name], bindparam(f"new_{name}")) for name in names])
    where = and_(standings.c.circular == bindparam("of_circular"), standings.c.unit == bindparam("of_unit"))
    return str(statement.where(where).compile(dialect=_plain(dialect)))


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _key(kind: str, sequence: int) -> str:
    """The key under which an event is corrected, or a review decided, once."""
    return f"{kind}:{sequence}"


def _canonical(kind: str, payload: Mapping[str, Any]) -> str:
    try:
        return canonical(payload)
    except (ValueError, RecursionError):
        raise DraftError(_("event {kind}: its fields cannot be written as JSON").format(kind=kind)) from None


def _same(first: Event, drafted: Draft, payload: dict[str, Any]) -> Event:
    """The event that a repeated draft stands for. KeyConflictError where it says something else."""
    recorded = first.payload
    recorded.pop(CLOCK, None)
    if (first.kind, first.circular, first.unit, recorded) != (drafted.kind, drafted.circular, drafted.unit, payload):
        raise KeyConflictError(
            _("event {sequence} has the key {key} and says something else").format(
                sequence=first.sequence, key=drafted.key
            ),
            first.sequence,
        )
    return first
