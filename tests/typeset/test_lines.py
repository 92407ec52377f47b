"""Lines as Word and WPS break them: nothing lost, nothing begins or ends a line that must not, no line too wide."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.typeset.lines import CLOSING, NO_END, NO_START, OPENING, Line, break_text, spaced

CELL = 10.0
"""mm; makes sums easy to read."""


def widths(text: str) -> list[float]:
    return [CELL if unicodedata.east_asian_width(c) in "WFA" else CELL / 2 for c in text]


def broken(text: str, cells: float, first: float = 0.0, *, justify: bool = True) -> list[Line]:
    return break_text(text, widths(text), CELL, cells * CELL, first * CELL, 0.0, justify=justify)


def lines(text: str, cells: float, first: float = 0.0) -> list[str]:
    return [text[line.start : line.end] for line in broken(text, cells, first)]


HANZI = "岁末年初安全生产工作事关人民群众生命财产"


def test_a_line_takes_what_fits() -> None:
    assert lines(HANZI, 8) == [HANZI[:8], HANZI[8:16], HANZI[16:]]
    assert lines(HANZI, 8, first=2)[0] == HANZI[:6]


def test_a_comma_that_does_not_fit_is_squeezed_in_where_marks_give_room() -> None:
    text = "各单位、各部门要抓好落实，"
    first, *rest = broken(text + "不得有误", 12)
    assert text[first.start : first.end] == text
    assert sum(first.advances) == pytest.approx(12 * CELL)
    assert first.advances[0] == CELL  # what is missing comes from the marks alone
    assert first.advances[3] == first.advances[-1] == pytest.approx(CELL / 2) or first.advances[3] < CELL
    assert len(rest) == 1


def test_a_comma_hangs_where_nothing_gives_room() -> None:
    text = HANZI[:8] + "，" + HANZI[8:12]
    first = broken(text, 8)[0]
    # the comma itself gives half a cell, which is not enough for a whole one
    assert text[first.start : first.end] == HANZI[:8] + "，"
    assert sum(first.advances[:-1]) == pytest.approx(8 * CELL)


def test_in_a_cell_no_mark_hangs() -> None:
    text = HANZI[:8] + "，" + HANZI[8:12]
    first, *_ = break_text(text, widths(text), CELL, 8 * CELL, hang=False)
    assert text[first.start : first.end] == HANZI[:7]


def test_an_opening_mark_goes_to_the_next_line() -> None:
    text = HANZI[:7] + "《" + HANZI[:6] + "》"
    assert lines(text, 8) == [HANZI[:7], "《" + HANZI[:6] + "》"]


def test_words_numbers_and_dashes_are_not_torn() -> None:
    assert lines("按照GB/T9704执行各项规定", 5) == ["按照", "GB/T9704", "执行各项规", "定"]
    assert "——" in "|".join(lines("安全生产是底线——也是红线", 8))
    assert "……" in "|".join(lines("安全生产是底线……也是红线", 8))


def test_numbers_keep_their_units() -> None:
    for text in ("增长约100%以上", "温度达36.5℃以上", "总量约1000kg以上", "约1.2‰的比例"):
        number = "".join(c for c in text if c.isascii() or c in "℃‰")
        for cells in (3, 4, 5, 6):
            assert any(number in line for line in lines(text, cells)) or len(number) / 2 > cells


def test_a_no_break_space_keeps_what_stands_beside_it() -> None:
    assert lines("依据标准GB/T\u00a09704执行", 8) == ["依据标准", "GB/T\u00a09704执行"]
    assert lines("依据标准GB/T 9704执行", 8) == ["依据标准GB/T ", "9704执行"]


def test_a_word_wider_than_the_line_is_cut_at_last() -> None:
    assert "".join(lines("A" * 50, 8)) == "A" * 50
    assert max(map(len, lines("A" * 50, 8))) == 16


def test_marks_share_half_a_cell_and_latin_stands_apart() -> None:
    assert spaced("》、甲", [CELL] * 3, CELL) == [CELL / 2, CELL, CELL]
    assert spaced("：“甲", [CELL] * 3, CELL) == [CELL / 2, CELL, CELL]
    assert spaced("（《甲", [CELL] * 3, CELL) == [CELL / 2, CELL, CELL]
    assert spaced("于2026年", widths("于2026年"), CELL) == [12.5, 5, 5, 5, 7.5, 10]
    assert spaced("第2条，A", widths("第2条，A"), CELL)[3] == CELL  # a mark's own blank half is room enough


def test_full_lines_reach_the_margin_and_the_last_does_not() -> None:
    text = "全市安全生产形势总体稳定ABCDEFG，但不容乐观。" * 3
    *full, last = broken(text, 9.3)
    for line in full:
        end = line.x + sum(line.advances)
        hangs = text[line.end - 1] in CLOSING
        assert end == pytest.approx(93, abs=0.01) or (hangs and end - line.advances[-1] == pytest.approx(93, abs=6))
    assert sum(last.advances) == pytest.approx(sum(spaced(text[last.start :], widths(text[last.start :]), CELL)))


ALPHABET = "安全生产工作人民群众，。、；：？！（）《》“”〔〕—…AB12 .%·"
texts = st.text(alphabet=ALPHABET, min_size=1, max_size=120)


@given(
    text=texts, cells=st.sampled_from([3.0, 7.5, 12.0, 28.0]), first=st.sampled_from([0.0, 2.0]), justify=st.booleans()
)
def test_any_text(text: str, cells: float, first: float, justify: bool) -> None:
    made = broken(text, cells, first, justify=justify)
    assert "".join(text[line.start : line.end] for line in made) == text
    assert [line.start for line in made[1:]] == [line.end for line in made[:-1]]
    for index, line in enumerate(made):
        content = text[line.start : line.end]
        assert len(line.advances) == len(content)
        assert all(advance >= 0 for advance in line.advances)
        shown = len(content.rstrip(" ")) or 1
        end = line.x + sum(line.advances[:shown])
        hanging = line.advances[shown - 1] if content[shown - 1] in CLOSING else 0.0
        alone = shown == 1
        assert end - hanging <= cells * CELL + 0.01 or alone, "no line over its width beyond one hanging mark"
        if index and _could_stand_elsewhere(text, made[index - 1].start, line.start):
            assert content[0] not in NO_START
            assert text[line.start - 1] not in NO_END


def _could_stand_elsewhere(text: str, start: int, end: int) -> bool:
    """Whether the line before had any allowed place to break at: a run of nothing but marks has none."""
    return any(
        text[i] not in NO_START
        and text[i] != " "
        and text[i - 1] not in NO_END
        and not ("!" <= text[i - 1] <= "~" and "!" <= text[i] <= "~")
        for i in range(start + 1, end)
    )


def test_a_mark_behind_a_space_does_not_hang_past_it() -> None:
    text = "11111111 ”"
    for line in broken(text, 3, 2):
        shown = len(text[line.start : line.end].rstrip(" ")) or 1
        assert line.x + sum(line.advances[:shown]) <= 3 * CELL + CELL


def test_the_sets_agree() -> None:
    assert CLOSING < NO_START
    assert OPENING < NO_END
    assert not NO_START & NO_END
