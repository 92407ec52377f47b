"""OpenType fonts with PostScript outlines (CFF) → the same with TrueType outlines, which is what a PDF here embeds.

In: a font file. Out: another one. Only glyphs that a character stands for are kept, so that a font of all Hanzi takes
seconds and not minutes. Curves differ by at most a thousandth of the em. The same input gives the same bytes.
"""

import io
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph

from circular_gen.messages import _
from circular_gen.typeset.fonts import DAMAGE, FontError, FontSource, check_whole

_OFF = 0.001
"""em: how far a curve may be from the original."""
_KEPT = ("head", "hhea", "OS/2", "name", "hmtx", "cmap")


def is_postscript(data: bytes) -> bool:
    return data[:4] == b"OTTO"


def truetype(source: FontSource) -> bytes:
    """The font with TrueType outlines; FontError for a damaged file."""
    check_whole(source)
    try:
        return _converted(source)
    except DAMAGE as error:
        text = " ".join(str(error).split())[:120] or type(error).__name__
        raise FontError(_("{file} is damaged: {error}").format(file=source.name, error=text)) from error


def _converted(source: FontSource) -> bytes:
    font: Any = TTFont(io.BytesIO(source.data), lazy=True, recalcTimestamp=False)
    drawn = font.getGlyphSet()
    names: list[str] = font.getGlyphOrder()
    wanted = {names[0], *font.getBestCmap().values()}
    off = _OFF * font["head"].unitsPerEm
    outlines: dict[str, Any] = {}
    for name in names:
        if name not in wanted:
            outlines[name] = Glyph()
            continue
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, off, reverse_direction=True))
        outlines[name] = pen.glyph()
    bare: Any = TTFont(recalcTimestamp=False)
    bare.setGlyphOrder(names)
    for tag in _KEPT:
        bare[tag] = font[tag]
    bare["loca"] = newTable("loca")
    bare["glyf"] = glyf = newTable("glyf")
    glyf.glyphs, glyf.glyphOrder = outlines, names
    for name in wanted:
        outlines[name].recalcBounds(glyf)
    bearings = bare["hmtx"].metrics
    for name in wanted:
        bearings[name] = (bearings[name][0], getattr(outlines[name], "xMin", 0))
    bare["maxp"] = most = newTable("maxp")
    most.tableVersion = 0x00010000
    most.numGlyphs = len(names)
    for field in (
        *("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
        *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"),
    ):
        setattr(most, field, int(field == "maxZones"))
    bare["post"] = post = newTable("post")
    old = font["post"]
    post.formatType = 3.0
    for field in ("italicAngle", "underlinePosition", "underlineThickness", "isFixedPitch"):
        setattr(post, field, getattr(old, field))
    for field in ("minMemType42", "maxMemType42", "minMemType1", "maxMemType1"):
        setattr(post, field, 0)
    made = io.BytesIO()
    bare.save(made, reorderTables=False)
    return made.getvalue()
