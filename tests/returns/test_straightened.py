"""`receipts archive-image`: the straightened pages beside the originals."""

from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from click.testing import CliRunner
from tests.preflight import assert_part_1

from circular_gen import evidence
from circular_gen.cli import cli
from circular_gen.ledger import draft
from circular_gen.output.pdfa_rules import examine
from circular_gen.returns.marks import find_marks
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.straightened import archive_images
from circular_gen.returns.workers import Workers

from .conftest import Desk, pdf, picture, scan
from .degraded import photographed

MM = 200 / 25.4


@pytest.fixture
def photo(desk: Desk, tmp_path: Path) -> Path:
    """A photo of a receipt, taken askew and upside down; scanned."""
    paper = desk.filled("notice", "u01")
    image = np.ascontiguousarray(np.rot90(photographed(paper.image, np.random.default_rng(3), turn=False), 2))
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture(image, "JPEG", quality=90))
    assert scan(desk.root, [path]).fates[0].fate == "received"
    return path


def test_a_photo_becomes_an_upright_page_of_the_papers_size(desk: Desk, photo: Path) -> None:
    (made,) = archive_images(desk.root, "notice", "u01")
    assert made.new
    assert made.file == made.original.with_name(made.original.stem + ".archive.pdf")
    assert made.original.read_bytes() == photo.read_bytes()
    assert (examine(made.file).part, examine(made.file).faults) == (2, ())
    document = pypdfium2.PdfDocument(made.file)
    assert [round(side * 25.4 / 72) for side in document[0].get_size()] == [210, 297]
    grey = document[0].render(scale=200 / 72, grayscale=True).to_numpy()
    document.close()
    found = find_marks(np.ascontiguousarray(grey if grey.ndim == 2 else grey[:, :, 0]))
    printed = desk.original("notice", "u01")[1][0]["marks"]
    for number, (x, y, width, height) in enumerate(printed):
        corners = found[number] / MM
        assert corners[0] == pytest.approx((x, y), abs=0.6)
        assert corners[2] == pytest.approx((x + width, y + height), abs=0.6)


def test_it_is_made_once_and_made_again_alike(desk: Desk, photo: Path) -> None:
    (made,) = archive_images(desk.root)
    first = made.file.read_bytes()
    assert [one.new for one in archive_images(desk.root, "notice")] == [False]
    made.file.unlink()
    assert [one.new for one in archive_images(desk.root)] == [True]
    assert made.file.read_bytes() == first


def test_a_file_that_is_no_picture_costs_no_worker(tmp_path: Path) -> None:
    path = tmp_path / "odd.png"
    path.write_bytes(b"\x89PNG no picture")
    with Workers() as workers:
        for _time in range(2):
            with pytest.raises(RefusedError):
                list(workers.straighten(path, lambda _symbols: None))
        assert [worker.process.is_alive() for worker in workers._all] == [True]
        assert workers._idle == workers._all


def test_it_is_no_evidence_itself(desk: Desk, photo: Path) -> None:
    (made,) = archive_images(desk.root)
    assert list(evidence.kept(desk.root)) == [made.original]
    assert evidence.find(desk.root, made.original.stem) == made.original
    assert list(evidence.changed(desk.root)) == []


def test_a_pile_of_several_units_keeps_its_pages_and_strangers(desk: Desk, tmp_path: Path) -> None:
    letter = np.full((2339, 1654, 3), 250, np.uint8)
    letter[300:340, 200:1200] = 30
    images = [desk.filled("notice", "u02").image, letter, desk.filled("notice", "u03").image]
    path = tmp_path / "pile.pdf"
    path.write_bytes(pdf(images))
    scan(desk.root, [path])
    (made,) = archive_images(desk.root, "notice", "u03")
    assert examine(made.file).pages == 3


def test_what_is_no_scan_is_passed_over_and_what_is_damaged_told(desk: Desk, tmp_path: Path) -> None:
    hashes = []
    for name, data in (("letter.eml", b"From: a@example.org"), ("damaged.pdf", b"%PDF-1.7 no more")):
        path = tmp_path / name
        path.write_bytes(data)
        hashes.append(evidence.keep(desk.root, path))
    with desk.ledger() as ledger:
        for sha256 in hashes:
            ledger.append(draft("received", "x", "notice", "u04", by="张某", evidence=[sha256]))
    done = CliRunner().invoke(cli, ["-w", str(desk.root), "receipts", "archive-image", "notice"])
    assert done.exit_code == 1
    assert "cannot be read: damaged" in done.stderr
    assert "0 files made" in done.stderr


@pytest.mark.preflight
def test_preflight_finds_nothing_in_the_twin(desk: Desk, photo: Path, tmp_path: Path) -> None:
    (made,) = archive_images(desk.root, "notice")
    assert_part_1(made.file.read_bytes(), tmp_path)
