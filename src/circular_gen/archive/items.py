"""Items 件: a circular, as the ledger and records/ hold it, becomes what is archived of it.

In: open records and a circular's name. Out: an `Item`: its metadata, its units with what they answered, and the files
that belong to it, each with the name under which records/ has it. Whatever lies in the records of a circular comes in:
its originals, every file that an event names by its hash, and folders of other rooms that bear its name.

Nothing is copied here; hashes come from where they were recorded, so that copying proves them.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circular_gen import evidence
from circular_gen.archive.bag import is_safe
from circular_gen.archive.codes import DEFAULT_RETENTION
from circular_gen.disk import sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Event, Paper, Standing, Status
from circular_gen.ledger.deadlines import local
from circular_gen.ledger.hazards import HAZARD_KINDS, fold_hazards
from circular_gen.ledger.standing import status
from circular_gen.messages import _, in_chinese
from circular_gen.records import INPUT, ISSUED, MANIFEST, Records, read_manifest
from circular_gen.returns.words import reason_words

if TYPE_CHECKING:
    from circular_gen.returns.straightened import Straightened

ARCHIVE = "archive"
"""The folder below records/ where bags are made."""
SHARED = "shared/"
"""Where files stand in the bag that several items use."""
NOT_ITEMS = ("archived",)
"""Kinds of events that are about the archive, and no part of the item."""
COUNTED = frozenset(["paper", "evidence", "reminder"])
"""Roles of files whose pages are the item's."""
_HASHES = frozenset(["files", "inputs"])
_REMINDERS = frozenset(["reminder-issued", "reminded"])
_HASH = re.compile(r'"([0-9a-f]{64})"')
_PASSWORD = re.compile(rb"://[^:/@\s'\"]*:[^@/\s'\"]+@")
NOT_HERE, NOT_RUN = "not-here", "not-run"
"""Why no scan is straightened: the packages for it are not installed; what opens scans cannot be run."""
_OPEN = frozenset({"review", "answer", "reissue", "find-out", "send-again"})
"""Next steps that leave a unit's case open even where it owes no receipt."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be told: `shown` to whoever archives, in his language; `written` into the archive, in Chinese."""

    shown: str
    written: str


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A file of an item. `name`: below records/, with forward slashes, as it goes back there (empty: made for the
    archive); `source`: where it lies now; `path`: in the bag, below data/; `role`: paper, source, issued, form,
    evidence, straightened (the same, upright), reminder, record, events, receipts, findings; `sha256`: as recorded,
    None where no record says it; `unit`: whose it is."""

    name: str
    source: Path | None
    path: str
    role: str
    sha256: str | None = None
    unit: str | None = None
    pages: int | None = None
    size: int = 0

    def record(self) -> dict[str, Any]:
        """What the item's metadata say of it."""
        fields = {
            "path": f"data/{self.path}",
            "role": self.role,
            "name": self.name or None,
            "unit": self.unit,
            "pages": self.pages,
            "bytes": self.size,
        }
        return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Subject:
    """A circular that may be archived. `fields`: of its `issued` and `revised` events, later over earlier, without the
    hashes, of which there are hundreds (a year's circulars are held together); `matters`:
    what is still open, in office words; `last`: its last event, those about the archive aside."""

    paper: Paper
    fields: dict[str, Any]
    year: int
    retention: str
    matters: tuple[Remark, ...]
    last: int

    @property
    def order(self) -> tuple[str, str, int, str]:
        """By date of issue, then by series and number."""
        paper = self.paper
        return (self.fields.get("date") or paper.issued_at[:10], paper.code, paper.ordinal, paper.circular)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a bag. `code`: 档号; `number`: its place in the year's retention, from 1; `first`, `last`: the events
    it holds; `supplements`: the bag that holds the item itself, where this is only what came later; `as_is`: why it was
    archived though something was open."""

    subject: Subject
    code: str
    number: int
    first: int = 0
    supplements: str = ""
    as_is: str = ""
    units: tuple[dict[str, Any], ...] = ()
    sectors: tuple[str, ...] = ()
    files: tuple[ItemFile, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def last(self) -> int:
        return self.subject.last

    @property
    def folder(self) -> str:
        return f"items/{self.number:04}"

    @property
    def pages(self) -> int:
        """Sides with text or picture: of the paper, of what came back and of reminders."""
        return sum(one.pages or 0 for one in self.files if one.role in COUNTED)

    def holds(self, event: Event) -> bool:
        """Whether an event is among the item's."""
        return (
            event.circular == self.subject.paper.circular
            and self.first <= event.sequence <= self.last
            and event.kind not in NOT_ITEMS
        )


def subjects(records: Records, year: int) -> Iterator[Subject]:
    """The circulars of a year (that of their date of issue), in the order in which they are numbered."""
    found = []
    with records.ledger.reading() as reader:
        for paper in tuple(reader.papers()):
            if not paper.issued_at:
                continue
            fields: dict[str, Any] = {}
            for event in reader.stream(paper.circular, kinds=("issued", "revised")):
                fields |= {name: value for name, value in event.payload.items() if name not in _HASHES}
            date = fields.get("date") or f"{local(paper.issued_at, records.office.zone):%Y-%m-%d}"
            if int(date[:4]) != year:
                continue
            last = max(e.sequence for e in reader.stream(paper.circular) if e.kind not in NOT_ITEMS)
            statuses = [status(paper, one, reader.head().time) for one in reader.standings(paper.circular)]
            hazards = fold_hazards(reader.stream(paper.circular, kinds=(*HAZARD_KINDS, "corrected")))
            unclosed = sum(hazard.state != "closed" for hazard in hazards)
            matters = _matters(paper, statuses, len(reader.open_reviews(paper.circular)), unclosed)
            retention = fields.get("retention") or DEFAULT_RETENTION
            found.append(Subject(paper, fields, year, retention, matters, last))
    yield from sorted(found, key=lambda subject: subject.order)


def _matters(paper: Paper, statuses: Iterable[Status], reviews: int, hazards: int) -> tuple[Remark, ...]:
    """What is open with a circular."""
    matters = []
    owing, other = [], []
    for one in statuses:
        if one.open:
            owing.append(one.name or one.unit)
        elif one.next in _OPEN and not (paper.withdrawn or paper.abolished or paper.closed_at):
            other.append(one.name or one.unit)
    if owing:
        shown = _("{count} units still owe an answer: {units}").format(count=len(owing), units=_some(owing))
        matters.append(Remark(shown, f"{len(owing)}个单位未签收：{_some(owing)}"))
    if reviews:
        shown = _("{count} returned pages wait for review").format(count=reviews)
        matters.append(Remark(shown, f"{reviews}页回执待复核"))
    if hazards:
        shown = _("{count} reported hazards are not closed").format(count=hazards)
        matters.append(Remark(shown, f"{hazards}项隐患未销号"))
    if other:
        shown = _("{count} cases are open: {units}").format(count=len(other), units=_some(other))
        matters.append(Remark(shown, f"{len(other)}个单位的事项未了：{_some(other)}"))
    return tuple(matters)


def _some(names: list[str]) -> str:
    return "、".join(names[:3]) + ("…" if len(names) > 3 else "")


def kept_evidence(root: Path) -> dict[str, str]:
    """Hash → ending of the file's name, of all evidence, read once for a whole bag."""
    return {path.name[:64]: sys.intern(path.name[64:]) for path in evidence.kept(root)}


def with_contents(
    records: Records,
    item: Item,
    shared: frozenset[str],
    endings: Mapping[str, str],
    straightened: "Callable[[Path], Straightened]",
) -> Item:
    """The item with its units and files. `shared`: hashes of files that several items of the bag use, which stand in
    the bag once; `endings`: see `kept_evidence`; `straightened`: a scan → its pages upright, or why there are
    none: its reason is NOT_HERE or NOT_RUN where that is no fault of the scan."""
    name = item.subject.paper.circular
    root = records.root
    hashes: dict[str, tuple[str | None, str]] = {}
    standings = {one.unit: one for one in records.ledger.standings(name)}
    proofs: dict[str, list[str]] = {}
    with records.ledger.reading() as reader:
        events = reader.stream(name, after=item.first - 1, until=item.last)
        for event in events:
            for sha256 in _HASH.findall(event.text):
                reminds = event.kind in _REMINDERS
                hashes.setdefault(sha256, (event.unit, "reminder" if reminds else "evidence"))
                if event.unit is not None and not reminds:
                    proofs.setdefault(event.unit, []).append(sha256)
    files: list[ItemFile] = []
    notes: list[Remark] = []
    not_upright: dict[str, list[str]] = {}
    if not item.supplements:
        for revision in range(item.subject.paper.revision + 1):
            files += _originals(records, item, revision, shared, notes)
        files += _other_records(root, item)
    for sha256, (unit, role) in hashes.items():
        if sha256 in endings:
            path = root / "records" / evidence.EVIDENCE / sha256[:2] / f"{sha256}{endings[sha256]}"
            files.append(_evidence(item, path, sha256, unit, role, shared))
            if role == "evidence" and path.suffix in evidence.SCANS:
                upright = straightened(path)
                if upright.file is None:
                    whose = standings[unit].name or unit if unit in standings else ""
                    not_upright.setdefault(upright.reason, []).append(f"{whose} {sha256[:12]}…{path.suffix}".strip())
                else:
                    file = _evidence(item, upright.file, sha256, unit, "straightened", shared)
                    files.append(replace(file, sha256=None))
    notes += _not_upright(not_upright)
    kept = {one.sha256: f"data/{one.path}" for one in files if one.role == "evidence"}
    units = tuple(
        _unit(item.subject.paper, one, [kept[h] for h in dict.fromkeys(proofs.get(one.unit, ())) if h in kept])
        for one in sorted(standings.values(), key=lambda one: (one.position, one.unit))
    )
    sectors = sectors_of(records.folder(name, item.subject.paper.revision) / INPUT, name)
    return replace(item, files=tuple(files), units=units, sectors=sectors, notes=tuple(notes))


def _not_upright(scans: Mapping[str, Sequence[str]]) -> Iterator[Remark]:
    """What is told of the scans that lie there only as they came, by the reason."""
    with in_chinese():
        chinese = reason_words()
    said = reason_words()
    for reason, names in scans.items():
        if reason == NOT_HERE:
            shown = _("scans are not straightened: pip install 'circular-gen[scan]'")
            yield Remark(shown, "回执扫描件没有另存摆正的副本")
        elif reason == NOT_RUN:
            shown = _("{count} scans are archived only as they came: what straightens them could not be run")
            written = f"{len(names)}份回执扫描件没有另存摆正的副本：摆正扫描件的程序未能运行"
            yield Remark(shown.format(count=len(names)), written)
        else:
            shown = _("{file} is archived only as it came, not straightened: {reason}")
            for name in names:
                written = f"回执扫描件没有另存摆正的副本：{name}（{chinese.get(reason, reason)}）"
                yield Remark(shown.format(file=name, reason=said.get(reason, reason)), written)


def sectors_of(frozen: Path, name: str) -> tuple[str, ...]:
    """The sectors that the circular's tasks are for; of one without, those of the units on its list."""
    from circular_gen.workspace import WorkspaceError, open_workspace, plan_copies

    try:
        workspace = open_workspace(frozen)
        circular = workspace.circular(name)
        found = {sector for task in circular.tasks if task.for_ for sector in task.for_.sectors}
        if not found:
            found = {sector for copy in plan_copies(circular, workspace.registry) for sector in copy.unit.sectors}
    except (WorkspaceError, CircularGenError, OSError):
        return ()  # frozen files that are not all here: an office with its units in a database
    return tuple(sorted(found))


def shared_files(records: Records, items: Iterable[Item]) -> frozenset[str]:
    """Hashes of evidence and inputs that more than one of the items uses. Only hashes are held."""
    seen: set[bytes] = set()
    shared: set[bytes] = set()
    for item in items:
        own: set[bytes] = set()
        with records.ledger.reading() as reader:
            for event in reader.stream(item.subject.paper.circular, after=item.first - 1, until=item.last):
                own.update(map(bytes.fromhex, _HASH.findall(event.text)))
        shared |= seen & own
        seen |= own
    return frozenset(one.hex() for one in shared)


def _originals(
    records: Records, item: Item, revision: int, shared: frozenset[str], notes: list[Remark]
) -> Iterator[ItemFile]:
    """The frozen files of an edition."""
    name = item.subject.paper.circular
    folder = records.folder(name, revision)
    if not folder.is_dir():
        shown = _("the originals of {name} are not in {folder}").format(name=name, folder=folder)
        notes.append(Remark(shown, f"第{revision}版的印发原件不在"))
        return
    manifest = read_manifest(folder)
    entries, inputs = manifest.get("files", {}), manifest.get("inputs", {})
    units = {one.unit for one in records.ledger.standings(name)}
    odd = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        inside = path.relative_to(folder).as_posix()
        recorded = f"{ISSUED}/{name}/r{revision}/{inside}"
        if inside.startswith(f"{INPUT}/"):
            if path.name == "office.yaml" and _PASSWORD.search(path.read_bytes()):
                shown = _("{file} holds a password and is left out").format(file=recorded)
                notes.append(Remark(shown, f"{inside}含有口令，未归档"))
                continue
            sha256, role, unit, pages = inputs.get(inside[len(INPUT) + 1 :]), "source", None, None
        else:
            entry = entries.get(inside, {})
            sha256, pages = entry.get("sha256"), entry.get("pages")
            first = inside.partition("/")[0]
            unit = first if "/" in inside and first in units else None
            role = "form" if unit else "issued"
        target = f"{item.folder}/r{revision}/{inside.removeprefix('_')}"
        if not is_safe(target):  # readable names are metadata
            odd += 1
            suffix = path.suffix if is_safe(f"x{path.suffix}") else ""
            target = f"{item.folder}/r{revision}/named/{odd:04}{suffix.lower()}"
        if sha256 in shared:
            target = f"{SHARED}{sha256}{path.suffix.lower() if is_safe('x' + path.suffix) else ''}"
        yield ItemFile(recorded, path, target, role, sha256, unit, pages, path.stat().st_size)
    if not (folder / MANIFEST).is_file():
        shown = _("{file} is missing").format(file=f"{ISSUED}/{name}/r{revision}/{MANIFEST}")
        notes.append(Remark(shown, f"第{revision}版没有印发清单"))


def _other_records(root: Path, item: Item) -> Iterator[ItemFile]:
    """Files of other rooms: records/ROOM/NAME/…"""
    name = item.subject.paper.circular
    top = root / "records"
    for room in sorted(path for path in top.iterdir() if path.is_dir()):
        if room.name in (ISSUED, ARCHIVE, evidence.EVIDENCE) or not (room / name).is_dir():
            continue
        for number, path in enumerate(sorted(one for one in (room / name).rglob("*") if one.is_file()), 1):
            inside = path.relative_to(room / name).as_posix()
            target = f"{item.folder}/{room.name.strip('._')}/{inside}"
            if not is_safe(target):
                target = f"{item.folder}/records/{number:04}{path.suffix if is_safe('x' + path.suffix) else ''}"
            yield ItemFile(f"{room.name}/{name}/{inside}", path, target, "record", sha256_of(path), None, None,
                           path.stat().st_size)  # fmt: skip


def _evidence(item: Item, path: Path, sha256: str, unit: str | None, role: str, shared: frozenset[str]) -> ItemFile:
    folder = SHARED if sha256 in shared else f"{item.folder}/evidence/"
    name = f"{evidence.EVIDENCE}/{sha256[:2]}/{path.name}"
    return ItemFile(name, path, f"{folder}{path.name}", role, sha256, unit, None, path.stat().st_size)


def _unit(paper: Paper, standing: Standing, proofs: list[str]) -> dict[str, Any]:
    """A unit as the item's metadata tell it."""
    told = status(paper, standing, "")
    fields = {
        "unit": standing.unit,
        "name": standing.name,
        "role": standing.role,
        "group": standing.grouped,
        "state": told.state,
        "sent": standing.sent_at,
        "received": standing.received_at,
        "by": standing.received_by,
        "how": standing.received_how,
        "reported": standing.reported_at,
        "closed": standing.closed_at,
        "due": told.due,
        "owes": standing.receipt
        and standing.role == "addressee"
        and paper.ask != "none"
        and not (standing.exempt or standing.withdrawn),
        "flags": [flag for flag in told.flags if flag != "overdue"],
        "late": told.late,
        "exempt": standing.exempt,
        "withdrawn": standing.withdrawn,
        "own number": standing.unit_number,
        "evidence": proofs,
    }
    return {key: value for key, value in fields.items() if value not in (None, "", [], False)}
