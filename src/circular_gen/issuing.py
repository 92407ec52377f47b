"""Issuing: a draft becomes a circular that went out; and revising: an issued one gets a new edition.

    lint → number → the press makes the originals, aside → the ledger's events → the originals in their place

The press works while others record what they like: the number that it prints is the next one of then, and the ledger's
events are a short transaction of their own that first looks whether it still is. Where another office has taken it
meanwhile (in this workspace nobody else issues), the originals are made again; so two who issue at once get two
numbers, and none is lost or given twice. The originals lie aside (see records.py) until the ledger knows the hash of
their manifest; killed before, the next run clears them; killed after, the next run puts them in their place.

What is frozen in records/issued/NAME/r0/ (of the first revision in r1/): every paper as PDF and DOCX, print.pdf,
manifest.json (as build's, with revision and checkpoint), and below _input/ what the office wrote. The YAML in
circulars/ is never rewritten.
"""

import hashlib
import json
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from circular_gen import __version__
from circular_gen.build import Entry
from circular_gen.checks.drafts import lint
from circular_gen.disk import disk_errors, flush, sha256_of
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Addressed, AlreadyIssuedError, Draft, Number, NumberTakenError, Paper
from circular_gen.ledger.deadlines import in_zone, local
from circular_gen.ledger.reading import document_number
from circular_gen.messages import _
from circular_gen.press import Edition, Made, Press, inputs
from circular_gen.records import (
    ASIDE,
    INPUT,
    ISSUED,
    MANIFEST,
    Records,
    RecordsError,
    issuing_alone,
    open_records,
    originals,
    put_in_place,
    settle_now,
)
from circular_gen.workspace import (
    Circular,
    Copy,
    Finding,
    Registry,
    Workspace,
    WorkspaceError,
    open_workspace,
    plan_copies,
)
from circular_gen.workspace.circular import NUMBER
from circular_gen.workspace.codes import Checkpoint
from circular_gen.workspace.distribution import split
from circular_gen.workspace.recipients import plain
from circular_gen.workspace.reminders import policy
from circular_gen.workspace.secret import office_codes

Progress = Callable[[int, int], None]
_WRITTEN = ("office.yaml", "recipients.yaml", "circulars/", "templates/")
_LISTS = (".csv", ".xlsx")
"""What is frozen of the inputs; of fonts, and of a database's rows, the hash must do."""


_ATTEMPTS = 4
"""How often the originals are made while others take the number; the last time nobody else may record anything."""
_REVISIONS = 31
"""A receipt's code has one character for the revision."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A circular that was issued or revised just now. `folder`: its originals; `checkpoint`: the ledger's head after
    it; `warnings`: of the draft; `notices`: papers that stay DOCX; `skipped`: numbers of its series that this ledger
    does not know; `gone`: names of units that a revision addresses no more."""

    name: str
    number: str
    addressees: int
    cc: int
    folder: Path
    checkpoint: str
    warnings: tuple[Finding, ...] = ()
    notices: tuple[str, ...] = ()
    skipped: tuple[int, ...] = ()
    revision: int = 0
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft that may go out: no errors. `made_from`: hashes of what it is made from, taken before it was read."""

    workspace: Workspace
    circular: Circular
    made_from: dict[str, str]
    findings: tuple[Finding, ...]

    @classmethod
    def read(cls, root: Path, name: str) -> "_Draft":
        workspace = open_workspace(root)
        made_from = inputs(workspace, workspace.circular(name))  # before reading: see Frozen._freeze_inputs
        workspace = open_workspace(root)
        findings = tuple(lint(workspace, name))
        if errors := [finding for finding in findings if finding.severity == "error"]:
            raise WorkspaceError(errors)
        return cls(workspace, workspace.circular(name), made_from, findings)


def issue(
    root: Path,
    name: str,
    *,
    code: str | None = None,
    actor: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Issued:
    """Issue the circular `name` of the workspace at `root`. `code`: the series of its number where the draft has none
    (default: the office's). `actor`: who records it.

    Raises AlreadyIssuedError, WorkspaceError with the draft's errors, NumberTakenError, RecordsError; then nothing was
    issued."""
    name = unicodedata.normalize("NFC", name)
    with open_records(root, new=True) as records, issuing_alone(root), disk_errors():
        settle_now(root, records.ledger)
        _refuse_twice(records, name)
        _refuse_strangers(records)
        draft = _Draft.read(root, name)
        series, year, given = _series(draft.circular, draft.workspace, code)
        for attempt in range(1, _ATTEMPTS + 1):
            with _originals(root, name) as frozen, ExitStack() as held:
                writer = held.enter_context(records.ledger.writing()) if attempt == _ATTEMPTS else None
                with nullcontext(writer) if writer else records.ledger.reading() as reader:
                    before, following = reader.head().checkpoint.short(), reader.next_number(series, year)
                    if given is not None:
                        _refuse_taken(reader.numbers(year, series), given)
                number = document_number(series, year, following if given is None else given)
                frozen.make(draft, Edition(number, 0, before), progress)
                writer = writer or held.enter_context(records.ledger.writing())
                if given is None and writer.next_number(series, year) != following:
                    continue
                payload = writer.issue(
                    name,
                    code=series,
                    year=year,
                    ordinal=following if given is None else given,
                    actor=actor or records.actor,
                    payload={**_fields(draft), **frozen.fields(), "revision": 0},
                    units=_addressed(frozen, draft, 0),
                )[0].payload
                after = writer.head().checkpoint.brief()
                frozen.known = True
                break
        skipped = tuple(range(following, payload["ordinal"]))
        return _placed(records, frozen, name, payload["number"], after, draft.findings, skipped=skipped)


def revise(
    root: Path,
    name: str,
    *,
    reason: str | None = None,
    actor: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Issued:
    """Make a new edition of the issued circular `name` from its draft as it is now, under its number. Units that it
    names no more are withdrawn. `reason`: why (default: what was changed).

    Raises CircularGenError where nothing was changed, WorkspaceError with the draft's errors, UsageError for another
    number or an unknown circular; then nothing was revised."""
    name = unicodedata.normalize("NFC", name)
    with open_records(root) as records, issuing_alone(root), disk_errors():
        settle_now(root, records.ledger)
        paper = records.paper(name)
        _refuse_strangers(records)
        if paper.withdrawn or paper.abolished:
            raise CircularGenError(_("{name} is withdrawn or abolished; it cannot be revised").format(name=name))
        if paper.revision >= _REVISIONS:
            message = _("{name} has {count} revisions already; withdraw it, and issue the new one under another name")
            raise CircularGenError(message.format(name=name, count=paper.revision))
        draft = _Draft.read(root, name)
        _refuse_other_number(draft.circular, paper)
        editions = [event.payload for event in records.ledger.events(name, kinds=("issued", "revised"))]
        why = reason and reason.strip()
        why = why or _("changed: {what}").format(what="、".join(_changes(records, draft, editions[-1])))
        revision = paper.revision + 1
        with _originals(root, name) as frozen:
            before = records.ledger.checkpoint().short()
            frozen.make(draft, Edition(paper.number, revision, before), progress)
            units = tuple(_addressed(frozen, draft, revision))
            fields = _fields(draft)
            dues = [edition["due"] for edition in editions if "due" in edition]
            if fields["due"] is not None and dues and fields["due"] == datetime.fromisoformat(dues[-1]):
                fields["due"] = None  # as it was: an extension since then stands
            with records.ledger.writing() as writer:
                if writer.paper(name) != paper:
                    raise CircularGenError(
                        _("{name} was changed by somebody else meanwhile; try again").format(name=name)
                    )
                by, named = actor or records.actor, {unit.unit for unit in units}
                gone = [one for one in writer.standings(name) if one.unit not in named and not one.withdrawn]
                writer.append(
                    Draft(
                        "revised", by, name, None, {**fields, **frozen.fields(), "revision": revision, "reason": why}
                    ),
                    *(unit.draft(name, by, position) for position, unit in enumerate(units)),
                    *(Draft("withdrawn", by, name, one.unit, {"reason": why}) for one in gone),
                )
                after = writer.head().checkpoint.brief()
                frozen.known = True
        left = tuple(one.name or one.unit for one in gone)
        return _placed(records, frozen, name, paper.number, after, draft.findings, revision=revision, gone=left)


@contextmanager
def _originals(root: Path, name: str) -> Iterator["Frozen"]:
    """A folder for originals in the making, removed where the ledger does not come to know them. Where nobody can say
    whether it does (the database went away as the transaction ended), the next run looks and settles it."""
    frozen = Frozen(Path(tempfile.mkdtemp(prefix=f"{ASIDE}{name}.", dir=root / "records" / ISSUED)))
    try:
        yield frozen
    finally:
        if not frozen.known:
            shutil.rmtree(frozen.aside, ignore_errors=True)


def _placed(
    records: Records,
    frozen: "Frozen",
    name: str,
    number: str,
    checkpoint: str,
    warnings: tuple[Finding, ...],
    *,
    revision: int = 0,
    skipped: tuple[int, ...] = (),
    gone: tuple[str, ...] = (),
) -> Issued:
    """Put the originals that the ledger knows in their place."""
    folder = records.folder(name, revision)
    try:
        put_in_place(frozen.aside, folder)
    except OSError as error:
        message = _("{name} is issued as {number}; its originals wait in {folder} ({reason}): run status to go on")
        reason = error.strerror or error
        message = message.format(name=name, number=number, folder=frozen.aside, reason=reason)
        raise CircularGenError(message) from None
    addressees = sum(copy.role == "addressee" for copy in frozen.copies)
    cc = len(frozen.copies) - addressees
    notices = frozen.notices
    return Issued(name, number, addressees, cc, folder, checkpoint, warnings, notices, skipped, revision, gone)


def _refuse_other_number(circular: Circular, paper: Paper) -> None:
    match = NUMBER.fullmatch(circular.number)
    if match and (match[1], int(match[2]), int(match[3])) != (paper.code, paper.year, paper.ordinal):
        message = _("{name} is issued as {number}, its draft says {other}; a revision keeps its number")
        raise UsageError(message.format(name=paper.circular, number=paper.number, other=circular.number))


def _changes(records: Records, draft: _Draft, edition: dict[str, Any]) -> tuple[str, ...]:
    """What is not as it was in the last edition: files of the circular, or who is addressed. CircularGenError where
    that is nothing."""

    def own(hashes: dict[str, str]) -> dict[str, str]:
        return {path: sha256 for path, sha256 in hashes.items() if path.startswith("circulars/")}

    name, before, now = draft.circular.name, own(edition.get("inputs", {})), own(draft.made_from)
    changed = [path for path in sorted(before.keys() | now.keys()) if before.get(path) != now.get(path)]
    standings = records.ledger.standings(name)
    known = {standing.unit: standing.role for standing in standings if not standing.withdrawn}
    if known != {copy.unit.id: copy.role for copy in plan_copies(draft.circular, draft.workspace.registry)}:
        changed.append(_("who it is for"))
    if not changed:
        message = _("{name} has not been changed since its newest edition; there is nothing to revise")
        raise CircularGenError(message.format(name=name))
    return tuple(changed)


def _refuse_twice(records: Records, name: str) -> None:
    if paper := records.ledger.paper(name):
        message = _(
            "{name} was issued already, as {number} on {day}; issue --revise makes a new edition, or withdraw it, and "
            "issue the new one under another name"
        )
        day = f"{local(paper.issued_at, records.office.zone):%Y-%m-%d}"
        message = message.format(name=name, number=paper.number, day=day)
        raise AlreadyIssuedError(message, records.edition(name).sequence)


def _refuse_taken(numbers: Iterable[Number], ordinal: int) -> None:
    """Before anything is made: a number that another paper has, or that was voided."""
    for number in numbers:
        if number.ordinal == ordinal:
            message = _("the number {number} is that of {other} already; change it or take it out of the draft")
            if number.void:
                message = _("the number {number} is void; change it or take it out of the draft")
            elif number.circular is None:
                message = _("the number {number} is that of a reminder; change it or take it out of the draft")
            written = document_number(number.code, number.year, ordinal)
            raise NumberTakenError(message.format(number=written, other=number.circular))


def _refuse_strangers(records: Records) -> None:
    """Originals that the ledger does not know: it is an older copy, and would give their numbers again."""
    for name in originals(records.root):
        if records.ledger.paper(name) is None:
            message = _(
                "records/{folder} holds {name}, which the ledger does not know: the ledger is an older copy; put back "
                "the newest"
            )
            raise RecordsError(message.format(folder=ISSUED, name=name))


def _series(circular: Circular, workspace: Workspace, code: str | None) -> tuple[str, int, int | None]:
    """Code, year and ordinal of the number; no ordinal where the ledger is to give it."""
    if match := NUMBER.fullmatch(circular.number):
        if code is not None and code != match[1]:
            message = _("{name} has its number, {number}; leave out --code or take the number out of the draft")
            raise UsageError(message.format(name=circular.name, number=circular.number))
        return match[1], int(match[2]), int(match[3])
    if code is None and circular.format == "letter":
        message = _(
            "{name} is a letter without a number: give its series, e.g. --code {code} (or {office} if there is but one)"
        )
        office = workspace.office.code
        letters = office.rstrip("发函电字令") + "函"
        raise UsageError(message.format(name=circular.name, code=letters, office=office))
    series = code or workspace.office.code
    if not NUMBER.fullmatch(f"{series}〔{circular.date.year}〕1号"):
        raise UsageError(_("{code} is no issuer code: it is the part of a number before 〔").format(code=series))
    return series, circular.date.year, None


def _fields(draft: _Draft) -> dict[str, Any]:
    """What the `issued` or `revised` event says of the circular itself."""
    circular, receipt = draft.circular, draft.circular.receipt
    asked = receipt.ask != "none"
    return {
        "title": circular.title.replace("\n", ""),
        "kind": circular.kind,
        "urgency": circular.urgency,
        "approver": "、".join(circular.approver) or None,
        "annexes": len(circular.annexes),
        "retention": circular.retention,
        "date": circular.date,
        "ask": receipt.ask,
        "due": in_zone(receipt.by, draft.workspace.office.zone) if asked and receipt.by else None,
        "needs": receipt.needs if asked else None,
        "basis": receipt.basis or None,
        "reminders": _reminders(draft) if asked else None,
    }


def _reminders(draft: _Draft) -> dict[str, Any] | None:
    """The policy of reminders as it is announced with the circular; None where it has none."""
    circular, office = draft.circular, draft.workspace.office
    if circular.reminders is None:
        return None
    return policy(office.code, office.reminders, circular.reminders, circular.receipt.basis).record()


def _addressed(frozen: "Frozen", draft: _Draft, revision: int) -> Iterator[Addressed]:
    """Every unit's `addressed` event; read after the originals were made, whose hashes it carries."""
    groups = _groups(draft.circular, draft.workspace.registry)
    for copy in frozen.copies:
        yield Addressed(
            copy.unit.id,
            copy.role,
            copy.unit.name,
            group=groups.get(copy.unit.id),
            receipt=copy.receipt,
            revision=revision,
            files=frozen.unit_files.get(copy.unit.id),
        )


def _groups(circular: Circular, registry: Registry) -> dict[str, str]:
    """Unit → the group by which the paper names it first."""
    groups: dict[str, str] = {}
    for line in (circular.addressees, circular.cc):
        for part in split(line).parts if line else ():
            if group := registry.groups_by_name.get(plain(part.text)):
                for unit in registry.members(group):
                    groups.setdefault(unit.id, group)
    return groups


def _common_files(press: Press) -> Iterator[Made]:
    """The circular, where one serves all units, and the signing sheet: that one as DOCX only, since it is for filling
    in, and its PDF needs LibreOffice, which takes seconds to start."""
    yield from press.common_files(("docx",))
    if press.circular.address != "each":
        circular = next(press.common_files(("pdf",)), None)  # comes first
        if circular is not None and circular.path == "circular.pdf":
            yield circular


@dataclass(slots=True)
class Frozen:
    """The originals in the making, in the folder `aside`. `known`: the ledger's events with their hashes are written,
    and count as soon as the transaction ends."""

    aside: Path
    copies: tuple[Copy, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    unit_files: dict[str, dict[str, str]] = field(default_factory=dict)
    common_files: dict[str, str] = field(default_factory=dict)
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    notices: tuple[str, ...] = ()
    known: bool = False

    def make(self, draft: _Draft, edition: Edition, progress: Progress) -> None:
        """Press everything, and freeze what it was made from; the manifest comes last. On the disk when it returns."""
        workspace = draft.workspace
        press = Press(workspace, draft.circular, office_codes(workspace.root), edition)
        self.copies, self.inputs, self.checkpoint = press.copies, draft.made_from, edition.checkpoint
        entries = [self._write(made) for made in _common_files(press)]
        self.common_files = {entry.path: entry.sha256 for entry in entries}
        for done, copy in enumerate(press.copies, 1):
            own = [self._write(made) for made in press.unit_files(copy)]
            self.unit_files[copy.unit.id] = {entry.path: entry.sha256 for entry in own}
            entries += own
            progress(done, len(press.copies) + 1)
        if printed := self._print(press):
            entries.append(printed)
            self.common_files["print.pdf"] = printed.sha256
        else:
            self.notices = press.notices
        self._freeze_inputs(workspace.root)
        self._manifest(draft.circular.name, edition, entries, press.forms)
        flush(self.aside)
        progress(len(press.copies) + 1, len(press.copies) + 1)

    def fields(self) -> dict[str, Any]:
        """What the `issued` or `revised` event says of the originals. The forms' measures stand in the manifest, whose
        hash is recorded."""
        return {
            "inputs": self.inputs,
            "files": self.common_files,
            "checkpoint": {"size": self.checkpoint.size, "root": self.checkpoint.root.hex()},
        }

    def _write(self, made: Made) -> Entry:
        path = self.aside / made.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.data)
        return Entry(made.path, hashlib.sha256(made.data).hexdigest(), len(made.data), made.pages, made.form)

    def _print(self, press: Press) -> Entry | None:
        path = self.aside / "print.pdf"
        with path.open("wb") as file:
            pages = press.print_into(file)
        if not pages:
            path.unlink()
            return None
        return Entry("print.pdf", sha256_of(path), path.stat().st_size, pages)

    def _freeze_inputs(self, root: Path) -> None:
        """Copies of what the office wrote. Their hashes were taken before anything was read, so that equal ones now
        prove that what was read is what is frozen."""
        for name, sha256 in self.inputs.items():
            if name.startswith(_WRITTEN) or name.endswith(_LISTS):
                copy = self.aside / INPUT / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, copy)
                if sha256_of(copy) != sha256:
                    raise CircularGenError(
                        _("{path} was changed while it was being issued; try again").format(path=name)
                    )

    def _manifest(self, name: str, edition: Edition, entries: Iterable[Entry], forms: dict[str, object]) -> None:
        files = {entry.path: entry.record() for entry in entries}
        manifest = {
            "circular": name,
            "number": edition.number,
            "revision": edition.revision,
            "checkpoint": {"size": edition.checkpoint.size, "root": edition.checkpoint.root.hex()},
            "program": __version__,
            "inputs": self.inputs,
            "files": {path: files[path] for path in sorted(files)},
            "forms": {key: forms[key] for key in sorted(forms)},
        }
        data = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
        (self.aside / MANIFEST).write_bytes(data)
        self.common_files[MANIFEST] = hashlib.sha256(data).hexdigest()
