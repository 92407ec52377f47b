"""The events, the head and the tree; nothing may change or delete an event."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REFUSAL = "events are never changed or deleted; record a corrected event"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if postgresql else sa.Text()
    number = sa.BigInteger() if postgresql else sa.Integer()
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("origin", text, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("time", text, nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_head"),
    )
    op.create_table(
        "events",
        sa.Column("sequence", number, primary_key=True, autoincrement=False),
        sa.Column("time", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("circular", text),
        sa.Column("unit", text),
        sa.Column("payload", text, nullable=False),
        sa.Column("key", text),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index("events_about", "events", ["circular", "unit", "sequence"])
    op.execute("CREATE UNIQUE INDEX events_key ON events (key) WHERE key IS NOT NULL")
    op.execute("CREATE INDEX events_reviews ON events (sequence) WHERE kind IN ('reviewed', 'review-decided')")
    op.create_table(
        "tree",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", number, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    if postgresql:
        op.execute(
            "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE ON events "
            "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()"
        )
        op.execute(
            "CREATE TRIGGER events_stay_all BEFORE TRUNCATE ON events "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
        )
    else:
        for name, change in (("events_stay", "UPDATE"), ("events_stay_all", "DELETE")):
            op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON events BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")
