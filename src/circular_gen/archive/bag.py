"""BagIt (RFC 8493): a folder whose files are all listed with their hashes.

In: files and bytes with their paths. Out: a bag with manifests and tag manifests of SHA-256 and SHA-512, hashed while
they are copied; and, of any folder, what its manifests say. A bag is written in one pass; only open files are held.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from circular_gen.errors import CircularGenError
from circular_gen.messages import _

ALGORITHMS = ("sha256", "sha512")
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT, INFO = "bagit.txt", "bag-info.txt"
MANIFESTS = tuple(f"manifest-{name}.txt" for name in ALGORITHMS)
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)
DIGITS: Mapping[str, int] = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HASHES: Mapping[str, Callable[[], "_Hash"]] = {name: getattr(hashlib, name) for name in DIGITS}
_CHUNK = 1 << 20
_BUFFER = 1 << 18
_thread = threading.local()
"""`buffer`: of a thread that hashes; a new one for each of many small files would take as long as hashing them."""
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class BagError(CircularGenError):
    """A folder that is no bag, or a file that cannot go into one; says why."""


def is_safe(path: str) -> bool:
    """Whether every system can have a file of this path: ASCII, no reserved names, nothing that ends in a dot."""
    return all(map(_is_safe_name, path.split("/")))


@lru_cache(maxsize=4096)
def _is_safe_name(name: str) -> bool:
    return bool(_SAFE.fullmatch(name)) and not _RESERVED.fullmatch(name) and not name.endswith(".")


def encoded(path: str) -> str:
    """A path as a manifest writes it (RFC 8493, 2.1.3)."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def decoded(path: str) -> str:
    """A manifest's path as it is."""
    if "%" not in path:
        return path
    return re.sub(r"%(0D|0A|25)", lambda match: chr(int(match[1], 16)), path, flags=re.IGNORECASE)


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class _Hashing:
    """A file in the bag that is being written: hashed with all algorithms as the bytes come."""

    file: BinaryIO
    hashes: tuple[_Hash, ...] = field(default_factory=lambda: tuple(_HASHES[name]() for name in ALGORITHMS))
    size: int = 0

    def write(self, data: bytes) -> None:
        self.file.write(data)
        for one in self.hashes:
            one.update(data)
        self.size += len(data)


class BagWriter:
    """Writes a bag into the empty folder `folder`. Files come in any order, each once, with safe names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.octets = self.files = 0
        """Of the payload so far."""
        self._manifests = [(folder / name).open("w", encoding="utf-8", newline="\n") for name in MANIFESTS]

    def close(self) -> None:
        for manifest in self._manifests:
            manifest.close()

    @contextmanager
    def writing(self, path: str) -> Iterator[_Hashing]:
        """A new payload file at `path` (below data/), to be written piece by piece."""
        if not is_safe(path):
            raise BagError(_("{path} is no name for a file in a bag").format(path=path))
        target = self.folder / "data" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            hashing = _Hashing(file)
            yield hashing
        self._list(path, hashing)

    def add(self, path: str, data: bytes) -> None:
        """A payload file of these bytes."""
        with self.writing(path) as hashing:
            hashing.write(data)

    def holds(self, path: str) -> bool:
        """Whether a payload file of this path was written."""
        return (self.folder / "data" / path).exists()

    def copy(self, path: str, source: Path, expected: str | None = None) -> tuple[str, int]:
        """A payload file as a copy of `source`; its SHA-256 and size. BagError where that is not the `expected` one:
        what was changed since it was recorded must not be archived as if it were the original."""
        with source.open("rb") as read, self.writing(path) as hashing:
            while chunk := read.read(_CHUNK):
                hashing.write(chunk)
        sha256 = hashing.hashes[0].hexdigest()
        if expected is not None and sha256 != expected:
            message = _("{path} is not as it was when it was recorded; circular-gen ledger verify says more")
            raise BagError(message.format(path=source))
        return sha256, hashing.size

    def list_so_far(self, path: str) -> str:
        """A payload file that lists all payload files before it (as the manifest does); its SHA-256."""
        self._manifests[0].flush()
        return self.copy(path, self.folder / MANIFESTS[0])[0]

    def finish(self, information: Iterable[tuple[str, str]]) -> None:
        """Write the tag files. `information`: of bag-info.txt, in order."""
        self.close()
        (self.folder / BAGIT).write_bytes(DECLARATION)
        (self.folder / INFO).write_bytes(information_text(information).encode())
        for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
            hashes = {tag: hash_file(self.folder / tag, (algorithm,))[0] for tag in (BAGIT, INFO, *MANIFESTS)}
            (self.folder / name).write_bytes(tag_lines(hashes))

    def _list(self, path: str, hashing: _Hashing) -> None:
        self.octets += hashing.size
        self.files += 1
        for manifest, one in zip(self._manifests, hashing.hashes, strict=True):
            manifest.write(f"{one.hexdigest()}  data/{path}\n")


def information_text(information: Iterable[tuple[str, str]]) -> str:
    """bag-info.txt: a line for each label and value."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in information)


def tag_lines(hashes: Mapping[str, str]) -> bytes:
    """A tag manifest: the hash of each tag file, in their one order."""
    return "".join(f"{hashes.get(tag, '')}  {tag}\n" for tag in (BAGIT, INFO, *MANIFESTS)).encode()


def read_information(text: str) -> dict[str, str]:
    """The labels and values of bag-info.txt; a line that begins with white space continues the one before."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and label:
            found[label] += " " + line.strip()
            continue
        label, colon, value = line.partition(":")
        if colon and label:
            found[label] = value.strip()
    return found


def read_manifest(path: Path, algorithm: str) -> Iterator[tuple[str, str]]:
    """Path and hash of each line. BagError names the first line that is none."""
    pattern = re.compile(rf"([0-9A-Fa-f]{{{DIGITS[algorithm]}}})[ \t]+\*?([^\r\n]+)")
    with path.open(encoding="utf-8", newline="") as file:
        try:
            for number, line in enumerate(file, 1):
                match = pattern.fullmatch(line.rstrip("\r\n"))
                if match is None:
                    message = _("{file}, line {number}: this is no line of a manifest")
                    raise BagError(message.format(file=path.name, number=number))
                yield decoded(match[2]).removeprefix("./"), match[1].lower()
        except UnicodeDecodeError:
            raise BagError(_("{path}: the file is not UTF-8; save it as UTF-8").format(path=path.name)) from None


def hash_file(path: str | Path, algorithms: Iterable[str]) -> tuple[str, ...]:
    """The hashes of a file, in one reading."""
    hashes = [_HASHES[name]() for name in algorithms]
    buffer: memoryview | None = getattr(_thread, "buffer", None)
    if buffer is None:
        buffer = _thread.buffer = memoryview(bytearray(_BUFFER))
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (of a small file, a Path takes half the time)
        while size := file.readinto(buffer):
            for one in hashes:
                one.update(buffer[:size])
    return tuple([one.hexdigest() for one in hashes])
