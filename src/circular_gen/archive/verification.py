"""`archive verify`: proves a bag from the bag alone, or names the file that is not as it was.

In: a bag's folder; perhaps a checkpoint that somebody kept, or a certificate. Out: findings and, by the four
properties, a report (see `checks.py`). Four witnesses are held against each other: the manifests (each file's hashes),
the list whose hash the ledger recorded before the bag was whole, the ledger's chain, which ends at the stated head, and
the checkpoints on pages that units sent back. So manifests that were made again, also for a file that the archive
itself wrote, are told; against somebody who makes the whole ledger again, and forges the codes that were read, stand
the pages themselves, and checkpoints, signatures and time stamps outside the bag.
"""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circular_gen.archive.bag import (
    ALGORITHMS,
    BAGIT,
    DECLARATION,
    INFO,
    MANIFESTS,
    TAG_MANIFESTS,
    BagError,
    hash_file,
    information_text,
    is_safe,
    read_information,
    read_manifest,
    tag_lines,
)
from circular_gen.archive.chain import Chain, event_files, read_events, read_head
from circular_gen.archive.checks import Finding, Line, lines, verdict
from circular_gen.archive.contents import json_bytes
from circular_gen.archive.items import COUNTED, NOT_ITEMS
from circular_gen.archive.making import CATALOGUE, HEAD, LISTED, REST, information, read_catalogue
from circular_gen.archive.reading import page_texts, read_json
from circular_gen.archive.seals import SIGNATURE, STAMP, SealError, look
from circular_gen.errors import CircularGenError, ExitCode
from circular_gen.evidence import STRAIGHT
from circular_gen.ledger import Checkpoint, Event, LedgerError, agrees
from circular_gen.ledger.checkpoint import CheckpointError, read_checkpoint
from circular_gen.ledger.standing import STATES, fold, fold_paper
from circular_gen.messages import _
from circular_gen.workspace.codes import Checkpoint as Short
from circular_gen.workspace.codes import circular_tag, printed, unit_tag

_BASE = frozenset((BAGIT, INFO, *MANIFESTS, *TAG_MANIFESTS, STAMP, SIGNATURE))
"""Time stamp and signature are in no manifest, since they are made over the tag manifest."""
_NEEDED = ("item", "code", "circular", "number", "title", "date", "issuer", "pages", "folder", "last event")
_CLASSIFIED = re.compile(r"(绝密|机密|秘密)(★|\d+年|\d+个月)")
_DANGEROUS = frozenset(
    [".exe", ".dll", ".bat", ".cmd", ".com", ".scr", ".js", ".vbs", ".ps1", ".msi", ".jar", ".lnk", ".hta"]
)
_PACKED = frozenset([".zip", ".rar", ".7z", ".gz", ".tar"])
_ACTIVE_MEMBERS = re.compile(r"(vbaProject|activeX|oleObject|\.bin$)")
_KEPT = frozenset(["evidence", "reminder"])
"""Roles of files that events name by their hash."""
_CODED = frozenset(["scanned", "reviewed", "witnessed"])
"""Kinds of events whose `code` is that of a returned page."""
_HEAD = f"data/{HEAD}"
_BATCH = 256
"""Files that a thread hashes at a time."""
Progress = Callable[[int, int], None]


class UncheckedError(CircularGenError):
    """What cannot be checked: there is no bag, or it cannot be read."""

    exit_code = ExitCode.UNCHECKED


@dataclass(slots=True)
class Verification:
    """What was found. `counts`: objects looked at, by check; `head`: the ledger's checkpoint in the bag."""

    path: Path
    phase: str
    bag: str = ""
    head: str = ""
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seals: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        return lines(self.phase, self.counts, self.findings)

    @property
    def verdict(self) -> str:
        return verdict(self.lines)

    @property
    def exit_code(self) -> int:
        severities = {finding.severity for finding in self.findings}
        if "fail" in severities:
            return int(ExitCode.FOUND)
        return int(ExitCode.UNCHECKED) if "unchecked" in severities else int(ExitCode.DONE)

    def record(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "bag": self.bag,
            "ok": self.exit_code == 0,
            "verdict": self.verdict,
            "phase": self.phase,
            "checkpoint": self.head,
            "seals": self.seals,
            "checks": [line.record() for line in self.lines],
            "findings": [finding.record() for finding in self.findings],
        }


def verify_bag(
    path: Path,
    *,
    against: Checkpoint | Short | None = None,
    listed: str | None = None,
    trusted: Iterable[Path] = (),
    phase: str = "GD",
    contents: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Prove the bag at `path`. `against`: a checkpoint that was kept outside; `listed`: what the office's own ledger
    says of the list of files; `trusted`: certificates that stand behind seals; `contents`: open every file too (else
    hashes and records alone). UncheckedError where there is no bag that can be read."""
    if not any((path / name).exists() for name in (BAGIT, *MANIFESTS)):
        raise UncheckedError(_("{path} is no bag: there is no {file} in it").format(path=path, file=BAGIT))
    done = Verification(path, phase)
    try:
        _Verifying(path, done, against, listed, tuple(trusted), contents, progress).run()
    except OSError as error:
        where = str(error.filename or path)
        done.findings.append(Finding("manifest", where, error.strerror or str(error), "unchecked"))
    return done


class _Verifying:
    """One verification under way."""

    def __init__(
        self,
        bag: Path,
        done: Verification,
        against: Checkpoint | Short | None,
        listed: str | None,
        trusted: tuple[Path, ...],
        contents: bool,
        progress: Progress,
    ) -> None:
        self.bag, self.done, self.progress = bag, done, progress
        self.against, self.listed, self.contents = against, listed, contents
        self.trusted = trusted
        self.hashes: dict[str, str] = {}
        """Payload file → SHA-256 by the manifest."""
        self.there: dict[str, int] = {}
        """File of the bag → bytes."""
        self.bad: set[str] = set()
        """Files already found wrong."""
        self.anchors: dict[str, str] = {}
        """Bag → the list's hash by its last `archiving` event."""
        self.last_time = ""
        """Of the last event."""
        self.owned: dict[str, tuple[int, int]] = {}
        """Circular → its item's first and last event."""
        self.head: dict[str, Any] = {}
        """Where the ledger stood, as the bag says."""
        self.chain: Chain | None = None
        self.read: set[str] = set()
        """Files of events that the chain took in."""
        self.witnesses: dict[Short, tuple[int, str]] = {}
        """Checkpoints that came back on paper → the first event that says so, and its file."""

    def run(self) -> None:
        self._walk()
        self._tags()
        self._seals()
        self._digests()
        catalogue = self._catalogue()
        self._begin_ledger()
        with self._any_shape(_HEAD):
            self._taken(f"data/{REST}")
            self._anchor(catalogue)
        if catalogue is not None:
            with self._any_shape(f"data/{CATALOGUE}"):
                self._information(catalogue)
                self._contents(catalogue)
        with self._any_shape(_HEAD):
            self._end_ledger()
            self._witnesses()

    @contextmanager
    def _any_shape(self, path: str) -> Iterator[None]:
        """Records that somebody meddled with may have any shape; that is doubt, not a fault of the program."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            message = _("the records in it cannot be followed: {reason}")
            self._say("readable", path, message.format(reason=f"{type(error).__name__} {error}"[:200]))

    def _say(self, check: str, path: str, message: str, severity: str = "fail") -> None:
        self.done.findings.append(Finding(check, path, message, severity))  # type: ignore[arg-type]

    def _looked(self, check: str, count: int = 1) -> None:
        self.done.counts[check] += count

    # -- files and hashes

    def _walk(self) -> None:
        """Every file of the bag; folders without one, links and odd names are told."""
        folders = [""]
        while folders:
            inside = folders.pop()
            with os.scandir(self.bag / inside) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            if not found:
                self._say("strangers", inside, _("an empty folder"))
            for entry in found:
                path = f"{inside}/{entry.name}" if inside else entry.name
                self._looked("names")
                if not is_safe(entry.name):
                    self._say("names", path, _("not every system can have a file of this name"))
                if entry.is_symlink():
                    self._say("strangers", path, _("a link to something else"))
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    self.there[path] = entry.stat(follow_symlinks=False).st_size
        for path in self.there:
            self._looked("strangers")
            if not path.startswith("data/") and path not in _BASE:
                self._say("strangers", path, _("no manifest names this file"))

    def _tags(self) -> None:
        """The tag files and their manifests, which must be there."""
        for name in (BAGIT, INFO, *MANIFESTS, *TAG_MANIFESTS):
            self._looked("tags")
            if name not in self.there:
                self._say("tags", name, _("the file is missing"))
        if BAGIT in self.there and (self.bag / BAGIT).read_bytes() != DECLARATION:
            self._say("tags", BAGIT, _("the file is not as circular-gen writes it"))
        for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
            if name not in self.there:
                continue
            told = dict(self._manifest(name, algorithm, "tags"))
            for tag in (BAGIT, INFO, *MANIFESTS):
                if tag not in told:
                    self._say("tags", name, _("{file} is not in it").format(file=tag))
                elif tag in self.there and hash_file(self.bag / tag, (algorithm,))[0] != told[tag]:
                    self._say("tags", tag, _("the file is not as {manifest} says").format(manifest=name))
            if (self.bag / name).read_bytes() != tag_lines(told):
                self._say("tags", name, _("the file is not as circular-gen writes it"))
            for tag in told.keys() - {BAGIT, INFO, *MANIFESTS}:
                self._say("tags", tag, _("{manifest} names a file that is none of the bag's").format(manifest=name))

    def _seals(self) -> None:
        """Time stamp and signature over the tag manifest, where the bag has them. Only a trusted one is a witness."""
        if TAG_MANIFESTS[0] not in self.there or not {STAMP, SIGNATURE} & self.there.keys():
            return
        try:
            for seal in look(self.bag, self.trusted):
                self.done.seals[seal.file] = seal.told
                if seal.state == "trusted":
                    self._looked("outside")
                elif seal.state == "broken":
                    self._say("outside", seal.file, seal.detail)
        except SealError as error:
            self._say("outside", STAMP, str(error), "unchecked")

    def _manifest(self, name: str, algorithm: str, check: str) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        try:
            for path, digest in read_manifest(self.bag / name, algorithm):
                if path in seen:
                    self._say(check, name, _("{file} stands in it twice").format(file=path))
                seen.add(path)
                yield path, digest
        except BagError as error:
            self._say(check, name, str(error))

    def _digests(self) -> None:
        """Every payload file against both manifests."""
        if any(name not in self.there for name in MANIFESTS):
            return
        self.hashes = dict(self._manifest(MANIFESTS[0], ALGORITHMS[0], "manifest"))
        longer = dict(self._manifest(MANIFESTS[1], ALGORITHMS[1], "manifest"))
        payload = [path for path in self.there if path.startswith("data/")]
        for path in sorted(self.hashes.keys() ^ longer.keys()):
            if path in self.there or path in self.hashes:
                self._say("manifest", path, _("only one of the manifests names this file"))
        for path in sorted((self.hashes.keys() | longer.keys()) - set(payload)):
            self.bad.add(path)
            self._say("catalogue", path, _("the file is missing"))
        listed = []
        for path in payload:
            if path in self.hashes and path in longer:
                listed.append(path)
            elif path not in self.hashes and path not in longer:
                self._say("strangers", path, _("no manifest names this file"))

        top = str(self.bag)

        def hashed(path: str) -> tuple[str, ...] | OSError:
            try:
                return hash_file(f"{top}/{path}", ALGORITHMS)
            except OSError as error:
                return error

        def all_hashed(paths: list[str]) -> list[tuple[str, ...] | OSError]:
            return list(map(hashed, paths))

        number = 0
        batches = [listed[first : first + _BATCH] for first in range(0, len(listed), _BATCH)]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for paths, results in zip(batches, pool.map(all_hashed, batches), strict=True):
                for path, found in zip(paths, results, strict=True):
                    self._looked("manifest")
                    if isinstance(found, OSError):
                        self._say("manifest", path, found.strerror or str(found), "unchecked")
                    elif found != (self.hashes[path], longer[path]):
                        self.bad.add(path)
                        self._say("manifest", path, _("the file was changed"))
                number += len(paths)
                self.progress(number, len(listed))

    # -- the ledger

    def _catalogue(self) -> dict[str, Any] | None:
        try:
            catalogue = read_catalogue(self.bag)
            items = catalogue["items"]
            wrong = [key for key in ("bag", "office", "year", "retention", "timezone") if key not in catalogue]
            for entry in items:
                self._looked("metadata")
                missing = [key for key in _NEEDED if key not in entry]
                if missing:
                    where = f"data/{CATALOGUE}"
                    self._say("metadata", where, _("item {item} has no {fields}").format(
                        item=entry.get("item", "?"), fields=", ".join(missing)))  # fmt: skip
            if wrong or not items:
                raise CircularGenError(_("{file} is missing or damaged").format(file=f"data/{CATALOGUE}"))
        except (CircularGenError, AttributeError, TypeError) as error:
            self._say("readable", f"data/{CATALOGUE}", str(error))
            return None
        self._looked("readable")
        self.done.bag = str(catalogue["bag"])
        self.owned = {
            entry["circular"]: (entry.get("first event", 0), entry["last event"])
            for entry in items
            if "circular" in entry and isinstance(entry.get("last event"), int)
        }
        return catalogue

    def _begin_ledger(self) -> None:
        """The chain is as long as the head says; the files of events are taken in one after the other."""
        try:
            self.head = read_head(self.bag)
        except CircularGenError as error:
            self._say("chain", _HEAD, str(error))
            return
        self.chain = Chain(self.head["origin"], min(self.head["size"], sum(self.there.values()) // 100 + 1))

    def _taken(self, path: str) -> list[Event] | None:
        """The events of a file, which are taken into the chain the first time; None where the file is not whole, which
        is told then."""
        if path not in self.there:
            if path not in self.bad:
                self._say("chain", path, _("the file is missing"))
            return None
        first = path not in self.read
        self.read.add(path)
        events = []
        if self.chain and first:
            self.chain.begin(path)
        try:
            for event in read_events(self.bag / path):
                events.append(event)
                if self.chain and first:
                    wrong = [*self.chain.take(event)]
                    for message in wrong:
                        self._say("chain", path, message)
                    if not wrong:
                        self._event(event, path)
        except LedgerError as error:
            if first:
                self._say("chain", path, str(error))
            return None
        return events

    def _event(self, event: Event, path: str) -> None:
        """An event's time, what it says of a bag, and whether it lies where it belongs."""
        self.last_time = max(self.last_time, event.time)
        if event.kind == "archiving":
            self.anchors[event.payload["bag"]] = event.payload["sha256"]
        owner = self.owned.get(event.circular or "")
        mine = owner is not None and owner[0] <= event.sequence <= owner[1] and event.kind not in NOT_ITEMS
        if mine != path.startswith("data/items/"):
            message = _("event {sequence} lies in a file that is not its own")
            self._say("chain", path, message.format(sequence=event.sequence))

    def _end_ledger(self) -> None:
        """Whether the events of all files are one chain, which ends at the stated head and agrees with what was kept
        outside."""
        chain, head = self.chain, self.head
        if chain is None:
            return
        if chain.size != head["size"]:
            self._say("chain", _HEAD, _("the bag cannot hold so many events as the head says"))
            return
        for path in event_files(self.bag):
            if (inside := path.relative_to(self.bag).as_posix()) not in self.read:
                self._taken(inside)
        self.done.findings += chain.faults()
        self._looked("chain", chain.size)
        last, root = chain.head()
        checkpoint = Checkpoint(head["origin"], chain.size, root)
        expected = {
            "chain": last.hex(),
            "root": root.hex(),
            "time": self.last_time,
            "origin": chain.origin,
            "size": chain.size,
            "checkpoint": checkpoint.brief(),
        }
        if head != expected or (self.bag / _HEAD).read_bytes() != json_bytes(head):
            self._say("chain", _HEAD, _("the events do not end at the stated head"))
        self.done.head = checkpoint.brief()
        self._outside(chain)

    def _outside(self, chain: Chain) -> None:
        """What was kept outside the bag: a checkpoint, the office's own ledger, a signature, a time stamp."""
        kept = self.against
        if kept is not None:
            self._looked("outside")
            if isinstance(kept, Checkpoint) and kept.origin != chain.origin:
                self._say("outside", "", _("the checkpoint is of another ledger"))
            elif kept.size > chain.size:
                message = _("the checkpoint counts {size} events, the bag holds only {held}")
                self._say("outside", "", message.format(size=kept.size, held=chain.size))
            else:
                root = chain.head(kept.size)[1]
                same = agrees(kept, root) if isinstance(kept, Short) else kept.root == root
                if not same:
                    self._say("outside", "", _("the events are not those that the checkpoint was made over"))
        if self.listed is not None:
            self._looked("outside")
            if (self.bag / "data" / LISTED).is_file() and self._list_hash() != self.listed:
                self._say("outside", f"data/{LISTED}", _("the office's ledger says another list of files"))

    def _list_hash(self) -> str:
        return hash_file(self.bag / "data" / LISTED, ("sha256",))[0]

    def _anchor(self, catalogue: Mapping[str, Any] | None) -> None:
        """The list of files whose hash is in the ledger, against the manifest: names what was changed together with
        its manifests."""
        listed = f"data/{LISTED}"
        if listed not in self.there:
            self._say("anchor", listed, _("the file is missing"))
            return
        name = str(catalogue["bag"]) if catalogue else self.bag.name
        if self.anchors.get(name) != self._list_hash():
            self._say("anchor", listed, _("the ledger recorded another list of files for this bag"))
        if catalogue is None and name not in self.anchors:
            return
        try:
            told = dict(read_manifest(self.bag / listed, "sha256"))
        except BagError as error:
            self._say("anchor", listed, str(error))
            return
        for path in sorted(told.keys() | self.hashes.keys()):
            self._looked("anchor")
            if path.startswith("data/ledger/") or path in self.bad:
                continue
            if path not in told:
                self._say("anchor", path, _("the file was added after the bag was made"))
            elif path not in self.hashes:
                self._say("anchor", path, _("the file was removed after the bag was made"))
            elif told[path] != self.hashes[path]:
                self.bad.add(path)
                self._say("anchor", path, _("the file was changed, and the manifests were made again"))

    # -- records

    def _information(self, catalogue: dict[str, Any]) -> None:
        """bag-info.txt, made again from the catalogue and the ledger."""
        if INFO not in self.there:
            return
        self._looked("tags")
        try:
            head = read_head(self.bag)
            payload = [path for path in self.there if path.startswith("data/")]
            octets = sum(self.there[path] for path in payload)
            made = information_text(information(catalogue, head, self._list_hash(), octets, len(payload)))
            text = (self.bag / INFO).read_text(encoding="utf-8")
        except (CircularGenError, KeyError, TypeError, ValueError, OSError) as error:
            self._say("tags", INFO, _("it cannot be compared with the catalogue: {reason}").format(reason=error))
            return
        if text != made:
            ours, theirs = read_information(made), read_information(text)
            labels = [label for label in {**ours, **theirs} if ours.get(label) != theirs.get(label)]
            message = _("it does not say what catalogue and ledger say: {labels}")
            self._say("tags", INFO, message.format(labels=", ".join(labels) or "…"))

    def _contents(self, catalogue: dict[str, Any]) -> None:
        """The items, each against its metadata, its events and its files."""
        self._numbers(catalogue)
        accounted: set[str] = {f"data/{CATALOGUE}", *_ledger_files()}
        entries = [entry for entry in catalogue["items"] if all(key in entry for key in _NEEDED)]
        for entry in entries:
            with self._any_shape(f"{entry['folder']}/item.json"):
                events = self._taken(f"{entry['folder']}/events.jsonl")
                item = self._item(entry, accounted)
                if item is not None:
                    if events is not None:
                        self._events_of(entry, item, events)
                        self._originals(item, events)
                    if self.contents:
                        self._paper(item)
        from circular_gen.archive.contents import FIXED, differences

        accounted |= {f"data/{path}" for path in FIXED}
        for path in FIXED:
            self._looked("catalogue")
            if f"data/{path}" not in self.there and f"data/{path}" not in self.bad:
                self._say("catalogue", f"data/{path}", _("the file is missing"))
        for path in sorted(self.there):
            if path.startswith("data/") and path not in accounted:
                self._say("catalogue", path, _("no item and no list names this file"))
        if self.contents:
            for path, message in differences(self.bag, catalogue):
                self._say("catalogue", f"data/{path}", message)
            self._open_all()

    def _numbers(self, catalogue: dict[str, Any]) -> None:
        new = [entry.get("item") for entry in catalogue["items"] if not entry.get("supplements")]
        self._looked("numbers", len(catalogue["items"]))
        first = 1 if not catalogue.get("supplements") else (new[0] if new else 1)
        if new != list(range(first, first + len(new))):
            self._say("numbers", f"data/{CATALOGUE}", _("the items' numbers have gaps or stand in another order"))
        codes = [entry.get("code") for entry in catalogue["items"]]
        if len(set(codes)) != len(codes):
            self._say("numbers", f"data/{CATALOGUE}", _("an archival code stands there twice"))
        self._looked("form", len(codes))
        for entry in catalogue["items"]:
            code, date = str(entry.get("code", "")), str(entry.get("date", ""))
            if (
                f"{entry.get('item', 0):04}" not in code
                or len(code) > 100
                or not re.fullmatch(r"\d{4}-\d\d-\d\d", date)
            ):
                message = _("item {item}: its code or its date is not of the usual form")
                self._say("form", f"data/{CATALOGUE}", message.format(item=entry.get("item")))

    def _item(self, entry: dict[str, Any], accounted: set[str]) -> dict[str, Any] | None:
        """An item's metadata against the catalogue and against the files."""
        path = f"{entry['folder']}/item.json"
        accounted.update((path, f"{entry['folder']}/item.xml"))
        self._looked("readable")
        try:
            item = read_json(self.bag / path)
            files = item["files"]
            told = {file["path"]: file for file in files}
        except (OSError, ValueError, KeyError, TypeError):
            self._say("readable", path, _("{file} is missing or damaged").format(file=path))
            return None
        differing = [key for key, value in entry.items() if item.get(key) != value]
        if differing:
            message = _("the catalogue says something else than the item: {fields}")
            self._say("catalogue", path, message.format(fields=", ".join(differing)))
        accounted.update(told)
        for name, file in told.items():
            self._looked("catalogue")
            if name not in self.there:
                if name not in self.bad:
                    self._say("catalogue", name, _("the file is missing"))
            elif file.get("bytes") != self.there[name] and name not in self.bad:
                self._say("catalogue", name, _("the file has another size than its item says"))
        pages = sum(file.get("pages", 0) for file in files if file["role"] in COUNTED)
        self._looked("pages")
        if pages != item.get("pages"):
            self._say("pages", path, _("the pages of the files are not those of the item"))
        from circular_gen.archive.metadata import differing_xml

        for name, message in differing_xml(self.bag, item):
            self._say("readable", name, message)
        checked: dict[str, Any] = item
        return checked

    def _events_of(self, entry: dict[str, Any], item: dict[str, Any], events: list[Event]) -> None:
        """An item against its events: title, number, what units answered, evidence, codes."""
        path = f"{entry['folder']}/events.jsonl"
        kept = [(file["name"].rpartition("/")[2][:64], file["path"]) for file in item["files"] if file["role"] in _KEPT]
        names = {sha256 for sha256, _path in kept}
        for event in events:
            payload = event.payload
            for sha256 in payload.get("evidence", ()):
                self._looked("evidence")
                if sha256 not in names:
                    message = _("the evidence {sha256} of event {sequence} is not there")
                    self._say("evidence", path, message.format(sha256=sha256, sequence=event.sequence))
            if event.kind in _CODED and event.unit and event.circular:
                self._code(event, path)
        for sha256, place in kept:
            if self.hashes.get(place) not in (sha256, None) and place not in self.bad:
                self._say("evidence", place, _("the evidence is not what its name says"))
        if events and (events[0].sequence < entry.get("first event", 0) or events[-1].sequence != entry["last event"]):
            self._say("catalogue", path, _("the events are not those that the catalogue counts"))
        if entry.get("supplements") or not events:
            return
        self._fold(entry, item, events, path)

    def _fold(self, entry: dict[str, Any], item: dict[str, Any], events: list[Event], path: str) -> None:
        """What follows from the events, against what the item says."""
        circular = entry["circular"]
        alone = [event for event in events if event.unit is None]
        paper = fold_paper(circular, alone)
        said = (entry["number"], entry["title"], entry["last event"])
        if said != (paper.number, paper.title, events[-1].sequence):
            self._say("agrees", f"data/{CATALOGUE}", _("number or title is not what the events say: {code}").format(
                code=entry["code"]))  # fmt: skip
        of_unit: dict[str, list[Event]] = {}
        for event in events:
            if event.unit is not None:
                of_unit.setdefault(event.unit, []).append(event)
        told = {unit["unit"]: unit for unit in item.get("distribution", ())}
        for unit in sorted(told.keys() | of_unit.keys()):
            standing = fold(circular, unit, of_unit.get(unit, []))
            said_of = told.get(unit, {})
            state = (STATES[standing.state], standing.received_at, standing.received_by)
            if state != (said_of.get("state"), said_of.get("received"), said_of.get("by", "")):
                message = _("what the item says of {unit} is not what the events say")
                self._say("catalogue", path, message.format(unit=unit))

    def _code(self, event: Event, path: str) -> None:
        """A returned page's code: whose it is, and what it says of the ledger when the page was printed."""
        payload = event.payload
        said = printed(payload["code"]) if "code" in payload else None
        if "code" in payload:
            self._looked("codes")
            own = (circular_tag(event.circular or ""), unit_tag(event.unit or ""))
            if said is None or (said.circular, said.unit) != own:
                message = _("the code of event {sequence} is another paper's or unit's")
                self._say("codes", path, message.format(sequence=event.sequence))
        if event.kind != "witnessed" or not payload["agrees"]:
            return  # that a page is of another ledger is what such an event says
        self._looked("witness")
        try:
            short = read_checkpoint(f"{payload['size']}-{payload['root']}")
        except CheckpointError:
            short = None
        if not isinstance(short, Short) or (said is not None and said.checkpoint != short):
            message = _("event {sequence} does not say the checkpoint that stands in the page's code")
            self._say("witness", path, message.format(sequence=event.sequence))
            return
        self.witnesses.setdefault(short, (event.sequence, path))

    def _witnesses(self) -> None:
        """The checkpoints that came back on paper against the chain: each says what the ledger was when the page was
        printed, and whoever made the ledger again could not change the pages that units signed."""
        if self.chain is None:
            return
        held = sorted((short for short in self.witnesses if short.size <= self.chain.size), key=lambda one: one.size)
        roots = dict(zip(held, self.chain.roots(short.size for short in held), strict=True))
        for short, (sequence, path) in self.witnesses.items():
            if short not in roots or not agrees(short, roots[short]):
                message = _("the ledger is not that which the page of event {sequence} bears witness to")
                self._say("witness", path, message.format(sequence=sequence))

    def _originals(self, item: dict[str, Any], events: list[Event]) -> None:
        """The frozen originals against their manifest, and that against the ledger."""
        path = f"{item['folder']}/events.jsonl"
        if item.get("supplements"):
            return
        by_name = {file["name"]: file["path"] for file in item["files"] if "name" in file}
        for payload in [event.payload for event in events if event.kind in ("issued", "revised")]:
            folder = f"issued/{item['circular']}/r{payload.get('revision', 0)}"
            recorded = payload.get("files", {}).get("manifest.json")
            if recorded is None:
                continue
            self._looked("originals")
            manifest = by_name.get(f"{folder}/manifest.json")
            if manifest is None:
                self._say("originals", path, _("the originals of edition r{revision} are not there").format(
                    revision=payload.get("revision", 0)))  # fmt: skip
                continue
            if self.hashes.get(manifest) != recorded:
                if manifest not in self.bad:
                    self._say("originals", manifest, _("the file is not as it was when it was issued"))
                continue
            try:
                entries = read_json(self.bag / manifest)["files"]
            except (OSError, ValueError, KeyError):
                continue  # told as changed
            for name, one in entries.items():
                self._looked("originals")
                there = by_name.get(f"{folder}/{name}")
                if there is None:
                    self._say("originals", manifest, _("{file} is not there").format(file=name))
                elif self.hashes.get(there) != one["sha256"] and there not in self.bad:
                    self._say("originals", there, _("the file is not as it was when it was issued"))

    # -- what is in the files

    def _paper(self, item: dict[str, Any]) -> None:
        """The archived copy: its text says what the metadata say, and its pages are counted."""
        path = f"{item['folder']}/paper.pdf"
        if path not in self.there or path in self.bad:
            return
        from circular_gen.output.archival import written_pages

        try:
            texts = page_texts(self.bag / path)
            pages = written_pages((self.bag / path).read_bytes())
        except Exception as error:  # noqa: BLE001 (whatever a damaged file makes its readers say)
            self._say("opens", path, str(error).splitlines()[0] if str(error) else type(error).__name__)
            return
        plain = "".join("".join(texts).split())
        self._looked("text")
        if not plain:
            self._say("text", path, _("no text can be taken out of it"))
            return
        self._looked("agrees")
        year, month, day = item["date"].split("-")
        wanted = {
            "number": item["number"],
            "title": item["title"],
            "date": f"{int(year)}年{int(month)}月{int(day)}日",
        }
        for key, value in wanted.items():
            if "".join(value.split()) not in plain:
                message = _("the paper does not show the {field} of its metadata: {value}")
                self._say("agrees", path, message.format(field=key, value=value))
        told = [file for file in item["files"] if file["path"] == path]
        self._looked("pages")
        if told and told[0].get("pages") != pages:
            self._say("pages", path, _("the paper has another number of pages than its item says"))
        self._looked("classified")
        if texts and _CLASSIFIED.search("".join(texts[0].split())):
            self._say("classified", path, _("the first page bears a classified marking"))

    def _open_all(self) -> None:
        """Every file, by what its name says that it is. What came back from outside may be anything: what is wrong
        with it is a warning."""
        from circular_gen.output.pdfa_rules import examine

        evidence = re.compile(r"data/(items/\d+/(evidence|records)|shared)/")
        for path in sorted(self.there):
            if not path.startswith("data/") or path in self.bad:
                continue
            file, suffix = self.bag / path, Path(path).suffix.lower()
            foreign = bool(evidence.match(path)) and not path.endswith(STRAIGHT)
            severity = "warn" if foreign else "fail"
            self._looked("active")
            if suffix in _DANGEROUS:
                self._say("active", path, _("a program"), severity)
            elif suffix in _PACKED:
                self._say("active", path, _("a packed file, which cannot be looked into"), severity)
            elif suffix == ".pdf":
                examined = examine(file)
                self._looked("opens")
                self._looked("encrypted")
                if not foreign:
                    self._looked("pdfa")
                    if not examined.part and not examined.faults:
                        self._say("pdfa", path, _("it is no PDF/A"), "warn" if _may_be_plain(path) else "fail")
                for fault in examined.faults:
                    check = {"unreadable": "opens", "encrypted": "encrypted", "active": "active"}.get(
                        fault.code, "pdfa"
                    )
                    self._say(check, path, fault.detail, severity)
            elif suffix in (".docx", ".xlsx"):
                self._looked("opens")
                for check, message in _office_faults(file):
                    self._say(check, path, message, severity)
            elif suffix in (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"):
                self._looked("opens")
                if message := _picture_fault(file):
                    self._say("opens", path, message, severity)


def _ledger_files() -> Iterable[str]:
    return (_HEAD, f"data/{REST}", f"data/{LISTED}")


def _may_be_plain(path: str) -> bool:
    """Papers from Word templates: LibreOffice made them."""
    return "/r" in path


def _office_faults(file: Path) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(file) as package:
            if damaged := package.testzip():
                yield "opens", _("{file} in it is damaged").format(file=damaged)
            for name in package.namelist():
                if _ACTIVE_MEMBERS.search(name):
                    yield "active", _("a macro or an embedded program: {name}").format(name=name)
                elif name.endswith(".rels") and re.search(
                    rb'(attachedTemplate|oleObject|frame|subDocument)"[^>]*TargetMode="External"', package.read(name)
                ):
                    yield "active", _("it takes in what lies elsewhere: {name}").format(name=name)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        yield "opens", str(error)


def _picture_fault(file: Path) -> str:
    from PIL import Image

    try:
        with Image.open(file) as image:
            image.verify()
    except Exception as error:  # noqa: BLE001 (Pillow raises whatever a damaged file makes it)
        return str(error) or type(error).__name__
    return ""
