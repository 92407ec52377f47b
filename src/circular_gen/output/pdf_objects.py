"""PDF syntax: numbers, strings, streams, and the objects of a file with their cross-reference table.

All files are classic ones (no object streams), so that they are valid under every part of ISO 19005.
"""

import hashlib
import zlib
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACKING = 9
"""zlib level of what is packed once."""
QUICK_PACKING = 1
"""zlib level of what only one unit has, where it is packed at all."""
SMALL = 8192
"""Bytes of a unit's own stream up to which packing costs more than it saves beside the fonts of the file."""

_WORTH_PACKING = 400
"""Bytes from which a stream is packed: shorter ones hardly shrink."""
_LINES = 10_000
"""Lines of the cross-reference table made at a time."""


@lru_cache(maxsize=1 << 14)
def decimal(value: float) -> str:
    """A number, to 1/1000. Lengths and places come again on every unit's pages."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_string(text: str) -> bytes:
    """UTF-16BE with its mark, in hexadecimal."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()


def references(objects: Iterable[int]) -> bytes:
    return b" ".join([b"%d 0 R" % number for number in objects])


def stream(data: bytes, entries: bytes = b"", level: int = PACKING) -> bytes:
    """A stream with more `entries` in its dictionary, deflated where that is worth it; level 0: never."""
    if not level or len(data) < _WORTH_PACKING:
        return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)
    packed = zlib.compress(data, level)
    return b"<<%b/Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (entries, len(packed), packed)


def indirect(number: int, body: bytes) -> bytes:
    """An object as it stands in a file."""
    return b"%d 0 obj\n%b\nendobj\n" % (number, body)


def line(offset: int) -> bytes:
    """An object's line in the cross-reference table."""
    return b"%010d 00000 n \n" % offset


def trailer(size: int, catalog: int, info: int, identity: str, table: int) -> bytes:
    """The end of a file. `size`: objects, the free one included; `identity`: 32 hexadecimal digits; `table`: where the
    cross-reference table begins."""
    entries = f"<</Size {size}/Root {catalog} 0 R/Info {info} 0 R/ID[<{identity}><{identity}>]>>"
    return f"trailer\n{entries}\nstartxref\n{table}\n%%EOF\n".encode()


def identity(digest: "hashlib._Hash") -> str:
    """A file's identity from the hash of its objects."""
    return digest.hexdigest()[:32].upper()


class Objects:
    """The objects of one file: gives them numbers, knows where they stand and what they hash to, and hands over their
    bytes in order."""

    def __init__(self) -> None:
        self.offsets = array("Q", [0])
        self.position = 0
        """Bytes so far."""
        self.digest = hashlib.sha256()
        self._pending: list[bytes] = []
        self._append(HEADER)

    def fork(self) -> "Objects":
        """Another file that begins with the objects of this one, all of them taken."""
        other = Objects.__new__(Objects)
        other.offsets, other.position = self.offsets[:], self.position
        other.digest, other._pending = self.digest.copy(), []
        return other

    def reserve(self) -> int:
        """The number of an object that comes later."""
        self.offsets.append(0)
        return len(self.offsets) - 1

    def put(self, number: int, body: bytes) -> None:
        """Write a reserved object."""
        self.offsets[number] = self.position
        self._append(indirect(number, body))

    def add(self, body: bytes) -> int:
        """Write an object; its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def take(self) -> bytes:
        """The bytes since the last time."""
        data = b"".join(self._pending)
        self._pending.clear()
        self.digest.update(data)
        return data

    def table(self) -> Iterator[bytes]:
        """The cross-reference table, without its first object's."""
        for first in range(1, len(self.offsets), _LINES):
            yield b"".join(map(line, self.offsets[first : first + _LINES]))

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self.position += len(data)


def table_head(size: int) -> bytes:
    """The start of a cross-reference table of `size` objects, the free one included."""
    return b"xref\n0 %d\n0000000000 65535 f \n" % size
