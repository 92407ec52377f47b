"""What the fonts have, and which face draws a character."""

from pathlib import Path

import pytest

from circular_gen.checks.coverage import FACES, drawn, face_coverage, gb2312, general_use
from circular_gen.resources import SAMPLE
from circular_gen.typefaces import office_faces
from circular_gen.workspace import open_office
from circular_gen.workspace.findings import WorkspaceError


def test_the_two_lists() -> None:
    assert len(general_use()) == 8105
    assert len(gb2312()) == 6763 + 682


def test_every_packaged_face_has_the_general_use_hanzi_and_another_draws_what_it_lacks() -> None:
    office = open_office(SAMPLE)
    found = {face.face: face for face in face_coverage(SAMPLE, office, office_faces(SAMPLE, office))}
    assert tuple(found) == FACES
    for name in ("fangsong", "xiaobiaosong", "hei", "kai"):
        assert found[name].general == 8105
        assert not found[name].nowhere
    assert "①" in found["fangsong"].lacking
    assert found["fangsong"].drawn_by == ("hei",)
    assert found["song"].file is None
    assert found["song"].stand_in == "fangsong"
    assert found["kai"].word_font == "楷体_GB2312"


def test_characters_of_a_text_once_each_in_its_order() -> None:
    office = open_office(SAMPLE)
    made = {
        one.character: dict(zip(FACES, one.by, strict=True)) for one in drawn(office_faces(SAMPLE, office), "安①安 😀")
    }
    assert list(made) == ["安", "①", "😀"]
    assert made["安"]["kai"] == "kai"
    assert made["①"]["fangsong"] == "hei"
    assert set(made["😀"].values()) == {None}


def test_an_office_with_mistakes_is_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "office.yaml").write_text("name: 甲\ncode: 乙\nfonts: {kai: none.ttf}\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"none\.ttf"):
        open_office(tmp_path)
