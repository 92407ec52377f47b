"""QR symbols of one fixed form: version 3 (29 × 29 modules), level M, alphanumeric mode, one mask.

In: a payload of 1 to 61 characters of QR's alphanumeric set. Out: its modules, a PNG, or PDF path operators.

With version, level and mask fixed, a symbol is linear over GF(2) in its data: each bit of the characters' values stands
for bits of codewords (its own, and its share of the error correction), and so for modules; all codewords are the XOR of
these. So they are looked up, a byte of the values at a time, not computed, and a path is the paths of the codewords,
one after the other. Between two symbols other work pushes the tables out of the processor's near memory, which makes
each look-up dear: so what the payloads of a run have alike is remembered, and few are left. A mask chosen by score, as
ISO/IEC 18004 asks of a general encoder, would only be a little easier to read and costs a thousand times more.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, reduce
from operator import getitem, itemgetter, xor
from typing import Any, TypeVar

SIZE = 29
"""Modules a side."""
QUIET = 4
"""Modules of white that a reader needs on each side (ISO/IEC 18004)."""
MASK = 2
CAPACITY = 61
"""Characters that version 3-M holds."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ALLOWED = _ALPHABET.encode("ascii")
_BYTES = bytes(_VALUES.get(chr(code), 0) for code in range(256))
"""What `bytes.translate` makes values of characters with."""
_DATA, _CORRECTION = 44, 26
"""Codewords of version 3-M: one block."""
_PADDING = int.from_bytes((b"\xec\x11" * _DATA)[:_DATA])
_HEAD = 13
"""Bits before the characters: mode and length."""
_ALIKE = ((0, 18), (28, 44))
"""Characters (from, to; even numbers) in which the payloads of a run are often alike, those of receipts among them:
what these say is remembered."""
_WIDTH, _WORDS = 6, 5
"""A row is so many words of so many modules (the last module is none), each a byte of the integer that stands for a
symbol."""
_Tables = tuple[tuple[int, ...], ...]
_Sliced = TypeVar("_Sliced", bytes, _Tables)
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
    """The dark modules as a PDF path (`x y 1 height re` …, to be filled) whose unit is a module and whose origin is the
    symbol's lower left corner. ValueError as in `matrix`."""
    code = _encoded(payload)
    length = len(payload)
    turned, begun = _path_begun(length, _alike(code))
    tables, changing, paths = _changing(length)
    codewords = reduce(xor, map(getitem, tables, _pairs(_others(code))), turned).to_bytes(_DATA + _CORRECTION)
    return begun + "".join(map(getitem, paths, changing(codewords)))


@lru_cache(maxsize=64)
def _path_begun(length: int, alike: bytes) -> tuple[int, str]:
    """What the characters say in which payloads of `length` characters are alike: what they turn, and the path of what
    never changes, of the codewords that they fill and of the padding."""
    turned = _begun(length, alike, placed=False)
    codewords = turned.to_bytes(_DATA + _CORRECTION)
    paths = _codeword_paths()
    return turned, _pattern_path() + "".join([paths[place][codewords[place]] for place in _filled_alike(length)])


def _filled_alike(length: int) -> tuple[int, ...]:
    """The codewords that alike characters and padding fill."""
    filled = _filled(length)
    places = [*range(filled, _DATA)]
    for first, end in _ALIKE:
        start = (_HEAD + 11 * first // 2 + 7) // 8 if first else 0
        places += range(start, (_HEAD + 11 * end // 2) // 8 if end < length else filled)
    return tuple(places)


@lru_cache(maxsize=CAPACITY)
def _changing(length: int) -> tuple[_Tables, Callable[[bytes], tuple[int, ...]], tuple[tuple[str, ...], ...]]:
    """Of payloads of `length` characters: the tables of the characters that are not alike, what chooses the codewords
    that these change, and the paths of those."""
    alike = _filled_alike(length)
    chosen: Any = itemgetter(*[place for place in range(_DATA + _CORRECTION) if place not in alike])
    return _tables(length, placed=False)[1], chosen, chosen(_codeword_paths())


@cache
def _pattern_path() -> str:
    """The path of what never changes."""
    modules = [(row, column) for row in range(SIZE) for column in range(SIZE)]
    return _bars((column, SIZE - 1 - row) for row, column in modules if _patterns() & _bit(row, column))


@cache
def _codeword_paths() -> tuple[tuple[str, ...], ...]:
    """For each codeword the path of each of its values: masked, in upright bars."""
    tables = []
    places = _module_places()
    for first in range(0, len(places), 8):
        columns: list[tuple[int, list[str]]] = []
        modules = list(enumerate(places[first : first + 8]))
        for column in sorted({column for _bit, (_row, column) in modules}):
            own = [(bit, row) for bit, (row, other) in modules if other == column]
            turned = sum(0x80 >> bit for bit, _row in own)
            drawn = [""] * 256
            for value in {value & turned for value in range(256)}:
                dark = [(column, SIZE - 1 - row) for bit, row in own if bool(value & 0x80 >> bit) != _is_masked(column)]
                drawn[value] = _bars(dark)
            columns.append((turned, drawn))
        tables.append(tuple("".join([drawn[value & turned] for turned, drawn in columns]) for value in range(256)))
    return tuple(tables)


def _bars(dark: Iterable[tuple[int, int]]) -> str:
    """The path of modules, each a column and its rows above the lowest, those above each other joined."""
    drawn, bars = "", list[list[int]]()
    for x, y in sorted(dark):
        if bars and bars[-1][0] == x and bars[-1][1] + bars[-1][2] == y:
            bars[-1][2] += 1
        else:
            bars.append([x, y, 1])
    for x, y, height in bars:
        drawn += f"{x} {y} 1 {height} re\n"
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
    code, length = _encoded(payload), len(payload)
    tables, turned = _tables(length, placed=True)[1], _begun(length, _alike(code), placed=True)
    symbol = reduce(xor, map(getitem, tables, _pairs(_others(code))), turned).to_bytes(SIZE * _WORDS)
    return zip(*[symbol[place::_WORDS] for place in range(_WORDS)], strict=True)


@lru_cache(maxsize=64)
def _begun(length: int, alike: bytes, placed: bool) -> int:
    """What payloads of `length` characters turn, as far as the characters say in which they are alike. `placed`:
    modules, five words a row, each of six modules in the lower bits of a byte; else bits of the codewords, the first of
    which stands in the uppermost byte."""
    tables, _rest, constant = _tables(length, placed)
    return reduce(xor, map(getitem, tables, _pairs(alike)), constant)


def _encoded(payload: str) -> bytes:
    """A payload as an even number of bytes: before a last character without a pair stands a 0."""
    length = len(payload)
    if not 1 <= length <= CAPACITY:
        raise ValueError(f"a QR payload has 1 to {CAPACITY} characters, not {length}")
    code = payload.encode("ascii", "replace")
    if code.translate(None, _ALLOWED):
        wrong = next(character for character in payload if character not in _ALPHABET)
        raise ValueError(f"not in QR's alphanumeric set: {wrong!r}")
    return b"%b0%b" % (code[:-1], code[-1:]) if length % 2 else code


def _alike(characters: _Sliced) -> _Sliced:
    """What belongs to the characters in which payloads are alike."""
    (_start, first), (second, third) = _ALIKE
    return characters[:first] + characters[second:third]


def _others(characters: _Sliced) -> _Sliced:
    """What belongs to the other characters."""
    (_start, first), (second, third) = _ALIKE
    return characters[first:second] + characters[third:]


def _pairs(code: bytes) -> bytes:
    """What the data says of an even number of characters: for each pair 11 bits, 45 times the first's value and the
    second's, in two bytes. The values stand side by side in one integer."""
    values = int.from_bytes(code.translate(_BYTES))
    return (values - (256 - 45) * (values >> 8 & _FIRSTS)).to_bytes(len(code))


_FIRSTS = int.from_bytes(b"\0\xff" * ((CAPACITY + 1) // 2))


@lru_cache(maxsize=2 * CAPACITY)
def _tables(length: int, placed: bool) -> tuple[_Tables, _Tables, int]:
    """For so many characters: what each value of each byte of the pairs turns, of those that are alike and of the
    others; and what is turned in any case: by mode, length, terminator and padding, and the modules that never
    change."""
    tables: list[tuple[int, ...]] = []
    used = _HEAD
    for start in range(0, length, 2):
        bits = 11 if start + 1 < length else 6
        used += bits
        tables += [
            _by_values(8 * _DATA - used + 8, max(0, bits - 8), placed),
            _by_values(8 * _DATA - used, min(bits, 8), placed),
        ]
    head = int(f"0010{length:09b}", 2) << 8 * _DATA - _HEAD
    data = head | _PADDING >> 8 * _filled(length)
    known = [turned for bit, turned in enumerate(_bits(placed)) if data >> bit & 1]
    return _alike(tuple(tables)), _others(tuple(tables)), reduce(xor, known, _constant() if placed else 0)


def _filled(length: int) -> int:
    """Codewords before the padding."""
    used = _HEAD + length // 2 * 11 + length % 2 * 6
    return (min(used + 4, 8 * _DATA) + 7) // 8


@lru_cache(maxsize=8 * CAPACITY)
def _by_values(lowest: int, count: int, placed: bool) -> tuple[int, ...]:
    """What each value of `count` bits turns, the lowest of which is bit `lowest` of the data codewords."""
    sets = [0]
    for turned in _bits(placed)[lowest : lowest + count]:
        sets += [others ^ turned for others in sets]
    return tuple(sets)


@cache
def _bits(placed: bool) -> tuple[int, ...]:
    """For each bit of the data codewords, the lowest first: the bits of all codewords that it turns, or their modules
    (see `_bit`)."""
    if placed:
        places = [_bit(row, column) for row, column in reversed(_module_places())]
        sets = _bits(placed=False)
        return tuple(sum(place for bit, place in enumerate(places) if value >> bit & 1) for value in sets)
    remainders = _remainders()
    table = []
    for index in range(_DATA - 1, -1, -1):
        for bit in range(8):
            codewords = bytearray(_DATA + _CORRECTION)
            codewords[index] = 1 << bit
            codewords[_DATA:] = bytes(_product(1 << bit, factor) for factor in remainders[index])
            table.append(int.from_bytes(codewords))
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


@cache
def _module_places() -> tuple[tuple[int, int], ...]:
    """Row and column of each bit of the codewords, in the order in which they are placed: two columns at a time from
    the right, upwards and downwards in turn."""
    reserved = _reserved()
    places: list[tuple[int, int]] = []
    rows = range(SIZE - 1, -1, -1)
    for right in (28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1):
        places += [(row, column) for row in rows for column in (right, right - 1) if not reserved & _bit(row, column)]
        rows = rows[::-1]
    return tuple(places[: 8 * (_DATA + _CORRECTION)])


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
    """What every symbol has: the patterns, and the mask over all codewords."""
    modules = _patterns()
    for row, column in _module_places():
        modules |= _is_masked(column) * _bit(row, column)
    return modules


@cache
def _patterns() -> int:
    """The modules of every symbol that carry no codeword: the patterns, the format information, and the seven that are
    left over, masked."""
    modules = 0
    left_over = {(row, column) for row in range(SIZE) for column in range(SIZE)} - {*_module_places()}
    for row, column in left_over:
        dark = _pattern(row, column) if _reserved() & _bit(row, column) else _is_masked(column)
        modules |= dark * _bit(row, column)
    for place, value in _format_information():
        modules |= value * place
    return modules


def _is_masked(column: int) -> bool:
    """Whether mask 2 turns the codewords' modules of a column."""
    return column % 3 == 0


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
