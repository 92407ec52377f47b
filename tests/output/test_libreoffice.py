"""LibreOffice, where it is installed: what comes out can be read on a computer without a Chinese font."""

import io
from pathlib import Path

import docx
import pdfplumber
import pytest
from docx.oxml.ns import qn

from circular_gen.output.libreoffice import find_soffice, to_pdf

TEXTS = {"仿宋_GB2312": "清河市安全生产", "方正小标宋简体": "签收登记表", "没有这种字体": "城西街道办事处"}


@pytest.mark.libreoffice
def test_the_packages_fonts_stand_in_where_the_computer_has_no_chinese_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "fonts.conf"
    bare.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(bare))
    document = docx.Document()
    for font, text in TEXTS.items():
        run = document.add_paragraph().add_run(text)
        run.font.name = font
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    file = io.BytesIO()
    document.save(file)
    soffice = find_soffice()
    assert soffice is not None
    (made,) = to_pdf([file.getvalue()], soffice)
    with pdfplumber.open(io.BytesIO(made)) as pdf:
        faces = {char["text"]: char["fontname"].partition("+")[2] for char in pdf.pages[0].chars}
    assert faces["清"] == "CircularFangsong-Regular"
    assert faces["签"] == "NotoSerifSC-Bold"
    assert set("".join(TEXTS.values())) <= set(faces)  # a box in a missing character's place has no text
