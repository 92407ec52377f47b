"""The sample workspace is what people learn from: it holds what README promises and has nothing to correct."""

import re
from datetime import date

import pytest
import yaml

from circular_gen.checks.drafts import lint
from circular_gen.resources import SAMPLE
from circular_gen.workspace import Workspace, open_workspace, plan_copies
from circular_gen.workspace.circular import Circular

WINTER, MEETING, FLOOD = "2026-winter-safety", "2026-work-meeting", "2026-flood-check"
SAMPLES = (WINTER, MEETING, FLOOD)
SECTORS = {"矿山", "危险化学品", "道路交通", "城镇燃气", "人员密集场所", "建筑施工"}
FILES = (
    SAMPLE / "office.yaml",
    SAMPLE / "recipients.yaml",
    *(SAMPLE / "circulars" / f"{name}.yaml" for name in SAMPLES),
)


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return open_workspace(SAMPLE)


@pytest.fixture(scope="module")
def winter(sample: Workspace) -> Circular:
    return sample.circular(WINTER)


def characters(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def ordinal(number: str) -> int:
    return int(number.partition("〕")[2].removesuffix("号"))


def test_three_circulars_without_a_finding(sample: Workspace) -> None:
    assert set(SAMPLES) <= set(sample.names())
    assert sample.warnings == ()
    for name in SAMPLES:
        assert [str(finding) for finding in lint(sample, name, date(2026, 11, 24))] == []


def test_thirty_units_three_groups_six_sectors(sample: Workspace) -> None:
    registry = sample.registry
    assert list(registry.groups) == ["各镇（街道）", "各开发区管委会", "市安委会有关单位"]
    grouped = [unit for group in registry.groups for unit in registry.members(group)]
    assert len(grouped) == len({unit.id for unit in grouped}) >= 30
    assert {sector for unit in registry.units for sector in unit.sectors} == SECTORS
    for unit in registry.units:
        assert unit.deliver, unit.id
        assert unit.contact is not None, unit.id
        assert unit.contact.phone.startswith("1380000"), unit.id
        assert unit.contact.email.endswith("@example.org"), unit.id


def test_nothing_in_it_is_real() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        assert all(host == "example.org" for host in re.findall(r"@([\w.-]+)", text)), path
        assert all(number.startswith("1380000") for number in re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)), path
        assert set(re.findall(r"0\d{2,3}-\d{7,8}", text)) <= {"0359-0000000"}, path


def test_the_winter_notice(sample: Workspace, winter: Circular) -> None:
    assert (winter.format, winter.kind, winter.number) == ("general", "通知", "清安办发〔2026〕12号")
    assert characters(winter.body) >= 1800
    levels = [re.match("[一二三四五六七八九十]、", line) for line in winter.body.splitlines()]
    assert "".join(match[0][0] for match in levels if match) == "一二三四五六"
    assert [bool(annex.table) for annex in winter.annexes] == [True, False]
    assert all(line in winter.annexes[1].body for line in ("一、", "（一）", "1.", "（1）"))
    assert 12 <= len(winter.tasks) <= 18
    assert all(task.basis and task.method and task.due for task in winter.tasks)
    assert {sector for task in winter.tasks if task.for_ for sector in task.for_.sectors} == SECTORS
    assert set(winter.receipt.needs) == {"signature", "seal"}


def test_every_unit_gets_the_tasks_of_its_sectors(sample: Workspace, winter: Circular) -> None:
    copies = plan_copies(winter, sample.registry)
    everyone = {task.id for task in winter.tasks if task.for_ is None}
    for copy in copies:
        own = {t.id for t in winter.tasks if t.for_ and set(t.for_.sectors) & set(copy.unit.sectors)}
        assert {task.id for task in copy.tasks} == (everyone | own if copy.role == "addressee" else set())
        assert copy.receipt == (copy.role == "addressee")
    assert {copy.role for copy in copies} == {"addressee", "cc"}


def test_a_basis_is_a_section_of_the_text(sample: Workspace) -> None:
    for name in SAMPLES:
        circular = sample.circular(name)
        for task in circular.tasks:
            first, second = re.fullmatch(r"(\w)(（\w）)?", task.basis).groups()
            sections = re.findall(rf"^{first}、.*(?:\n(?![一二三四五六七八九十]、).*)*", circular.body, re.MULTILINE)
            assert len(sections) == 1, (name, task.id)
            assert f"\n{second or ''}" in sections[0] + "\n", (name, task.id)


def test_the_letter_with_an_attendance_receipt(sample: Workspace) -> None:
    meeting = sample.circular(MEETING)
    assert (meeting.format, meeting.receipt.ask, meeting.number) == ("letter", "attend", "清安办函〔2026〕5号")
    assert not meeting.tasks
    weekday = "一二三四五六日"[date(2026, 12, 4).weekday()]
    assert f"2026年12月4日（星期{weekday}）" in meeting.body


def test_the_short_one_names_each_unit_alone_and_asks_for_a_report(sample: Workspace) -> None:
    flood = sample.circular(FLOOD)
    assert (flood.address, flood.receipt.ask) == ("each", "report")
    assert all(copy.tasks for copy in plan_copies(flood, sample.registry) if copy.role == "addressee")
    assert characters(flood.body) < 500


def test_the_text_and_the_form_name_the_same_deadline(sample: Workspace) -> None:
    for name in SAMPLES:
        circular = sample.circular(name)
        by = circular.receipt.by
        assert by is not None
        assert f"{by.month}月{by.day}日{by.hour}时前" in circular.body, name
        assert circular.date < by.date(), name


def test_numbers_and_dates_run_the_same_way(sample: Workspace) -> None:
    first, second = sample.circular(WINTER), sample.circular(FLOOD)
    assert first.date <= second.date
    assert ordinal(first.number) + 1 == ordinal(second.number)


def test_every_key_is_explained_once_in_chinese(sample: Workspace) -> None:
    """Keys of the notice that teaches: each has a comment where it stands first."""
    lines = (SAMPLE / "circulars" / f"{WINTER}.yaml").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if match := re.match(r"([a-z_]+):", line):
            explained = "#" in line or lines[number - 1].startswith("#") or "#" in lines[number + 1]
            assert explained, match[1]


def test_it_is_plain_yaml_that_any_editor_can_save() -> None:
    for path in FILES:
        data = path.read_bytes()
        assert b"\r" not in data, path
        assert b"\t" not in data, path
        assert data.endswith(b"\n"), path
        assert not data.startswith(b"\xef\xbb\xbf"), path
        assert yaml.safe_load(data), path
