"""Names that stand evenly are set by their length alone: as any other text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.typeset.fonts import Faces
from circular_gen.typeset.style import Style
from circular_gen.typeset.text import Typist

NAME = st.text(st.sampled_from("城关镇人民政府街道办事处：、（）》A1 "), min_size=2, max_size=40)


@pytest.fixture(scope="module")
def typist(style: Style, faces: Faces) -> Typist:
    return Typist(style, faces)


@given(NAME, st.data(), st.sampled_from(["justify", "left", "center", "right"]))
def test_a_name_is_set_as_its_pieces_one_after_the_other(
    typist: Typist, name: str, data: st.DataObject, align: str
) -> None:
    cut = data.draw(st.integers(1, len(name) - 1))
    pieces = [(name[:cut], "addressees"), (name[cut:], "addressees")]
    expected = typist.set(pieces, 28.0, 100.0, 7.0, first=11.0, align=align)
    for _known in range(2):
        assert typist.set([(name, "addressees")], 28.0, 100.0, 7.0, first=11.0, align=align) == expected
