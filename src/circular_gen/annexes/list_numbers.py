"""The numbers that Word writes before paragraphs, as texts: ECMA-376 part 1, 17.9.

In: numbering.xml, styles.xml, paragraphs in order. Out: what Word shows before each, such as 一、 or 1.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_DIGITS = "〇一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_HANZI = frozenset(
    str.split(
        "chineseCounting chineseCountingThousand taiwaneseCounting taiwaneseCountingThousand "
        "japaneseCounting koreanCounting ideographDigital japaneseDigitalTenThousand "
        "taiwaneseDigital"
    )
)
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_BULLETS = {"\uf0b7": "●", "\uf06c": "●", "\uf0a7": "■", "\uf06e": "■", "\uf075": "◆", "\uf0d8": "●", "\uf0fc": "√",
            "\uf0a8": "□", "\uf06f": "□", "o": "○", "·": "·"}  # fmt: skip


def hanzi(number: int) -> str:
    """A number in Hanzi, up to 9999: 二十一, 一百零五."""
    if not 0 < number < 10_000:
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    made, zero = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            made += ("零" if zero and made else "") + _DIGITS[digit] + unit
            zero = False
        else:
            zero = True
    return made[1:] if made.startswith("一十") else made


def _formal(number: int) -> str:
    units = {"一": "壹", "二": "贰", "三": "叁", "四": "肆", "五": "伍", "六": "陆", "七": "柒", "八": "捌", "九": "玖",
             "十": "拾", "百": "佰", "千": "仟"}  # fmt: skip
    return "".join(units.get(character, character) for character in hanzi(number))


def _roman(number: int) -> str:
    made = ""
    for value, letters in _ROMAN:
        made += letters * (number // value)
        number %= value
    return made


def _letter(number: int) -> str:
    return chr(96 + (number - 1) % 26 + 1) * ((number - 1) // 26 + 1)


def written(number: int, kind: str) -> str:
    """A list's number in the format `kind` (17.18.59)."""
    if not 0 < number < 100_000:
        return str(number) if kind not in ("none", "bullet") else ""
    if kind in _HANZI:
        return (
            "".join(_DIGITS[int(d)] for d in str(number))
            if kind == "ideographDigital" and number > 10
            else hanzi(number)
        )
    match kind:
        case "none" | "bullet":
            return ""
        case "chineseLegalSimplified" | "ideographLegalTraditional":
            return _formal(number)
        case "ideographTraditional":
            return _STEMS[(number - 1) % 10]
        case "ideographZodiac":
            return _BRANCHES[(number - 1) % 12]
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese":
            return chr(0x245F + number) if number <= 20 else f"（{number}）"
        case "decimalEnclosedParen":
            return f"（{number}）"
        case "decimalEnclosedFullstop":
            return f"{number}."
        case "decimalZero":
            return f"{number:02d}"
        case "decimalFullWidth" | "decimalFullWidth2":
            return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
        case "lowerLetter":
            return _letter(number)
        case "upperLetter":
            return _letter(number).upper()
        case "lowerRoman":
            return _roman(number)
        case "upperRoman":
            return _roman(number).upper()
        case "ordinal":
            return f"第{number}"
    return str(number)


@dataclass(slots=True)
class _Level:
    kind: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None
    legal: bool = False


@dataclass(slots=True)
class _List:
    """A w:num: its levels, and where it counts (lists of one abstract list count together)."""

    levels: dict[int, _Level]
    counter: int
    starts: dict[int, int] = field(default_factory=dict)


def _value(element: Any, name: str) -> str | None:
    child = element.find(W + name) if element is not None else None
    return child.get(W + "val") if child is not None else None


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,6}", text) else default


class ListNumbers:
    """Counts. `numbering`: the root of numbering.xml, or None."""

    def __init__(self, numbering: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._counts: dict[int, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        if numbering is None:
            return
        abstract: dict[str, dict[int, _Level]] = {}
        for found in numbering.findall(W + "abstractNum"):
            levels = {_whole(level.get(W + "ilvl"), 0): _level(level) for level in found.findall(W + "lvl")}
            abstract[found.get(W + "abstractNumId") or ""] = levels
        places = {identity: place for place, identity in enumerate(abstract)}
        for found in numbering.findall(W + "num"):
            of = _value(found, "abstractNumId") or ""
            levels, starts = dict(abstract.get(of, {})), {}
            for override in found.findall(W + "lvlOverride"):
                place = _whole(override.get(W + "ilvl"), 0)
                own = override.find(W + "lvl")
                if own is not None:
                    levels[place] = _level(own)
                if (start := _value(override, "startOverride")) is not None:
                    starts[place] = _whole(start, 1)
            self._lists[found.get(W + "numId") or ""] = _List(levels, places.get(of, -1), starts)

    def next(self, identity: str, level: int) -> str:
        """What stands before the next paragraph of the list `identity` (w:numId) on `level` (from 0); empty where the
        list is none."""
        found = self._lists.get(identity)
        if found is None or level not in found.levels or not 0 <= level < _LEVELS:
            return ""
        counts = self._counts.setdefault(found.counter, [None] * _LEVELS)
        own = found.levels[level]
        if level in found.starts and (identity, level) not in self._started:
            counts[level] = found.starts[level]
        else:
            before = counts[level]
            counts[level] = own.start if before is None else before + 1
        self._started.add((identity, level))
        for lower in range(level + 1, _LEVELS):
            restart = found.levels[lower].restart if lower in found.levels else None
            if restart is None or (restart and level < restart):
                counts[lower] = None
        for upper in range(level):
            if counts[upper] is None and upper in found.levels:
                counts[upper] = found.levels[upper].start
        return _text(found.levels, counts, own)


def _level(element: Any) -> _Level:
    restart = _value(element, "lvlRestart")
    legal = element.find(W + "isLgl")
    return _Level(
        _value(element, "numFmt") or "decimal",
        _value(element, "lvlText") or "",
        _whole(_value(element, "start"), 1),
        None if restart is None else _whole(restart, 0),
        legal is not None and legal.get(W + "val") not in ("0", "false"),
    )


def _text(levels: Mapping[int, _Level], counts: list[int | None], own: _Level) -> str:
    if own.kind == "bullet":
        return _BULLETS.get(own.text, own.text if own.text.isprintable() and len(own.text) == 1 else "●")

    def number(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        count = counts[place]
        if count is None or place not in levels:
            return ""
        return written(count, "decimal" if own.legal and levels[place] is not own else levels[place].kind)

    return re.sub(r"%([1-9])", number, own.text)
