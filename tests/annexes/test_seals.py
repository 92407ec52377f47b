"""Seals from pictures of every kind, without alpha; what cannot be read is one line that names office.yaml."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageDraw

from circular_gen.annexes.seals import office_seals
from circular_gen.sheet.blocks import Art
from circular_gen.workspace import Office, WorkspaceError
from circular_gen.workspace.office import read_office
from circular_gen.workspace.reading import read

from .files import pdf, png

NAME = "清河市安全生产委员会办公室"
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 42 42"><circle cx="21" cy="21" r="20" fill="none" \
stroke="#d00" stroke-width="1"/><text x="10" y="22" font-size="5" font-family="CircularKai">清河市</text>\
</svg>""".encode()


def ring() -> bytes:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((5, 5, 394, 394), outline=(220, 0, 0, 255), width=12)
    return png(image)


def office(root: Path, name: str, data: bytes, others: str = "") -> Office:
    (root / name).write_bytes(data)
    text = f"name: {NAME}\ncode: 清安办发\nseal:\n  image: {name}\n  diameter: 40\n{others}"
    (root / "office.yaml").write_text(text, encoding="utf-8")
    document = read(root / "office.yaml")[0]
    assert document is not None
    found, findings = read_office(document, root)
    assert not findings
    assert found is not None
    return found


def shown(art: Art) -> Image.Image:
    if art.kind == "pdf":
        return pypdfium2.PdfDocument(art.data)[art.page].render(scale=3).to_pil().convert("RGB")
    return Image.open(io.BytesIO(art.data)).convert("RGB")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("seal.png", ring()),
        ("seal.svg", SVG),
        ("seal.pdf", pdf([b"1 0 0 RG 4 w 60 3 m 3 60 l 60 117 l 117 60 l h S"], (120, 120))),
    ],
)
def test_every_kind_of_picture_is_a_seal_on_white(tmp_path: Path, name: str, data: bytes) -> None:
    seals = office_seals(tmp_path, office(tmp_path, name, data))
    art = seals.pictures[NAME]
    assert seals.diameter == 40
    assert art.width == pytest.approx(art.height)
    image = shown(art)
    assert image.getpixel((1, 1)) == (255, 255, 255)
    dots = image.resize((100, 100)).tobytes()
    reds = sum(red > 180 and green < 120 for red, green in zip(dots[::3], dots[1::3], strict=True))
    assert reds > 100


def test_the_others_of_a_joint_paper_have_their_own(tmp_path: Path) -> None:
    (tmp_path / "police.svg").write_bytes(SVG)
    seals = office_seals(tmp_path, office(tmp_path, "seal.png", ring(), "  others: {清河市公安局: police.svg}\n"))
    assert sorted(seals.pictures) == sorted([NAME, "清河市公安局"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("seal.png", ring()[:500], "damaged"),
        ("seal.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><circle", "damaged"),
        ("seal.svg", SVG.replace(b"<circle", b"<image href='/etc/passwd'/><circle"), "from another file"),
        ("seal.pdf", b"%PDF-1.7 nothing", "damaged"),
        ("seal.docx", b"PK\x03\x04", "png, jpg, jpeg, svg, pdf"),
    ],
)
def test_what_is_no_seal_is_said_in_a_line(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    with pytest.raises(WorkspaceError) as raised:
        office_seals(tmp_path, office(tmp_path, name, data))
    (finding,) = raised.value.findings
    assert words in finding.message
    assert (finding.code, finding.line) == ("seal-file", 4)
