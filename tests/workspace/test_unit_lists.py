"""Units from a CSV file, a workbook or a database: the same units, and every mistake with its row and column."""

import sqlite3
import tracemalloc
from pathlib import Path

import openpyxl
import pytest

from circular_gen.workspace import Finding, WorkspaceError, open_workspace, schema
from circular_gen.workspace.lists import PASSWORD

from ..desk import RECIPIENTS, Desk
from ..ledger.conftest import postgresql_server, postgresql_url  # noqa: F401 (fixtures)

HEADINGS = "代号,名称,简称,标签,行业,联系人,电话,邮箱,送达方式"
ROWS = [
    "chengxi,城西街道办事处,城西街道,街道,矿山、城镇燃气,张某,13800000001,,邮件、打印",
    "chengdong,城东街道办事处,城东街道,街道,城镇燃气,杨某,,chengdong@example.org,",
    "liulin,柳林镇人民政府,柳林镇,镇,矿山,柳某,13800000003,,",
    "",
    "kaifaqu,清河经济开发区管委会,,开发区,,开某,13800000004,,",
    "shuiwu,市水务局,,成员单位,,水某,13800000005,,",
]
GROUPS = "groups:\n" + RECIPIENTS.split("groups:\n")[1]


def listed(desk: Desk, source: str) -> Desk:
    desk.recipients(f"units: {source}\n{GROUPS}")
    return desk


def csv(desk: Desk, *rows: str, headings: str = HEADINGS, encoding: str = "utf-8") -> Desk:
    (desk.root / "units.csv").write_text("\n".join((headings, *rows)) + "\n", encoding)
    return listed(desk, "{csv: units.csv}")


def xlsx(path: Path, sheet: str, rows: list[str]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    if sheet:
        book.create_sheet("别的")
        page = book.create_sheet(sheet)
    for row in rows:
        page.append([int(cell) if cell.isdecimal() else cell or None for cell in row.split(",")])
    book.save(path)


def database(path: Path, rows: list[str]) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE units (id, name, short, tags, sectors, contact, phone, email, deliver)")
        cells = [row.split(",") for row in rows if row]
        connection.executemany(f"INSERT INTO units VALUES ({','.join('?' * 9)})", cells)


def findings(desk: Desk) -> list[Finding]:
    with pytest.raises(WorkspaceError) as caught:
        desk.open()
    return [finding for finding in caught.value.findings if finding.severity == "error"]


def test_a_list_gives_the_units_that_yaml_gives(desk: Desk) -> None:
    expected = desk.open().registry
    assert csv(desk, *ROWS).open().registry == expected
    assert csv(desk, *ROWS, encoding="utf-8-sig").open().registry == expected
    xlsx(desk.root / "units.xlsx", "", [HEADINGS, *ROWS])
    assert listed(desk, "{xlsx: units.xlsx}").open().registry == expected
    xlsx(desk.root / "units.xlsx", "单位", [HEADINGS, *ROWS])
    assert listed(desk, "{Excel: units.xlsx, 工作表: 单位}").open().registry == expected
    database(desk.root / "units.db", ROWS)
    assert listed(desk, "{sql: sqlite:///units.db, query: SELECT * FROM units}").open().registry == expected
    desk.recipients(f"单位: {{CSV: units.csv}}\n{GROUPS}")
    assert desk.open().registry == expected


@pytest.mark.postgresql
def test_units_from_postgresql(desk: Desk, postgresql_url: str) -> None:  # noqa: F811
    import psycopg

    expected = desk.open().registry
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(
            "CREATE TABLE units (id text, name text, short text, tags text[], sectors text[], "
            "contact text, phone text, email text, deliver text)"
        )
        for row in filter(None, ROWS):
            cells = [cell or None for cell in row.split(",")]
            lists = [cells[3].split("、") if cells[3] else [], cells[4].split("、") if cells[4] else []]
            connection.execute(
                "INSERT INTO units VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", [*cells[:3], *lists, *cells[5:]]
            )
    listed(desk, f'{{sql: "{postgresql_url}", query: SELECT * FROM units}}')
    assert desk.open().registry == expected
    listed(desk, f'{{sql: "{postgresql_url}", query: DELETE FROM units RETURNING *}}')
    assert [finding.code for finding in findings(desk)] == ["unreadable"]
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT count(*) FROM units").fetchone() == (5,)


def test_headings_in_english_and_more_contacts(desk: Desk) -> None:
    row = "a,甲局,1,局,矿山,张某,1380,a@example.org,科长,李某,1381,b@example.org,科员"
    csv(desk, row, headings="ID,Name,short,tags,sectors,contact,phone,email,duty,contact2,phone2,email2,duty2")
    desk.recipients("units: {csv: units.csv}\n")
    (unit,) = desk.open().registry.units
    assert (unit.id, unit.short, unit.tags) == ("a", "1", ("局",))
    assert [(contact.name, contact.phone, contact.email, contact.duty) for contact in unit.contacts] == [
        ("张某", "1380", "a@example.org", "科长"),
        ("李某", "1381", "b@example.org", "科员"),
    ]


def test_every_mistake_has_its_row_and_column(desk: Desk) -> None:
    csv(
        desk,
        ROWS[0],
        ROWS[1].replace("chengdong,", "Cheng Dong,"),
        ROWS[2].replace("13800000003,", "13800000003,nobody"),
        ROWS[4].replace("清河经济开发区管委会", ""),
        "chengxi,另一个单位,,,,,,,",
        ROWS[5] + "鸽子",
        "tab,有\t的,,,,,,,",
    )
    found = {(finding.line, finding.column): finding.code for finding in findings(desk)}
    assert found == {
        (3, 1): "bad-id",
        (4, 8): "bad-email",
        (5, 2): "missing",
        (6, 1): "duplicate-id",
        (7, 9): "unknown-word",
        (8, 2): "tab",
    }
    assert {finding.path.name for finding in findings(desk)} == {"units.csv"}


def test_the_mistakes_of_a_workbook_and_of_a_query(desk: Desk) -> None:
    rows = [HEADINGS, ROWS[0], ROWS[1].replace("chengdong,", "Dong,")]
    xlsx(desk.root / "units.xlsx", "", rows)
    (finding,) = findings(listed(desk, "{xlsx: units.xlsx}"))
    assert (finding.path.name, finding.line, finding.column, finding.code) == ("units.xlsx", 3, 1, "bad-id")
    database(desk.root / "units.db", rows[1:])
    (finding,) = findings(listed(desk, "{sql: sqlite:///units.db, query: SELECT * FROM units}"))
    assert (finding.path.name, finding.line, finding.code) == ("recipients.yaml", 1, "bad-id")
    assert "2" in finding.message


@pytest.mark.parametrize(
    ("headings", "code", "words"),
    [
        ("代号,单位", "missing-column", "名称"),
        ("代码,名称", "missing-column", "代码"),
        ("代号,名称,name", "duplicate-column", "name"),
    ],
)
def test_headings_that_are_wrong(desk: Desk, headings: str, code: str, words: str) -> None:
    csv(desk, "a,b,c", headings=headings)
    (finding,) = [one for one in findings(desk) if one.code == code]
    assert words in finding.message


def test_a_column_that_is_not_read_warns(desk: Desk) -> None:
    csv(desk, *[f"{row},x" if row else row for row in ROWS], headings=f"{HEADINGS},备注")
    (warning,) = desk.open().warnings
    assert (warning.line, warning.column, warning.code) == (1, 10, "unknown-column")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{csv: nothing.csv}", "no-file"),
        ("{csv: ../units.csv}", "bad-source"),
        ("{csv: /etc/passwd}", "bad-source"),
        ("{csv: a.csv, xlsx: b.xlsx}", "bad-source"),
        ("{sheet: 甲}", "bad-source"),
        ("{sql: sqlite:///units.db}", "bad-source"),
        ("{sql: units.db, query: SELECT 1}", "bad-source"),
        ("{sql: sqlite:///units.db, query: SELECT 1}", "unreadable"),
        ("{sql: nosuch://host/db, query: SELECT 1}", "unreadable"),
        ("{table: units.csv}", "unknown-key"),
        ("units.csv", "wrong-type"),
    ],
)
def test_a_source_that_is_wrong(desk: Desk, source: str, code: str) -> None:
    assert [finding.code for finding in findings(listed(desk, source))] == [code]


def test_files_that_are_no_lists(desk: Desk) -> None:
    csv(desk, *ROWS)
    path = desk.root / "units.csv"
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    (finding,) = findings(desk)
    assert "UTF-8" in finding.message
    path.write_text("", "utf-8")
    assert [finding.code for finding in findings(desk)] == ["empty"]
    path.write_text(HEADINGS + "\n", "utf-8")
    assert [finding.code for finding in findings(desk)] == ["empty"]
    path.write_text(f'{HEADINGS}\na,"b"c,,,,,,,\n', "utf-8")
    assert [(finding.line, finding.code) for finding in findings(desk)] == [(2, "unreadable")]
    (desk.root / "units.xlsx").write_text("no workbook", "utf-8")
    assert [finding.code for finding in findings(listed(desk, "{xlsx: units.xlsx}"))] == ["unreadable"]
    xlsx(desk.root / "units.xlsx", "", [HEADINGS, *ROWS])
    (finding,) = findings(listed(desk, "{xlsx: units.xlsx, sheet: 单位}"))
    assert "Sheet" in finding.message


def test_no_password_is_read_or_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = findings(listed(desk, '{sql: "postgresql://office:geheim@host/db", query: SELECT 1}'))
    assert finding.code == "password"
    assert PASSWORD in finding.message
    assert "geheim" not in str(finding)
    monkeypatch.setenv(PASSWORD, "geheim")
    (finding,) = findings(
        listed(desk, '{sql: "postgresql+psycopg://office@127.0.0.1:1/geheim?connect_timeout=1", query: SELECT 1}')
    )
    assert finding.code == "unreadable"
    assert "geheim" not in str(finding)


def test_a_query_that_fails_or_answers_nothing(desk: Desk) -> None:
    database(desk.root / "units.db", ROWS)
    for query in ("SELECT * FROM nothing", "DELETE FROM units", "SELECT * FROM units WHERE 0"):
        source = f"{{sql: sqlite:///units.db, query: {query}}}"
        assert [finding.code for finding in findings(listed(desk, source))] in (["unreadable"], ["empty"]), query
    with sqlite3.connect(desk.root / "units.db") as connection:
        assert connection.execute("SELECT count(*) FROM units").fetchone() == (5,)
    assert not (desk.root / "other.db").exists()


def test_what_was_read_is_known_by_its_hash(desk: Desk) -> None:
    first = csv(desk, *ROWS).open().listed
    assert list(first) == ["units.csv"]
    assert csv(desk, *ROWS[:-1], "shuiwu,市水务局,,成员单位,,水某,13800000006,,").open().listed != first
    database(desk.root / "units.db", ROWS)
    listed(desk, "{sql: sqlite:///units.db, query: SELECT * FROM units ORDER BY id}")
    first = desk.open().listed
    assert desk.open().listed == first
    with sqlite3.connect(desk.root / "units.db") as connection:
        connection.execute("UPDATE units SET phone = '1' WHERE id = 'shuiwu'")
    assert desk.open().listed != first


def test_the_schema_knows_lists_and_units() -> None:
    units = schema("recipients")["properties"]["单位"]
    assert "$ref" in str(units)
    assert any("csv" in str(part.get("properties")) for part in schema("recipients")["$defs"].values())


def test_a_list_is_read_as_a_stream(desk: Desk) -> None:
    """What stays is the units: reading 2,000 of them takes no second copy of the list."""
    rows = [f"u{number},第{number}号单位,,镇,矿山,某某,1380000{number:04},,邮件" for number in range(2000)]
    csv(desk, *rows)
    open_workspace(desk.root)
    tracemalloc.start()
    workspace = open_workspace(desk.root)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(workspace.registry.units) == 2000
    assert peak < 1.5 * kept
