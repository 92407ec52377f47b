"""QR symbols of one fixed form: version 3 (29 × 29 modules), level M, alphanumeric mode, one mask.

In: a payload of 1 to 61 characters of QR's alphanumeric set. Out: its modules, a PNG, or PDF path operators.

With version, level and mask fixed, a symbol is linear over GF(2) in its data: each bit of the characters' values stands
for a set of modules (its own, and its share of the error correction), and the symbol is the XOR of these sets and of
the modules that never change. So it is looked up, a byte of the values at a time, not computed. All tables together are
small, so that they stay near the processor while other work goes on between two symbols. A mask chosen by score, as
ISO/IEC 18004 asks of a general encoder, would only be a little easier to read and costs a thousand times more.
"""

import zlib
from collections.abc import Iterator
from functools import cache, lru_cache, reduce
from operator import getitem, xor

SIZE = 29
"""Modules a side."""
QUIET = 4
"""Modules of white that a reader needs on each side (ISO/IEC 18004)."""
MASK = 2
CAPACITY = 61
"""Characters that version 3-M holds."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_BYTES = bytes(_VALUES.get(chr(code), 0) for code in range(256))
"""What `bytes.translate` makes values of characters with."""
_DATA, _CORRECTION = 44, 26
"""Codewords of version 3-M: one block."""
_PADDING = int.from_bytes((b"\xec\x11" * _DATA)[:_DATA])
_HEAD = 13
"""Bits before the characters: mode and length."""
_ALIKE = 18
"""Characters (an even number) with which the payloads of a run often begin: what they turn is remembered."""
_WIDTH, _WORDS = 6, 5
"""A row is so many words of so many modules (the last module is none), each a byte of the integer that stands for a
symbol."""
_ALIGNMENT = 22
"""Row and column of version 3's alignment pattern."""


def matrix(payload: str) -> tuple[tuple[bool, ...], ...]:
    """The modules row by row from the top, true where dark. ValueError for a payload that does not fit."""
    rows = ["".join([f"{word:0{_WIDTH}b}" for word in row]) for row in _rows(payload)]
    return tuple(tuple(module == "1" for module in row[:SIZE]) for row in rows)


def png(payload: str, scale: int) -> bytes:
    """A black and white PNG with the quiet zone, `scale` pixels a module. ValueError as in `matrix`."""
    side = (SIZE + 2 * QUIET) * scale
    length = (side + 7) // 8
    first, second, third, fourth, fifth = _pixels(scale)
    rows = [
        (first[a] | second[b] | third[c] | fourth[d] | fifth[e]).to_bytes(length + 1) * scale
        for a, b, c, d, e in _rows(payload)
    ]
    white = (first[0] | second[0] | third[0] | fourth[0] | fifth[0]).to_bytes(length + 1) * (QUIET * scale)
    header = side.to_bytes(4) * 2 + b"\1\0\0\0\0"
    pixels = zlib.compress(b"".join([white, *rows, white]), 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def path(payload: str) -> str:
    """The dark modules as a PDF path (`x y width 1 re` …, to be filled) whose unit is a module and whose origin is the
    symbol's lower left corner. ValueError as in `matrix`."""
    return "".join(map(getitem, _rectangles(), _symbol(payload)))


@cache
def _rectangles() -> tuple[tuple[str, ...], ...]:
    """For each word of a symbol the path of each of its values."""
    return tuple(
        tuple(_drawn(start, SIZE - 1 - row, word) for word in range(1 << _WIDTH))
        for row in range(SIZE)
        for start in range(0, _WIDTH * _WORDS, _WIDTH)
    )


def _drawn(start: int, y: int, word: int) -> str:
    """The path of a word that begins at column `start`, `y` rows above the lowest."""
    bits, drawn, x = f"{word:0{_WIDTH}b}0", "", 0
    while (x := bits.find("1", x)) >= 0:
        end = bits.find("0", x)
        drawn += f"{start + x} {y} {end - x} 1 re\n"
        x = end
    return drawn


@lru_cache(maxsize=4)
def _pixels(scale: int) -> tuple[tuple[int, ...], ...]:
    """A PNG's line for each possible value of each word of a row: to be joined by or. White is 1; before the pixels
    stands the line's filter byte, 0."""
    side = (SIZE + 2 * QUIET) * scale
    spare = -side % 8
    tables = []
    for number in range(_WORDS):
        first = QUIET + number * _WIDTH if number else 0
        last = QUIET + (number + 1) * _WIDTH if number < _WORDS - 1 else SIZE + 2 * QUIET
        table = []
        for word in range(1 << _WIDTH):
            modules = f"{word:0{_WIDTH}b}"
            modules = ("0" * QUIET * (not number) + modules).ljust(last - first, "0")[: last - first]
            pixels = "".join(("0" if module == "1" else "1") * scale for module in modules)
            table.append(int(pixels, 2) << side - last * scale + spare)
        tables.append(tuple(table))
    return tuple(tables)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _rows(payload: str) -> Iterator[tuple[int, ...]]:
    """The words of each row, from the top."""
    symbol = _symbol(payload)
    return zip(*[symbol[place::_WORDS] for place in range(_WORDS)], strict=True)


def _symbol(payload: str) -> bytes:
    """All modules, five words a row, each of six modules in the lower bits of a byte."""
    length = len(payload)
    if not 1 <= length <= CAPACITY:
        raise ValueError(f"a QR payload has 1 to {CAPACITY} characters, not {length}")
    if not _ALLOWED.issuperset(payload):
        wrong = next(character for character in payload if character not in _ALLOWED)
        raise ValueError(f"not in QR's alphanumeric set: {wrong!r}")
    text = payload if not length % 2 else f"{payload[:-1]}0{payload[-1]}"
    begun, rest = _begun(length, text[:_ALIKE]), text[_ALIKE:]
    return reduce(xor, map(getitem, _tables(length)[0][_ALIKE:], _pairs(rest)), begun).to_bytes(SIZE * _WORDS)


@lru_cache(maxsize=64)
def _begun(length: int, start: str) -> int:
    """The modules of a payload of `length` characters that begins with `start`, as far as these say."""
    tables, constant = _tables(length)
    return reduce(xor, map(getitem, tables, _pairs(start)), constant)


def _pairs(text: str) -> bytes:
    """What the data says of an even number of characters: for each pair 11 bits, 45 times the first's value and the
    second's, in two bytes. The values stand side by side in one integer."""
    values = int.from_bytes(text.encode("ascii").translate(_BYTES))
    return (values - (256 - 45) * (values >> 8 & _FIRSTS)).to_bytes(len(text))


_ALLOWED = frozenset(_ALPHABET)
_FIRSTS = int.from_bytes(b"\0\xff" * ((CAPACITY + 1) // 2))


@lru_cache(maxsize=CAPACITY)
def _tables(length: int) -> tuple[tuple[tuple[int, ...], ...], int]:
    """For so many characters: the modules that each value of each byte of the pairs turns, and all others that are
    dark: mode, length, terminator, padding and what never changes."""
    tables: list[tuple[int, ...]] = []
    used = _HEAD
    for start in range(0, length, 2):
        bits = 11 if start + 1 < length else 6
        used += bits
        tables += [_turned(8 * _DATA - used + 8, max(0, bits - 8)), _turned(8 * _DATA - used, min(bits, 8))]
    filled = (min(used + 4, 8 * _DATA) + 7) // 8
    head = int(f"0010{length:09b}", 2) << 8 * _DATA - _HEAD
    data = head | _PADDING >> 8 * filled
    known = [turned for bit, turned in enumerate(_bits()) if data >> bit & 1]
    return tuple(tables), reduce(xor, known, _constant())


@lru_cache(maxsize=4 * CAPACITY)
def _turned(lowest: int, count: int) -> tuple[int, ...]:
    """The modules that each value of `count` bits turns, the lowest of which is bit `lowest` of the data codewords."""
    sets = [0]
    for turned in _bits()[lowest : lowest + count]:
        sets += [others ^ turned for others in sets]
    return tuple(sets)


@cache
def _bits() -> tuple[int, ...]:
    """For each bit of the data codewords, the lowest first: the modules that it turns (see `_bit`)."""
    places = _places()
    last = len(places) - 1
    remainders = _remainders()
    table = []
    for index in range(_DATA - 1, -1, -1):
        for bit in range(8):
            codewords = bytearray(_DATA + _CORRECTION)
            codewords[index] = 1 << bit
            codewords[_DATA:] = bytes(_product(1 << bit, factor) for factor in remainders[index])
            value = int.from_bytes(codewords)
            table.append(sum(place for i, place in enumerate(places) if value >> (last - i) & 1))
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
    word, place = divmod(column, _WIDTH)
    return 1 << 8 * (_WORDS * (SIZE - 1 - row) + _WORDS - 1 - word) + _WIDTH - 1 - place


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
