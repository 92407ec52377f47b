"""The filing stamp 归档章 (DA/T 22): 45 × 16 mm, two rows of three cells, on blank paper in the upper part of a page.

In: a page's PDF and what the cells say. Out: where the stamp has room, and a PDF of that page size which draws it.
Nothing is ever covered: the page is rendered, and only a place where nothing stands is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circular_gen.press import FormPress
from circular_gen.typeset.page import Frame, Glyphs, Pages, PageShape, Part, Rule, Shape

WIDTH, HEIGHT = 45.0, 16.0
"""mm."""
_CLEAR = 3.0
"""mm of blank paper that are left around it."""
_DOTS = 4
"""Dots a mm at which a page is looked at."""
_LINE = 0.3
_SIZE = 9.0
"""pt; less where a text needs it."""
_POINT = 25.4 / 72
_WHITE = 250


@dataclass(frozen=True, slots=True)
class Spot:
    """The stamp's upper left corner on a page, mm from the page's, and the page's size."""

    x: float
    y: float
    page_width: float
    page_height: float


def free_spot(pdf: bytes) -> Spot | None:
    """Where the first page has room in its upper half, as high and as near to the middle as can be; None where nowhere
    is. pypdfium2's errors for what is no PDF."""
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        width, height = page.get_width() * _POINT, page.get_height() * _POINT
        picture: Image.Image = page.render(scale=_DOTS * _POINT).to_pil().convert("L")
        page.close()
    finally:
        document.close()
    ink = picture.point([255 if value < _WHITE else 0 for value in range(256)])
    for y in range(8, round(height / 2)):
        places = sorted(range(8, round(width - WIDTH) - 8), key=lambda x: abs(x - (width - WIDTH) / 2))
        for x in places:
            box = (x - _CLEAR, y - _CLEAR, x + WIDTH + _CLEAR, y + HEIGHT + _CLEAR)
            if ink.crop(tuple(round(side * _DOTS) for side in box)).getbbox() is None:  # type: ignore[arg-type]
                return Spot(float(x), float(y), width, height)
    return None


def stamp_pdf(press: FormPress, spot: Spot, cells: Sequence[str]) -> bytes:
    """A PDF whose one page, as large as the stamped one, shows the stamp. `cells`: six texts, row by row."""
    x, y = spot.x, spot.y
    items: list[Frame | Rule | Glyphs] = [Frame(x, y, WIDTH, HEIGHT, _LINE, "red")]
    items.append(Rule(x, y + (HEIGHT - _LINE) / 2, WIDTH, _LINE, "red"))
    items += [Rule(x + WIDTH * n / 3 - _LINE / 2, y, _LINE, HEIGHT, "red") for n in (1, 2)]
    for place, text in enumerate(cells):
        row, column = divmod(place, 3)
        items += _centred(press, text, x + WIDTH * column / 3, y + HEIGHT * row / 2, WIDTH / 3, HEIGHT / 2)
    page = PageShape((Part(tuple(items), "artefact"),), spot.page_width, spot.page_height)
    return press.pages_pdf(Pages(Shape((page,))))


def _centred(press: FormPress, text: str, x: float, y: float, width: float, height: float) -> list[Glyphs]:
    faces = press.faces
    size = _SIZE
    em = sum(faces.advance(character, "fangsong") for character in text)
    if em * size * _POINT > width - 2:
        size = (width - 2) / (em * _POINT)
    left = x + (width - em * size * _POINT) / 2
    baseline = y + height / 2 + size * _POINT * 0.36
    runs = []
    for character in text:
        face, advance = faces.glyph(character, "fangsong")
        step = advance * size * _POINT
        runs.append(Glyphs(face, size, left, baseline, character, (step,), "red"))
        left += step
    return runs
