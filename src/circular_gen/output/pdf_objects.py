"""PDF syntax: numbers, strings, streams, and the objects of a file with their cross-reference stream.

What has no stream of its own (pages, structure elements, fonts' dictionaries) lies many together in packed object
streams (ISO 32000-1, 7.5.7): a tagged paper has hundreds of such objects.
"""

import hashlib
import zlib
from collections.abc import Iterable
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
_TOGETHER = 250
"""Objects in an object stream, at most: their index there is one byte."""
_WIDTHS = (1, 5, 1)
"""Bytes of an entry of the cross-reference stream: its type; where the object stands, or the object stream that it lies
in; its index there."""
ENTRY = sum(_WIDTHS)


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


def entry(offset: int) -> bytes:
    """The cross-reference entry of an object that stands in the file itself."""
    return b"\1%b\0" % offset.to_bytes(5)


def identity(digest: "hashlib._Hash") -> bytes:
    """A file's identity from the hash of its objects."""
    return digest.hexdigest()[:32].encode("ascii")


class Ending:
    """What ends a file: the cross-reference stream, which is the object after all others. `entries`: of these; those of
    the objects `later` are left open."""

    __slots__ = ("_after", "_before", "_dictionary", "_length")

    def __init__(self, entries: bytes, later: range, catalog: int, info: int) -> None:
        number = len(entries) // ENTRY
        self._dictionary = b"%d 0 obj\n<</Type/XRef/Size %d/W[%d %d %d]/Root %d 0 R/Info %d 0 R/ID[<" % (
            *(number, number + 1, *_WIDTHS, catalog, info),
        )
        self._length = b">]/Length %d>>stream\n" % (len(entries) + ENTRY)
        self._before, self._after = entries[: ENTRY * later.start], entries[ENTRY * later.stop :]

    def of(self, later: bytes, position: int, identity: bytes) -> bytes:
        """The end that begins at `position`. `later`: the open entries; `identity`: 32 hexadecimal digits."""
        return b"%b%b><%b%b%b%b%b%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
            *(self._dictionary, identity, identity, self._length),
            *(self._before, later, self._after, entry(position), position),
        )


class Objects:
    """The objects of one file: gives them numbers, knows where they stand and what they hash to, and hands over their
    bytes in order."""

    def __init__(self) -> None:
        self.entries = bytearray(ENTRY)
        """Of the cross-reference stream, for each number."""
        self.position = 0
        """Bytes so far."""
        self.digest = hashlib.sha256()
        self._pending: list[bytes] = []
        self._together: list[tuple[int, bytes]] = []
        self._append(HEADER)

    def fork(self) -> "Objects":
        """Another file that begins with the objects of this one, all of them taken."""
        other = Objects.__new__(Objects)
        other.entries, other.position = self.entries[:], self.position
        other.digest, other._pending, other._together = self.digest.copy(), [], []
        return other

    @property
    def next(self) -> int:
        """The number that the next object gets."""
        return len(self.entries) // ENTRY

    def reserve(self) -> int:
        """The number of an object that comes later."""
        number = self.next
        self.entries += bytes(ENTRY)
        return number

    def put(self, number: int, body: bytes) -> None:
        """Write a reserved object."""
        if body.endswith(b"endstream"):
            self._place(number, entry(self.position))
            self._append(indirect(number, body))
        else:
            self._together.append((number, body))
            if len(self._together) == _TOGETHER:
                self._pack()

    def add(self, body: bytes) -> int:
        """Write an object; its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def take(self) -> bytes:
        """The bytes since the last time."""
        self._pack()
        data = b"".join(self._pending)
        self._pending.clear()
        self.digest.update(data)
        return data

    def end(self, catalog: int, info: int) -> bytes:
        """What ends the file, all of whose objects are taken."""
        ending = Ending(bytes(self.entries), range(self.next, self.next), catalog, info)
        return ending.of(b"", self.position, identity(self.digest))

    def _pack(self) -> None:
        """Write an object stream."""
        if not self._together:
            return
        number = self.reserve()
        index, bodies, offset = [], [], 0
        for position, (one, body) in enumerate(self._together):
            self._place(one, b"\2%b%b" % (number.to_bytes(5), position.to_bytes()))
            index.append(b"%d %d" % (one, offset))
            bodies.append(body)
            offset += len(body) + 1
        self._together.clear()
        head = b" ".join(index) + b"\n"
        self.put(number, stream(head + b"\n".join(bodies), b"/Type/ObjStm/N %d/First %d" % (len(index), len(head))))

    def _place(self, number: int, entry: bytes) -> None:
        self.entries[ENTRY * number : ENTRY * (number + 1)] = entry

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self.position += len(data)
