"""`status`: units as the office lists them, filters, work days, the workbook and the chart."""

import io
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result
from openpyxl import load_workbook
from PIL import Image

from circular_gen import charts
from circular_gen.ledger import Ledger, Paper, Standing, draft, open_ledger
from circular_gen.ledger.deadlines import zone
from circular_gen.resources import FONTS, PACKAGED_FACES

from .conftest import Commands, make_workspace
from .test_ledger_commands import loaded, said

ISSUED = datetime(2026, 12, 21, 1, 0, tzinfo=UTC)
DUE = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
UNITS = (("chengxi", "各镇（街道）"), ("liulin", "各镇（街道）"), ("kaifaqu", ""), ("zhujian", "市安委会有关单位"))
OFFICE = zone("Asia/Shanghai")


def fill(ledger: Ledger) -> None:
    """Two circulars: one overdue at the beginning of 2027 with all kinds of units, one that owes nothing."""
    from circular_gen.ledger import Addressed

    paper = {"title": "关于做好岁末年初安全生产工作的通知", "date": "2026-12-21", "ask": "acknowledge"}
    units = [Addressed(unit, name=f"单位{unit}", group=group or None) for unit, group in UNITS]
    ledger.issue("winter", code="清安办发", year=2026, actor="x", payload=paper | {"due": DUE.isoformat()}, units=units)
    ledger.issue("plain", code="清安办发", year=2026, actor="x", payload=paper | {"ask": "none"}, units=units[:1])
    ledger.append(
        draft("sent", "x", "winter", "chengxi"),
        draft("opened", "x", "winter", "liulin"),
        draft("received", "x", "winter", "zhujian", by="张某", how="phone"),
    )


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_workspace(tmp_path_factory.mktemp("status") / "office")
    shutil.rmtree(root / "circulars")
    with open_ledger(root / "records" / "ledger.db", clock=lambda: ISSUED) as ledger:
        fill(ledger)
    return root


@pytest.fixture
def at(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `status` at a moment."""
    run = Commands(Path(shutil.copytree(once, tmp_path / "office")))
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")

    def status(now: datetime, *arguments: str, code: int = 0) -> Result:
        for module in ("ledger.deadlines", "charts", "ledger.store"):
            monkeypatch.setattr(f"circular_gen.{module}.utc_now", lambda: now)
        return run("status", *arguments, code=code)

    return status


def rows(result: Result) -> list[list[str]]:
    return [line.split("\t") for line in result.stdout.splitlines() if "\t" in line]


BEFORE, AFTER = DUE - timedelta(days=3, hours=1), DUE + timedelta(days=2)


def test_units_stand_as_the_office_lists_them(at: Callable[..., Result]) -> None:
    found = rows(at(AFTER, "winter"))
    assert found[0][:4] == ["group", "unit", "name", "state"]
    assert [(row[0], row[1]) for row in found[1:]] == [(group, unit) for unit, group in UNITS]
    assert found[1][3:] == ["sent", "2026-12-21 09:00", "", "2026-12-31 17:00", "2 days late", "overdue", "remind"]
    assert found[4][3:6] == ["received", "2026-12-21 09:00", "张某"]
    assert found[4][7] == ""


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--late",), ["chengxi", "liulin", "kaifaqu"]),
        (("--unopened",), ["chengxi", "kaifaqu"]),
        (("--group", "各镇（街道）"), ["chengxi", "liulin"]),
        (("--group", "各镇(街道)", "--unopened", "--late"), ["chengxi"]),
        (("--group", "市安委会有关单位", "--late"), []),
    ],
)
def test_filters(at: Callable[..., Result], filters: tuple[str, ...], expected: list[str]) -> None:
    record = loaded(at(AFTER, "winter", *filters, "--json"))
    assert [unit["unit"] for unit in record["units"]] == expected
    assert sum(record["counts"].values()) == 4
    assert [row[1] for row in rows(at(AFTER, "winter", *filters))[1:]] == expected
    assert "1 of 4 addressees" in at(AFTER, "winter", *filters).stdout


def test_nothing_is_late_before_the_deadline(at: Callable[..., Result]) -> None:
    assert loaded(at(BEFORE, "winter", "--late", "--json"))["units"] == []
    assert loaded(at(BEFORE, "--late", "--json"))["circulars"] == []
    assert [one["circular"] for one in loaded(at(AFTER, "--late", "--json"))["circulars"]] == ["winter"]
    assert len(loaded(at(AFTER, "--json"))["circulars"]) == 2


def test_a_group_that_is_not_addressed(at: Callable[..., Result]) -> None:
    assert "各镇（街道）" in said(at(AFTER, "winter", "--group", "各镇", code=2))
    for filters in (("--unopened",), ("--group", "各镇（街道）"), ("--chart", "x.svg")):
        at(AFTER, *filters, code=2)


def test_work_days_are_those_of_the_state_council_and_of_holidays_yaml(
    at: Callable[..., Result], tmp_path: Path
) -> None:
    """From Monday 28 December to Thursday 31 December 2026 there are three."""
    unit = loaded(at(BEFORE, "winter", "--json"))["units"][0]
    assert (unit["days_late"], unit["workdays_left"]) == (0, 3)
    assert rows(at(BEFORE, "winter"))[1][7] == "3 work days"
    (tmp_path / "office" / "holidays.yaml").write_text("休息: [2026-12-30]\n", "utf-8")
    assert loaded(at(BEFORE, "winter", "--json"))["units"][0]["workdays_left"] == 2
    (tmp_path / "office" / "holidays.yaml").write_text("休息: [30. Dezember]\n", "utf-8")
    assert "30. Dezember" in said(at(BEFORE, "winter", code=1))


def test_a_year_without_data_is_told(at: Callable[..., Result], tmp_path: Path) -> None:
    with open_ledger(tmp_path / "office" / "records" / "ledger.db", clock=lambda: ISSUED) as ledger:
        ledger.append(draft("extended", "x", "winter", due="2099-01-08T17:00:00+08:00", reason="x"))
    now = datetime(2099, 1, 1, 1, 0, tzinfo=UTC)
    assert "no holidays are known for 2099" in at(now, "winter").stderr
    (tmp_path / "office" / "holidays.yaml").write_text("休息: [2099-01-02]\n", "utf-8")
    assert at(now, "winter").stderr == ""
    assert loaded(at(now, "winter", "--json"))["units"][0]["workdays_left"] == 4


def test_the_workbook_holds_what_was_chosen(at: Callable[..., Result], tmp_path: Path) -> None:
    at(AFTER, "winter", "--late", "--xlsx", str(tmp_path / "late.xlsx"))
    sheet = load_workbook(tmp_path / "late.xlsx").active
    assert [cell.value for cell in sheet["B"]][2:] == ["unit", "chengxi", "liulin", "kaifaqu"]


# -- the chart ---------------------------------------------------------------------------------------------------------


def test_a_chart_as_svg_and_png(at: Callable[..., Result], tmp_path: Path) -> None:
    at(AFTER, "winter", "--chart", str(tmp_path / "a.svg"))
    root = ElementTree.fromstring((tmp_path / "a.svg").read_text("utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}desc").text == "1 of 4 units have confirmed, as of 2027-01-02 17:00"
    assert root.findall(f".//{space}text") == []  # outlines: no font is needed
    defined = {path.get("id") for path in root.iter(f"{space}path")}
    assert {use.get("href") for use in root.iter(f"{space}use")} == {f"#{name}" for name in defined}
    at(AFTER, "winter", "--chart", str(tmp_path / "b.svg"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    at(AFTER, "winter", "--chart", str(tmp_path / "a.png"))
    image = Image.open(tmp_path / "a.png")
    assert image.size == (1920, 960)
    assert image.getpixel((100, 900)) == (255, 255, 255)
    assert len(image.getcolors(1 << 20)) > 20
    assert "svg or .png" in said(at(AFTER, "winter", "--chart", str(tmp_path / "a.bmp"), code=2)).replace(".svg", "svg")
    at(AFTER, "nothing", "--chart", str(tmp_path / "c.svg"), code=2)
    assert not (tmp_path / "c.svg").exists()


def seen(confirmed: list[float], asked: int, hours: float, due: float | None = None) -> charts.Progress:
    def moment(after: float) -> datetime:
        return (ISSUED + timedelta(hours=after)).astimezone(OFFICE)

    paper = Paper("winter", "清安办发〔2026〕12号", title="关于做好工作的通知")
    ends = moment(due) if due is not None else None
    return charts.Progress(paper, moment(0), moment(hours), ends, None, asked, tuple(map(moment, confirmed)))


@pytest.mark.parametrize(
    "progress",
    [
        seen([], 0, 0.0),
        seen([], 5, 0.0, 48),
        seen([0.0], 1, 1, 0.5),
        seen([1, 2, 300], 3, 10_000, 48),
        seen([n / 10 for n in range(100_000)], 100_000, 20_000, 240),
        seen([5.0], 7, 1.0, 3),  # a clock that stepped back
    ],
    ids=["nobody", "none yet", "one", "long", "many", "clock"],
)
def test_the_chart_stays_within_its_frame(progress: charts.Progress) -> None:
    drawn = charts.drawing(progress)
    points = [point for shape in drawn.shapes for point in getattr(shape, "points", ())]
    assert all(charts._LEFT - 1 <= x <= charts._RIGHT + 1 for x, _y in points)
    assert all(charts._TOP - 15 <= y <= charts._BOTTOM + 6 for _x, y in points)
    labels = [shape for shape in drawn.shapes if isinstance(shape, charts.Words)]
    assert all(0 < label.x <= drawn.width for label in labels)
    assert str(max(progress.asked, 1)) in [label.text for label in labels]
    assert len([label for label in labels if re.fullmatch(r"\d\d-\d\d|\d\d:\d\d", label.text)]) <= 9


def test_the_line_climbs_with_every_confirmation() -> None:
    drawn = charts.drawing(seen([1, 2, 30], 3, 60, 48))
    line = next(shape for shape in drawn.shapes if getattr(shape, "color", "") == charts._LINE)
    heights = [y for _x, y in line.points]
    assert heights == sorted(heights, reverse=True)
    assert (heights[0], heights[-1]) == (charts._BOTTOM, charts._TOP)
    assert [x for x, _y in line.points] == sorted(x for x, _y in line.points)
    picture = charts.png(drawn, FONTS / PACKAGED_FACES["hei"])
    x, y = line.points[3][0], line.points[3][1]
    red, _green, blue = Image.open(io.BytesIO(picture)).getpixel((round(x * 2), round(y * 2)))
    assert blue > red + 60


def test_who_counts_in_the_chart() -> None:
    paper = Paper("winter", issued_at="2026-12-21T01:00:00.000000Z", ask="report")
    reported = "2026-12-22T01:00:00.000000Z"
    standings = [
        Standing("winter", "a", reported_at=reported),
        Standing("winter", "b", manual_at=reported),  # received, and a report is asked for
        Standing("winter", "c", reported_at=reported, exempt="x"),
        Standing("winter", "d", role="cc"),
        Standing("winter", "e", withdrawn="x"),
    ]
    progress = charts.progress(paper, standings, AFTER, OFFICE)
    assert (progress.asked, len(progress.confirmed)) == (2, 1)
    assert len(charts.progress(paper._replace(ask="acknowledge"), standings, AFTER, OFFICE).confirmed) == 2
