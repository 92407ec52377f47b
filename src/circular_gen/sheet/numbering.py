"""Numbering of running text: 一、 → （一） → 1. → （1） at a paragraph's start, and the run-in heading after it.

In: text as pasted from Word, a paragraph a line. Out: paragraphs with level and heading (GB/T 9704-2012, 7.3.3: a
heading reaches to its first 。). No character is added, changed or lost but the white space around a paragraph.
"""

import re
from dataclasses import dataclass

from circular_gen.sheet.blocks import Paragraph

NUMERAL = "[一二三四五六七八九十]+"
"""A Chinese numeral as headings have it."""
_LEVELS = (
    re.compile(rf"({NUMERAL})、"),
    re.compile(rf"[（(]({NUMERAL})[）)]"),
    re.compile(r"(\d{1,2})[.．、](?!\d)"),
    re.compile(r"[（(](\d{1,2})[）)]"),
)
_SIGNS = ("{}、", "（{}）", "{}.", "（{}）")
_RUN_IN = re.compile("[^。]*。[”’）》」』]*")
_DIGITS = "〇一二三四五六七八九"
_SHORT = 16
"""A single sentence of at most so many characters that begins with 1. or （1） is a heading; a longer one is text."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbering at a paragraph's start. `level`: 1–4; `text`: with its mark, （二）; `digits`: 二; `value`: 2."""

    level: int
    text: str
    digits: str
    value: int


def numbering(paragraph: str) -> Numbering | None:
    """How `paragraph` (without white space before it) is numbered; None where it is not."""
    for level, pattern in enumerate(_LEVELS, 1):
        match = pattern.match(paragraph)
        if match and (value := numeral(match[1])):
            return Numbering(level, match[0], match[1], value)
    return None


def sign(level: int, value: int, digits: str) -> str:
    """The number `value` of `level` as a paragraph begins with it, written in digits or Hanzi like `digits`."""
    return _SIGNS[level - 1].format(_written(value, digits))


def numeral(text: str) -> int:
    """The number that `text` writes, in digits or as 一 to 九十九; 0 where it writes none."""
    if text.isdecimal():
        return int(text)
    match = re.fullmatch("(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?", text)
    if match is None:
        return 0
    tens = _DIGITS.index(match[1] or "一") if match[2] else 0
    return 10 * tens + (_DIGITS.index(match[3]) if match[3] else 0)


def _written(number: int, like: str) -> str:
    if like.isdecimal():
        return str(number)
    tens, ones = divmod(number, 10)
    return (_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def paragraphs(body: str) -> tuple[Paragraph, ...]:
    """The paragraphs of `body`, one a line; blank lines are dropped."""
    return tuple(_paragraph(line) for raw in body.splitlines() if (line := raw.strip()))


def _paragraph(line: str) -> Paragraph:
    found = numbering(line)
    if found is None:
        return Paragraph(line)
    run_in = _RUN_IN.match(line)
    end = run_in.end() if run_in else len(line)
    if end == len(line) and found.level > 2 and len(line) > _SHORT:
        return Paragraph(line, found.level)
    return Paragraph(line[end:], found.level, line[:end])
