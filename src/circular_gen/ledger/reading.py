"""Reading: what the ledger holds, as values; every `Reader`'s answers belong to one moment.

In: a connection of the database's driver, inside a transaction. Out: events, the rows of the projection, the tree.
Questions are SQL as SQLite and PostgreSQL both take it, with `:name` where a value goes, and go to the driver itself: a
ledger has millions of rows, and SQLAlchemy takes longer to import than most commands take.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import lru_cache
from itertools import chain, count, starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from circular_gen.ledger import merkle
from circular_gen.ledger.events import Event, Fact, timestamp
from circular_gen.ledger.failures import LedgerDamagedError
from circular_gen.ledger.standing import FLAGS, RECEIVED, REPORTED, STATES, Paper, Standing, Status, owes, status
from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.ledger.checkpoint import Checkpoint

_CHUNK = 500
_STREAM = 1000
_CURSORS = count()


def select(table: str, columns: Iterable[str]) -> str:
    """A question for these columns, to which conditions are added."""
    return " ".join(("SELECT", ", ".join(columns), "FROM", table))


_EVENTS = select("events", ("payload" if name == "text" else name for name in Event._fields[:10]))
_FACTS = select("events", ("payload" if name == "text" else name for name in Fact._fields))
_PAPERS = select("papers", Paper._fields)
_STANDINGS = select("standings", Standing._fields) + " WHERE circular = :circular"


class Head(NamedTuple):
    """How far the ledger is: its name, the number of events, the last one's time and hash, the tree's right edge."""

    origin: str
    size: int
    time: str
    chain: bytes
    frontier: merkle.Frontier

    @property
    def checkpoint(self) -> "Checkpoint":
        from circular_gen.ledger.checkpoint import Checkpoint  # with the codes of receipts

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


class Reader:
    """Answers that all belong to one moment of the ledger."""

    def __init__(self, driver: Any, *, postgresql: bool = False) -> None:
        """`driver`: a connection of the database's own driver."""
        self._driver = driver
        self._postgresql = postgresql

    @property
    def postgresql(self) -> bool:
        """Whether the database is PostgreSQL, else SQLite."""
        return self._postgresql

    # -- questions

    def rows(self, question: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """The rows that answer `question`, read batch by batch: a ledger has millions."""
        # PostgreSQL's nameless cursors fetch all rows at once
        named = (f"rows{next(_CURSORS)}",) if self._postgresql else ()
        cursor = self._driver.cursor(*named)
        try:
            cursor.execute(self._spelled(question), values)
            while rows := cursor.fetchmany(_STREAM):
                yield from rows
        finally:
            with suppress(sqlite3.ProgrammingError):  # nobody read on, and the ledger is closed by now
                cursor.close()

    def ask(self, question: str, **values: object) -> list[tuple[Any, ...]]:
        """`rows`, all at once."""
        with closing(self._driver.cursor()) as cursor:
            cursor.execute(self._spelled(question), values)
            answer: list[tuple[Any, ...]] = cursor.fetchall()
            return answer

    def value(self, question: str, **values: object) -> Any:
        """The first value of the first row that answers `question`; None where there is none."""
        return next((row[0] for row in self.ask(question, **values)), None)

    def _spelled(self, question: str) -> str:
        return _for_postgresql(question) if self._postgresql else question

    # -- events

    def head(self) -> Head:
        """Where the ledger stands."""
        return self._head()

    def _head(self, *, locked: bool = False) -> Head:
        """`locked`: other writers wait until this transaction ends (in SQLite they do anyhow)."""
        lock = " FOR UPDATE" if locked and self._postgresql else ""
        found = self.ask(select("head", ("origin", "size", "time", "chain", "peaks")) + lock)
        if len(found) != 1:
            raise LedgerDamagedError(_("the ledger has lost its head row; put back a copy, never delete it"))
        origin, size, time, last, right = found[0]
        try:
            peaks = tuple(bytes(right[i : i + 32]) for i in range(0, len(right), 32))
            return Head(origin, int(size), time, bytes(last), merkle.Frontier(size, peaks))
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
        question, values = _EVENTS + " WHERE sequence > :after", dict[str, Any](after=after, until=until)
        if until is not None:
            question += " AND sequence <= :until"
        if circular is not None:
            question += " AND circular = :circular"
            values["circular"] = circular
        if unit is not None:
            question += " AND unit = :unit"
            values["unit"] = unit
        if kinds := tuple(kinds):
            question += among("kind", kinds, values)
        if keys:
            question += among("key", keys, values)
        return starmap(Event, self.rows(question + " ORDER BY sequence", **values))

    def about(self, circular: str, unit: str | None) -> list[Event]:
        """All events about (circular, unit); with no unit, those about the circular alone."""
        which = " WHERE circular = :circular AND " + ("unit IS NULL" if unit is None else "unit = :unit")
        found = self.ask(_EVENTS + which + " ORDER BY sequence", circular=circular, unit=unit)
        return [Event(*row) for row in found]

    def every(self) -> Iterator[tuple[Any, ...]]:
        """All events in order, whatever their numbers: the fields of `Event`, without `repeated`."""
        return self.rows(_EVENTS + " ORDER BY sequence")

    def by_unit(self, circular: str) -> Iterator[Fact]:
        """What is to be folded of a circular: its own events, then those of each of its units, in order."""
        own = _FACTS + " WHERE circular = :circular AND unit IS NULL ORDER BY sequence"
        of_units = _FACTS + " WHERE circular = :circular AND unit IS NOT NULL ORDER BY unit, sequence"
        rows = chain(self.rows(own, circular=circular), self.rows(of_units, circular=circular))
        return map(Fact._make, rows)

    def open_reviews(self, circular: str | None = None) -> tuple[Event, ...]:
        """The `reviewed` events without a decision, that were not annulled, oldest first."""
        waiting: dict[int, Event] = {}
        question = _EVENTS + " WHERE kind IN ('reviewed', 'review-decided') ORDER BY sequence"  # as the index has it
        for event in starmap(Event, self.rows(question)):
            if event.kind == "reviewed":
                waiting[event.sequence] = event
            else:
                waiting.pop(event.payload["event"], None)
        if waiting:
            keys = [key_about("corrected", sequence) for sequence in waiting]
            for chunk in chunks(keys):
                for event in self.stream(keys=chunk):
                    waiting.pop(event.payload["event"], None)
        return tuple(event for event in waiting.values() if circular is None or event.circular == circular)

    # -- the projection

    def paper(self, circular: str) -> Paper | None:
        """The circular, where any event is about it."""
        found = self.ask(_PAPERS + " WHERE circular = :circular", circular=circular)
        return Paper(*found[0]) if found else None

    def names(self) -> tuple[str, ...]:
        """The circulars that anything in the ledger is about, sorted."""
        found: set[str] = set()
        for table in ("events", "papers", "standings", "tallies"):
            first = select(table, ("min(circular)",))
            name = self.value(first)
            while name is not None:  # from one to the next by the index: many rows, few circulars
                found.add(name)
                name = self.value(first + " WHERE circular > :name", name=name)
        return tuple(sorted(found))

    def papers(self) -> Iterator[Paper]:
        """All circulars that events are about, by name."""
        for row in self.ask(_PAPERS + " ORDER BY circular"):
            yield Paper(*row)

    def standing(self, circular: str, unit: str) -> Standing | None:
        """A unit's standing; None where the circular does not address it."""
        return next(self._standings(circular, [unit]), None)

    def standings(self, circular: str) -> Iterator[Standing]:
        """The standings of a circular in its list's order."""
        return map(Standing._make, self.rows(_STANDINGS + " ORDER BY position, unit", circular=circular))

    def standing_rows(self, circular: str) -> Iterator[tuple[Any, ...]]:
        """The values of the standings of a circular, sorted by unit."""
        return self.rows(_STANDINGS + " ORDER BY unit", circular=circular)

    def _standings(self, circular: str, units: Sequence[str]) -> Iterator[Standing]:
        for chunk in chunks(units):
            values: dict[str, Any] = {"circular": circular}
            question = _STANDINGS + among("unit", chunk, values)
            for row in self.ask(question, **values):
                standing = Standing(*row)
                # SQLite has no truth values
                yield standing._replace(receipt=bool(standing.receipt), verified=bool(standing.verified))

    def tallies(self, circular: str | None = None) -> Iterator[Tally]:
        """How many units are alike, for every circular or for one."""
        question = select("tallies", Tally._fields) + " WHERE units <> 0"
        if circular is not None:
            question += " AND circular = :circular"
        key = ", ".join(Tally._fields[:-1])
        for row in self.ask(question + " ORDER BY " + key, circular=circular):
            tally = Tally(*row)
            yield tally._replace(receipt=bool(tally.receipt))

    def numbers(self, year: int | None = None, code: str | None = None) -> tuple[Number, ...]:
        """The document numbers given and voided, as numbers in order."""
        wanted = [f"{name} = :{name}" for name, value in (("year", year), ("code", code)) if value is not None]
        question = select("numbers", Number._fields) + (" WHERE " + " AND ".join(wanted) if wanted else "")
        found = [Number(*row) for row in self.ask(question + " ORDER BY code, year, ordinal", year=year, code=code)]
        return tuple(number._replace(void=bool(number.void)) for number in found)

    def next_number(self, code: str, year: int) -> int:
        """The number after the highest of the code and year; final only inside `writing()`."""
        question = "SELECT max(ordinal) FROM numbers WHERE code = :code AND year = :year"
        return int(self.value(question, code=code, year=year) or 0) + 1

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
            question = "SELECT hash FROM tree WHERE level = :level AND position = :position"
            stored = self.value(question, level=level, position=position)
            if stored is None:
                raise LedgerDamagedError(_("the ledger's tree has a hole; run ledger verify"))
            return bytes(stored)
        count = 1 << (level - base)
        first = position * count
        values = {"level": base, "first": first, "end": first + count}
        if base:
            question = "SELECT hash FROM tree WHERE level = :level AND position >= :first AND position < :end"
            hashes = [bytes(row[0]) for row in self.ask(question + " ORDER BY position", **values)]
        else:
            question = "SELECT hash FROM events WHERE sequence > :first AND sequence <= :end ORDER BY sequence"
            hashes = [merkle.leaf(row[0]) for row in self.ask(question, **values)]
        if len(hashes) != count:
            raise LedgerDamagedError(_("the ledger's tree has a hole; run ledger verify"))
        return merkle.folded(hashes)

    def tree(self) -> Iterator[tuple[int, int, bytes]]:
        """The stored nodes by level and position."""
        for level, position, node in self.ask("SELECT level, position, hash FROM tree ORDER BY level, position"):
            yield level, position, bytes(node)

    def root(self, size: int | None = None) -> bytes:
        """The Merkle root over the first `size` events (all of them by default)."""
        return merkle.range_root(0, self.head().size if size is None else size, self.subtree)

    def complaint(self) -> str:
        """What SQLite's own check finds wrong with its file, indexes included; empty where nothing is, and for a
        database that keeps its files by itself."""
        if self._postgresql:
            return ""
        said = str(self.value("PRAGMA integrity_check(1)")).strip()
        return "" if said == "ok" else said.splitlines()[-1]

    def guarded(self) -> bool:
        """Whether the triggers that refuse changes of events are there."""
        question = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
        if self._postgresql:
            question = (
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'events'::regclass AND NOT tgisinternal "
                "AND tgenabled <> 'D'"
            )
        return bool(self.value(question) == 2)


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


def document_number(code: str, year: int, ordinal: int) -> str:
    """发文字号 as GB/T 9704-2012, 7.2.5 writes it: 清安办发〔2026〕12号."""
    return f"{code}〔{year}〕{ordinal}号"


@lru_cache(maxsize=256)
def _for_postgresql(question: str) -> str:
    """`question` with its `:name` as psycopg spells them."""
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", question)


def among(column: str, choices: Sequence[str], values: dict[str, Any]) -> str:
    """A condition more for a question: `column` has one of `choices`, which are added to `values`."""
    names = [f"{column}{place}" for place in range(len(choices))]
    values |= zip(names, choices, strict=True)
    return f" AND {column} IN (:{', :'.join(names)})"


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def key_about(kind: str, sequence: int) -> str:
    """The key under which an event is corrected, or a review decided, once."""
    return f"{kind}:{sequence}"
