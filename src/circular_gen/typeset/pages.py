"""Sheets to pages: a sheet is compiled once and stamped for every unit.

In: a `Sheet` (with slots), the style's measures and the faces. Out: `Pages`, where every glyph stands.

**Compile**, `Typesetter(sheet, …)`: the blocks that every unit has are set once. **Stamp**, `.pages(values)`: only the
blocks with slots are set for the unit; what the rest of the paper can depend on (how high they came out) is the key
under which the laid-out `Shape` is kept. A new key is laid out, with the same functions, as if the unit were the only
one.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from circular_gen.sheet.blocks import Addressees, Annex, Block, Colophon, Mark, Number, Sheet, Turn, Urgency
from circular_gen.sheet.slots import Values, fill, has_slot
from circular_gen.typeset.elements import Context, set_block
from circular_gen.typeset.flow import Placed, Run, Section, Side, paginate
from circular_gen.typeset.fonts import Faces
from circular_gen.typeset.furniture import Furnisher
from circular_gen.typeset.head import Head
from circular_gen.typeset.page import (
    Bookmark,
    Element,
    Entry,
    Hole,
    Image,
    Item,
    Pages,
    PageShape,
    Part,
    Place,
    Rule,
    Shape,
    Symbol,
)
from circular_gen.typeset.setting import Fixed, Gap, Measured, OwnBlock, Setting, shifted
from circular_gen.typeset.style import Style
from circular_gen.typeset.text import Typist

_SHAPES = 1024
"""Shapes that one typesetter keeps; a paper whose headings are the unit's own has one for every unit."""
_SYMBOL = "二维码"
_PICTURE = "图片"
"""What is read out where a QR symbol stands."""


class _Fill(NamedTuple):
    """What fills a hole of a shape: fragments of own block `own`, each lowered by its y."""

    own: int
    pieces: tuple[tuple[int, float], ...]
    role: str


class _RunningFill(NamedTuple):
    """What fills the hole at the head of a form's later pages."""

    landscape: bool


class _CodeFill(NamedTuple):
    """What fills the hole of a page's code (pages count from 1): its symbol, or its readable characters."""

    page: int
    readable: bool
    landscape: bool


@dataclass(frozen=True, slots=True)
class _Laid:
    """A shape and how to fill its holes; None where the addressees have to go into the colophon."""

    shape: Shape | None
    fills: tuple[_Fill | _CodeFill | _RunningFill, ...] = ()


class Typesetter:
    """One sheet, compiled. MissingGlyph where a character of the sheet is in no face."""

    def __init__(self, sheet: Sheet, style: Style, faces: Faces) -> None:
        self._sheet, self._style, self._faces = sheet, style, faces
        self._typist = Typist(style, faces)
        self._measures = self._typist.measures
        self._furnisher = Furnisher(sheet, self._typist)
        self._laid: dict[Hashable, _Laid] = {}
        self._without_addressees: Typesetter | None = None
        sections, self._colophon = _sections(sheet)
        self._settings: list[Setting | None] = []
        """Of every block, sections in order, the colophon last; None where it is a unit's own."""
        self._own: list[tuple[int, OwnBlock]] = []
        self._sections: list[tuple[bool, range]] = []
        """Of each section: whether it is landscape, and its blocks' indices in `_settings`."""
        for section in sections:
            context = Context(self._typist, sheet, section.landscape)
            start = len(self._settings)
            for block, before, after in _neighbours(section.blocks):
                self._add(set_block(block, replace(context, before=before, after=after)))
            self._sections.append((section.landscape, range(start, len(self._settings))))
        if self._colophon is not None:
            self._add(set_block(self._colophon, Context(self._typist, sheet)))
        self._own_properties = has_slot(sheet.title) or has_slot(sheet.author)
        self._movable = any(isinstance(block, Addressees) for block in sheet.blocks)

    def _add(self, made: Setting | OwnBlock) -> None:
        if isinstance(made, Setting):
            self._settings.append(made)
        else:
            self._own.append((len(self._settings), made))
            self._settings.append(None)

    def pages(self, values: Values | None = None) -> Pages:
        """The paper of the unit that has `values`. KeyError for a slot without a value; MissingGlyph."""
        values = values if values is not None else {}
        measured = [own.measure(values) for _, own in self._own]
        key: Hashable = tuple([made.key for made in measured])
        if self._own_properties:
            key = (key, fill(self._sheet.title, values), fill(self._sheet.author, values))
        laid = self._laid.get(key)
        if laid is None:
            laid = self._lay_out(values)
            if len(self._laid) >= _SHAPES:
                del self._laid[next(iter(self._laid))]
            self._laid[key] = laid
        if laid.shape is None:
            return self._moved().pages(values)
        return Pages(laid.shape, tuple([self._filled(hole, measured, values) for hole in laid.fills]))

    def _filled(self, hole: _Fill | _CodeFill | _RunningFill, measured: Sequence[Measured], values: Values) -> Part:
        if type(hole) is _Fill:
            fragments = measured[hole.own].fragments
            items = [shifted(item, 0.0, y) for fragment, y in hole.pieces for item in fragments[fragment]]
            return Part(tuple(items), hole.role)
        if type(hole) is _RunningFill:
            return self._furnisher.running(hole.landscape, values)
        assert type(hole) is _CodeFill
        return self._furnisher.code(hole.page, hole.readable, hole.landscape, values)

    def _moved(self) -> "Typesetter":
        """The typesetter of the same paper with its addressees in the colophon."""
        if self._without_addressees is None:
            self._without_addressees = Typesetter(_with_moved_addressees(self._sheet), self._style, self._faces)
        return self._without_addressees

    def _lay_out(self, values: Values) -> _Laid:
        settings = list(self._settings)
        owners = {}
        for number, (index, own) in enumerate(self._own):
            settings[index] = own.setting(values)
            owners[index] = number
        known = [setting for setting in settings if setting is not None]
        sections = []
        for landscape, blocks in self._sections:
            runs = tuple(Run(known[index].metrics, known[index].heads) for index in blocks)
            area = self._measures.area(landscape)
            sections.append(Section(runs, area.top, area.bottom, landscape, self._measures.tighten))
        height = known[-1].metrics[0].height if self._colophon is not None else None
        sides = paginate(sections, height, self._measures.blank("colophon"), self._sheet.colophon)
        if self._movable and _no_body(sections, sides[0]):
            return _Laid(None)
        return self._shape(known, owners, sides, values)

    def _shape(self, settings: list[Setting], owners: dict[int, int], sides: list[Side], values: Values) -> _Laid:
        fills: list[_Fill | _CodeFill | _RunningFill] = []
        pages: list[PageShape] = []
        names: dict[str, int] = {}
        heads: set[tuple[int, Entry]] = set()
        starts = [blocks.start for _, blocks in self._sections]
        for index, side in enumerate(sides):
            parts: list[Part | Hole] = []
            elements: list[Element | None] = []
            bookmarks: list[Bookmark] = []
            places: list[Place] = []
            for run in _by_block(side.placed):
                block = len(settings) - 1 if run[0].section < 0 else starts[run[0].section] + run[0].run
                setting = settings[block]
                for part, element in _parts(setting, run, block, owners.get(block, -1), fills, heads):
                    parts.append(part)
                    elements.append(element)
                for piece in run:
                    metrics = setting.metrics[piece.piece]
                    bookmarks += [replace(mark, y=mark.y + piece.y) for mark in metrics.bookmarks]
                    places += [_named(replace(place, y=place.y + piece.y), names) for place in metrics.places]
            page = self._furnisher.page(index, len(sides), side)
            parts += page.parts
            elements += [None] * len(page.parts)
            if page.coded and index and self._sheet.running:
                parts.append(Hole(len(fills), "artefact"))
                elements.append(None)
                fills.append(_RunningFill(side.landscape))
            for readable in (False, True) if page.coded else ():
                parts.append(Hole(len(fills), "code"))
                role, alternative = ("paragraph", "") if readable else ("code", _SYMBOL)
                elements.append(Element(len(settings) + 2 * index + readable, role, None, alternative))
                fills.append(_CodeFill(index + 1, readable, side.landscape))
            places += page.places
            size = self._measures.paper(side.landscape)
            pages.append(PageShape(tuple(parts), *size, page.number, tuple(bookmarks), tuple(places), tuple(elements)))
        title, author = (fill(text, values) for text in (self._sheet.title, self._sheet.author))
        return _Laid(Shape(tuple(pages), title, author), tuple(fills))


class _SheetSection(NamedTuple):
    blocks: tuple[Block | Head, ...]
    landscape: bool = False


def _sections(sheet: Sheet) -> tuple[list[_SheetSection], Colophon | None]:
    """The paper itself, then each annex, beginning with its own label; the colophon apart."""
    blocks = [block for block in sheet.blocks if not isinstance(block, Annex | Colophon)]
    in_head = [block for block in blocks if isinstance(block, Urgency | Mark | Number)]
    own: tuple[Block | Head, ...] = tuple(block for block in blocks if not isinstance(block, Urgency | Mark | Number))
    if in_head:
        urgency = tuple(block for block in in_head if isinstance(block, Urgency))
        mark = next((block for block in in_head if isinstance(block, Mark)), None)
        own = (Head(urgency, mark, next((block for block in in_head if isinstance(block, Number)), None)), *own)
    annexes = [block for block in sheet.blocks if isinstance(block, Annex)]
    sections = [_SheetSection(own, sheet.landscape)] if own or not annexes else []
    for annex in annexes:
        begun: list[Block | Head] = [replace(annex, blocks=())]
        landscape = bool(annex.landscape)
        for block in annex.blocks:
            if isinstance(block, Turn):
                sections.append(_SheetSection(tuple(begun), landscape))
                begun, landscape = [], block.landscape
            else:
                begun.append(block)
        sections.append(_SheetSection(tuple(begun), landscape))
    return sections, next((block for block in sheet.blocks if isinstance(block, Colophon)), None)


def _neighbours(
    blocks: tuple[Block | Head, ...],
) -> Iterator[tuple[Block | Head, Block | Head | None, Block | Head | None]]:
    """Each block with the one before and the one after it."""
    yield from zip(blocks, (None, *blocks), (*blocks[1:], None), strict=False)


def _no_body(sections: Sequence[Section], side: Side) -> bool:
    """Whether the paper has a body and its first page shows nothing of it (clause 7.3.2)."""
    runs = sections[0].runs
    shown = any(placed.section == 0 and runs[placed.run].pieces[placed.piece].text for placed in side.placed)
    return not shown and any(metrics.text for run in runs for metrics in run.pieces)


def _with_moved_addressees(sheet: Sheet) -> Sheet:
    blocks = [block for block in sheet.blocks if not isinstance(block, Addressees | Colophon)]
    addressees = next(block.text for block in sheet.blocks if isinstance(block, Addressees))
    colophon = next((block for block in sheet.blocks if isinstance(block, Colophon)), Colophon())
    return replace(sheet, blocks=(*blocks, replace(colophon, addressees=addressees)))


def _by_block(placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    """The pieces of a page, block by block."""
    for _, group in groupby(placed, key=lambda piece: piece[:2]):
        yield list(group)


def _parts(
    setting: Setting,
    run: Sequence[Placed],
    block: int,
    own: int,
    fills: list[_Fill | _CodeFill | _RunningFill],
    heads: set[tuple[int, Entry]],
) -> Iterator[tuple[Part | Hole, Element | None]]:
    """The parts of one block on one page: first the rules of its rows, joined, then what is to be read, in order. Lines
    of one element make one part, and cells one each. `heads`: the heads of tables that stand on the pages before; one
    that is repeated is an artefact."""
    rules: list[Item] = []
    read: list[tuple[str, Entry | None, list[Item], list[tuple[int, float]]]] = []
    for piece in run:
        for content in setting.contents[piece.piece]:
            y = piece.y + content.y
            if isinstance(content, Fixed) and content.role == "artefact":
                rules += [shifted(item, 0.0, y) for item in content.items]
                continue
            gap = isinstance(content, Gap)
            if not read or read[-1][:2] != (content.role, content.entry) or bool(read[-1][3]) != gap:
                read.append((content.role, content.entry, [], []))
            if isinstance(content, Gap):
                read[-1][3].append((content.fragment, y))
            else:
                read[-1][2].extend([shifted(item, 0.0, y) for item in content.items])
    if rules:
        yield Part(_joined(rules), "artefact"), None
    before = frozenset(heads)
    for role, entry, items, pieces in read:
        element: Element | None = Element(block, role, entry, _alternative(role, items))
        if entry is not None and entry.head == "column":
            heads.add((block, entry))
            if (block, entry) in before:
                element = None
        if pieces:
            yield Hole(len(fills), role), element
            fills.append(_Fill(own, tuple(pieces), role))
        else:
            yield Part(tuple(items), role), element


def _alternative(role: str, items: Sequence[Item]) -> str:
    """What stands for a picture where it cannot be seen."""
    if role == "code" or any(isinstance(item, Symbol) for item in items):
        return _SYMBOL
    return next((item.description or _PICTURE for item in items if isinstance(item, Image)), "")


def _joined(rules: Sequence[Item]) -> tuple[Item, ...]:
    """`rules` without those drawn twice (a row's lower and the next one's upper), upright ones that continue each other
    made one."""
    made: list[Item] = []
    seen: set[tuple[float, float, float]] = set()
    ends: dict[tuple[float, float, float], int] = {}
    for rule in rules:
        if not isinstance(rule, Rule):
            made.append(rule)
            continue
        start = (rule.x, rule.width, round(rule.y, 3))
        if start in seen:
            continue
        seen.add(start)
        index = ends.pop(start, len(made))
        if index < len(made):
            upper = made[index]
            made[index] = rule = replace(rule, y=upper.y, height=rule.y + rule.height - upper.y)
        else:
            made.append(rule)
        ends[rule.x, rule.width, round(rule.y + rule.height, 3)] = index
    return tuple(made)


def _named(place: Place, names: dict[str, int]) -> Place:
    """`place`; what is repeated on a later page (`t1.yes` in a table's head) gets a name of its own: `t1.yes@2`."""
    names[place.name] = count = names.get(place.name, 0) + 1
    return place if count == 1 else replace(place, name=f"{place.name}@{count}")


def concatenate(papers: Sequence[Pages], duplex: bool = True, *, whole_sheets: bool = False) -> Pages:
    """`papers` in one. `duplex`: blank sides so that each begins on a sheet's front; `whole_sheets`: after the last one
    too, for a pile of packages."""
    shape = _joined_shape(tuple([paper.shape for paper in papers]), duplex, whole_sheets)
    return Pages(shape, tuple([part for paper in papers for part in paper.own]))


@lru_cache(maxsize=1024)
def _joined_shape(shapes: tuple[Shape, ...], duplex: bool, whole_sheets: bool) -> Shape:
    pages: list[PageShape] = []
    holes = 0
    for number, shape in enumerate(shapes):
        found = 0
        for page in shape.pages:
            parts = tuple(Hole(part.index + holes, part.role) if type(part) is Hole else part for part in page.parts)
            found += sum(type(part) is Hole for part in parts)
            elements = tuple([element and element._replace(paper=number) for element in page.elements])
            pages.append(replace(page, parts=parts, elements=elements))
        holes += found
        if duplex and len(pages) % 2 and (whole_sheets or number + 1 < len(shapes)):
            pages.append(PageShape((), pages[-1].width, pages[-1].height))
    return Shape(tuple(pages), shapes[0].title if shapes else "", shapes[0].author if shapes else "")
