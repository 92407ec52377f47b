"""Offices with issued circulars, made quickly: their originals are small files, recorded as issuing records them."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from circular_gen.ledger import Addressed, open_ledger

NAME = "2026-winter"
TITLE = "关于做好岁末年初安全生产工作的通知"


def dispatch_alone(root: str) -> None:
    """What `circular-gen dispatch NAME` does, in a process of its own that has the program loaded."""
    import sys

    from circular_gen.cli import main

    sys.argv = ["circular-gen", "-w", root, "dispatch", NAME]
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    main()


def processes() -> Any:
    """Processes that begin with the program loaded, where the system can."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["circular_gen.dispatch.dispatching", "circular_gen.cli", "filelock", "smtplib"])
    return context


def unit_yaml(n: int, deliver: str = "email") -> str:
    return (
        f"  - {{id: u{n:04}, name: 第{n}街道办事处, deliver: [{deliver}], "
        f'contacts: [{{name: 张某, phone: "1380000{n:04}", email: u{n:04}@example.org}}]}}\n'
    )


def make_office(
    root: Path,
    port: int,
    units: int,
    *,
    deliver: Callable[[int], str] = lambda _n: "email",
    size: int = 2000,
    mail: str = "",
    more: str = "",
    cc: Sequence[int] = (),
) -> Path:
    """A workspace whose circular NAME is issued to so many units, each with a package of `size` bytes of its own.
    `mail`: more keys of mail; `more`: more of office.yaml; `cc`: units that get it to know."""
    originals = root / "records" / "issued" / NAME / "r0"
    originals.mkdir(parents=True)
    (root / "office.yaml").write_text(
        "name: 清河市安全生产委员会办公室\ncode: 清安办发\n"
        f"mail: {{smtp: 'smtp://127.0.0.1:{port}', from: office@example.org{mail}}}\n{more}",
        encoding="utf-8",
    )
    listed = "units:\n" + "".join(unit_yaml(n, deliver(n)) for n in range(units))
    (root / "recipients.yaml").write_text(listed + "groups: {全部: {all: true}}\n", encoding="utf-8")
    (root / "circulars").mkdir()
    files = {"circular.pdf": b"%PDF-1.7 circular " + b"c" * size}
    for n in range(units):
        if n not in cc:
            files[f"u{n:04}/receipt.pdf"] = b"%PDF-1.7 receipt"
        files[f"u{n:04}/package.pdf"] = b"%%PDF-1.7 %d " % n + hashlib.sha256(b"%d" % n).digest() * (size // 32)
    entries = {}
    for path, data in files.items():
        (originals / path).parent.mkdir(exist_ok=True)
        (originals / path).write_bytes(data)
        entries[path] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "pages": 1}
    manifest = json.dumps({"circular": NAME, "revision": 0, "inputs": {}, "files": entries}).encode()
    (originals / "manifest.json").write_bytes(manifest)
    with open_ledger(root / "records" / "ledger.db") as ledger:
        ledger.issue(
            NAME,
            code="清安办发",
            year=2026,
            actor="综合科",
            payload={
                "title": TITLE,
                "kind": "通知",
                "ask": "acknowledge",
                "due": "2026-12-25T17:00:00+08:00",
                "date": "2026-11-20",
                "files": {"manifest.json": hashlib.sha256(manifest).hexdigest()},
            },
            units=tuple(
                Addressed(f"u{n:04}", role="cc" if n in cc else "addressee", name=f"第{n}街道办事处")
                for n in range(units)
            ),
        )
    return root
