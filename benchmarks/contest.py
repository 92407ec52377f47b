"""One contestant in a process of its own: `python -m benchmarks.contest MODULE FUNCTION` prints a line of JSON.

Set-up (reading templates, compiling, fonts) is measured apart; then `ROUNDS` rounds of copies in memory, on one core,
of which the median counts. Peak memory is the process's own.
"""

import importlib
import json
import statistics
import sys
import time

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


def main(module: str, function: str) -> None:
    units = recipients()
    started = time.perf_counter()
    make = getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)()
    first = make(units[0])
    setup = time.perf_counter() - started
    share = len(units) // ROUNDS
    rounds, size = [], 0
    for number in range(ROUNDS):
        started = time.perf_counter()
        for unit in units[number * share : (number + 1) * share]:
            size += len(make(unit))
        rounds.append((time.perf_counter() - started) / share * 1000)
    result = {
        "copies": share * ROUNDS,
        "setup_ms": setup * 1000,
        "ms_a_copy": statistics.median(rounds),
        "bytes_a_copy": size // (share * ROUNDS),
        "peak_rss_mb": peak_rss_mb(),
        "first_bytes": len(first),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
