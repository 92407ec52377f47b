"""Where the seals of a paper stand: none touching another, none outside the type area, their top within one line of the
text above, the date under the last name."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.typeset.signature import Sealed, SealMeasures, sealed

LINE, WIDTH, CELL = 28.95 * 25.4 / 72, 156.0, 442.2 / 28 * 25.4 / 72
DATE = 7.5 * CELL


def measures(diameter: float) -> SealMeasures:
    return SealMeasures(WIDTH, LINE, 4 * CELL, diameter, 3.0, 3.0, 2 * CELL)


def circles(placed: Sealed, diameter: float) -> list[tuple[float, float]]:
    """The seals' centres; y from the text above."""
    found, y = [], 0.0
    for row in placed.rows:
        y += row.before
        found += [(centre, y + row.seal + diameter / 2) for centre in row.centres]
        y += LINE
    return found


@given(
    st.lists(st.integers(4, 26).map(lambda count: count * CELL), min_size=1, max_size=12),
    st.floats(10, 60),
    st.floats(5 * CELL, 8 * CELL),
)
def test_seals_of_any_issuers(names: list[float], diameter: float, date: float) -> None:
    placed = sealed(names, date, None, measures(diameter))
    found = circles(placed, diameter)
    assert len(found) == len(names)
    for (x, y), (right, below) in itertools.combinations(found, 2):
        assert math.hypot(x - right, y - below) >= diameter + 3 - 0.02
    assert min(x for x, _ in found) >= diameter / 2 - 0.02
    assert max(x for x, _ in found) <= WIDTH - diameter / 2 + 0.02
    top = found[0][1] - diameter / 2
    assert -0.01 <= top <= LINE + 0.01
    for row in placed.rows:
        widths = names[row.first : row.first + len(row.centres)]
        spans = [(centre - width / 2, centre + width / 2) for centre, width in zip(row.centres, widths, strict=True)]
        assert spans[0][0] >= -0.02
        assert spans[-1][1] <= WIDTH + 0.02
        assert all(before[1] + 3 <= after[0] + 0.02 for before, after in itertools.pairwise(spans))
    last = placed.rows[-1].centres[-1]
    if len(names) > 1:
        assert placed.date + date / 2 == pytest.approx(last)
    assert placed.below <= diameter


def test_three_usual_names_stand_in_one_row_of_equal_columns() -> None:
    placed = sealed([7 * CELL, 6 * CELL, 5 * CELL], DATE, 2 * LINE, measures(42))
    assert len(placed.rows) == 1
    first, second, third = placed.rows[0].centres
    assert second - first == pytest.approx(third - second)
    assert placed.date == pytest.approx(WIDTH - 4 * CELL - DATE)


def test_rows_are_as_even_as_can_be() -> None:
    rows = sealed([6 * CELL] * 4, DATE, 2 * LINE, measures(42)).rows
    assert [len(row.centres) for row in rows] == [2, 2]


@pytest.mark.parametrize(("diameter", "lines"), [(30, 1), (42, 2), (45, 2), (60, 3)])
def test_a_seal_of_another_size_has_its_own_room(diameter: float, lines: int) -> None:
    assert sealed([10 * CELL], DATE, None, measures(diameter)).rows[0].before == pytest.approx(lines * LINE)


def test_signature_and_date_lie_a_little_below_the_middle_of_their_seal() -> None:
    placed = sealed([10 * CELL], DATE, 2 * LINE, measures(42))
    middle = circles(placed, 42)[0][1]
    assert placed.rows[0].before + LINE - middle == pytest.approx(3)
