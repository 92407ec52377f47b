"""Faults: killed at any moment, many at once, a log cut short, no room, no right to write."""

import contextlib
import multiprocessing
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as on
from sqlalchemy.exc import OperationalError
from tests.ledger.conftest import issue, room, server

from circular_gen.ledger import KeyConflictError, Ledger, LedgerError, draft, open_ledger
from circular_gen.ledger.failures import (
    LedgerBusyError,
    LedgerDamagedError,
    LedgerFullError,
    LedgerUnreachableError,
    LedgerUnwritableError,
)
from circular_gen.ledger.opening import failures
from circular_gen.ledger.verification import verify

# a forked child starts at once; where there is no fork a new interpreter does
CONTEXT: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


def run(target: Callable[..., None], *arguments: object) -> tuple[Any, Connection]:
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=target, args=(*arguments, there), daemon=True)
    process.start()
    there.close()
    return process, here


def told(pipe: Connection) -> Iterator[Any]:
    """What the process at the other end said, until it is gone."""
    with contextlib.suppress(EOFError, ConnectionResetError):
        while True:
            yield pipe.recv()


def work(place: str, name: str, pipe: Connection) -> None:
    """Records single events, batches and circulars for ever, and says what was acknowledged."""
    with open_ledger(place) as ledger:
        for n in range(10**9):
            key = f"{name}-{n}"
            if n % 5 == 3:
                issue(ledger, f"c-{key}", code="杀")
                pipe.send(("c", f"c-{key}"))
            elif n % 5 == 4:
                ledger.append(*[draft("noted", "x", "winter", key=f"{key}-{i}", text="t") for i in range(30)])
                pipe.send(("k", f"{key}-29"))
            else:
                ledger.append(draft("opened", "x", "winter", "chengxi", key))
                pipe.send(("k", key))


def killed(place: str, times: int) -> None:
    dice = random.Random(5)
    with open_ledger(place) as ledger:
        issue(ledger, "winter")
    acknowledged: list[tuple[str, str]] = []
    for n in range(times):
        process, pipe = run(work, place, str(n))
        acknowledged.append(pipe.recv())
        time.sleep(dice.uniform(0, 0.12))
        process.kill()
        process.join()
        acknowledged += told(pipe)
        with open_ledger(place) as ledger:
            report = verify(ledger)
            assert report.ok, report.findings[0]
    with open_ledger(place) as ledger:
        events = ledger.events()
        keys, circulars = {e.key for e in events}, {e.circular for e in events}
        assert {name for what, name in acknowledged if what == "k"} <= keys
        assert {name for what, name in acknowledged if what == "c"} <= circulars
        notes = [e.key for e in events if e.kind == "noted" and e.key]
        assert len(notes) % 30 == 0, "a batch is recorded whole or not at all"
        given = [number.ordinal for number in ledger.numbers(2026, "杀")]
        assert given == list(range(1, len(given) + 1))
    assert len(acknowledged) >= times


@pytest.mark.no_cover
def test_killed_at_any_moment(place: str) -> None:
    killed(place, 30)


@pytest.mark.long
def test_killed_at_any_moment_very_often(place: str) -> None:
    killed(place, 200)


def issue_many(place: str, name: str, pipe: Connection) -> None:
    with open_ledger(place) as ledger:
        for n in range(10):
            issue(ledger, f"{name}-{n}")
        pipe.send("done")


def test_two_who_issue_at_once_get_numbers_without_doubles_or_gaps(place: str) -> None:
    running = [run(issue_many, place, name) for name in ("one", "other", "third")]
    assert [list(told(pipe)) for _process, pipe in running] == [["done"]] * 3
    with open_ledger(place) as ledger:
        assert [number.ordinal for number in ledger.numbers()] == list(range(1, 31))
        assert verify(ledger).ok


def confirm(place: str, name: str, pipe: Connection) -> None:
    """Confirms all units; what others confirmed before stands."""
    with open_ledger(place) as ledger:
        own = 0
        for n, unit in enumerate(("chengxi", "chengdong", "kaifaqu")):
            ledger.append(draft("noted", "x", "winter", text=name, key=f"{name}-{n}"))
            with contextlib.suppress(KeyConflictError):
                (event,) = ledger.append(draft("received", name, "winter", unit, f"received-{unit}", by="张某"))
                own += not event.repeated
        pipe.send(own)


@pytest.mark.no_cover
def test_twenty_writers_at_once(place: str) -> None:
    with open_ledger(place) as ledger:
        issue(ledger, "winter")
    running = [run(confirm, place, f"writer-{n}") for n in range(20)]
    own = [count for _process, pipe in running for count in told(pipe)]
    assert len(own) == 20
    assert sum(own) == 3, "each unit is confirmed once"
    with open_ledger(place) as ledger:
        assert ledger.head().size == 5 + 60 + 3
        assert ledger.circulars()[0].received == 3
        assert verify(ledger).ok


# -- SQLite's files ----------------------------------------------------------------------------------------------------


def snapshot(source: Path, target: Path) -> Path:
    """A copy of a ledger's files as they lie on the disk, as after a power cut."""
    target.mkdir()
    for name in ("ledger.db", "ledger.db-wal"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    return target / "ledger.db"


def cut_log(tmp_path: Path, step: int) -> None:
    live = tmp_path / "live"
    live.mkdir()
    with open_ledger(live / "ledger.db") as ledger:
        issue(ledger, "winter")
        ledger.append(draft("opened", "x", "winter", "chengxi"))
        log = live / "ledger.db-wal"
        acknowledged, before = ledger.head(), log.stat().st_size
        ledger.append(draft("received", "x", "winter", "chengxi", by="张某"))
        after = log.stat().st_size
        assert after > before, "the log is appended to in this test"
        base = snapshot(live, tmp_path / "base")
        last_page = range(after - 1, max(before, after - 4121), -step)
        for place in (*last_page, *range(last_page[-1], before, -997), before):
            shutil.rmtree(tmp_path / "cut", ignore_errors=True)
            path = snapshot(base.parent, tmp_path / "cut")
            os.truncate(path.with_name("ledger.db-wal"), place)
            with open_ledger(path) as reopened:
                assert reopened.head() == acknowledged, place
                assert verify(reopened).ok
                reopened.append(draft("received", "x", "winter", "chengxi", by="张某"))
                assert verify(reopened).ok


def test_a_log_cut_in_its_last_transaction_loses_only_what_was_not_acknowledged(tmp_path: Path) -> None:
    cut_log(tmp_path, 997)


@pytest.mark.long
def test_a_log_cut_at_every_byte_of_its_last_page(tmp_path: Path) -> None:
    cut_log(tmp_path, 1)


@pytest.mark.parametrize("step", [1024, pytest.param(1, marks=pytest.mark.long)])
def test_a_file_cut_while_the_log_was_written_back_loses_nothing(tmp_path: Path, step: int) -> None:
    live = tmp_path / "live"
    live.mkdir()
    with open_ledger(live / "ledger.db") as ledger:
        issue(ledger, "winter")
        ledger.append(*[draft("noted", "x", text="x" * 300) for _n in range(200)])
        head = ledger.head()
        base = snapshot(live, tmp_path / "base")
        with closing(sqlite3.connect(live / "ledger.db", isolation_level=None)) as other:
            other.execute("PRAGMA wal_checkpoint(PASSIVE)")
        written = (live / "ledger.db").read_bytes()
    page = 4096
    for place in range(len(written) - page, len(written) + 1, step):
        shutil.rmtree(tmp_path / "cut", ignore_errors=True)
        path = snapshot(base.parent, tmp_path / "cut")
        path.write_bytes(written[:place])  # half written back; the log is still there
        with open_ledger(path) as reopened:
            assert reopened.head() == head
            assert verify(reopened).ok


def test_a_file_cut_without_its_log_is_told_not_hidden(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        issue(ledger, "winter")
        ledger.append(*[draft("noted", "x", text="x" * 300) for _n in range(200)])
    whole = path.read_bytes()
    for place in (len(whole) - 1, len(whole) - 4096, len(whole) // 2, 5000, 100, 1):
        path.write_bytes(whole[:place])
        try:
            with open_ledger(path) as ledger:
                assert not verify(ledger).ok
        except LedgerDamagedError:
            pass


def test_no_room_left(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        issue(ledger, "winter")

        @on.listens_for(ledger._database.engine, "begin")
        def limit(connection: Any) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        pages = 60

        def fill() -> None:
            for _n in range(100):
                ledger.append(*[draft("noted", "x", text="x" * 400) for _m in range(20)])

        with pytest.raises(LedgerFullError):
            fill()
        size = ledger.head().size
        assert (size - 5) % 20 == 0
        assert verify(ledger).ok
        pages = 10_000
        ledger.append(draft("noted", "x", text="there is room again"))
        assert ledger.head().size == size + 1
        assert verify(ledger).ok


def fill(ledger: Ledger) -> tuple[int, LedgerError]:
    """Batches of 20 events until there is no room: how many events were acknowledged, and what was said then."""
    dice = random.Random(3)
    for n in range(500):
        try:
            ledger.append(*[draft("noted", "x", text=dice.randbytes(1500).hex()) for _m in range(20)])
        except LedgerError as error:
            return 20 * n, error
    pytest.fail("there was room for everything")


@pytest.mark.postgresql
def test_a_server_without_room_for_its_tables(postgresql_url: str, postgresql_server: str) -> None:
    """What was acknowledged is there, whole batches of it, and it goes on when there is room again."""
    with open_ledger(postgresql_url) as ledger:
        issue(ledger, "winter")
    room(postgresql_server, 1_500_000)  # more than any file of an empty database, and than one of the server's log
    try:
        with open_ledger(postgresql_url) as ledger:
            acknowledged, told = fill(ledger)
            assert type(told) is LedgerFullError
            assert "\n" not in str(told)
            assert ledger.head().size == 5 + acknowledged
    finally:
        room(postgresql_server, None)
    assert acknowledged > 0
    with open_ledger(postgresql_url) as ledger:
        assert ledger.head().size == 5 + acknowledged
        assert verify(ledger).ok
        ledger.append(draft("noted", "x", text="there is room again"))
        assert verify(ledger).ok


@pytest.mark.postgresql
def test_a_server_without_room_for_its_log(capfd: pytest.CaptureFixture[str]) -> None:
    """Then PostgreSQL itself breaks off. Who wrote is told so in a line; when it is back, nothing is lost or half."""
    with server(fsync="off") as folder:
        place = f"postgresql://postgres@/postgres?host={folder}"
        with open_ledger(place) as ledger:
            issue(ledger, "winter")
        room(folder, 500_000)  # half a file of the log
        with open_ledger(place) as ledger:
            room(folder, None)  # for whoever comes after this connection
            acknowledged, told = fill(ledger)
        assert type(told) in (LedgerFullError, LedgerUnreachableError)
        assert "\n" not in str(told)
        for _moment in range(120):
            with contextlib.suppress(LedgerUnreachableError), open_ledger(place):
                break
            time.sleep(0.5)
        with open_ledger(place) as ledger:
            assert verify(ledger).ok
            assert ledger.head().size == 5 + acknowledged
            ledger.append(draft("noted", "x", text="there is room again"))
            assert verify(ledger).ok
    assert capfd.readouterr().err == ""  # and whoever looks at the screen sees no more than the line


def look_and_try(place: Path, pipe: Connection) -> None:
    """As somebody who may only read: looks, verifies, tries to write."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    try:
        with open_ledger(place, readonly=True) as ledger:
            pipe.send((ledger.head().size, verify(ledger).ok))
    except LedgerUnwritableError as error:
        pipe.send(str(error))
    try:
        with open_ledger(place) as ledger:
            ledger.append(draft("noted", "x", text="t"))
    except LedgerUnwritableError as error:
        pipe.send(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="rights work otherwise here")
@pytest.mark.parametrize("rest", ["", "a log that was written back", "a log that was not"])
def test_a_folder_that_may_only_be_read(rest: str) -> None:
    folder = Path(tempfile.mkdtemp())  # not pytest's own, which nobody else may enter
    try:
        path = folder / "ledger.db"
        with open_ledger(path) as ledger:
            issue(ledger, "winter")
            if rest:
                shutil.copy(path.with_name("ledger.db-wal"), folder / "log")
                shutil.copy(path, folder / "file")
        if rest:
            (folder / "log").replace(path.with_name("ledger.db-wal"))
            if rest == "a log that was not":
                (folder / "file").replace(path)
            else:
                os.truncate(path.with_name("ledger.db-wal"), 0)
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        _process, pipe = run(look_and_try, path)
        answers = list(told(pipe))
        assert str(path) in answers[1]
        if rest == "a log that was not":
            assert str(path) in answers[0], "what cannot be read whole is not read in part"
        else:
            assert answers[0] == (5, True)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_path_that_cannot_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnwritableError):
        open_ledger(tmp_path)


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        ("database is locked", LedgerBusyError),
        ("database table is locked: events", LedgerBusyError),
        ("locking protocol", LedgerBusyError),
        ("canceling statement due to lock timeout", LedgerBusyError),
        ("database or disk is full", LedgerFullError),
        ('could not extend file "base/5/16384": No space left on device', LedgerFullError),
        ("attempt to write a readonly database", LedgerUnwritableError),
        ("unable to open database file", LedgerUnwritableError),
        ("permission denied for table events", LedgerUnwritableError),
        ("database disk image is malformed", LedgerDamagedError),
        ("malformed database schema (events_stay) - near x: syntax error", LedgerDamagedError),
        ("file is not a database", LedgerDamagedError),
        ("Could not decode to UTF-8 column 'name' with text '\xff'", LedgerDamagedError),
        ("no such table: head", LedgerDamagedError),
        ('relation "head" does not exist', LedgerDamagedError),
        ('invalid page in block 0 of relation "base/5/16384"', LedgerDamagedError),
        ('connection failed: FATAL:  database "office" does not exist', LedgerUnreachableError),
        ('connection failed: FATAL:  password authentication failed for user "x"', LedgerUnreachableError),
        ("server closed the connection unexpectedly", LedgerUnreachableError),
        ("out of memory", LedgerError),
    ],
)
def test_what_databases_say_is_told_with_what_to_do(cause: str, error: type[LedgerError]) -> None:
    """Their own words, in a line each."""
    with pytest.raises(error) as told, failures("records/ledger.db"):
        raise sqlite3.DatabaseError(cause + "\nDETAIL: more")
    assert type(told.value) is error
    assert "records/ledger.db" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("state", "cause", "error"),
    [
        ("55P03", "由于锁超时, 取消语句操作", LedgerBusyError),
        ("53100", '无法扩展文件 "base/5/16384"', LedgerFullError),
        ("53100", "could not open connection file: 设备上没有空间", LedgerFullError),
        ("42501", "对表 events 权限不够", LedgerUnwritableError),
        ("XX001", '关系 "base/5/16384" 中的块 0 存在无效的页', LedgerDamagedError),
        ("57P01", "由于管理员命令中断联接", LedgerUnreachableError),
        ("XX000", "意料之外的事", LedgerError),
    ],
)
def test_a_server_that_speaks_chinese_is_understood(state: str, cause: str, error: type[LedgerError]) -> None:
    """PostgreSQL says things in its own language; its codes are the same in all."""

    class SaidError(Exception):
        sqlstate = state

    with pytest.raises(error) as told, failures("postgresql://office/ledger"):
        raise OperationalError("COMMIT", {}, SaidError(cause))
    assert type(told.value) is error


def test_an_error_that_has_no_better_name(file_ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="nonsense"), file_ledger.reading() as reader:
        reader.ask("nonsense")
    with pytest.raises(LedgerError, match="InterfaceError"), failures("ledger"):
        raise sqlite3.InterfaceError
