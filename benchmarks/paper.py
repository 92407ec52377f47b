"""The paper that all contestants make: the sample's safety notice with `address: each` and one QR, as plain data.

The peers get the same words in the same order and set them in the same faces and sizes; they do not get our layout.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from circular_gen.resources import FONTS, SAMPLE

UNITS = 2000
NOTICE = "2026-winter-safety"


@dataclass(frozen=True)
class Words:
    """A paragraph of the notice: `style` is mark, number, title, addressees, heading, body, signature or date."""

    style: str
    text: str


@dataclass(frozen=True)
class Recipient:
    name: str
    code: str


def recipients(count: int = UNITS) -> tuple[Recipient, ...]:
    """Fictional units with a receipt code each."""
    towns = ["城关", "城西", "城东", "河口", "石门", "柳林", "白塔", "双桥", "新集", "东山"]
    kinds = ("镇人民政府", "街道办事处", "乡人民政府", "经济开发区管理委员会")
    made = []
    for number in range(count):
        name = towns[number % len(towns)] + kinds[number // len(towns) % len(kinds)]
        digest = hashlib.sha256(str(number).encode()).hexdigest().upper()
        made.append(Recipient(name, "CG1" + digest[:51]))
    return tuple(made)


def words() -> tuple[Words, ...]:
    """The notice as paragraphs; the addressees line is `{name}：`."""
    from circular_gen.sheet.numbering import paragraphs
    from circular_gen.workspace import open_workspace

    workspace = open_workspace(SAMPLE)
    circular, office = workspace.circular(NOTICE), workspace.office
    body = []
    for paragraph in paragraphs(circular.body):
        style = "heading" if paragraph.level == 1 and not paragraph.text else "body"
        body.append(Words(style, paragraph.heading + paragraph.text))
    return (
        Words("mark", office.mark or office.name + "文件"),
        Words("number", circular.number or ""),
        Words("title", circular.title),
        Words("addressees", "{name}："),
        *body,
        Words("signature", office.name),
        Words("date", circular.date_text),
    )


def checklist() -> tuple[tuple[str, ...], ...]:
    """The rows of a tailored checklist, its head first."""
    from circular_gen.workspace import open_workspace, plan_copies

    workspace = open_workspace(SAMPLE)
    circular = workspace.circular(NOTICE)
    tasks = max((copy.tasks for copy in plan_copies(circular, workspace.registry)), key=len)
    head = ("序号", "检查内容", "检查方法", "依据", "结果", "问题描述")
    rows = ((str(n), task.text, task.method, task.basis, "□是 □否 □不适用", "") for n, task in enumerate(tasks, 1))
    return (head, *rows)


def receipt() -> tuple[tuple[str, str], ...]:
    """The fields of a receipt, label and value; the unit's is `{name}`."""
    labels = ("签收人", "职务", "电话", "收文编号", "实收页数", "实收份数", "核对情况", "领导阅知", "传达部署", "备注")
    title = words()[2].text
    known = (("发文单位", words()[-2].text), ("收文单位", "{name}"), ("文件标题", title), ("文号", words()[1].text))
    return (
        *known,
        ("收到时间", "　年　月　日　时　分"),
        *((label, "") for label in labels),
        ("签字", ""),
        ("盖章", ""),
    )


FACES = {
    "fangsong": FONTS / "CircularFangsong-Regular.ttf",
    "xiaobiaosong": FONTS / "NotoSerifSC-Bold.ttf",
    "hei": FONTS / "NotoSansSC-Regular.ttf",
}
STYLES = {  # style → (face, size pt, align, first-line indent in cells, red)
    "mark": ("xiaobiaosong", 34, "center", 0, True),
    "number": ("fangsong", 16, "center", 0, False),
    "title": ("xiaobiaosong", 22, "center", 0, False),
    "addressees": ("fangsong", 16, "left", 0, False),
    "heading": ("hei", 16, "justify", 2, False),
    "body": ("fangsong", 16, "justify", 2, False),
    "signature": ("fangsong", 16, "right", 0, False),
    "date": ("fangsong", 16, "right", 0, False),
}
FONT_FOLDER: Path = FONTS
