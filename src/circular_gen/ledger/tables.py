"""The ledger's tables, for SQLAlchemy Core. `migrations/` creates them; a test compares the two.

The truth: `events` (append-only), `head` (one row: how far the ledger is) and `tree` (every eighth level of the Merkle
tree). The projection, which can be made from the events at any time: `papers`, `standings`, `tallies`, `numbers`.
The outbox, which changes and is no proof of anything (the events are): `intents`, `installations`.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from circular_gen.ledger.standing import Paper, Standing

metadata = MetaData()

# ids and times are compared byte by byte in both databases
TEXT: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("origin", TEXT, nullable=False),
    Column("size", NUMBER, nullable=False),
    Column("time", TEXT, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("time", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("circular", TEXT),
    Column("unit", TEXT),
    Column("payload", TEXT, nullable=False),
    Column("key", TEXT),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

tree = Table(
    "tree",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", NUMBER, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

_NUMBERS = {
    *("position", "copies", "state", "flags", "copies_received", "reviews", "decisions", "reminders"),
    *("revision", "last", "year", "ordinal"),
}
_BOOLEANS = {"receipt", "verified"}


def _columns(fields: tuple[str, ...], defaults: dict[str, object], keys: tuple[str, ...]) -> list[Column[object]]:
    """A column for each field of a named tuple, in its order; a field whose default is None may be NULL."""
    return [
        Column(
            name,
            NUMBER if name in _NUMBERS else Boolean() if name in _BOOLEANS else TEXT,
            primary_key=name in keys,
            nullable=name not in keys and defaults[name] is None,
        )
        for name in fields
    ]


papers = Table("papers", metadata, *_columns(Paper._fields, Paper._field_defaults, ("circular",)))
standings = Table(
    "standings",
    metadata,
    *_columns(Standing._fields, Standing._field_defaults, ("circular", "unit")),
    sqlite_with_rowid=False,
)

tallies = Table(
    "tallies",
    metadata,
    Column("circular", TEXT, primary_key=True),
    Column("role", TEXT, primary_key=True),
    Column("receipt", Boolean, primary_key=True),
    Column("state", NUMBER, primary_key=True, autoincrement=False),
    Column("flags", NUMBER, primary_key=True, autoincrement=False),
    Column("due", TEXT, primary_key=True),
    Column("units", NUMBER, nullable=False),
    sqlite_with_rowid=False,
)
"""How many units of a circular are alike; `due` is empty where the circular's deadline holds."""

numbers = Table(
    "numbers",
    metadata,
    Column("code", TEXT, primary_key=True),
    Column("year", NUMBER, primary_key=True, autoincrement=False),
    Column("ordinal", NUMBER, primary_key=True, autoincrement=False),
    Column("circular", TEXT),
    Column("void", Boolean, nullable=False),
    Column("event", NUMBER, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    Column("key", TEXT, primary_key=True),
    Column("circular", TEXT, nullable=False),
    Column("revision", NUMBER, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in ("unit", "channel", "purpose")),
    Column("nth", NUMBER, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in ("payload", "address", "details", "state", "reason")),
    Column("event", NUMBER, nullable=False),
    Column("installation", TEXT, nullable=False),
    Column("epoch", NUMBER, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in ("owner", "host", "until")),
    Column("attempts", NUMBER, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in ("next_attempt", "answer", "created", "changed")),
    Index("intents_about", "circular", "unit"),
    Index("intents_state", "state"),
)

installations = Table(
    "installations",
    metadata,
    Column("workspace", TEXT, primary_key=True),
    Column("installation", TEXT, nullable=False),
    Column("epoch", NUMBER, nullable=False),
    Column("tick", NUMBER, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in ("host", "path", "since")),
)

PROJECTION = (papers, standings, tallies, numbers)
