"""The outbox: nothing leaves the office that is not written down before, and nothing leaves twice.

    outbox = Outbox(records)
    outbox.plan([outbox.intent("2026-winter-safety", 0, "chengxi", "email", address=…, payload=…), …])
    run = outbox.send(carrier, letter, circular="2026-winter-safety")

In: intents (who is to get what by which way), a carrier (mail, folder, print) and a function that gives the message for
an intent. Out: the same rows with their fate, and the ledger's events; both in one transaction, which is never open
while a carrier is at work.

    planned ─► leased ─► handed-over          250, or the files lie there            event sent (or the intent's own)
       ▲  │       ├────► refused              5xx                                    event bounced
       │  │       ├────► planned              4xx, or no server: tried again later
       │  │       └────► unknown              the connection broke after the last dot, or the program was killed
       │  └─► dropped                         needed no more: withdrawn, exempt, answered
       └─ waiting ◄─ planned, unknown         for a person's word: planned long ago, by another copy, or changed since

A message is leased by itself, right before it leaves, in the transaction that records the fate of the one before. So a
program that is killed leaves one message whose fate is unknown, and no more.
"""

import heapq
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, Protocol, TypeVar

from circular_gen.disk import disk_errors
from circular_gen.dispatch.identity import office_identity
from circular_gen.dispatch.installation import Fence
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Draft, Installation, Intent, Intents, KeyConflictError, Standing, Writer
from circular_gen.ledger.events import timestamp
from circular_gen.ledger.standing import DELIVERED
from circular_gen.messages import _
from circular_gen.records import Records

CIRCULAR = "circular"
REPEATABLE = frozenset({"folder", "print"})
"""Ways by which doing it twice is the same as doing it once: what was interrupted is simply done again."""
OLD = timedelta(hours=12)
"""An intent that was not carried out for so long waits for a person: what it says may not be right any more."""
LEASE = timedelta(minutes=30)
TRIES = 8
_LATER = (10, 20, 30, 30, 60, 60, 120)
"""Seconds to wait after the first, second … try that a server put off; the last for all that follow."""
_ROW = 5
"""Refusals in a row after which nothing more is sent: the fault is then hardly the units'."""
_DOWN = 6
"""Failures of the server in a row, with the pauses of `_LATER` between, after which nothing more is sent."""
_LOST = 3
"""Messages of unknown fate in a row after which nothing more is sent."""

Decision = Literal["sent", "again", "drop"]


# -- fates -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandedOver:
    """It is in the next one's hands. `answer`: what that one said."""

    answer: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be taken. `status`: the enhanced status code (RFC 3463), empty where there is none."""

    answer: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: this message is tried again."""

    answer: str


@dataclass(frozen=True, slots=True)
class Down:
    """The carrier itself does not work at present, whatever the message. `final`: waiting will not help."""

    answer: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken, or not."""

    answer: str


Fate = HandedOver | Refused | Later | Down | Unknown


class Message(Protocol):
    """What is carried. `digest`: SHA-256 in hex over all that it says; the same for every try."""

    @property
    def digest(self) -> str: ...


M = TypeVar("M", bound=Message)
M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


class Carrier(Protocol[M_contra]):
    """A way out. `channel`: its word in `deliver`."""

    channel: str

    def carry(self, intent: Intent, message: M_contra) -> Fate:
        """Let the message out. Raises only for faults of the program; `doubtful` then says whether it may have left."""
        ...

    @property
    def doubtful(self) -> bool: ...

    def close(self) -> None: ...


# -- what callers get --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """What `plan` did. `new`: written now; `known`: there before, as they are."""

    new: tuple[Intent, ...]
    known: tuple[Intent, ...]


@dataclass(slots=True)
class Run:
    """What `send` did: the rows that it touched, by state. `stopped`: why it ended early, in the clerk's words."""

    rows: dict[str, Intent] = field(default_factory=dict)
    stopped: str = ""
    interrupted: bool = False

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows.values())

    def of(self, *states: str) -> tuple[Intent, ...]:
        return tuple(row for row in self.rows.values() if row.state in states)


Check = Callable[[Writer, Intent], str | None]
"""Why an intent is not needed any more, asked in the transaction that leases it; None where it still is."""


@dataclass(slots=True)
class Pace:
    """When the next message may leave. `now`, `sleep`: the clock, and how to wait (True where the wait was broken off);
    `rate`: messages a minute, 0 for no limit."""

    now: Callable[[], float]
    sleep: Callable[[float], bool]
    rate: int = 0
    _left: list[float] = field(default_factory=list)

    @classmethod
    def of_clock(cls, rate: int = 0, sleep: Callable[[float], bool] | None = None) -> "Pace":
        """By the computer's clock. `sleep`: as threading.Event.wait, so that a person can break it off."""
        return cls(time.monotonic, sleep or threading.Event().wait, rate)

    def room(self) -> float:
        """Seconds until the window of a minute has room for one more."""
        if not self.rate:
            return 0.0
        now = self.now()
        self._left = [at for at in self._left if now - at < 60]
        return 0.0 if len(self._left) < self.rate else 60 - (now - self._left[-self.rate])

    def left(self) -> None:
        if self.rate:
            self._left.append(self.now())


# -- the outbox --------------------------------------------------------------------------------------------------------


class Outbox:
    """A workspace's outbox. ElsewhereError where this copy of the workspace may not send."""

    def __init__(self, records: Records) -> None:
        self.records, self.ledger = records, records.ledger
        self.identity = office_identity(records.root)
        self.fence = Fence.of(records.root, records.ledger, shared=records.office.ledger is not None)

    def now(self) -> datetime:
        """The clock of the ledger."""
        return self.ledger.now()

    def intent(
        self,
        circular: str,
        revision: int,
        unit: str,
        channel: str,
        *,
        address: str,
        payload: str,
        purpose: str = CIRCULAR,
        nth: int = 1,
        event: str = "sent",
        fields: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Intent:
        """An intent with its key. `payload`: the digest of its message. `event`, `fields`: the ledger's event when it
        was handed over, and its fields besides channel, address, message and revision. `details`: whatever the
        function that gives the message needs to make it again after a crash (JSON)."""
        key = self.identity.delivery_key(circular, revision, unit, channel, purpose, nth)
        more = {"event": event, "fields": dict(fields or {}), **(details or {})}
        text = json.dumps(more, ensure_ascii=False, sort_keys=True)
        return Intent(key, circular, revision, unit, channel, purpose, nth, payload, address, text)

    def plan(self, intents: Iterable[Intent], check: Check | None = None) -> Planned:
        """Write the intents down, all or none; an intent that is there already stays as it is. One that was never tried
        may be planned anew with another payload; KeyConflictError where one that has left, or may have, says something
        else. `check`: leaves out those that are not needed."""
        wanted = {intent.key: intent for intent in intents}
        new: list[Intent] = []
        known: list[Intent] = []
        with self.ledger.writing() as writer:
            place = self.fence.enter(writer)
            rows = Intents(writer)
            there = rows.get(list(wanted))
            now = timestamp(writer.now)
            for key, intent in wanted.items():
                before = there.get(key)
                same = before is not None and (before.payload, before.address) == (intent.payload, intent.address)
                untried = before is not None and before.state == "planned" and not before.attempts
                if before is not None and not same and not untried:
                    raise self._conflict(before)
                if before is not None and (same or before.state != "planned"):
                    known.append(before)
                    continue
                if check is not None and check(writer, intent):
                    continue
                new.append(
                    intent._replace(
                        installation=place.installation,
                        epoch=place.epoch,
                        created=now,
                        changed=now,
                        event=before.event if before else 0,
                    )
                )
            recorded = writer.append(*(self._planned(intent) for intent in new if not intent.event))
            events = iter(recorded)
            for at, intent in enumerate(new):
                if not intent.event:
                    event = next(events)
                    new[at] = intent._replace(event=event.sequence)
                    if event.repeated:  # the ledger was imported, and its outbox is gone
                        new[at] = new[at]._replace(state="waiting", reason="forgotten")
            rows.put(new)
            place = self.fence.advance(writer, place)
        self.fence.keep(place)
        return Planned(tuple(new), tuple(known))

    def rows(self, circular: str | None = None, **which: Sequence[Any]) -> tuple[Intent, ...]:
        """Intents as they stand; see Intents.find."""
        with self.ledger.reading() as reader:
            return tuple(Intents(reader).find(circular, **which))

    def check_place(self) -> None:
        """ElsewhereError where this copy may not send. Nothing is written."""
        with self.ledger.reading() as reader:
            self.fence.check(reader)

    def take_over(self) -> None:
        """A person says that this copy of the workspace is the one that sends."""
        self.fence.take_over(self.ledger, self.records.actor)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else sends from this workspace meanwhile. CircularGenError where somebody does."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.records.root / "records" / ".dispatch.lock", timeout=0)
        try:
            with disk_errors():
                lock.acquire()
        except Timeout:
            raise CircularGenError(
                _("another dispatch is under way in this workspace; wait until it is done")
            ) from None
        try:
            yield
        finally:
            lock.release()

    def send(
        self,
        carrier: Carrier[M],
        message: Callable[[Intent], M],
        *,
        circular: str | None = None,
        purposes: Sequence[str] = (),
        keys: Iterable[str] | None = None,
        check: Check | None = None,
        found: Callable[[Sequence[Intent]], Iterable[str]] | None = None,
        pace: Pace | None = None,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Run:
        """Let out what is planned for the carrier's channel: of a circular, of some purposes, or with some keys. Call
        it inside `alone`. `message(intent)`: made anew for every try; one whose digest is not the planned one waits.
        `found(intents)`: of those whose fate is unknown, the keys of those that are found to have left. `stop()`:
        asked between messages. Ends by itself where the carrier does not work, and says so in `Run.stopped`."""
        wanted = None if keys is None else set(keys)
        run, place = self._settle(circular, (carrier.channel,), purposes, wanted, found)
        queue = [
            row
            for row in self.rows(circular, channels=(carrier.channel,), purposes=purposes, states=("planned",))
            if wanted is None or row.key in wanted
        ]
        try:
            _Sending(self, carrier, message, check, pace or Pace.of_clock(), stop, run, place).send(queue, progress)
        finally:
            carrier.close()
        if found is not None and run.count("unknown"):
            self._look_up(run.of("unknown"), found, run)
        return run

    def resolve(self, intent: Intent, decision: Decision, actor: str | None = None) -> Intent:
        """A person's word about an intent that is unknown, waits, was refused or is planned: it was `sent`; send it
        `again`; `drop` it, so that the unit may get it by another way. UsageError for any other."""
        by = actor or self.records.actor
        with self.ledger.writing() as writer:
            rows = Intents(writer)
            place = self.fence.enter(writer)
            now = timestamp(writer.now)
            row = rows.get([intent.key]).get(intent.key)
            standing = writer.standing(intent.circular, intent.unit)
            returned = standing is not None and row is not None and came_back(standing, row)
            decided = row is None or row.state in ("handed-over", "dropped", "leased")
            if row is None or (decided and not (returned and decision == "again")):
                raise UsageError(_("nothing is to be decided about {unit}").format(unit=intent.unit))
            message = self.message_id(row)
            said = {"channel": row.channel, "message": message}
            if decision == "sent":
                row = row._replace(state="handed-over", reason="", changed=now)
                writer.append(self._handed_over(row, by, "", {"note": "by a person's word"}))
            elif decision == "drop":
                row = row._replace(state="dropped", reason="by a person's word", changed=now)
                writer.append(Draft("noted", by, row.circular, row.unit, {"text": "not sent after all", **said}))
            else:
                before, done_with = row, returned or row.state == "refused" or row.reason == "changed"
                row = row._replace(
                    state="planned",
                    reason="",
                    installation=place.installation,
                    epoch=place.epoch,
                    attempts=0 if row.reason == "old" else 1,  # else it may have left: its payload stays
                    next_attempt="",
                    created=now,
                    changed=now,
                )
                if done_with:  # that message will never leave: the new one has a name of its own
                    nth = row.nth + 1
                    key = self.identity.delivery_key(
                        row.circular, row.revision, row.unit, row.channel, row.purpose, nth
                    )
                    if there := rows.get([key]).get(key):
                        raise UsageError(_("{unit} was sent again already").format(unit=there.unit))
                    row = row._replace(key=key, nth=nth, answer="", attempts=0)
                    event = writer.append(self._planned(row))[0]
                    row = row._replace(event=event.sequence)
                    if before.state == "waiting":
                        rows.put([before._replace(state="dropped", changed=now)])
                else:
                    writer.append(Draft("noted", by, row.circular, row.unit, {"text": "to be sent again", **said}))
            rows.put([row])
            place = self.fence.advance(writer, place)
        self.fence.keep(place)
        return row

    def message_id(self, intent: Intent) -> str:
        """What the intent's message is called in the ledger: its Message-ID, by other ways than mail its key."""
        mail = self.records.office.mail
        if intent.channel == "email" and mail and mail.from_:
            return self.identity.message_id(intent.key, mail.from_)
        return intent.key

    # -- what is left over from an earlier run

    def settle(
        self,
        circular: str | None = None,
        *,
        channels: Sequence[str] = (),
        purposes: Sequence[str] = (),
        found: Callable[[Sequence[Intent]], Iterable[str]] | None = None,
    ) -> Run:
        """What an earlier run has left: what was interrupted is unknown, what is old or from elsewhere waits. `send`
        does this too, for what it sends. Call it inside `alone`."""
        return self._settle(circular, channels, purposes, None, found)[0]

    def _settle(
        self,
        circular: str | None,
        channels: Sequence[str],
        purposes: Sequence[str],
        wanted: set[str] | None,
        found: Callable[[Sequence[Intent]], Iterable[str]] | None,
    ) -> tuple[Run, Installation]:
        run = Run()
        with self.ledger.writing() as writer:
            place = self.fence.enter(writer)
            rows = Intents(writer)
            now = timestamp(writer.now)
            old = timestamp(writer.now - OLD)
            which = {"channels": channels, "purposes": purposes}
            changed: list[Intent] = []
            for row in list(rows.find(circular, states=("planned", "leased", "unknown"), **which)):
                if wanted is not None and row.key not in wanted:
                    continue
                ours = (row.installation, row.epoch) == (place.installation, place.epoch)
                if row.state == "leased":
                    if not ours and row.until > now:
                        continue  # that copy may still be at it
                    if row.channel in REPEATABLE and ours:
                        changed.append(row._replace(state="planned", owner="", until="", changed=now))
                    else:
                        lost = row._replace(
                            state="unknown",
                            owner="",
                            until="",
                            changed=now,
                            reason="interrupted",
                            attempts=row.attempts + 1,
                        )
                        changed.append(lost)
                        writer.append(self._unknown(lost, "the program ended while it was being sent"))
                elif row.state == "unknown":
                    standing = writer.standing(row.circular, row.unit)
                    if standing and standing.unknown is None and (standing.delivered_at or standing.opened_at):
                        changed.append(row._replace(state="handed-over", reason="", changed=now))
                    else:
                        run.rows[row.key] = row
                elif not ours:
                    changed.append(row._replace(state="waiting", reason="elsewhere", changed=now))
                elif row.created < old:
                    changed.append(row._replace(state="waiting", reason="old", changed=now))
            rows.put(changed)
            place = self.fence.advance(writer, place)
        self.fence.keep(place)
        run.rows.update((row.key, row) for row in changed if row.state != "planned")
        if found is not None and run.count("unknown"):
            self._look_up(run.of("unknown"), found, run)
        return run, place

    def _look_up(self, unknown: Sequence[Intent], found: Callable[[Sequence[Intent]], Iterable[str]], run: Run) -> None:
        keys = set(found(unknown))  # over the network: no transaction is open
        if not keys:
            return
        with self.ledger.writing() as writer:
            rows = Intents(writer)
            for row in rows.get(sorted(keys)).values():
                if row.state == "unknown":
                    row = row._replace(state="handed-over", reason="", changed=timestamp(writer.now))
                    writer.append(self._handed_over(row, self.records.actor, "found among the sent mails", {}))
                    rows.put([row])
                    run.rows[row.key] = row

    # -- events

    def carried(self, writer: Writer, row: Intent, fate: "Fate | _Changed") -> Intent:
        """The row with its fate; the event that explains it is appended."""
        now = timestamp(writer.now)
        row = row._replace(owner="", until="", changed=now)
        if isinstance(fate, _Changed):
            return row._replace(state="waiting", reason="changed")
        row = row._replace(answer=fate.answer[:500])
        if isinstance(fate, Down):
            return row._replace(state="planned")
        tries = row.attempts + 1
        if isinstance(fate, HandedOver):
            writer.append(self._handed_over(row, self.records.actor, fate.answer, {}))
            return row._replace(state="handed-over", attempts=tries, reason="")
        if isinstance(fate, Refused):
            writer.append(self._refused(row, fate))
            return row._replace(state="refused", attempts=tries)
        if isinstance(fate, Unknown):
            writer.append(self._unknown(row, fate.answer))
            return row._replace(state="unknown", attempts=tries, reason="broken-off")
        if tries >= TRIES:
            return row._replace(state="waiting", attempts=tries, reason="put-off")
        later = timestamp(writer.now + timedelta(seconds=_delay(row.attempts)))
        return row._replace(state="planned", attempts=tries, next_attempt=later)

    def _planned(self, intent: Intent) -> Draft:
        fields = {
            "channel": intent.channel,
            "to": intent.address or None,
            "message": self.message_id(intent),
            "revision": intent.revision,
        }
        actor = self.records.actor
        return Draft("intent", actor, intent.circular, intent.unit, fields, f"intent:{intent.key}")

    def _handed_over(self, row: Intent, actor: str, answer: str, more: Mapping[str, Any]) -> Draft:
        details = json.loads(row.details)
        kind = details.get("event", "sent")
        fields = {**self._about(row, answer), **details.get("fields", {}), **more}
        return Draft(kind, actor, row.circular, row.unit, fields, f"{kind}:{row.key}")

    def _refused(self, row: Intent, fate: Refused) -> Draft:
        fields = self._about(row, fate.answer)
        if not _is_copy(row):
            return self._noted(row, "refused", fields)
        fields |= {"permanent": True, "status": fate.status or None}
        return Draft("bounced", self.records.actor, row.circular, row.unit, fields, f"refused:{row.key}")

    def _unknown(self, row: Intent, answer: str) -> Draft:
        fields = self._about(row, answer)
        if not _is_copy(row):
            return self._noted(row, "of unknown fate", fields)
        return Draft("unknown", self.records.actor, row.circular, row.unit, fields)

    def _noted(self, row: Intent, what: str, fields: Mapping[str, Any]) -> Draft:
        text = f"{row.purpose} {row.nth}: {what}"
        return Draft("noted", self.records.actor, row.circular, row.unit, {"text": text, **fields})

    def _about(self, row: Intent, answer: str) -> dict[str, Any]:
        return {
            "channel": row.channel,
            "to": row.address or None,
            "message": self.message_id(row),
            "revision": row.revision,
            "intent": row.event,
            "installation": row.installation,
            "epoch": row.epoch,
            "detail": answer[:500] or None,
        }

    def _conflict(self, before: Intent) -> KeyConflictError:
        message = _(
            "something else was sent, or begun, to {unit} under the same key; nothing was planned. What it was stands "
            "in the ledger (event {event})"
        )
        return KeyConflictError(message.format(unit=before.unit, event=before.event), before.event)


def came_back(standing: Standing, row: Intent) -> bool:
    """Whether a report said that what was handed over did not arrive."""
    return standing.bounced is not None and row.key in standing.bounced and standing.state < DELIVERED


def _is_copy(row: Intent) -> bool:
    """Whether the unit's standing hangs on this delivery: the circular itself, or a copy issued again."""
    return row.purpose in (CIRCULAR, "reissue")


@dataclass(frozen=True, slots=True)
class _Changed:
    """The message is not the one that was planned."""


@dataclass(slots=True)
class _Sending(Generic[M]):
    """One run of `Outbox.send`. `ready`: (not before, place in the list, key); `begun`: carried, and not recorded yet;
    `pause`: nothing leaves before, whatever it is."""

    outbox: Outbox
    carrier: Carrier[M]
    message: Callable[[Intent], M]
    check: Check | None
    pace: Pace
    stop: Callable[[], bool]
    run: Run
    place: Installation
    ready: list[tuple[float, int, str]] = field(default_factory=list)
    begun: tuple[Intent, Fate | _Changed] | None = None
    pause: float = 0.0
    refusals: int = 0
    downs: int = 0
    losses: int = 0

    def send(self, queue: Sequence[Intent], progress: Callable[[int, int], None]) -> None:
        start, now = self.pace.now(), timestamp(self.outbox.now())
        self.ready = [(start + _seconds(now, row.next_attempt), at, row.key) for at, row in enumerate(queue)]
        heapq.heapify(self.ready)
        progress(0, len(queue))
        while self.ready and not self.run.stopped:
            if self.stop() or not self._wait():
                self.run.interrupted = True
                break
            _at, order, key = heapq.heappop(self.ready)
            leased = self._step(key)
            if leased is not None:
                fate = self._carry(leased)
                self.begun = (leased, fate)
                self._judge(fate, leased, order)
            progress(len(queue) - len(self.ready), len(queue))
        self._step(None)

    def _wait(self) -> bool:
        """Until something may leave; False where a person broke it off. Fates are recorded before."""
        while (seconds := max(self.ready[0][0], self.pause, self.pace.now() + self.pace.room()) - self.pace.now()) > 0:
            self._step(None)
            if self.pace.sleep(seconds):
                return False
        return True

    def _judge(self, fate: Fate | _Changed, row: Intent, order: int) -> None:
        """What a fate means for what comes next."""
        if isinstance(fate, HandedOver):
            self.refusals = self.downs = self.losses = 0
            self.pace.left()
        elif isinstance(fate, Refused):
            self.refusals += 1
            if self.refusals >= _ROW:
                message = _("{count} units in a row were refused ({answer}); nothing more was sent")
                self.run.stopped = message.format(count=self.refusals, answer=fate.answer)
        elif isinstance(fate, Unknown):
            self.losses += 1
            if self.losses >= _LOST:
                message = _("the fate of {count} messages in a row is unknown ({answer}); nothing more was sent")
                self.run.stopped = message.format(count=self.losses, answer=fate.answer)
        elif isinstance(fate, Later):
            if row.attempts + 1 < TRIES:
                heapq.heappush(self.ready, (self.pace.now() + _delay(row.attempts), order, row.key))
        elif isinstance(fate, Down):
            self.pause = self.pace.now() + _delay(self.downs)
            self.downs += 1
            heapq.heappush(self.ready, (0.0, order, row.key))  # first when the pause is over
            if fate.final:
                self.run.stopped = fate.answer
            elif self.downs >= _DOWN:
                message = _("the server failed {count} times in a row ({answer}); nothing more was sent")
                self.run.stopped = message.format(count=self.downs, answer=fate.answer)

    def _carry(self, row: Intent) -> Fate | _Changed:
        try:
            message = self.message(row)
            return self.carrier.carry(row, message) if message.digest == row.payload else _Changed()
        except BaseException as error:  # also Ctrl-C: what is known is written down first
            name = type(error).__name__
            self.begun = (row, Unknown(name) if self.carrier.doubtful else Down(name))
            self._step(None)
            raise

    def _step(self, key: str | None) -> Intent | None:
        """One transaction: the fate of what was carried, and the lease of the next; None where that is needed no more.
        When it returns, the fence outside the workspace knows of it."""
        if key is None and self.begun is None:
            return None
        outbox, leased, dropped = self.outbox, None, None
        with outbox.ledger.writing() as writer:
            rows = Intents(writer)
            carried = outbox.carried(writer, *self.begun) if self.begun is not None else None
            if carried is not None:
                rows.put([carried])
            row = rows.get([key]).get(key) if key is not None else None
            if row is not None and row.state == "planned":
                now = timestamp(writer.now)
                reason = self.check(writer, row) if self.check is not None else None
                if reason is not None:
                    dropped = row._replace(state="dropped", reason=reason, changed=now)
                else:
                    until = timestamp(writer.now + LEASE)
                    leased = row._replace(
                        state="leased", owner=str(os.getpid()), host=platform.node(), until=until, changed=now
                    )
                rows.put([leased or dropped or row])
            place = outbox.fence.advance(writer, self.place)
        outbox.fence.keep(place)
        self.place, self.begun = place, None
        for settled in filter(None, (carried, dropped)):
            self.run.rows[settled.key] = settled
        return leased


def _delay(times: int) -> float:
    return float(_LATER[min(times, len(_LATER) - 1)])


def _seconds(now: str, until: str) -> float:
    """Seconds from one time of the ledger to another; 0 where that has passed."""
    if until <= now:
        return 0.0
    return (datetime.fromisoformat(until) - datetime.fromisoformat(now)).total_seconds()
