"""Ledgers for tests: in a file always, and on a real PostgreSQL where its programs are; a clock that tests set."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from circular_gen import messages
from circular_gen.ledger import Addressed, Ledger, open_ledger
from circular_gen.ledger.engine import writing

START = datetime(2026, 12, 20, 1, 0, tzinfo=UTC)
PAPER = {
    "title": "关于做好岁末年初安全生产工作的通知",
    "date": "2026-12-20",
    "ask": "acknowledge",
    "due": "2026-12-25T17:00:00+08:00",
}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The source texts: what they say is asserted here, not how they are translated."""
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    messages._catalogue.cache_clear()
    yield
    messages._catalogue.cache_clear()


class Clock:
    """A clock that tests set; every look at it takes a second."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A throw-away PostgreSQL on a Unix socket; the folder of its socket."""
    with server(fsync="off") as folder:
        yield folder


def as_postgres() -> list[str]:
    """What makes a command one of the server's user: PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def room(folder: str, largest: int | None) -> None:
    """From now on no file of the server at `folder` grows beyond so many bytes (None: any), for connections that are
    made now: to PostgreSQL as if the disk were full."""
    prlimit = shutil.which("prlimit")
    if not prlimit:
        pytest.skip("no program to limit the files of a running server: prlimit")
    pid = (Path(folder) / "data" / "postmaster.pid").read_text("ascii").split()[0]
    limit = f"--fsize={'unlimited' if largest is None else largest}:"
    subprocess.run([*as_postgres(), prlimit, "--pid", pid, limit], check=True, cwd="/")


@contextmanager
def server(fsync: str) -> Iterator[str]:
    """`postgresql_server` with or without waiting for the disk."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    assert initdb, "the marker postgresql should have skipped this"
    folder = Path(tempfile.mkdtemp(prefix="cgpg"))
    prefix = as_postgres()
    if prefix:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    control = str(Path(initdb).with_name("pg_ctl"))
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    how = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--wal-segsize=1"]
    subprocess.run([*prefix, initdb, "-D", data, *how], **quiet)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync={fsync} -c max_connections=60"
    log = folder / "log"
    subprocess.run([*prefix, control, "-D", data, "-w", "-l", log, "-o", options, "start"], **quiet)
    try:
        yield str(folder)
    finally:
        subprocess.run([*prefix, control, "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A new, empty database."""
    name = f"t{uuid4().hex}"
    server = f"postgresql+psycopg://postgres@/postgres?host={postgresql_server}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield f"postgresql://postgres@/{name}?host={postgresql_server}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger may be made, on each database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def ledger(place: str, clock: Clock) -> Iterator[Ledger]:
    with open_ledger(place, clock=clock) as opened:
        yield opened


@pytest.fixture
def issued(ledger: Ledger) -> Ledger:
    """A ledger with the circular `winter` to three units and one to know (cc)."""
    issue(ledger, "winter")
    return ledger


@pytest.fixture
def file_ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "file.db", clock=clock) as opened:
        issue(opened, "winter")
        yield opened


UNITS = (
    Addressed("chengxi", name="城西街道办事处", group="各镇（街道）", copies=2),
    Addressed("chengdong", name="城东街道办事处", group="各镇（街道）"),
    Addressed("kaifaqu", name="清河经济开发区管委会"),
    Addressed("zhengfu", role="cc", name="市政府办公室"),
)


def issue(ledger: Ledger, name: str, **more: object) -> None:
    ledger.issue(
        name, **{"code": "清安办发", "year": 2026, "actor": "综合科", "payload": PAPER, "units": UNITS, **more}
    )


@pytest.fixture
def tamper(ledger: Ledger) -> Callable[..., None]:
    """Runs statements past the ledger, as somebody with the database's password could."""
    return lambda *statements: meddle(ledger, *statements)


def meddle(ledger: Ledger, *statements: str) -> None:
    guards = (
        ("DROP TRIGGER events_stay", "DROP TRIGGER events_stay_all")
        if ledger._database.engine.dialect.name == "sqlite"
        else ("ALTER TABLE events DISABLE TRIGGER ALL",)
    )
    with writing(ledger._database.engine) as connection, connection.begin():
        for statement in (*guards, *statements):
            connection.execute(text(statement))
