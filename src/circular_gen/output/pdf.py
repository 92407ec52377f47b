"""The PDF writer: Pages → PDF/A-2a files, and PDF/A-2b where many papers are one print job.

In: `Pages` (see `typeset/page.py`), the fonts' files and the characters of the run. Out: bytes, the same for the same
input.

**Compile once.** The fonts are cut to the run's characters. What a shape has between its holes becomes constant content
streams, packed. A page's /Contents names these and the unit's own streams in turn, so that the order of reading is the
order of the parts; and all objects of a paper but the own streams, laid out as a file and hashed, are its `_Cast`.
**Stamp.** Only the own streams are drawn for a unit. A file of its own is the cast with these behind; in a bundle of
many units everything constant is written once and referred to.

The objects are written here and not by a library, since all of this rests on which objects there are.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from typing import BinaryIO, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from circular_gen.output import pdfa
from circular_gen.output.drawing import POINTS, FontTable, Pen, art_name
from circular_gen.output.outline import Entry, add_outline
from circular_gen.output.pdf_art import add_art
from circular_gen.output.pdf_fonts import OBJECTS, add_font
from circular_gen.output.pdf_objects import (
    QUICK_PACKING,
    SMALL,
    Ending,
    Objects,
    decimal,
    entry,
    identity,
    indirect,
    references,
    stream,
    text_string,
)
from circular_gen.output.subset import Subset, subset
from circular_gen.output.tags import TaggedPage, add_structure, elements, marks
from circular_gen.sheet.blocks import Art, Face
from circular_gen.typeset.page import Hole, Pages, PageShape, Part, Shape

RED = (1.0, 0.2, 0.2)
"""The standard's red, CMYK 0/80/80/0, as RGB."""

_KIDS = 128
"""Pages under one node of the page tree."""
_KEPT = 256
"""Constant streams kept: the circular's pages stand in the package of every unit."""
_OWN_KEPT = 64
"""Streams of units kept: a receipt's own parts stand in receipt.pdf and in package.pdf."""


class FontFile(Protocol):
    """A font: its file, its place in a collection, its name for messages."""

    @property
    def data(self) -> bytes: ...
    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...


class _Content(NamedTuple):
    """A content stream as an object's body, the fonts and the pictures that it uses. `digest`: of a constant one, which
    a file holds once; empty for a unit's own, which has no pictures."""

    body: bytes
    fonts: frozenset[str]
    digest: bytes = b""
    arts: tuple[Art, ...] = ()


_Marked = tuple[Part, str]
"""A part and the operator that marks it."""
_Key = tuple[float | tuple[int, str], ...]
_Constant = OrderedDict[_Key, tuple[tuple[_Marked, ...], _Content]]
"""Height, identities and marks of parts → the parts, so that they stay, and their stream; the least used first."""
_Stamped = dict[tuple[object, ...], tuple[tuple[Part, ...], _Content]]
"""Height, marks and identities of own parts → the same; the oldest first, since no unit comes twice."""

_LATER = _Content(b"", frozenset())
"""Stands in a cast for a stream that each unit has of its own."""


class _Own(NamedTuple):
    """Where own parts stand that follow each other: their numbers from `first` to before `end`, their marks, and their
    page's height in mm."""

    first: int
    end: int
    marks: tuple[str, ...]
    height: float


class _CompiledPage(NamedTuple):
    """`pieces`: constant streams, and the own parts between them. `box`: /MediaBox."""

    pieces: tuple[_Content | _Own, ...]
    box: bytes
    shape: PageShape


class _Page(NamedTuple):
    """A page ready to be written."""

    contents: tuple[_Content, ...]
    box: bytes
    shape: PageShape | None = None


@dataclass(frozen=True, slots=True)
class _Cast:
    """A paper's file without its own streams, and what is needed to end it."""

    start: bytes
    """Header, profile and fonts, which all casts with the same fonts share."""
    data: bytes
    digest: "hashlib._Hash"
    own: int
    """The first own stream's number; the others follow, in the order of the pages."""
    ending: Ending


@dataclass(frozen=True, slots=True)
class _Paper:
    """A compiled shape. `own`: the own streams, in the order of the pages."""

    pages: tuple[_CompiledPage, ...]
    own: tuple[_Own, ...]
    fonts: frozenset[str]
    casts: dict[frozenset[str], _Cast] = field(default_factory=dict)


class PdfWriter:
    """Writes the papers of one run.

    `sources`: each face's font. `characters`: every character that any paper of the run sets in a face; the font
    subsets hold these, so that a file does not depend on which others are made. `red`: RGB, 0–1."""

    def __init__(
        self,
        sources: Mapping[Face, FontFile],
        characters: Mapping[Face, Iterable[str]],
        *,
        red: tuple[float, float, float] = RED,
    ) -> None:
        self._subsets: dict[str, Subset] = {}
        self._pen = Pen(self._cut(sources, characters), red)
        self._papers: WeakKeyDictionary[Shape, _Paper] = WeakKeyDictionary()
        self._starts: dict[frozenset[str], tuple[Objects, bytes]] = {}
        self._constant: _Constant = OrderedDict()
        self._stamped: _Stamped = {}

    def write(self, pages: Pages) -> bytes:
        """A paper as a PDF of its own, with its headings as outline. KeyError for a character that is not among the
        run's."""
        return b"".join(self.parts(pages))

    def parts(self, pages: Pages) -> tuple[bytes, bytes, bytes]:
        """The same as `write`, in three: what all files with these fonts begin with, what the units' files of this
        shape have in common (both the same objects for all of them), and the unit's own end."""
        paper = self._paper(pages.shape)
        own = [self._own(pages, piece) for piece in paper.own]
        fonts = paper.fonts.union(*[content.fonts for content in own])
        cast = paper.casts.get(fonts)
        if cast is None:
            cast = paper.casts[fonts] = self._cast(pages.shape, paper, fonts)
        position = len(cast.start) + len(cast.data)
        entries, streams = b"", b""
        for number, content in enumerate(own, cast.own):
            entries += entry(position + len(streams))
            streams += indirect(number, content.body)
        digest = cast.digest.copy()
        digest.update(streams)
        return cast.start, cast.data, streams + cast.ending.of(entries, position + len(streams), identity(digest))

    def stamp(self, pages: Pages) -> list[_Page]:
        """A paper's pages, for a bundle."""
        return [
            _Page(
                tuple([self._own(pages, piece) if isinstance(piece, _Own) else piece for piece in page.pieces]),
                page.box,
                page.shape,
            )
            for page in self._paper(pages.shape).pages
        ]

    def start(self, fonts: frozenset[str] | None = None) -> tuple[Objects, bytes]:
        """The start of a file with `fonts` (None: all): object 1 is the colour profile, object 2 the resources of every
        page, the fonts follow. Its objects, to be forked, and its bytes."""
        fonts = frozenset(self._subsets) if fonts is None else fonts
        if fonts not in self._starts:
            objects = Objects()
            objects.add(stream(pdfa.colour_profile(), b"/N 3"))
            objects.add(b"<<%b>>" % self.font_resources(fonts))
            for name in self._subsets:
                if name in fonts:
                    add_font(objects, self._subsets[name])
            self._starts[fonts] = (objects, objects.take())
        return self._starts[fonts]

    def font_resources(self, fonts: frozenset[str] | None) -> bytes:
        """The entry of a page's resources for a file with `fonts`."""
        named = [name for name in self._subsets if fonts is None or name in fonts]
        return f"/Font<<{''.join(f'/{name} {3 + OBJECTS * place} 0 R' for place, name in enumerate(named))}>>".encode()

    def _cut(self, sources: Mapping[Face, FontFile], characters: Mapping[Face, Iterable[str]]) -> dict[Face, FontTable]:
        """Cut the fonts; faces that share a file share a subset."""
        needed = {face: set(texts) for face, texts in characters.items()}
        shared: dict[tuple[bytes, int], list[Face]] = {}
        for face in sorted(face for face in needed if needed[face]):
            source = sources[face]
            shared.setdefault((hashlib.sha256(source.data).digest(), source.index), []).append(face)
        tables: dict[Face, FontTable] = {}
        for faces in shared.values():
            source = sources[faces[0]]
            font = subset(source.data, source.index, source.name, set[str]().union(*(needed[face] for face in faces)))
            name = f"F{len(self._subsets) + 1}"
            self._subsets[name] = font
            glyphs = {character: f"{glyph:04X}" for character, glyph in font.glyphs.items()}
            widths = {character: font.widths[glyph] for character, glyph in font.glyphs.items()}
            tables |= dict.fromkeys(faces, FontTable(name, glyphs, widths))
        return tables

    def _paper(self, shape: Shape) -> _Paper:
        paper = self._papers.get(shape)
        if paper is None:
            pages = tuple(map(self._compile, shape.pages))
            own = [piece for page in pages for piece in page.pieces if isinstance(piece, _Own)]
            constant = [piece.fonts for page in pages for piece in page.pieces if not isinstance(piece, _Own)]
            paper = self._papers[shape] = _Paper(pages, tuple(own), frozenset[str]().union(*constant))
        return paper

    def _compile(self, page: PageShape) -> _CompiledPage:
        pieces: list[_Content | _Own] = []
        marked = zip(page.parts, marks(elements(page)), strict=True)
        for constant, parts in groupby(marked, lambda part: isinstance(part[0], Part)):
            if constant:
                run = tuple([(part, mark) for part, mark in parts if isinstance(part, Part) and part.items])
                if run:
                    pieces.append(self._drawn(run, page.height))
            else:
                for part, mark in parts:
                    assert isinstance(part, Hole)
                    last = pieces[-1] if pieces else None
                    if isinstance(last, _Own) and last.end == part.index:
                        pieces[-1] = last._replace(end=part.index + 1, marks=(*last.marks, mark))
                    else:
                        pieces.append(_Own(part.index, part.index + 1, (mark,), page.height))
        box = f"[0 0 {decimal(page.width * POINTS)} {decimal(page.height * POINTS)}]".encode()
        return _CompiledPage(tuple(pieces), box, page)

    def _drawn(self, parts: tuple[_Marked, ...], height: float) -> _Content:
        """The stream of constant parts on a page of `height` mm, from those kept."""
        key: _Key = (height, *[(id(part), mark) for part, mark in parts])
        found = self._constant.get(key)
        if found is not None:
            self._constant.move_to_end(key)
            return found[1]
        drawing = self._pen.draw(parts, height)
        body = stream(drawing.content)
        content = _Content(body, drawing.fonts, hashlib.sha256(body).digest(), drawing.arts)
        self._constant[key] = (parts, content)
        if len(self._constant) > _KEPT:
            self._constant.popitem(last=False)
        return content

    def _own(self, pages: Pages, piece: _Own) -> _Content:
        """The stream of a unit's own parts, from those kept."""
        first, end, marks, height = piece
        parts = pages.own[first:end]
        key = (height, marks, *map(id, parts))
        found = self._stamped.get(key)
        if found is not None:
            return found[1]
        drawing = self._pen.draw(zip(parts, marks, strict=True), height)
        level = QUICK_PACKING if len(drawing.content) > SMALL else 0
        content = _Content(stream(drawing.content, level=level), drawing.fonts)
        self._stamped[key] = (parts, content)
        if len(self._stamped) > _OWN_KEPT:
            del self._stamped[next(iter(self._stamped))]
        return content

    def _cast(self, shape: Shape, paper: _Paper, fonts: frozenset[str]) -> _Cast:
        """Lay out a paper's file, the own streams left open."""
        file = BytesIO()
        bundle = PdfBundle(self, file, fonts=fonts, alone=True, later=len(paper.own))
        pages = [
            _Page(tuple(_LATER if isinstance(piece, _Own) else piece for piece in page.pieces), page.box, page.shape)
            for page in paper.pages
        ]
        bundle.put(shape, pages)
        catalog, info = bundle.finish()
        start = self.start(fonts)[1]
        data = file.getvalue()[len(start) :]
        objects, later = bundle.objects, bundle.later
        return _Cast(start, data, objects.digest, later.start, Ending(bytes(objects.entries), later, catalog, info))


class PdfBundle:
    """Many papers as one PDF, written into `file` as they come; only the places of objects are kept.

    `fonts`: which of the writer's fonts the file has (None: all). `alone`: a single paper, to be read on a screen: its
    bookmarks become the file's outline and its elements the file's structure (PDF/A-2a); ten thousand, to be printed,
    have neither (PDF/A-2b). `duplex`: each paper begins on a front. `later`: how many streams are left open.
    Title and author are those of the first paper."""

    def __init__(
        self,
        writer: PdfWriter,
        file: BinaryIO,
        *,
        fonts: frozenset[str] | None = None,
        alone: bool = False,
        duplex: bool = True,
        later: int = 0,
    ) -> None:
        self.pages = 0
        """Pages so far, blank ones included."""
        self._writer, self._file, self._alone, self._duplex = writer, file, alone, duplex
        self._fonts = fonts
        begun, start = writer.start(fonts)
        self.objects = begun.fork()
        self.later = range(self.objects.next, self.objects.next + later)
        """The numbers of the streams that are left open."""
        self._open = iter([self.objects.reserve() for _stream in self.later])
        self._tree = self.objects.reserve()
        self._nodes: list[tuple[int, int]] = []
        self._node, self._kids = 0, list[int]()
        self._shared: dict[bytes, int] = {}
        self._arts: dict[str, int] = {}
        self._bookmarks: list[Entry] = []
        self._tagged: list[TaggedPage] = []
        self._box = b""
        self._title, self._author = "", ""
        file.write(start)

    def add(self, pages: Pages) -> None:
        """Write a paper."""
        self.put(pages.shape, self._writer.stamp(pages))

    def put(self, shape: Shape, pages: Iterable[_Page]) -> None:
        """Write a paper that the bundle's writer has stamped."""
        if not self.pages:
            self._title, self._author = shape.title, shape.author
        elif self._duplex and self.pages % 2:
            self._page(_Page((), self._box))
        for page in pages:
            number = self._page(page)
            if self._alone and page.shape:
                self._tagged.append(TaggedPage(number, elements(page.shape)))
                top = page.shape.height
                self._bookmarks += [
                    Entry(mark.level, mark.text, number, (top - mark.y) * POINTS) for mark in page.shape.bookmarks
                ]
        self._file.write(self.objects.take())

    def close(self) -> None:
        """Write what comes last. The file itself stays open."""
        catalog, info = self.finish()
        self._file.write(self.objects.end(catalog, info))

    def finish(self) -> tuple[int, int]:
        """Write the objects that come last; the numbers of catalog and /Info."""
        objects = self.objects
        self._close_node()
        kids = references(node for node, _count in self._nodes)
        objects.put(self._tree, b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, self.pages))
        more = b"/Outlines %d 0 R" % add_outline(objects, self._bookmarks) if self._bookmarks else b""
        if self._alone:
            more += b"/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R" % add_structure(objects, self._tagged)
        entries = pdfa.information(self._title, self._author).items()
        info = objects.add(
            b"<<%b>>" % b"".join([b"/%b%b" % (name.encode(), text_string(text)) for name, text in entries])
        )
        packet = pdfa.packet(self._title, self._author, "A" if self._alone else "B")
        metadata = objects.add(stream(packet, b"/Type/Metadata/Subtype/XML", level=0))
        catalog = objects.add(
            b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%b]/Lang(%b)"
            b"/ViewerPreferences<</DisplayDocTitle true>>%b>>"
            % (self._tree, metadata, pdfa.output_intent(1), pdfa.LANGUAGE.encode(), more)
        )
        self._file.write(objects.take())
        return catalog, info

    def _page(self, page: _Page) -> int:
        """Write a page and those of its streams that are not in the file yet; its object's number."""
        contents = []
        for content in page.contents:
            number = self._shared.get(content.digest) if content.digest else None
            if number is None and content is _LATER:
                number = next(self._open)
            elif number is None:
                number = self.objects.add(content.body)
                if content.digest:
                    self._shared[content.digest] = number
            contents.append(number)
        if not self._node:
            self._node = self.objects.reserve()
        tagged = b"/StructParents %d/Tabs/S" % self.pages if self._alone else b""
        written = self.objects.add(
            b"<</Type/Page/Parent %d 0 R/MediaBox%b/Resources %b/Contents[%b]%b>>"
            % (self._node, page.box, self._resources(page), references(contents), tagged)
        )
        self.pages += 1
        self._box = page.box
        self._kids.append(written)
        if len(self._kids) == _KIDS:
            self._close_node()
        return written

    def _resources(self, page: _Page) -> bytes:
        """The page's resources: those of every page, or with its pictures, each of which a file holds once."""
        arts = {art_name(art): art for content in page.contents for art in content.arts}
        if not arts:
            return b"2 0 R"
        for name, art in arts.items():
            if name not in self._arts:
                self._arts[name] = add_art(self.objects, art)
        pictures = "".join(f"/{name} {self._arts[name]} 0 R" for name in sorted(arts))
        return b"<<%b/XObject<<%b>>>>" % (self._writer.font_resources(self._fonts), pictures.encode())

    def _close_node(self) -> None:
        """Write a node of the page tree."""
        if self._kids:
            body = b"<</Type/Pages/Parent %d 0 R/Kids[%b]/Count %d>>"
            self.objects.put(self._node, body % (self._tree, references(self._kids), len(self._kids)))
            self._nodes.append((self._node, len(self._kids)))
            self._node, self._kids = 0, []
