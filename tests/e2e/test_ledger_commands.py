"""The commands of the ledger, as a clerk uses them: issue, withdraw, abolish, receipts, status, register, ledger."""

import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from click.testing import Result
from docx import Document
from openpyxl import load_workbook

from circular_gen.ledger import Ledger, draft, open_ledger
from circular_gen.workspace.codes import Code, Codes

from .conftest import KEY, Commands, make_workspace

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime.now(ZONE)
YESTERDAY, DUE = NOW - timedelta(days=1), NOW + timedelta(days=5)
YEAR = YESTERDAY.year
SMALL = f"""\
title: 清河市安全生产委员会办公室关于做好检查工作的通知
date: {YESTERDAY:%Y-%m-%d}
approver: 王某某
addressees: 城西街道办事处，柳林镇人民政府，市住房城乡建设局
cc: 市政府办公室
body: |
  现将有关事项通知如下：
  一、抓紧检查。请立即开展检查。
tasks:
  - {{id: t1, text: 是否检查, basis: 一}}
receipt: {{ask: acknowledge, by: {DUE:%Y-%m-%d} 17:00, basis: 本通知}}
"""
LATE = SMALL.replace(f"{DUE:%Y-%m-%d} 17:00", f"{YESTERDAY:%Y-%m-%d} 00:01").replace("cc:", "address: each\ncc:")
"""An answer was due yesterday; every unit has a copy of its own."""
WRONG = SMALL.replace("柳林镇人民政府", "柳林真人民政府")
UNITS = ("chengxi", "liulin", "zhujian")


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with short drafts, nothing issued."""
    root = make_workspace(tmp_path_factory.mktemp("drafts") / "office")
    shutil.rmtree(root / "circulars")
    (root / "circulars").mkdir()
    for name, text in {"small": SMALL, "late": LATE, "wrong": WRONG}.items():
        (root / "circulars" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def workspace(drafts: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drafts, tmp_path / "office"))


@pytest.fixture(scope="module")
def once(drafts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`small` is issued. Do not change it: see `issued`."""
    root = Path(shutil.copytree(drafts, tmp_path_factory.mktemp("issued") / "office"))
    Commands(root)("issue", "small")
    return root


@pytest.fixture
def issued(once: Path, tmp_path: Path) -> Commands:
    return Commands(Path(shutil.copytree(once, tmp_path / "office")))


def ledger_of(root: Path) -> Ledger:
    return open_ledger(root / "records" / "ledger.db")


def loaded(result: Result) -> dict:
    return json.loads(result.stdout)


def said(result: Result) -> str:
    """What an expected error says: one line."""
    text = str(result.exception)
    assert text.strip()
    assert "\n" not in text.strip()
    return text


def text_of(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)


def files(folder: Path) -> dict[str, str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


# -- issuing -----------------------------------------------------------------------------------------------------------


def test_issue_numbers_freezes_and_registers(issued: Commands) -> None:
    number = f"清安办发〔{YEAR}〕1号"
    folder = issued.root / "records" / "issued" / "small" / "r0"
    record = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (record["circular"], record["number"], record["revision"]) == ("small", number, 0)
    papers = ["checklist.docx", "checklist.pdf", "package.pdf", "receipt.docx", "receipt.pdf"]
    expected = {"circular.docx", "circular.pdf", "print.pdf", "signing-sheet.docx", "shizhengfu/package.pdf"}
    expected |= {f"{unit}/{paper}" for unit in UNITS for paper in papers}
    assert set(record["files"]) == expected
    frozen = files(folder)
    assert {path: entry["sha256"] for path, entry in record["files"].items()} == {
        path: sha256 for path, sha256 in frozen.items() if path != "manifest.json" and not path.startswith("_input/")
    }
    for name in ("office.yaml", "recipients.yaml", "circulars/small.yaml"):
        assert frozen[f"_input/{name}"] == record["inputs"][name]
        assert (folder / "_input" / name).read_bytes() == (issued.root / name).read_bytes()
    assert "number" not in (issued.root / "circulars" / "small.yaml").read_text("utf-8")
    assert KEY not in json.dumps(record)
    assert number in text_of(folder / "circular.pdf").replace(" ", "")
    assert not any(path.stat().st_mode & 0o222 for path in folder.rglob("*") if path.is_file())

    with ledger_of(issued.root) as ledger:
        events = ledger.events("small")
        assert [event.kind for event in events] == ["issued"] + ["addressed"] * 4
        payload = events[0].payload
        assert payload["files"]["manifest.json"] == frozen["manifest.json"]
        assert (payload["number"], payload["ordinal"], payload["approver"]) == (number, 1, "王某某")
        assert datetime.fromisoformat(payload["due"]) == DUE.replace(hour=17, minute=0, second=0, microsecond=0)
        assert [(event.unit, event.payload["role"]) for event in events[1:]] == [
            *((unit, "addressee") for unit in UNITS),
            ("shizhengfu", "cc"),
        ]
        for event in events[1:]:
            assert event.payload["files"] == {
                path: sha256 for path, sha256 in frozen.items() if path.startswith(f"{event.unit}/")
            }


def test_the_originals_bear_the_ledgers_head_before_them(issued: Commands) -> None:
    with ledger_of(issued.root) as ledger:
        before = ledger.checkpoint().short()
    issued("issue", "late")
    record = json.loads((issued.root / "records/issued/late/r0/manifest.json").read_text("utf-8"))
    assert record["checkpoint"] == {"size": before.size, "root": before.root.hex()}
    payload = Codes(bytes.fromhex(KEY)).payload(Code("receipt", "late", "chengxi", 1, 0, before))
    shown = Codes(bytes.fromhex(KEY)).readable(payload)
    assert shown.replace(" ", "") in text_of(issued.root / "records/issued/late/r0/chengxi/receipt.pdf").replace(
        " ", ""
    )
    issued("ledger", "verify", "--against", shown.split()[-1])  # as it is printed under the symbol


def test_numbers_run_on_and_a_given_one_is_kept(workspace: Path, run: Commands) -> None:
    late = workspace / "circulars" / "late.yaml"
    late.write_text(f"number: 清安办发〔{YEAR}〕7号\n" + LATE, "utf-8")
    result = run("issue", "late")
    assert f"清安办发〔{YEAR}〕7号" in result.output
    assert "1–6" in result.stderr  # nobody knows them here
    assert f"清安办发〔{YEAR}〕8号" in run("issue", "small").output


def test_a_number_that_is_taken_is_refused(issued: Commands) -> None:
    late = issued.root / "circulars" / "late.yaml"
    late.write_text(f"number: 清安办发〔{YEAR}〕1号\n" + LATE, "utf-8")
    assert "small" in said(issued("issue", "late", code=1))
    assert not (issued.root / "records" / "issued" / "late").exists()


def test_a_letter_needs_its_series(workspace: Path, run: Commands) -> None:
    (workspace / "circulars" / "late.yaml").write_text("format: letter\n" + LATE, "utf-8")
    assert "--code 清安办函" in said(run("issue", "late", code=2))
    assert "(清安办函〔2026〕" not in run("status").output
    assert f"清安办函〔{YEAR}〕1号" in run("issue", "late", "--code", "清安办函").output
    assert f"清安办发〔{YEAR}〕1号" in run("issue", "small").output
    assert said(run("issue", "wrong", "--code", "a〔b", code=1))


def test_issued_once_is_issued_once(issued: Commands) -> None:
    before = files(issued.root / "records" / "issued")
    assert f"清安办发〔{YEAR}〕1号" in said(issued("issue", "small", code=1))
    assert files(issued.root / "records" / "issued") == before
    assert loaded(issued("ledger", "verify", "--json"))["events"] == 5


def test_a_draft_with_errors_is_not_issued(workspace: Path, run: Commands) -> None:
    line = said(run("issue", "wrong", code=1))
    assert "wrong.yaml:4:" in line
    assert "柳林镇人民政府" in line
    assert "no circular" in said(run("issue", "smal", code=2))
    assert "small" in said(run("issue", "smal", code=2))
    assert "nothing has been issued" in run("status").output


def test_a_changed_draft_is_reported(issued: Commands) -> None:
    assert issued("status", "small").stderr == ""
    with (issued.root / "circulars" / "small.yaml").open("a", encoding="utf-8") as draft_file:
        draft_file.write("note: 此件公开发布\n")
    assert "circulars/small.yaml" in issued("status", "small").stderr


def test_an_emptied_ledger_is_refused(issued: Commands) -> None:
    (issued.root / "records" / "ledger.db").unlink()
    for command in (
        ("issue", "late"),
        ("status",),
        ("ledger", "verify"),
        ("receipts", "confirm", "small", "chengxi", "--by", "x"),
    ):
        assert "ledger is empty" in said(issued(*command, code=1))
    assert not (issued.root / "records" / "ledger.db").exists()


def test_an_older_ledger_is_refused(issued: Commands) -> None:
    path = issued.root / "records" / "ledger.db"
    older = path.read_bytes()
    issued("issue", "late")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path.write_bytes(older)
    (issued.root / "circulars" / "third.yaml").write_text(SMALL, "utf-8")
    assert "older copy" in said(issued("issue", "third", code=1))
    assert "original-unknown" in issued("ledger", "verify", code=1).output


# -- crashes and company -----------------------------------------------------------------------------------------------

BEFORE = ("issuing.Frozen._write", "issuing.Frozen._print", "issuing.Frozen._manifest", "issuing.flush")
AFTER = ("issuing.put_in_place", "records.flush")


def killed_at(root: Path, place: str, name: str) -> None:
    """Issue, and die without a word where the function `place` would be called."""
    module, _dot, attribute = place.partition(".")
    owner = ".".join((module, *attribute.split(".")[:-1]))
    program = (
        "import os\nfrom circular_gen import issuing, records\nfrom circular_gen.cli import main\n"
        f"{owner}.{attribute.split('.')[-1]} = lambda *_, **__: os._exit(9)\nmain()\n"
    )
    command = [sys.executable, "-c", program, "-w", str(root), "issue", name]
    assert subprocess.run(command, env={**os.environ}, capture_output=True, check=False).returncode == 9


@pytest.mark.parametrize("place", BEFORE)
def test_killed_before_the_ledger_knows_nothing_was_issued(issued: Commands, place: str) -> None:
    killed_at(issued.root, place, "late")
    left = [path for path in (issued.root / "records" / "issued").iterdir() if path.name.startswith(".issuing.")]
    assert len(left) == 1
    assert "late" not in issued("status").output
    assert f"〔{YEAR}〕2号" in issued("issue", "late").output
    assert loaded(issued("ledger", "verify", "--json"))["findings"] == []
    assert sorted(p.name for p in (issued.root / "records" / "issued").iterdir() if p.is_dir()) == ["late", "small"]


@pytest.mark.parametrize("place", AFTER)
def test_killed_after_the_ledger_knows_the_originals_are_put_in_place(issued: Commands, place: str) -> None:
    killed_at(issued.root, place, "late")
    assert "late" in issued("status").output
    folder = issued.root / "records" / "issued"
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["late", "small"]
    assert (folder / "late" / "r0" / "manifest.json").exists()
    assert "2号" in said(issued("issue", "late", code=1))
    proof = loaded(issued("ledger", "verify", "--json"))
    assert (proof["findings"], proof["notes"], proof["events"]) == ([], [], 10)


def test_two_who_issue_at_once_get_two_numbers(workspace: Path, run: Commands) -> None:
    def start(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "circular_gen", "-w", str(workspace), "issue", name]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    running = [start(name) for name in ("small", "late", "small")]
    ended = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert ended[1][1] == 0
    assert sorted((ended[0][1], ended[2][1])) == [0, 1]
    assert all(b"Traceback" not in output[1] for output, _code in ended)
    circulars = loaded(run("status", "--json"))["circulars"]
    assert sorted(circular["number"] for circular in circulars) == [f"清安办发〔{YEAR}〕{n}号" for n in (1, 2)]
    assert sorted(circular["circular"] for circular in circulars) == ["late", "small"]
    run("ledger", "verify")


def test_folders_of_others_are_left_alone(issued: Commands) -> None:
    other = issued.root / "records" / "issued" / ".sync"
    other.mkdir()
    issued("issue", "late")
    assert other.is_dir()


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\0" * 200, None])
def test_a_damaged_ledger_is_one_line(issued: Commands, content: bytes | None) -> None:
    path = issued.root / "records" / "ledger.db"
    path.write_bytes(path.read_bytes()[:9000] if content is None else content)
    for command in (("status",), ("issue", "late"), ("register",)):
        assert "ledger.db" in said(issued(*command, code=1))
    (line, sum_) = issued("ledger", "verify", code=1).stdout.splitlines()
    assert line.startswith("unreadable: ")
    assert "ledger.db" in line
    assert "not whole" in sum_
    assert [one["code"] for one in loaded(issued("ledger", "verify", "--json", code=1))["findings"]] == ["unreadable"]


def test_what_the_disk_refuses_is_one_line(workspace: Path, run: Commands) -> None:
    shutil.rmtree(workspace / "records")
    (workspace / "records").write_text("no folder", "utf-8")
    assert "records" in said(run("issue", "small", code=1))


# -- the life of a circular --------------------------------------------------------------------------------------------


def test_from_issue_to_closed(issued: Commands) -> None:
    def state() -> list[str]:
        return [unit["state"] for unit in loaded(issued("status", "small", "--json"))["units"]]

    assert state() == ["not-sent"] * 4
    with ledger_of(issued.root) as ledger:
        ledger.append(*(draft("sent", "综合科", "small", unit, channel="print") for unit in (*UNITS, "shizhengfu")))
    assert state() == ["sent"] * 4
    issued("receipts", "confirm", "small", "chengxi", "--by", "张某")
    issued("receipts", "confirm", "small", "柳林镇人民政府", "--by", "李某", "--how", "phone", "--note", "值班室")
    assert state() == ["received", "received", "sent", "sent"]
    assert "2 of 3 addressees have confirmed, 0 are overdue" in issued("status", "small").output
    with ledger_of(issued.root) as ledger:
        ledger.append(draft("closed", "综合科", "small", "chengxi"))
    assert state() == ["closed", "received", "sent", "sent"]
    assert loaded(issued("ledger", "verify", "--json"))["ok"] is True


def test_withdrawn_and_abolished(issued: Commands) -> None:
    issued("issue", "late")
    assert "发错了" in issued("withdraw", "small", "--reason", "发错了").output
    again = issued("withdraw", "small", "--reason", "另有原因").output
    assert "发错了" in again
    assert "另有原因" not in again
    assert "withdrawn" in said(issued("abolish", "small", "--reason", "x", code=1))
    assert loaded(issued("status", "small", "--json"))["units"][0]["flags"] == ["withdrawn"]
    assert loaded(issued("status", "late", "--json"))["units"][0]["flags"] == ["overdue"]
    issued("abolish", "late", "--reason", "不再适用")
    assert "overdue" not in loaded(issued("status", "late", "--json"))["units"][0]["flags"]
    circulars = {line["circular"]: line for line in loaded(issued("status", "--json"))["circulars"]}
    assert (circulars["small"]["withdrawn"], circulars["late"]["abolished"]) == ("发错了", "不再适用")
    assert circulars["late"]["overdue"] == 0
    assert "发错了" in issued("status", "small").stderr
    assert "withdrawn or abolished" in issued("receipts", "confirm", "late", "chengxi", "--by", "张某").stderr
    assert "reason" in issued("withdraw", "small", code=2).output
    assert "reason" in said(issued("withdraw", "small", "--reason", " ", code=2))
    issued("ledger", "verify")


# -- receipts ----------------------------------------------------------------------------------------------------------


def test_confirming_twice_is_recorded_once_and_says_so(issued: Commands) -> None:
    assert "张某" in issued("receipts", "confirm", "small", "chengxi", "--by", "张某").output
    again = issued("receipts", "confirm", "small", "城西街道办事处", "--by", "李某")
    assert "recorded before, 张某" in again.output
    assert loaded(issued("ledger", "verify", "--json"))["events"] == 6
    assert loaded(issued("status", "small", "--json"))["units"][0]["by"] == "张某"


def test_times_are_the_offices_own(issued: Commands) -> None:
    issued("receipts", "confirm", "small", "chengxi", "--by", "张某", "--at", f"{YESTERDAY:%Y-%m-%d} 09:05")
    issued("receipts", "confirm", "small", "liulin", "--by", "李某", "--at", f"{YESTERDAY:%Y-%m-%d}T03:05:00+02:00")
    units = loaded(issued("status", "small", "--json"))["units"]
    assert [unit["since"] for unit in units[:2]] == [f"{YESTERDAY:%Y-%m-%d}T09:05:00+08:00"] * 2
    assert f"{YESTERDAY:%Y-%m-%d} 09:05" in issued("receipts", "show", "small", "liulin").output


@pytest.mark.parametrize(
    ("at", "code", "words"),
    [
        ("yesterday", 2, "yesterday"),
        (f"{YESTERDAY:%Y-%m-%d}", 2, "hour"),
        (f"{YESTERDAY:%Y-%m-%d} 25:00", 2, "25:00"),
        (f"{DUE:%Y-%m-%d} 09:00", 1, "future"),
        (f"{YESTERDAY - timedelta(days=2):%Y-%m-%d} 09:00", 1, "before the circular"),
    ],
)
def test_impossible_times_are_refused(issued: Commands, at: str, code: int, words: str) -> None:
    assert words in said(issued("receipts", "confirm", "small", "chengxi", "--by", "张某", "--at", at, code=code))
    assert loaded(issued("status", "small", "--json"))["units"][0]["state"] == "not-sent"


def test_a_mistake_is_annulled_and_stays_to_be_seen(issued: Commands) -> None:
    issued("receipts", "confirm", "small", "chengxi", "--by", "张某")
    assert "张某" in issued("receipts", "annul", "small", "chengxi", "--reason", "登记错了单位").output
    assert loaded(issued("status", "small", "--json"))["units"][0]["state"] == "not-sent"
    assert "nothing to annul" in said(issued("receipts", "annul", "small", "chengxi", "--reason", "x", code=1))
    issued("receipts", "confirm", "small", "chengxi", "--by", "李某")
    told = loaded(issued("receipts", "show", "small", "chengxi", "--json"))
    assert told["by"] == "李某"
    assert [(event["kind"], event["annulled"]) for event in told["events"]] == [
        ("issued", None),
        ("addressed", None),
        ("received", 7),
        ("corrected", None),
        ("received", None),
    ]
    lines = issued("receipts", "show", "small", "chengxi").output
    assert "登记错了单位" in lines
    assert "annulled by event 7" in lines
    assert "13800000001" in lines  # the telephone


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("receipts", "confirm", "small", "chengxii", "--by", "x"), 2, "chengxi"),
        (("receipts", "confirm", "smal", "chengxi", "--by", "x"), 2, "small"),
        (("receipts", "confirm", "late", "chengxi", "--by", "x"), 1, "not been issued"),
        (("receipts", "confirm", "small", "beiguan", "--by", "x"), 2, "addresses no unit"),
        (("receipts", "confirm", "small", "chengxi", "--by", " "), 2, "person"),
        (("receipts", "show", "small", "nobody"), 2, "nearest"),
        (("receipts", "annul", "small", "chengxi", "--reason", ""), 2, "reason"),
        (("status", "smal"), 2, "small"),
        (("status", "late"), 1, "not been issued"),
        (("withdraw", "smal", "--reason", "x"), 2, "small"),
        (("register", "smal"), 2, "small"),
        (("ledger", "verify", "--against", "hello"), 1, "checkpoint"),
        (("ledger", "import", "no-such-file"), 1, "no-such-file"),
    ],
)
def test_errors_are_one_line(issued: Commands, arguments: tuple[str, ...], code: int, words: str) -> None:
    assert words in said(issued(*arguments, code=code))


def test_what_waits_for_review(issued: Commands) -> None:
    assert "nothing waits" in issued("receipts", "review").output
    with ledger_of(issued.root) as ledger:
        about = {"evidence": "0" * 64, "file": "scan-1.pdf"}
        ledger.append(draft("reviewed", "scan", "small", "chengxi", reason="unsigned", **about))
        ledger.append(draft("reviewed", "scan", None, None, reason="no-code", **about))
    (first, second) = json.loads(issued("receipts", "review", "--json").stdout)
    assert (first["circular"], first["unit"], first["reason"], first["event"]) == ("small", "chengxi", "unsigned", 6)
    assert (second["circular"], second["reason"]) == (None, "no-code")
    assert "scan-1.pdf" in issued("receipts", "review").output
    assert loaded(issued("status", "small", "--json"))["units"][0]["flags"] == ["review"]
    with ledger_of(issued.root) as ledger:
        ledger.append(draft("review-decided", "综合科", event=6, decision="rejected", reason="空白"))
    assert [review["event"] for review in json.loads(issued("receipts", "review", "--json").stdout)] == [7]


# -- status ------------------------------------------------------------------------------------------------------------


def test_before_anything_is_issued(workspace: Path, run: Commands) -> None:
    for command in (("status",), ("register",), ("receipts", "review"), ("ledger", "verify")):
        result = run(*command)
        assert "nothing has been issued yet" in result.output
        assert result.output.count("\n") == 1
    assert loaded(run("status", "--json"))["circulars"] == []
    assert json.loads(run("receipts", "review", "--json").stdout) == []
    assert not (workspace / "records" / "ledger.db").exists()


def test_the_shape_of_status(issued: Commands) -> None:
    issued("receipts", "confirm", "small", "liulin", "--by", "李某")
    record = loaded(issued("status", "small", "--json"))
    assert list(record) == ["circular", "number", "as_of", "counts", "units", "revision", "changed"]
    assert (record["circular"], record["number"]) == ("small", f"清安办发〔{YEAR}〕1号")
    assert datetime.fromisoformat(record["as_of"]).utcoffset() == timedelta(hours=8)
    states = ["not-sent", "sent", "delivered", "opened", "received", "reported", "closed"]
    assert list(record["counts"]) == states
    assert record["counts"] == dict.fromkeys(states, 0) | {"not-sent": 3, "received": 1}
    due = f"{DUE:%Y-%m-%d}T17:00:00+08:00"
    first, second, _third, copy = record["units"]
    days = first.pop("workdays_left")
    assert 0 <= days <= 5
    assert first == {
        "unit": "chengxi",
        "name": "城西街道办事处",
        "group": None,
        "state": "not-sent",
        "since": None,
        "by": None,
        "due": due,
        "original_due": due,
        "days_late": 0,
        "flags": [],
        "revision": None,
        "next": "send",
    }
    assert (second["state"], second["by"], second["flags"]) == ("received", "李某", [])
    assert (copy["unit"], copy["due"], copy["flags"]) == ("shizhengfu", None, ["cc"])


def test_late_units_stand_out_in_the_lists_order(workspace: Path, run: Commands) -> None:
    run("issue", "late")
    assert run("receipts", "confirm", "late", "chengxi", "--by", "张某").exit_code == 0
    units = loaded(run("status", "late", "--json"))["units"]
    assert [(unit["unit"], "overdue" in unit["flags"]) for unit in units] == [
        ("chengxi", False),
        ("liulin", True),
        ("zhujian", True),
        ("shizhengfu", False),
    ]
    assert [row["overdue"] for row in loaded(run("status", "--json"))["circulars"]] == [2]
    rows = [line.split("\t") for line in run("status", "late").stdout.splitlines()]
    assert [row[1] for row in rows[1:5]] == ["chengxi", "liulin", "zhujian", "shizhengfu"]


def test_status_as_a_workbook(issued: Commands, tmp_path: Path) -> None:
    for arguments, key in ((("small",), "chengxi"), ((), "small")):
        file = tmp_path / f"进度-{key}.xlsx"
        assert str(file) in issued("status", *arguments, "--xlsx", str(file)).output
        rows = list(load_workbook(file).active.iter_rows(min_row=4, values_only=True))
        assert key in rows[0][:2]


def test_a_workbook_that_cannot_be_written_is_one_line(issued: Commands) -> None:
    file = issued.root / "office.yaml" / "s.xlsx"
    assert "office.yaml" in said(issued("status", "--xlsx", str(file), code=1))
    assert "office.yaml" in said(issued("ledger", "export", str(file), code=1))


def test_units_that_left_the_registry_are_still_there(issued: Commands) -> None:
    registry = issued.root / "recipients.yaml"
    registry.write_text("units: [{id: other, name: 其他单位}]\n", "utf-8")
    issued("receipts", "confirm", "small", "城西街道办事处", "--by", "张某")
    registry.write_text("units: [", "utf-8")
    assert loaded(issued("status", "small", "--json"))["counts"]["received"] == 1
    assert "张某" in issued("receipts", "show", "small", "chengxi").output


# -- registers ---------------------------------------------------------------------------------------------------------


def test_registers_in_three_forms(issued: Commands) -> None:
    issued("issue", "late")
    issued("receipts", "confirm", "small", "chengxi", "--by", "=张某", "--how", "phone")
    issued("withdraw", "late", "--reason", "发错了")
    written = issued("register").output.splitlines()
    folder = issued.root / "out" / "register"
    stems = (f"outgoing-{YEAR}", "signing-late", "signing-small")
    assert sorted(written) == sorted(str(folder / f"{s}.{f}") for s in stems for f in ("csv", "xlsx", "docx"))
    rows = list(csv.reader(io.StringIO((folder / f"outgoing-{YEAR}.csv").read_text("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == [f"清安办发〔{YEAR}〕{n}号" for n in (1, 2)]
    assert rows[2][3].endswith("（已撤销）")
    rows = list(csv.reader(io.StringIO((folder / "signing-small.csv").read_text("utf-8-sig"))))
    assert rows[1][5] == "城西街道办事处"
    assert rows[1][6] == "'=张某"  # no formula
    assert rows[1][8] == "电话"
    book = load_workbook(folder / "signing-small.xlsx").active
    assert book["F4"].value == "城西街道办事处"
    document = Document(str(folder / "signing-small.docx"))
    assert "城西街道办事处" in [cell.text for cell in document.tables[0].rows[1].cells]
    assert document.sections[0].page_width > document.sections[0].page_height  # ten columns need the room
    checkpoint = issued("ledger", "verify").output.split()[-1]
    assert checkpoint in document.paragraphs[-1].text
    assert checkpoint in str(book.cell(book.max_row, 1).value)
    alone = issued("register", "small").output.splitlines()
    assert [Path(path).stem for path in alone] == ["signing-small"] * 3
    assert "no number" in issued("register", "--year", "1999").output


# -- the ledger itself -------------------------------------------------------------------------------------------------


def test_verify_with_a_kept_checkpoint(issued: Commands, tmp_path: Path) -> None:
    kept = loaded(issued("ledger", "verify", "--json"))["checkpoint"]
    assert kept.splitlines()[1] == "5"
    (tmp_path / "kept.txt").write_text(kept, "utf-8")
    short = issued("ledger", "verify").output.split()[-1]
    issued("receipts", "confirm", "small", "chengxi", "--by", "张某")
    assert "6 events" in issued("ledger", "verify", "--against", short).output
    assert "6 events" in issued("ledger", "verify", "--against", str(tmp_path / "kept.txt")).output
    other = short[:-1] + ("1" if short[-1] != "1" else "2")
    assert "forked" in issued("ledger", "verify", "--against", other, code=1).output
    assert "short" in issued("ledger", "verify", "--against", "7" + short[1:], code=1).output


def test_verify_finds_what_was_meddled_with(issued: Commands) -> None:
    with sqlite3.connect(issued.root / "records" / "ledger.db") as connection:
        connection.execute("DROP TRIGGER events_stay")
        connection.execute("UPDATE events SET actor = 'x' WHERE sequence = 3")
    connection.close()
    result = issued("ledger", "verify", code=1)
    assert "changed: event 3" in result.output
    findings = loaded(issued("ledger", "verify", "--json", code=1))["findings"]
    assert {"changed", "unguarded"} <= {finding["code"] for finding in findings}
    assert "Traceback" not in result.output


def meddle_file(path: Path, change: Callable[[Path], object]) -> None:
    path.chmod(0o600)
    change(path)


@pytest.mark.parametrize(
    "name", ["circular.pdf", "chengxi/receipt.pdf", "manifest.json", "_input/circulars/small.yaml"]
)
def test_verify_finds_originals_that_were_changed(issued: Commands, name: str) -> None:
    path = issued.root / "records" / "issued" / "small" / "r0" / name
    meddle_file(path, lambda path: path.write_bytes(path.read_bytes() + b" "))
    result = issued("ledger", "verify", code=1)
    assert f"original-changed: records/issued/small/r0/{name}" in result.output
    meddle_file(path, Path.unlink)
    if not name.startswith("_input"):
        assert name in issued("ledger", "verify", code=1).output
    (path.parent / "stranger.txt").write_text("?", "utf-8")
    assert "records/issued/small/r0" in issued("ledger", "verify", code=1).output


def test_export_and_import(issued: Commands, tmp_path: Path) -> None:
    issued("receipts", "confirm", "small", "chengxi", "--by", "张某")
    file = tmp_path / "ledger.jsonl"
    assert "6 events" in issued("ledger", "export", str(file)).output
    assert "exists already" in said(issued("ledger", "export", str(file), code=1))
    before = issued("ledger", "verify").output
    assert "empty ledger" in said(issued("ledger", "import", str(file), code=1))

    (issued.root / "records" / "ledger.db").unlink()  # the ledger is lost, the originals are not
    assert "6 events" in issued("ledger", "import", str(file)).output
    assert issued("ledger", "verify").output == before
    assert loaded(issued("status", "small", "--json"))["counts"]["received"] == 1

    other = Commands(make_workspace(tmp_path / "other"))
    assert "6 events" in other("ledger", "import", str(file)).output
    result = other("ledger", "verify")
    assert "originals of small" in result.stderr


def test_a_damaged_export_is_refused_whole(issued: Commands, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    issued("ledger", "export", str(file))
    lines = file.read_bytes().splitlines(keepends=True)
    damaged = {
        "cut": b"".join(lines[:-1]),
        "changed": b"".join(lines).replace("王某某".encode(), "王某".encode()),
        "removed": b"".join(lines[:2] + lines[3:]),
        "noise": b"\xff\xfe\x00",
        "empty": b"",
    }
    other = Commands(make_workspace(tmp_path / "other"))
    for name, content in damaged.items():
        bad = tmp_path / f"{name}.jsonl"
        bad.write_bytes(content)
        assert said(other("ledger", "import", str(bad), code=1))
        assert "nothing has been issued" in other("status").output
    assert "5 events" in other("ledger", "import", str(file)).output


# -- on the command line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["issue", "withdraw", "abolish", "receipts", "status", "register", "ledger"])
def test_help_loads_nothing_heavy(command: str) -> None:
    program = (
        "import sys\nfrom circular_gen.cli import cli\n"
        "try:\n    cli(['COMMAND', '-h'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({'sqlalchemy', 'pydantic', 'reportlab', 'rich', 'openpyxl', 'lxml'} & set(sys.modules)))"
    ).replace("COMMAND", command)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]"


HEAVY = (
    *("sqlalchemy", "alembic", "asyncio", "chinese_calendar", "jinja2", "lxml", "reportlab", "fontTools", "pikepdf"),
    *("docx", "openpyxl", "PIL", "numpy", "rich", "multiprocessing"),
)
"""What takes a while to import and has no part in reading who has confirmed."""


@pytest.mark.parametrize(
    ("words", "needed"), [((), set()), (("small",), {"chinese_calendar"})], ids=["all circulars", "one circular"]
)
def test_status_loads_nothing_heavy(issued: Commands, words: tuple[str, ...], needed: set[str]) -> None:
    assert imported(issued.root, *words) == needed


def test_status_loads_nothing_heavy_where_nothing_is_issued(tmp_path: Path) -> None:
    assert imported(make_workspace(tmp_path / "fresh")) == set()


def imported(root: Path, *words: str) -> set[str]:
    """The heavy modules that `status` has imported when it ends."""
    program = (
        "import sys\nfrom circular_gen.cli import cli\n"
        "try:\n    cli(sys.argv[1:])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print(*({set(HEAVY)!r} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, "-w", str(root), "status", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    return set(done.stdout.splitlines()[-1].split())


def test_an_error_is_a_line_and_an_exit_code_in_a_real_process(issued: Commands) -> None:
    command = [sys.executable, "-m", "circular_gen", "-w", str(issued.root), "issue", "small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is a POSIX thing")
def test_a_table_is_drawn_on_a_terminal_and_not_in_a_pipe(issued: Commands) -> None:
    import pty

    command = [sys.executable, "-m", "circular_gen", "-w", str(issued.root), "status", "small"]
    reading, writing = pty.openpty()
    subprocess.run(command, stdout=writing, check=True, env={**os.environ, "TERM": "xterm", "COLUMNS": "160"})
    os.close(writing)
    drawn = b""
    while True:
        try:
            chunk = os.read(reading, 65536)
        except OSError:
            break
        if not chunk:
            break
        drawn += chunk
    os.close(reading)
    assert "━" in drawn.decode()
    assert "城西街道办事处" in drawn.decode()
    piped = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "━" not in piped
    assert "\x1b" not in piped
