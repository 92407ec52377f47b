"""The papers that an office writes as Word templates (`templates/NAME.docx`) instead of sheet templates.

In: the templates, the circular and its copies. Out: DOCX bytes; PDF bytes where LibreOffice is installed. LibreOffice
takes seconds to start, so units' papers go through it many at a time.
"""

import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pikepdf

from circular_gen.output.libreoffice import find_soffice, to_pdf
from circular_gen.sheet.word_template import fill, paper_context, signing_context
from circular_gen.workspace import Circular, Copy, Office

SIGNING_SHEET = "signing-sheet"
_AT_ONCE = 100
"""Papers that go through LibreOffice in one run."""


class WordPapers:
    """One circular's papers that come from Word templates. `templates`: kind of paper → the template's bytes."""

    def __init__(
        self, templates: Mapping[str, bytes], office: Office, circular: Circular, copies: Sequence[Copy]
    ) -> None:
        self._templates, self._office, self._circular, self._copies = dict(templates), office, circular, copies
        self._places = {id(copy): number for number, copy in enumerate(copies)}
        self._pdfs: dict[tuple[str, str], bytes] = {}

    def __contains__(self, kind: str) -> bool:
        return kind in self._templates

    @cached_property
    def soffice(self) -> Path | None:
        """LibreOffice's program; None: these papers stay DOCX."""
        return find_soffice()

    def docx(self, kind: str, copy: Copy | None) -> bytes:
        """The paper `kind` of the unit of `copy`; None: the one paper for all. TemplateError."""
        if kind == SIGNING_SHEET:
            context = signing_context(self._office, self._circular, self._copies)
        else:
            context = paper_context(self._office, self._circular, copy)
        return fill(self._templates[kind], context, f"{kind}.docx")

    def pdf(self, kind: str, copy: Copy | None) -> bytes | None:
        """The same as PDF; None without LibreOffice."""
        if self.soffice is None:
            return None
        key = (kind, copy.unit.id if copy is not None else "")
        if key not in self._pdfs:
            together: list[Copy | None] = [copy]
            if copy is not None:
                first = self._places[id(copy)]
                together = list(self._copies[first : first + _AT_ONCE])
            made = to_pdf([self.docx(kind, one) for one in together], self.soffice)
            self._pdfs = {
                (kind, one.unit.id if one is not None else ""): pdf for one, pdf in zip(together, made, strict=True)
            } | {old: pdf for old, pdf in self._pdfs.items() if old[0] != kind}
        return self._pdfs[key]


def page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


def joined(papers: Sequence[bytes], title: str = "") -> bytes:
    """PDFs one after the other, blank sides between them so that each begins on a sheet's front."""
    with pikepdf.new() as whole:
        for paper in papers:
            if len(whole.pages) % 2:
                width, height = map(float, whole.pages[-1].mediabox[2:])
                whole.add_blank_page(page_size=(width, height))
            with pikepdf.open(io.BytesIO(paper)) as document:
                whole.pages.extend(document.pages)
        whole.docinfo["/Title"] = title
        file = io.BytesIO()
        whole.save(file, deterministic_id=True)
    return file.getvalue()
