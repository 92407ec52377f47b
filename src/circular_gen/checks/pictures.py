"""Pictures of pages with the measured places drawn in.

In: a finished file, its findings. Out: PNG files, one a page: the type area and the elements thin and blue, each with
its name; what was found thick, errors red and warnings orange, with the rule. A Word file is drawn as LibreOffice shows
it, with its elements alone: where a finding stands on its pages, only a renderer knows.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from circular_gen.checks.anatomy import name_elements
from circular_gen.checks.files import FileError, recognise
from circular_gen.checks.measuring import FileFinding
from circular_gen.checks.paper import Block, Paper, Place
from circular_gen.checks.pdf_measure import measure_pdf
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.output.libreoffice import find_soffice, to_pdf
from circular_gen.typeset.style import Style

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

DPI = 120
_MM = DPI / 25.4
"""Pixels a mm."""
_LARGEST = 1200.0
"""mm: a larger page is not drawn; its picture would fill the memory."""
_COLOURS = {"error": "#d00000", "warning": "#e08000", "note": "#808080"}
_ELEMENT, _AREA = "#2060c0", "#a0c0e0"


class PictureError(CircularGenError):
    """A file of which no picture can be made."""


def draw_places(path: Path, folder: Path, findings: Sequence[FileFinding], style: Style) -> list[Path]:
    """Writes FOLDER/NAME-PAGE.png for every page of the file at `path`; the paths. A file that cannot be measured has
    no pictures."""
    import pypdfium2
    from PIL import ImageDraw

    try:
        kind, data = recognise(path)
        if kind == "docx":
            soffice = find_soffice()
            if soffice is None:
                message = _("{path}: a picture of a Word file needs LibreOffice, which is not installed")
                raise PictureError(message.format(path=path))
            data = to_pdf([data], soffice)[0]
        paper = name_elements(measure_pdf(data, style))
    except FileError:
        return []
    if paper.classified is not None:
        return []  # no further copy of it
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with pypdfium2.PdfDocument(data) as document:
            for number in range(1, len(document) + 1):
                if max(paper.sheet.sizes[number - 1][:2]) > _LARGEST:
                    continue
                image = document[number - 1].render(scale=DPI / 72).to_pil().convert("RGB")
                draw = ImageDraw.Draw(image)
                _draw_page(draw, number, paper, findings if kind == "pdf" else ())
                made.append(folder / f"{path.name}-{number}.png")
                image.save(made[-1])
    except OSError as error:
        raise PictureError(f"{folder}: {error.strerror or error}") from error
    return made


def _draw_page(draw: "ImageDraw", number: int, paper: Paper, findings: Sequence[FileFinding]) -> None:
    width, height, _place = paper.sheet.sizes[number - 1]
    if width < height:
        left, top, right, bottom = paper.sheet.edges
        draw.rectangle([left * _MM, top * _MM, right * _MM, bottom * _MM], outline=_AREA)
    for name, place in _elements(paper):
        if place.page == number:
            _box(draw, place, name, _ELEMENT, 1)
    for finding in findings:
        if finding.place.page == number:
            _box(draw, finding.place, finding.rule, _COLOURS[finding.severity], 3)


def _box(draw: "ImageDraw", place: Place, text: str, colour: str, line: int) -> None:
    if place.x is None or place.y is None:
        draw.text((4, 4), text, fill=colour)
        return
    grow = 1.0 if line > 1 else 0.5
    x, y = (place.x - grow) * _MM, (place.y - grow) * _MM
    end, low = (place.x + (place.width or 0) + grow) * _MM, (place.y + (place.height or 0) + grow) * _MM
    draw.rectangle([x, y, max(end, x + 1), max(low, y + 1)], outline=colour, width=line)
    if line > 1:
        draw.text((x, low + 1), text, fill=colour)
    else:
        draw.text((x, y - 11), text, fill=colour)


def _elements(paper: Paper) -> Iterator[tuple[str, Place]]:
    groups: dict[str, Sequence[Block | None]] = {
        "urgency": paper.urgency,
        "mark": paper.mark,
        "number": (paper.number,),
        "approver": paper.approvers,
        "title": paper.title,
        "addressees": (paper.addressees,),
        "annex list": paper.annex_list,
        "signature": paper.signature,
        "date": (paper.date,),
        "note": (paper.note,),
        "annex": [annex.label for annex in paper.annexes],
        "annex title": [block for annex in paper.annexes for block in annex.title],
        "copies": paper.colophon.copies if paper.colophon else (),
        "printed": paper.colophon.printed if paper.colophon else (),
    }
    for name, blocks in groups.items():
        for block in blocks:
            if block is not None:
                yield name, block.place
    if paper.rule is not None:
        yield "rule", paper.rule.place
    for pair in paper.double_rules:
        for line in pair:
            yield "double rule", line.place
    for line in paper.colophon.rules if paper.colophon else ():
        yield "colophon rule", line.place
    for page_number in paper.sheet.numbers:
        yield "page number", page_number.place
