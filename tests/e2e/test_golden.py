"""The sample's papers as they were approved: every line of text at its place, and what the pages look like.

`make golden` writes the present output as approved; then look at `git diff` and at the pictures.
"""

import io
import zipfile
from pathlib import Path

import numpy
import pdfplumber
import pypdfium2
import pytest
from lxml import etree
from PIL import Image

from .conftest import EACH, MEETING, WINTER

GOLDEN = Path(__file__).parent.parent / "golden"
PAPERS = {
    "winter-circular": f"{WINTER}/circular",
    "winter-checklist": f"{WINTER}/chengxi/checklist",
    "winter-receipt": f"{WINTER}/chengxi/receipt",
    "meeting-circular": f"{MEETING}/circular",
    "meeting-receipt": f"{MEETING}/chengxi/receipt",
    "flood-circular": f"{EACH}/gaoxin/circular",
    "flood-receipt": f"{EACH}/gaoxin/receipt",
}
PT = 25.4 / 72
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PICTURE_DPI = 40


def geometry(path: Path) -> str:
    """Every run of one face and size on a page, `x y size face text`, and every drawn rectangle, in mm."""
    out = []
    with pdfplumber.open(path) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            height = float(page.height)
            out.append(f"page {number} {float(page.width) * PT:.0f}x{height * PT:.0f}")
            run: list[dict] = []
            for char in [*page.chars, None]:
                if run and (
                    char is None or _kind(char, height) != _kind(run[0], height) or char["x0"] - run[-1]["x1"] > 20
                ):
                    x, y = run[0]["matrix"][4] * PT, (height - run[0]["matrix"][5]) * PT
                    face = run[0]["fontname"].partition("+")[2]
                    out.append(f"{x:7.2f} {y:7.2f} {run[0]['size']:5.1f} {face} {''.join(c['text'] for c in run)}")
                    run = []
                if char is not None:
                    run.append(char)
            rects = sorted((r["x0"], r["top"], r["width"], r["height"]) for r in page.rects if r["width"] > 30)
            out += ["rule " + " ".join(f"{value * PT:.2f}" for value in rect) for rect in rects]
    return "\n".join(out) + "\n"


def _kind(char: dict, height: float) -> tuple[object, ...]:
    return char["fontname"], round(char["size"], 1), round((height - char["matrix"][5]) * PT, 1)


def words(path: Path) -> str:
    """Every paragraph of a DOCX with its style."""
    with zipfile.ZipFile(path) as package:
        root = etree.fromstring(package.read("word/document.xml"))
    out = []
    for paragraph in root.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        text = "".join(node.text or "" if node.tag == f"{W}t" else "\\n" for node in paragraph.iter(f"{W}t", f"{W}br"))
        out.append(f"{style.get(f'{W}val') if style is not None else '-'}: {text}")
    return "\n".join(out) + "\n"


def pictures(path: Path) -> Image.Image:
    """The pages side by side, small and grey."""
    document = pypdfium2.PdfDocument(path)
    pages = [page.render(scale=PICTURE_DPI / 72).to_pil().convert("L") for page in document]
    whole = Image.new("L", (sum(page.width for page in pages), max(page.height for page in pages)), 255)
    x = 0
    for page in pages:
        whole.paste(page, (x, 0))
        x += page.width
    return whole


@pytest.mark.parametrize("name", PAPERS)
def test_the_paper_is_as_it_was_approved(name: str, sample: Path, request: pytest.FixtureRequest) -> None:
    made = sample / "out" / PAPERS[name]
    pdf, docx = made.with_suffix(".pdf"), made.with_suffix(".docx")
    picture = pictures(pdf)
    if request.config.getoption("--approve"):
        (GOLDEN / f"{name}.pdf.txt").write_text(geometry(pdf), encoding="utf-8", newline="\n")
        (GOLDEN / f"{name}.docx.txt").write_text(words(docx), encoding="utf-8", newline="\n")
        picture.save(GOLDEN / f"{name}.png", optimize=True)
        return
    assert geometry(pdf) == (GOLDEN / f"{name}.pdf.txt").read_text(encoding="utf-8")
    assert words(docx) == (GOLDEN / f"{name}.docx.txt").read_text(encoding="utf-8")
    approved = Image.open(io.BytesIO((GOLDEN / f"{name}.png").read_bytes()))
    assert picture.size == approved.size
    difference = numpy.abs(numpy.asarray(picture, dtype=int) - numpy.asarray(approved, dtype=int))
    assert difference.mean() < 2, "the pages look different"
    assert (difference > 128).mean() < 0.002, "something is somewhere else"
