"""Font subsets for embedding: a TrueType file and some characters → the glyphs of these characters alone.

Every character gets a glyph of its own, even where the font draws two with one glyph (a space and a no-break space,
· and ・): only so can a text be read back from a PDF as it was written. reportlab does the cutting; the same input
gives the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from reportlab.pdfbase.ttfonts import TTFError, TTFontFile

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.typeset.fonts import DAMAGE, MissingGlyph, NumberedFont


class UnusableFontError(CircularGenError):
    """A font file that cannot be embedded."""


@dataclass(frozen=True, slots=True)
class Subset:
    """`data`: the font file. `glyphs`: character → glyph; `widths`: of each glyph. All lengths in 1/1000 of the em."""

    data: bytes
    name: str
    """PostScript name with the tag that marks a subset."""
    glyphs: dict[str, int]
    widths: tuple[float, ...]
    box: tuple[float, float, float, float]
    ascent: float
    descent: float
    cap_height: float
    italic_angle: float


class _Alone(int):
    """A glyph's number that equals no other, so that a subset does not join two characters in one glyph."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


def subset(data: bytes, index: int, name: str, characters: Iterable[str]) -> Subset:
    """The subset of the font `data`; `index`: which one of a collection; `name`: for messages. UnusableFontError where
    it has no TrueType outlines or is damaged, or lacks one of the characters."""
    try:
        font = copy(_opened(data, index))
    except (TTFError, *DAMAGE) as error:
        raise _unusable(name, error) from None
    wanted = sorted(set(characters))
    known = font.charToGlyph
    if lacking := [character for character in wanted if ord(character) not in known]:
        raise _unusable(name, MissingGlyph(lacking[0]))
    font.charToGlyph = {ord(character): _Alone(known[ord(character)]) for character in wanted}
    try:
        made = BytesIO(font.makeSubset([ord(character) for character in wanted]))
        cut = NumberedFont(made, lazy=True, recalcBBoxes=False, recalcTimestamp=False)
        advances = [cut["hmtx"][glyph][0] for glyph in cut.getGlyphOrder()]
        file = _bare(cut)
    except (TTFError, *DAMAGE) as error:
        raise _unusable(name, error) from None
    em = 1000 / font.unitsPerEm
    left, bottom, right, top = font.bbox
    return Subset(
        file,
        f"{_tag(file)}+{_plain(font.name.decode('latin-1'))}",
        {character: glyph for glyph, character in enumerate(wanted, start=1)},
        tuple(advance * em for advance in advances),
        (left, bottom, right, top),
        font.ascent,
        font.descent,
        font.capHeight or font.ascent,
        font.italicAngle,
    )


def _bare(font: NumberedFont) -> bytes:
    """The font with the tables alone that ISO 32000-1, 9.9 asks of one embedded for its glyphs' numbers."""
    for table in ("OS/2", "cmap", "name", "post"):
        if table in font:
            del font[table]
    file = BytesIO()
    font.save(file, reorderTables=False)
    return file.getvalue()


@lru_cache(maxsize=8)
def _opened(data: bytes, index: int) -> TTFontFile:
    """A font read once: an archive cuts the same few fonts for thousands of papers."""
    font = TTFontFile(BytesIO(data), subfontIndex=index)
    font.hmetrics = _metrics(font)
    return font


def _unusable(name: str, error: Exception) -> UnusableFontError:
    message = _("{name}: the font cannot be embedded; name a TrueType file (.ttf): {error}")
    return UnusableFontError(
        message.format(name=name, error=" ".join(str(error).split())[:120] or type(error).__name__)
    )


def _metrics(font: TTFontFile) -> list[tuple[int, int]]:
    """Every glyph's advance and left side bearing, as the table has them (16 bits without a sign). reportlab's own
    advances are scaled where the table leaves out those that repeat, as fonts of Hanzi do."""
    table, full = font.get_table("hmtx"), struct.unpack_from(">H", font.get_table("hhea"), 34)[0]
    metrics = list(struct.iter_unpack(">HH", table[: 4 * full]))
    end = 4 * full + 2 * (font.numGlyphs - full)
    return metrics + [(metrics[-1][0], bearing) for (bearing,) in struct.iter_unpack(">H", table[4 * full : end])]


def _tag(data: bytes) -> str:
    """Six letters that mark a subset, from its content."""
    number = int.from_bytes(hashlib.sha256(data).digest()[:8])
    letters = ""
    for _letter in range(6):
        number, letter = divmod(number, 26)
        letters += chr(ord("A") + letter)
    return letters


def _plain(name: str) -> str:
    """A PostScript name of letters, digits and hyphens."""
    return "".join(character for character in name if character.isascii() and (character.isalnum() or character == "-"))
