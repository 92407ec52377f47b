"""Faults of a whole workspace: killed while it issues, revises and confirms, no room, no right to write, a clock that
steps back. What was acknowledged is there, once, and `ledger verify` finds nothing, originals and evidence included."""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.conftest import room, server
from tests.ledger.test_ledger_faults import run, told
from tests.ledger.test_ledger_faults import test_twenty_writers_at_once as twenty_writers_at_once

from circular_gen.errors import CircularGenError
from circular_gen.issuing import issue, revise
from circular_gen.keeping import prove
from circular_gen.ledger import draft, open_ledger
from circular_gen.ledger.failures import LedgerFullError
from circular_gen.records import NothingIssuedError, open_records
from circular_gen.returns.by_hand import confirm

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that start at once")

NOW = datetime.now(UTC)
UNITS = ("a", "b", "c")
RECIPIENTS = "units:\n" + "".join(f"  - {{id: {unit}, name: 单位{unit}, tags: [x]}}\n" for unit in UNITS)
RECIPIENTS += "groups:\n  各单位: {tags: [x]}\n"
CIRCULAR = f"""\
title: 关于做好检查工作的通知
date: {NOW - timedelta(days=1):%Y-%m-%d}
addressees: 各单位
body: |
  现将有关事项通知如下：
  一、抓紧检查。请立即开展检查。
receipt: {{ask: acknowledge, by: {NOW + timedelta(days=5):%Y-%m-%d} 17:00, basis: 本通知}}
"""


def make_office(root: Path, ledger: str = "") -> Path:
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text(f"name: 清河市安委办\ncode: 清安办发\n{ledger}", "utf-8")
    (root / "recipients.yaml").write_text(RECIPIENTS, "utf-8")
    (root / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100_000))
    return root


def write(root: Path, name: str, more: str = "") -> None:
    (root / "circulars" / f"{name}.yaml").write_text(CIRCULAR + more, "utf-8")


@pytest.fixture
def office(place: str, tmp_path: Path) -> Path:
    """A workspace whose ledger is on each database; nothing issued."""
    return make_office(tmp_path / "office", f"ledger: {place}\n" if "://" in place else "")


def work(root: Path, name: str, pipe: Connection) -> None:
    """Issues, confirms and revises for ever, and says what was acknowledged."""
    photo = root / "photo.jpg"
    for n in range(10**9):
        circular = f"{name}-{n}"
        write(root, circular)
        pipe.send(("issued", circular, issue(root, circular).number))
        for unit in UNITS:
            photo.write_bytes(b"\xff\xd8\xff" + f"{circular} {unit}".encode() * 5000)
            confirm(root, circular, unit, by="张某", evidence=photo)
            pipe.send(("confirmed", circular, unit))
        write(root, circular, "note: 此件公开发布\n")
        revise(root, circular)
        pipe.send(("revised", circular, ""))


def whole(root: Path) -> None:
    """Nothing is half: no originals in the making, and verify finds nothing."""
    with contextlib.suppress(NothingIssuedError):
        proof = prove(root)
        assert (proof.findings, proof.notes) == ((), ())
    folder = root / "records" / "issued"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".issuing")] == []


def killed(root: Path, times: int) -> None:
    dice = random.Random(7)
    write(root, "first")
    issue(root, "first")  # fonts are read once, before the others are forked
    start = time.monotonic()
    process, pipe = run(work, root, "unhurt")
    acknowledged = [pipe.recv() for _n in range(2 + len(UNITS))]
    step = (time.monotonic() - start) / len(acknowledged)  # what a step takes on this machine, now
    process.kill()
    process.join()
    for n in range(times):
        process, pipe = run(work, root, f"k{n}")
        acknowledged += [pipe.recv() for _n in range(n % 4)]
        time.sleep(dice.uniform(0, 2 * step))
        process.kill()
        process.join()
        acknowledged += told(pipe)
        with open_records(root):  # settles what was left
            pass
        if n % 5 == 0:
            whole(root)
    whole(root)
    with open_records(root) as records:
        given = [number.ordinal for number in records.ledger.numbers()]
        assert given == list(range(1, len(given) + 1)), "no number is lost or given twice"
        for what, name, detail in acknowledged:
            paper = records.ledger.paper(name)
            assert paper is not None
            if what == "issued":
                assert paper.number == detail
                assert (records.folder(name) / "manifest.json").exists()
            elif what == "confirmed":
                events = records.ledger.events(name, detail, kinds=("received",))
                assert len(events) == 1
            else:
                assert paper.revision == 1
                assert (records.folder(name, 1) / "manifest.json").exists()


@pytest.mark.no_cover
def test_an_office_killed_at_any_moment(office: Path) -> None:
    killed(office, 8)


@pytest.mark.long
def test_an_office_killed_at_any_moment_very_often(office: Path) -> None:
    killed(office, 200)


# -- no room -----------------------------------------------------------------------------------------------------------


def limited(root: Path, largest: int, act: Callable[..., Any], arguments: dict[str, Any], pipe: Connection) -> None:
    """Acts where no file may grow beyond `largest` bytes, as on a disk that is full; says what was said."""
    import resource  # not on every system, as fork

    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    try:
        act(root, **arguments)
        pipe.send("done")
    except CircularGenError as error:
        pipe.send(str(error))


@pytest.mark.parametrize("largest", [3_000, 30_000])
def test_no_room_for_the_originals(tmp_path: Path, largest: int) -> None:
    root = make_office(tmp_path / "office")
    write(root, "first")
    issue(root, "first")
    write(root, "second")
    _process, pipe = run(limited, root, largest, issue, {"name": "second"})
    (said,) = told(pipe)
    assert said != "done"
    assert "\n" not in said
    whole(root)
    with open_records(root) as records:
        assert records.ledger.paper("second") is None
    assert issue(root, "second").number.endswith("〕2号")
    whole(root)


def test_no_room_for_evidence(tmp_path: Path) -> None:
    root = make_office(tmp_path / "office")
    write(root, "first")
    issue(root, "first")
    given = {"name": "first", "unit": "a", "by": "张某", "evidence": root / "photo.jpg"}
    _process, pipe = run(limited, root, 50_000, confirm, given)
    (said,) = told(pipe)
    assert said != "done"
    assert [path for path in (root / "records" / "evidence").rglob("*") if path.is_file()] == []
    with open_records(root) as records:
        assert records.ledger.events("first", "a", kinds=("received",)) == ()
    assert confirm(root, **given).new
    whole(root)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, where one can be made."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be made here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    root = make_office(small_disk / "office")
    names = [f"n{n}" for n in range(20)]
    for name in ("first", *names):  # what the clerk's editor writes has room; what is issued has none soon
        write(root, name)
    issue(root, "first")
    for name in names:
        try:
            issue(root, name)
        except CircularGenError:
            break
    else:
        pytest.fail("the disk was not full")
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    whole(root)
    with open_records(root) as records:
        last = len(records.ledger.numbers())
        assert records.ledger.paper(name) is None
    assert issue(root, name).number.endswith(f"〕{last + 1}号")
    whole(root)


@pytest.mark.postgresql
def test_no_room_on_the_database_server(tmp_path: Path, postgresql_url: str, postgresql_server: str) -> None:
    """The disk here has room for originals and evidence, the server's has none: nothing of them is left behind."""
    root = make_office(tmp_path / "office", f"ledger: {postgresql_url}\n")
    for name in ("first", "second"):
        write(root, name)
    issue(root, "first")
    given = {"name": "first", "unit": "a", "by": "张某", "evidence": root / "photo.jpg"}
    room(postgresql_server, 1_500_000)
    try:
        said = []
        for length in (600, 100, 1):  # to the last page's last bytes
            with open_records(root) as records, contextlib.suppress(LedgerFullError):
                for _n in range(5_000):
                    records.ledger.append(draft("noted", "x", text="号" * length))
        for act in (lambda: issue(root, "second"), lambda: confirm(root, **given)):
            with pytest.raises(LedgerFullError) as told:
                act()
            said.append(str(told.value))
        assert all("free some space" in line and "\n" not in line for line in said)
    finally:
        room(postgresql_server, None)
    whole(root)
    with open_records(root) as records:
        assert records.ledger.paper("second") is None
        assert records.ledger.events("first", "a", kinds=("received",)) == ()
    assert issue(root, "second").number.endswith("〕2号")
    assert confirm(root, **given).new
    whole(root)


# -- no right to write, a clock that steps back ------------------------------------------------------------------------


def as_a_reader(root: Path, pipe: Connection) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    with open_records(root) as records:
        pipe.send(str(len(records.ledger.standings("first"))))
    for act in (
        lambda: confirm(root, "first", "a", by="张某"),
        lambda: confirm(root, "first", "a", by="张某", evidence=root / "photo.jpg"),
        lambda: issue(root, "second"),
    ):
        try:
            act()
            pipe.send("done")
        except CircularGenError as error:
            pipe.send(str(error))


def test_a_workspace_that_may_only_be_read() -> None:
    folder = Path(tempfile.mkdtemp())  # not pytest's own, which nobody else may enter
    try:
        root = make_office(folder / "office")
        write(root, "first")
        issue(root, "first")
        write(root, "second")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        _process, pipe = run(as_a_reader, root)
        answers = list(told(pipe))
        assert answers[0] == "3"
        assert len(answers) == 4
        for answer in answers[1:]:
            assert "records" in answer
            assert "\n" not in answer
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        whole(root)
        shutil.rmtree(folder)


def test_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """Issued by a computer whose clock was two days ahead; since put right."""
    root = make_office(tmp_path / "office")
    write(root, "first")
    issue(root, "first")
    with open_ledger(root / "records" / "ledger.db", clock=lambda: NOW + timedelta(days=2)) as ledger:
        ledger.append(draft("sent", "x", "first", "a"))
    done = confirm(root, "first", "a", by="张某")
    assert abs(done.at - datetime.now(UTC)) < timedelta(minutes=1)
    whole(root)


# -- PostgreSQL as it runs in an office: on the disk before it answers -------------------------------------------------


@pytest.mark.long
@pytest.mark.postgresql
def test_twenty_writers_with_fsync() -> None:
    with server(fsync="on") as folder:
        twenty_writers_at_once(f"postgresql://postgres@/postgres?host={folder}")
