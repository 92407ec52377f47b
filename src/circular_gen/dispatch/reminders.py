"""Who is to be reminded, of what, and why: pure functions over standings, what was sent before, and a moment.

In: a circular and its units' standings, the policy announced with it, the reminders so far, the work days, the present
time. Out: `Claim`s (a unit is due a notice, a numbered 催办 or a 督办), `Held` ones (it would be, and why it is left
alone), and whether a 通报 is due. Rules:

- Nobody is reminded who owes nothing: who has answered, is exempt or withdrawn, or only gets a copy; nor of a circular
  that is withdrawn, abolished or closed.
- Nor who may not know of it or has a question open with us: an answer in review, a message that bounced or whose fate
  is unknown, a copy that was sent back or is incomplete.
- Days are work days of the calendar; on others nothing is due. The deadline is the one that holds, extended or not.
- One message at a time, the strongest that is due: what a pause has piled up folds into one. A 督办 comes only after a
  催办, and ends the reminders for that deadline.
- Of hazards (隐患) that a unit has not put right in time it is reminded by itself, when nothing else is due to it.
- Between two messages, calls included, lies the cool-down; no deadline gets more 催办 than the policy says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from circular_gen.ledger import Event, Paper, Standing
from circular_gen.ledger.deadlines import Calendar, days_late, local
from circular_gen.ledger.events import annulled, timestamp, utc
from circular_gen.ledger.hazards import Hazard
from circular_gen.ledger.standing import DELIVERED, NOT_SENT, done_state, effective_due, owes
from circular_gen.workspace.reminders import Policy

Manner = Literal["notice", "reminder", "escalation", "hazards"]
Why = Literal["review", "bounced", "unknown", "returned", "reservation", "not-sent", "cool-down", "most", "escalated"]


PAST = ("reminder-issued", "reminded")
"""Kinds of events that `pasts` reads; `corrected` ones belong to them."""


@dataclass(frozen=True, slots=True)
class Past:
    """A reminder that was sent, or approved and on its way. `due`: the deadline that it was about, as the ledger writes
    it; None where it says none."""

    at: str
    manner: str
    due: str | None = None
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit is due a message. `nth`: which 催办 it is (0 for others); `due`, `original_due`: the deadline that holds
    and the first one; `late`: begun days since; `before`: 催办 so far, calls included; `last`: the last message."""

    unit: str
    name: str
    manner: Manner
    nth: int
    due: str
    original_due: str
    late: int
    before: int = 0
    last: str | None = None
    hazards: tuple[str, ...] = ()
    """Those that are late, where it is about hazards; `due` is the end of the earliest day."""


@dataclass(frozen=True, slots=True)
class Held:
    """A unit that is late, or soon will be, and is not reminded now."""

    unit: str
    name: str
    why: Why
    due: str
    late: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due about one circular at one moment."""

    claims: tuple[Claim, ...] = ()
    held: tuple[Held, ...] = ()
    bulletin: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What every decision needs: the policy, the work days, the office's zone and the present time (aware)."""

    policy: Policy
    calendar: Calendar
    office: ZoneInfo
    now: datetime
    sent: bool = field(default=True)
    """Whether the ledger knows of any copy that was sent; else it cannot say who has none."""
    anyway: bool = False
    """A person says that it goes out though nobody works today."""

    @property
    def today(self) -> date:
        return self.now.astimezone(self.office).date()

    @property
    def works(self) -> bool:
        return self.anyway or self.calendar.is_workday(self.today)

    def day(self, text: str) -> date:
        """The office's day of a time of the ledger."""
        return local(text, self.office).date()


def pasts(events: Iterable[Event]) -> Mapping[str, tuple[Past, ...]]:
    """Unit → what it was reminded of so far, in order of time; a bulletin that was approved stands under "". Annulled
    events do not count, and a paper that was approved and then sent counts once."""
    events = tuple(events)
    gone = annulled(events)
    found: dict[str, list[Past]] = {}
    approved: set[tuple[str, str]] = set()
    for event in events:
        if event.kind not in PAST or event.sequence in gone:
            continue
        payload, unit = event.payload, event.unit or ""
        if event.kind == "reminder-issued":
            approved.add((unit, payload["number"]))
        elif (unit, payload.get("number", "")) in approved:
            continue
        due = utc(payload["due"]) if "due" in payload else None
        past = Past(event.at, payload.get("manner", "reminder"), due, payload.get("nth", 0))
        found.setdefault(unit, []).append(past)
    return {unit: tuple(sorted(past, key=lambda one: one.at)) for unit, past in found.items()}


def plan(
    paper: Paper,
    standings: Iterable[Standing],
    past: Mapping[str, Sequence[Past]],
    setting: Setting,
    hazards: Mapping[str, Sequence[Hazard]] = MappingProxyType({}),
) -> Plan:
    """What is due for the circular's units, in its list's order. `hazards`: unit → what it reported."""
    standings = tuple(standings)
    decided = [
        decision(paper, standing, past.get(standing.unit, ()), setting)
        or hazard_decision(paper, standing, hazards.get(standing.unit, ()), past.get(standing.unit, ()), setting)
        for standing in standings
    ]
    return Plan(
        tuple(one for one in decided if isinstance(one, Claim)),
        tuple(one for one in decided if isinstance(one, Held)),
        bulletin_due(paper, standings, past, setting),
    )


def decision(paper: Paper, standing: Standing, past: Sequence[Past], setting: Setting) -> Claim | Held | None:
    """What the unit is due now; None where nothing is."""
    due = effective_due(paper, standing)
    if due is None or not owes(paper, standing.role, standing.receipt, standing.state, standing.flags):
        return None
    if not setting.works:
        return None
    here = [one for one in past if one.manner != "hazards" and one.due in (due, None)]
    wanted = _wanted(due, here, setting)
    if wanted is None:
        return None
    late = days_late(local(due, setting.office), setting.now, setting.office)
    name = standing.name or standing.unit
    why = held_back(standing, sent=setting.sent) or (wanted if wanted in ("most", "escalated") else None)
    why = why or ("cool-down" if _cooling(past, setting) else None)
    if why is not None:
        return Held(standing.unit, name, why, due, late)
    counted = [one for one in past if one.manner in ("reminder", "phone")]
    nth = 1 + max((one.nth or 1 for one in past if one.manner == "reminder"), default=0)
    return Claim(
        standing.unit,
        name,
        wanted,  # type: ignore[arg-type]
        nth if wanted == "reminder" else 0,
        due,
        standing.original_due or paper.original_due or due,
        late,
        len(counted),
        past[-1].at if past else None,
    )


def hazard_decision(
    paper: Paper, standing: Standing, hazards: Sequence[Hazard], past: Sequence[Past], setting: Setting
) -> Claim | Held | None:
    """What the unit is due about hazards that it has not put right in time: one message for all of them; None where
    there are none, or it was told a short while ago."""
    policy, calendar = setting.policy, setting.calendar
    late = [hazard for hazard in hazards if hazard.late(setting.today)]
    if not late or not setting.works or standing.withdrawn or paper.withdrawn or paper.closed_at:
        return None
    first = min(date.fromisoformat(hazard.due) for hazard in late)
    told = [one for one in past if one.manner == "hazards"]
    if setting.today < calendar.after(first, policy.first):
        return None
    if told and setting.today < calendar.after(setting.day(told[-1].at), policy.interval):
        return None
    due = timestamp(datetime.combine(first, time(23, 59), setting.office))
    days, name = (setting.today - first).days, standing.name or standing.unit
    if _cooling(past, setting):
        return Held(standing.unit, name, "cool-down", due, days)
    nth = 1 + max((one.nth for one in told), default=0)
    ids = tuple(hazard.id for hazard in late)
    last = past[-1].at if past else None
    return Claim(standing.unit, name, "hazards", nth, due, due, days, len(told), last, ids)


def held_back(standing: Standing, *, sent: bool = True) -> Why | None:
    """Why a unit that owes something is not to be reminded of it: the next step is ours."""
    if standing.reviews > standing.decisions:
        return "review"
    if standing.bounced is not None and standing.state < DELIVERED:
        return "bounced"
    if standing.unknown is not None and standing.state < DELIVERED:
        return "unknown"
    if standing.returned:
        return "returned"
    if standing.reservation:
        return "reservation"
    return "not-sent" if sent and standing.state == NOT_SENT else None


def _wanted(due: str, here: Sequence[Past], setting: Setting) -> Manner | Literal["most", "escalated"] | None:
    """The strongest message that the deadline asks for today, or the word why there will be none any more."""
    policy, calendar, today = setting.policy, setting.calendar, setting.today
    day = setting.day(due)
    if timestamp(setting.now) <= due:
        early = policy.notice and today >= calendar.after(day, -policy.notice)
        return "notice" if early and not here else None
    if any(one.manner == "escalation" for one in here):
        return "escalated"
    urged = [one for one in here if one.manner in ("reminder", "phone")]
    rested = not urged or today >= calendar.after(setting.day(urged[-1].at), policy.interval)
    if policy.escalate and urged and rested and today >= calendar.after(day, policy.escalate):
        return "escalation"
    written = [one for one in here if one.manner == "reminder"]
    if len(written) >= policy.most:
        return "most" if not policy.escalate else None
    begun = bool(urged) or today >= calendar.after(day, policy.first)
    return "reminder" if begun and rested else None


def _cooling(past: Sequence[Past], setting: Setting) -> bool:
    if not past:
        return False
    last = datetime.fromisoformat(past[-1].at)
    return setting.now - last < timedelta(hours=setting.policy.cooldown)


def bulletin_due(
    paper: Paper, standings: Sequence[Standing], past: Mapping[str, Sequence[Past]], setting: Setting
) -> bool:
    """Whether a 通报 is due: once for a deadline of all, as long as somebody is late."""
    policy, due = setting.policy, paper.due
    if not policy.bulletin or due is None or timestamp(setting.now) <= due:
        return False
    if not setting.works:
        return False
    if setting.today < setting.calendar.after(setting.day(due), policy.bulletin):
        return False
    if any(one.manner == "bulletin" and one.due in (due, None) for mine in past.values() for one in mine):
        return False
    return any(row.fact == "late" for row in bulletin_rows(paper, standings, setting))


def opens(policy: Policy, calendar: Calendar, office: ZoneInfo, now: datetime) -> datetime | None:
    """The next moment at which something may be sent; None where that is now."""
    moment = now.astimezone(office)
    day, hour = moment.date(), moment.time()
    start, end = policy.quiet_from, policy.quiet_until
    quiet = start != end and (hour >= start or hour < end if start > end else start <= hour < end)
    if calendar.is_workday(day) and not quiet:
        return None
    over_midnight = start > end and hour >= start
    if not calendar.is_workday(day) or over_midnight:
        day = calendar.after(day, 1)
        return datetime.combine(day, end if start > end else time(0), office)
    return datetime.combine(day, end, office)


# -- 通报 --------------------------------------------------------------------------------------------------------------

Fact = Literal["done", "done-late", "late", "open", "exempt", "review", "ours"]
"""done: in time; late: not yet, after its deadline; open: its deadline is still to come; review: an answer has come and
is being looked at; ours: it may not have the circular, or waits for us."""


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """A line of the bulletin's table: facts alone. `due`: the deadline that holds; `at`: when the answer came; `late`:
    begun days."""

    unit: str
    name: str
    fact: Fact
    due: str | None
    at: str | None
    late: int
    extended: bool = False


def bulletin_rows(paper: Paper, standings: Iterable[Standing], setting: Setting) -> tuple[BulletinRow, ...]:
    """A row for each addressee that the circular still goes to, in its list's order."""
    return tuple(
        _row(paper, standing, setting)
        for standing in standings
        if standing.role == "addressee" and standing.receipt and not standing.withdrawn
    )


def _row(paper: Paper, standing: Standing, setting: Setting) -> BulletinRow:
    due = effective_due(paper, standing)
    done = standing.state >= done_state(paper.ask)
    at = (
        (standing.reported_at if paper.ask == "report" else standing.received_at or standing.reported_at)
        if done
        else None
    )
    late, fact = 0, "open"
    if done:
        end = at or standing.closed_at
        if due and end and end > due:
            late = days_late(local(due, setting.office), datetime.fromisoformat(end), setting.office)
        fact = "done-late" if late else "done"
    elif standing.exempt:
        fact = "exempt"
    elif standing.reviews > standing.decisions:
        fact = "review"
    elif held_back(standing, sent=setting.sent):
        fact = "ours"
    elif due and timestamp(setting.now) > due:
        fact, late = "late", days_late(local(due, setting.office), setting.now, setting.office)
    name = standing.name or standing.unit
    extended = due != (standing.original_due or paper.original_due)
    return BulletinRow(standing.unit, name, fact, due, at, late, extended)  # type: ignore[arg-type]
