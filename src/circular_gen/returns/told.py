"""What happened between the office and one unit about one circular, as a clerk reads it on the phone to that unit.

In: the ledger, and recipients.yaml for the unit's telephone. Out: lines, or a record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from circular_gen.ledger import Paper, Status, status
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
from circular_gen.workspace import WorkspaceError, open_workspace


@dataclass(frozen=True, slots=True)
class Told:
    """`contact`: name and telephone as recipients.yaml has them today."""

    paper: Paper
    status: Status
    contact: str
    happenings: tuple[Happening, ...]
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
            "events": [told._asdict() for told in self.happenings],
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
        return Told(paper, now, _contact(root, standing.unit), history(events, office), office)


def _contact(root: Path, unit: str) -> str:
    try:
        registered = open_workspace(root).registry.by_id.get(unit)
    except WorkspaceError:
        return ""
    contact = registered.contact if registered else None
    return " ".join(filter(None, (contact.name, contact.duty, contact.phone))) if contact else ""
