"""The addressee line is the distribution list: what is printed is what is sent, each unit once."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from circular_gen.workspace import Registry
from circular_gen.workspace.distribution import distribute, split

from ..desk import CIRCULAR, Desk, place_of


def registry(units: list[dict[str, Any]], groups: dict[str, Any] | None = None) -> Registry:
    return Registry.model_validate({"units": units, "groups": groups or {}})


OFFICES = registry(
    [
        {"id": "chengxi", "name": "城西街道办事处", "short": "城西街道", "tags": ["街道"]},
        {"id": "chengdong", "name": "城东街道办事处", "short": "城东街道", "tags": ["街道"]},
        {"id": "liulin", "name": "柳林镇人民政府", "short": "柳林镇", "tags": ["镇"]},
        {"id": "kaifaqu", "name": "清河经济开发区管委会", "tags": ["开发区"]},
        {"id": "gongsi", "name": "清河公司（燃气、供热，含热源厂）", "tags": ["企业"]},
        {"id": "tong-1", "name": "城关镇人民政府", "tags": ["外县"]},
        {"id": "tong-2", "name": "城关镇人民政府", "short": "南县城关镇", "tags": ["外县"]},
    ],
    {
        "各镇（街道）": {"tags": ["镇", "街道"]},
        "有关企业": {"units": ["gongsi"]},
        "全部单位": {"all": "true"},
        "学校": {"tags": ["学校"]},
    },
)


def ids(line: str) -> list[str]:
    found = distribute(line, OFFICES)
    assert found.problems == ()
    return [unit.id for unit in found.units]


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("各镇（街道）", ["chengxi", "chengdong", "liulin"]),
        ("各镇(街道)", ["chengxi", "chengdong", "liulin"]),
        ("各镇（街道），清河经济开发区管委会", ["chengxi", "chengdong", "liulin", "kaifaqu"]),
        ("清河经济开发区管委会、各镇（街道）：", ["kaifaqu", "chengxi", "chengdong", "liulin"]),
        ("柳林镇、城西街道办事处", ["liulin", "chengxi"]),
        ("柳林镇人民政府，城西街道；chengdong。", ["liulin", "chengxi", "chengdong"]),
        ("柳林镇,城西街道;城东街道", ["liulin", "chengxi", "chengdong"]),
        ("柳林镇，\n城西街道", ["liulin", "chengxi"]),
        ("城东街道，各镇（街道），城东街道办事处", ["chengdong", "chengxi", "liulin"]),
        ("清河公司（燃气、供热，含热源厂），柳林镇", ["gongsi", "liulin"]),
        ("有关企业、柳林镇", ["gongsi", "liulin"]),
        ("柳林 镇，　城西街道 ", ["liulin", "chengxi"]),
        ("，柳林镇，，", ["liulin"]),
        ("南县城关镇，tong-1", ["tong-2", "tong-1"]),
        ("全部单位", ["chengxi", "chengdong", "liulin", "kaifaqu", "gongsi", "tong-1", "tong-2"]),
    ],
)
def test_a_line_gives_its_units_in_order_each_once(line: str, units: list[str]) -> None:
    assert ids(line) == units


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("各镇（街道），市直部门", [("各镇（街道）", 0), ("市直部门", 7)]),
        ("甲（乙（丙，丁），戊）、己", [("甲（乙（丙，丁），戊）", 0), ("己", 12)]),
        ("  甲 ， 乙", [("甲", 2), ("乙", 6)]),
        ("甲【乙、丙】；《丁，戊》", [("甲【乙、丙】", 0), ("《丁，戊》", 7)]),
    ],
)
def test_names_part_outside_brackets(line: str, parts: list[tuple[str, int]]) -> None:
    found = split(line)
    assert [(part.text, part.offset) for part in found.parts] == parts
    assert found.problems == ()


@pytest.mark.parametrize(
    ("line", "offset", "code", "named"),
    [
        ("柳林镇，城南街道", 4, "unknown-unit", ["城南街道", "城西街道", "城东街道"]),
        ("柳林镇， 柳树镇", 5, "unknown-unit", ["柳树镇", "柳林镇"]),
        ("各镇、柳林镇", 0, "unknown-unit", ["各镇（街道）"]),
        ("柳林镇，城关镇人民政府", 4, "ambiguous-name", ["城关镇人民政府", "2", "tong-1", "tong-2"]),
        ("柳林镇，学校", 4, "empty-group", ["学校"]),
        ("", 0, "empty", []),
        ("，：", 0, "empty", []),
    ],
)
def test_what_names_nobody_has_its_place_and_the_nearest(line: str, offset: int, code: str, named: list[str]) -> None:
    (problem,) = distribute(line, OFFICES).problems
    assert (problem.offset, problem.code) == (offset, code)
    assert all(name in problem.message for name in named)


def test_three_nearest_names_are_shown() -> None:
    (problem,) = distribute("城北街道", OFFICES).problems
    assert sum(problem.message.count(mark) for mark in "、") == 2


@pytest.mark.parametrize(
    ("line", "offset"), [("柳林镇（街道，城西街道", 3), ("柳林镇）、城西街道", 3), ("柳林镇【，】）", 6)]
)
def test_a_bracket_without_its_other_half_has_its_place(line: str, offset: int) -> None:
    problems = distribute(line, OFFICES).problems
    assert (problems[0].offset, problems[0].code) == (offset, "brackets")
    assert line[offset] in problems[0].message


def test_after_twenty_unknown_names_no_nearest_are_searched() -> None:
    problems = distribute("、".join(f"第{n}局" for n in range(25)), OFFICES).problems
    assert len(problems) == 25
    assert "最接近" in problems[19].message
    assert "最接近" not in problems[20].message
    assert "第24局" in problems[24].message


@pytest.mark.parametrize("key", ["addressees", "cc"])
def test_an_unknown_name_is_found_in_the_file(desk: Desk, key: str) -> None:
    line = "各镇（街道），城西街到、市水务局"
    own = "各镇（街道），清河经济开发区管委会"
    text = CIRCULAR.replace(own, line) if key == "addressees" else CIRCULAR + f"cc: {line}\n"
    (found,) = desk.read(text)
    assert (found.line, found.column, found.code) == (*place_of(text, "城西街到"), "unknown-unit")
    assert "城西街道" in found.message


def test_an_unknown_name_on_the_second_line_of_a_block(desk: Desk) -> None:
    text = CIRCULAR.replace("各镇（街道），清河经济开发区管委会", "|\n  各镇（街道），\n  城西街到，市水务局")
    (found,) = desk.read(text)
    assert (found.line, found.column) == place_of(text, "城西街到")


# Any names: letters with brackets that match; inside brackets also what would part two names.
_PLAIN = st.text(alphabet="城西东柳林镇街道管委会清河AZ0", min_size=1, max_size=6)
_BRACKETED = st.builds(
    lambda pair, inner: pair[0] + inner + pair[1],
    st.sampled_from(["（）", "()", "〔〕", "[]", "【】", "《》", "“”", "〈〉"]),
    st.text(alphabet="城西，、；,;道", min_size=1, max_size=6),
)
_NAMES = st.lists(
    st.builds("".join, st.lists(st.one_of(_PLAIN, _BRACKETED), min_size=1, max_size=3)),
    min_size=1,
    max_size=8,
    unique_by=lambda name: name.translate(str.maketrans("()[]", "（）〔〕")),
)


@settings(max_examples=100, deadline=None)
@given(_NAMES, st.data())
def test_any_line_of_any_names_gives_those_units_in_order_without_doubles(
    names: list[str], data: st.DataObject
) -> None:
    made = registry([{"id": f"u{n}", "name": name} for n, name in enumerate(names)])
    assume(not {unit.id for unit in made.units} & set(names))
    chosen = data.draw(st.lists(st.integers(0, len(names) - 1), min_size=1, max_size=12))
    line = names[chosen[0]]
    for number in chosen[1:]:
        line += data.draw(st.sampled_from(["，", "、", "；", ",", "; ", "，\n", " 、 "])) + names[number]
    line += data.draw(st.sampled_from(["", "：", "。", " "]))
    found = distribute(line, made)
    assert found.problems == ()
    assert [unit.id for unit in found.units] == [f"u{n}" for n in dict.fromkeys(chosen)]


@settings(max_examples=50, deadline=None)
@given(_NAMES, st.data())
def test_a_group_is_its_units_wherever_it_stands(names: list[str], data: st.DataObject) -> None:
    tagged = data.draw(st.lists(st.integers(0, len(names) - 1), unique=True, min_size=1))
    made = registry(
        [{"id": f"u{n}", "name": name, "tags": ["甲"] if n in tagged else []} for n, name in enumerate(names)],
        {"各有关单位（甲、乙）": {"tags": ["甲"]}},
    )
    first = data.draw(st.integers(0, len(names) - 1))
    found = distribute(f"{names[first]}、各有关单位（甲、乙）", made)
    assert [unit.id for unit in found.units] == [f"u{n}" for n in dict.fromkeys([first, *sorted(tagged)])]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="各镇（街道）()，、；[]【】“” 。：柳林镇城", max_size=40)))
def test_garbage_is_a_problem_with_a_place_and_never_an_exception(line: str) -> None:
    found = distribute(line, OFFICES)
    for problem in found.problems:
        assert 0 <= problem.offset <= len(line)
        assert problem.message
    assert found.units or found.problems
    assert len({unit.id for unit in found.units}) == len(found.units)
