"""A province: 100,000 units, each with the tasks of its sectors, packed by two processes in bounded memory."""

import csv
import hashlib
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from circular_gen.build import unit_path
from circular_gen.pack import Pack

from .conftest import WINTER, Commands, make_workspace

UNITS = 100_000
MOST = 500_000_000
"""Bytes of memory that any process may take."""


def peaks(root: int, seen: dict[int, int]) -> None:
    """Raise `seen` (process → peak of its memory in bytes) for `root` and all processes below it."""
    waiting = [root]
    while waiting:
        process = waiting.pop()
        try:
            status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
            for task in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (task / "children").read_text("ascii").split())
        except OSError:  # gone meanwhile
            continue
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                seen[process] = max(seen.get(process, 0), int(line.split()[1]) * 1024)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_province_in_bounded_memory(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "office")
    sectors = ["矿山", "危险化学品", "道路交通", "城镇燃气", "人员密集场所", "建筑施工"]
    chance = random.Random(4)
    with (root / "units.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["代号", "名称", "标签", "行业", "联系人", "电话", "送达方式"])
        for number in range(UNITS):
            own = "、".join(chance.sample(sectors, chance.randint(0, 3)))
            rows.writerow(
                [f"u{number:06}", f"第{number}号乡镇人民政府", "乡镇", own, "张某", f"138{number:08}", "邮件"]
            )
    (root / "recipients.yaml").write_text("units: {csv: units.csv}\ngroups: {各乡镇: {tags: 乡镇}}\n", "utf-8")
    for path in (root / "circulars").iterdir():
        if path.stem != WINTER:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    path = root / "circulars" / f"{WINTER}.yaml"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("cc:")]
    lines = ["addressees: 各乡镇" if line.startswith("addressees:") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", "utf-8")

    command = [sys.executable, "-m", "circular_gen", "-w", str(root), "build", "--pack", "--jobs", "2"]
    started = time.monotonic()
    process = subprocess.Popen(command)
    seen: dict[int, int] = {}
    while process.poll() is None:
        peaks(process.pid, seen)
        time.sleep(0.2)
    assert process.returncode == 0
    pack = root / "out" / WINTER / "units.pack"
    print(f"{UNITS} units: {time.monotonic() - started:.0f} s, {pack.stat().st_size / UNITS / 1000:.1f} KB a unit,")
    print("memory of each process in MB:", sorted(size // 1_000_000 for size in seen.values()))
    assert len(seen) >= 3
    assert max(seen.values()) <= MOST

    unit = f"u{UNITS * 2 // 3:06}"
    Commands(root)("build", WINTER, "--unit", unit, "--out", str(tmp_path / "one"))
    with Pack(pack) as opened:
        assert sum(1 for _unit in opened.units()) == UNITS
        files = list(opened.files(unit))
    assert {file.name.rsplit(".")[0] for file in files} >= {"receipt", "package"}
    for file in files:
        plain = tmp_path / "one" / WINTER / unit_path(f"{unit}/{file.name}", UNITS > 1000)
        assert hashlib.sha256(plain.read_bytes()).hexdigest() == file.sha256
