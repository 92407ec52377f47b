"""Files that mean harm, or are broken: each is refused or waits for a person, none confirms, none stops the pile."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from circular_gen.records import open_records
from circular_gen.returns.forms import Forms
from circular_gen.returns.pictures import kind_of
from circular_gen.returns.scanning import ScanReport
from circular_gen.returns.workers import Answer, Page, Refusal, Workers
from circular_gen.workspace.codes import ALPHABET, BadCode, Code, Codes
from circular_gen.workspace.secret import office_codes

from .conftest import Desk, copied, pdf, picture, scan
from .test_scanning import own_code, put

CONFIRMING = ("received", "received-with-reservation", "reported")


def _png(width: int, height: int) -> bytes:
    """A PNG that says it is huge, and begins as if it were."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    rows = b"".join(packer.compress(row * 50) for _ in range(min(height // 50, 20))) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _pdf_with(pages: int, **more: object) -> bytes:
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(595, 842))
        for name, value in more.items():
            document.Root[f"/{name}"] = value
        data = io.BytesIO()
        document.save(data)
        return data.getvalue()


def _pdf_of_images(width: int, height: int) -> bytes:
    """A small PDF whose picture would unpack to gigabytes."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        packer = zlib.compressobj(9)
        data = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(64)) + packer.flush()
        image = pikepdf.Stream(document, b"")
        image.write(data, filter=pikepdf.Name.FlateDecode)
        image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        image.Width, image.Height, image.BitsPerComponent = width, height, 8
        image.ColorSpace = pikepdf.Name.DeviceGray
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
        page.Contents = pikepdf.Stream(document, b"q 595 0 0 842 0 0 cm /Im0 Do Q")
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def _slow_pdf() -> bytes:
    """A page that draws itself again and again, ten to the twelfth times."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        inner = pikepdf.Stream(document, b"0 0 m 500 800 l S " * 50)
        for _ in range(12):
            outer = pikepdf.Stream(document, b"/F Do " * 10)
            inner.Type, inner.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            inner.BBox = pikepdf.Array([0, 0, 595, 842])
            outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=document.make_indirect(inner)))
            inner = outer
        inner.Type, inner.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        inner.BBox = pikepdf.Array([0, 0, 595, 842])
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=document.make_indirect(inner)))
        page.Contents = pikepdf.Stream(document, b"/F Do")
        document.add_blank_page(page_size=(595, 842))
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def _encrypted(data: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(out, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return out.getvalue()


def _zip(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, member in members.items():
            packed.writestr(name, member)
    return data.getvalue()


def _locked_zip() -> bytes:
    """A ZIP whose member says that it is encrypted."""
    data = bytearray(_zip(a=b"secret"))
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def _bomb() -> bytes:
    """A ZIP of 202 MB of nothing."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("a.png", "w") as member:
        for _ in range(202):
            member.write(b"\0" * (1 << 20))
    return data.getvalue()


GOOD = np.full((400, 300, 3), 255, np.uint8)
NOISE = np.random.default_rng(1).integers(0, 255, (900, 700, 3), np.uint8)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.pdf": (lambda: b"", "empty"),
    "text.txt": (lambda: b"dear office", "not-a-scan"),
    "named.pdf": (lambda: b"MZ\x90\0 this is no PDF", "not-a-scan"),
    "heic.jpg": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 99, "heic"),
    "huge.png": (lambda: _png(50_000, 50_000), "too-large"),
    "long.png": (lambda: _png(40_000, 200), "too-large"),
    "tiny.png": (lambda: picture(GOOD[:20, :20]), "too-small"),
    "cut.jpg": (lambda: picture(NOISE, "JPEG")[:9000], "damaged"),
    "cut.png": (lambda: picture(GOOD)[:-200] if len(picture(GOOD)) > 400 else picture(GOOD)[:100], "damaged"),
    "cut.pdf": (lambda: b"%PDF-1.7\n" + b"1 0 obj <<", "damaged"),
    "locked.pdf": (lambda: _encrypted(_pdf_with(1)), "encrypted"),
    "picture-bomb.pdf": (lambda: _pdf_of_images(50_000, 50_000), "too-large"),
    "pages.pdf": (lambda: _pdf_with(2001), "too-many-pages"),
    "two.png": (lambda: picture(GOOD) + _zip(a=b"b"), "two-formats"),
    "two.pdf": (lambda: _pdf_with(1) + _zip(a=b"b"), "two-formats"),
    "pdf-in.jpg": (lambda: picture(GOOD, "JPEG")[:20] + b"%PDF-1.7" + picture(GOOD, "JPEG")[20:], "two-formats"),
    "word.docx": (lambda: _zip(**{"[Content_Types].xml": b"<x/>", "word/media/a.png": picture(GOOD)}), "office-file"),
    "broken.zip": (lambda: b"PK\x03\x04" + b"\xff" * 400, "damaged"),
    "bomb.zip": (_bomb, "too-large"),
    "locked.zip": (_locked_zip, "encrypted"),
    "deep.zip": (lambda: _zip(a=_zip(b=_zip(c=_zip(d=picture(GOOD))))), "nested"),
}


@pytest.fixture(scope="module")
def scanned(issued: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, ScanReport]:
    """All of them in one pile, a good receipt between."""
    folder = tmp_path_factory.mktemp("hostile")
    desk = copied(issued, folder)
    for name, (make, _reason) in HOSTILE.items():
        put(folder / "pile", name, make())
    put(folder / "pile", "good.png", picture(desk.filled("notice", "u01").image))
    return desk, scan(desk.root, [folder / "pile"])


@pytest.mark.parametrize("name", HOSTILE)
def test_each_is_refused_with_its_reason(scanned: tuple[Desk, ScanReport], name: str) -> None:
    _desk, report = scanned
    found = [fate for fate in report.fates if fate.file.startswith(f"pile/{name}")]
    assert [(fate.fate, fate.reason) for fate in found] == [("refused", HOSTILE[name][1])], found


def test_the_rest_of_the_pile_goes_on_and_nothing_refused_is_kept(scanned: tuple[Desk, ScanReport]) -> None:
    desk, report = scanned
    assert [fate.file for fate in report.fates if fate.fate != "refused"] == ["pile/good.png"]
    assert [event.unit for event in desk.events(None, None, *CONFIRMING)] == ["u01"]
    assert len(list((desk.root / "records/evidence").glob("*/*"))) == 1


def test_scripts_and_forms_in_a_pdf_are_not_even_looked_at(desk: Desk, tmp_path: Path) -> None:
    data = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf([desk.filled("notice", "u01").image]))) as document:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="while (true) app.alert('x');")
        document.Root.OpenAction = script
        document.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array(["a", script])))
        document.save(data)
    assert [fate.fate for fate in scan(desk.root, [put(tmp_path, "a.pdf", data.getvalue())]).fates] == ["received"]


def test_a_page_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    slow = put(tmp_path, "slow.pdf", _slow_pdf())
    good = put(tmp_path, "good.png", picture(GOOD))
    begun = time.monotonic()
    with Workers(1, page_seconds=4.0) as short:
        list(short.read([good], lambda _texts: Answer(None, None)))  # has started
        told = dict(short.read([slow, good], lambda _texts: Answer(None, None)))
    assert time.monotonic() - begun < 150
    assert any(isinstance(page, Refusal) and (page.number, page.reason) == (1, "too-slow") for page in told[0])
    assert any(isinstance(page, Page) and page.number == 2 for page in told[0])
    assert [type(page) for page in told[1]] == [Page]


def test_a_worker_that_dies_costs_one_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kills it: the crash of a decoder looks the same."""
    three = put(tmp_path, "three.pdf", pdf([GOOD, GOOD, GOOD]))

    with Workers(1) as pool:
        killed: list[int] = []

        def whose(_texts: tuple[str, ...]) -> Answer:
            if not killed:
                killed.append(1)
                pool._all[0].process.kill()
                pool._all[0].process.join()
            return Answer(None, None)

        told = dict(pool.read([three], whose))[0]
    assert [(type(page).__name__, page.number) for page in sorted(told, key=lambda page: page.number)] in (
        [("Page", 1), ("Refusal", 2), ("Page", 3)],
        [("Refusal", 1), ("Page", 2), ("Page", 3)],
    )


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="limits of memory are of Unix")
def test_a_worker_has_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    path = put(tmp_path, "a.png", picture(GOOD))
    with Workers(1) as pool:
        list(pool.read([path], lambda _texts: Answer(None, None)))
        if not hasattr(resource, "prlimit"):
            pytest.skip("this system does not tell another process's limits")
        pid = pool._all[0].process.pid
        assert pid is not None
        assert resource.prlimit(pid, resource.RLIMIT_AS)[0] == 3 << 30


def test_folders_with_links_and_pipes_do_not_hang(desk: Desk, tmp_path: Path) -> None:
    import os

    folder = tmp_path / "pile"
    put(folder, "a.png", picture(desk.filled("notice", "u01").image))
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
    report = scan(desk.root, [folder])
    assert (report.fates[0].file, report.fates[0].fate) == ("pile/a.png", "received")
    assert {(fate.fate, fate.reason) for fate in report.fates[1:]} == {("refused", "not-a-file")}


# -- mutated files -----------------------------------------------------------------------------------------------------


def _mutated(data: bytes, random: np.random.Generator) -> bytes:
    """Bytes flipped, cut out, doubled, or the file cut short."""
    spoiled = bytearray(data)
    for _ in range(int(random.integers(1, 30))):
        at = int(random.integers(len(spoiled)))
        how = int(random.integers(4))
        if how == 0:
            spoiled[at] ^= 1 << int(random.integers(8))
        elif how == 1:
            spoiled[at : at + int(random.integers(1, 64))] = random.bytes(int(random.integers(1, 64)))
        elif how == 2:
            del spoiled[at : at + int(random.integers(1, 400))]
        else:
            spoiled[at:at] = spoiled[at : at + int(random.integers(1, 200))]
        if len(spoiled) < 100:
            break
    return bytes(spoiled[: int(random.integers(len(spoiled) // 2, len(spoiled) + 1))])


def _fuzz(desk: Desk, folder: Path, count: int) -> ScanReport:
    """Mutations of unsigned papers in every format: whatever comes through must not confirm."""
    image = desk.filled("notice", "u01", signed=False).image
    sources = [
        ("pdf", pdf([image, image])),
        ("png", picture(image)),
        ("jpg", picture(image, "JPEG", quality=80)),
        ("tif", picture(image, "TIFF", compression="tiff_lzw")),
        ("zip", _zip(a=picture(image, "JPEG"))),
        ("pdf", (desk.papers / "records/issued/notice/r0/u02/receipt.pdf").read_bytes()),
    ]
    random = np.random.default_rng(7)
    for number in range(count):
        ending, data = sources[number % len(sources)]
        put(folder, f"{number}.{ending}", _mutated(data, random))
    return scan(desk.root, [folder])


def _nothing_happened(desk: Desk, report: ScanReport) -> None:
    assert report.fates
    assert {fate.fate for fate in report.fates} <= {"review", "refused", "blank", "known"}
    assert desk.events(None, None, *CONFIRMING) == ()


def test_thirty_mutated_files(desk: Desk, tmp_path: Path) -> None:
    _nothing_happened(desk, _fuzz(desk, tmp_path / "pile", 30))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_five_hundred_mutated_files(desk: Desk, tmp_path: Path) -> None:
    _nothing_happened(desk, _fuzz(desk, tmp_path / "pile", 500))


# -- forged codes ------------------------------------------------------------------------------------------------------


def _forgeries(desk: Desk, count: int) -> Iterator[str]:
    """Random and bit-flipped payloads, those of another key, and true ones of other units cut together."""
    random = np.random.default_rng(11)
    true = [office_codes(desk.root).payload(own_code(desk, unit)) for unit in ("u01", "u02")]
    for number in range(count):
        text = true[number % 2]
        how = number % 4
        if how == 0:
            at = int(random.integers(len(text)))
            other = ALPHABET[int(random.integers(32))]
            text = text[:at] + (other if other != text[at] else "U") + text[at + 1 :]
        elif how == 1:
            text = text[:9] + "".join(random.choice(list(ALPHABET), 45))
        elif how == 2:
            text = Codes(random.bytes(32)).payload(Code("receipt", "notice", "u01", 1))
            text = text[:3] + true[0][3:9] + text[9:]
        else:
            at = int(random.integers(18, 53))
            text = true[0][:at] + true[1][at:]
            if text in true:
                text = text[:-1] + ("0" if text[-1] != "0" else "1")
        yield text


def _none_accepted(desk: Desk, count: int) -> None:
    with open_records(desk.root) as records:
        forms = Forms(records, office_codes(desk.root))
        assert forms.read(office_codes(desk.root).payload(own_code(desk, "u01"))).unit == "u01"
        for text in _forgeries(desk, count):
            with pytest.raises(BadCode):
                forms.read(text)


def test_forged_codes_are_not_accepted(desk: Desk) -> None:
    _none_accepted(desk, 3000)


@pytest.mark.long
def test_a_hundred_thousand_forged_codes(desk: Desk) -> None:
    _none_accepted(desk, 100_000)


def test_what_a_file_is_its_bytes_say(tmp_path: Path) -> None:
    assert kind_of(put(tmp_path, "x.pdf", picture(GOOD))) == "png"
    assert kind_of(put(tmp_path, "y.png", _pdf_with(1))) == "pdf"
    data = io.BytesIO()
    Image.fromarray(GOOD).save(data, "TIFF")
    assert kind_of(put(tmp_path, "z", data.getvalue())) == "tiff"
