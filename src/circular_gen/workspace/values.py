"""What a single value of the workspace's files may look like: lines, lists of names, days, moments, fixed words.

In: the texts that `reading` gives. Out: field types for the models, whose errors say what would be right.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic import WithJsonSchema as Schema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from circular_gen.messages import _
from circular_gen.workspace.findings import nearest, shown
from circular_gen.workspace.keys import KINDS, SECTIONS, WORDS, spelled

_DAY = r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
_CLOCK = r"(?:(\d{1,2})[:：](\d{2})(?::00)?|(\d{1,2})[时点](?:(\d{1,2})分)?)"
_DAY_ONLY = re.compile(_DAY)
_MOMENT = re.compile(rf"{_DAY}(?:[T ]*{_CLOCK})?")


def wrong(code: str, message: str) -> PydanticCustomError:
    """The error that a validator raises: a stable code and what to do, in the clerk's language."""
    return PydanticCustomError(code, "{message}", {"message": message})


def written(section: str) -> ConfigDict:
    """The configuration of a model whose keys are those of `section`, in both languages."""

    def choices(field: str) -> AliasChoices:
        key = SECTIONS[section].get(field.rstrip("_"))
        return AliasChoices(*key.spellings) if key else AliasChoices(field)

    return ConfigDict(
        extra="forbid",
        title=section,
        alias_generator=AliasGenerator(validation_alias=choices),
        defer_build=True,  # commands that read no units need not wait for their model
    )


def without_empty(section: str, data: Any) -> Any:
    """`data` without its known keys that have nothing after the colon: they are as good as left out."""
    if isinstance(data, dict) and None in data.values():
        return {key: value for key, value in data.items() if value is not None or spelled(section, key) is None}
    return data


class Written(BaseModel):
    """What a person writes. A model names its section of `keys.SECTIONS` and is configured by `written(section)`."""

    section: ClassVar[str]
    model_config = ConfigDict(frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        return without_empty(cls.section, data)


ON_A_LINE = r"[^\x00-\x08\n-\x1f\x7f\x85\u2028\u2029]"
"""A character that no program takes for a line's end."""
Line = Annotated[str, StringConstraints(min_length=1, pattern=rf"^{ON_A_LINE}+$")]
"""A text on one line."""
Text = Annotated[str, StringConstraints(min_length=1)]


Number = Annotated[Line, Schema({"type": ["string", "integer"]})]
"""A telephone or other number that stays as it is written, with its leading zeros."""


def _truth(value: Any) -> Any:
    return {"true": True, "是": True, "yes": True, "false": False, "否": False, "no": False}.get(
        value.lower() if isinstance(value, str) else "", value
    )


Truth = Annotated[bool, BeforeValidator(_truth), Schema({"enum": [True, False, "是", "否"]})]


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return [part for part in map(str.strip, re.split("[、，,]", value)) if part]
    return value


Names = Annotated[
    tuple[Line, ...],
    BeforeValidator(_listed),
    Schema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Several short texts: a list, or one text with 、 between them."""


def read_day(value: Any) -> date:
    """The day that `value` writes; an error of `wrong` where it writes none."""
    if isinstance(value, date):
        return value
    match = _DAY_ONLY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("not-a-date", _("“{value}” is no date; write it as 2026-01-05").format(value=shown(str(value))))
    return _made_day(match)


def _made_day(match: re.Match[str]) -> date:
    year, month, day = (int(part) for part in match.groups()[:7] if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        if 1 <= month <= 12 and year > 0:
            last = calendar.monthrange(year, month)[1]
            message = _("there is no day {value}; that month has {last} days").format(value=match[0], last=last)
        else:
            message = _("there is no day {value}; write year-month-day, e.g. 2026-01-05").format(value=match[0])
        raise wrong("impossible-date", message) from None


Day = Annotated[date, BeforeValidator(read_day), Schema({"type": "string", "pattern": f"^{_DAY}$"})]
"""2026-01-05, also 2026/1/5 and 2026年1月5日."""

END_OF_DAY = time(23, 59)


def read_moment(value: Any) -> datetime:
    """The moment that `value` writes; an error of `wrong` where it writes none."""
    if isinstance(value, datetime):
        return value
    match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        message = _("“{value}” is no deadline; write it as 2026-01-05 17:00, in the office's own time")
        raise wrong("not-a-date", message.format(value=shown(str(value))))
    day = _made_day(match)
    numbers = [int(part) for part in match.groups()[7:] if part is not None]
    if not numbers:
        return datetime.combine(day, END_OF_DAY)
    hour, minute = numbers if len(numbers) == 2 else (numbers[0], 0)
    if (hour, minute) == (24, 0):
        return datetime.combine(day, END_OF_DAY)
    if hour > 23 or minute > 59:
        raise wrong("impossible-date", _("there is no time {hour}:{minute:02}").format(hour=hour, minute=minute))
    return datetime.combine(day, time(hour, minute))


Moment = Annotated[
    datetime, BeforeValidator(read_moment), Schema({"type": "string", "pattern": f"^{_MOMENT.pattern}$"})
]
"""2026-12-25 17:00, without a zone: the office's applies. A day alone means its end, 23:59."""


@dataclass(frozen=True, slots=True)
class Word:
    """A field's annotation: one of the fixed words `keys.WORDS[kind]`, in any of their spellings; with `several`, a
    list of them, or one text with 、 between them."""

    kind: str
    several: bool = False

    @property
    def _meanings(self) -> dict[str, str]:
        return {spelling: word for word, others in WORDS[self.kind].items() for spelling in (word, *others)}

    def read(self, value: Any) -> Any:
        """The word that `value` spells; values that are no text are left to the field's own type."""
        if self.several:
            parts = _listed(value)
            return tuple(map(self._one, parts)) if isinstance(parts, list | tuple) else parts
        return self._one(value)

    def _one(self, value: Any) -> Any:
        meanings = self._meanings
        if not isinstance(value, str) or value in meanings:
            return meanings.get(value, value) if isinstance(value, str) else value
        message = _("“{value}” is not known here; did you mean {nearest}? The words are {words}")
        known = [f"{word}（{others[0]}）" if others else word for word, others in WORDS[self.kind].items()]
        near = nearest(value, meanings, 1)[0]
        raise wrong("unknown-word", message.format(value=shown(value), nearest=near, words=", ".join(known)))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        words = {"enum": list(self._meanings)}
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": words}]} if self.several else words


Kind = Annotated[str, Word("kind")]
Format = Annotated[Literal["general", "letter", "order", "minutes"], Word("format")]
Urgency = Annotated[Literal["特急", "加急"], Word("urgency")]
Address = Annotated[Literal["all", "each"], Word("address")]
Manner = Annotated[Literal["sealed", "unsealed", "chop"], Word("signature")]
Ask = Annotated[Literal["none", "acknowledge", "report", "attend"], Word("ask")]
Needs = Annotated[tuple[Literal["signature", "seal"], ...], Word("needs", several=True)]
Retention = Annotated[Literal["永久", "30年", "10年"], Word("retention")]
Side = Annotated[Literal["even", "last"], Word("colophon")]
CellWidth = Annotated[Literal["grid", "natural"], Word("cell")]
Margins = Annotated[Literal["plain", "gb33476"], Word("margins")]
Ways = Annotated[tuple[Literal["email", "print", "folder", "portal"], ...], Word("deliver", several=True)]


def kind_of_title(title: str) -> str:
    """The kind of paper that `title` ends with; 通知 where it ends with none."""
    title = title.rstrip()
    if title.endswith("令"):
        return "命令"
    return next((kind for kind in KINDS if title.endswith(kind)), "通知")
