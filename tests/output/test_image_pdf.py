"""Pictures as a PDF/A."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from tests.preflight import assert_part_1

from circular_gen.output.image_pdf import ImagePage, image_pdf
from circular_gen.output.pdfa_rules import examine


def page(mode: str, width: int, height: int) -> ImagePage:
    data = io.BytesIO()
    Image.new(mode, (width, height), "red" if mode == "RGB" else 128).save(data, "JPEG")
    return ImagePage(data.getvalue(), width, height, mode == "L", 210.0, 297.0)


PAGES = [page("RGB", 210, 297), page("L", 105, 149)]


def test_pages_are_as_large_as_their_paper_and_full_of_their_picture(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(image_pdf(PAGES, "回执"))
    with pikepdf.open(file) as document:
        assert len(document.pages) == 2
        for one, made in zip(document.pages, PAGES, strict=True):
            assert [float(side) for side in one.MediaBox] == pytest.approx([0, 0, 595.276, 841.89], abs=0.01)
            assert one.Resources.XObject.I.read_raw_bytes() == made.jpeg
        assert document.docinfo["/Title"] == "回执"
    examined = examine(file)
    assert (examined.part, examined.faults) == (2, ())


def test_the_same_pictures_give_the_same_bytes() -> None:
    assert image_pdf(PAGES, "a") == image_pdf(list(PAGES), "a")
    assert image_pdf(PAGES, "a") != image_pdf(PAGES[:1], "a")


@pytest.mark.preflight
def test_preflight_finds_nothing(tmp_path: Path) -> None:
    assert_part_1(image_pdf(PAGES, "回执"), tmp_path)


@pytest.mark.qpdf
def test_qpdf_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(image_pdf(PAGES, "回执"))
    done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
