"""Whether a foreign PDF page may stand in a PDF/A-2a as it is: a careful choice of what is surely allowed.

In: a page of an open pikepdf document. Out: nothing, the page being cleaned of what must not come along and does not
show (marked content, private data); `UnfitError` with the reason where something that shows would not be allowed (ISO
19005-2, 6.2): the page is then drawn as a picture. Cleaning never changes what a reader sees.
"""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from circular_gen.messages import _

_OPERATORS = frozenset(
    str.split(
        "b B b* B* BI BT c cm cs CS d d0 d1 Do ET f F f* g G gs h i ID EI j J l m M n q Q re rg RG "
        "ri s S sc SC scn SCN sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \" INLINE "
        "IMAGE"
    )
)
_MARKS = frozenset(("BMC", "BDC", "EMC", "MP", "DP"))
_INTENTS = frozenset(("/RelativeColorimetric", "/AbsoluteColorimetric", "/Perceptual", "/Saturation"))
_BLENDS = frozenset(
    f"/{name}"
    for name in str.split(
        "Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight "
        "SoftLight Difference Exclusion Hue Saturation Color Luminosity"
    )
)
_FILTERS = frozenset(
    f"/{name}"
    for name in str.split(
        "FlateDecode DCTDecode CCITTFaxDecode JBIG2Decode RunLengthDecode ASCIIHexDecode ASCII85Decode"
    )
)
_PLAIN_SPACES = frozenset(("/DeviceGray", "/DeviceRGB", "/Pattern", "/G", "/RGB"))
_ICC_KINDS = (b"scnr", b"mntr", b"prtr", b"spac")
_ICC_SPACES = {1: b"GRAY", 3: b"RGB "}
_NESTED = 28
"""q within q (ISO 19005-2, 6.1.13)."""
_DEPTH = 12
"""Forms within forms."""
_INSTRUCTIONS = 3_000_000
"""Of one page with its forms."""
_SYMBOLIC = 4
_WIDTH_SLACK = 1.5
"""1/1000 em by which a width in the PDF may miss the font's."""


class UnfitError(Exception):
    """`reason`: what the page has, in office words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fitness:
    """Looks at the pages of one document; what they share is looked at once."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._seen: dict[tuple[int, int], UnfitError | None] = {}
        self._left = _INSTRUCTIONS

    def page(self, page: Any) -> None:
        """Clean the page; UnfitError."""
        self._left = _INSTRUCTIONS
        obj = page.obj
        resources = page.resources if "/Resources" in obj or page.resources else Dictionary()
        for key in list(obj.keys()):
            if key not in ("/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Contents", "/Group", "/Resources"):
                del obj[key]
        obj.Resources = resources
        if "/Group" in obj:
            self._group(obj.Group)
        page.contents_coalesce()
        if "/Contents" in obj:
            obj.Contents.write(self._content(page, 0))
        self._resources(obj.Resources, 0)

    # Content ---------------------------------------------------------------------------------------------------------

    def _content(self, holder: Any, depth: int) -> bytes:
        """The content of a page or a form without its marks."""
        if depth > _DEPTH:
            raise UnfitError(_("forms within forms"))
        try:
            instructions = pikepdf.parse_content_stream(holder)
        except pikepdf.PdfError as error:
            raise UnfitError(_("its content is damaged")) from error
        self._left -= len(instructions)
        if self._left < 0:
            raise UnfitError(_("too many lines and characters"))
        nested = 0
        kept = []
        for instruction in instructions:
            operator = str(instruction.operator)
            if operator in _MARKS:
                if operator == "BDC" and instruction.operands and instruction.operands[0] == Name.OC:
                    raise UnfitError(_("layers that can be hidden"))
                continue
            kept.append(instruction)
            if operator in ("k", "K"):
                raise UnfitError(_("colours for a printing press (CMYK)"))
            if operator not in _OPERATORS:
                raise UnfitError(_("its content is damaged"))
            if operator == "q":
                nested += 1
                if nested > _NESTED:
                    raise UnfitError(_("its content is nested too deep"))
            elif operator == "Q":
                nested -= 1
            elif operator in ("cs", "CS") and instruction.operands:
                if instruction.operands[0] in (Name.DeviceCMYK, Name.CMYK):
                    raise UnfitError(_("colours for a printing press (CMYK)"))
            elif operator == "ri" and str(instruction.operands[0]) not in _INTENTS:
                raise UnfitError(_("its content is damaged"))
            elif operator == "INLINE IMAGE":
                self._inline(instruction)
        return bytes(pikepdf.unparse_content_stream(kept))

    @staticmethod
    def _inline(instruction: Any) -> None:
        image = instruction.iimage
        space = str(image.colorspace or "")
        filters = [str(name) for name in image.filters]
        if "CMYK" in space or "LZW" in "".join(filters) or image.obj.get("/Interpolate", False):
            raise UnfitError(_("a picture of a kind that archives do not take"))
        if space and space not in _PLAIN_SPACES and not image.image_mask:
            raise UnfitError(_("a picture of a kind that archives do not take"))

    # Resources -------------------------------------------------------------------------------------------------------

    def _resources(self, resources: Any, depth: int) -> None:
        if not isinstance(resources, Dictionary):
            return
        for key in list(resources.keys()):
            if key in ("/Properties", "/ProcSet"):
                del resources[key]
        for key, look in (
            ("/Font", self._font),
            ("/XObject", self._xobject),
            ("/ExtGState", self._state),
            ("/ColorSpace", self._space),
            ("/Pattern", self._pattern),
            ("/Shading", self._shading),
        ):
            held = resources.get(key)
            if isinstance(held, Dictionary):
                for name in sorted(held.keys()):
                    self._once(held[name], depth, look)

    def _once(self, value: Any, depth: int, look: Callable[[Any, int], None]) -> None:
        """Look at `value`, once where it is an object of its own."""
        key = value.objgen if isinstance(value, pikepdf.Object) and value.is_indirect else None
        if key is None:
            look(value, depth)
            return
        if key in self._seen:
            if (known := self._seen[key]) is not None:
                raise known
            return
        self._seen[key] = None
        try:
            look(value, depth)
        except UnfitError as error:
            self._seen[key] = error
            raise

    def _xobject(self, value: Any, depth: int) -> None:
        if not isinstance(value, Stream):
            raise UnfitError(_("its content is damaged"))
        if "/OC" in value:
            raise UnfitError(_("layers that can be hidden"))
        if value.get("/Subtype") == Name.Image:
            self._image(value, depth)
        elif value.get("/Subtype") == Name.Form and "/PS" not in value and "/Ref" not in value:
            for key in list(value.keys()):
                if key in ("/OPI", "/PieceInfo", "/Metadata", "/StructParents", "/StructParent", "/LastModified"):
                    del value[key]
            self._form(value, depth)
            if "/Group" in value:
                self._group(value.Group)
        else:
            raise UnfitError(_("its content is damaged"))

    def _form(self, value: Any, depth: int) -> None:
        if "/Resources" in value:
            self._resources(value.Resources, depth + 1)
        value.write(self._content(value, depth + 1))

    def _image(self, value: Any, depth: int) -> None:
        for key in ("/Alternates", "/OPI", "/Metadata", "/StructParent", "/Intent", "/Name", "/ID"):
            if key in value:
                del value[key]
        if value.get("/Interpolate", False):
            value.Interpolate = False
        filters = value.get("/Filter", Array())
        for name in filters if isinstance(filters, Array) else (filters,):
            if str(name) not in _FILTERS:
                raise UnfitError(_("a picture of a kind that archives do not take"))
        if "/ColorSpace" in value:
            self._space(value.ColorSpace, depth)
        for key in ("/SMask", "/Mask"):
            if isinstance(value.get(key), Stream):
                self._once(value[key], depth, self._image)

    def _group(self, value: Any) -> None:
        if isinstance(value, Dictionary) and "/CS" in value:
            self._space(value.CS, 0)

    def _state(self, value: Any, depth: int) -> None:
        if not isinstance(value, Dictionary):
            raise UnfitError(_("its content is damaged"))
        for key in ("/TR", "/TR2", "/HTP", "/HTO", "/HT"):
            if key in value and str(value[key]) not in ("/Default", "/Identity"):
                raise UnfitError(_("settings of a printing press"))
            if key in value:
                del value[key]
        blend = value.get("/BM", Name.Normal)
        for name in blend if isinstance(blend, Array) else (blend,):
            if str(name) not in _BLENDS:
                raise UnfitError(_("its content is damaged"))
        if "/RI" in value and str(value.RI) not in _INTENTS:
            del value["/RI"]
        if isinstance(value.get("/SMask"), Dictionary) and "/G" in value.SMask:
            if "/TR" in value.SMask:
                del value.SMask["/TR"]
                raise UnfitError(_("settings of a printing press"))
            self._once(value.SMask.G, depth + 1, self._xobject)
        if isinstance(value.get("/Font"), Array):
            self._once(value.Font[0], depth, self._font)

    def _space(self, value: Any, depth: int) -> None:
        if isinstance(value, Name):
            if str(value) not in _PLAIN_SPACES:
                raise UnfitError(_("colours for a printing press (CMYK)"))
            return
        if not isinstance(value, Array) or not len(value) or depth > _DEPTH:
            raise UnfitError(_("its content is damaged"))
        kind = str(value[0])
        if kind in ("/CalGray", "/CalRGB", "/Lab") or (kind in _PLAIN_SPACES and len(value) == 1):
            return
        if kind == "/ICCBased":
            self._once(value[1], depth, self._profile)
        elif kind in ("/Indexed", "/I", "/Pattern"):
            self._space(value[1], depth + 1)
        else:
            raise UnfitError(_("colours for a printing press (CMYK)"))

    @staticmethod
    def _profile(value: Any, _depth: int) -> None:
        data = value.read_bytes()
        count = int(value.get("/N", 0))
        sound = len(data) >= 132 and data[36:40] == b"acsp" and data[8] <= 4 and data[12:16] in _ICC_KINDS
        if not sound or data[16:20] != _ICC_SPACES.get(count):
            raise UnfitError(_("colours for a printing press (CMYK)"))

    def _shading(self, value: Any, depth: int) -> None:
        if "/ColorSpace" in value:
            self._space(value.ColorSpace, depth)

    def _pattern(self, value: Any, depth: int) -> None:
        if isinstance(value, Stream):
            self._form(value, depth)
        else:
            if "/Shading" in value:
                self._once(value.Shading, depth, self._shading)
            if "/ExtGState" in value:
                self._once(value.ExtGState, depth, self._state)

    # Fonts -----------------------------------------------------------------------------------------------------------

    def _font(self, value: Any, depth: int) -> None:
        kind = str(value.get("/Subtype", ""))
        if kind == "/Type3":
            if "/Resources" in value:
                self._resources(value.Resources, depth + 1)
            if not isinstance(value.get("/ToUnicode"), Stream):
                raise UnfitError(_("the font {name} does not say its characters").format(name=_font_name(value)))
            for name in sorted(value.CharProcs.keys()) if "/CharProcs" in value else ():
                self._once(value.CharProcs[name], depth, self._procedure)
            return
        if kind == "/Type0":
            descendants = value.get("/DescendantFonts", Array())
            if len(descendants) != 1:
                raise UnfitError(_("its content is damaged"))
            font = descendants[0]
            encoding = value.get("/Encoding")
            if not isinstance(encoding, Stream) and encoding not in (Name("/Identity-H"), Name("/Identity-V")):
                raise UnfitError(_("the font {name} is coded in an old way").format(name=_font_name(value)))
            self._embedded(font)
            self._character_font(font)
            if not isinstance(value.get("/ToUnicode"), Stream):
                raise UnfitError(_("the font {name} does not say its characters").format(name=_font_name(value)))
            return
        if kind not in ("/TrueType", "/Type1", "/MMType1"):
            raise UnfitError(_("its content is damaged"))
        self._embedded(value)
        coded = value.get("/Encoding") in (Name.WinAnsiEncoding, Name.MacRomanEncoding)
        if not coded and not isinstance(value.get("/ToUnicode"), Stream):
            raise UnfitError(_("the font {name} does not say its characters").format(name=_font_name(value)))
        if kind == "/TrueType":
            symbolic = int(value.FontDescriptor.get("/Flags", 0)) & _SYMBOLIC
            encoding = value.get("/Encoding")
            if isinstance(encoding, Dictionary):
                encoding = None if "/Differences" in encoding else encoding.get("/BaseEncoding")
            named = encoding in (Name.WinAnsiEncoding, Name.MacRomanEncoding)
            if named == bool(symbolic):
                raise UnfitError(_("the font {name} is coded in an old way").format(name=_font_name(value)))

    def _procedure(self, value: Any, depth: int) -> None:
        value.write(self._content(value, depth + 1))

    @staticmethod
    def _embedded(font: Any) -> None:
        descriptor = font.get("/FontDescriptor")
        if not isinstance(descriptor, Dictionary) or not any(
            isinstance(descriptor.get(key), Stream) for key in ("/FontFile", "/FontFile2", "/FontFile3")
        ):
            raise UnfitError(_("the font {name} is not embedded").format(name=_font_name(font)))
        for key in ("/CharSet", "/CIDSet"):  # both may be left out, and are often wrong
            if key in descriptor:
                del descriptor[key]

    def _character_font(self, font: Any) -> None:
        """A font of a composite one: how its glyphs are found is said, and its widths are the file's."""
        if font.get("/Subtype") != Name.CIDFontType2:
            return
        if "/CIDToGIDMap" not in font:
            font.CIDToGIDMap = Name.Identity
        if "/FontFile2" not in font.FontDescriptor:
            return
        file = _font_file(font)
        if file is None or not _same_widths(font, file):
            raise UnfitError(_("the font {name} has wrong widths").format(name=_font_name(font)))
        if font.CIDToGIDMap == Name.Identity:  # part 1 wants the set of its glyphs, part 2 takes one that is right
            count = file["maxp"].numGlyphs
            everything = ((1 << count) - 1 << -count % 8).to_bytes((count + 7) // 8)
            font.FontDescriptor.CIDSet = self._document.make_stream(everything)


def _font_name(font: Any) -> str:
    name = str(font.get("/BaseFont", "/?"))[1:]
    return name[7:] if name[6:7] == "+" else name


def _font_file(font: Any) -> Any:
    """The embedded TrueType font; None where it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        file = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()), lazy=True)
        return file if file["maxp"].numGlyphs <= 0xFFFF else None
    except (TTLibError, KeyError, AssertionError, OSError, ValueError, TypeError):
        return None


def _same_widths(font: Any, file: Any) -> bool:
    """Whether the widths that the PDF says are those of the font `file`."""
    from fontTools.ttLib import TTLibError

    try:
        scale = 1000 / file["head"].unitsPerEm
        count = file["maxp"].numGlyphs
        data, long_metrics = file.reader["hmtx"], file["hhea"].numberOfHMetrics
    except (TTLibError, KeyError, AssertionError, OSError, ValueError, TypeError):
        return False
    glyphs = font.CIDToGIDMap.read_bytes() if isinstance(font.CIDToGIDMap, Stream) else None
    for character, width in _widths(font.get("/W", Array())):
        glyph = character if glyphs is None else int.from_bytes(glyphs[2 * character : 2 * character + 2])
        if glyph >= count or not long_metrics:
            continue  # never shown
        at = 4 * min(glyph, long_metrics - 1)
        if abs(int.from_bytes(data[at : at + 2]) * scale - width) > _WIDTH_SLACK:
            return False
    return True


def _widths(entries: Any) -> list[tuple[int, float]]:
    """(character, width) of a /W array."""
    found: list[tuple[int, float]] = []
    values = list(entries)
    place = 0
    while place + 1 < len(values):
        first = int(values[place])
        if isinstance(values[place + 1], Array):
            found += [(first + index, float(width)) for index, width in enumerate(values[place + 1])]
            place += 2
        elif place + 2 < len(values):
            last = min(int(values[place + 1]), first + 65535)
            found += [(character, float(values[place + 2])) for character in range(first, last + 1)]
            place += 3
        else:
            break
    return found
