"""A province: `python -m benchmarks.province [UNITS]` prints a line of JSON (default 100,000 units).

The packages of so many units, each with the tasks of its sectors, packed: by two processes, and by a local Dask cluster
of two workers, one of which is killed in the middle of a third run. Wall time, the peak memory of every process, and
whether all packs are the same file. And what 10,010 units cost beside 1,001, in one process: up to 1,000 there is a
signing sheet, which LibreOffice converts and which would be most of the time.
"""

import csv
import hashlib
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.paper import NOTICE
from circular_gen.press import SIGNED
from circular_gen.workspace.new import new_workspace

GOALS = {"wall_s": 120.0, "peak_mb": 500.0, "cluster_ratio": 1.3, "growth": 10.5}
"""Not above these, at 100,000 units."""
_SECTORS = ("矿山", "危险化学品", "道路交通", "城镇燃气", "人员密集场所", "建筑施工")


def workspace(root: Path, units: int) -> Path:
    """The sample's notice to `units` towns from a CSV list, and no other circular."""
    new_workspace(root)
    chance = random.Random(4)
    with (root / "units.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["代号", "名称", "标签", "行业", "联系人", "电话", "送达方式"])
        for number in range(units):
            own = "、".join(chance.sample(_SECTORS, chance.randint(0, 3)))
            name = f"第{number}号乡镇人民政府"
            rows.writerow([f"u{number:06}", name, "乡镇", own, "张某", f"138{number:08}", "邮件"])
    (root / "recipients.yaml").write_text("units: {csv: units.csv}\ngroups: {各乡镇: {tags: 乡镇}}\n", encoding="utf-8")
    for path in (root / "circulars").glob("*.yaml"):
        if path.stem != NOTICE:
            path.unlink()
    path = root / "circulars" / f"{NOTICE}.yaml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("cc:")]
    lines = ["addressees: 各乡镇" if line.startswith("addressees:") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def build(root: Path, *options: str, watched: tuple[int, ...] = ()) -> dict[str, Any]:
    """Wall time, peaks in MB and the pack's digest of one build; `watched`: other processes that work for it."""
    command = [sys.executable, "-m", "circular_gen", "-w", str(root), "build", "--force", "--pack", *options]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    seen: dict[int, int] = {}
    while process.poll() is None:
        for one in (process.pid, *watched):
            _note_peaks(one, seen)
        time.sleep(0.5)
    wall = time.perf_counter() - started
    assert process.returncode == 0, command
    pack = root / "out" / NOTICE / "units.pack"
    with pack.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    peaks = sorted(round(size / 1e6) for size in seen.values())
    return {"wall_s": wall, "peak_mb": peaks, "sha256": digest, "bytes": pack.stat().st_size}


def _note_peaks(root: int, seen: dict[int, int]) -> None:
    """Raise `seen` (process → peak memory in bytes) for `root` and all processes below it, where the system tells."""
    try:
        status = Path(f"/proc/{root}/status").read_text("ascii", "replace")
        children = [
            kid for task in Path(f"/proc/{root}/task").iterdir() for kid in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            seen[root] = max(seen.get(root, 0), int(line.split()[1]) * 1024)
    for kid in children:
        _note_peaks(int(kid), seen)


@contextmanager
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of one thread each, on this computer; their address and the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (scheduler, worker, worker)
    ]
    try:
        from distributed import Client

        with Client(address, timeout=60) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(2, timeout=60)
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def growth() -> float:
    """How many times longer ten times the units take."""
    walls = []
    with tempfile.TemporaryDirectory() as folder:
        for units, times in ((SIGNED + 1, 3), (10 * (SIGNED + 1), 1)):
            root = workspace(Path(folder) / str(units), units)
            walls.append(statistics.median([build(root, "--jobs", "1")["wall_s"] for _ in range(times)]))
    return walls[1] / walls[0]


def measure(units: int = 100_000) -> dict[str, Any]:
    """All numbers."""
    with tempfile.TemporaryDirectory() as folder:
        root = workspace(Path(folder) / "province", units)
        pool = build(root, "--jobs", "2")
        with cluster() as (address, workers):
            spread = build(root, "--cluster", address, watched=tuple(worker.pid for worker in workers))
            threading.Timer(spread["wall_s"] / 3, workers[0].kill).start()
            hurt = build(root, "--cluster", address)
    return {
        "units": units,
        "growth": growth(),
        "pool": pool,
        "cluster": spread,
        "same": pool["sha256"] == spread["sha256"] == hurt["sha256"],
    }


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    pool, spread, units = result["pool"], result["cluster"], f"{result['units']:,}"
    rows = (
        (
            f"{10 * (SIGNED + 1):,} units beside {SIGNED + 1:,}, one process",
            f"{result['growth']:.1f} ×",
            f"≤ {GOALS['growth']:g} ×",
        ),
        (f"{units} units' packages, two processes, packed", f"{pool['wall_s']:.0f} s", f"≤ {GOALS['wall_s']:g} s"),
        ("memory of the largest process", f"{pool['peak_mb'][-1]} MB", f"≤ {GOALS['peak_mb']:g} MB"),
        ("in the pack", f"{pool['bytes'] / result['units'] / 1000:.1f} KB a unit", ""),
        (
            "the same on a local Dask cluster of two workers",
            f"{spread['wall_s']:.0f} s, {spread['wall_s'] / pool['wall_s']:.2f} ×",
            f"≤ {GOALS['cluster_ratio']:g} ×",
        ),
        ("memory of the largest process there", f"{spread['peak_mb'][-1]} MB", f"≤ {GOALS['peak_mb']:g} MB"),
        ("the same file from both, and with a worker killed in the middle", "yes" if result["same"] else "NO", "yes"),
    )
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
