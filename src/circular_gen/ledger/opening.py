"""Opening a ledger: from a path or URL to an engine whose tables are those of this program.

A new ledger is made, an older one is upgraded (a SQLite file is copied beside itself first), a newer one is
refused. SQLite runs with a write-ahead log, synchronous=FULL and BEGIN IMMEDIATE for writing, so that what was
acknowledged is on the disk; PostgreSQL serialises writers on the row of `head`.
"""

import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from circular_gen.ledger.failures import (
    LedgerBusyError,
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerNewerError,
    LedgerUnreachableError,
    LedgerUnwritableError,
)
from circular_gen.messages import _

logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of as a connection breaks, the error says too

REVISION = "0003"
"""The newest migration; a test compares it with the folder."""
MIGRATIONS = Path(__file__).parent / "migrations"
_SMALLEST = 512
"""Bytes of the smallest SQLite file that is not empty."""
_LOCK = 0x63672D6C6564  # "cg-led": PostgreSQL's advisory lock while tables are made


def open_engine(where: str | Path, *, readonly: bool, patience: float) -> Engine:
    """The engine for a path or URL. `patience`: seconds to wait for another writer. Nothing is created yet but, for
    SQLite, an empty file."""
    if isinstance(where, str) and "://" in where:
        try:
            url = make_url(where)
            if url.get_backend_name() == "postgresql":
                return _postgresql(where, patience)
        except (ArgumentError, NoSuchModuleError, ValueError):
            raise LedgerError(_("{url} is no address of a database").format(url=_hidden(where))) from None
        if url.get_backend_name() != "sqlite" or not url.database:
            raise LedgerError(
                _("the ledger can be a file or postgresql://…, not {url}").format(url=url.render_as_string())
            )
        where = url.database
    return _sqlite(Path(where), readonly=readonly, patience=patience)


def _hidden(url: str) -> str:
    """A URL without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _sqlite(path: Path, *, readonly: bool, patience: float) -> Engine:
    path = path.absolute()
    if readonly and not path.exists():
        raise LedgerError(_("there is no ledger at {path}").format(path=path))
    if not readonly:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise LedgerUnwritableError(
                _("the ledger {path} cannot be written: {reason}").format(path=path, reason=error.strerror)
            ) from None

    if 0 < path.stat().st_size < _SMALLEST:  # SQLite would take it for a new file and write over what is left
        raise LedgerDamagedError(
            _("the ledger {path} was cut short; put back a copy, never delete it").format(path=path)
        )

    def connect() -> sqlite3.Connection:
        options = ""
        if readonly:
            # without write access to the folder SQLite cannot share the log's index; with no log there is none to share
            log = path.with_name(path.name + "-wal")
            alone = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
            options = "?immutable=1" if alone else "?mode=ro"
        connection = sqlite3.connect(
            path.as_uri() + options, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
        )
        try:
            if not readonly:
                _log_ahead(connection, patience)
                connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -65536")
        except sqlite3.Error:
            connection.close()
            raise
        except UnicodeDecodeError:  # Python cannot even read what SQLite says of a schema that is garbage
            connection.close()
            raise sqlite3.DatabaseError("malformed database schema") from None
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")

    return engine


def _log_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Turns the write-ahead log on. SQLite does not wait by itself where two who open a new file both want to."""
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _postgresql(where: str, patience: float) -> Engine:
    url = make_url(where).set(drivername="postgresql+psycopg")
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


@contextmanager
def failures(name: str) -> Iterator[None]:
    """Turns the database's errors into the ledger's, each with what to do. `name`: the ledger as a person knows it."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        orig = getattr(error, "orig", error)
        cause = (str(orig).strip() or type(orig).__name__).splitlines()[0]  # some say nothing
        raise _failure(cause, getattr(orig, "sqlstate", None) or "", name) from error


_CAUSES: tuple[tuple[str, str, type[LedgerError], Callable[[], str]], ...] = (
    (
        r"55P03|40001|40P01",
        r"(database|table|schema)( \S+)? is locked|locking protocol|lock timeout|LockNotAvailable",
        LedgerBusyError,
        lambda: _("the ledger {name} is in use by another program; nothing was recorded, try again"),
    ),
    (
        r"53100",
        r"disk is full|No space left|could not extend file|File too large|quota exceeded",
        LedgerFullError,
        lambda: _("no room left for the ledger {name}; nothing was recorded, free some space and try again"),
    ),
    (
        r"25006|42501",
        r"readonly database|read-only|unable to open database|permission denied",
        LedgerUnwritableError,
        lambda: _("the ledger {name} cannot be written ({cause})"),
    ),
    (
        r"XX00[12]|42P01|42703",
        r"malformed|not a database|disk I/O error|corrupt|invalid page|decode to UTF-8|no such (column|table|index)|"
        r"(relation|column) \S+ does not exist",
        LedgerDamagedError,
        lambda: _("the ledger {name} is damaged ({cause}); put back a copy, never delete it"),
    ),
    (
        r"08...|28...|3D000|53300|57P..",
        r"connection|connect|server closed|authentication|does not exist|timeout expired",
        LedgerUnreachableError,
        lambda: _("the ledger's database {name} does not answer ({cause})"),
    ),
)
"""PostgreSQL's code of the error, whatever language the server speaks, or what the database says; error; message."""


def _failure(cause: str, state: str, name: str) -> LedgerError:
    told = [row for row in _CAUSES if re.fullmatch(row[0], state)]
    for _states, _pattern, error, message in told or [row for row in _CAUSES if re.search(row[1], cause, re.I)]:
        return error(message().format(name=name, cause=cause))
    return LedgerError(_("the ledger {name} failed: {cause}").format(name=name, cause=cause))


def writing(engine: Engine) -> Connection:
    """A connection whose transactions write."""
    return engine.connect().execution_options(writing=True)


def migrate(engine: Engine, name: str, *, readonly: bool, fill: Callable[[Connection, bool], None]) -> None:
    """Brings the tables to REVISION. `fill(connection, new)` is called inside the transaction that changed them."""
    with engine.connect() as connection:
        current = _revision(connection, name)
    if current == REVISION:
        return
    if readonly:
        raise LedgerError(_("the ledger {name} must be opened for writing once, to upgrade it").format(name=name))
    from alembic import command  # takes a while to import, and is needed only now
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
        if _revision(connection, name) == REVISION:  # another process was quicker
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        fill(connection, current is None)


def _revision(connection: Connection, name: str) -> str | None:
    """The newest migration that ran; None for an empty database."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if revision is None else str(revision)
    if tables and (connection.dialect.name == "sqlite" or "events" in tables):
        raise LedgerDamagedError(_("{name} is a database, but no ledger of circular-gen").format(name=name))
    return None


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
