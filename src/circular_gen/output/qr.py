"""QR symbols of one fixed form: version 3 (29 × 29 modules), level M, alphanumeric mode, one mask.

In: a payload of 1 to 61 characters of QR's alphanumeric set. Out: its modules, a PNG, or PDF path operators.

With version, level and mask fixed, a symbol is linear over GF(2) in its data: each bit of the characters' values stands
for a set of modules (its own, and its share of the error correction), and the symbol is the XOR of these sets and of
the modules that never change. So it is looked up, a byte of the values at a time, not computed; words without a module
that can change are left out of it. All tables together are small, so that they stay near the processor while other work
goes on between two symbols. A mask chosen by score, as
ISO/IEC 18004 asks of a general encoder, would only be a little easier to read and costs a thousand times more.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, reduce
from operator import getitem, itemgetter, xor
from typing import cast

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
_ALLOWED = _ALPHABET.encode("ascii")
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
_Tables = tuple[tuple[int, ...], ...]
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
    return _fixed_path() + "".join(map(getitem, _rectangles(), _symbol(payload)))


@cache
def _fixed_path() -> str:
    """The path of the words that never change."""
    return "".join([_drawn(*place, word) for place, word in zip(_order(), _fixed_words(), strict=False)])


@cache
def _rectangles() -> tuple[tuple[str, ...], ...]:
    """For each word of a symbol the path of each of its values."""
    changing = _order()[len(_fixed_words()) :]
    return tuple(tuple(_drawn(*place, word) for word in range(1 << _WIDTH)) for place in changing)


def _drawn(row: int, number: int, word: int) -> str:
    """The path of a row's word `number`."""
    start, y = number * _WIDTH, SIZE - 1 - row
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
    words = _sorted_words()(_fixed_words() + _symbol(payload))
    return zip(*[words[place::_WORDS] for place in range(_WORDS)], strict=True)


def _symbol(payload: str) -> bytes:
    """The words that can change, each of six modules in the lower bits of a byte, in the order of `_order`."""
    length = len(payload)
    if not 1 <= length <= CAPACITY:
        raise ValueError(f"a QR payload has 1 to {CAPACITY} characters, not {length}")
    code = payload.encode("ascii", "replace")
    if code.translate(None, _ALLOWED):
        wrong = next(character for character in payload if character not in _ALPHABET)
        raise ValueError(f"not in QR's alphanumeric set: {wrong!r}")
    if length % 2:
        code = b"%b0%b" % (code[:-1], code[-1:])
    begun, rest = _begun(length, code[:_ALIKE]), code[_ALIKE:]
    symbol = reduce(xor, map(getitem, _tables(length)[1], _pairs(rest)), begun)
    return symbol.to_bytes(SIZE * _WORDS - len(_fixed_words()))


@lru_cache(maxsize=64)
def _begun(length: int, start: bytes) -> int:
    """The modules of a payload of `length` characters that begins with `start`, as far as these say."""
    tables, _rest, constant = _tables(length)
    return reduce(xor, map(getitem, tables, _pairs(start)), constant)


def _pairs(code: bytes) -> bytes:
    """What the data says of an even number of characters: for each pair 11 bits, 45 times the first's value and the
    second's, in two bytes. The values stand side by side in one integer."""
    values = int.from_bytes(code.translate(_BYTES))
    return (values - (256 - 45) * (values >> 8 & _FIRSTS)).to_bytes(len(code))


_FIRSTS = int.from_bytes(b"\0\xff" * ((CAPACITY + 1) // 2))


@lru_cache(maxsize=CAPACITY)
def _tables(length: int) -> tuple[_Tables, _Tables, int]:
    """For so many characters: the modules that each value of each byte of the pairs turns; the same of those behind the
    first `_ALIKE`; and all others that are dark: mode, length, terminator, padding and what never changes."""
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
    changing = _constant() & (1 << 8 * (SIZE * _WORDS - len(_fixed_words()))) - 1
    return tuple(tables), tuple(tables[_ALIKE:]), reduce(xor, known, changing)


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


@cache
def _order() -> tuple[tuple[int, int], ...]:
    """Row and number of each word, as they follow each other in the integer that stands for a symbol: first, in its
    uppermost bytes, those that never change."""
    places = [(row, word) for row in range(SIZE) for word in range(_WORDS)]
    return tuple(sorted(places, key=_changes))


def _changes(place: tuple[int, int]) -> bool:
    """Whether a word has a module that carries a codeword."""
    row, word = place
    columns = range(word * _WIDTH, min((word + 1) * _WIDTH, SIZE))
    return not all(_is_reserved(row, column) for column in columns)


@cache
def _fixed_words() -> bytes:
    """The words that never change, in the order of `_order`."""
    words = _constant().to_bytes(SIZE * _WORDS)
    return words[: sum(not _changes(place) for place in _order())]


@cache
def _sorted_words() -> Callable[[bytes], tuple[int, ...]]:
    """Of all words in the order of `_order`, those of each row one after the other, from the top."""
    places = {place: index for index, place in enumerate(_order())}
    return cast(Callable[[bytes], tuple[int, ...]], itemgetter(*[places[place] for place in sorted(places)]))


@cache
def _bit(row: int, column: int) -> int:
    """A module in the integer that stands for a symbol."""
    word, place = divmod(column, _WIDTH)
    return 1 << 8 * (SIZE * _WORDS - 1 - _order().index((row, word))) + _WIDTH - 1 - place


def _places() -> list[int]:
    """The module of each bit of the codewords, in the order in which they are placed: two columns at a time from the
    right, upwards and downwards in turn."""
    places = []
    rows = range(SIZE - 1, -1, -1)
    for right in (28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1):
        places += [_bit(row, column) for row in rows for column in (right, right - 1) if not _is_reserved(row, column)]
        rows = rows[::-1]
    return places[: 8 * (_DATA + _CORRECTION)]


def _is_reserved(row: int, column: int) -> bool:
    """Whether a module carries no codeword."""
    finder = (row < 9 and (column < 9 or column > SIZE - 9)) or (row > SIZE - 9 and column < 9)
    aligned = abs(row - _ALIGNMENT) <= 2 and abs(column - _ALIGNMENT) <= 2
    return finder or aligned or 6 in (row, column)


@cache
def _constant() -> int:
    """What every symbol has: the patterns, the format information, and the mask over all codewords."""
    modules = 0
    for row in range(SIZE):
        for column in range(SIZE):
            if _is_reserved(row, column):
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
