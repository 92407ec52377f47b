"""records/: what must never be lost. Where the ledger and the issued originals lie, and how they are opened.

    with open_records(root) as records:
        records.ledger.append(…)

    records/ledger.db           the ledger, unless office.yaml names a database
    records/issued/NAME/r0/     the originals of a circular's first edition, with manifest.json and _input/
    records/issued/.issuing.*/  originals in the making: no part of the records before the ledger knows them

Everything that reads what was issued comes through here, so that an interrupted issue is settled first, and a ledger
that was lost or replaced by an older copy is told before anything is recorded in it.
"""

import json
import os
import shutil
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circular_gen.disk import disk_errors as disk_errors
from circular_gen.disk import flush as flush
from circular_gen.disk import sha256_of as sha256_of
from circular_gen.disk import write_whole as write_whole
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.ledger import Event, Ledger, Paper, Standing, open_ledger
from circular_gen.ledger.deadlines import Calendar, CalendarError, read_calendar
from circular_gen.messages import _
from circular_gen.workspace.findings import Finding, WorkspaceError, nearest
from circular_gen.workspace.office import Office, read_office
from circular_gen.workspace.reading import read
from circular_gen.workspace.recipients import plain

if TYPE_CHECKING:
    from circular_gen.workspace.recipients import Registry

ISSUED, MANIFEST, INPUT, ASIDE = "issued", "manifest.json", "_input", ".issuing."
_PATIENCE = 60.0
"""Seconds to wait for another issue to end."""


class NothingIssuedError(CircularGenError):
    """There is no ledger yet, or nothing in it."""


class RecordsError(CircularGenError):
    """The ledger and the issued originals do not belong together."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """A workspace's open records. `office`: as office.yaml is now."""

    root: Path
    office: Office
    ledger: Ledger

    @property
    def actor(self) -> str:
        """Who records something where no person is named: the office's contact, else the office."""
        return (self.office.contact.name if self.office.contact else "") or self.office.name

    @property
    def calendar(self) -> Calendar:
        """The work days, as the State Council and the workspace's holidays.yaml say. CalendarError."""
        path = self.root / "holidays.yaml"
        if not path.is_file():
            return Calendar()
        with disk_errors():
            try:
                return read_calendar(path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                raise CalendarError(_("{path}: the file is not UTF-8; save it as UTF-8").format(path=path)) from None

    def paper(self, name: str) -> Paper:
        """The issued circular `name`. CircularGenError where it is a draft still, UsageError with the nearest names
        where there is none."""
        name = unicodedata.normalize("NFC", name)
        paper = self.ledger.paper(name)
        if paper is not None:
            return paper
        drafts = set(_drafts(self.root))
        if name in drafts:
            raise CircularGenError(_("{name} has not been issued; circular-gen issue does that").format(name=name))
        with self.ledger.reading() as reader:
            known = drafts | {paper.circular for paper in reader.papers()}
        near = "、".join(nearest(name, sorted(known)))
        raise UsageError(_("there is no circular {name}; the nearest are {nearest}").format(name=name, nearest=near))

    def unit(self, paper: Paper, word: str) -> Standing:
        """The standing of the unit called `word` (id, name or short name) that the circular addresses. UsageError with
        the nearest names where it does not."""
        return self.ledger.standing(paper.circular, word) or self.finder(paper)(word)

    def finder(self, paper: Paper) -> Callable[[str], Standing]:
        """`unit` for many words: the circular's units are read once."""
        standings = self.ledger.standings(paper.circular)
        by_id = {standing.unit: standing for standing in standings}
        by_name: dict[str, list[Standing]] = {}
        for standing in standings:
            by_name.setdefault(plain(standing.name), []).append(standing)
        registered = lru_cache(maxsize=1)(lambda: _registry(self.root))

        def find(word: str) -> Standing:
            if standing := by_id.get(word):
                return standing
            named = by_name.get(plain(word), [])
            if not named:  # the ledger knows names as they were, and no short names
                registry = registered()
                unit = registry.find(word) if registry else None
                named = [by_id[unit.id]] if unit and unit.id in by_id else []
            if len(named) == 1:
                return named[0]
            near = [standing.unit for standing in named]
            near = near or list(nearest(word, [*by_id, *(standing.name for standing in standings)]))
            message = _("{name} addresses no unit {unit}; the nearest are {nearest}")
            if named:
                message = _("{name} addresses several units called {unit}; name one by its id: {nearest}")
            raise UsageError(message.format(name=paper.circular, unit=word, nearest="、".join(near)))

        return find

    def edition(self, name: str) -> Event:
        """The `issued` event of a circular that is issued, or the newest `revised` one: it says what was frozen."""
        return self.ledger.events(name, kinds=("issued", "revised"))[-1]

    def folder(self, name: str, revision: int = 0) -> Path:
        """Where the originals of an edition lie."""
        return self.root / "records" / ISSUED / name / f"r{revision}"

    def changed_since_issue(self, name: str) -> tuple[str, ...]:
        """The files of an issued circular, below circulars/, that are not as they were when its newest edition was
        issued."""
        return _changed(self.root, self.edition(name).payload.get("inputs", {}))


def drafts_changed(root: Path, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Issued circulars among `names` whose files below circulars/ have changed since, and which. From the manifests of
    the originals, so that no ledger need be opened."""
    found = {}
    for name in names:
        folders = [path for path in (root / "records" / ISSUED / name).glob("r[0-9]*") if path.name[1:].isdigit()]
        newest = max(folders, key=lambda path: int(path.name[1:]), default=None)
        if newest and (changed := _changed(root, read_manifest(newest).get("inputs", {}))):
            found[name] = changed
    return found


def changed_findings(root: Path, names: Iterable[str]) -> tuple[Finding, ...]:
    """`drafts_changed` as findings."""
    message = _("{name} is issued, and its draft was changed since; issue --revise makes a new edition of it")
    return tuple(
        Finding(root / path, 1, 1, "warning", "issued-changed", message.format(name=name))
        for name, paths in drafts_changed(root, names).items()
        for path in paths
    )


def _changed(root: Path, inputs: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        path
        for path, sha256 in inputs.items()
        if path.startswith("circulars/") and not ((root / path).is_file() and sha256_of(root / path) == sha256)
    )


@contextmanager
def open_records(root: Path, *, new: bool = False, check: bool = True) -> Iterator[Records]:
    """The records of the workspace at `root`. `new`: nothing need be there yet, and a ledger is made; else
    NothingIssuedError. `check`: RecordsError where originals are there and the ledger is empty (left out only to prove
    or to import one). WorkspaceError for a bad office.yaml, LedgerError for a ledger that cannot be used."""
    office = read_the_office(root)
    path = root / "records" / "ledger.db"
    if office.ledger is None and not path.exists():
        if check or not new:
            _refuse_originals(root)
        if not new:
            raise _nothing()
        from circular_gen.workspace.secret import records_folder

        with disk_errors():
            records_folder(root)
    readonly = office.ledger is None and path.exists() and not os.access(path, os.W_OK)
    with open_ledger(office.ledger or path, readonly=readonly) as ledger:
        if check and ledger.head().size == 0:
            _refuse_originals(root)
            if not new:
                raise _nothing()
        settle(root, ledger)
        yield Records(root, office, ledger)


def read_the_office(root: Path) -> Office:
    """office.yaml alone: recipients.yaml may be long, or wrong, and what was issued does not need it."""
    if not (root / "office.yaml").exists():
        message = _("this folder is no workspace; circular-gen init DIR makes one")
        raise WorkspaceError([Finding(root / "office.yaml", 1, 1, "error", "no-workspace", message)])
    document, findings = read(root / "office.yaml")
    office = None
    if document is not None:
        office, found = read_office(document, root)
        findings = (*findings, *found)
    if office is None:
        raise WorkspaceError(findings)
    return office


def _nothing() -> NothingIssuedError:
    return NothingIssuedError(_("nothing has been issued yet; circular-gen issue NAME issues a circular"))


def _refuse_originals(root: Path) -> None:
    if found := originals(root):
        message = _(
            "records/{folder} holds {name}, but the ledger is empty: put back a copy of the ledger (or ledger import "
            "an export of it); a new one would give its numbers again"
        )
        raise RecordsError(message.format(folder=ISSUED, name=found[0]))


def originals(root: Path) -> tuple[str, ...]:
    """The circulars of which records/ holds originals."""
    folder = root / "records" / ISSUED
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(unicodedata.normalize("NFC", path.name) for path in paths if path.is_dir() and path.name[0] != ".")


def _drafts(root: Path) -> Iterator[str]:
    folder = root / "circulars"
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name[0] not in "._" and (path.suffix == ".yaml" or (path / "circular.yaml").is_file()):
            yield unicodedata.normalize("NFC", path.stem if path.is_file() else path.name)


def _registry(root: Path) -> "Registry | None":
    """The units as recipients.yaml has them today; None where it cannot be read."""
    from circular_gen.workspace.folder import open_workspace  # with the models of circulars: few commands need them

    try:
        return open_workspace(root).registry
    except WorkspaceError:
        return None


# -- issued originals --------------------------------------------------------------------------------------------------


@contextmanager
def issuing_alone(root: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Nobody else issues in this workspace meanwhile."""
    from filelock import FileLock, Timeout  # takes a while to import; most commands only read

    from circular_gen.workspace.secret import records_folder

    folder = records_folder(root) / ISSUED
    lock = FileLock(folder / ".lock", timeout=patience)
    try:
        with disk_errors():
            folder.mkdir(mode=0o700, exist_ok=True)
            lock.acquire()
    except Timeout:
        raise CircularGenError(_("another circular is being issued; try again when that is done")) from None
    try:
        yield
    finally:
        lock.release()


def settle(root: Path, ledger: Ledger) -> None:
    """Ends an issue that was interrupted: originals that the ledger knows are put in their place, others cleared."""
    folder = root / "records" / ISSUED
    if not folder.is_dir() or not _asides(folder) or not os.access(folder, os.W_OK):
        return
    try:
        with issuing_alone(root, patience=0), disk_errors():
            settle_now(root, ledger)
    except CircularGenError:
        return  # somebody is at it, or the disk refuses: the next run tries again, and ledger verify tells


def settle_now(root: Path, ledger: Ledger) -> None:
    """`settle` under the lock."""
    for aside in _asides(root / "records" / ISSUED):
        manifest = read_manifest(aside)
        name, revision = manifest.get("circular", ""), manifest.get("revision", 0)
        known = {
            event.payload.get("files", {}).get(MANIFEST)
            for event in ledger.events(name or None, kinds=("issued", "revised"))
        }
        if name and sha256_of(aside / MANIFEST) in known:
            put_in_place(aside, root / "records" / ISSUED / name / f"r{revision}")
        else:
            shutil.rmtree(aside)


def put_in_place(aside: Path, folder: Path) -> None:
    """Originals under their name, and read-only."""
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    aside.rename(folder)
    flush(folder.parent)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(stat.S_IRUSR)


def _asides(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.name.startswith(ASIDE) and path.is_dir()]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of originals; nothing where there is none, or it is damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
