"""Makes templates/signing-sheet.docx, the Word template of a circular's signing sheet (签收登记表).

    python docs/make_signing_sheet.py templates/signing-sheet.docx

Run it again only to change the built-in sheet; an office changes its own copy in Word. Same script, same bytes.
"""

import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FANGSONG, HEI, TITLE = "仿宋_GB2312", "黑体", "方正小标宋简体"
COLUMNS = (  # heading, width mm, what a unit's row says, align
    ("序号", 12, "{{ row.number }}", "center"),
    ("文件名称", 58, "{{ circular.title }}", "left"),
    ("文号", 34, "{{ circular.number }}", "center"),
    ("缓急", 14, "{{ circular.urgency }}", "center"),
    ("份数", 12, "{{ row.copies }}", "center"),
    ("收文单位", 42, "{{ row.unit.name }}", "left"),
    ("签收人", 24, "", "center"),
    ("签收时间", 28, "", "center"),
    ("签收方式", 18, "□本人\n□代收\n□电子", "left"),
    ("备注", 19, "", "left"),
)
ALIGN = {"center": WD_ALIGN_PARAGRAPH.CENTER, "left": WD_ALIGN_PARAGRAPH.LEFT}


def face(style: Any, name: str, size: float) -> None:
    style.font.name = name
    style.font.size = Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in [key for key in fonts.attrib if key.endswith("Theme")]:
        del fonts.attrib[theme]
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), name)


def paragraph_style(document: Any, name: str, font: str, size: float, align: str) -> None:
    style = document.styles.add_style(name, 1)
    style.base_style = document.styles["Normal"]
    face(style, font, size)
    style.paragraph_format.alignment = ALIGN[align]
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)


def write(cell: Any, text: str, style: str, align: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = style
    paragraph.alignment = ALIGN[align]
    if text:
        paragraph.add_run(text)
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def row_property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def plain_document() -> Any:
    """python-docx's own template without its picture and its copies for Word 2010."""
    document = Document()
    for part in (document.part, document.part.package):
        for key, relation in list(part.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in ("thumbnail", "stylesWithEffects", "customXml"):
                del part.rels[key]
    return document


def signing_sheet() -> Any:
    document = plain_document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(20), Mm(16)
    face(document.styles["Normal"], FANGSONG, 12)
    paragraph_style(document, "签收表标题", TITLE, 22, "center")
    paragraph_style(document, "签收表说明", FANGSONG, 12, "left")
    paragraph_style(document, "签收表表头", HEI, 12, "center")
    paragraph_style(document, "签收表内容", FANGSONG, 12, "left")

    document.add_paragraph("签收登记表", style="签收表标题")
    document.add_paragraph("发文单位：{{ office.name }}    成文日期：{{ circular.date_text }}", style="签收表说明")

    table = document.add_table(rows=4, cols=len(COLUMNS))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    head, begin, one, end = table.rows
    row_property(head, "w:tblHeader")
    for row in (head, one):
        row_property(row, "w:cantSplit")
    head.height, one.height = Mm(10), Mm(16)
    begin.cells[0].paragraphs[0].add_run("{%tr for row in rows %}")
    end.cells[0].paragraphs[0].add_run("{%tr endfor %}")
    for column, (heading, width, text, align) in zip(table.columns, COLUMNS, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
        write(column.cells[0], heading, "签收表表头", "center")
        write(column.cells[2], text, "签收表内容", align)

    properties = document.core_properties
    properties.title, properties.author, properties.comments = "签收登记表", "circular-gen", ""
    properties.created = properties.modified = datetime(2026, 1, 1)  # noqa: DTZ001 (Word's dates have no zone)
    properties.last_modified_by, properties.revision, properties.language = "circular-gen", 1, "zh-CN"
    return document


def undated(package: bytes) -> bytes:
    """The package without the moment of writing."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as read, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            written.writestr(member, read.read(name), zipfile.ZIP_DEFLATED)
    return file.getvalue()


if __name__ == "__main__":
    made = io.BytesIO()
    signing_sheet().save(made)
    Path(sys.argv[1]).write_bytes(undated(made.getvalue()))
