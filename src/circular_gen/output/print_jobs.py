"""Print jobs: pages of several PDFs in one, in the order in which they are handed out.

In: sources, each some pages of a PDF. Out: one PDF in which each begins on a sheet's front. What pages of one source
share stays shared, however often they are printed.
"""

import io
from contextlib import ExitStack
from dataclasses import dataclass

import pikepdf


@dataclass(frozen=True, slots=True)
class Source:
    """Pages `span` of the PDF `data` (from 0)."""

    data: bytes
    span: range

    @classmethod
    def of(cls, data: bytes) -> "Source":
        """All pages of a PDF."""
        with pikepdf.open(io.BytesIO(data)) as document:
            return cls(data, range(len(document.pages)))


class PrintJob:
    """A job; `title` is its document property."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """These pages next, on a sheet of their own."""
        self._sources.append(source)

    def bytes(self) -> tuple[bytes, int]:
        """The PDF, and how many pages it has."""
        opened: dict[int, pikepdf.Pdf] = {}
        with ExitStack() as stack, pikepdf.new() as whole:
            for source in self._sources:
                document = opened.get(id(source.data))
                if document is None:
                    document = opened[id(source.data)] = stack.enter_context(pikepdf.open(io.BytesIO(source.data)))
                if len(whole.pages) % 2:
                    width, height = map(float, whole.pages[-1].mediabox[2:])
                    whole.add_blank_page(page_size=(width, height))
                for page in source.span:
                    whole.pages.append(document.pages[page])
            whole.docinfo["/Title"] = self._title
            file = io.BytesIO()
            whole.save(file, deterministic_id=True)
            return file.getvalue(), len(whole.pages)
