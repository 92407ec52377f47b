"""A cell's value as a spreadsheet shows it: number format codes of ECMA-376 part 1, 18.8.30.

In: the value (number, truth value, text, date) and the format's code. Out: the text. What a code says of colours and
of filling a cell's width has no meaning here; what no code foresees is shown as the format General shows it.
"""

import datetime
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

GENERAL = "General"
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<padding>.)|\*(?P<filling>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<ampm>AM/PM|A/P|上午/下午)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+|[aA]{3,4}|[eEgG](?![+-])[eEgG]*)"
    r"|(?P<digit>[0#?])|(?P<exponent>[eE][+-])|(?P<sign>[.,%@/])|(?P<plain>.)",
    re.DOTALL,
)
_DATES = re.compile(r"[yYmMdDhHsS]|AM/PM|上午/下午|[aA]{3,4}")
_WEEKDAYS = "一二三四五六日"
_CHINESE = "〇一二三四五六七八九"
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[\d.]+)")
CJK_DATES = {
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m/d/yy", 31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: 'h"时"mm"分"', 35: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"', 50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"',
    54: 'm"月"d"日"', 55: 'yyyy"年"m"月"', 56: 'm"月"d"日"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip
"""Formats that a Chinese Excel knows by their number alone."""


def shown(value: object, code: str) -> str:
    """`value` in the format `code`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    sections = _sections(code or GENERAL)
    if isinstance(value, str):
        text = sections[3] if len(sections) > 3 else next((s for s in sections if "@" in s), "@")
        return _text(value, text)
    if isinstance(value, datetime.timedelta):
        return _duration(value, sections[0])
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _moment(value, sections[0])
    if isinstance(value, int | float):
        return _number(value, sections)
    return str(value)


def is_date(code: str) -> bool:
    """Whether a number in this format is a day or a time."""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', "", _sections(code or GENERAL)[0], flags=re.IGNORECASE)
    return bool(_DATES.search(bare.replace(GENERAL, "")))


def _sections(code: str) -> list[str]:
    """The parts of a code between its semicolons."""
    parts, current, quoted, skip = [], "", False, False
    for character in code:
        if skip:
            skip = False
        elif character == "\\" and not quoted:
            skip = True
        elif character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            parts.append(current)
            current = ""
            continue
        current += character
    return [*parts, current]


def _number(value: float, sections: Sequence[str]) -> str:
    given = [_CONDITION.search("".join(re.findall(r"\[([<>=][^\]]*)\]", section))) for section in sections[:2]]
    numeric = list(sections[:3])
    if any(given):
        for section, condition in zip(numeric, given, strict=False):
            if condition is None or _holds(value, condition):
                return _in_section(value, section, signed=True)
        return _in_section(value, numeric[-1], signed=True)
    if value < 0 and len(numeric) > 1:
        return _in_section(-value, numeric[1], signed=False)
    if value == 0 and len(numeric) > 2:
        return _in_section(0, numeric[2], signed=False)
    return _in_section(value, numeric[0], signed=True)


def _holds(value: float, condition: re.Match[str]) -> bool:
    other = float(condition[2])
    return {
        "<": value < other,
        ">": value > other,
        "=": value == other,
        "<=": value <= other,
        ">=": value >= other,
        "<>": value != other,
    }[condition[1]]


def general(value: float) -> str:
    """A number as the format General shows it: at most eleven characters."""
    if value == int(value) and abs(value) < 1e11:
        return str(int(value))
    if 1e-4 <= abs(value) < 1e11:
        whole = len(str(int(abs(value))))
        text = f"{_rounded(value, max(0, 10 - whole)):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    text = f"{value:.5E}"
    digits, exponent = text.split("E")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}E{int(exponent):+03d}"


def _rounded(value: float, places: int) -> Decimal:
    """Rounded as people do, from the digits that the number is written with."""
    try:
        return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:
        return Decimal(repr(value))


def _in_section(value: float, section: str, signed: bool) -> str:
    """A number in one part of a code. `signed`: a minus is shown, as the part does not show it itself."""
    chinese = "[DBNum1]" in section or "[DBNum2]" in section
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", section)
    if not re.search("[0#?]", bare):
        made = _around(section, lambda: general(abs(value)) if signed else general(value))
        minus = "-" if signed and value < 0 and (GENERAL in section or not bare) else ""
        return minus + (_in_chinese(made) if chinese else made)
    negative = value < 0
    amount = abs(value) * 100 ** bare.count("%")
    integer, point, fraction = _digits_of(bare)
    amount /= 1000 ** (len(integer) - len(integer.rstrip(",")) if not point else _scaling(bare))
    if "/" in bare and not point:
        return section if not signed else general(value)
    exponent = re.search("[eE][+-]", bare)
    if exponent:
        places = len(re.findall("[0#?]", fraction.split("E")[0].split("e")[0]))
        digits, power = f"{amount:.{places}E}".split("E")
        sign = "+" if "E+" in bare.upper() or int(power) < 0 else ""
        text = f"{digits}E{sign if int(power) >= 0 else '-'}{abs(int(power)):02d}"
        return ("-" if negative else "") + text
    places = len(re.findall("[0#?]", fraction))
    least = len(re.findall("[0?]", fraction)) if fraction else 0
    rounded = _rounded(amount, places)
    whole, _dot, rest = f"{rounded:f}".partition(".")
    while len(rest) > least and rest.endswith("0"):
        rest = rest[:-1]
    required = integer.count("0")
    whole = whole.lstrip("0").rjust(required, "0") if required or whole.strip("0") else ""
    if "," in integer.rstrip(","):
        whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole)
    shown_number = whole + (f".{rest}" if rest else "." if point and places and least else "")
    if point and not rest:
        shown_number = whole
    minus = "-" if signed and negative and re.search("[1-9]", shown_number) else ""
    made = minus + _around(section, lambda: shown_number)
    return _in_chinese(made) if chinese else made


def _digits_of(bare: str) -> tuple[str, bool, str]:
    """The places before the point, whether there is one, and what follows it."""
    before, point, after = bare.partition(".")
    return "".join(re.findall("[0#?,]", before)), bool(point), after


def _scaling(bare: str) -> int:
    """Commas behind the last place: each divides by a thousand."""
    match = re.search("[0#?](,+)(?![0#?,])", bare)
    return len(match[1]) if match else 0


def _around(section: str, number: object) -> str:
    """The literals of a part with the number in the place of its digits."""
    made: list[str] = []
    placed = False
    for token in _TOKEN.finditer(section):
        kind = token.lastgroup
        if kind in ("quoted", "escaped"):
            made.append(token[kind])
        elif kind == "padding":
            made.append(" " if token[kind] == " " else "")
        elif kind == "bracket":
            made.append(_currency(token[kind]))
        elif kind in ("digit", "general") or (kind == "sign" and token[0] in ".,"):
            if not placed:
                made.append(number())  # type: ignore[operator]
                placed = True
        elif kind == "sign" and token[0] == "%":
            made.append("%")
        elif kind in ("plain", "date"):
            made.append(token[0])
    return "".join(made).strip()


def _currency(bracket: str) -> str:
    """[$¥-804] shows ¥."""
    return bracket[1:].partition("-")[0] if bracket.startswith("$") else ""


def _text(value: str, section: str) -> str:
    made = []
    for token in _TOKEN.finditer(section):
        kind = token.lastgroup
        if kind in ("quoted", "escaped"):
            made.append(token[kind])
        elif token[0] in ("@", GENERAL):
            made.append(value)
        elif kind in ("plain", "digit", "date", "exponent"):
            made.append(token[0])
    return "".join(made) if any(token in section for token in ("@", GENERAL)) else value


def _duration(value: datetime.timedelta, section: str) -> str:
    """Hours beyond a day, [h]:mm:ss."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, minutes = divmod(seconds // 60, 60)
    text = f"{hours}:{minutes:02d}"
    return sign + (text + f":{seconds % 60:02d}" if "s" in section.lower() else text)


def _moment(value: datetime.datetime | datetime.date | datetime.time, section: str) -> str:
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(datetime.date(1900, 1, 1), value)
    elif not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (a day on paper has no zone)
    if not is_date(section):
        section = "yyyy/m/d" if (value.hour, value.minute) == (0, 0) else "yyyy/m/d h:mm"
    tokens = list(_TOKEN.finditer(section))
    half = any(token.lastgroup == "ampm" for token in tokens)
    made: list[str] = []
    after_hour = False
    for place, token in enumerate(tokens):
        kind = token.lastgroup
        if kind in ("quoted", "escaped"):
            made.append(token[kind])
        elif kind == "ampm":
            made.append(
                ("上午" if value.hour < 12 else "下午") if "午" in token[0] else "AM" if value.hour < 12 else "PM"
            )
        elif kind == "date":
            letters = token[0].lower()
            later = next((other[0].lower() for other in tokens[place + 1 :] if other.lastgroup == "date"), "")
            minute = letters[0] == "m" and len(letters) < 3 and (after_hour or later.startswith("s"))
            made.append(_minute(value, letters) if minute else _part(value, letters, half))
            after_hour = letters[0] == "h"
        elif kind == "bracket":
            if token["bracket"].lower() in ("h", "hh"):
                made.append(str(value.hour))
                after_hour = True
        elif kind in ("plain", "digit") or (kind == "sign" and token[0] != "@"):
            made.append(token[0])
    text = "".join(made).strip()
    return _dated_in_chinese(text) if "[DBNum1]" in section else text


def _minute(value: datetime.datetime, letters: str) -> str:
    return f"{value.minute:02d}" if len(letters) > 1 else str(value.minute)


def _part(value: datetime.datetime, letters: str, half: bool) -> str:
    two = len(letters) == 2
    hour = (value.hour % 12 or 12) if half else value.hour
    match letters[0]:
        case "y" | "e":
            return f"{value.year % 100:02d}" if letters[0] == "y" and len(letters) <= 2 else f"{value.year:04d}"
        case "m" if len(letters) <= 2:
            return f"{value.month:02d}" if two else str(value.month)
        case "m":
            return value.strftime("%b" if len(letters) == 3 else "%B") if len(letters) < 5 else value.strftime("%b")[0]
        case "d" if len(letters) <= 2:
            return f"{value.day:02d}" if two else str(value.day)
        case "d" | "a":
            return ("星期" if len(letters) == 4 else "周") + _WEEKDAYS[value.weekday()]
        case "h":
            return f"{hour:02d}" if two else str(hour)
        case "s":
            return f"{value.second:02d}" if two else str(value.second)
    return ""


def _in_chinese(text: str) -> str:
    """Digits as the format DBNum1 shows them, whole numbers up to 99 in words."""
    return re.sub(r"\d+", lambda match: _worded(match[0]), text)


def _worded(digits: str) -> str:
    number = int(digits)
    if len(digits) > 2:
        return "".join(_CHINESE[int(digit)] for digit in digits)
    tens, ones = divmod(number, 10)
    if not tens:
        return _CHINESE[ones]
    return (_CHINESE[tens] if tens > 1 else "") + "十" + (_CHINESE[ones] if ones else "")


def _dated_in_chinese(text: str) -> str:
    """A day as 二〇二六年一月五日."""
    return _in_chinese(text)
