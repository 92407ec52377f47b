"""docxtpl: a template with the whole notice, the name and the QR filled in for every copy."""

import io
from collections.abc import Callable, Iterable, Sequence

from docx import Document
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from benchmarks.paper import Recipient, checklist, receipt, words
from benchmarks.peers.pythondocx_peer import add_paragraph, qr_png


def package_docx() -> Callable[[Recipient], bytes]:
    """Circular, checklist and receipt: three files, as circular-gen makes them."""
    circular = circular_docx()
    papers = [_form("检查清单 {{ name }}", checklist()), _form("签收回执", receipt())]

    def make(recipient: Recipient) -> bytes:
        return b"".join([circular(recipient), *(_filled(paper, recipient) for paper in papers)])

    return make


def _form(title: str, rows: Iterable[Sequence[str]]) -> io.BytesIO:
    document = Document()
    document.add_paragraph("{{ qr }}")
    add_paragraph(document, "title", title)
    cells = list(rows)
    table = document.add_table(rows=0, cols=len(cells[0]), style="Table Grid")
    for row in cells:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text.replace("{name}", "{{ name }}")
    template = io.BytesIO()
    document.save(template)
    return template


def circular_docx() -> Callable[[Recipient], bytes]:
    document = Document()
    for p in words():
        add_paragraph(document, p.style, p.text.replace("{name}", "{{ name }}"))
    document.add_paragraph("{{ qr }}")
    template = io.BytesIO()
    document.save(template)

    return lambda recipient: _filled(template, recipient)


def _filled(template: io.BytesIO, recipient: Recipient) -> bytes:
    template.seek(0)
    copy = DocxTemplate(template)
    copy.render({"name": recipient.name, "qr": InlineImage(copy, qr_png(recipient.code), width=Mm(24))})
    file = io.BytesIO()
    copy.save(file)
    return file.getvalue()
