"""Who gets what: each unit one copy, its own tasks, and equal choices made once."""

import pytest

from circular_gen.workspace import Copy, WorkspaceError, plan_copies

from ..desk import CIRCULAR, Desk

TASKS = """\
cc: 市水务局、柳林镇
tasks:
  - {id: all, text: 甲}
  - {id: mine, text: 乙, for: {sectors: [矿山]}}
  - {id: street, text: 丙, for: {tags: [街道]}}
  - {id: streetmine, text: 丁, for: {tags: [街道], sectors: [矿山]}}
  - {id: one, text: 戊, for: {units: [清河经济开发区管委会, 城东街道]}}
  - {id: cc, text: 己, for: {units: [shuiwu]}}
receipt: {ask: report}
"""


def copies(desk: Desk, text: str) -> dict[str, Copy]:
    circular = desk.circular(text)
    found = plan_copies(circular, desk.open().registry)
    assert len({copy.unit.id for copy in found}) == len(found)
    return {copy.unit.id: copy for copy in found}


def test_tasks_go_by_sector_tag_and_unit(desk: Desk) -> None:
    found = copies(desk, CIRCULAR + TASKS)
    assert {unit: [task.id for task in copy.tasks] for unit, copy in found.items()} == {
        "chengxi": ["all", "mine", "street", "streetmine"],
        "chengdong": ["all", "street", "one"],
        "liulin": ["all", "mine"],
        "kaifaqu": ["all", "one"],
        "shuiwu": [],
    }


def test_copies_stand_in_the_lines_order_and_cc_last(desk: Desk) -> None:
    text = (CIRCULAR + TASKS).replace("各镇（街道），清河经济开发区管委会", "清河经济开发区管委会，各镇（街道）")
    assert list(copies(desk, text)) == ["kaifaqu", "chengxi", "chengdong", "liulin", "shuiwu"]


def test_a_cc_unit_gets_the_circular_alone_unless_it_is_addressed_too(desk: Desk) -> None:
    found = copies(desk, CIRCULAR + TASKS)
    assert found["shuiwu"] == Copy(found["shuiwu"].unit, "cc", (), False)
    assert (found["liulin"].role, found["liulin"].receipt) == ("addressee", True)
    assert found["liulin"].tasks


def test_no_receipt_where_none_is_asked(desk: Desk) -> None:
    assert not any(copy.receipt for copy in copies(desk, CIRCULAR).values())
    assert not any(copy.receipt for copy in copies(desk, CIRCULAR + "receipt: {ask: 不要求}\n").values())


def test_equal_choices_of_tasks_are_one_object(desk: Desk) -> None:
    desk.recipients(
        "units:\n"
        + "".join(f"  - {{id: u{n}, name: 单位{n}, sectors: [{'矿山' if n % 2 else '燃气'}]}}\n" for n in range(40))
        + "groups: {各单位: {all: true}}\n"
    )
    text = "title: 关于甲的通知\ndate: 2026-01-05\naddressees: 各单位\nbody: 正文。\n"
    tasks = "tasks:\n  - {id: a, text: 甲, for: {sectors: [矿山]}}\n  - {id: b, text: 乙}\n"
    assert len({id(copy.tasks) for copy in copies(desk, text + tasks).values()}) == 2


def test_a_registry_without_the_named_unit_stops_the_plan(desk: Desk) -> None:
    circular = desk.circular(CIRCULAR + "cc: 市水务局\n")
    desk.recipients("units:\n  - {id: chengxi, name: 城西街道办事处}\n")
    with pytest.raises(WorkspaceError) as caught:
        plan_copies(circular, desk.open().registry)
    assert [finding.code for finding in caught.value.findings] == ["unknown-unit"] * 3
    assert "notice.yaml" in str(caught.value)
