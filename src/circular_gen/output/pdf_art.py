"""Pictures and foreign pages as objects of a PDF.

In: an `Art`, made ready by whoever read the file (upright, without alpha, in grey or sRGB; a PDF's pages with all their
fonts embedded). Out: the number of its XObject, which fills the unit square whatever it is. A page keeps its text and
lines: it becomes a form with the objects that it uses, copied from its file in a fixed order: the same page gives the
same bytes.
"""

import io
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from circular_gen.output.pdf_objects import Objects, stream
from circular_gen.sheet.blocks import Art

_COLOURS = {1: b"/DeviceGray", 3: b"/DeviceRGB"}
_PNG_COMPONENTS = {0: 1, 2: 3}
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
"""JPEG's markers of a frame whose pictures every reader of PDF decodes: baseline, extended, progressive."""


def add_art(objects: Objects, art: Art) -> int:
    """Write what `art` shows; the number of its XObject. ValueError for a picture that was not made ready."""
    if art.kind == "pdf":
        return _Form(objects, art).number
    entries, data = (_png if art.kind == "png" else _jpeg)(art.data)
    return objects.add(b"<</Type/XObject/Subtype/Image%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data))


def _png(data: bytes) -> tuple[bytes, bytes]:
    """A PNG's own packed rows are what PDF calls Flate with predictor 15."""
    chunks = list(_chunks(data))
    width, height, bits, kind, _packing, _filter, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    components = _PNG_COMPONENTS.get(kind)
    if components is None or bits != 8 or interlaced:
        raise ValueError("a PNG in a PDF is grey or RGB with 8 bits, not interlaced")
    parameters = b"<</Predictor 15/Colors %d/BitsPerComponent 8/Columns %d>>" % (components, width)
    entries = _picture(width, height, components) + b"/Filter/FlateDecode/DecodeParms" + parameters
    return entries, b"".join([content for name, content in chunks if name == b"IDAT"])


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position < len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, data[position + 8 : position + 8 + length]
        position += length + 12


def _jpeg(data: bytes) -> tuple[bytes, bytes]:
    position = 2
    while position + 9 < len(data):
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
        if marker in _FRAMES:
            _bits, height, width, components = struct.unpack_from(">BHHB", data, position + 4)
            if components not in _COLOURS:
                break
            return _picture(width, height, components) + b"/Filter/DCTDecode", data
        position += 2 + length
    raise ValueError("a JPEG in a PDF is grey or has three components")


def _picture(width: int, height: int, components: int) -> bytes:
    entries = b"/Width %d/Height %d/BitsPerComponent 8/ColorSpace%b"
    return entries % (width, height, _COLOURS[components])


class _Form:
    """A page as a form XObject."""

    def __init__(self, objects: Objects, art: Art) -> None:
        import pikepdf

        self._pdf, self._objects = pikepdf, objects
        self._known: dict[tuple[int, int], int] = {}
        page = _opened(art.digest[:32], art.data).pages[art.page]
        resources = self._value(page.obj.get("/Resources", pikepdf.Dictionary()))
        group = page.obj.get("/Group")
        entries = b"/Type/XObject/Subtype/Form/FormType 1/BBox[%b]/Matrix[%b]/Resources %b" % (
            _numbers(float(value) for value in page.cropbox.as_list()),
            _numbers(_unit_square(page)),
            resources,
        )
        if group is not None:
            entries += b"/Group " + self._value(group)
        page.contents_coalesce()
        contents = page.obj.get("/Contents")
        self.number = objects.add(stream(contents.read_bytes() if contents is not None else b"", entries))

    def _value(self, value: Any) -> bytes:
        """`value` as it stands in our file."""
        pdf = self._pdf
        if isinstance(value, pdf.Object) and value.is_indirect:
            return b"%d 0 R" % self._copied(value)
        if isinstance(value, pdf.Dictionary):
            return b"<<%b>>" % self._entries(value)
        if isinstance(value, pdf.Array):
            return b"[%b]" % b" ".join([self._value(item) for item in value])
        if isinstance(value, pdf.Object):
            return bytes(value.unparse())
        return bytes(pdf.Array([value]).unparse())[1:-1].strip()  # a number, a truth value or nothing

    def _entries(self, value: Any) -> bytes:
        return b"".join(
            [
                bytes(self._pdf.Name(key).unparse()) + b" " + self._value(value[key])
                for key in sorted(value.keys())
                if key != "/Length"
            ]
        )

    def _copied(self, value: Any) -> int:
        number = self._known.get(value.objgen)
        if number is None:
            number = self._known[value.objgen] = self._objects.reserve()
            if isinstance(value, self._pdf.Stream):
                data = value.read_raw_bytes()
                body = b"<<%b/Length %d>>stream\n%b\nendstream" % (self._entries(value), len(data), data)
            else:
                body = self._value(self._direct(value))
            self._objects.put(number, body)
        return number

    def _direct(self, value: Any) -> Any:
        """The object behind a reference, itself no reference."""
        if isinstance(value, self._pdf.Dictionary):
            return self._pdf.Dictionary({key: value[key] for key in value.keys()})  # noqa: SIM118 (no mapping)
        if isinstance(value, self._pdf.Array):
            return self._pdf.Array(list(value))
        return self._pdf.Object.parse(value.unparse(resolved=True))


@lru_cache(maxsize=4)
def _opened(_digest: str, data: bytes) -> Any:
    import pikepdf

    return pikepdf.open(io.BytesIO(data))


def _unit_square(page: Any) -> tuple[float, ...]:
    """The matrix that turns the page's box upright and makes it the unit square."""
    left, low, right, high = (float(value) for value in page.cropbox.as_list())
    width, height = right - left, high - low
    turned = int(page.obj.get("/Rotate", 0)) % 360
    if turned == 90:
        return 0, -1 / width, 1 / height, 0, -low / height, right / width
    if turned == 180:
        return -1 / width, 0, 0, -1 / height, right / width, high / height
    if turned == 270:
        return 0, 1 / width, -1 / height, 0, high / height, -left / width
    return 1 / width, 0, 0, 1 / height, -left / width, -low / height


def _numbers(values: Any) -> bytes:
    return b" ".join([b"0" if value == 0 else f"{value:.9f}".rstrip("0").rstrip(".").encode() for value in values])
