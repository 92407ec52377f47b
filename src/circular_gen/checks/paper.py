"""A measured paper: what a finished file shows, in mm, whatever kind of file it is.

In: nothing. Out: the values that `pdf_measure.py` and `docx_measure.py` give, `anatomy.py` names and `rules.py` judges.
All lengths are mm from the page's upper left corner unless a field says otherwise; type sizes are pt. None means that
nobody can know it from this file.
"""

from dataclasses import dataclass
from typing import Literal

from circular_gen.sheet.blocks import Face

PT = 25.4 / 72
"""mm a point."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. `page` from 1, 0 where only a renderer knows; `paragraph` from 1, 0 in a PDF."""

    page: int = 0
    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    paragraph: int = 0


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one look. `face`: None for a font of no class; `colour`: RRGGBB; `advance`: pt from a Hanzi to the next
    one."""

    text: str
    font: str
    face: Face | None
    size: float
    bold: bool = False
    colour: str = "000000"
    advance: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a line of a head, title or colophon that stands alone. `left`, `rest`, `end`: the first line's
    and the other lines' beginning and the last line's end, from the edges of the type area; `centre`: how far the
    middle of the line that is farthest from the type area's middle lies from it; `blank`: mm of empty room between
    this block's line box and the one above it; `ink_top`, `ink_bottom`: of its ink; `full`: how far its lines but the
    last end from the type area's right edge at most."""

    spans: tuple[Span, ...]
    place: Place
    lines: tuple[str, ...]
    left: float | None = None
    rest: float | None = None
    end: float | None = None
    centre: float | None = None
    blank: float | None = None
    ink_top: float | None = None
    ink_bottom: float | None = None
    new_page: bool = False
    cell: bool = False
    """In a table."""

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    @property
    def size(self) -> float:
        """The size that most characters have."""
        return _most({span.size: 0 for span in self.spans}, [(span.size, len(span.text)) for span in self.spans])

    @property
    def red(self) -> bool:
        return any(is_red(span.colour) for span in self.spans if span.text.strip())

    def begins(self, count: int) -> tuple[Span, ...]:
        """The spans of the first `count` characters."""
        found: list[Span] = []
        for span in self.spans:
            if count <= 0:
                break
            text = span.text[:count]
            found.append(Span(text, span.font, span.face, span.size, span.bold, span.colour, span.advance))
            count -= len(text)
        return tuple(found)


def _most(start: dict[float, int], counts: list[tuple[float, int]]) -> float:
    for size, count in counts:
        start[size] = start.get(size, 0) + count
    return max(start, key=start.__getitem__) if start else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal rule; `y`: its middle."""

    page: int
    x: float | None
    y: float | None
    width: float | None
    thickness: float
    colour: str = "000000"
    paragraph: int = 0

    @property
    def place(self) -> Place:
        return Place(self.page, self.x, self.y, self.width, self.thickness, self.paragraph)


@dataclass(frozen=True, slots=True)
class PageNumber:
    """A printed page number. `side` is where it stands; `inset` from that edge of the type area; `gap`: from the lower
    edge of the type area to its dash's ink; `odd`: of which pages (in a DOCX one footer serves many)."""

    text: str
    odd: bool
    size: float
    face: Face | None
    side: Literal["left", "right", "center"]
    inset: float | None
    gap: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Annex:
    label: Block
    title: tuple[Block, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Colophon:
    """版记. `rules`: from the upper one down."""

    copies: tuple[Block, ...] = ()
    printed: tuple[Block, ...] = ()
    keywords: tuple[Block, ...] = ()
    rules: tuple[Line, ...] = ()
    page: int = 0


Format = Literal["general", "letter", "order", "minutes"]


@dataclass(frozen=True, slots=True)
class Area:
    """A type area, as measured; what could not be measured is None. `top` is where the first line begins; `ink`: where
    its characters do, which some take for the top of the type area."""

    left: float | None = None
    top: float | None = None
    width: float | None = None
    height: float | None = None
    place: Place = NOWHERE
    ink: float | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds before its elements have names: the input of `anatomy.py`. `pages`: 0 where unknown.
    `edges`: the type area that the blocks' `left` and `end` count from: left, top, right, bottom. `pitch`: pt from
    line to line of the body; `full_lines`: lines of a full page."""

    kind: Literal["pdf", "docx"]
    sizes: tuple[tuple[float, float, Place], ...]
    area: Area
    edges: tuple[float, float, float, float]
    blocks: tuple[Block, ...]
    rules: tuple[Line, ...]
    numbers: tuple[PageNumber, ...]
    pages: int = 0
    pitch: float | None = None
    advance: float | None = None
    full_lines: int | None = None
    footer_distance: float | None = None
    unnumbered: tuple[int, ...] = ()
    """Pages without a printed number; 1 for a first page that has its own empty footer."""
    lying: tuple[tuple[int, Place | None], ...] = ()
    """Landscape pages, each with the page number that stands upright on it; None where none does."""
    pictures: tuple[Place, ...] = ()
    """Only a PDF's."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet whose elements have names."""

    sheet: Sheet
    format: Format
    classified: Block | None = None
    copy_number: Block | None = None
    urgency: tuple[Block, ...] = ()
    mark: tuple[Block, ...] = ()
    number: Block | None = None
    approvers: tuple[Block, ...] = ()
    rule: Line | None = None
    double_rules: tuple[tuple[Line, ...], ...] = ()
    """A letter's: the lines of the upper one and of the lower one."""
    title: tuple[Block, ...] = ()
    addressees: Block | None = None
    body: tuple[Block, ...] = ()
    annex_list: tuple[Block, ...] = ()
    signature: tuple[Block, ...] = ()
    date: Block | None = None
    note: Block | None = None
    annexes: tuple[Annex, ...] = ()
    colophon: Colophon | None = None
    before_signature: Block | None = None


def is_red(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return red > 120 and red - green > 70 and red - blue > 70


_FACES: tuple[tuple[Face, tuple[str, ...]], ...] = (
    ("xiaobiaosong", ("小标宋", "xiaobiaosong", "xbs", "serifsc-bold", "serifcnbold", "serifcn-bold", "serifsc-heavy")),
    ("fangsong", ("仿宋", "fangsong", "simfang", "fzfs", "stfangso", "fang song")),
    ("kai", ("楷", "kai", "fzkt")),
    ("hei", ("黑", "simhei", "fzht", "stheiti", "heiti", "sanssc", "sanscn", "sanscjk", "hei")),
    ("song", ("宋", "simsun", "song", "fzss", "serifsc", "serifcn", "mincho", "uming")),
)


def face_of(font: str) -> Face | None:
    """The class of the font named `font`, None where its name tells none."""
    name = font.split("+")[-1].lower().replace(" ", "")
    return next((face for face, words in _FACES if any(word in name for word in words)), None)
