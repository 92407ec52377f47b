"""Dispatch by mail against a plain loop: `python -m benchmarks.dispatch [MESSAGES]` prints a line of JSON.

The same messages (a text and a PDF of 100 kB, another for every unit) to one SMTP server (aiosmtpd, in a process of
its own): by a loop over `smtplib.send_message` that builds each with `email` and remembers nothing, and by `dispatch`,
which writes down every message before and after it leaves. Both over one connection, in turns of a fifth each, in one
process. Memory is measured apart: `dispatch` alone, after a fifth of the messages and at the end.
"""

import json
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.dispatch.offices import NAME, TITLE, make_office

from benchmarks.contest import peak_rss_mb
from circular_gen.dispatch.dispatching import Dispatch
from circular_gen.records import open_records

GOAL = 0.8
"""Of the loop's messages a second, at least."""
_TURNS = 5
_SIZE = 100_000


def measure(messages: int = 2000) -> dict[str, Any]:
    """All numbers."""
    with tempfile.TemporaryDirectory() as folder, _server() as port:
        os.environ["CIRCULAR_GEN_STATE"] = str(Path(folder) / "state")
        root = make_office(Path(folder) / "office", port, messages, size=_SIZE)
        units = [f"u{n:04}" for n in range(messages)]
        share = messages // _TURNS
        loop = ours = 0.0
        with open_records(root) as records:
            job = Dispatch(records, NAME)
            for turn in range(_TURNS):
                chosen = units[turn * share : (turn + 1) * share]
                started = time.perf_counter()
                _loop(root, port, chosen)
                loop += time.perf_counter() - started
                started = time.perf_counter()
                report = job.run(only=chosen)
                ours += time.perf_counter() - started
                assert report.count("handed-over") == len(chosen), report.stopped
        memory = _memory(Path(folder) / "alone", port, messages)
    sent = share * _TURNS
    rates = {"loop_a_second": sent / loop, "dispatch_a_second": sent / ours, "share": loop / ours}
    return {"messages": sent, "kb_a_message": _SIZE / 1000, **rates, **memory}


def _loop(root: Path, port: int, units: Sequence[str]) -> None:
    """What one would write without this program."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for unit in units:
            message = EmailMessage()
            message["From"] = "清河市安全生产委员会办公室 <office@example.org>"
            message["To"] = f"{unit}@example.org"
            message["Subject"] = TITLE
            message.set_content("请查收。\n" * 10)
            message.add_alternative("<p>请查收。</p>\n" * 10, subtype="html")
            data = (root / "records" / "issued" / NAME / "r0" / unit / "package.pdf").read_bytes()
            message.add_attachment(data, maintype="application", subtype="pdf", filename=f"{TITLE}.pdf")
            server.send_message(message)


def _memory(root: Path, port: int, messages: int) -> dict[str, Any]:
    make_office(root, port, messages, size=_SIZE)
    command = [sys.executable, "-m", "benchmarks.dispatch", "alone", str(root), str(messages)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def alone(root: Path, messages: int) -> dict[str, Any]:
    """Peak memory after a fifth and at the end."""
    early: list[float] = []

    def look(ready: int, _all: int) -> None:
        if not early and ready >= messages // _TURNS:
            early.append(peak_rss_mb() or 0)

    with open_records(root) as records:
        assert Dispatch(records, NAME).run(progress=look).clean
    return {"early_rss_mb": early[0], "peak_rss_mb": peak_rss_mb() or 0}


@contextmanager
def _server() -> Iterator[int]:
    """A server in a process of its own that takes everything and keeps nothing; its port."""
    command = [sys.executable, "-m", "benchmarks.dispatch", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait()


def serve() -> None:
    """Until the other side of standard input is closed."""
    from tests.dispatch.servers import Inbox, smtp_server

    class Sink(Inbox):
        async def handle_DATA(self, *_about: object) -> str:  # noqa: N802
            return "250 OK"

    with smtp_server(Sink()) as port:
        print(port, flush=True)
        sys.stdin.read()


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    rows = (
        ("messages a second, a plain loop", f"{result['loop_a_second']:.0f}", ""),
        ("messages a second, `dispatch`", f"{result['dispatch_a_second']:.0f}", ""),
        ("`dispatch` as a share of the loop", f"{result['share']:.2f}", f"≥ {GOAL:g}"),
        (f"peak memory after {result['messages'] // _TURNS:,}", f"{result['early_rss_mb']:.0f} MB", ""),
        (f"peak memory after {result['messages']:,}", f"{result['peak_rss_mb']:.0f} MB", "the same"),
    )
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["alone", root, count]:
            print(json.dumps(alone(Path(root), int(count))))
        case [count]:
            print(json.dumps(measure(int(count))))
        case _:
            print(json.dumps(measure()))
