"""Files as offices have them, made here."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import docx
import openpyxl
import pikepdf
from PIL import Image, ImageDraw


def png(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def jpeg(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def drawing(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    """A white picture with a dark square in its upper left corner."""
    image = Image.new(mode, size, "white" if mode not in ("CMYK",) else (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((10, 10, 60, 60), fill=(0, 0, 0, 255) if mode == "CMYK" else "black")
    return image


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def word(fill: Callable[[Any], None]) -> bytes:
    document = docx.Document()
    fill(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def with_part(package: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An Office file with one part changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            data = old.read(item)
            new.writestr(item, change(data) if item == name else data)
    return file.getvalue()


def pdf(contents: Sequence[bytes], size: tuple[float, float] = (595, 842), **page: Any) -> bytes:
    """A PDF, a page for each content stream; `page`: more entries of every page."""
    document = pikepdf.new()
    for content in contents:
        made = document.add_blank_page(page_size=size)
        made.obj.Contents = document.make_stream(content)
        for name, value in page.items():
            made.obj[f"/{name}"] = value
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
