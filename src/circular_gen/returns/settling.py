"""What was read becomes events: one transaction for a batch of files, all or nothing.

In: files whose pages were read, the ledger. Out: events `received`, `received-with-reservation`, `reported`,
`witnessed` for what is certain, `reviewed` for the rest, `scanned` for each file, so that the same file again changes
nothing; and the fate of each page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from circular_gen.ledger import Draft, Event, Paper, Standing, Writer, agrees, brief
from circular_gen.ledger.events import DraftError, annulled, check_time, utc
from circular_gen.messages import _
from circular_gen.records import Records
from circular_gen.returns.forms import Form, Found
from circular_gen.returns.reading import MOST_DETAIL, FormPage, Problem, Reading, faults, read_form, reservation
from circular_gen.returns.signed import Signature
from circular_gen.returns.workers import Page, Refusal
from circular_gen.workspace.recipients import plain

HOW, BY_MAIL, ELECTRONIC = "scan", "mail", "electronic"
BESIDE = "beside"
"""The fate of a page of a mail's attachment that carries no code of ours: the mail is looked at as a whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """The mail that files came in. `sha256`: of the raw mail, which is kept; `at`: when it reached the office's
    mailbox, ISO with zone, None where that is not known."""

    sha256: str
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file that was read and is kept. `name`: as a person knows it."""

    name: str
    sha256: str
    told: tuple[Page | Refusal, ...]
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a page (0: the whole file). `fate`: received, received-with-reservation, reported, review, blank,
    beside, known, refused; `reason`: why it is in review or refused; `event`: its number in the ledger."""

    file: str
    page: int
    fate: str
    circular: str | None = None
    unit: str | None = None
    form: str | None = None
    form_page: int | None = None
    reason: str = ""
    detail: str = ""
    event: int | None = None


@dataclass(slots=True)
class _Outcome:
    """An event that is to be recorded, and the pages whose fate it is."""

    drafted: Draft
    fates: list[tuple[int, int]]


Key = tuple[str, int, str, str]
"""Circular, revision, unit, kind."""


def file_key(sha256: str) -> str:
    """The key of the event that says that a file was read."""
    return f"scan:{sha256}"


def settle(records: Records, files: Sequence[Scanned], actor: str | None = None) -> list[Fate]:
    """Record what the files say. Files that the ledger knows already change nothing."""
    with records.ledger.writing() as writer:
        known = {event.key for event in writer.stream(keys=[file_key(file.sha256) for file in files])}
        new = [file for file in files if file_key(file.sha256) not in known]
        settler = _Settler(writer, actor or records.actor)
        fates = settler.settle(new)
        old = [Fate(file.name, 0, "known") for file in files if file_key(file.sha256) in known]
        return [*fates, *old]


class _Settler:
    def __init__(self, writer: Writer, actor: str) -> None:
        self._writer = writer
        self._actor = actor
        self._outcomes: list[_Outcome] = []
        self._extra: list[Draft] = []
        self._fates: dict[tuple[int, int], Fate] = {}
        self._papers: dict[str, Paper | None] = {}
        self._reviews: dict[str, tuple[Event, ...]] = {}
        self._roots: dict[int, bytes | None] = {}
        self._sources: dict[str, Source] = {}

    def settle(self, files: Sequence[Scanned]) -> list[Fate]:
        groups: dict[Key, list[tuple[tuple[int, int], Found, FormPage]]] = {}
        self._sources = {file.sha256: file.source for file in files if file.source}
        for place, file in enumerate(files):
            readable = any(isinstance(told, Page) for told in file.told)
            for told in file.told:
                at = (place, told.number)
                self._fates[at] = Fate(file.name, told.number, "blank")
                if isinstance(told, Refusal):
                    self._fates[at] = replace(self._fates[at], fate="refused", reason=told.reason, detail=told.detail)
                    if readable:
                        self._review(at, file, "unreadable", detail=told.reason)
                elif not told.blank:
                    self._sort(at, file, told, groups)
        for pages in groups.values():
            self._form(pages)
        marks = [self._mark(place, file) for place, file in enumerate(files)]
        self._outcomes.sort(key=lambda outcome: min(outcome.fates))  # as a person goes through the pile
        drafts = [outcome.drafted for outcome in self._outcomes]
        events = self._writer.append(*drafts, *self._extra, *marks)
        for outcome, event in zip(self._outcomes, events, strict=False):
            for at in outcome.fates:
                self._fates[at] = replace(self._fates[at], event=event.sequence)
        return [self._fates[at] for at in sorted(self._fates)]

    def _sort(
        self,
        at: tuple[int, int],
        file: Scanned,
        told: Page,
        groups: dict[Key, list[tuple[tuple[int, int], Found, FormPage]]],
    ) -> None:
        """A page to its form, or into review where it has none."""
        found: Found = told.form
        code = found.code
        if code is not None:
            self._fates[at] = replace(
                self._fates[at], circular=code.circular, unit=code.unit, form=code.kind, form_page=code.page
            )
        if found.form is None or code is None or told.ink is None:
            reason = found.problem or "unreadable"
            if reason == "no-code" and told.marks >= 2:
                reason = "blurred"  # it is ours: only its code cannot be read
            if reason == "no-code" and file.source:
                self._fates[at] = replace(self._fates[at], fate=BESIDE, reason=reason)
                return
            self._review(at, file, reason, found)
            return
        page = FormPage(code.page, file.sha256, file.name, told.number, found.text, told.ink, told.signatures)
        groups.setdefault((code.circular, code.revision, code.unit, code.kind), []).append((at, found, page))

    def _mark(self, place: int, file: Scanned) -> Draft:
        pages = {}
        for at, fate in self._fates.items():
            if at[0] == place:
                pages[str(at[1])] = fate.fate
        fields = {
            "evidence": self._with_mail([file.sha256]),
            "file": one_line(file.name),
            "read": pages,
            "machine": True,
        }
        return Draft("scanned", self._actor, payload=fields, key=file_key(file.sha256))

    # -- a form

    def _form(self, pages: list[tuple[tuple[int, int], Found, FormPage]]) -> None:
        form = pages[0][1].form
        assert form is not None
        best: dict[int, tuple[tuple[int, int], Found, FormPage]] = {}
        for entry in pages:
            number = entry[2].number
            if number not in best or faults(entry[2]) < faults(best[number][2]):
                best[number] = entry
        spare = [entry for entry in pages if best[entry[2].number] is not entry]
        mine = list(best.values())
        paper = self._paper(form.circular)
        standing = self._writer.standing(form.circular, form.unit)
        earlier, replaced = self._earlier(form, {entry[2].number for entry in mine})
        whole = read_form(
            form,
            [*earlier, *(entry[2] for entry in mine)],
            all_answered=form.kind == "checklist" or bool(paper and paper.ask == "report"),
        )
        problems = [
            *self._standing_problems(form, paper, standing),
            *self._checkpoint(mine[0][1]),
            *self._signed(paper, standing, whole.pages),
            *whole.problems,
        ]
        ats = [entry[0] for entry in mine]
        if problems:
            kept = [*earlier, *(entry[2] for entry in mine)]
            self._review_form(form, mine[0][1], kept, whole, problems, ats, addressed=standing is not None)
        else:
            assert standing is not None
            assert paper is not None
            self._certain(form, paper, standing, whole, mine[0][1], ats)
        for event in replaced:
            reason = _("more of its pages came back")
            self._extra.append(Draft("corrected", self._actor, payload={"event": event.sequence, "reason": reason}))
        for at, found, page in spare:
            alone = read_form(form, [page], all_answered=False)
            twice = [Problem("duplicate")]
            self._review_form(form, found, [page], alone, twice, [at], addressed=standing is not None)

    def _paper(self, circular: str) -> Paper | None:
        if circular not in self._papers:
            self._papers[circular] = self._writer.paper(circular)
        return self._papers[circular]

    def _earlier(self, form: Form, numbers: set[int]) -> tuple[list[FormPage], list[Event]]:
        """Pages of the form that came back before and wait for the rest, and the reviews in which they wait: what is
        recorded now stands in their place."""
        if form.circular not in self._reviews:
            self._reviews[form.circular] = self._writer.open_reviews(form.circular)
        pages: dict[int, FormPage] = {}
        replaced: list[Event] = []
        for event in self._reviews[form.circular]:
            if event.unit != form.unit or (payload := event.payload)["reason"] != "page-missing":
                continue
            if (payload.get("form"), payload.get("revision")) != (form.kind, form.revision):
                continue
            waiting = [_restored(page) for page in payload["read"]["pages"]]
            pages.update({page.number: page for page in waiting if page.number not in numbers})
            replaced.append(event)
        return [pages[number] for number in sorted(pages)], replaced

    def _standing_problems(self, form: Form, paper: Paper | None, standing: Standing | None) -> list[Problem]:
        if paper is None or not paper.issued_at:
            return [Problem("not-issued")]
        if standing is None:
            return [Problem("not-addressed")]
        problems = []
        if paper.withdrawn or standing.withdrawn:
            problems.append(Problem("withdrawn"))
        if paper.abolished:
            problems.append(Problem("abolished"))
        if standing.exempt:
            problems.append(Problem("exempt"))
        events = self._writer.about(form.circular, form.unit)
        gone = annulled(events)
        for event in events:
            if event.kind not in ("received", "received-with-reservation", "reported") or event.sequence in gone:
                continue
            payload = event.payload
            if payload.get("form") == form.kind and payload.get("revision", 0) == form.revision:
                problems.append(Problem("duplicate", (str(event.sequence),)))
                break
        return problems

    def _checkpoint(self, found: Found) -> list[Problem]:
        """A paper that went out under another ledger than this one: one of the two was changed."""
        return [] if self._agrees(found) else [Problem("other-ledger")]

    def _agrees(self, found: Found) -> bool:
        assert found.code is not None
        short = found.code.checkpoint
        if short.size not in self._roots:
            there = short.size <= self._writer.head().size
            self._roots[short.size] = self._writer.root(short.size) if there else None
        root = self._roots[short.size]
        return root is not None and agrees(short, root)

    def _certain(
        self, form: Form, paper: Paper, standing: Standing, whole: Reading, found: Found, ats: list[tuple[int, int]]
    ) -> None:
        payload: dict[str, Any] = {
            "by": standing.name or standing.unit,  # the hand on the paper is read by nobody but people
            "how": HOW,
            "machine": True,
            "evidence": self._hashes(whole.pages),
            "page": whole.pages[0].page,
            "form": form.kind,
            "revision": form.revision,
            "answers": dict(whole.answers) or None,
            "signature": {**whole.signature, **whole.seal},
            **self._by_mail(paper, whole.pages),
            **_electronic(whole.pages),
        }
        kinds = []
        if form.kind == "receipt":
            wrong = reservation(whole.answers)
            kinds.append("received-with-reservation" if wrong else "received")
            if wrong:
                payload["reservation"] = wrong
        if form.kind == "checklist" or paper.ask == "report":
            kinds.append("reported")
        for kind in kinds:
            fields = {name: value for name, value in payload.items() if name != "reservation" or kind != "reported"}
            self._outcomes.append(_Outcome(Draft(kind, self._actor, form.circular, form.unit, fields), list(ats)))
        for at in ats:
            self._fates[at] = replace(self._fates[at], fate=kinds[-1])
        self._extra.append(self._witnessed(form, found, whole))

    def _witnessed(self, form: Form, found: Found, whole: Reading) -> Draft:
        assert found.code is not None
        short = found.code.checkpoint
        fields = {
            "size": short.size,
            "root": brief(short).partition("-")[2],
            "agrees": self._agrees(found),
            "code": found.text or None,
            "evidence": self._hashes(whole.pages),
            "page": whole.pages[0].page,
        }
        return Draft("witnessed", self._actor, form.circular, form.unit, fields)

    # -- electronic signatures

    def _signed(self, paper: Paper | None, standing: Standing | None, pages: Iterable[FormPage]) -> list[Problem]:
        """Why the electronic signatures of a form's files do not count. The last one in a file must be the unit's: it
        answers for all that stands there."""
        problems: dict[Problem, None] = {}
        for page in pages:
            for signature in page.signatures:
                if signature.problem:
                    problems[Problem(signature.problem, (signature.by or signature.detail,))] = None
            if not page.signatures or any(signature.problem for signature in page.signatures):
                continue
            last = page.signatures[-1]
            if standing and plain(standing.name) not in map(plain, last.names):
                problems[Problem("signer-other", (last.by,))] = None
            if last.at and paper:
                try:
                    check_time(last.at, self._writer.now, paper.issued_at, paper.date)
                except DraftError:
                    problems[Problem("signature-time", (last.at,))] = None
        return list(problems)

    # -- the mail that it came in

    def _hashes(self, pages: Iterable[FormPage]) -> list[str]:
        return self._with_mail(page.sha256 for page in pages)

    def _with_mail(self, files: Iterable[str]) -> list[str]:
        """The files' hashes, then those of the mails that they came in."""
        files = list(dict.fromkeys(files))
        return list(dict.fromkeys([*files, *(self._sources[file].sha256 for file in files if file in self._sources)]))

    def _by_mail(self, paper: Paper, pages: Sequence[FormPage]) -> Mapping[str, Any]:
        """How and when it came, where it came by mail: the day it reached the office, not the day somebody looked."""
        sources = [self._sources[page.sha256] for page in pages if page.sha256 in self._sources]
        if not sources:
            return {}
        times = [at for source in sources if (at := arrived(source.at, self._writer.now, paper))]
        return {"how": BY_MAIL, "at": max(times, key=utc, default=None)}

    # -- review

    def _review(
        self, at: tuple[int, int], file: Scanned, reason: str, found: Found | None = None, detail: str = ""
    ) -> None:
        """A page that belongs to no form we have."""
        code = found.code if found else None
        detail = detail or (f"{code.circular} {code.unit}" if code else "")
        fields = {
            "reason": reason,
            "evidence": self._with_mail([file.sha256]),
            "file": one_line(file.name),
            "page": at[1],
            "code": (found.text or None) if found else None,
            "form": code.kind if code else None,
            "revision": code.revision if code else None,
            "detail": detail or None,
            "machine": True,
        }
        circular, unit = (code.circular, code.unit) if code else (None, None)
        if circular is None or unit is None or self._writer.standing(circular, unit) is None:
            circular = unit = None
        self._outcomes.append(_Outcome(Draft("reviewed", self._actor, circular, unit, fields), [at]))
        self._fates[at] = replace(self._fates[at], fate="review", reason=reason, detail=detail)

    def _review_form(
        self,
        form: Form,
        found: Found,
        pages: Sequence[FormPage],
        whole: Reading,
        problems: Sequence[Problem],
        ats: list[tuple[int, int]],
        *,
        addressed: bool,
    ) -> None:
        first, detail = problems[0], told(problems)
        worst = next((page for page in pages if first.about == (str(page.number),)), pages[-1])
        fields = {
            "reason": first.reason,
            "evidence": self._hashes(pages),
            "file": one_line(worst.file),
            "page": worst.page,
            "code": found.text,
            "form": form.kind,
            "revision": form.revision,
            "answers": dict(whole.answers) or None,
            "signature": {**whole.signature, **whole.seal},
            "read": {
                "pages": [_stored(page) for page in pages],
                "problems": [[problem.reason, *problem.about] for problem in problems],
            },
            "detail": detail,
            "machine": True,
        }
        circular, unit = (form.circular, form.unit) if addressed else (None, None)
        self._outcomes.append(_Outcome(Draft("reviewed", self._actor, circular, unit, fields), list(ats)))
        for at in ats:
            self._fates[at] = replace(self._fates[at], fate="review", reason=first.reason, detail=detail)


def told(problems: Iterable[Problem]) -> str:
    """Problems in a line, as words for programs: `tick-unclear t1.yes t2.no; unsigned signature`."""
    parts = []
    for problem in problems:
        about = [*problem.about[:MOST_DETAIL], *["…"][: len(problem.about) > MOST_DETAIL]]
        parts.append(" ".join((problem.reason, *about)))
    return "; ".join(parts)


def arrived(at: str | None, now: datetime, paper: Paper) -> str | None:
    """When a mail came, where that can be true: not in the future, not before the circular was issued."""
    try:
        if at is not None:
            check_time(at, now, paper.issued_at, paper.date)
    except DraftError:
        return None
    return at


def _stored(page: FormPage) -> Mapping[str, Any]:
    return {
        "number": page.number,
        "sha256": page.sha256,
        "file": one_line(page.file),
        "page": page.page,
        "text": page.text,
        "ink": page.ink,
        **({"signatures": [_record(signature) for signature in page.signatures]} if page.signatures else {}),
    }


def _restored(page: Mapping[str, Any]) -> FormPage:
    """A page as `_stored` wrote it."""
    signatures = tuple(
        Signature(**{**signature, "names": tuple(signature["names"])}) for signature in page.get("signatures", ())
    )
    return FormPage(**{**page, "signatures": signatures})


def _record(signature: Signature) -> dict[str, Any]:
    return {**asdict(signature), "names": list(signature.names)}


def _electronic(pages: Sequence[FormPage]) -> dict[str, Any]:
    """How, by whom and when a form was received that is signed electronically on all its pages."""
    if not all(page.signatures for page in pages):
        return {}
    latest = max(
        (page.signatures[-1] for page in pages), key=lambda signature: utc(signature.at) if signature.at else ""
    )
    said = {name: value for name, value in _record(latest).items() if name not in ("problem", "detail", "at")}
    when = {"at": latest.at} if latest.at else {}
    return {"how": ELECTRONIC, "by": latest.by, **when, "signature": {"electronic": said}}


def one_line(name: str) -> str:
    """A file's name as one line of text, however it was written."""
    plain = name.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in plain)[:500] or "?"
