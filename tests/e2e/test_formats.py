"""A paper of every format (docs/papers), measured on its finished PDF: general, upward, joint, letter, order, minutes,
and a paper that a notice issues."""

import importlib.util
from pathlib import Path

import numpy
import pypdfium2
import pytest

from circular_gen.checks.drafts import lint
from circular_gen.workspace import Workspace

from .test_measured import CELL, LINE, MM, find, left, length, lines, page_of, pixels, right, rows, text

DOCS = Path(__file__).parents[2] / "docs"
FORMATS = ("general", "upward", "joint", "letter", "order", "minutes", "issued")


def _maker():
    spec = importlib.util.spec_from_file_location("make_papers", DOCS / "make_papers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("formats")
    paths = {}
    for name, files in _maker().papers().items():
        paths[name] = folder / f"{name}.pdf"
        paths[name].write_bytes(files["pdf"])
    return paths


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return _maker().workspace(tmp_path_factory.mktemp("drafts") / "papers")


def test_there_is_a_paper_of_every_format(drafts: Workspace) -> None:
    assert sorted(drafts.names()) == sorted(FORMATS)
    for name in FORMATS:
        assert {finding.code for finding in lint(drafts, name)} <= {"seal-picture"}


@pytest.mark.parametrize(
    ("name", "top"),
    [("general", 72), ("upward", 72), ("joint", 72), ("letter", 30), ("order", 57), ("minutes", 72), ("issued", 72)],
)
def test_the_marks_ink_begins_at_its_place(made: dict[str, Path], name: str, top: float) -> None:
    assert rows(pixels(made[name], 0)[1], 0, 200)[0] == pytest.approx(top, abs=0.5)


@pytest.mark.parametrize("name", ["general", "upward", "joint", "minutes", "issued"])
def test_the_red_rule_lies_4_mm_under_the_number(made: dict[str, Path], name: str) -> None:
    black, red = pixels(made[name], 0)
    rule = next(row for row in rows(red, 100, 262) if length(red, row) > 155)
    number = find(made[name], 0, "〔2026〕")
    ink = rows(black, number[0] - 6, rule)
    assert rule - ink[-1] == pytest.approx(4, abs=0.2)
    assert length(red, rule + 0.1) == pytest.approx(156, abs=0.15)


def test_approvers_stand_at_the_right_two_a_line_and_the_number_beside_the_last(made: dict[str, Path]) -> None:
    first, last = find(made["upward"], 0, "签发人："), find(made["upward"], 0, "欧阳某某")
    assert text(first) == "签发人：王某某李某"
    assert text(last) == "清应急发〔2026〕32号欧阳某某"
    assert 184 - right(first) == pytest.approx(CELL, abs=0.3)
    assert left(last) - 28 == pytest.approx(CELL, abs=0.1)
    starts = [
        next(char["x0"] for char in line[1] if char["text"] == name) for line, name in ((first, "王"), (last, "欧"))
    ]
    assert starts[0] == pytest.approx(starts[1], abs=0.1)


def test_a_joint_marks_suffix_stands_in_the_middle_of_the_names(made: dict[str, Path]) -> None:
    _black, red = pixels(made["joint"], 0)
    columns = numpy.flatnonzero(red[: round(150 / MM)].any(axis=0)) * MM
    suffix = red[: round(150 / MM), round((columns[-1] - 10) / MM) :]
    names = red[: round(150 / MM), : round((columns[0] + 20) / MM)]
    middles = [(rows(ink, 60, 150)[0] + rows(ink, 60, 150)[-1]) / 2 for ink in (names, suffix)]
    assert middles[0] == pytest.approx(middles[1], abs=0.7)
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(106, abs=1)


def test_joint_seals_stand_in_rows_inside_the_type_area_and_touch_nothing(made: dict[str, Path]) -> None:
    path = made["joint"]
    page = page_of(path, "（此件公开发布）")
    document = pypdfium2.PdfDocument(path)
    boxes = []
    for thing in document[page].get_objects():
        if thing.type == 3:  # an image
            x, low, end, high = (value * 25.4 / 72 for value in thing.get_bounds())
            boxes.append((x, 297 - high, end, 297 - low))
    assert len(boxes) == 3
    for name, (x, top, end, bottom) in zip(("应急管理局", "公安局", "住房和城乡建设局"), boxes, strict=True):
        assert end - x == pytest.approx(42, abs=0.05)
        signed = find(path, page, f"清河市{name}")
        assert [char for char in signed[1] if x < char["x0"] * 25.4 / 72 < end]
        assert top < signed[0] < bottom
        assert x >= 28
        assert end <= 184
        assert bottom <= 262
    (a, b, c) = boxes
    assert b[0] - a[2] >= 3 - 0.05
    assert c[1] - b[3] >= 3 - 0.05
    above = find(path, page, "责令停工整改")[0]
    assert 0 <= a[1] - above <= LINE
    date = find(path, page, "2026年11月25日")
    assert (left(date) + right(date)) / 2 == pytest.approx((c[0] + c[2]) / 2, abs=0.3)


def test_an_order_has_neither_rule_nor_title_nor_colophon(made: dict[str, Path]) -> None:
    path = made["order"]
    black, red = pixels(path, 0)
    mark = rows(red, 0, 297)
    assert mark[-1] < 80
    number, body = find(path, 0, "〔2026〕1号"), find(path, 0, "《清河市烟花爆竹")
    assert (left(number) + right(number)) / 2 == pytest.approx(106, abs=0.3)
    assert number[0] - mark[-1] == pytest.approx(2 * LINE + 7.3, abs=1)
    assert body[0] - number[0] == pytest.approx(3 * LINE, abs=0.05)
    assert not [row for row in rows(black, 200, 265) if length(black, row) > 100]
    title, date = find(path, 0, "局长"), find(path, 0, "2026年11月25日")
    assert 184 - right(date) == pytest.approx(4 * CELL, abs=0.3)
    assert date[0] - title[0] == pytest.approx(2 * LINE, abs=0.05)


def test_minutes_name_who_was_there_a_line_under_the_body(made: dict[str, Path]) -> None:
    path = made["minutes"]
    present, wrapped = find(path, 0, "出席："), find(path, 0, "周某、")
    before = find(path, 0, "修改完善后报批")
    assert present[0] - before[0] == pytest.approx(2 * LINE, abs=0.05)
    label = sorted(present[1], key=lambda char: char["x0"])
    assert label[0]["fontname"] != label[3]["fontname"]
    assert left(wrapped) == pytest.approx(label[3]["x0"] * 25.4 / 72, abs=0.2)
    assert left(present) == pytest.approx(28 + 2 * CELL, abs=0.2)


def test_a_letter_has_its_number_at_the_right_and_a_colophon_without_rules(made: dict[str, Path]) -> None:
    path = made["letter"]
    line = find(path, 0, "清应急函〔2026〕8号")
    assert text(line).startswith("加急")
    assert left(line) == pytest.approx(28, abs=0.1)
    assert right(line) == pytest.approx(184, abs=0.3)
    last = len(pypdfium2.PdfDocument(path)) - 1
    black, _red = pixels(path, last)
    assert not [row for row in rows(black, 200, 265) if length(black, row) > 100]
    assert not [row for row in lines(path, last) if "印发" in text(row)]


def test_an_issued_paper_begins_a_page_with_its_title(made: dict[str, Path]) -> None:
    path = made["issued"]
    page = page_of(path, "为规范安全生产巡查工作")
    assert text(lines(path, page)[0]) == "清河市安全生产巡查办法（试行）"
    assert not [line for number in range(page + 1) for line in lines(path, number) if text(line).startswith("附件")]


@pytest.mark.parametrize("name", ["general", "upward", "joint", "minutes", "issued"])
def test_the_last_rule_lies_on_262_mm(made: dict[str, Path], name: str) -> None:
    path = made[name]
    black, _red = pixels(path, len(pypdfium2.PdfDocument(path)) - 1)
    rules = [row for row in rows(black, 200, 266) if length(black, row + 0.01) > 150]
    assert rules[-1] == pytest.approx(262 + 0.35 / 2, abs=0.2)
