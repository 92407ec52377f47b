"""Word files become paragraphs with levels, tables and pictures; what cannot come along is said."""

import contextlib
import io
from pathlib import Path

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.shared import Mm

from circular_gen.annexes.content import UnreadableError
from circular_gen.annexes.list_numbers import hanzi, written
from circular_gen.annexes.worker import read_here
from circular_gen.sheet.blocks import Figure, Paragraph, Table, Turn

from .files import drawing, png, with_part, word

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def said(data: bytes) -> list[str]:
    return [block.heading + block.text for block in read_here(data, ".docx").blocks if isinstance(block, Paragraph)]


def body(*paragraphs: str) -> bytes:
    """A file whose body is this XML."""

    def fill(document: docx.document.Document) -> None:
        for paragraph in paragraphs:
            document.element.body.insert(len(document.element.body) - 1, parse_xml(f"<w:p {W}>{paragraph}</w:p>"))

    return word(fill)


def test_paragraphs_have_our_levels() -> None:
    def fill(document: docx.document.Document) -> None:
        document.add_paragraph("总则在前。")
        document.add_heading("一、提高认识", 1)
        document.add_paragraph("（一）矿山。严防超能力生产。")
        document.add_heading("没有序号的二级标题", 2)
        document.add_paragraph("清河市安办").alignment = WD_ALIGN_PARAGRAPH.RIGHT
        document.add_paragraph("   ")

    blocks = read_here(word(fill), ".docx").blocks
    assert blocks == (
        Paragraph("总则在前。"),
        Paragraph("", 1, "一、提高认识"),
        Paragraph("严防超能力生产。", 2, "（一）矿山。"),
        Paragraph("", 2, "没有序号的二级标题"),
        Paragraph("清河市安办", align="right", indent=0.0),
    )


_LEVELS = (
    ("chineseCounting", "%1、"),
    ("chineseCounting", "（%2）"),
    ("decimal", "%3."),
    ("decimalEnclosedCircle", "%4"),
)


def numbered(*levels: int) -> bytes:
    """Paragraphs of one list of several levels."""
    list_xml = "".join(
        f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for number, (kind, text) in enumerate(_LEVELS)
    )

    def fill(document: docx.document.Document) -> None:
        root = document.part.numbering_part.element
        root.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="77">{list_xml}</w:abstractNum>'))
        root.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for level in levels:
            paragraph = document.add_paragraph("段落。")
            numbers = f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(numbers))

    return word(fill)


def test_numbers_of_lists_become_text_and_levels_begin_anew() -> None:
    data = numbered(0, 1, 1, 2, 3, 3, 0, 1, 2)
    assert [text.removesuffix("段落。") for text in said(data)] == [
        "一、", "（一）", "（二）", "1.", "①", "②", "二、", "（一）", "1.",
    ]  # fmt: skip
    assert [block.level for block in read_here(data, ".docx").blocks if isinstance(block, Paragraph)] == [
        1, 2, 2, 3, 0, 0, 1, 2, 3,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (21, "chineseCountingThousand", "二十一"),
        (10, "chineseCounting", "十"),
        (105, "chineseCounting", "一百零五"),
        (12, "upperRoman", "XII"),
        (27, "lowerLetter", "aa"),
        (3, "ideographTraditional", "丙"),
        (7, "decimalZero", "07"),
        (5, "none", ""),
    ],
)
def test_the_kinds_of_numbers(number: int, kind: str, text: str) -> None:
    assert written(number, kind) == text


def test_numbers_in_hanzi_read_as_people_write_them() -> None:
    assert [hanzi(n) for n in (1, 11, 20, 99, 100, 110, 1001, 2026)] == [
        "一", "十一", "二十", "九十九", "一百", "一百一十", "一千零一", "二千零二十六",
    ]  # fmt: skip


def test_what_a_reader_sees_is_taken() -> None:
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    data = body(
        "<w:ins><w:r><w:t>插入</w:t></w:r></w:ins><w:del><w:r><w:delText>删除</w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r><w:r><w:t>文字</w:t></w:r>",
        f"{field.format('begin')}<w:r><w:instrText> DATE </w:instrText></w:r>{field.format('separate')}"
        f"<w:r><w:t>2026年</w:t></w:r>{field.format('end')}<w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink>",
        "<w:r><w:t>面积5m</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r>",
        "<w:sdt><w:sdtContent><w:r><w:t>控件</w:t></w:r></w:sdtContent></w:sdt><w:r><w:br/><w:t>换行后</w:t></w:r>",
        "<w:r><w:sym w:font='Wingdings' w:char='F0A8'/><w:t>是</w:t></w:r>",
    )
    assert said(data) == ["插入文字", "2026年链接", "面积5m²", "控件", "换行后", "□是"]


def test_tables_keep_their_merged_cells_and_widths() -> None:
    def fill(document: docx.document.Document) -> None:
        table = document.add_table(4, 3)
        for number, text in enumerate(["序号", "单位", "数量"]):
            table.cell(0, number).text = text
        for row in range(1, 4):
            for column, text in enumerate([str(row), "城西街道", f"{row},000"]):
                table.cell(row, column).text = text
        table.cell(1, 1).merge(table.cell(2, 1)).text = "合并"
        table.cell(3, 0).merge(table.cell(3, 1)).text = "合计"
        for column, width in zip(table.columns, (20, 60, 40), strict=True):
            column.width = Mm(width)

    (table,) = read_here(word(fill), ".docx").blocks
    assert isinstance(table, Table)
    assert [["".join(map(str, c.content)) for c in row.cells] for row in table.rows] == [
        ["序号", "单位", "数量"],
        ["1", "合并", "1,000"],
        ["2", "2,000"],
        ["合计", "3,000"],
    ]
    assert table.rows[1].cells[1].rowspan == 2
    assert table.rows[3].cells[0].colspan == 2
    assert [row.head for row in table.rows] == [True, False, False, False]
    assert [column.width for column in table.columns] == pytest.approx([1 / 6, 1 / 2, 1 / 3], abs=0.001)
    assert table.columns[2].align == "right"


def test_pictures_keep_their_size_and_description() -> None:
    def fill(document: docx.document.Document) -> None:
        document.add_paragraph("见图：")
        document.add_picture(io.BytesIO(png(drawing())), width=Mm(90))
        document.element.xpath(".//wp:docPr")[0].set("descr", "分布图")

    _text, figure = read_here(word(fill), ".docx").blocks
    assert isinstance(figure, Figure)
    assert (figure.art.width, figure.art.height) == pytest.approx((90, 60), abs=0.1)
    assert figure.description == "分布图"


def test_landscape_sections_turn_the_pages() -> None:
    def fill(document: docx.document.Document) -> None:
        document.add_paragraph("竖排。")
        section = document.add_section()
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
        document.add_paragraph("横排。")

    content = read_here(word(fill), ".docx")
    assert content.blocks == (Paragraph("竖排。"), Turn(True), Paragraph("横排。"))
    assert not content.landscape


def test_what_is_left_out_is_said() -> None:
    chart = "<w:r><w:drawing/></w:r><w:r><w:t>文字</w:t></w:r>"
    content = read_here(body(chart), ".docx")
    assert content.blocks == (Paragraph("文字"),)
    assert any("chart" in notice for notice in content.notices)


def test_footnotes_come_last_with_their_sign() -> None:
    data = body('<w:r><w:t>正文</w:t></w:r><w:r><w:footnoteReference w:id="9"/></w:r>')
    rels = b'<Relationship Id="rIdN" Type="http://x/footnotes" Target="footnotes.xml"/></Relationships>'
    data = with_part(data, "word/_rels/document.xml.rels", lambda xml: xml.replace(b"</Relationships>", rels))
    note = f'<w:footnotes {W}><w:footnote w:id="9"><w:p><w:r><w:t>脚注。</w:t></w:r></w:p></w:footnote></w:footnotes>'
    data = added(data, "word/footnotes.xml", note.encode())
    assert said(data) == ["正文（注1）", "注1：脚注。"]


def added(package: bytes, name: str, data: bytes) -> bytes:
    import zipfile

    file = io.BytesIO(package)
    with zipfile.ZipFile(file, "a") as whole:
        whole.writestr(name, data)
    return file.getvalue()


def test_our_own_papers_come_back_word_for_word(tmp_path: Path) -> None:
    from tests.checks.papers import BODY, docx_of, general

    words = "".join(said(docx_of(general())))
    for line in BODY.split("\n"):
        assert line in words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(80), "damaged"),
        (word(lambda d: d.add_paragraph("甲"))[:2000], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        (word(lambda d: None), "empty"),
        (with_part(word(lambda d: None), "word/document.xml", lambda x: x[: len(x) // 2]), "damaged"),
        (with_part(word(lambda d: None), "word/document.xml", lambda x: b" " * 60_000_000), "MB"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_here(data, ".docx")
    assert words in caught.value.message


def test_entities_are_not_followed() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    data = with_part(
        word(lambda d: d.add_paragraph("甲")),
        "word/document.xml",
        lambda xml: xml.replace(b"<w:document", bomb + b"<w:document").replace("甲".encode(), "甲&f;".encode()),
    )
    with contextlib.suppress(UnreadableError):
        assert all("root" not in text for text in said(data))
