"""The vocabulary of a sheet: what a paper says, before it has pages.

A `Sheet` is what a template writes (as XML, read by `rendering.py`) and what both writers read, so that a DOCX and its
PDF cannot say different things. All values are frozen and hashable. Texts may contain slots (see `slots.py`): a block
with a slot is a unit's own, all others are the same for every unit and are made once.

Lengths are in mm or in cells (the width of one Hanzi of the body), as each field says.
"""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from circular_gen.sheet.slots import Values, fill, has_slot

Align = Literal["left", "center", "right", "justify"]
Face = Literal["fangsong", "xiaobiaosong", "hei", "kai", "song"]
Format = Literal["general", "letter", "order", "minutes"]
TextStyle = Literal["body", "form", "hint"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Art:
    """What is drawn as it is: a picture (PNG or JPEG, without alpha, grey or sRGB, upright) or page `page` (from 0) of
    a PDF whose pages may stand in a PDF/A. Two with the same `digest` are the same. `width`, `height`: its own, mm."""

    kind: Literal["png", "jpeg", "pdf"]
    digest: str
    width: float
    height: float
    data: bytes = field(repr=False, compare=False)
    page: int = 0


@dataclass(frozen=True, slots=True)
class Urgency:
    """紧急程度: 特急 or 加急."""

    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """发文机关标志. `names`: one issuer, or several of a joint paper, organiser first; `suffix`: 文件, or nothing."""

    names: tuple[str, ...]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """发文字号 with the 签发人 of an upward paper beside it; the red rule follows. `text` may be empty (a draft)."""

    text: str
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Title:
    """标题 of the paper. A newline in `text` is a break that the writer of the paper chose."""

    text: str


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A centred line under the title of a form, in the form's type."""

    text: str


@dataclass(frozen=True, slots=True)
class Addressees:
    """主送机关, without the colon that the layout adds."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. `level` 0 is plain text, 1–4 are 一、 （一） 1. （1）. `heading` is the run-in heading (with its
    number, up to the first 。) set in the level's face; `text` is the rest. `indent`: cells of the first line."""

    text: str
    level: int = 0
    heading: str = ""
    style: TextStyle = "body"
    align: Align = "justify"
    indent: float = 2.0


@dataclass(frozen=True, slots=True)
class AnnexList:
    """附件说明: the annexes' names in order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """署名 and 成文日期. `issuers`: one, or several of a joint paper. `date`: as printed, 2026年1月5日.
    `signer_title`: the post before a signature chop. `seals`: of a sealed paper, each issuer's seal, None where it has
    no picture; `diameter`: of the seals, mm, 0 for the usual one."""

    manner: Literal["sealed", "unsealed", "chop"]
    issuers: tuple[str, ...]
    date: str
    signer_title: str = ""
    seals: tuple[Art | None, ...] = ()
    diameter: float = 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """附注, without the brackets that the layout adds."""

    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """A box to tick. `name` is stable and unique in its sheet (`t1.yes`); `label` stands right of the box."""

    name: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell: texts and boxes to tick in a row (a newline in a text breaks the line). `name`: a field that is
    filled in by hand and whose place goes into the form map."""

    content: tuple[str | Check, ...] = ()
    colspan: int = 1
    rowspan: int = 1
    align: Align | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """`height`: least height in mm, 0 for what the text needs. `head`: repeated on every page."""

    cells: tuple[Cell, ...]
    head: bool = False
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """`width`: a share of the table's width (all shares together are 1), or None: from the contents."""

    width: float | None = None
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with all its rules drawn."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    style: Literal["table", "form"] = "table"


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled place of a form: printed `value` (may be a slot), or room to write when it is empty, or boxes to tick.
    `span`: how many of the form's columns it takes. `name`: stable, goes into the form map."""

    name: str
    label: str
    value: str = ""
    checks: tuple[Check, ...] = ()
    span: int = 1
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Fields:
    """A ruled grid of fields, `columns` label–value pairs side by side."""

    fields: tuple[Field, ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Sign:
    """An area to sign or seal, `width` × `height` mm, with its label in the upper left corner."""

    name: str
    label: str
    kind: Literal["signature", "seal"] = "signature"
    width: float = 70.0
    height: float = 30.0


@dataclass(frozen=True, slots=True)
class Signs:
    """Signature and seal areas side by side."""

    areas: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR symbol in the flow, `size` mm wide with its quiet zone; `caption` in readable characters under it."""

    payload: str
    caption: str = ""
    size: float = 24.0
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture or a PDF's page in the middle of the type area, made smaller where it has no room. `caption` stands
    under it; `description`: what it shows, for those who cannot see it."""

    art: Art
    caption: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An annex file in its place. What the file holds takes that place before anything is set: see `completing`.
    `sheet`, `range`: of a workbook; `pages`: of a PDF; `caption`: under a picture."""

    name: str
    sheet: str = ""
    range: str = ""
    pages: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """Inside an annex: a new page from here on, landscape or upright."""

    landscape: bool


@dataclass(frozen=True, slots=True)
class Space:
    """Empty room of so many body lines."""

    lines: float = 1.0


@dataclass(frozen=True, slots=True)
class Attendance:
    """出席 / 请假 / 列席 of minutes: `label`, and the names after the colon."""

    label: str
    names: str


@dataclass(frozen=True, slots=True)
class Annex:
    """附件: begins on a new page with its label (附件, 附件1; none for a paper that is issued or forwarded) and title.
    `landscape`: pages turned for wide tables; None: as its contents want (see `completing`, which decides it)."""

    label: str
    title: str
    blocks: tuple["Block", ...]
    landscape: bool | None = False


@dataclass(frozen=True, slots=True)
class Colophon:
    """版记. `addressees`: only when the paper itself asks for them here. `printed_on`: 2026年12月20日, without 印发."""

    cc: str = ""
    printed_by: str = ""
    printed_on: str = ""
    addressees: str = ""


Block = (
    Urgency
    | Mark
    | Number
    | Title
    | Subtitle
    | Addressees
    | Paragraph
    | AnnexList
    | Signature
    | Note
    | Table
    | Fields
    | Signs
    | Qr
    | Figure
    | File
    | Turn
    | Space
    | Attendance
    | Annex
    | Colophon
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper. `kind`: circular, checklist, receipt, … ; `title`, `author`: document properties.

    `form`: the paper comes back: every page carries four corner marks, a QR whose payload is the slot
    `code:KIND:PAGE`, and the same code in readable characters, the slot `readable:KIND:PAGE` (KIND is the sheet's kind,
    PAGE counts from 1; in a DOCX, whose pages nobody can know, 0). `running`: what a form says at the head of every
    page after the first, so that a page by itself shows whose it is. `colophon`: which side the last page must be.
    `landscape`: the paper's own pages, annexes aside, are turned for a wide table."""

    kind: str
    blocks: tuple[Block, ...]
    format: Format = "general"
    title: str = ""
    author: str = ""
    form: bool = False
    running: str = ""
    colophon: Literal["even", "last"] = "even"
    landscape: bool = False


def is_own(value: object) -> bool:
    """Whether a block, or anything inside it, holds a slot: it is a unit's own."""
    if isinstance(value, str):
        return has_slot(value)
    if isinstance(value, tuple):
        return any(map(is_own, value))
    if is_dataclass(value):
        return any(is_own(getattr(value, field.name)) for field in fields(value))
    return False


def bind(value: T, values: Values) -> T:
    """`value` (a block, sheet or tuple of them) with every slot filled; parts without slots stay the same objects."""
    bound: Any = value
    if isinstance(value, str):
        bound = fill(value, values)
    elif isinstance(value, tuple):
        bound = tuple(bind(part, values) for part in value) if is_own(value) else value
    elif is_dataclass(value) and not isinstance(value, type) and is_own(value):
        bound = replace(value, **{f.name: bind(getattr(value, f.name), values) for f in fields(value)})
    return bound  # type: ignore[no-any-return]
