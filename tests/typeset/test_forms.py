"""Papers that come back: marks, codes, boxes and areas stand where the form map says, inside what printers print."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from circular_gen.sheet.blocks import (
    Cell,
    Check,
    Column,
    Field,
    Fields,
    Paragraph,
    Qr,
    Row,
    Sheet,
    Sign,
    Signs,
    Subtitle,
    Table,
    Title,
)
from circular_gen.sheet.slots import slot
from circular_gen.typeset.page import CornerMark, Frame, Glyphs, Pages, Place, Symbol
from circular_gen.typeset.pages import Typesetter

LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
CONTENT = "停产矿井是否做到“三不停”，通风、排水、监测监控系统是否正常运行"
HEAD = tuple(Cell((text,)) for text in ("序号", "检查内容", "方法", "依据", "结果", "问题描述"))


def checklist(tasks: int) -> Sheet:
    rows = tuple(
        Row(
            (
                Cell((str(n),)),
                Cell((CONTENT,)),
                Cell(("现场查看",)),
                Cell(("三",)),
                Cell((Check(f"t{n}.yes", "是"), Check(f"t{n}.no", "否"), Check(f"t{n}.na", "不适用"))),
                Cell(name=f"t{n}.note"),
            )
        )
        for n in range(1, tasks + 1)
    )
    columns = tuple(map(Column, (0.07, 0.37, 0.12, 0.08, 0.16, 0.2)))
    return Sheet(
        "checklist",
        (
            Title("安全防范检查清单"),
            Subtitle("清安办发〔2026〕12号"),
            Fields((Field("unit", "受检单位", slot("unit.name")), Field("time", "检查时间"))),
            Table(columns, (Row(HEAD, head=True), *rows), "form"),
            Signs((Sign("sign.inspector", "检查人签字"), Sign("seal", "盖章", "seal", 40, 40))),
            Paragraph("请于2026年12月31日前交回。", style="hint", indent=0),
        ),
        form=True,
    )


class Unit(dict[str, str]):
    """A unit's values; codes are made when asked for."""

    def __missing__(self, name: str) -> str:
        what, kind, page = name.split(":")
        return f"CG1{kind.upper()}{page}" if what == "code" else f"C{page} 7K3M9-Q2XV8"


UNIT = Unit({"unit.name": "城西街道办事处"})


@pytest.fixture(scope="session")
def set_form(style, faces) -> Callable[..., Pages]:
    return lambda sheet, values=UNIT: Typesetter(sheet, style, faces).pages(values)


def of(pages: Pages, page: int, kind: type) -> list:
    return [item for part in pages.parts(page) for item in part.items if isinstance(item, kind)]


def overlap(one: Place, other: Place) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_every_page_has_marks_code_and_count(set_form) -> None:
    pages = set_form(checklist(20))
    count = len(pages.shape.pages)
    assert count >= 2
    for number, page in enumerate(pages.shape.pages):
        marks = of(pages, number, CornerMark)
        assert [mark.identity for mark in marks] == [0, 1, 2, 3]
        assert {mark.size for mark in marks} == {8}
        centres = [(mark.x + 4, mark.y + 4) for mark in marks]
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = centres
        assert x0 == x3 < x1 == x2
        assert y0 == y1 < y2 == y3
        for mark in marks:
            assert 5 <= mark.x <= 210 - 5 - 8
            assert 5 <= mark.y <= 297 - 5 - 8
            assert mark.x + 8 < LEFT or mark.x > RIGHT
        (symbol,) = of(pages, number, Symbol)
        assert symbol.payload == f"CG1CHECKLIST{number + 1}"
        assert 22 <= symbol.size <= 25
        texts = of(pages, number, Glyphs)
        line = "".join(run.text for run in texts if run.y > BOTTOM)
        assert line.replace(" ", "") == f"第{number + 1}页共{count}页"
        (readable,) = {round(run.y, 3) for run in texts if run.y < TOP}
        assert "".join(run.text for run in texts if run.y < TOP) == f"C{number + 1} 7K3M9-Q2XV8"
        assert symbol.y + symbol.size < readable < TOP - 1.5  # clear of a table that begins at the page's top
        assert page.number == number + 1


def test_the_quiet_zone_is_quiet(set_form, ink) -> None:
    pages = set_form(checklist(20))
    for number in range(len(pages.shape.pages)):
        (symbol,) = of(pages, number, Symbol)
        quiet = symbol.size * 4 / 29
        zone = Place("", "qr", symbol.x - quiet, symbol.y - quiet, symbol.size + 2 * quiet, symbol.size + 2 * quiet)
        for run in of(pages, number, Glyphs):
            left, top, right, bottom = ink(run)
            assert not overlap(zone, Place("", "field", left, top, right - left, bottom - top))
        for mark in of(pages, number, CornerMark):
            assert not overlap(zone, Place("", "mark", mark.x, mark.y, mark.size, mark.size))


def test_places_are_named_once_and_apart(set_form) -> None:
    pages = set_form(checklist(20))
    named = [place for page in pages.shape.pages for place in page.places if place.kind in ("box", "field")]
    assert len({place.name for place in named}) == len(named) == 20 * 4 + 2
    areas = [place for page in pages.shape.pages for place in page.places if place.kind in ("signature", "seal")]
    assert [(place.name, place.kind) for place in areas] == [("sign.inspector", "signature"), ("seal", "seal")]
    assert (areas[0].width, areas[0].height, areas[1].width, areas[1].height) == (70, 30, 40, 40)
    for page in pages.shape.pages:
        assert sum(place.kind == "mark" for place in page.places) == 4
        assert sum(place.kind == "qr" for place in page.places) == 1
        assert len({place.name for place in page.places}) == len(page.places)
        for one, other in itertools.combinations(page.places, 2):
            assert not overlap(one, other), (one, other)
        for place in page.places:
            inside = place.x >= LEFT and place.x + place.width <= RIGHT and place.y >= TOP
            assert place.kind in ("mark", "qr") or (inside and place.y + place.height <= BOTTOM)


def test_places_match_what_is_drawn(set_form) -> None:
    pages = set_form(checklist(5))
    frames = {(frame.x, frame.y, frame.width, frame.height) for frame in of(pages, 0, Frame)}
    for place in pages.shape.pages[0].places:
        if place.kind in ("box", "signature", "seal"):
            assert (place.x, place.y, place.width, place.height) in frames
    (symbol,) = of(pages, 0, Symbol)
    (qr,) = [place for place in pages.shape.pages[0].places if place.kind == "qr"]
    assert (qr.x, qr.y, qr.width) == (symbol.x, symbol.y, symbol.size)


def test_units_share_the_shape_and_differ_in_name_and_code(style, faces) -> None:
    typesetter = Typesetter(checklist(5), style, faces)
    one = typesetter.pages(UNIT)
    two = typesetter.pages(Unit({"unit.name": "城东镇人民政府"}))
    assert one.shape is two.shape
    drawn = ["".join(getattr(item, "text", getattr(item, "payload", "")) for item in part.items) for part in two.own]
    assert drawn == ["城东镇人民政府", "CG1CHECKLIST1", "C1 7K3M9-Q2XV8"]


@pytest.mark.parametrize("name", ["城西街道办事处", "清河市" + "人民政府办公室" * 9])
def test_later_pages_say_whose_they_are_beside_the_code(style, faces, ink, name: str) -> None:
    sheet = replace(checklist(20), running=f"检查清单 {slot('unit.name')} 清安办发〔2026〕12号")
    pages = Typesetter(sheet, style, faces).pages(Unit({"unit.name": name}))
    for number in range(len(pages.shape.pages)):
        (symbol,) = of(pages, number, Symbol)
        head = [run for run in of(pages, number, Glyphs) if run.y < TOP and run.x < symbol.x - 5]
        said = "".join(run.text for run in head).replace(" ", "")
        assert said == (f"检查清单{name}清安办发〔2026〕12号" if number else "")
        for run in head:
            left, top, right, bottom = ink(run)
            assert left >= LEFT - 0.5
            assert right < symbol.x - symbol.size * 4 / 29
            assert 5 < top < bottom < TOP - 1


def test_areas_that_do_not_fit_side_by_side_form_rows(set_form) -> None:
    signs = Signs(tuple(Sign(f"s{n}", "签字") for n in range(3)))
    pages = set_form(Sheet("receipt", (Title("回执"), signs), form=True))
    first, second, third = (place for place in pages.shape.pages[0].places if place.kind == "signature")
    assert first.y == second.y < third.y
    assert second.x + second.width == pytest.approx(RIGHT, abs=0.01)
    assert third.x == LEFT


def test_nobody_signs_a_page_that_does_not_show_what_for(set_form) -> None:
    def page_of(tasks: int, name: str) -> int:
        closing = Fields((Field("measures", "整改要求", span=2, height=20), Field("by", "期限"), Field("on", "日期")))
        blocks = list(checklist(tasks).blocks)
        blocks.insert(4, closing)
        pages = set_form(Sheet("checklist", tuple(blocks), form=True)).shape.pages
        return next(number for number, page in enumerate(pages) if any(place.name == name for place in page.places))

    parted = [tasks for tasks in range(1, 20) if page_of(tasks, "sign.inspector") != page_of(tasks, f"t{tasks}.note")]
    assert parted  # papers whose signature goes over to a new page take with it what is signed
    for tasks in parted:
        assert page_of(tasks, "measures") == page_of(tasks, "by") == page_of(tasks, "sign.inspector")


def test_a_symbol_in_the_flow(set_form) -> None:
    pages = set_form(Sheet("circular", (Paragraph("扫码回执。"), Qr("CG1X", "R1 7K3M9", 24, "right"))), {})
    (symbol,) = of(pages, 0, Symbol)
    assert symbol.payload == "CG1X"
    assert symbol.x + symbol.size < RIGHT
    assert symbol.size < 24
    caption = [run for run in of(pages, 0, Glyphs) if "7K3M9" in run.text or "R1" in run.text]
    assert caption
    assert all(run.y > symbol.y + symbol.size for run in caption)
