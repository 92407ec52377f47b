"""Pages: where every glyph stands. What typesetting gives and what the PDF writer draws.

Everything is in mm from the page's upper left corner, y downwards, unless a field says pt. All values are frozen; those
that are made for every unit are named tuples, which are made in a fifth of the time.

**Compile once, stamp many.** Typesetting a sheet gives `Pages`: a `Shape` that is one and the same object for all units
whose own texts take the same room, and the unit's `own` parts that fill the shape's holes. A writer prepares a shape
once (it may keep what it prepared by the shape's identity) and then only draws `own` for each unit. A paper without
slots is a shape without holes. There is no other way to make pages.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from circular_gen.sheet.blocks import Art, Face

Colour = Literal["black", "red"]


class Glyphs(NamedTuple):
    """A run of glyphs of one face and size on one baseline. `face` is the face that has the glyphs (after fallback);
    `size` pt; `x`, `y`: origin of the first glyph, on the baseline; `advances`: from each glyph's origin to the next
    one's, one number a character (the last one counts too)."""

    face: Face
    size: float
    x: float
    y: float
    text: str
    advances: tuple[float, ...]
    colour: Colour = "black"
    scale: float = 1.0  # horizontal scaling of the glyphs, for an issuer mark that must fit
    turned: bool = False  # by a quarter clockwise about the origin: the page number of a landscape page


@dataclass(frozen=True, slots=True)
class Rule:
    """A filled rectangle: rules, box edges."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour = "black"


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle's outline, drawn inside its bounds. `line`: thickness."""

    x: float
    y: float
    width: float
    height: float
    line: float = 0.2
    colour: Colour = "black"


class Symbol(NamedTuple):
    """A QR symbol; `x`, `y`, `size` are of the modules, without the quiet zone."""

    payload: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class CornerMark:
    """One of four square marks (ArUco 4×4_50, identity 0–3 from the upper left clockwise), `size` mm."""

    identity: int
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Image:
    """A picture or a PDF's page, filling the rectangle. `description`: what it shows, for those who cannot see it."""

    art: Art
    x: float
    y: float
    width: float
    height: float
    description: str = ""


Item = Glyphs | Rule | Frame | Symbol | CornerMark | Image


class Part(NamedTuple):
    """Items that belong to one element of the paper, in reading order. `role` says which: title, heading1, paragraph,
    cell, artefact (page numbers, rules, marks: nothing to read) …"""

    items: tuple[Item, ...]
    role: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Hole:
    """Where `Pages.own[index]` stands among a page's parts."""

    index: int
    role: str = "paragraph"


class Entry(NamedTuple):
    """Which entry of its block an element is: an item of a list (its row), or a cell of a table. `rows`, `columns`: how
    many it covers; `head`: of its column, of its row, or of neither."""

    row: int
    column: int = 0
    rows: int = 1
    columns: int = 1
    head: Literal["", "column", "row"] = ""


class Element(NamedTuple):
    """What a part is to one who hears the paper read out. Parts with the same element are one, continued on another
    page. `block`: its number in the paper; `paper`: of the paper among those joined in one; `alternative`: what a
    picture shows."""

    block: int
    role: str
    entry: Entry | None = None
    alternative: str = ""
    paper: int = 0


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An outline entry: `level` from 1, `y` on its page."""

    text: str
    level: int
    y: float


@dataclass(frozen=True, slots=True)
class Place:
    """A named place on a form page. `kind`: box (to tick), field (to fill), signature, seal, qr, mark."""

    name: str
    kind: Literal["box", "field", "signature", "seal", "qr", "mark"]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageShape:
    """One page without what a unit alone has. `number`: the printed page number, None where none is printed.
    `elements`: of each part, None for what is not to be read out; left out: each part is an element of its own."""

    parts: tuple[Part | Hole, ...]
    width: float = 210.0
    height: float = 297.0
    number: int | None = None
    bookmarks: tuple[Bookmark, ...] = ()
    places: tuple[Place, ...] = ()
    elements: tuple[Element | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Shape:
    """All pages of a paper. Compared by identity: equal layouts of one sheet are one object."""

    pages: tuple[PageShape, ...]
    title: str = ""
    author: str = ""


class Pages(NamedTuple):
    """A unit's paper: `own[i]` fills `Hole(i)` of the shape."""

    shape: Shape
    own: tuple[Part, ...] = ()

    def parts(self, page: int) -> tuple[Part, ...]:
        """The parts of page `page` (from 0) with the holes filled."""
        return tuple(self.own[part.index] if isinstance(part, Hole) else part for part in self.shape.pages[page].parts)
