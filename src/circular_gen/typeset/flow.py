"""Which piece of a paper stands on which page, and how high.

In: the heights of pieces (lines, rows, areas to sign), what must stay together, where a new page begins, the colophon's
height. Out: for every page its pieces with their y. Nothing here knows what a piece shows, so equal heights always give
equal pages: that is what lets one `Shape` serve many units.

All lengths are mm, y from the page's upper edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from circular_gen.typeset.page import Bookmark, Place

_SLACK = 0.01
"""mm by which sums of measures may miss each other."""


class Metrics(NamedTuple):
    """What the flow knows of a piece. `before`: empty room above it, dropped at a page's top. `glued`: no page begins
    between this piece and the next. `text`: a line of the body; `closing`: a line of signature or date, which want body
    text on their page. `bookmarks`, `places`: relative to the piece's top. `top`, `below`: room that a seal takes above
    it at a page's top, and under it, where what follows may stand too."""

    height: float
    before: float = 0.0
    glued: bool = False
    text: bool = False
    closing: bool = False
    bookmarks: tuple[Bookmark, ...] = ()
    places: tuple[Place, ...] = ()
    top: float = 0.0
    below: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces of one block, in order. `heads`: how many of the first are a table's head, to be repeated on each page."""

    pieces: tuple[Metrics, ...]
    heads: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that begin on a new page of `top`–`bottom`: the paper itself, or an annex. `tighten`: how close the body's
    lines may stand, as a share of their pitch, where a signature would else stand alone."""

    runs: tuple[Run, ...]
    top: float
    bottom: float
    landscape: bool = False
    tighten: float = 1.0


class Placed(NamedTuple):
    """Piece `piece` of run `run` of section `section`, its top at `y`; the colophon is section -1."""

    section: int
    run: int
    piece: int
    y: float


@dataclass(frozen=True, slots=True)
class Side:
    """One page. `numbered`: whether it may carry a page number."""

    placed: tuple[Placed, ...]
    landscape: bool = False
    numbered: bool = True


class _Unit(NamedTuple):
    """A piece of one section with its place in the order of runs."""

    run: int
    piece: int
    metrics: Metrics
    heads: int


def paginate(
    sections: Sequence[Section], colophon: float | None, gap: float, last: Literal["even", "last"]
) -> list[Side]:
    """The pages of a paper. `colophon`: its height, None where there is none; it stands at the foot of the last page,
    at least `gap` under the text. With `last` = "even" that page is made an even one; a blank side before it carries no
    number, nor does the colophon's page then (clause 7.5)."""
    sides: list[Side] = []
    ends: list[float] = []
    for index, section in enumerate(sections):
        for placed, end, reach in _pages(section):
            sides.append(Side(tuple(Placed(index, *unit) for unit in placed), section.landscape))
            ends.append(max(end, reach - gap))
    if colophon is None or not sections:
        return sides
    bottom = sections[0].bottom
    foot = Placed(-1, 0, 0, bottom - colophon)
    fits = not sides[-1].landscape and ends[-1] + gap + colophon <= bottom + _SLACK
    if fits and (last == "last" or len(sides) % 2 == 0):
        sides[-1] = Side((*sides[-1].placed, foot))
        return sides
    blank = last == "even" and len(sides) % 2 == 0
    if blank:
        sides.append(Side((), numbered=False))
    sides.append(Side((foot,), numbered=not blank))
    return sides


class _PagePieces(NamedTuple):
    """A page of a section: (run, piece, y) of each piece, where the last one ends, and how far down a seal reaches."""

    placed: list[tuple[int, int, float]]
    end: float
    reach: float


def _pages(section: Section) -> list[_PagePieces]:
    """The pages of one section."""
    units = [
        _Unit(number, position, metrics, run.heads)
        for number, run in enumerate(section.runs)
        for position, metrics in enumerate(run.pieces)
    ]
    pages = _fill(section, units, None)
    closing = next((index for index, unit in enumerate(units) if unit.metrics.closing), None)
    if closing is None or (page := _page_of(units[closing], pages)) == 0:
        return pages
    text = [index for index in range(closing) if units[index].metrics.text]
    wanted = min(2, len(text) - 1)

    def together(pages: Sequence[_PagePieces]) -> bool:
        page = _page_of(units[closing], pages)
        return page == 0 or sum(_page_of(units[index], pages) == page for index in text[-2:]) >= wanted

    if together(pages):
        return pages
    # First the lines of the page before stand a little closer, if that is enough for the signature (clause 7.3.5.4);
    # else two lines of body go over to its page and the page before keeps one; where what stands between them, a long
    # annex list, fills a page, its last lines have to do.
    tightened = _fill(section, _tightened(section, units, pages[page - 1], closing), None)
    if _page_of(units[closing], tightened) < page and together(tightened):
        return tightened
    for lines in (text[-wanted:], list(range(closing))[-2:]):
        pulled = _fill(section, units, lines[0])
        if _page_of(units[closing], pulled) == _page_of(units[lines[0]], pulled):
            return pulled
    return pages


def _tightened(section: Section, units: list[_Unit], page: _PagePieces, closing: int) -> list[_Unit]:
    """`units` with the body's lines from the top of `page` on as close as it takes to have the signature on it, or as
    they are where they would stand too close."""
    first = next(index for index, unit in enumerate(units) if (unit.run, unit.piece) == page.placed[0][:2])
    end = closing
    while end < len(units) and (units[end].metrics.closing or units[end - 1].metrics.glued):
        end += 1
    taken = units[first:end]
    heights = sum(unit.metrics.before + unit.metrics.height for unit in taken) - taken[0].metrics.before
    lacking = page.placed[0][2] + heights + _below(taken) - section.bottom
    lines = sum(unit.metrics.height for unit in taken if unit.metrics.text)
    share = 1 - lacking / lines if lines else 0.0
    if not section.tighten <= share < 1:
        return units
    return [
        unit._replace(metrics=unit.metrics._replace(height=unit.metrics.height * share))
        if first <= index < end and unit.metrics.text
        else unit
        for index, unit in enumerate(units)
    ]


def _below(units: Sequence[_Unit]) -> float:
    """How far a seal reaches below the last of `units`."""
    most = rest = 0.0
    for unit in reversed(units):
        most = max(most, unit.metrics.below - rest)
        rest += unit.metrics.before + unit.metrics.height
    return most


def _page_of(unit: _Unit, pages: Sequence[_PagePieces]) -> int:
    return next(
        number
        for number in range(len(pages) - 1, -1, -1)
        if any(run == unit.run and piece == unit.piece for run, piece, _ in pages[number].placed)
    )


def _fill(section: Section, units: Sequence[_Unit], forced: int | None) -> list[_PagePieces]:
    """Fill pages from the top; a page begins before unit `forced` in any case."""
    pages: list[_PagePieces] = []
    placed: list[tuple[int, int, float]] = []
    y = reach = section.top
    room = section.bottom - section.top
    index, count, loose = 0, len(units), 0
    while index < count:
        end = index + 1
        while end > loose and end < count and end != forced and units[end - 1].metrics.glued:
            end += 1
        group = units[index:end]
        heads = _heads(section, group[0])
        height = sum(unit.metrics.before + unit.metrics.height for unit in group) + _below(group)
        if end > index + 1 and height - group[0].metrics.before + group[0].metrics.top + sum(heads) > room + _SLACK:
            loose = end  # what no page can hold together is not kept together
            continue
        if placed and (index == forced or y + height > section.bottom + _SLACK):
            pages.append(_PagePieces(placed, y, reach))
            placed, y, reach = [], section.top, section.top
            for piece, head in enumerate(heads):
                placed.append((group[0].run, piece, y))
                y += head
        for unit in group:
            y += unit.metrics.before if placed else unit.metrics.top
            placed.append((unit.run, unit.piece, y))
            y += unit.metrics.height
            reach = max(reach, y + unit.metrics.below)
        index = end
    pages.append(_PagePieces(placed, y, reach))
    return pages


def _heads(section: Section, unit: _Unit) -> list[float]:
    """The heights of the table head's rows that are repeated above `unit` at a page's top."""
    count = min(unit.heads, unit.piece)
    return [metrics.height for metrics in section.runs[unit.run].pieces[:count]] if count else []
