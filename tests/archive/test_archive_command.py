"""The commands as a clerk types them: lines, JSON and exit codes."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from circular_gen.cli import cli
from circular_gen.errors import CircularGenError

from .conftest import BAG, YEAR


def run(root: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["-w", str(root), "archive", *arguments])
    if isinstance(result.exception, CircularGenError):
        assert int(result.exception.exit_code) == code, str(result.exception)
        return result
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_a_year_from_end_to_end(desk: Path, tmp_path: Path) -> None:
    held = run(desk, f"{YEAR}", code=1)
    assert "held back" in held.output
    assert "关于加强城镇燃气安全管理的通知" in held.output
    done = json.loads(run(desk, f"{YEAR}", "--as-is", "年底", "--json").output)
    assert [bag["supplements"] for bag in done["bags"]] == [BAG]
    assert "nothing new" in run(desk, f"{YEAR}").output
    bag = desk / "records" / "archive" / BAG
    assert "good (待复核)" in run(desk, "verify", str(bag), "--report", str(tmp_path / "report")).output
    assert len(list((tmp_path / "report").iterdir())) == 3
    told = json.loads(run(desk, "verify", str(bag), "--json", "--quick").output)
    assert (told["ok"], told["bag"]) == (True, BAG)
    assert run(desk, "verify", str(bag), "--against", told["checkpoint"], "--quick").exit_code == 0
    assert "1 papers found" in run(desk, "find", "森林防火").output
    assert json.loads(run(desk, "find", "通知", "--limit", "2", "--json").output)["total"] == 4
    assert "good" in run(desk, "recheck").output
    assert "read back" in run(desk, "export", str(bag), str(tmp_path / "set")).output
    assert "the ledger is whole" in run(desk, "restore", str(bag), str(tmp_path / "new")).output
    assert run(tmp_path / "new", "find", "防汛").exit_code == 0


def test_exit_codes(bag: Path, tmp_path: Path) -> None:
    run(tmp_path, "verify", str(tmp_path), code=3)
    (bag / "data" / "README.txt").write_text("x", "utf-8")
    result = run(tmp_path, "verify", str(bag), code=1)
    assert "manifest  data/README.txt: the file was changed" in result.output
    run(tmp_path, "restore", str(bag), str(tmp_path / "new"), code=1)
    run(tmp_path, "find", code=2)
    run(tmp_path, "1", code=2)
    run(tmp_path, "nonsense", code=2)


def test_reasons_are_needed(desk: Path) -> None:
    run(desk, f"{YEAR}", "--as-is", " ", code=2)


@pytest.mark.parametrize("pattern", ["{fonds}", "{item}{x}", "{item", "item}"])
def test_a_wrong_pattern_of_codes_is_told_with_its_place(desk: Path, pattern: str) -> None:
    text = (desk / "office.yaml").read_text("utf-8").replace("fonds: Z109", f"fonds: Z109, code: '{pattern}'")
    (desk / "office.yaml").write_text(text, "utf-8")
    result = run(desk, f"{YEAR}", code=1)
    assert "office.yaml:4" in str(result.exception)


def test_a_pattern_of_the_offices_own(desk: Path) -> None:
    text = (desk / "office.yaml").read_text("utf-8")
    own = "{fonds}·{category}·{year}·{retention}·{department}·{item}"
    (desk / "office.yaml").write_text(text.replace("fonds: Z109", f"fonds: Z109, code: '{own}'"), "utf-8")
    done = json.loads(run(desk, f"{YEAR}", "--as-is", "x", "--json").output)
    assert done["bags"][0]["first"] == f"Z109·WS·{YEAR}·D30·BGS·0001"
    assert run(desk, "verify", done["bags"][0]["path"]).exit_code == 0


def test_bags_may_lie_elsewhere(desk: Path, tmp_path: Path) -> None:
    run(desk, f"{YEAR}", "--as-is", "x", "--to", str(tmp_path / "bags"))
    assert (tmp_path / "bags" / BAG / "bagit.txt").is_file()
    shutil.rmtree(tmp_path / "bags")
    assert "nothing new" in run(desk, f"{YEAR}").output
