"""The standard's figures (GB/T 9704-2012), measured on the finished PDFs: baselines from the text, ink from the pixels.

Nothing here asks the program where it meant to put things.
"""

import itertools
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy
import pdfplumber
import pypdfium2
import pytest

from .conftest import MEETING, WINTER

DPI = 600
MM = 25.4 / DPI
"""mm a pixel."""
PT = 25.4 / 72
CELL, LINE = 156 / 28, 28.95 * PT
Line = tuple[float, list[dict]]


@lru_cache(maxsize=8)
def pixels(path: Path, page: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Where page `page` is black and where it is red."""
    document = pypdfium2.PdfDocument(path)
    image = document[page].render(scale=DPI / 72).to_numpy()
    blue, green, red = (image[:, :, colour].astype(numpy.int16) for colour in range(3))
    is_red = (red - green > 80) & (red - blue > 80)
    return (red < 128) & ~is_red, is_red


def rows(ink: numpy.ndarray, top: float, bottom: float) -> numpy.ndarray:
    """mm of every pixel row from `top` to `bottom` mm that has ink."""
    found = numpy.flatnonzero(ink.any(axis=1)) * MM
    return found[(found >= top) & (found < bottom)]


def length(ink: numpy.ndarray, at: float) -> float:
    """mm from the first to the last inked pixel of the row at `at` mm."""
    columns = numpy.flatnonzero(ink[round(at / MM)])
    return float((columns[-1] - columns[0] + 1) * MM)


@lru_cache(maxsize=8)
def lines(path: Path, page: int) -> list[Line]:
    """The page's text by baselines, in mm from its top."""
    with pdfplumber.open(path) as pdf:
        height = float(pdf.pages[page].height)
        chars = [char for char in pdf.pages[page].chars if char["text"].strip()]
    found: dict[float, list[dict]] = {}
    for char in chars:
        found.setdefault(round((height - char["matrix"][5]) * PT, 2), []).append(char)
    return sorted(found.items())


def text(line: Line) -> str:
    return "".join(char["text"] for char in sorted(line[1], key=lambda char: char["x0"]))


def find(path: Path, page: int, words: str) -> Line:
    return next(line for line in lines(path, page) if words in text(line))


def left(line: Line) -> float:
    return min(char["matrix"][4] for char in line[1]) * PT


def right(line: Line) -> float:
    """Where the last character's cell ends."""
    return max(char["x1"] for char in line[1]) * PT


def page_of(path: Path, words: str) -> int:
    with pdfplumber.open(path) as pdf:
        pages = [page.extract_text().replace("\n", "") for page in pdf.pages]
    return next(number for number, content in enumerate(pages) if words in content)


@pytest.fixture(scope="module")
def general(sample: Path) -> Path:
    return sample / "out" / WINTER / "circular.pdf"


@pytest.fixture(scope="module")
def letter(sample: Path) -> Path:
    return sample / "out" / MEETING / "circular.pdf"


def test_a_full_page_has_22_lines_of_28_hanzi(general: Path) -> None:
    page = [line for line in lines(general, 1) if line[0] < 262]
    baselines = [baseline for baseline, _ in page]
    assert len(baselines) == 22
    assert [b - a for a, b in itertools.pairwise(baselines)] == pytest.approx([LINE] * 21, abs=0.02)
    assert baselines[-1] < 262
    plain = [line for line in page if len(line[1]) == 28 and all(map(_is_hanzi, text(line)))]
    full = [line for line in page if right(line) > 183]
    assert plain or len(full) >= 10
    for line in full:
        assert 26 <= len(line[1]) <= 31  # squeezed marks and Latin letters make room for more
    for line in plain:
        assert left(line) == pytest.approx(28, abs=0.02)
        starts = [char["matrix"][4] * PT for char in sorted(line[1], key=lambda char: char["x0"])]
        assert [b - a for a, b in itertools.pairwise(starts)] == pytest.approx([CELL] * 27, abs=0.02)
    black, _red = pixels(general, 1)
    inked = numpy.flatnonzero(black[: round(262 / MM)].any(axis=0)) * MM
    assert inked[0] >= 28
    assert inked[-1] <= 184 + CELL / 2  # a hanging mark's own ink


def _is_hanzi(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK UNIFIED")


def test_the_marks_ink_begins_72_mm_from_the_papers_top(general: Path) -> None:
    assert rows(pixels(general, 0)[1], 0, 150)[0] == pytest.approx(72, abs=0.5)


def test_a_letters_mark_begins_30_mm_from_the_papers_top(letter: Path) -> None:
    assert rows(pixels(letter, 0)[1], 0, 150)[0] == pytest.approx(30, abs=0.5)


def test_the_red_rule_lies_4_mm_under_the_numbers_ink_and_is_156_mm_long(general: Path) -> None:
    black, red = pixels(general, 0)
    mark_end = 72 + 20
    rule = rows(red, mark_end + 5, 262)[0]
    number = rows(black, mark_end, rule)
    assert rule - number[-1] == pytest.approx(4, abs=0.2)
    assert length(red, rule + 0.1) == pytest.approx(156, abs=0.15)


def test_the_title_stands_two_lines_under_the_rule_and_is_no_wider_than_twenty_characters(general: Path) -> None:
    _black, red = pixels(general, 0)
    rule = rows(red, 92, 262)[-1]
    title = [line for line in lines(general, 0) if line[1][0]["size"] == pytest.approx(22, abs=0.01)]
    assert title
    assert all(len(line[1]) <= 20 for line in title)
    size = 22 * PT
    top = title[0][0] - 0.88 * size - (LINE - size) / 2
    assert top - rule == pytest.approx(2 * LINE, abs=0.3)
    for line in title:
        assert (left(line) + right(line)) / 2 == pytest.approx(28 + 78, abs=0.3)


def test_the_addressees_follow_one_line_under_the_title(general: Path) -> None:
    title = [line for line in lines(general, 0) if line[1][0]["size"] == pytest.approx(22, abs=0.01)][-1]
    addressees = next(line for line in lines(general, 0) if line[0] > title[0])
    assert text(addressees).endswith("：")
    assert left(addressees) == pytest.approx(28, abs=0.02)
    assert addressees[0] - title[0] == pytest.approx(2 * LINE, abs=1)


def test_a_sealed_papers_date_ends_4_cells_from_the_right_and_the_signature_is_centred_on_it(general: Path) -> None:
    page = page_of(general, "（此件公开发布）")
    found = lines(general, page)
    date_index = next(
        i for i, line in enumerate(found) if text(line).startswith("2026年") and text(line).endswith("日")
    )
    date, signature, before = found[date_index], found[date_index - 1], found[date_index - 2]
    assert 184 - right(date) == pytest.approx(4 * CELL, abs=0.3)
    assert (left(signature) + right(signature)) / 2 == pytest.approx((left(date) + right(date)) / 2, abs=0.3)
    assert date[0] - signature[0] == pytest.approx(LINE, abs=0.05)
    assert signature[0] - before[0] == pytest.approx(3 * LINE, abs=0.05)  # two empty lines


def test_the_colophon_lies_on_the_lower_edge_of_the_last_page(general: Path) -> None:
    last = len(pypdfium2.PdfDocument(general)) - 1
    black, _red = pixels(general, last)
    rules = [row * MM for row in range(round(200 / MM), round(265 / MM)) if black[row].sum() * MM > 150]
    thick = [
        list(group) for _, group in itertools.groupby(enumerate(rules), lambda pair: round(pair[1] / MM) - pair[0])
    ]
    spans = [(group[0][1], len(group) * MM) for group in thick]
    assert len(spans) == 3
    middle = spans[-1][0] + spans[-1][1] / 2
    assert middle == pytest.approx(262, abs=0.2)
    assert [span[1] for span in spans] == pytest.approx([0.35, 0.25, 0.35], abs=0.06)
    for top, _thickness in spans:
        assert length(black, top + 0.1) == pytest.approx(156, abs=0.2)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_page_numbers_stand_7_mm_under_the_type_area_at_the_outer_edge(general: Path, page: int) -> None:
    number = find(general, page, f"—{page + 1}—")
    dashes = pixels(general, page)[0][:, round(left(number) / MM) : round((left(number) + 4) / MM)]
    assert rows(dashes, 262.5, 290)[0] - 262 == pytest.approx(7, abs=0.3)
    inset = 14 * PT
    if page % 2:  # an even page
        assert left(number) == pytest.approx(28 + inset, abs=0.1)
    else:
        assert right(number) == pytest.approx(184 - inset, abs=0.1)


def test_a_letters_double_rules_are_170_mm_and_its_first_page_has_no_number(letter: Path) -> None:
    _black, red = pixels(letter, 0)
    mark_end = 30 + 17
    upper, lower = rows(red, mark_end, 100), rows(red, 250, 297)
    assert length(red, upper[0] + 0.2) == pytest.approx(170, abs=0.2)
    assert length(red, lower[-1] - 0.2) == pytest.approx(170, abs=0.2)
    assert 297 - lower[0] == pytest.approx(20, abs=0.3)
    assert not [line for line in lines(letter, 0) if line[0] > 262 and "—" in text(line)]


def test_annexes_begin_a_page_with_their_label_and_their_title_on_the_third_line(general: Path) -> None:
    page = next(
        number for number in range(len(pypdfium2.PdfDocument(general))) if text(lines(general, number)[0]) == "附件1"
    )
    label, title = lines(general, page)[:2]
    assert left(label) == pytest.approx(28, abs=0.02)
    assert title[1][0]["size"] == pytest.approx(22, abs=0.01)
    assert title[0] - label[0] == pytest.approx(2 * LINE, abs=1)
