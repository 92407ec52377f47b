"""Writing: drafts into the database, each append one transaction with all that follows from it.

    drafts ─► checked ─► numbered, timed, chained ─► events + head + tree + projection, all or nothing

A `Writer` is what nobody else writes beside, so that a caller can look, decide and append without anything in between.
Rows go in through statements that are compiled once and take plain tuples: that is what makes bulk appends quick.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import compress, groupby
from operator import attrgetter, itemgetter, ne
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from circular_gen.ledger.engine import reader_of
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
from circular_gen.ledger.failures import AlreadyIssuedError, KeyConflictError, LedgerError, NumberTakenError
from circular_gen.ledger.reading import Head, Number, Reader, Tally, chunks, document_number, key_about
from circular_gen.ledger.standing import Paper, Standing, advanced, advanced_paper, fold, fold_paper, folded
from circular_gen.ledger.tables import PROJECTION, events, head, numbers, papers, standings, tallies, tree
from circular_gen.messages import _

_STREAM = 1000
_PLACES = range(len(Standing._fields))


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


def _plain(dialect: str) -> Dialect:
    """A dialect whose statements take plain tuples."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call]
    return sqlite.dialect(paramstyle="qmark")


class Writer(Reader):
    """Appends inside one transaction that nobody else writes beside; its answers include what it appended."""

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        super().__init__(connection.connection, postgresql=connection.dialect.name == "postgresql")
        self._connection = connection
        self._now_head = self._head(locked=True)
        self.now = clock()
        """The computer's clock when the ledger was free for this writer."""

    @property
    def connection(self) -> Connection:
        """For the ledger's other tables (intents.py)."""
        return self._connection

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
        return drafted._replace(
            circular=target.circular, unit=target.unit, key=key_about(drafted.kind, target.sequence)
        )

    def _known(self, keys: Sequence[str]) -> dict[str, Event]:
        return {
            str(event.key): event._replace(repeated=True) for chunk in chunks(keys) for event in self.stream(keys=chunk)
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
            if place in projection.numbers or self._given(place):
                raise NumberTakenError(
                    _("the number {number} was given before, or is void").format(number=document_number(*place))
                )

    def _given(self, place: tuple[str, int, int]) -> bool:
        question = "SELECT event FROM numbers WHERE code = :code AND year = :year AND ordinal = :ordinal"
        return bool(self.ask(question, **dict(zip(("code", "year", "ordinal"), place, strict=True))))

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


def begin(connection: Connection) -> None:
    """Gives new tables their head."""
    if not reader_of(connection).ask("SELECT id FROM head"):
        origin = f"circular-gen/{secrets.token_hex(16)}"
        values = {"id": 1, "origin": origin, "size": 0, "time": "", "chain": genesis(origin), "peaks": b""}
        connection.execute(insert(head).values(**values))


def rebuild(connection: Connection) -> None:
    """Makes the projection anew from the events."""
    reader = reader_of(connection)
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
