"""A PDF's pages → figures: pages as they are where a PDF/A may hold them, else drawn as pictures.

In: the bytes of a PDF, which pages are wanted. Out: a figure a page. Pages stay text and lines as long as all that is
on them is allowed in a PDF/A-2a (`pdf_fitness`); one that is not is drawn at 300 dpi, and a notice says why. What
stands on a page in comments and filled forms is part of it, as when it is printed.
"""

import hashlib
import io
import re
from collections.abc import Sequence
from typing import Any

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.annexes.pictures import DPI, png_art
from circular_gen.messages import _
from circular_gen.output.page_pictures import grey_if_grey
from circular_gen.sheet.blocks import Art, Figure

MOST_PAGES = 300
_LONGEST = 14_400
"""pt: the largest page that a PDF may have."""
_PT = 25.4 / 72
_PLACED = (156.0, 225.0)
"""mm: no page is printed larger than this, its short and its long side."""


def read_pdf(data: bytes, wanted: str) -> Content:
    """`wanted`: pages such as 1-3,5; empty: all. UnreadableError."""
    import pikepdf
    import pypdfium2

    try:
        source = pikepdf.open(io.BytesIO(data))
        if not len(source.pages):
            raise UnreadableError(_("the PDF has no pages"))
        shown = pypdfium2.PdfDocument(data)
    except pikepdf.PasswordError:
        raise UnreadableError(_("the PDF is protected by a password; save it without one")) from None
    except (pikepdf.PdfError, pypdfium2.PdfiumError, ValueError, RuntimeError, OSError) as error:
        if "assword" in str(error):
            raise UnreadableError(_("the PDF is protected by a password; save it without one")) from None
        raise UnreadableError(_("the PDF is damaged; save it anew")) from None
    count = min(len(source.pages), len(shown))
    numbers = chosen(wanted, count)
    if len(numbers) > MOST_PAGES:
        message = _("the PDF has {count} pages, at most {most} are an annex; choose some with pages:")
        raise UnreadableError(message.format(count=len(numbers), most=MOST_PAGES))
    try:
        return _content(source, shown, numbers)
    except (pikepdf.PdfError, pypdfium2.PdfiumError, RuntimeError, ValueError, KeyError, AttributeError, TypeError):
        raise UnreadableError(_("the PDF is damaged; save it anew")) from None


def chosen(wanted: str, count: int) -> list[int]:
    """The pages (from 0) that `wanted` names: 2, 1-3, 5-, with commas between. UnreadableError."""
    if not wanted.strip():
        return list(range(count))
    pages: list[int] = []
    for part in re.split("[,，、]", wanted):
        match = re.fullmatch(r"(\d{1,5})(?:[-–—~～至](\d{1,5})?)?", re.sub(r"\s|第|页", "", part))
        if match is None:
            raise UnreadableError(_("pages are written like 1-3,5, not {pages}").format(pages=wanted))
        first = int(match[1])
        last = int(match[2]) if match[2] else first if match[0] == match[1] else count
        if not 1 <= first <= last <= count:
            message = _("there is no page {page}; the PDF has {count}")
            raise UnreadableError(message.format(page=first if not 1 <= first <= count else last, count=count))
        pages += range(first - 1, last)
    return pages


def _content(source: Any, shown: Any, numbers: Sequence[int]) -> Content:
    import pikepdf

    from circular_gen.annexes.pdf_fitness import Fitness, UnfitError

    if "/AcroForm" in source.Root and source.Root.AcroForm.get("/NeedAppearances", False):
        source.generate_appearance_streams()
    source.flatten_annotations("print")
    fitness = Fitness(source)
    kept = pikepdf.new()
    notices: list[str] = []
    arts: list[Art | tuple[int, float, float]] = []
    """Pictures, and where the page can stay one: its place among those kept, and its size."""
    for number in numbers:
        page = source.pages[number]
        _settle(page)
        width, height = _size(page)
        try:
            fitness.page(page)
        except UnfitError as unfit:
            message = _("page {page} is placed as a picture: {reason}")
            notices.append(message.format(page=number + 1, reason=unfit.reason))
            arts.append(_drawn(shown, number, width, height))
        else:
            kept.pages.append(page)
            arts.append((len(kept.pages) - 1, width, height))
    file = io.BytesIO()
    kept.save(file, deterministic_id=True, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = file.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    figures: list[Figure] = []
    for number, art in zip(numbers, arts, strict=True):
        if isinstance(art, tuple):
            place, width, height = art
            identity = hashlib.sha256(f"{digest} {place}".encode()).hexdigest()
            art = Art("pdf", identity, width, height, data, place)
        figures.append(Figure(art, "", _text(shown, number)))
    lying = sum(figure.art.width > figure.art.height for figure in figures)
    return Content(tuple(figures), lying * 2 > len(figures), tuple(notices))


def _settle(page: Any) -> None:
    """Write onto the page what it has from the tree above it."""
    for key in ("/MediaBox", "/CropBox", "/Rotate", "/Resources"):
        holder, steps = page.obj, 0
        while key not in holder and "/Parent" in holder and steps < 64:
            holder, steps = holder.Parent, steps + 1
        if key in holder and holder is not page.obj:
            page.obj[key] = holder[key]
    media, crop = ([float(value) for value in box.as_list()] for box in (page.mediabox, page.cropbox))
    left, right = sorted((media[0], media[2]))
    low, high = sorted((media[1], media[3]))
    box = [max(left, min(crop[0], crop[2])), max(low, min(crop[1], crop[3]))]
    box += [min(right, max(crop[0], crop[2])), min(high, max(crop[1], crop[3]))]
    page.obj.CropBox = box if box[0] < box[2] and box[1] < box[3] else [left, low, right, high]


def _size(page: Any) -> tuple[float, float]:
    """Of the page as it is shown, in mm."""
    left, low, right, high = (float(value) for value in page.cropbox.as_list())
    width, height = right - left, high - low
    if not (0 < width <= _LONGEST and 0 < height <= _LONGEST):
        raise UnreadableError(_("the PDF is damaged; save it anew"))
    turned = int(page.obj.get("/Rotate", 0)) % 180 == 90
    return (height * _PT, width * _PT) if turned else (width * _PT, height * _PT)


def _drawn(shown: Any, number: int, width: float, height: float) -> Art:
    """The page as a picture with the dots that it has where it is printed."""
    if getattr(shown, "formenv", None) is None:
        shown.init_forms()
    short, long = sorted((width, height))
    printed = min(1.0, _PLACED[0] / short, _PLACED[1] / long)
    image = shown[number].render(scale=DPI / 72 * printed, may_draw_forms=True).to_pil().convert("RGB")
    return png_art(grey_if_grey(image), width, height)


def _text(shown: Any, number: int) -> str:
    """The beginning of the page's own text, for those who cannot see it."""
    text = shown[number].get_textpage().get_text_bounded()
    return " ".join(re.sub(r"[^\w，。、；：（）《》〔〕“”.,()%-]+", " ", text).split())[:200]
