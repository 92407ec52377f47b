"""The outbox: what is to leave the office, and which copy of the workspace may let it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if postgresql else sa.Text()
    number = sa.BigInteger() if postgresql else sa.Integer()
    op.create_table(
        "intents",
        sa.Column("key", text, primary_key=True),
        sa.Column("circular", text, nullable=False),
        sa.Column("revision", number, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("unit", "channel", "purpose")),
        sa.Column("nth", number, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("payload", "address", "details", "state", "reason")),
        sa.Column("event", number, nullable=False),
        sa.Column("installation", text, nullable=False),
        sa.Column("epoch", number, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("owner", "host", "until")),
        sa.Column("attempts", number, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("next_attempt", "answer", "created", "changed")),
    )
    op.create_index("intents_about", "intents", ["circular", "unit"])
    op.create_index("intents_state", "intents", ["state"])
    op.create_table(
        "installations",
        sa.Column("workspace", text, primary_key=True),
        sa.Column("installation", text, nullable=False),
        sa.Column("epoch", number, nullable=False),
        sa.Column("tick", number, nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("host", "path", "since")),
    )
