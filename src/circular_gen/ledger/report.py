"""What `status` and `receipts show` say: standings and events as rows, records and sentences. Pure.

In: papers, statuses and events as the ledger gives them, and the office's zone. Out: JSON records whose words are
English, tables whose words are the clerk's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from circular_gen.errors import UsageError
from circular_gen.ledger.deadlines import Calendar, days_late, local, warnings
from circular_gen.ledger.events import Event, annulled
from circular_gen.ledger.reading import Summary
from circular_gen.ledger.register import Heading, Register, Value
from circular_gen.ledger.standing import OUTDATED, STATES, Paper, Status
from circular_gen.messages import _
from circular_gen.workspace.findings import nearest
from circular_gen.workspace.recipients import plain

COPY = "cc"
"""The flag of a unit that gets a copy and owes nothing."""


def state_words() -> Mapping[str, str]:
    """The states as a clerk reads them."""
    return {
        "not-sent": _("not sent"),
        "sent": _("sent"),
        "delivered": _("delivered"),
        "opened": _("opened"),
        "received": _("received"),
        "reported": _("reported"),
        "closed": _("closed"),
    }


def flag_words() -> Mapping[str, str]:
    """The flags as a clerk reads them."""
    return {
        "overdue": _("overdue"),
        "bounced": _("bounced"),
        "returned": _("returned"),
        "review": _("in review"),
        "exempt": _("exempt"),
        "withdrawn": _("withdrawn"),
        "unknown": _("fate unknown"),
        "reservation": _("with reservation"),
        "extended": _("extended"),
        OUTDATED: _("holds an older edition"),
        COPY: _("copy to know"),
    }


def next_words() -> Mapping[str, str]:
    """The next steps as a clerk reads them."""
    return {
        "review": _("look through the page in review"),
        "send-again": _("send it again"),
        "find-out": _("find out whether it arrived"),
        "reissue": _("send what is missing"),
        "answer": _("answer the unit"),
        "send": _("send it"),
        "send-revision": _("send the new edition"),
        "remind": _("remind"),
        "wait": _("wait"),
        "recheck": _("check the report"),
        "close": _("close"),
    }


def way_words() -> Mapping[str, str]:
    """How a receipt was confirmed, as a clerk reads it."""
    return {
        "paper": _("signed in person"),
        "scan": _("signed in person, read from the page"),
        "phone": _("on the phone"),
        "wechat": _("by WeChat"),
        "proxy": _("by somebody else for the unit"),
        "electronic": _("electronically"),
        "mail": _("by mail, read from the page"),
    }


def channel_words() -> Mapping[str, str]:
    """How it went out, as a clerk reads it."""
    return {"email": _("mail"), "folder": _("folder"), "print": _("print"), "portal": _("portal")}


def reservation_words() -> Mapping[str, str]:
    """What was wrong with what came, as a clerk reads it (on papers: register.RESERVATIONS)."""
    return {
        "missing-copies": _("copies missing"),
        "missing-pages": _("pages missing"),
        "damaged": _("damaged when it came"),
        "wrong-addressee": _("misdirected"),
        "seal-unclear": _("seal unclear"),
    }


def manner_words() -> Mapping[str, str]:
    """How a unit was reminded, as a clerk reads it."""
    return {
        "notice": _("notice before the deadline"),
        "reminder": _("reminder (催办)"),
        "escalation": _("escalation (督办)"),
        "bulletin": _("bulletin (通报)"),
        "phone": _("on the phone"),
        "hazards": _("reminder about hazards"),
    }


# -- status ------------------------------------------------------------------------------------------------------------


def flags_of(status: Status) -> tuple[str, ...]:
    """A unit's flags, and whether it only gets a copy."""
    return (*status.flags, COPY) if status.role == "cc" else status.flags


UNOPENED = ("not-sent", "sent", "delivered")
"""States in which a unit has not looked at it, as far as anybody knows."""


def chosen(
    statuses: Iterable[Status], *, late: bool = False, unopened: bool = False, group: str | None = None
) -> tuple[Status, ...]:
    """Those that are overdue, that have not opened it, that are of a group: all that is asked for, in the list's
    order. UsageError with the nearest names for a group that the circular does not address."""
    statuses = tuple(statuses)
    groups = dict.fromkeys(status.group for status in statuses if status.group)
    if group is not None and plain(group) not in map(plain, groups):
        message = _("the circular addresses no group {group}; its groups are {nearest}")
        raise UsageError(message.format(group=group, nearest="、".join(nearest(group, groups)) or _("none")))
    return tuple(
        status
        for status in statuses
        if not (late and "overdue" not in status.flags)
        and not (unopened and (status.state not in UNOPENED or set(status.flags) & {"exempt", "withdrawn"}))
        and not (group is not None and plain(status.group) != plain(group))
    )


def time_left(status: Status, now: datetime, office: ZoneInfo, calendar: Calendar) -> tuple[int, int] | None:
    """(days late, work days left) of a unit that still owes something until a deadline; None of any other."""
    if not status.open or not status.due:
        return None
    due = local(status.due, office)
    return days_late(due, now, office), calendar.between(now.astimezone(office).date(), due.date())


def calendar_warnings(statuses: Iterable[Status], now: datetime, office: ZoneInfo, calendar: Calendar) -> list[str]:
    """A line for each year whose work days are only guessed, where deadlines that are still open lie in it."""
    today = now.astimezone(office).date()
    dues = [local(status.due, office).date() for status in statuses if status.open and status.due]
    return list(warnings(calendar, today, max(dues))) if dues and max(dues) > today else []


def status_record(
    paper: Paper,
    statuses: Sequence[Status],
    as_of: datetime,
    office: ZoneInfo,
    calendar: Calendar,
    shown: Sequence[Status] | None = None,
) -> dict[str, Any]:
    """`status NAME --json` (design.md, section 6); times in the office's zone. `shown`: the units to list, where that
    is not all; the counts are of all."""
    units = []
    for status in statuses if shown is None else shown:
        late, left = time_left(status, as_of, office, calendar) or (None, None)
        units.append(
            {
                "unit": status.unit,
                "name": status.name,
                "group": status.group or None,
                "state": status.state,
                "since": iso_time(status.since, office),
                "by": status.by or None,
                "due": iso_time(status.due, office),
                "original_due": iso_time(status.original_due, office),
                "days_late": late,
                "workdays_left": left,
                "flags": list(flags_of(status)),
                "revision": status.revision,
                "next": status.next or None,
            }
        )
    return {
        "circular": paper.circular,
        "number": paper.number,
        "as_of": as_of.astimezone(office).isoformat(timespec="seconds"),
        "counts": {state: sum(status.state == state for status in statuses) for state in STATES},
        "units": units,
        "revision": paper.revision,
    }


def circulars_record(summaries: Iterable[Summary], as_of: datetime, office: ZoneInfo) -> dict[str, Any]:
    """`status --json`: every issued circular."""
    return {
        "as_of": as_of.astimezone(office).isoformat(timespec="seconds"),
        "circulars": [
            {
                "circular": summary.paper.circular,
                "number": summary.paper.number,
                "title": summary.paper.title,
                "issued": iso_time(summary.paper.issued_at, office),
                "due": iso_time(summary.paper.due, office),
                "addressees": summary.addressees,
                "received": summary.received,
                "reported": summary.reported,
                "overdue": summary.overdue,
                "review": summary.review,
                "withdrawn": summary.paper.withdrawn or None,
                "abolished": summary.paper.abolished or None,
            }
            for summary in summaries
        ],
    }


def status_table(
    paper: Paper, statuses: Sequence[Status], as_of: datetime, office: ZoneInfo, calendar: Calendar
) -> Register:
    """A row for each unit, as `status NAME` prints it and puts it into a workbook. The first column is the group."""
    states, flags, steps = state_words(), flag_words(), next_words()
    rows = tuple(
        (
            status.group,
            status.unit,
            status.name or status.unit,
            states[status.state],
            short_time(status.since, office),
            status.by,
            short_time(status.due, office),
            _left_words(time_left(status, as_of, office, calendar)),
            "、".join(filter(None, (*(flags[flag] for flag in flags_of(status)), edition_words(status, paper)))),
            steps.get(status.next, ""),
        )
        for status in statuses
    )
    columns = (
        Heading(_("group"), 0.12, "left"),
        Heading(_("unit"), 0.08, "left"),
        Heading(_("name"), 0.15, "left"),
        Heading(_("state"), 0.07),
        Heading(_("since"), 0.11),
        Heading(_("by"), 0.07),
        Heading(_("due"), 0.11),
        Heading(_("time left"), 0.09),
        Heading(_("remarks"), 0.1, "left"),
        Heading(_("next step"), 0.1, "left"),
    )
    return Register(_("Status"), f"{paper.number}　{paper.title}　{_as_of(as_of, office)}", columns, rows)


def _left_words(left: tuple[int, int] | None) -> str:
    if left is None:
        return ""
    late, days = left
    return _("{days} days late").format(days=late) if late else _("{days} work days").format(days=days)


def edition_words(status: Status, paper: Paper) -> str:
    """Which edition a unit holds, where there is more than one."""
    if not paper.revision or status.revision is None:
        return ""
    return _("holds r{revision}").format(revision=status.revision)


def circulars_table(summaries: Iterable[Summary], as_of: datetime, office: ZoneInfo) -> Register:
    """A row for each issued circular, as `status` prints it and puts it into a workbook."""
    rows = tuple(
        (
            summary.paper.circular,
            summary.paper.number,
            summary.paper.title,
            short_time(summary.paper.due, office),
            summary.addressees,
            summary.received,
            summary.reported if summary.paper.ask == "report" else "",
            summary.overdue,
            summary.review,
            void_word(summary.paper),
        )
        for summary in summaries
    )
    columns = (
        Heading(_("circular"), 0.13, "left"),
        Heading(_("number"), 0.14, "left"),
        Heading(_("title"), 0.25, "left"),
        Heading(_("due"), 0.12),
        Heading(_("addressees"), 0.06, "right"),
        Heading(_("received"), 0.06, "right"),
        Heading(_("reported"), 0.06, "right"),
        Heading(_("overdue"), 0.06, "right"),
        Heading(_("in review"), 0.06, "right"),
        Heading(_("remarks"), 0.06),
    )
    return Register(_("Status"), _as_of(as_of, office), columns, rows)


def void_word(paper: Paper) -> str:
    """Whether a circular is withdrawn, abolished or closed, in a word."""
    return (
        _("withdrawn")
        if paper.withdrawn
        else _("abolished")
        if paper.abolished
        else _("closed")
        if paper.closed_at
        else ""
    )


def unknown_numbers(skipped: Sequence[int]) -> str:
    """A note about the numbers of a series, following each other, that were given outside this ledger."""
    numbers = "–".join(dict.fromkeys((str(skipped[0]), str(skipped[-1]))))
    return _("note: the ledger does not know the numbers before it: {numbers}").format(numbers=numbers)


def counted(statuses: Iterable[Status]) -> str:
    """How far the addressees are, in a line."""
    addressed = [status for status in statuses if status.role != "cc" and "withdrawn" not in status.flags]
    received = STATES.index("received")
    return _("{received} of {all} addressees have confirmed, {overdue} are overdue, {review} in review").format(
        received=sum(STATES.index(status.state) >= received for status in addressed),
        all=len(addressed),
        overdue=sum("overdue" in status.flags for status in addressed),
        review=sum("review" in status.flags for status in addressed),
    )


def short_time(text: str | None, office: ZoneInfo) -> str:
    """A time of the ledger to the minute, as the office reads it; empty for none."""
    return f"{local(text, office):%Y-%m-%d %H:%M}" if text else ""


def iso_time(text: str | None, office: ZoneInfo) -> str | None:
    """A time of the ledger in ISO 8601, in the office's zone; None for none."""
    return local(text, office).isoformat(timespec="seconds") if text else None


def _as_of(moment: datetime, office: ZoneInfo) -> str:
    return _("as of {time}").format(time=f"{moment.astimezone(office):%Y-%m-%d %H:%M}")


# -- what happened -----------------------------------------------------------------------------------------------------


class Happening(NamedTuple):
    """An event as `receipts show` tells it. `time`: when it happened; `details`: field by field; `annulled`: by which
    event, where a correction took it back."""

    event: int
    time: str
    kind: str
    what: str
    details: str
    actor: str
    annulled: int | None


class Review(NamedTuple):
    """A returned page that waits for a decision."""

    event: int
    time: str
    circular: str | None
    unit: str | None
    reason: str
    file: str
    detail: str


def kind_words() -> Mapping[str, str]:
    """The kinds of events as a clerk reads them."""
    return {
        "issued": _("issued"),
        "frozen": _("originals kept"),
        "revised": _("revised"),
        "withdrawn": _("withdrawn"),
        "abolished": _("abolished"),
        "voided-number": _("number voided"),
        "addressed": _("put on the distribution list"),
        "intent": _("about to be sent"),
        "handed-over": _("handed over for delivery"),
        "sent": _("sent"),
        "unknown": _("fate unknown"),
        "delivered": _("delivered"),
        "bounced": _("bounced"),
        "opened": _("opened"),
        "reissued": _("sent once more"),
        "received": _("receipt confirmed"),
        "received-with-reservation": _("receipt confirmed with reservation"),
        "returned": _("returned"),
        "answered": _("answered"),
        "reported": _("reported"),
        "rechecked": _("report checked"),
        "closed": _("closed"),
        "reminder-issued": _("reminder approved"),
        "reminded": _("reminded"),
        "extended": _("deadline extended"),
        "extension-refused": _("more time refused"),
        "exempted": _("exempted"),
        "noted": _("note"),
        "hazard-reported": _("hazard reported"),
        "hazard-changed": _("hazard: entry changed"),
        "hazard-rectified": _("hazard put right"),
        "hazard-rechecked": _("hazard rechecked"),
        "hazard-closed": _("hazard closed"),
        "hazard-reopened": _("hazard opened again"),
        "scanned": _("page read"),
        "fetched": _("mail came"),
        "reviewed": _("page put into review"),
        "review-decided": _("review decided"),
        "witnessed": _("checkpoint came back"),
        "archiving": _("a bag for the archive made"),
        "archived": _("archived"),
        "checked-archive": _("archive checked"),
        "corrected": _("annulled"),
    }


def _fields() -> Mapping[str, str]:
    """The payload's fields that are worth telling, in the order in which they are told."""
    return {
        "number": _("number"),
        "title": _("title"),
        "manner": _("manner"),
        "hazard-id": _("hazard"),
        "by": _("by"),
        "proxy-for": _("for"),
        "post": _("post"),
        "how": _("how"),
        "channel": _("channel"),
        "to": _("to"),
        "copies": _("copies"),
        "unit-number": _("the unit's number"),
        "due": _("due"),
        "asked": _("asked for"),
        "reservation": _("reservation"),
        "outcome": _("outcome"),
        "decision": _("decision"),
        "cause": _("cause"),
        "reason": _("reason"),
        "detail": _("detail"),
        "text": _("text"),
        "note": _("note"),
        "file": _("file"),
        "event": _("event"),
        "revision": _("edition"),
    }


def _values() -> Mapping[str, Mapping[str, str]]:
    """The words for programs of some fields, as a clerk reads them."""
    return {
        "manner": manner_words(),
        "how": way_words(),
        "channel": channel_words(),
        "reservation": reservation_words(),
        "outcome": {"accepted": _("nothing to object to"), "sent-back": _("sent back")},
        "decision": {"accepted": _("accepted"), "corrected": _("corrected"), "rejected": _("rejected")},
    }


def _by(kind: str) -> str:
    """What a person named in an event is to it."""
    if kind in ("rechecked", "hazard-rechecked", "hazard-closed"):
        return _("checked by")
    if kind in ("withdrawn", "abolished", "closed", "extended", "extension-refused", "exempted"):
        return _("decided by")
    if kind in ("reminder-issued", "reminded"):
        return _("approved by")
    return _("by")


def history(events: Iterable[Event], office: ZoneInfo) -> tuple[Happening, ...]:
    """Events in the order of the ledger, told."""
    events = sorted(events, key=lambda event: event.sequence)
    gone = annulled(events)
    by = {event.payload["event"]: event.sequence for event in events if event.kind == "corrected"}
    words, names, values = kind_words(), _fields(), _values()
    return tuple(
        Happening(
            event.sequence,
            short_time(event.at, office),
            event.kind,
            words.get(event.kind, event.kind),
            _told(event.payload, {**names, "by": _by(event.kind)}, values, office),
            event.actor,
            by[event.sequence] if event.sequence in gone else None,
        )
        for event in events
    )


def _told(
    payload: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Mapping[str, str]], office: ZoneInfo
) -> str:
    parts = []
    for name, shown in names.items():
        if name in payload and (name, payload[name]) != ("revision", 0):
            value: Value = payload[name]
            if name in ("due", "asked"):
                value = short_time(str(value), office) if "T" in str(value) else value
            elif name == "revision":
                value = f"r{value}"
            else:
                words = values.get(name, {})
                several = value if isinstance(value, list) else [value]
                value = "、".join(words.get(str(one), str(one)) for one in several)
            parts.append(_("{name}: {value}").format(name=shown, value=value))
    return _("; ").join(parts)


def reviews(events: Iterable[Event], office: ZoneInfo) -> tuple[Review, ...]:
    """Open reviews as a list."""
    return tuple(
        Review(
            event.sequence,
            short_time(event.at, office),
            event.circular,
            event.unit,
            event.payload["reason"],
            event.payload.get("file", ""),
            event.payload.get("detail", ""),
        )
        for event in events
    )
