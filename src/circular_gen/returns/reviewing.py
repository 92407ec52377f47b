"""Pages that wait for a person: what was read, the picture of the place in doubt, and the person's decision.

In: the ledger's open reviews, the evidence. Out: `Waiting` rows; pictures in out/review/, always safe to delete; for a
decision one transaction: `review-decided`, and what follows from it, said by a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from circular_gen.disk import write_whole
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.evidence import find
from circular_gen.ledger import Draft, Event, Paper, Standing
from circular_gen.ledger.report import short_time
from circular_gen.messages import _
from circular_gen.records import Records, open_records
from circular_gen.returns.forms import Form, Forms, Printed
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.reading import SEVERAL, reservation
from circular_gen.returns.scanning import require_scanning
from circular_gen.returns.settling import HOW
from circular_gen.returns.words import Rows
from circular_gen.returns.workers import Workers
from circular_gen.workspace.secret import office_codes

Decision = Literal["accepted", "corrected", "rejected"]
MAIL = ".eml"
"""The ending under which mails are kept: mail programs open it."""
_AROUND = 15.0
"""Seen around the places in doubt, in mm."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page, or the pages of a form, in review. `time` in the office's zone; `name`: the unit's; `problems`: each a
    word and what it is about; `pictures`: where they were saved, where they were asked for; `rows`: of a checklist, as
    it was printed."""

    event: int
    time: str
    circular: str | None
    unit: str | None
    reason: str
    file: str
    page: int
    form: str | None
    detail: str
    problems: tuple[tuple[str, ...], ...]
    answers: Mapping[str, Any]
    evidence: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    name: str = ""
    rows: Rows = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was recorded. `kinds`: of the events that follow from it."""

    event: int
    decision: Decision
    circular: str | None
    unit: str | None
    kinds: tuple[str, ...]


def waiting(root: Path, number: int | None = None, *, pictures: bool = False) -> tuple[Waiting, ...]:
    """What waits, oldest first; the one of that number alone, CircularGenError where it does not wait. `pictures`: save
    them, too."""
    with open_records(root) as records:
        events = records.ledger.open_reviews()
        if number is not None:
            events = (_open(events, number),)
        saved: dict[int, tuple[str, ...]] = {}
        if pictures and events:
            require_scanning()
            forms = Forms(records, office_codes(root))
            with Workers(1) as workers:
                saved = {event.sequence: _saved(root, forms, workers, event) for event in events}
        with records.ledger.reading() as reader:
            names = {
                event.sequence: standing.name
                for event in events
                if event.circular and event.unit and (standing := reader.standing(event.circular, event.unit))
            }
        printed = Printed(records)
        return tuple(
            _waiting(event, records, saved.get(event.sequence, ()), names.get(event.sequence, ""), printed.rows(event))
            for event in events
        )


def _open(events: Sequence[Event], number: int) -> Event:
    for event in events:
        if event.sequence == number:
            return event
    raise CircularGenError(_("event {event} is no page that waits for review").format(event=number))


def _waiting(event: Event, records: Records, saved: tuple[str, ...], name: str, rows: Rows) -> Waiting:
    payload = event.payload
    problems = payload.get("read", {}).get("problems", [[payload["reason"]]])
    return Waiting(
        event.sequence,
        short_time(event.at, records.office.zone),
        event.circular,
        event.unit,
        payload["reason"],
        payload.get("file", ""),
        payload.get("page", 0),
        payload.get("form"),
        payload.get("detail", ""),
        tuple(tuple(problem) for problem in problems),
        payload.get("answers", {}),
        tuple(payload["evidence"]),
        saved,
        name,
        rows,
    )


def rows_of(root: Path, numbers: Iterable[int]) -> Mapping[int, Rows]:
    """The printed rows of the checklists that these events are about."""
    with open_records(root) as records, records.ledger.reading() as reader:
        printed = Printed(records)
        return {number: printed.rows(event) for number in numbers if (event := reader.event(number))}


# -- pictures ----------------------------------------------------------------------------------------------------------


def _saved(root: Path, forms: Forms, workers: Workers, event: Event) -> tuple[str, ...]:
    """Save the pictures of a review, and the mail that it came in; what cannot be made is left out."""
    payload = event.payload
    form = forms.whose([payload["code"]]).form if "code" in payload else None
    pages = payload.get("read", {}).get("pages") or [
        {"number": None, "sha256": sha256, "page": payload.get("page", 1)} for sha256 in payload["evidence"][:1]
    ]
    about = [name for problem in payload.get("read", {}).get("problems", []) for name in problem[1:]]
    made = []
    for place, page in enumerate(pages, 1):
        source = find(root, page["sha256"])
        name = f"{event.sequence}.png" if len(pages) == 1 else f"{event.sequence}-{place}.png"
        target = root / "out" / "review" / name
        if source is None:
            continue
        try:
            data = workers.crop(source, page["page"], _shown(form, page["number"], about))
        except RefusedError:
            continue
        write_whole(target, data)
        made.append(target.relative_to(root).as_posix())
    for mail in filter(None, (find(root, sha256) for sha256 in payload["evidence"])):
        if mail.suffix == MAIL:
            target = root / "out" / "review" / f"{event.sequence}{MAIL}"
            write_whole(target, mail.read_bytes())
            made.append(target.relative_to(root).as_posix())
    return tuple(made)


def _shown(form: Form | None, number: int | None, about: Sequence[str]) -> dict[str, Any] | None:
    """What a worker needs to straighten the page: its marks, and the places to outline."""
    if form is None or number is None:
        return None
    page = form.pages[number - 1]
    known = {**page["boxes"], **page["signature"], **page["seal"]}
    places = [
        place for name, place in known.items() if name in about or (name in page["boxes"] and _question(name) in about)
    ]
    return {"marks": page["marks"], "places": places, "around": _AROUND}


def _question(box: str) -> str:
    return box.rpartition(".")[0]


# -- decisions ---------------------------------------------------------------------------------------------------------


def decide(
    root: Path,
    number: int,
    decision: Decision,
    *,
    by: str | None = None,
    circular: str | None = None,
    unit: str | None = None,
    form: str | None = None,
    answers: Mapping[str, str] | None = None,
    reason: str | None = None,
    actor: str | None = None,
) -> Decided:
    """Decide on the review `number`. accepted: it is as it was read, and confirms; corrected: it is what `circular`,
    `unit`, `form` (receipt or checklist) and `answers` say; rejected: it confirms nothing, for a `reason`. `by`: who
    signed it (default: the unit); `actor`: who decides. UsageError, CircularGenError; then nothing is recorded."""
    if decision == "rejected" and not (reason or "").strip():
        raise UsageError(_("give the reason: it stands in the ledger"))
    with open_records(root) as records:
        review = _open(records.ledger.open_reviews(), number)
        payload = review.payload
        report = payload.get("read", {}).get("report")
        if report and decision == "accepted":
            return _accept_report(records, review, report, by, actor or records.actor)
        name, place = circular or review.circular, unit or review.unit
        kind = form or payload.get("form") or "receipt"
        if decision != "rejected" and kind not in ("receipt", "checklist"):
            raise UsageError(_("a form is a receipt or a checklist"))
        said: dict[str, Any] = {"event": number, "decision": decision, "reason": (reason or "").strip() or None}
        drafts: list[Draft] = []
        who = actor or records.actor
        if decision != "rejected":
            if name is None or place is None:
                raise UsageError(_("nobody knows whose page this is: correct it with its circular and unit"))
            paper = records.paper(name)
            standing = records.unit(paper, place)
            read = {**payload.get("answers", {}), **_corrected(answers or {})}
            drafts = _follows(paper, standing, kind, read, payload, by, who)
            if decision == "corrected":
                said["read"] = {"circular": paper.circular, "unit": standing.unit, "form": kind, "answers": read}
            name, place = paper.circular, standing.unit
        with records.ledger.writing() as writer:
            _open(writer.open_reviews(), number)  # nobody was quicker
            writer.append(*drafts, Draft("review-decided", who, payload=said))
        return Decided(number, decision, name, place, tuple(drafted.kind for drafted in drafts))


def _accept_report(records: Records, review: Event, report: Mapping[str, Any], by: str | None, actor: str) -> Decided:
    """A person says that a delivery report is true which could not prove it."""
    name, place, kind = report["circular"], report["unit"], report["kind"]
    fields = {**report["fields"], "evidence": review.payload["evidence"], "note": (by or "").strip() or None}
    decided = {"event": review.sequence, "decision": "accepted", "by": (by or "").strip() or None}
    with records.ledger.writing() as writer:
        _open(writer.open_reviews(), review.sequence)
        follows = Draft(kind, actor, name, place, fields)
        writer.append(follows, Draft("review-decided", actor, payload=decided))
    return Decided(review.sequence, "accepted", name, place, (kind,))


def _corrected(answers: Mapping[str, str]) -> dict[str, Any]:
    """Answers as the machine writes them; those of questions that may have several, at commas."""
    return {
        question: answer.split(",") if question in SEVERAL else answer for question, answer in answers.items() if answer
    }


def _follows(
    paper: Paper,
    standing: Standing,
    form: str,
    answers: Mapping[str, Any],
    payload: Mapping[str, Any],
    by: str | None,
    actor: str,
) -> list[Draft]:
    """What a person's yes means for the unit."""
    fields = {
        "by": (by or "").strip() or standing.name or standing.unit,
        "how": HOW,
        "evidence": payload["evidence"],
        "page": payload.get("page"),
        "form": form,
        "revision": payload.get("revision"),
        "answers": dict(answers) or None,
        "signature": payload.get("signature"),
    }
    kinds: dict[str, dict[str, Any]] = {}
    if form == "receipt" and not standing.manual_at:
        wrong = reservation(answers)
        if wrong:
            kinds["received-with-reservation"] = {**fields, "reservation": wrong}
        else:
            kinds["received"] = fields
    if form == "checklist" or paper.ask == "report":
        kinds["reported"] = fields
    return [Draft(kind, actor, paper.circular, standing.unit, said) for kind, said in kinds.items()]
