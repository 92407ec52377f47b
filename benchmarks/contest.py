"""One contestant in a process of its own: `python -m benchmarks.contest MODULE FUNCTION`.

Set-up (reading templates, compiling, fonts) is measured apart. Then come rounds of copies in memory, of which the
median counts; the contestants of a contest take turns with them, so that what else the machine has to do meets all
alike. The process keeps to one core and its processor time is measured, all its threads together. Peak memory is the
process's own.
"""

import importlib
import json
import os
import statistics
import sys
import time
from io import BytesIO
from itertools import cycle, islice

from benchmarks.paper import UNITS, recipients

ROUNDS = 9
LEAST, SECONDS = 20, 0.5
"""A round has so many copies and takes so long, at least."""


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
    """Set up and say so; a round for each line that comes in; the result at the end of these."""
    keep_to_one_core()
    units = recipients(UNITS)
    started = time.process_time()
    make = getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)()
    first = make(units[0])
    setup = time.process_time() - started
    print("ready", flush=True)
    rounds, size, copies = [], 0, 0
    following = cycle(units[1:] + units[:1])
    for _line in sys.stdin:
        made, started = 0, time.process_time()
        while made < LEAST or time.process_time() - started < SECONDS:
            for unit in islice(following, LEAST):
                size += len(make(unit))
            made += LEAST
        rounds.append((time.process_time() - started) / made * 1000)
        copies += made
        print("done", flush=True)
    result = {
        "copies": copies,
        "setup_ms": setup * 1000,
        "ms_a_copy": statistics.median(rounds),
        "bytes_a_copy": size // copies,
        "peak_rss_mb": peak_rss_mb(),
        "pages": pages(first),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
