"""`archive restore`: a new workspace from a bag, its ledger verified.

In: a bag (and its supplements), a folder that is not there yet or empty. Out: a workspace whose ledger holds every
event up to the bag's head, and that these bags are archived; records/ holds the bag's originals and evidence under
their old names. The bag is verified first; nothing is restored from one in doubt. The office's secret key is in no
archive: it is put back from its own copy.
"""

import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from circular_gen.archive.bag import BagError
from circular_gen.archive.chain import event_files, read_head
from circular_gen.archive.making import LISTED, read_catalogue, record_archived
from circular_gen.archive.reading import read_json
from circular_gen.archive.verification import verify_bag
from circular_gen.disk import disk_errors, flush, sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.keeping import Proof, prove
from circular_gen.ledger import import_lines, open_ledger
from circular_gen.ledger.events import canonical
from circular_gen.ledger.exchange import FORMAT, VERSION
from circular_gen.messages import _
from circular_gen.records import open_records
from circular_gen.workspace.secret import records_folder

_INPUT = re.compile(r"issued/[^/]+/r\d+/_input/(.+)")
_ELSEWHERE = re.compile(r"(ledger|台账|登记库|mail|邮件|portal|网页)\s*[:：]")
"""Keys of office.yaml that name servers and databases: a restored copy must not reach for the living ones."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`events`: in the ledger; `circulars`: whose originals are there; `files`: put back; `proof`: of the new ledger;
    `missing`: how many proofs or originals other bags hold."""

    root: Path
    events: int
    circulars: tuple[str, ...]
    files: int
    proof: Proof
    missing: int

    def record(self) -> dict[str, Any]:
        return {
            "workspace": str(self.root),
            "events": self.events,
            "circulars": list(self.circulars),
            "files": self.files,
            "checkpoint": self.proof.checkpoint,
            "elsewhere": self.missing,
        }


def restore(bags: Sequence[Path], root: Path) -> Restored:
    """Make the workspace `root` from `bags`: their ledger is that of the one with most events. BagError for a bag in
    doubt, CircularGenError where `root` holds something already or the ledger is not whole."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CircularGenError(_("{path} is not empty; restore into a new folder").format(path=root))
    for bag in bags:
        done = verify_bag(bag, contents=False)
        if done.exit_code:
            first = done.findings[0]
            message = _("{bag} is in doubt, nothing was restored: {path} {reason}")
            raise BagError(message.format(bag=bag, path=first.path, reason=first.message))
    newest = max(bags, key=lambda bag: read_head(bag)["size"])
    with disk_errors():
        root.mkdir(parents=True, exist_ok=True)
        records = records_folder(root)
        names: dict[str, None] = {}
        files = 0
        for bag in bags:
            for entry in read_catalogue(bag)["items"]:
                names.setdefault(entry["circular"])
                files += _put_back(bag, entry["folder"], records)
        events = _fill(newest, records / "ledger.db")
        _workspace_files(root, tuple(names))
        with open_records(root, check=False) as opened:
            for bag in bags:  # or they would be archived again
                listed = sha256_of(bag / "data" / LISTED)
                record_archived(opened, bag.name, read_catalogue(bag)["items"], listed, opened.actor)
        flush(root)
    proof = prove(root)
    lost = [finding for finding in proof.findings if finding.code == "evidence-lost"]
    if len(lost) < len(proof.findings):
        other = next(finding for finding in proof.findings if finding.code != "evidence-lost")
        raise CircularGenError(_("the restored ledger is not whole: {finding}").format(finding=other))
    return Restored(root, events, tuple(names), files, proof, len(lost) + len(proof.notes))


def _put_back(bag: Path, folder: str, records: Path) -> int:
    """An item's files under the names that they had."""
    count = 0
    for file in read_json(bag / folder / "item.json")["files"]:
        name = file.get("name")
        if not name:
            continue
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\\" in name or ":" in name:
            raise BagError(_("{path} is no name below records/").format(path=name))
        target = records / inside
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(bag / file["path"], target)
        target.chmod(stat.S_IRUSR)
        count += 1
    return count


def _fill(bag: Path, ledger: Path) -> int:
    """The bag's events, in their order, into a new ledger; every hash is checked."""
    with open_ledger(ledger) as opened:
        return import_lines(opened, ledger_export(bag))


def ledger_export(bag: Path) -> Iterator[bytes]:
    """The ledger of a bag as `ledger export` writes it: the lines of all its files in their order. Only where each line
    stands is held, not the lines."""
    head = read_head(bag)
    yield (canonical({"format": FORMAT, "origin": head["origin"], "version": VERSION}) + "\n").encode()
    places: dict[int, tuple[int, int]] = {}
    files = event_files(bag)
    for number, path in enumerate(files):
        with path.open("rb") as file:
            at = 0
            for line in file:
                match = _SEQUENCE.search(line)
                if match:
                    places[int(match[1])] = (number, at)
                at += len(line)
    current, opened = -1, None
    try:
        for sequence in range(1, head["size"] + 1):
            number, at = places[sequence]
            if number != current:
                if opened is not None:
                    opened.close()
                current, opened = number, files[number].open("rb")
            assert opened is not None
            opened.seek(at)
            yield opened.readline()
    finally:
        if opened is not None:
            opened.close()
    yield (canonical({"root": head["root"], "size": head["size"]}) + "\n").encode()


_SEQUENCE = re.compile(rb'"sequence":(\d+),"time":"[^"]*","unit":(?:null|"(?:[^"\\]|\\.)*")\}\s*$')
"""At the line's end: keys are in order, and the payload, which may hold anything, stands before."""


def _workspace_files(root: Path, names: Sequence[str]) -> None:
    """What the office wrote, as frozen with the newest circular that has it."""
    frozen: dict[str, Path] = {}
    for name in names:
        for folder in sorted((root / "records" / "issued" / name).glob("r[0-9]*"), key=lambda path: int(path.name[1:])):
            top = folder / "_input"
            for path in sorted(path for path in top.rglob("*") if path.is_file()):
                frozen[path.relative_to(top).as_posix()] = path
    for inside, path in frozen.items():
        target = root / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if inside == "office.yaml":
            target.write_text(_at_home(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        else:
            shutil.copyfile(path, target)
    if "office.yaml" not in frozen:
        raise CircularGenError(_("no bag holds office.yaml; the workspace has its records, write office.yaml anew"))


def _at_home(text: str) -> str:
    """office.yaml without the keys that name servers and databases."""
    kept, dropped = [], False
    for line in text.splitlines(keepends=True):
        if line[:1] not in (" ", "\t", "#", "\n", "-"):
            dropped = bool(_ELSEWHERE.match(line))
        kept.append(f"# {line}" if dropped and line.strip() else line)
    return "".join(kept)
