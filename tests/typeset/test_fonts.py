"""Faces: every general-use Hanzi is in every packaged face; what a face lacks comes from another and is never lost."""

import pytest

from circular_gen.resources import DATA
from circular_gen.typeset.fonts import Faces, FontError, FontSource, MissingGlyph

HANZI = (DATA / "hanzi-8105.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("face", ["fangsong", "xiaobiaosong", "hei", "kai"])
def test_all_general_use_hanzi_are_in_every_face(faces: Faces, face: str) -> None:
    assert len(HANZI) >= 8104
    assert {faces.glyph(hanzi, face)[0] for hanzi in HANZI} == {face}  # type: ignore[arg-type]


def test_signs_that_a_face_lacks_come_from_another(faces: Faces) -> None:
    assert faces.glyph("①", "fangsong")[0] == "hei"
    assert faces.glyph("一", "song")[0] == "fangsong"  # 宋体 has no file of its own


def test_chinese_quotes_are_a_cell_wide_in_every_face(faces: Faces) -> None:
    for face in ("fangsong", "xiaobiaosong", "hei", "kai"):
        assert all(faces.advance(mark, face) == pytest.approx(1) for mark in "“”‘’—…")  # type: ignore[arg-type]


def test_a_character_in_no_face(faces: Faces) -> None:
    with pytest.raises(MissingGlyph, match=r"U\+1F600"):
        faces.glyph("😀", "fangsong")
    assert not faces.covers("😀")
    assert faces.covers("𬌗")


@pytest.mark.parametrize("data", [b"", b"OTTO" + bytes(40), b"not a font at all"])
def test_a_file_that_is_no_font_is_named(data: bytes) -> None:
    with pytest.raises(FontError, match=r"simfang\.ttf"):
        Faces({"fangsong": FontSource(data, 0, "simfang.ttf")}).glyph("一", "fangsong")
