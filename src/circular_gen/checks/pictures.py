"""Pictures of pages with the measured places drawn in.

In: a finished file, its findings. Out: PNG files, one a page: the type area and the elements thin and blue, each with
its name; what was found thick and numbered, errors red and warnings orange, with the messages in a column beside the
page. A Word file is drawn as LibreOffice shows it; a finding stands there where the drawn page says what its paragraph
says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from circular_gen.checks.anatomy import compact, name_elements
from circular_gen.checks.files import FileError, recognise
from circular_gen.checks.measuring import FileFinding
from circular_gen.checks.paper import Block, Paper, Place
from circular_gen.checks.pdf_measure import measure_pdf
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.output.libreoffice import find_soffice, to_pdf
from circular_gen.resources import FONTS, PACKAGED_FACES
from circular_gen.typeset.lines import NO_START
from circular_gen.typeset.style import Style

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

DPI = 120
_MM = DPI / 25.4
"""Pixels a mm."""
_LARGEST = 1200.0
"""mm: a larger page is not drawn; its picture would fill the memory."""
_COLUMN = 95.0
"""mm beside the page for what was found there."""
_ENOUGH = 4
"""Characters by which a line is known again."""
_COLOURS = {"error": "#d00000", "warning": "#e08000", "note": "#808080"}
_ELEMENT, _AREA = "#2060c0", "#a0c0e0"


class PictureError(CircularGenError):
    """A file of which no picture can be made."""


def draw_places(path: Path, folder: Path, findings: Sequence[FileFinding], style: Style) -> list[Path]:
    """Writes FOLDER/NAME-PAGE.png for every page of the file at `path`; the paths. A file that cannot be measured has
    no pictures."""
    import pypdfium2
    from PIL import Image, ImageDraw

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
    shown = findings if kind == "pdf" else list(_found_again(findings, paper))
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with pypdfium2.PdfDocument(data) as document:
            for number in range(1, len(document) + 1):
                if max(paper.sheet.sizes[number - 1][:2]) > _LARGEST:
                    continue
                page = document[number - 1].render(scale=DPI / 72).to_pil().convert("RGB")
                image = Image.new("RGB", (page.width + round(_COLUMN * _MM), page.height), "#ffffff")
                image.paste(page)
                draw = ImageDraw.Draw(image)
                _Pen(draw).page(number, paper, shown)
                made.append(folder / f"{path.name}-{number}.png")
                image.save(made[-1])
    except OSError as error:
        raise PictureError(f"{folder}: {error.strerror or error}") from error
    return made


def _found_again(findings: Sequence[FileFinding], paper: Paper) -> Iterator[FileFinding]:
    """Findings about a Word file with their places on its drawn pages, by how their paragraphs begin."""
    beginnings = [(compact(block.text), block.place) for block in paper.sheet.blocks]
    for finding in findings:
        start = finding.text.removesuffix("…")
        place = next((place for text, place in beginnings if start and _agree(text, start)), None)
        if place is not None:
            yield replace(finding, place=place)


def _agree(text: str, start: str) -> bool:
    """Whether a drawn line begins like a paragraph; a large one is drawn in several lines."""
    return text.startswith(start) or (len(text) >= _ENOUGH and start.startswith(text))


class _Pen:
    """Draws on one page: boxes with numbers, and in the column beside it what they say."""

    def __init__(self, draw: "ImageDraw") -> None:
        from PIL import ImageFont

        self._draw = draw
        self._small = ImageFont.truetype(str(FONTS / PACKAGED_FACES["hei"]), 11)
        self._large = ImageFont.truetype(str(FONTS / PACKAGED_FACES["hei"]), 15)
        self._told: dict[Place, int] = {}

    def page(self, number: int, paper: Paper, findings: Sequence[FileFinding]) -> None:
        width, height, _place = paper.sheet.sizes[number - 1]
        if width < height:
            left, top, right, bottom = paper.sheet.edges
            self._draw.rectangle([left * _MM, top * _MM, right * _MM, bottom * _MM], outline=_AREA)
        for name, place in _elements(paper):
            if place.page == number:
                self._element(place, name)
        y, x = 20.0, round(width * _MM) + 12
        for finding in findings:
            if finding.place.page == number:
                y = self._tell(finding, x, y, height * _MM)

    def _element(self, place: Place, name: str) -> None:
        x, y, end, low = _bounds(place, 0.5)
        self._draw.rectangle([x, y, end, low], outline=_ELEMENT)
        self._draw.text((x, y - 13), name, fill=_ELEMENT, font=self._small)

    def _tell(self, finding: FileFinding, x: float, y: float, bottom: float) -> float:
        """Boxes what was found, once a place, and says it in the column at `x`, `y`; where the next one goes there."""
        colour, place = _COLOURS[finding.severity], finding.place
        nth = self._told.setdefault(place, len(self._told) + 1)
        if place.x is not None and place.y is not None:
            left, top, end, low = _bounds(place, 1.0)
            self._draw.rectangle([left, top, end, low], outline=colour, width=3)
            self._draw.text((end + 3, top - 2), str(nth), fill=colour, font=self._large)
        text = f"{nth}  {finding.message}"
        for number, line in enumerate(self._wrapped(text)):
            if y < bottom - 20:
                self._draw.text((x + 18 * (number > 0), y), line, fill=colour, font=self._large)
            y += 19
        return y + 5

    def _wrapped(self, text: str) -> Iterator[str]:
        line = ""
        for character in text:
            full = self._draw.textlength(line + character, font=self._large) > (_COLUMN - 8) * _MM
            if full and character not in NO_START:
                yield line
                line = ""
            line += character
        yield line


def _bounds(place: Place, grow: float) -> tuple[float, float, float, float]:
    """Pixels of what has a place, `grow` mm wider on all sides."""
    left, top = place.x or 0.0, place.y or 0.0
    x, y = (left - grow) * _MM, (top - grow) * _MM
    end, low = (left + (place.width or 0) + grow) * _MM, (top + (place.height or 0) + grow) * _MM
    return x, y, max(end, x + 1), max(low, y + 1)


def _elements(paper: Paper) -> Iterator[tuple[str, Place]]:
    groups: dict[str, Sequence[Block | None]] = {
        _("urgency"): paper.urgency,
        _("issuer mark"): paper.mark,
        _("document number"): (paper.number,),
        _("approver"): paper.approvers,
        _("title"): paper.title,
        _("addressees of the paper"): (paper.addressees,),
        _("annex list"): paper.annex_list,
        _("signature"): paper.signature,
        _("date of issue"): (paper.date,),
        _("note under the date"): (paper.note,),
        _("annex"): [annex.label for annex in paper.annexes],
        _("annex title"): [block for annex in paper.annexes for block in annex.title],
        _("copies to"): paper.colophon.copies if paper.colophon else (),
        _("printed by"): paper.colophon.printed if paper.colophon else (),
    }
    for name, blocks in groups.items():
        for block in blocks:
            if block is not None:
                yield name, block.place
    if paper.rule is not None:
        yield _("red rule"), paper.rule.place
    for pair in paper.double_rules:
        for line in pair:
            yield _("double rule"), line.place
    for line in paper.colophon.rules if paper.colophon else ():
        yield _("rule of the colophon"), line.place
    for page_number in paper.sheet.numbers:
        yield _("number of the page"), page_number.place
