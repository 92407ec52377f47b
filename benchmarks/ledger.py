"""The ledger at the size of a province: `python -m benchmarks.ledger [THOUSANDS]` prints a line of JSON.

Events a second, recorded one by one and in bulk; `ledger verify` of ten circulars to so many thousand units (default
100: a million events); `status` of all circulars and of one, when there are twenty. A SQLite file on this machine's
disk, one core; `verify` with a process for each.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.contest import peak_rss_mb
from circular_gen.ledger import Addressed, Ledger, draft, open_ledger, verify

GOALS = {"status_s": 1.0, "verify_s": 20.0}
"""Seconds that we mean to stay below."""
_BULK = 1000
_SINGLY = 500
_PAPER = {"title": "关于做好岁末年初安全生产工作的通知", "date": "2026-01-05", "ask": "acknowledge"}


def measure(thousands: int = 100) -> dict[str, Any]:
    """All numbers. `thousands`: of units that each circular is for."""
    result: dict[str, Any] = {"units": thousands * 1000}
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / "ledger.db") as ledger:
        units = [f"u{n}" for n in range(thousands * 1000)]
        result["issue_events_a_second"] = (1 + len(units)) / _seconds(lambda: _issue(ledger, 0, units))
        singly = [draft("received", "x", "c0", unit, by="张某", how="phone") for unit in units[:_SINGLY]]
        result["events_a_second_singly"] = len(singly) / _seconds(lambda: [ledger.append(one) for one in singly])
        rest = units[_SINGLY : _SINGLY + 50 * _BULK]
        bulk = [draft("received", "x", "c0", unit, by="张某", how="phone") for unit in rest]
        result["events_a_second_in_bulk"] = len(bulk) / _seconds(
            lambda: [ledger.append(*chunk) for chunk in _chunks(bulk)]
        )
        circulars = 1
        while ledger.head().size + len(units) < 10 * len(units):
            _issue(ledger, circulars, units)
            circulars += 1
        result["verify_events"] = ledger.head().size
        result["verify_s"] = _seconds(lambda: _proved(ledger))
        while circulars < 20:
            _issue(ledger, circulars, units)
            circulars += 1
        result["circulars"] = circulars
        result["status_s"] = _seconds(lambda: ledger.circulars())
        result["status_of_one_s"] = _seconds(lambda: ledger.statuses("c0"))
        result["file_mb"] = (Path(folder) / "ledger.db").stat().st_size / 1e6
    return result | {"peak_rss_mb": peak_rss_mb()}


def _issue(ledger: Ledger, number: int, units: list[str]) -> None:
    addressed = [Addressed(unit, name=f"单位{unit}", group="各单位") for unit in units]
    ledger.issue(f"c{number}", code="清安办发", year=2026, actor="x", payload=_PAPER, units=addressed)


def _proved(ledger: Ledger) -> None:
    report = verify(ledger, jobs=os.cpu_count() or 1)
    assert report.ok, report.findings[:3]


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _chunks(drafts: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(drafts), _BULK):
        yield drafts[start : start + _BULK]


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    units, circulars = f"{result['units']:,}", result["circulars"]
    rows = (
        ("events a second, each in a transaction of its own", f"{result['events_a_second_singly']:,.0f}", ""),
        (f"events a second, {_BULK:,} at a time", f"{result['events_a_second_in_bulk']:,.0f}", ""),
        (f"events a second, issuing to {units} units", f"{result['issue_events_a_second']:,.0f}", ""),
        (
            f"`status`: {circulars} circulars, {units} units each",
            f"{result['status_s']:.2f} s",
            f"< {GOALS['status_s']:g} s",
        ),
        (f"`status NAME`: {units} units", f"{result['status_of_one_s']:.2f} s", ""),
        (
            f"`ledger verify` of {result['verify_events']:,} events",
            f"{result['verify_s']:.1f} s",
            f"< {GOALS['verify_s']:g} s",
        ),
        ("the file with all circulars", f"{result['file_mb']:,.0f} MB", ""),
        ("peak memory", f"{result['peak_rss_mb'] or 0:,.0f} MB", ""),
    )
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
