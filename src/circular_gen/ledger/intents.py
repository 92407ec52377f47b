"""Intents: what is to leave the office, row by row, beside the events and in the same transactions.

    with ledger.writing() as writer:
        intents = Intents(writer)
        intents.put([intent._replace(state="leased")])
        writer.append(…)

In: a `Reader` or `Writer` of the ledger. Out: rows. What the states mean, and which follows which, is dispatch's
matter; that nothing of it is lost, and that a state and the event that explains it come together, is this room's.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import select

from circular_gen.ledger.store import Reader, insert_rows
from circular_gen.ledger.tables import installations, intents

State = Literal["planned", "leased", "handed-over", "refused", "unknown", "waiting", "dropped"]
INTENT_STATES: tuple[State, ...] = ("planned", "leased", "handed-over", "refused", "unknown", "waiting", "dropped")


class Intent(NamedTuple):
    """One thing that is to reach one unit once. Times are UTC texts as the ledger writes them, empty where there is
    none.

    `key`: see dispatch/identity.py. `payload`: SHA-256 of what is to be sent. `address`: a mail address, a folder, or
    nothing. `details`: JSON, what the sender of that purpose needs besides. `reason`: why it waits or was dropped.
    `event`: the number of the `intent` event. `installation`, `epoch`: where it was planned. `owner`, `host`, `until`:
    who is at it (leased). `attempts`, `next_attempt`, `answer`: tries so far, not before, and what was said last."""

    key: str
    circular: str
    revision: int
    unit: str
    channel: str
    purpose: str = "circular"
    nth: int = 1
    payload: str = ""
    address: str = ""
    details: str = "{}"
    state: State = "planned"
    reason: str = ""
    event: int = 0
    installation: str = ""
    epoch: int = 0
    owner: str = ""
    host: str = ""
    until: str = ""
    attempts: int = 0
    next_attempt: str = ""
    answer: str = ""
    created: str = ""
    changed: str = ""


class Installation(NamedTuple):
    """The one copy of a workspace that may send. `tick`: counts what was let out, so that a restored copy is told."""

    workspace: str
    installation: str
    epoch: int
    tick: int
    host: str
    path: str
    since: str


class Intents:
    """The rows of the outbox as a reader sees them, or a writer changes them."""

    def __init__(self, reader: Reader) -> None:
        self._connection = reader.connection

    def get(self, keys: Sequence[str]) -> dict[str, Intent]:
        """The intents with these keys, by key."""
        found: dict[str, Intent] = {}
        for start in range(0, len(keys), 500):
            statement = select(intents).where(intents.c.key.in_(keys[start : start + 500]))
            found.update((row.key, Intent._make(row)) for row in self._connection.execute(statement))
        return found

    def find(
        self,
        circular: str | None = None,
        *,
        units: Sequence[str] = (),
        channels: Sequence[str] = (),
        purposes: Sequence[str] = (),
        states: Sequence[State] = (),
    ) -> Iterator[Intent]:
        """Intents in the order of their planning; those of a circular, of some units, channels, purposes, states."""
        statement = select(intents).order_by(intents.c.event, intents.c.key)
        if circular is not None:
            statement = statement.where(intents.c.circular == circular)
        wanted = ((intents.c.channel, channels), (intents.c.purpose, purposes), (intents.c.state, states))
        for column, words in wanted:
            if words:
                statement = statement.where(column.in_(words))
        for row in self._connection.execute(statement):
            if not units or row.unit in units:
                yield Intent._make(row)

    def put(self, rows: Iterable[Intent]) -> None:
        """Writes the rows, over those with the same keys."""
        insert_rows(self._connection, intents, list(rows), "replace")

    def installation(self, workspace: str) -> Installation | None:
        """Which copy of a workspace may send."""
        statement = select(installations).where(installations.c.workspace == workspace)
        row: Any = self._connection.execute(statement).one_or_none()
        return Installation._make(row) if row else None

    def install(self, row: Installation) -> None:
        """Writes which copy of a workspace may send, and how far it is."""
        insert_rows(self._connection, installations, [row], "replace")
