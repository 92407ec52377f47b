"""Finished files: recognised by what they contain, opened within bounds.

In: a path. Out: its kind and bytes. What cannot be measured raises `FileError`, one clear line.
"""

import io
import zipfile
import zlib
from pathlib import Path
from typing import Literal

from circular_gen.errors import CircularGenError
from circular_gen.messages import _

Kind = Literal["pdf", "docx"]
MOST_BYTES = 200_000_000
"""Of a file on disk."""
MOST_UNPACKED = 100_000_000
"""Of the parts of a Word file that are read, unpacked."""
MOST_MEMBERS = 5_000
SUFFIXES = (".docx", ".pdf")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


class FileError(CircularGenError):
    """A file that cannot be measured, and why; which one it is, the caller knows."""


def is_file_argument(text: str) -> bool:
    """Whether an argument of `check` means a file: it ends like one, or such a file is there and is a PDF or ZIP."""
    path = Path(text)
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return b"%PDF-" in file.read(1024) or zipfile.is_zipfile(path)
    except (OSError, ValueError):
        return False


def recognise(path: Path) -> tuple[Kind, bytes]:
    """The kind and the bytes of the file at `path`; FileError for anything but a DOCX or a PDF."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileError(_("too large to be an official paper"))
        data = path.read_bytes()
    except OSError as error:
        raise FileError(_("cannot be read: {reason}").format(reason=error.strerror)) from error
    if b"%PDF-" in data[:1024]:
        return "pdf", data
    if data.startswith(_OLE):
        message = _("an encrypted file or one of an old Office; save it as a .docx without a password")
        raise FileError(message)
    if data.startswith(b"PK"):
        with open_package(data) as package:
            types = member(package, "[Content_Types].xml")
        if _MACROS.encode() in types:
            raise FileError(_("a Word file with macros; save it as a .docx"))
        if _MAIN.encode() in types:
            return "docx", data
    raise FileError(_("neither a Word file (.docx) nor a PDF"))


def open_package(data: bytes) -> zipfile.ZipFile:
    """The ZIP package in `data`; FileError where it is damaged or would unpack to too much."""
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError) as error:
        raise FileError(_("the file is damaged")) from error
    members = package.infolist()
    read = sum(info.file_size for info in members if info.filename.endswith((".xml", ".rels")))
    if len(members) > MOST_MEMBERS or read > MOST_UNPACKED:
        raise FileError(_("unpacks to far too much; no official paper is like this"))
    return package


def member(package: zipfile.ZipFile, name: str) -> bytes:
    """The part `name`, unpacked within bounds whatever its header says; empty where there is none."""
    try:
        with package.open(name) as file:
            data = file.read(MOST_UNPACKED + 1)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as error:
        raise FileError(_("the file is damaged")) from error
    if len(data) > MOST_UNPACKED:
        raise FileError(_("unpacks to far too much; no official paper is like this"))
    return data
