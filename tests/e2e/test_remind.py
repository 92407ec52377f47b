"""remind: drafts, approval, what is dropped at sending, numbers, calls, the phone list, more time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook

from circular_gen.dispatch import reminding
from circular_gen.ledger import Draft, Ledger, open_ledger

from .conftest import Commands, OfficeClock

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def office(spring: Commands) -> Commands:
    return spring


def due(office: Commands, *arguments: str) -> dict[str, str]:
    record = json.loads(office("remind", "--dry-run", "--json", *arguments).stdout)
    return {one["unit"]: one["manner"] + str(one.get("nth") or "") for one in record["drafts"]}


def ledger_of(office: Commands) -> Ledger:
    return open_ledger(office.root / "records" / "ledger.db", readonly=True)


def whole(office: Commands) -> None:
    result = office("ledger", "verify", "--json")
    assert json.loads(result.stdout)["ok"], result.stdout


def words(pdf: Path | bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def test_from_a_notice_to_an_escalation(office: Commands, clock: OfficeClock, sent: Callable[..., Any]) -> None:
    clock("2027-02-01 09:00")
    assert due(office) == {}
    assert "nothing is due" in office("remind").output
    clock("2027-02-02 09:00")
    assert sent() == [(unit, "notice", None) for unit in ("chengxi", "liulin", "zhujian")]
    office("receipts", "confirm", "notice", "chengxi", "--by", "张某")
    clock("2027-02-04 09:00")
    assert sent() == [("liulin", "reminder", "清安办催〔2027〕1号"), ("zhujian", "reminder", "清安办催〔2027〕2号")]
    assert sent() == [], "they were reminded just now"
    clock("2027-02-08 09:00")
    assert sent() == [], "the holiday"
    clock("2027-02-15 09:00")
    office("receipts", "confirm", "notice", "zhujian", "--by", "建某")
    assert sent() == [("liulin", "reminder", "清安办催〔2027〕3号")]
    clock("2027-02-17 09:00")
    assert sent() == [("liulin", "escalation", "清安办督〔2027〕1号")]
    clock("2027-02-19 09:00")
    assert due(office) == {}
    clock("2027-02-26 09:00")
    assert sent() == [(unit, "bulletin", "清安办通〔2027〕1号") for unit in ("chengxi", "liulin", "zhujian")]
    clock("2027-03-10 09:00")
    assert sent() == []
    whole(office)
    with ledger_of(office) as ledger:
        numbers = [(n.code, n.ordinal) for n in ledger.numbers(2027) if n.circular is None]
        assert numbers == [("清安办催", 1), ("清安办催", 2), ("清安办催", 3), ("清安办督", 1), ("清安办通", 1)]
        standing = ledger.standing("notice", "liulin")
        assert standing is not None
        assert standing.reminders == 3, "two reminders and the escalation; the notice and the bulletin are none"
        issued = [event.payload for event in ledger.events("notice", "liulin", kinds=("reminder-issued",))]
        assert issued[-1]["superior"] == "市政府办公室"


def test_the_papers_say_what_is_recorded(office: Commands, clock: OfficeClock, sent: Callable[..., Any]) -> None:
    clock("2027-02-04 09:00")
    sent()
    folder = office.root / "records" / "reminders" / "2027"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"清安办催〔2027〕{n}号.{suffix}" for n in (1, 2, 3) for suffix in ("docx", "pdf")
    ]
    text = words(folder / "清安办催〔2027〕2号.pdf")
    for part in (
        *("清安办催〔2027〕2号", "关于报送签收回执的催办通知（第一次）", "柳林镇人民政府：", "依据该通知第一部分"),
        *("截至2027年2月4日9时", "已逾期1天", "2027年2月3日17时", "2027年2月4日"),
    ):
        assert part in text, part
    document = Document(str(folder / "清安办催〔2027〕2号.docx"))
    docx = "".join(paragraph.text for paragraph in document.paragraphs)
    docx += "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "清安办催〔2027〕2号" in docx
    assert "柳林镇人民政府" in docx
    with ledger_of(office) as ledger:
        evidence = ledger.events("notice", "liulin", kinds=("reminded",))[-1].payload["evidence"]
    kept = {path.name[:64]: path for path in (office.root / "records" / "evidence").glob("*/*")}
    assert kept[evidence[0]].read_bytes() == (folder / "清安办催〔2027〕2号.pdf").read_bytes()
    printed = words(office.root / "out" / "reminders" / "print.pdf")
    assert all(f"清安办催〔2027〕{n}号" in printed for n in (1, 2, 3))


def test_a_slip_that_comes_back_is_for_a_person(
    office: Commands, clock: OfficeClock, sent: Callable[..., Any], tmp_path: Path
) -> None:
    """Its code says whose it is; no machine reads what is written on it."""
    clock("2027-02-04 09:00")
    sent()
    clock("2027-02-16 09:00")
    assert ("liulin", "escalation", "清安办督〔2027〕2号") in sent()
    paper = office.root / "records" / "reminders" / "2027" / "清安办督〔2027〕2号.pdf"
    text = words(paper)
    for part in (
        "关于报送签收回执的督办通知",
        "督办事项办理情况回执",
        "王某某",
        "2027年2月18日前",
        "抄送：市政府办公室",
    ):
        assert part in text, part
    scan = tmp_path / "督办回执.png"
    pypdfium2.PdfDocument(paper)[2].render(scale=200 / 72).to_pil().save(scan)
    record = json.loads(office("receipts", "scan", str(scan), "--jobs", "1", "--json", code=1).stdout)
    page = record["pages"][0]
    assert (page["fate"], page["circular"], page["unit"], page["form"]) == ("review", "notice", "liulin", "escalation")
    assert "liulin" not in due(office), "its answer waits for us"


def test_the_register_of_reminders(office: Commands, clock: OfficeClock, sent: Callable[..., Any]) -> None:
    clock("2027-02-04 09:00")
    sent()
    office("register")
    book = load_workbook(office.root / "out" / "register" / "reminders-2027.xlsx").active
    rows = [row for row in book.iter_rows(min_row=4, values_only=True) if row[2]]
    assert [row[2] for row in rows] == [f"清安办催〔2027〕{n}号" for n in (1, 2, 3)]
    assert (rows[1][3], rows[1][6], rows[1][8], rows[1][9]) == ("催办", "柳林镇人民政府", "王某某", "纸质")
    outgoing = load_workbook(office.root / "out" / "register" / "outgoing-2027.xlsx").active
    assert not any("催" in str(cell) for row in outgoing.iter_rows(min_row=4, values_only=True) for cell in row)


def test_who_answers_between_draft_and_sending_is_left_out(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    office("remind")
    office("receipts", "confirm", "notice", "chengxi", "--by", "张某")
    office("receipts", "exempt", "notice", "zhujian", "--reason", "机构已撤并")
    record = json.loads(office("remind", "--send", "--by", "王某某", "--json").stdout)
    assert [(one["unit"], one["number"]) for one in record["sent"]] == [("liulin", "清安办催〔2027〕1号")], "no gap"
    assert record["dropped"] == [
        {"circular": "notice", "unit": "chengxi", "why": "answered"},
        {"circular": "notice", "unit": "zhujian", "why": "answered"},
    ]
    office("remind", "--send", "--by", "王某某", code=1)  # what was decided is no draft any more
    whole(office)


def test_an_answer_while_the_press_works_is_seen(
    office: Commands, clock: OfficeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock("2027-02-04 09:00")
    office("remind")
    make = reminding.ReminderPress.make
    runs: list[int] = []

    def slow(self: Any, wanted: Any) -> Any:
        runs.append(len(wanted))
        if len(runs) == 1:
            with open_ledger(office.root / "records" / "ledger.db") as ledger:
                ledger.append(Draft("received", "扫描", "notice", "chengxi", {"by": "张某"}))
        return make(self, wanted)

    monkeypatch.setattr(reminding.ReminderPress, "make", slow)
    record = json.loads(office("remind", "--send", "--by", "王某某", "--json").stdout)
    assert [(one["unit"], one["number"][-2:]) for one in record["sent"]] == [("liulin", "1号"), ("zhujian", "2号")]
    assert runs == [3, 2]
    whole(office)


def test_a_bulletin_of_yesterdays_facts_is_not_sent(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    office("remind", "notice", "--bulletin")
    office("receipts", "confirm", "notice", "chengxi", "--by", "张某")
    record = json.loads(office("remind", "--send", "--by", "王某某", "--json").stdout)
    assert {"circular": "notice", "unit": None, "why": "changed"} in record["dropped"]
    clock("2027-02-14 09:00")
    office("remind", "notice", "--bulletin")
    office("remind", "--send", "--by", "王某某")
    text = words(office.root / "records" / "reminders" / "2027" / "清安办通〔2027〕1号.pdf")
    for part in ("关于做好节前安全检查工作通知签收情况的通报", "截至2027年2月14日9时", "应报送单位3个", "已报送1个",
                 "逾期未报送2个", "柳林镇人民政府、", "抄送：市政府办公室"):  # fmt: skip
        assert part in text, part


def test_quiet_hours_and_days_off(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 19:00")
    assert "2027-02-14 08:30" in office("remind").stderr
    refused = office("remind", "--send", "--by", "王某某", code=1)
    assert "2027-02-14 08:30" in str(refused.exception)
    assert "3 sent" in office("remind", "--send", "--by", "王某某", "--anyway").output


def test_a_person_may_send_on_a_day_off(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-10 09:00")
    assert due(office) == {}
    assert due(office, "--anyway") == dict.fromkeys(("chengxi", "liulin", "zhujian"), "reminder1")


def test_nobody_sends_without_saying_who_approves(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    office("remind")
    office("remind", "--send", code=2)
    with ledger_of(office) as ledger:
        assert not ledger.events(kinds=("reminded", "reminder-issued"))


def test_only_some_are_sent_and_the_rest_stays_drafted(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    office("remind")
    office("remind", "--send", "--by", "王某某", "--only", "liulin")
    record = json.loads(office("remind", "--send", "--by", "王某某", "--json").stdout)
    assert [one["unit"] for one in record["sent"]] == ["chengxi", "zhujian"]


def test_a_circular_that_announced_none_is_left_alone(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    assert all(one["circular"] == "notice" for one in json.loads(office("remind", "--json").stdout)["drafts"])
    assert "announced no reminders" in office("remind", "silent").stderr
    assert due(office, "silent", "--undeclared") == dict.fromkeys(("chengxi", "liulin", "zhujian"), "reminder1")


def test_a_later_policy_of_the_office_changes_nothing(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    path = office.root / "office.yaml"
    path.write_text(path.read_text("utf-8").replace("first: 1 ", "first: 9 "), "utf-8")
    assert len(due(office)) == 3


def test_calls_are_recorded_and_count_as_messages(office: Commands, clock: OfficeClock) -> None:
    clock("2027-02-04 09:00")
    office("remind", "called", "notice", "柳林镇人民政府", "--answer", "今天下午交", "--by", "综合科", "--to", "柳某")
    assert set(due(office)) == {"chengxi", "zhujian"}
    story = office("receipts", "show", "notice", "liulin").output
    assert "今天下午交" in story
    assert "on the phone" in story


def test_the_phone_list(office: Commands, clock: OfficeClock, tmp_path: Path) -> None:
    clock("2027-02-04 09:00")
    office("receipts", "confirm", "notice", "chengxi", "--by", "张某")
    table = office("remind", "--phone").output.splitlines()
    assert [line.split("\t")[1] for line in table[1:]] == ["柳林镇人民政府", "清河市住房和城乡建设局"]
    xlsx, docx = tmp_path / "phone.xlsx", tmp_path / "phone.docx"
    office("remind", "--phone", "--undeclared", "notice", "silent", "--xlsx", str(xlsx), "--docx", str(docx))
    rows = list(load_workbook(xlsx).active.iter_rows(min_row=4, values_only=True))
    assert [row[1] for row in rows if row[4]] == [
        "柳林镇人民政府",
        None,
        "清河市住房和城乡建设局",
        None,
        "城西街道办事处",
    ]
    assert "电话催办记录表" in "".join(paragraph.text for paragraph in Document(str(docx)).paragraphs)


def test_more_time_is_asked_for_before_the_deadline_and_decided_by_a_person(
    office: Commands, clock: OfficeClock
) -> None:
    clock("2027-02-03 10:00")
    office("extend", "notice", "liulin", "--to", "2027-02-18 17:00", "--reason", "大雪封路", "--by", "王某某")
    office("extend", "notice", "zhujian", "--to", "2027-02-18", "--refuse", "--reason", "时间充足", "--by", "王某某")
    clock("2027-02-04 09:00")
    assert due(office) == {"chengxi": "reminder1", "zhujian": "reminder1"}
    office("extend", "notice", "chengxi", "--to", "2027-02-18", "--reason", "晚了", code=1)
    office(
        "extend", "notice", "chengxi", "--to", "2027-02-18 17:00", "--reason", "大雪封路", "--asked", "2027-02-03 16:00"
    )
    units = {one["unit"]: one for one in json.loads(office("status", "notice", "--json").stdout)["units"]}
    assert units["chengxi"]["due"].startswith("2027-02-18T17:00")
    assert units["chengxi"]["original_due"].startswith("2027-02-03T17:00")
    assert "more time refused" in office("receipts", "show", "notice", "zhujian").output
    clock("2027-02-19 09:00")
    office("remind")
    office("remind", "--send", "--by", "王某某")
    text = words(office.root / "records" / "reminders" / "2027" / "清安办催〔2027〕1号.pdf")
    assert "原定2027年2月3日17时，已同意延期" in text
    whole(office)
