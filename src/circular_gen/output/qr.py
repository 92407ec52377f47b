"""QR symbols of one fixed form: version 3 (29 × 29 modules), level M, alphanumeric mode, one mask.

In: a payload of 1 to 61 characters of QR's alphanumeric set. Out: its modules, a PNG, or PDF path operators.

With version, level and mask fixed, a symbol is linear over GF(2) in its 44 data bytes: each byte's value stands for a
set of modules (its own bits and its share of the error correction), and the symbol is the XOR of the 44 sets and of the
modules that never change. So it is looked up, not computed. A mask chosen by score, as ISO/IEC 18004 asks of a general
encoder, would only be a little easier to read and costs a thousand times more.
"""

import struct
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache, reduce
from operator import add, getitem, xor

SIZE = 29
"""Modules a side."""
QUIET = 4
"""Modules of white that a reader needs on each side (ISO/IEC 18004)."""
MASK = 2
CAPACITY = 61
"""Characters that version 3-M holds."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = {a + b: f"{45 * i + j:011b}" for a, i in _VALUES.items() for b, j in _VALUES.items()}
_SINGLES = {a: f"{i:06b}" for a, i in _VALUES.items()}
_DATA, _CORRECTION = 44, 26
"""Codewords of version 3-M: one block."""
_PADDING = int.from_bytes((b"\xec\x11" * _DATA)[:_DATA])
_WORDS = struct.Struct(f">{3 * SIZE}H")
"""A symbol as an integer is so many 16-bit words, three a row."""
_ALIGNMENT = 22
"""Row and column of version 3's alignment pattern."""


def matrix(payload: str) -> tuple[tuple[bool, ...], ...]:
    """The modules row by row from the top, true where dark. ValueError for a payload that does not fit."""
    words = _words(payload)
    rows = [f"{left:010b}{middle:010b}{right:010b}" for left, middle, right in _by_row(words)]
    return tuple(tuple(module == "1" for module in row[:SIZE]) for row in rows)


def png(payload: str, scale: int) -> bytes:
    """A black and white PNG with the quiet zone, `scale` pixels a module. ValueError as in `matrix`."""
    side = (SIZE + 2 * QUIET) * scale
    length = (side + 7) // 8
    lefts, middles, rights = _pixels(scale)
    rows = [
        (lefts[left] | middles[middle] | rights[right]).to_bytes(length + 1) * scale
        for left, middle, right in _by_row(_words(payload))
    ]
    white = (lefts[0] | middles[0] | rights[0]).to_bytes(length + 1) * (QUIET * scale)
    header = side.to_bytes(4) * 2 + b"\1\0\0\0\0"
    pixels = zlib.compress(b"".join([white, *rows, white]), 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def path(payload: str) -> str:
    """The dark modules as a PDF path (`x y width 1 re` …, to be filled) whose unit is a module and whose origin is the
    symbol's lower left corner. ValueError as in `matrix`."""
    lefts, middles, rights = _rectangles(0), _rectangles(10), _rectangles(20)
    return "".join(
        [
            (lefts[left] + middles[middle] + rights[right]).replace("y", y)
            for y, (left, middle, right) in zip(_ROW_NAMES, _by_row(_words(payload)), strict=True)
        ]
    )


_ROW_NAMES = tuple(str(SIZE - 1 - row) for row in range(SIZE))
"""The y of each row in a path."""


def _by_row(words: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    return zip(words[::3], words[1::3], words[2::3], strict=True)


@cache
def _rectangles(start: int) -> tuple[str, ...]:
    """The path of each possible word of ten modules from column `start`, its row left open as `y`."""
    paths = []
    for word in range(1 << 10):
        bits, drawn, x = f"{word:010b}0", "", 0
        while (x := bits.find("1", x)) >= 0:
            end = bits.find("0", x)
            drawn += f"{start + x} y {end - x} 1 re\n"
            x = end
        paths.append(drawn)
    return tuple(paths)


@lru_cache(maxsize=4)
def _pixels(scale: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """A PNG's line for each possible word at the left, in the middle and at the right of a row: to be joined by or.
    White is 1; before the pixels stands the line's filter byte, 0."""
    side = (SIZE + 2 * QUIET) * scale
    spare = -side % 8
    stretches = ((0, QUIET + 10), (QUIET + 10, QUIET + 20), (QUIET + 20, SIZE + 2 * QUIET))
    tables = []
    for first, last in stretches:
        table = []
        for word in range(1 << 10):
            modules = f"{word:010b}".rjust(QUIET + 10, "0") if first == 0 else f"{word:010b}"
            modules = modules.ljust(last - first, "0")
            pixels = "".join(("0" if module == "1" else "1") * scale for module in modules)
            table.append(int(pixels, 2) << side - last * scale + spare)
        tables.append(tuple(table))
    return tables[0], tables[1], tables[2]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _words(payload: str) -> tuple[int, ...]:
    """All modules, three words a row, each of ten modules (the tenth of a row's last word is white)."""
    symbol = reduce(xor, map(getitem, _table(), _codewords(payload)), _constant())
    return _WORDS.unpack(symbol.to_bytes(_WORDS.size))


def _codewords(payload: str) -> bytes:
    """The 44 data codewords: mode, length, characters in pairs, terminator, padding."""
    length = len(payload)
    if not 1 <= length <= CAPACITY:
        raise ValueError(f"a QR payload has 1 to {CAPACITY} characters, not {length}")
    odd = length % 2
    try:
        pairs = "".join(map(_PAIRS.__getitem__, map(add, payload[::2], payload[1::2])))
        bits = f"0010{length:09b}{pairs}{_SINGLES[payload[-1]] if odd else ''}"
    except KeyError as error:
        raise ValueError(f"not in QR's alphanumeric set: {error.args[0]!r}") from None
    used = len(bits)
    filled = (min(used + 4, 8 * _DATA) + 7) // 8
    return (int(bits, 2) << 8 * _DATA - used | _PADDING >> 8 * filled).to_bytes(_DATA)


@cache
def _table() -> tuple[tuple[int, ...], ...]:
    """For each data codeword and each of its values: the modules that it turns, as bits (see `_bit`)."""
    places = _places()
    remainders = _remainders()
    table = []
    for index in range(_DATA):
        sets = [0]
        for bit in range(8):
            codewords = [0] * (_DATA + _CORRECTION)
            codewords[index] = 1 << bit
            codewords[_DATA:] = [_product(1 << bit, factor) for factor in remainders[index]]
            value = int.from_bytes(bytes(codewords))
            last = len(places) - 1
            turned = sum(place for i, place in enumerate(places) if value >> (last - i) & 1)
            sets += [others ^ turned for others in sets]
        table.append(tuple(sets))
    return tuple(table)


def _product(a: int, b: int) -> int:
    """Of two elements of GF(256) with the polynomial of ISO/IEC 18004."""
    result = 0
    while b:
        if b & 1:
            result ^= a
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return result


def _remainders() -> list[list[int]]:
    """For each data codeword: the 26 correction codewords that its value 1 gives."""
    generator = [1]
    root = 1
    for _ in range(_CORRECTION):
        generator = [a ^ _product(b, root) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
        root = _product(root, 2)
    remainder = generator[1:]
    remainders = [remainder]
    for _ in range(_DATA - 1):
        lead = remainder[0]
        remainder = [a ^ _product(lead, b) for a, b in zip([*remainder[1:], 0], generator[1:], strict=True)]
        remainders.insert(0, remainder)
    return remainders


def _bit(row: int, column: int) -> int:
    """A module in the integer that stands for a symbol."""
    word, place = divmod(column, 10)
    return 1 << 16 * (3 * (SIZE - 1 - row) + 2 - word) + 9 - place


def _places() -> list[int]:
    """The module of each bit of the codewords, in the order in which they are placed: two columns at a time from the
    right, upwards and downwards in turn."""
    reserved = _reserved()
    places = []
    rows = range(SIZE - 1, -1, -1)
    for right in (28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1):
        places += [
            _bit(row, column) for row in rows for column in (right, right - 1) if not reserved & _bit(row, column)
        ]
        rows = rows[::-1]
    return places[: 8 * (_DATA + _CORRECTION)]


@cache
def _reserved() -> int:
    """The modules that carry no codeword."""
    modules = 0
    for row in range(SIZE):
        for column in range(SIZE):
            finder = (row < 9 and (column < 9 or column > SIZE - 9)) or (row > SIZE - 9 and column < 9)
            aligned = abs(row - _ALIGNMENT) <= 2 and abs(column - _ALIGNMENT) <= 2
            if finder or aligned or 6 in (row, column):
                modules |= _bit(row, column)
    return modules


@cache
def _constant() -> int:
    """What every symbol has: the patterns, the format information, and the mask over all codewords."""
    modules = 0
    for row in range(SIZE):
        for column in range(SIZE):
            if _reserved() & _bit(row, column):
                modules |= _pattern(row, column) * _bit(row, column)
            elif column % 3 == 0:  # mask 2
                modules |= _bit(row, column)
    for place, value in _format_information():
        modules |= value * place
    return modules


def _pattern(row: int, column: int) -> bool:
    """Finder, alignment and timing patterns; white where the format information goes."""
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        distance = max(abs(row - top - 3), abs(column - left - 3))
        if distance <= 4:
            return distance in (0, 1, 3)
    distance = max(abs(row - _ALIGNMENT), abs(column - _ALIGNMENT))
    if distance <= 2:
        return distance != 1
    if row == 6:
        return column % 2 == 0
    return column == 6 and row % 2 == 0


def _format_information() -> list[tuple[int, int]]:
    """The modules of the format information, each with its value: level M (00), the mask, BCH(15, 5), twice; and the
    module that is always dark."""
    remainder = MASK
    for _ in range(10):
        remainder = remainder << 1 ^ (remainder >> 9) * 0x537
    word = (MASK << 10 | remainder) ^ 0x5412
    last = SIZE - 1
    first = [(8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [(row, 8) for row in (7, 5, 4, 3, 2, 1, 0)]
    second = [(last - i, 8) for i in range(7)] + [(8, last - 7 + i) for i in range(8)]
    values = [word >> (14 - i) & 1 for i in range(15)]
    pairs = [(_bit(*place), value) for copy in (first, second) for place, value in zip(copy, values, strict=True)]
    return [*pairs, (_bit(last - 7, 8), 1)]
