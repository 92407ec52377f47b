"""What happened between the office and one unit about one circular, as a clerk reads it on the phone to that unit.

In: the ledger, the evidence, and recipients.yaml for the unit's telephone. Out: lines, or a record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from circular_gen.evidence import find
from circular_gen.ledger import Event, Paper, Status, status
from circular_gen.ledger.deadlines import utc_now
from circular_gen.ledger.events import timestamp
from circular_gen.ledger.report import (
    Happening,
    edition_words,
    flag_words,
    flags_of,
    history,
    iso_time,
    next_words,
    short_time,
    state_words,
    void_word,
)
from circular_gen.messages import _
from circular_gen.records import open_records
from circular_gen.returns.forms import Printed
from circular_gen.returns.words import answers_in_words, form_words, in_words, reason_words
from circular_gen.workspace import WorkspaceError, open_workspace


@dataclass(frozen=True, slots=True)
class Told:
    """`contact`: name and telephone as recipients.yaml has them today; `evidence`: files below the workspace's root by
    event, as a person opens them."""

    paper: Paper
    status: Status
    contact: str
    happenings: tuple[Happening, ...]
    evidence: Mapping[int, Sequence[str]]
    office: ZoneInfo

    def lines(self) -> Iterator[str]:
        """The whole story, line by line."""
        paper, unit = self.paper, self.status
        yield f"{paper.number}　{paper.title}"
        yield "　".join(filter(None, (unit.name or unit.unit, unit.group, self.contact)))
        state = [state_words()[unit.state], short_time(unit.since, self.office), unit.by]
        state += [flag_words()[flag] for flag in flags_of(unit)]
        if edition := edition_words(unit, paper):
            state.append(edition)
        if unit.due:
            state.append(_("due {time}").format(time=short_time(unit.due, self.office)))
        if unit.next:
            state.append(_("next: {step}").format(step=next_words()[unit.next]))
        if void := void_word(paper):
            state.append(_("the circular is {word}").format(word=void))
        yield "　".join(filter(None, state))
        for told in self.happenings:
            line = f"{told.event:>6}  {told.time}  {told.what}"
            if told.details:
                line += f"  {told.details}"
            line += "  " + _("({actor})").format(actor=told.actor)
            if told.annulled is not None:
                line += "  " + _("— annulled by event {event}").format(event=told.annulled)
            yield line
            for file in self.evidence.get(told.event, ()):
                yield " " * 8 + _("evidence: {file}").format(file=file)

    def record(self) -> dict[str, Any]:
        """The same for programs."""
        unit = self.status
        return {
            "circular": self.paper.circular,
            "number": self.paper.number,
            "unit": unit.unit,
            "name": unit.name,
            "state": unit.state,
            "since": iso_time(unit.since, self.office),
            "by": unit.by or None,
            "due": iso_time(unit.due, self.office),
            "revision": unit.revision,
            "newest_revision": self.paper.revision,
            "flags": list(flags_of(unit)),
            "events": [
                {**told._asdict(), "evidence": list(self.evidence.get(told.event, ()))} for told in self.happenings
            ],
        }


def tell(root: Path, name: str, unit: str) -> Told:
    """The story of `unit` (id or name) with the circular `name`. UsageError with the nearest names for unknown ones."""
    with open_records(root) as records:
        paper = records.paper(name)
        standing = records.unit(paper, unit)
        with records.ledger.reading() as reader:
            events = [*reader.about(paper.circular, None), *reader.about(paper.circular, standing.unit)]
        office = records.office.zone
        now = status(paper, standing, timestamp(utc_now()))
        returned = {event.sequence: event for event in events}
        printed = Printed(records)
        happenings = tuple(_as_read(told, returned[told.event], printed) for told in history(events, office))
        evidence = {event.sequence: _files(root, event) for event in events if event.kind not in _ALSO_THERE}
        return Told(paper, now, _contact(root, standing.unit), happenings, evidence, office)


_ALSO_THERE = ("witnessed", "review-decided")
"""Events whose evidence stands with another one."""


def _as_read(told: Happening, event: Event, printed: Printed) -> Happening:
    """An event of a page that came back, with what the page is and says, in place of the words for programs."""
    payload = event.payload
    said = [form_words().get(payload.get("form") or "", "")]
    if event.kind == "reviewed":
        detail, reason = payload.get("detail") or "", payload["reason"]
        said.append(
            in_words(detail, printed.rows(event)) if detail.startswith(reason) else reason_words().get(reason, reason)
        )
        said.append(" ".join(filter(None, (payload.get("file"), str(payload.get("page") or "")))))
    elif event.kind == "witnessed":
        said.append(_("ledger of {size} events").format(size=payload["size"]))
    else:
        said.append(told.details)
    if answers := payload.get("answers"):
        said.append(answers_in_words(answers, printed.rows(event)))
    return told._replace(details=_("; ").join(filter(None, said)))


def _files(root: Path, event: Event) -> list[str]:
    """Where an event's evidence lies, as far as it is kept here."""
    found = (find(root, sha256) for sha256 in event.payload.get("evidence") or ())
    return [path.relative_to(root).as_posix() for path in found if path]


def _contact(root: Path, unit: str) -> str:
    try:
        registered = open_workspace(root).registry.by_id.get(unit)
    except WorkspaceError:
        return ""
    contact = registered.contact if registered else None
    return " ".join(filter(None, (contact.name, contact.duty, contact.phone))) if contact else ""
