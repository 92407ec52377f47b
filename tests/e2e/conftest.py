"""Commands on a real workspace: the sample, copied, with a fixed office key."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from circular_gen.ledger import Draft, open_ledger
from circular_gen.resources import SAMPLE

KEY = "2a" * 32
WINTER, MEETING, EACH = "2026-winter-safety", "2026-work-meeting", "2026-flood-check"


def make_workspace(root: Path) -> Path:
    """A copy of the sample at `root`, with the key that the golden files were made with."""
    root.mkdir(parents=True)
    for name in ("office.yaml", "recipients.yaml"):
        shutil.copyfile(SAMPLE / name, root / name)
    shutil.copytree(SAMPLE / "circulars", root / "circulars")
    (root / "records").mkdir(mode=0o700)
    (root / "records" / "secret.key").write_text(KEY + "\n", encoding="ascii")
    return root


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "office")


class Commands:
    """Runs `circular-gen -w WORKSPACE …` in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        from circular_gen.cli import cli
        from circular_gen.errors import CircularGenError

        result = CliRunner().invoke(cli, ["-w", str(self.root), *arguments], input=stdin)
        if isinstance(result.exception, CircularGenError):  # `main` shows these as a line
            assert int(result.exception.exit_code) == code, str(result.exception)
            return result
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception  # no traceback reaches a clerk
        assert result.exit_code == code, (result.output, result.exception)
        return result


@pytest.fixture
def run(workspace: Path) -> Commands:
    return Commands(workspace)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample workspace, built once. Only for looking: a test that changes a workspace makes its own."""
    root = make_workspace(tmp_path_factory.mktemp("sample") / "office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        patch.setenv("CIRCULAR_GEN_LANG", "zh_CN")
        Commands(root)("build", "--jobs", "1")
    return root


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source texts: what they say is asserted, not how they are translated."""
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")


@pytest.fixture(autouse=True)
def _libreoffice_only_where_it_is_tested(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice takes seconds to start; only tests marked with it use it."""
    if not request.node.get_closest_marker("libreoffice"):
        monkeypatch.setenv("CIRCULAR_GEN_SOFFICE", "")


class OfficeClock:
    """The computer's clock as the program reads it, in the office's own time."""

    def __init__(self) -> None:
        self.now = datetime.now(ZoneInfo("Asia/Shanghai"))

    def __call__(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def _set(patch: pytest.MonkeyPatch) -> OfficeClock:
    clock = OfficeClock()

    class Dated(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.now.astimezone(tz)

    patch.setattr("circular_gen.ledger.deadlines.datetime", Dated)
    return clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> OfficeClock:
    """`clock("2027-02-04 09:00")` sets the time for every command after it."""
    return _set(monkeypatch)


# -- a notice before the Spring Festival of 2027 ----------------------------------------------------------------------

NOTICE = """\
title: 清河市安全生产委员会办公室关于做好节前安全检查工作的通知
date: 2027-01-18
approver: 王某某
addressees: 城西街道办事处，柳林镇人民政府，市住房城乡建设局
cc: 市政府办公室
body: |
  现将有关事项通知如下：
  一、抓紧检查。请立即开展检查。
tasks:
  - {id: t1, text: 是否开展了节前检查, basis: 一, due: 2027-02-05}
  - {id: t2, text: 是否安排了值班, basis: 一}
receipt: {ask: acknowledge, by: 2027-02-03 17:00, basis: 本通知第一部分}
reminders: {notice: 1, first: 1, interval: 2, most: 2, escalate: 4, bulletin: 8, superior: 市政府办公室}
"""
HOLIDAYS = "休息: [2027-02-05/2027-02-12]\n上班: [2027-01-31, 2027-02-14]\n"


@pytest.fixture(scope="session")
def _spring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_workspace(tmp_path_factory.mktemp("spring") / "office")
    shutil.rmtree(root / "circulars")
    (root / "circulars").mkdir()
    (root / "circulars" / "notice.yaml").write_text(NOTICE, encoding="utf-8")
    (root / "circulars" / "silent.yaml").write_text(NOTICE[: NOTICE.index("reminders:")], encoding="utf-8")
    (root / "holidays.yaml").write_text(HOLIDAYS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIRCULAR_GEN_SOFFICE", "")
        _set(patch)("2027-01-18 09:00")
        for name in ("notice", "silent"):
            Commands(root)("issue", name)
            with open_ledger(root / "records" / "ledger.db") as ledger:
                fields = {"channel": "email", "message": "m"}
                units = ("chengxi", "liulin", "zhujian")
                ledger.append(*(Draft("handed-over", "综合科", name, unit, fields) for unit in units))
    return root


@pytest.fixture
def spring(_spring: Path, tmp_path: Path, clock: OfficeClock, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """An office that issued `notice` on 18 January 2027 and handed it over to all; `silent` announced no reminders."""
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path / "state"))
    return Commands(Path(shutil.copytree(_spring, tmp_path / "office")))


@pytest.fixture
def sent(spring: Commands) -> Callable[..., list[tuple[Any, ...]]]:
    """Draft and send everything; what went out: unit, manner, number."""

    def send(*arguments: str) -> list[tuple[Any, ...]]:
        spring("remind", *arguments)
        if not (spring.root / "out" / "reminders" / "drafts.json").exists():
            return []
        record = json.loads(spring("remind", "--send", "--by", "王某某", "--json").stdout)
        return [(one["unit"], one["manner"], one["number"]) for one in record["sent"]]

    return send
