"""Where the made files go: a folder of this computer, or any place that fsspec knows (s3://bucket/folder).

In: paths below the place, with forward slashes, and bytes. A file is there whole or not at all: a folder's are written
aside and renamed, an object store's appear when they are complete. Outputs are small values that go to other processes.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from circular_gen.disk import sha256_of, written_aside
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.messages import _

_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "obs"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


class Outputs(Protocol):
    """A place for files."""

    @property
    def shown(self) -> str:
        """How messages name it."""
        ...

    def below(self, name: str) -> "Outputs":
        """The folder `name` in it."""
        ...

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none."""
        ...

    def size(self, path: str) -> int | None:
        """The file's size in bytes; None where there is none."""
        ...

    def write(self, path: str, data: bytes) -> bool:
        """Write a file; whether its bytes are other ones than before."""
        ...

    def remove(self, path: str) -> bool:
        """Remove a file, and folders that it leaves empty; whether it was there."""
        ...

    def has(self, sizes: Mapping[str, int]) -> bool:
        """Whether all these files are there with these sizes."""
        ...

    def folders(self) -> list[str]:
        """The names of the folders directly in it, sorted."""
        ...

    def aside(self, path: str) -> Path:
        """A file of this computer to write what will be `path`."""
        ...

    def adopt(self, path: str, aside: Path) -> bool:
        """Make the file `aside` the file `path`; whether its bytes are other ones than before. `aside` is gone then."""
        ...

    def local(self, path: str) -> Any:
        """A context in which the file `path` is a file of this computer, which it gives."""
        ...


def outputs(place: str | Path) -> Outputs:
    """The place `place`: a folder's path or a URL. UsageError for a URL that this installation cannot write to."""
    text = str(place)
    match = _SCHEME.match(text)
    if match is None:
        return Folder(Path(place))
    if match[1].lower() in ("file", "local"):
        return Folder(Path(text[match.end() :]))
    _file_system(text, os.getpid())  # says at once what is missing
    return Remote(text.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path

    @property
    def shown(self) -> str:
        return str(self.root)

    def below(self, name: str) -> "Folder":
        return Folder(self.root / name)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None

    def size(self, path: str) -> int | None:
        target = self.root / path
        return target.stat().st_size if target.is_file() else None

    def write(self, path: str, data: bytes) -> bool:
        target = self.root / path
        try:
            if target.stat().st_size == len(data) and target.read_bytes() == data:
                return False
        except OSError:
            pass
        with written_aside(target) as aside:
            aside.write_bytes(data)
        return True

    def remove(self, path: str) -> bool:
        """A path that leads out of the folder is nobody's."""
        target = self.root / path
        if not target.resolve().is_relative_to(self.root.resolve()) or not target.is_file():
            return False
        target.unlink()
        folder = target.parent
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
        return True

    def has(self, sizes: Mapping[str, int]) -> bool:
        try:
            return all((self.root / path).stat().st_size == size for path, size in sizes.items())
        except OSError:
            return False

    def folders(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir())

    def aside(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{target.name}.tmp")

    def adopt(self, path: str, aside: Path) -> bool:
        target = self.root / path
        same = (
            target.exists() and target.stat().st_size == aside.stat().st_size and sha256_of(target) == sha256_of(aside)
        )
        if same:
            aside.unlink()
        else:
            aside.replace(target)
        return not same

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        yield self.root / path


@dataclass(frozen=True, slots=True)
class Remote:
    """`url`: of the folder, without a slash at its end. Credentials come from the environment, never from the URL that
    is shown."""

    url: str

    @property
    def shown(self) -> str:
        return re.sub(r"//[^/@]*@", "//…@", self.url)

    def below(self, name: str) -> "Remote":
        return Remote(f"{self.url}/{name}")

    def read(self, path: str) -> bytes | None:
        with self._errors():
            try:
                data: bytes = self._files.cat_file(self._at(path))
            except FileNotFoundError:
                return None
            return data

    def size(self, path: str) -> int | None:
        with self._errors():
            try:
                size: int = self._files.size(self._at(path))
            except FileNotFoundError:
                return None
            return size

    def write(self, path: str, data: bytes) -> bool:
        self._put(path, lambda target: self._files.pipe_file(target, data))
        return True

    def remove(self, path: str) -> bool:
        if ".." in path.split("/"):
            return False
        with self._errors():
            try:
                self._files.rm_file(self._at(path))
            except FileNotFoundError:
                return False
        return True

    def has(self, sizes: Mapping[str, int]) -> bool:
        with self._errors():
            self._files.invalidate_cache()
            found = self._files.find(self._at(""), detail=True)
        start = self._files._strip_protocol(self.url) + "/"
        there = {name.removeprefix(start): entry["size"] for name, entry in found.items()}
        return all(there.get(path) == size for path, size in sizes.items())

    def folders(self) -> list[str]:
        with self._errors():
            self._files.invalidate_cache()
            try:
                found = self._files.ls(self._at(""), detail=True)
            except FileNotFoundError:
                return []
        return sorted(entry["name"].rstrip("/").rsplit("/", 1)[-1] for entry in found if entry["type"] == "directory")

    def aside(self, path: str) -> Path:
        descriptor, name = tempfile.mkstemp(prefix="circular-gen.", suffix="." + path.rsplit("/", 1)[-1])
        os.close(descriptor)
        return Path(name)

    def adopt(self, path: str, aside: Path) -> bool:
        self._put(path, lambda target: self._files.put_file(str(aside), target))
        aside.unlink()
        return True

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        aside = self.aside(path)
        try:
            with self._errors():
                self._files.get_file(self._at(path), str(aside))
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    @property
    def _files(self) -> Any:
        return _file_system(self.url, os.getpid())

    def _at(self, path: str) -> str:
        return f"{self.url}/{path}".rstrip("/")

    def _put(self, path: str, put: Callable[[str], object]) -> None:
        """Call `put` with the full path. Object stores have no folders, and no slip of the pen makes a bucket."""
        target = self._at(path)
        with self._errors():
            try:
                put(target)
            except FileNotFoundError:
                if self.url.split(":")[0].lower() in _OBJECT_STORES:
                    raise
                self._files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                put(target)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What the store refuses, as a line without its address' secrets."""
        try:
            yield
        except CircularGenError:
            raise
        except Exception as error:  # every store has errors of its own
            message = _("{place} does not answer as it should: {reason}")
            reason = str(error).split("\n")[0].replace(self.url, self.shown) or type(error).__name__
            raise CircularGenError(message.format(place=self.shown, reason=reason)) from error


@lru_cache(maxsize=4)
def _file_system(url: str, _process: int) -> Any:
    """Of this process alone: connections do not go through a fork."""
    scheme = url.split("://")[0]
    try:
        from fsspec.core import url_to_fs

        return url_to_fs(url)[0]
    except ImportError as error:
        message = _("{scheme}:// needs another package ({reason}); for s3://: pip install 'circular-gen[s3]'")
        raise UsageError(message.format(scheme=scheme, reason=error)) from None
    except ValueError as error:
        raise UsageError(
            _("{scheme}:// is no place to write to: {reason}").format(scheme=scheme, reason=error)
        ) from None
