"""What a disk refuses is a line for a person, and what is flushed is what can be."""

import errno
import os
import stat
from pathlib import Path

import pytest

from circular_gen.disk import disk_errors, flush, written_aside
from circular_gen.errors import CircularGenError
from circular_gen.messages import _


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Access is denied", "a.tmp", None, "a.pdf"), "a.pdf"),
        (OSError(errno.EIO, "Input/output error", "x"), "Input/output error"),
    ],
)
def test_a_refusal_names_the_file_and_the_reason(error: OSError, said: str) -> None:
    with pytest.raises(CircularGenError) as told, disk_errors():
        raise error
    assert _(said) in str(told.value)
    assert "a.tmp" not in str(told.value)


def test_a_file_in_the_way_is_named_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    (tmp_path / "circular.pdf").mkdir()
    target = tmp_path / "circular.pdf"
    with pytest.raises(CircularGenError, match=r"circular\.pdf"), disk_errors(), written_aside(target) as aside:
        aside.write_bytes(b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["circular.pdf"]


def test_where_the_system_has_no_sync_read_only_files_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where an issued original is read-only and cannot be opened to be flushed."""
    for name in ("original.pdf", "new.pdf"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "original.pdf").chmod(stat.S_IRUSR)
    flushed = []
    monkeypatch.delattr(os, "sync", raising=False)
    monkeypatch.setattr(os, "access", lambda path, _mode: bool(Path(path).stat().st_mode & stat.S_IWUSR))
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    flush(tmp_path)
    assert flushed == [(tmp_path / "new.pdf").stat().st_ino]
