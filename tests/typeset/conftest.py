import io
from collections.abc import Callable

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from circular_gen.resources import FONTS, PACKAGED_FACES, TEMPLATES
from circular_gen.typeset.fonts import Faces, FontSource
from circular_gen.typeset.page import Glyphs
from circular_gen.typeset.style import Style, load_style

Box = tuple[float, float, float, float]


@pytest.fixture(scope="session")
def style() -> Style:
    return load_style((TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def faces() -> Faces:
    return Faces({face: FontSource((FONTS / name).read_bytes(), 0, name) for face, name in PACKAGED_FACES.items()})


@pytest.fixture(scope="session")
def ink() -> Callable[[Glyphs], Box]:
    """The bounds of what a run of glyphs draws, from the outlines in the font files: left, top, right, bottom in mm."""
    fonts = {face: TTFont(io.BytesIO((FONTS / name).read_bytes())) for face, name in PACKAGED_FACES.items()}

    def bounds(run: Glyphs) -> Box:
        font = fonts[run.face]
        glyphs, characters = font.getGlyphSet(), font.getBestCmap()
        scale = run.size * 25.4 / 72 / font["head"].unitsPerEm
        boxes, x = [], run.x
        for character, advance in zip(run.text, run.advances, strict=True):
            pen = BoundsPen(glyphs)
            glyphs[characters[ord(character)]].draw(pen)
            if pen.bounds:
                left, low, right, high = (value * scale for value in pen.bounds)
                boxes.append((x + left * run.scale, run.y - high, x + right * run.scale, run.y - low))
            x += advance
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    return bounds
