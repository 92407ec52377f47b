"""Word files to PDF through LibreOffice, where it is installed.

Only for papers that an office writes as Word templates: everything else is typeset by this program. In: DOCX bytes.
Out: PDF bytes without dates and random identifiers, so that the same input gives the same bytes.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pikepdf

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.resources import FONTS

_PLACES = (
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_SECONDS = 120
"""For starting up; every file may take as many tenths again."""

_FONT_CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">{system}</include><dir>{fonts}</dir>{aliases}</fontconfig>
"""
_ALIAS = "<alias><family>{family}</family><accept><family>{stand_in}</family></accept></alias>"
_STAND_INS = {
    "方正小标宋简体": "Noto Serif SC",
    "仿宋_GB2312": "Circular Fangsong",
    "仿宋": "Circular Fangsong",
    "楷体_GB2312": "Circular Kai",
    "楷体": "Circular Kai",
    "黑体": "Noto Sans SC",
    "宋体": "Circular Fangsong",
}
"""The faces that Word files name → families of the package's fonts."""


class LibreOfficeError(CircularGenError):
    """LibreOffice could not make a PDF."""


def find_soffice() -> Path | None:
    """LibreOffice's program, None where there is none. The environment variable CIRCULAR_GEN_SOFFICE names one that
    lies elsewhere; naming none there (empty) means that it is not to be used."""
    named = os.environ.get("CIRCULAR_GEN_SOFFICE")
    if named is not None:
        return Path(named) if named and Path(named).is_file() else None
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return Path(found)
    return next((Path(place) for place in _PLACES if Path(place).is_file()), None)


def to_pdf(documents: Sequence[bytes], soffice: Path) -> list[bytes]:
    """The PDFs of Word `documents`, in their order; LibreOfficeError where one could not be made. LibreOffice runs once
    for all of them, with a profile of its own, so that an open window of the clerk's is left alone."""
    with tempfile.TemporaryDirectory(prefix="circular-gen-") as folder:
        place = Path(folder)
        sources = [place / f"{number}.docx" for number in range(len(documents))]
        for source, document in zip(sources, documents, strict=True):
            source.write_bytes(document)
        command = [str(soffice), f"-env:UserInstallation={(place / 'profile').as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "pdf", "--outdir", str(place / "pdf"), *map(str, sources)]
        environment = os.environ | _with_fonts(place)
        try:
            seconds = _SECONDS * (1 + len(documents) / 10)
            subprocess.run(  # noqa: S603 (our own arguments)
                command, check=True, capture_output=True, timeout=seconds, env=environment
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LibreOfficeError(_("LibreOffice could not make a PDF: {error}").format(error=error)) from error
        made = [place / "pdf" / f"{number}.pdf" for number in range(len(documents))]
        if not all(path.is_file() for path in made):
            raise LibreOfficeError(_("LibreOffice could not make a PDF of a Word template's file"))
        return [_without_dates(path.read_bytes()) for path in made]


def _with_fonts(folder: Path) -> dict[str, str]:
    """What lets LibreOffice see the package's fonts, in `folder`: a Linux computer may have no Chinese font at all and
    would draw boxes. Installed faces come first. Windows and macOS bring Chinese fonts, and have no fontconfig."""
    if sys.platform in ("win32", "darwin"):
        return {}
    aliases = "".join(_ALIAS.format(family=family, stand_in=stand_in) for family, stand_in in _STAND_INS.items())
    system = os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf"
    config = folder / "fonts.conf"
    names = {"system": escape(system), "fonts": escape(str(FONTS)), "aliases": aliases}
    config.write_text(_FONT_CONFIG.format(**names), encoding="utf-8")
    return {"FONTCONFIG_FILE": str(config)}


def _without_dates(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for key in ("/CreationDate", "/ModDate"):
            if key in pdf.docinfo:
                del pdf.docinfo[key]
        if "/Metadata" in pdf.Root:
            del pdf.Root.Metadata
        for key in ("/DocChecksum", "/ID"):
            if key in pdf.trailer:
                del pdf.trailer[key]
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()
