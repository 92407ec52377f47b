"""A font subset → its objects in a PDF: Type 0, Identity-H, embedded, with the character of every glyph."""

from collections.abc import Mapping
from itertools import groupby

from circular_gen.output.pdf_objects import Objects, decimal, stream
from circular_gen.output.subset import Subset

OBJECTS = 6
"""Objects of a font; its first one is what a page's resources name."""

_STEM = 80
"""A font descriptor must state a stem width, which TrueType files do not; viewers use it for fonts that are absent."""


def add_font(objects: Objects, font: Subset) -> int:
    """Add a font; its first object's number."""
    name, default, widths = font.name.encode(), *_widths(font.widths)
    first = objects.next
    objects.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name, first + 1, first + 2)
    )
    objects.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/CIDToGIDMap/Identity/DW %b/W[%b]>>" % (name, first + 3, default, widths)
    )
    objects.add(stream(_to_unicode(font.glyphs)))
    measures = f"/FontBBox[{' '.join(map(decimal, font.box))}]/ItalicAngle {decimal(font.italic_angle)}"
    measures += f"/Ascent {decimal(font.ascent)}/Descent {decimal(font.descent)}/CapHeight {decimal(font.cap_height)}"
    objects.add(
        b"<</Type/FontDescriptor/FontName/%b/Flags 4%b/StemV %d/CIDSet %d 0 R/FontFile2 %d 0 R>>"
        % (name, measures.encode(), _STEM, first + 4, first + 5)
    )
    objects.add(stream(_all_set(len(font.widths))))
    objects.add(stream(font.data, b"/Length1 %d" % len(font.data)))
    return first


def _all_set(count: int) -> bytes:
    """The /CIDSet of a subset: one bit for each of its `count` glyphs."""
    return ((1 << count) - 1 << -count % 8).to_bytes((count + 7) // 8)


def _widths(widths: tuple[float, ...]) -> tuple[bytes, bytes]:
    """/DW, the most frequent width, and /W for all other glyphs."""
    default = max(sorted(set(widths)), key=widths.count)
    runs = []
    for different, glyphs in groupby(range(len(widths)), lambda glyph: widths[glyph] != default):
        if different:
            run = list(glyphs)
            runs.append(f"{run[0]}[{' '.join(decimal(widths[glyph]) for glyph in run)}]")
    return decimal(default).encode(), "".join(runs).encode()


def _to_unicode(glyphs: Mapping[str, int]) -> bytes:
    """The CMap that gives each glyph its character, in UTF-16BE (two units above U+FFFF): ranges of glyphs with the
    same first byte, a hundred at most at a time."""
    ranges = []
    for _first, group in groupby(glyphs.items(), lambda pair: pair[1] >> 8):
        members = list(group)
        texts = "".join([f"<{character.encode('utf-16-be').hex().upper()}>" for character, _glyph in members])
        ranges.append(f"<{members[0][1]:04X}> <{members[-1][1]:04X}> [{texts}]\n")
    blocks = [ranges[start : start + 100] for start in range(0, len(ranges), 100)]
    mappings = "".join(f"{len(block)} beginbfrange\n{''.join(block)}endbfrange\n" for block in blocks)
    return f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{mappings}endcmap
CMapName currentdict /CMap defineresource pop
end
end
""".encode()
