"""templates/gbt9704.yaml: every number with its clause; faults in an office's own copy named with line and column."""

import re

import pytest

from circular_gen.resources import TEMPLATES
from circular_gen.typeset.style import StyleError, load_style

TEXT = (TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8")


def test_measures_of_the_standard_have_a_clause_and_others_none() -> None:
    style = load_style(TEXT)
    for measure in style.measures.values():
        binding = measure.source.strength in ("required", "usual", "recommended", "optional")
        assert binding == bool(re.fullmatch(r"\d+(\.\d+)*", measure.source.clause))


def test_the_grid_fills_the_type_area() -> None:
    style = load_style(TEXT)
    pt = 72 / 25.4
    assert style.number("grid.cells") * style.number("grid.cell") == pytest.approx(
        style.number("area.width") * pt, abs=0.01
    )
    assert 22 * style.number("grid.line") <= style.number("area.height") * pt < 22 * style.number("grid.line") + 1


def test_variants_replace_measures_of_the_same_name() -> None:
    plain, natural = load_style(TEXT), load_style(TEXT, cell="natural", margins="gb33476")
    assert natural.number("grid.cell") == 16
    assert natural.number("page.top") == 34.58
    assert plain.number("mark.top") == natural.number("mark.top") == 35
    assert set(natural.measures) == set(plain.measures)


def test_red_is_the_standards() -> None:
    assert load_style(TEXT).red == (1.0, 0.2, 0.2)


def test_all_faults_are_named_at_their_places() -> None:
    text = TEXT.replace("face: kai,", "face: kaiti,", 1).replace("unit: cell,", "unit: chars,", 1)
    text = text.replace("  page.width:            {value: 210,", "  page.width:            {value: wide,")
    with pytest.raises(StyleError) as caught:
        load_style(text, path="templates/gbt9704.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    for line in lines:
        place = re.match(r"templates/gbt9704\.yaml:(\d+):(\d+): ", line)
        assert place
        written = text.splitlines()[int(place[1]) - 1][int(place[2]) - 1 :]
        assert written.startswith(("kaiti", "chars", "wide"))


@pytest.mark.parametrize("text", ["", "[1, 2]", "measures: {", "measures: 3"])
def test_no_measures_at_all(text: str) -> None:
    with pytest.raises(StyleError):
        load_style(text)


def test_a_measure_that_an_own_file_lacks_is_named() -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("  rule.gap:"))
    with pytest.raises(StyleError, match=r"rule\.gap"):
        load_style(text).number("rule.gap")
    with pytest.raises(StyleError, match="letterhead"):
        load_style(TEXT).type("letterhead")
    with pytest.raises(StyleError, match="wide"):
        load_style(TEXT, cell="wide")
