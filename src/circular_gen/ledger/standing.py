"""Standing: where a unit is with a circular, and the circular itself, as a fold over their events. Pure.

`Standing` folds the events about (circular, unit), `Paper` those about the circular alone; `status` puts both together
for a moment, since whether something is overdue depends on the clock. Rules:

- The state is the furthest fact there is, whatever came after: earlier facts never fall back.
- Of two events that say the same, the one that happened first gives the time; so facts may arrive in any order.
- What a machine read and what a person said stand side by side; the person's is shown. Reading again clears "verified".
- `corrected` annuls an event by number: the fold leaves it out, as if it had never been.

The store keeps both as rows of its projection, columns named as here; that is why they are named tuples.
"""

# ruff: noqa: ARG001, ARG005 (all changes have one signature, so that they can stand in a table)
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from circular_gen.ledger.events import Event, Fact, annulled, happened, utc

STATES = ("not-sent", "sent", "delivered", "opened", "received", "reported", "closed")
"""States in order; a standing's `state` is the place in here."""
NOT_SENT, SENT, DELIVERED, OPENED, RECEIVED, REPORTED, CLOSED = range(7)
FLAGS = ("bounced", "returned", "review", "exempt", "withdrawn", "unknown", "reservation", "extended")
"""Flags that do not depend on the clock; a standing's `flags` has a bit for each."""
OUTDATED = "old-revision"
"""The flag of a unit that holds an older edition than the newest; it depends on the circular, and has no bit."""


class Standing(NamedTuple):
    """A unit's standing with a circular. Times are UTC texts, None where nothing happened; texts are empty then.

    `position`: its place in the circular's list. `receipt`: it owes an answer. `due`: its own deadline where it has
    one, `original_due` the first one. `machine_*` and `manual_*`: who received it when and how, as read and as said.
    `bounced`, `unknown`: the message that came back, or whose fate nobody knows. `reviews`, `decisions`: pages that
    went to review, and decisions on them. `revision`: the newest that was sent to it, or that its receipt is for.
    `last`: its last event."""

    circular: str
    unit: str
    role: str = "addressee"
    name: str = ""
    grouped: str = ""
    position: int = 0
    copies: int = 1
    receipt: bool = True
    original_due: str | None = None
    due: str | None = None
    state: int = 0
    flags: int = 0
    sent_at: str | None = None
    channel: str = ""
    delivered_at: str | None = None
    opened_at: str | None = None
    machine_at: str | None = None
    machine_by: str = ""
    machine_how: str = ""
    manual_at: str | None = None
    manual_by: str = ""
    manual_how: str = ""
    verified: bool = False
    reservation: str = ""
    copies_received: int | None = None
    unit_number: str = ""
    reported_at: str | None = None
    reported_by: str = ""
    rechecked_at: str | None = None
    closed_at: str | None = None
    bounced: str | None = None
    unknown: str | None = None
    returned: str = ""
    reviews: int = 0
    decisions: int = 0
    reminders: int = 0
    reminded_at: str | None = None
    exempt: str = ""
    withdrawn: str = ""
    revision: int = 0
    last: int = 0

    @property
    def received_at(self) -> str | None:
        """When it was received: the person's word before the machine's."""
        return self.manual_at or self.machine_at

    @property
    def received_by(self) -> str:
        return self.manual_by if self.manual_at else self.machine_by

    @property
    def received_how(self) -> str:
        return self.manual_how if self.manual_at else self.machine_how

    @property
    def since(self) -> str | None:
        """When the present state was reached; None for not-sent."""
        return (
            None,
            self.sent_at,
            self.delivered_at,
            self.opened_at,
            self.received_at,
            self.reported_at,
            self.closed_at,
        )[self.state]


_PLACES = {name: place for place, name in enumerate(Standing._fields)}
_STATE, _FLAGS, _LAST = (_PLACES[name] for name in ("state", "flags", "last"))
_DATED = itemgetter(
    *(_PLACES[f"{name}_at"] for name in ("closed", "reported", "machine", "manual", "opened", "delivered", "sent"))
)
_FLAGGED = itemgetter(
    *(_PLACES[name] for name in ("bounced", "returned", "reviews", "decisions", "exempt", "withdrawn", "unknown")),
    *(_PLACES[name] for name in ("reservation", "due", "original_due")),
)
_NEW = Standing("", "")


class Paper(NamedTuple):
    """A circular as the ledger knows it. `due` is the present deadline for all, `original_due` the first. `withdrawn`,
    `abolished`, `closed_at` as recorded; `units` is not folded: how many it addresses is counted from the standings."""

    circular: str
    number: str = ""
    code: str = ""
    year: int = 0
    ordinal: int = 0
    title: str = ""
    issued_at: str = ""
    date: str | None = None
    ask: str = "none"
    original_due: str | None = None
    due: str | None = None
    revision: int = 0
    withdrawn: str = ""
    abolished: str = ""
    closed_at: str | None = None
    last: int = 0


class Status(NamedTuple):
    """What `status` shows of a unit: words, not numbers. `late`: it was done, or is still open, after its deadline.
    `revision`: the newest edition that it holds, None where it holds none. `open`: something is still asked of it."""

    unit: str
    name: str
    role: str
    group: str
    state: str
    since: str | None
    by: str
    due: str | None
    original_due: str | None
    flags: tuple[str, ...]
    late: bool
    next: str
    revision: int | None = None
    open: bool = False


Change = Mapping[str, Any]
Payload = Mapping[str, Any]


# -- a unit ------------------------------------------------------------------------------------------------------------


def _first(known: str | None, at: str) -> str:
    return at if known is None or at < known else known


def _addressed(now: Standing, payload: Payload, at: str) -> Change:
    due = utc(payload["due"]) if "due" in payload else None
    return {
        "role": payload["role"],
        "name": payload.get("name", now.name),
        "grouped": payload.get("group", now.grouped),
        "position": payload.get("position", now.position),
        "copies": payload.get("copies", now.copies),
        "receipt": payload.get("receipt", payload["role"] == "addressee"),
        "due": due or now.due,
        "original_due": now.original_due or due,
        "withdrawn": "",  # a revision may address a unit again
    }


def _sent(now: Standing, payload: Payload, at: str) -> Change:
    change: dict[str, Any] = {}
    if now.sent_at is None or at < now.sent_at:
        change["sent_at"], change["channel"] = at, payload.get("channel", "")
    message = payload.get("message", "")
    if payload.get("revision", 0) > now.revision:
        change["revision"] = payload["revision"]
    if now.bounced is not None and (not message or message != now.bounced):
        change["bounced"] = None  # sent again; the report on a message may come before its own "handed over"
    if now.unknown is not None:
        change["unknown"] = None
    return change


def _delivered(now: Standing, payload: Payload, at: str) -> Change:
    return {"delivered_at": _first(now.delivered_at, at), "bounced": None, "unknown": None}


def _opened(now: Standing, payload: Payload, at: str) -> Change:
    return {"opened_at": _first(now.opened_at, at), "bounced": None, "unknown": None}


def _bounced(now: Standing, payload: Payload, at: str) -> Change:
    return {"bounced": payload.get("message", ""), "unknown": None}


def _unknown(now: Standing, payload: Payload, at: str) -> Change:
    return {"unknown": payload.get("message", "")}


def _received(now: Standing, payload: Payload, at: str) -> Change:
    change: dict[str, Any] = {"returned": "", "reservation": " ".join(payload.get("reservation", ()))}
    said = (at, payload.get("by", ""), payload.get("how", ""))
    if payload.get("machine"):
        if now.machine_at is None or said < (now.machine_at, now.machine_by, now.machine_how):
            change["machine_at"], change["machine_by"], change["machine_how"] = said
        change["verified"] = False
    elif now.manual_at is None or said < (now.manual_at, now.manual_by, now.manual_how):
        change["manual_at"], change["manual_by"], change["manual_how"] = said
    if "copies" in payload:
        change["copies_received"] = payload["copies"]
    if "unit-number" in payload:
        change["unit_number"] = payload["unit-number"]
    if payload.get("revision", 0) > now.revision:
        change["revision"] = payload["revision"]
    return change


def _reported(now: Standing, payload: Payload, at: str) -> Change:
    change: dict[str, Any] = {"returned": ""}
    if now.reported_at is None or (at, payload.get("by", "")) < (now.reported_at, now.reported_by):
        change["reported_at"], change["reported_by"] = at, payload.get("by", "")
    if payload.get("machine"):
        change["verified"] = False
    if payload.get("revision", 0) > now.revision:
        change["revision"] = payload["revision"]
    return change


def _read(now: Standing, payload: Payload, at: str) -> Change:
    return {"verified": False} if payload.get("machine") else {}


def _rechecked(now: Standing, payload: Payload, at: str) -> Change:
    if payload["outcome"] == "sent-back":
        return {"returned": payload.get("reason", "") or "sent-back"}
    return {"rechecked_at": _first(now.rechecked_at, at), "returned": ""}


def _closed(now: Standing, payload: Payload, at: str) -> Change:
    return {"closed_at": _first(now.closed_at, at), "returned": ""}


def _extended(now: Standing, payload: Payload, at: str) -> Change:
    previous = utc(payload["previous"]) if "previous" in payload else None
    return {"due": utc(payload["due"]), "original_due": now.original_due or now.due or previous}


def _reissued(now: Standing, payload: Payload, at: str) -> Change:
    return {**_sent(now, payload, at), "returned": "", "reservation": ""}


_NO_REMINDER = ("notice", "bulletin", "hazards")
"""Manners of `reminded` that say nothing about a missed deadline of the circular itself."""


def _reminded(now: Standing, payload: Payload, at: str) -> Change:
    counts = payload.get("manner") not in _NO_REMINDER
    return {"reminders": now.reminders + counts, "reminded_at": max(now.reminded_at or at, at)}


def _decided(now: Standing, payload: Payload, at: str) -> Change:
    change: dict[str, Any] = {"decisions": now.decisions + 1}
    if payload["decision"] != "rejected":
        change["verified"] = True
    return change


_UNIT: Mapping[str, Callable[[Standing, Payload, str], Change]] = {
    "addressed": _addressed,
    "handed-over": _sent,
    "sent": _sent,
    "unknown": _unknown,
    "delivered": _delivered,
    "bounced": _bounced,
    "opened": _opened,
    "reissued": _reissued,
    "received": _received,
    "received-with-reservation": _received,
    "returned": lambda now, payload, at: {"returned": payload["reason"]},
    "answered": _read,
    "scanned": _read,
    "reported": _reported,
    "rechecked": _rechecked,
    "closed": _closed,
    "reminded": _reminded,
    "extended": _extended,
    "exempted": lambda now, payload, at: {"exempt": payload["reason"]},
    "withdrawn": lambda now, payload, at: {"withdrawn": payload["reason"]},
    "reviewed": lambda now, payload, at: {"reviews": now.reviews + 1},
    "review-decided": _decided,
}
"""What each kind about a unit changes; kinds that are not here change nothing (intent, witnessed, noted, what is
about a hazard: see hazards.py)."""


def advanced(now: Standing, kind: str, payload: Payload, time: str, sequence: int) -> Standing:
    """The standing after one more event about the unit (not for `corrected`: that needs `fold`)."""
    values = list(now)
    change = _UNIT.get(kind)
    if change is not None:
        _change(values, change(now, payload, happened(payload, time)))
    _settle(values, sequence)
    return Standing._make(values)


def fold(circular: str, unit: str, events: Sequence[Event | Fact]) -> Standing:
    """The standing from all events about the unit, in the ledger's order."""
    return Standing._make(folded(circular, unit, events))


def folded(circular: str, unit: str, events: Sequence[Event | Fact]) -> tuple[Any, ...]:
    """The values of `fold`: where there are millions, making a `Standing` of each would take as long as folding."""
    values: list[Any] = list(_NEW)
    values[0], values[1] = circular, unit
    now: Standing | None = _NEW  # no rule looks at circular and unit
    for event in _standing_events(events):
        change = _UNIT.get(event.kind)
        if change is not None:
            payload = event.payload
            _change(values, change(now or Standing._make(values), payload, happened(payload, event.time)))
            now = None
    if events:  # state, flags and last are said once
        _settle(values, events[-1].sequence)
    return tuple(values)


def _change(values: list[Any], change: Change) -> None:
    for name, value in change.items():  # by place: a third of what _replace takes
        values[_PLACES[name]] = value


def _settle(values: list[Any], sequence: int) -> None:
    """State and flags as the facts say; `sequence`: of the last event."""
    closed, reported, machine, manual, opened, delivered, sent = _DATED(values)
    bounced, returned, reviews, decisions, exempt, withdrawn, unknown, reservation, due, original_due = _FLAGGED(values)
    state = (
        CLOSED
        if closed
        else REPORTED
        if reported
        else RECEIVED
        if machine or manual
        else OPENED
        if opened
        else DELIVERED
        if delivered
        else SENT
        if sent
        else NOT_SENT
    )
    values[_STATE] = state
    values[_FLAGS] = (
        (bounced is not None and state < DELIVERED)
        | bool(returned) << 1
        | (reviews > decisions) << 2
        | bool(exempt) << 3
        | bool(withdrawn) << 4
        | (unknown is not None and state < DELIVERED) << 5
        | bool(reservation) << 6
        | (due != original_due) << 7
    )
    values[_LAST] = sequence


# -- a circular --------------------------------------------------------------------------------------------------------


def _issued(now: Paper, payload: Payload, time: str) -> Change:
    due = utc(payload["due"]) if "due" in payload else None
    return {
        **{name: payload[name] for name in ("number", "code", "year", "ordinal", "title")},
        "issued_at": time,
        "date": payload.get("date"),
        "ask": payload.get("ask", "none"),
        "due": due,
        "original_due": due,
        "revision": payload.get("revision", 0),
    }


def _revised(now: Paper, payload: Payload, time: str) -> Change:
    change = {name: payload[name] for name in ("title", "date", "ask", "revision") if name in payload}
    if "due" in payload:
        change["due"] = utc(payload["due"])
        change["original_due"] = now.original_due or change["due"]
    return change


_PAPER: Mapping[str, Callable[[Paper, Payload, str], Change]] = {
    "issued": _issued,
    "revised": _revised,
    "withdrawn": lambda now, payload, time: {"withdrawn": payload["reason"]},
    "abolished": lambda now, payload, time: {"abolished": payload["reason"]},
    "closed": lambda now, payload, time: {"closed_at": _first(now.closed_at, happened(payload, time))},
    "extended": lambda now, payload, time: {
        "due": utc(payload["due"]),
        "original_due": now.original_due or (utc(payload["previous"]) if "previous" in payload else None),
    },
}


def advanced_paper(now: Paper, kind: str, payload: Payload, time: str, sequence: int) -> Paper:
    """The circular after one more event about it alone."""
    change = _PAPER.get(kind)
    return now._replace(last=sequence, **(change(now, payload, time) if change else {}))


def fold_paper(circular: str, events: Sequence[Event | Fact]) -> Paper:
    """The circular from all events about it alone, in the ledger's order."""
    paper = Paper(circular)
    for event in _standing_events(events):
        paper = advanced_paper(paper, event.kind, event.payload, event.time, event.sequence)
    return paper._replace(last=events[-1].sequence) if events else paper


def _standing_events(events: Sequence[Event | Fact]) -> Iterable[Event | Fact]:
    """The events that count: without corrections, what they annul, and decisions on annulled reviews."""
    gone = annulled(events)
    if not gone:
        return events
    return [
        event
        for event in events
        if event.kind != "corrected"
        and event.sequence not in gone
        and not (event.kind == "review-decided" and event.payload["event"] in gone)
    ]


# -- both, at a moment -------------------------------------------------------------------------------------------------


def done_state(ask: str) -> int:
    """The state in which a unit owes nothing more: reported where a report is asked for, else received."""
    return REPORTED if ask == "report" else RECEIVED


def owes(paper: Paper, role: str, receipt: bool, state: int, flags: int) -> bool:
    """Whether something is still asked of a unit."""
    excused = flags >> 3 & 3  # exempt, withdrawn
    return (
        receipt
        and role == "addressee"
        and paper.ask != "none"
        and state < done_state(paper.ask)
        and not (excused or paper.withdrawn or paper.abolished or paper.closed_at)
    )


def effective_due(paper: Paper, standing: Standing) -> str | None:
    """The deadline that holds for a unit: its own where it has one, else the circular's."""
    return standing.due or paper.due


def status(paper: Paper, standing: Standing, now: str) -> Status:
    """What a unit's row of `status` says at `now` (UTC text, as the ledger writes times)."""
    due = effective_due(paper, standing)
    open_ = owes(paper, standing.role, standing.receipt, standing.state, standing.flags)
    overdue = bool(open_ and due and due < now)
    flags = [name for bit, name in enumerate(FLAGS) if standing.flags >> bit & 1]
    if paper.withdrawn and "withdrawn" not in flags:
        flags.append("withdrawn")
    if paper.due != paper.original_due and standing.receipt and standing.due is None and "extended" not in flags:
        flags.append("extended")
    held = standing.revision if standing.state >= SENT else None
    outdated = held is not None and held < paper.revision and not standing.withdrawn
    if outdated:
        flags.append(OUTDATED)
    done_at = standing.reported_at if paper.ask == "report" else standing.received_at or standing.reported_at
    by = (
        standing.reported_by
        if standing.state == REPORTED
        else standing.received_by or standing.reported_by
        if standing.state >= RECEIVED
        else ""
    )
    return Status(
        standing.unit,
        standing.name,
        standing.role,
        standing.grouped,
        STATES[standing.state],
        standing.since,
        by,
        due if standing.receipt else None,
        (standing.original_due or paper.original_due) if standing.receipt else None,
        (("overdue",) if overdue else ()) + tuple(flags),
        overdue or bool(due and done_at and done_at > due),
        _next(standing, open_, overdue, outdated),
        held,
        open_,
    )


def _next(standing: Standing, open_: bool, overdue: bool, outdated: bool) -> str:
    """The next step for the office, in a word; empty where there is none."""
    if standing.reviews > standing.decisions:
        return "review"
    if standing.flags >> 3 & 3:
        return ""
    if standing.bounced is not None and standing.state < DELIVERED:
        return "send-again"
    if standing.unknown is not None and standing.state < DELIVERED:
        return "find-out"
    if standing.returned or standing.reservation:
        return "reissue" if standing.reservation else "answer"
    if standing.state == NOT_SENT:
        return "send"
    if outdated:
        return "send-revision"
    if open_:
        return "remind" if overdue else "wait"
    if standing.state == REPORTED:
        return "close" if standing.rechecked_at else "recheck"
    return ""
