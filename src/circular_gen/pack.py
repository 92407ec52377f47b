"""A pack: all units' files of a circular in one file, where what they have in common stands once.

In: chunks, each some units' files as parts. Out: an SQLite database that any SQLite library reads, the same bytes for
the same chunks in the same order; and from it any unit's files again, byte by byte.

    segments  id, sha256, data               a stretch that files share: fonts, constant pages, constant Word members
    units     id, unit, data                 what a unit's files have of their own, one after the other, deflated
    files     unit, name, sha256, bytes, pages, form, segments, start
    about     name, value                    circular, format of the pack

A file is its `segments` (ids of segments, separated by spaces) and then, from `start`, what is left of `bytes` in the
inflated data of its unit.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.press import Digests, Made

FORMAT = "circular-gen pack 1"
_PAGE = 65536
_QUICK = 1
"""zlib level of what only one unit has."""
_KEPT = 256
"""Segments kept while reading: 20 to 400 KB each."""
_LIBRARY = (3040000).to_bytes(4, "big")
"""In place of the number of the SQLite library that wrote the file, which is the only thing that tells them apart."""
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE segments (id INTEGER PRIMARY KEY, sha256 BLOB, data BLOB);
CREATE TABLE units (id INTEGER PRIMARY KEY, unit TEXT, data BLOB);
CREATE TABLE files (unit INTEGER, name TEXT, sha256 BLOB, bytes INTEGER, pages INTEGER, form TEXT, segments TEXT,
                    start INTEGER);
"""
_INDEXES = """
CREATE UNIQUE INDEX unit_ids ON units (unit);
CREATE INDEX unit_files ON files (unit);
"""


class PackedFile(NamedTuple):
    """A file of a chunk. `segments`: places in the chunk's segments; `start`: in the unit's own data."""

    unit: int
    name: str
    sha256: bytes
    bytes: int
    pages: int | None
    form: str | None
    segments: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some units' files. `segments`: digest and bytes, in the order of their first use; `units`: id and own data."""

    segments: tuple[tuple[bytes, bytes], ...]
    units: tuple[tuple[str, bytes], ...]
    files: tuple[PackedFile, ...]


def chunk_of(units: Iterable[tuple[str, Iterable[Made]]], digests: Digests) -> Chunk:
    """The chunk of these units, each with its files. A file's name is what follows the unit's folder in its path."""
    places: dict[int, int] = {}
    segments: list[tuple[bytes, bytes]] = []
    packed: list[tuple[str, bytes]] = []
    files: list[PackedFile] = []
    for number, (unit, made) in enumerate(units):
        own: list[bytes] = []
        start = 0
        for file in made:
            numbers = []
            for part in file.parts[:-1]:
                place = places.get(id(part))
                if place is None:
                    place = places[id(part)] = len(segments)
                    segments.append((digests.of((part, b"")), part))
                numbers.append(place)
            size = sum([len(part) for part in file.parts])
            name = file.path.rsplit("/", 1)[-1]
            sha256 = digests.of(file.parts)
            files.append(PackedFile(number, name, sha256, size, file.pages, file.form, tuple(numbers), start))
            own.append(file.parts[-1])
            start += len(file.parts[-1])
        packed.append((unit, zlib.compress(b"".join(own), _QUICK)))
    return Chunk(tuple(segments), tuple(packed), tuple(files))


class PackWriter:
    """Writes a pack into `path`, chunk by chunk; nothing of it stays in memory."""

    def __init__(self, path: Path, circular: str) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        for setting in (f"page_size={_PAGE}", "journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute("BEGIN")
        for statement in _SCHEMA.strip().removesuffix(";").split(";"):
            self._database.execute(statement)
        about = {"format": FORMAT, "circular": circular}
        self._database.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
        self._segments: dict[bytes, int] = {}
        self.units = self.files = 0
        self._contents = hashlib.sha256()

    @property
    def contents(self) -> str:
        """A digest of what the files are, whatever program wrote the pack: SHA-256 over a line `SHA256  UNIT/NAME` for
        each file, in the pack's order."""
        return self._contents.hexdigest()

    def add(self, chunk: Chunk) -> None:
        database = self._database
        numbers = []
        for digest, data in chunk.segments:
            number = self._segments.get(digest)
            if number is None:
                number = self._segments[digest] = len(self._segments) + 1
                database.execute("INSERT INTO segments VALUES (?, ?, ?)", (number, digest, data))
            numbers.append(number)
        first = self.units + 1
        database.executemany(
            "INSERT INTO units VALUES (?, ?, ?)",
            ((first + place, unit, data) for place, (unit, data) in enumerate(chunk.units)),
        )
        database.executemany(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    first + file.unit,
                    file.name,
                    file.sha256,
                    file.bytes,
                    file.pages,
                    file.form,
                    " ".join([str(numbers[place]) for place in file.segments]),
                    file.start,
                )
                for file in chunk.files
            ),
        )
        for file in chunk.files:
            self._contents.update(f"{file.sha256.hex()}  {chunk.units[file.unit][0]}/{file.name}\n".encode())
        self.units += len(chunk.units)
        self.files += len(chunk.files)
        database.execute("COMMIT")
        database.execute("BEGIN")

    def close(self) -> None:
        for statement in _INDEXES.strip().removesuffix(";").split(";"):
            self._database.execute(statement)
        self._database.execute("COMMIT")
        self._database.close()
        with self._path.open("r+b") as file:
            file.seek(96)
            file.write(_LIBRARY)

    def give_up(self) -> None:
        self._database.close()
        self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file out of a pack. `name`: without the unit's folder."""

    unit: str
    name: str
    sha256: str
    data: bytes


class Pack:
    """A pack to read from; use it in a `with`. CircularGenError where the file is no pack or is damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._errors():
            self._database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            about = dict(self._database.execute("SELECT name, value FROM about"))
        if about.get("format") != FORMAT:
            raise self._damaged("")
        self._segments: dict[int, bytes] = {}

    def __enter__(self) -> "Pack":
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    def units(self) -> Iterator[str]:
        """The units' ids, in the list's order."""
        with self._errors(), closing(self._database.execute("SELECT unit FROM units ORDER BY id")) as rows:
            for (unit,) in rows:
                yield unit

    def files(self, unit: str) -> Iterator[Unpacked]:
        """The unit's files, proved against their hashes; none for a unit that is not in the pack."""
        with self._errors():
            found = self._database.execute("SELECT id, data FROM units WHERE unit = ?", (unit,)).fetchone()
            if found is None:
                return
            number, own = found[0], zlib.decompress(found[1])
            rows = self._database.execute(
                "SELECT name, sha256, bytes, segments, start FROM files WHERE unit = ? ORDER BY rowid", (number,)
            ).fetchall()
            for name, sha256, size, segments, start in rows:
                parts = [self._segment(int(segment)) for segment in segments.split()]
                parts.append(own[start : start + size - sum(map(len, parts))])
                data = b"".join(parts)
                if hashlib.sha256(data).digest() != sha256:
                    raise self._damaged(f"{unit}/{name}")
                yield Unpacked(unit, name, sha256.hex(), data)

    def _segment(self, number: int) -> bytes:
        if number not in self._segments:
            if len(self._segments) >= _KEPT:
                del self._segments[next(iter(self._segments))]
            (data,) = self._database.execute("SELECT data FROM segments WHERE id = ?", (number,)).fetchone()
            self._segments[number] = data
        return self._segments[number]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, zlib.error, TypeError, ValueError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, what: str) -> CircularGenError:
        message = _("{path} is no pack of circular-gen, or it is damaged: make it again with build --pack ({what})")
        return CircularGenError(message.format(path=self._path, what=what))
