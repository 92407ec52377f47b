"""The archive by the size of a large office: a search over 10,000 papers; a year of 200 circulars for 300 units each
with 60,000 receipts, made, proved and measured.

    python -m benchmarks.archive [CIRCULARS UNITS]

prints a line of JSON. The year's receipts are made small by sharing: 300 scans serve all circulars; each stands in the
bag once. `share` is the bag beside the plain sum of what it holds: originals, evidence once, the ledger as an export.
"""

import hashlib
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from circular_gen import evidence
from circular_gen.archive.finding import Index, Text
from circular_gen.archive.making import archive_year
from circular_gen.archive.verification import verify_bag
from circular_gen.issuing import issue
from circular_gen.ledger import Addressed, draft, export_lines, open_ledger
from circular_gen.records import MANIFEST

T = TypeVar("T")
COMMON = "关于进一步做好安全生产工作有关通知要求各单位落实责任检查隐患整改报告森林防火燃气矿山道路交通危险化学品应急"


GOALS = {"find_s": 0.2, "share": 1.05, "verify_mb_s": 200.0}
"""The slowest search at 10,000 papers; the bag beside the plain sum; what `verify` reads a second, at least."""


def search(count: int = 10_000) -> dict[str, Any]:
    """Twenty questions over `count` papers of 1,500 characters."""
    randomly = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, closing(Index(Path(folder) / "find.db")) as index:
        words = ["".join(randomly.choices(COMMON, k=randomly.randint(2, 4))) for _n in range(3000)]

        def papers() -> Iterator[Text]:
            for number in range(count):
                body = "".join(randomly.choices(words, k=500))
                title = "关于" + "".join(randomly.choices(words, k=4)) + "的通知"
                code, paper = f"{number:04}", f"清安办发〔2026〕{number}号"
                yield Text(code, code, f"p{number}", paper, title, "2026-01-01", (), ("城西街道办事处",), "", body)

        start = time.perf_counter()
        index.take("all", "1", papers())
        indexed = time.perf_counter() - start
        times = []
        for word in [*randomly.sample(words, 16), "安全", "燃气 检查", "清安办发〔2026〕77号", "全"]:
            start = time.perf_counter()
            index.find(word)
            times.append(time.perf_counter() - start)
    return {"papers": count, "index_s": indexed, "find_s": max(times)}


class Memory(threading.Thread):
    """The process's largest memory while it runs, in MB, from /proc."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self.ended = 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.2):
            fields = Path("/proc/self/statm").read_text("ascii").split()
            self.most = max(self.most, int(fields[1]) * 4096 / 1e6)

    def stop(self) -> float:
        self.ended.set()
        self.join()
        return self.most


def noise(number: int) -> bytes:
    """A grey picture of 60 kB that cannot be packed any closer."""
    file = BytesIO()
    Image.frombytes("L", (250, 240), random.Random(number).randbytes(60_000)).save(file, "png")
    return file.getvalue()


def office(root: Path, circulars: int, units: int) -> None:
    """A workspace with `circulars` issued papers: one is pressed, the others are issued with the same originals."""
    names = [f"u{number:03}" for number in range(units)]
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text(
        "name: 清河市安全生产委员会办公室\ncode: 清安办发\narchive: {fonds: Z109}\n", "utf-8"
    )
    lines = [f"  - {{id: {name}, name: 第{name[1:]}街道办事处, tags: [街道]}}\n" for name in names]
    (root / "recipients.yaml").write_text(f"units:\n{''.join(lines)}groups:\n  各街道: {{tags: [街道]}}\n", "utf-8")
    (root / "circulars" / "c000.yaml").write_text(
        "title: 关于做好安全检查工作的通知\nnumber: 清安办发〔2026〕1号\ndate: 2026-01-05\naddressees: 各街道\n"
        "retention: 30年\nbody: |\n  一、抓紧检查。请立即开展检查。\n"
        "receipt: {ask: acknowledge, by: 2026-12-25 17:00, needs: [signature], basis: 本通知}\n",
        "utf-8",
    )
    issue(root, "c000")
    scans = [evidence.keep_bytes(root, noise(n), ".png") for n in range(units)]
    first = root / "records" / "issued" / "c000" / "r0"
    with open_ledger(root / "records" / "ledger.db") as ledger:
        payload = ledger.events("c000", kinds=("issued",))[0].payload
        for number in range(circulars):
            name = f"c{number:03}"
            if number:
                folder = root / "records" / "issued" / name / "r0"
                shutil.copytree(first, folder)
                manifest = json.loads((folder / MANIFEST).read_text("utf-8")) | {"circular": name}
                (folder / MANIFEST).chmod(0o600)
                (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False) + "\n", "utf-8")
                digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
                fields = {k: v for k, v in payload.items() if k not in ("number", "code", "year", "ordinal", "files")}
                fields["files"] = payload["files"] | {MANIFEST: digest}
                people = [Addressed(unit, name=f"第{unit[1:]}街道办事处", receipt=True) for unit in names]
                ledger.issue(name, code="清安办发", year=2026, actor="综合科", payload=fields, units=people)
            ledger.append(
                *(
                    draft("received", "综合科", name, unit, by="张某", how="scan", evidence=[scan],
                          at=datetime.now(UTC).isoformat())
                    for unit, scan in zip(names, scans, strict=True)
                )
            )  # fmt: skip


def apart(work: Callable[..., T], *arguments: Any) -> T:
    """What `work` gives in a process of its own, whose memory is nobody else's."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def making(root: Path) -> tuple[Path, float, float]:
    """Make the year of a workspace: the bag, the seconds, and the most memory meanwhile in MB."""
    memory = Memory()
    memory.start()
    start = time.perf_counter()
    (bag,) = archive_year(root, 2026).bags
    return bag.path, time.perf_counter() - start, memory.stop()


def peak(circulars: int, units: int) -> float:
    """The most memory while a year is made, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "office"
        apart(office, root, circulars, units)
        return apart(making, root)[2]


def year(circulars: int = 200, units: int = 300) -> dict[str, Any]:
    """Make, measure and prove a year."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "office"
        apart(office, root, circulars, units)
        plain = sum(p.stat().st_size for p in (root / "records" / "issued").rglob("*") if p.is_file())
        plain += sum(p.stat().st_size for p in evidence.kept(root))
        with open_ledger(root / "records" / "ledger.db") as ledger:
            plain += sum(len(line.encode()) for line in export_lines(ledger))
        bag, took, most = apart(making, root)
        size = sum(p.stat().st_size for p in bag.rglob("*") if p.is_file())
        result: dict[str, Any] = {"circulars": circulars, "receipts": circulars * units, "make_s": took}
        result |= {"peak_mb": most, "mb": size / 1e6, "share": size / plain}
        for name, contents in (("verify", False), ("open", True)):
            start = time.perf_counter()
            done = verify_bag(bag, contents=contents)
            result[f"{name}_s"] = time.perf_counter() - start
            # one PDF serves all the circulars, so that it does not agree with most of their records
            result[f"{name}_found"] = sorted({finding.check for finding in done.findings} - {"agrees"})
        result["verify_mb_s"] = size / 1e6 / result["verify_s"]
    return result


def measure(circulars: int = 200, units: int = 300) -> dict[str, Any]:
    """All numbers."""
    tenth = {"tenth_mb": peak(circulars // 10, units)}
    return tenth | year(circulars, units) | search()


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    rows = (
        (f"the slowest of 20 searches, {result['papers']:,} papers", f"{result['find_s'] * 1000:.0f} ms", "≤ 200 ms"),
        (
            f"making the year: {result['circulars']} circulars, {result['receipts']:,} receipts",
            f"{result['make_s']:.0f} s",
            "",
        ),
        (
            "memory at most (while a tenth of it is made)",
            f"{result['peak_mb']:.0f} MB ({result['tenth_mb']:.0f} MB)",
            "flat",
        ),
        ("the bag", f"{result['mb']:.0f} MB", ""),
        ("the bag beside the plain sum of what it holds", f"{result['share']:.3f}", f"≤ {GOALS['share']:g}"),
        (
            "`archive verify`, hashes and records",
            f"{result['verify_s']:.1f} s, {result['verify_mb_s']:.0f} MB/s",
            f"≥ {GOALS['verify_mb_s']:g} MB/s",
        ),
        ("`archive verify`, every file opened", f"{result['open_s']:.1f} s", ""),
        ("findings", "、".join([*result["verify_found"], *result["open_found"]]) or "none", "none"),
    )
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
