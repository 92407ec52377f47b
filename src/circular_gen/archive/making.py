"""`archive YEAR`: the year's circulars into bags, one a retention.

    ledger, records/ → subjects (what is issued) → items (numbered) → files copied and hashed, aside
        → an `archiving` event with the hash of the list of all files → the ledger's lines → renamed → `archived` events

The list's hash is in the ledger before the ledger's lines go into the bag: so the chain of events proves every file of
the bag, those too that were made for it. The bag gets its name when it is whole; killed before, the next run clears
what lies aside; killed after, it records what it finds. Numbers that were given stay: what comes later goes into a
supplement, which names the first bag. Nothing below records/ is changed or removed.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from circular_gen import __version__, evidence
from circular_gen.archive.bag import BagWriter
from circular_gen.archive.codes import RETENTIONS, archival_code, bag_name, fonds
from circular_gen.archive.contents import contents, index_entry, json_bytes, ledger_lines
from circular_gen.archive.items import (
    ARCHIVE,
    NOT_HERE,
    NOT_RUN,
    SHARED,
    Item,
    ItemFile,
    Remark,
    kept_evidence,
    shared_files,
    subjects,
    with_contents,
)
from circular_gen.archive.reading import read_json
from circular_gen.archive.seals import SealError, seal
from circular_gen.disk import disk_errors, flush
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Event, Head, draft
from circular_gen.ledger.deadlines import local
from circular_gen.messages import _
from circular_gen.press import FormPress
from circular_gen.records import Records, open_records
from circular_gen.returns.scanning import can_scan
from circular_gen.returns.straightened import Straightened, Straightening
from circular_gen.workspace.office import Archive

Progress = Callable[[int, int], None]
ASIDE = ".archiving."
CATALOGUE, LISTED, HEAD, REST = (
    "catalogue.json",
    "ledger/payload-sha256.txt",
    "ledger/head.json",
    "ledger/events.jsonl",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A circular that was held back, and why."""

    circular: str
    number: str
    title: str
    matters: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        return {"circular": self.circular, "number": self.number, "title": self.title, "open": list(self.matters)}


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag that was made just now."""

    path: Path
    retention: str
    items: int
    files: int
    octets: int
    first: str
    last: str
    supplements: str
    notes: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "retention": self.retention,
            "items": self.items,
            "files": self.files,
            "bytes": self.octets,
            "first": self.first,
            "last": self.last,
            "supplements": self.supplements or None,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Archived:
    """What `archive YEAR` did. `known`: circulars of the year that were archived before and have nothing new."""

    year: int
    bags: tuple[Bag, ...]
    held: tuple[Held, ...]
    known: int

    def record(self) -> dict[str, Any]:
        return {
            "year": self.year,
            "bags": [bag.record() for bag in self.bags],
            "held": [held.record() for held in self.held],
            "unchanged": self.known,
        }


def archive_year(
    root: Path,
    year: int,
    *,
    to: Path | None = None,
    as_is: str | None = None,
    actor: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Archived:
    """Archive what was issued in `year` (by date of issue) in the workspace at `root` into bags below `to` (default:
    records/archive). `as_is`: why circulars are archived though something is open. NothingIssuedError, NoFondsError,
    BagError for a file that was changed since it was recorded."""
    if as_is is not None and not as_is.strip():
        raise UsageError(_("give a reason why open circulars are archived as they are"))
    with open_records(root) as records:
        archive = fonds(records.office.archive)
        folder = to or root / "records" / ARCHIVE
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(folder):
            by = actor or records.actor
            _settle(records, folder, by)
            chosen, held, known = _chosen(records, archive, year, (as_is or "").strip())
            total = sum(map(len, chosen.values()))
            made: list[Bag] = []
            done = 0
            for retention, items in chosen.items():
                bag = _Making(records, archive, folder, year, retention, tuple(items), by)
                start = done
                made.append(bag.make(lambda here, start=start: progress(start + here, total)))  # type: ignore[misc]
                done += len(items)
            return Archived(year, tuple(made), held, known)


# -- which circulars ---------------------------------------------------------------------------------------------------


def _chosen(
    records: Records, archive: Archive, year: int, as_is: str
) -> tuple[dict[str, list[Item]], tuple[Held, ...], int]:
    """The items of each bag to be made, what is held back, and how many circulars have nothing new."""
    entries = archived_entries(records)
    numbers = dict.fromkeys(RETENTIONS, 0)
    for code_year, retention, item in _given(entries):
        if code_year == year:
            numbers[retention] = max(numbers[retention], item)
    items: dict[str, list[Item]] = {}
    held, known = [], 0
    for subject in subjects(records, year):
        before = entries.get(subject.paper.circular)
        if before is None:
            if subject.matters and not as_is:
                told = tuple(matter.shown for matter in subject.matters)
                held.append(Held(subject.paper.circular, subject.paper.number, subject.paper.title, told))
                continue
            numbers[subject.retention] += 1
            number = numbers[subject.retention]
            code = archival_code(archive, year, subject.retention, number)
            reason = as_is if subject.matters else ""
            items.setdefault(subject.retention, []).append(Item(subject, code, number, as_is=reason))
            continue
        latest = before[-1].payload
        if subject.last <= latest["through"]:
            known += 1
            continue
        first = before[0].payload
        retention = next(r for r in RETENTIONS if f"-{RETENTIONS[r]}" in first["bag"])
        items.setdefault(retention, []).append(
            Item(subject, first["code"], first["item"], first=latest["through"] + 1, supplements=first["bag"])
        )
    ordered = {retention: items[retention] for retention in RETENTIONS if retention in items}
    for chosen in ordered.values():
        chosen.sort(key=lambda item: item.number)
    return ordered, tuple(held), known


def archived_entries(records: Records) -> dict[str, list[Event]]:
    """Circular → its `archived` events, in order."""
    entries: dict[str, list[Event]] = {}
    with records.ledger.reading() as reader:
        for event in reader.stream(kinds=("archived",)):
            entries.setdefault(event.circular or "", []).append(event)
    return entries


def _given(entries: dict[str, list[Event]]) -> Iterator[tuple[int, str, int]]:
    """Year, retention and number of every item that was archived: read from its bag's name, whatever the pattern of
    codes was then."""
    for events in entries.values():
        payload = events[0].payload
        parts = payload["bag"].split("-")
        retention = next(r for r, letter in RETENTIONS.items() if letter == parts[3])
        yield int(parts[2]), retention, payload["item"]


# -- one bag -----------------------------------------------------------------------------------------------------------


class _Making:
    """One bag in the making."""

    def __init__(
        self,
        records: Records,
        archive: Archive,
        folder: Path,
        year: int,
        retention: str,
        items: tuple[Item, ...],
        by: str,
    ) -> None:
        self.records, self.archive, self.folder = records, archive, folder
        self.year, self.retention, self.items, self.by = year, retention, items, by
        with records.ledger.reading() as reader:
            bags = {event.payload["bag"] for event in reader.stream(kinds=("archived",))}
        base = bag_name(archive, year, retention)
        supplement = 0
        while bag_name(archive, year, retention, supplement) in bags:
            supplement += 1
        self.name = bag_name(archive, year, retention, supplement)
        self.supplements = base if supplement else ""
        self.press = FormPress(records.root, records.office)
        self.notes: list[str] = []
        self.index: IO[bytes]
        """A line for each item that was written: what the bag's page shows of it."""
        self.pages = 0
        self.open = ExitStack()
        """What was opened for the bag."""
        self.straightening: Straightening | None = None
        self.shared: frozenset[str] = frozenset()
        """Hashes of files that several items use, which stand in the bag once."""
        self.straight: dict[str, Straightened] = {}
        """Scan that several items use → its pages upright, or why not."""
        self.not_straight = "" if can_scan() else NOT_HERE
        """Why none can be made any more."""

    def make(self, progress: Callable[[int], None]) -> Bag:
        target = self.folder / self.name
        if target.exists():
            message = _("{path} is there already, and the ledger does not know it: move it away")
            raise CircularGenError(message.format(path=target))
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=self.folder))
        try:
            with disk_errors(), self.open, tempfile.TemporaryFile(dir=self.folder) as self.index:
                writer = BagWriter(aside)
                try:
                    entries = self._write_items(writer, progress)
                    self.index.seek(0)
                    for path, pieces in contents(self.press, self._head(entries), self.index):
                        with writer.writing(path) as file:
                            for piece in pieces:
                                file.write(piece)
                    listed = writer.list_so_far(LISTED)
                    self._announce(listed)
                    head = self._write_ledger(writer)
                    writer.finish(information(self._head(entries), head, listed, writer.octets, writer.files))
                finally:
                    writer.close()
                flush(aside)
                aside.rename(target)
                flush(self.folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        record_archived(self.records, self.name, entries, listed, self.by)
        try:
            seal(target, self.archive, self.records.root)
        except SealError as error:
            self.notes.append(_("not sealed: {reason}; archive seal does it later").format(reason=error))
        return Bag(
            target,
            self.retention,
            len(self.items),
            writer.files,
            writer.octets,
            self.items[0].code,
            self.items[-1].code,
            self.supplements,
            tuple(self.notes),
        )

    def _head(self, entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """What the catalogue and bag-info.txt say of the bag."""
        office = self.records.office
        return {
            "format": "circular-gen archive",
            "version": 1,
            "bag": self.name,
            "fonds": self.archive.fonds,
            "fonds name": self.archive.fonds_name or office.name,
            "office": office.name,
            "category": self.archive.category,
            "year": self.year,
            "retention": self.retention,
            "department": self.archive.department,
            "supplements": self.supplements,
            "timezone": office.timezone,
            "program": f"circular-gen {__version__}",
            "pages": self.pages,
            "items": list(entries),
        }

    def _write_items(self, writer: BagWriter, progress: Callable[[int], None]) -> list[dict[str, Any]]:
        """Copy every item's files; the catalogue's entries. One item is held at a time."""
        self.shared = shared_files(self.records, self.items)
        there = kept_evidence(self.records.root)
        entries = []
        for done, planned in enumerate(self.items, 1):
            item = with_contents(self.records, planned, self.shared, there, self._straightened)
            item = replace(item, files=tuple([self._copy(writer, file) for file in item.files]))
            entry = self._finish_item(writer, item)
            self.pages += entry["pages"]
            entries.append(entry)
            progress(done)
        return entries

    def _straightened(self, scan: Path) -> Straightened:
        if scan.name in self.straight:
            return self.straight[scan.name]
        there = scan.with_name(scan.name[:64] + evidence.STRAIGHT)
        straight = Straightened(scan, there) if there.is_file() else self._straighten(scan)
        if scan.name[:64] in self.shared:
            self.straight[scan.name] = straight
        return straight

    def _straighten(self, scan: Path) -> Straightened:
        """Where it is the first that lies there only as it came, what reads scans is started. The original is what
        proves: where that cannot be run, the bag is made without more copies, and says so."""
        if not self.not_straight:
            try:
                if self.straightening is None:
                    self.straightening = self.open.enter_context(Straightening(self.records))
                return self.straightening.of(scan)
            except CircularGenError as error:
                self.not_straight = NOT_RUN
                self.notes.append(str(error))
        return Straightened(scan, None, reason=self.not_straight)

    def _copy(self, writer: BagWriter, file: ItemFile) -> ItemFile:
        from circular_gen.archive.paper import counted_pages

        assert file.source is not None
        pages = file.pages
        if file.role in ("evidence", "reminder"):
            pages = counted_pages(file.source)
        if not (file.path.startswith(SHARED) and writer.holds(file.path)):
            writer.copy(file.path, file.source, file.sha256)
        return replace(file, pages=pages)

    def _finish_item(self, writer: BagWriter, item: Item) -> dict[str, Any]:
        """What is made of an item: the archived copy of its paper, its signing sheet, its events, its metadata. The
        catalogue's entry."""
        from circular_gen.archive.metadata import catalogue_entry, item_files, item_record
        from circular_gen.archive.paper import archived_paper, findings_list, signing_sheet

        office = self.records.office
        made: list[ItemFile] = []
        notes = list(item.notes)
        if not item.supplements:
            if paper := archived_paper(self.records, self.archive, item, self.press):
                path = f"{item.folder}/paper.pdf"
                writer.add(path, paper.data)
                made.append(ItemFile("", None, path, "paper", None, None, paper.pages, len(paper.data)))
                notes += paper.notes
            else:
                notes.append(Remark(_("there is no PDF of the paper itself"), "没有公文的 PDF，只有 Word 文件"))
        if item.units:
            data = signing_sheet(self.records, item, self.press)
            path = f"{item.folder}/receipts.pdf"
            writer.add(path, data)
            made.append(ItemFile("", None, path, "receipts", size=len(data)))
        if hazards := findings_list(self.records, item, self.press):
            path = f"{item.folder}/findings.pdf"
            writer.add(path, hazards)
            made.append(ItemFile("", None, path, "findings", size=len(hazards)))
        path = f"{item.folder}/events.jsonl"
        with writer.writing(path) as file, self.records.ledger.reading() as reader:
            for event in reader.stream(item.subject.paper.circular, after=item.first - 1, until=item.last):
                if item.holds(event):
                    file.write(ledger_lines(event))
        made.append(ItemFile("", None, path, "events", size=file.size))
        item = replace(item, files=(*made, *item.files), notes=tuple(notes))
        self.notes += [f"{item.code}: {note.shown}" for note in notes]
        record = item_record(item, office)
        for path, data in item_files(record, self.archive, self.year):
            writer.add(path, data)
        self.index.write(index_entry(record, office.zone))
        return catalogue_entry(item, office)

    def _announce(self, listed: str) -> None:
        """The list's hash into the ledger; the same list again, after a run that was killed, is the same event."""
        self.records.ledger.append(
            draft(
                "archiving",
                self.by,
                key=f"archiving:{self.name}:{listed}",
                bag=self.name,
                sha256=listed,
                items=len(self.items),
            )
        )

    def _write_ledger(self, writer: BagWriter) -> dict[str, Any]:
        """The events that no item holds, and where the ledger stands: read in one moment."""
        items = {item.subject.paper.circular: item for item in self.items}
        with self.records.ledger.reading() as reader:
            head = reader.head()
            with writer.writing(REST) as file:
                for event in reader.stream(until=head.size):
                    item = items.get(event.circular or "")
                    if item is None or not item.holds(event):
                        file.write(ledger_lines(event))
        fields = head_record(head)
        writer.add(HEAD, json_bytes(fields))
        return fields


def head_record(head: Head) -> dict[str, Any]:
    """What ledger/head.json says."""
    return {
        "origin": head.origin,
        "size": head.size,
        "time": head.time,
        "chain": head.chain.hex(),
        "root": head.frontier.root().hex(),
        "checkpoint": head.checkpoint.brief(),
    }


def information(
    catalogue: dict[str, Any], head: dict[str, Any], listed: str, octets: int, files: int
) -> tuple[tuple[str, str], ...]:
    """bag-info.txt: everything in it follows from the catalogue and the ledger, so that verification can make it again.
    The day is that of the ledger's head, in the office's zone."""
    from zoneinfo import ZoneInfo

    day = local(head["time"], ZoneInfo(catalogue["timezone"]))
    items = catalogue["items"]
    fields = (
        ("Source-Organization", catalogue["office"]),
        ("External-Identifier", catalogue["bag"]),
        ("External-Description", f"{catalogue['fonds name']} {catalogue['year']}年 {catalogue['retention']}"),
        ("Bagging-Date", f"{day:%Y-%m-%d}"),
        ("Payload-Oxum", f"{octets}.{files}"),
        ("Bag-Group-Identifier", catalogue["fonds"]),
        ("Bag-Software-Agent", catalogue["program"]),
        ("Required-Tag-Manifests", "sha256 sha512"),
        ("Archive-Year", str(catalogue["year"])),
        ("Archive-Retention", catalogue["retention"]),
        ("Archive-Items", str(len(items))),
        ("Archive-Pages", str(catalogue["pages"])),
        ("Archive-First-Code", items[0]["code"]),
        ("Archive-Last-Code", items[-1]["code"]),
        ("Archive-Supplements", catalogue["supplements"]),
        ("Payload-List-SHA256", listed),
        ("Ledger-Origin", head["origin"]),
        ("Ledger-Size", str(head["size"])),
        ("Ledger-Chain", head["chain"]),
        ("Ledger-Root", head["root"]),
        ("Ledger-Checkpoint", head["checkpoint"]),
    )
    return tuple((label, value) for label, value in fields if value)


def record_archived(records: Records, bag: str, entries: Iterable[dict[str, Any]], listed: str, by: str) -> None:
    """The `archived` events of a bag; those that were recorded before are not recorded again."""
    records.ledger.append(
        *(
            draft(
                "archived",
                by,
                entry["circular"],
                key=f"archived:{bag}:{entry['code']}",
                bag=bag,
                code=entry["code"],
                item=entry["item"],
                through=entry["last event"],
                sha256=listed,
                reason=entry.get("as is") or None,
            )
            for entry in entries
        )
    )


# -- what a killed run left --------------------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else archives into this folder meanwhile."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=0)
    try:
        with disk_errors():
            lock.acquire()
    except Timeout:
        raise CircularGenError(_("another archive is being made; try again when that is done")) from None
    try:
        yield
    finally:
        lock.release()


def _settle(records: Records, folder: Path, by: str) -> None:
    """Clear what lies aside, and record whole bags that the ledger does not know as archived."""
    with records.ledger.reading() as reader:
        announced = {e.payload["bag"]: e.payload["sha256"] for e in reader.stream(kinds=("archiving",))}
        known = {e.payload["bag"] for e in reader.stream(kinds=("archived",))}
    with disk_errors():
        for path in sorted(folder.iterdir()):
            if path.name.startswith(ASIDE):
                shutil.rmtree(path)
            elif path.name in announced.keys() - known and path.is_dir():
                catalogue = read_catalogue(path)
                record_archived(records, path.name, catalogue["items"], announced[path.name], by)


def read_catalogue(bag: Path) -> dict[str, Any]:
    """The catalogue of a bag. CircularGenError where there is none."""
    try:
        catalogue = read_json(bag / "data" / CATALOGUE)
        if isinstance(catalogue, dict) and isinstance(catalogue["items"], list):
            return catalogue
    except (OSError, ValueError, KeyError):
        pass
    raise CircularGenError(_("{path} is no archive of circular-gen").format(path=bag))
