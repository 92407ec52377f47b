"""Tables on pages: heads repeat, rows stay whole, nothing is lost, and the time grows with the rows alone."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circular_gen.sheet.blocks import Annex, Block, Cell, Check, Column, Field, Fields, Paragraph, Row, Sheet, Table
from circular_gen.sheet.slots import slot
from circular_gen.typeset.page import Frame, Glyphs, Pages, Rule
from circular_gen.typeset.pages import Typesetter

LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
HALF = 0.5 * 25.4 / 72 / 2
HANZI = "序号项目内容标准方法依据检查结果问题描述整改措施责任单位完成时限"

Set = Callable[..., Pages]


def words(count: int) -> str:
    return (HANZI * (count // len(HANZI) + 1))[:count]


@pytest.fixture(scope="session")
def set_blocks(style, faces) -> Set:
    def set_blocks(*blocks: Block, values: dict[str, str] | None = None) -> Pages:
        return Typesetter(Sheet("circular", blocks), style, faces).pages(values)

    return set_blocks


def row(*texts: str, **kwargs: object) -> Row:
    return Row(tuple(Cell((text,)) for text in texts), **kwargs)


def glyphs(pages: Pages, page: int) -> list[Glyphs]:
    return [
        item for part in pages.parts(page) if part.role != "artefact" for item in part.items if isinstance(item, Glyphs)
    ]


def rules(pages: Pages, page: int) -> tuple[list[Rule], list[Rule]]:
    """Level and upright ones."""
    found = [item for part in pages.parts(page) for item in part.items if isinstance(item, Rule)]
    return [rule for rule in found if rule.width > rule.height], [rule for rule in found if rule.height >= rule.width]


def cell_texts(pages: Pages, page: int) -> list[str]:
    return [
        "".join(item.text for item in part.items if isinstance(item, Glyphs))
        for part in pages.parts(page)
        if part.role == "cell" and part.items
    ]


def test_the_head_is_repeated_on_every_page_and_no_row_is_lost(set_blocks: Set) -> None:
    table = Table(
        (Column(0.2), Column(0.8)), (row("序号", "内容", head=True), *(row(f"第{n}", words(70)) for n in range(60)))
    )
    pages = set_blocks(table)
    assert len(pages.shape.pages) > 2
    numbers = []
    for page in range(len(pages.shape.pages)):
        cells = cell_texts(pages, page)
        assert cells[:2] == ["序号", "内容"]
        assert {run.face for run in glyphs(pages, page) if run.text == "内容"} == {"hei"}
        assert set(cells[3::2]) == {words(70)}
        numbers += cells[2::2]
        assert all(TOP <= run.y <= BOTTOM for run in glyphs(pages, page))
    assert numbers == [f"第{n}" for n in range(60)]


def test_rules_enclose_every_page_of_a_table(set_blocks: Set) -> None:
    table = Table((Column(0.5), Column(0.5)), tuple(row(words(5), words(60)) for _ in range(40)))
    pages = set_blocks(table)
    for page in range(len(pages.shape.pages)):
        level, upright = rules(pages, page)
        assert {(round(rule.x, 2), round(rule.width, 2)) for rule in level} == {
            (round(LEFT - HALF, 2), round(156 + 2 * HALF, 2))
        }
        assert [round(rule.x + HALF, 2) for rule in upright] == [28.0, 106.0, 184.0]
        top, bottom = min(rule.y for rule in level), max(rule.y + rule.height for rule in level)
        assert top == pytest.approx(TOP - HALF)
        assert bottom <= BOTTOM + HALF + 0.01
        for rule in upright:
            assert rule.y == pytest.approx(top + HALF, abs=0.01)
            assert rule.y + rule.height == pytest.approx(bottom - HALF, abs=0.01)
        assert len(level) == len({round(rule.y, 3) for rule in level})


def test_only_a_row_taller_than_a_page_is_cut(set_blocks: Set) -> None:
    long = words(1800)
    table = Table((Column(0.5), Column(0.5)), (row("甲", "乙", head=True), row("短", words(9)), row(long, "旁")))
    pages = set_blocks(table)
    assert len(pages.shape.pages) >= 3
    found = ["".join(text for text in cell_texts(pages, page)) for page in range(len(pages.shape.pages))]
    assert all(text.startswith("甲乙") for text in found)
    assert "".join(text.removeprefix("甲乙") for text in found).replace("旁", "") == "短" + words(9) + long
    assert all(run.y <= BOTTOM for page in range(len(found)) for run in glyphs(pages, page))
    own = set_blocks(Table(table.columns, (*table.rows[:2], row(slot("unit.name"), "旁"))), values={"unit.name": long})
    assert ["".join(cell_texts(own, page)) for page in range(len(found))] == found


def test_spans_take_their_room_and_stay_together(set_blocks: Set) -> None:
    table = Table(
        (Column(0.25), Column(0.25), Column(0.5)),
        (
            Row((Cell(("跨两列",), colspan=2), Cell(("丙",))), head=True),
            *(
                group
                for _ in range(20)
                for group in (Row((Cell((words(30),), rowspan=2), Cell(("一",)), Cell(("二",)))), row("三", "四"))
            ),
        ),
    )
    pages = set_blocks(table)
    level, upright = rules(pages, 0)
    short = [rule for rule in level if rule.width < 150]
    assert {round(rule.x + HALF, 2) for rule in short} == {67.0}
    assert len({round(rule.x, 2) for rule in upright}) == 4
    for page in range(len(pages.shape.pages)):
        cells = cell_texts(pages, page)
        assert cells[:2] == ["跨两列", "丙"]
        assert cells[2:] == [words(30), "一", "二", "三", "四"] * ((len(cells) - 2) // 5)


def test_a_span_over_more_than_a_page_is_let_go(set_blocks: Set) -> None:
    rows = (Row((Cell(("全部",), rowspan=90), Cell(("1",)))), *(row(str(n)) for n in range(2, 91)))
    pages = set_blocks(Table((Column(0.5), Column(0.5)), rows))
    texts = [text for page in range(len(pages.shape.pages)) for text in cell_texts(pages, page)]
    assert texts == ["全部", *map(str, range(1, 91))]


def test_columns_without_a_share_follow_their_contents(set_blocks: Set) -> None:
    pages = set_blocks(Table((Column(), Column()), (row("短", words(60)), row("短", words(20)))))
    _, upright = rules(pages, 0)
    edges = [rule.x for rule in upright]
    assert edges[1] - edges[0] < 0.25 * (edges[2] - edges[1])
    own = Table((Column(), Column()), (row(slot("unit.name"), words(9)),))
    narrow, wide = (set_blocks(own, values={"unit.name": text}) for text in ("短", words(12)))
    assert rules(narrow, 0)[1][1].x < rules(wide, 0)[1][1].x


@pytest.mark.parametrize(("align", "start"), [("left", 29.0), ("right", None), ("center", None)])
def test_cells_are_aligned(set_blocks: Set, align: str, start: float | None) -> None:
    pages = set_blocks(Table((Column(1.0, align),), (row("四个汉字"),)))
    (run,) = glyphs(pages, 0)
    end = run.x + sum(run.advances)
    if align == "left":
        assert run.x == pytest.approx(start, abs=0.01)
    elif align == "right":
        assert end == pytest.approx(RIGHT - 1, abs=0.01)
    else:
        assert (run.x + end) / 2 == pytest.approx(106, abs=0.01)


def test_boxes_stand_in_their_cell_with_their_labels(set_blocks: Set) -> None:
    content = (Check("t1.yes", "是"), Check("t1.no", "否"), Check("t1.na", "不适用"))
    pages = set_blocks(Table((Column(0.16), Column(0.84)), (Row((Cell(content), Cell(name="t1.note"))),)))
    (page,) = pages.shape.pages
    boxes = {place.name: place for place in page.places if place.kind == "box"}
    assert list(boxes) == ["t1.yes", "t1.no", "t1.na"]
    frames = [item for part in pages.parts(0) for item in part.items if isinstance(item, Frame)]
    assert [(f.x, f.y, f.width, f.height) for f in frames] == [
        (box.x, box.y, box.width, box.height) for box in boxes.values()
    ]
    assert all(box.width == box.height == 3.5 for box in boxes.values())
    yes, no, na = boxes.values()
    assert yes.y == no.y < na.y
    label = next(run for run in glyphs(pages, 0) if run.text == "不适用")
    assert na.x + na.width < label.x
    assert na.y < label.y <= na.y + na.height + 1
    (note,) = [place for place in page.places if place.kind == "field"]
    assert note.name == "t1.note"
    assert note.x + note.width <= RIGHT
    assert note.x > 28 + 156 * 0.16


def test_what_is_repeated_has_a_name_of_its_own(set_blocks: Set) -> None:
    head = Row((Cell((Check("all", "全部"),)),), head=True)
    pages = set_blocks(Table((Column(1.0),), (head, *(row(words(200)) for _ in range(12)))))
    names = [place.name for page in pages.shape.pages for place in page.places]
    assert names[:2] == ["all", "all@2"]
    assert len(names) == len(set(names)) == len(pages.shape.pages)


def test_own_cells_alone_are_the_units(set_blocks: Set, style, faces) -> None:
    table = Table((Column(0.5), Column(0.5)), (row("受检单位", slot("unit.name")), row("地点", "厂区")))
    typesetter = Typesetter(Sheet("circular", (table,)), style, faces)
    one, two = (typesetter.pages({"unit.name": name}) for name in ("城西街道", "城东镇政"))
    assert one.shape is two.shape
    assert [[item.text for item in part.items] for part in one.own] == [["城西街道"]]
    assert cell_texts(two, 0) == ["受检单位", "城东镇政", "地点", "厂区"]


def test_fields_stand_in_a_ruled_grid(set_blocks: Set) -> None:
    fields = (
        Field("unit", "单位", "城西街道"),
        Field("when", "时间"),
        Field("what", "情况", span=2, height=30, checks=(Check("ok", "完整"),)),
        Field("end", "备注"),
    )
    pages = set_blocks(Fields(fields))
    places = {place.name: place for place in pages.shape.pages[0].places}
    assert list(places) == ["unit", "when", "what", "ok", "end"]
    assert places["unit"].y == places["when"].y
    assert places["unit"].x + places["unit"].width < places["when"].x
    assert places["what"].height == pytest.approx(30, abs=0.2)
    assert places["end"].width == pytest.approx(places["what"].width)
    assert cell_texts(pages, 0) == ["单位", "城西街道", "时间", "情况", "完整", "备注"]


@pytest.mark.parametrize("rows", [500])
def test_time_grows_with_the_rows_alone(set_blocks: Set, rows: int) -> None:
    def seconds(count: int) -> float:
        table = Table(
            (Column(0.1), Column(0.5), Column(0.4)),
            (row("序号", "内容", "方法", head=True), *(row(str(n), words(40), words(12)) for n in range(count))),
        )
        started = time.process_time()
        pages = set_blocks(Annex("附件", "表", (table, Paragraph(words(100)))))
        assert len(pages.shape.pages) > count / 30
        return time.process_time() - started

    small, large = seconds(rows), seconds(8 * rows)
    assert large < 32 * small  # 64 times, if it took the square


contents = st.lists(
    st.one_of(
        st.text(alphabet="项目，。（）ab 1\n", max_size=60), st.builds(Check, st.just("b"), st.sampled_from(["", "是"]))
    ),
    max_size=3,
).map(tuple)
table_rows = st.lists(
    st.builds(
        Row,
        st.lists(st.builds(Cell, contents, st.integers(1, 3), st.integers(1, 4)), max_size=4).map(tuple),
        st.just(False),
        st.sampled_from([0.0, 20.0, 300.0]),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=table_rows, head=st.integers(0, 2))
def test_every_character_of_any_table_stands_on_a_page(set_blocks: Set, rows: list[Row], head: int) -> None:
    marked = tuple(Row(r.cells, number < head, r.height) for number, r in enumerate(rows))
    pages = set_blocks(Table((Column(0.3), Column(0.3), Column()), marked))
    found = "".join(run.text for page in range(len(pages.shape.pages)) for run in glyphs(pages, page))
    assert all(LEFT - 0.1 <= place.x <= RIGHT for page in pages.shape.pages for place in page.places)
    if head == 0 and all(cell.rowspan == 1 for r in rows for cell in r.cells):
        kept = [cell for r in rows for cell in _cells_that_fit(r)]
        said = "".join(part if isinstance(part, str) else part.label for cell in kept for part in cell.content)
        assert sorted(found.replace(" ", "")) == sorted(said.replace("\n", "").replace(" ", ""))


def _cells_that_fit(row: Row) -> list[Cell]:
    room, kept = 3, []
    for cell in row.cells:
        if room > 0:
            kept.append(cell)
        room -= min(cell.colspan, room)
    return kept
