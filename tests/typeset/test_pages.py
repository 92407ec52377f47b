"""Pages measured: every figure of GB/T 9704-2012 that a page can show, taken from the glyphs' own outlines."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Art,
    Attendance,
    Block,
    Cell,
    Check,
    Colophon,
    Column,
    Field,
    Fields,
    Format,
    Mark,
    Note,
    Number,
    Paragraph,
    Qr,
    Row,
    Sheet,
    Sign,
    Signature,
    Signs,
    Space,
    Subtitle,
    Table,
    Title,
    Urgency,
    bind,
)
from circular_gen.sheet.slots import slot
from circular_gen.typeset.fonts import MissingGlyph
from circular_gen.typeset.page import Glyphs, Image, Item, Pages, Rule
from circular_gen.typeset.pages import Typesetter, concatenate

PT = 25.4 / 72
CELL = 442.2 / 28 * PT
LINE = 28.95 * PT
LEFT, RIGHT, TOP, BOTTOM = 28.0, 184.0, 37.0, 262.0
HANZI = "岁末年初低温雨雪大风天气增多企业赶工期抢产量的意愿增强取暖用火用电用气大幅增加"

Set = Callable[..., Pages]
Ink = Callable[[Glyphs], tuple[float, float, float, float]]


def words(count: int) -> str:
    return "".join(itertools.islice(itertools.cycle(HANZI), count))


def body(lines: int) -> Paragraph:
    """A paragraph of so many full lines: 26 Hanzi on the first, 28 on the others."""
    return Paragraph(words(28 * lines - 2))


def paper(*blocks: Block, form: Format = "general", colophon: str = "last", **kwargs: object) -> Sheet:
    return Sheet("circular", blocks, form, colophon=colophon, **kwargs)


HEAD: tuple[Block, ...] = (
    Urgency("加急"),
    Mark(("清河市安全生产委员会办公室",), "文件"),
    Number("清安办发〔2026〕12号"),
    Title("清河市安全生产委员会办公室关于做好今冬明春安全防范工作的通知"),
    Addressees("各镇（街道），各开发区管委会，市安委会有关单位"),
)
SEALED = Signature("sealed", ("清河市安全生产委员会办公室",), "2026年11月25日")
FOOT = Colophon("市委办公室，市政府办公室", "清河市安全生产委员会办公室", "2026年11月25日")


@pytest.fixture(scope="session")
def set_pages(style, faces) -> Set:
    def set_pages(sheet: Sheet, values: dict[str, str] | None = None) -> Pages:
        return Typesetter(sheet, style, faces).pages(values)

    return set_pages


def items(pages: Pages, page: int, role: str | None = None) -> list[Item]:
    return [item for part in pages.parts(page) if role in (None, part.role) for item in part.items]


def runs(pages: Pages, page: int, role: str | None = None) -> list[Glyphs]:
    return [item for item in items(pages, page, role) if isinstance(item, Glyphs)]


def lines(pages: Pages, page: int, role: str | None = None) -> dict[float, list[Glyphs]]:
    """Baseline → its runs, downwards."""
    found: dict[float, list[Glyphs]] = {}
    for run in runs(pages, page, role):
        found.setdefault(round(run.y, 3), []).append(run)
    return dict(sorted(found.items()))


def text(runs: list[Glyphs]) -> str:
    return "".join(run.text for run in runs)


def whole_text(pages: Pages, page: int) -> str:
    return "".join(text(line) for line in lines(pages, page).values())


def find(pages: Pages, page: int, wanted: str) -> list[Glyphs]:
    """The line that holds `wanted`."""
    return next(line for line in lines(pages, page).values() if wanted in text(line))


def end(run: Glyphs) -> float:
    return run.x + sum(run.advances)


def rules(pages: Pages, page: int, colour: str = "black") -> list[Rule]:
    found = [item for item in items(pages, page) if isinstance(item, Rule) and item.colour == colour]
    return sorted(found, key=lambda rule: rule.y)


# The grid ------------------------------------------------------------------------------------------------------------


def test_a_full_page_has_22_lines_of_28_hanzi(set_pages: Set, ink: Ink) -> None:
    pages = set_pages(paper(*HEAD, body(60)))
    page = lines(pages, 1, "paragraph")
    assert len(page) == 22
    assert [b - a for a, b in itertools.pairwise(page)] == pytest.approx([LINE] * 21, abs=0.002)
    for line in page.values():
        assert len(text(line)) == 28
        assert all(advance == pytest.approx(CELL, abs=1e-3) for run in line for advance in run.advances)
        boxes = [ink(run) for run in line]
        assert min(box[0] for box in boxes) >= LEFT - 0.01
        assert max(box[2] for box in boxes) <= RIGHT + 0.01
        assert min(box[1] for box in boxes) >= TOP
        assert max(box[3] for box in boxes) <= BOTTOM


def test_a_paragraph_begins_two_cells_in(set_pages: Set) -> None:
    pages = set_pages(paper(body(3)))
    first, second, _ = lines(pages, 0, "paragraph").values()
    assert first[0].x == pytest.approx(LEFT + 2 * CELL)
    assert second[0].x == pytest.approx(LEFT)
    assert len(text(first)) == 26


def test_levels_have_their_faces(set_pages: Set) -> None:
    levels = [Paragraph("后文。", level, f"标题{level}。") for level in (1, 2, 3, 4)]
    pages = set_pages(paper(*levels))
    faces = {text([run])[:3]: run.face for run in runs(pages, 0)}
    assert faces["标题1"] == "hei"
    assert faces["标题2"] == "kai"
    assert text(find(pages, 0, "标题3")) == "标题3。后文。"
    assert {run.face for run in find(pages, 0, "标题3")} == {"fangsong"}
    assert [mark.text for mark in pages.shape.pages[0].bookmarks] == ["标题1", "标题2", "标题3", "标题4"]


# The head ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "top"), [("general", 72.0), ("order", 57.0), ("letter", 30.0)])
def test_the_marks_ink_begins_at_its_place(set_pages: Set, ink: Ink, form: Format, top: float) -> None:
    pages = set_pages(paper(*HEAD, body(3), form=form))
    mark = [run for run in runs(pages, 0) if run.colour == "red"]
    assert text(mark) == "清河市安全生产委员会办公室文件"
    boxes = [ink(run) for run in mark]
    assert min(box[1] for box in boxes) == pytest.approx(top, abs=0.05)
    assert min(box[0] for box in boxes) >= LEFT - 0.01
    assert max(box[2] for box in boxes) <= RIGHT + 0.01
    assert (mark[0].x + end(mark[-1])) / 2 == pytest.approx(106, abs=0.01)


def test_the_red_rule_lies_4_mm_under_the_number(set_pages: Set, ink: Ink) -> None:
    pages = set_pages(paper(*HEAD, body(3)))
    (rule,) = rules(pages, 0, "red")
    number = find(pages, 0, "清安办发")
    assert rule.y - max(ink(run)[3] for run in number) == pytest.approx(4, abs=0.02)
    assert (rule.x, rule.width) == (LEFT, 156)
    assert (number[0].x + end(number[-1])) / 2 == pytest.approx(106, abs=0.01)


def test_two_lines_lie_between_mark_and_number(set_pages: Set, ink: Ink) -> None:
    pages = set_pages(paper(*HEAD, body(3)))
    mark = max(ink(run)[3] for run in runs(pages, 0) if run.colour == "red")
    number = min(ink(run)[1] for run in find(pages, 0, "清安办发"))
    assert 2 * LINE <= number - mark < 3 * LINE


def test_urgency_stands_on_the_first_line(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD, body(3)))
    first = next(iter(lines(pages, 0).values()))
    assert text(first) == "加急"
    assert first[0].x == LEFT
    assert {run.face for run in first} == {"hei"}


def test_a_short_mark_keeps_its_letters_and_a_long_one_is_narrowed(set_pages: Set) -> None:
    def mark(name: str) -> Glyphs:
        return next(run for run in runs(set_pages(paper(Mark((name,), "文件"), body(1))), 0) if run.colour == "red")

    short, long, longest = (mark(words(count)) for count in (4, 10, 30))
    assert short.scale == 1
    assert short.size == long.size
    assert long.scale < 1
    assert longest.size < long.size
    assert end(longest) <= RIGHT + 0.01


def test_a_joint_mark_stacks_the_names(set_pages: Set, ink: Ink) -> None:
    names = ("清河市应急管理局", "清河市公安局", "清河市交通运输局")
    pages = set_pages(paper(Mark(names, "文件"), Number("清应急发〔2026〕3号"), body(3)))
    found = {text(line): line for line in lines(pages, 0, "head").values() if line[0].colour == "red"}
    three = [found[name] for name in (names[0], names[2])]
    assert min(ink(three[0][0])[1], *(ink(run)[1] for run in three[0])) == pytest.approx(72, abs=0.05)
    widths = {round(end(line[-1]) - line[0].x, 3) for line in three}
    assert len(widths) == 1
    middle = next(line for key, line in found.items() if "文件" in key)
    boxes = [ink(run) for line in found.values() for run in line]
    suffix = ink(next(run for run in middle if run.text == "文件"))
    centre = (min(box[1] for box in boxes) + max(box[3] for box in boxes)) / 2
    assert (suffix[1] + suffix[3]) / 2 == pytest.approx(centre, abs=0.5)


def test_many_names_of_a_joint_mark_become_smaller_so_that_page_1_shows_body(set_pages: Set) -> None:
    head = (Mark(tuple(f"清河市{name}局" for name in "甲乙丙丁戊己"), "文件"), *HEAD[2:])
    pages = set_pages(paper(*head, body(8), SEALED))
    assert 20 < runs(pages, 0, "head")[0].size < 30
    assert lines(pages, 0, "paragraph")


def test_a_joint_mark_beside_many_approvers_leaves_room_for_body(set_pages: Set) -> None:
    head = (
        Urgency("特急"),
        Mark((HANZI[:8], HANZI[8:16], HANZI[16:29]), "文件"),
        Number("清安办发〔2026〕1号", ("王某",) * 5),
    )
    title = Title("\n".join([HANZI[:18]] * 5))
    assert lines(set_pages(paper(*head, title, Addressees(HANZI[:30] * 9), body(3))), 0, "paragraph")


def test_a_title_whose_latin_is_wide_loses_nothing(set_pages: Set) -> None:
    title = "关于人民群众生命财产AQ3013GB/T9704专项整治建筑施工AQ3013建筑施工GB/T9704加强领导的通知"
    pages = set_pages(paper(Title(title), body(2)))
    assert "".join(text(line) for line in lines(pages, 0, "title").values()) == title
    assert all(line[0].x >= LEFT and end(line[-1]) <= RIGHT for line in lines(pages, 0, "title").values())


def test_an_upward_paper_shows_its_approvers(set_pages: Set) -> None:
    sheet = paper(
        Mark(("清河市应急管理局",), "文件"), Number("清应急〔2026〕3号", ("王某某", "李某", "赵某某")), body(3)
    )
    pages = set_pages(sheet)
    upper, lower = find(pages, 0, "签发人"), find(pages, 0, "赵某某")
    assert text(lower).startswith("清应急〔2026〕3号")
    assert lower[0].x == pytest.approx(LEFT + CELL)
    wang, zhao = (
        next(run for run in line if name in run.text) for line, name in ((upper, "王某某"), (lower, "赵某某"))
    )
    assert wang.x == pytest.approx(zhao.x)
    assert wang.face == "kai"
    assert end(upper[-1]) == pytest.approx(RIGHT - CELL, abs=0.01)


def test_a_draft_without_number_keeps_the_rules_place(set_pages: Set) -> None:
    with_number, without = (
        rules(set_pages(paper(HEAD[1], Number(number), body(3))), 0, "red")[0] for number in ("清安办发号", "")
    )
    assert without.y == pytest.approx(with_number.y, abs=0.5)


# A letter ------------------------------------------------------------------------------------------------------------


def test_a_letters_head_and_foot(set_pages: Set, ink: Ink) -> None:
    head = (HEAD[0], Mark(("清河市安全生产委员会办公室",)), *HEAD[2:])
    pages = set_pages(paper(*head, body(30), form="letter"))
    found = rules(pages, 0, "red")
    assert [rule.width for rule in found] == [170.0] * 4
    assert {round(rule.x, 3) for rule in found} == {20.0}
    assert found[0].height > found[1].height
    assert found[2].height < found[3].height
    mark = max(ink(run)[3] for run in runs(pages, 0) if run.colour == "red")
    assert found[0].y - mark == pytest.approx(4, abs=0.02)
    assert found[2].y == pytest.approx(277, abs=0.01)
    line = find(pages, 0, "清安办发")
    assert text(line) == "加急清安办发〔2026〕12号"
    assert line[0].x == LEFT
    assert end(line[-1]) == pytest.approx(RIGHT, abs=0.01)
    top = min(ink(run)[1] for run in line)
    assert top - found[1].y - found[1].height == pytest.approx(7 / 8 * 16 * PT, abs=0.02)
    assert [page.number for page in pages.shape.pages] == [None, 2]
    assert not rules(pages, 1, "red")


def test_a_letters_colophon_has_neither_rules_nor_printing_line(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD, body(3), SEALED, FOOT, form="letter"))
    assert len(pages.shape.pages) == 1
    assert not rules(pages, 0, "black")
    assert "印发" not in whole_text(pages, 0)
    assert "抄送：市委办公室，市政府办公室。" in whole_text(pages, 0)


# Title and addressees ------------------------------------------------------------------------------------------------


def test_the_title_stands_two_lines_under_the_rule(set_pages: Set, ink: Ink) -> None:
    pages = set_pages(paper(*HEAD, body(3)))
    title = lines(pages, 0, "title")
    (rule,) = rules(pages, 0, "red")
    gap = min(ink(run)[1] for run in next(iter(title.values()))) - rule.y - rule.height
    assert 2 * LINE <= gap < 3 * LINE
    for line in title.values():
        assert len(text(line)) <= 20
        assert {run.face for run in line} == {"xiaobiaosong"}
        assert (line[0].x + end(line[-1])) / 2 == pytest.approx(106, abs=0.05)
    assert "".join(map(text, title.values())) == HEAD[3].text


def test_addressees_follow_one_line_under_the_title_with_a_colon(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD, body(3)))
    (line,) = lines(pages, 0, "addressees").items()
    assert text(line[1]).endswith("有关单位：")
    assert line[1][0].x == LEFT
    last = max(lines(pages, 0, "title"))
    assert 1.5 * LINE < line[0] - last < 2.5 * LINE


def test_addressees_that_leave_no_body_on_page_1_move_into_the_colophon(set_pages: Set) -> None:
    many = "，".join(f"{words(8)}单位{number}" for number in range(40))
    blocks = (*HEAD[:4], Addressees(many), body(10), SEALED, FOOT)
    pages = set_pages(paper(*blocks))
    assert not lines(pages, 0, "addressees")
    assert lines(pages, 0, "paragraph")
    last = len(pages.shape.pages) - 1
    colophon = "".join(text(line) for line in lines(pages, last, "colophon").values())
    assert colophon.startswith(f"主送：{many}。抄送：市委办公室")
    assert len(rules(pages, last)) == 3
    alone = set_pages(paper(*blocks[:-1]))
    assert "主送：" in whole_text(alone, len(alone.shape.pages) - 1)


# Annex list, signature, note -----------------------------------------------------------------------------------------


def test_annex_names_are_aligned(set_pages: Set) -> None:
    names = (words(40), "工作方案")
    pages = set_pages(paper(body(2), AnnexList(names)))
    first, wrapped, second = lines(pages, 0, "annex_list").values()
    assert text(first).startswith("附件：1." + names[0][:10])
    assert first[0].x == pytest.approx(LEFT + 2 * CELL)
    assert second[0].x == pytest.approx(LEFT + 5 * CELL, abs=0.01)
    assert text(second) == "2.工作方案"
    begin = first[0].x + sum(first[0].advances[: len("附件：1.")])
    assert wrapped[0].x == pytest.approx(begin, abs=0.6)
    single = set_pages(paper(body(2), AnnexList(("工作方案",))))
    assert text(next(iter(lines(single, 0, "annex_list").values()))) == "附件：工作方案"


def test_a_sealed_papers_date_and_signature(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD, body(2), SEALED))
    name, date = lines(pages, 0, "signature").items()
    assert end(date[1][-1]) == pytest.approx(RIGHT - 4 * CELL, abs=0.01)
    centre = (date[1][0].x + end(date[1][-1])) / 2
    assert (name[1][0].x + end(name[1][-1])) / 2 == pytest.approx(centre, abs=0.01)
    assert date[0] - name[0] == pytest.approx(LINE, abs=0.01)
    assert name[0] - max(lines(pages, 0, "paragraph")) == pytest.approx(3 * LINE, abs=0.01)


def picture(name: str) -> Art:
    return Art("png", name, 50.0, 50.0, b"")


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_seals_lie_under_the_text_within_a_line_of_what_is_above(set_pages: Set, count: int) -> None:
    names = tuple(f"清河市{name}局" for name in ("应急管理", "公安", "教育", "交通运输", "水务", "农业农村")[:count])
    signature = replace(SEALED, issuers=names, seals=tuple(map(picture, names)), diameter=42)
    pages = set_pages(paper(*HEAD, body(12), signature, Note("此件公开发布"), FOOT))
    page = len(pages.shape.pages) - 1
    parts = [part.role for part in pages.parts(page)]
    assert parts.index("figure") < parts.index("signature")
    found = [item for item in items(pages, page) if isinstance(item, Image)]
    assert [item.description for item in found] == [f"{name}印章" for name in names]
    above = max(lines(pages, page, "paragraph"))
    descent = LINE - ((LINE - 16 * PT) / 2 + 0.88 * 16 * PT)
    assert 0 <= min(item.y for item in found) - (above + descent) <= LINE
    for name, seal in zip(names, found, strict=True):
        (run,) = [run for run in runs(pages, page, "signature") if run.text == name]
        assert seal.x + seal.width / 2 == pytest.approx((run.x + end(run)) / 2, abs=0.05)
        assert seal.y < run.y - run.size * PT
        assert seal.y + seal.height > run.y
        assert seal.x >= LEFT
        assert seal.x + seal.width <= RIGHT
    assert found[-1].y + found[-1].height > max(lines(pages, page, "signature"))
    assert max(item.y + item.height for item in found) <= BOTTOM


def test_a_seal_at_a_pages_end_stays_inside_the_type_area(set_pages: Set) -> None:
    signature = replace(SEALED, seals=(picture("a"),))
    for count in range(24, 34):
        pages = set_pages(paper(*HEAD, body(count), signature))
        found = [i for page in range(len(pages.shape.pages)) for i in items(pages, page) if isinstance(i, Image)]
        assert [seal.y + seal.height <= BOTTOM + 0.01 for seal in found] == [True]


def test_more_seals_than_a_page_holds_go_over_to_the_next(set_pages: Set) -> None:
    names = tuple(HANZI[start : start + 24] for start in range(7))
    signature = replace(SEALED, issuers=names, seals=tuple(map(picture, names)))
    for count in range(1, 14, 3):
        pages = set_pages(paper(*HEAD, body(count), signature, Note("此件公开发布")))
        found = [item for page in range(len(pages.shape.pages)) for item in items(pages, page)]
        seals = [item for item in found if isinstance(item, Image)]
        assert len(seals) == 7
        assert min(seal.y for seal in seals) >= TOP - 0.01
        assert max(seal.y + seal.height for seal in seals) <= BOTTOM + 0.01


def test_a_joint_letter_shows_its_organiser_alone(set_pages: Set) -> None:
    pages = set_pages(paper(Mark(("清河市公安局", "清河市教育局")), Number("清安办函〔2026〕1号"), form="letter"))
    assert "清河市公安局" in whole_text(pages, 0)
    assert "清河市教育局" not in whole_text(pages, 0)


def test_a_long_signature_stays_inside_the_type_area(set_pages: Set) -> None:
    pages = set_pages(paper(body(2), replace(SEALED, issuers=(words(24),))))
    name = next(iter(lines(pages, 0, "signature").values()))
    assert end(name[-1]) <= RIGHT + 0.01
    assert name[0].x >= LEFT


@pytest.mark.parametrize("issuer", ["清河市安全生产委员会办公室", "清河市"])
def test_an_unsealed_papers_date_and_signature(set_pages: Set, issuer: str) -> None:
    pages = set_pages(paper(body(2), Signature("unsealed", (issuer,), "2026年11月25日")))
    name, date = lines(pages, 0, "signature").items()
    assert date[1][0].x - name[1][0].x == pytest.approx(2 * CELL, abs=0.01)
    inset = end((name if len(issuer) > 5 else date)[1][-1])
    assert inset == pytest.approx(RIGHT - 2 * CELL, abs=0.01)
    assert name[0] - max(lines(pages, 0, "paragraph")) == pytest.approx(2 * LINE, abs=0.01)


def test_a_signature_chop(set_pages: Set) -> None:
    pages = set_pages(paper(body(2), Signature("chop", ("清河市",), "2026年11月25日", "市长")))
    title, date = lines(pages, 0, "signature").items()
    assert text(title[1]) == "市长"
    assert end(title[1][-1]) < RIGHT - 4 * CELL - 2 * CELL
    assert end(date[1][-1]) == pytest.approx(RIGHT - 4 * CELL, abs=0.01)
    assert date[0] - title[0] == pytest.approx(2 * LINE, abs=0.01)


@pytest.mark.parametrize("count", range(3, 40))
def test_two_lines_of_body_share_the_signatures_page(set_pages: Set, count: int) -> None:
    pages = set_pages(paper(*HEAD, body(count), AnnexList(("方案", "表格")), SEALED, Note("此件公开发布"), FOOT))
    page = next(number for number in range(len(pages.shape.pages)) if lines(pages, number, "signature"))
    assert len(lines(pages, page, "signature")) == 2
    assert lines(pages, page, "note")
    assert len(lines(pages, page, "paragraph")) >= 2
    assert lines(pages, 0, "paragraph")
    total = sum(len(lines(pages, number, "paragraph")) for number in range(len(pages.shape.pages)))
    assert total == count


def test_a_signature_that_lacks_a_line_has_the_page_tightened_within_bounds(set_pages: Set) -> None:
    """Clause 7.3.5.4: first the spacing, then two lines of body."""
    pitches, tightened = [], 0
    for count in range(20, 44):
        pages = set_pages(paper(*HEAD, body(count), SEALED))
        page = next(number for number in range(len(pages.shape.pages)) if lines(pages, number, "signature"))
        assert len(lines(pages, page, "paragraph")) >= 2
        steps = [after - before for before, after in itertools.pairwise(lines(pages, page, "paragraph"))]
        pitches += steps
        tightened += min(steps) < LINE - 0.01
        assert max(lines(pages, page, "signature")) < BOTTOM
    assert tightened
    assert min(pitches) >= 0.95 * LINE - 0.01
    assert max(pitches) <= LINE + 0.01


def test_a_note_stands_in_brackets_two_cells_in(set_pages: Set) -> None:
    pages = set_pages(paper(body(2), SEALED, Note("此件公开发布")))
    (note,) = lines(pages, 0, "note").items()
    assert text(note[1]) == "（此件公开发布）"
    assert note[0] - max(lines(pages, 0, "signature")) == pytest.approx(LINE, abs=0.01)


# Annexes, colophon, page numbers -------------------------------------------------------------------------------------


def test_an_annex_begins_a_page_with_label_and_title(set_pages: Set) -> None:
    annexes = (Annex("附件1", "工作方案", (body(30),)), Annex("附件2", "", (body(1),)))
    pages = set_pages(paper(*HEAD, body(2), SEALED, *annexes, FOOT))
    found = list(lines(pages, 1).items())
    assert text(found[0][1]) == "附件1"
    assert found[0][1][0].x == LEFT
    assert found[0][1][0].face == "hei"
    assert text(found[1][1]) == "工作方案"
    assert 1.5 * LINE < found[1][0] - found[0][0] < 2.7 * LINE
    assert (found[1][1][0].x + end(found[1][1][-1])) / 2 == pytest.approx(106, abs=0.05)
    assert [page.number for page in pages.shape.pages] == [1, 2, 3, 4]
    assert pages.shape.pages[1].bookmarks[0].text == "附件1 工作方案"
    assert rules(pages, 3)[-1].y == pytest.approx(262, abs=0.2)


def test_a_paper_that_is_issued_has_no_label_and_its_title_on_line_1(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD, body(3), SEALED, Annex("", "巡查办法", (body(2),))))
    first, second, *_ = lines(pages, 2 if lines(pages, 1, "signature") else 1).values()
    assert text(first) == "巡查办法"
    assert text(second).startswith(HANZI[:4])


def test_the_colophons_rules(set_pages: Set) -> None:
    pages = set_pages(paper(*HEAD[:3], body(2), SEALED, FOOT))
    first, inner, last = rules(pages, 0)
    assert last.y + last.height / 2 == pytest.approx(262, abs=0.01)
    assert [rule.height for rule in (first, inner, last)] == [0.35, 0.25, 0.35]
    assert {(rule.x, rule.width) for rule in (first, inner, last)} == {(LEFT, 156)}
    *_, printed = lines(pages, 0, "colophon").values()
    inset = 14 * PT
    assert printed[0].x == pytest.approx(LEFT + inset, abs=0.01)
    assert end(printed[-1]) == pytest.approx(RIGHT - inset, abs=0.05)
    assert text(printed).endswith("2026年11月25日印发")
    assert {run.size for run in printed} == {14}


def test_wrapped_copies_align_after_the_colon(set_pages: Set) -> None:
    pages = set_pages(paper(body(2), replace(FOOT, cc=words(70))))
    first, second, third, _ = lines(pages, 0, "colophon").values()
    assert text(first).startswith("抄送：")
    assert text(third).endswith("。")
    assert second[0].x == pytest.approx(first[0].x + 3 * 14 * PT, abs=0.05)
    assert second[0].x == third[0].x


def test_page_numbers(set_pages: Set, ink: Ink) -> None:
    pages = set_pages(paper(*HEAD, body(80)))
    for page in range(len(pages.shape.pages)):
        line = list(lines(pages, page, "artefact").values())[-1]
        assert text(line).replace(" ", "") == f"—{page + 1}—"
        assert {run.size for run in line} == {14}
        dashes = line[0]._replace(text="—", advances=line[0].advances[:1])
        assert ink(dashes)[1] == pytest.approx(269, abs=0.05)
        if page % 2 == 0:
            assert end(line[-1]) == pytest.approx(RIGHT - 14 * PT, abs=0.01)
        else:
            assert line[0].x == pytest.approx(LEFT + 14 * PT, abs=0.01)


def numbers(pages: Pages) -> list[int | None]:
    return [page.number for page in pages.shape.pages]


def test_the_colophon_stands_on_an_even_page_if_asked(set_pages: Set) -> None:
    short = paper(*HEAD[:3], body(2), SEALED, FOOT)
    assert numbers(set_pages(short)) == [1]
    even = set_pages(replace(short, colophon="even"))
    assert numbers(even) == [1, 2]
    assert not lines(even, 0, "colophon")
    assert lines(even, 1, "colophon")


def test_a_blank_page_before_the_colophon_and_its_own_page_have_no_number(set_pages: Set) -> None:
    full = next(
        pages
        for count in range(20, 60)
        if len((pages := set_pages(paper(*HEAD, body(count), FOOT, colophon="even"))).shape.pages) == 4
    )
    assert numbers(full) == [1, 2, None, None]
    assert not full.parts(2)
    assert lines(full, 3, "colophon")
    assert lines(full, 1, "paragraph")


def test_a_landscape_annex_turns_its_pages(set_pages: Set) -> None:
    table = Table((Column(), Column(0.5)), tuple(Row((Cell((str(n),)), Cell((words(30),)))) for n in range(40)))
    annex = Annex("附件", "表", (table,), landscape=True)
    pages = set_pages(paper(*HEAD, body(2), SEALED, annex, FOOT))
    turned = [page for page in pages.shape.pages if page.width == 297]
    assert len(turned) >= 2
    assert pages.shape.pages[-1].width == 210
    for index, page in enumerate(pages.shape.pages):
        if page.width == 297:
            (number,) = [run for run in runs(pages, index) if run.turned]
            assert 297 - 262 - 12 < number.x < 297 - 262 - 7
            assert all(run.x >= 35 - 0.5 and end(run) <= 260.5 for run in runs(pages, index) if not run.turned)
    assert lines(pages, len(pages.shape.pages) - 1, "colophon")


def test_a_landscape_sheet_turns_its_own_pages_only(set_pages: Set) -> None:
    table = Table((Column(), Column(0.5)), tuple(Row((Cell((str(n),)), Cell((words(30),)))) for n in range(40)))
    annex = Annex("附件", "表", (table,))
    sheet = replace(paper(Title("发文登记簿"), table, annex), landscape=True, colophon="last")
    pages = set_pages(sheet)
    sizes = [(page.width, page.height) for page in pages.shape.pages]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes.count((297, 210)) >= 2
    assert (210, 297) in sizes
    (title,) = [run for run in runs(pages, 0) if run.text == "发文登记簿"]
    assert (title.x + end(title)) / 2 == pytest.approx((35 + 260) / 2, abs=1)


def test_minutes_name_who_was_there(set_pages: Set) -> None:
    pages = set_pages(paper(body(2), Attendance("出席", words(40)), Attendance("请假", "王某"), form="minutes"))
    line = find(pages, 0, "出席：")
    assert line[0].face == "hei"
    wrapped = list(lines(pages, 0).values())[3]
    assert wrapped[0].x == pytest.approx(LEFT + 5 * CELL, abs=0.01)


def test_an_orders_body_stands_two_lines_under_its_number(set_pages: Set) -> None:
    pages = set_pages(paper(Mark(("清河市人民政府",), "令"), Number("第3号"), body(2), form="order"))
    number, first = find(pages, 0, "第3号")[0], next(iter(lines(pages, 0, "paragraph").values()))[0]
    assert first.y - number.y == pytest.approx(3 * LINE, abs=0.01)


# Sheets with slots ---------------------------------------------------------------------------------------------------


def test_units_whose_own_texts_take_the_same_room_share_a_shape(style, faces) -> None:
    typesetter = Typesetter(paper(*HEAD[:4], Addressees(slot("unit.name")), body(30), SEALED), style, faces)
    one = typesetter.pages({"unit.name": "城西街道办事处"})
    two = typesetter.pages({"unit.name": "城东镇人民政府"})
    three = typesetter.pages({"unit.name": words(50)})
    assert one.shape is two.shape
    assert three.shape is not one.shape
    assert [text([*part.items]) for part in one.own] == ["城西街道办事处："]
    assert whole_text(two, 0) == whole_text(one, 0).replace("城西街道办事处", "城东镇人民政府")


def test_a_character_in_no_face_is_named_with_its_text(set_pages: Set) -> None:
    with pytest.raises(MissingGlyph) as caught:
        set_pages(paper(body(1), Paragraph("某单位\U000f0000某人")))
    assert "F0000" in str(caught.value)
    assert "某单位" in str(caught.value)


def test_a_slot_without_value_is_an_error(set_pages: Set) -> None:
    with pytest.raises(KeyError):
        set_pages(paper(Paragraph(slot("unit.name"))))


NAMES = ["unit.name", "unit.contact", "unit.phone"]
texts = st.builds(
    lambda pieces: "".join(pieces),
    st.lists(
        st.one_of(
            st.sampled_from([words(9), "，", "。", "（一）", "ABC 12", "2026年", words(40), "“引”"]),
            st.sampled_from([slot(name) for name in NAMES]),
        ),
        max_size=6,
    ),
)
cells = st.builds(
    Cell,
    st.lists(st.one_of(texts, st.just(Check("box", "是"))), max_size=3).map(tuple),
    colspan=st.integers(1, 2),
    rowspan=st.integers(1, 3),
    name=st.sampled_from(["", "field"]),
)
tables = st.builds(
    Table,
    st.lists(st.builds(Column, st.sampled_from([None, 0.2, 0.3])), min_size=1, max_size=4).map(tuple),
    st.lists(st.builds(Row, st.lists(cells, max_size=4).map(tuple)), min_size=1, max_size=12).map(
        lambda rows: (replace(rows[0], head=True), *rows[1:])
    ),
    st.sampled_from(["table", "form"]),
)
plain_blocks = st.one_of(
    st.builds(Paragraph, texts, st.integers(0, 4), st.one_of(st.just(""), texts)),
    tables,
    st.builds(Title, texts),
    st.builds(Subtitle, texts),
    st.builds(AnnexList, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Signature, st.sampled_from(["sealed", "unsealed", "chop"]), st.tuples(texts), st.just("2026年1月5日"), texts
    ),
    st.builds(Note, texts),
    st.builds(Space),
    st.builds(Qr, texts, texts, align=st.sampled_from(["left", "right", "center"])),
    st.builds(Attendance, texts, texts),
    st.builds(Fields, st.lists(st.builds(Field, st.just("f"), texts, texts), min_size=1, max_size=5).map(tuple)),
    st.just(Signs((Sign("s", "签字"), Sign("t", slot("unit.name"), "seal")))),
)
blocks = st.builds(
    lambda head, mid, annexes, foot: (*head, *mid, *annexes, *foot),
    st.lists(
        st.one_of(
            st.builds(
                Mark, st.lists(st.sampled_from([words(8), slot("unit.name")]), min_size=1, max_size=2).map(tuple)
            ),
            st.builds(Number, texts, st.lists(texts, max_size=3).map(tuple)),
            st.builds(Urgency, texts),
        ),
        max_size=3,
    ),
    st.lists(st.one_of(plain_blocks, st.builds(Addressees, texts)), max_size=6),
    st.lists(st.builds(Annex, texts, texts, st.lists(plain_blocks, max_size=2).map(tuple), st.booleans()), max_size=2),
    st.lists(st.builds(Colophon, texts, texts, texts), max_size=1),
)
sheets = st.builds(
    Sheet,
    st.just("circular"),
    blocks,
    st.sampled_from(["general", "letter", "order", "minutes"]),
    texts,
    st.just(""),
    st.booleans(),
    st.sampled_from(["even", "last"]),
)


class Coded(dict[str, str]):
    """Values with codes for pages."""

    def __missing__(self, name: str) -> str:
        if name.startswith(("code:", "readable:")):
            return name.upper()
        raise KeyError(name)


unit_values = st.fixed_dictionaries({name: st.sampled_from(["", "甲", words(7), words(33), "A-1"]) for name in NAMES})


def flat(pages: Pages) -> list[tuple[object, ...]]:
    """Everything on the pages, in one order; rules and texts in a fixed order whatever part they came in."""
    return [
        (
            page.width,
            page.number,
            page.bookmarks,
            page.places,
            tuple(sorted((repr(item) for item in items(pages, number)), key=str)),
        )
        for number, page in enumerate(pages.shape.pages)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(sheet=sheets, units=st.lists(unit_values, min_size=1, max_size=4))
def test_stamping_equals_setting_the_bound_sheet(style, faces, sheet: Sheet, units: list[dict[str, str]]) -> None:
    typesetter = Typesetter(sheet, style, faces)
    for unit in units:
        values = Coded(unit)
        stamped = typesetter.pages(values)
        plain = Typesetter(bind(sheet, values), style, faces).pages(Coded())
        assert flat(stamped) == flat(plain)
        assert (stamped.shape.title, len(stamped.shape.pages)) == (plain.shape.title, len(plain.shape.pages))


# Papers together -----------------------------------------------------------------------------------------------------


def test_papers_begin_on_fronts(style, faces) -> None:
    own = Typesetter(paper(Paragraph(slot("unit.name")), Title("甲")), style, faces)
    long = Typesetter(paper(body(30), Paragraph(slot("unit.name"))), style, faces)
    papers = [maker.pages({"unit.name": name}) for maker, name in ((own, "城西"), (long, "城东"), (own, "城北"))]
    joined = concatenate(papers)
    assert [len(paper.shape.pages) for paper in papers] == [1, 2, 1]
    assert [whole_text(joined, page)[:2] for page in (0, 4)] == ["城西", "城北"]
    assert not joined.parts(1)
    assert "城东" in whole_text(joined, 3)
    assert len(joined.shape.pages) == 5
    assert len(concatenate(papers, whole_sheets=True).shape.pages) == 6
    assert len(concatenate(papers, duplex=False).shape.pages) == 4
    assert concatenate(papers).shape is joined.shape
