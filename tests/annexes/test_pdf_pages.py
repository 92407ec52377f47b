"""A PDF's pages stand in our own PDF/A as they are where they may, else as pictures; upright either way."""

import io
from collections.abc import Callable

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.annexes.worker import read_here
from circular_gen.output.page_pictures import as_picture
from circular_gen.output.pdf import PdfWriter
from circular_gen.sheet.blocks import Figure
from circular_gen.typeset.page import Glyphs, Pages, PageShape, Part, Shape
from circular_gen.typeset.page import Image as Placed

from .files import drawing, jpeg, pdf

SQUARE = b"0 0 0 rg 20 700 100 100 re f"
"""In the upper left corner of an upright A4 page."""


def figures(data: bytes, pages: str = "") -> tuple[Figure, ...]:
    blocks = read_here(data, ".pdf", pages=pages).blocks
    assert all(isinstance(block, Figure) for block in blocks)
    return blocks  # type: ignore[return-value]


def placed(figure: Figure) -> bytes:
    """Our own file with the figure on a page, 100 mm wide from 20, 30."""
    art = figure.art
    part = Part((Placed(art, 20, 30, 100, 100 * art.height / art.width),), "figure")
    return PdfWriter({}, {}).write(Pages(Shape((PageShape((part,)),))))


def looks(data: bytes, dpi: float = 25.4) -> Image.Image:
    """The first page in grey, a pixel a mm."""
    return pypdfium2.PdfDocument(data)[0].render(scale=dpi / 72).to_pil().convert("L")


def corner(image: Image.Image, height: float = 100 * 842 / 595) -> str:
    """Which corner of the figure at 20, 30, 100 mm wide and `height` mm high, is dark."""
    box = image.point(lambda value: 255 * (value < 100)).getbbox()
    assert box is not None
    left = (box[0] + box[2]) / 2 - 20 < 50
    top = (box[1] + box[3]) / 2 - 30 < height / 2
    return f"{'upper' if top else 'lower'} {'left' if left else 'right'}"


@pytest.mark.parametrize(
    ("turn", "where"), [(0, "upper left"), (90, "upper right"), (180, "lower right"), (270, "lower left")]
)
def test_a_page_stands_as_its_reader_sees_it(turn: int, where: str) -> None:
    (figure,) = figures(pdf([SQUARE], Rotate=turn))
    assert figure.art.kind == "pdf"
    assert (figure.art.width > figure.art.height) == (turn % 180 == 90)
    height = 100 * figure.art.height / figure.art.width
    assert corner(looks(placed(figure)), height) == where
    picture = Image.open(io.BytesIO(as_picture(figure.art)[0])).convert("L")
    shrunk = picture.resize((100, round(100 * picture.height / picture.width)))
    sheet = Image.new("L", (210, 297), "white")
    sheet.paste(shrunk, (20, 30))
    assert corner(sheet, height) == where, "the Word file's picture too"


def test_a_cropped_page_shows_its_crop() -> None:
    (figure,) = figures(pdf([SQUARE], CropBox=pikepdf.Array([10, 690, 210, 810])))
    assert (figure.art.width, figure.art.height) == pytest.approx((200 * 25.4 / 72, 120 * 25.4 / 72))
    ink = looks(placed(figure), 254).point(lambda value: 255 * (value < 100)).getbbox()
    assert ink is not None
    left, top, right, bottom = (value / 10 for value in ink)
    assert (left, right) == pytest.approx((20 + 10 / 2, 20 + 110 / 2), abs=0.2)
    assert (top, bottom) == pytest.approx((30 + 10 / 2, 30 + 110 / 2), abs=0.2)


@pytest.fixture(scope="module")
def our_own() -> bytes:
    """A page of text with its fonts, as this program writes it."""
    from tests.checks.papers import general, pages_of, pdf_of  # its writer takes a while

    return pdf_of(pages_of(general()))


def test_text_stays_text_and_the_same_page_gives_the_same_bytes(our_own: bytes) -> None:
    first, second = figures(our_own, "1-2")
    assert first.art.kind == second.art.kind == "pdf"
    assert first.art.digest != second.art.digest
    assert first.art.data is second.art.data
    made = placed(first)
    assert "关于做好今冬明春安全防范工作的通知" in pypdfium2.PdfDocument(made)[0].get_textpage().get_text_bounded()
    assert placed(figures(our_own, "1-2")[0]) == made
    assert "工作的通知" in first.description


def changed(change: Callable[[pikepdf.Pdf, pikepdf.Object], None], content: bytes = SQUARE) -> bytes:
    document = pikepdf.open(io.BytesIO(pdf([content])))
    change(document, document.pages[0].obj)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _unembedded(document: pikepdf.Pdf, page: pikepdf.Object) -> None:
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))


def _cmyk_picture(document: pikepdf.Pdf, page: pikepdf.Object) -> None:
    image = document.make_stream(jpeg(drawing("CMYK")))
    image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    image.Width, image.Height, image.BitsPerComponent = 300, 200, 8
    image.ColorSpace, image.Filter = pikepdf.Name.DeviceCMYK, pikepdf.Name.DCTDecode
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))


def _layers(document: pikepdf.Pdf, page: pikepdf.Object) -> None:
    layer = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="hidden"))
    page.Resources = pikepdf.Dictionary(Properties=pikepdf.Dictionary(L=layer))
    off = pikepdf.Dictionary(OFF=pikepdf.Array([layer]))
    document.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([layer]), D=off)


@pytest.mark.parametrize(
    ("change", "content", "words"),
    [
        (_unembedded, b"BT /F1 60 Tf 20 720 Td (HH) Tj ET", "Helvetica"),
        (lambda _d, _p: None, b"0 0 0 1 k 20 700 100 100 re f", "CMYK"),
        (_cmyk_picture, b"q 100 0 0 100 20 700 cm /I Do Q " + SQUARE, "CMYK"),
        (_layers, b"/OC /L BDC 0 g 300 100 200 200 re f EMC " + SQUARE, "layers"),
        (lambda _d, _p: None, b"q " * 40 + SQUARE, "nested"),
        (lambda _d, _p: None, SQUARE + b" 1 2 3 bogus", "damaged"),
    ],
)
def test_what_an_archive_would_not_take_becomes_a_picture(
    change: Callable[[pikepdf.Pdf, pikepdf.Object], None], content: bytes, words: str
) -> None:
    content_read = read_here(changed(change, content), ".pdf")
    (figure,) = content_read.blocks
    assert isinstance(figure, Figure)
    assert figure.art.kind == "png"
    (notice,) = content_read.notices
    assert words in notice
    assert "page 1" in notice
    assert corner(looks(placed(figure))) == "upper left"
    picture = Image.open(io.BytesIO(figure.art.data))
    printed = min(156 / figure.art.width, 225 / figure.art.height)
    assert picture.width == pytest.approx(figure.art.width * printed / 25.4 * 300, abs=3), "300 dpi where it is printed"


def test_comments_and_filled_fields_are_printed_with_the_page() -> None:
    def stamp(document: pikepdf.Pdf, page: pikepdf.Object) -> None:
        look = document.make_stream(b"0 g 0 0 50 50 re f")
        look.Type, look.Subtype, look.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, pikepdf.Array([0, 0, 50, 50])
        annotation = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Stamp,
            Rect=pikepdf.Array([400, 100, 500, 200]),
            F=4,
            AP=pikepdf.Dictionary(N=look),
        )
        page.Annots = pikepdf.Array([document.make_indirect(annotation)])

    (figure,) = figures(changed(stamp, b""))
    assert corner(looks(placed(figure))) == "lower right"


def test_pages_are_chosen_and_wrong_ones_named() -> None:
    data = pdf([b"", SQUARE, b""])
    assert len(figures(data)) == 3
    assert len(figures(data, "2")) == 1
    assert len(figures(data, "1，3")) == 2
    assert len(figures(data, "2-")) == 2
    for wrong, words in (("4", "no page 4"), ("2-9", "no page 9"), ("0", "no page 0"), ("x", "1-3,5"), ("3-2", "page")):
        with pytest.raises(UnreadableError, match=words):
            read_here(data, ".pdf", pages=wrong)


def test_lying_pages_ask_for_a_lying_annex() -> None:
    assert read_here(pdf([SQUARE], size=(842, 595)), ".pdf").landscape
    assert not read_here(pdf([SQUARE]), ".pdf").landscape


def encrypted() -> bytes:
    document = pikepdf.open(io.BytesIO(pdf([SQUARE])))
    file = io.BytesIO()
    document.save(file, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encrypted(), "password"),
        (b"%PDF-1.7\n" + bytes(200), "damaged"),
        (pdf([SQUARE])[:300], "damaged"),
        (pdf([]), "no pages"),
        (b"PK\x03\x04", "ZIP"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_here(data, ".pdf")
    assert words in caught.value.message


def test_a_page_that_unpacks_to_very_much_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("circular_gen.annexes.pdf_fitness._INSTRUCTIONS", 1000)
    content = read_here(pdf([SQUARE + b" 0 0 m 1 1 l S" * 1000]), ".pdf")
    assert isinstance(content, Content)
    assert [figure.art.kind for figure in content.blocks if isinstance(figure, Figure)] == ["png"]


def test_glyphs_and_figures_share_a_page(our_own: bytes) -> None:
    """A page with both has the fonts and the form."""
    from tests.checks.papers import faces

    (figure,) = figures(our_own, "1")
    art = figure.art
    text = Glyphs("fangsong", 16, 30, 20, "附件", (5.6, 5.6))
    page = PageShape((Part((text,)), Part((Placed(art, 20, 30, 100, 100 * art.height / art.width),), "figure")))
    data = PdfWriter(faces().sources, {"fangsong": "附件"}).write(Pages(Shape((page, page))))
    words = pypdfium2.PdfDocument(data)[1].get_textpage().get_text_bounded()
    assert "附件" in words
    assert "清安办发" in words
    with pikepdf.open(io.BytesIO(data)) as file:
        kinds = [str(part.get("/Subtype")) for part in file.objects if isinstance(part, pikepdf.Stream)]
    assert kinds.count("/Form") == 1, "once in the file"
