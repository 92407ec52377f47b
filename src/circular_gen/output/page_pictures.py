"""A PDF's pages as pictures, for files that cannot hold pages: a DOCX.

In: an `Art`. Out: the bytes of a PNG or JPEG. The same page gives the same bytes.
"""

import io
from functools import lru_cache
from typing import Any

from circular_gen.sheet.blocks import Art

DPI = 200
"""Small print stays legible, and a page is some 100–300 kB."""
_GREY = 6
"""How far a grey pixel's components may differ, from edges that the renderer has smoothed."""


def as_picture(art: Art) -> tuple[bytes, str]:
    """The picture's bytes, and its suffix."""
    if art.kind != "pdf":
        return art.data, "png" if art.kind == "png" else "jpg"
    return _drawn(art), "png"


@lru_cache(maxsize=64)
def _drawn(art: Art) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(art.data) as document:
        image = document[art.page].render(scale=DPI / 72).to_pil().convert("RGB")
    file = io.BytesIO()
    grey_if_grey(image).save(file, "PNG", optimize=False, compress_level=9)
    return file.getvalue()


def grey_if_grey(image: Any) -> Any:
    """An RGB `image` in grey, where nothing on it has a colour."""
    from PIL import ImageChops

    red, green, blue = image.split()
    apart: Any = ImageChops.lighter(ImageChops.difference(red, green), ImageChops.difference(green, blue)).getextrema()
    return green if apart[1] <= _GREY else image
