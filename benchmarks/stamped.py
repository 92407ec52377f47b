"""Whether stamped copies are right: `python -m benchmarks.stamped [UNITS]` prints a line of JSON (default 1,000 units).

Each unit's package.pdf and circular.docx, as others read them. Of every PDF the pages with a code are rasterised and
every code decoded; the text is extracted, and is the same for all units but for the unit's own name and codes; qpdf
reads every object. Of every DOCX the code is decoded from its picture and the name found in its text. LibreOffice opens
some of the DOCX, and Preflight looks at the PDF/A-1 twins of some PDFs; where a program is not installed
its line stays open.
"""

import json
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy
import pikepdf
import pypdfium2
import zxingcpp

from benchmarks.paper import recipients
from benchmarks.peers.ours import press_and_copies
from circular_gen.press import Press
from circular_gen.typeset.page import Pages, Symbol
from circular_gen.workspace import Copy

DPI = 150
_OPENED, _TWINS = 50, 10


def measure(units: int = 1000) -> dict[str, Any]:
    """How many of how many were right, check by check: [right, looked at]."""
    press, copies = press_and_copies(units)
    right: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    symbols = 0
    with tempfile.TemporaryDirectory() as folder:
        words: list[tuple[Path, str]] = []
        twins: list[bytes] = []
        for number, recipient in enumerate(recipients(units)):
            copy = copies[recipient]
            package = press.package(copy)
            data = press.writer.write(package)
            found, wanted, text = read(data, package)
            symbols += sum(map(len, wanted))
            right["codes"] += found == wanted
            texts[bare(text, press, copy)] += 1
            with pikepdf.open(BytesIO(data)) as pdf:
                right["qpdf"] += not pdf.check_pdf_syntax()
            docx = press.paper_docx("circular", copy)
            right["docx"] += whole(docx, press, copy)
            if number % max(1, units // _OPENED) == 0:
                words.append((Path(folder) / f"{number}.docx", copy.unit.name))
                words[-1][0].write_bytes(docx)
            if number % max(1, units // _TWINS) == 0:
                twins.append(data)
        opened = opened_by_libreoffice(words, Path(folder) / "opened") if shutil.which("soffice") else None
        valid = (
            sum(passes(twin, Path(folder)) for twin in twins)
            if shutil.which("java") and Path("/usr/share/java/preflight.jar").exists()
            else None
        )
    return {
        "units": units,
        "symbols": symbols,
        "codes": [right["codes"], units],
        "texts": [texts.most_common(1)[0][1], units],
        "qpdf": [right["qpdf"], units],
        "docx": [right["docx"], units],
        "opened": [opened, len(words)],
        "preflight": [valid, len(twins)],
    }


def read(data: bytes, package: Pages) -> tuple[list[set[str]], list[set[str]], str]:
    """The codes decoded from each page that has some, those that it should have, and the text of all pages."""
    found, wanted, text = [], [], []
    pdf = pypdfium2.PdfDocument(data)
    for number in range(len(pdf)):
        page = pdf[number]
        text.append(page.get_textpage().get_text_range())
        payloads = {item.payload for part in package.parts(number) for item in part.items if isinstance(item, Symbol)}
        if payloads:
            picture = page.render(scale=DPI / 72, grayscale=True).to_numpy().squeeze()
            found.append({code.text for code in zxingcpp.read_barcodes(picture)})
            wanted.append(payloads)
    return found, wanted, "".join("".join(text).split())


def bare(text: str, press: Press, copy: Copy) -> str:
    """`text` without what the unit alone has; what is missing stays missing."""
    values = press.values(copy)
    own = {
        values["unit.name"],
        *(values[f"readable:{kind}:{page}"] for kind in ("receipt", "checklist") for page in (1, 2, 3)),
    }
    for value in sorted(own, key=len, reverse=True):
        text = text.replace("".join(value.split()), "〈own〉")
    return text


def whole(docx: bytes, press: Press, copy: Copy) -> bool:
    """Whether the code can be read from the picture and the name stands in the text."""
    with zipfile.ZipFile(BytesIO(docx)) as file:
        if file.testzip() is not None:
            return False
        text = file.read("word/document.xml").decode()
        pictures = [file.read(name) for name in file.namelist() if name.startswith("word/media/")]
    codes = {
        code.text
        for picture in pictures
        for code in zxingcpp.read_barcodes(cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_GRAYSCALE))
    }
    values = press.values(copy)
    return copy.unit.name in text and values["code:receipt:0"] in codes


def opened_by_libreoffice(words: list[tuple[Path, str]], folder: Path) -> int:
    """How many of the files show the name that belongs to them."""
    from tests.libreoffice import render

    pdfs = render([path for path, _name in words], folder)
    shown = ["".join(pdf[page].get_textpage().get_text_range() for page in range(len(pdf))) for pdf in pdfs]
    return sum(name in "".join(text.split()) for text, (_path, name) in zip(shown, words, strict=True))


def passes(pdf: bytes, folder: Path) -> bool:
    from tests.preflight import assert_part_1

    try:
        assert_part_1(pdf, folder)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return False
    return True


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    words = {
        "codes": f"package.pdf: every code read at {DPI} dpi is the one stamped ({result['symbols']:,} codes)",
        "texts": "package.pdf: the text is the same but for the unit's name and codes",
        "qpdf": "package.pdf: qpdf finds nothing",
        "docx": "circular.docx: the code decoded and the name are the unit's",
        "opened": "circular.docx: LibreOffice shows it with the unit's name",
        "preflight": "Preflight finds nothing in the twin marked PDF/A-1b",
    }
    lines = ["| | right | of |", "|---|---:|---:|"]
    for name, text in words.items():
        right, looked = result[name]
        lines.append(f"| {text} | {'not looked at' if right is None else f'{right:,}'} | {looked:,} |")
    return lines


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
