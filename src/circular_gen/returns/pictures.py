"""Files that came back → pictures of their pages, one at a time, within bounds. Runs in the worker process only.

In: a file of unknown origin. Out: pictures as arrays of bytes (rows × columns, or × 3 in the order blue, green, red),
or why a file or a page is refused. What a file is, its first bytes say, not its name; one that can be read as two
formats is refused. Nothing in a file is carried out: scripts and forms of a PDF are not even looked at.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from circular_gen.evidence import LARGEST

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

MAX_UNPACKED = 2 << 30
"""Of all files of one ZIP together."""
MAX_MEMBERS = 5000
MAX_PIXELS = 100_000_000
"""An A3 page at 600 dpi has 70 million."""
MAX_SIDE = 30_000
MAX_PAGES = 2000
ZIP_DEPTH = 2
"""How often a ZIP may stand in a ZIP."""
LONG_SIDE = (1754, 3508)
"""Pixels of a page's long side: A4 at 150 dpi and at 300 dpi. Less is not drawn, more is not looked at."""
DPI = 200
"""At which a PDF page is drawn that is not a picture itself."""

_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif")
_JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")


class RefusedError(Exception):
    """A file or a page that is not looked at. `reason`: a word, `detail`: what the decoder said."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Page `page` (from 1) of `total`; `pixels`, or why there are none."""

    page: int
    total: int
    pixels: "Pixels | None" = None
    refused: RefusedError | None = None


def is_junk(name: str) -> bool:
    """Whether a name is one of those that computers leave in folders by themselves."""
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith(".") or part in _JUNK for part in parts if part not in (".", ".."))


def kind_of(path: Path) -> str:
    """pdf, jpeg, png, tiff or zip. RefusedError for anything else, and for what is two of them."""
    size = path.stat().st_size
    if size == 0:
        raise RefusedError("empty")
    if size > LARGEST:
        raise RefusedError("too-large", f"{size >> 20} MB")
    with path.open("rb") as file:
        head = file.read(1024)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        raise RefusedError("heic")
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind is None:
        raise RefusedError("not-a-scan")
    if kind != "zip" and (b"%PDF-" in head[1:] or zipfile.is_zipfile(path)):
        raise RefusedError("two-formats")
    return kind


def pictures(path: Path, first: int = 1, size: int | None = None) -> Iterator[Picture]:
    """The pages of a file from page `first`. `size`: only so many bytes of a PDF count (an earlier revision of it).
    RefusedError where the whole file is refused."""
    kind = kind_of(path)
    if kind == "pdf":
        yield from _pdf(path, first, size)
    elif kind == "zip":
        raise RefusedError("nested")
    else:
        yield from _image(path, kind, first)


# -- PDF ---------------------------------------------------------------------------------------------------------------


def _pdf(path: Path, first: int, size: int | None) -> Iterator[Picture]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path if size is None else path.read_bytes()[:size])
    except pypdfium2.PdfiumError as error:
        reason = "encrypted" if "assword" in str(error) else "damaged"
        raise RefusedError(reason, "" if reason == "encrypted" else str(error)) from None
    try:
        total = len(document)
        if total > MAX_PAGES:
            raise RefusedError("too-many-pages", str(total))
        if not total:
            raise RefusedError("damaged", "no pages")
        for number in range(first, total + 1):
            try:
                yield Picture(number, total, _drawn(document, number - 1))
            except RefusedError as refused:
                yield Picture(number, total, refused=refused)
            except MemoryError:
                yield Picture(number, total, refused=RefusedError("too-large", "memory"))
            except pypdfium2.PdfiumError as error:
                yield Picture(number, total, refused=RefusedError("damaged", str(error)))
    finally:
        document.close()


def _drawn(document: Any, index: int) -> "Pixels":
    """A page of a PDF at the resolution of the picture that fills it, else at 200 dpi, within LONG_SIDE."""
    page = document[index]
    try:
        width, height = page.get_size()
        longest = max(width, height)
        shortest = min(width, height)
        if not (shortest > 0 and longest < min(100_000, 50 * shortest)):
            raise RefusedError("damaged", "page size")
        wanted = _embedded(page, width, height) or longest * DPI / 72
        scale = min(max(wanted, LONG_SIDE[0]), LONG_SIDE[1]) / longest
        bitmap = page.render(scale=scale, may_draw_forms=False, prefer_bgrx=False)
        pixels: Pixels = bitmap.to_numpy()[:, :, :3].copy()
        bitmap.close()
        return pixels
    finally:
        page.close()


def _embedded(page: Any, width: float, height: float) -> float | None:
    """Pixels on the page's long side of the picture that covers most of the page; None where none does."""
    import pypdfium2.raw as pdfium

    found = None
    for number, item in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
        if number == 200:
            break
        columns, rows = (item.get_px_size if hasattr(item, "get_px_size") else item.get_size)()  # before pypdfium2 5
        if columns * rows > MAX_PIXELS or max(columns, rows) > MAX_SIDE:
            raise RefusedError("too-large", f"{columns} × {rows}")
        left, bottom, right, top = (item.get_bounds if hasattr(item, "get_bounds") else item.get_pos)()
        across, along = abs(right - left), abs(top - bottom)
        if across * along > 0.5 * width * height:
            found = max(found or 0.0, max(columns, rows) / max(across, along) * max(width, height))
    return found


# -- pictures ----------------------------------------------------------------------------------------------------------


def _image(path: Path, kind: str, first: int) -> Iterator[Picture]:
    import warnings

    from PIL import Image

    warnings.simplefilter("ignore")  # bombs are told by their measures below
    Image.MAX_IMAGE_PIXELS = None
    formats = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",), "tiff": ("TIFF",)}[kind]
    faults: tuple[type[Exception], ...] = (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError)
    faults += (ArithmeticError, AttributeError, RuntimeError, zlib.error)
    try:
        image = Image.open(path, formats=formats)
        total = getattr(image, "n_frames", 1) if kind == "tiff" else 1
    except faults as error:
        raise RefusedError("damaged", _said(error)) from None
    with image:
        if total > MAX_PAGES:
            raise RefusedError("too-many-pages", str(total))
        for number in range(first, total + 1):
            try:
                if kind == "tiff":
                    image.seek(number - 1)
                yield Picture(number, total, _pixels(image))
            except RefusedError as refused:
                yield Picture(number, total, refused=refused)
            except MemoryError:
                yield Picture(number, total, refused=RefusedError("too-large", "memory"))
            except faults as error:
                yield Picture(number, total, refused=RefusedError("damaged", _said(error)))


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _pixels(image: Any) -> "Pixels":
    """A frame, upright, as grey or in colour, reduced where it is finer than 300 dpi."""
    import cv2
    import numpy as np
    from PIL import ExifTags, Image, ImageOps

    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RefusedError("too-large", f"{width} × {height}")
    if min(width, height) < 100:
        raise RefusedError("too-small", f"{width} × {height}")
    if image.format in ("JPEG", "MPO") and max(width, height) > 2 * LONG_SIDE[1]:
        image.draft(None, (width // 2, height // 2))
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    frame = ImageOps.exif_transpose(image) if turned else image  # it would copy the picture in any case
    if frame.mode.startswith("I;16"):
        frame = Image.fromarray((np.asarray(frame) >> 8).astype(np.uint8))
    elif frame.mode in ("I", "F"):
        values = np.asarray(frame, dtype=np.float64)
        top = 65535 if values.max(initial=0) > 255 else 255
        frame = Image.fromarray(np.clip(values * 255 / top, 0, 255).astype(np.uint8))
    elif "A" in frame.getbands() or "transparency" in frame.info:
        clear = frame.convert("RGBA")
        frame = Image.new("RGB", clear.size, "white")
        frame.paste(clear, mask=clear.getchannel("A"))
    elif frame.mode not in ("L", "RGB"):
        frame = frame.convert("L" if frame.mode == "1" else "RGB")
    if max(frame.size) > LONG_SIDE[1]:
        frame = frame.copy() if frame is image else frame  # the next frame comes from it
        frame.thumbnail((LONG_SIDE[1], LONG_SIDE[1]), Image.Resampling.BOX)
    pixels: Any = np.asarray(frame)
    return cast("Pixels", pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


# -- ZIP ---------------------------------------------------------------------------------------------------------------


def members(path: Path) -> Iterator[tuple[str, bytes | RefusedError]]:
    """The files in a ZIP, unpacked one at a time; names are for people only. RefusedError for the ZIP as a whole."""
    try:
        with zipfile.ZipFile(path) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir() and not is_junk(entry.filename)]
            if any(entry.filename == "[Content_Types].xml" for entry in entries):
                raise RefusedError("office-file")
            if len(entries) > MAX_MEMBERS:
                raise RefusedError("too-many-pages", str(len(entries)))
            room = MAX_UNPACKED
            for entry in entries:
                data = _unpacked(packed, entry, min(room, LARGEST))
                if isinstance(data, bytes):
                    room -= len(data)
                yield entry.filename, data
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error, EOFError) as error:
        raise RefusedError("damaged", _said(error)) from None


def _unpacked(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes | RefusedError:
    if entry.flag_bits & 1:
        return RefusedError("encrypted")
    if entry.file_size > room:
        return RefusedError("too-large", f"{entry.file_size >> 20} MB")
    try:
        with packed.open(entry) as file:
            data = file.read(room + 1)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error, EOFError, RuntimeError) as error:
        return RefusedError("damaged", _said(error))
    return data if len(data) <= room else RefusedError("too-large")
