"""reportlab platypus: paragraphs with CJK wrapping, fonts registered once."""

import io
from collections.abc import Callable

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import red as red_colour
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

from benchmarks.paper import FACES, STYLES, Recipient, words

ALIGN = {"center": TA_CENTER, "left": TA_LEFT, "right": TA_RIGHT, "justify": TA_JUSTIFY}


def circular_pdf() -> Callable[[Recipient], bytes]:
    for face, path in FACES.items():
        pdfmetrics.registerFont(TTFont(face, str(path)))
    styles = {}
    for style, (face, size, align, indent, red) in STYLES.items():
        styles[style] = ParagraphStyle(
            style,
            fontName=face,
            fontSize=size,
            leading=size * 1.81,
            alignment=ALIGN[align],
            firstLineIndent=indent * size,
            wordWrap="CJK",
            **({"textColor": red_colour} if red else {}),
        )
    paper = words()

    def make(recipient: Recipient) -> bytes:
        story = [Paragraph(p.text.replace("{name}", recipient.name), styles[p.style]) for p in paper]
        symbol = QrCodeWidget(recipient.code, barWidth=24 * mm, barHeight=24 * mm, barLevel="M")
        drawing = Drawing(24 * mm, 24 * mm)
        drawing.add(symbol)
        file = io.BytesIO()
        margins = {"topMargin": 37 * mm, "bottomMargin": 35 * mm, "leftMargin": 28 * mm, "rightMargin": 26 * mm}
        SimpleDocTemplate(file, pagesize=A4, **margins).build([*story, drawing])
        return file.getvalue()

    return make
