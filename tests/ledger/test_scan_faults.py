"""`receipts scan` killed at any moment: what was acknowledged is there, once; read again, all is there; the workers end
with the command.

The pages are read once by a real worker; the scans that are killed get what it told, so that a kill falls where the
files are copied, kept and recorded rather than while a library is loaded."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.test_ledger_faults import run, told
from tests.ledger.test_office_faults import make_office, write

from circular_gen.disk import sha256_of
from circular_gen.issuing import issue
from circular_gen.keeping import prove
from circular_gen.records import open_records
from circular_gen.returns.forms import Forms, wanted
from circular_gen.returns.reviewing import waiting
from circular_gen.returns.scanning import ScanReport, scan
from circular_gen.returns.workers import Answer, Page, Told, Workers
from circular_gen.workspace.secret import office_codes

np = pytest.importorskip("numpy")
pytest.importorskip("cv2")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that start at once")


class Read:
    """In place of `Workers`: what they told of files before, by hash."""

    def __init__(self) -> None:
        self.told: dict[str, list[Told]] = {}

    def read(self, paths: list[Path], whose: Any, trust: object) -> Iterator[tuple[int, list[Told]]]:
        for place, path in enumerate(paths):
            pages = self.told[sha256_of(path)]
            yield place, [replace(page, form=whose(page.symbols).form) for page in pages if isinstance(page, Page)]


def make_pile(root: Path, number: int) -> Path:
    """A signed receipt, and one that is not."""
    from tests.returns.conftest import Desk, picture

    desk, folder = Desk(root, root), root.parent / "piles" / str(number)
    folder.mkdir(parents=True)
    for place in range(2):
        unit = f"u{2 * number + place:03}"
        image = desk.filled("notice", unit, signed=place == 0).image
        (folder / f"{unit}.jpg").write_bytes(picture(image, "JPEG", quality=85))
    return folder


def an_office(root: Path, ledger: str, units: int) -> Path:
    make_office(root, ledger)
    lines = [f"  - {{id: u{n:03}, name: 单位{n:03}, tags: [x]}}\n" for n in range(units)]
    (root / "recipients.yaml").write_text(f"units:\n{''.join(lines)}groups:\n  各单位: {{tags: [x]}}\n", "utf-8")
    write(root, "notice")
    path = root / "circulars" / "notice.yaml"
    path.write_text(path.read_text("utf-8").replace("basis: 本通知", "needs: [signature], basis: 本通知"), "utf-8")
    issue(root, "notice")
    return root


def read_for_certain(root: Path, folder: Path, workers: Workers, read: Read) -> None:
    """Let a worker read the pile, and keep what it tells."""
    paths = sorted(folder.iterdir())
    with open_records(root) as records:
        forms = Forms(records, office_codes(root))
        for place, pages in workers.read(paths, lambda texts: Answer(None, wanted(forms.whose(texts)))):
            read.told[sha256_of(paths[place])] = pages


def work(root: Path, folder: Path, read: Read, pipe: Connection) -> None:
    """Scans a pile, and says what was acknowledged."""
    for fate in scan(root, [folder], workers=read).fates:  # type: ignore[arg-type]
        pipe.send((fate.event, fate.fate, fate.unit))


def killed(root: Path, times: int) -> None:
    dice = random.Random(11)
    read, acknowledged, step = Read(), [], 0.0
    with Workers(1) as workers:
        piles = [make_pile(root, n) for n in range(times)]
        for folder in piles:
            read_for_certain(root, folder, workers, read)
    for n, folder in enumerate(piles):
        start = time.monotonic()
        process, pipe = run(work, root, folder, read)
        if n == 0:
            acknowledged += told(pipe)
            step = time.monotonic() - start  # what a scan takes on this machine, now
        else:
            time.sleep(dice.uniform(0, 1.2 * step))
            process.kill()
        process.join()
        acknowledged += told(pipe)
    for folder in piles:
        report = scan(root, [folder], workers=read)  # type: ignore[arg-type]
        assert {fate.fate for fate in report.fates} <= {"received", "review", "known"}
    with open_records(root) as records:
        for number, fate, unit in acknowledged:
            (event,) = [event for event in records.ledger.events("notice", unit) if event.sequence == number]
            assert event.kind == {"received": "received", "review": "reviewed"}[fate]
        for n in range(2 * times):
            events = records.ledger.events("notice", f"u{n:03}", kinds=("received", "reviewed"))
            assert [event.kind for event in events] == [("received", "reviewed")[n % 2]]
        files = [event.payload["evidence"][0] for event in records.ledger.events(kinds=("scanned",))]
        assert sorted(files) == sorted(read.told)
    proof = prove(root)
    assert (proof.findings, proof.notes) == ((), ())


@pytest.fixture
def ledger(place: str) -> str:
    return f"ledger: {place}\n" if "://" in place else ""


def test_a_scan_killed_at_any_moment(ledger: str, tmp_path: Path) -> None:
    killed(an_office(tmp_path / "office", ledger, 12), 6)


@pytest.mark.long
def test_a_scan_killed_at_any_moment_very_often(ledger: str, tmp_path: Path) -> None:
    killed(an_office(tmp_path / "office", ledger, 400), 200)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for children in /proc")
def test_the_workers_end_with_a_command_that_is_killed(tmp_path: Path) -> None:
    root = an_office(tmp_path / "office", "", 2)
    folder = make_pile(root, 0)
    command = [sys.executable, "-m", "circular_gen", "-w", str(root), "receipts", "scan", "--jobs", "1", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as scanning:
        children: list[int] = []
        while not children and scanning.poll() is None:
            children = [pid for pid, parent in _parents().items() if parent == scanning.pid]
            time.sleep(0.01)
        scanning.send_signal(signal.SIGKILL)
    assert children, "it came to an end without a worker"
    patience = time.monotonic() + 60
    while any(pid in _parents() for pid in children):
        assert time.monotonic() < patience
        time.sleep(0.05)
    report: ScanReport = scan(root, [folder], jobs=1)
    assert [fate.fate for fate in report.fates] == ["received", "review"]
    assert len(waiting(root)) == 1


def _parents() -> Mapping[int, int]:
    """Running processes, each with its parent."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(path.parent.name)] = int(parent)
    return found
