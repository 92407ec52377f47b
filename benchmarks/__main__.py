"""`make bench`: every contestant in turn, each in a process of its own; prints tables, writes results/latest.json and
docs/performance.md."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import dispatch, ledger, province

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Contest:
    """One kind of work. `contestants`: name → (module, function); `goals`: how many times quicker than a peer we mean
    to be."""

    title: str
    contestants: Mapping[str, tuple[str, str]]
    goals: Mapping[str, float] = field(default_factory=dict)


MAIL_TITLE = "{messages:,} mails of {kb_a_message:.0f} kB to one server"
MAIL_NOTE = (
    "The loop: Python's smtplib and email over one connection, which remembers nothing. Both in one process, in turns; "
    "the server (aiosmtpd) in another."
)

CONTESTS = (
    Contest(
        "The sample's notice, a copy for each unit, one QR: DOCX",
        {
            "circular-gen": ("ours", "circular_docx"),
            "docxtpl": ("docxtpl_peer", "circular_docx"),
            "python-docx": ("pythondocx_peer", "circular_docx"),
        },
        {"docxtpl": 100},
    ),
    Contest(
        "The sample's notice, a copy for each unit, one QR: PDF",
        {
            "circular-gen": ("ours", "circular_pdf"),
            "typst": ("typst_peer", "circular_pdf"),
            "reportlab": ("platypus_peer", "circular_pdf"),
        },
        {"typst": 150, "reportlab": 500},
    ),
    Contest(
        "Circular, checklist and receipt of each unit: DOCX",
        {"circular-gen": ("ours", "package_docx"), "docxtpl": ("docxtpl_peer", "package_docx")},
        {"docxtpl": 40},
    ),
    Contest(
        "Circular, checklist and receipt of each unit: PDF",
        {"circular-gen": ("ours", "package_pdf"), "typst": ("typst_peer", "package_pdf")},
        {"typst": 40},
    ),
)


def run(module: str, function: str) -> dict[str, Any]:
    """What a contestant measured of itself (see contest.py)."""
    command = [sys.executable, "-m", "benchmarks.contest", module, function]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measured(module: str) -> dict[str, Any]:
    """The numbers that `python -m benchmarks.MODULE` measures, in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def hold(contest: Contest) -> dict[str, Any]:
    """Everyone's numbers, with how many times longer than ours they take."""
    rows = {}
    for name, (module, function) in contest.contestants.items():
        rows[name] = run(module, function) | {"version": version(name), "goal": contest.goals.get(name)}
    ours = rows["circular-gen"]["ms_a_copy"]
    for row in rows.values():
        row["ratio"] = row["ms_a_copy"] / ours
    return {"title": contest.title, "rows": rows}


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Markdown."""
    lines = [
        "| | version | ms a copy | times ours | goal | set-up, ms | KB a copy | peak MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        goal = f"≥ {row['goal']:g}" if row["goal"] else ""
        lines.append(
            f"| {name} | {row['version']} | {row['ms_a_copy']:.3f} | {row['ratio']:.1f} | {goal} "
            f"| {row['setup_ms']:.0f} | {row['bytes_a_copy'] / 1000:.1f} | {row['peak_rss_mb'] or 0:.0f} |"
        )
    return lines


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(machine)
    contests = []
    for contest in CONTESTS:
        contests.append(hold(contest))
        print(f"\n{contest.title}", *table(contests[-1]["rows"]), sep="\n", flush=True)
    province_ = measured("province")
    print("\nA province's packages", *province.table(province_), sep="\n", flush=True)
    ledger_ = measured("ledger")
    print("\nThe ledger of a province", *ledger.table(ledger_), sep="\n", flush=True)
    mail = measured("dispatch")
    print(f"\n{MAIL_TITLE.format(**mail)}", *dispatch.table(mail), sep="\n", flush=True)
    results = ROOT / "benchmarks" / "results" / "latest.json"
    results.parent.mkdir(exist_ok=True)
    numbers = {"machine": machine, "contests": contests, "province": province_, "ledger": ledger_, "dispatch": mail}
    written = json.dumps(numbers, ensure_ascii=False, indent=1)
    results.write_text(written + "\n", encoding="utf-8", newline="\n")
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; every number was measured in one run on the machine named here, each contestant in a "
        "process of its own,",
        "in memory, on one core: the median of five rounds of 40 copies each. Set-up (reading, compiling, fonts) is "
        "measured apart.",
        "",
        f"Machine: {machine}.",
    ]
    for contest_ in contests:
        lines += ["", f"## {contest_['title']}", "", *table(contest_["rows"])]
    lines += [
        "",
        "## A province's packages",
        "",
        "The sample's notice to towns with different tasks; memory as the system tells.",
    ]
    lines += ["", *province.table(province_)]
    lines += ["", "## The ledger of a province", "", "SQLite, one process; no other tool keeps such a ledger."]
    lines += ["", *ledger.table(ledger_)]
    lines += ["", f"## {MAIL_TITLE.format(**mail)}", "", MAIL_NOTE, "", *dispatch.table(mail)]
    (ROOT / "docs" / "performance.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
