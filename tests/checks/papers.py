"""Papers with one thing wrong: a sheet with every element, typeset with one measure changed or one block written
otherwise; a Word file with one piece of its XML replaced."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from circular_gen.checks.measuring import FileFinding, check_file
from circular_gen.output.docx import DocxMould
from circular_gen.output.pdf import PdfWriter
from circular_gen.resources import FONTS, PACKAGED_FACES, TEMPLATES
from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Art,
    Attendance,
    Block,
    Colophon,
    Face,
    Mark,
    Note,
    Number,
    Paragraph,
    Sheet,
    Signature,
    Title,
    Urgency,
)
from circular_gen.sheet.numbering import paragraphs
from circular_gen.typeset.fonts import Faces, FontSource
from circular_gen.typeset.page import Glyphs, Item, Part, Symbol
from circular_gen.typeset.pages import Pages, Typesetter
from circular_gen.typeset.style import Style, load_style

OFFICE = "清河市安全生产委员会办公室"
TEXT = (TEMPLATES / "gbt9704.yaml").read_text("utf-8")
LONG = (
    "各镇（街道）、各开发区管委会要深刻认识冬春季节安全生产的特殊性，把安全防范作为当前一项重要任务抓紧抓实，"
    "逐条明确牵头领导、责任科室和完成时限，把要求传达到村（社区）和企业。"
)
BODY = "\n".join(
    [
        "为贯彻落实上级关于今冬明春安全防范工作的部署，严防重特大事故，有效遏制较大事故，经市安委会同意，现就有关要求通知如下：",
        "一、提高认识，压实责任。" + LONG * 2,
        "（一）矿山。" + LONG * 3,
        "（二）道路交通。" + LONG * 3,
        "1.自查内容。" + LONG * 3,
        "（1）加强领导。" + LONG,
        "2.自查要求。" + LONG * 3,
        "二、建立台账，闭环整改。" + LONG * 4,
        "三、严格检查，从严问责。" + LONG * 4,
        "联系人：综合科李某，电话：0359-0000000。" + LONG,
    ]
)
ANNEXES = ("检查项目说明", "集中排查整治工作方案")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def general() -> Sheet:
    """A paper in the general format with every element."""
    return Sheet(
        "circular",
        (
            Urgency("加急"),
            Mark((OFFICE,), "文件"),
            Number("清安办发〔2026〕12号"),
            Title(f"{OFFICE}\n关于做好今冬明春安全防范工作的通知"),
            Addressees("各镇（街道），各开发区管委会，市安委会有关单位"),
            *paragraphs(BODY),
            AnnexList(ANNEXES),
            Signature("sealed", (OFFICE,), "2026年11月25日"),
            Note("此件公开发布"),
            *(Annex(f"附件{at}", name, paragraphs(LONG)) for at, name in enumerate(ANNEXES, 1)),
            Colophon("市委办公室，市政府办公室", OFFICE, "2026年11月25日"),
        ),
    )


def letter() -> Sheet:
    """A letter, with its copies."""
    blocks = [block for block in general().blocks if not isinstance(block, Annex | AnnexList | Colophon | Urgency)]
    blocks = [Mark((OFFICE,)) if isinstance(block, Mark) else block for block in blocks]
    return Sheet("circular", (*blocks, Colophon("市委办公室，市政府办公室")), "letter")


def upward() -> Sheet:
    """A paper to a superior, with its approvers."""
    sheet = changed(general(), Title, text=f"{OFFICE}\n关于拨付今冬明春安全防范工作经费的请示")
    return swapped(sheet, Number, Number("清安办发〔2026〕12号", ("王某某", "李某某", "张某某")))


def unsealed() -> Sheet:
    return swapped(general(), Signature, Signature("unsealed", (OFFICE,), "2026年11月25日"))


def chop() -> Sheet:
    """Signed with a chop."""
    return swapped(general(), Signature, Signature("chop", ("清河市人民政府",), "2026年11月25日", "市长"))


def joint() -> Sheet:
    """A paper of three issuers."""
    names = ("清河市发展和改革委员会", "清河市财政局", "清河市应急管理局")
    sheet = swapped(general(), Mark, Mark(names, "文件"))
    return swapped(sheet, Signature, Signature("sealed", names, "2026年11月25日"))


@lru_cache
def _ring() -> Art:
    """A picture like a seal's."""
    file = io.BytesIO()
    picture = Image.new("RGB", (120, 120), "#ffffff")
    ImageDraw.Draw(picture).ellipse((4, 4, 116, 116), outline="#d02020", width=4)
    picture.save(file, "PNG")
    return Art("png", "ring", 42, 42, file.getvalue())


def with_seal() -> Sheet:
    return changed(general(), Signature, seals=(_ring(),), diameter=42)


def joint_seals() -> Sheet:
    return changed(joint(), Signature, seals=(_ring(),) * 3, diameter=42)


def without(sheet: Sheet, *kinds: type) -> Sheet:
    return replace(sheet, blocks=tuple(block for block in sheet.blocks if not isinstance(block, kinds)))


def order() -> Sheet:
    sheet = without(chop(), Urgency, Title, Addressees, AnnexList, Note, Annex, Colophon)
    sheet = swapped(swapped(sheet, Mark, Mark(("清河市人民政府令",))), Number, Number("第12号"))
    return replace(sheet, format="order")


def minutes() -> Sheet:
    sheet = without(general(), Urgency, Addressees, AnnexList, Signature, Annex)
    sheet = swapped(sheet, Mark, Mark(("清河市安全生产委员会会议纪要",)))
    sheet = swapped(sheet, Note, Attendance("出席", "张某某，李某某"), Attendance("列席", "王某某"))
    return replace(sheet, format="minutes")


def crowded() -> Sheet:
    """With what the others have not: a title of three lines, an annex's name of two, copies of two with addressees
    above them, an annex that lies."""
    name = "清河市今冬明春安全防范工作集中排查整治专项行动任务分工和完成时限一览表"
    title = f"{OFFICE}\n关于进一步做好今冬明春安全防范工作的\n补充通知"
    copies = "，".join(f"清河市{name}局" for name in ("应急管理", "自然资源", "水利", "交通运输", "公安"))
    sheet = changed(general(), Title, text=title)
    sheet = changed(sheet, AnnexList, names=(ANNEXES[0], name))
    sheet = changed(sheet, Colophon, cc=copies, addressees="各镇（街道），各开发区管委会")
    first, second = (block for block in sheet.blocks if isinstance(block, Annex))
    instead = {id(first): replace(first, landscape=True), id(second): replace(second, title=name)}
    return replace(sheet, blocks=tuple(instead.get(id(block), block) for block in sheet.blocks))


def short() -> Sheet:
    """With so little text that no page is full."""
    sheet = general()
    first = next(block for block in sheet.blocks if isinstance(block, Paragraph))
    return replace(sheet, blocks=tuple(b for b in sheet.blocks if not isinstance(b, Paragraph) or b is first))


def draft() -> Sheet:
    """Without a number yet."""
    return changed(general(), Number, text="")


def headless() -> Sheet:
    """For paper on which the head is printed already."""
    return without(general(), Urgency, Mark, Number)


def long_signature() -> Sheet:
    name = "清河市推进新型城镇化和城乡融合发展工作领导小组办公室"
    return swapped(general(), Signature, Signature("sealed", (name,), "2026年1月5日"))


def short_signature() -> Sheet:
    return swapped(general(), Signature, Signature("unsealed", ("市安办",), "2026年11月25日"))


def swapped(sheet: Sheet, kind: type, *blocks: Block) -> Sheet:
    """`sheet` with its first block of `kind` replaced."""
    at = next(index for index, block in enumerate(sheet.blocks) if isinstance(block, kind))
    return replace(sheet, blocks=(*sheet.blocks[:at], *blocks, *sheet.blocks[at + 1 :]))


def changed(sheet: Sheet, kind: type, **values: Any) -> Sheet:
    """`sheet` with the first block of `kind` changed."""
    block = next(block for block in sheet.blocks if isinstance(block, kind))
    return swapped(sheet, kind, replace(block, **values))


# Styles --------------------------------------------------------------------------------------------------------------


@lru_cache
def standard() -> Style:
    return load_style(TEXT)


def with_measure(**values: float) -> Style:
    """The style with measures changed; `__` in a name stands for a dot."""
    text = TEXT
    for name, value in values.items():
        pattern = rf"(?m)^(  {re.escape(name.replace('__', '.'))}: +\{{value: )[\d.]+"
        text, count = re.subn(pattern, rf"\g<1>{value}", text, count=1)
        assert count == 1, name
    return load_style(text)


def with_type(kind: str, **values: object) -> Style:
    """The style with a kind of type changed."""
    style = standard()
    return replace(style, types={**style.types, kind: replace(style.types[kind], **values)})  # type: ignore[arg-type]


# Files ---------------------------------------------------------------------------------------------------------------


@lru_cache
def faces() -> Faces:
    return Faces({face: FontSource((FONTS / name).read_bytes(), 0, name) for face, name in PACKAGED_FACES.items()})


def pages_of(sheet: Sheet, style: Style | None = None) -> Pages:
    return Typesetter(sheet, style or standard(), faces()).pages()


@lru_cache
def _writer(red: tuple[float, float, float]) -> PdfWriter:
    """One for all papers: cutting fonts takes longer than all else. Its fonts hold whatever stands in these tests."""
    texts = set("".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")))
    texts |= set("抄送主印发签人附件：，。、；（）《》—1234567890. ")
    characters: dict[Any, set[str]] = {}
    for face in PACKAGED_FACES:
        for character in texts:
            if character.isprintable() and faces().covers(character):
                characters.setdefault(faces().glyph(character, face)[0], set()).add(character)
    return PdfWriter(faces().sources, characters, red=red)


def pdf_of(pages: Pages, red: tuple[float, float, float] | None = None) -> bytes:
    return _writer(red or standard().red).write(pages)


def altered(item: Item, **values: Any) -> Item:
    """`item` with other values."""
    return item._replace(**values) if isinstance(item, Glyphs | Symbol) else replace(item, **values)


def redrawn(pages: Pages, change: Callable[[Any, int, str], Any]) -> Pages:
    """`pages` with every item changed by `change(item, page, role)`; None leaves it out."""
    shapes = []
    for number, page in enumerate(pages.shape.pages):
        parts = []
        for part in pages.parts(number):
            items = tuple(new for item in part.items if (new := change(item, number + 1, part.role)) is not None)
            parts.append(Part(items, part.role))
        shapes.append(replace(page, parts=tuple(parts)))
    return Pages(replace(pages.shape, pages=tuple(shapes)), ())


def docx_of(sheet: Sheet, style: Style | None = None, fonts: Mapping[Face, str] | None = None) -> bytes:
    return DocxMould(sheet, style or standard(), fonts).copy({})


def edited(docx: bytes, part: str, *changes: tuple[str, str]) -> bytes:
    """The Word file with regular expressions of the XML of `part` replaced, each at least once."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if re.fullmatch(part, name):
                text = data.decode("utf-8")
                for pattern, replacement in changes:
                    text, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
                    assert count, pattern
                data = text.encode("utf-8")
            new.writestr(name, data)
    return out.getvalue()


def found(folder: Path, data: bytes, name: str) -> tuple[FileFinding, ...]:
    path = folder / name
    path.write_bytes(data)
    return check_file(path, standard())


def rules_found(folder: Path, data: bytes, name: str) -> set[str]:
    """The rules that the file breaks, by name."""
    return {finding.rule for finding in found(folder, data, name) if finding.severity != "note"}
