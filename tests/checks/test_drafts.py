"""Lint: each fault at its place with what would be right, and silence about good papers."""

import time
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from circular_gen.checks.drafts import lint
from circular_gen.resources import SAMPLE
from circular_gen.workspace import open_workspace

from ..desk import CIRCULAR, OFFICE, RECIPIENTS, TODAY, Desk, place_of, places

BODY = "现就有关要求通知如下："
ANNEX = "annexes:\n  - {title: 甲表, body: 正文。}\n"
LONG = "关于" + "进一步" * 15 + "做好工作的通知"

WARNED = [
    # what is replaced, by what, where the fault begins, its code, what the message names
    (BODY, "各单位要落实,不得马虎。", ",不", "half-width-punctuation", [",", "，"]),
    (BODY, "各单位要落实。现通知如下:", ":\n  一", "half-width-punctuation", [":", "："]),
    (BODY, "各镇(街道要落实。", "(街道", "half-width-punctuation", ["(", "（"]),
    (BODY, "为什么?因为重要。", "?因", "half-width-punctuation", ["?", "？"]),
    (BODY, "各单位要落实.各单位", ".各", "half-width-punctuation", [".", "。"]),
    (BODY, '做到"三不停。', '"三', "straight-quote", ["“ ”"]),
    (BODY, "做到'三不停。", "'三", "straight-quote", ["‘ ’"]),
    (BODY, "各单位要落实。。", "。。", "doubled-mark", ["。。"]),
    (BODY, "各单位，、要落实。", "，、", "doubled-mark", ["，、"]),
    (BODY, "各单位要落实？。", "？。", "doubled-mark", ["？。"]),
    (BODY, "按照清政发[2026]3号要求落实。", "[2026]3号", "year-bracket", ["〔 〕"]),
    (BODY, "按照清政发【2026】3号要求落实。", "【2026】3号", "year-bracket", ["【2026】3号"]),
    (BODY, "按照清政发（2026）3号要求落实。", "（2026）", "year-bracket", ["（2026）"]),
    (BODY, "按照清政发〔2026〕第3号要求落实。", "〔2026〕第3", "year-bracket", ["第"]),
    (BODY, "按照清政发〔2026〕03号要求落实。", "〔2026〕03", "year-bracket", ["〔2026〕03号"]),
    (BODY, "各单位要落实。  ", "  \n  一、", "trailing-space", []),
    (BODY, "各单位要落实。\u3000", "\u3000\n", "trailing-space", []),
    (BODY, "\u3000\u3000各单位要落实。", "\u3000\u3000各", "indent-space", []),
    (BODY, "各单位\u200b要落实。", "\u200b", "invisible-character", ["U+200B"]),
    (BODY, "各单位\u00ad要落实。", "\u00ad", "invisible-character", ["U+00AD"]),
    ("二、压实", "三、压实", "三、压实", "numbering-jump", ["三、", "二、"]),
    ("二、压实", "一、压实", "一、压实", "numbering-repeat", ["一、", "二、"]),
    ("一、提高认识。各单位要高度重视。\n  二", "二、提高。\n  三", "二、提高", "numbering-jump", ["一、"]),
    ("二、压实", "（一）甲。\n  （三）乙。\n  二、压实", "（三）", "numbering-jump", ["（三）", "（二）"]),
    ("二、压实", "（一）甲。\n  1.乙。\n  1.丙。\n  二、压实", "1.丙", "numbering-repeat", ["1.", "2."]),
    ("二、压实", "1.甲。\n  （1）乙。\n  （4）丙。\n  二、压实", "（4）", "numbering-jump", ["（4）", "（2）"]),
    ("二、压实", "（二）乙。\n  二、压实", "（二）", "numbering-jump", ["（一）"]),
    (BODY, "填报检查表（附件）。", "附件）", "missing-annex", ["附件", "0"]),
    (BODY, "填报检查表（见附件2）。", "附件2", "missing-annex", ["附件2", "0"]),
    (BODY, "详见附件1—3。", "附件1—3", "missing-annex", ["附件1—3"]),
    (BODY, "请按附件要求填报。", "按附件", "missing-annex", ["附件"]),
    ("的通知\nnumber", "的意见\nkind: 通知\nnumber", "关于做好防汛工作的意见", "title-kind", ["通知"]),
    ("关于做好防汛工作的通知", "关于做好防汛工作", "关于做好防汛工作", "title-kind", ["通知"]),
    ("关于做好防汛工作的通知", LONG, LONG, "title-long", [str(len(LONG)), "50"]),
    ("date: 2026-01-05", "date: 2027-01-06", "2027-01-06", "date-far", ["2027-01-06"]),
    ("body:", "receipt: {ask: report, basis: 第二部分}\nbody:", "receipt", "receipt-no-deadline", ["截止"]),
    ("body:", "receipt: {ask: report, by: 2026-01-25 17:00}\nbody:", "receipt", "receipt-no-basis", ["依据"]),
    ("body:", "tasks: [{id: t1, text: 甲, for: {units: [shuiwu]}}]\nbody:", "{units:", "task-no-unit", ["t1"]),
    ("body:", "tasks: [{id: t1, text: 甲, for: {tags: [学校]}}]\nbody:", "{tags", "task-no-unit", ["t1"]),
    ("body:", "kind: 请示\nbody:", "请示\nbody", "no-approver", ["请示", "签发人"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where", "code", "named"), WARNED, ids=[f"{w[3]}-{n}" for n, w in enumerate(WARNED)]
)
def test_a_fault_warns_at_its_place_with_the_right_thing(
    desk: Desk, old: str, new: str, where: str, code: str, named: list[str]
) -> None:
    assert CIRCULAR.count(old) == 1
    text = CIRCULAR.replace(old, new)
    found = [finding for finding in desk.lint(text) if finding.code == code]
    assert [(finding.line, finding.column) for finding in found] == [place_of(text, where)], [str(f) for f in found]
    assert found[0].severity == "warning"
    assert all(name in found[0].message for name in named), found[0].message
    others = {finding.code for finding in desk.lint(text)} - {code}
    assert others <= {"other-year", "unknown-word", "title-kind", "no-glyph"}, others


def test_a_good_draft_is_silent(desk: Desk) -> None:
    assert desk.lint(CIRCULAR) == ()


@pytest.mark.parametrize("name", ["2026-winter-safety", "2026-work-meeting", "2026-flood-check"])
def test_the_samples_are_silent(name: str) -> None:
    assert [str(finding) for finding in lint(open_workspace(SAMPLE), name, date(2026, 11, 24))] == []


SENTENCES = """\
为贯彻落实党的二十大精神，按照《中华人民共和国安全生产法》第二十一条规定，制定本方案。
2026年1月至3月，全市共排查隐患1,234处，整改率98.5%，同比提高3.2个百分点。
会议时间：2026年1月15日（星期四）9:30，会期半天。
会议地点：市政府1号楼3层305会议室。
联系人：张某，电话：0359-0000000、13800000001，电子邮箱：office@example.org。
请登录http://www.example.org/aq/2026?id=3&x=1下载表格。
坚持“管行业必须管安全、管业务必须管安全、管生产经营必须管安全”。
讲话中引用了“‘十四五’规划”的表述。
他问：“准备好了吗？”大家回答：“准备好了！”
依据《清河市突发事件总体应急预案》（清政发〔2025〕12号）、清安办发〔2026〕3号要求执行。
依据（2026）京01民初12号判决书办理。
执行GB/T 9704—2012、GB 6441-1986和JGJ 59-2011标准。
采用A4纸（210mm×297mm）双面打印，一式3份。
温度降至-5℃以下、风力达6级（10.8～13.8m/s）时停止作业。
安排“四不两直”检查，即：不发通知、不打招呼、不听汇报、不用陪同接待，直奔基层、直插现场。
一是提高认识；二是压实责任；三是强化督查。
其中，甲类12家，乙类8家，丙类（含个体）30家……
全市5个镇、4个街道（开发区）均已完成任务，完成率100%。
请于1月25日17:00前将《报名回执》（加盖公章）报市安委会办公室。
每人每天补助标准为120元/人·天，合计3,600.00元。
COVID-19期间，PM2.5平均浓度为35μg/m³。
附件所列单位由市应急管理局（以下简称“市应急局”）牵头。
原《清河市安全生产考核办法》同时废止。
《办法》附件2所列目录按原渠道报送，省安委办〔2025〕8号附件3不再执行。
“两会”、五一、国庆等重要时段，实行24小时值班。
项目编号：QH-2026-001（第1期）。
单位负责人（签字）：________。
是否停产（是□，否□）？如是，请说明原因。
版本V2.1.3于2026.1.5上线，IP为10.0.0.1，端口8080。
感谢各单位的支持！特此通知。
责任分工：市公安局——道路交通；市消防救援局——火灾防控。
按1∶500比例绘制，误差不超过±0.5%（即5‰）。
比率由3:2调整为1:1，见图3-1、表2.1。
“安全生产月”期间，开展“五进”（进企业、进农村、进社区、进学校、进家庭）活动。
""".splitlines()


def test_ordinary_official_sentences_raise_no_alarm(desk: Desk) -> None:
    assert len(SENTENCES) >= 30
    text = CIRCULAR.replace(BODY, "\n  ".join(SENTENCES))
    assert [(text.splitlines()[f.line - 1][f.column - 1 :][:12], f.code) for f in desk.lint(text)] == []


@pytest.mark.parametrize(
    "body",
    [
        "一、甲。\n（一）乙。\n1.丙。\n（1）丁。\n（2）戊。\n2.己。\n（1）庚。\n（二）辛。\n1.壬。\n二、癸。\n（一）子。",
        "一、甲。\n1.乙。\n2.丙。\n二、丁。\n1.戊。",
        "1.甲。\n2.乙。\n（1）丙。\n3.丁。",
        "\n".join(f"{n}、甲。" for n in "一二三四五六七八九十") + "\n十一、乙。\n十二、丙。",
        "1.5倍以上的处罚。\n2.0版系统上线。\n3日内报送。\n（2026年）",
        "1、甲。\n2．乙。\n(3)丙。".replace("(3)", "3."),
    ],
)
def test_right_numbering_is_silent(desk: Desk, body: str) -> None:
    assert desk.lint(CIRCULAR.split("body:", 1)[0] + "body: |\n  " + body.replace("\n", "\n  ") + "\n") == ()


def test_numbering_starts_anew_in_an_annex(desk: Desk) -> None:
    text = CIRCULAR + "annexes:\n  - title: 甲\n    body: |\n      一、乙。\n      二、丙。\n      四、丁。\n"
    (found,) = desk.lint(text)
    assert (found.line, found.column, found.code) == (*place_of(text, "四、"), "numbering-jump")


@pytest.mark.parametrize(
    ("says", "annexes", "found"),
    [
        ("填报检查表（见附件）。", 1, 0),
        ("填报附件1、附件2。", 2, 0),
        ("填报附件1、附件2。", 1, 1),
        ("详见附件1至附件3。", 2, 1),
        ("详见附件三。", 3, 0),
        ("填报《检查表》（附件 2）。", 1, 1),
    ],
)
def test_annexes_named_and_there(desk: Desk, says: str, annexes: int, found: int) -> None:
    text = (
        CIRCULAR.replace(BODY, says)
        + "annexes:\n"
        + "".join(f"  - {{title: 表{n}, body: 文。}}\n" for n in range(annexes))
    )
    assert [finding.code for finding in desk.lint(text)] == ["missing-annex"] * found


def test_an_annex_named_by_a_task(desk: Desk) -> None:
    text = CIRCULAR + "tasks:\n  - {id: t1, text: 填报附件3, basis: 一}\n" + ANNEX
    (found,) = desk.lint(text)
    assert (found.line, found.column, found.code) == (*place_of(text, "附件3"), "missing-annex")


def test_every_text_of_the_file_is_looked_at(desk: Desk) -> None:
    """Titles, tables, tasks, the receipt, the note; not the names of files."""
    text = (
        CIRCULAR.replace("防汛工作", "防汛,工作")
        + "annexes:\n  - {title: '甲(表', table: {columns: [项目;标准], rows: [[值守。。]]}}\n"
        + "tasks:\n  - {id: t1, text: 查台账!好, method: '看\"现场'}\n"
        + "receipt: {ask: report, by: 2026-02-01, basis: 第二部分;第三}\nnote: 此件,公开\n"
    )
    codes = places(desk.lint(text))
    assert [(line, code) for line, _column, code in codes] == [
        (1, "half-width-punctuation"),
        (10, "half-width-punctuation"),
        (10, "half-width-punctuation"),
        (10, "doubled-mark"),
        (12, "half-width-punctuation"),
        (12, "straight-quote"),
        (13, "half-width-punctuation"),
        (14, "half-width-punctuation"),
    ]
    folder = desk.root / "circulars" / "files"
    folder.mkdir()
    (folder / "表,甲。。.pdf").write_bytes(b"")
    (folder / "circular.yaml").write_text(
        CIRCULAR.replace("number: 清安办发〔2026〕1号\n", "") + "附件: [{标题: 甲, 文件: '表,甲。。.pdf'}]\n", "utf-8"
    )
    assert {found.code for found in lint(desk.open(), "files", TODAY)} <= {
        "annex-file"
    }  # names of files are as they are


def test_a_character_that_no_font_has_is_an_error_once_a_text(desk: Desk) -> None:
    text = CIRCULAR.replace(BODY, "各单位😀要😀落实。")
    (found,) = desk.lint(text)
    assert (found.line, found.column, found.severity, found.code) == (*place_of(text, "😀"), "error", "no-glyph")
    assert "😀" in found.message


def test_an_annex_file_that_cannot_be_read_is_an_error_where_it_is_named(desk: Desk) -> None:
    (desk.root / "circulars" / "方案.docx").write_bytes(b"PK\x03\x04")
    text = CIRCULAR + "annexes:\n  - {title: 方案, file: 方案.docx}\n"
    (found,) = [finding for finding in desk.lint(text) if finding.code == "annex-file"]
    assert (found.line, found.column, found.severity) == (*place_of(text, "方案.docx"), "error")


def test_the_words_of_annex_files_are_looked_at_too(desk: Desk) -> None:
    (desk.root / "circulars" / "名单.csv").write_text("姓名,备注\n张😀,好\n机密★1年,无\n", "utf-8")
    text = CIRCULAR + "annexes:\n  - {title: 名单, file: 名单.csv}\n"
    place = place_of(text, "名单.csv")
    found = {(f.line, f.column, f.severity, f.code) for f in desk.lint(text) if f.line == place[0]}
    assert found == {(*place, "error", "no-glyph"), (*place, "error", "classified")}


def test_one_number_for_two_circulars(desk: Desk) -> None:
    desk.put(CIRCULAR, "earlier")
    desk.put("a: [", "broken")
    desk.put("- a\n", "odd")
    (found,) = desk.lint(CIRCULAR)
    assert (found.line, found.column, found.severity, found.code) == (2, 9, "error", "number-twice")
    assert "earlier" in found.message
    assert desk.lint(CIRCULAR.replace("1号", "2号")) == ()
    assert desk.lint(CIRCULAR.replace("number: 清安办发〔2026〕1号\n", "")) == ()


@pytest.mark.parametrize(
    ("day", "today", "far"),
    [
        ("2027-01-05", TODAY, False),
        ("2027-01-06", TODAY, True),
        ("2025-02-28", date(2024, 2, 29), False),
        ("2020-01-01", TODAY, False),
    ],
)  # fmt: skip
def test_a_date_over_a_year_ahead(desk: Desk, day: str, today: date, far: bool) -> None:
    text = CIRCULAR.replace("2026-01-05", day).replace("number: 清安办发〔2026〕1号\n", "")
    assert [finding.code for finding in desk.lint(text, today)] == ["date-far"] * far


def test_without_a_day_the_present_one_counts(desk: Desk) -> None:
    desk.put(CIRCULAR.replace("2026-01-05", "2999-01-05"))
    assert "date-far" in {finding.code for finding in lint(desk.open(), "notice")}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("关于印发管理办法的通知（试行）", "通知"),
        ("清河市人民政府令", "命令"),
        ("关于商请支持的函", "函"),
        ("关于加强\n  安全工作的通知", "通知"),
    ],
)  # fmt: skip
def test_titles_that_end_as_they_should(desk: Desk, title: str, kind: str) -> None:
    text = CIRCULAR.replace("关于做好防汛工作的通知", f"|\n  {title}\nkind: {kind}")
    assert desk.lint(text) == ()


def test_a_title_of_fifty_characters_is_not_long(desk: Desk) -> None:
    title = "关于" + "甲" * 45 + "的通知"
    assert len(title) == 50
    assert desk.lint(CIRCULAR.replace("关于做好防汛工作的通知", title)) == ()


def test_the_picture_of_a_seal_is_said_to_be_no_seal(desk: Desk) -> None:
    Image.new("RGB", (50, 50), "red").save(desk.root / "seal.png")
    desk.office(OFFICE + "seal: {image: seal.png}\n")
    assert [finding.code for finding in desk.lint(CIRCULAR)] == ["seal-picture"]
    assert desk.lint(CIRCULAR + "signature: unsealed\n") == ()
    found = desk.lint(CIRCULAR + "issuers: [清河市安全生产委员会办公室, 清河市公安局]\n")
    assert [finding.code for finding in found] == ["seal-missing", "seal-picture"]
    assert "清河市公安局" in found[0].message
    (desk.root / "seal.png").write_bytes(b"no picture")
    (found_,) = desk.lint(CIRCULAR)
    assert (found_.code, found_.severity, found_.line) == ("seal-file", "error", 3)


def test_units_without_contact_are_named_and_counted(desk: Desk) -> None:
    contacts = "contacts: [{name: 甲, duty: 校长}]"
    schools = [f"  - {{id: s{n}, name: 第{n}中学, short: {n}中, tags: [学校], {contacts}}}\n" for n in range(1, 8)]
    desk.recipients(RECIPIENTS.replace("groups:", "".join(schools) + "groups:\n  各学校: {tags: [学校]}"))
    text = CIRCULAR.replace("各镇（街道），清", "各镇（街道），各学校，清")
    (found,) = desk.lint(text)
    assert (found.line, found.column, found.severity, found.code) == (4, 13, "warning", "unit-no-contact")
    assert "7" in found.message
    assert "1中、2中、3中、4中、5中 …" in found.message
    (found,) = desk.lint(CIRCULAR + "cc: 3中\n")
    assert (found.line, found.code) == (9, "unit-no-contact")
    assert "3中" in found.message
    assert "…" not in found.message


def test_lint_says_what_reading_says_and_its_own_in_the_files_order(desk: Desk) -> None:
    text = (
        CIRCULAR.replace("title: 关", "title: 关 ,于")
        .replace("date: 2026-01-05", "dat: 2026-01-05")
        .replace("二、", "三、")
    )
    found = desk.lint(text.replace("高度重视", "高度,重视"))
    assert places(found) == [
        (1, 1, "missing"),
        (3, 1, "unknown-key"),
        (7, 16, "half-width-punctuation"),
        (8, 3, "numbering-jump"),
    ]


def test_a_file_that_cannot_be_read_has_only_that(desk: Desk) -> None:
    assert [finding.code for finding in desk.lint("a: [")] == ["yaml"]
    assert [finding.code for finding in desk.lint("甲, 乙")] == ["wrong-type"]


def test_chinese_keys_are_linted_too(desk: Desk) -> None:
    text = (
        CIRCULAR.replace("title:", "标题:").replace("number:", "文号:").replace("date:", "日期:")
        .replace("addressees:", "主送:").replace("body:", "正文:").replace(BODY, "落实,好（见附件2）。")
    ) + "回执: {方式: 反馈}\n任务: [{编号: t1, 内容: 甲, 对象: {单位: 市水务局}}]\n"  # fmt: skip
    assert places(desk.lint(text)) == [
        (6, 5, "half-width-punctuation"),
        (6, 9, "missing-annex"),
        (9, 1, "receipt-no-basis"),
        (9, 1, "receipt-no-deadline"),
        (10, 26, "task-no-unit"),
    ]


def test_a_long_run_of_spaces_takes_no_time(desk: Desk) -> None:
    begun = time.process_time()
    (found,) = desk.lint(CIRCULAR.replace(BODY, "各" + " " * 100_000 + "单位" + " " * 100_000))
    assert found.code == "trailing-space"
    assert time.process_time() - begun < 20  # minutes, if it took the square


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=" \u3000一二三、（）()1.2。，,:：\"'附件1-3〔〕[]2026第号甲乙\n", max_size=60))
def test_no_body_raises_and_every_finding_lies_in_it(desk: Desk, body: str) -> None:
    text = CIRCULAR.split("body:", 1)[0] + "body: |2\n  甲\n  " + body.replace("\n", "\n  ") + "\n"
    lines = text.split("\n")
    for finding in desk.lint(text):
        assert finding.line == 4 or 5 <= finding.line <= len(lines)
        assert finding.column <= len(lines[finding.line - 1]) + 1
