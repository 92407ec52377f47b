"""Keeping the ledger: proving it together with the issued originals, and copying it out and in.

In: a workspace. Out: a proof with its findings; a file of JSON Lines, or a ledger filled from one.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circular_gen import evidence
from circular_gen.disk import disk_errors, sha256_of, written_aside
from circular_gen.errors import CircularGenError
from circular_gen.ledger import (
    KINDS,
    Event,
    Finding,
    export_lines,
    import_lines,
    read_checkpoint,
    verify,
    verify_against,
)
from circular_gen.ledger.checkpoint import Checkpoint
from circular_gen.ledger.failures import LedgerDamagedError
from circular_gen.messages import _
from circular_gen.records import INPUT, MANIFEST, Records, open_records, originals, read_manifest
from circular_gen.workspace.codes import Checkpoint as Short

_WITH_EVIDENCE = tuple(
    kind.name for kind in KINDS.values() if "evidence" in kind.required.keys() | kind.optional.keys()
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What `ledger verify` found. `checkpoint`: the head's, short; `text`: its three lines; `notes`: what could not be
    looked at, and is no fault of the ledger."""

    size: int
    checkpoint: str
    text: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "ok": not self.findings,
            "events": self.size,
            "checkpoint": self.text,
            "findings": [
                {"code": finding.code, "message": finding.message, "event": finding.event, "about": finding.about}
                for finding in self.findings
            ],
            "notes": list(self.notes),
        }


def prove(root: Path, against: str | None = None) -> Proof:
    """Prove the ledger of the workspace at `root`, its originals, and that it holds the checkpoint `against` (the short
    form, or a file). NothingIssuedError, CheckpointError."""
    kept = read_kept(against) if against is not None else None
    try:
        return _proved(root, kept)
    except LedgerDamagedError as error:  # at what point depends on the database's version
        return Proof(0, "", "", (Finding("unreadable", str(error)),))


def _proved(root: Path, kept: Checkpoint | Short | None) -> Proof:
    with open_records(root, check=False) as records:
        report = verify(records.ledger, jobs=os.cpu_count() or 1)
        findings = list(report.findings)
        notes: list[str] = []
        if kept is not None:
            try:
                findings += verify_against(records.ledger, kept)
            except LedgerDamagedError as error:
                findings.append(Finding("unreadable", str(error)))
        if not findings:  # hashes of a ledger that is not whole prove nothing
            findings += _changed_originals(records)
            notes += _missing_originals(records)
            lost = tuple(_lost_evidence(records))
            if records.office.ledger is None:
                findings += lost
            else:  # a workspace that shares a database need not hold what another has scanned
                notes += map(str, lost)
            findings += _changed_evidence(records)
        head = Checkpoint(report.origin, report.size, report.root)
        return Proof(report.size, head.brief(), head.text(), tuple(findings), tuple(notes))


def read_kept(word: str) -> Checkpoint | Short:
    """A checkpoint that somebody kept: the short form, or a file that holds one. CheckpointError."""
    path = Path(word)
    try:
        return read_checkpoint(path.read_text(encoding="utf-8") if path.is_file() else word)
    except (OSError, UnicodeDecodeError) as error:
        raise CircularGenError(_("{path} cannot be read: {reason}").format(path=path, reason=error)) from None


def _editions(records: Records) -> Iterator[tuple[Event, Path, str]]:
    """Every edition whose originals were frozen: its event, its folder, and the hash of the manifest."""
    for event in records.ledger.events(kinds=("issued", "revised")):
        payload = event.payload
        sha256 = payload.get("files", {}).get(MANIFEST)
        if sha256 is not None:
            yield event, records.folder(event.circular or "", payload.get("revision", 0)), sha256


def _missing_originals(records: Records) -> Iterator[str]:
    for event, folder, _sha256 in _editions(records):
        if not folder.is_dir():
            yield _("note: the originals of {name} are not in {folder}").format(name=event.circular, folder=folder)


def _changed_originals(records: Records) -> Iterator[Finding]:
    for name in originals(records.root):
        if records.ledger.paper(name) is None:
            message = _("records/issued holds {name}, which the ledger does not know: the ledger is an older copy")
            yield Finding("original-unknown", message.format(name=name), about=name)
    for event, folder, sha256 in _editions(records):
        if folder.is_dir():
            for path in _wrong_files(folder, sha256):
                message = _("{path} is not as it was when {name} was issued")
                message = message.format(path=path.relative_to(records.root).as_posix(), name=event.circular)
                yield Finding("original-changed", message, event.sequence, event.circular or "")


def _lost_evidence(records: Records) -> Iterator[Finding]:
    """Evidence that events name and records/ does not hold, each once."""
    there = {path.name[:64] for path in evidence.kept(records.root)}
    told: set[str] = set()
    with records.ledger.reading() as reader:
        for event in reader.stream(kinds=_WITH_EVIDENCE):
            if '"evidence":' in event.text:
                for sha256 in event.payload.get("evidence", ()):
                    if sha256 not in there and sha256 not in told:
                        told.add(sha256)
                        message = _("the evidence {sha256} is not in records/evidence").format(sha256=sha256)
                        yield Finding("evidence-lost", message, event.sequence, event.circular or "")


def _changed_evidence(records: Records) -> Iterator[Finding]:
    for path in evidence.changed(records.root):
        message = _("{path} is not as it was when it was kept").format(path=path.relative_to(records.root).as_posix())
        yield Finding("evidence-changed", message)


def _wrong_files(folder: Path, sha256: str) -> Iterator[Path]:
    """Files that are missing, changed, or strangers. A manifest that is not the recorded one says nothing."""
    manifest = folder / MANIFEST
    if not manifest.is_file() or sha256_of(manifest) != sha256:
        yield manifest
        return
    recorded = read_manifest(folder)
    expected = {folder / path: entry["sha256"] for path, entry in recorded["files"].items()}
    frozen = folder / INPUT
    there = {path for path in folder.rglob("*") if path.is_file()} - {manifest}
    for path in sorted(path for path in there if path.is_relative_to(frozen)):
        name = path.relative_to(frozen).as_posix()
        expected[path] = recorded["inputs"].get(name, "")
    for path in sorted(there | expected.keys()):
        if path not in there or sha256_of(path) != expected.get(path):
            yield path


def export_ledger(root: Path, file: Path) -> int:
    """Write the ledger of the workspace at `root` into `file`, aside and renamed; how many events. CircularGenError
    where the file exists: it might be the only copy of something."""
    if file.exists():
        raise CircularGenError(_("{path} exists already; nothing was written").format(path=file))
    lines = -2  # the first and the last line are no events
    with (
        open_records(root) as records,
        disk_errors(),
        written_aside(file) as aside,
        aside.open("w", encoding="utf-8", newline="\n") as written,
    ):
        for line in export_lines(records.ledger):
            written.write(line)
            lines += 1
    return lines


def import_ledger(root: Path, file: Path) -> int:
    """Fill the empty ledger of the workspace at `root` from an export; how many events. LedgerError where it is not
    empty or the file is not whole; then nothing is imported."""
    with disk_errors(), file.open("rb") as lines, open_records(root, new=True, check=False) as records:
        return import_lines(records.ledger, lines)
