"""The PDF writer, measured from outside: text and positions as readers find them, pixels, validity, same bytes."""

import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pdfplumber
import pikepdf
import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from circular_gen.output import qr
from circular_gen.output.drawing import MARK_PATTERNS
from circular_gen.output.pdf import PdfBundle, PdfWriter
from circular_gen.output.subset import UnusableFontError, subset
from circular_gen.resources import FONTS, PACKAGE
from circular_gen.sheet.blocks import Face
from circular_gen.typeset.page import (
    Bookmark,
    CornerMark,
    Frame,
    Glyphs,
    Hole,
    Item,
    Pages,
    PageShape,
    Part,
    Rule,
    Shape,
    Symbol,
)

MM = 72 / 25.4
CODE = "CG1" + "7K3M9QXV8Z0" * 4 + "ABCDEFG"
TITLE, AUTHOR = "关于做好<岁末年初>安全生产工作 & “督查”的通知", "清河市安全生产委员会办公室"
HEADING = "一、提高认识"
BODY = "岁末年初，各镇（街道）要严格落实责任。𬌗石𫗴村 2026年12月"
FIRM = "清河𬱖矿业·有限公司"


@dataclass(frozen=True)
class Source:
    data: bytes
    index: int
    name: str


def source(name: str) -> Source:
    return Source((FONTS / name).read_bytes(), 0, name)


SOURCES: dict[Face, Source] = {
    "fangsong": source("CircularFangsong-Regular.ttf"),
    "xiaobiaosong": source("NotoSerifSC-Bold.ttf"),
    "hei": source("NotoSansSC-Regular.ttf"),
    "kai": source("CircularKai-Regular.ttf"),
}
SOURCES["song"] = SOURCES["xiaobiaosong"]
CHARACTERS = "".join(sorted(set(TITLE + AUTHOR + HEADING + BODY + FIRM + CODE + "附件—一督0123456789 \xa0·・-\xad")))


def line(face: Face, text: str, y: float, **more: object) -> Glyphs:
    """A run whose characters stand 5.6 mm apart."""
    return Glyphs(face, 16, 28, y, text, (5.6,) * len(text), **more)  # type: ignore[arg-type]


def page(*parts: Part | Hole, bookmarks: tuple[Bookmark, ...] = ()) -> PageShape:
    return PageShape(parts, bookmarks=bookmarks)


SHAPE = Shape(
    (
        page(
            Part(
                (line("xiaobiaosong", TITLE[:9], 30, colour="red", scale=0.8), Rule(28, 34, 156, 0.35, "red")), "title"
            ),
            Part((line("hei", HEADING, 50),), "heading1"),
            Part((line("fangsong", BODY[:20], 60), line("fangsong", BODY[20:], 70))),
            Hole(0),
            Part((line("song", "各镇。", 90),)),
            Hole(1, "code"),
            Part((line("fangsong", "— 1 —", 280),), "artefact"),
            bookmarks=(Bookmark(TITLE, 1, 28), Bookmark(HEADING, 2, 48), Bookmark("附件", 1, 200)),
        ),
        PageShape((Part((line("hei", "附件", 30),)),), 297, 210, bookmarks=(Bookmark("表", 4, 20),)),
    ),
    TITLE,
    AUTHOR,
)


def unit(name: str = FIRM, code: str = CODE) -> Pages:
    return Pages(SHAPE, (Part((line("kai", name, 80),)), Part((Symbol(code, 150, 10, 22),), "code")))


def code(number: int) -> str:
    return f"CG1{number:051d}"


@pytest.fixture(scope="module")
def writer() -> PdfWriter:
    return PdfWriter(SOURCES, dict.fromkeys(SOURCES, CHARACTERS))


@pytest.fixture(scope="module")
def pdf(writer: PdfWriter) -> bytes:
    return writer.write(unit())


def one(*items: Item) -> Pages:
    return Pages(Shape((page(Part(items)),)))


def text_of(data: bytes, number: int = 0) -> str:
    """As a PDF viewer copies it, without the white that it puts between characters that stand wide."""
    return re.sub(r"[\r\n ]", "", pypdfium2.PdfDocument(data)[number].get_textpage().get_text_range())


def picture(data: bytes, dpi: int = 254) -> Image.Image:
    """The first page; ten pixels a millimetre."""
    rendered: Image.Image = pypdfium2.PdfDocument(data)[0].render(scale=dpi / 72).to_pil()
    return rendered.convert("RGB")


def ink(image: Image.Image, left: int = 0, top: int = 0, right: int = 2100, bottom: int = 2970) -> tuple[int, ...]:
    """The rectangle of all that is dark inside another: left, top, right, bottom, in tenths of a millimetre."""
    box = image.crop((left, top, right, bottom)).convert("L").point(lambda value: 255 * (value < 128)).getbbox()
    assert box
    return (box[0] + left, box[1] + top, box[2] + left, box[3] + top)


def dark(image: Image.Image, x: int, y: int) -> bool:
    """Whether a pixel of a grey picture is."""
    return int(image.getpixel((x, y))) < 128  # type: ignore[arg-type]


# --- text


def test_text_is_read_in_the_order_of_the_parts_also_above_the_basic_plane(pdf: bytes) -> None:
    written = TITLE[:9] + HEADING + BODY + FIRM + "各镇。" + "— 1 —"
    assert text_of(pdf) == written.replace(" ", "")
    assert text_of(pdf, 1) == "附件"
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        assert "".join(char["text"] for char in document.pages[0].chars) == written


def test_characters_that_share_a_glyph_are_read_as_written(writer: PdfWriter) -> None:
    text = "·・ \xa0-\xad—"
    with pdfplumber.open(io.BytesIO(writer.write(one(line("hei", text, 50))))) as document:
        assert "".join(char["text"] for char in document.pages[0].chars) == text


def test_every_general_use_hanzi_is_read_as_written() -> None:
    hanzi = "".join((FONTS.parent / "data" / "hanzi-8105.txt").read_text(encoding="utf-8").split())
    assert len(hanzi) == 8105
    lines = [hanzi[start : start + 100] for start in range(0, len(hanzi), 100)]
    items = [Glyphs("kai", 4, 10, 10 + 3 * i, text, (1.9,) * len(text)) for i, text in enumerate(lines)]
    data = PdfWriter(SOURCES, {"kai": hanzi}).write(one(*items))
    assert text_of(data) == hanzi


def test_a_character_that_no_paper_announced_is_a_fault(writer: PdfWriter) -> None:
    with pytest.raises(KeyError):
        writer.write(one(line("fangsong", "龘", 50)))
    with pytest.raises(UnusableFontError, match=r"U\+E000"):
        PdfWriter(SOURCES, {"kai": "\ue000"})


# --- positions


@given(
    st.sampled_from(sorted(SOURCES)),
    st.floats(8, 40),
    st.floats(0.6, 1.2),
    st.lists(st.tuples(st.sampled_from(CHARACTERS.replace("\n", "")), st.floats(0, 12)), min_size=1, max_size=40),
    st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_glyph_stands_at_the_sum_of_advances(
    writer: PdfWriter, face: Face, size: float, scale: float, glyphs: list[tuple[str, float]], turned: bool
) -> None:
    text, advances = "".join(character for character, _ in glyphs), tuple(advance for _, advance in glyphs)
    run = Glyphs(face, size, 20, 30, text, advances, "black", scale, turned)
    with pdfplumber.open(io.BytesIO(writer.write(one(run)))) as document:
        chars = document.pages[0].chars
    assert "".join(char["text"] for char in chars) == text
    for index, char in enumerate(chars):
        a, b, _c, _d, x, y = char["matrix"]
        along = sum(advances[:index])
        expected = (20, 30 + along) if turned else (20 + along, 30)
        assert (x / MM, 297 - y / MM) == pytest.approx(expected, abs=0.02)
        assert (a > 0, b < 0) == (not turned, turned)


def test_size_and_scale_are_drawn(writer: PdfWriter) -> None:
    def drawn(size: float, scale: float) -> tuple[float, float]:
        run = Glyphs("hei", size, 50, 100, "督", (30.0,), scale=scale)
        left, top, right, bottom = ink(picture(writer.write(one(run))))
        return right - left, bottom - top

    width, height = drawn(72, 1.0)
    assert drawn(36, 1.0) == pytest.approx((width / 2, height / 2), abs=3)
    assert drawn(72, 0.5) == pytest.approx((width / 2, height), abs=3)
    assert 200 < width < 254


def test_scaling_and_red_end_with_their_run(writer: PdfWriter) -> None:
    loud = Glyphs("hei", 16, 28, 40, "一", (5.6,), "red", 0.5)
    plain, own = line("hei", "一", 60), (line("hei", "一", 80), Rule(150, 100, 20, 5))
    shape = Shape((page(Part((loud,)), Hole(0), Part((plain,)), Hole(1)),))
    mixed = picture(writer.write(Pages(shape, (Part((Rule(100, 100, 20, 5, "red"), loud)), Part(own)))))
    alone = picture(writer.write(one(plain, *own)))
    text = (200, 500, 600, 900)
    assert mixed.crop(text).tobytes() == alone.crop(text).tobytes()
    assert mixed.getpixel((1100, 1025)) == (255, 51, 51)
    assert mixed.getpixel((1600, 1025)) == (0, 0, 0)


def test_rules_and_frames_lie_where_they_should(writer: PdfWriter) -> None:
    image = picture(writer.write(one(Rule(20, 30, 50, 2), Frame(100, 150, 40, 20, 1.0))))
    assert ink(image, bottom=1000) == pytest.approx((200, 300, 700, 320), abs=1)
    assert ink(image, top=1000) == pytest.approx((1000, 1500, 1400, 1700), abs=1)
    assert image.crop((1012, 1512, 1388, 1688)).getextrema() == ((255, 255),) * 3
    for edge in (
        (1003, 1503, 1397, 1507),
        (1003, 1693, 1397, 1697),
        (1003, 1503, 1007, 1697),
        (1393, 1503, 1397, 1697),
    ):
        assert image.crop(edge).getextrema() == ((0, 0),) * 3


def test_a_symbol_shows_its_modules(writer: PdfWriter) -> None:
    image = picture(writer.write(one(Symbol(CODE, 150, 10, 29)))).convert("L")
    shown = tuple(tuple(dark(image, 1505 + 10 * x, 105 + 10 * y) for x in range(29)) for y in range(29))
    assert shown == qr.matrix(CODE)
    assert ink(image) == pytest.approx((1500, 100, 1790, 390), abs=1)


MARKS = (  # OpenCV's DICT_4X4_50, identities 0–3, white as X
    (".X.XX.", "..X.X.", "...XX.", "...X.."),
    ("......", ".XXXX.", ".X..X.", ".X.X.."),
    ("...XX.", "...XX.", "...X..", ".XX.X."),
    (".X..X.", ".X..X.", "..X...", "..XX.."),
)


def test_corner_marks_are_the_dictionary_s(writer: PdfWriter) -> None:
    items = [CornerMark(identity, 20 + 40 * identity, 50, 12) for identity in range(4)]
    image = picture(writer.write(one(*items))).convert("L")
    for identity, rows in enumerate(MARKS):
        left = 200 + 400 * identity
        shown = ["".join("X."[dark(image, left + 10 + 20 * x, 510 + 20 * y)] for x in range(6)) for y in range(6)]
        assert shown == ["." * 6, *rows, "." * 6]
        assert ink(image, left - 100, right=left + 250) == pytest.approx((left, 500, left + 120, 620), abs=1)


def test_corner_marks_are_found_by_opencv(writer: PdfWriter) -> None:
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for identity, pattern in enumerate(MARK_PATTERNS):
        cells = cv2.aruco.generateImageMarker(dictionary, identity, 6)[1:5, 1:5] // 255
        assert [int("".join(map(str, row)), 2) for row in cells.tolist()] == list(pattern)
    places = [(10, 10), (190, 10), (190, 277), (10, 277)]
    image = picture(writer.write(one(*(CornerMark(i, x, y, 8) for i, (x, y) in enumerate(places)))))
    corners, identities, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(numpy.array(image.convert("L")))
    firsts = [tuple(corner.reshape(-1, 2)[0] / 10) for corner in corners]
    found = dict(zip(identities.ravel().tolist(), firsts, strict=True))
    assert found == {i: pytest.approx(place, abs=0.2) for i, place in enumerate(places)}


# --- the file


def test_pages_have_their_sizes(pdf: bytes) -> None:
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        sizes = [(float(p.width) / MM, float(p.height) / MM) for p in document.pages]
    assert sizes == [pytest.approx((210, 297), abs=0.001), pytest.approx((297, 210), abs=0.001)]


def fonts_of(data: bytes) -> list[str]:
    """The names of the fonts in the file."""
    document = pikepdf.open(io.BytesIO(data))
    dictionaries = [each for each in document.objects if isinstance(each, pikepdf.Dictionary)]
    return [str(each.FontName) for each in dictionaries if each.get("/Type") == "/FontDescriptor"]


def test_one_font_a_face_and_only_those_that_the_paper_uses(writer: PdfWriter, pdf: bytes) -> None:
    assert len(fonts_of(pdf)) == 4  # song has the file of xiaobiaosong
    assert len(fonts_of(writer.write(one(line("kai", "一", 20))))) == 1
    names = fonts_of(pdf)
    assert all(re.fullmatch(r"/[A-Z]{6}\+[A-Za-z-]+", name) for name in names)
    assert len({name[:7] for name in names}) == 4


def test_widths_are_those_of_the_font_files(pdf: bytes) -> None:
    from fontTools.ttLib import TTFont

    document = pikepdf.open(io.BytesIO(pdf))
    found = 0
    for font in document.objects:
        if not isinstance(font, pikepdf.Dictionary) or font.get("/Subtype") != "/CIDFontType2":
            continue
        found += 1
        file = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()))
        widths = dict.fromkeys(range(file["maxp"].numGlyphs), float(font.DW))
        entries = list(font.W.as_list())
        for first, run in zip(entries[::2], entries[1::2], strict=True):
            widths |= {int(first) + i: float(width) for i, width in enumerate(run)}
        assert list(widths.values()) == [file["hmtx"][name][0] for name in file.getGlyphOrder()]
        for name in file.getGlyphOrder():
            file["glyf"][name].expand(file["glyf"])
    assert found == 4


def test_bookmarks_nest_by_level(pdf: bytes) -> None:
    entries = list(pypdfium2.PdfDocument(pdf).get_toc())
    assert [(entry.level, entry.get_title()) for entry in entries] == [
        (0, TITLE),
        (1, HEADING),
        (0, "附件"),
        (1, "表"),
    ]
    destinations = [entry.get_dest() for entry in entries]
    assert [destination.get_index() for destination in destinations] == [0, 0, 0, 1]
    assert destinations[1].get_view()[1][1] == pytest.approx((297 - 48) * MM, abs=0.01)


def test_properties_are_the_same_in_both_places(pdf: bytes) -> None:
    document = pikepdf.open(io.BytesIO(pdf))
    metadata = document.open_metadata()
    info = {name: str(value) for name, value in document.docinfo.items()}
    assert info["/Title"] == metadata["dc:title"] == TITLE
    assert [info["/Author"]] == metadata["dc:creator"] == [AUTHOR]
    assert info["/Producer"] == metadata["pdf:Producer"]
    assert info.keys() == {"/Title", "/Author", "/Producer"}
    assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
    assert "/Filter" not in document.Root.Metadata
    assert document.Root.Lang == "zh-CN"
    assert document.Root.ViewerPreferences.DisplayDocTitle is True


def test_a_paper_without_title_and_author_states_none(writer: PdfWriter) -> None:
    document = pikepdf.open(io.BytesIO(writer.write(one(line("hei", "一", 20)))))
    assert list(document.docinfo) == ["/Producer"]
    assert "dc:title" not in document.open_metadata()


def test_the_output_intent_is_an_srgb_profile_of_version_2(pdf: bytes) -> None:
    document = pikepdf.open(io.BytesIO(pdf))
    (intent,) = document.Root.OutputIntents
    assert intent.S == "/GTS_PDFA1"
    profile = intent.DestOutputProfile.read_bytes()
    assert (profile[8], profile[16:20], profile[36:40]) == (2, b"RGB ", b"acsp")


def streams(data: bytes) -> list[bytes]:
    """What each stream of the file holds, but those of the file's own order."""
    document = pikepdf.open(io.BytesIO(data))
    each = [one for one in document.objects if isinstance(one, pikepdf.Stream)]
    return [bytes(one.read_bytes()) for one in each if one.get("/Type") not in ("/ObjStm", "/XRef")]


def test_marks_and_page_numbers_are_artefacts(pdf: bytes) -> None:
    texts = [each for each in streams(pdf) if re.search(rb"/Artifact BMC\nBT\n[^E]*TJ\nET\nEMC", each)]
    assert len(texts) == 1


def test_pages_without_anything_are_white(writer: PdfWriter) -> None:
    data = writer.write(Pages(Shape((page(Part((line("hei", "一", 20),))), PageShape(())))))
    assert text_of(data, 1) == ""
    assert pypdfium2.PdfDocument(data)[1].render().to_pil().convert("L").getextrema() == (255, 255)


# --- bundles


def bundle(writer: PdfWriter, papers: Iterable[Pages], **more: bool) -> bytes:
    file = io.BytesIO()
    made = PdfBundle(writer, file, **more)
    for paper in papers:
        made.add(paper)
    made.close()
    assert len(pypdfium2.PdfDocument(file.getvalue())) == made.pages
    return file.getvalue()


def test_a_bundle_shows_what_the_single_files_show(writer: PdfWriter) -> None:
    papers = [unit(FIRM[:size], code(size)) for size in range(2, 8)]
    whole = bundle(writer, papers)
    together = pypdfium2.PdfDocument(whole)
    for number, paper in enumerate(papers):
        single = pypdfium2.PdfDocument(writer.write(paper))
        for side in range(2):
            expected, found = (
                d.render(scale=1).to_pil().tobytes() for d in (single[side], together[2 * number + side])
            )
            assert expected == found
        assert text_of(whole, 2 * number) == text_of(writer.write(paper))


def test_a_bundle_holds_what_is_constant_once(writer: PdfWriter) -> None:
    few, many = (bundle(writer, (unit(FIRM, code(i)) for i in range(count))) for count in (10, 1010))
    assert (len(many) - len(few)) / 1000 < 5000  # of which the symbol's path has 3000
    constant = [[each for each in streams(data) if b"/Artifact BMC" in each] for data in (few, many)]
    assert constant[0] == constant[1]
    assert len(constant[0]) == 2


def test_equal_shapes_share_their_streams(writer: PdfWriter) -> None:
    """The same page laid out twice (each paper, and the package of all) is one stream."""
    shapes = [Shape((page(Part(tuple(line("hei", "一" * 20, 20 + i) for i in range(30)))),)) for _ in range(2)]
    assert len(streams(bundle(writer, map(Pages, shapes)))) == len(streams(bundle(writer, [Pages(shapes[0])])))


def test_each_paper_begins_on_a_front(writer: PdfWriter) -> None:
    papers = [one(line("hei", HEADING[:size], 20)) for size in (1, 2, 3)]
    turned = Pages(Shape((PageShape((), 297, 210),)))
    data = bundle(writer, [papers[0], unit(), papers[1], turned, papers[2]])
    texts = [text_of(data, number) for number in range(len(pypdfium2.PdfDocument(data)))]
    assert [bool(text) for text in texts] == [True, False, True, True, True, False, False, False, True]
    sizes = [round(p.get_width() / MM) for p in pypdfium2.PdfDocument(data)]
    assert sizes == [210, 210, 210, 297, 210, 210, 297, 297, 210]
    assert len(pypdfium2.PdfDocument(bundle(writer, papers, duplex=False))) == 3


def test_the_page_tree_of_a_long_bundle_is_whole(writer: PdfWriter) -> None:
    data = bundle(writer, (one(line("hei", "0123456789"[number % 10], 20)) for number in range(300)), duplex=False)
    assert len(pypdfium2.PdfDocument(data)) == 300
    assert [text_of(data, number) for number in (0, 127, 128, 255, 256, 299)] == list("078569")
    document = pikepdf.open(io.BytesIO(data))
    assert [int(node.Count) for node in document.Root.Pages.Kids] == [128, 128, 44]


def test_a_bundle_is_written_as_it_grows(writer: PdfWriter) -> None:
    file = io.BytesIO()
    made = PdfBundle(writer, file)
    made.add(unit())
    before = file.tell()
    made.add(unit("清河", code(1)))
    assert file.tell() > before


# --- same bytes


def digest() -> str:
    writer = PdfWriter(SOURCES, {face: reversed(CHARACTERS) for face in reversed(SOURCES)})
    file = io.BytesIO()
    made = PdfBundle(writer, file)
    made.add(unit("清河"))
    made.add(unit("各镇"))
    made.close()
    return hashlib.sha256(writer.write(unit()) + file.getvalue()).hexdigest()


def test_the_same_papers_are_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    expected = digest()
    assert digest() == expected
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "PYTHONPATH": str(PACKAGE.parent)}
        run = subprocess.run(
            [sys.executable, Path(__file__).resolve()], cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        assert run.stdout.decode().strip() == expected


def test_what_was_written_before_changes_nothing(writer: PdfWriter, pdf: bytes) -> None:
    fresh = PdfWriter(SOURCES, dict.fromkeys(SOURCES, CHARACTERS))
    for number in range(300):
        fresh.write(unit("清河", code(number)))
    assert fresh.write(unit()) == pdf
    copy = Pages(Shape(SHAPE.pages, TITLE, AUTHOR), unit().own)
    assert fresh.write(copy) == pdf


def test_parts_kept_from_one_paper_are_right_in_another(writer: PdfWriter) -> None:
    """The same parts on a page of another height, and as own parts of another shape."""
    low, high = Part((line("hei", "一", 50),)), Part((line("hei", "督", 60),))
    papers = [
        Pages(Shape((PageShape((low, high)),))),
        Pages(Shape((PageShape((low, high), 297, 210),))),
        Pages(Shape((PageShape((Hole(0), Hole(1))),)), (low, high)),
        Pages(Shape((PageShape((Hole(1),)), PageShape((Hole(0),), 297, 210))), (low, high)),
    ]
    for paper in papers:
        fresh = PdfWriter(SOURCES, dict.fromkeys(SOURCES, CHARACTERS))
        assert writer.write(paper) == fresh.write(paper)


def test_identities_differ_where_the_contents_do(writer: PdfWriter, pdf: bytes) -> None:
    def identity(data: bytes) -> bytes:
        return bytes(pikepdf.open(io.BytesIO(data)).trailer.ID[0])

    assert identity(pdf) == identity(writer.write(unit()))
    assert identity(pdf) != identity(writer.write(unit("清河")))


# --- validity


@pytest.mark.qpdf
def test_qpdf_finds_nothing(writer: PdfWriter, pdf: bytes, tmp_path: Path) -> None:
    empty = writer.write(Pages(Shape((PageShape(()),))))
    long = bundle(writer, (unit(FIRM, code(number)) for number in range(200)))
    for number, data in enumerate((pdf, empty, long)):
        file = tmp_path / f"{number}.pdf"
        file.write_bytes(data)
        run = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.preflight
def test_preflight_finds_nothing_in_the_twins(tmp_path: Path) -> None:
    from tests.preflight import assert_part_1  # this file also runs as a program of its own

    writer = PdfWriter(SOURCES, dict.fromkeys(SOURCES, CHARACTERS))
    everything = one(
        *(line(face, CHARACTERS[:30], 20 + 10 * i) for i, face in enumerate(sorted(SOURCES))),
        Frame(10, 100, 20, 20, 0.5, "red"),
        *(CornerMark(identity, 10 + 20 * identity, 200, 8) for identity in range(4)),
        line("hei", "— 1 —", 250, turned=True),
    )
    units = bundle(writer, (unit(FIRM, code(number)) for number in range(3)))
    for data in (writer.write(unit()), writer.write(everything), units):
        assert_part_1(data, tmp_path)


# --- font files


def test_fonts_that_cannot_be_embedded_are_named() -> None:
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    pen = T2CharStringPen(500, None)
    outlines = {name: pen.getCharString() for name in (".notdef", "A")}
    builder.setupCFF("Sample", {}, outlines, {})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "A": (500, 0)})
    builder.setupHorizontalHeader()
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    for data in (file.getvalue(), b"no font", SOURCES["kai"].data[:5000], SOURCES["kai"].data[:500_000]):
        with pytest.raises(UnusableFontError, match=r"office\.otf"):
            subset(data, 0, "office.otf", "A")


def composite_font() -> bytes:
    """A font whose B is two As, one of them of half size, and whose A and Ａ are one glyph."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 700))
    pen.lineTo((500, 0))
    pen.closePath()
    triangle = pen.glyph()
    names = [".notdef", "A", "unused", "B"]
    parts = TTGlyphPen(dict.fromkeys(names, triangle))
    parts.addComponent("A", (1, 0, 0, 1, 0, 0))
    parts.addComponent("unused", (0.5, 0, 0, 0.5, 600, -300))
    glyphs = {".notdef": TTGlyphPen(None).glyph(), "A": triangle, "unused": triangle, "B": parts.glyph()}
    builder = FontBuilder(2048)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({65: "A", 0xFF21: "A", 66: "B"})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({".notdef": (1024, 0), "A": (512, 0), "unused": (2048, 0), "B": (2048, 0)})
    builder.setupHorizontalHeader(ascent=1638, descent=-410)
    builder.setupNameTable({"psName": "Office-Fangsong"})
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def test_composite_glyphs_keep_their_parts() -> None:
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.ttLib import TTFont

    data = composite_font()
    made = subset(data, 0, "sample", "BＡA")
    assert made.glyphs == {"A": 1, "B": 2, "Ａ": 3}
    assert made.widths[:4] == pytest.approx((500, 250, 1000, 250))  # then parts of glyphs
    assert made.name.endswith("+Office-Fangsong")
    file, original = TTFont(io.BytesIO(made.data)), TTFont(io.BytesIO(data))
    for character, glyph in made.glyphs.items():
        pens = DecomposingRecordingPen(file.getGlyphSet()), DecomposingRecordingPen(original.getGlyphSet())
        file.getGlyphSet()[file.getGlyphName(glyph)].draw(pens[0])
        original.getGlyphSet()[original.getBestCmap()[ord(character)]].draw(pens[1])
        assert pens[0].value == pens[1].value != []


if __name__ == "__main__":
    print(digest())
