"""Packs: everything constant once, the same bytes again; and folders in folders for many units."""

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from circular_gen import build as building
from circular_gen.pack import Pack
from circular_gen.workspace import open_workspace, plan_copies

from .conftest import EACH, MEETING, WINTER, Commands, make_workspace
from .test_build import digests, manifest


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the sample's circulars, packed. Only for looking."""
    root = make_workspace(tmp_path_factory.mktemp("packed") / "office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        patch.setenv("CIRCULAR_GEN_LANG", "zh_CN")
        patch.setattr(building, "CHUNK", 7)
        Commands(root)("build", WINTER, EACH, "--pack", "--jobs", "1")
    return root


def unit_files(root: Path, name: str) -> dict[str, str]:
    """Path → SHA-256 of the units' own files."""
    return {path: sha256 for path, sha256 in digests(root / "out" / name).items() if "/" in path}


@pytest.mark.parametrize("name", [WINTER, EACH])
def test_what_comes_out_of_a_pack_is_what_build_makes(packed: Path, sample: Path, tmp_path: Path, name: str) -> None:
    Commands(packed)("unpack", name, "--to", str(tmp_path))
    assert digests(tmp_path) == unit_files(sample, name)
    assert {path.name for path in (packed / "out" / name).iterdir()} >= {"units.pack", "manifest.json"}
    assert not [path for path in (packed / "out" / name).iterdir() if path.is_dir()]


def test_what_is_constant_stands_once(packed: Path) -> None:
    for name in (WINTER, EACH):
        path = packed / "out" / name / "units.pack"
        whole = sum(entry["bytes"] for entry in manifest(packed, name)["files"].values() if "bytes" in entry)
        with sqlite3.connect(path) as database:
            (segments,) = database.execute("SELECT count(*) FROM segments").fetchone()
            (distinct,) = database.execute("SELECT count(DISTINCT data) FROM segments").fetchone()
            (inside,) = database.execute("SELECT sum(bytes) FROM files").fetchone()
        assert segments == distinct
        assert path.stat().st_size < inside / 4 < whole + inside


def test_the_manifest_and_the_pack_know_every_file_by_its_hash(packed: Path, sample: Path) -> None:
    record = manifest(packed, WINTER)
    pack = packed / "out" / WINTER / "units.pack"
    assert record["files"]["units.pack"]["sha256"] == hashlib.sha256(pack.read_bytes()).hexdigest()
    with sqlite3.connect(pack) as database:
        rows = database.execute(
            "SELECT units.unit || '/' || name, hex(sha256), bytes, pages, form FROM files "
            "JOIN units ON units.id = files.unit ORDER BY files.rowid"
        ).fetchall()
    files = {
        path: entry | {"sha256": entry["sha256"].upper()}
        for path, entry in manifest(sample, WINTER)["files"].items()
        if "/" in path
    }
    found = {
        path: {"sha256": sha256, "bytes": size}
        | ({"pages": pages} if pages is not None else {})
        | ({"form": form} if form is not None else {})
        for path, sha256, size, pages, form in rows
    }
    assert found == files
    assert record["forms"] == manifest(sample, WINTER)["forms"]
    lines = "".join(f"{sha256.lower()}  {path}\n" for path, sha256, *_rest in rows)
    assert record["packed"] == {
        "formats": ["pdf", "docx"],
        "units": len({path.split("/")[0] for path in found}),
        "files": len(found),
        "contents": hashlib.sha256(lines.encode()).hexdigest(),
    }


def test_the_same_pack_with_any_number_of_jobs(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "CHUNK", 7)
    other = make_workspace(tmp_path / "office")
    Commands(other)("build", WINTER, "--pack", "--jobs", "3")
    assert digests(other / "out") == {
        path: sha256 for path, sha256 in digests(packed / "out").items() if path.startswith(WINTER)
    }


def test_a_pack_is_skipped_when_it_is_up_to_date_and_made_again_when_not(workspace: Path, run: Commands) -> None:
    run("build", MEETING, "--pack", "--format", "docx")
    pack = workspace / "out" / MEETING / "units.pack"
    before = pack.stat().st_mtime_ns
    assert "没有变化（" in run("build", MEETING, "--pack", "--format", "docx").output
    assert pack.stat().st_mtime_ns == before
    assert "没有变化（" not in run("build", MEETING, "--pack").output
    with pack.open("ab") as file:
        file.write(b"more")
    assert "没有变化（" not in run("build", MEETING, "--pack").output
    assert not list((workspace / "out" / MEETING).glob(".*"))


def test_folders_after_a_pack_and_a_pack_after_folders(workspace: Path, run: Commands, sample: Path) -> None:
    run("build", MEETING, "--pack")
    run("build", MEETING)
    assert digests(workspace / "out" / MEETING) == digests(sample / "out" / MEETING)
    run("build", MEETING, "--pack")
    assert unit_files(workspace, MEETING) == {}
    assert (workspace / "out" / MEETING / "units.pack").exists()
    assert not (workspace / "out" / MEETING / "print.pdf").exists()


def test_one_unit_by_its_name_and_nobody_by_another(packed: Path, tmp_path: Path) -> None:
    run = Commands(packed)
    copy = plan_copies(open_workspace(packed).circular(WINTER), open_workspace(packed).registry)[0]
    run("unpack", WINTER, copy.unit.name, "--to", str(tmp_path / "one"))
    assert {path.name for path in (tmp_path / "one").iterdir()} == {copy.unit.id}
    result = run("unpack", WINTER, copy.unit.id + "x", "--to", str(tmp_path / "two"), code=2)
    assert copy.unit.id in str(result.exception)
    assert not (tmp_path / "two").exists()


def test_what_is_no_pack_is_said_in_a_line(workspace: Path, run: Commands, tmp_path: Path) -> None:
    result = run("unpack", MEETING, "--to", str(tmp_path / "x"), code=2)
    assert f"build --pack {MEETING}" in str(result.exception)
    assert "--unit" in str(run("build", MEETING, "--pack", "--unit", "chengxi", code=2).exception)
    run("build", MEETING, "--pack", "--format", "docx")
    pack = workspace / "out" / MEETING / "units.pack"
    whole = pack.read_bytes()
    pack.write_bytes(b"something else")
    assert "units.pack" in str(run("unpack", MEETING, "--to", str(tmp_path / "x"), code=1).exception)
    pack.write_bytes(whole)
    with sqlite3.connect(pack) as database:
        database.execute("UPDATE segments SET data = zeroblob(length(data))")
    run("unpack", MEETING, "--to", str(tmp_path / "x"), code=1)
    assert not list((tmp_path / "x").rglob("*.docx"))


def test_a_missing_glyph_leaves_no_pack(workspace: Path, run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "CHUNK", 7)
    path = workspace / "recipients.yaml"
    path.write_text(path.read_text("utf-8").replace("name: 安平镇人民政府", "name: 安😀镇人民政府"), "utf-8")
    result = run("build", WINTER, "--pack", code=1)
    assert "recipients.yaml:" in result.output
    assert list((workspace / "out" / WINTER).glob("*")) == []


def test_many_units_stand_in_folders_of_folders(
    workspace: Path, run: Commands, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "SHARDED", 10)
    run("build", MEETING)
    files = unit_files(workspace, MEETING)
    assert {path.split("/", 1)[1]: sha256 for path, sha256 in files.items()} == unit_files(sample, MEETING)
    for path in files:
        folder, unit, _name = path.split("/")
        assert folder == hashlib.sha256(unit.encode()).hexdigest()[:2]
    assert set(files) <= set(manifest(workspace, MEETING)["files"])
    assert "没有变化（" in run("build", MEETING).output
    monkeypatch.setattr(building, "SHARDED", 1000)
    path = workspace / "out" / MEETING / "manifest.json"  # else what is there would be left as it is
    path.write_text(path.read_text("utf-8").replace('"program": "', '"program": "0'), "utf-8")
    run("build", MEETING)
    assert digests(workspace / "out" / MEETING) == digests(sample / "out" / MEETING)


def test_reading_a_pack_gives_the_units_in_list_order(packed: Path) -> None:
    copies = plan_copies(open_workspace(packed).circular(EACH), open_workspace(packed).registry)
    with Pack(packed / "out" / EACH / "units.pack") as pack:
        assert list(pack.units()) == [copy.unit.id for copy in copies]
        assert list(pack.files("nobody")) == []
    assert json.dumps(manifest(packed, EACH)["packed"]["units"]) == str(len(copies))


def test_units_from_a_list_are_built_issued_and_noticed_when_they_change(workspace: Path, run: Commands) -> None:
    units = open_workspace(workspace).registry.units
    path = workspace / "recipients.yaml"
    (workspace / "units.csv").write_text(
        "代号,名称,简称,标签,行业,联系人,电话\n"
        + "".join(
            f"{unit.id},{unit.name},{unit.short},{'、'.join(unit.tags)},{'、'.join(unit.sectors)},"
            f"{unit.contacts[0].name},{unit.contacts[0].phone}\n"
            for unit in units
        ),
        encoding="utf-8",
    )
    text = path.read_text("utf-8")
    path.write_text("units: {csv: units.csv}\n" + text[text.index("groups:") :], "utf-8")
    run("build", MEETING, "--format", "docx")
    sha256 = hashlib.sha256((workspace / "units.csv").read_bytes()).hexdigest()
    assert manifest(workspace, MEETING)["inputs"]["units.csv"] == sha256
    assert "没有变化（" in run("build", MEETING, "--format", "docx").output
    lines = (workspace / "units.csv").read_text("utf-8").replace("张某", "章某")
    (workspace / "units.csv").write_text(lines, "utf-8")
    assert "没有变化（" not in run("build", MEETING, "--format", "docx").output
    run("issue", MEETING)
    frozen = workspace / "records" / "issued" / MEETING / "r0" / "_input" / "units.csv"
    assert frozen.read_bytes() == (workspace / "units.csv").read_bytes()
    run("ledger", "verify")
