"""An office's own font files: collections, PostScript outlines, damaged ones, and those that must not be embedded."""

import io
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.errors import CircularGenError
from circular_gen.output.subset import subset
from circular_gen.resources import FONTS, PACKAGED_FACES
from circular_gen.typefaces import FontFile, office_faces, read_font
from circular_gen.typeset.fonts import Faces, FontError, FontSource
from circular_gen.workspace.office import Fonts, Office

TEXT = "安全生产工作一二三，。A1"


def cut(name: str, text: str = TEXT, **tables: int) -> bytes:
    """A packaged font with the characters of `text` alone."""
    font = TTFont(FONTS / name, recalcTimestamp=False)
    options = Options()
    options.name_IDs = ["*"]
    cutter = Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(font)
    for field, value in tables.items():
        setattr(font["OS/2"], field, value)
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")


@cache
def small() -> bytes:
    return cut(PACKAGED_FACES["hei"])


@pytest.fixture(scope="session")
def hei() -> bytes:
    return small()


@pytest.fixture(scope="session")
def collection(hei: bytes) -> bytes:
    made = TTCollection()
    made.fonts = [TTFont(io.BytesIO(hei)), TTFont(io.BytesIO(cut(PACKAGED_FACES["kai"], "安全")))]
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


@pytest.fixture(scope="session")
def postscript(hei: bytes) -> bytes:
    """The same outlines as cubic curves in a CFF table."""
    font = TTFont(io.BytesIO(hei))
    glyphs, names = font.getGlyphSet(), font.getGlyphOrder()
    builder = FontBuilder(font["head"].unitsPerEm, isTTF=False)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(font.getBestCmap())
    drawn = {}
    for name in names:
        pen = T2CharStringPen(font["hmtx"][name][0], None)
        glyphs[name].draw(pen)
        drawn[name] = pen.getCharString()
    builder.setupCFF("Office-Regular", {"FullName": "Office"}, drawn, {})
    builder.setupHorizontalMetrics({name: font["hmtx"][name] for name in names})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Office", "styleName": "Regular"})
    builder.setupOS2(fsType=0)
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def office(**fonts: str) -> Office:
    return Office(name="清河市安全生产委员会办公室", code="清安办发", fonts=Fonts(**fonts))


def given_fonts(root: Path, **files: bytes) -> Callable[[str], Faces]:
    for name, data in files.items():
        (root / name.replace("_", ".")).write_bytes(data)
    return lambda entry: office_faces(root, office(hei=entry))


def test_a_font_of_a_collection_is_named_by_its_number(tmp_path: Path, collection: bytes) -> None:
    faces = given_fonts(tmp_path, simsun_ttc=collection)
    assert set(map(chr, faces("simsun.ttc#1").characters("hei"))) == set("安全")
    assert set(map(chr, faces("simsun.ttc").characters("hei"))) == set(TEXT)
    made = subset(collection, 1, "simsun.ttc#1", "安全")
    assert set(made.glyphs) == set("安全")
    with pytest.raises(FontError, match=r"2 fonts.*no 2"):
        faces("simsun.ttc#2").glyph("安", "hei")


def test_a_file_whose_name_has_a_number_sign(tmp_path: Path, hei: bytes) -> None:
    (tmp_path / "a#1").write_bytes(hei)
    assert office_faces(tmp_path, office(hei="a#1")).characters("hei")


def test_a_number_behind_a_single_font(tmp_path: Path, hei: bytes) -> None:
    with pytest.raises(FontError, match="no collection"):
        given_fonts(tmp_path, one_ttf=hei)("one.ttf#1").glyph("安", "hei")


def test_postscript_outlines_are_converted_once(
    tmp_path: Path, postscript: bytes, hei: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "office.otf"
    path.write_bytes(postscript)
    first = read_font(FontFile(path))
    (kept,) = (tmp_path / "cache/fonts").iterdir()
    state = kept.stat().st_mtime_ns
    assert read_font(FontFile(path)).data == first.data
    assert kept.stat().st_mtime_ns == state, "taken from the cache"
    kept.write_bytes(kept.read_bytes()[:1000])
    assert read_font(FontFile(path)).data == first.data, "a damaged copy is made again, byte by byte the same"
    was, now = Faces({"hei": FontSource(hei, 0, "was")}), Faces({"hei": first})
    for character in TEXT:
        assert now.advance(character, "hei") == pytest.approx(was.advance(character, "hei"))
        assert now.ink(character, "hei") == pytest.approx(was.ink(character, "hei"), abs=0.003)
    assert set(subset(first.data, 0, "office.otf", TEXT).glyphs) == set(TEXT)


def test_without_a_place_to_keep_it_a_font_is_converted_all_the_same(
    tmp_path: Path, postscript: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("CIRCULAR_GEN_CACHE", str(tmp_path / "cache"))
    assert given_fonts(tmp_path, office_otf=postscript)("office.otf").glyph("安", "hei")[0] == "hei"


@pytest.mark.parametrize(
    ("may", "words"),
    [(0x0002, "forbids embedding it"), (0x0100, "a part"), (0x0108, "a part"), (0x0200, "outlines")],
)
def test_what_its_maker_forbids(tmp_path: Path, may: int, words: str) -> None:
    data = cut(PACKAGED_FACES["hei"], "安", fsType=may)
    with pytest.raises(FontError, match=rf"f\.ttf \(Noto Sans SC.*{words}"):
        given_fonts(tmp_path, f_ttf=data)("f.ttf").glyph("安", "hei")


@pytest.mark.parametrize("may", [0, 0x0004, 0x0008, 0x000A])
def test_what_its_maker_allows(tmp_path: Path, may: int) -> None:
    data = cut(PACKAGED_FACES["hei"], "安", fsType=may)
    assert given_fonts(tmp_path, f_ttf=data)("f.ttf").glyph("安", "hei")[0] == "hei"


@pytest.mark.parametrize("length", [0, 3, 11, 40, 500, -8])
def test_a_file_cut_off(tmp_path: Path, hei: bytes, postscript: bytes, length: int) -> None:
    for data in (hei, postscript):
        with pytest.raises(FontError, match=r"f\.ttf") as caught:
            given_fonts(tmp_path, f_ttf=data[:length])("f.ttf").glyph("安", "hei")
        assert len(str(caught.value).splitlines()) == 1


def _told(data: bytes) -> str | None:
    """What using the font says; None where it can be used."""
    try:
        _use(data)
    except CircularGenError as error:
        return str(error)
    return None


def _use(data: bytes) -> None:
    faces = Faces({"hei": FontSource(data, 0, "f.ttf")})
    for character in TEXT:
        if faces.covers(character):
            faces.glyph(character, "hei")
            faces.ink(character, "hei")
    subset(data, 0, "f.ttf", [character for character in TEXT if faces.covers(character)])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_is_one_clear_line(data: st.DataObject) -> None:
    """It gives either a font that can be used or one line that names the file; never anything else."""
    changed = bytearray(small())
    for _change in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1) | st.integers(0, 400))
        changed[at] = data.draw(st.integers(0, 255))
    told = _told(bytes(changed))
    assert told is None or ("f.ttf" in told and len(told.splitlines()) == 1)


def test_the_own_font_is_in_the_paper(tmp_path: Path, hei: bytes) -> None:
    shutil.copy(FONTS / PACKAGED_FACES["hei"], tmp_path / "own.ttf")
    faces = office_faces(tmp_path, office(kai="own.ttf"))
    assert faces.described("kai") == faces.described("hei")
