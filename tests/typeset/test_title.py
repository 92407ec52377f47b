"""Titles: whole words, no line over twenty characters, trapezoid or diamond."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.typeset.lines import cells_of
from circular_gen.typeset.title import shape_title

TITLES = [
    line.split("｜")
    for line in (Path(__file__).parents[1] / "golden/titles.txt").read_text(encoding="utf-8").splitlines()
]
"""Titles as they are to be broken, at ｜: approved by eye."""


@pytest.mark.parametrize("lines", TITLES, ids=lambda lines: "".join(lines)[:24])
def test_titles_of_offices(lines: list[str]) -> None:
    assert shape_title("".join(lines), 20) == [line.strip() for line in lines]


@pytest.mark.parametrize("lines", TITLES, ids=lambda lines: "".join(lines)[:24])
def test_shapes_are_trapezoids_or_diamonds(lines: list[str]) -> None:
    widths = [cells_of(line.strip()) for line in lines]
    steps = [after - before for before, after in pairwise(widths)]
    peak = widths.index(max(widths))
    assert max(widths) <= 20
    assert all(step >= 0 for step in steps[:peak]), "no line narrower than those around it"
    assert all(step <= 0 for step in steps[peak:])


def test_there_are_enough_titles() -> None:
    assert len(TITLES) >= 40


@pytest.mark.parametrize(
    ("title", "shaped"),
    [
        ("甲乙丙\n关于丁的通知", ["甲乙丙", "关于丁的通知"]),
        (
            "关于加强全市危险化学品企业\n节日期间安全防范工作的紧急通知",
            ["关于加强全市危险化学品企业", "节日期间安全防范工作的紧急通知"],
        ),
        ("关于\n做好工作的通知", ["关于", "做好工作的通知"]),
    ],
)
def test_a_title_may_carry_its_own_breaks(title: str, shaped: list[str]) -> None:
    assert shape_title(title, 20) == shaped


def test_a_part_too_long_for_a_line_is_broken_further() -> None:
    lines = shape_title("清河市应急管理局\n关于切实做好低温雨雪冰冻灾害天气防范应对工作的紧急通知", 20)
    assert lines[0] == "清河市应急管理局"
    assert len(lines) == 3


def test_no_line_begins_with_a_particle_or_ends_with_a_conjunction() -> None:
    for title in TITLES:
        for line in shape_title("".join(title), 14)[1:]:
            assert line[0] not in "的和与及、，"


def test_another_papers_title_is_not_torn_where_it_fits_on_a_line() -> None:
    lines = shape_title("关于印发清河市应急管理局《安全生产举报奖励办法（试行）》的补充通知", 20)
    assert any("《安全生产举报奖励办法（试行）》" in line for line in lines)


def test_the_segmenter_is_loaded_for_long_titles_only() -> None:
    """It takes 0.15 s to read its dictionary."""
    code = (
        "import sys; from circular_gen.typeset.title import shape_title;"
        "shape_title('关于做好岁末年初安全生产工作的通知', 20); assert 'rjieba' not in sys.modules;"
        "shape_title('关于做好岁末年初安全生产工作的通知', 10); assert 'rjieba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(deadline=None)  # the segmenter reads its dictionary once
@given(st.text(alphabet="关于做好安全生产工作的通知和《》（）、2026年ABC", min_size=1, max_size=70), st.integers(8, 20))
def test_any_title(title: str, cells: int) -> None:
    lines = shape_title(title, cells)
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    for line in lines:
        # marks that may not begin a line are the only thing that makes one longer
        assert cells_of(line) <= cells or line[-1] in "）》、"
