"""A unit's file is the same whether it is the only one or the thousandth, whatever was stamped before it: over random
papers, as PDF and as DOCX."""

import random
from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from circular_gen.output.docx import DocxMould
from circular_gen.output.pdf import PdfWriter
from circular_gen.resources import FONTS, PACKAGED_FACES, TEMPLATES
from circular_gen.sheet.blocks import Annex, Block, Qr, Sheet
from circular_gen.typeset.fonts import Faces, FontSource
from circular_gen.typeset.page import Glyphs, Pages
from circular_gen.typeset.pages import Typesetter
from circular_gen.typeset.style import Style, load_style

from ..typeset.test_pages import Coded, sheets, unit_values


@lru_cache(maxsize=1)
def office() -> tuple[Style, Faces]:
    style = load_style((TEMPLATES / "gbt9704.yaml").read_text(encoding="utf-8"))
    sources = {face: FontSource((FONTS / name).read_bytes(), 0, name) for face, name in PACKAGED_FACES.items()}
    return style, Faces(sources)


def drawable(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks with payloads that a QR symbol can hold."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Qr):
            block = replace(block, payload="ABC 12")
        elif isinstance(block, Annex):
            block = replace(block, blocks=drawable(block.blocks))
        made.append(block)
    return tuple(made)


def characters(papers: list[Pages]) -> dict[str, str]:
    """Every character of the papers by face: what a run hands to its writer."""
    found: dict[str, set[str]] = {}
    for paper in papers:
        for page in range(len(paper.shape.pages)):
            for part in paper.parts(page):
                for item in part.items:
                    if isinstance(item, Glyphs):
                        found.setdefault(item.face, set()).update(item.text)
    return {face: "".join(sorted(texts)) for face, texts in sorted(found.items())}


@pytest.mark.no_cover
@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(sheet=sheets, units=st.lists(unit_values, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_stamped_in_a_run_and_made_alone_are_the_same_bytes(
    sheet: Sheet, units: list[dict[str, str]], order: random.Random
) -> None:
    style, faces = office()
    sheet = replace(sheet, blocks=drawable(sheet.blocks))
    typesetter = Typesetter(sheet, style, faces)
    wanted = characters([typesetter.pages(Coded(unit)) for unit in units])
    writer, mould = PdfWriter(faces.sources, wanted), DocxMould(sheet, style)
    numbers = list(range(len(units)))
    order.shuffle(numbers)
    stamped = {n: (writer.write(typesetter.pages(Coded(units[n]))), mould.copy(Coded(units[n]))) for n in numbers}
    for number, unit in enumerate(units):
        alone = Typesetter(sheet, style, faces).pages(Coded(unit))
        assert stamped[number][0] == PdfWriter(faces.sources, wanted).write(alone)
        assert stamped[number][1] == DocxMould(sheet, style).copy(Coded(unit))
