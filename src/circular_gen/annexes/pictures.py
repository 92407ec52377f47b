"""Pictures → `Art`: upright, without alpha, in grey or sRGB, with no more pixels than a printer shows.

In: the bytes of a PNG, JPEG or SVG. Out: an `Art` in its natural size. A picture that needs no change keeps its bytes.
"""

import hashlib
import io
import re
import warnings
from typing import Any

from circular_gen.annexes.content import Content, UnreadableError
from circular_gen.messages import _
from circular_gen.resources import FONTS, PACKAGED_FACES
from circular_gen.sheet.blocks import Art, Figure

MOST_PIXELS = 100_000_000
MOST_SIDE = 30_000
DPI = 300
"""Of what is kept: more is not seen on paper."""
_LARGEST = (156 / 25.4 * DPI, 225 / 25.4 * DPI)
"""Pixels of the type area's short and long side at that density."""
_USUAL_DPI = 96
"""Of a picture that does not say its own, as Word takes it."""
_SVG_SIDE = 1200
"""Pixels of a drawing's width: a seal of 42 mm then has 700 dpi."""
_ELSEWHERE = re.compile(
    r"<!DOCTYPE[^>]*\[|<!ENTITY|href\s*=\s*[\"'](?!#|data:)|url\(\s*[\"']?(?!#|data:)[^)]|@import", re.IGNORECASE
)
"""What would make a drawing depend on other files."""
_ORIENTATION = 0x0112
_QUALITY = 90


def read_picture(data: bytes, caption: str, description: str) -> Content:
    """The picture with its caption. UnreadableError."""
    return Content((Figure(picture(data), caption, description),))


def read_svg(data: bytes) -> Content:
    """The drawing as a picture of `_SVG_SIDE` pixels, its texts in the packaged fonts: the same on every computer.
    UnreadableError."""
    import resvg_py

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(_("the SVG is not UTF-8; save it anew")) from None
    if _ELSEWHERE.search(text):
        raise UnreadableError(_("the SVG takes something from another file; save it with everything in it"))
    fonts = [str(FONTS / name) for name in PACKAGED_FACES.values()]
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=text, width=_SVG_SIDE, skip_system_fonts=True, font_files=fonts)
    except ValueError as error:
        raise UnreadableError(_("the picture is damaged ({reason})").format(reason=_reason(error))) from None
    return read_picture(bytes(drawn), "", "")


def picture(data: bytes) -> Art:
    """The art of a picture's `data`. UnreadableError where it is damaged or too large."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the bounds here are narrower and checked before anything is unpacked
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Any = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
            width, height = image.size
            if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
                message = _("the picture has {width} × {height} pixels; at most {side} a side and {most} million")
                raise UnreadableError(
                    message.format(width=width, height=height, side=MOST_SIDE, most=MOST_PIXELS // 1_000_000)
                )
            kind, dpi = image.format, _dpi(image)
            turned = image.getexif().get(_ORIENTATION, 1) != 1
            image.load()
            upright = ImageOps.exif_transpose(image) if turned else image
    except UnreadableError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError) as error:
        raise UnreadableError(_("the picture is damaged ({reason})").format(reason=_reason(error))) from None
    if not min(upright.size):
        raise UnreadableError(_("the picture is empty"))
    plain = _plain(upright, image.info.get("icc_profile"))
    small = _small(plain)
    width, height = (side * 25.4 / dpi for side in plain.size)
    if kind == "JPEG" and small is image:
        return art("jpeg", data, width, height)
    return art(*_packed(small, photograph=kind == "JPEG"), width, height)


def art(kind: Any, data: bytes, width: float, height: float) -> Art:
    """Width and height in mm."""
    return Art(kind, hashlib.sha256(data).hexdigest(), width, height, data)


def _packed(image: Any, photograph: bool) -> tuple[str, bytes]:
    file = io.BytesIO()
    if photograph:
        image.save(file, "JPEG", quality=_QUALITY)
        return "jpeg", file.getvalue()
    image.save(file, "PNG", compress_level=9)
    return "png", file.getvalue()


def png_art(image: Any, width: float, height: float) -> Art:
    """The art of a Pillow `image` in grey or RGB."""
    return art(*_packed(image, photograph=False), width, height)


def _dpi(image: Any) -> float:
    """Dots an inch, where the picture says something that can be."""
    said = image.info.get("dpi")
    try:
        dpi = float(said[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return _USUAL_DPI
    return dpi if 30 <= dpi <= 2400 else _USUAL_DPI


def _plain(image: Any, profile: bytes | None) -> Any:
    """The image in grey or sRGB on white; itself, where it is."""
    from PIL import Image

    if image.mode == "I;16" or image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("I", "F"):
        image = image.convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        whole = image.convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        grey = image.mode in ("LA", "La", "L")
        image = Image.alpha_composite(ground, whole).convert("L" if grey else "RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_srgb(image, profile)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _in_srgb(image: Any, profile: bytes) -> Any:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "L" or "sRGB" in ImageCms.getProfileDescription(source):
            return image
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that cannot be read says nothing


def _small(image: Any) -> Any:
    """The image with no more pixels than the type area shows; itself, where it has not."""
    from PIL import Image

    short, long = sorted(image.size)
    scale = min(1.0, _LARGEST[0] / short, _LARGEST[1] / long)
    # One that is nearly so small stays as it is: making it anew would cost sharpness for nothing.
    if scale > 0.9:
        return image
    size = tuple(max(1, round(side * scale)) for side in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:100] if str(error) else type(error).__name__
