"""The report of a verification, by the four properties: on paper and for programs.

In: a `Verification`. Out: PDF/A, DOCX and JSON. What only a person can say stands open, with room to write.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from circular_gen.archive.checks import PHASES
from circular_gen.archive.making import read_catalogue
from circular_gen.archive.verification import Verification
from circular_gen.disk import write_whole
from circular_gen.errors import CircularGenError
from circular_gen.press import FormPress
from circular_gen.workspace import Office


def write_report(done: Verification, folder: Path, now: datetime | None = None) -> tuple[Path, ...]:
    """Write the report into `folder`: its files. `now`: when it was checked (default: the computer's clock)."""
    written = []
    for suffix, data in report_files(done, now or datetime.now(ZoneInfo("UTC"))):
        path = folder / f"four-properties-{done.bag or done.path.name}-{done.phase}.{suffix}"
        write_whole(path, data)
        written.append(path)
    return tuple(written)


def report_files(done: Verification, now: datetime) -> Iterator[tuple[str, bytes]]:
    """The report's forms: suffix, bytes."""
    try:
        catalogue = read_catalogue(done.path)
        name, zone = str(catalogue["office"]), ZoneInfo(str(catalogue["timezone"]))
    except (CircularGenError, KeyError, ValueError, OSError):
        name, zone = done.path.name, ZoneInfo("Asia/Shanghai")
    office = Office(name=name, code="-")
    press = FormPress(None, office)
    time = f"{now.astimezone(zone):%Y-%m-%d %H:%M}"
    sheet = press.sheet(
        "archive-report",
        bag=done.bag or done.path.name,
        phase=f"{PHASES[done.phase]}（{done.phase}）",
        verdict=done.verdict,
        lines=[line.record() for line in done.lines],
        checkpoint=done.head or "—",
        time=time,
    )
    yield "pdf", press.pdf(sheet)
    yield "docx", press.docx(sheet)
    yield "json", (json.dumps({"time": time, **done.record()}, ensure_ascii=False, indent=1) + "\n").encode()
