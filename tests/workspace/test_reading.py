"""Whatever a file holds: each mistake has its line, its column, its code and the nearest right thing; all of a file's
mistakes come at once; and nothing takes long."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circular_gen.workspace import reading
from circular_gen.workspace.reading import LIMIT, MOST, Document, parse, read

from ..desk import CIRCULAR, Desk, place_of, places


def changed(old: str, new: str) -> str:
    assert old in CIRCULAR
    return CIRCULAR.replace(old, new, 1)


def added(lines: str) -> str:
    return CIRCULAR + lines


TASK = "tasks:\n  - {id: t1, text: 查台账}\n"

FAULTS = [
    # what a clerk wrote, where the mistake begins, its code, what the message must name
    (added("titel: 甲\n"), "titel", "unknown-key", ["titel", "title（标题）"]),
    (added("主题: 甲\n"), "主题", "unknown-key", ["主题", "title（标题）"]),
    (added("紧急: 甲\n"), "紧急:", "unknown-key", ["urgency（紧急程度）"]),
    (added("xyzzy: 甲\n"), "xyzzy", "unknown-key", ["xyzzy", "addressees（主送）", "receipt（回执）"]),
    (added("receipt: {aks: report}\n"), "aks", "unknown-key", ["ask（方式）"]),
    (added("回执: {方法: 签收}\n"), "方法", "unknown-key", ["ask（方式）"]),
    (added("tasks:\n  - {id: t1, text: 甲, for: {sector: [矿山]}}\n"), "sector:", "unknown-key", ["sectors（行业）"]),
    (added("annexes:\n  - title: 甲\n    body: 乙\n    tabel: 丙\n"), "tabel", "unknown-key", ["table（表格）"]),
    (added("body: 乙\n"), "body: 乙", "duplicate-key", ["body"]),
    (added("标题: 乙\n"), "标题: 乙", "duplicate-key", ["title（标题）"]),
    (changed("title: 关于做好防汛工作的通知\n", ""), "number", "missing", ["title（标题）"]),
    (changed("date: 2026-01-05\n", ""), "title", "missing", ["date（成文日期）"]),
    (changed("关于做好防汛工作的通知", ""), "title", "empty", ["title（标题）"]),
    (changed("关于做好防汛工作的通知", "''"), "''", "empty", ["title（标题）"]),
    (added("tasks:\n  - {id: t1}\n"), "{id: t1}", "missing", ["text（内容）"]),
    (added("tasks: 查台账\n"), "查台账", "wrong-type", ["tasks（任务）", "查台账"]),
    (added("tasks:\n  - 查台账\n"), "查台账", "wrong-type", ["tasks（任务）", "查台账"]),
    (added("receipt: [report]\n"), "[report]", "wrong-type", ["receipt（回执）"]),
    (added("note: {a: 甲}\n"), "{a: 甲}", "wrong-type", ["note（附注）"]),
    (added("note: [甲]\n"), "[甲]", "wrong-type", ["note（附注）"]),
    (added("receipt: {people: 很多}\n"), "很多", "wrong-type", ["people（人数）", "很多"]),
    (added("receipt: {people: 31}\n"), "31}", "wrong-value", ["people（人数）", "30"]),
    (added("annexes: [{title: 甲, body: 乙, landscape: 横}]\n"), "横}", "wrong-type", ["landscape（横排）", "横"]),
    (changed("清安办发〔2026〕1号", "|\n  甲\n  乙"), "|\n  甲", "wrong-text", ["number（发文字号）"]),
    (changed("date: 2026-01-05", "date: 2026-02-30"), "2026-02-30", "impossible-date", ["2026-02-30", "28"]),
    (changed("date: 2026-01-05", "date: 2024年2月30日"), "2024年2", "impossible-date", ["29"]),
    (changed("date: 2026-01-05", "date: 2026-13-01"), "2026-13", "impossible-date", ["2026-13-01", "2026-01-05"]),
    (changed("date: 2026-01-05", "date: 明天"), "明天", "not-a-date", ["明天", "2026-01-05"]),
    (added("receipt: {ask: report, by: 月底}\n"), "月底", "not-a-date", ["月底", "2026-01-05 17:00"]),
    (added("receipt: {ask: report, by: 2026-04-31 17:00}\n"), "2026-04-31", "impossible-date", ["30"]),
    (added("receipt: {ask: report, by: 2026-04-01 25:00}\n"), "2026-04-01", "impossible-date", ["25:00"]),
    (added("receipt: {ask: report, by: 2026-01-04 17:00}\n"), "2026-01-04", "deadline-before-date", ["2026-01-05"]),
    (added("回执: {方式: 反馈, 截止: 2025年12月31日}\n"), "2025年12", "deadline-before-date", ["2026-01-05"]),
    (added("tasks: [{id: t1, text: 甲, due: 2025-12-31}]\n"), "2025-12-31", "deadline-before-date", ["2026-01-05"]),
    (added("tasks: [{id: t1, text: 甲}, {id: t1, text: 乙}]\n"), "t1, text: 乙", "duplicate-id", ["t1", "9"]),
    (added("tasks: [{id: 任务一, text: 甲}]\n"), "任务一", "bad-id", ["任务一", "t1"]),
    (added("kind: 通之\n"), "通之", "unknown-word", ["通之", "通知", "纪要"]),
    (added("urgency: 紧急\n"), "紧急\n", "unknown-word", ["紧急", "特急", "加急"]),
    (added("format: genral\n"), "genral", "unknown-word", ["general（通用）"]),
    (added("receipt: {ask: 签到}\n"), "签到", "unknown-word", ["签收"]),
    (added("receipt: {needs: [签字, 公章]}\n"), "[签字", "unknown-word", ["公章", "盖章"]),
    (added("retention: 20年\n"), "20年", "unknown-word", ["20年", "10年", "30年"]),
    (added("layout: {colophon: odd}\n"), "odd", "unknown-word", ["even（偶数页）"]),
    (added("annexes: [{title: 甲}]\n"), "{title: 甲}", "annex-content", ["表格", "正文", "文件"]),
    (added("annexes: [{title: 甲, body: 乙, table: {columns: [a]}}]\n"), "{title: 甲", "annex-content", ["文件"]),
    (added("annexes: [{title: 甲, file: ../甲.pdf}]\n"), "../甲", "bad-file", ["../甲.pdf"]),
    (added("annexes: [{title: 甲, file: 'C:\\甲.pdf'}]\n"), "'C:", "bad-file", ["甲.pdf"]),
    (added("annexes: [{title: 甲, file: 甲.exe}]\n"), "甲.exe", "bad-file", [".docx", ".pdf"]),
    (added("annexes: [{title: 甲, file: 甲.pdf}]\n"), "甲.pdf", "no-file", ["甲.pdf"]),
    (added(f"annexes: [{{title: 甲, file: {'长' * 300}.pdf}}]\n"), "长长", "no-file", ["长长"]),
    (added("annexes: [{title: 甲, table: {columns: [a, b], rows: [[1]]}}]\n"), "[1]", "bad-row", ["1", "2"]),
    (added("annexes: [{title: 甲, table: {columns: [a, b], widths: [3]}}]\n"), "[3]", "bad-row", ["1", "2"]),
    (added("annexes: [{title: 甲, table: {columns: []}}]\n"), "[]", "empty", ["columns（列）"]),
    (added("tasks: [{id: t1, text: 甲, for: {}}]\n"), "{}", "empty-choice", ["标签", "行业", "单位"]),
    (added("tasks: [{id: t1, text: 甲, for: {units: [水务局]}}]\n"), "[水务局", "unknown-unit", ["水务局", "市水务局"]),
    # YAML itself
    (changed("title: 关", "标题：关"), "：关", "yaml", ["标题: "]),
    (changed("body: |", "正文：|"), "：|", "yaml", ["正文: "]),
    (added("receipt:\n  ask：report\n"), "：report", "yaml", ["ask: "]),
    (added("tasks:\n  - id：t1\n"), "：t1", "yaml", ["id: "]),
    (added("tasks:\n  - id: t1\n    内容：甲\n    due: 2026-02-01\n"), "：甲", "yaml", ["内容: "]),
    (added("note: 注意: 甲\n"), ": 甲", "yaml", []),
    (added("note: @甲\n"), "@甲", "yaml", ["引号"]),
    (added("note: *甲\n"), "*甲", "yaml", ["*", "引号"]),
    (added("note: *a\n"), "*a", "alias", ["*a"]),
    (added("note: !甲 乙\n"), "!甲", "yaml", ["引号"]),
    (added("note: !<甲> 乙\n"), "!<甲", "yaml", ["引号"]),
    (added("note: !important 乙\n"), "!important", "tag", ["!important", "引号"]),
    (changed("body: |\n", "body: | 正文\n"), "| 正", "yaml", ["|", "下一行"]),
    (added("approver: - 甲\n"), "- 甲", "yaml", ["下一行"]),
    (added('note: "C:\\甲"\n'), "\\甲", "yaml", ["单引号"]),
    (added("note: '甲\n"), "'甲", "yaml", []),
    (added("approver: [甲, 乙\n"), "", "yaml", []),
    (added("  note: 甲\n").replace("|\n", "|\n\n", 1).replace("  note", " note"), "note", "yaml", []),
    (added("附注\nnote: 甲\n"), "附注\nn", "yaml", []),
    (added("approver:\n - 甲\n 乙: 丙\n"), "乙: 丙", "yaml", []),
    (added("{a: 甲}: 乙\n"), "{a", "bad-key", []),
    (added("---\ntitle: 甲\n"), "---", "documents", ["---"]),
    (added("note: \"\\x07\"\n"), '"\\x07', "character", ["U+0007"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "code", "named"), FAULTS, ids=[f"{f[2]}-{f[1][:8]!r}" for f in FAULTS])
def test_a_mistake_has_its_place_its_code_and_the_nearest_right_thing(
    desk: Desk, text: str, where: str, code: str, named: list[str]
) -> None:
    findings = [finding for finding in desk.read(text) if finding.severity == "error"]
    assert len(findings) == 1, [str(finding) for finding in findings]
    (found,) = findings
    if where:
        assert (found.line, found.column) == place_of(text, where), str(found)
    assert found.code == code
    for name in named:
        assert name in found.message
    assert str(found) == f"{desk.root / 'circulars' / 'notice.yaml'}:{found.line}:{found.column}: {found.message}"
    assert any("\u4e00" <= character <= "\u9fff" for character in found.message)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("清安办发[2026]1号", "清安办发〔2026〕1号"),
        ("清安办发【2026】12号", "清安办发〔2026〕12号"),
        ("清安办发（2026）第012号", "清安办发〔2026〕12号"),
        ("清安办发 〔2026〕 12 号", "清安办发〔2026〕12号"),
        ("清安办发〔2026〕012号", "清安办发〔2026〕12号"),
        ("清安办发〔2026〕第12号", "清安办发〔2026〕12号"),
        ("清安办发(2026)12", "清安办发〔2026〕12号"),
        ("2026-12", "清安办发〔2026〕12号"),
        ("12", "清安办发〔2026〕12号"),
        ("清安办发〔26〕12号", "清安办发〔2026〕12号"),
    ],
)
def test_a_number_of_another_form_comes_with_the_right_one(desk: Desk, number: str, right: str) -> None:
    (found,) = desk.read(changed("清安办发〔2026〕1号", number))
    assert (found.line, found.column, found.code) == (2, 9, "bad-number")
    assert right in found.message


@pytest.mark.parametrize("number", ["清安办函〔2026〕1号", "清安办发〔2026〕100号"])
def test_a_right_number_is_silent(desk: Desk, number: str) -> None:
    assert desk.read(changed("清安办发〔2026〕1号", number)) == ()


@pytest.mark.parametrize(
    ("number", "code", "named"),
    [
        ("清水发〔2026〕1号", "other-code", ["清水发", "清安办发"]),
        ("清安办发〔2025〕1号", "other-year", ["2025", "2026"]),
    ],
)
def test_a_number_of_another_office_or_year_warns(desk: Desk, number: str, code: str, named: list[str]) -> None:
    (found,) = desk.read(changed("清安办发〔2026〕1号", number))
    assert (found.severity, found.line, found.column, found.code) == ("warning", 2, 9, code)
    assert all(name in found.message for name in named)


def test_all_mistakes_of_a_file_come_at_once_in_its_order(desk: Desk) -> None:
    text = """\
titel: 关于做好防汛工作的通知
number: 清安办发[2026]1号
date: 2026-02-30
addressees: 各镇（街道），城南街道
body: 正文。
body: 正文
tasks:
  - {id: t1, text: 甲, due: 2025-12-31}
  - {id: t1, due: 明天, fro: {units: [x]}}
receipt: {by: 2026-01-40, ask: 签到}
密级: 机密
"""
    assert places(desk.read(text)) == [
        (1, 1, "missing"),
        (1, 1, "unknown-key"),
        (2, 9, "bad-number"),
        (3, 7, "impossible-date"),
        (4, 20, "unknown-unit"),
        (6, 1, "duplicate-key"),
        (9, 5, "missing"),
        (9, 10, "duplicate-id"),
        (9, 19, "not-a-date"),
        (9, 23, "unknown-key"),
        (10, 15, "impossible-date"),
        (10, 32, "unknown-word"),
        (11, 1, "classified"),
    ]


def test_every_key_with_a_full_width_colon_shows_at_once(desk: Desk) -> None:
    text = CIRCULAR.replace("title: ", "标题：").replace("body: |", "正文： |").replace("现就", "附件：现就")
    assert places(desk.read(text)) == [(1, 3, "yaml"), (5, 3, "yaml")]
    text = "# 初稿\n标题：关于甲的通知\n日期：2026-01-05\n"
    assert places(desk.read(text)) == [(2, 3, "yaml"), (3, 3, "yaml")]


@pytest.mark.parametrize("line", ["密级: 机密", "秘密等级: 秘密★1年", "份号: 000001", "classification: secret"])
def test_a_classification_key_is_refused_with_the_reason(desk: Desk, line: str) -> None:
    (found,) = desk.read(added(line + "\n"))
    assert (found.line, found.column, found.code) == (9, 1, "classified")
    assert "涉密" in found.message
    assert "条例" in found.message


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title: 关于", "title: |\n  绝密★1年\n  关于", "绝密"),
        ("  现就", "  机密\n  现就", "机密"),
        ("  二、压实", "  【秘密】\n  二、压实", "秘密】"),
        ("  二、压实", "  （机密★5年）\n  二、压实", "机密★"),
        ("date:", "urgency: 绝密\ndate:", "绝密"),
        ("date:", "紧急程度: 机密★10年\ndate:", "机密"),
        ("清安办发〔2026〕1号", "秘密", "秘密"),
        ("date:", "note: （秘密）\ndate:", "秘密）"),
        ("  现就", "  密级：机密★1年\n  现就", "机密★"),
        ("date:", "annexes: [{title: 方案, body: 秘密★3年}]\ndate:", "秘密★"),
    ],
)
def test_a_classified_marking_as_a_head_element_is_refused_there(desk: Desk, old: str, new: str, where: str) -> None:
    text = changed(old, new)
    errors = [finding for finding in desk.read(text) if finding.severity == "error"]
    assert [(finding.line, finding.column, finding.code) for finding in errors] == [
        (*place_of(text, where), "classified")
    ]
    assert "涉密" in errors[0].message


@pytest.mark.parametrize(
    "sentence", ["严守国家秘密。", "机密文件按规定管理。", "绝密级、机密级、秘密级载体分别存放。", "做好保密工作。"]
)
def test_talk_of_secrets_is_no_marking(desk: Desk, sentence: str) -> None:
    assert desk.read(changed("现就有关要求通知如下：", sentence)) == ()


class TestBytes:
    """What the file is made of."""

    @pytest.mark.parametrize(
        ("encoding", "named"), [("gb18030", "GB 18030"), ("big5", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")]
    )
    def test_another_encoding_is_named(self, desk: Desk, encoding: str, named: str) -> None:
        text = "title: 關於做好防汛工作的通知\nbody: 正文\n" if encoding == "big5" else CIRCULAR
        (found,) = desk.read(text.encode(encoding))
        assert (found.line, found.column, found.code) == (1, 8 if encoding in ("gb18030", "big5") else 1, "encoding")
        assert named in found.message
        assert "UTF-8" in found.message

    def test_the_first_foreign_byte_has_its_place(self, desk: Desk) -> None:
        (found,) = desk.read(CIRCULAR.encode() + b"note: \xb4\xcb\xbc\xfe\n")
        assert (found.line, found.column, found.code) == (9, 7, "encoding")

    def test_a_damaged_file_is_not_called_another_encoding(self, desk: Desk) -> None:
        (found,) = desk.read(CIRCULAR.encode() + b"note: \xe6\xb8 \n")
        assert found.code == "encoding"
        assert "损坏" in found.message

    def test_bytes_of_no_encoding(self, desk: Desk) -> None:
        (found,) = desk.read(b"a: \xff\xff\x80\xff\n")
        assert (found.line, found.column, found.code) == (1, 4, "encoding")

    def test_a_byte_order_mark_is_an_error_and_hides_no_other(self, desk: Desk) -> None:
        findings = desk.read(("\ufeff" + added("titel: 甲\n")).encode())
        assert places(findings) == [(1, 1, "bom"), (9, 1, "unknown-key")]
        assert "BOM" in findings[0].message

    @pytest.mark.parametrize("character", ["\x07", "\x00", "\x1b", "\x85", "\u2028", "\u202e", "\ufffd", "\ufdd0"])
    def test_a_control_character_has_its_place_and_number(self, desk: Desk, character: str) -> None:
        text = changed("高度重视", f"高度{character}重视")
        (found,) = desk.read(text)
        assert (found.line, found.column, found.code) == (*place_of(text, character), "character")
        assert f"U+{ord(character):04X}" in found.message

    def test_a_mark_inside_the_text_is_named_too(self, desk: Desk) -> None:
        (found,) = desk.read(changed("高度", "高\ufeff度"))
        assert found.code == "character"
        assert "U+FEFF" in found.message

    def test_many_control_characters_end_in_one_line(self, desk: Desk) -> None:
        findings = desk.read(changed("高度", "\x07" * 5000))
        assert len(findings) == 21
        assert "20" in findings[-1].message

    def test_a_tab_that_indents_and_one_in_a_text(self, desk: Desk) -> None:
        (found,) = desk.read(added("receipt:\n\task: report\n"))
        assert (found.line, found.column, found.code) == (10, 1, "tab")
        findings = desk.read(added("note: 甲\t乙\ntitel: 甲\n"))
        assert places(findings) == [(9, 8, "tab"), (10, 1, "unknown-key")]

    def test_lines_may_end_as_on_windows(self, desk: Desk) -> None:
        text = added("annexes:\n- title: 甲\n  body: |\n    一、乙。\n    一、丙,丁\n").replace("\n", "\r\n")
        assert desk.circular(text).body == Desk(desk.root / "other").circular(CIRCULAR).body
        findings = desk.lint(text)
        assert places(findings) == [(13, 5, "numbering-repeat"), (13, 8, "half-width-punctuation")]


LAUGHS = "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else 'lol'] * 9)}]\n" for n in range(9))
ODD = st.text(alphabet="titlebody标题正文: \n-[]{}'\"|>&*!#%@`?,，：。〔〕甲乙\t0129—\u200b\x07", max_size=80)


class TestLimits:
    """A file that would cost memory or time is refused at once."""

    @pytest.fixture(autouse=True)
    def _at_once(self) -> object:
        """A tenth of a second on an idle machine, minutes if a step took the square of the length."""
        begun = time.process_time()
        yield
        assert time.process_time() - begun < 20

    def test_over_five_megabytes(self, desk: Desk) -> None:
        path = desk.root / "circulars" / "notice.yaml"
        with path.open("wb") as file:
            file.truncate(LIMIT + 1_000_000)
        document, findings = read(path)
        assert document is None
        assert places(findings) == [(1, 1, "too-large")]
        assert "6.0" in findings[0].message
        assert "5" in findings[0].message

    @pytest.mark.parametrize(
        ("bomb", "code"),
        [
            (LAUGHS, "alias-bomb"),
            ("a: &a [" + "1," * 9000 + "]\nb: [*a, *a]\n", "alias-bomb"),
            ("a: &a {b: *a}\n", "alias"),
            ("- " * 1_000_000, "too-deep"),
            ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 1000)), "too-deep"),
            ("[" * 20 + "{a: [{a: [{a: 1}]}]}" + "]" * 20, "too-deep"),
            ("[" * 2_000_000, "yaml"),
            ("{" * 2_000_000, "yaml"),
            ("? " * 500_000, "bad-key"),
            ("!a " * 100_000, "yaml"),
            ("a: 1\n" * 500_000, "too-many"),
            ("\n" * 1_000_000, "empty"),
            ("#" * 1_000_000, "empty"),
            ("", "empty"),
            ("---\n", "wrong-type"),
            ("%YAML 9.9\n---\na: 1\n", "yaml"),
            ("just words\n", "wrong-type"),
            ("- a\n", "wrong-type"),
        ],
        ids=lambda value: value[:12] if isinstance(value, str) else None,
    )  # fmt: skip
    def test_bombs_and_oddities(self, desk: Desk, bomb: str, code: str) -> None:
        assert desk.read(bomb)[-1].code == code

    @pytest.mark.parametrize(
        "text",
        [
            changed("清河经济开发区管委会", "某" * 200_000),
            changed("清河经济开发区管委会", "某" + " " * 20_000 + "某"),
            changed("清河经济开发区管委会", "、".join(f"第{n}单位" for n in range(2000))),
            changed("现就", " " * 50_000 + "现就"),
            changed("清安办发〔2026〕1号", "清" * 50_000),
            changed("2026-01-05", "2" * 50_000),
            added("note: " + "（" * 50_000 + "\n"),
            added("".join(f"k{n}: 1\n" for n in range(20_000))),
        ],
        ids=range(8),
    )
    def test_long_values(self, desk: Desk, text: str) -> None:
        findings = desk.read(text)
        assert all(len(finding.message) < 500 for finding in findings)

    def test_aliases_within_reason_are_read(self, desk: Desk) -> None:
        text = "needs: &n [签字]\n"
        assert parse(Path("a.yaml"), text + "b: *n\n")[0].data == {"needs": ["签字"], "b": ["签字"]}


def test_the_first_of_very_many_mistakes_are_shown(desk: Desk) -> None:
    findings = desk.read(added("".join(f"k{n}: 1\n" for n in range(2 * MOST))))
    assert len(findings) == MOST + 1
    assert (findings[-1].line, findings[-1].code) == (9 + MOST, "too-many")
    assert str(MOST) in findings[-1].message


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "甲.yaml", tmp_path):
        document, findings = read(path)
        assert document is None
        assert places(findings) == [(1, 1, "no-file")]
        assert path.name in findings[0].message


def test_a_file_that_the_system_will_not_give(tmp_path: Path) -> None:
    document, findings = read(tmp_path / ("长" * 300))
    assert document is None
    assert [finding.code for finding in findings] == ["unreadable"]


class TestPlaces:
    """A character inside a text has its line and column, however YAML writes the text."""

    @pytest.mark.parametrize(
        ("text", "at"),
        [
            ("a: 甲乙×\n", ("a",)),
            ("a:   甲乙×\n", ("a",)),
            ("a: '甲乙×'\n", ("a",)),
            ('a: "甲乙×"\n', ("a",)),
            ("a:\n  甲乙×\n", ("a",)),
            ("a: |\n  甲\n  乙×\n", ("a",)),
            ("a: |\n\n\n  甲\n    乙×\n", ("a",)),
            ("a: |2\n    甲\n  乙×\n", ("a",)),
            ("a: |-1\n   甲×\n", ("a",)),
            ("a:\n- b: |2\n     甲×\n", ("a", 0, "b")),
            ("a: [甲, {b: 乙×}]\n", ("a", 1, "b")),
            ("𠮷: {𠮷: 𠮷×}\n", ("𠮷", "𠮷")),
        ],
    )
    def test_where_a_character_stands(self, text: str, at: tuple[str | int, ...]) -> None:
        document, findings = parse(Path("a.yaml"), text)
        assert findings == ()
        assert isinstance(document, Document)
        found = document.finding_inside("error", "x", "x", at, document.value(at).index("×"))
        assert (found.line, found.column) == place_of(text, "×")

    @pytest.mark.parametrize("text", ["a: >\n  甲\n  乙×\n", "a: 甲\n  乙×\n", 'a: "甲\n  乙×"\n', 'a: "\\u7532×"\n'])
    def test_a_folded_text_is_named_by_its_beginning(self, text: str) -> None:
        document, _findings = parse(Path("a.yaml"), text)
        assert document is not None
        found = document.finding_inside("error", "x", "x", ("a",), document.value(("a",)).index("×"))
        assert (found.line, found.column) == (1, 4)

    def test_what_has_no_place_is_where_its_holder_is(self) -> None:
        document, _findings = parse(Path("a.yaml"), "# x\na: {b: 1}\n")
        assert document is not None
        assert document.place(("a", "c", 3)) == (2, 4)
        assert document.place(("x",)) == (2, 1)
        assert document.value(("a", "b", "c")) is None

    def test_a_long_list_is_searched_in_one_pass_and_found_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "units:\n" + "".join(f"  - {{id: u{n}, name: 甲{n}}}\n" for n in range(50))
        wanted = [("units", n, "name") for n in range(50)]
        short, _findings = parse(Path("a.yaml"), text)
        assert short is not None
        expected = [short.place(at) for at in wanted]
        monkeypatch.setattr(reading, "LIMIT", 100)
        long, _findings = parse(Path("a.yaml"), text)
        assert long is not None
        long.locate(wanted)
        assert [long.place(at) for at in wanted] == expected
        assert long.place(("units", 7, "id"), key=True) == (9, 6)
        assert len(long._places) < 160


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ODD)
def test_no_text_raises(tmp_path: Path, text: str) -> None:
    document, findings = parse(tmp_path / "a.yaml", text)
    lines = text.split("\n")
    for finding in findings:
        assert 1 <= finding.line <= len(lines) + 1
        assert finding.column >= 1
    assert document is not None or findings


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    document, findings = read(path)
    assert document is not None or findings


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_circular_with_any_line_spoilt_gives_findings_and_no_exception(desk: Desk, data: st.DataObject) -> None:
    lines = CIRCULAR.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = data.draw(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
    for finding in desk.lint("\n".join(lines)):
        assert finding.line >= 1
        assert finding.message
