"""Word templates (docxtpl): a .docx with {{ … }} and {% … %} in it, filled.

In: the template's bytes and what it may read. Out: the bytes of a Word file, the same for the same input on any day;
TemplateError, naming the template, where it asks for what is not there. The sandbox is that of the sheet templates.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
from docxtpl import DocxTemplate
from lxml import etree

from circular_gen.messages import _
from circular_gen.sheet.sandbox import FAULTS, Sandbox, TemplateError
from circular_gen.sheet.views import unit_view, view
from circular_gen.workspace import Circular, Copy, Office

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of the package: a ZIP cannot say none."""


def fill(template: bytes, context: Mapping[str, Any], name: str = "template.docx") -> bytes:
    """`template` (called `name` in messages) with the values of `context` in it."""
    document = DocxTemplate(io.BytesIO(template))
    file = io.BytesIO()
    try:
        document.render(dict(context), Sandbox(finalize=_finalized))
        document.save(file)
    except (zipfile.BadZipFile, KeyError) as error:
        message = _("{name}: this is no Word file (.docx); save it in Word as .docx")
        raise TemplateError(message.format(name=name)) from error
    except (*FAULTS, etree.XMLSyntaxError) as error:
        raise TemplateError(f"{name}: {_explained(error)}") from error
    return _undated(file.getvalue())


def signing_context(office: Office, circular: Circular, copies: Iterable[Copy]) -> dict[str, Any]:
    """What a template of a circular's signing sheet may read: `office`, `circular`, and `rows`, one a unit in the order
    of `copies`: `number` from 1, `unit`, `role` and `copies` (how many it gets)."""
    rows = [
        {"number": number, "unit": unit_view(copy.unit), "role": copy.role, "copies": 1}
        for number, copy in enumerate(copies, 1)
    ]
    return {"office": view(office), "circular": view(circular), "rows": rows}


def paper_context(office: Office, circular: Circular, copy: Copy | None) -> dict[str, Any]:
    """What a Word template that stands for a sheet template may read: the same names. `copy`: None for a circular that
    is one for all units."""
    context = {"office": view(office), "circular": view(circular)}
    if copy is None:
        return context
    return context | {"unit": unit_view(copy.unit), "tasks": view(copy.tasks), "role": copy.role}


def _finalized(value: Any) -> Any:
    return "" if value is None else value


def _explained(error: Exception) -> str:
    """The error's message, and the text of the paragraph around it where docxtpl knows it."""
    message = (error.message if isinstance(error, jinja2.TemplateError) else None) or str(error) or type(error).__name__
    around = [line.strip() for line in getattr(error, "docx_context", ())]
    written = [line for line in around if "{{" in line or "{%" in line]
    return message + (_(" (near: {text})").format(text=written[0][:80]) if written else "")


def _undated(package: bytes) -> bytes:
    """The same members in the same order, without the moment of writing."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as read, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # else it says on which system it was written
            member.external_attr = 0o600 << 16
            written.writestr(member, read.read(name))
    return file.getvalue()
