"""Line breaking for Chinese text, as Word and WPS break it by default.

In: a text and each character's own width in mm. Out: lines, each with the place of its first character and the distance
from every character to the next. Nothing here knows faces or pages.

1. Two marks side by side share half a cell; Hanzi and Latin stand a quarter of a cell apart.
2. A line takes every character that fits; a break is forbidden before a closing mark, after an opening one, inside a
   Latin word or number, and inside —— and ……
3. Where a break is forbidden: squeeze one or two more characters in by narrowing the line's marks, else let one closing
   mark hang past the margin, else break further left.
4. Spare room is shared between the characters; a squeezed line takes what it lacks from its marks alone.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

CLOSING = frozenset("，。、；：？！）》〉】〕」』”’｝］")
OPENING = frozenset("（《〈【〔「『“‘｛［")
NO_START = CLOSING | frozenset("…—·%％‰℃°,.;:?!)]}")
NO_END = OPENING | frozenset("([{")
_GLUE = frozenset("\u00a0\u202f\u2060")
"""No-break spaces and the word joiner: no line ends beside one."""
_DOUBLE = frozenset("—…")
_HALF = 0.5
"""Of its own width, what a mark can give up: its empty half."""
_GAP = 0.25
"""Cells between Hanzi and Latin or digits."""
_SQUEEZED_IN = 2
"""Characters that a line may take in by narrowing its marks."""
_SLACK = 0.001
"""mm."""


class Line(NamedTuple):
    """Characters `start`–`end` of the text. `x`: where the first one begins, in mm from the left edge; `advances`: from
    each character to the next, the last one's is its own width."""

    start: int
    end: int
    x: float
    advances: tuple[float, ...]


def cells_of(text: str) -> float:
    """The width of `text` in cells of its own size, before anything is known of a font: 1 for Hanzi and full-width
    marks, a half for Latin and digits."""
    return sum([1.0 if _is_wide(character) else 0.5 for character in text])


@lru_cache(maxsize=65536)
def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WFA"


_MARKS = "".join(sorted(CLOSING | OPENING))
_EVEN = re.compile(f"(?:[\u4e00-\u9fff]|[{re.escape(_MARKS)}](?![{re.escape(_MARKS)}]))*")


@lru_cache(maxsize=65536)
def _is_latin(character: str) -> bool:
    """Whether it is a letter or digit of a Latin word or a number: what is set apart from Hanzi."""
    return character.isalnum() and unicodedata.east_asian_width(character) not in "WF"


@lru_cache(maxsize=65536)
def _is_hanzi(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and character.isalnum()


@lru_cache(maxsize=65536)
def _in_word(character: str) -> bool:
    """Whether it belongs to a run that is not broken: Latin letters, digits and the ASCII signs between them."""
    return _is_latin(character) or ("!" <= character <= "~")


@lru_cache(maxsize=65536)
def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two characters."""
    if after in NO_START or after == " ":
        return False
    if before in NO_END or before in _GLUE or after in _GLUE:
        return False
    return not (_in_word(before) and _in_word(after))


@lru_cache(maxsize=65536)
def _joined(before: str, after: str) -> bool:
    """Whether justification leaves the two as they stand: inside a word, ——, …… and beside a space."""
    return (_in_word(before) and _in_word(after)) or (before in _DOUBLE and before == after) or before == " " == after


@lru_cache(maxsize=65536)
def _between(before: str, after: str) -> float:
    """How far `after` moves from its usual place: -1 (by half of a mark), 1 (by a quarter of a cell), 0."""
    if (before in CLOSING and (after in CLOSING or after in OPENING)) or (before in OPENING and after in OPENING):
        return -1
    if (_is_hanzi(before) and _is_latin(after)) or (_is_latin(before) and _is_hanzi(after)):
        return 1
    return 0


def is_even(text: str) -> bool:
    """Whether nothing in it is shared or set apart, as in most names: each character takes its own width."""
    return _EVEN.fullmatch(text) is not None


def spaced(text: str, widths: Sequence[float], cell: float) -> list[float]:
    """The distance from each character to the next on an unbroken line (rule 1), in mm."""
    advances = list(widths)
    if text.isascii() or is_even(text):
        return advances
    before = text[:1]
    for index in range(1, len(text)):
        after = text[index]
        if not (before.isalpha() and after.isalpha()) or before.isascii() != after.isascii():
            between = _between(before, after)
            if between > 0:
                advances[index - 1] += _GAP * cell
            elif between < 0:
                shared = widths[index - 1] if before in CLOSING or before in OPENING else widths[index]
                advances[index - 1] -= _HALF * shared
        before = after
    return advances


def break_text(
    text: str,
    widths: Sequence[float],
    cell: float,
    width: float,
    first: float = 0.0,
    rest: float = 0.0,
    *,
    justify: bool = True,
    hang: bool = True,
) -> list[Line]:
    """Break `text` into lines that end at `width`; the first begins at `first`, the others at `rest`. `widths`: each
    character's own width; `cell`: of a Hanzi. All mm. No character is lost; a space at a line's end hangs. `hang`:
    whether a mark may: in a table's cell it would stand on the rule."""
    if not text:
        return [Line(0, 0, first, ())]
    advances = spaced(text, widths, cell)
    if sum(advances) <= width - first:
        return [Line(0, len(text), first, tuple(advances))]
    lines: list[Line] = []
    start, count, left = 0, len(text), first
    while start < count:
        end, hangs = _line_end(text, widths, advances, start, width - left, hang)
        stand = list(advances[start:end])
        stand[-1] = widths[end - 1]
        if hangs:  # the mark stands past the margin, the line is measured without it
            shared = stand[-2] - widths[end - 2]
            spare = width - left - sum(stand[:-1]) + min(0.0, shared)
            if justify and end < count:
                _share(text, start, end - 1, stand, spare)
        else:
            spare = width - left - _visible(text, start, end, stand)
            if spare < -_SLACK:
                _squeeze(text, widths, start, end, stand, -spare)
            elif justify and end < count:
                _share(text, start, _trimmed(text, start, end), stand, spare)
        lines.append(Line(start, end, left, tuple(stand)))
        start, left = end, rest
    return lines


def _trimmed(text: str, start: int, end: int) -> int:
    """`end` without the spaces before it."""
    while end > start + 1 and text[end - 1] == " ":
        end -= 1
    return end


def _visible(text: str, start: int, end: int, stand: Sequence[float]) -> float:
    """The width up to the last character that is no space."""
    return sum(stand[: _trimmed(text, start, end) - start])


def _line_end(
    text: str, widths: Sequence[float], advances: Sequence[float], start: int, room: float, hang: bool
) -> tuple[int, bool]:
    """Where the line that begins at `start` ends, and whether its last character hangs past the margin."""
    count = len(text)
    reached, index = 0.0, start
    while index < count and (index == start or text[index] == " " or reached + widths[index] <= room + _SLACK):
        reached += advances[index]
        index += 1
    if index == count or _allowed(text, index):
        return _with_spaces(text, index), False
    for taken in range(1, _SQUEEZED_IN + 1):
        end = index + taken
        if end > count or not (end == count or _allowed(text, end)):
            continue
        lacking = sum(advances[start : end - 1]) + widths[end - 1] - room
        if lacking <= sum(_narrowable(text, widths, start, end)) + _SLACK:
            return _with_spaces(text, end), False
    ends_there = index + 1 == count or _allowed(text, index + 1)
    if hang and text[index] in CLOSING and index > start and ends_there and reached <= room + _SLACK:
        return index + 1, True
    for end in range(index - 1, start, -1):
        if _allowed(text, end):
            return end, False
    return index, False


def _with_spaces(text: str, end: int) -> int:
    while end < len(text) and text[end] == " ":
        end += 1
    return end


def _allowed(text: str, index: int) -> bool:
    return may_break(text[index - 1], text[index])


def _narrowable(text: str, widths: Sequence[float], start: int, end: int) -> list[float]:
    """How much each character's distance to the next can shrink: closing marks give their right half, opening ones
    their left half, which lies in the distance before them; what marks share already is given."""
    gives = [0.0] * (end - start)
    for index in range(start, end):
        character = text[index]
        if character in CLOSING:
            shared = index + 1 < end and _between(character, text[index + 1]) < 0
            gives[index - start] += 0.0 if shared else _HALF * widths[index]
        elif character in OPENING and index > start and _between(text[index - 1], character) >= 0:
            gives[index - start - 1] += _HALF * widths[index]
    return gives


def _squeeze(text: str, widths: Sequence[float], start: int, end: int, stand: list[float], lacking: float) -> None:
    """Take `lacking` mm from the line's marks, from each the same share of what it can give."""
    gives = _narrowable(text, widths, start, _trimmed(text, start, end))
    whole = sum(gives)
    if whole <= 0:
        return
    share = min(1.0, lacking / whole)
    for index, give in enumerate(gives):
        stand[index] -= give * share


def _share(text: str, start: int, end: int, stand: list[float], spare: float) -> None:
    """Share `spare` mm between the characters `start`–`end`."""
    gaps = [index for index in range(start, end - 1) if not _joined(text[index], text[index + 1])]
    for index in gaps if spare > 0 else ():
        stand[index - start] += spare / len(gaps)
