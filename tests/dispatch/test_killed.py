"""Killed at random moments, stopped, put off, cut off: every unit has exactly one message, or is in review."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.dispatch.conftest import opened
from tests.dispatch.offices import NAME, dispatch_alone, make_office, processes
from tests.dispatch.servers import Broken, Got, Inbox, smtp_server

from circular_gen.dispatch.outbox import Outbox
from circular_gen.ledger.verification import verify

UNITS = 300
FEW = 60
COMMAND = [sys.executable, "-m", "circular_gen"]


class Counting(Inbox):
    """Tells when so many messages have come."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Condition()

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        with self.came:
            self.came.notify_all()
        return answer

    def wait_for(self, count: int, alive: Callable[[], bool]) -> None:
        """Until so many are there, or nobody sends any more."""
        with self.came:
            while len(self.got) < count and alive():
                self.came.wait(0.2)


@contextmanager
def dispatching(root: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "CIRCULAR_GEN_LANG": "en"}
    process = subprocess.Popen(
        [*COMMAND, "-w", str(root), "dispatch", NAME],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def states(root: Path) -> dict[str, str]:
    with opened(root) as records:
        return {row.unit: row.state for row in Outbox(records).rows(NAME)}


def exactly_one_or_review(root: Path, got: list[Got], units: int = UNITS) -> Counter[str]:
    """Asserts the promise; how many units are in each state."""
    sent = Counter(one.to[0].partition("@")[0] for one in got)
    assert max(sent.values()) == 1, sent.most_common(3)
    found = states(root)
    assert len(found) == units
    with opened(root) as records:
        assert verify(records.ledger).ok
        for standing in records.ledger.standings(NAME):
            state = found[standing.unit]
            if state == "handed-over":
                assert sent[standing.unit] == 1
                assert standing.sent_at
            else:
                assert state == "unknown"
                assert standing.unknown, "in review, and status says so"
    ids = [one.message["Message-ID"] for one in got]
    assert len(ids) == len(set(ids))
    return Counter(found.values())


def killed_often(root: Path, times: int, seed: int) -> None:
    chance, loaded = random.Random(seed), processes()
    box = Counting()
    with smtp_server(box) as port:
        make_office(root, port, UNITS)
        for n in range(times):
            process = loaded.Process(target=dispatch_alone, args=(str(root),))
            process.start()
            box.wait_for(len(box.got) + chance.randrange(0, max(1, 2 * UNITS // times)), process.is_alive)
            time.sleep(chance.uniform(0, 0.05 if n % 4 else 0.5))
            process.kill()
            process.join()
        with dispatching(root) as last:
            output = last.communicate()[0].decode()
    counts = exactly_one_or_review(root, box.got)
    assert counts["unknown"] <= times, "a killed run leaves one message that nobody knows of"
    assert last.returncode == (1 if counts["unknown"] else 0), output
    assert output.count("--resolve") == counts["unknown"]


@pytest.mark.no_cover
def test_killed_eight_times(tmp_path: Path) -> None:
    killed_often(tmp_path / "office", 8, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(tmp_path: Path) -> None:
    for part in range(5):
        killed_often(tmp_path / f"office-{part}", 40, part)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to a program there")
def test_ctrl_c_ends_between_two_messages_and_the_next_run_goes_on(tmp_path: Path) -> None:
    box, root = Counting(), tmp_path / "office"
    with smtp_server(box) as port:
        make_office(root, port, FEW)
        with dispatching(root) as process:
            box.wait_for(10, lambda: process.poll() is None)
            process.send_signal(signal.SIGINT)
            output = process.communicate()[0].decode()
        assert process.returncode == 1
        assert "goes on from here" in output
        assert 10 <= len(box.got) < FEW
        with dispatching(root) as process:
            process.communicate()
        assert process.returncode == 0
    assert exactly_one_or_review(root, box.got, FEW) == {"handed-over": FEW}


def test_a_server_that_dies_after_some_letters(tmp_path: Path) -> None:
    """It keeps what it had when it died after the last dot: these are the ones that nobody knows of."""
    root = tmp_path / "office"
    broken = Broken("dot", times=2)
    with broken.serving() as port:
        make_office(root, port, 10)
        with dispatching(root) as process:
            output = process.communicate()[0].decode()
        assert process.returncode == 1
        assert output.count("--resolve") == 2
    assert Counter(states(root).values()) == {"unknown": 2, "handed-over": 8}
    assert Counter(broken.kept) == {f"u{n:04}@example.org": 1 for n in range(10)}
