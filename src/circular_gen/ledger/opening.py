"""Opening a ledger: from a path or URL to a database whose tables are those of this program.

A new ledger is made, an older one is upgraded, a newer one is refused. SQLite runs with a write-ahead log,
synchronous=FULL and BEGIN IMMEDIATE for writing, so that what was acknowledged is on the disk. A SQLite file is read by
Python's own driver: SQLAlchemy (engine.py) takes longer to import than most commands take, and is needed only to write,
to upgrade, and for PostgreSQL.
"""

import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from circular_gen.ledger.failures import (
    LedgerBusyError,
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerUnreachableError,
    LedgerUnwritableError,
)
from circular_gen.ledger.reading import Reader
from circular_gen.messages import _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

REVISION = "0003"
"""The newest migration; a test compares it with the folder."""
_SMALLEST = 512
"""Bytes of the smallest SQLite file that is not empty."""


class Database:
    """Where a ledger is: a SQLite file or a PostgreSQL database. `patience`: seconds to wait for another writer.
    Nothing is created yet but, for SQLite, an empty file."""

    def __init__(self, where: str | Path, *, readonly: bool, patience: float) -> None:
        self._connect: Callable[[], sqlite3.Connection] | None = None
        self._idle: list[sqlite3.Connection] = []
        self._engine: Engine | None = None
        self._making = threading.Lock()
        self._readonly = readonly
        if isinstance(where, str) and "://" in where:
            from circular_gen.ledger.engine import engine_at, file_at

            path = file_at(where)
            if path is None:
                self._engine = engine_at(where, patience)
                self.name = self._engine.url.render_as_string()
                return
            where = path
        self.name = str(Path(where).absolute())
        """The file's path, or the URL without its password."""
        self._connect = _connecting(Path(where), readonly=readonly, patience=patience)

    @property
    def engine(self) -> "Engine":
        """SQLAlchemy's, one for all threads."""
        with self._making:
            if self._engine is None:
                from circular_gen.ledger.engine import engine_of

                assert self._connect is not None
                self._engine = engine_of(self._connect)
            return self._engine

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Answers of one moment."""
        if self._connect is None:
            with self.engine.connect() as server, server.begin():
                yield Reader(server.connection, postgresql=True)
            return
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield Reader(connection)
        finally:
            connection.rollback()
            self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        if self._engine is not None:
            self._engine.dispose()

    def migrate(self, fill: "Callable[[Connection, bool], None]") -> None:
        """Brings the tables to REVISION. `fill(connection, new)` is called in the transaction that changed them."""
        with self.reading() as reader:
            current = revision(reader, self.name)
        if current == REVISION:
            return
        if self._readonly:
            message = _("the ledger {name} must be opened for writing once, to upgrade it")
            raise LedgerError(message.format(name=self.name))
        from circular_gen.ledger.engine import upgrade

        upgrade(self.engine, self.name, current, fill)


def revision(reader: Reader, name: str) -> str | None:
    """The newest migration that ran; None for an empty database."""
    question = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    if reader.postgresql:
        question = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    tables = {row[0] for row in reader.ask(question)}
    if "alembic_version" in tables:
        found = reader.value("SELECT version_num FROM alembic_version")
        return None if found is None else str(found)
    if tables and (not reader.postgresql or "events" in tables):
        raise LedgerDamagedError(_("{name} is a database, but no ledger of circular-gen").format(name=name))
    return None


def _connecting(path: Path, *, readonly: bool, patience: float) -> Callable[[], sqlite3.Connection]:
    """What makes connections to a SQLite file."""
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

    return connect


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


@contextmanager
def failures(name: str) -> Iterator[None]:
    """Turns the database's errors into the ledger's, each with what to do. `name`: the ledger as a person knows it."""
    try:
        yield
    except _database_errors() as error:
        orig = getattr(error, "orig", error)
        cause = (str(orig).strip() or type(orig).__name__).splitlines()[0]  # some say nothing
        raise _failure(cause, getattr(orig, "sqlstate", None) or "", name) from error


def _database_errors() -> tuple[type[Exception], ...]:
    """What a database raises: of the libraries that are in use."""
    libraries = (("sqlalchemy.exc", "DBAPIError"), ("psycopg", "Error"))
    used = [getattr(sys.modules[module], name) for module, name in libraries if module in sys.modules]
    return (sqlite3.Error, *used)


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
