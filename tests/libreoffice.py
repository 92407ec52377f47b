"""LibreOffice as the tests see it: with the program's own fonts, so that what it lays out can be compared."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pypdfium2

from circular_gen.resources import FONTS

WORD_FONTS = {
    "fangsong": "Circular Fangsong",
    "kai": "Circular Kai",
    "hei": "Noto Sans SC",
    "xiaobiaosong": "Noto Serif SC",
    "song": "Circular Fangsong",
}
"""What office.yaml's word_fonts are in a workspace whose DOCX LibreOffice is to lay out."""
_FONT_CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def render(files: Sequence[Path], folder: Path) -> list[pypdfium2.PdfDocument]:
    """The Word `files` as PDFs, made in `folder` (new)."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program is not None
    folder.mkdir()
    config = folder / "fonts.conf"
    config.write_text(_FONT_CONFIG.format(fonts=FONTS, cache=folder / "cache"), encoding="utf-8")
    copies = [shutil.copyfile(file, folder / f"{number}.docx") for number, file in enumerate(files)]
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    command += ["--outdir", str(folder), *map(str, copies)]
    subprocess.run(
        command, check=True, capture_output=True, timeout=240, env=os.environ | {"FONTCONFIG_FILE": str(config)}
    )
    return [pypdfium2.PdfDocument(copy.with_suffix(".pdf")) for copy in copies]
