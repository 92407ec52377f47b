"""Spoiled scans of our own papers, end to end: floors of what is read, and nothing wrong, ever (floors.yaml)."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from circular_gen.ledger import verify
from circular_gen.returns.settling import Fate

from .conftest import UNITS, Desk, copied, scan
from .degraded import COARSE, COLOURLESS, CONDITIONS, PILED, bound, encoded, fill, printed

FLOORS = yaml.safe_load((Path(__file__).parent / "floors.yaml").read_text("utf-8"))
PAPERS = (
    ("notice", "receipt"),
    ("check", "checklist"),
    ("report", "receipt"),
    ("meeting", "receipt"),
    ("check", "receipt"),
)
CONFIRMED = ("received", "received-with-reservation", "reported")


Place = tuple[str, str, str, int]
"""Circular, unit, kind, page."""


@dataclass(frozen=True)
class File:
    """What to make: pages of papers, each with its original and the maps of all its pages, in one file. `seed`: of what
    is filled in and how it is spoiled."""

    condition: str
    pages: tuple[tuple[Place, Path, Sequence[Mapping[str, Any]]], ...]
    seed: int


@dataclass(frozen=True)
class Sheet:
    """A spoiled page, and what is true of it. `file`, `at`: where it is."""

    condition: str
    circular: str
    unit: str
    kind: str
    page: int
    file: str
    at: int
    boxes: tuple[str, ...]
    ticked: frozenset[str]
    missing: tuple[str, ...]
    """Areas of the page that are neither signed nor sealed, and the form's other pages where they never come."""


def files(desk: Desk, each: int, round_: int) -> list[File]:
    """What to make: `each` a condition, every form once."""

    def page(circular: str, unit: str, kind: str, number: int) -> Any:
        return (circular, unit, kind, number), *desk.original(circular, unit, kind)

    made, used = list[File](), set[Place]()
    units = iter(UNITS[:29])
    for number in range(each):  # first those that need both sides of a form
        seed = round_ * 1000 + 4 * number  # signed and sealed
        one, other, third = next(units), next(units), next(units)
        for first, second in ((one, other), (other, one)):
            mixed = (page("check", first, "checklist", 1), page("check", second, "checklist", 2))
            made.append(File("front-back", mixed, seed))
        made.append(File("fed-twice", (page("notice", one, "receipt", 1),) * 2, seed))
        made.append(File("one-sided", (page("check", third, "checklist", 1),), seed))
        used |= {("check", unit, "checklist", side) for unit in (one, other, third) for side in (1, 2)}
        used.add(("notice", one, "receipt", 1))
    places = [
        (circular, unit, kind, number)
        for unit in UNITS[:29]
        for circular, kind in PAPERS
        for number in range(1, len(desk.original(circular, unit, kind)[1]) + 1)
        if (circular, unit, kind, number) not in used
    ]
    wanted = [(condition, number) for number in range(each) for condition in CONDITIONS if condition not in PILED]
    assert len(wanted) <= len(places), "more sheets than forms"
    for (condition, number), place in zip(wanted, places, strict=False):
        made.append(File(condition, (page(*place),), round_ * 1000 + number))
    return made


def make(what: File, folder: Path) -> list[Sheet]:
    """Make one, and put it into `folder`. Runs in a process of its own."""
    images, sheets = [], []
    (circular, unit, kind, page), *_more = what.pages[0]
    random = np.random.default_rng((what.seed, zlib.crc32(what.condition.encode()), int(unit[1:]), page))
    names = "-".join(f"{place[1]}.{place[3]}" for place, _path, _pages in what.pages)
    for place, path, pages in what.pages:
        form = pages[place[3] - 1]
        pen = np.random.default_rng((what.seed, *map(ord, place[0] + place[2]), int(place[1][1:]), place[3]))
        paper = fill(path, place[3] - 1, form, pen, signed=what.seed % 4 != 1, sealed=what.seed % 4 != 2)
        images.append(CONDITIONS[what.condition](paper, printed(path, place[3] - 1), form, random))
        missing = (set(form["signature"]) - paper.signed) | (set(form["seal"]) - paper.sealed)
        if what.condition == "one-sided":
            missing.add("the other side")
        about = (tuple(form["boxes"]), frozenset(paper.ticked), tuple(missing))
        sheets.append(Sheet(what.condition, *place, "", len(images), *about))
    ending, data = encoded(images[0], random) if len(images) == 1 else bound(images, random)
    name = f"{circular}-{kind}-{names}.{ending}"
    (folder / name).write_bytes(data)
    return [replace(sheet, file=name) for sheet in sheets]


def run(desk: Desk, folder: Path, each: int, round_: int = 0) -> Iterator[tuple[Sheet, Fate, Mapping[str, str]]]:
    """Make, scan: each sheet with its fate and the boxes as they were read (state by name)."""
    folder.mkdir()
    wanted = files(desk, each, round_)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = [sheet for sheets in pool.map(make, wanted, [folder] * len(wanted), chunksize=5) for sheet in sheets]
    report = scan(desk.root, [folder])
    fates = {(Path(fate.file).name, fate.page): fate for fate in report.fates}
    reads: dict[int, dict[tuple[str, int], dict[str, str]]] = defaultdict(dict)
    for event in desk.events(None, None, "reviewed"):
        for page in event.payload.get("read", {}).get("pages", []):
            boxes = page["ink"].get("boxes", {})
            at = (Path(page["file"]).name, page["page"])
            reads[event.sequence][at] = {name: state for name, (state, _ink) in boxes.items()}
    answers = {event.sequence: event.payload.get("answers", {}) for event in desk.events(None, None, *CONFIRMED)}
    for sheet in made:
        fate = fates[sheet.file, sheet.at]
        if fate.fate in CONFIRMED:
            assert fate.event is not None
            said = answers[fate.event]
            yield sheet, fate, {name: _answered(name, said) for name in sheet.boxes}
        else:
            yield sheet, fate, reads.get(fate.event or 0, {}).get((sheet.file, sheet.at), {})
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()


def _answered(box: str, answers: Mapping[str, Any]) -> str:
    question, _dot, answer = box.rpartition(".")
    said = answers.get(question, [])
    return "ticked" if answer in (said if isinstance(said, list) else [said]) else "empty"


def judge(outcomes: list[tuple[Sheet, Fate, Mapping[str, str]]], *, decided: bool) -> None:
    """Compare with the floors. `decided`: enough sheets a condition to ask how many need no person."""
    count: dict[str, Counter[str]] = defaultdict(Counter)
    never: list[tuple[Any, ...]] = []
    whole = {(sheet.circular, sheet.unit, sheet.kind): True for sheet, _fate, _read in outcomes}
    confirmed: dict[tuple[str, str, str], set[int | None]] = defaultdict(set)
    for sheet, fate, _read in outcomes:
        if sheet.missing:
            whole[sheet.circular, sheet.unit, sheet.kind] = False
        if fate.fate in CONFIRMED:
            confirmed[sheet.circular, sheet.unit, sheet.kind].add(fate.event)
    never += [("confirmed twice", form, events) for form, events in confirmed.items() if len(events) > 1]
    for sheet, fate, read in outcomes:
        found = count[sheet.condition]
        found["sheets"] += 1
        right = (fate.circular, fate.unit, fate.form, fate.form_page) == (
            sheet.circular,
            sheet.unit,
            sheet.kind,
            sheet.page,
        )
        found["identified"] += right
        if not right and fate.unit is not None:
            never.append(("wrong identity", sheet, fate))
        if fate.fate in CONFIRMED and not whole[sheet.circular, sheet.unit, sheet.kind]:
            never.append(("confirmed without signature or seal", sheet, fate))
        if not right:
            continue
        for box in sheet.boxes:
            truth = "ticked" if box in sheet.ticked else "empty"
            found["boxes"] += 1
            found["boxes read"] += read.get(box) == truth
            if read.get(box) in ("ticked", "empty") and read[box] != truth:
                never.append((f"box {box}", sheet, fate))
        one_page = sheet.kind == "receipt"
        if one_page and not sheet.missing and sheet.condition not in COLOURLESS:
            found["good"] += 1
            found["decided"] += fate.fate in CONFIRMED
    assert len(never) <= FLOORS["never"], never[:3]
    low: list[str] = []
    for condition, found in count.items():
        floors = FLOORS["conditions"][condition]
        shares = {
            "identified": found["identified"] / found["sheets"],
            "boxes": found["boxes read"] / max(1, found["boxes"]),
        }
        if decided and found["good"]:
            shares["decided"] = found["decided"] / found["good"]
        low += [
            f"{condition}: {name} {share:.3f}, floor {floors[name]}"
            for name, share in shares.items()
            if share < floors[name] - 1e-9
        ]
    everything = sum((found for condition, found in count.items() if condition not in COARSE), Counter())
    assert everything["identified"] / everything["sheets"] >= FLOORS["all"]["identified"], low
    assert everything["boxes read"] / everything["boxes"] >= FLOORS["all"]["boxes"], low
    assert not low, "\n".join(low)


def test_every_condition_has_its_floor() -> None:
    assert set(FLOORS["conditions"]) == set(CONDITIONS)


def test_sixty_spoiled_scans(issued: Path, tmp_path: Path) -> None:
    outcomes = list(run(copied(issued, tmp_path), tmp_path / "pile", 2))
    assert len(outcomes) >= 60
    judge(outcomes, decided=False)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_six_hundred_spoiled_scans(issued: Path, tmp_path: Path) -> None:
    outcomes = []
    for round_ in range(4):
        folder = tmp_path / str(round_)
        folder.mkdir()
        outcomes += list(run(copied(issued, folder), folder / "pile", 5, round_ * 7))
    assert len(outcomes) >= 600
    judge(outcomes, decided=True)
