"""Word files: sound by the schema, restylable, stamped with the same words as the sheet that they are made from."""

import datetime
import functools
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import docx
import pypdfium2
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from PIL import Image, ImageChops, ImageDraw

from circular_gen.output.docx import DocxMould
from circular_gen.resources import TEMPLATES
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
from circular_gen.typeset.style import Style, load_style

from ..libreoffice import WORD_FONTS, render

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFFICE = "清河市安全生产委员会办公室"
VALUES = {
    "unit.name": "城西街道 & <安监所>",
    "code:receipt:0": "CG1ABCDEFR1234567812345678901000000000000000ABCDEFGHJK",
    "readable:receipt:0": "R0 7K3M9-Q2XV8",
}

ITEMS = Table(
    (Column(0.1, "center"), Column(), Column(0.2)),
    (
        Row((Cell(("序号",)), Cell(("项目与标准",)), Cell(("结论",))), head=True),
        *(
            Row(
                (
                    Cell((str(number),)),
                    Cell(("安全责任制是否建立",)),
                    Cell((Check(f"t{number}.yes", "是"), " ", Check(f"t{number}.no", "否"))),
                )
            )
            for number in range(1, 40)
        ),
    ),
)
MERGED = Table(
    (Column(), Column(), Column(), Column()),
    (
        Row((Cell(("甲",), rowspan=3), Cell(("乙丙",), colspan=2, rowspan=2), Cell(("丁",)))),
        Row((Cell(("戊",)),)),
        Row((Cell(("己",)), Cell(("庚",)), Cell(("辛\n壬",), align="right"))),
    ),
)
BODY = (
    Paragraph("为深入贯彻落实安全生产部署，坚决防范事故，现就有关要求通知如下："),
    Paragraph("要充分认识“严峻性”——牢固树立底线思维……" * 12, 1, "一、提高认识，压实责任。"),
    Paragraph("煤矿、非煤矿山、危险化学品等行业领域。" * 8, 2, "（一）矿山方面。"),
    Paragraph("对停产矿井逐一检查。", 3, "1.停产矿井。"),
    Paragraph("专人盯守。", 4, "（1）盯守。"),
    Paragraph("", 1, "二、加强值守"),
    Paragraph("严格落实领导带班制度。" * 20),
)
GENERAL = Sheet(
    "circular",
    (
        Urgency("加急"),
        Mark((OFFICE,), "文件"),
        Number("清安办发〔2026〕12号"),
        Title("关于做好2026年岁末年初\n安全生产工作的通知"),
        Addressees("各镇（街道），清河经济开发区管委会，市安委会有关单位"),
        *BODY,
        AnnexList(("检查项目表", "工作方案")),
        Signature("sealed", (OFFICE,), "2026年12月20日"),
        Note("此件公开发布"),
        Annex("附件1", "检查项目表", (ITEMS,)),
        Annex("附件2", "工作方案", (Paragraph("为做好工作，制定本方案。"), MERGED), landscape=True),
        Colophon("市委办公室，市政府办公室", OFFICE, "2026年12月20日"),
    ),
    title="关于做好岁末年初安全生产工作的通知",
    author=OFFICE,
)
LETTER = Sheet(
    "circular",
    (
        Urgency("特急"),
        Mark((OFFICE,)),
        Number("清安办函〔2026〕3号"),
        Title("关于召开全市安全生产工作会议的通知"),
        Addressees(slot("unit.name")),
        *BODY[:3],
        AnnexList(("参会回执",)),
        Signature("unsealed", (OFFICE,), "2026年1月5日"),
        Colophon("市委办公室。"),
    ),
    format="letter",
    title="关于召开会议的通知",
    author=OFFICE,
)
RECEIPT = Sheet(
    "receipt",
    (
        Title("签收回执"),
        Subtitle(slot("unit.name")),
        Fields(
            (
                Field("number", "发文字号", "清安办发〔2026〕12号"),
                Field("unit", "收文单位", slot("unit.name")),
                Field("title", "标题", "关于做好工作的通知", span=2),
                Field("signer", "签收人"),
                Field(
                    "found",
                    "核对情况",
                    checks=(Check("found.whole", "完整"), Check("found.short", "缺份")),
                    span=2,
                    height=15,
                ),
            )
        ),
        Paragraph("请于2026年12月25日17时前返回。", style="form"),
        Signs((Sign("signature", "签收人签字"), Sign("seal", "单位盖章", "seal"))),
        Paragraph("依据：《条例》第二十四条。", style="hint", indent=0, align="left"),
    ),
    form=True,
    title="签收回执",
    author=OFFICE,
)
UPWARD = Sheet(
    "circular",
    (
        Mark((OFFICE,), "文件"),
        Number("清安办〔2026〕7号", ("王某某", "李某", "张某某")),
        Title("关于安全生产情况的报告"),
        Paragraph("现将有关情况报告如下。"),
        Signature("chop", (), "2026年2月1日", "市长"),
        Colophon("", OFFICE, "2026年2月1日"),
    ),
)


def ring() -> Art:
    """A red circle that fills its picture."""
    image = Image.new("RGB", (420, 420), "white")
    ImageDraw.Draw(image).ellipse((0, 0, 419, 419), outline=(220, 0, 0), width=8)
    file = io.BytesIO()
    image.save(file, "PNG")
    return Art("png", "ring", 42, 42, file.getvalue())


JOINT = Sheet(
    "circular",
    (
        Mark((OFFICE, "清河市应急管理局"), "文件"),
        Number("清安办发〔2026〕8号"),
        Title("关于开展联合检查的通知"),
        Addressees("各镇（街道）"),
        Paragraph("现通知如下。"),
        Space(2),
        Qr("CG1" + "A" * 51, "A0 12345-67890", align="center"),
        Signature("sealed", (OFFICE, "清河市应急管理局"), "2026年2月1日", seals=(ring(), ring())),
    ),
)
MINUTES = Sheet(
    "circular",
    (
        Mark(("清河市安委会会议纪要",)),
        Number("〔2026〕1号"),
        Title("会议纪要"),
        Paragraph("会议指出。"),
        Attendance("出席", "王某某、李某"),
        Attendance("列席", "张某"),
        ITEMS,
        MERGED,
    ),
    format="minutes",
)
ORDER = Sheet(
    "circular",
    (Mark((OFFICE + "令",)), Number("第1号"), Paragraph("现予公布。"), Signature("chop", (), "2026年2月1日", "主任")),
    format="order",
)
SHEETS = {
    "general": GENERAL,
    "letter": LETTER,
    "receipt": RECEIPT,
    "running": replace(RECEIPT, running=f"签收回执 {slot('unit.name')}"),
    "upward": UPWARD,
    "joint": JOINT,
    "minutes": MINUTES,
    "order": ORDER,
    "draft": Sheet(
        "circular",
        (Mark((OFFICE,), "文件"), Number(""), Title("通知"), Paragraph("略。"), Signature("sealed", (OFFICE,), "")),
    ),
    "letter without number": Sheet(
        "circular", (Urgency("特急"), Mark((OFFICE,)), Title("通知"), ITEMS), format="letter"
    ),
    "empty": Sheet("circular", ()),
}


@functools.cache
def style() -> Style:
    return load_style((TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8"))


@functools.cache
def made(name: str) -> bytes:
    return DocxMould(SHEETS[name], style()).copy(VALUES)


def part(data: bytes, name: str = "word/document.xml") -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return etree.fromstring(package.read(name))


def names(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.namelist()


def words(data: bytes, name: str = "word/document.xml") -> list[str]:
    """The texts of all paragraphs that have any, in order; those in tables too."""
    texts = []
    for paragraph in part(data, name).iter(f"{W}p"):
        pieces = {f"{W}br": "\n", f"{W}tab": "\t"}
        text = "".join(
            pieces.get(e.tag, e.text or "")
            for e in paragraph.iter(f"{W}t", f"{W}br", f"{W}tab")
            if e.getparent().tag == f"{W}r"
        )
        texts += [text] if text.strip() else []
    return texts


def styled(data: bytes) -> Iterator[tuple[str, etree._Element]]:
    """Each paragraph with the name of its style."""
    identities = {
        element.get(f"{W}styleId"): element.find(f"{W}name").get(f"{W}val")
        for element in part(data, "word/styles.xml").iter(f"{W}style")
    }
    for paragraph in part(data).iter(f"{W}p"):
        yield identities[paragraph.find(f"{W}pPr/{W}pStyle").get(f"{W}val")], paragraph


def said(blocks: tuple[Block, ...]) -> Iterator[str]:
    """What a sheet says, in order, with what the layout adds."""
    for block in blocks:
        match block:
            case Mark(names, suffix):
                yield "".join(names) + suffix
            case Addressees(text):
                yield text + "："
            case Paragraph():
                yield block.heading + block.text
            case AnnexList(names):
                yield "附件：" + "".join(name if len(names) == 1 else f"{n}.{name}" for n, name in enumerate(names, 1))
            case Signature():
                yield from block.issuers if block.manner != "chop" else (block.signer_title,)
                yield block.date
            case Note(text):
                yield f"（{text}）"
            case Annex():
                yield block.label + block.title
                yield from said(block.blocks)
            case Table():
                for row in block.rows:
                    for cell in row.cells:
                        yield "".join("□" + c.label if isinstance(c, Check) else c for c in cell.content)
            case Fields():
                for field in block.fields:
                    yield field.label + field.value + "".join("□" + check.label for check in field.checks)
            case Signs():
                yield from (area.label for area in block.areas)
            case Colophon():
                yield ("抄送：" + block.cc.rstrip("。") + "。") if block.cc else ""
                yield f"{block.printed_by}{block.printed_on}印发" if block.printed_by else ""
            case Urgency(text) | Number(text) | Title(text) | Subtitle(text):
                yield text


def squeezed(texts: Iterator[str] | list[str]) -> str:
    return re.sub(r"\s", "", "".join(texts))


@pytest.mark.parametrize("name", SHEETS)
def test_the_file_is_sound_and_word_libraries_open_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.docx"
    path.write_bytes(made(name))
    result = OpenXmlValidator().validate(str(path))
    assert [error.description for error in result.errors] == []
    opened = docx.Document(io.BytesIO(made(name)))
    assert opened.core_properties.title == SHEETS[name].title
    assert opened.core_properties.author == SHEETS[name].author
    assert opened.core_properties.language == "zh-CN"


@pytest.mark.parametrize("name", ["general", "receipt", "order"])
def test_the_words_are_the_sheets_in_its_order(name: str) -> None:
    assert squeezed(words(made(name))) == squeezed(said(bind(SHEETS[name], VALUES).blocks))


def test_a_letters_urgency_stands_beside_its_number_under_the_mark() -> None:
    urgency = next(run for run in part(made("letter")).iter(f"{W}r") if "".join(run.itertext()) == "特急")
    assert urgency.find(f"{W}rPr/{W}rStyle").get(f"{W}val") == "GwUrgent"
    first, second, *rest = words(made("letter"))
    assert (first, second) == (OFFICE, "特急\t清安办函〔2026〕3号")
    assert squeezed(rest) == squeezed(said(bind(LETTER, VALUES).blocks[3:]))


@pytest.mark.parametrize("name", SHEETS)
def test_a_stamped_copy_is_the_paper_of_the_bound_sheet(name: str) -> None:
    bound = DocxMould(bind(SHEETS[name], VALUES), style()).copy(VALUES)
    assert sorted(names(bound)) == sorted(names(made(name)))
    for member in names(bound):
        if member.endswith((".xml", ".rels")):
            assert etree.tostring(part(bound, member), method="c14n") == etree.tostring(
                part(made(name), member), method="c14n"
            )


def test_the_same_sheet_and_values_give_the_same_bytes() -> None:
    assert DocxMould(RECEIPT, style()).copy(VALUES) == made("receipt")
    assert DocxMould(RECEIPT, style()).copy({**VALUES, "unit.name": "乙"}) != made("receipt")


def test_a_circular_is_small() -> None:
    assert len(made("general")) < 12 * 1024


def test_every_element_has_its_own_named_style_and_headings_have_outline_levels() -> None:
    found = dict.fromkeys(name for name, paragraph in styled(made("general")) if squeezed(list(paragraph.itertext())))
    assert list(found) == [
        "紧急程度", "发文机关标志", "发文字号", "公文标题", "主送机关", "公文正文", "一级标题", "二级标题", "三级标题",
        "四级标题", "附件说明", "署名", "成文日期", "附注", "附件标识", "附件标题", "表头文字", "表格文字", "版记",
    ]  # fmt: skip
    styles = part(made("general"), "word/styles.xml")
    levels = {
        element.find(f"{W}name").get(f"{W}val"): element.find(f"{W}pPr/{W}outlineLvl").get(f"{W}val")
        for element in styles.iter(f"{W}style")
        if element.find(f"{W}pPr/{W}outlineLvl") is not None
    }
    assert levels == {"一级标题": "0", "二级标题": "1", "三级标题": "2", "四级标题": "3", "附件标题": "0"}


def test_a_run_in_heading_has_its_face_and_the_rest_the_bodys() -> None:
    fonts = {
        element.get(f"{W}styleId"): element.find(f"{W}rPr/{W}rFonts")
        for element in part(made("general"), "word/styles.xml").iter(f"{W}style")
        if element.find(f"{W}rPr") is not None
    }
    heading = next(paragraph for name, paragraph in styled(made("general")) if name == "一级标题")
    first, second = heading.findall(f"{W}r")
    assert first.find(f"{W}rPr/{W}rStyle") is None
    assert "".join(first.itertext()) == "一、提高认识，压实责任。"
    assert fonts["GwHeading1"].get(f"{W}eastAsia") == "黑体"
    assert fonts[second.find(f"{W}rPr/{W}rStyle").get(f"{W}val")].get(f"{W}eastAsia") == "仿宋_GB2312"
    for attributes in fonts.values():  # a font left out would be taken from the reader's own default
        assert set(attributes.keys()) == {f"{W}ascii", f"{W}hAnsi", f"{W}eastAsia", f"{W}cs"}


def test_quotes_and_dashes_cannot_fall_to_a_latin_font() -> None:
    for name in ("general", "letter", "receipt"):
        for run in part(made(name)).iter(f"{W}r"):
            if run.find(f"{W}t") is not None:
                assert run.find(f"{W}rPr/{W}rFonts").get(f"{W}hint") == "eastAsia"


def test_lines_are_exact_off_the_grid_and_blanks_are_never_characters() -> None:
    for element in part(made("general"), "word/styles.xml").iter(f"{W}style"):
        if element.get(f"{W}customStyle") and element.get(f"{W}type") == "paragraph":
            assert element.find(f"{W}pPr/{W}snapToGrid").get(f"{W}val") == "0"
    body = next(
        e for e in part(made("general"), "word/styles.xml").iter(f"{W}style") if e.get(f"{W}styleId") == "GwBody"
    )
    spacing = body.find(f"{W}pPr/{W}spacing")
    assert (spacing.get(f"{W}line"), spacing.get(f"{W}lineRule")) == ("579", "exact")
    assert body.find(f"{W}rPr/{W}spacing").get(f"{W}val") == "-5"
    assert body.find(f"{W}pPr/{W}ind").get(f"{W}firstLine") == "632"
    assert "\u3000" not in "".join("".join(words(made(name))) for name in SHEETS)


def test_the_page_is_the_standards_and_page_numbers_are_fields_of_odd_and_even_pages() -> None:
    data = made("general")
    section = part(data).findall(f".//{W}sectPr")[0]
    margins = {
        key: round(int(section.find(f"{W}pgMar").get(f"{W}{key}")) / 56.693, 1)
        for key in ("top", "left", "bottom", "right", "footer")
    }
    assert margins == {"top": 37.0, "left": 28.0, "bottom": 35.0, "right": 26.0, "footer": 24.7}
    assert part(data, "word/settings.xml").find(f"{W}evenAndOddHeaders") is not None
    assert [e.get(f"{W}type") for e in section.findall(f"{W}footerReference")] == ["default", "even"]
    for name, side in (("word/footer1.xml", "right"), ("word/footer2.xml", "left")):
        footer = part(data, name)
        assert [e.get(f"{W}fldCharType") for e in footer.iter(f"{W}fldChar")] == ["begin", "separate", "end"]
        assert footer.find(f".//{W}instrText").text.strip() == "PAGE"
        assert footer.find(f".//{W}jc").get(f"{W}val") == side
        assert words(data, name) == ["— 1 —"]


def test_a_landscape_annex_has_its_own_section() -> None:
    sections = part(made("general")).findall(f".//{W}sectPr")
    assert [section.find(f"{W}pgSz").get(f"{W}orient") for section in sections] == [None, "landscape", None]


def test_a_letters_first_page_has_its_own_foot_without_number() -> None:
    section = part(made("letter")).find(f".//{W}sectPr")
    assert section.find(f"{W}titlePg") is not None
    kinds = [e.get(f"{W}type") for e in section.findall(f"{W}footerReference")]
    assert kinds == ["default", "even", "first"]
    assert words(made("letter"), "word/footer3.xml") == []
    assert part(made("letter"), "word/footer3.xml").find(f".//{W}pBdr") is not None


def test_head_rows_repeat_and_rows_are_not_cut() -> None:
    rows = list(part(made("general")).iter(f"{W}tr"))
    heads = [row for row in rows if row.find(f"{W}trPr/{W}tblHeader") is not None]
    assert [squeezed(list(row.itertext())) for row in heads] == ["序号项目与标准结论"]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)


def test_tables_and_annexes_stand_as_far_from_their_titles_as_in_the_pdf() -> None:
    annexed = next(p for _, p in styled(made("general")) if "".join(p.itertext()) == "为做好工作，制定本方案。")
    assert annexed.find(f"{W}pPr/{W}spacing").get(f"{W}before") == str(round(style().number("grid.line") * 20))
    gap = str(round(style().number("table.gap") * 1440 / 25.4))
    body = part(made("receipt")).find(f"{W}body")
    for table in body.iter(f"{W}tbl"):
        above = table.getprevious()
        assert above.find(f"{W}pPr/{W}spacing").get(f"{W}line") == gap


def test_a_signature_keeps_the_fields_above_it_on_its_page() -> None:
    signs = Signs((Sign("sign", "签字"),))
    fields = Fields((Field("by", "整改期限"), Field("on", "日期")))
    sheet = Sheet("receipt", (Title("回执"), fields, signs), form=True)
    data = DocxMould(sheet, style()).copy(VALUES)
    body = part(data).find(f"{W}body")
    first, second = body.findall(f"{W}tbl")
    between = second.getprevious()
    for line in (*first.iter(f"{W}p"), between):
        assert line.find(f"{W}pPr/{W}keepNext") is not None


def test_merged_cells_keep_the_grid() -> None:
    table = part(made("minutes")).findall(f".//{W}tbl")[-1]
    grid = []
    for row in table.iter(f"{W}tr"):
        line = []
        for cell in row.iter(f"{W}tc"):
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            line.append(
                (int(span.get(f"{W}val")) if span is not None else 1, merge.get(f"{W}val") if merge is not None else "")
            )
        assert sum(columns for columns, _ in line) == 4
        grid.append(line)
    assert grid == [
        [(1, "restart"), (2, "restart"), (1, "")],
        [(1, "continue"), (2, "continue"), (1, "")],
        [(1, "continue"), (1, ""), (1, ""), (1, "")],
    ]


def test_the_code_is_on_every_page_of_a_form() -> None:
    data = made("receipt")
    section = part(data).find(f".//{W}sectPr")
    assert [e.get(f"{W}type") for e in section.findall(f"{W}headerReference")] == ["default", "even"]
    for header in ("word/header1.xml", "word/header2.xml"):
        assert words(data, header) == ["R0 7K3M9-Q2XV8"]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.read("word/media/qr1.png").startswith(b"\x89PNG")
    other = DocxMould(RECEIPT, style()).copy({**VALUES, "code:receipt:0": "CG1" + "Z" * 51})
    with zipfile.ZipFile(io.BytesIO(other)) as package, zipfile.ZipFile(io.BytesIO(data)) as first:
        assert package.read("word/media/qr1.png") != first.read("word/media/qr1.png")


def test_later_pages_of_a_form_say_whose_they_are() -> None:
    data = made("running")
    properties = part(data).find(f".//{W}sectPr")
    kinds = [reference.get(f"{W}type") for reference in properties.iter(f"{W}headerReference")]
    assert kinds == ["default", "even", "first"]
    assert properties.find(f"{W}titlePg") is not None
    heads = ["".join(words(data, name)) for name in sorted(names(data)) if name.startswith("word/header")]
    assert sum(VALUES["unit.name"] in head for head in heads) == 2
    assert all(VALUES["readable:receipt:0"] in head for head in heads)


def test_addressees_too_many_for_page_one_stand_in_the_colophon() -> None:
    many = "，".join(f"清河市第{number}街道办事处" for number in range(1, 60))
    blocks = tuple(Addressees(many) if isinstance(block, Addressees) else block for block in GENERAL.blocks)
    texts = words(DocxMould(replace(GENERAL, blocks=blocks), style()).copy({}))
    assert texts[4] == BODY[0].text
    assert f"主送：{many}。" in texts[-3:]
    assert texts[-2].startswith("抄送：")
    without = tuple(block for block in blocks if not isinstance(block, Colophon))
    assert words(DocxMould(replace(GENERAL, blocks=without), style()).copy({}))[-1] == f"主送：{many}。"


def test_fonts_are_the_offices_where_it_names_them() -> None:
    data = DocxMould(GENERAL, style(), {"fangsong": "仿宋"}).copy({})
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        styles, fonts = package.read("word/styles.xml").decode(), package.read("word/fontTable.xml").decode()
    assert "仿宋_GB2312" not in styles + fonts
    assert 'w:eastAsia="方正小标宋简体"' in styles
    assert 'w:name="仿宋"' in fonts


def test_dates_are_the_papers_or_those_handed_in() -> None:
    opened = docx.Document(io.BytesIO(made("general"))).core_properties
    assert opened.created == opened.modified == datetime.datetime(2026, 12, 20, tzinfo=datetime.UTC)
    moment = datetime.datetime(2027, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    data = DocxMould(RECEIPT, style(), created=moment).copy(VALUES)
    assert docx.Document(io.BytesIO(data)).core_properties.created == moment


def test_a_clean_package_carries_nothing_superfluous() -> None:
    assert not [
        name for name in names(made("general")) if "Effects" in name or "thumbnail" in name or "customXml" in name
    ]
    everything = b"".join(zipfile.ZipFile(io.BytesIO(made("general"))).read(name) for name in names(made("general")))
    assert b"Theme=" not in everything
    assert b"urn:schemas-microsoft" not in everything
    assert b"Ignorable" not in everything


def test_a_paper_that_is_issued_begins_a_page_with_its_title() -> None:
    sheet = Sheet("circular", (*GENERAL.blocks[:9], Annex("", "巡查办法", (Paragraph("第一条"),)), *BODY[:1]))
    data = DocxMould(sheet, style()).copy({})
    titles = [paragraph for name, paragraph in styled(data) if name == "附件标题"]
    assert [title.find(f"{W}pPr/{W}pageBreakBefore") is not None for title in titles] == [True]
    assert "附件标识" not in [name for name, _ in styled(data)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pypdfium2.PdfDocument]:
    """Papers as LibreOffice shows them, in the packaged fonts."""
    folder = tmp_path_factory.mktemp("papers")
    files = [folder / f"{name}.docx" for name in ("general", "letter", "receipt", "joint")]
    for file in files:
        file.write_bytes(DocxMould(SHEETS[file.stem], style(), WORD_FONTS).copy(VALUES))
    return dict(zip([file.stem for file in files], render(files, folder / "libreoffice"), strict=True))


def ink(page: pypdfium2.PdfPage, colour: str = "black") -> list[tuple[float, float, float, float]]:
    """Bands of ink on a page from the top down: upper edge, lower edge, left, right, in mm."""
    picture = page.render(scale=DOTS * 25.4 / 72).to_pil().convert("RGB")
    red, green, _ = picture.split()
    if colour == "red":
        mask = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 80))
    else:
        mask = red.point(lambda value: 255 * (value < 128))
    bands = []
    top = None
    for row in range(mask.height + 1):
        full = row < mask.height and mask.crop((0, row, mask.width, row + 1)).getbbox() is not None
        if full and top is None:
            top = row
        elif not full and top is not None:
            left, _, right, _ = mask.crop((0, top, mask.width, row)).getbbox()
            bands.append((top / DOTS, row / DOTS, left / DOTS, right / DOTS))
            top = None
    return bands


DOTS = 20  # a mm


@pytest.mark.libreoffice
def test_libreoffice_shows_the_sheets_words(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    for name, file in shown.items():
        text = squeezed([page.get_textpage().get_text_range() for page in file])
        for saying in said(bind(SHEETS[name], VALUES).blocks):
            assert squeezed([saying])[:10] in text


@pytest.mark.libreoffice
def test_the_head_block_stands_where_the_standard_says(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    mark, rule = ink(shown["general"][0], "red")
    assert mark[0] == pytest.approx(72, abs=0.5)
    assert rule[3] - rule[2] == pytest.approx(156, abs=0.3)
    number = next(band for band in ink(shown["general"][0]) if mark[1] < band[0] < rule[0])
    assert rule[0] - number[1] == pytest.approx(4, abs=0.3)


@pytest.mark.libreoffice
def test_a_letters_mark_and_double_rules_stand_where_the_standard_says(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    mark, thick, thin, foot_thin, foot_thick = ink(shown["letter"][0], "red")
    assert mark[0] == pytest.approx(30, abs=0.5)
    assert thick[0] - mark[1] == pytest.approx(4, abs=0.4)
    assert foot_thin[0] == pytest.approx(277, abs=0.4)
    assert thick[1] - thick[0] > 2 * (thin[1] - thin[0])
    assert foot_thick[1] - foot_thick[0] > 2 * (foot_thin[1] - foot_thin[0])
    for rule in (thick, thin, foot_thin, foot_thick):
        assert (rule[2], rule[3]) == (pytest.approx(20, abs=0.2), pytest.approx(190, abs=0.2))


@pytest.mark.libreoffice
def test_lines_stand_on_the_grid_and_the_colophon_at_the_foot(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    lines = [band for band in ink(shown["general"][1]) if band[0] < 262]
    tops = [band[0] for band in lines]
    assert len(lines) <= 22
    assert [after - before for before, after in pairwise(tops[:6])] == pytest.approx([10.21] * 5, abs=0.25)
    last = shown["general"][len(shown["general"]) - 1]
    *_, rule, _ = ink(last)
    assert rule[1] == pytest.approx(262, abs=0.3)
    assert rule[3] - rule[2] == pytest.approx(156, abs=0.3)


@pytest.mark.libreoffice
def test_the_page_number_is_seven_mm_under_the_type_area_at_the_outer_side(
    shown: dict[str, pypdfium2.PdfDocument],
) -> None:
    first, second = (ink(shown["general"][index])[-1] for index in (0, 1))
    for band in (first, second):  # the digits' upper edge lies a little above the dash's
        assert band[0] == pytest.approx(268.2, abs=0.4)
    assert 178 < first[3] < 180
    assert 32 < second[2] < 34


@pytest.mark.libreoffice
def test_seals_stand_in_a_row_centred_on_their_names(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    page = shown["joint"][1]
    (seals,) = ink(page, "red")
    assert seals[1] - seals[0] == pytest.approx(42, abs=0.3)
    names, date = (band for band in ink(page) if seals[0] < band[0] < seals[1])
    # an exact line of Word has its text a millimetre lower than ours
    assert (names[0] + names[1]) / 2 == pytest.approx((seals[0] + seals[1]) / 2 + 1, abs=0.5)
    assert seals[3] - 21 == pytest.approx((date[2] + date[3]) / 2, abs=1)
    assert seals[2] + 21 == pytest.approx(names[2] + len(OFFICE) * 442.2 / 28 * 25.4 / 72 / 2, abs=1)


@pytest.mark.libreoffice
def test_a_landscape_annex_is_turned(shown: dict[str, pypdfium2.PdfDocument]) -> None:
    turned = [page.get_size()[0] > page.get_size()[1] for page in shown["general"]]
    assert turned.count(True) == 1
    assert not turned[-1]
