"""What the office's fonts have: which file draws each face, how many Hanzi it covers, where another face stands in.

In: the office's faces. Out: a `FaceCoverage` for each face, a `Drawn` for each character of a text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from circular_gen.output.docx import WORD_FONTS
from circular_gen.resources import DATA
from circular_gen.sheet.blocks import Face
from circular_gen.typefaces import FontFile, font_files
from circular_gen.typeset.fonts import Faces, MissingGlyph
from circular_gen.workspace import Office

FACES: tuple[Face, ...] = get_args(Face)


@dataclass(frozen=True, slots=True)
class FaceCoverage:
    """`file`: None where the face has no file of its own; `stand_in`: the face that then draws it. `general`: how many
    characters of the list of general-use Hanzi the file has, `gb2312`: of GB 2312; `lacking`: those of both lists that
    it has not, `drawn_by`: the faces that draw them instead, `nowhere`: those in no face."""

    face: Face
    file: FontFile | None
    name: str
    version: str
    word_font: str
    stand_in: Face
    characters: int
    general: int
    gb2312: int
    lacking: str
    drawn_by: tuple[Face, ...]
    nowhere: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A character and, for each face, the face that really draws it; None where none has it."""

    character: str
    by: tuple[Face | None, ...]

    @property
    def own(self) -> bool:
        """Whether every face draws it itself or, without a file, by its usual stand-in."""
        return all(by is not None for by in self.by)


@cache
def general_use() -> frozenset[str]:
    """The list of general-use Hanzi (通用规范汉字表, 8105)."""
    return frozenset((DATA / "hanzi-8105.txt").read_text(encoding="utf-8").split())


@cache
def gb2312() -> frozenset[str]:
    """The characters of GB 2312: 6763 Hanzi and 682 signs."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return frozenset("".join(pair.decode("gb2312", "ignore") for pair in pairs))


def face_coverage(root: Path, office: Office, faces: Faces) -> Iterator[FaceCoverage]:
    """Every face of `office`, in the style's order."""
    files = font_files(root, office)
    both = general_use() | gb2312()
    for face in FACES:
        has = faces.characters(face)
        lacking = sorted(character for character in both if ord(character) not in has) if has else []
        instead = {character: _drawn_by(faces, character, face) for character in lacking}
        name, version = faces.described(face)
        stand_in = _drawn_by(faces, "一", face)
        yield FaceCoverage(
            face,
            files.get(face),
            name,
            version,
            office.word_fonts.given.get(face) or WORD_FONTS[face],
            stand_in or face,
            len(has),
            sum(ord(character) in has for character in general_use()),
            sum(ord(character) in has for character in gb2312()),
            "".join(lacking),
            tuple([other for other in FACES if other in instead.values()]),
            "".join(character for character, by in instead.items() if by is None),
        )


def drawn(faces: Faces, text: str) -> tuple[Drawn, ...]:
    """Each different character of `text` that shows something, in the text's order."""
    shown = dict.fromkeys(character for character in text if not character.isspace())
    return tuple([Drawn(c, tuple([_drawn_by(faces, c, face) for face in FACES])) for c in shown])


def _drawn_by(faces: Faces, character: str, face: Face) -> Face | None:
    try:
        return faces.glyph(character, face)[0]
    except MissingGlyph:
        return None
