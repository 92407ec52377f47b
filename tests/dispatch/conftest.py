"""A workspace whose circular `winter` is issued to some units, without its papers: the outbox does not look at them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from circular_gen import messages
from circular_gen.dispatch.outbox import Fate, HandedOver, Pace
from circular_gen.ledger import Addressed, Intent, Ledger, open_ledger
from circular_gen.records import Records, open_records, read_the_office

START = datetime(2026, 12, 20, 1, 0, tzinfo=UTC)
OFFICE = """
name: 清河市安全生产委员会办公室
code: 清安办发
mail: {smtp: "smtp://127.0.0.1:2525", from: office@example.org}
"""
PAPER = {"title": "关于做好岁末年初安全生产工作的通知", "date": "2026-12-20", "ask": "acknowledge"}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The source texts: what they say is asserted here, not how they are translated."""
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
    messages._catalogue.cache_clear()
    yield
    messages._catalogue.cache_clear()


class Clock:
    """The ledger's clock and the pace's in one; waiting moves it."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        return False

    def pace(self, rate: int = 0) -> Pace:
        return Pace(lambda: self.now.timestamp(), self.sleep, rate)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_office(root: Path, units: int = 3) -> Path:
    (root / "records").mkdir(parents=True)
    (root / "office.yaml").write_text(OFFICE, encoding="utf-8")
    with open_ledger(root / "records" / "ledger.db", clock=lambda: START - timedelta(days=1)) as ledger:
        names = tuple(Addressed(f"u{n}", name=f"单位{n}") for n in range(units))
        ledger.issue("winter", code="清安办发", year=2026, actor="综合科", payload=PAPER, units=names)
    return root


@pytest.fixture
def office(tmp_path: Path) -> Path:
    return make_office(tmp_path / "office")


@contextmanager
def opened(root: Path, clock: Callable[[], datetime] | None = None) -> Iterator[Records]:
    """The records as `open_records` gives them, with a clock that tests set."""
    with open_records(root) as records:
        if clock is None:
            yield records
        else:
            with open_ledger(root / "records" / "ledger.db", clock=clock) as ledger:
                yield Records(root, read_the_office(root), ledger)


class Note:
    """A message that is nothing but its digest."""

    def __init__(self, digest: str) -> None:
        self.digest = digest


class Post:
    """A carrier whose answers the test gives: per unit a list of fates, the last of them for ever."""

    channel = "email"
    doubtful = False

    def __init__(self, answers: dict[str, list[Fate]] | None = None) -> None:
        self.answers = answers or {}
        self.carried: list[str] = []
        self.closed = False

    def carry(self, intent: Intent, message: Note) -> Fate:
        self.carried.append(intent.unit)
        answers = self.answers.get(intent.unit, [HandedOver("250 ok")])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def close(self) -> None:
        self.closed = True


def kinds(ledger: Ledger, unit: str) -> list[str]:
    """The kinds of a unit's events, without its being addressed."""
    return [event.kind for event in ledger.events("winter", unit) if event.kind != "addressed"]
