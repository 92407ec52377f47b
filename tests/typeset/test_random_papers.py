"""What holds of every paper: nothing overlaps, nothing lies outside its area, no text is lost or said twice, page 1
shows body, the last rule lies on the type area's lower edge.

100 random papers in the normal run, 2,000 in the long one."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from circular_gen.resources import FONTS, PACKAGED_FACES, TEMPLATES
from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Attendance,
    Block,
    Colophon,
    Mark,
    Note,
    Number,
    Paragraph,
    Sheet,
    Signature,
    Table,
    Title,
    Urgency,
)
from circular_gen.typeset.fonts import Faces, FontSource
from circular_gen.typeset.lines import CLOSING
from circular_gen.typeset.page import Glyphs, Image, Item, Pages, Rule
from circular_gen.typeset.pages import Typesetter
from circular_gen.typeset.style import Style, load_style

from .papers import papers

PT = 25.4 / 72
TOUCH = 0.06
"""mm by which bounds may meet: rounding, and marks that share a cell."""
CELL = 16 * PT
LETTER_RULES = (20.0, 190.0)
SEAL = "a seal"


class Box(NamedTuple):
    """What an item covers, mm; `what`: for messages. A seal lies under the text and covers nothing of it."""

    left: float
    top: float
    right: float
    bottom: float
    what: str


class Looker:
    """Knows the ink of every character."""

    def __init__(self, faces: Faces) -> None:
        self.faces = faces

    def box(self, item: Item) -> Box | None:
        if isinstance(item, Image):
            return Box(item.x, item.y, item.x + item.width, item.y + item.height, SEAL)
        if isinstance(item, Rule):
            return Box(item.x, item.y, item.x + item.width, item.y + item.height, "rule")
        if not isinstance(item, Glyphs) or not item.text.strip():
            return None
        size = item.size * PT
        shown = item.text.rstrip()
        inks = [self.faces.ink(character, item.face) for character in shown]
        high, low = max(ink[1] for ink in inks) * size, min(ink[0] for ink in inks) * size
        # A closing mark's ink lies in its left half; what stands past it is air.
        last = item.advances[len(shown) - 1] * (0.5 if shown[-1] in CLOSING else 1.0)
        end = item.x + sum(item.advances[: len(shown) - 1]) + last
        start = item.x + (item.advances[0] * 0.5 if shown[0] in "（《“〔" and len(shown) > 1 else 0.0)
        if item.turned:
            return Box(item.x + low, item.y, item.x + high, item.y + (end - item.x), shown)
        return Box(start, item.y - high, end, item.y - low, shown)

    def boxes(self, pages: Pages, page: int) -> list[tuple[str, Item, Box]]:
        found = []
        for part in pages.parts(page):
            for item in part.items:
                box = self.box(item)
                if box is not None:
                    found.append((part.role, item, box))
        return found


def overlap(one: Box, other: Box) -> bool:
    return (
        min(one.right, other.right) - max(one.left, other.left) > TOUCH
        and min(one.bottom, other.bottom) - max(one.top, other.top) > TOUCH
    )


def overlaps(boxes: list[tuple[str, Item, Box]]) -> list[tuple[Box, Box]]:
    """Pairs that cover each other; a table's rules may cross."""
    ordered = sorted(boxes, key=lambda found: found[2].top)
    found = []
    for index, (_, item, box) in enumerate(ordered):
        for _, other, below in ordered[index + 1 :]:
            if below.top > box.bottom:
                break
            crossing = isinstance(item, Rule) and isinstance(other, Rule)
            behind = (box.what == SEAL) != (below.what == SEAL) and not isinstance(item, Rule)
            behind = behind and not isinstance(other, Rule)
            if not crossing and not behind and overlap(box, below):
                found.append((box, below))
    return found


def outside(sheet: Sheet, pages: Pages, page: int, boxes: list[tuple[str, Item, Box]]) -> list[Box]:
    """What stands neither in the type area nor where it has a place of its own: the page number, a letter's head."""
    width = pages.shape.pages[page].width
    left, top, right, bottom = (28.0, 37.0, 184.0, 262.0) if width == 210 else (35.0, 28.0, 260.0, 184.0)
    found = []
    for role, item, box in boxes:
        if role == "artefact" and isinstance(item, Glyphs):
            placed = 267.5 < box.top < 276 and box.left > 28 and box.right < 184
            if item.turned:
                placed = 297 - 276 < box.left < box.right < 297 - 267 and 28 < box.top < box.bottom < 184
        elif role == "head" and sheet.format == "letter" and getattr(item, "colour", "") == "red":
            placed = LETTER_RULES[0] - 0.1 <= box.left <= box.right <= LETTER_RULES[1] + 0.1
            placed = placed and (29.9 < box.top < 60 or 276.9 < box.top < 280)
        else:
            hangs = CELL / 2 if isinstance(item, Glyphs) and item.text.rstrip()[-1] in CLOSING else 0.0
            placed = box.left >= left - 0.3 and box.right <= right + hangs + 0.3
            placed = placed and box.top >= top - 0.3 and box.bottom <= bottom + 0.2
        if not placed:
            found.append(box)
    return found


def expected(blocks: tuple[Block, ...], form: str = "") -> Iterator[str]:
    """Every text of a paper with what layout adds to it; table heads, which are repeated, left out."""
    for block in blocks:
        match block:
            case Urgency(text) | Number(text, ()):
                yield text
            case Number(text, approvers):
                yield text + "签发人：" + "".join(approvers)
            case Mark(names, suffix):
                yield ("".join(names) if form != "letter" else names[0]) + suffix
            case Title(text):
                yield text
            case Addressees(text):
                yield text + "："
            case Paragraph(text, _, heading):
                yield heading + text
            case AnnexList(names):
                yield "附件："
                yield from (f"{n + 1}.{name}" if len(names) > 1 else name for n, name in enumerate(names))
            case Signature(manner, issuers, date, title, _, _):
                yield (title if manner == "chop" else "".join(issuers)) + date
            case Note(text):
                yield f"（{text}）"
            case Attendance(label, names):
                yield f"{label}：{names}"
            case Annex(label, title, inside):
                yield label + title
                yield from expected(inside)
            case Table(_, rows):
                yield from ("".join(map(str, cell.content)) for row in rows if not row.head for cell in row.cells)
            case Colophon(cc, by, on):
                yield f"抄送：{cc}。" if cc else ""
                yield f"{by}{on}印发" if on else by


def heads(blocks: tuple[Block, ...]) -> Counter[str]:
    inside = [block for annex in blocks if isinstance(annex, Annex) for block in annex.blocks]
    cells = [cell for block in inside if isinstance(block, Table) for cell in block.rows[0].cells]
    return Counter("".join("".join(map(str, cell.content)) for cell in cells))


def check(sheet: Sheet, pages: Pages, faces: Faces) -> None:
    looker = Looker(faces)
    said: Counter[str] = Counter()
    running = ""
    for page in range(len(pages.shape.pages)):
        boxes = looker.boxes(pages, page)
        assert overlaps(boxes) == []
        assert outside(sheet, pages, page, boxes) == []
        for part in pages.parts(page):
            if part.role != "artefact":
                text = "".join(item.text for item in part.items if isinstance(item, Glyphs)).replace(" ", "")
                said.update(text)
                running += text if part.role in ("paragraph", "heading1", "heading2", "heading3", "heading4") else ""
    moved = any(
        "主送：" in "".join(i.text for i in p.items if isinstance(i, Glyphs))
        for p in pages.parts(len(pages.shape.pages) - 1)
    )
    wanted = Counter("".join(expected(sheet.blocks, sheet.format)))
    if moved:  # 主送：…。 in the colophon, and no colon after the last addressee
        wanted.update("主送。")
    _seals(sheet, pages, looker)
    repeated = said - wanted
    once = heads(sheet.blocks)
    assert not wanted - said, f"lost: {wanted - said}"
    assert not set(repeated) - set(once), f"said twice: {repeated - once}"
    for block in sheet.blocks:
        if isinstance(block, Paragraph):
            assert block.heading + block.text in running
    roles = {part.role for part in pages.parts(0)}
    assert roles & {"paragraph", "heading1", "heading2", "heading3", "heading4"}, "page 1 shows body"
    colophon = next((block for block in sheet.blocks if isinstance(block, Colophon)), None)
    if sheet.format != "letter" and (moved or (colophon and (colophon.cc or colophon.printed_by))):
        last = pages.parts(len(pages.shape.pages) - 1)
        rules = [item for part in last if part.role == "colophon" for item in part.items if isinstance(item, Rule)]
        lowest = max(rules, key=lambda rule: rule.y)
        assert lowest.y + lowest.height / 2 == pytest.approx(262, abs=0.2)
        assert (lowest.x, lowest.width) == (pytest.approx(28, abs=0.01), pytest.approx(156, abs=0.01))


def _seals(sheet: Sheet, pages: Pages, looker: Looker) -> None:
    """Each issuer's seal stands once, over its name, and above signature and date stands body or a head."""
    signature = next((block for block in sheet.blocks if isinstance(block, Signature)), None)
    wanted = sum(seal is not None for seal in signature.seals) if signature else 0
    found = [
        box for page in range(len(pages.shape.pages)) for _, _, box in looker.boxes(pages, page) if box.what == SEAL
    ]
    assert len(found) == wanted
    for box in found:
        assert box.right - box.left == pytest.approx((signature.diameter if signature else 0) or 42)


@cache
def chosen(cell: str) -> Style:
    return load_style((TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8"), cell=cell)


@cache
def all_faces() -> Faces:
    return Faces({face: FontSource((FONTS / name).read_bytes(), 0, name) for face, name in PACKAGED_FACES.items()})


_ANY = list(HealthCheck)


def check_both(sheet: Sheet) -> None:
    """The paper on the grid and as Word sets it naturally: each is right, and both say the same."""
    texts = []
    for cell in ("grid", "natural"):
        pages = Typesetter(sheet, chosen(cell), all_faces()).pages()
        check(sheet, pages, all_faces())
        said = Counter(
            character
            for page in range(len(pages.shape.pages))
            for part in pages.parts(page)
            if part.role in ("title", "paragraph", "heading1", "heading2", "heading3", "heading4", "signature")
            for item in part.items
            if isinstance(item, Glyphs)
            for character in item.text.replace(" ", "")
        )
        texts.append(said)
    assert texts[0] == texts[1]


@pytest.mark.no_cover
@settings(max_examples=50, deadline=None, suppress_health_check=_ANY)
@pytest.mark.parametrize("half", [1, 2])  # for two cores
@given(sheet=papers())
def test_any_paper(half: int, sheet: Sheet) -> None:
    check_both(sheet)


@pytest.mark.long
@settings(max_examples=1000, deadline=None, suppress_health_check=_ANY)
@pytest.mark.parametrize("half", [1, 2])
@given(sheet=papers())
def test_two_thousand_papers(half: int, sheet: Sheet) -> None:
    check_both(sheet)
