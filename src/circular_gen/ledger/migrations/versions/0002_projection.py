"""The projection: papers, standings, tallies and numbers. The ledger fills it from the events after an upgrade."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if postgresql else sa.Text()
    number = sa.BigInteger() if postgresql else sa.Integer()

    def required(kind: "sa.types.TypeEngine[Any]", *names: str) -> "list[sa.Column[Any]]":
        return [sa.Column(name, kind, nullable=False) for name in names]

    def optional(kind: "sa.types.TypeEngine[Any]", *names: str) -> "list[sa.Column[Any]]":
        return [sa.Column(name, kind) for name in names]

    op.create_table(
        "papers",
        sa.Column("circular", text, primary_key=True),
        *required(text, "number", "code"),
        *required(number, "year", "ordinal"),
        *required(text, "title", "issued_at"),
        *optional(text, "date"),
        *required(text, "ask"),
        *optional(text, "original_due", "due"),
        *required(number, "revision"),
        *required(text, "withdrawn", "abolished"),
        *optional(text, "closed_at"),
        *required(number, "last"),
    )
    op.create_table(
        "standings",
        sa.Column("circular", text, primary_key=True),
        sa.Column("unit", text, primary_key=True),
        *required(text, "role", "name", "grouped"),
        *required(number, "position", "copies"),
        *required(sa.Boolean(), "receipt"),
        *optional(text, "original_due", "due"),
        *required(number, "state", "flags"),
        *optional(text, "sent_at"),
        *required(text, "channel"),
        *optional(text, "delivered_at", "opened_at", "machine_at"),
        *required(text, "machine_by", "machine_how"),
        *optional(text, "manual_at"),
        *required(text, "manual_by", "manual_how"),
        *required(sa.Boolean(), "verified"),
        *required(text, "reservation"),
        *optional(number, "copies_received"),
        *required(text, "unit_number"),
        *optional(text, "reported_at"),
        *required(text, "reported_by"),
        *optional(text, "rechecked_at", "closed_at", "bounced", "unknown"),
        *required(text, "returned"),
        *required(number, "reviews", "decisions", "reminders"),
        *optional(text, "reminded_at"),
        *required(text, "exempt", "withdrawn"),
        *required(number, "revision", "last"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tallies",
        sa.Column("circular", text, primary_key=True),
        sa.Column("role", text, primary_key=True),
        sa.Column("receipt", sa.Boolean(), primary_key=True),
        sa.Column("state", number, primary_key=True, autoincrement=False),
        sa.Column("flags", number, primary_key=True, autoincrement=False),
        sa.Column("due", text, primary_key=True),
        sa.Column("units", number, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "numbers",
        sa.Column("code", text, primary_key=True),
        sa.Column("year", number, primary_key=True, autoincrement=False),
        sa.Column("ordinal", number, primary_key=True, autoincrement=False),
        sa.Column("circular", text),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("event", number, nullable=False),
    )
