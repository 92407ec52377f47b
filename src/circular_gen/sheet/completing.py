"""A sheet as its template writes it → the whole sheet: annex files in their places, pages turned where they have to be,
seals with the signatures.

In: the sheet, what each file holds, the seals' pictures. Out: the sheet without `File`; TemplateError where a template
leaves a file out.
Pure: who reads files hands their contents over.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from circular_gen.messages import _
from circular_gen.sheet.blocks import Annex, Art, Block, Figure, File, Paragraph, Sheet, Signature, Table, Turn
from circular_gen.sheet.columns import least_width
from circular_gen.sheet.sandbox import TemplateError

_LABEL = re.compile(r"附件\s*[0-9一二三四五六七八九十]*\s*[:：]?")
_ODD = re.compile(r"[\s，。、；：“”‘’《》（）()\-—·.]")


class Held(Protocol):
    """What a file holds. `landscape`: its pages want to lie."""

    @property
    def blocks(self) -> tuple[Block, ...]: ...
    @property
    def landscape(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Seals:
    """The seals' pictures that the office has. `pictures`: issuer → its seal; `diameter`: mm, 0 for the usual one."""

    pictures: Mapping[str, Art] = field(default_factory=dict)
    diameter: float = 0.0

    def __call__(self, sheet: Sheet, _template: str = "") -> Sheet:
        """`sheet` with a seal for each issuer of its sealed signature that has one."""
        if not self.pictures and not self.diameter:
            return sheet
        return replace(sheet, blocks=tuple(map(self._sealed, sheet.blocks)))

    def _sealed(self, block: Block) -> Block:
        if not isinstance(block, Signature) or block.manner != "sealed":
            return block
        seals = tuple(map(self.pictures.get, block.issuers))
        return replace(block, seals=seals if any(seals) else (), diameter=self.diameter)


@dataclass(frozen=True, slots=True)
class Completion:
    """What completes the sheets of one circular. `files`: what its annex files hold; `room`: Hanzi of a table's type
    that stand side by side on an upright page; `seals`: the office's."""

    files: Mapping[File, Held]
    room: float
    seals: Seals = field(default_factory=Seals)

    def __call__(self, sheet: Sheet, template: str) -> Sheet:
        """`sheet`, made by `template`, completed."""
        shown: set[File] = set()
        blocks = tuple(self._annex(block, shown) if isinstance(block, Annex) else block for block in sheet.blocks)
        for file in self.files:
            if sheet.kind == "circular" and file not in shown:
                message = _("{template}: the annex file {file} has no place in this template; see <file> in ours")
                raise TemplateError(message.format(template=template, file=file.name))
        return self.seals(replace(sheet, blocks=blocks))

    def _annex(self, annex: Annex, shown: set[File]) -> Annex:
        blocks: list[Block] = []
        landscape = annex.landscape
        for block in annex.blocks:
            if not isinstance(block, File):
                blocks.append(block)
                continue
            shown.add(block)
            held = self.files[block]
            blocks += _described(_without_title(held.blocks, annex), annex)
            if landscape is None and held.landscape:
                landscape = True
        if landscape is None:
            landscape, blocks = self._turned(blocks)
        return replace(annex, blocks=tuple(blocks), landscape=landscape)

    def _turned(self, blocks: Sequence[Block]) -> tuple[bool, list[Block]]:
        """The blocks with pages turned for tables too wide for an upright one; whether the annex begins turned. Where
        nothing but a few lines stands beside such a table, they go with it."""
        wide = [isinstance(block, Table) and least_width(block) > self.room for block in blocks]
        if not any(wide):
            return False, list(blocks)
        beside = [block for block, is_wide in zip(blocks, wide, strict=True) if not is_wide]
        if all(isinstance(block, Paragraph) and not block.heading and len(block.text) < 60 for block in beside):
            return True, list(blocks)
        made: list[Block] = []
        lies = wide[0]
        for block, is_wide in zip(blocks, wide, strict=True):
            if isinstance(block, Turn):
                return False, list(blocks)
            if made and is_wide != lies:
                made.append(Turn(is_wide))
            lies = is_wide
            made.append(block)
        return wide[0], made


def _without_title(blocks: tuple[Block, ...], annex: Annex) -> tuple[Block, ...]:
    """`blocks` without the label and title that the paper itself prints over them."""
    title = _bare(annex.title)
    left = title
    start = 0
    for block in blocks:
        text = block.heading + block.text if isinstance(block, Paragraph) else None
        if text is None:
            break
        bare = _bare(text)
        if left == title and _LABEL.fullmatch(text.strip()):
            start += 1
        elif bare and left.startswith(bare):
            left = left[len(bare) :]
            start += 1
            if not left:
                break
        else:
            break
    if left not in ("", title):
        return blocks  # only a part of the title stands there: then it is text
    return blocks[start:] or blocks


def _bare(text: str) -> str:
    return _ODD.sub("", text)


def _described(blocks: Iterable[Block], annex: Annex) -> list[Block]:
    """Pictures say what they show; those that do not know it, whose annex they are."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Figure) and not (block.description or block.caption):
            block = replace(block, description=annex.title.replace("\n", ""))
        made.append(block)
    return made
