"""Which delivery a mail is about, and what follows from it.

In: a `Mail`, the office's identity, the deliveries as the ledger's intents tell them. Out: a `Verdict`: drafts of
events, or why a person must look. A report counts only where it proves that it knows what only we and
the unit's server know:

    address for bounces with its MAC ─► ENVID with its MAC ─► Message-ID of the mail that came back

All of them that are there must agree, and the recipient must be the one we wrote to. A wrong MAC is a forgery and
changes nothing. Recipient and day alone could be guessed by anybody: what they point to is a person's to decide. The
sender's address proves nothing and is not looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import getaddresses
from typing import Any, Self

from circular_gen.dispatch.identity import Identity, domain, read_message_id
from circular_gen.ledger import Draft, Intents, Reader, Writer
from circular_gen.ledger.events import annulled
from circular_gen.messages import _
from circular_gen.returns.reports import Mail, Recipient
from circular_gen.returns.settling import arrived

_NEAR = timedelta(days=7)
"""How long after a delivery a report on it may come that says no more than recipient and day."""
_HOUR = timedelta(hours=1)
_COPIES = ("circular", "reissue")
"""Purposes on which a unit's standing hangs; reminders and the like are noted beside it."""
_TERMINAL = {"failed": "bounced", "delivered": "delivered"}
CHANNEL = "email"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that we sent, or were about to send. `message`: its Message-ID; `to`: the addresses; `at`: when, in
    UTC; `main`: it carried the circular, and was not a reminder about it."""

    key: str
    circular: str
    unit: str
    revision: int
    message: str
    to: tuple[str, ...]
    at: str
    main: bool = True


class Deliveries:
    """Finds deliveries in the outbox and in the ledger's `intent` events; nothing that it is asked comes from a trusted
    place. `use` it inside a transaction; what it read of addresses it keeps for the next one."""

    def __init__(self) -> None:
        self._reader: Reader | None = None
        self._read = 0
        self._keys: dict[str, list[str]] = {}

    def use(self, reader: Reader) -> Self:
        """Ask in the transaction of `reader` from now on."""
        self._reader = reader
        return self

    def by_key(self, key: str) -> Delivery | None:
        assert self._reader is not None
        event = next(self._reader.stream(keys=[f"intent:{key}"]), None)
        if event is None or event.circular is None or event.unit is None or event.payload["channel"] != CHANNEL:
            return None
        row = Intents(self._reader).get([key]).get(key)  # gone where the ledger was imported from an export
        to = _addresses(row.address if row else event.payload.get("to", ""))
        main = row is None or row.purpose in _COPIES
        said = event.payload
        return Delivery(key, event.circular, event.unit, said.get("revision", 0), said["message"], to, event.at, main)

    def by_message(self, message: str) -> Delivery | None:
        """The one with a Message-ID."""
        key = read_message_id(message)
        found = self.by_key(key) if key else None
        return found if found and found.message.casefold() == message.casefold() else None

    def to(self, address: str, at: datetime) -> tuple[Delivery, ...]:
        """Those to an address in the days before `at`."""
        assert self._reader is not None
        for event in self._reader.stream(kinds=("intent",), after=self._read):
            self._read = event.sequence
            for known in _addresses(event.payload.get("to", "")):
                self._keys.setdefault(known, []).append((event.key or "").removeprefix("intent:"))
        sent = [found for key in self._keys.get(address.casefold(), ()) if (found := self.by_key(key))]
        return tuple(one for one in sent if at - _NEAR <= datetime.fromisoformat(one.at) <= at + _HOUR)


def _addresses(text: str) -> tuple[str, ...]:
    """Addresses as reports write them: domains in ASCII."""
    found = []
    for _name, address in getaddresses([text]):
        local, at, place = address.rpartition("@")
        with suppress(UnicodeError):
            place = domain(address)
        if at:
            found.append(f"{local}@{place}".casefold())
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail means. `fate`: a word for the clerk; `drafts`: what is recorded; `review`: why a person must look,
    empty where nobody must; `detail`: more for a person; `about`: whose mail it is, where that is known; `told`: what a
    person would say yes to, for the review."""

    fate: str
    drafts: tuple[Draft, ...] = ()
    review: str = ""
    detail: str = ""
    about: tuple[str, str] | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


class Matcher:
    """Judges reports, one mail at a time, inside the transaction that records what follows."""

    def __init__(self, writer: Writer, deliveries: Deliveries, identity: Identity, sender: str, actor: str) -> None:
        self._writer = writer
        self._deliveries = deliveries
        self._identity = identity
        self._sender = sender
        self._actor = actor

    def judge(self, mail: Mail, sha256: str, at: str | None) -> Verdict:
        """What follows from a mail that is no reply with attachments. `sha256`: of the raw mail; `at`: when it came."""
        if mail.what == "delivery-report":
            return self._report(mail, sha256, at)
        if mail.what == "read-receipt":
            return self._read_receipt(mail, sha256, at)
        if mail.what in ("automatic", "other-report"):
            return Verdict("automatic")
        return self._plain(mail)

    def answered(self, mail: Mail) -> Delivery | None:
        """The delivery that a mail answers, as its sender says."""
        return answered(mail, self._deliveries)

    def _plain(self, mail: Mail) -> Verdict:
        """A mail without anything to read: whose it may be, for a person."""
        keys = self._bounce_keys(mail)
        key = keys.pop() if len(keys) == 1 else None
        if key is not None and (found := self._deliveries.by_key(key)):
            return Verdict("review", review="unclear-report", about=(found.circular, found.unit))
        if found := self.answered(mail):
            return Verdict("review", review="only-text", about=(found.circular, found.unit))
        return Verdict("review", review="matches-nothing")

    # -- delivery reports

    def _report(self, mail: Mail, sha256: str, at: str | None) -> Verdict:
        if mail.problem:
            return Verdict("review", review="mangled-report", detail=mail.problem)
        try:
            delivery = self._proven(mail)
        except _Unproven as unproven:
            return Verdict("review", review=str(unproven))
        if delivery is None:
            return self._guessed(mail, at)
        own = [one for one in mail.recipients if _is_for(one.final, one.original, delivery)]
        if not own:
            others = ", ".join(one.final for one in mail.recipients[:5])
            told = self._told(delivery, mail.recipients[0]) if len(mail.recipients) == 1 else {}
            return Verdict("review", review="other-recipient", detail=_detail(delivery, others), told=told)
        drafts: list[Draft] = []
        fates = []
        for recipient in own:
            fate, drafted = self._one(delivery, recipient, sha256, at, drafts)
            fates.append(fate)
            drafts += drafted
        return Verdict(fates[0], tuple(drafts), detail=own[0].detail, about=(delivery.circular, delivery.unit))

    def _one(
        self, delivery: Delivery, recipient: Recipient, sha256: str, at: str | None, now: list[Draft]
    ) -> tuple[str, list[Draft]]:
        """What a report says of one of our recipients: its fate in a word, and what is recorded."""
        address = next(one for one in delivery.to if one in _both(recipient.final, recipient.original))
        fields = self._fields(delivery, address, sha256, at)
        said = " ".join(filter(None, (recipient.status, recipient.detail)))
        kind = _TERMINAL.get(recipient.action)
        if kind is None:
            words = {
                "delayed": _("the server has not got rid of it yet and goes on trying: {said}"),
                "relayed": _("handed on to a server that reports no more: {said}"),
                "expanded": _("went to a list of addresses: {said}"),
            }
            text = words[recipient.action].format(said=said)
            return recipient.action, [self._draft("noted", delivery, {**fields, "text": text})]
        if self._is_decided(delivery, address, now):
            return "again", []
        if not delivery.main:
            words = {"bounced": _("a reminder came back: {said}"), "delivered": _("a reminder was delivered: {said}")}
            return kind, [self._draft("noted", delivery, {**fields, "text": words[kind].format(said=said)})]
        fields["detail"] = said
        if kind == "bounced":
            fields |= {"permanent": recipient.status.startswith("5"), "status": recipient.status}
        return kind, [self._draft(kind, delivery, fields)]

    def _is_decided(self, delivery: Delivery, address: str, now: Iterable[Draft]) -> bool:
        """Whether a report has said how it ended: only the first one counts."""
        events = self._writer.about(delivery.circular, delivery.unit)
        gone = annulled(events)
        there = [(one.kind, one.payload) for one in events if one.sequence not in gone]
        for kind, payload in [*there, *((draft.kind, draft.payload) for draft in now)]:
            if kind in _TERMINAL.values() and payload.get("message") == delivery.message:
                said = payload.get("to", "").casefold()
                if not said or address in said:
                    return True
        return False

    def _proven(self, mail: Mail) -> Delivery | None:
        """The delivery that the report proves to be about; None where it proves nothing. _Unproven."""
        keys: set[str | None] = set(self._bounce_keys(mail))
        if None in keys:
            raise _Unproven("forged-report")
        if mail.envelope:
            key = self._identity.read_envid(mail.envelope)
            if key is None:
                raise _Unproven("forged-report")
            keys.add(key)
        if mail.returned:
            found = self._deliveries.by_message(mail.returned)
            keys.add(found.key if found else "")
        if not keys:
            return None
        if len(keys) > 1:
            raise _Unproven("contradicting-report")
        key = keys.pop()
        return self._deliveries.by_key(key) if key else None

    def _bounce_keys(self, mail: Mail) -> set[str | None]:
        """The keys of the addresses for bounces that a mail was sent to; None for one whose MAC is wrong."""
        local, at_domain = self._sender.rpartition("@")[0].casefold(), domain(self._sender).casefold()
        keys: set[str | None] = set()
        for address in mail.to:
            if key := self._identity.read_bounce(address):
                keys.add(key)
                continue
            name, _at, place = address.casefold().rpartition("@")
            if place == at_domain and name.startswith(f"{local}+"):
                keys.add(None)
        return keys

    def _guessed(self, mail: Mail, at: str | None) -> Verdict:
        """A report that proves nothing: where recipient and day fit one delivery, a person may say yes."""
        moment = datetime.fromisoformat(at) if at else self._writer.now
        near = {one for recipient in mail.recipients for one in self._near(recipient, moment)}
        if len(near) == 1 and len(mail.recipients) == 1:
            delivery, recipient = near.pop(), mail.recipients[0]
            told = self._told(delivery, recipient)
            return Verdict("review", review="unproven-report", detail=_detail(delivery, recipient.status), told=told)
        return Verdict("review", review="unproven-report" if near else "matches-nothing")

    def _near(self, recipient: Recipient, at: datetime) -> Iterator[Delivery]:
        for address in _both(recipient.final, recipient.original):
            yield from self._deliveries.to(address, at)

    def _told(self, delivery: Delivery, recipient: Recipient) -> dict[str, Any]:
        """What accepting the review would record."""
        kind = _TERMINAL.get(recipient.action)
        if kind is None or not delivery.main:
            return {}
        fields: dict[str, Any] = {
            "channel": CHANNEL,
            "message": delivery.message,
            "to": recipient.final,
            "revision": delivery.revision,
            "detail": " ".join(filter(None, (recipient.status, recipient.detail))),
        }
        if kind == "bounced":
            fields |= {"permanent": recipient.status.startswith("5"), "status": recipient.status}
        return {"kind": kind, "circular": delivery.circular, "unit": delivery.unit, "fields": fields}

    # -- read receipts

    def _read_receipt(self, mail: Mail, sha256: str, at: str | None) -> Verdict:
        receipt = mail.receipt
        if mail.problem or receipt is None:
            return Verdict("review", review="mangled-report", detail=mail.problem)
        delivery = self._deliveries.by_message(receipt.message)
        if delivery is None:
            return Verdict("review", review="matches-nothing")
        about = (delivery.circular, delivery.unit)
        address = next((one for one in delivery.to if one in _both(receipt.final, receipt.original)), None)
        if receipt.failed or receipt.how != "displayed" or address is None or not delivery.main:
            text = _("a receipt says of the message to {to}: {how}").format(to=receipt.final, how=receipt.how)
            fields = self._fields(delivery, receipt.final, sha256, at)
            return Verdict("noted", (self._draft("noted", delivery, {**fields, "text": text}),), about=about)
        events = self._writer.about(*about)
        gone = annulled(events)
        for event in events:
            counts = event.kind == "opened" and event.sequence not in gone
            if counts and event.payload.get("message") == delivery.message:
                return Verdict("again", about=about)
        fields = self._fields(delivery, address, sha256, at)
        return Verdict("opened", (self._draft("opened", delivery, fields),), about=about)

    # -- events

    def _fields(self, delivery: Delivery, address: str, sha256: str, at: str | None) -> dict[str, Any]:
        paper = self._writer.paper(delivery.circular)
        return {
            "channel": CHANNEL,
            "message": delivery.message,
            "to": address,
            "revision": delivery.revision,
            "evidence": [sha256],
            "at": arrived(at, self._writer.now, paper) if paper else None,
        }

    def _draft(self, kind: str, delivery: Delivery, fields: Mapping[str, Any]) -> Draft:
        return Draft(kind, self._actor, delivery.circular, delivery.unit, fields)


def answered(mail: Mail, deliveries: Deliveries) -> Delivery | None:
    """The delivery that a mail answers, as its sender says."""
    return next((found for message in mail.refers if (found := deliveries.by_message(message))), None)


class _Unproven(Exception):  # noqa: N818
    """A report that cannot be true as it stands; the argument is the reason for the review."""


def _both(final: str, original: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.casefold() for address in (original, final) if address))


def _is_for(final: str, original: str, delivery: Delivery) -> bool:
    """Whether a report's recipient is one we wrote to. The address that we named counts before the one that the mail
    was forwarded to."""
    named = original or final
    return named.casefold() in delivery.to


def _detail(delivery: Delivery, more: str) -> str:
    return " ".join(filter(None, (delivery.circular, delivery.unit, more)))
