"""Faces: which font file has a character, how wide it is and how far its ink reaches.

In: the bytes of a font file for each face. Out: for a character the face that really has it (its own, else the first of
the others), its advance and its ink, all in em. Nothing is read from disk here.
"""

import io
import logging
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont, TTLibError

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.sheet.blocks import Face

logging.getLogger("fontTools").setLevel(logging.CRITICAL)  # what it makes of odd tables helps no clerk

_FALLBACK: tuple[Face, ...] = ("fangsong", "song", "hei", "kai", "xiaobiaosong")
"""Where a character is looked for that its own face lacks; also what stands in for a face that has no file."""
_FULL_WIDTH = frozenset("“”‘’—…")
"""Marks that Chinese text sets a full cell wide and that some faces have only at Latin widths."""


class FontError(CircularGenError):
    """A font file that cannot be used."""


class MissingGlyph(CircularGenError):  # noqa: N818
    """A character that is in no face. `context`: the text it stands in, where known."""

    def __init__(self, character: str, context: str = "") -> None:
        self.character = character
        message = _("no font has the character “{character}” (U+{code:04X})")
        text = message.format(character=character, code=ord(character))
        if context:
            text += _(", in “{context}”").format(context=_around(context, character))
        super().__init__(text)


def _around(text: str, character: str, reach: int = 8) -> str:
    at = max(0, text.find(character))
    return text[max(0, at - reach) : at + reach + 1].replace("\n", " ")


@dataclass(frozen=True, slots=True)
class FontSource:
    """A font file's bytes; `index`: which font of a collection; `name`: the file's name, for error texts."""

    data: bytes
    index: int
    name: str


class NumberedFont(TTFont):  # type: ignore[misc]
    """A font whose glyphs are called by their numbers. Nobody here asks for their names, and reading those takes most
    of the time."""

    def getGlyphOrder(self) -> list[int]:  # noqa: N802 (fontTools' name)
        return list(range(self["maxp"].numGlyphs))

    def getGlyphName(self, glyphID: int) -> int:  # noqa: N802, N803
        return glyphID

    def getGlyphNameMany(self, lst: Iterable[int]) -> list[int]:  # noqa: N802
        return list(lst)

    def getGlyphID(self, glyphName: int) -> int:  # noqa: N802, N803
        return glyphName


DAMAGE = (
    TTLibError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RecursionError,
    struct.error,
    TypeError,
    ValueError,
)
"""What reading a damaged font file raises."""
_MAY_NOT_BE_EMBEDDED, _NO_SUBSETS, _BITMAPS_ONLY = 0x0002, 0x0100, 0x0200
"""Bits of fsType in OS/2. The first forbids embedding only where no bit beside it allows printing or editing."""
_ALLOWS = 0x000C


class _Font:
    """One font file, its tables read when asked for. Lengths in em."""

    def __init__(self, source: FontSource) -> None:
        self.source = source
        check_whole(source)
        try:
            self._font: Any = NumberedFont(io.BytesIO(source.data), fontNumber=source.index, lazy=True)
            self.characters: Mapping[int, int] = self._font.getBestCmap() or {}
            self._advances = self._font["hmtx"].metrics
            self._em = float(self._font["head"].unitsPerEm)
            outlines = "glyf" in self._font
            may = self._font["OS/2"].fsType if "OS/2" in self._font else 0
            names = self._font.get("name")
            self.name = str(names.getBestFullName() or "") if names else ""
            self.version = str(names.getDebugName(5) or "") if names else ""
        except DAMAGE as error:
            raise FontError(_("{file} is damaged: {error}").format(file=source.name, error=_plain(error))) from error
        if not outlines:
            message = _("{file} has PostScript outlines (CFF); a PDF needs a TrueType font (.ttf) here")
            raise FontError(message.format(file=source.name))
        if forbidden := _forbidden(may):
            raise FontError(forbidden.format(file=source.name, name=self.name or "?"))

    def has(self, character: str) -> bool:
        return ord(character) in self.characters

    def advance(self, character: str) -> float:
        try:
            return float(self._advances[self.characters[ord(character)]][0]) / self._em
        except DAMAGE as error:
            message = _("{file} is damaged: {error}").format(file=self.source.name, error=_plain(error))
            raise FontError(message) from error

    def ink(self, character: str) -> tuple[float, float]:
        """Lowest and highest point of the outline, from the baseline upwards."""
        try:
            pen = BoundsPen(self._glyphs)
            self._glyphs[self.characters[ord(character)]].draw(pen)
        except DAMAGE as error:
            message = _("{file} is damaged: {error}").format(file=self.source.name, error=_plain(error))
            raise FontError(message) from error
        return (pen.bounds[1] / self._em, pen.bounds[3] / self._em) if pen.bounds else (0.0, 0.0)

    @cached_property
    def _glyphs(self) -> Any:
        return self._font.getGlyphSet()


def check_whole(source: FontSource) -> None:
    """FontError where the file is no font, or has not the tables that its list of contents promises."""
    data = source.data
    try:
        start = 0
        if data[:4] == b"ttcf":
            (count,) = struct.unpack_from(">L", data, 8)
            if source.index >= count:
                message = _("{file} has {count} fonts, counted from 0; there is no {index}")
                raise FontError(message.format(file=source.name, count=count, index=source.index))
            (start,) = struct.unpack_from(">L", data, 12 + 4 * source.index)
        elif source.index:
            message = _("{file} is no collection of fonts; write it without #{index}")
            raise FontError(message.format(file=source.name, index=source.index))
        if data[start : start + 4] not in (b"\0\1\0\0", b"true", b"OTTO"):
            raise FontError(_("{file} is no TrueType or OpenType font").format(file=source.name))
        (count,) = struct.unpack_from(">H", data, start + 4)
        tables = [struct.unpack_from(">4sLLL", data, start + 12 + 16 * number) for number in range(count)]
    except struct.error:
        raise FontError(_("{file} is damaged: it is cut off").format(file=source.name)) from None
    if any(offset + length > len(data) for tag, _sum, offset, length in tables if tag != b"DSIG"):
        raise FontError(_("{file} is damaged: it is cut off").format(file=source.name))


def _forbidden(may: int) -> str:
    """What an error says of a font whose maker does not let it be embedded as is done here; empty where it may be."""
    if may & _MAY_NOT_BE_EMBEDDED and not may & _ALLOWS:
        return _("{file} ({name}): its maker forbids embedding it in files; take another font, or ask for a licence")
    if may & _NO_SUBSETS:
        return _("{file} ({name}): its maker forbids embedding a part of its characters; take another font")
    if may & _BITMAPS_ONLY:
        return _("{file} ({name}): its maker forbids embedding its outlines; take another font")
    return ""


def _plain(error: Exception) -> str:
    """An error of the libraries in one short line."""
    return " ".join(str(error).split())[:120] or type(error).__name__


class Faces:
    """The faces of an office. FontError for a file that is damaged or must not be embedded."""

    def __init__(self, sources: Mapping[Face, FontSource]) -> None:
        self.sources: dict[Face, FontSource] = dict(sources)
        self._glyphs: dict[Face, dict[str, tuple[Face, float]]] = {}
        self._inks: dict[tuple[Face, str], tuple[float, float]] = {}

    @cached_property
    def _fonts(self) -> dict[Face, _Font]:
        return {face: _Font(source) for face, source in self.sources.items()}

    def glyph(self, character: str, face: Face) -> tuple[Face, float]:
        """The face that `character` is set in when `face` is asked for, and its advance in em; MissingGlyph."""
        known = self._glyphs.get(face)
        if known is None:
            known = self._glyphs[face] = {}
        found = known.get(character)
        if found is None:
            found = known[character] = self._resolve(character, face)
        return found

    def _resolve(self, character: str, face: Face) -> tuple[Face, float]:
        candidates = [name for name in dict.fromkeys((face, *_FALLBACK)) if name in self._fonts]
        having = [name for name in candidates if self._fonts[name].has(character)]
        if not having:
            raise MissingGlyph(character)
        wide = [name for name in having if self._fonts[name].advance(character) >= 0.95]
        chosen = wide[0] if character in _FULL_WIDTH and wide else having[0]
        return chosen, self._fonts[chosen].advance(character)

    def advance(self, character: str, face: Face) -> float:
        """em."""
        return self.glyph(character, face)[1]

    def ink(self, character: str, face: Face) -> tuple[float, float]:
        """Lowest and highest point of the character's outline above its baseline, in em."""
        key = (face, character)
        if key not in self._inks:
            self._inks[key] = self._fonts[self.glyph(character, face)[0]].ink(character)
        return self._inks[key]

    def characters(self, face: Face) -> Mapping[int, int]:
        """The characters that the face's own file has; empty where it has no file."""
        return self._fonts[face].characters if face in self._fonts else {}

    def described(self, face: Face) -> tuple[str, str]:
        """The name and version that the face's own file gives itself; empty where it has no file."""
        font = self._fonts.get(face)
        return (font.name, font.version) if font else ("", "")

    def covers(self, character: str) -> bool:
        """Whether any face has it."""
        return any(font.has(character) for font in self._fonts.values())
