"""Files on a disk: their hashes, writing them whole or not at all, and what the disk refuses as a line for a person."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from circular_gen.errors import CircularGenError
from circular_gen.messages import _


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: it becomes `path` where the block ends well, and goes where it does not."""
    aside = path.with_name(f".{path.name}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """A file, written aside and renamed. CircularGenError where it cannot be written."""
    with disk_errors(), written_aside(path) as aside:
        aside.write_bytes(data)


def flush(folder: Path) -> None:
    """Everything below a folder onto the disk."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.W_OK):  # what is read-only by now was flushed before
            with path.open("rb+") as file:
                os.fsync(file.fileno())


@contextmanager
def disk_errors() -> Iterator[None]:
    """What the disk refuses, as a line for a person."""
    try:
        yield
    except OSError as error:
        from filelock import Timeout

        if isinstance(error, Timeout):
            raise
        raise CircularGenError(told(error)) from None


def told(error: OSError) -> str:
    """`error` as a line for a person."""
    path = error.filename2 or error.filename  # of a file renamed, the name that a person knows
    reason = _reason(error)
    return _("{path}: {reason}").format(path=path, reason=reason) if path else reason


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return _("the disk is full")
    if error.errno in (errno.EACCES, errno.EPERM):
        return _("no permission to write or read it, or another program has it open; close it there")
    return error.strerror or str(error)
