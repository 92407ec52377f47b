"""Making an issued circular void: withdrawn (撤销, from the start) or abolished (废止, from now on); and a document
number that no circular will bear.

Nothing is removed: one more event says so.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from circular_gen.errors import UsageError
from circular_gen.ledger import Draft, DraftError, Paper
from circular_gen.messages import _
from circular_gen.records import open_records
from circular_gen.workspace.circular import NUMBER


@dataclass(frozen=True, slots=True)
class Voided:
    """`reason`: the recorded one; `new`: whether it was recorded just now."""

    paper: Paper
    reason: str
    new: bool


def withdraw(root: Path, name: str, reason: str, *, actor: str | None = None) -> Voided:
    """撤销: the circular is void from the start. Its number stays given."""
    return _void(root, name, "withdrawn", reason, actor)


def abolish(root: Path, name: str, reason: str, *, actor: str | None = None) -> Voided:
    """废止: the circular is void from now on. DraftError for one that was withdrawn."""
    return _void(root, name, "abolished", reason, actor)


@dataclass(frozen=True, slots=True)
class VoidNumber:
    """`skipped`: numbers of the series before it that this ledger does not know."""

    number: str
    reason: str
    new: bool
    skipped: tuple[int, ...] = ()


def void_number(root: Path, number: str, reason: str, *, actor: str | None = None) -> VoidNumber:
    """Record that the document number `number` (清安办发〔2026〕13号) will not be used; it is never given.
    NumberTakenError where a circular has it, UsageError for what is no number."""
    if not reason.strip():
        raise UsageError(_("give the reason: it stands in the register"))
    match = NUMBER.fullmatch("".join(number.split()))
    if match is None:
        raise UsageError(_("“{number}” is no document number; write it as 清安办发〔2026〕12号").format(number=number))
    code, year, ordinal = match[1], int(match[2]), int(match[3])
    with open_records(root, new=True) as records, records.ledger.writing() as writer:
        for known in writer.numbers(year, code):
            if known.ordinal == ordinal and known.void:
                event = writer.event(known.event)
                return VoidNumber(match[0], event.payload["reason"] if event else "", new=False)
        following = writer.next_number(code, year)
        writer.void_number(code, year, ordinal, actor=actor or records.actor, reason=reason.strip())
        return VoidNumber(match[0], reason.strip(), True, tuple(range(following, ordinal)))


def _void(root: Path, name: str, kind: Literal["withdrawn", "abolished"], reason: str, actor: str | None) -> Voided:
    if not reason.strip():
        raise UsageError(_("give the reason: it stands in the register"))
    with open_records(root) as records:
        name = records.paper(name).circular
        with records.ledger.writing() as writer:
            paper = writer.paper(name)
            assert paper is not None  # events are never removed
            if known := getattr(paper, kind):
                return Voided(paper, known, new=False)
            if kind == "abolished" and paper.withdrawn:
                message = _("{name} is withdrawn, void from the start; there is nothing left to abolish")
                raise DraftError(message.format(name=name))
            writer.append(Draft(kind, actor or records.actor, name, None, {"reason": reason.strip()}))
            return Voided(paper, reason.strip(), new=True)
