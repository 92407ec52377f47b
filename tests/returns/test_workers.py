"""How the processes that open returned files are started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from circular_gen.returns import workers
from circular_gen.returns.worker import run
from circular_gen.returns.workers import Answer, Page, WorkerError, Workers

from .conftest import picture

UNGUARDED = """
import sys
from pathlib import Path
from circular_gen.returns.workers import Workers
print("run")
with Workers() as workers:
    print([name for name, _data in workers.unpack(Path(sys.argv[1]))])
"""


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as file:
        file.writestr("回执.jpg", b"\xff\xd8")
    return path


def names(pool: Workers, packed: Path) -> list[str]:
    return [name for name, _data in pool.unpack(packed)]


def test_a_program_without_a_main_guard_is_not_run_again(packed: Path, tmp_path: Path) -> None:
    script = tmp_path / "report.py"
    script.write_text(UNGUARDED, "utf-8")
    command = [sys.executable, "-X", "utf8", str(script), str(packed)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.stdout.split("\n")[:2], done.returncode) == (["run", "['回执.jpg']"], 0), done.stderr


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets the first starts fail as they are named: "dies", "refused"; the list grows with each start."""

    def failing(*faults: str) -> list[str]:
        begun: list[str] = []
        started = SpawnProcess.start

        def start(process: SpawnProcess) -> None:
            begun.append(faults[len(begun)] if len(begun) < len(faults) else "well")
            if begun[-1] == "refused":
                raise BlockingIOError(11, "Resource temporarily unavailable")
            if begun[-1] == "dies":
                process._target, process._args = os.abort, ()  # type: ignore[attr-defined]
            started(process)

        monkeypatch.setattr(SpawnProcess, "start", start)
        monkeypatch.setattr(workers, "_PAUSE", 0.0)
        return begun

    return failing


@pytest.mark.parametrize("fault", ["dies", "refused"])
def test_a_start_that_fails_is_tried_again(packed: Path, starts: Callable[..., list[str]], fault: str) -> None:
    begun = starts(fault, fault)
    with Workers() as pool:
        assert names(pool, packed) == ["回执.jpg"]
        assert names(pool, packed) == ["回执.jpg"]
    assert begun == [fault, fault, "well"]


@pytest.mark.parametrize(("fault", "told"), [("dies", "exit code"), ("refused", "Resource temporarily unavailable")])
def test_at_last_it_is_told_why_none_starts(
    packed: Path, starts: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, fault: str, told: str
) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    begun = starts(fault, fault, fault)
    with Workers() as pool, pytest.raises(WorkerError, match=told):
        names(pool, packed)
    assert len(begun) == 3


def test_what_does_not_answer_is_not_waited_for_three_times(
    packed: Path, starts: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    monkeypatch.setattr(workers, "START_SECONDS", 0.0)
    begun = starts()
    with Workers() as pool:
        with pytest.raises(WorkerError, match="no answer in 0 seconds"):
            names(pool, packed)
        assert pool._all == []
    assert begun == ["well"]


def test_a_slow_start_costs_no_page_its_time(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a process may take minutes to be there; the clock of a file begins after that."""
    page = tmp_path / "page.png"
    page.write_bytes(picture(np.full((1169, 827), 255, np.uint8), "PNG"))
    gone = [0.0]

    class Clock:
        """The time, and what greetings took of it."""

        sleep = staticmethod(time.sleep)

        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + gone[0]

    greeted = Workers._greeted

    def late(pool: Workers, worker: workers._Worker) -> bool:
        gone[0] += 500.0
        return greeted(pool, worker)

    monkeypatch.setattr(workers, "time", Clock)
    monkeypatch.setattr(Workers, "_greeted", late)
    with Workers() as pool:
        assert names(pool, packed) == ["回执.jpg"]
    with Workers(2) as pool:
        told = dict(pool.read([page, page], lambda _symbols: Answer(None, None)))
    assert [isinstance(one, Page) for pages in told.values() for one in pages] == [True, True]
    assert gone == [1500.0]
    assert workers.run is run
