"""Registers: fields as offices have them, numbers sorted as numbers, no cell that acts as a formula."""

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from tests.ledger.conftest import PAPER, UNITS, Clock, issue

from circular_gen.ledger import Addressed, Ledger, draft
from circular_gen.ledger.register import (
    Heading,
    Register,
    csv_bytes,
    outgoing,
    outgoing_register,
    sheet_of,
    signing,
    xlsx_bytes,
)
from circular_gen.sheet.blocks import Paragraph, Subtitle, Table, Title

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_outgoing_register_has_an_offices_fields() -> None:
    register = outgoing_register((), 2026, SHANGHAI, {})
    named = "顺序号 发文日期 发文字号 标题 附件 紧急程度 份数 分送范围 拟稿 签发人 成文日期 归档"
    assert [column.text for column in register.columns] == named.split()
    assert round(sum(column.width for column in register.columns), 6) == 1
    assert register.rows == ()


def test_the_outgoing_register_of_a_year(issued: Ledger) -> None:
    for n in range(10):
        issue(issued, f"paper-{n}", payload={**PAPER, "title": f"第{n}件"})
    more = {
        "urgency": "加急",
        "approver": "王某某",
        "drafter": "赵某",
        "annexes": 2,
        "retention": "30年",
        "scope": "各单位",
    }
    issue(issued, "whole", payload={**PAPER, **more, "copies": 60})
    issue(issued, "other-year", year=2025)
    issued.void_number("清安办发", 2026, 13, actor="综合科", reason="印错")
    issued.append(
        draft("abolished", "x", "paper-0", reason="新规"),
        draft("withdrawn", "x", "paper-1", reason="误发"),
        draft("withdrawn", "x", "paper-2", "chengxi", reason="误发"),
        draft("revised", "x", "paper-3", reason="改", revision=1, title="改后的标题"),
        draft("frozen", "x", "paper-4", copies=7),
    )
    (wrong,) = issued.append(draft("abolished", "x", "paper-5", reason="误"))
    issued.append(draft("corrected", "x", event=wrong.sequence, reason="误"))
    register = outgoing(issued, 2026, SHANGHAI)
    rows = register.rows
    assert [row[0] for row in rows] == list(range(1, 14))
    assert [row[2] for row in rows] == [f"清安办发〔2026〕{n}号" for n in range(1, 14)]
    assert [row[3] for row in rows[1:7]] == [
        "第0件（已废止）", "第1件（已撤销）", "第2件", "改后的标题", "第4件", "第5件"]  # fmt: skip
    assert rows[0][1] == "2026-12-20"
    assert rows[0][6:8] == (5, "各镇（街道），清河经济开发区管委会，市政府办公室")
    assert rows[5][6] == 7
    assert rows[11][4:] == (2, "加急", 60, "各单位", "赵某", "王某某", "2026-12-20", "30年")
    assert rows[12][3] == "（作废：印错）"
    assert register.checkpoint == issued.checkpoint().brief()
    assert [row[2] for row in outgoing(issued, 2025, SHANGHAI).rows] == ["清安办发〔2025〕1号"]


def test_the_signing_register_of_a_circular(issued: Ledger, clock: Clock) -> None:
    def about(kind: str, unit: str, **payload: object) -> object:
        return draft(kind, "综合科", "winter", unit, **payload)

    clock.now = clock.now.replace(day=22)
    issued.append(
        about("received", "chengxi", by="张某", how="proxy", at="2026-12-21T08:30:00+08:00", unit_number="收12"),
        about("received-with-reservation", "chengdong", by="李某", how="scan", reservation=["missing-pages"], copies=0),
        about("reminded", "chengdong"),
        about("exempted", "kaifaqu", reason="已口头告知"),
    )
    register = signing(issued, "winter", SHANGHAI)
    named = "序号 文件名称 文号 缓急 份数 收文单位 签收人 签收时间 签收方式 备注"
    assert [column.text for column in register.columns] == named.split()
    assert [row[4:] for row in register.rows] == [
        (2, "城西街道办事处", "张某", "2026-12-21 08:30", "代收", "收文号收12"),
        (1, "城东街道办事处", "李某", "2026-12-22 09:00", "本人", "缺页；实收0份；催办1次"),
        (1, "清河经济开发区管委会", "", "", "", "免签收：已口头告知"),
        (1, "市政府办公室", "", "", "", "抄送"),
    ]
    issued.append(
        about("withdrawn", "chengxi", reason="错发"),
        about("returned", "chengdong", reason="错投"),
        about("extended", "kaifaqu", due="2026-12-30T17:00:00+08:00", reason="雪"),
        about("bounced", "kaifaqu"),
        about("reviewed", "zhengfu", reason="blurred", evidence="ab" * 32),
    )
    remarks = [str(row[9]) for row in signing(issued, "winter", SHANGHAI).rows]
    assert "撤回：错发" in remarks[0]
    assert "退回：错投" in remarks[1]
    assert "延期至2026-12-30 17:00；退信" in remarks[2]
    assert remarks[3] == "抄送；待复核"
    assert signing(issued, "summer", SHANGHAI).rows == ()


EVIL = Register(
    "发文登记簿",
    "=1+1",
    (Heading("序号", 0.2), Heading("标题", 0.8, "left")),
    (
        (1, '=HYPERLINK("http://example.org")'),
        (2, "+1"),
        (10, "-1"),
        (11, "@SUM(A1)"),
        (12, "\t=1"),
        (13, "＝1"),
        (14, 'a,"b"\nc'),
        (15, "bell\x07"),
    ),
    "12-7K3M9Q2XV",
)


def test_csv_is_read_by_excel_and_runs_nothing() -> None:
    written = csv_bytes(EVIL)
    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["序号", "标题"]
    assert [row[1][0] for row in rows[1:7]] == ["'"] * 6
    assert rows[7] == ["14", 'a,"b"\nc']


def test_xlsx_holds_texts_and_numbers_and_no_formulas() -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes(EVIL)))
    sheet = book.active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert [sheet.cell(row, 1).value for row in range(4, 8)] == [1, 2, 10, 11]
    assert sheet.cell(4, 2).value == '=HYPERLINK("http://example.org")'
    assert sheet.cell(11, 2).value == "bell"
    assert sheet.freeze_panes == "A4"
    assert any(cell.value == "台账校验点：12-7K3M9Q2XV" for cell in cells)


def test_a_workbook_is_the_same_at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = xlsx_bytes(EVIL)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert xlsx_bytes(EVIL) == first


def test_a_sheet_for_the_writers(issued: Ledger) -> None:
    sheet = sheet_of(signing(issued, "winter", SHANGHAI), author="办公室")
    title, subtitle, table, foot = sheet.blocks
    assert isinstance(title, Title)
    assert isinstance(subtitle, Subtitle)
    assert isinstance(table, Table)
    assert isinstance(foot, Paragraph)
    assert table.rows[0].head
    assert len(table.rows) == 1 + len(UNITS)
    assert table.rows[1].cells[5].content == ("城西街道办事处",)
    assert table.rows[1].cells[6].content == ()
    assert table.rows[1].cells[2].content == ("清安办发\n〔2026〕1号",)  # broken where a reader would
    assert sheet.landscape
    assert issued.checkpoint().brief() in foot.text
    assert sheet_of(EVIL).author == ""
    assert Addressed("u").role == "addressee"
