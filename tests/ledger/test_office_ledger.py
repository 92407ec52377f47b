"""The commands with the ledger that office.yaml names: PostgreSQL."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from circular_gen.cli import cli
from circular_gen.errors import CircularGenError
from circular_gen.resources import SAMPLE

NAME = "2026-work-meeting"


@pytest.fixture
def office(tmp_path: Path, postgresql_url: str) -> Callable[..., str]:
    """Runs a command in a sample whose ledger is the database; gives what it says."""
    shutil.copyfile(SAMPLE / "recipients.yaml", tmp_path / "recipients.yaml")
    shutil.copytree(SAMPLE / "circulars", tmp_path / "circulars")
    text = (SAMPLE / "office.yaml").read_text("utf-8")
    (tmp_path / "office.yaml").write_text(f"{text}\nledger: {postgresql_url}\n", "utf-8")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["-w", str(tmp_path), *arguments])
        if isinstance(result.exception, CircularGenError):
            return str(result.exception)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    return run


@pytest.mark.postgresql
def test_from_issue_to_receipt_on_postgresql(office: Callable[..., str], tmp_path: Path) -> None:
    assert "nothing has been issued yet" in office("status")
    assert "清安办函〔2026〕5号" in office("issue", NAME)
    assert "was issued already" in office("issue", NAME)
    office("receipts", "confirm", NAME, "chengxi", "--by", "张某")
    assert json.loads(office("status", NAME, "--json"))["counts"]["received"] == 1
    assert "ledger is whole" in office("ledger", "verify")
    assert "events written" in office("ledger", "export", str(tmp_path / "ledger.jsonl"))
    assert not (tmp_path / "records" / "ledger.db").exists()
    assert (tmp_path / "records" / "issued" / NAME / "r0" / "manifest.json").exists()
