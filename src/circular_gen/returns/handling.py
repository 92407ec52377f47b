"""What a clerk records beside a receipt: exempted (免签收), returned (退回), rechecked (复核), closed (销号), extended
(延期).

In: an issued circular, one of its units (closed, extended: or all of them), and why. Out: one event, once; a mistake is
annulled by another one (`by_hand.annul`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from circular_gen.errors import UsageError
from circular_gen.evidence import keep
from circular_gen.ledger import Draft, DraftError, Paper, Standing, Writer
from circular_gen.ledger.deadlines import in_zone, local
from circular_gen.ledger.events import check_time, timestamp
from circular_gen.ledger.standing import effective_due, owes
from circular_gen.messages import _
from circular_gen.records import Records, open_records
from circular_gen.returns.by_hand import read_time
from circular_gen.workspace.values import read_moment


@dataclass(frozen=True, slots=True)
class Handled:
    """`unit`: None where all are meant. `new`: whether it was recorded just now; `said`: the recorded reason, or the
    recorded time in the office's zone."""

    paper: Paper
    unit: Standing | None
    new: bool
    said: str | datetime


def exempt(root: Path, name: str, unit: str, reason: str, *, actor: str | None = None) -> Handled:
    """免签收: nothing is asked of the unit any more. DraftError where nothing ever was."""
    why = _reason(reason)
    with open_records(root) as records:
        paper, place = _unit(records, name, unit)
        with records.ledger.writing() as writer:
            standing = _standing(writer, paper, place)
            if not _asked(paper, standing):
                message = _("nothing is asked of {unit}: there is nothing to exempt it from")
                raise DraftError(message.format(unit=standing.name or place))
            if standing.exempt:
                return Handled(paper, standing, new=False, said=standing.exempt)
            _append(writer, records, actor, "exempted", paper, place, reason=why)
            return Handled(paper, standing, new=True, said=why)


def return_(
    root: Path,
    name: str,
    unit: str,
    reason: str,
    *,
    by: str | None = None,
    at: str | None = None,
    evidence: Path | None = None,
    actor: str | None = None,
) -> Handled:
    """退回: the unit has sent the circular back. Returned for the same reason again is recorded once."""
    why = _reason(reason)
    with open_records(root) as records:
        paper, place = _unit(records, name, unit)
        moment = read_time(at, records.office.zone) if at else None
        kept = (keep(root, evidence),) if evidence is not None else None
        with records.ledger.writing() as writer:
            standing = _standing(writer, paper, place)
            if standing.returned == why:
                return Handled(paper, standing, new=False, said=why)
            _append(writer, records, actor, "returned", paper, place, reason=why, by=by, at=moment, evidence=kept)
            return Handled(paper, standing, new=True, said=why)


def recheck(
    root: Path,
    name: str,
    unit: str,
    *,
    sent_back: str | None = None,
    by: str | None = None,
    actor: str | None = None,
) -> Handled:
    """复核: the unit's report was looked through and is in order, or goes back to it with the reason `sent_back`.
    DraftError where it has not reported."""
    why = _reason(sent_back) if sent_back is not None else None
    with open_records(root) as records:
        paper, place = _unit(records, name, unit)
        with records.ledger.writing() as writer:
            standing = _standing(writer, paper, place)
            if not standing.reported_at:
                message = _("{unit} has not reported; there is nothing to check")
                raise DraftError(message.format(unit=standing.name or place))
            known = standing.returned if why else standing.rechecked_at and not standing.returned
            if known and (why is None or known == why):
                return Handled(paper, standing, new=False, said=why or "")
            outcome = "sent-back" if why else "accepted"
            _append(writer, records, actor, "rechecked", paper, place, outcome=outcome, reason=why, by=by)
            return Handled(paper, standing, new=True, said=why or "")


def close(
    root: Path,
    name: str,
    unit: str | None = None,
    *,
    reason: str | None = None,
    by: str | None = None,
    evidence: Path | None = None,
    actor: str | None = None,
) -> Handled:
    """销号, 办结: the unit is done with the circular; with no unit, the circular is. UsageError where something is
    still owed and no reason is given."""
    with open_records(root) as records:
        office = records.office.zone
        paper = records.paper(name)
        place = records.unit(paper, unit).unit if unit is not None else None
        kept = (keep(root, evidence),) if evidence is not None else None
        with records.ledger.writing() as writer:
            paper = writer.paper(paper.circular) or paper
            standing = _standing(writer, paper, place) if place is not None else None
            closed = standing.closed_at if standing else paper.closed_at
            if closed:
                return Handled(paper, standing, new=False, said=local(closed, office))
            standings = [standing] if standing else list(writer.standings(paper.circular))
            open_ = [one for one in standings if owes(paper, one.role, one.receipt, one.state, one.flags)]
            if open_ and not (reason and reason.strip()):
                message = _("{units} still owes an answer; give a reason to close nevertheless")
                if len(open_) > 1:
                    message = _("{count} units still owe an answer; give a reason to close nevertheless")
                raise UsageError(message.format(units=open_[0].name or open_[0].unit, count=len(open_)))
            _append(writer, records, actor, "closed", paper, place, reason=reason or None, by=by, evidence=kept)
            return Handled(paper, standing, new=True, said=in_zone(writer.now, office))


def extend(
    root: Path,
    name: str,
    unit: str | None = None,
    *,
    to: str,
    reason: str,
    by: str | None = None,
    asked: str | None = None,
    refused: bool = False,
    actor: str | None = None,
) -> Handled:
    """延期: a later deadline, for the unit or for all; the first one stays in the statistics. `to`: as a circular
    writes deadlines (a day alone means its end); `by`: who decided; `asked`: when the unit asked for it (default: now),
    which must be before its deadline; `refused`: it does not get it, and that is recorded. UsageError for what is no
    time, DraftError for a deadline that is not later, that was asked for too late, or where there is none."""
    why = _reason(reason)
    with open_records(root) as records:
        office = records.office.zone
        try:
            due = in_zone(read_moment(to), office)
        except PydanticCustomError as error:
            raise UsageError(error.message()) from None
        paper = records.paper(name)
        place = records.unit(paper, unit).unit if unit is not None else None
        if place is None and (asked or refused):
            raise UsageError(_("name the unit that asked"))
        request = read_time(asked, office) if asked else None
        with records.ledger.writing() as writer:
            paper = writer.paper(paper.circular) or paper
            standing = _standing(writer, paper, place) if place is not None else None
            present = effective_due(paper, standing) if standing else paper.due
            if present is None or paper.ask == "none" or (standing and not _asked(paper, standing)):
                raise DraftError(_("there is no deadline to extend"))
            if timestamp(due) == present:
                return Handled(paper, standing, new=False, said=local(present, office))
            if timestamp(due) < present:
                message = _("{time} is not later than the present deadline, {due}")
                raise DraftError(
                    message.format(time=f"{due:%Y-%m-%d %H:%M}", due=f"{local(present, office):%Y-%m-%d %H:%M}")
                )
            if request is not None:
                check_time(request.isoformat(), writer.now, paper.issued_at, paper.date)
            if place is not None and timestamp(request or writer.now) > present:
                message = _("it was due {due}: more time is asked for before that; --asked says when the unit asked")
                raise DraftError(message.format(due=f"{local(present, office):%Y-%m-%d %H:%M}"))
            previous = local(present, office)
            fields = {"due": due, "reason": why, "by": by, "asked": request}
            if refused:
                _append(writer, records, actor, "extension-refused", paper, place, **fields)
                return Handled(paper, standing, new=True, said=previous)
            _append(writer, records, actor, "extended", paper, place, previous=previous, **fields)
            return Handled(paper, standing, new=True, said=due)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise UsageError(_("give the reason: it stands in the ledger"))
    return reason.strip()


def _unit(records: Records, name: str, unit: str) -> tuple[Paper, str]:
    paper = records.paper(name)
    return paper, records.unit(paper, unit).unit


def _standing(writer: Writer, paper: Paper, unit: str) -> Standing:
    standing = writer.standing(paper.circular, unit)
    assert standing is not None  # events are never removed
    return standing


def _asked(paper: Paper, standing: Standing) -> bool:
    return standing.receipt and standing.role == "addressee" and paper.ask != "none"


def _append(
    writer: Writer, records: Records, actor: str | None, kind: str, paper: Paper, unit: str | None, **payload: Any
) -> None:
    writer.append(Draft(kind, actor or records.actor, paper.circular, unit, payload))
