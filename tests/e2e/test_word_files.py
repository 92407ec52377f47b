"""The sample's Word files: sound, laid out by LibreOffice as by our own typesetting, and saying the same words."""

import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pypdfium2
import pytest
import yaml
from lxml import etree
from openxml_audit import OpenXmlValidator

from circular_gen.workspace import open_workspace

from ..libreoffice import WORD_FONTS, render
from .conftest import EACH, MEETING, WINTER, Commands, make_workspace

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ONE_EACH = (
    f"{WINTER}/circular",
    f"{WINTER}/chengxi/checklist",
    f"{WINTER}/chengxi/receipt",
    f"{MEETING}/circular",
    f"{MEETING}/chengxi/receipt",
    f"{EACH}/gaoxin/circular",
    f"{EACH}/gaoxin/receipt",
)


def pdf_text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "".join(page.get_textpage().get_text_range() for page in document)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def without_furniture(text: str) -> str:
    """Without what stands on every page and is not in a Word file's body: page numbers, codes, running heads."""
    text = re.sub(r"[□☐]|—\d+—|第\d+页共\d+页|[CR]\d[0-9A-Z]{5}-[0-9A-Z]{5}", "", squeezed(text))
    return re.sub(r"(检查清单|落实情况反馈表)[\u4e00-\u9fff]{2,24}清安办发〔\d+〕\d+号", "", text)


def paragraphs(path: Path) -> list[str]:
    """The words of the body, paragraph by paragraph (a cell is one), in the order of the file."""
    with zipfile.ZipFile(path) as package:
        root = etree.fromstring(package.read("word/document.xml"))
    texts = ("".join(node.text or "" for node in paragraph.iter(f"{W}t")) for paragraph in root.iter(f"{W}p"))
    return [text for text in map(without_furniture, texts) if text]


@pytest.fixture(scope="module")
def files(sample: Path) -> list[Path]:
    return sorted((sample / "out").rglob("*.docx"))


@pytest.mark.no_cover
def test_every_word_file_is_sound(files: list[Path]) -> None:
    validator = OpenXmlValidator()
    for path in [file for file in files if file.parent.name in (WINTER, MEETING, "chengxi", "gaoxin")]:
        result = validator.validate(str(path))
        assert result.is_valid, (path.name, [str(error) for error in result.errors][:5])
        document = docx.Document(str(path))
        assert document.core_properties.title or path.name == "signing-sheet.docx"


@pytest.mark.parametrize("paper", ONE_EACH)
def test_word_file_and_pdf_say_the_same_words_in_the_same_order(paper: str, sample: Path) -> None:
    made = sample / "out" / paper
    words = paragraphs(made.with_suffix(".docx"))
    pdf = without_furniture(pdf_text(made.with_suffix(".pdf")))
    place = 0
    for text in words:
        found = pdf.find(text, place)
        assert found >= 0, (text, pdf[place : place + 80])
        place = found + len(text)
    more = Counter(pdf) - Counter("".join(words))
    assert sum(more.values()) <= 0.06 * len(pdf), "only a table's repeated head is said twice"


def test_headings_are_in_words_navigation(sample: Path) -> None:
    document = docx.Document(str(sample / "out" / WINTER / "circular.docx"))
    levels = [
        style.element.find(f"{W}pPr/{W}outlineLvl") is not None
        for style in (paragraph.style for paragraph in document.paragraphs)
        if style is not None
    ]
    assert sum(levels) >= 6


@pytest.mark.libreoffice
def test_libreoffice_lays_out_every_paper_on_as_many_pages(sample: Path, tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "office")
    office = yaml.safe_load((root / "office.yaml").read_text("utf-8"))
    office["word_fonts"] = WORD_FONTS
    (root / "office.yaml").write_text(yaml.safe_dump(office, allow_unicode=True), "utf-8")
    Commands(root)("build", "--format", "docx")
    paths = sorted((root / "out").rglob("*.docx"))
    # Equal papers of many units are laid out alike: every circular, and the forms of four units each.
    chosen = [path for path in paths if path.parent.parent.name == "out" or path.parent.name in _units(root)]
    chosen = [path for path in chosen if path.name != "signing-sheet.docx"]
    assert len(chosen) >= 12
    for path, shown in zip(chosen, render(chosen, tmp_path / "libreoffice"), strict=True):
        pdf = sample / path.relative_to(root).with_suffix(".pdf")
        ours = pypdfium2.PdfDocument(pdf)
        assert abs(len(shown) - len(ours)) <= 1, path.relative_to(root)
        text = without_furniture("".join(page.get_textpage().get_text_range() for page in shown))
        for paragraph in paragraphs(path):
            for words in re.split(
                r"[，。；：、（）《》“”]", paragraph
            ):  # where marks overlap they are read in any order
                assert words in text, (path.name, words)


def _units(root: Path) -> set[str]:
    units = open_workspace(root).registry.units
    return {units[0].id, units[len(units) // 2].id, units[-1].id, "gaoxin"}


def test_the_package_holds_no_macro_and_no_link_to_the_outside(files: list[Path]) -> None:
    for path in files[:40]:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            assert not [name for name in names if "vba" in name.lower()]
            for name in names:
                if name.endswith(".rels"):
                    assert b'TargetMode="External"' not in package.read(name)
