"""English keys and Chinese ones are the same file, and the JSON Schema accepts what reading accepts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from circular_gen.resources import SAMPLE
from circular_gen.workspace import schema
from circular_gen.workspace.circular import (
    Annex,
    AttendanceData,
    CircularLayout,
    CircularText,
    Receipt,
    TableData,
    Task,
)
from circular_gen.workspace.keys import SECTIONS
from circular_gen.workspace.lists import Source
from circular_gen.workspace.office import Archive, Fonts, Handing, Layout, Mail, Office, Seal, Sign, WordFonts
from circular_gen.workspace.recipients import Choice, Contact, Registry, Unit
from circular_gen.workspace.reminders import ReminderCodes, Reminders, policy

from ..desk import RECIPIENTS, Desk

ENGLISH = """\
kind: 通知
format: general
number: 清安办发〔2026〕1号
urgency: 加急
title: 关于做好防汛工作的通知
date: 2026-01-05
approver: [王某某, 李某某]
issuers: 清河市安全生产委员会办公室、市水务局
addressees: 各镇（街道）
cc: 市水务局
address: each
body: |
  正文。
signature: chop
signer_title: 主任
attendance: {present: [甲某, 乙某], absent: 丙某, observers: [丁某]}
note: 此件公开发布
annexes:
  - {title: 甲, table: {columns: [序号, 项目], rows: [[1, 值守], [2, null]], widths: [1, 3.5]}, landscape: true}
  - {title: 乙, body: 正文。, forwarded: no}
tasks:
  - {id: t1, text: 查台账, basis: 一, method: 看, for: {tags: [镇], sectors: [矿山], units: [liulin]}, due: 2026-02-01}
receipt: {ask: attend, by: 2026-01-25 17:00, needs: [signature, seal], basis: 第二部分, people: 3}
reminders:
  {notice: 2, first: 1, interval: 3, most: 2, cooldown: 24, quiet: "18:00-8:30", escalate: 5, bulletin: 10,
   superior: 市政府督查室, basis: 第三部分, codes: {reminder: 清安办催, escalation: 清安办督, bulletin: 清安办通}}
retention: 30年
layout: {colophon: last}
"""
CHINESE = """\
文种: 通知
格式: 通用
发文字号: 清安办发〔2026〕1号
紧急程度: 加急
标题: 关于做好防汛工作的通知
成文日期: 2026年1月5日
签发人: 王某某、李某某
发文机关: [清河市安全生产委员会办公室, 市水务局]
主送: 各镇（街道）：
抄送: 市水务局。
抬头: 分送
正文: |
  正文。
署名方式: 签名章
签署人职务: 主任
到会情况: {出席: 甲某、乙某, 请假: [丙某], 列席: 丁某}
附注: （此件公开发布）
附件:
  - {标题: 甲, 表格: {列: [序号, 项目], 行: [['1', 值守], ["2", ]], 列宽: ['1', 3.5]}, 横排: 是}
  - {名称: 乙, 正文: 正文。, 印发件: 否}
任务:
  - {编号: t1, 内容: 查台账, 依据: 一, 方法: 看, 对象: {标签: 镇, 行业: 矿山, 单位: liulin}, 期限: 2026/2/1}
回执: {方式: 参会, 截止: 2026年1月25日17时, 须有: 签字、盖章, 依据: 第二部分, 人数: "3"}
催办:
  {到期提醒: 2, 首次催办: 1, 催办间隔: 3, 最多催办: 2, 冷却: 24, 免打扰: 18：00至08：30, 督办: 5, 通报: 10,
   抄送上级: 市政府督查室, 依据: 第三部分, 代字: {催办: 清安办催, 督办: 清安办督, 通报: 清安办通}}
保管期限: 30年
版式: {版记: 末页}
"""


def chinese(text: str) -> str:
    return text.replace('["2", ]', '["2", ~]')


def test_the_same_circular_in_both_languages(desk: Desk) -> None:
    english, other = desk.circular(ENGLISH), desk.circular(chinese(CHINESE))
    assert english == other
    assert english.annexes[0].table is not None
    assert english.annexes[0].table.rows == (("1", "值守"), ("2", ""))
    assert english.annexes[0].landscape
    assert english.receipt.by_text == "2026年1月25日17时"
    assert english.issuers == ("清河市安全生产委员会办公室", "市水务局")


def test_every_key_has_been_written_in_both() -> None:
    """So that the test above leaves none out."""
    for name in ("circular", "annex", "table", "task", "receipt", "circular_layout", "reminders", "reminder_codes"):
        for key in SECTIONS[name].values():
            if name != "annex" or key.name not in ("file", "sheet", "range", "pages", "caption"):
                assert re.search(rf"\b{key.name}:", ENGLISH), key
                assert any(f"{spelling}:" in CHINESE for spelling in key.chinese), key


def test_annex_files_in_both_languages(desk: Desk) -> None:
    for name in ("表.xlsx", "图.png", "文.pdf"):
        (desk.root / "circulars" / name).write_bytes(b"")
    base = ENGLISH.split("annexes:")[0]
    english = desk.circular(
        base + "annexes:\n  - {title: 甲, file: 表.xlsx, sheet: 一, range: 'A1:B2'}\n"
        "  - {title: 乙, file: 图.png, caption: 图1}\n  - {title: 丙, file: 文.pdf, pages: 1-3}\n"
    )
    other = desk.circular(
        base + "附件:\n  - {标题: 甲, 文件: 表.xlsx, 工作表: 一, 区域: 'A1:B2'}\n"
        "  - {标题: 乙, 文件: 图.png, 图注: 图1}\n  - {标题: 丙, 文件: 文.pdf, 页: 1-3}\n"
    )
    assert english == other
    assert (english.annexes[0].range, english.annexes[1].caption, english.annexes[2].pages) == ("A1:B2", "图1", "1-3")
    (found,) = desk.read(base + "annexes: [{title: 甲, file: 图.png, sheet: 一}]\n")
    assert (found.severity, found.code) == ("error", "annex-content")


def test_the_lists_in_both_languages(desk: Desk) -> None:
    desk.office(
        "name: 办公室\ncode: 办发\nmark: 办公室文件\ncontact: {name: 综合科, phone: 0359-0000000}\nprinted_by: 办公室\n"
        "layout: {cell: natural, margins: gb33476}\nword_fonts: {fangsong: 仿宋}\ntimezone: Asia/Urumqi\n"
        "mail: {smtp: smtps://a@example.org, from: a@example.org, imap: imaps://a@example.org/INBOX}\n"
        "archive: {fonds: Z109, department: BGS}\nreminders: {notice: 2}\nportal: {port: 8000}\n"
    )
    english = desk.open()
    desk.office(
        "名称: 办公室\n机关代字: 办发\n发文机关标志: 办公室文件\n联系人: {姓名: 综合科, 电话: 0359-0000000}\n"
        "印发机关: 办公室\n版式: {字格: 自然, 页边: gb33476}\nWord字体: {仿宋: 仿宋}\n时区: Asia/Urumqi\n"
        "邮件: {发信服务器: smtps://a@example.org, 发件人: a@example.org, 收信服务器: imaps://a@example.org/INBOX}\n"
        "归档: {全宗号: Z109, 部门: BGS}\n催办: {到期提醒: 2}\n网页: {port: 8000}\n"
    )
    text = RECIPIENTS
    for old, new in (
        ("units:", "单位:"), ("groups:", "分组:"), ("{id:", "{代号:"), ("name: 张", "姓名: 张"), ("name:", "名称:"),
        ("short:", "简称:"), ("tags:", "类别:"), ("sectors:", "行业:"), ("contacts:", "联系人:"), ("phone:", "电话:"),
        ("email:", "邮箱:"), ("deliver: [email, print]", "送达方式: 邮件、纸质"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    desk.recipients(text)
    assert desk.open().office == english.office
    assert desk.open().registry == english.registry
    assert desk.open().registry.units[0].deliver == ("email", "print")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-25", (2026, 1, 25, 23, 59)),
        ("2026-1-25 9:05", (2026, 1, 25, 9, 5)),
        ("2026/1/25 17：00", (2026, 1, 25, 17, 0)),
        ("2026年1月25日17时30分", (2026, 1, 25, 17, 30)),
        ("2026年1月25日 17点", (2026, 1, 25, 17, 0)),
        ("2026-01-25T17:00:00", (2026, 1, 25, 17, 0)),
        ("2026-01-25 24:00", (2026, 1, 25, 23, 59)),
    ],
)
def test_a_moment_in_any_usual_form(desk: Desk, written: str, read: tuple[int, ...]) -> None:
    text = ENGLISH.replace("2026-01-25 17:00", f'"{written}"')
    by = desk.circular(text).receipt.by
    assert by is not None
    assert (by.year, by.month, by.day, by.hour, by.minute) == read


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("2026-01-25", "2026年1月25日"),
        ("2026-01-05 9:30", "2026年1月5日9时30分"),
        ("2026-01-25 17:00", "2026年1月25日17时"),
    ],
)
def test_a_deadline_as_papers_print_it(written: str, printed: str) -> None:
    assert Receipt.model_validate({"by": written}).by_text == printed
    assert Receipt().by_text == ""


@pytest.mark.parametrize(
    ("title", "kind", "format_", "upward"),
    [
        ("关于做好工作的通知", "通知", "general", False),
        ("关于情况的报告", "报告", "general", True),
        ("关于经费的请示", "请示", "general", True),
        ("关于商请支持的函", "函", "letter", False),
        ("第一次会议纪要", "纪要", "minutes", False),
        ("清河市人民政府令", "命令", "order", False),
        ("关于做好工作", "通知", "general", False),
    ],
)
def test_kind_and_format_follow_from_the_title(desk: Desk, title: str, kind: str, format_: str, upward: bool) -> None:
    circular = desk.circular(f"title: {title}\ndate: 2026-01-05\naddressees: 柳林镇\nbody: 正文。\n")
    assert (circular.kind, circular.format, circular.is_upward) == (kind, format_, upward)
    assert circular.date_text == "2026年1月5日"


def test_annexes_are_numbered_as_papers_do(desk: Desk) -> None:
    assert desk.circular(ENGLISH).annex_labels == ("附件1", "附件2")
    one = re.sub(r"  - \{title: 乙.*\n", "", ENGLISH)
    assert desk.circular(one).annex_labels == ("附件",)
    issued = "annexes:\n  - {title: 办法, body: 第一条, forwarded: 是}\n  - {title: 甲, body: 正文}\n"
    text = "title: 关于印发办法的通知\ndate: 2026-01-05\naddressees: 柳林镇\nbody: 正文。\n" + issued
    assert desk.circular(text).annex_labels == ("", "附件")
    assert desk.circular(text + "  - {title: 乙, body: 正文}\n").annex_labels == ("", "附件1", "附件2")


MODELS = {
    "circular": CircularText, "annex": Annex, "table": TableData, "task": Task, "receipt": Receipt,
    "circular_layout": CircularLayout, "attendance": AttendanceData, "office": Office, "layout": Layout,
    "fonts": Fonts, "word_fonts": WordFonts,
    "seal": Seal, "mail": Mail, "dispatch": Handing, "sign": Sign,
    "archive": Archive, "recipients": Registry, "choice": Choice, "unit": Unit,
    "contact": Contact, "source": Source, "reminders": Reminders, "reminder_codes": ReminderCodes,
}  # fmt: skip


def test_the_table_of_keys_and_the_models_are_the_same() -> None:
    assert set(MODELS) == set(SECTIONS)
    for section, model in MODELS.items():
        fields = getattr(model, "model_fields", None) or getattr(model, "__pydantic_fields__", {})
        assert {name.rstrip("_") for name in fields} == set(SECTIONS[section]), section


def sections_of(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {part["title"]: part for part in (made, *made.get("$defs", {}).values()) if part.get("title") in SECTIONS}


@pytest.mark.parametrize("document", ["circular", "office", "recipients"])
def test_the_schema_lists_every_key_in_every_spelling_with_its_meaning(document: Any) -> None:
    found = sections_of(schema(document))
    assert document in found
    for section, part in found.items():
        spellings = {spelling for key in SECTIONS[section].values() for spelling in key.spellings}
        assert set(part["properties"]) == spellings, section
        assert part["additionalProperties"] is False, section
        for key in SECTIONS[section].values():
            assert key.zh in part["properties"][key.name]["description"]
            assert key.en in part["properties"][key.chinese[0]]["description"]


def test_the_three_schemas_hold_every_section() -> None:
    found: set[str] = set()
    for document in ("circular", "office", "recipients"):
        found |= set(sections_of(schema(document)))  # type: ignore[arg-type]
    assert found == set(SECTIONS)


class _EditorsLoader(yaml.CSafeLoader):
    """YAML as editors read it: 1.2, where a date is a text."""


_EditorsLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_TYPES: dict[str, Any] = {
    "string": str, "array": list, "object": dict, "boolean": bool, "null": type(None),
    "number": (int, float), "integer": int,
}  # fmt: skip


def faults(value: Any, made: Any, root: Any, at: str = "$") -> list[str]:
    """Where `value` does not fit the JSON Schema `made`; for the words of it that ours uses, and no others."""
    found: list[str] = []
    for word, rule in made.items():
        if word == "$ref":
            found += faults(value, root["$defs"][rule.removeprefix("#/$defs/")], root, at)
        elif word == "type":
            kinds = [rule] if isinstance(rule, str) else rule
            fits = any(isinstance(value, _TYPES[k]) and (not isinstance(value, bool) or k == "boolean") for k in kinds)
            found += [] if fits else [f"{at}: {value!r} is no {rule}"]
        elif word == "enum":
            found += [] if value in rule else [f"{at}: {value!r} not in {rule}"]
        elif word == "anyOf":
            found += [] if any(not faults(value, one, root, at) for one in rule) else [f"{at}: {value!r} fits none"]
        elif word == "allOf":
            found += [fault for one in rule for fault in faults(value, one, root, at)]
        elif word == "not":
            found += [] if faults(value, rule, root, at) else [f"{at}: both spellings"]
        elif word == "required" and isinstance(value, dict):
            found += [f"{at}: {key} missing" for key in rule if key not in value]
        elif word == "properties" and isinstance(value, dict):
            found += [f for k in value if k in rule for f in faults(value[k], rule[k], root, f"{at}.{k}")]
        elif word == "additionalProperties" and isinstance(value, dict):
            others = [key for key in value if key not in made.get("properties", ())]
            if rule is False:
                found += [f"{at}: {key} unknown" for key in others]
            elif rule is not True:
                found += [f for k in others for f in faults(value[k], rule, root, f"{at}.{k}")]
        elif word == "items" and isinstance(value, list):
            found += [f for n, one in enumerate(value) for f in faults(one, rule, root, f"{at}[{n}]")]
        elif word == "pattern" and isinstance(value, str):
            found += [] if re.search(rule, value) else [f"{at}: {value!r} does not match"]
        elif word in ("minLength", "minItems") and isinstance(value, str | list):
            found += [] if len(value) >= rule else [f"{at}: too short"]
        elif word in ("minimum", "exclusiveMinimum") and isinstance(value, int | float):
            found += [] if value > rule or (value == rule and word == "minimum") else [f"{at}: too small"]
        elif word == "maximum" and isinstance(value, int | float):
            found += [] if value <= rule else [f"{at}: too large"]
        else:
            assert word in (
                "title", "description", "default", "$schema", "$defs", "propertyNames", "properties", "items",
                "pattern", "additionalProperties", "required", "minLength", "minItems", "minimum",
                "maximum", "exclusiveMinimum",
            ), word  # fmt: skip
    return found


@pytest.mark.parametrize("path", sorted((SAMPLE / "circulars").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_accepts_the_samples_circulars(path: Path) -> None:
    data = yaml.load(path.read_text("utf-8"), _EditorsLoader)
    assert faults(data, schema(), schema()) == []


@pytest.mark.parametrize("document", ["office", "recipients"])
def test_the_schema_accepts_the_samples_lists(document: Any) -> None:
    data = yaml.load((SAMPLE / f"{document}.yaml").read_text("utf-8"), _EditorsLoader)
    assert faults(data, schema(document), schema(document)) == []


@pytest.mark.parametrize("text", [ENGLISH, chinese(CHINESE)], ids=["english", "chinese"])
def test_the_schema_accepts_both_languages(text: str) -> None:
    data = yaml.load(text, _EditorsLoader)
    if "人数" in text:  # quoted numbers are numbers to reading, not to an editor
        data["回执"]["人数"] = 3
        data["附件"][0]["表格"]["列宽"] = [1, 3.5]
    assert faults(data, schema(), schema()) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: 关于", "titel: 关于", "titel unknown"),
        ("title: 关于做好防汛工作的通知\n", "", "fits none"),
        ("urgency: 加急", "urgency: 紧急", "fits none"),
        ("retention: 30年", "retention: 30年\n保管期限: 30年", "both spellings"),
        ("date: 2026-01-05", "date: tomorrow", "does not match"),
        ("ask: attend", "ask: come", "fits none"),
        ("tasks:\n", "tasks: 甲\nxyz:\n", "fits none"),
    ],
)
def test_the_schema_refuses_what_reading_refuses(desk: Desk, old: str, new: str, fault: str) -> None:
    assert old in ENGLISH
    text = ENGLISH.replace(old, new, 1)
    assert any(fault in one for one in faults(yaml.load(text, _EditorsLoader), schema(), schema()))
    assert any(finding.severity == "error" for finding in desk.read(text))


@pytest.mark.parametrize(
    ("word", "asked"), [("是", True), ("yes", True), ("true", True), ("否", False), ("no", False), ("", False)]
)
def test_reminders_may_be_asked_for_in_a_word(desk: Desk, word: str, asked: bool) -> None:
    text = re.sub(r"reminders:\n.*\n.*\n", f"reminders: {word}\n", ENGLISH)
    assert (desk.circular(text).reminders is not None) == asked
    assert faults(yaml.load(text, _EditorsLoader), schema(), schema()) == [] or word in ("yes", "no")


def test_a_policy_is_the_circulars_then_the_offices_then_the_usual_one() -> None:
    office = Reminders.model_validate({"interval": "4", "superior": "市政府督查室", "codes": {"bulletin": "清安通"}})
    given = policy("清安办发", office, Reminders.model_validate({"most": "1", "escalate": "0"}), "第二部分")
    assert (given.interval, given.most, given.escalate, given.first) == (4, 1, 0, 1)
    assert [given.code(paper) for paper in ("reminder", "escalation", "bulletin")] == ["清安办催", "清安办督", "清安通"]
    assert (given.superior, given.basis) == ("市政府督查室", "第二部分")


@pytest.mark.parametrize("hours", ["18-8", "25:00-8:00", "18:00-8:61", "夜里"])
def test_hours_that_are_none_are_told(desk: Desk, hours: str) -> None:
    findings = desk.read(ENGLISH.replace('"18:00-8:30"', hours))
    assert "bad-hours" in {finding.code for finding in findings}
