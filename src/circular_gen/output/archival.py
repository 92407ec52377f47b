"""The archived copy of a paper: a PDF/A-2 becomes a PDF/A-3 (ISO 19005-3) that carries the files it was made from.

In: a PDF, files to embed, and perhaps a one-page PDF to draw over its first page. Out: bytes, the same for the same
input. Nothing that is on the pages is changed: what is drawn over them is a form of its own behind their content.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

STAMP_FORM = "/Stamp"
"""The name in the first page's resources of what was drawn over it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF. `name`: ASCII; `mime`: its type; `relationship`: Source | Data | Supplement."""

    name: str
    mime: str
    data: bytes
    description: str
    relationship: str = "Source"


def archival_copy(
    pdf: bytes, attachments: Iterable[Attachment], moment: datetime, *, over: bytes | None = None
) -> bytes:
    """The PDF as PDF/A-3 with `attachments`. `moment`: what the files' dates say; `over`: a PDF of one page of the
    same size whose content is drawn over the first page. pikepdf.PdfError for what is no PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        files = []
        for attachment in attachments:
            stream = document.make_stream(
                attachment.data,
                Type=Name.EmbeddedFile,
                Subtype=Name("/" + attachment.mime),
                Params=Dictionary(
                    ModDate=String(f"D:{moment:%Y%m%d%H%M%S}+00'00'"),
                    Size=len(attachment.data),
                ),
            )
            specification = Dictionary(
                Type=Name.Filespec,
                F=String(attachment.name),
                UF=String(attachment.name),
                Desc=String(attachment.description),
                AFRelationship=Name("/" + attachment.relationship),
                EF=Dictionary(F=stream, UF=stream),
            )
            files.append((attachment.name, document.make_indirect(specification)))
        root = document.Root
        if files:
            names: list[Any] = [part for name, specification in sorted(files) for part in (String(name), specification)]
            if "/Names" not in root:
                root.Names = Dictionary()
            root.Names.EmbeddedFiles = document.make_indirect(Dictionary(Names=Array(names)))
            root.AF = Array([specification for _name, specification in files])
        if over is not None:
            _draw_over(document, over)
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["pdfaid:part"] = "3"
            if metadata.get("pdfaid:conformance") != "A":  # a tagged one stays so: the stamp is an artefact
                metadata["pdfaid:conformance"] = "B"
        written = io.BytesIO()
        document.save(
            written,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
            compress_streams=True,
            preserve_pdfa=True,
        )
        return written.getvalue()


def _draw_over(document: pikepdf.Pdf, over: bytes) -> None:
    """Draw the page of `over` on the first page, as a form after its content."""
    page = document.pages[0]
    with pikepdf.open(io.BytesIO(over)) as drawing:
        form = document.copy_foreign(drawing.pages[0].as_form_xobject())
    resources = Dictionary(dict(page.resources))
    forms = Dictionary(dict(resources.XObject) if "/XObject" in resources else {})
    forms[STAMP_FORM] = form
    resources.XObject = forms
    page.obj.Resources = resources
    contents = page.obj.get("/Contents", Array())
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    page.obj.Contents = Array(
        [
            document.make_stream(b"q\n"),
            *streams,
            document.make_stream(b"\nQ\nq %s Do Q\n" % STAMP_FORM.encode()),
        ]
    )


def written_pages(pdf: bytes) -> int:
    """How many pages of a PDF have something on them: a side with text or picture counts as one (DA/T 22)."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return sum(_is_written(page) for page in document.pages)


def _is_written(page: pikepdf.Page) -> bool:
    contents = page.obj.get("/Contents")
    if contents is None:
        return False
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    return any(one.read_bytes().strip() for one in streams)
