"""Page by page, without a ledger: pictures of every kind, marks and codes that are hard to find, ink that is none."""

import io
import json
import threading
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image

from circular_gen.returns import worker
from circular_gen.returns.marks import find_marks, find_symbols, fit, grey_of
from circular_gen.returns.pictures import LONG_SIDE, RefusedError, is_junk, members, pictures
from circular_gen.returns.reading import FormPage, faults, reservation
from circular_gen.workspace.codes import PREFIX

from .conftest import Desk, pdf, picture
from .degraded import (
    CONDITIONS,
    MM,
    STAMPS,
    Paper,
    grey,
    photographed,
    printed,
    seal,
    shone_through,
    skewed,
    stamp,
)
from .test_hostile import HOSTILE
from .test_scanning import put

MARKS = [[10.0, 10.0, 8.0, 8.0], [192.0, 10.0, 8.0, 8.0], [192.0, 279.0, 8.0, 8.0], [10.0, 279.0, 8.0, 8.0]]


def ink(desk: Desk, image: Any, circular: str, unit: str, kind: str = "receipt", page: int = 1) -> dict[str, Any]:
    """Everything read on a page of a known form."""
    path, pages = desk.original(circular, unit, kind)
    plain = grey_of(image)
    marks = find_marks(plain)
    symbol = next(symbol for symbol in find_symbols(plain, marks, PREFIX) if symbol.text.startswith(PREFIX))
    wanted = {**pages[page - 1], "original": str(path), "number": page - 1}
    return worker.ink_of(image, marks, symbol, wanted)


# -- pictures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_pixel_becomes_the_same_page(mode: str, tmp_path: Path) -> None:
    page = Image.new("L", (400, 600), 255)
    page.paste(0, (100, 200, 300, 400))
    if mode == "I;16":
        page = Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    elif mode in ("I", "F"):
        page = Image.fromarray(np.asarray(page).astype(np.int32 if mode == "I" else np.float32))
    else:
        page = page.convert("RGB").convert(mode)
    path = tmp_path / "page.tif"
    page.save(path, "TIFF" if mode != "P" else "PNG")
    (found,) = pictures(path)
    assert found.pixels is not None
    plain = grey_of(found.pixels)
    assert plain.shape == (600, 400)
    assert plain[300, 200] < 30
    assert plain[50, 50] > 225


def test_a_phone_that_was_held_sideways_gives_an_upright_page(tmp_path: Path) -> None:
    page = Image.new("RGB", (600, 400), "white")
    page.paste((0, 0, 0), (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    page.save(tmp_path / "a.jpg", exif=exif)
    (found,) = pictures(tmp_path / "a.jpg")
    assert found.pixels is not None
    assert found.pixels.shape[:2] == (600, 400)
    assert found.pixels[50, 350].max() < 60


def test_what_is_transparent_is_paper(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(tmp_path / "a.png")
    (found,) = pictures(tmp_path / "a.png")
    assert found.pixels is not None
    assert found.pixels.min() == 255


@pytest.mark.parametrize(("dpi", "side"), [(72, 1754), (150, 1754), (240, 2808), (600, 3508)])
def test_a_scan_in_a_pdf_is_drawn_at_its_own_resolution(dpi: int, side: int, tmp_path: Path) -> None:
    page = Image.new("L", (round(8.27 * dpi), round(11.693 * dpi)), 200)
    page.save(tmp_path / "a.pdf", resolution=dpi)
    (found,) = pictures(tmp_path / "a.pdf")
    assert found.pixels is not None
    assert abs(found.pixels.shape[0] - side) <= 12


def test_pages_of_any_measure_are_drawn_within_bounds(tmp_path: Path) -> None:
    with pikepdf.new() as document:
        for size in ((595, 842), (14400, 14400), (20, 30), (842, 595)):
            document.add_blank_page(page_size=size)
        document.save(tmp_path / "a.pdf")
    for found in pictures(tmp_path / "a.pdf"):
        assert found.pixels is not None
        assert LONG_SIDE[0] - 2 <= max(found.pixels.shape) <= LONG_SIDE[1] + 2


def test_large_pictures_are_reduced(tmp_path: Path) -> None:
    Image.new("L", (6000, 8400), 255).save(tmp_path / "a.jpg")
    (found,) = pictures(tmp_path / "a.jpg")
    assert found.pixels is not None
    assert max(found.pixels.shape) == LONG_SIDE[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_where_they_are_opened(name: str, tmp_path: Path) -> None:
    path = put(tmp_path, name, HOSTILE[name][0]())
    if name.endswith(("zip", "docx")):
        if name == "deep.zip":
            pytest.skip("how deep, the scan counts")
        try:
            refused = [data for _name, data in members(path) if isinstance(data, RefusedError)]
        except RefusedError as error:
            refused = [error]
        assert [error.reason for error in refused] == [HOSTILE[name][1]]
        return
    try:
        reasons = [page.refused.reason for page in pictures(path) if page.refused]
    except RefusedError as error:
        reasons = [error.reason]
    assert reasons == [HOSTILE[name][1]]


def test_what_computers_leave_in_folders_is_junk() -> None:
    assert is_junk("__MACOSX/._a.png")
    assert is_junk("收/.DS_Store")
    assert is_junk("Thumbs.db")
    assert not is_junk("../a.png")
    assert not is_junk("扫描.v2/1.png")


# -- marks and codes ---------------------------------------------------------------------------------------------------


def test_three_marks_are_enough_and_two_are_not(desk: Desk) -> None:
    image = skewed(desk.filled("notice", "u01").image, 3)
    marks = find_marks(grey(image))
    whole = fit(marks, MARKS)
    assert whole is not None
    assert whole.error < 0.1
    for gone in range(4):
        three = {identity: points for identity, points in marks.items() if identity != gone}
        found = fit(three, MARKS)
        assert found is not None
        far = np.abs(
            found.matrix @ [100, 150, 1] / (found.matrix @ [100, 150, 1])[2]
            - whole.matrix @ [100, 150, 1] / (whole.matrix @ [100, 150, 1])[2]
        ).max()
        assert far < 0.5 * MM
        assert fit({identity: three[identity] for identity in list(three)[:2]}, MARKS) is None


def test_a_mark_that_is_no_mark_is_left_out_and_a_mirror_is_no_page(desk: Desk) -> None:
    marks = find_marks(grey(desk.filled("notice", "u01").image))
    wrong = {**marks, 2: marks[2] - 90.0}
    found = fit(wrong, MARKS)
    assert found is not None
    assert found.marks == 3
    mirrored = {identity: points * [-1, 1] + [1654, 0] for identity, points in marks.items()}
    assert fit(mirrored, MARKS) is None


def test_a_code_that_shines_through_from_the_reverse_side_is_not_read(desk: Desk) -> None:
    page, other = (desk.filled("notice", unit) for unit in ("u01", "u02"))
    both = grey_of(shone_through(page.image, other.image, 0.35))
    own = find_symbols(grey_of(page.image), find_marks(grey_of(page.image)), PREFIX)[0].text
    assert [symbol.text for symbol in find_symbols(both, find_marks(both), PREFIX)] == [own]


@pytest.mark.parametrize("spoil", ["blurred", "dotted", "small"])
def test_codes_that_need_another_look(desk: Desk, spoil: str) -> None:
    image = grey(desk.filled("notice", "u01").image)
    text = find_symbols(image, {}, PREFIX)[0].text
    if spoil == "blurred":
        image = cv2.GaussianBlur(image, (0, 0), 2.6)
    elif spoil == "dotted":
        random = np.random.default_rng(1)
        image = np.where(random.random(image.shape) < 0.12, random.integers(0, 255, image.shape), image).astype(
            np.uint8
        )
    else:
        image = cv2.resize(image, None, fx=0.36, fy=0.36, interpolation=cv2.INTER_AREA)
    assert text in [symbol.text for symbol in find_symbols(image, find_marks(image), PREFIX)]


# -- ink ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", ["clean-150", "photo", "jpeg-150", "coffee", "grey", "fax"])
def test_a_stamp_is_no_signature(desk: Desk, condition: str) -> None:
    """Whatever its shape, wherever it stands, in colour or not."""
    for number, kind in enumerate(STAMPS, 1):
        unit = f"u{number:02}"
        path, (form,) = desk.original("meeting", unit)
        random = np.random.default_rng((number, len(condition)))
        paper = desk.filled("meeting", unit, signed=False)
        stamp(paper.image, kind, form["signature"]["signature"], random)
        image = CONDITIONS[condition](paper, printed(path, 0), form, random)
        state, area = ink(desk, image, "meeting", unit)["signature"]["signature"]
        assert state != "ink", (kind, area)


@pytest.mark.parametrize("condition", ["clean-150", "photo", "jpeg-150", "faint"])
def test_a_signature_under_a_seal_is_a_signature(desk: Desk, condition: str) -> None:
    path, (form,) = desk.original("notice", "u01")
    paper = desk.filled("notice", "u01", sealed=False)
    x, y, width, height = form["signature"]["signature"]
    random = np.random.default_rng(4)
    seal(paper.image, (x + width / 2, y + height / 2), random)
    image = CONDITIONS[condition](paper, printed(path, 0), form, random)
    assert ink(desk, image, "notice", "u01")["signature"]["signature"][0] == "ink"


def test_a_red_tick_is_for_a_person(desk: Desk) -> None:
    """Red is a seal's colour: whether it is a tick, the machine does not guess."""
    from .degraded import tick

    paper = desk.filled("notice", "u01", ticks=False)
    box = desk.original("notice", "u01")[1][0]["boxes"]["state.complete"]
    tick(paper.image, box, np.random.default_rng(1), (40, 30, 210))
    assert ink(desk, paper.image, "notice", "u01")["boxes"]["state.complete"][0] == "unclear"


@pytest.mark.parametrize("tilt", [0.0, 2.0])
def test_a_line_of_dust_through_a_box_is_no_tick(desk: Desk, tilt: float) -> None:
    """A speck on a sheet feeder's glass draws a line down the page, however the page lies: a tick stays one."""
    form = desk.original("notice", "u01")[1][0]
    for wide in (2, 3, 4):
        paper = desk.ticked(desk.filled("notice", "u01", ticks=False), "notice", "u01", ["state.complete"])
        for name in ("state.complete", "briefed.yes"):
            x, y, width, height = form["boxes"][name]
            away = 20 * np.tan(np.radians(tilt))
            ends = [(x + width * 0.6 + sign * away, y + height / 2 + sign * 20) for sign in (-1, 1)]
            first, last = (tuple(round(value * MM) for value in end) for end in ends)
            cv2.line(paper.image, first, last, (70, 70, 70), wide)
        boxes = ink(desk, paper.image, "notice", "u01")["boxes"]
        assert (boxes["state.complete"][0], boxes["briefed.yes"][0]) == ("ticked", "unclear"), (wide, boxes)
        assert boxes["briefed.no"][0] == "empty"


def test_the_better_of_two_copies_counts() -> None:
    def page(**found: Any) -> FormPage:
        return FormPage(1, "0" * 64, "a.png", 1, "", {"boxes": {}, "signature": {}, "seal": {}, **found})

    good = page(signature={"signature": ["ink", 40]})
    unsigned = page(signature={"signature": ["none", 0]})
    doubtful = page(signature={"signature": ["ink", 40]}, boxes={"t1.yes": ["unclear", 60]})
    lost = FormPage(1, "0" * 64, "a.png", 1, "", {"problem": "marks"})
    assert sorted([lost, unsigned, doubtful, good], key=faults) == [good, doubtful, unsigned, lost]


def test_complete_is_no_reservation() -> None:
    assert reservation({"state": ["complete"]}) == []
    assert reservation({"state": ["missing_pages", "damaged"], "briefed": "yes"}) == ["missing-pages", "damaged"]
    assert reservation({}) == []


# -- the worker --------------------------------------------------------------------------------------------------------


def talk(path: Path, answers: dict[str, Any] | None, do: str = "read", **more: Any) -> list[Any]:
    """What the worker says, served in this process, where the parent answers every page with `answers`."""
    ours, theirs = Pipe()
    asked = {"do": do, "path": str(path), "first": 1, "trust": [[], []], **more}
    served = threading.Thread(target=lambda: (worker._serve(theirs, asked), theirs.close()))
    served.start()
    said: list[Any] = []
    try:
        while True:
            data = ours.recv_bytes()
            said.append(json.loads(data) if data[:1] == b"{" else data)
            if isinstance(said[-1], dict) and "symbols" in said[-1]:
                ours.send_bytes(json.dumps(answers).encode())
    except EOFError:
        served.join()
    return said


def test_the_worker_tells_texts_and_ink_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    paper: Paper = desk.filled("notice", "u01")
    path = put(tmp_path, "a.pdf", pdf([paper.image]))
    original, (form,) = desk.original("notice", "u01")
    page, read, end = talk(path, {**form, "original": str(original), "number": 0, "symbol": 0})
    assert (page["page"], page["total"], page["blank"], page["marks"]) == (1, 1, False, 4)
    assert page["symbols"][0].startswith(PREFIX)
    assert {name for name, (state, _ink) in read["ink"]["boxes"].items() if state == "ticked"} == paper.ticked
    assert read["ink"]["seal"]["seal"][0] == "red"
    assert end == {"end": 1}
    assert [set(said) for said in talk(path, None)][1:] == [{"end"}]


def test_the_worker_unpacks_and_crops(desk: Desk, tmp_path: Path) -> None:
    import zipfile

    image = photographed(desk.filled("notice", "u01").image, np.random.default_rng(2))
    data = picture(image, "JPEG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("一.jpg", data)
    told, member, end = talk(tmp_path / "a.zip", None, "unpack")
    assert (told, member, end) == ({"member": "一.jpg"}, data, {"end": 0})
    path = put(tmp_path, "a.jpg", data)
    form = desk.original("notice", "u01")[1][0]
    places = {"marks": form["marks"], "places": [form["signature"]["signature"]], "around": 15.0}
    (shown,) = talk(path, None, "crop", page=1, form=places)
    cut = Image.open(io.BytesIO(shown))
    assert cut.width == pytest.approx(210 * 6, abs=3)
    assert cut.height == pytest.approx((form["signature"]["signature"][3] + 30) * 6, abs=3)
    (whole,) = talk(path, None, "crop", page=1, form=None)
    assert max(Image.open(io.BytesIO(whole)).size) == 1754
