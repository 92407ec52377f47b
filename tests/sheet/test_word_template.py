"""Word templates: the signing sheet has every unit, the same bytes every day, and errors that name the template."""

import importlib.util
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from openxml_audit import OpenXmlValidator

from circular_gen.resources import SAMPLE, TEMPLATES
from circular_gen.sheet.rendering import TemplateError
from circular_gen.sheet.word_template import fill, paper_context, signing_context
from circular_gen.workspace import Circular, Copy, Office

NAME = "signing-sheet.docx"
SHEET = TEMPLATES / NAME


@pytest.fixture(scope="module")
def planned(winter: Circular, copies: Callable[[Circular], tuple[Copy, ...]]) -> tuple[Copy, ...]:
    return copies(winter)


@pytest.fixture(scope="module")
def filled(office: Office, winter: Circular, planned: tuple[Copy, ...]) -> bytes:
    return fill(SHEET.read_bytes(), signing_context(office, winter, planned), NAME)


def written(text: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_the_signing_sheet_has_a_row_for_every_unit(filled: bytes, winter: Circular, planned: tuple[Copy, ...]) -> None:
    document = docx.Document(io.BytesIO(filled))
    (table,) = document.tables
    head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert head == ["序号", "文件名称", "文号", "缓急", "份数", "收文单位", "签收人", "签收时间", "签收方式", "备注"]
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(planned) + 1)]
    assert [row[5] for row in rows] == [copy.unit.name for copy in planned]
    assert {tuple(row[1:5]) for row in rows} == {(winter.title, winter.number, winter.urgency, "1")}
    assert all(row[8] == "□本人\n□代收\n□电子" for row in rows)


def test_the_signing_sheet_is_landscape_with_a_repeated_head_and_chinese_fonts(filled: bytes) -> None:
    document = docx.Document(io.BytesIO(filled))
    (section,) = document.sections
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    first, second = document.tables[0].rows[:2]
    assert first._tr.trPr.find(qn("w:tblHeader")) is not None
    assert second._tr.trPr.find(qn("w:tblHeader")) is None
    width = section.page_width - section.left_margin - section.right_margin
    assert sum(cell.width for cell in first.cells) == pytest.approx(width, abs=len(first.cells) * 635)
    for style in (cell.paragraphs[0].style for cell in (*first.cells, *second.cells)):
        fonts = style.element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == fonts.get(qn("w:ascii"))
        assert fonts.get(qn("w:eastAsia")) in ("仿宋_GB2312", "黑体")


def test_the_signing_sheet_is_a_sound_word_file(filled: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(filled)
    result = OpenXmlValidator().validate(str(path))
    assert not result.errors, result.errors


def test_the_same_input_gives_the_same_bytes(
    filled: bytes, office: Office, winter: Circular, planned: tuple[Copy, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    later = time.localtime(time.time() + 86_400 * 400)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    assert fill(SHEET.read_bytes(), signing_context(office, winter, planned), NAME) == filled
    with zipfile.ZipFile(io.BytesIO(filled)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.skipif(not (SAMPLE / "docs").is_dir(), reason="only in a checkout")
def test_the_script_makes_the_template_that_ships(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_signing_sheet", SAMPLE / "docs" / "make_signing_sheet.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    file = io.BytesIO()
    script.signing_sheet().save(file)
    with zipfile.ZipFile(file) as made, zipfile.ZipFile(SHEET) as shipped:
        assert {name: made.read(name) for name in made.namelist()} == {
            name: shipped.read(name) for name in shipped.namelist()
        }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ circular.titel }}", "titel.*title"),
        ("{{ circular.title", "circular.title"),
        ("{% for row in rows %}", "for row in rows"),
        ("{{ 1 / 0 }}", "zero"),
        ("{{ circular.__class__ }}", "__class__"),
        ("{{ circular.path }}", "path"),
    ],
)
def test_an_error_names_the_template(text: str, expected: str, office: Office, winter: Circular, copy: Copy) -> None:
    with pytest.raises(TemplateError, match=rf"^receipt\.docx: .*{expected}"):
        fill(written(text), paper_context(office, winter, copy), "receipt.docx")


@pytest.mark.parametrize("package", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_word_file_is_said_so(package: bytes) -> None:
    with pytest.raises(TemplateError, match=r"^receipt\.docx.*\.docx"):
        fill(package, {}, "receipt.docx")


def test_a_template_in_place_of_a_sheet_reads_the_same_names(office: Office, winter: Circular, copy: Copy) -> None:
    text = "{{ unit.name }}{{ unit.contact.phone }}：{{ circular.date_text }}{{ role }}{{ tasks | length }}"
    document = docx.Document(io.BytesIO(fill(written(text), paper_context(office, winter, copy))))
    assert document.paragraphs[0].text == "城西街道办事处：2026年11月25日addressee0"


def test_what_a_person_writes_cannot_become_markup(office: Office, winter: Circular, copy: Copy) -> None:
    nasty = "关于<w:br/>&amp;“甲”{{ 1 }}的通知"
    circular = winter.model_copy(update={"title": nasty})
    document = docx.Document(io.BytesIO(fill(written("{{ circular.title }}"), paper_context(office, circular, copy))))
    assert document.paragraphs[0].text == nasty
