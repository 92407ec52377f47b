"""Start-up: `python -m benchmarks.startup` prints a line of JSON.

The time on the clock from the start of a process to its end, the median of several: of `--help`, and of `status` on the
sample, fresh and with one circular issued.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.paper import NOTICE
from circular_gen.workspace.new import new_workspace

GOALS = {"help_s": 0.15, "status_s": 0.4, "fresh_s": 0.4}
"""Seconds."""
_TIMES = 11


def _seconds(*arguments: str) -> float:
    """The median of several runs of the command, after one that leaves compiled modules behind, as an installation
    does."""
    command = [sys.executable, "-m", "circular_gen", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = []
    for _ in range(_TIMES + 1):
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def measure() -> dict[str, Any]:
    """Seconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = str(Path(folder) / "office")
        new_workspace(Path(root))
        fresh = _seconds("-w", root, "status")
        subprocess.run(
            [sys.executable, "-m", "circular_gen", "-w", root, "issue", NOTICE], check=True, capture_output=True
        )
        return {"help_s": _seconds("--help"), "status_s": _seconds("-w", root, "status"), "fresh_s": fresh}


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    words = {
        "help_s": "`circular-gen --help`",
        "status_s": "`circular-gen status` on the sample, a circular issued",
        "fresh_s": "`circular-gen status` on the fresh sample, nothing issued",
    }
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {words[name]} | {result[name]:.2f} s | ≤ {goal:g} s |" for name, goal in GOALS.items()),
    ]


if __name__ == "__main__":
    print(json.dumps(measure()))
