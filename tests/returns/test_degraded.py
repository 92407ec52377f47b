"""Spoiled scans of our own papers, end to end: floors of what is read, and nothing wrong, ever (floors.yaml)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from circular_gen.ledger import verify
from circular_gen.returns.settling import Fate

from .conftest import UNITS, Desk, copied, scan
from .degraded import COLOURLESS, CONDITIONS, encoded, fill, printed

FLOORS = yaml.safe_load((Path(__file__).parent / "floors.yaml").read_text("utf-8"))
PAPERS = (("notice", "receipt"), ("check", "checklist"), ("report", "receipt"), ("meeting", "receipt"))
CONFIRMED = ("received", "received-with-reservation", "reported")


@dataclass(frozen=True)
class Sheet:
    """A spoiled page, and what is true of it."""

    condition: str
    circular: str
    unit: str
    kind: str
    page: int
    file: str
    boxes: tuple[str, ...]
    ticked: frozenset[str]
    missing: tuple[str, ...]
    """Areas of the page that are neither signed nor sealed."""


def sheets(desk: Desk, each: int, round_: int) -> list[tuple[Any, ...]]:
    """What to make: `each` sheets a condition, every form once."""
    places = [
        (circular, unit, kind, page)
        for unit in UNITS[:29]
        for circular, kind in PAPERS
        for page in range(1, len(desk.original(circular, unit, kind)[1]) + 1)
    ]
    wanted = [(condition, number) for number in range(each) for condition in CONDITIONS]
    assert len(wanted) <= len(places), "more sheets than forms"
    return [
        (condition, *place, *desk.original(place[0], place[1], place[2]), round_ * 1000 + number)
        for (condition, number), place in zip(wanted, places, strict=False)
    ]


def make(what: tuple[Any, ...], folder: Path) -> Sheet:
    """Make one, and put it into `folder`. Runs in a process of its own."""
    condition, circular, unit, kind, page, path, pages, seed = what
    random = np.random.default_rng((seed, sorted(CONDITIONS).index(condition), int(unit[1:]), page))
    form = pages[page - 1]
    paper = fill(path, page - 1, form, random, signed=seed % 4 != 1, sealed=seed % 4 != 2)
    image = CONDITIONS[condition](paper, printed(path, page - 1), form, random)
    ending, data = encoded(image, random)
    name = f"{circular}-{unit}-{kind}-{page}.{ending}"
    (folder / name).write_bytes(data)
    missing = (set(form["signature"]) - paper.signed) | (set(form["seal"]) - paper.sealed)
    return Sheet(
        condition, circular, unit, kind, page, name, tuple(form["boxes"]), frozenset(paper.ticked), tuple(missing)
    )


def run(desk: Desk, folder: Path, each: int, round_: int = 0) -> Iterator[tuple[Sheet, Fate, Mapping[str, str]]]:
    """Make, scan: each sheet with its fate and the boxes as they were read (state by name)."""
    folder.mkdir()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(make, sheets(desk, each, round_), [folder] * 10_000, chunksize=5))
    report = scan(desk.root, [folder])
    fates = {Path(fate.file).name: fate for fate in report.fates}
    reads: dict[int, dict[int, dict[str, str]]] = defaultdict(dict)
    for event in desk.events(None, None, "reviewed", *CONFIRMED):
        payload = event.payload
        if event.kind == "reviewed":
            for page in payload.get("read", {}).get("pages", []):
                boxes = page["ink"].get("boxes", {})
                reads[event.sequence][page["number"]] = {name: state for name, (state, _ink) in boxes.items()}
    answers = {event.sequence: event.payload.get("answers", {}) for event in desk.events(None, None, *CONFIRMED)}
    for sheet in made:
        fate = fates[sheet.file]
        if fate.fate in CONFIRMED:
            assert fate.event is not None
            said = answers[fate.event]
            yield sheet, fate, {name: _answered(name, said) for name in sheet.boxes}
        else:
            yield sheet, fate, reads.get(fate.event or 0, {}).get(sheet.page, {})
    with desk.ledger() as ledger:
        assert verify(ledger).findings == ()


def _answered(box: str, answers: Mapping[str, Any]) -> str:
    question, _dot, answer = box.rpartition(".")
    said = answers.get(question, [])
    return "ticked" if answer in (said if isinstance(said, list) else [said]) else "empty"


def judge(outcomes: list[tuple[Sheet, Fate, Mapping[str, str]]], *, decided: bool) -> None:
    """Compare with the floors. `decided`: enough sheets a condition to ask how many need no person."""
    count: dict[str, Counter[str]] = defaultdict(Counter)
    never = []
    whole = {(sheet.circular, sheet.unit, sheet.kind): True for sheet, _fate, _read in outcomes}
    for sheet, _fate, _read in outcomes:
        if sheet.missing:
            whole[sheet.circular, sheet.unit, sheet.kind] = False
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
    low = []
    for condition, found in count.items():
        floors = FLOORS["conditions"][condition]
        shares = {
            "identified": found["identified"] / found["sheets"],
            "boxes": found["boxes read"] / max(1, found["boxes"]),
        }
        if decided and found["good"]:
            shares["decided"] = found["decided"] / found["good"]
        low += [(condition, name, share) for name, share in shares.items() if share < floors[name] - 1e-9]
    everything = sum(count.values(), Counter())
    assert everything["identified"] / everything["sheets"] >= FLOORS["all"]["identified"], low
    assert everything["boxes read"] / everything["boxes"] >= FLOORS["all"]["boxes"], low
    assert low == []


def test_every_condition_has_its_floor() -> None:
    assert set(FLOORS["conditions"]) == set(CONDITIONS)


def test_sixty_spoiled_scans(issued: Path, tmp_path: Path) -> None:
    judge(list(run(copied(issued, tmp_path), tmp_path / "pile", 3)), decided=False)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_six_hundred_spoiled_scans(issued: Path, tmp_path: Path) -> None:
    outcomes = []
    for round_ in range(6):
        folder = tmp_path / str(round_)
        folder.mkdir()
        outcomes += list(run(copied(issued, folder), folder / "pile", 5, round_ * 7))
    assert len(outcomes) == 600
    judge(outcomes, decided=True)
