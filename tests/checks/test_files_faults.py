"""Planted faults: papers with one thing wrong; the checker finds that one and no other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from circular_gen.sheet.blocks import (
    Annex,
    AnnexList,
    Attendance,
    Colophon,
    Mark,
    Note,
    Number,
    Paragraph,
    Sheet,
    Signature,
    Space,
    Title,
    Urgency,
)
from circular_gen.typeset.page import Glyphs, Image, PageShape, Part, Rule
from circular_gen.typeset.pages import Pages
from circular_gen.typeset.style import Style

from ..libreoffice import WORD_FONTS, render
from .papers import (
    ANNEXES,
    LONG,
    OFFICE,
    altered,
    changed,
    chop,
    crowded,
    docx_of,
    draft,
    edited,
    general,
    headless,
    joint,
    joint_seals,
    letter,
    long_signature,
    minutes,
    order,
    pages_of,
    pdf_of,
    redrawn,
    rules_found,
    short_signature,
    swapped,
    unsealed,
    upward,
    with_measure,
    with_seal,
    with_type,
)
from .papers import without as without_blocks

Fault = tuple[str, Callable[[], Sheet], Callable[[], Style | None]]


def measures(rule: str, of: Callable[[], Sheet] = general, **values: float) -> Fault:
    return rule, of, lambda: with_measure(**values)


def types(rule: str, kind: str, of: Callable[[], Sheet] = general, **values: object) -> Fault:
    return rule, of, lambda: with_type(kind, **values)


def sheets(rule: str, make: Callable[[], Sheet]) -> Fault:
    return rule, make, lambda: None


def first_paragraph(**values: Any) -> Callable[[], Sheet]:
    return lambda: changed(general(), Paragraph, **values)


BOTH: list[Fault] = [
    measures("margin-left", page__left=32),
    measures("margin-top", page__top=33),
    measures("grid-lines", grid__line=29.4),
    measures("grid-pitch", grid__line=28.5),
    measures("grid-cells", grid__cell=16.37, grid__cells=27),
    measures("mark-top", mark__top=31),
    measures("mark-1999", mark__top=25),
    measures("mark-top-letter", letter, mark__top__letter=34),
    measures("mark-top-order", order, mark__top__order=26),
    measures("mark-top", minutes, mark__top=31),
    types("mark-face", "mark", face="hei"),
    types("mark-colour", "mark", colour="black"),
    sheets("urgency-word", lambda: changed(general(), Urgency, text="紧急")),
    sheets("mark-letter", lambda: changed(letter(), Mark, suffix="文件")),
    sheets("approver-upward", lambda: changed(upward(), Number, approvers=())),
    sheets("approver-upward", lambda: changed(general(), Number, approvers=("王某某",))),
    measures("rule-thickness", rule__thickness=3),
    sheets("title-words", lambda: _titled(f"{OFFICE}关于做好今冬明春安全防\n范工作的通知")),
    sheets("heading-numbers", lambda: _headed("1.自查内容。", "1、自查内容。")),
    sheets("heading-numbers", lambda: _headed("（一）矿山。", "(一)矿山。")),
    sheets("heading-numbers", lambda: _headed("（一）矿山。", "1.矿山。")),
    types("annex-list-size", "annex_list", size=14.0),
    sheets("annex-label-number", lambda: changed(general(), Annex, label="附件2")),
    measures("date-place-unsealed", unsealed, indent__unsealed__date=0),
    sheets("note-blank", lambda: swapped(general(), Note, Space(1), Note("此件公开发布"))),
    sheets("order-colophon", lambda: replace(order(), blocks=(*order().blocks, Colophon("市委办公室")))),
    types("urgency-face", "urgency", face="fangsong"),
    types("urgency-size", "urgency", size=14.0),
    sheets("number-brackets", lambda: changed(general(), Number, text="清安办发[2026]12号")),
    sheets("number-brackets", lambda: changed(general(), Number, text="清安办发（2026）12号")),
    sheets("number-form", lambda: changed(general(), Number, text="清安办发〔2026〕第12号")),
    sheets("number-form", lambda: changed(general(), Number, text="清安办发〔2026〕012号")),
    measures("number-blank", blank__number=1),
    types("number-face", "number", face="hei"),
    types("number-size", "number", size=14.0),
    types("approver-face", "approver", upward, face="hei"),
    measures("rule-gap", rule__gap=6),
    measures("letter-rule-width", letter, letter__rule__width=160),
    measures("letter-rule-gap", letter, rule__gap=8),
    measures("letter-rule-foot", letter, letter__rule__foot=26),
    types("title-size", "title", size=18.0),
    types("title-face", "title", face="fangsong"),
    measures("title-blank", blank__title=1),
    measures("title-blank", letter, blank__title=1),
    measures("addressees-blank", blank__addressees=2),
    types("addressees-face", "addressees", face="hei"),
    types("addressees-size", "addressees", size=14.0),
    sheets("title-shape", lambda: _titled(f"{OFFICE}关于做好\n今冬明春\n安全生产和防火防灾防范工作的通知")),
    sheets("title-lines", lambda: _titled("关于印发《今冬明春安全\n防范工作方案》的通知")),
    sheets("title-lines", lambda: _titled("关于做好今冬明春安全防范工作的通\n知")),
    measures("order-blank", order, blank__title__order=4),
    types("annex-list-face", "annex_list", face="kai"),
    types("signature-face", "signature", face="kai"),
    types("signature-size", "signature", size=18.0),
    types("note-face", "note", face="kai"),
    types("note-size", "note", size=14.0),
    measures("attendance-blank", minutes, blank__attendance=3),
    types("attendance-face", "attendance", minutes, face="kai"),
    types("body-face", "body", face="kai"),
    sheets("body-indent", first_paragraph(indent=0.0)),
    sheets("body-indent", first_paragraph(indent=4.0)),
    types("heading1-face", "heading1", face="kai"),
    types("heading2-face", "heading2", face="hei"),
    types("heading3-face", "heading3", face="hei"),
    types("heading4-face", "heading4", face="kai"),
    sheets(
        "heading-run-in",
        lambda: swapped(general(), Paragraph, Paragraph("", 1, "一、提高认识，压实责任。" + LONG)),
    ),
    measures("annex-list-blank", blank__annex_list=2),
    sheets(
        "annex-list-punctuation", lambda: changed(general(), AnnexList, names=(ANNEXES[0] + "；", ANNEXES[1] + "。"))
    ),
    sheets("annex-list-numbering", lambda: _one_annex(f"1.{ANNEXES[0]}")),
    sheets("annex-match", lambda: changed(general(), Annex, title="检查项目清单")),
    measures("signature-blank", blank__sealed=4),
    measures("signature-blank-unsealed", unsealed, blank__unsealed=3),
    measures("signature-place-unsealed", unsealed, indent__unsealed=4),
    measures("signature-blank-chop", chop, blank__chop=4),
    measures("date-blank-chop", chop, blank__chop__date=3),
    measures("date-place-chop", chop, indent__chop=6),
    measures("date-place", indent__sealed=2),
    sheets("date-form", lambda: _dated("2026年01月05日")),
    sheets("date-form", lambda: _dated("26年1月5日")),
    sheets("date-numerals", lambda: _dated("二〇二六年十一月二十五日")),
    measures("note-indent", indent__note=4),
    sheets("annex-label", lambda: changed(general(), Annex, label="附件1：")),
    types("annex-label-face", "annex_label", face="fangsong"),
    types("annex-label-size", "annex_label", size=14.0),
    measures("annex-title-line", blank__annex_title=3),
    measures("colophon-outer", colophon__rule__outer=0.6),
    measures("colophon-inner", colophon__rule__inner=0.5),
    measures("colophon-inset", colophon__inset=3),
    types("colophon-size", "colophon", size=12.0),
    types("colophon-face", "colophon", face="kai"),
    sheets("keywords", lambda: _after_note(Paragraph("主题词：安全生产 通知"))),
    sheets("signature-statement", lambda: swapped(general(), AnnexList, Paragraph("（此页无正文）"))),
    types("page-number-size", "page_number", size=12.0),
    measures("page-number-inset", page_number__inset=4),
]


def _headed(old: str, new: str) -> Sheet:
    """With the heading `old` written as `new`."""
    sheet = general()
    found = next(block for block in sheet.blocks if isinstance(block, Paragraph) and block.heading == old)
    at = sheet.blocks.index(found)
    level = 3 if new[0].isdecimal() else found.level
    changed_one = replace(found, heading=new, level=level)
    return replace(sheet, blocks=(*sheet.blocks[:at], changed_one, *sheet.blocks[at + 1 :]))


def _titled(title: str) -> Sheet:
    return changed(general(), Title, text=title)


def _copied() -> Sheet:
    """With copies to so many that they take more than a line."""
    return changed(
        general(),
        Colophon,
        cc="，".join(f"清河市{name}局" for name in ("应急管理", "自然资源", "水利", "交通运输", "公安")),
    )


def _one_annex(name: str) -> Sheet:
    sheet = changed(general(), AnnexList, names=(name,))
    annexes = [block for block in sheet.blocks if isinstance(block, Annex)]
    blocks = [replace(b, label="附件") if b is annexes[0] else b for b in sheet.blocks if b is not annexes[1]]
    return replace(sheet, blocks=tuple(blocks))


def _dated(date: str) -> Sheet:
    return changed(general(), Signature, date=date)


def _after_note(block: Paragraph) -> Sheet:
    return swapped(general(), Note, Note("此件公开发布"), block)


def named(faults: list[Any]) -> list[Any]:
    return [pytest.param(*fault, id=f"{fault[0]}-{at}") for at, fault in enumerate(faults)]


@pytest.mark.parametrize(("rule", "sheet", "style"), named(BOTH))
def test_a_fault_in_a_pdf_is_found_and_no_other(
    tmp_path: Path, rule: str, sheet: Callable[[], Sheet], style: Callable[[], Style | None]
) -> None:
    assert rules_found(tmp_path, pdf_of(pages_of(sheet(), style())), "paper.pdf") == {rule}


@pytest.mark.parametrize(("rule", "sheet", "style"), named(BOTH))
def test_a_fault_in_a_word_file_is_found_and_no_other(
    tmp_path: Path, rule: str, sheet: Callable[[], Sheet], style: Callable[[], Style | None]
) -> None:
    assert rules_found(tmp_path, docx_of(sheet(), style()), "paper.docx") == {rule}


# Only in a PDF: drawn otherwise --------------------------------------------------------------------------------------


def moved(by: float, when: Callable[[Any, int, str], bool]) -> Callable[[Pages], Pages]:
    """The items for which `when` holds, `by` mm to the right."""
    return lambda pages: redrawn(
        pages, lambda item, page, role: altered(item, x=item.x + by) if when(item, page, role) else item
    )


def without(when: Callable[[Any, int, str], bool]) -> Callable[[Pages], Pages]:
    return lambda pages: redrawn(pages, lambda item, page, role: None if when(item, page, role) else item)


def rules_as(when: Callable[[Rule], bool], **values: object) -> Callable[[Pages], Pages]:
    def change(item: Any, page: int, role: str) -> Any:
        return altered(item, **values) if isinstance(item, Rule) and when(item) else item

    return lambda pages: redrawn(pages, change)


def written(old: str, new: str, role_is: str) -> Callable[[Pages], Pages]:
    def change(item: Any, page: int, role: str) -> Any:
        if not isinstance(item, Glyphs) or role != role_is or old not in item.text:
            return item
        text = item.text.replace(old, new)
        return altered(item, text=text, advances=item.advances[: len(text)])

    return lambda pages: redrawn(pages, change)


def has(text: str, page_from: int = 1) -> Callable[[Any, int, str], bool]:
    return lambda item, page, role: isinstance(item, Glyphs) and text in item.text and page >= page_from


def is_number(item: Any, page: int, role: str) -> bool:
    return isinstance(item, Glyphs) and role == "artefact" and item.y > 262


def mirrored(pages: Pages) -> Pages:
    def change(item: Any, page: int, role: str) -> Any:
        shift = -116.0 if page % 2 else 116.0
        return altered(item, x=item.x + shift) if is_number(item, page, role) else item

    return redrawn(pages, change)


def centred(pages: Pages) -> Pages:
    def change(item: Any, page: int, role: str) -> Any:
        shift = -66.0 if page % 2 else 66.0
        return altered(item, x=item.x + shift) if is_number(item, page, role) else item

    return redrawn(pages, change)


def numbers_lower(pages: Pages) -> Pages:
    return redrawn(pages, lambda item, page, role: altered(item, y=item.y + 5) if is_number(item, page, role) else item)


def colophon_higher(pages: Pages) -> Pages:
    last = len(pages.shape.pages)
    return redrawn(
        pages,
        lambda item, page, role: altered(item, y=item.y - 6) if page == last and item.y <= 262 else item,
    )


def with_page(pages: Pages) -> Pages:
    return Pages(replace(pages.shape, pages=(*pages.shape.pages, PageShape(()))), pages.own)


def with_item(page: int, *items: Any) -> Callable[[Pages], Pages]:
    def change(pages: Pages) -> Pages:
        old = pages.shape.pages[page]
        elements = (*old.elements, None) if old.elements else ()
        new = replace(old, parts=(*old.parts, Part(items, "artefact")), elements=elements)
        shapes = [*pages.shape.pages]
        shapes[page] = new
        return Pages(replace(pages.shape, pages=tuple(shapes)), pages.own)

    return change


def numbered_first_page(pages: Pages) -> Pages:
    number = next(part for part in pages.parts(2) if part.role == "artefact")
    items = [altered(item, text=item.text.replace("3", "1")) for item in number.items]
    return with_item(0, *items)(pages)


def red_text(pages: Pages) -> Pages:
    def change(item: Any, page: int, role: str) -> Any:
        return altered(item, colour="red") if page == 2 and role == "paragraph" and isinstance(item, Glyphs) else item

    return redrawn(pages, change)


def lonely_signature(pages: Pages) -> Pages:
    signature = next(
        at + 1 for at in range(len(pages.shape.pages)) if any(part.role == "signature" for part in pages.parts(at))
    )
    return redrawn(
        pages,
        lambda item, page, role: None if page == signature and role in ("paragraph", "annex_list") else item,
    )


def is_approver(item: Any, page: int, role: str) -> bool:
    return in_head(item, page, 100, 130) and item.face == "kai"


def is_second_approver(item: Any, page: int, role: str) -> bool:
    return is_approver(item, page, role) and "张" in item.text


def lowered(by: float, when: Callable[[Any, int, str], bool]) -> Callable[[Pages], Pages]:
    return lambda pages: redrawn(
        pages, lambda item, page, role: altered(item, y=item.y + by) if when(item, page, role) else item
    )


def swapped_rules(pages: Pages) -> Pages:
    """The upper double rule of a letter with its thin line above."""

    def change(item: Any, page: int, role: str) -> Any:
        if not isinstance(item, Rule) or item.colour != "red" or item.y > 100:
            return item
        thick = item.height > 0.5
        return altered(item, y=item.y + 0.62, height=item.height) if thick else altered(item, y=item.y - 1.41)

    return redrawn(pages, change)


def is_label(item: Any, page: int, role: str) -> bool:
    return page > 4 and role == "title" and isinstance(item, Glyphs) and item.size == 16


def is_annex_title(item: Any, page: int, role: str) -> bool:
    return page > 4 and role == "title" and isinstance(item, Glyphs) and item.size == 22


def in_head(item: Any, page: int, top: float, bottom: float) -> bool:
    return page == 1 and isinstance(item, Glyphs) and top < item.y < bottom


def _long_names() -> Sheet:
    """With an annex whose name takes two lines."""
    name = "清河市今冬明春安全防范工作集中排查整治专项行动任务分工和完成时限一览表"
    sheet = changed(general(), AnnexList, names=(ANNEXES[0], name))
    second = [block for block in sheet.blocks if isinstance(block, Annex)][1]
    return replace(sheet, blocks=tuple(replace(b, title=name) if b is second else b for b in sheet.blocks))


def _many_present() -> Sheet:
    names = "，".join(f"{name}某某" for name in "赵钱孙李周吴郑王冯陈")
    return changed(minutes(), Attendance, names=names)


def _moved() -> Sheet:
    """With addressees that page 1 has no room for."""
    return changed(general(), Colophon, addressees="各镇（街道），各开发区管委会")


def _odd() -> Sheet:
    """With its colophon on page 5, as a circular may ask for."""
    return replace(without_blocks(general(), Annex, AnnexList), colophon="last")


def _lying() -> Sheet:
    return changed(general(), Annex, landscape=True)


def second_lines(by: float, role_is: str, which: int) -> Callable[[Pages], Pages]:
    """The last line of one of the paragraphs of a kind, moved."""

    def change(pages: Pages) -> Pages:
        parts = [part for at in range(len(pages.shape.pages)) for part in pages.parts(at) if part.role == role_is]
        items = [item for item in parts[which].items if isinstance(item, Glyphs)]
        last = [item for item in items if item.y == max(item.y for item in items)]
        return moved(by, lambda item, _page, _role: item in last)(pages)

    return change


def plain(
    page: int, x: float, y: float, text: str, face: Any = "fangsong", size: float = 16
) -> Callable[[Pages], Pages]:
    """With a line of text more."""
    em = size * 25.4 / 72
    advances = tuple(em if ord(character) > 255 else em / 2 for character in text)
    return with_item(page, Glyphs(face, size, x, y, text, advances))


def is_seal(item: Any, page: int, role: str) -> bool:
    return isinstance(item, Image)


def wider_seals(pages: Pages) -> Pages:
    """Of 60 mm around the same middle."""

    def change(item: Any, page: int, role: str) -> Any:
        return altered(item, x=item.x - 9, y=item.y - 9, width=60, height=60) if isinstance(item, Image) else item

    return redrawn(pages, change)


def blank_before_colophon(pages: Pages) -> Pages:
    """The colophon of six pages alone on page 8, with a number, after a blank page."""
    last = pages.shape.pages[-1]
    cut = next(at for at, part in enumerate(last.parts) if isinstance(part, Part) and part.role == "colophon")
    before = replace(last, parts=last.parts[:cut], elements=last.elements[:cut])
    alone = replace(last, parts=last.parts[cut:], elements=last.elements[cut:])
    shape = replace(pages.shape, pages=(*pages.shape.pages[:-1], before, PageShape(()), alone))
    return written("6", "8", "artefact")(Pages(shape, pages.own))


def resized(size: float, when: Callable[[Any, int, str], bool]) -> Callable[[Pages], Pages]:
    return lambda pages: redrawn(
        pages, lambda item, page, role: altered(item, size=size) if when(item, page, role) else item
    )


DRAWN: list[tuple[str, Callable[[], Sheet], Callable[[Pages], Pages]]] = [
    ("copy-number-form", general, plain(0, 28, 42, "12")),
    ("copy-number-place", general, plain(0, 60, 42, "000012")),
    ("approver-size", upward, resized(14.0, lambda item, page, role: is_approver(item, page, role))),
    ("letter-rule-place", letter, rules_as(lambda rule: rule.colour == "red", x=12.0)),
    ("letter-colophon-foot", letter, lowered(-30, lambda item, page, role: role == "colophon")),
    ("annex-list-wrap", _long_names, second_lines(-5, "annex_list", -1)),
    ("attendance-align", _many_present, second_lines(-8, "paragraph", -2)),
    ("colophon-even", _odd, lambda pages: pages),
    ("seal-centre", with_seal, moved(-9, is_seal)),
    ("seal-over", with_seal, lowered(-12, is_seal)),
    ("seal-top", with_seal, lowered(3, is_seal)),
    ("seal-apart", joint_seals, wider_seals),
    ("copies-moved", _moved, lambda pages: with_item(len(pages.shape.pages) - 1, Rule(28, 241.5, 156, 0.25))(pages)),
    ("page-number-blank", lambda: _one_annex(ANNEXES[0]), blank_before_colophon),
    ("page-number-lying", _lying, plain(5, 140, 195, "— 6 —", size=14)),
    ("mark-place", general, moved(-8, has("文件"))),
    ("urgency-place", general, moved(10, has("加急"))),
    ("number-place", general, moved(15, lambda item, page, role: in_head(item, page, 100, 116))),
    ("number-place-letter", letter, moved(-20, lambda item, page, role: in_head(item, page, 50, 65))),
    ("number-place", upward, moved(10, lambda item, page, role: in_head(item, page, 100, 130) and item.x < 90)),
    ("approver-place", upward, moved(5.5, lambda item, page, role: in_head(item, page, 100, 130) and item.x > 100)),
    ("approver-place", upward, moved(-14, lambda item, page, role: in_head(item, page, 100, 130) and item.x > 100)),
    ("mark-joint", joint, lowered(20.1, has("文件"))),
    ("approver-align", upward, moved(-11.2, is_second_approver)),
    ("letter-rule-order", letter, swapped_rules),
    ("letter-number-gap", letter, lowered(4, lambda item, page, role: in_head(item, page, 50, 65))),
    ("annex-list-align", general, moved(-16, has("2." + ANNEXES[1]))),
    ("copies-align", _copied, moved(8, has("公安局", 2))),
    ("page-number-sequence", general, written("6", "8", "artefact")),
    ("rule-width", general, rules_as(lambda rule: rule.colour == "red", width=140.0)),
    ("rule-colour", general, rules_as(lambda rule: rule.colour == "red", colour="black")),
    ("letter-page-number", letter, numbered_first_page),
    ("letter-colophon", letter, lambda pages: with_item(len(pages.shape.pages) - 1, Rule(28, 252, 156, 0.35))(pages)),
    ("title-place", general, moved(12, lambda item, page, role: page == 1 and role == "title")),
    ("addressees-place", general, moved(11.1, lambda item, page, role: role == "addressees")),
    ("addressees-colon", general, written("：", "", "addressees")),
    ("text-colour", general, red_text),
    ("annex-list-indent", general, moved(-11.1, lambda item, page, role: role == "annex_list")),
    ("signature-centre", general, moved(-9, lambda item, page, role: role == "signature" and OFFICE[:6] in item.text)),
    ("signature-company", general, lonely_signature),
    ("note-brackets", general, written("（", "《", "note")),
    ("annex-label-place", general, moved(11, is_label)),
    ("annex-title-place", general, moved(14, is_annex_title)),
    ("colophon-width", general, rules_as(lambda rule: rule.colour == "black", width=140.0)),
    ("colophon-foot", general, colophon_higher),
    ("colophon-page", general, with_page),
    ("copies-ending", general, written("。", "", "colophon")),
    ("printed-form", general, written("印发", "", "colophon")),
    ("page-number-present", general, without(is_number)),
    ("page-number-dashes", general, written("—", "", "artefact")),
    ("page-number-gap", general, numbers_lower),
    ("page-number-side", general, mirrored),
    ("page-number-centred", general, centred),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sheet", "change"), named(DRAWN))
def test_a_fault_that_is_drawn_into_a_pdf_is_found_and_no_other(
    tmp_path: Path, rule: str, sheet: Callable[[], Sheet], change: Callable[[Pages], Pages]
) -> None:
    assert rules_found(tmp_path, pdf_of(change(pages_of(sheet()))), "paper.pdf") == {rule}


def test_another_red_is_found(tmp_path: Path) -> None:
    assert rules_found(tmp_path, pdf_of(pages_of(general()), red=(0.7, 0.0, 0.1)), "paper.pdf") == {"red"}


def test_a_wider_type_area_is_found(tmp_path: Path) -> None:
    pages = pages_of(general(), with_measure(area__width=161.57))
    assert rules_found(tmp_path, pdf_of(pages), "paper.pdf") == {"area-width"}


def test_a_higher_type_area_is_found(tmp_path: Path) -> None:
    pages = pages_of(general(), with_measure(area__height=234.95))
    assert rules_found(tmp_path, pdf_of(pages), "paper.pdf") == {"area-height"}


def test_a_first_page_without_body_is_found(tmp_path: Path) -> None:
    sheet = general()
    at = next(index for index, block in enumerate(sheet.blocks) if isinstance(block, Paragraph))
    pushed = replace(sheet, blocks=(*sheet.blocks[:at], Space(10), *sheet.blocks[at:]))
    assert rules_found(tmp_path, pdf_of(pages_of(pushed)), "paper.pdf") == {"body-first-page"}


def test_a_paragraph_in_smaller_type_is_found(tmp_path: Path) -> None:
    sheet = changed(general(), Paragraph, style="form")
    assert rules_found(tmp_path, pdf_of(pages_of(sheet)), "paper.pdf") == {"body-size"}


# Only in a Word file: its XML changed ---------------------------------------------------------------------------------

STYLES, DOCUMENT, FOOTERS = r"word/styles\.xml", r"word/document\.xml", r"word/footer\d\.xml"
_GW = r'(<w:style [^>]*w:styleId="{}">(?:(?!</w:style>).)*?)'


def in_style(name: str, old: str, new: str) -> tuple[str, tuple[str, str]]:
    return STYLES, (_GW.format(name) + old, r"\g<1>" + new)


def short_mark() -> Sheet:
    return changed(general(), Mark, names=("清河市安委会",))


EDITED: list[tuple[str, Callable[[], Sheet], str, tuple[str, str]]] = [
    ("paper-size", general, DOCUMENT, (r'w:w="11906" (.*?) w:right="1474"', r'w:w="12240" \g<1> w:right="1808"')),
    ("area-width", general, DOCUMENT, ('w:right="1474"', 'w:right="1616"')),
    ("area-height", general, DOCUMENT, (r'w:bottom="1984"', 'w:bottom="1440"')),
    ("red", general, DOCUMENT, ('w:color="FF3333"', 'w:color="B00010"')),
    ("rule-colour", general, DOCUMENT, ('w:color="FF3333"', 'w:color="000000"')),
    ("mark-place", short_mark, *in_style("GwMark", '<w:jc w:val="center"/>', '<w:jc w:val="left"/>')),
    ("number-place", general, *in_style("GwNumber", '<w:jc w:val="center"/>', '<w:jc w:val="right"/>')),
    ("title-place", general, *in_style("GwTitle", '<w:jc w:val="center"/>', '<w:jc w:val="left"/>')),
    ("title-length", general, DOCUMENT, ("关于做好今冬明春安全防范工作", "关于切实做好全市今冬明春安全防范工作有关事")),
    ("addressees-place", general, *in_style("GwAddressees", '<w:jc w:val="both"/>', '<w:ind w:firstLine="632"/>')),
    ("addressees-colon", general, DOCUMENT, ("有关单位：</w:t>", "有关单位:</w:t>")),
    ("text-colour", general, *in_style("GwBody", "<w:rPr>", '<w:rPr><w:color w:val="1F4E79"/>')),
    ("body-size", general, *in_style("GwBody", '<w:sz w:val="32"/>', '<w:sz w:val="28"/>')),
    ("indent-characters", general, DOCUMENT, ("(<w:t[^>]*>)为贯彻", r"\g<1>　　为贯彻")),
    ("heading-bold", general, *in_style("GwHeading3", "<w:rPr>", "<w:rPr><w:b/>")),
    ("annex-list-indent", general, DOCUMENT, (r'w:left="1896" w:hanging="1264"', 'w:left="1264" w:hanging="1264"')),
    ("annex-list-numbering", general, DOCUMENT, ("附件：1[.]", "附件：一、")),
    ("signature-centre", general, DOCUMENT, (
        r'(w:val="GwSignature"/>(?:(?!</w:p>).)*?<w:ind w:left=)"\d+"', r'\g<1>"2000"',
    )),
    ("note-brackets", general, DOCUMENT, ("（此件公开发布）", "此件公开发布")),
    ("annex-page", general, *in_style("GwAnnexLabel", "<w:pageBreakBefore/>", "")),
    ("annex-label-place", general, *in_style("GwAnnexLabel", '<w:jc w:val="left"/>', '<w:ind w:left="632"/>')),
    ("annex-title-place", general, *in_style("GwAnnexTitle", '<w:jc w:val="center"/>', '<w:jc w:val="left"/>')),
    ("colophon-width", general, DOCUMENT, (
        r'<w:gridCol w:w="8844"/>(.*?)w:pos="8564"', r'<w:gridCol w:w="8000"/>\g<1>w:pos="7720"',
    )),
    ("colophon-page", general, DOCUMENT, ("</w:tbl>(<w:p>)", r"</w:tbl><w:p><w:r><w:t>另附</w:t></w:r></w:p>\g<1>")),
    ("copies-ending", general, DOCUMENT, ("市政府办公室。", "市政府办公室")),
    ("printed-form", general, DOCUMENT, ("日印发", "日")),
    ("page-number-face", general, *in_style("GwPageNumber", '(<w:rFonts )[^>]*/>', '<w:rFonts w:eastAsia="楷体"/>')),
    ("page-number-dashes", general, FOOTERS, ("—", "")),
    ("page-number-gap", general, DOCUMENT, ('w:footer="1400"', 'w:footer="900"')),
    ("footer-distance", general, DOCUMENT, ('w:footer="1400"', 'w:footer="397"')),
    ("page-number-centred", general, FOOTERS, (r'<w:jc w:val="\w+"/>', '<w:jc w:val="center"/>')),
    ("page-number-side", general, r"word/settings\.xml", ("<w:evenAndOddHeaders/>", "")),
    ("page-number-present", general, FOOTERS, (" PAGE ", " DATE ")),
    ("letter-page-number", letter, DOCUMENT, ("<w:titlePg/>", "")),
    ("letter-colophon", letter, DOCUMENT, (
        '(<w:tblOverlap w:val="never"/>(?:(?!</w:tblPr>).)*?)<w:tblLayout',
        r'\g<1><w:tblBorders><w:top w:val="single" w:sz="8"/></w:tblBorders><w:tblLayout',
    )),
    ("letter-rule-order", letter, DOCUMENT, (
        r'<w:top w:val="single" w:sz="24"(.*?)<w:bottom w:val="single" w:sz="6"',
        r'<w:top w:val="single" w:sz="6"\g<1><w:bottom w:val="single" w:sz="24"',
    )),
    ("number-place-letter", letter, DOCUMENT, (r'(<w:tab w:val="right" w:pos=")8844', r"\g<1>7000")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sheet", "part", "change"), named(EDITED))
def test_a_fault_in_a_word_files_xml_is_found_and_no_other(
    tmp_path: Path, rule: str, sheet: Callable[[], Sheet], part: str, change: tuple[str, str]
) -> None:
    assert rules_found(tmp_path, edited(docx_of(sheet()), part, change), "paper.docx") == {rule}


# The other way round -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sheet",
    [general, letter, upward, unsealed, chop, joint, order, minutes, draft, headless, long_signature, short_signature],
    ids=lambda sheet: sheet.__name__,
)
def test_papers_without_a_fault_are_passed_in_silence(tmp_path: Path, sheet: Callable[[], Sheet]) -> None:
    assert rules_found(tmp_path, pdf_of(pages_of(sheet())), "paper.pdf") == set()
    assert rules_found(tmp_path, docx_of(sheet()), "paper.docx") == set()


@pytest.mark.parametrize("sheet", [crowded, _many_present, with_seal, joint_seals], ids=lambda sheet: sheet.__name__)
def test_names_of_two_lines_and_pages_that_lie_are_no_fault(tmp_path: Path, sheet: Callable[[], Sheet]) -> None:
    assert rules_found(tmp_path, pdf_of(pages_of(sheet())), "paper.pdf") == set()
    assert rules_found(tmp_path, docx_of(sheet()), "paper.docx") == set()


@pytest.mark.libreoffice
def test_what_another_program_lays_out_from_our_word_files_is_passed_too(tmp_path: Path) -> None:
    """Measured, not recognised as ours: the PDFs of a second layout program."""
    files = []
    for number, sheet in enumerate((general, letter, upward, unsealed)):
        files.append(tmp_path / f"{number}.docx")
        files[-1].write_bytes(docx_of(sheet(), fonts=WORD_FONTS))
    render(files, tmp_path / "laid-out")
    for number in range(len(files)):
        data = (tmp_path / "laid-out" / f"{number}.pdf").read_bytes()
        # No Word file knows on which side of a sheet its last page falls.
        assert rules_found(tmp_path, data, "paper.pdf") - {"colophon-even"} == set()


def test_every_rule_has_its_planted_fault() -> None:
    from circular_gen.checks.rules import RULES

    planted = {fault[0] for fault in (*BOTH, *DRAWN, *EDITED)} | {"red", "body-first-page", "body-size"}
    assert {rule.name for rule in RULES} == planted
    assert len(planted) > 90
