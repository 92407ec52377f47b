"""Pictures of pages as a PDF/A-2b, for what came back on paper.

In: each page as a JPEG (grey or RGB, 8 bits) with its paper's size. Out: a PDF, the same for
the same pictures.
"""

from collections.abc import Sequence
from typing import NamedTuple

from circular_gen.output import pdfa
from circular_gen.output.pdf_objects import Objects, decimal, references, stream, text_string

_POINTS = 72 / 25.4


class ImagePage(NamedTuple):
    """`columns`, `rows`: of the JPEG, in pixels; `width`, `height`: of the paper, in mm."""

    jpeg: bytes
    columns: int
    rows: int
    grey: bool
    width: float
    height: float


def image_pdf(pages: Sequence[ImagePage], title: str) -> bytes:
    """The pages in order. `title`: of the document."""
    objects = Objects()
    profile = objects.add(stream(pdfa.colour_profile(), b"/N 3"))
    tree = objects.reserve()
    written = []
    for page in pages:
        colours = b"/DeviceGray" if page.grey else b"/DeviceRGB"
        image = objects.add(
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace%b/BitsPerComponent 8/Filter/DCTDecode"
            b"/Length %d>>stream\n%b\nendstream" % (page.columns, page.rows, colours, len(page.jpeg), page.jpeg)
        )
        width, height = decimal(page.width * _POINTS), decimal(page.height * _POINTS)
        content = objects.add(stream(f"{width} 0 0 {height} 0 0 cm /I Do".encode()))
        written.append(
            objects.add(
                f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {width} {height}]"
                f"/Resources<</XObject<</I {image} 0 R>>>>/Contents {content} 0 R>>".encode()
            )
        )
    objects.put(tree, b"<</Type/Pages/Kids[%b]/Count %d>>" % (references(written), len(written)))
    entries = pdfa.information(title, "").items()
    info = objects.add(b"<<%b>>" % b"".join([b"/%b%b" % (name.encode(), text_string(text)) for name, text in entries]))
    metadata = objects.add(stream(pdfa.packet(title, "", "B"), b"/Type/Metadata/Subtype/XML", level=0))
    catalog = objects.add(
        b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%b]/ViewerPreferences<</DisplayDocTitle true>>>>"
        % (tree, metadata, pdfa.output_intent(profile))
    )
    return objects.take() + objects.end(catalog, info)
