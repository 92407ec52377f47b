"""reminders: in a circular and in office.yaml → Policy: when units are reminded of what they owe, and how often.

In: what people write, of which everything may be left out. Out: one `Policy` without gaps: the circular's own values,
else the office's, else the usual ones. It is recorded when the circular is issued, so that a later change of
office.yaml does not change what was announced.

Reminders are asked for, circular by circular: offices may not pile them on lower units without a stated basis.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic import WithJsonSchema as Schema
from pydantic_core import CoreSchema, core_schema

from circular_gen.messages import _
from circular_gen.workspace.values import Line, Written, written, wrong

_QUIET = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~至]\s*(\d{1,2})[:：](\d{2})")
_SERIES = "发函电字令"
"""What closes an issuer code (as in circular.py)."""
SERIES = {"reminder": "催", "escalation": "督", "bulletin": "通"}
"""What the office's own code gets for each series of numbers: 清安办催, 清安办督, 清安办通."""


def _quiet(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _QUIET.fullmatch(value.strip())
    if (
        match is None
        or any(int(hour) > 23 for hour in match.group(1, 3))
        or any(int(m) > 59 for m in match.group(2, 4))
    ):
        raise wrong("bad-hours", _("“{value}” are no hours; write them as 18:00-8:30").format(value=value))
    return f"{int(match[1]):02}:{match[2]}-{int(match[3]):02}:{match[4]}"


Hours = Annotated[str, BeforeValidator(_quiet), Schema({"type": "string", "pattern": f"^{_QUIET.pattern}$"})]
"""18:00-08:30: from one time of day to another, over midnight where the second is the earlier one."""
Days = Annotated[int, Field(ge=0, le=250)]
"""Work days."""


class ReminderCodes(Written):
    """The series of the numbers that reminders, escalations and bulletins get."""

    section: ClassVar[str] = "reminder_codes"
    model_config = written("reminder_codes")
    reminder: Line = ""
    escalation: Line = ""
    bulletin: Line = ""


class Reminders(Written):
    """What a circular or the office says about reminders; None: nothing. Days are work days."""

    section: ClassVar[str] = "reminders"
    model_config = written("reminders")
    notice: Days | None = None
    first: Days | None = None
    interval: Annotated[int, Field(ge=1, le=250)] | None = None
    most: Annotated[int, Field(ge=0, le=20)] | None = None
    cooldown: Annotated[int, Field(ge=0, le=720)] | None = None
    quiet: Hours | None = None
    escalate: Days | None = None
    bulletin: Days | None = None
    superior: Line = ""
    basis: str = ""
    codes: ReminderCodes = Field(default_factory=ReminderCodes.model_construct)


@dataclass(frozen=True, slots=True)
class _Opting:
    """`reminders: 是` takes the office's values, `reminders: 否` is as good as nothing."""

    @staticmethod
    def _read(value: Any) -> Any:
        if isinstance(value, str):
            return {"true": {}, "是": {}, "yes": {}, "false": None, "否": None, "no": None}.get(value.lower(), value)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"enum": [True, False, "是", "否"]}, handler(core)]}


Opted = Annotated[Reminders | None, _Opting()]
"""A circular's `reminders`: a mapping, or only yes."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When units are reminded. `notice`: work days before the deadline on which they are told of it (0: not). `first`:
    on which work day after it the first 催办 goes out, `interval`: work days between two, `most`: how many for one
    deadline. `cooldown`: least hours between two messages of whatever kind, calls included. `quiet`: hours in which
    nothing is sent. `escalate`, `bulletin`: work days after the deadline from which 督办 and 通报 are due (0: never).
    `superior`: who gets a copy of an escalation where the unit names nobody. `basis`: why, as the papers print it."""

    notice: int = 1
    first: int = 1
    interval: int = 2
    most: int = 3
    cooldown: int = 20
    quiet: str = "18:00-08:30"
    escalate: int = 5
    bulletin: int = 0
    superior: str = ""
    basis: str = ""
    reminder_code: str = ""
    escalation_code: str = ""
    bulletin_code: str = ""

    @property
    def quiet_from(self) -> time:
        return time.fromisoformat(self.quiet.partition("-")[0])

    @property
    def quiet_until(self) -> time:
        return time.fromisoformat(self.quiet.partition("-")[2])

    def code(self, paper: str) -> str:
        """The series of a paper: reminder, escalation or bulletin."""
        code: str = getattr(self, f"{paper}_code")
        return code

    def record(self) -> dict[str, Any]:
        """As it is recorded with the circular."""
        return asdict(self)


def policy(code: str, office: Reminders, circular: Reminders | None = None, basis: str = "") -> Policy:
    """The policy of a circular. `code`: the office's issuer code; `basis`: that of its receipt, where none is given for
    the reminders."""
    values: dict[str, Any] = {}
    for source in filter(None, (office, circular)):
        given = source.model_dump(exclude={"codes"})
        values |= {name: value for name, value in given.items() if value not in (None, "")}
        codes = source.codes.model_dump()
        values |= {f"{paper}_code": word for paper, word in codes.items() if word}
    stem = code.rstrip(_SERIES)
    for paper, letter in SERIES.items():
        values.setdefault(f"{paper}_code", stem + letter)
    values.setdefault("basis", basis)
    return Policy(**values)


def recorded_policy(record: Mapping[str, Any]) -> Policy:
    """The policy as it was recorded; what this program does not know is left out."""
    known = {field.name for field in fields(Policy)}
    return Policy(**{name: value for name, value in record.items() if name in known})
