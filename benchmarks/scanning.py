"""`receipts scan` beside a plain reader: `python -m benchmarks.scanning [UNITS]` prints a line of JSON.

Receipts and checklists as a sheet feeder gives them (200 dpi, colour, JPEG, slightly skewed) are read twice in the same
run, by two processes each, starting them included: by `scan`, which keeps each file as evidence, verifies its code and
writes events into the ledger; and by what one would write with OpenCV alone (`peers/opencv_peer.py`), which keeps
nothing. A second pile, spoiled as tests/returns/degraded.py spoils pages, is for what they make of it, not for speed.
"""

import io
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from PIL import Image
from tests.returns.degraded import CONDITIONS, PILED, encoded, fill, printed, skewed

from benchmarks.peers import opencv_peer
from circular_gen.issuing import issue
from circular_gen.ledger import open_ledger
from circular_gen.returns.scanning import scan
from circular_gen.workspace.secret import office_codes

GOAL = 15
"""Pages a second on two cores."""
HANDS = 2
CONFIRMED = ("received", "received-with-reservation", "reported")
_SPOILED = 2
"""Pages of each condition."""
_CONDITIONS = [condition for condition in CONDITIONS if condition not in PILED]


@dataclass(frozen=True)
class Page:
    """A page that came back, and what is true of it. `form`: its page map."""

    file: str
    circular: str
    unit: str
    kind: str
    number: int
    form: Mapping[str, Any]
    ticked: frozenset[str]

    @property
    def place(self) -> tuple[str, str, str, int]:
        return self.circular, self.unit, self.kind, self.number


@dataclass(frozen=True)
class Read:
    """What a reader says of a page. `boxes`: name → ticked or not, None where it does not know."""

    place: tuple[str, str, str, int] | None
    boxes: Mapping[str, bool | None]


def measure(units: int = 80) -> dict[str, Any]:
    """All numbers."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "office"
        _office(root, units)
        plain = _pile(root, Path(folder) / "plain", "check", None)
        spoiled = _pile(root, Path(folder) / "spoiled", "notice", _SPOILED)
        forms = {text: place for place, text in _texts(root)}
        result: dict[str, Any] = {
            "pages": len(plain),
            "spoiled": len(spoiled),
            "opencv": version("opencv-python-headless"),
        }
        for name, read in (("ours", _ours), ("peer", _peer)):
            started, busy = time.perf_counter(), _processor_seconds()
            reads = read(root, Path(folder) / "plain", plain, forms)
            took, after = time.perf_counter() - started, _processor_seconds()
            again = read(root, Path(folder) / "spoiled", spoiled, forms)
            result[name] = {
                "pages_a_second": len(plain) / took,
                "ms_a_page": (after - busy) / len(plain) * 1000 if after and busy else None,
                "plain": _judged(plain, reads),
                "spoiled": _judged(spoiled, again),
            }
        return result


def _processor_seconds() -> float | None:
    """Of this process and of all that it waited for; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    told = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in told)


# -- the piles ---------------------------------------------------------------------------------------------------------


def _office(root: Path, units: int) -> None:
    """A workspace with two issued circulars: a receipt and a checklist of two pages; a receipt alone."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    (root / "circulars").mkdir(parents=True)
    (root / "office.yaml").write_text("name: 清河市安全生产委员会办公室\ncode: 清安办发\n", "utf-8")
    lines = [f"  - {{id: u{n:03}, name: 第{n:03}街道办事处, tags: [街道]}}\n" for n in range(units)]
    (root / "recipients.yaml").write_text(f"units:\n{''.join(lines)}groups:\n  各街道: {{tags: [街道]}}\n", "utf-8")
    tasks = [f"  - {{id: t{n}, text: 第{n}项重点部位的隐患是否排查到位并建立台账, basis: 一}}\n" for n in range(1, 11)]
    for place, (name, more) in enumerate({"check": f"tasks:\n{''.join(tasks)}", "notice": ""}.items(), 1):
        (root / "circulars" / f"{name}.yaml").write_text(
            f"title: 关于做好检查工作的通知\nnumber: 清安办发〔{now.year}〕{place}号\n"
            f"date: {now - timedelta(days=1):%Y-%m-%d}\naddressees: 各街道\n"
            f"body: |\n  一、抓紧检查。请立即开展检查。\n{more}"
            f"receipt: {{ask: acknowledge, by: {now + timedelta(days=9):%Y-%m-%d} 17:00, "
            "needs: [signature, seal], basis: 本通知}\n",
            "utf-8",
        )
        issue(root, name)


def _manifest(root: Path, circular: str) -> Any:
    return json.loads((root / "records/issued" / circular / "r0/manifest.json").read_text("utf-8"))


def _forms(root: Path, circular: str) -> Iterator[tuple[str, str, int, Mapping[str, Any]]]:
    """Unit, kind, page and page map of every form."""
    manifest = _manifest(root, circular)
    for name, entry in manifest["files"].items():
        unit, _slash, file = name.partition("/")
        if file in ("receipt.pdf", "checklist.pdf"):
            for number, page in enumerate(manifest["forms"][entry["form"]]["pages"], 1):
                yield unit, file.removesuffix(".pdf"), number, page


def _pile(root: Path, folder: Path, circular: str, spoiled: int | None) -> list[Page]:
    """Every page of a circular's forms, filled in; or `spoiled` of each condition."""
    folder.mkdir()
    wanted = [
        (root, folder, circular, *form, "" if spoiled is None else _CONDITIONS[place % len(_CONDITIONS)])
        for place, form in enumerate(_forms(root, circular))
        if spoiled is None or place < spoiled * len(_CONDITIONS)
    ]
    with ProcessPoolExecutor(HANDS, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_page, wanted, chunksize=8))


def _page(what: tuple[Any, ...]) -> Page:
    root, folder, circular, unit, kind, number, form, condition = what
    path = root / "records/issued" / circular / "r0" / unit / f"{kind}.pdf"
    random = np.random.default_rng((int(unit[1:]), number, len(kind)))
    paper = fill(path, number - 1, form, random)
    ending, data = "jpg", io.BytesIO()
    if condition:
        other = printed(path, number - 1)
        ending, spoiled = encoded(CONDITIONS[condition](paper, other, form, random), random)
        data.write(spoiled)
    else:
        image = skewed(paper.image, random.uniform(-1, 1))
        Image.fromarray(image[:, :, ::-1]).save(data, "JPEG", quality=85, dpi=(200, 200))
    name = f"{unit}-{kind}-{number}.{ending}"
    (folder / name).write_bytes(data.getvalue())
    return Page(name, circular, unit, kind, number, form, frozenset(paper.ticked))


def _texts(root: Path) -> Iterator[tuple[tuple[str, str, str, int], str]]:
    """Every page's place, and the text of its symbol: the plain reader knows it by heart."""
    from circular_gen.workspace.codes import Checkpoint, Code

    codes = office_codes(root)
    for circular in ("check", "notice"):
        head = _manifest(root, circular)["checkpoint"]
        checkpoint = Checkpoint(head["size"], bytes.fromhex(head["root"]))
        for unit, kind, number, _form in _forms(root, circular):
            yield (circular, unit, kind, number), codes.payload(Code(kind, circular, unit, number, 0, checkpoint))


# -- the readers -------------------------------------------------------------------------------------------------------

Reader = Callable[[Path, Path, list[Page], Mapping[str, tuple[str, str, str, int]]], dict[str, Read]]


def _ours(root: Path, folder: Path, pages: list[Page], _known: Mapping[str, Any]) -> dict[str, Read]:
    report = scan(root, [folder], jobs=HANDS)
    with open_ledger(root / "records" / "ledger.db") as ledger:
        events = {event.sequence: event for event in ledger.events(kinds=("reviewed", *CONFIRMED))}
    by_file = {page.file: page for page in pages}
    reads = {}
    for fate in report.fates:
        page = by_file[Path(fate.file).name]
        payload = events[fate.event].payload if fate.event in events else {}
        place = (fate.circular, fate.unit, fate.form, fate.form_page) if fate.unit else None
        boxes: dict[str, bool | None] = {}
        if fate.fate in CONFIRMED:
            boxes = {box: _answered(box, payload.get("answers") or {}) for box in page.form["boxes"]}
        for read in payload.get("read", {}).get("pages", []) if fate.fate == "review" else []:
            if Path(read["file"]).name == page.file:
                known = {"ticked": True, "empty": False}
                boxes = {box: known.get(state) for box, (state, _ink) in read["ink"].get("boxes", {}).items()}
        reads[page.file] = Read(place, boxes)  # type: ignore[arg-type]
    return reads


def _answered(box: str, answers: Mapping[str, Any]) -> bool:
    question, _dot, answer = box.rpartition(".")
    said = answers.get(question, [])
    return answer in (said if isinstance(said, list) else [said])


def _peer(
    _root: Path, folder: Path, pages: list[Page], forms: Mapping[str, tuple[str, str, str, int]]
) -> dict[str, Read]:
    known = {page.place: page.form for page in pages}
    maps = {text: known[place] for text, place in forms.items() if place in known}
    with ProcessPoolExecutor(
        HANDS, mp_context=multiprocessing.get_context("spawn"), initializer=opencv_peer.start, initargs=(maps,)
    ) as pool:
        paths = [folder / page.file for page in pages]
        found = list(pool.map(opencv_peer.read, paths, chunksize=4))
    return {path.name: Read(forms.get(text), boxes) for path, (text, boxes) in zip(paths, found, strict=True)}


def _judged(pages: list[Page], reads: Mapping[str, Read]) -> dict[str, float]:
    """Shares of pages and of all boxes; what is wrong is counted."""
    found: Counter[str] = Counter()
    for page in pages:
        read = reads.get(page.file, Read(None, {}))
        found["identified"] += read.place == page.place
        found["wrong page"] += read.place not in (None, page.place)
        for box in page.form["boxes"]:
            found["boxes"] += 1
            said = read.boxes.get(box) if read.place == page.place else None
            found["right"] += said is (box in page.ticked)
            found["wrong"] += said is (box not in page.ticked)
    return {
        "identified": found["identified"] / len(pages),
        "wrongly_identified": found["wrong page"],
        "boxes_right": found["right"] / max(1, found["boxes"]),
        "boxes_wrong": found["wrong"],
    }


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    ours, peer = result["ours"], result["peer"]

    def line(what: str, of: Callable[[Mapping[str, Any]], str], goal: str) -> str:
        return f"| {what} | {of(ours)} | {of(peer)} | {goal} |"

    lines = [
        f"| | `receipts scan` | OpenCV {result['opencv']} | goal |",
        "|---|---:|---:|---|",
        line("pages a second", lambda of: f"{of['pages_a_second']:.1f}", f"≥ {GOAL}"),
        line("the processors' time a page", lambda of: f"{of['ms_a_page']:.0f} ms" if of["ms_a_page"] else "", ""),
    ]
    for pile, count in (("plain", result["pages"]), ("spoiled", result["spoiled"])):
        lines += [
            line(f"{pile} pages ({count}): identified", lambda of, p=pile: f"{of[p]['identified']:.1%}", "≥ 99.5 %"),  # type: ignore[misc]
            line("… wrongly identified", lambda of, p=pile: f"{of[p]['wrongly_identified']}", "0"),  # type: ignore[misc]
            line("… boxes read right", lambda of, p=pile: f"{of[p]['boxes_right']:.1%}", "≥ 99 %"),  # type: ignore[misc]
            line("… boxes read wrong", lambda of, p=pile: f"{of[p]['boxes_wrong']}", "0"),  # type: ignore[misc]
        ]
    return lines


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
