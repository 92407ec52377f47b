"""Workbooks and CSV files become tables that show what the spreadsheet shows."""

import datetime
import re

import pytest

from circular_gen.annexes.content import UnreadableError
from circular_gen.annexes.number_formats import shown
from circular_gen.annexes.worker import read_here
from circular_gen.sheet.blocks import Paragraph, Table

from .files import with_part, workbook

DAY = datetime.datetime(2026, 1, 5)  # noqa: DTZ001 (a day in a workbook has no zone)


def rows_of(table: Table) -> list[list[str]]:
    return [["".join(map(str, cell.content)) for cell in row.cells] for row in table.rows]


def table_of(data: bytes, suffix: str = ".xlsx", sheet: str = "", cells: str = "") -> Table:
    (table,) = [block for block in read_here(data, suffix, sheet, cells).blocks if isinstance(block, Table)]
    return table


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234.5, "General", "1234.5"),
        (1.0, "General", "1"),
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "General", "1E+20"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-1234.5, "#,##0.00;[Red]-#,##0.00", "-1,234.50"),
        (-1234.5, "#,##0_);(#,##0)", "(1,235)"),
        (0, '0.00;-0.00;"—"', "—"),
        (0.125, "0.0%", "12.5%"),
        (0.125, "0%", "13%"),
        (7, "000", "007"),
        (1234, '"¥"#,##0', "¥1,234"),
        (1234, "[$¥-804]#,##0.00", "¥1,234.00"),
        (12_345_678, '0.0,"千元"', "12345.7千元"),
        (3.0, "0.##", "3"),
        (3.25, "0.0#", "3.25"),
        (12345, "0.00E+00", "1.23E+04"),
        (5, '[>=3]"多";[<3]"少"', "多"),
        (DAY, "yyyy-mm-dd", "2026-01-05"),
        (DAY, 'yyyy"年"m"月"d"日"', "2026年1月5日"),
        (DAY, "[$-804]yyyy年m月d日;@", "2026年1月5日"),
        (DAY + datetime.timedelta(hours=9, minutes=7), "m/d/yy h:mm", "1/5/26 9:07"),
        (DAY + datetime.timedelta(hours=15, minutes=7), "h:mm AM/PM", "3:07 PM"),
        (DAY, "[DBNum1]m月d日", "一月五日"),
        (datetime.time(8, 30), "h:mm", "8:30"),
        (datetime.timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
        (DAY, "aaaa", "星期一"),
        ("甲", "@", "甲"),
        ("甲", '"单位："@', "单位：甲"),
        (True, "General", "TRUE"),
    ],
)
def test_values_are_shown_as_the_spreadsheet_shows_them(value: object, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_a_sheet_with_a_title_merged_heads_and_formats() -> None:
    def fill(sheet: object) -> None:
        sheet.append(["清河市隐患台账", None, None, None])
        sheet.merge_cells("A1:D1")
        sheet.append(["序号", "数量", None, "日期"])
        sheet.append([None, "一般", "重大", None])
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:C2")
        sheet.merge_cells("D2:D3")
        for number in range(1, 4):
            sheet.append([number, 1000 * number, number / 8, datetime.date(2026, 1, number)])
            sheet.cell(sheet.max_row, 2).number_format = "#,##0"
            sheet.cell(sheet.max_row, 3).number_format = "0.0%"
            sheet.cell(sheet.max_row, 4).number_format = "yyyy/m/d"

    title, table = read_here(workbook(fill), ".xlsx").blocks
    assert isinstance(title, Paragraph)
    assert (title.text, title.align) == ("清河市隐患台账", "center")
    assert isinstance(table, Table)
    assert rows_of(table) == [
        ["序号", "数量", "日期"],
        ["一般", "重大"],
        ["1", "1,000", "12.5%", "2026/1/1"],
        ["2", "2,000", "25.0%", "2026/1/2"],
        ["3", "3,000", "37.5%", "2026/1/3"],
    ]
    assert [row.head for row in table.rows] == [True, True, False, False, False]
    assert [(cell.colspan, cell.rowspan) for cell in table.rows[0].cells] == [(1, 2), (2, 1), (1, 2)]
    assert [column.align for column in table.columns] == ["center", "right", "right", "left"]


def test_a_sheet_and_a_range_are_chosen_by_name() -> None:
    def fill(sheet: object) -> None:
        other = sheet.parent.create_sheet("名单")
        for row in (["说明"], ["", "姓名", "电话"], ["", "张某", "0359"], ["", "李某", "0358"], ["", "合计", "2"]):
            other.append(row)

    data = workbook(fill)
    assert rows_of(table_of(data, sheet="名单", cells="B2:C4")) == [
        ["姓名", "电话"],
        ["张某", "0359"],
        ["李某", "0358"],
    ]
    with pytest.raises(UnreadableError, match="名单"):
        read_here(data, ".xlsx", "名 册")
    with pytest.raises(UnreadableError, match="A1:F20"):
        read_here(data, ".xlsx", "名单", "B2到C4")


def test_what_is_hidden_stays_hidden() -> None:
    def fill(sheet: object) -> None:
        for row in (["姓名", "身份证号", "电话"], ["张某", "0", "1"], ["李某", "0", "2"], ["王某", "0", "3"]):
            sheet.append(row)
        sheet.column_dimensions["B"].hidden = True
        sheet.row_dimensions[3].hidden = True
        sheet.parent.create_sheet("草稿", 0).sheet_state = "hidden"

    assert rows_of(table_of(workbook(fill))) == [["姓名", "电话"], ["张某", "1"], ["王某", "3"]]


def test_a_formula_shows_its_saved_result_and_one_without_is_an_error() -> None:
    def fill(sheet: object) -> None:
        for row in (["甲", "乙"], [1, 2], [3, 4], ["=SUM(A2:A3)", 6]):
            sheet.append(row)

    data = workbook(fill)
    with pytest.raises(UnreadableError, match="A4"):
        read_here(data, ".xlsx")
    saved = with_part(data, "xl/worksheets/sheet1.xml", lambda xml: re.sub(b"<v ?/>|<v></v>", b"<v>4</v>", xml))
    assert rows_of(table_of(saved))[-1] == ["4", "6"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_files_in_every_usual_encoding(encoding: str, mark: str) -> None:
    text = f'单位{mark}数量\r\n"城西街道{mark}一"{mark}"1,050"\r\n'
    table = table_of(text.encode(encoding), ".csv")
    assert rows_of(table) == [["单位", "数量"], [f"城西街道{mark}一".replace("\t", " "), "1,050"]]
    assert table.columns[1].align == "right"
    assert table.rows[0].head


@pytest.mark.parametrize(
    ("suffix", "data", "words"),
    [
        (".csv", b"", "empty"),
        (".csv", b"\n\n,,\n", "empty"),
        (".csv", b"\xff\xff\xff\x80", "UTF-8"),
        (".csv", b"%PDF-1.4", "PDF"),
        (".xlsx", b"PK\x03\x04" + bytes(50), "damaged"),
        (".xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        (".xlsx", b"a,b", "xlsx"),
        (".xlsx", workbook(lambda sheet: None), "empty"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(suffix: str, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_here(data, suffix)
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_a_workbook_that_swells_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(workbook(lambda sheet: sheet.append([1])), "xl/styles.xml", lambda _xml: b" " * 100_000_000)
    assert len(bomb) < 200_000
    with pytest.raises(UnreadableError, match="MB"):
        read_here(bomb, ".xlsx")


def test_a_sheet_with_cells_far_away_is_refused_or_cut_by_a_range() -> None:
    def fill(sheet: object) -> None:
        sheet.append(["甲", "乙"])
        sheet.append([1, 2])
        sheet["XFD1048576"] = "x"

    data = workbook(fill)
    with pytest.raises(UnreadableError, match="range"):
        read_here(data, ".xlsx")
    assert rows_of(table_of(data, cells="A1:B2")) == [["甲", "乙"], ["1", "2"]]
