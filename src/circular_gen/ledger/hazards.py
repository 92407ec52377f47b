"""Hazards (隐患) that units found: each a fold over its events, and the 隐患整改台账 as a register. Pure.

    reported ─► rectified ─► rechecked ─► closed        上报 → 已整改（待复查）→ 复查通过（待销号）→ 销号
       ▲           │ sent back    │           │
       └───────────┴──────────────┴───────────┘         reopened 重新挂账

In: the events about a circular. Out: `Hazard`s in the order of their numbers. What a unit says of itself closes
nothing: a hazard is closed when a person has looked at it. A corrected event counts as if it had never been.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from circular_gen.ledger.deadlines import local
from circular_gen.ledger.events import Event, annulled
from circular_gen.ledger.register import Heading, Register, Value

HAZARD_KINDS = (
    "hazard-reported",
    "hazard-changed",
    "hazard-rectified",
    "hazard-rechecked",
    "hazard-closed",
    "hazard-reopened",
)
State = Literal["open", "rectified", "rechecked", "closed"]
LEVELS = {"general": "一般", "major": "重大"}
"""等级 as papers print it."""
STATE_WORDS: Mapping[State, str] = {"open": "整改中", "rectified": "待复查", "rechecked": "待销号", "closed": "已销号"}
"""How far a hazard is, as papers print it."""
_TEXTS = ("own-number", "found", "place", "hazard", "level", "measures", "funds", "responsible", "precautions", "task")
_TOLD = (*_TEXTS, "due", "progress")


class Hazard(NamedTuple):
    """A hazard. `id`: h and its number in the circular; `found`, `due`, `original_due`: days (ISO), `due` the last day
    in time; times are UTC texts. `progress`: 整改情况, as said last. `rechecker`: who looked at it (复查人).
    `reopened`: how often."""

    circular: str
    unit: str
    id: str
    hazard: str = ""
    place: str = ""
    level: str = "general"
    found: str = ""
    own_number: str = ""
    measures: str = ""
    funds: str = ""
    responsible: str = ""
    due: str = ""
    original_due: str = ""
    precautions: str = ""
    progress: str = ""
    task: str = ""
    state: State = "open"
    reported_at: str = ""
    rectified_at: str = ""
    rechecked_at: str = ""
    rechecker: str = ""
    closed_at: str = ""
    reopened: int = 0
    reason: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return int(self.id[1:])

    def late(self, today: date) -> int:
        """Days since the last one in time, 0 until then and once it is put right: the next step is then ours."""
        if self.state != "open" or not self.due:
            return 0
        return max(0, (today - date.fromisoformat(self.due)).days)


def fold_hazards(events: Iterable[Event]) -> tuple[Hazard, ...]:
    """The hazards of the events of a circular (also those that correct them), as numbers in order."""
    events = tuple(events)
    gone = annulled(events)
    found: dict[str, Hazard] = {}
    for event in sorted(events, key=lambda event: event.sequence):
        if event.kind not in HAZARD_KINDS or event.sequence in gone:
            continue
        payload = event.payload
        name = payload["hazard-id"]
        known = found.get(name)
        if known is None:
            if event.kind != "hazard-reported":
                continue  # its report was annulled
            known = Hazard(event.circular or "", event.unit or "", name, reported_at=event.at)
        elif event.kind == "hazard-reported":
            continue
        found[name] = _advanced(known, event.kind, payload, event.at)
    return tuple(sorted(found.values(), key=lambda hazard: hazard.number))


def _advanced(now: Hazard, kind: str, payload: Mapping[str, Any], at: str) -> Hazard:
    told = {name.replace("-", "_"): payload[name] for name in _TOLD if name in payload}
    if "due" in told:
        told["original_due"] = now.original_due or told["due"]
    if "evidence" in payload:
        told["evidence"] = (*now.evidence, *payload["evidence"])
    now = now._replace(**told)
    if kind == "hazard-rectified":
        return now._replace(state="rectified", rectified_at=at, reason="")
    if kind == "hazard-rechecked":
        seen = now._replace(rechecked_at=at, rechecker=payload.get("by", ""))
        if payload["outcome"] == "accepted":
            return seen._replace(state="rechecked", reason="")
        return seen._replace(state="open", reason=payload.get("reason", ""))
    if kind == "hazard-closed":
        return now._replace(state="closed", closed_at=at, rechecker=now.rechecker or payload.get("by", ""), reason="")
    if kind == "hazard-reopened":
        again = now._replace(state="open", reopened=now.reopened + 1, reason=payload["reason"])
        return again._replace(rectified_at="", rechecked_at="", rechecker="", closed_at="")
    return now


# -- 隐患整改台账 ------------------------------------------------------------------------------------------------------

_COLUMNS = (
    Heading("编号", 0.035),
    Heading("单位", 0.085, "left"),
    Heading("排查时间", 0.07),
    Heading("部位", 0.075, "left"),
    Heading("隐患", 0.11, "left"),
    Heading("等级", 0.04),
    Heading("整改措施", 0.09, "left"),
    Heading("资金", 0.045),
    Heading("责任人", 0.055),
    Heading("整改期限", 0.07),
    Heading("应急措施", 0.07, "left"),
    Heading("整改情况", 0.07, "left"),
    Heading("复查人", 0.05),
    Heading("复查日期", 0.07),
    Heading("销号", 0.065, "left"),
)


def hazard_register(
    hazards: Sequence[Hazard],
    names: Mapping[tuple[str, str], str],
    office: ZoneInfo,
    subtitle: str = "",
    today: date | None = None,
    checkpoint: str = "",
) -> Register:
    """The 隐患整改台账. `names`: (circular, unit) → the unit's name; `today`: marks what is late."""
    rows: list[tuple[Value, ...]] = []
    for hazard in hazards:
        late = hazard.late(today) if today else 0
        state = f"逾期{late}天" if late else STATE_WORDS[hazard.state]
        progress = "；".join(filter(None, (hazard.progress, hazard.reason)))
        rows.append(
            (
                hazard.number,
                names.get((hazard.circular, hazard.unit), hazard.unit),
                hazard.found,
                hazard.place,
                hazard.hazard,
                LEVELS[hazard.level],
                hazard.measures,
                hazard.funds,
                hazard.responsible,
                hazard.due + (f"（原{hazard.original_due}）" if hazard.original_due != hazard.due else ""),
                hazard.precautions,
                progress,
                hazard.rechecker,
                _day(hazard.rechecked_at, office),
                _day(hazard.closed_at, office) if hazard.state == "closed" else state,
            )
        )
    return Register("隐患整改台账", subtitle, _COLUMNS, tuple(rows), checkpoint)


def _day(text: str, office: ZoneInfo) -> str:
    return f"{local(text, office):%Y-%m-%d}" if text else ""
