"""Where the time of a stamped copy goes: `python -m benchmarks.profile` prints a line of JSON.

The whole package of unit after unit as PDF, and as DOCX, on one core; every millisecond of processor time the stack is
looked at, and the moment counts for the innermost function of the program that is at work, with what it calls in
libraries. Nothing is slowed by counting calls. Only where the system has SIGPROF.
"""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from benchmarks.contest import keep_to_one_core
from benchmarks.paper import Recipient, recipients
from benchmarks.peers import ours

UNITS = 4000
SECONDS = 10.0
"""Of processor time for each kind of file, at most."""
SHOWN = 14
_PACKAGE = "circular_gen"


def sampled(make: Callable[[Recipient], bytes], units: tuple[Recipient, ...]) -> dict[str, float]:
    """The share of each `module.function` of the time of making a copy for unit after unit, the largest first."""
    seen: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        while frame is not None and not str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE + "."):
            frame = frame.f_back
        if frame is not None:
            module = str(frame.f_globals["__name__"]).removeprefix(_PACKAGE + ".")
            seen[f"{module}.{frame.f_code.co_qualname}"] += 1

    make(units[0])
    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    started = time.process_time()
    try:
        for unit in units[1:]:
            make(unit)
            if time.process_time() - started > SECONDS:
                break
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    total = seen.total() or 1
    return {name: count / total for name, count in seen.most_common()}


def measure() -> dict[str, Any]:
    """Shares for both kinds of file; empty where the system has no such clock."""
    if not hasattr(signal, "setitimer"):
        return {}
    keep_to_one_core()
    units = recipients(UNITS)
    return {"pdf": sampled(ours.package_pdf(UNITS), units), "docx": sampled(ours.package_docx(UNITS), units)}


def table(result: dict[str, Any]) -> list[str]:
    """Markdown: the largest of each, side by side."""
    if not result:
        return ["This system has no clock for it."]
    columns = []
    for shares in result.values():
        shown = list(shares.items())[:SHOWN]
        rest = 1 - sum(share for _name, share in shown)
        rows = [(f"`{name}`", share) for name, share in shown]
        columns.append([*rows, ("all others", rest)] + [("", 0.0)] * (SHOWN - len(shown)))
    lines = ["| PDF | share | DOCX | share |", "|---|---:|---|---:|"]
    for (pdf, share), (docx, other) in zip(*columns, strict=True):
        lines.append(f"| {pdf} | {share:.1%} | {docx} | {f'{other:.1%}' if docx else ''} |")
    return lines


if __name__ == "__main__":
    print(json.dumps(measure()))
