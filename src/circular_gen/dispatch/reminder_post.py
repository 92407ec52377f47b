"""Reminders on their way: by mail and shared folder through the outbox; what is printed needs none.

In: messages that a person approved, each with its papers in the evidence. Out: intents, and then mails and folders; the
ledger's `reminded` when one was handed over. In the transaction in which a message is let out it is asked once more
whether the unit still owes what it is about: who has answered meanwhile gets none.

What was approved and not planned because the program was killed in between is found again by its `reminder-issued`
event; what was planned and not sent goes out with the next run.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from circular_gen import evidence
from circular_gen.dispatch.folders import folder_of, put_whole, write_index
from circular_gen.dispatch.letter import File, Letter, file_name, one_line
from circular_gen.dispatch.outbox import Carrier, Down, Fate, HandedOver, Outbox, Pace, Refused, Run
from circular_gen.dispatch.reminders import held_back
from circular_gen.dispatch.smtp import Patience, Server, SmtpCarrier
from circular_gen.dispatch.ways import Means
from circular_gen.dispatch.wording import Wording
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent, Paper, Writer
from circular_gen.ledger.hazards import HAZARD_KINDS, fold_hazards
from circular_gen.ledger.standing import owes
from circular_gen.messages import _
from circular_gen.records import Records
from circular_gen.sheet.views import view
from circular_gen.workspace import Unit
from circular_gen.workspace.secret import mail_password

PURPOSES = ("notice", "reminder", "escalation", "bulletin", "hazards")
CHANNELS = ("email", "folder")
"""Ways that the outbox carries; what goes by no such way is printed."""
_SAID = ("nth", "due", "by", "evidence", "hazards", "manner", "number")
_LEFT = ("planned", "leased", "unknown")
_MAIL = "reminder-mail.txt.j2"


@dataclass(frozen=True, slots=True)
class Post:
    """A message that was approved. `fields`: of its `reminded` event; `nth`: counts messages of the same manner to the
    unit, the number of the event that approved it; `about`: the circular's number and title; `revision`: its edition;
    `papers`: SHA-256 of the papers in the evidence, PDF first."""

    circular: str
    unit: str
    name: str
    manner: str
    nth: int
    channel: str
    address: str
    heading: str
    number: str
    about: str
    revision: int
    papers: tuple[str, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheaf:
    """What goes into a unit's folder."""

    name: str
    files: tuple[File, ...]
    digest: str


class PostOffice:
    """The outbox for reminders. ElsewhereError where this copy of the workspace may not send."""

    def __init__(self, records: Records, units: Mapping[str, Unit], patience: Patience | None = None) -> None:
        self._records, self._units, self._patience = records, units, patience
        self.stopped: tuple[str, ...] = ()
        """Why the last run ended early, in the clerk's words."""
        self._means = Means.of(records.office, lambda unit: str(folder_of(records, unit)))

    def way(self, unit: str) -> tuple[str, str]:
        """By which way a unit is reminded, and where: the first of its `deliver` that can be; print where none can."""
        known = self._units.get(unit)
        for channel in known.deliver or ("email",) if known else ():
            if channel == "print":
                break
            if channel in CHANNELS and known is not None:
                address, _why = self._means.address(known, channel)
                if address:
                    return channel, address
        return "print", ""

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self._records)

    def left(self) -> tuple[Post, ...]:
        """What was approved and is not in the outbox: the program was killed between the two."""
        records = self._records
        known = {(row.circular, row.unit, row.nth) for row in self.outbox.rows(purposes=PURPOSES)}
        posts: list[Post] = []
        for event in records.ledger.events(kinds=("reminder-issued",)):
            payload, circular = event.payload, event.circular or ""
            ways = {unit: way for unit, way in payload.get("ways", {}).items() if way[0] in CHANNELS}
            lost = [unit for unit in ways if (circular, unit, event.sequence) not in known]
            paper = records.ledger.paper(circular) if lost else None
            for unit in lost if paper else ():
                standing = records.ledger.standing(circular, unit)
                fields = {name: payload[name] for name in _SAID if name in payload}
                name = (standing.name if standing else "") or unit
                assert paper is not None
                posts.append(post_of(paper, unit, name, event.sequence, *_way(ways[unit]), payload["title"], fields))
        return tuple(posts)

    def carry(self, posts: Sequence[Post], pace: Pace | None = None) -> tuple[Intent, ...]:
        """Plan the messages, and send them and what an earlier run has left; the rows that were touched."""
        left = self.outbox.rows(purposes=PURPOSES, states=_LEFT)
        if not posts and not left:
            return ()
        self.outbox.check_place()
        rows: dict[str, Intent] = {}
        with self.outbox.alone():
            there = {(row.circular, row.unit, row.purpose, row.nth) for row in self.outbox.rows(purposes=PURPOSES)}
            new = [post for post in posts if (post.circular, post.unit, post.manner, post.nth) not in there]
            self.outbox.plan([self._intent(post) for post in new], needless)
            for channel in CHANNELS:
                if not self.outbox.rows(
                    channels=(channel,), purposes=PURPOSES, states=("planned", "leased", "unknown")
                ):
                    continue
                run: Run = self.outbox.send(
                    self._carrier(channel),
                    self._message,
                    purposes=PURPOSES,
                    check=needless,
                    pace=pace or Pace.of_clock(self._rate(channel)),
                )
                rows |= run.rows
                self.stopped += (run.stopped,) if run.stopped else ()
        return tuple(rows.values())

    def _rate(self, channel: str) -> int:
        mail = self._records.office.mail
        return mail.rate if mail and channel == "email" else 0

    def _carrier(self, channel: str) -> Carrier[Any]:
        if channel == "folder":
            return _FolderCarrier(self._records)
        mail = self._records.office.mail
        assert mail is not None
        return SmtpCarrier(
            Server.read(mail.smtp),
            self.outbox.identity,
            mail.from_,
            password=mail_password(self._records.root, "smtp"),
            plus=mail.plus,
            patience=self._patience,
        )

    def _intent(self, post: Post) -> Intent:
        details = {
            "name": post.name,
            "heading": post.heading,
            "number": post.number,
            "about": post.about,
            "papers": list(post.papers),
        }
        intent = self.outbox.intent(
            post.circular,
            post.revision,
            post.unit,
            post.channel,
            address=post.address,
            payload="",
            purpose=post.manner,
            nth=post.nth,
            event="reminded",
            fields=post.fields,
            details=details,
        )
        return intent._replace(payload=self._message(intent).digest)

    def _message(self, intent: Intent) -> Any:
        """A Letter by mail, a Sheaf for a folder."""
        details = json.loads(intent.details)
        files = tuple(self._file(sha256, details) for sha256 in details["papers"])
        subject = one_line(" ".join(filter(None, (details["number"], details["heading"]))))
        if intent.channel == "folder":
            said = json.dumps([subject, [[file.name, file.sha256] for file in files]])
            return Sheaf(file_name(subject, suffix=""), files, hashlib.sha256(said.encode()).hexdigest())
        office, mail = self._records.office, self._records.office.mail
        assert mail is not None
        text = self._wording.text(
            office=view(office),
            unit=SimpleNamespace(name=details["name"]),
            manner=intent.purpose,
            heading=details["heading"],
            number=details["number"],
            about=details["about"],
            attachments=tuple(file.name for file in files),
        )
        return Letter(
            mail.from_, office.name, intent.address, details["name"], subject, text, files, mail.read_receipts
        )

    def _file(self, sha256: str, details: Mapping[str, Any]) -> File:
        path = evidence.find(self._records.root, sha256)
        if path is None:
            message = _("the paper {sha256} is not in records/evidence; run ledger verify")
            raise CircularGenError(message.format(sha256=sha256))
        name = file_name(details["number"], details["heading"], suffix=path.suffix)
        return File(name, path, sha256, path.stat().st_size)

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self._records.root, _MAIL)


@dataclass(frozen=True, slots=True)
class _FolderCarrier:
    """Puts papers into units' shared folders, beside the circulars."""

    records: Records
    channel = "folder"
    doubtful = False

    def carry(self, intent: Intent, message: Sheaf) -> Fate:
        own = Path(intent.address)
        if not own.parent.is_dir():
            text = _("the shared folder {path} is not there; make it, or connect the drive")
            return Down(text.format(path=own.parent), final=True)
        try:
            own.mkdir(exist_ok=True)
            put_whole(own / message.name, {file.name: file.data() for file in message.files})
            write_index(self.records, intent, json.loads(intent.details)["name"], message.name)
        except PermissionError as error:
            return Refused(_("{path}: {reason}").format(path=error.filename or own, reason=error.strerror))
        except OSError as error:
            text = _("{path}: {reason}").format(path=error.filename or own, reason=error.strerror or error)
            return Down(text, final=True)
        return HandedOver(message.name)

    def close(self) -> None:
        pass


def needless(writer: Writer, intent: Intent) -> str | None:
    """Why a message is not to leave any more, a word as in `Held`; asked in the moment of sending."""
    paper, standing = writer.paper(intent.circular), writer.standing(intent.circular, intent.unit)
    if paper is None or standing is None or paper.withdrawn or paper.abolished or standing.withdrawn:
        return "withdrawn"
    if intent.purpose == "bulletin":
        return None
    fields = json.loads(intent.details)["fields"]
    if intent.purpose == "hazards":
        events = writer.stream(intent.circular, intent.unit, kinds=(*HAZARD_KINDS, "corrected"))
        open_ = {hazard.id for hazard in fold_hazards(events) if hazard.state == "open"}
        return None if open_.issuperset(fields.get("hazards", ())) else "answered"
    if not owes(paper, standing.role, standing.receipt, standing.state, standing.flags):
        return "answered"
    if (standing.due or paper.due) != fields["due"]:
        return "changed"
    return held_back(standing, sent=False)


def _way(recorded: Sequence[str]) -> tuple[str, str]:
    return recorded[0], recorded[1]


def post_of(
    paper: Paper,
    unit: str,
    name: str,
    nth: int,
    channel: str,
    address: str,
    heading: str,
    fields: Mapping[str, Any],
) -> Post:
    """The message of an approved paper to a unit. `fields`: of its `reminded` event."""
    said = {key: value for key, value in fields.items() if value is not None}
    return Post(
        paper.circular,
        unit,
        name,
        said["manner"],
        nth,
        channel,
        address,
        heading,
        said.get("number", ""),
        f"《{paper.title}》（{paper.number}）",
        paper.revision,
        tuple(said["evidence"]),
        said,
    )
