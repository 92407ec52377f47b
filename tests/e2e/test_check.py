"""`check`, `schema` and `init` as a clerk and her programs meet them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import EACH, MEETING, WINTER, Commands


def spoil(workspace: Path, name: str, old: str, new: str) -> Path:
    path = workspace / "circulars" / f"{name}.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_the_sample_has_nothing_to_correct(run: Commands) -> None:
    assert json.loads(run("check", "--json").stdout) == []
    assert run("check").stdout == "0 个错误，0 个警告\n"


def test_findings_as_records(run: Commands, workspace: Path) -> None:
    spoil(workspace, WINTER, "各镇（街道），各开", "各镇（街到），各开")
    spoil(workspace, MEETING, "\ntitle: ", "\ntitle: 关于,")
    records = json.loads(run("check", "--json", code=1).stdout)
    assert [set(record) for record in records] == [{"path", "line", "column", "severity", "code", "message"}] * len(
        records
    )
    (error,) = [record for record in records if record["severity"] == "error"]
    assert (error["code"], error["column"]) == ("unknown-unit", 13)
    assert Path(error["path"]) == workspace.resolve() / "circulars" / f"{WINTER}.yaml"
    assert "各镇（街道）" in error["message"]
    assert [record["code"] for record in records if record["severity"] == "warning"] == ["half-width-punctuation"]


def test_a_line_for_a_person_is_place_severity_message_code(run: Commands, workspace: Path) -> None:
    path = spoil(workspace, WINTER, "date: 2026-11-25", "date: 2026-11-31").resolve()
    line = (
        path.read_text("utf-8")
        .splitlines()
        .index(next(t for t in path.read_text("utf-8").splitlines() if "11-31" in t))
    )
    first, *_rest, last = run("check", WINTER, code=1).stdout.splitlines()
    assert first.startswith(f"{path}:{line + 1}:7: ")
    assert first.endswith("[impossible-date]")
    assert "30" in first
    assert last == "1 个错误，0 个警告"


def test_warnings_alone_do_not_fail(run: Commands, workspace: Path) -> None:
    spoil(workspace, EACH, "\ntitle: ", "\ntitle: 关于,")
    records = json.loads(run("check", "--json").stdout)
    assert [record["severity"] for record in records] == ["warning"]
    assert run("check").stdout.endswith("0 个错误，1 个警告\n")


def test_only_the_named_are_looked_at(run: Commands, workspace: Path) -> None:
    spoil(workspace, WINTER, "\ntitle: ", "\ntitel: ")
    run("check", WINTER, code=1)
    run("check", MEETING, EACH)


def test_one_broken_draft_hides_no_other(run: Commands, workspace: Path) -> None:
    (workspace / "circulars" / f"{WINTER}.yaml").write_text("a: [", "utf-8")
    spoil(workspace, MEETING, "\ntitle: ", "\ntitel: ")
    records = json.loads(run("check", "--json", code=1).stdout)
    assert {Path(record["path"]).stem for record in records} == {WINTER, MEETING}


def test_a_number_used_twice_is_found_in_both(run: Commands, workspace: Path) -> None:
    spoil(workspace, EACH, "〔2026〕13号", "〔2026〕12号")
    records = json.loads(run("check", "--json", code=1).stdout)
    assert [(Path(record["path"]).stem, record["code"]) for record in records] == [
        (EACH, "number-twice"),
        (WINTER, "number-twice"),
    ]


def test_errors_of_the_lists_are_findings_too(run: Commands, workspace: Path) -> None:
    path = workspace / "recipients.yaml"
    path.write_text(path.read_text("utf-8").replace("id: chengxi", "id: 城西", 1), "utf-8")
    (workspace / "office.yaml").write_text("name: 办公室\n", "utf-8")
    records = json.loads(run("check", "--json", code=1).stdout)
    assert [(Path(record["path"]).name, record["code"]) for record in records] == [
        ("office.yaml", "missing"),
        ("recipients.yaml", "bad-id"),
    ]


def test_an_unknown_name_is_a_wrong_use(run: Commands) -> None:
    result = run("check", "2026-winter-safty", code=2)
    assert WINTER in str(result.exception)


def test_a_folder_that_is_no_workspace(tmp_path: Path) -> None:
    records = json.loads(Commands(tmp_path)("check", "--json", code=1).stdout)
    assert [record["code"] for record in records] == ["no-workspace"]


def test_the_schema_is_json_for_editors(tmp_path: Path) -> None:
    made = json.loads(Commands(tmp_path)("schema").stdout)
    assert made["$schema"].startswith("https://json-schema.org/")
    assert {"title", "标题", "addressees", "主送", "receipt", "回执"} <= set(made["properties"])
    assert made["$defs"]


def test_init_makes_a_workspace_that_checks_clean_and_never_overwrites(tmp_path: Path) -> None:
    run = Commands(tmp_path)
    assert "new" in run("init", "new").stdout
    office = tmp_path / "new" / "office.yaml"
    assert json.loads(Commands(tmp_path / "new")("check", "--json").stdout) == []
    office.write_text("mine", "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = run("init", "new", code=1)
    assert "office.yaml" in str(result.exception)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_init_where_a_file_stands_in_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "circulars").write_text("mine")
    result = Commands(tmp_path)("init", ".", code=1)
    assert "circulars" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["circulars"]


@pytest.mark.parametrize(("arguments", "code"), [(["check"], 1), (["check", "nothing"], 2)])
def test_the_program_itself_ends_with_the_code_and_no_traceback(
    workspace: Path, arguments: list[str], code: int
) -> None:
    spoil(workspace, WINTER, "\ntitle: ", "\ntitel: ")
    command = [sys.executable, "-c", "from circular_gen.cli import main; main()", "-w", str(workspace), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout if code == 1 else ended.stderr
