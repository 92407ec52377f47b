"""`make bench`: every contestant in turn, each in a process of its own, then every other section, each in a process of
its own. Prints tables, keeps the numbers in results/latest.json, and writes docs/performance.md from these.

    python -m benchmarks [SECTION…]

measures only the sections named (`contests`, or a module's name) anew; the page keeps the others' numbers."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from benchmarks.contest import LEAST, ROUNDS, SECONDS

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Contest:
    """One kind of work. `contestants`: name → (module, function); `goals`: how many times quicker than a peer we mean
    to be."""

    title: str
    contestants: Mapping[str, tuple[str, str]]
    goals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """What a module of this package measures (`python -m benchmarks.MODULE` prints it as a line of JSON, `table` makes
    Markdown of it). Numbers of the result may stand in the title as `{name}`."""

    module: str
    title: str
    note: str = ""
    arguments: tuple[str, ...] = ()


SECTIONS = (
    Section(
        "profile",
        "Where the time of a stamped copy goes",
        "The whole package of unit after unit; the processor's time by the function that was at work, seen every "
        "millisecond.",
    ),
    Section("sizes", "Sizes", "Of the same papers."),
    Section(
        "stamped",
        "Whether stamped copies are right",
        "The package and the circular of each of {units:,} units as other programs read them.",
    ),
    Section("startup", "Start-up", "From the start of the process to its end, the median of eleven."),
    Section(
        "province",
        "A province's packages",
        "The sample's notice to towns with different tasks; memory as the system tells.",
    ),
    Section(
        "scanning",
        "Returned papers, read by two processes",
        "Receipts and checklists in colour, 200 dpi, JPEG; starting the processes included. OpenCV alone: its QR and "
        "ArUco detectors and Otsu's threshold; it keeps no evidence, verifies no code, looks for no signature or seal. "
        "The spoiled pages are those of tests/returns/degraded.py: photos, stains, faxes and others. What `scan` does "
        "not read for certain goes to review and counts as not read.",
    ),
    Section(
        "ledger",
        "The ledger of a province",
        "SQLite; one process writes, `ledger verify` works on all cores. No other tool keeps such a ledger.",
    ),
    Section(
        "dispatch",
        "{messages:,} mails of {kb_a_message:.0f} kB to one server",
        "The loop: Python's smtplib and email over one connection, which remembers nothing. Both in one process, in "
        "turns; the server (aiosmtpd) in another.",
    ),
    Section(
        "archive",
        "The archive of a year",
        "A large office's year. Its receipts share 300 scans. What memory grows by is SQLite's cache of the "
        "ledger, 64 MB at most.",
        ("200", "300"),
    ),
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


PARTS: Mapping[str, Section | None] = {"contests": None} | {what.module: what for what in SECTIONS}
"""Every part of the page by its name."""


def measured(module: str, *arguments: str) -> dict[str, Any]:
    """The numbers that `python -m benchmarks.MODULE` measures, in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def hold(contest: Contest) -> dict[str, Any]:
    """Everyone's numbers, with how many times longer than ours they take."""
    running = {}
    for name, (module, function) in contest.contestants.items():
        command = [sys.executable, "-m", "benchmarks.contest", module, function]
        running[name] = Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1, cwd=ROOT)
        answer(running[name])
    for _round in range(ROUNDS):
        for process in running.values():
            assert process.stdin
            process.stdin.write("a round\n")
            answer(process)
    rows = {}
    for name, process in running.items():
        given, _nothing = process.communicate()
        rows[name] = json.loads(given) | {"version": version(name), "goal": contest.goals.get(name)}
    ours = rows["circular-gen"]["ms_a_copy"]
    for row in rows.values():
        row["ratio"] = row["ms_a_copy"] / ours
    return {"title": contest.title, "rows": rows}


def answer(process: "Popen[str]") -> None:
    """Wait until a contestant is ready, or has done its round."""
    assert process.stdout
    if not process.stdout.readline():
        sys.exit(f"{process.args}: ended before its time")


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Markdown."""
    lines = [
        "| | version | ms a copy | times ours | goal | set-up, ms | pages | KB a copy | peak MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        goal = f"≥ {row['goal']:g}" if row["goal"] else ""
        lines.append(
            f"| {name} | {row['version']} | {row['ms_a_copy']:.3f} | {row['ratio']:.1f} | {goal} "
            f"| {row['setup_ms']:.0f} | {row['pages'] or ''} | {row['bytes_a_copy'] / 1000:.1f} "
            f"| {row['peak_rss_mb'] or 0:.0f} |"
        )
    return lines


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def contests() -> list[dict[str, Any]]:
    return [hold(contest) for contest in CONTESTS]


def contests_part(numbers: list[dict[str, Any]]) -> list[str]:
    lines = []
    for contest in numbers:
        lines += part(contest["title"], "", table(contest["rows"]))
    return lines


def section_part(what: Section, numbers: dict[str, Any]) -> list[str]:
    to_table: Callable[[dict[str, Any]], list[str]] = import_module(f"benchmarks.{what.module}").table
    return part(what.title.format(**numbers), what.note.format(**numbers), to_table(numbers))


def part(title: str, note: str, lines: list[str]) -> list[str]:
    """A part of the page."""
    return [f"## {title}", "", *([note, ""] if note else []), *lines, ""]


def page(machine: str, numbers: Mapping[str, Any]) -> str:
    """docs/performance.md."""
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; every number was measured on the machine named here, what a table compares in one "
        "run.",
        "",
        f"Machine: {machine}.",
        "",
        "The first tables are contests: each contestant in a process of its own, in memory, held to one core; the "
        "processor's time,",
        f"the median of {ROUNDS} rounds of at least {LEAST} copies and {SECONDS:g} s each, which the contestants take "
        "in turn. Set-up (reading,",
        "compiling, fonts) is measured apart.",
        "",
    ]
    if "contests" in numbers:
        lines += contests_part(numbers["contests"])
    for what in SECTIONS:
        if what.module in numbers:
            lines += section_part(what, numbers[what.module])
    if missing := [name for name in PARTS if name not in numbers]:
        lines += [f"Not measured here yet: `python -m benchmarks {' '.join(missing)}`."]
    return "\n".join(lines).rstrip("\n") + "\n"


def main(*wanted: str) -> None:
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(machine, flush=True)
    results = ROOT / "benchmarks" / "results" / "latest.json"
    results.parent.mkdir(exist_ok=True)
    kept = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    numbers: dict[str, Any] = kept if kept.get("machine") == machine else {"machine": machine}
    for name in wanted or PARTS:
        started, what = time.perf_counter(), PARTS[name]
        numbers[name] = measured(what.module, *what.arguments) if what else contests()
        shown = section_part(what, numbers[name]) if what else contests_part(numbers[name])
        print(*shown, sep="\n", flush=True)
        print(f"({name}: {time.perf_counter() - started:.0f} s)\n", file=sys.stderr, flush=True)
        written = json.dumps(numbers, ensure_ascii=False, indent=1)
        results.write_text(written + "\n", encoding="utf-8", newline="\n")
    text = page(machine, numbers)
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
