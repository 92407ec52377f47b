"""The store: the ledger's door.

`Ledger.reading()` gives a `Reader` whose answers all belong to one moment, `Ledger.writing()` a `Writer` that nobody
else writes beside. What writes is imported when something is written: SQLAlchemy takes a while.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from circular_gen.ledger import merkle
from circular_gen.ledger.deadlines import utc_now
from circular_gen.ledger.events import Draft, Event
from circular_gen.ledger.failures import LedgerUnwritableError
from circular_gen.ledger.opening import Database, failures
from circular_gen.ledger.reading import Head, Number, Reader, Summary
from circular_gen.ledger.standing import Paper, Standing, Status
from circular_gen.messages import _

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from circular_gen.ledger.checkpoint import Checkpoint
    from circular_gen.ledger.writing import Writer


class Ledger:
    """An open ledger; close it, or use it in a `with`. Threads may share it, forked processes may not."""

    def __init__(self, database: Database, place: str | Path, clock: Callable[[], datetime], *, readonly: bool) -> None:
        self._database = database
        self._clock = clock
        self._readonly = readonly
        self.place = place
        """What `open_ledger` opens it by; it may hold a password."""
        self.name = database.name
        """The file's path, or the URL without its password."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def now(self) -> datetime:
        """The clock by which events are timed."""
        return self._clock()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Answers of one moment, however many are asked for."""
        with failures(self.name), self._database.reading() as reader:
            yield reader

    @contextmanager
    def writing(self) -> "Iterator[Writer]":
        """A transaction: what it appends is recorded when the block ends, and not at all when it raises."""
        if self._readonly:
            raise LedgerUnwritableError(_("the ledger {name} was opened for reading only").format(name=self.name))
        from circular_gen.ledger.engine import writing
        from circular_gen.ledger.writing import Writer

        with failures(self.name), writing(self._database.engine) as connection, connection.begin():
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

    def checkpoint(self) -> "Checkpoint":
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
    database = Database(where, readonly=readonly, patience=patience)

    def fill(connection: "Connection", new: bool) -> None:
        from circular_gen.ledger.writing import begin, rebuild

        begin(connection)
        if not new:
            rebuild(connection)

    try:
        with failures(database.name):
            database.migrate(fill)
    except BaseException:
        database.close()
        raise
    return Ledger(database, where, clock, readonly=readonly)
