"""python-docx from scratch: every copy built paragraph by paragraph."""

import io
from collections.abc import Callable

import segno
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from benchmarks.paper import STYLES, Recipient, words

ALIGN = {
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
NAMES = {"fangsong": "仿宋_GB2312", "xiaobiaosong": "方正小标宋简体", "hei": "黑体"}


def qr_png(text: str) -> io.BytesIO:
    file = io.BytesIO()
    segno.make(text, version=3, error="m", mask=2, boost_error=False).save(file, kind="png", scale=4)
    file.seek(0)
    return file


def circular_docx() -> Callable[[Recipient], bytes]:
    paper = words()

    def make(recipient: Recipient) -> bytes:
        document = Document()
        for p in paper:
            add_paragraph(document, p.style, p.text.replace("{name}", recipient.name))
        document.add_picture(qr_png(recipient.code), width=Mm(24))
        file = io.BytesIO()
        document.save(file)
        return file.getvalue()

    return make


def add_paragraph(document, style: str, text: str) -> None:  # type: ignore[no-untyped-def]
    """One paragraph in the face and size of its style."""
    face, size, align, indent, red = STYLES[style]
    paragraph = document.add_paragraph()
    paragraph.alignment = ALIGN[align]
    paragraph.paragraph_format.first_line_indent = Pt(indent * size)
    paragraph.paragraph_format.line_spacing = Pt(28.95)
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = NAMES[face]
    run._element.rPr.rFonts.set(qn("w:eastAsia"), NAMES[face])
    if red:
        run.font.color.rgb = RGBColor(255, 0, 0)
