"""SQLAlchemy's engine of a ledger, for what writes: transactions, migrations, PostgreSQL.

SQLite gets BEGIN IMMEDIATE for writing; PostgreSQL serialises writers on the row of `head`. A SQLite file is copied
beside itself before it is upgraded.
"""

import logging
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from circular_gen.ledger.failures import LedgerError, LedgerNewerError
from circular_gen.ledger.opening import REVISION, revision
from circular_gen.ledger.reading import Reader
from circular_gen.messages import _

logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of as a connection breaks, the error says too

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x63672D6C6564  # "cg-led": PostgreSQL's advisory lock while tables are made


def file_at(address: str) -> Path | None:
    """The file that a URL names; None for a PostgreSQL database. LedgerError for any other URL."""
    try:
        url = make_url(address)
        if url.get_backend_name() == "postgresql":
            return None
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise LedgerError(_("{url} is no address of a database").format(url=_hidden(address))) from None
    if url.get_backend_name() != "sqlite" or not url.database:
        raise LedgerError(_("the ledger can be a file or postgresql://…, not {url}").format(url=url.render_as_string()))
    return Path(url.database)


def _hidden(url: str) -> str:
    """A URL without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def engine_of(connect: Callable[[], sqlite3.Connection]) -> Engine:
    """The engine for a SQLite file."""
    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")

    return engine


def engine_at(address: str, patience: float) -> Engine:
    """The engine for a PostgreSQL database. `patience`: seconds to wait for another writer."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(url, paramstyle="format", pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise LedgerError(_("a ledger in PostgreSQL needs the extra: pip install 'circular-gen[postgresql]'")) from None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")
            connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def writing(engine: Engine) -> Connection:
    """A connection whose transactions write."""
    return engine.connect().execution_options(writing=True)


def reader_of(connection: Connection) -> Reader:
    """Answers in the transaction of a connection."""
    return Reader(connection.connection, postgresql=connection.dialect.name == "postgresql")


def upgrade(engine: Engine, name: str, current: str | None, fill: Callable[[Connection, bool], None]) -> None:
    """Brings the tables from the revision `current` to REVISION; see `Database.migrate`."""
    from alembic import command  # takes a while to import, and few ledgers need it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise LedgerNewerError(
            _(
                "the ledger {name} was written by a newer version of circular-gen ({revision}); update the program"
            ).format(name=name, revision=current)
        )
    if current is not None and engine.dialect.name == "sqlite":
        _copy_aside(engine, Path(name), current)
    with writing(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if revision(reader_of(connection), name) == REVISION:  # another process was quicker
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        fill(connection, current is None)


def _copy_aside(engine: Engine, path: Path, revision: str) -> None:
    """Copies a SQLite ledger to NAME.REVISION.backup, whole and on the disk; an older copy stays and gets company."""
    number, target = 0, path.with_name(f"{path.name}.{revision}.backup")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{revision}.{number}.backup")
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as copy, engine.connect() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    partial.replace(target)
