"""An office's own Word template in the place of a sheet template; the signing sheet, which is one."""

from pathlib import Path

import docx
import pypdfium2
import pytest

from .conftest import EACH, MEETING, Commands


def receipt_template(workspace: Path, text: str = "{{ unit.name }}收到《{{ circular.title }}》") -> None:
    document = docx.Document()
    document.add_paragraph("本单位自己的回执")
    document.add_paragraph(text)
    (workspace / "templates").mkdir(exist_ok=True)
    document.save(str(workspace / "templates" / "receipt.docx"))


def words(path: Path) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)


def test_without_libreoffice_the_word_file_stands_and_one_line_says_so(workspace: Path, run: Commands) -> None:
    receipt_template(workspace)
    result = run("build", EACH)
    folder = workspace / "out" / EACH
    assert "清河高新技术产业开发区管理委员会收到《" in words(folder / "gaoxin" / "receipt.docx")
    assert not list(folder.rglob("receipt.pdf"))
    assert not (folder / "gaoxin" / "package.pdf").exists()  # it would lack the receipt
    assert not (folder / "print.pdf").exists()
    assert (folder / "gaoxin" / "circular.pdf").exists()
    notices = [line for line in result.output.splitlines() if "LibreOffice" in line]
    assert len(notices) == 1
    assert "receipt.docx" in notices[0]
    assert "signing-sheet.docx" in notices[0]


def test_the_signing_sheet_has_a_row_for_every_unit(workspace: Path, run: Commands) -> None:
    run("build", MEETING, "--format", "docx")
    document = docx.Document(str(workspace / "out" / MEETING / "signing-sheet.docx"))
    (table,) = document.tables
    units = sorted(path.name for path in (workspace / "out" / MEETING).iterdir() if path.is_dir())
    assert [row.cells[0].text for row in table.rows[1:]] == [str(n) for n in range(1, len(units) + 1)]
    assert all(row.cells[5].text for row in table.rows[1:])


def test_a_mistake_in_a_word_template_is_one_line(workspace: Path, run: Commands) -> None:
    receipt_template(workspace, "{{ unit.nme }}")
    result = run("build", EACH, code=1)
    (line,) = [line for line in result.output.splitlines() if "receipt.docx" in line and "LibreOffice" not in line]
    assert "nme" in line
    assert "Traceback" not in result.output


@pytest.mark.libreoffice
def test_with_libreoffice_its_pdf_is_part_of_package_and_print(workspace: Path, run: Commands) -> None:
    receipt_template(workspace)
    run("build", EACH)
    folder = workspace / "out" / EACH
    count = {path: len(pypdfium2.PdfDocument(folder / path)) for path in ("gaoxin/circular.pdf", "gaoxin/receipt.pdf")}
    assert count["gaoxin/receipt.pdf"] == 1
    package = pypdfium2.PdfDocument(folder / "gaoxin" / "package.pdf")
    assert len(package) > sum(count.values()) - 1
    last = package[len(package) - 1].get_textpage().get_text_range()
    assert "2026" in last or last.strip()
    assert len(pypdfium2.PdfDocument(folder / "print.pdf")) >= len(package) * 3
    before = (folder / "gaoxin" / "receipt.pdf").read_bytes()
    run("build", EACH, "--force")
    assert (folder / "gaoxin" / "receipt.pdf").read_bytes() == before
