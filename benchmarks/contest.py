"""One contestant in a process of its own: `python -m benchmarks.contest MODULE FUNCTION` prints a line of JSON.

Set-up (reading templates, compiling, fonts) is measured apart; then `ROUNDS` rounds of copies in memory, of which the
median counts. The process keeps to one core and its processor time is measured, all its threads together: on a quiet
machine that is the time on the clock, on a busy one it leaves out what others take. Peak memory is the process's own.
"""

import importlib
import json
import os
import statistics
import sys
import time
from io import BytesIO

from benchmarks.paper import recipients

ROUNDS = 5


def peak_rss_mb() -> float | None:
    """The process's peak memory in MB; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024


def keep_to_one_core() -> None:
    """This process and its threads, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def pages(file: bytes) -> int | None:
    """Of a PDF."""
    if not file.startswith(b"%PDF"):
        return None
    import pikepdf

    with pikepdf.open(BytesIO(file)) as pdf:
        return len(pdf.pages)


def main(module: str, function: str) -> None:
    keep_to_one_core()
    units = recipients()
    started = time.process_time()
    make = getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)()
    first = make(units[0])
    setup = time.process_time() - started
    share = len(units) // ROUNDS
    rounds, size = [], 0
    for number in range(ROUNDS):
        started = time.process_time()
        for unit in units[number * share : (number + 1) * share]:
            size += len(make(unit))
        rounds.append((time.process_time() - started) / share * 1000)
    result = {
        "copies": share * ROUNDS,
        "setup_ms": setup * 1000,
        "ms_a_copy": statistics.median(rounds),
        "bytes_a_copy": size // (share * ROUNDS),
        "peak_rss_mb": peak_rss_mb(),
        "pages": pages(first),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
