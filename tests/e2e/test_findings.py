"""findings: hazards from tables, forms and by hand, until each is closed by a person who has seen it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import Workbook, load_workbook

from circular_gen.ledger import Draft, open_ledger

from .conftest import Commands, OfficeClock
from .test_remind import due, whole, words

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def office(spring: Commands) -> Commands:
    return spring


HEAD = ("单位", "排查时间", "部位", "隐患", "等级", "整改措施", "资金", "责任人", "期限", "应急措施")
ROWS = (
    (
        "柳林镇人民政府",
        "2027-01-20",
        "二号罐区",
        "报警器失效",
        "一般",
        "更换",
        "2万元",
        "李某",
        "2027-02-03",
        "加密巡查",
    ),
    (
        "城西街道",
        "2027-01-21",
        "=1+1",
        "@SUM(A1) 疏散通道堵塞",
        "重大事故隐患",
        "清理",
        "",
        "王某",
        "2027-03-10",
        "派人值守",
    ),
)


def table(path: Path, *rows: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> str:
    book = Workbook()
    for row in (("隐患整改台账",), head, *rows):
        book.active.append(row)
    for cells in book.active.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(path)
    return str(path)


@pytest.fixture
def entered(office: Commands, clock: OfficeClock, tmp_path: Path) -> Commands:
    clock("2027-01-22 09:00")
    office("findings", "import", "notice", table(tmp_path / "台账.xlsx", *ROWS))
    return office


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "整改后.jpg"
    path.write_bytes(b"\xff\xd8\xff a photo")
    return str(path)


def hazards(office: Commands, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(office("findings", "list", "notice", "--json", *arguments).stdout)
    return found


def test_a_table_is_entered_once(entered: Commands, tmp_path: Path) -> None:
    first, second = hazards(entered)
    assert (first["number"], first["name"], first["level"], first["due"]) == (
        1,
        "柳林镇人民政府",
        "general",
        "2027-02-03",
    )
    assert (second["level"], second["responsible"], second["place"]) == ("major", "王某", "=1+1")
    again = entered("findings", "import", "notice", str(tmp_path / "台账.xlsx"))
    assert "0 hazards entered, 2 entered before" in again.output
    assert len(hazards(entered)) == 2
    whole(entered)


def test_a_wrong_row_stops_the_table_unless_it_is_skipped(
    office: Commands,
    clock: OfficeClock,
    tmp_path: Path,
) -> None:
    clock("2027-01-22 09:00")
    wrong = ("柳林真", "明天", "罐区", "漏气", "一般", "", "", "", "2027-02-03", "")
    level = ("柳林镇", "2027-01-20", "罐区", "漏气", "特大", "", "", "", "2027-02-03", "")
    path = table(tmp_path / "台账.xlsx", ROWS[0], wrong, level)
    result = office("findings", "import", "notice", path, code=1)
    assert "柳林镇" in result.output, "the nearest name"
    assert "一般 or 重大" in result.output
    assert hazards(office) == []
    office("findings", "import", "notice", path, "--skip-wrong", code=1)
    assert [one["number"] for one in hazards(office)] == [1]
    nothing = table(tmp_path / "别的.xlsx", ("x",), head=("甲", "乙"))
    assert "隐患" in str(office("findings", "import", "notice", nothing, code=1).exception)


def test_a_table_of_one_unit_and_a_dry_run(office: Commands, clock: OfficeClock, tmp_path: Path) -> None:
    clock("2027-01-22 09:00")
    path = tmp_path / "台账.csv"
    path.write_text("隐患,部位,期限\n通道堵塞,一楼,2027年2月3日\n", "gb18030")
    assert (
        "1 rows are good" in office("findings", "import", "notice", str(path), "--unit", "liulin", "--dry-run").output
    )
    assert hazards(office) == []
    office("findings", "import", "notice", str(path), "--unit", "liulin")
    assert [(one["unit"], one["due"]) for one in hazards(office)] == [("liulin", "2027-02-03")]


def test_no_cell_of_the_exports_is_a_formula(entered: Commands, tmp_path: Path) -> None:
    xlsx, out = tmp_path / "out.xlsx", tmp_path / "out.csv"
    entered("findings", "notice", "--xlsx", str(xlsx), "--csv", str(out), "--docx", str(tmp_path / "out.docx"))
    cells = [cell for row in load_workbook(xlsx).active.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "=1+1" for cell in cells)
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert all(not cell.startswith(("=", "@", "+", "-")) for row in csv.reader(file) for cell in row)
    entered("findings", "change", "notice", "1", "--due", "2027-02-20", "--reason", "配件缺货")
    entered("findings", "notice", "--xlsx", str(xlsx))
    assert "2 entered before" in entered("findings", "import", "notice", str(xlsx)).output, "what we exported is known"


def test_the_way_to_the_end(entered: Commands, clock: OfficeClock, photo: str) -> None:
    clock("2027-02-04 09:00")
    assert [one["days_late"] for one in hazards(entered)] == [1, 0]
    assert [one["number"] for one in hazards(entered, "--late")] == [1]
    entered("findings", "close", "notice", "1", "--by", "复某", code=2)  # nothing shows it
    entered("findings", "rectified", "notice", "1", "--progress", "已更换")
    assert hazards(entered, "--late") == [], "the next step is ours"
    entered("findings", "recheck", "notice", "1", "--by", "复某", "--sent-back", "型号不符")
    assert [one["days_late"] for one in hazards(entered, "--late")] == [1]
    entered("findings", "rectified", "notice", "1", "--progress", "已更换为合格型号", "--evidence", photo)
    entered("findings", "recheck", "notice", "1", "--by", "复某")
    assert hazards(entered)[0]["state"] == "rechecked"
    entered("findings", "close", "notice", "1", "--by", "复某")
    assert [one["number"] for one in hazards(entered, "--open")] == [2]
    entered("findings", "reopen", "notice", "1", "--reason", "回头看发现又失效")
    first = hazards(entered)[0]
    assert (first["state"], first["reopened"], first["rechecker"]) == ("open", 1, "")
    entered("findings", "close", "notice", "1", "--by", "复某", "--evidence", photo)
    assert hazards(entered)[0]["state"] == "closed"
    entered("findings", "rectified", "notice", "1", "--progress", "x", code=1)
    entered("findings", "close", "notice", "9", "--by", "复某", "--evidence", photo, code=2)
    whole(entered)


def test_a_later_day_needs_a_reason_and_the_first_one_stays(
    entered: Commands, clock: OfficeClock, tmp_path: Path
) -> None:
    entered("findings", "change", "notice", "1", "--due", "2027-02-20", code=2)
    entered("findings", "change", "notice", "1", "--due", "2027-02-20", "--reason", "配件缺货", "--responsible", "赵某")
    first = hazards(entered)[0]
    assert (first["due"], first["original_due"], first["responsible"]) == ("2027-02-20", "2027-02-03", "赵某")
    assert "2027-02-20（原2027-02-03）" in entered("findings", "notice").output
    entered("findings", "notice", "--docx", str(tmp_path / "out.docx"))
    cells = [cell.text for row in Document(str(tmp_path / "out.docx")).tables[0].rows for cell in row.cells]
    assert "2027-\n02-20\n（原\n2027-\n02-03）" in cells, "a narrow column breaks a day after the year, not anywhere"


def test_what_was_entered_by_mistake_counts_no_more(entered: Commands, tmp_path: Path) -> None:
    with open_ledger(entered.root / "records" / "ledger.db") as ledger:
        event = ledger.events("notice", "liulin", kinds=("hazard-reported",))[0].sequence
    entered("receipts", "annul", "notice", "liulin", "--event", str(event), "--reason", "重复")
    assert [one["number"] for one in hazards(entered)] == [2]
    entered("findings", "add", "notice", "liulin", "--hazard", "边坡开裂")
    assert [one["number"] for one in hazards(entered)] == [2, 3], "no number twice"
    again = entered("findings", "import", "notice", str(tmp_path / "台账.xlsx"))
    assert "1 hazards entered, 1 entered before" in again.output, "what was annulled may be entered again"
    assert [one["number"] for one in hazards(entered)] == [2, 3, 4]
    whole(entered)


def test_what_units_ticked_no_on_their_checklists(office: Commands, clock: OfficeClock) -> None:
    clock("2027-01-25 09:00")
    with open_ledger(office.root / "records" / "ledger.db") as ledger:
        fields = {"form": "checklist", "answers": {"t1": "no", "t2": "yes"}, "evidence": ["ab" * 32], "machine": True}
        ledger.append(Draft("reported", "扫描", "notice", "liulin", fields))
    assert "1 rows are good" in office("findings", "import", "notice", "--forms", "--dry-run").output
    office("findings", "import", "notice", "--forms")
    office("findings", "import", "notice", "--forms")
    (one,) = hazards(office)
    assert (one["unit"], one["task"], one["hazard"]) == ("liulin", "t1", "是否开展了节前检查：否")
    assert (one["due"], one["evidence"]) == ("2027-02-05", ["ab" * 32])


def test_reminders_of_hazards_are_papers_of_their_own(
    entered: Commands,
    clock: OfficeClock,
    sent: Any,
    photo: str,
) -> None:
    entered("receipts", "confirm", "notice", "liulin", "--by", "柳某")
    entered("receipts", "confirm", "notice", "chengxi", "--by", "张某")
    entered("receipts", "confirm", "notice", "zhujian", "--by", "建某")
    clock("2027-02-03 20:00")
    assert due(entered) == {}, "the last day in time"
    clock("2027-02-04 09:00")
    assert sent() == [("liulin", "hazards", "清安办催〔2027〕1号")]
    text = words(entered.root / "records" / "reminders" / "2027" / "清安办催〔2027〕1号.pdf")
    for part in (
        "关于整改逾期隐患的催办通知（第一次）",
        "报警器失效",
        "二号罐区",
        "李某",
        "2月3日",
        "柳林镇人民政府：",
    ):
        assert part in text, part
    clock("2027-02-15 09:00")
    entered("remind")
    entered("findings", "close", "notice", "1", "--by", "复某", "--evidence", photo)
    record = json.loads(entered("remind", "--send", "--by", "王某某", "--json").stdout)
    assert (record["sent"], [one["why"] for one in record["dropped"]]) == ([], ["answered"])
    with open_ledger(entered.root / "records" / "ledger.db") as ledger:
        standing = ledger.standing("notice", "liulin")
        assert standing is not None
        assert standing.reminders == 0, "its receipt was never late"
    whole(entered)
