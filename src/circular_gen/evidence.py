"""Evidence: what came back, kept by its own hash below records/, and never changed.

    records/evidence/3f/3f9a….pdf            a file under its SHA-256, read-only, with its ending: a person can open it
    records/evidence/3f/3f9a….archive.pdf    what `receipts archive-image` makes of it; no evidence itself

In: a file or bytes. Out: the hash that events name. The same file again is the same evidence. A file is written aside,
flushed and renamed, before the event that names it: killed between, a file is left that no event names, which harms
nobody.
"""

import hashlib
import io
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from circular_gen.disk import disk_errors, sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.secret import records_folder

EVIDENCE = "evidence"
SCANS = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
"""Endings of evidence that can be a scan."""
STRAIGHT = ".archive.pdf"
"""What follows the hash in the name of a scan's straightened pages."""
LARGEST = 200_000_000
"""Bytes of the largest file that is kept."""
_ASIDE = ".keeping."
_CHUNK = 1 << 20
_DAY = 86_400.0
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_NAME = re.compile(r"([0-9a-f]{64})(?:\.[a-z0-9]{1,8})?")


class EvidenceError(CircularGenError):
    """A file that cannot be kept as evidence; says why."""


def keep(root: Path, path: Path) -> str:
    """Keep a copy of the file at `path` in the workspace at `root`; its SHA-256 in hex. EvidenceError where it is no
    file, empty or too large, CircularGenError for what the disk refuses."""
    if not path.is_file():
        raise EvidenceError(_("{path} is no file").format(path=path))
    with disk_errors(), path.open("rb") as file:
        return _keep(root, file, path.suffix, str(path))


def keep_bytes(root: Path, data: bytes, suffix: str = "") -> str:
    """`keep` for bytes; `suffix`: the ending under which a person can open them, e.g. .png."""
    with disk_errors():
        return _keep(root, io.BytesIO(data), suffix, suffix)


def find(root: Path, sha256: str) -> Path | None:
    """Where evidence lies; None where it is not kept here."""
    return next((path for path in _folder(root, sha256).glob(f"{sha256}*") if _NAME.fullmatch(path.name)), None)


def changed(root: Path) -> Iterator[Path]:
    """Files of the evidence that are not what their names say."""
    for path in kept(root):
        if sha256_of(path) != path.name[:64]:
            yield path


def kept(root: Path) -> Iterator[Path]:
    """All files of the evidence, in order."""
    for folder in sorted((root / "records" / EVIDENCE).glob("[0-9a-f][0-9a-f]")):
        for path in sorted(folder.glob("*")):
            if _NAME.fullmatch(path.name) and path.is_file():
                yield path


def _folder(root: Path, sha256: str) -> Path:
    return root / "records" / EVIDENCE / sha256[:2]


def _keep(root: Path, file: BinaryIO, suffix: str, name: str) -> str:
    top = records_folder(root) / EVIDENCE
    top.mkdir(mode=0o700, exist_ok=True)
    _clear(top)
    digest, size = hashlib.sha256(), 0
    descriptor, aside = tempfile.mkstemp(prefix=_ASIDE, dir=top)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    message = _("{path} is larger than {size} MB; evidence is a scan, a photo or a letter")
                    raise EvidenceError(message.format(path=name, size=LARGEST // 1_000_000))
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        if not size:
            raise EvidenceError(_("{path} is empty").format(path=name))
        sha256 = digest.hexdigest()
        known = find(root, sha256)
        if known is not None and sha256_of(known) == sha256:
            return sha256
        folder = _folder(root, sha256)
        folder.mkdir(mode=0o700, exist_ok=True)
        Path(aside).chmod(stat.S_IRUSR)
        ending = suffix.lower() if _ENDING.fullmatch(suffix.lower()) else ""
        Path(aside).replace(known or folder / f"{sha256}{ending}")
        _flush(folder)
        _flush(top)
        return sha256
    finally:
        Path(aside).unlink(missing_ok=True)


def _clear(top: Path) -> None:
    """Removes what a killed program left a day ago or earlier."""
    for path in top.glob(f"{_ASIDE}*"):
        try:
            if path.stat().st_mtime < time.time() - _DAY:
                path.unlink()
        except OSError:
            continue  # somebody else was quicker


def _flush(folder: Path) -> None:
    """A folder's names onto the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
