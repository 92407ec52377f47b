"""Texts to glyphs: kinds of type, faces and line breaking in one hand.

In: texts with their kind of type (`body`, `title`, `table_head` …), widths in mm. Out: `Glyphs` on baselines. All
lengths are mm.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from circular_gen.sheet.blocks import Face
from circular_gen.typeset.fonts import Faces, MissingGlyph
from circular_gen.typeset.lines import Line, break_text, is_even, spaced
from circular_gen.typeset.measures import PT, Measures
from circular_gen.typeset.page import Colour, Glyphs, Item
from circular_gen.typeset.setting import Items, shifted
from circular_gen.typeset.style import Style
from circular_gen.typeset.title import shape_title

_WIDE = 0.9
"""em: a character at least so wide takes a whole cell where type stands in cells."""
_HANZI_MIDDLE = 0.38
"""em: where the middle of a Hanzi lies above its baseline."""


class TextLine(NamedTuple):
    """A line that begins at 0 on the baseline 0 and ends at `end`."""

    glyphs: tuple[Glyphs, ...]
    end: float


class _Look(NamedTuple):
    """A kind of type. `size`: pt; `cell`: the width of a Hanzi."""

    size: float
    colour: Colour
    cell: float


class _Run(NamedTuple):
    """A text in one kind of type with each character's face and own width."""

    kind: str
    faces: list[Face]
    widths: list[float]


class _Text(NamedTuple):
    """Runs as one text to be broken. `kinds`, `faces`, `widths`: one a character."""

    text: str
    kinds: list[str]
    faces: list[Face]
    widths: list[float]
    cell: float


class _Even(NamedTuple):
    """Characters of one face and width. `used`: the width of all."""

    face: Face
    advances: tuple[float, ...]
    used: float


class Typist:
    """Sets texts in the types of one style."""

    def __init__(self, style: Style, faces: Faces) -> None:
        self.measures, self.faces = Measures(style), faces
        self._body = self.measures.size("body")
        self._known: dict[str, dict[str, tuple[Face, float]]] = {}
        self._looks: dict[str, _Look] = {}
        self._pitches: dict[str, float] = {}
        self._baselines: dict[str, float] = {}

    # A kind of type --------------------------------------------------------------------------------------------------

    def pitch(self, kind: str) -> float:
        """The height of a line."""
        pitch = self._pitches.get(kind)
        if pitch is None:
            pitch = self._pitches[kind] = self.measures.pitch(kind)
        return pitch

    def size_mm(self, kind: str) -> float:
        return self.measures.size(kind) * PT

    def baseline(self, kind: str) -> float:
        """From a line's top to its baseline: the characters' bodies stand in the middle of the line."""
        baseline = self._baselines.get(kind)
        if baseline is None:
            size = self.size_mm(kind)
            baseline = self._baselines[kind] = (self.pitch(kind) - size) / 2 + self.measures.ascent * size
        return baseline

    def _look(self, kind: str) -> _Look:
        """Type of the body's size stands in the grid's cells."""
        look = self._looks.get(kind)
        if look is None:
            size = self.measures.size(kind)
            cell = self.measures.cell if size == self._body else self.size_mm(kind)
            look = self._looks[kind] = _Look(size, self.measures.colour(kind), cell)
        return look

    def _run(self, text: str, kind: str) -> _Run:
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = {}
        faces: list[Face] = []
        widths: list[float] = []
        for character in text:
            found = known.get(character)
            if found is None:
                found = known[character] = self._glyph(character, kind, text)
            faces.append(found[0])
            widths.append(found[1])
        return _Run(kind, faces, widths)

    def _glyph(self, character: str, kind: str, text: str) -> tuple[Face, float]:
        try:
            face, advance = self.faces.glyph(character, self.measures.face(kind))
        except MissingGlyph:
            raise MissingGlyph(character, text) from None
        return face, self._look(kind).cell if advance >= _WIDE else advance * self.size_mm(kind)

    def _text(self, runs: Sequence[tuple[str, str]]) -> _Text:
        if len(runs) == 1:
            text, kind = runs[0]
            run = self._run(text, kind)
            return _Text(text, [kind] * len(text), run.faces, run.widths, self._look(kind).cell)
        kinds: list[str] = []
        faces: list[Face] = []
        widths: list[float] = []
        for text, kind in runs:
            run = self._run(text, kind)
            kinds += [kind] * len(text)
            faces += run.faces
            widths += run.widths
        cell = self._look(runs[-1][1]).cell if runs else 0.0
        return _Text("".join([text for text, _ in runs]), kinds, faces, widths, cell)

    def width(self, text: str, kind: str) -> float:
        """Of `text` on one line."""
        return sum(spaced(text, self._run(text, kind).widths, self._look(kind).cell))

    def ink(self, text: str, kind: str, size: float | None = None) -> tuple[float, float]:
        """How far the ink of `text` in type of `size` pt rises above its baseline and falls below it."""
        face = self.measures.face(kind)
        scale = (size or self.measures.size(kind)) * PT
        bounds = [self.faces.ink(character, face) for character in text]
        return max((high for _, high in bounds), default=0.0) * scale, -min(
            (low for low, _ in bounds), default=0.0
        ) * scale

    # Lines -----------------------------------------------------------------------------------------------------------

    def set(
        self,
        runs: Sequence[tuple[str, str]],
        left: float,
        width: float,
        y: float,
        *,
        first: float = 0.0,
        rest: float = 0.0,
        align: str = "justify",
        pitch: float = 0.0,
        hang: bool = True,
    ) -> list[Items]:
        """The lines of (text, kind of type) `runs` between `left` and `left` + `width`, the first on baseline `y`, each
        `pitch` under the one before; `first`, `rest`: where the first and the other lines begin, from
        `left`; `hang`: whether a mark may stand past the edge."""
        if len(runs) == 1 and (even := self._even(*runs[0], width - first)) is not None:
            spare = 0.0 if align not in ("center", "right") else width - first - even.used
            x = left + first + (spare / 2 if align == "center" else spare)
            look = self._look(runs[0][1])
            return [(Glyphs(even.face, look.size, x, y, runs[0][0], even.advances, look.colour),)]
        text = self._text(runs)
        lines = break_text(text.text, text.widths, text.cell, width, first, rest, justify=align == "justify", hang=hang)
        return [
            self._glyphs(text, line, left + self._start(text, line, width, align), y + number * pitch)
            for number, line in enumerate(lines)
        ]

    def _even(self, text: str, kind: str, room: float) -> _Even | None:
        """Of a text that needs a single line of `room`, on which all characters stand alike; such are most names."""
        known = self._known.get(kind)
        if known is None or not is_even(text):
            return None
        glyphs = set(map(known.get, text))
        glyph = glyphs.pop() if len(glyphs) == 1 else None
        if glyph is None:
            return None
        even = _alike(*glyph, len(text))
        return even if even.used <= room else None

    def _start(self, text: _Text, line: Line, width: float, align: str) -> float:
        if align not in ("center", "right"):
            return line.x
        used = sum(line.advances)
        for index in range(line.end - 1, line.start, -1):
            if text.text[index] != " ":
                break
            used -= line.advances[index - line.start]
        spare = width - line.x - used
        return line.x + (spare / 2 if align == "center" else spare)

    def lines(self, text: str, kind: str, width: float, first: float, justify: bool = False) -> list[TextLine]:
        """`text` broken into lines of `width`, the first of which begins at `first`, for a table's cell."""
        whole = self._text([(text, kind)])
        broken = break_text(whole.text, whole.widths, whole.cell, width, first, 0.0, justify=justify, hang=False)
        return [TextLine(self._glyphs(whole, line, line.x, 0.0), line.x + sum(line.advances)) for line in broken]

    def _glyphs(self, text: _Text, line: Line, x: float, y: float) -> tuple[Glyphs, ...]:
        """The runs of one face and kind on a line that begins at `x`."""
        made = []
        for start, end in _stretches(text, line):
            look = self._look(text.kinds[start])
            advances = line.advances[start - line.start : end - line.start]
            made.append(Glyphs(text.faces[start], look.size, x, y, text.text[start:end], advances, look.colour))
            x += sum(advances)
        return tuple(made)

    def sized(self, text: str, kind: str, size: float, scale: float, left: float, width: float, y: float) -> Items:
        """One line in type of `size` pt, narrowed by `scale`, in the middle of `width`; a negative width is filled
        exactly, with room between the characters."""
        run = self._run(text, kind)
        share = size / self.measures.size(kind) * scale
        advances = [advance * share for advance in run.widths]
        if width < 0:
            extra = (-width - sum(advances)) / max(1, len(text) - 1)
            advances = [advance + extra for advance in advances[:-1]] + advances[-1:]
            x = left
        else:
            x = left + (width - sum(advances)) / 2
        whole = _Text(text, [kind] * len(text), run.faces, advances, 0.0)
        items = self._glyphs(whole, Line(0, len(text), 0.0, tuple(advances)), x, y)
        return tuple(Glyphs(g.face, size, g.x, g.y, g.text, g.advances, g.colour, scale) for g in items)

    def lowered(self, items: Iterable[Item], y: float) -> Items:
        return tuple([shifted(item, 0.0, y) for item in items])

    def title(self, text: str, kind: str, width: float) -> list[str]:
        """The lines of a title, none wider than `width` nor than the standard's twenty characters."""
        most = min(self.measures.title_cells, int(width / self.size_mm(kind) + 0.01))
        lines: list[str] = []
        for cells in range(most, most - 3, -1):  # Latin may take more room than half a cell a letter
            lines = shape_title(text, cells)
            if all(self.width(line, kind) <= width for line in lines):
                break
        return lines

    # Boxes to tick ---------------------------------------------------------------------------------------------------

    @property
    def box(self) -> float:
        """The side of a box."""
        return self.measures.box

    @property
    def box_gap(self) -> float:
        return self.measures.box_gap

    @property
    def box_after(self) -> float:
        return self.measures.box_after

    @property
    def box_line(self) -> float:
        return self.measures.box_line

    @cached_property
    def box_rise(self) -> float:
        """From a baseline up to a box's upper edge: its middle is that of the Hanzi beside it."""
        return _HANZI_MIDDLE * self.size_mm("form_cell") + self.box / 2


@lru_cache(maxsize=4096)
def _alike(face: Face, width: float, count: int) -> _Even:
    advances = (width,) * count
    return _Even(face, advances, sum(advances))


def _stretches(text: _Text, line: Line) -> Iterator[tuple[int, int]]:
    """Where a line's stretches of one face and kind begin and end."""
    start = line.start
    faces, kinds = text.faces, text.kinds
    if faces.count(faces[0]) == len(faces) and kinds.count(kinds[0]) == len(kinds) if faces else False:
        yield start, line.end
        return
    while start < line.end:
        face, kind = faces[start], kinds[start]
        end = start + 1
        while end < line.end and faces[end] == face and kinds[end] == kind:
            end += 1
        yield start, end
        start = end
