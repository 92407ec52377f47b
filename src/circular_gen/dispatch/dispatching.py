"""Dispatching: an issued circular to all its units, each by its way, once.

In: a workspace and a circular's name. Out: mails, folders, a print job, and the ledger's events; or, looked at only,
who would get what by which way. What each unit is to have is settled before anything leaves, and written down; then
each way carries its own. Stopped or killed anywhere, the next run goes on where this one was.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from circular_gen.dispatch.folders import FolderCarrier, folder_of
from circular_gen.dispatch.letter import File, Letter, address_problem, total_size
from circular_gen.dispatch.originals import Originals, digests, read_originals
from circular_gen.dispatch.outbox import CIRCULAR, Carrier, Decision, Outbox, Pace
from circular_gen.dispatch.sent import finder
from circular_gen.dispatch.smtp import Patience, Server, SmtpCarrier
from circular_gen.dispatch.ways import Means, Route, routes
from circular_gen.dispatch.wording import Wording, values_of
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Intent, Paper, Standing, Writer
from circular_gen.messages import _
from circular_gen.records import Records
from circular_gen.workspace import Unit, open_workspace
from circular_gen.workspace.secret import mail_password

LARGE = 20_000_000
"""Bytes of a mail's files above which they are not attached: many servers refuse more."""
REISSUE = "reissue"

Links = Callable[[str, Sequence[File]], Sequence[Mapping[str, str]]]
"""Unit and files → where each can be fetched (`name`, `url`), for files that are too large to attach."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to a unit by folder or print."""

    unit: str
    name: str
    files: tuple[File, ...]
    copies: int
    digest: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who gets what by which way. `note`: why nothing can be sent from here at all, empty where it can."""

    paper: Paper
    routes: tuple[Route, ...]
    files: Mapping[str, tuple[str, ...]]
    note: str = ""

    def of(self, *todo: str) -> tuple[Route, ...]:
        return tuple(route for route in self.routes if route.todo in todo)


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `outlook`: as it was before; `rows`: what was touched, by unit; `stopped`: why it ended early;
    `made`: files that are to be taken on from here (print jobs); `notes`: lines for the clerk."""

    outlook: Outlook
    rows: Mapping[str, Intent]
    stopped: tuple[str, ...] = ()
    interrupted: bool = False
    made: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows.values())

    @property
    def clean(self) -> bool:
        """Whether every unit has it, and nothing is left to decide."""
        troubled = any(row.state not in ("handed-over", "dropped") for row in self.rows.values())
        return not (troubled or self.stopped or self.interrupted or self.outlook.of("no-way", "ask"))


class Dispatch:
    """A circular that is to be dispatched, with open records. `links`: see `Links`."""

    def __init__(
        self, records: Records, name: str, *, links: Links | None = None, patience: Patience | None = None
    ) -> None:
        self.records, self.links, self.patience = records, links, patience
        self.originals: Originals = read_originals(records, name)
        self.name = self.originals.paper.circular
        self.outbox = Outbox(records)
        self.units: Mapping[str, Unit] = open_workspace(records.root).registry.by_id
        self.notes: list[str] = []
        mail = records.office.mail
        if mail and mail.smtp and (problem := address_problem(mail.from_)):
            raise CircularGenError(_("office.yaml, mail: from: {problem}").format(problem=problem))

    # -- who gets what

    def outlook(self, via: str | None = None, only: Sequence[str] = ()) -> Outlook:
        """Who gets what by which way, as things stand. `only`: units by id, name or short name."""
        paper = self.originals.paper
        standings = self.records.ledger.standings(self.name)
        find = self.records.finder(paper)
        chosen = [find(word).unit for word in only]
        rows = self.outbox.rows(self.name, purposes=(CIRCULAR,))
        found = routes(paper, standings, self.units, rows, self._means(), via=via, only=chosen)
        files = {route.unit: tuple(file.name for file in self._files(route)) for route in found if route.todo == "send"}
        note = ""
        try:
            self.outbox.check_place()
        except CircularGenError as error:
            note = str(error)
        return Outlook(paper, found, files, note)

    def _means(self) -> Means:
        return Means.of(
            self.records.office,
            lambda unit: str(folder_of(self.records, unit)),
            None if self.links else lambda unit: total_size(self._attached(unit.id)) > LARGE,
        )

    def _attached(self, unit: str) -> tuple[File, ...]:
        return self.originals.files(unit, word_forms=self.records.office.dispatch.word_forms)

    def _files(self, route: Route) -> tuple[File, ...]:
        return (self.originals.whole(route.unit),) if route.way == "print" else self._attached(route.unit)

    # -- doing it

    def run(
        self,
        *,
        via: str | None = None,
        only: Sequence[str] = (),
        pace: Pace | None = None,
        stop: Callable[[], bool] = lambda: False,
        before: Callable[[Outlook], None] = lambda _outlook: None,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Report:
        """Send what is due. `before`: told who gets what before anything leaves. ElsewhereError where this copy of the
        workspace may not send."""
        self.outbox.check_place()
        with self.outbox.alone():
            found = finder(self.records, self.outbox.identity, self.notes.append)
            self.outbox.settle(self.name, purposes=(CIRCULAR,), found=found)
            outlook = self.outlook(via, only)
            before(outlook)
            due = outlook.of("send")
            planned = [route for route in due if route.row is None or not route.row.attempts]
            self.outbox.plan(self._intents(planned, CIRCULAR), _needless)
            keys = {self._key(route) for route in due}
            return self._send(outlook, keys, (CIRCULAR,), pace, stop, progress)

    def reissue(
        self,
        word: str,
        cause: str,
        *,
        via: str | None = None,
        copies: int | None = None,
        pace: Pace | None = None,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Report:
        """补发: the circular once more to one unit, for a cause that is recorded."""
        if not cause.strip():
            raise UsageError(_("give the cause: it stands in the ledger"))
        standing = self.records.unit(self.originals.paper, word)
        self.outbox.check_place()
        with self.outbox.alone():
            rows = self.outbox.rows(self.name, units=(standing.unit,), purposes=(REISSUE,))
            left = [row for row in rows if row.state == "planned"]
            route = self._reissued(standing, rows, via, copies)
            outlook = Outlook(self.originals.paper, (route,), {route.unit: ()})
            if route.todo == "send" and not left:
                said = {"cause": cause.strip(), "copies": route.copies}
                self.outbox.plan(self._intents([route], REISSUE, said))
            keys = {row.key for row in left} | ({self._key(route, REISSUE)} if route.todo == "send" else set())
            return self._send(outlook, keys, (REISSUE,), pace, lambda: False, progress)

    def _reissued(self, standing: Standing, rows: Sequence[Intent], via: str | None, copies: int | None) -> Route:
        """As for a unit that has had nothing yet."""
        fresh = Standing(standing.circular, standing.unit, standing.role, standing.name, copies=standing.copies)
        only = (standing.unit,) if via else ()
        route = routes(self.originals.paper, [fresh], self.units, [], self._means(), via=via, only=only)[0]
        nth = 1 + max((row.nth for row in rows if row.channel == route.way), default=0)
        return Route(
            route.unit,
            route.name,
            route.role,
            route.todo,
            way=route.way,
            address=route.address,
            why=route.why,
            copies=copies or route.copies,
            nth=nth,
        )

    def resolve(self, word: str, decision: Decision, actor: str | None = None) -> Intent:
        """A person's word about what waits for one (see Outbox.resolve). UsageError where nothing does."""
        unit = self.records.unit(self.originals.paper, word).unit
        rows = self.outbox.rows(self.name, units=(unit,))
        open_ = [row for row in rows if row.state in ("unknown", "waiting")]
        others = [row for row in rows if row.state in ("refused", "planned", "handed-over")]
        if not (open_ or others):
            raise UsageError(_("nothing is to be decided about {unit}").format(unit=unit))
        return self.outbox.resolve((open_ or others)[-1], decision, actor)

    def _send(
        self,
        outlook: Outlook,
        keys: set[str],
        purposes: tuple[str, ...],
        pace: Pace | None,
        stop: Callable[[], bool],
        progress: Callable[[int, int], None],
    ) -> Report:
        rows: dict[str, Intent] = {}
        stopped: list[str] = []
        made: list[Path] = []
        done, total = 0, len(keys)
        interrupted = False
        found = finder(self.records, self.outbox.identity, self.notes.append)
        waiting = [
            row for row in self.outbox.rows(self.name, purposes=purposes, states=("planned",)) if row.key in keys
        ]
        batches = [[row for row in waiting if row.channel == channel] for channel in ("email", "folder")]
        printed = [row for row in waiting if row.channel == "print"]
        batches += [[row for row in printed if _job(row) == job] for job in sorted(set(map(_job, printed)))]
        for own in batches:
            if not own or interrupted:
                continue
            channel = own[0].channel
            carrier = self._carrier(own[0], made)
            run = self.outbox.send(
                carrier,
                self._message,
                circular=self.name,
                purposes=purposes,
                keys={row.key for row in own},
                check=_needless,
                found=found,
                pace=pace or Pace.of_clock(self._rate(channel)),
                stop=stop,
                progress=lambda ready, _all, before=done: progress(before + ready, total),  # type: ignore[misc]
            )
            done += len(own)
            rows |= {row.unit: row for row in run.rows.values()}
            stopped += [run.stopped] if run.stopped else []
            interrupted = interrupted or run.interrupted
        return Report(outlook, rows, tuple(stopped), interrupted, tuple(made), tuple(self.notes))

    def _rate(self, channel: str) -> int:
        mail = self.records.office.mail
        return mail.rate if mail and channel == "email" else 0

    def _carrier(self, first: Intent, made: list[Path]) -> Carrier[Any]:
        """The carrier of a batch that begins with `first`. A print job is made here: whole, also where a part of it was
        recorded before the program was interrupted, so that nobody's papers are in two jobs."""
        if first.channel == "email":
            return self.smtp()
        if first.channel == "folder":
            return FolderCarrier(self.records, self.originals, self.units)
        from circular_gen.dispatch.printing import PrintCarrier, print_job  # with the press, which takes a while

        number = _job(first)
        rows = self.outbox.rows(self.name, channels=("print",), states=("planned", "leased", "handed-over"))
        parcels = [
            self._message(row) for row in rows if _job(row) == number and row.revision == self.originals.paper.revision
        ]
        job = print_job(self.records, self.originals, self.units, parcels, number)
        made += job.files
        return PrintCarrier(job)

    def smtp(self) -> SmtpCarrier:
        """The carrier of the office's mail server."""
        mail = self.records.office.mail
        assert mail is not None
        password = mail_password(self.records.root, "smtp")
        server = Server.read(mail.smtp)
        return SmtpCarrier(
            server,
            self.outbox.identity,
            mail.from_,
            password=password,
            plus=mail.plus,
            patience=self.patience,
        )

    # -- what each unit gets

    def _key(self, route: Route, purpose: str = CIRCULAR) -> str:
        if route.row is not None:
            return route.row.key
        paper = self.originals.paper
        return self.outbox.identity.delivery_key(self.name, paper.revision, route.unit, route.way, purpose, route.nth)

    def _intents(self, routes: Sequence[Route], purpose: str, said: Mapping[str, Any] | None = None) -> list[Intent]:
        """An intent for each route. What is to be printed now is one print job, with the next number."""
        jobs = [_job(row) for row in self.outbox.rows(self.name, channels=("print",))]
        return [self._intent(route, purpose, 1 + max(jobs, default=0), said) for route in routes]

    def _intent(self, route: Route, purpose: str, job: int, said: Mapping[str, Any] | None) -> Intent:
        details: dict[str, Any] = {"role": route.role, "name": route.name, "copies": route.copies}
        if route.way == "print":
            details["job"] = job
        said = said or ({"copies": route.copies} if route.way == "print" else {})
        intent = self.outbox.intent(
            self.name,
            self.originals.paper.revision,
            route.unit,
            route.way,
            address=route.address,
            payload="",
            purpose=purpose,
            nth=route.nth,
            event="reissued" if purpose == REISSUE else "sent",
            fields=said,
            details=details,
        )
        return intent._replace(payload=self._message(intent).digest)

    def _message(self, intent: Intent) -> Any:
        """What an intent's unit gets: a Letter by mail, a Parcel by another way."""
        details = json.loads(intent.details)
        if intent.channel == "email":
            return self._letter(intent, details)
        files = self._attached(intent.unit) if intent.channel == "folder" else (self.originals.whole(intent.unit),)
        said = [intent.unit, details["name"], details["copies"], self.originals.subject, digests(files)]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return Parcel(intent.unit, details["name"], files, details["copies"], digest)

    def _letter(self, intent: Intent, details: Mapping[str, Any]) -> Letter:
        office, mail = self.records.office, self.records.office.mail
        assert mail is not None
        unit = self.units.get(intent.unit) or Unit(id=intent.unit, name=details["name"])
        files = self._attached(intent.unit)
        links: Sequence[Mapping[str, str]] = ()
        if self.links is not None and total_size(files) > LARGE:
            links, files = self.links(intent.unit, files), ()
        text = self._wording.text(
            **values_of(office, self.originals, unit, details["role"]),
            attachments=tuple(file.name for file in files),
            links=tuple(links),
            purpose=intent.purpose,
            cause=details["fields"].get("cause", ""),
        )
        subject = self.originals.subject
        return Letter(mail.from_, office.name, intent.address, unit.name, subject, text, files, mail.read_receipts)

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self.records.root)


def _job(row: Intent) -> int:
    """The number of the print job that a row belongs to."""
    return int(json.loads(row.details).get("job", 1))


def _needless(writer: Writer, intent: Intent) -> str | None:
    """Why a unit needs no copy any more; asked in the moment of sending."""
    paper, standing = writer.paper(intent.circular), writer.standing(intent.circular, intent.unit)
    if paper is None or standing is None or paper.withdrawn or paper.abolished or standing.withdrawn:
        return "withdrawn"
    if paper.revision != intent.revision:
        return "revised"
    if intent.purpose == CIRCULAR and standing.received_at and standing.revision >= intent.revision:
        return "received"
    return None
