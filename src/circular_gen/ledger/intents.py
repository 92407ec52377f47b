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

from circular_gen.ledger.reading import Reader, among, chunks, select

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


_INTENTS = select("intents", Intent._fields)
_INSTALLATIONS = select("installations", Installation._fields)


class Intents:
    """The rows of the outbox as a reader sees them, or a writer changes them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def get(self, keys: Sequence[str]) -> dict[str, Intent]:
        """The intents with these keys, by key."""
        found: dict[str, Intent] = {}
        for chunk in chunks(keys):
            values: dict[str, Any] = {}
            question = _INTENTS + " WHERE 1 = 1" + among("key", chunk, values)
            found.update((str(row[0]), Intent._make(row)) for row in self._reader.ask(question, **values))
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
        question, values = _INTENTS + " WHERE 1 = 1", dict[str, Any](circular=circular)
        if circular is not None:
            question += " AND circular = :circular"
        for column, words in (("channel", channels), ("purpose", purposes), ("state", states)):
            if words:
                question += among(column, words, values)
        for row in self._reader.ask(question + " ORDER BY event, key", **values):
            intent = Intent._make(row)
            if not units or intent.unit in units:
                yield intent

    def put(self, rows: Iterable[Intent]) -> None:
        """Writes the rows, over those with the same keys."""
        self._put("intents", list(rows))

    def installation(self, workspace: str) -> Installation | None:
        """Which copy of a workspace may send."""
        found = self._reader.ask(_INSTALLATIONS + " WHERE workspace = :workspace", workspace=workspace)
        return Installation._make(found[0]) if found else None

    def install(self, row: Installation) -> None:
        """Writes which copy of a workspace may send, and how far it is."""
        self._put("installations", [row])

    def _put(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        from circular_gen.ledger.tables import metadata  # with SQLAlchemy, which readers do without
        from circular_gen.ledger.writing import Writer, insert_rows

        assert isinstance(self._reader, Writer)
        insert_rows(self._reader.connection, metadata.tables[table], rows, "replace")
