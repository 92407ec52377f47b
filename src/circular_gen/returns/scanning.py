"""`receipts scan`: files, folders and ZIPs that came back → events, and the fate of each page.

    paths ─► copies beside the evidence ─► workers: pages ─► whose form ─► ink ─► settled in one transaction a batch

A file is kept as evidence when any of its pages was read; one that is refused as a whole leaves no trace.
"""

import hashlib
import importlib.util
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from circular_gen.disk import disk_errors
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.evidence import EVIDENCE, LARGEST, keep
from circular_gen.executors import Hands
from circular_gen.messages import _
from circular_gen.records import Records, open_records
from circular_gen.returns.afar import AfarWorkers
from circular_gen.returns.forms import Forms, Found, wanted
from circular_gen.returns.pictures import ZIP_DEPTH, RefusedError, is_junk, kind_of
from circular_gen.returns.settling import Fate, Scanned, Source, file_key, settle
from circular_gen.returns.signed import trusted
from circular_gen.returns.workers import Answer, Page, Refusal, Workers
from circular_gen.workspace.secret import office_codes, records_folder

Progress = Callable[[int, int], None]
NEEDED = ("cv2", "numpy", "PIL", "pypdfium2", "zxingcpp")
_INCOMING = ".incoming."
"""Below records/evidence/: copies that are looked at, cleared at the end."""
_CHUNK = 1 << 20
_DAY = 86_400.0
_ENDINGS = {"pdf": ".pdf", "jpeg": ".jpg", "png": ".png", "tiff": ".tif"}
_BATCH = 200
"""Files whose events go into one transaction."""
DONE = ("received", "received-with-reservation", "reported", "blank", "beside", "known")
"""Fates that leave nothing to do."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What became of every page, in the order of the files."""

    fates: tuple[Fate, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing went to review and nothing was refused."""
        return all(fate.fate in DONE for fate in self.fates)

    def counts(self) -> dict[str, int]:
        """How many pages met each fate."""
        counts: dict[str, int] = {}
        for fate in self.fates:
            counts[fate.fate] = counts.get(fate.fate, 0) + 1
        return counts

    def record(self) -> dict[str, Any]:
        return {"pages": [asdict(fate) for fate in self.fates], "counts": self.counts()}


@dataclass(frozen=True, slots=True)
class _Copy:
    """A file that is looked at. `name`: as a person knows it, with the ZIP that it came in."""

    name: str
    path: Path
    sha256: str


def can_scan() -> bool:
    """Whether the packages that read scans are installed."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def require_scanning() -> None:
    """CircularGenError where the packages that read scans are not installed."""
    if not can_scan():
        raise CircularGenError(_("reading scans needs more packages: pip install 'circular-gen[scan]'"))


def scan(
    root: Path,
    paths: Sequence[Path],
    *,
    jobs: int = 2,
    actor: str | None = None,
    progress: Progress = lambda _done, _total: None,
    workers: Workers | None = None,
    hands: Hands | None = None,
) -> ScanReport:
    """Read what came back. `paths`: files, folders (with all below them), ZIPs; `jobs`: worker processes; `actor`: who
    records it; `workers`: running ones, for a caller who scans often; `hands`: others' computers, which read in place
    of this one. UsageError for paths that are not there; nothing is read then."""
    require_scanning()
    for path in paths:
        if not path.exists():
            raise UsageError(_("{path} is not there").format(path=path))
    with open_records(root) as records, incoming(root) as aside:
        if workers is not None:
            return _Scan(records, workers, aside, actor, progress).run(_files(paths))
        with Workers(jobs) as own:
            readers = AfarWorkers(hands, own) if hands else own
            return _Scan(records, readers, aside, actor, progress).run(_files(paths))


def scan_attachments(
    records: Records, files: Sequence[tuple[str, Path]], workers: Workers, source: Source, actor: str | None = None
) -> ScanReport:
    """Read the attachments of a mail, as (name, file): one evidence with the mail. Pages without a code of ours have
    the fate `beside`: they may be the sender's own letter."""
    with incoming(records.root) as aside:
        return _Scan(records, workers, aside, actor, lambda _done, _total: None, source).run(files)


class _Scan:
    def __init__(
        self,
        records: Records,
        workers: Workers | AfarWorkers,
        aside: Path,
        actor: str | None,
        progress: Progress,
        source: Source | None = None,
    ) -> None:
        self._records = records
        self._workers = workers
        self._aside = aside
        self._actor = actor
        self._progress = progress
        self._source = source
        self._forms = Forms(records, office_codes(records.root))
        self._trust = trusted(records.root, records.office.sign.trust if records.office.sign else ())
        self._fates: dict[str, list[Fate]] = {}
        """By the file's name, in the order of the files."""
        self._held: list[tuple[_Copy, Scanned]] = []
        self._number = 0

    def run(self, files: Iterable[tuple[str, Path]]) -> ScanReport:
        copies = list(self._copies(files))
        done = 0
        batch: list[tuple[_Copy, Scanned]] = []
        for place, told in self._workers.read([copy.path for copy in copies], self._whose, self._trust):
            copy = copies[place]
            done += 1
            self._progress(done, len(copies))
            pages = sorted(told, key=lambda page: page.number)
            if not any(isinstance(page, Page) for page in pages):
                self._refuse(copy.name, pages or [Refusal(0, "damaged")])
                continue
            batch.append((copy, Scanned(copy.name, copy.sha256, tuple(pages), self._source)))
            if len(batch) >= _BATCH:
                self._settle([entry for entry in batch if self._complete(entry[1])])
                batch = [entry for entry in batch if not self._complete(entry[1])]
                self._held += batch
                batch = []
        self._settle([*self._held, *batch])
        return ScanReport(tuple(fate for fates in self._fates.values() for fate in fates))

    # -- files

    def _copies(self, files: Iterable[tuple[str, Path]]) -> Iterator[_Copy]:
        """A copy of every file that is new; the fate of the others is told at once."""
        seen: set[str] = set()
        for name, path in files:
            for copy in self._copy(name, path, 0):
                with self._records.ledger.reading() as reader:
                    known = next(reader.stream(keys=[file_key(copy.sha256)]), None)
                if known is not None or copy.sha256 in seen:
                    event = known.sequence if known else None
                    self._tell(Fate(copy.name, 0, "known", event=event))
                    copy.path.unlink()
                    continue
                seen.add(copy.sha256)
                self._fates.setdefault(copy.name, [])  # keeps the order
                yield copy

    def _copy(self, name: str, path: Path, depth: int) -> Iterator[_Copy]:
        self._number += 1
        target = self._aside / f"{self._number}"
        try:
            if not path.is_file():
                raise RefusedError("not-a-file")
            sha256 = _copied(path, target)
            kind = kind_of(target)
            if kind != "zip":
                target = target.rename(target.with_suffix(_ENDINGS[kind]))
                yield _Copy(name, target, sha256)
                return
            if depth == ZIP_DEPTH:
                raise RefusedError("nested")
            yield from self._unpacked(name, target, depth)
        except RefusedError as refused:
            self._refuse(name, [Refusal(0, refused.reason, refused.detail)])
        except OSError as error:
            self._refuse(name, [Refusal(0, "unreadable", error.strerror or str(error))])
        target.unlink(missing_ok=True)

    def _unpacked(self, name: str, path: Path, depth: int) -> Iterator[_Copy]:
        for member, data in self._workers.unpack(path):
            inner = f"{name}/{member}"
            if isinstance(data, Refusal):
                self._refuse(inner, [data])
                continue
            self._number += 1
            unpacked = self._aside / f"{self._number}"
            unpacked.write_bytes(data)
            yield from self._copy(inner, unpacked, depth + 1)
            unpacked.unlink()

    # -- pages

    def _whose(self, texts: tuple[str, ...]) -> Answer:
        found = self._forms.whose(texts)
        return Answer(found, wanted(found))

    def _complete(self, file: Scanned) -> bool:
        """Whether no page of the file waits for another file's."""
        there: dict[tuple[str, str, str], set[int]] = {}
        needed: dict[tuple[str, str, str], int] = {}
        for page in file.told:
            if isinstance(page, Page) and isinstance(page.form, Found) and page.form.form and page.form.code:
                form = page.form.form
                place = (form.circular, form.unit, form.kind)
                there.setdefault(place, set()).add(page.form.code.page)
                needed[place] = len(form.pages)
        return all(len(there[place]) == needed[place] for place in needed)

    def _settle(self, batch: Sequence[tuple[_Copy, Scanned]]) -> None:
        if not batch:
            return
        order = {name: place for place, name in enumerate(self._fates)}
        batch = sorted(batch, key=lambda entry: order[entry[0].name])
        for copy, _file in batch:
            keep(self._records.root, copy.path)
            copy.path.unlink()
        for fate in settle(self._records, [file for _copy, file in batch], self._actor):
            self._tell(fate)

    def _refuse(self, name: str, refusals: Iterable[Any]) -> None:
        for refusal in refusals:
            self._tell(Fate(name, refusal.number, "refused", reason=refusal.reason, detail=refusal.detail))

    def _tell(self, fate: Fate) -> None:
        self._fates.setdefault(fate.file, []).append(fate)


@contextmanager
def incoming(root: Path) -> Iterator[Path]:
    """A folder beside the evidence, cleared at the end: what is looked at is a copy that nobody changes meanwhile."""
    folder = records_folder(root) / EVIDENCE
    with disk_errors():
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob(f"{_INCOMING}*"):  # by a program that was killed
            if left.stat().st_mtime < time.time() - _DAY:
                shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=folder))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copied(source: Path, target: Path) -> str:
    """Copy a file; its SHA-256. RefusedError for one that is too large."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise RefusedError("too-large", f"{source.stat().st_size >> 20} MB")
            digest.update(chunk)
            written.write(chunk)
    return digest.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """The files with their names for people, folder by folder, by name; links to folders are not followed."""
    for path in paths:
        if not path.is_dir():
            yield path.name, path
            continue
        for found in sorted(path.rglob("*")):
            name = found.relative_to(path).as_posix()
            if not found.is_dir() and not is_junk(name):
                yield f"{path.resolve().name}/{name}", found
