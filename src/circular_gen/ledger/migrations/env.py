"""Alembic's door: runs the migrations on the connection that the ledger opened, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
