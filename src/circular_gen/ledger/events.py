"""Events: what can happen to a circular, in one list, and how an event is written down and hashed.

In goes a `Draft` (what a caller wants recorded), out comes an `Event` (what the ledger holds). An event is a line of
canonical JSON: sorted keys, UTF-8, no spaces, no floats. Its hash is SHA-256 over a domain word, the hash of the event
before it and the line, so that no event can be changed, removed, inserted or moved without the next one telling.

`Event` is a named tuple, not a dataclass: a ledger holds millions, and a tuple is made in a third of the time.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from json.encoder import encode_basestring
from typing import Any, Literal, NamedTuple

from circular_gen.errors import CircularGenError
from circular_gen.messages import _

EVENT_DOMAIN = b"circular-gen event 1\0"
GENESIS_DOMAIN = b"circular-gen genesis 1\0"
CLOCK = "clock"
"""The payload's field that the ledger adds when the computer's clock stood before the last event's time."""
_FUTURE = timedelta(minutes=5)
"""How far ahead of the clock a time may lie that a person or another machine gives."""


_decoded = json.JSONDecoder().raw_decode


class DraftError(CircularGenError):
    """An event that cannot be recorded; says why."""


class Draft(NamedTuple):
    """An event to be recorded. `circular`, `unit`: ids, or None where the kind needs none. `payload`: the kind's
    fields; a None is left out, an aware datetime or a date is written in ISO form. `key`: a draft with a key is
    recorded once, however often it is appended."""

    kind: str
    actor: str
    circular: str | None = None
    unit: str | None = None
    payload: Mapping[str, Any] = {}
    key: str | None = None


class Event(NamedTuple):
    """A recorded event. `time`: UTC, ISO 8601 with microseconds and Z; never before the last event's. `text`: the
    payload as canonical JSON. `previous`, `hash`: 32 bytes. `repeated`: this answer to an append was in the ledger
    before (not part of the event)."""

    sequence: int
    time: str
    kind: str
    actor: str
    circular: str | None
    unit: str | None
    text: str
    key: str | None
    previous: bytes
    hash: bytes
    repeated: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """The payload's fields (read anew at every access)."""
        return payload_of(self.text)

    @property
    def at(self) -> str:
        """When it happened, in UTC: the payload's `at` where it has one, else when it was recorded."""
        return happened(self.payload, self.time)

    def line(self) -> str:
        """The canonical JSON that is hashed."""
        return line(self.sequence, self.time, self.kind, self.actor, self.circular, self.unit, self.text, self.key)


class Fact(NamedTuple):
    """What a fold needs of an event: for a million of them, the rest would take longer to read than to fold."""

    sequence: int
    time: str
    kind: str
    unit: str | None
    text: str

    @property
    def payload(self) -> dict[str, Any]:
        """As `Event.payload`."""
        return payload_of(self.text)


def payload_of(text: str) -> dict[str, Any]:
    """A payload's fields from its canonical JSON, which has no space around it. ValueError."""
    fields, end = _decoded(text)
    if end != len(text) or type(fields) is not dict:
        raise ValueError("no payload of an event")
    return fields


def draft(
    kind: str, actor: str, circular: str | None = None, unit: str | None = None, key: str | None = None, **payload: Any
) -> Draft:
    """A draft with its payload as keywords; an underscore in a keyword stands for the hyphen of the field's name."""
    return Draft(kind, actor, circular, unit, {name.replace("_", "-"): value for name, value in payload.items()}, key)


# -- field types: a function from what was given to what is recorded; ValueError with what was expected ---------------

Reader = Callable[[Any], Any]
_WORD = re.compile(r"[a-z][a-z0-9-]{0,63}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HASH = re.compile(r"[0-9a-f]{64}")
_CANONICAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def _text(value: Any) -> str:
    if type(value) is not str or not value or len(value) > 20_000:
        raise ValueError("a text of 1 to 20000 characters")
    return value


def _word(value: Any) -> str:
    if type(value) is not str or not _WORD.fullmatch(value):
        raise ValueError("a word of a-z, 0-9 and -")
    return value


def _one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        if value not in words or type(value) is not str:
            raise ValueError(" | ".join(words))
        return value

    return read


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("a whole number from 0")
    return value


def _yes(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


def _hash(value: Any) -> str:
    if type(value) is not str or not _HASH.fullmatch(value):
        raise ValueError("a SHA-256 in 64 hexadecimal digits")
    return value


def _hashes(value: Any) -> list[str]:
    if isinstance(value, str):
        return [_hash(value)]
    if not isinstance(value, list | tuple):
        raise ValueError("a list of SHA-256")
    return [_hash(part) for part in value]


def _words(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise ValueError("a list of words")
    return [_word(part) for part in value]


def _time(value: Any) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ValueError("a time with its zone, as 2026-12-25T17:00:00+08:00")
    return value if isinstance(value, str) else moment.isoformat()


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
        raise ValueError("a date as 2026-12-25")
    return value


def _json(value: Any) -> Any:
    """Any value of texts, whole numbers, true, false, null, lists and objects: floats differ between machines."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError("whole numbers below 2^53")
        return value
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _json(part) for name, part in value.items()}
    raise ValueError("texts, whole numbers, lists and objects")


# -- the list of kinds -------------------------------------------------------------------------------------------------

About = Literal["circular", "unit", "either", "any"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. `about`: it needs a circular; a circular and a unit; a circular and perhaps a unit; or perhaps
    neither. `issued`: only for circulars that are issued. `annullable`: may be corrected."""

    name: str
    about: About
    required: Mapping[str, Reader] = field(default_factory=dict)
    optional: Mapping[str, Reader] = field(default_factory=dict)
    issued: bool = True
    annullable: bool = True


_WHEN: dict[str, Reader] = {"at": _time, "note": _text}
_MESSAGE: dict[str, Reader] = {
    **_WHEN,
    "channel": _word,
    "to": _text,
    "message": _text,
    "revision": _count,
    "copies": _count,
    "detail": _text,
    "evidence": _hashes,
    "intent": _count,
    "installation": _text,
    "epoch": _count,
}
_RETURNED: dict[str, Reader] = {
    **_WHEN,
    "how": _word,
    "by": _text,
    "post": _text,
    "phone": _text,
    "proxy-for": _text,
    "unit-number": _text,
    "copies": _count,
    "revision": _count,
    "evidence": _hashes,
    "machine": _yes,
    "page": _count,
    "form": _text,
    "answers": _json,
    "signature": _json,
}
_PAPER: dict[str, Reader] = {
    **_WHEN,
    "kind": _text,
    "urgency": _text,
    "approver": _text,
    "drafter": _text,
    "annexes": _count,
    "copies": _count,
    "scope": _text,
    "retention": _text,
    "date": _date,
    "ask": _one_of("none", "acknowledge", "report", "attend"),
    "due": _time,
    "needs": _words,
    "basis": _text,
    "inputs": _json,
    "files": _json,
    "forms": _json,
    "checkpoint": _json,
    "reason": _text,
    "reminders": _json,
}
_HAZARD: dict[str, Reader] = {
    **_WHEN,
    "own-number": _text,
    "found": _date,
    "place": _text,
    "hazard": _text,
    "level": _one_of("general", "major"),
    "measures": _text,
    "funds": _text,
    "responsible": _text,
    "due": _date,
    "precautions": _text,
    "progress": _text,
    "task": _text,
    "by": _text,
    "how": _word,
    "evidence": _hashes,
    "reason": _text,
}
_REASON: dict[str, Reader] = {"reason": _text}

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        # the circular
        Kind(
            "issued",
            "circular",
            {"number": _text, "code": _text, "year": _count, "ordinal": _count, "title": _text},
            {**_PAPER, "revision": _count},
            issued=False,
            annullable=False,
        ),
        Kind("frozen", "circular", {}, _PAPER, annullable=False),
        Kind("revised", "circular", {"revision": _count, **_REASON}, {**_PAPER, "title": _text}, annullable=False),
        Kind("withdrawn", "either", _REASON, _WHEN | {"by": _text, "basis": _text}),
        Kind("abolished", "circular", _REASON, _WHEN | {"by": _text, "basis": _text}),
        Kind(
            "voided-number",
            "any",
            {"code": _text, "year": _count, "ordinal": _count, **_REASON},
            {"number": _text},
            issued=False,
            annullable=False,
        ),
        # a unit's copy on its way
        Kind(
            "addressed",
            "unit",
            {"role": _one_of("addressee", "cc")},
            {
                "name": _text,
                "group": _text,
                "position": _count,
                "copies": _count,
                "receipt": _yes,
                "due": _time,
                "revision": _count,
                "files": _json,
            },
            annullable=False,
        ),
        Kind("intent", "unit", {"channel": _word}, _MESSAGE, annullable=False),
        Kind("handed-over", "unit", {}, _MESSAGE),
        Kind("sent", "unit", {}, _MESSAGE),
        Kind("unknown", "unit", {}, _MESSAGE),
        Kind("delivered", "unit", {}, _MESSAGE),
        Kind("bounced", "unit", {}, {**_MESSAGE, "permanent": _yes, "status": _text}),
        Kind("opened", "unit", {}, _MESSAGE),
        Kind("reissued", "unit", {"cause": _text}, _MESSAGE),
        # what the unit does
        Kind("received", "unit", {"by": _text}, {k: v for k, v in _RETURNED.items() if k != "by"}),
        Kind("received-with-reservation", "unit", {"reservation": _words}, _RETURNED),
        Kind("returned", "unit", _REASON, _RETURNED),
        Kind("answered", "unit", {"answers": _json}, {k: v for k, v in _RETURNED.items() if k != "answers"}),
        Kind("reported", "unit", {}, _RETURNED),
        Kind("rechecked", "unit", {"outcome": _one_of("accepted", "sent-back")}, _RETURNED | _REASON),
        Kind("closed", "either", {}, _WHEN | {"by": _text, "reason": _text, "evidence": _hashes}),
        # what the office does about it
        Kind(
            "reminder-issued",
            "either",
            {
                "paper": _one_of("reminder", "escalation", "bulletin"),
                "number": _text,
                "code": _text,
                "year": _count,
                "ordinal": _count,
            },
            {
                **_WHEN,
                "title": _text,
                "manner": _word,
                "ways": _json,
                "nth": _count,
                "due": _time,
                "by": _text,
                "evidence": _hashes,
                "file": _text,
                "as-of": _time,
                "hazards": _words,
                "superior": _text,
                "checkpoint": _json,
            },
            annullable=False,
        ),
        Kind(
            "reminded",
            "unit",
            {},
            {
                **_MESSAGE,
                "nth": _count,
                "manner": _word,
                "number": _text,
                "due": _time,
                "by": _text,
                "hazards": _words,
            },
        ),
        Kind("extension-refused", "unit", {"due": _time, **_REASON}, _WHEN | {"by": _text, "asked": _time}),
        Kind("extended", "either", {"due": _time, **_REASON}, _WHEN | {"previous": _time, "by": _text, "asked": _time}),
        Kind("exempted", "unit", _REASON, _WHEN | {"by": _text}),
        Kind("noted", "any", {"text": _text}, _MESSAGE, issued=False),
        # 隐患: what units found and put right
        Kind(
            "hazard-reported",
            "unit",
            {"hazard-id": _word, "hazard": _text},
            {k: v for k, v in _HAZARD.items() if k != "hazard"},
        ),
        Kind("hazard-changed", "unit", {"hazard-id": _word}, _HAZARD),
        Kind("hazard-rectified", "unit", {"hazard-id": _word}, _HAZARD),
        Kind("hazard-rechecked", "unit", {"hazard-id": _word, "outcome": _one_of("accepted", "sent-back")}, _HAZARD),
        Kind("hazard-closed", "unit", {"hazard-id": _word}, _HAZARD),
        Kind(
            "hazard-reopened",
            "unit",
            {"hazard-id": _word, **_REASON},
            {k: v for k, v in _HAZARD.items() if k != "reason"},
        ),
        # paper and scans
        Kind(
            "scanned",
            "any",
            {"evidence": _hashes},
            {**_RETURNED, "file": _text, "code": _text, "read": _json},
            issued=False,
        ),
        Kind(
            "fetched",
            "any",
            {"evidence": _hashes, "fate": _word},
            {
                **_WHEN,
                **dict.fromkeys(("mailbox", "message", "sender", "file", "detail"), _text),
                **dict.fromkeys(("validity", "uid"), _count),
                "read": _json,
            },
            issued=False,
            annullable=False,
        ),
        Kind(
            "reviewed",
            "any",
            {"reason": _word, "evidence": _hashes},
            {**_RETURNED, "file": _text, "code": _text, "read": _json, "detail": _text},
            issued=False,
        ),
        Kind(
            "review-decided",
            "any",
            {"event": _count, "decision": _one_of("accepted", "corrected", "rejected")},
            {"by": _text, "reason": _text, "note": _text, "read": _json},
            issued=False,
            annullable=False,
        ),
        Kind(
            "witnessed",
            "any",
            {"size": _count, "root": _text, "agrees": _yes},
            {"evidence": _hashes, "page": _count, "code": _text, "by": _text, "note": _text},
            issued=False,
            annullable=False,
        ),
        # the archive
        Kind("archiving", "any", {"bag": _text, "sha256": _hash}, _REASON | {"items": _count}, issued=False),
        Kind(
            "archived",
            "circular",
            {"bag": _text, "code": _text, "item": _count, "through": _count, "sha256": _hash},
            {**_WHEN, **_REASON},
            annullable=False,
        ),
        Kind("checked-archive", "any", {"bag": _text, "outcome": _word}, _WHEN | {"detail": _text}, issued=False),
        # a mistake
        Kind(
            "corrected",
            "any",
            {"event": _count, **_REASON},
            {"by": _text, "note": _text},
            issued=False,
            annullable=False,
        ),
    )
}
"""Every kind of event, by name."""
NUMBERED = ("issued", "voided-number", "reminder-issued")
"""Kinds that give, or void, a number of a series."""


_FIELDS: dict[str, tuple[dict[str, Reader], frozenset[str]]] = {
    kind.name: ({**kind.optional, **kind.required}, frozenset(kind.required)) for kind in KINDS.values()
}


# -- canonical form ----------------------------------------------------------------------------------------------------

canonical: Callable[[Any], str] = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode
"""A value as canonical JSON (RFC 8785's order for keys of the basic plane; no floats come in)."""


def line(
    sequence: int,
    time: str,
    kind: str,
    actor: str,
    circular: str | None,
    unit: str | None,
    text: str,
    key: str | None,
) -> str:
    """An event without its hashes as canonical JSON; `text` is the payload's canonical JSON."""
    quote = encode_basestring
    return (
        f'{{"actor":{quote(actor)},"circular":{"null" if circular is None else quote(circular)},'
        f'"key":{"null" if key is None else quote(key)},"kind":{quote(kind)},"payload":{text},'
        f'"sequence":{sequence},"time":"{time}","unit":{"null" if unit is None else quote(unit)}}}'
    )


def event_hash(previous: bytes, event_line: str) -> bytes:
    """SHA-256 of the domain word, the hash before and the line."""
    return hashlib.sha256(EVENT_DOMAIN + previous + event_line.encode()).digest()


def genesis(origin: str) -> bytes:
    """What stands as `previous` in a ledger's first event: its events fit into no other ledger."""
    return hashlib.sha256(GENESIS_DOMAIN + origin.encode()).digest()


def is_whole(event: Event) -> bool:
    """Whether the event's own hash fits its content."""
    try:
        return event_hash(event.previous, event.line()) == event.hash
    except (UnicodeEncodeError, TypeError):  # half a character, or in a damaged database a value of another type
        return False


# -- times -------------------------------------------------------------------------------------------------------------


def timestamp(moment: datetime) -> str:
    """An aware time as the ledger writes it: UTC, microseconds, Z. Texts of this form sort as times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def utc(text: str) -> str:
    """An ISO time with a zone as the ledger writes times."""
    return text if _CANONICAL_TIME.fullmatch(text) else timestamp(datetime.fromisoformat(text))


def happened(payload: Mapping[str, Any], time: str) -> str:
    """When an event happened, in UTC: `at`, else the computer's own clock, else the time of recording."""
    at = payload.get("at") or payload.get(CLOCK)
    return time if at is None else utc(at)


# -- drafts ------------------------------------------------------------------------------------------------------------


def read_payload(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it is recorded. DraftError names the first field that is missing, unknown or of a wrong type."""
    fields, required = _FIELDS[kind]
    read: dict[str, Any] = {}
    for name, value in payload.items():
        if value is None:
            continue
        reader = fields.get(name)
        if reader is None:
            raise DraftError(_("an event {kind} has no field {name}").format(kind=kind, name=name))
        try:
            read[name] = reader(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise DraftError(
                _("event {kind}, field {name}: {value} is not as expected: {expected}").format(
                    kind=kind, name=name, value=repr(value)[:80], expected=error
                )
            ) from None
    if not required <= read.keys():
        missing = ", ".join(sorted(required - read.keys()))
        raise DraftError(_("an event {kind} needs {missing}").format(kind=kind, missing=missing))
    return read


def check_draft(drafted: Draft) -> Kind:
    """The draft's kind. DraftError where the kind is unknown, or circular, unit, actor or key are not as it needs."""
    kind = KINDS.get(drafted.kind)
    if kind is None:
        raise DraftError(_("there is no kind of event called {kind}").format(kind=drafted.kind))
    about = kind.about
    if drafted.circular is None and about != "any":
        raise DraftError(_("an event {kind} needs a circular").format(kind=kind.name))
    if drafted.unit is None:
        if about == "unit":
            raise DraftError(_("an event {kind} needs a unit").format(kind=kind.name))
    elif about == "circular" or drafted.circular is None:
        raise DraftError(_("an event {kind} is not about a unit").format(kind=kind.name))
    for name, value in (
        ("actor", drafted.actor),
        ("circular", drafted.circular),
        ("unit", drafted.unit),
        ("key", drafted.key),
    ):
        if value is not None and not (
            isinstance(value, str)
            and 0 < len(value) <= 500
            and (value.isprintable() or not _UNPRINTABLE.search(value))  # 　 counts as unprintable
        ):
            raise DraftError(
                _("event {kind}: {name} must be one line of at most 500 characters").format(kind=kind.name, name=name)
            )
    if not drafted.actor:
        raise DraftError(_("an event {kind} needs an actor").format(kind=kind.name))
    return kind


def check_time(at: str, now: datetime, issued: str | None, date_of_issue: str | None) -> None:
    """DraftError where a given time lies in the future or before the circular. `issued`: when it was recorded as
    issued; `date_of_issue`: its 成文日期, which may be earlier."""
    moment = datetime.fromisoformat(at)
    if moment > now + _FUTURE:
        raise DraftError(_("the time {at} lies in the future").format(at=at))
    if issued and utc(at) < issued and not (date_of_issue and moment.date().isoformat() >= date_of_issue):
        raise DraftError(_("the time {at} lies before the circular was issued").format(at=at))


def annulled(events: Iterable[Event | Fact]) -> frozenset[int]:
    """The numbers of the events that `corrected` ones among `events` annul."""
    return frozenset([event.payload["event"] for event in events if event.kind == "corrected"])
