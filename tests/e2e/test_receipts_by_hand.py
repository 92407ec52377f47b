"""What a clerk records by hand: receipts singly and from a list, evidence, exemptions, returns, closing, more time."""

import csv
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from circular_gen.cli.receipts import _RESERVATIONS
from circular_gen.ledger.register import RESERVATIONS
from circular_gen.ledger.report import reservation_words

from .conftest import Commands, make_workspace
from .test_ledger_commands import DUE, LATE, NOW, SMALL, UNITS, YEAR, YESTERDAY, ledger_of, loaded, said

AT = f"{YESTERDAY:%Y-%m-%d} 09:05"
HEAD = ("单位", "签收人", "签收时间", "签收方式", "备注")


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_workspace(tmp_path_factory.mktemp("by-hand") / "office")
    shutil.rmtree(root / "circulars")
    (root / "circulars").mkdir()
    for name, text in {"small": SMALL, "late": LATE}.items():
        (root / "circulars" / f"{name}.yaml").write_text(text, encoding="utf-8")
        Commands(root)("issue", name)
    return root


@pytest.fixture
def office(once: Path, tmp_path: Path) -> Commands:
    return Commands(Path(shutil.copytree(once, tmp_path / "office")))


def unit(office: Commands, name: str = "chengxi", circular: str = "small") -> dict:
    return next(unit for unit in loaded(office("status", circular, "--json"))["units"] if unit["unit"] == name)


def events(office: Commands, kind: str, circular: str = "small") -> list[dict]:
    with ledger_of(office.root) as ledger:
        return [event.payload | {"unit": event.unit} for event in ledger.events(circular, kinds=(kind,))]


def kept(office: Commands) -> list[Path]:
    return sorted(path for path in (office.root / "records" / "evidence").rglob("*") if path.is_file())


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_evidence_is_kept_by_its_hash_and_read_only(office: Commands, tmp_path: Path) -> None:
    photo = tmp_path / "回执 照片.JPG"
    photo.write_bytes(b"\xff\xd8\xff a photo")
    sha256 = hashlib.sha256(photo.read_bytes()).hexdigest()
    office("receipts", "confirm", "small", "chengxi", "--by", "张某", "--evidence", str(photo))
    office("receipts", "confirm", "small", "liulin", "--by", "李某", "--evidence", str(photo))
    (path,) = kept(office)
    assert path == office.root / "records" / "evidence" / sha256[:2] / f"{sha256}.jpg"
    assert path.read_bytes() == photo.read_bytes()
    assert not path.stat().st_mode & 0o222
    assert [event["evidence"] for event in events(office, "received")] == [[sha256]] * 2
    assert loaded(office("ledger", "verify", "--json"))["ok"] is True


def test_evidence_may_come_later_once(office: Commands, tmp_path: Path) -> None:
    office("receipts", "confirm", "small", "chengxi", "--by", "张某", "--how", "phone")
    paper = tmp_path / "signed.pdf"
    paper.write_bytes(b"%PDF-1.7 signed")
    again = ("receipts", "confirm", "small", "chengxi", "--by", "张某", "--evidence", str(paper))
    assert "evidence was added" in office(*again).output
    assert "nothing was changed" in office(*again).output
    assert len(events(office, "noted")) == len(events(office, "received")) == 1
    assert unit(office)["by"] == "张某"


@pytest.mark.parametrize("change", ["changed", "lost"])
def test_verify_finds_evidence_that_is_not_as_it_was(office: Commands, tmp_path: Path, change: str) -> None:
    paper = tmp_path / "signed.pdf"
    paper.write_bytes(b"%PDF-1.7 signed")
    office("receipts", "confirm", "small", "chengxi", "--by", "张某", "--evidence", str(paper))
    (path,) = kept(office)
    path.chmod(0o600)
    if change == "changed":
        path.write_bytes(b"%PDF-1.7 Signed")
    else:
        path.unlink()
    result = office("ledger", "verify", code=1)
    assert f"evidence-{change}" in result.output
    assert path.name[:12] in result.output


def test_evidence_that_is_none_is_refused(office: Commands, tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    confirm = ("receipts", "confirm", "small", "chengxi", "--by", "张某", "--evidence")
    assert "empty" in said(office(*confirm, str(tmp_path / "empty.pdf"), code=1))
    office(*confirm, str(tmp_path / "nothing.pdf"), code=2)
    office(*confirm, str(tmp_path), code=2)
    assert unit(office)["state"] == "not-sent"
    assert kept(office) == []


# -- one receipt -------------------------------------------------------------------------------------------------------


def test_a_report_is_recorded_beside_the_receipt(office: Commands) -> None:
    office("receipts", "confirm", "small", "chengxi", "--by", "张某", "--at", AT)
    assert "report recorded" in office("receipts", "confirm", "small", "chengxi", "--by", "赵某", "--report").output
    assert "recorded before, 赵某" in office("receipts", "confirm", "small", "chengxi", "--by", "x", "--report").output
    assert (unit(office)["state"], unit(office)["by"]) == ("reported", "赵某")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("chengxi",),
        ("--by", "x"),
        ("chengxi", "--by", "x", "--dry-run"),
        ("chengxi", "--by", "x", "--revision", "1"),
        ("chengxi", "--from", "LIST"),
        ("--from", "LIST", "--by", "x"),
    ],
)
def test_half_a_command_is_used_wrongly(office: Commands, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "list.csv").write_text("unit,by\nchengxi,x\n", "utf-8")
    given = [str(tmp_path / "list.csv") if word == "LIST" else word for word in arguments]
    office("receipts", "confirm", "small", *given, code=2)
    assert events(office, "received") == []


def test_two_processes_confirm_the_same_unit_once(office: Commands) -> None:
    def start(who: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "circular_gen", "-w", str(office.root)]
        command += ["receipts", "confirm", "small", "chengxi", "--by", who]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    outputs = [process.communicate(timeout=60)[0].decode() for process in [start(who) for who in "甲乙丙"]]
    assert sum("receipt recorded" in output for output in outputs) == 1
    assert sum("recorded before" in output for output in outputs) == 2
    assert len(events(office, "received")) == 1


def test_a_reservation_is_told_and_settled(office: Commands) -> None:
    confirm = ("receipts", "confirm", "small", "chengxi", "--by", "张某")
    line = office(*confirm, "--reservation", "missing-pages", "--reservation", "damaged").output
    assert "pages missing、damaged when it came" in line
    assert "reservation: pages missing、damaged when it came" in office("receipts", "show", "small", "chengxi").output
    assert (unit(office)["state"], unit(office)["flags"], unit(office)["next"]) == (
        "received",
        ["reservation"],
        "reissue",
    )
    assert "recorded before" in office(*confirm, "--reservation", "damaged").output
    office("register", "small")
    text = (office.root / "out" / "register" / "signing-small.csv").read_text("utf-8-sig")
    assert "缺页、破损" in text
    path = str(office.root / "out" / "register" / "signing-small.xlsx")
    for again in (confirm, ("receipts", "confirm", "small", "--from", path)):
        assert "recorded before" in office(*again).output
        assert unit(office)["flags"] == ["reservation"]
    office(*confirm, "--settled")  # the missing pages came
    assert (unit(office)["state"], unit(office)["flags"]) == ("received", [])
    assert "recorded before" in office(*confirm, "--settled").output
    office(*confirm, "--report", "--reservation", "damaged", code=2)
    assert set(RESERVATIONS) == set(_RESERVATIONS) == set(reservation_words())


def test_a_report_is_checked(office: Commands) -> None:
    recheck = ("receipts", "recheck", "small", "chengxi")
    assert "has not reported" in said(office(*recheck, code=1))
    office("receipts", "confirm", "small", "chengxi", "--by", "张某", "--report")
    assert unit(office)["next"] == "recheck"
    office(*recheck, "--sent-back", "缺照片")
    assert (unit(office)["flags"], unit(office)["next"]) == (["returned"], "answer")
    assert "recorded before" in office(*recheck, "--sent-back", "缺照片").output
    assert "in order" in office(*recheck, "--by", "王某").output
    assert (unit(office)["flags"], unit(office)["next"]) == ([], "close")
    assert "recorded before" in office(*recheck).output
    office("receipts", "close", "small", "chengxi")
    assert (unit(office)["state"], unit(office)["next"]) == ("closed", None)
    assert unit(office)["by"] == "张某", "who reported has received"
    told = office("receipts", "show", "small", "chengxi").output
    assert "outcome: sent back" in told
    assert "checked by: 王某; outcome: nothing to object to" in told
    office("register", "small")
    assert "反馈" in (office.root / "out" / "register" / "signing-small.csv").read_text("utf-8-sig").split("\n")[1]


# -- a list ------------------------------------------------------------------------------------------------------------


def workbook(path: Path, *rows: tuple[object, ...], title: str = "") -> str:
    book = Workbook()
    if title:
        book.active.append([title])
    for row in rows:
        book.active.append(row)
    book.save(path)
    return str(path)


GOOD = (
    HEAD,
    ("城西街道", "张某", AT, "电话", "值班室"),
    ("liulin", "李某", None, None, None),
    ("市住房城乡建设局", None),
)


def test_a_list_is_recorded_whole(office: Commands, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", *GOOD, title="签收情况")
    result = office("receipts", "confirm", "small", "--from", path)
    assert [line.split("\t")[:3] for line in result.output.splitlines()[:3]] == [
        ["3", "recorded", "城西街道办事处"],
        ["4", "recorded", "柳林镇人民政府"],
        ["5", "nothing to record", "市住房城乡建设局"],
    ]
    assert "2 receipts recorded, 0 recorded before, 1 rows without" in result.output
    assert (unit(office)["by"], unit(office)["since"]) == ("张某", f"{AT.replace(' ', 'T')}:00+08:00")
    assert events(office, "received")[0]["how"] == "phone"
    again = office("receipts", "confirm", "small", "--from", path).output
    assert "0 receipts recorded, 2 recorded before" in again
    assert f"recorded before: 张某, {AT}" in again
    assert len(events(office, "received")) == 2


def test_a_dry_run_shows_each_rows_fate_and_records_nothing(office: Commands, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", *GOOD)
    result = office("receipts", "confirm", "small", "--from", path, "--dry-run")
    assert "nothing was recorded: 2 rows are good" in result.output
    assert result.output.startswith("2\tgood\t城西街道办事处\t张某")
    assert events(office, "received") == []


WRONG = {
    "no unit": ("城南街道", "张某", AT, "", ""),
    "no signer": ("chengxi", "", AT, "", ""),
    "no hour": ("chengxi", "张某", f"{YESTERDAY:%Y-%m-%d}", "", ""),
    "the future": ("chengxi", "张某", f"{DUE:%Y-%m-%d} 09:00", "", ""),
    "before": ("chengxi", "张某", f"{YESTERDAY - timedelta(days=9):%Y-%m-%d} 09:00", "", ""),
    "no way": ("chengxi", "张某", AT, "飞鸽", ""),
    "twice": ("liulin", "王某", AT, "", ""),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_a_wrong_row_stops_the_list_unless_it_is_skipped(office: Commands, tmp_path: Path, row: tuple) -> None:
    path = tmp_path / "list.csv"
    rows = (HEAD, ("liulin", "李某", AT, "", ""), row)
    path.write_text("\n".join(",".join(cells) for cells in rows), "utf-8-sig")
    result = office("receipts", "confirm", "small", "--from", str(path), code=1)
    assert result.output.splitlines()[1].startswith("3\twrong\t")
    assert len(result.output.splitlines()[1].split("\t")[-1]) > 5  # says why
    assert "nothing was recorded, since 1 rows are wrong" in result.output
    assert events(office, "received") == []
    result = office("receipts", "confirm", "small", "--from", str(path), "--skip-wrong", code=1)
    assert "1 receipts recorded" in result.output
    assert [event["unit"] for event in events(office, "received")] == ["liulin"]


def test_the_signing_sheet_filled_in_is_a_list(office: Commands) -> None:
    """The office's own 签收登记表 as `register` writes it: title rows, apostrophes and all."""
    office("register", "small")
    path = office.root / "out" / "register" / "signing-small.xlsx"
    book = load_workbook(path)
    sheet = book.active
    names = [cell.value for cell in sheet[3]]
    sheet.cell(4, names.index("签收人") + 1, "=张某")
    sheet.cell(4, names.index("签收人") + 1).data_type = "s"
    sheet.cell(4, names.index("签收时间") + 1, datetime.fromisoformat(AT))
    sheet.cell(4, names.index("签收方式") + 1, "代收")
    book.save(path)
    assert "1 receipts recorded" in office("receipts", "confirm", "small", "--from", str(path)).output
    (event,) = events(office, "received")
    assert (event["unit"], event["by"], event["how"]) == ("chengxi", "=张某", "proxy")
    other = office("receipts", "confirm", "late", "--from", str(path), code=1)
    assert f"this row is about 清安办发〔{YEAR}〕" in other.output
    office("register", "small")
    text = path.with_suffix(".csv").read_text("utf-8-sig")
    path.with_suffix(".csv").write_bytes(text.encode("gb18030"))  # as Excel saves it
    again = office("receipts", "confirm", "small", "--from", str(path.with_suffix(".csv")))
    assert "0 receipts recorded, 1 recorded before" in again.output


@pytest.mark.parametrize(
    "content",
    [b"", b"unit\nchengxi\n", b"\xff\xfe\x00\x01\x80", b"PK\x03\x04 no workbook", b"%PDF-1.7", b'"unit,by'],
)
def test_a_file_that_is_no_list_is_one_line(office: Commands, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    assert str(tmp_path / "list") in said(
        office("receipts", "confirm", "small", "--from", str(tmp_path / "list"), code=1)
    )


def test_a_workbook_that_unpacks_without_end_is_refused(
    office: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circular_gen.returns.lists._LARGEST_UNPACKED", 5_000_000)
    path = workbook(tmp_path / "list.xlsx", *GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/zeros", bytes(5_000_001))
    assert "too large" in said(office("receipts", "confirm", "small", "--from", path, code=1))


def test_a_list_with_thousands_of_rows(office: Commands, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("unit", "by"))
        writer.writerows(("城西街道办事处", "张某") for _n in range(5000))
    result = office("receipts", "confirm", "small", "--from", str(path), "--skip-wrong", code=1)
    assert "1 receipts recorded" in result.output
    assert "4999 wrong" in result.output


# -- other events ------------------------------------------------------------------------------------------------------


def test_an_exempt_unit_owes_nothing(office: Commands) -> None:
    assert "overdue" in unit(office, circular="late")["flags"]
    assert "exempted, 已撤并" in office("receipts", "exempt", "late", "chengxi", "--reason", "已撤并").output
    assert "before, 已撤并" in office("receipts", "exempt", "late", "chengxi", "--reason", "另因").output
    assert unit(office, circular="late")["flags"] == ["exempt"]
    assert len(events(office, "exempted", "late")) == 1
    assert "nothing is asked" in said(office("receipts", "exempt", "late", "shizhengfu", "--reason", "x", code=1))
    told = loaded(office("receipts", "show", "late", "chengxi", "--json"))
    number = told["events"][-1]["event"]
    office("receipts", "annul", "late", "chengxi", "--event", str(number), "--reason", "弄错了")
    assert unit(office, circular="late")["flags"] == ["overdue"]
    assert "no receipt" in said(office("receipts", "annul", "late", "chengxi", "--reason", "x", code=1))
    gone = ("receipts", "annul", "late", "chengxi", "--event", str(number), "--reason", "x")
    assert "counts" in said(office(*gone, code=1))


def test_a_unit_sends_it_back(office: Commands) -> None:
    office("receipts", "return", "small", "chengxi", "--reason", "不属本单位职责", "--by", "张某", "--at", AT)
    assert "before" in office("receipts", "return", "small", "chengxi", "--reason", "不属本单位职责").output
    assert unit(office)["flags"] == ["returned"]
    assert "answer the unit" in office("receipts", "show", "small", "chengxi").output
    office("receipts", "confirm", "small", "chengxi", "--by", "张某")
    assert (unit(office)["state"], unit(office)["flags"]) == ("received", [])


def test_closing_needs_a_reason_where_something_is_owed(office: Commands) -> None:
    assert "give a reason" in said(office("receipts", "close", "small", "chengxi", code=2))
    office("receipts", "confirm", "small", "chengxi", "--by", "张某")
    assert "closed" in office("receipts", "close", "small", "chengxi").output
    assert "closed before" in office("receipts", "close", "small", "chengxi").output
    assert unit(office)["state"] == "closed"
    assert "2 units still owe" in said(office("receipts", "close", "small", code=2))
    office("receipts", "close", "late", "--reason", "工作已结束")
    summary = {one["circular"]: one for one in loaded(office("status", "--json"))["circulars"]}["late"]
    assert summary["overdue"] == 0
    assert unit(office, circular="late")["flags"] == []


def test_more_time_for_one_and_for_all(office: Commands) -> None:
    later, latest = DUE + timedelta(days=3), DUE + timedelta(days=9)
    extend = ("receipts", "extend", "late")
    asked = ("--asked", f"{YESTERDAY:%Y-%m-%d} 00:00")
    assert "due" in office(*extend, "chengxi", "--to", f"{later:%Y-%m-%d}", "--reason", "大雪封路", *asked).output
    assert "asked for before" in said(office(*extend, "liulin", "--to", f"{later:%Y-%m-%d}", "--reason", "x", code=1))
    assert unit(office, circular="late")["due"] == f"{later:%Y-%m-%d}T23:59:00+08:00"
    assert unit(office, circular="late")["flags"] == ["extended"]
    assert unit(office, "liulin", "late")["flags"] == ["overdue"]
    assert "already" in office(*extend, "chengxi", "--to", f"{later:%Y-%m-%d} 23:59", "--reason", "x").output
    office(*extend, "--to", f"{latest:%Y-%m-%d} 17:00", "--reason", "大雪封路", "--by", "王某某")
    assert unit(office, "liulin", "late")["flags"] == ["extended"]
    assert unit(office, "shizhengfu", "late")["flags"] == ["cc"], "who owes nothing has no deadline to extend"
    assert "decided by: 王某某" in office("receipts", "show", "late", "liulin").output
    assert unit(office, circular="late")["due"].startswith(f"{later:%Y-%m-%d}")  # its own stands
    assert "not later" in said(office(*extend, "--to", f"{later:%Y-%m-%d}", "--reason", "x", code=1))
    assert "tomorrow" in said(office(*extend, "--to", "tomorrow", "--reason", "x", code=2))
    assert events(office, "extended", "late")[1]["previous"].startswith(f"{YESTERDAY:%Y-%m-%d}T00:01")
    assert "no deadline" in said(office("receipts", "extend", "late", "shizhengfu", "--to", f"{later:%Y-%m-%d}",
                                        "--reason", "x", code=1))  # fmt: skip


def test_a_void_number_is_never_given(office: Commands) -> None:
    number = f"清安办发〔{YEAR}〕3号"
    assert "is void" in office("ledger", "void", number, "--reason", "印错了").output
    assert "before: 印错了" in office("ledger", "void", number, "--reason", "x").output
    (office.root / "circulars" / "third.yaml").write_text(SMALL, "utf-8")
    assert f"清安办发〔{YEAR}〕4号" in office("issue", "third").output
    said(office("ledger", "void", f"清安办发〔{YEAR}〕1号", "--reason", "x", code=1))
    assert "no document number" in said(office("ledger", "void", "3", "--reason", "x", code=2))
    assert "5–6" in office("ledger", "void", f"清安办发〔{YEAR}〕7号", "--reason", "x").stderr
    assert office("ledger", "void", f"清安办发〔{YEAR}〕9号", "--reason", "x").stderr.strip().endswith(": 8")
    office("register")
    with (office.root / "out" / "register" / f"outgoing-{YEAR}.csv").open(encoding="utf-8-sig") as file:
        assert [row[2:4] for row in csv.reader(file)][3] == [number, "（作废：印错了）"]


@pytest.mark.parametrize("command", ["exempt", "return", "extend"])
def test_a_reason_is_needed(office: Commands, command: str) -> None:
    more = ("--to", f"{DUE:%Y-%m-%d}") if command == "extend" else ()
    office("receipts", command, "small", "chengxi", *more, code=2)
    assert "reason" in said(office("receipts", command, "small", "chengxi", *more, "--reason", " ", code=2))


def test_all_that_was_recorded_is_proved(office: Commands) -> None:
    for name in UNITS:
        office("receipts", "confirm", "small", name, "--by", "张某")
    office("receipts", "return", "late", "chengxi", "--reason", "x")
    office("receipts", "close", "small", "chengxi")
    assert json.loads(office("ledger", "verify", "--json").output)["findings"] == []
    assert NOW.year == YEAR or YESTERDAY.year == YEAR
