"""The workspace's folder: which files are circulars, which names are refused, and a new one from the sample."""

import os
import stat
import sys
from pathlib import Path

import pytest

from circular_gen import workspace
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.codes import Code
from circular_gen.workspace.new import new_workspace
from circular_gen.workspace.secret import office_codes

from ..desk import CIRCULAR, Desk, places


def test_circulars_are_files_and_folders(desk: Desk) -> None:
    desk.put(CIRCULAR, "b")
    desk.put(CIRCULAR, "_draft")
    desk.put(CIRCULAR, ".hidden")
    folder = desk.root / "circulars" / "a"
    folder.mkdir()
    (folder / "circular.yaml").write_text(CIRCULAR, "utf-8")
    (desk.root / "circulars" / "empty").mkdir()
    (desk.root / "circulars" / "notes.txt").write_text("x")
    opened = desk.open()
    assert opened.names() == ("a", "b")
    assert opened.path("a") == folder / "circular.yaml"
    assert opened.circular("a").folder == folder
    assert opened.circular("b").name == "b"


def test_an_annex_file_beside_its_circular(desk: Desk) -> None:
    folder = desk.root / "circulars" / "a"
    folder.mkdir()
    (folder / "名单.xlsx").write_bytes(b"")
    text = CIRCULAR + "annexes: [{title: 甲, file: 名册.xlsx}]\n"
    (folder / "circular.yaml").write_text(text, "utf-8")
    _circular, (found,) = desk.open().read("a")
    assert (found.line, found.column, found.code) == (9, 28, "no-file")
    assert "名单.xlsx" in found.message
    (folder / "circular.yaml").write_text(text.replace("名册", "名单"), "utf-8")
    assert desk.open().circular("a").annexes[0].file == "名单.xlsx"


def test_an_unknown_circular_is_a_wrong_use_with_the_nearest(desk: Desk) -> None:
    for name in ("2026-fangxun", "2026-fanghuo", "huiyi", "x"):
        desk.put(CIRCULAR, name)
    with pytest.raises(UsageError, match="2026-fangxun"):
        desk.open().path("2026-fangxn")
    (desk.root / "circulars" / "x.yaml").unlink()


def test_a_workspace_without_circulars(desk: Desk) -> None:
    (desk.root / "circulars").rmdir()
    assert desk.open().names() == ()
    with pytest.raises(UsageError):
        desk.open().circular("a")


def test_errors_come_with_the_exception(desk: Desk) -> None:
    desk.put(CIRCULAR.replace("date:", "dat:"))
    with pytest.raises(WorkspaceError) as caught:
        desk.open().circular("notice")
    assert places(caught.value.findings) == [(1, 1, "missing"), (3, 1, "unknown-key")]
    assert str(caught.value).count("notice.yaml:") == 2


def test_a_composed_and_a_decomposed_name_are_one(desk: Desk) -> None:
    desk.put(CIRCULAR, "cafe\u0301")
    assert desk.open().names() == ("café",)
    assert desk.open().circular("cafe\u0301").name == "café"


def test_two_circulars_of_one_id(desk: Desk) -> None:
    desk.put(CIRCULAR)
    (desk.root / "circulars" / "notice").mkdir()
    (desk.root / "circulars" / "notice" / "circular.yaml").write_text(CIRCULAR, "utf-8")
    circular, findings = desk.open().read("notice")
    assert circular is None
    assert places(findings) == [(1, 1, "duplicate-id")]


@pytest.mark.parametrize("name", ["con", "a b ", "-a", "COM1", "a*b", "a:b"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_name_that_is_no_folder_elsewhere(desk: Desk, name: str) -> None:
    desk.put(CIRCULAR, name)
    _circular, findings = desk.open().read(name)
    assert places(findings) == [(1, 1, "bad-id")]
    assert name in findings[0].message


def test_a_file_of_another_ending_warns(desk: Desk) -> None:
    desk.put(CIRCULAR)
    (desk.root / "circulars" / "notice2.yml").write_text(CIRCULAR)
    assert places(desk.open().warnings) == [(1, 1, "stray-file")]
    assert desk.open().names() == ("notice",)


def test_a_folder_that_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="init") as caught:
        open_workspace(tmp_path)
    assert [finding.code for finding in caught.value.findings] == ["no-workspace"]
    (tmp_path / "office.yaml").write_text("name: 甲\ncode: 甲发\n")
    with pytest.raises(WorkspaceError) as caught:
        open_workspace(tmp_path)
    assert [(f.path.name, f.code) for f in caught.value.findings] == [("recipients.yaml", "no-file")]


def test_the_rooms_door_has_only_what_it_names() -> None:
    for name in workspace.__all__:
        assert getattr(workspace, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = workspace.nothing


class TestNew:
    def test_a_new_workspace_is_the_sample_and_works(self, tmp_path: Path) -> None:
        made = new_workspace(tmp_path / "a" / "office")
        assert all(path.is_file() for path in made)
        assert len(open_workspace(tmp_path / "a" / "office").names()) == 3
        assert "/records/" in (tmp_path / "a" / "office" / ".gitignore").read_text()

    @pytest.mark.parametrize("name", ["office.yaml", ".gitignore", "circulars/2026-work-meeting.yaml"])
    def test_nothing_that_stands_is_touched(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(CircularGenError, match=name):
            new_workspace(tmp_path)
        assert sorted(tmp_path.rglob("*")) == before
        assert (tmp_path / name).read_text() == "mine"

    def test_other_files_may_stand_there(self, tmp_path: Path) -> None:
        (tmp_path / "README").write_text("mine")
        assert new_workspace(tmp_path)
        assert (tmp_path / "README").read_text() == "mine"

    @pytest.mark.parametrize("name", ["circulars", "templates"])
    def test_a_file_where_a_folder_belongs_is_one_line(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("mine")
        with pytest.raises(CircularGenError, match=name):
            new_workspace(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [name]

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a file where a folder belongs")
    def test_what_the_disk_refuses_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(CircularGenError, match="file"):
            new_workspace(tmp_path / "file" / "office")


class TestKey:
    def test_it_is_made_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        first = office_codes(tmp_path)
        key = tmp_path / "records" / "secret.key"
        text = key.read_text("ascii")
        code = Code("receipt", "a", "b", 1)
        assert office_codes(tmp_path).payload(code) == first.payload(code)
        assert key.read_text("ascii") == text
        if os.name == "posix":
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
            assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "é"])
    def test_a_damaged_key_is_never_replaced(self, tmp_path: Path, text: str) -> None:
        office_codes(tmp_path)
        key = tmp_path / "records" / "secret.key"
        key.write_text(text, "utf-8")
        with pytest.raises(CircularGenError, match=r"secret\.key"):
            office_codes(tmp_path)
        assert key.read_text("utf-8") == text
