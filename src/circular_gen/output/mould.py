"""A ZIP package compiled once and stamped for every unit.

In: the package's parts, whose XML may hold slots (see `sheet/slots.py`), and pictures whose payload may hold slots.
Out: `copy(values)`, the bytes of the whole package with every slot filled.

What is constant is made once: constant members are kept as ready bytes with their directory entries; in a member with
slots each constant stretch is deflated once, ending on a byte, and the unit's own stretches go between them as stored
deflate blocks. The member's CRC-32 is combined from those of its stretches: appending a stretch of n bytes multiplies
the CRC so far by x^8n modulo the CRC's polynomial, a linear map that four tables of 256 numbers hold for each stretch.
Dates are fixed, members keep their order: the same values give the same bytes.
"""

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from circular_gen.sheet.slots import CLOSE, OPEN, Values, fill, has_slot

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_STORED_BLOCK = struct.Struct("<BHH")
_VERSION, _FLAGS, _TIME, _DATE = 20, 0, 0, 0x21  # 1 January 1980, the earliest date a ZIP can say
_STORED, _DEFLATED = 0, 8
_BLOCK = 0xFFFF
_SHORT = 100
"""A constant stretch of fewer bytes between two slots is not worth a deflate block of its own."""

_POLYNOMIAL = 0xEDB88320
_SLOT = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL = re.compile('[\x00-\x1f&<>"\ufffe\uffff\ud800-\udfff]')
_RUN_BREAK = '</w:t><w:br/><w:t xml:space="preserve">'
_RUN_TAB = '</w:t><w:tab/><w:t xml:space="preserve">'


_Place = Literal["run", "plain", "attribute"]
_Own = tuple[str, _Place, str]
"""A slot's name, where it stands, and the short constant text after it."""
_Tables = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A member of the package: UTF-8 XML (*.xml, *.rels), with or without slots, or any other constant bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A member drawn from a payload, which may hold slots: `draw(payload)` gives the file's bytes."""

    name: str
    payload: str
    draw: Callable[[str], bytes]


def clean(text: str) -> str:
    """`text` without what XML 1.0 cannot hold (control characters other than tab and line feed, lone surrogates)."""
    return _ILLEGAL.sub("", text)


class Mould:
    """The compiled package. Members without slots come first, each group in the order given."""

    def __init__(self, parts: Sequence[Part | Picture]) -> None:
        head: list[bytes] = []
        directory: list[bytes] = []
        self._members: list[_Cast | _Drawn] = []
        offset = 0
        for part in parts:
            member = _member(part)
            if isinstance(member, bytes):
                local, central = _constant(part.name, member, offset)
                head.append(local)
                directory.append(central)
                offset += len(local)
            else:
                self._members.append(member)
        self._head, self._directory = b"".join(head), b"".join(directory)
        self._count = len(parts)

    def copy(self, values: Values) -> bytes:
        """The package with every slot filled; KeyError for a slot that `values` lacks."""
        return b"".join(self.parts(values))

    def parts(self, values: Values) -> tuple[bytes, bytes]:
        """The same as `copy`, in two: the constant members (one object for all units), and the rest."""
        out: list[bytes] = []
        directory = [self._directory]
        offset = len(self._head)
        for member in self._members:
            pieces, crc, compressed, size = member.fill(values)
            name, method = member.name, member.method
            out.append(
                _LOCAL.pack(b"PK\3\4", _VERSION, _FLAGS, method, _TIME, _DATE, crc, compressed, size, len(name), 0)
            )
            out.append(name)
            out += pieces
            directory.append(_entry(name, method, crc, compressed, size, offset))
            offset += _LOCAL.size + len(name) + compressed
        length = sum(map(len, directory))
        out += directory
        out.append(_END.pack(b"PK\5\6", 0, 0, self._count, self._count, length, offset, 0))
        return self._head, b"".join(out)


def _member(part: Part | Picture) -> "bytes | _Cast | _Drawn":
    """A constant member's content, or the member that is made for each unit."""
    if isinstance(part, Picture):
        return _Drawn(part) if has_slot(part.payload) else part.draw(part.payload)
    if not part.name.endswith((".xml", ".rels")) or OPEN.encode() not in part.data:
        return part.data  # a picture's bytes may look like a slot by chance
    return _Cast(part.name, part.data.decode())


def _constant(name: str, data: bytes, offset: int) -> tuple[bytes, bytes]:
    """Local header with content, and directory entry, of a member that is the same for all."""
    packed = _deflate(data, zlib.Z_FINISH)
    method = _DEFLATED
    if len(packed) >= len(data):
        packed, method = data, _STORED
    encoded, crc = name.encode(), zlib.crc32(data)
    header = _LOCAL.pack(
        b"PK\3\4", _VERSION, _FLAGS, method, _TIME, _DATE, crc, len(packed), len(data), len(encoded), 0
    )
    return header + encoded + packed, _entry(encoded, method, crc, len(packed), len(data), offset)


def _entry(name: bytes, method: int, crc: int, compressed: int, size: int, offset: int) -> bytes:
    head = _CENTRAL.pack(
        b"PK\1\2",
        _VERSION,
        _VERSION,
        _FLAGS,
        method,
        _TIME,
        _DATE,
        crc,
        compressed,
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        offset,
    )
    return head + name


def _deflate(data: bytes, end: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(end)


class _Drawn:
    """A picture drawn for each unit; stored, since picture files are compressed in themselves."""

    method = _STORED

    def __init__(self, picture: Picture) -> None:
        self.name = picture.name.encode()
        self._payload, self._draw = picture.payload, picture.draw

    def fill(self, values: Values) -> tuple[list[bytes], int, int, int]:
        data = self._draw(fill(self._payload, values))
        return [data], zlib.crc32(data), len(data), len(data)


class _Cast:
    """An XML member with slots: a deflated stretch, then pairs of a unit's own stretch and a deflated stretch."""

    method = _DEFLATED

    def __init__(self, name: str, text: str) -> None:
        self.name = name.encode()
        first, rest = _stretches(text)
        data = first.encode()
        self._first, self._crc, self._size = _deflate(data, zlib.Z_FULL_FLUSH), zlib.crc32(data), len(data)
        self._compressed = len(self._first)
        self._rest: list[tuple[tuple[_Own, ...], bytes, _Tables, int]] = []
        for index, (own, stretch) in enumerate(rest, 1):
            data = stretch.encode()
            packed = _deflate(data, zlib.Z_FINISH if index == len(rest) else zlib.Z_FULL_FLUSH)
            self._rest.append((own, packed, _appending(len(data)), zlib.crc32(data)))
            self._size += len(data)
            self._compressed += len(packed)

    def fill(self, values: Values) -> tuple[list[bytes], int, int, int]:
        """The deflated pieces, CRC-32, compressed and plain size of the member for `values`."""
        out, crc, compressed, size = [self._first], self._crc, self._compressed, self._size
        for own, packed, (first, second, third, fourth), stretch in self._rest:
            data = "".join([_escaped(values[name], place) + after for name, place, after in own]).encode()
            blocks = _stored(data)
            out += (blocks, packed)
            crc = zlib.crc32(data, crc)
            crc = first[crc & 255] ^ second[crc >> 8 & 255] ^ third[crc >> 16 & 255] ^ fourth[crc >> 24] ^ stretch
            size += len(data)
            compressed += len(blocks)
        return out, crc, compressed, size


def _stretches(text: str) -> tuple[str, list[tuple[tuple[_Own, ...], str]]]:
    """`text` as its first constant stretch and the (own, constant) stretches after it; it ends with a constant one."""
    slots = list(_SLOT.finditer(text))
    ends = [match.start() for match in slots[1:]] + [len(text)]
    rest: list[tuple[tuple[_Own, ...], str]] = []
    own: list[_Own] = []
    for match, end in zip(slots, ends, strict=True):
        constant = text[match.end() : end]
        joins = len(constant) < _SHORT and end < len(text)
        own.append((match.group(1), _place(text, match.start()), constant if joins else ""))
        if not joins:
            rest.append((tuple(own), constant))
            own = []
    return text[: slots[0].start()], rest


def _place(text: str, position: int) -> _Place:
    """Where in the XML a slot stands: in a run's text, in an attribute, or in another element's text."""
    opened = text.rfind("<", 0, position)
    if text.find(">", opened, position) < 0:
        return "attribute"
    return "run" if text.startswith(("<w:t>", "<w:t "), opened) else "plain"


def _escaped(value: str, place: _Place) -> str:
    """`value` as it must be written at `place`: in a run's text a line feed is a line break and a tab a tab stop."""
    if not _SPECIAL.search(value):
        return value
    value = clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if place == "attribute":
        return value.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    if place == "run":
        return value.replace("\n", _RUN_BREAK).replace("\t", _RUN_TAB)
    return value


def _stored(data: bytes) -> bytes:
    """`data` as stored deflate blocks, none of them the last."""
    if len(data) <= _BLOCK:
        return _STORED_BLOCK.pack(0, len(data), len(data) ^ _BLOCK) + data
    return b"".join(_stored(data[start : start + _BLOCK]) for start in range(0, len(data), _BLOCK))


def _times(a: int, b: int) -> int:
    """The product of two polynomials modulo the CRC's; the highest bit is the coefficient of x^0."""
    product = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@lru_cache(maxsize=1024)
def _appending(length: int) -> _Tables:
    """What appending `length` bytes does to a CRC before the bytes' own CRC is added: a table for each of its bytes."""
    factor, power, bits = 1 << 31, 1 << 30, 8 * length
    while bits:
        if bits & 1:
            factor = _times(factor, power)
        power = _times(power, power)
        bits >>= 1
    first, second, third, fourth = (
        _table([_times(factor, 1 << 8 * byte + bit) for bit in range(8)]) for byte in range(4)
    )
    return first, second, third, fourth


def _table(basis: list[int]) -> tuple[int, ...]:
    """All 256 sums of the eight images in `basis`."""
    table = [0]
    for image in basis:
        table += [entry ^ image for entry in table]
    return tuple(table)
