"""The named styles of a DOCX: one for every element of a paper, so that a clerk can restyle a whole file at once.

In: the measures. Out: the styles, added to a document. A style says all four font names: what it leaves out would be
taken from the reader's default font. Lines are exact and off the grid; empty lines before an element are its spacing.
"""

from collections.abc import Mapping
from typing import Any, Literal

from docx.document import Document

from circular_gen.output.docx_measures import Measures
from circular_gen.output.wordml import Element, Properties, element, properties
from circular_gen.sheet.blocks import Face

AFTER_HEADING = "GwRunIn"
"""Character style of what follows a run-in heading in its paragraph."""
APPROVER, LABEL, URGENCY = "GwApprover", "GwLabel", "GwUrgent"
"""Character styles of an approver's name, of the label before the names in minutes, of the urgency beside a letter's
number."""


def add_styles(document: Document, m: Measures, word_fonts: Mapping[Face, str]) -> None:
    """Give `document` the styles of all elements."""
    add = document.styles.element.append
    for identity, (name, face, size, paragraph, others) in _paragraph_styles(m).items():
        letters: dict[str, Any] = {**_letters(word_fonts[face], size, m.squeeze(size)), **others}
        add(_style("paragraph", identity, name, paragraph, letters))
    for identity, name, kind in (
        (AFTER_HEADING, "标题后正文", "body"),
        (APPROVER, "签发人姓名", "approver"),
        (LABEL, "纪要人员标签", "attendance"),
        (URGENCY, "信函紧急程度", "urgency"),
    ):
        add(_style("character", identity, name, None, {"rFonts": _names(word_fonts[m.face(kind)])}))


def _names(font: str) -> dict[str, object]:
    return {"ascii": font, "hAnsi": font, "eastAsia": font, "cs": font}


def _letters(font: str, size: float, squeeze: int) -> dict[str, Any]:
    half_points = {"val": round(size * 2)}
    spacing = {"spacing": {"val": squeeze}} if squeeze else {}
    return {"rFonts": _names(font), "sz": half_points, "szCs": half_points, **spacing}


def _style(
    kind: Literal["paragraph", "character"], identity: str, name: str, paragraph: Properties | None, letters: Properties
) -> Element:
    made = element("style", {"type": kind, "customStyle": 1, "styleId": identity}, element("name", {"val": name}))
    if paragraph is not None:
        made.append(element("basedOn", {"val": "Normal"}))
    made.append(element("uiPriority", {"val": 1}))
    made.append(element("qFormat"))
    if paragraph is not None:
        made.append(properties("pPr", paragraph))
    made.append(properties("rPr", letters))
    return made


_Style = tuple[str, Face, float, dict[str, Any], dict[str, Any]]


def _paragraph_styles(m: Measures) -> dict[str, _Style]:
    """Style id → its name, face, size, paragraph properties and other run properties."""

    def style(
        name: str,
        kind: str,
        align: str = "both",
        first: float = 0,
        before: float = 0,
        line: int | None = None,
        **own: Any,
    ) -> _Style:
        exact = m.line if line is None else line
        spacing: dict[str, object] = {"before": m.lines(before), "after": 0}
        spacing |= {"line": exact, "lineRule": "exact"} if exact else {"line": 240, "lineRule": "auto"}
        paragraph: dict[str, Any] = {
            "widowControl": {},
            "snapToGrid": {"val": 0},
            "spacing": spacing,
            "jc": {"val": align},
        }
        if first:
            paragraph["ind"] = {"firstLine": m.cells(first)}
        colour = {"color": {"val": m.red}} if m.is_red(kind) else {}
        return name, m.face(kind), m.size(kind), paragraph | own, colour

    def heading(level: int, name: str) -> _Style:
        return style(name, f"heading{level}", first=2, outlineLvl={"val": level - 1})

    kept: dict[str, Any] = {"keepNext": {}, "keepLines": {}}
    inside: dict[str, Any] = {"overflowPunct": {"val": 0}}  # a mark that hangs would stand on a table's rule
    return {
        "GwUrgency": style("紧急程度", "urgency", "left", keepNext={}),
        "GwMark": style("发文机关标志", "mark", "center", line=m.points("mark.line"), **kept),
        "GwNumber": style("发文字号", "number", "center", keepNext={}),
        "GwTitle": style("公文标题", "title", "center", before=m.blank("title"), **kept),
        "GwFormTitle": style("表单标题", "form_title", "center", line=m.points("form.title.line"), **kept),
        "GwSubtitle": style("副标题", "subtitle", "center", **kept),
        "GwAddressees": style("主送机关", "addressees", before=m.blank("addressees")),
        "GwBody": style("公文正文", "body", first=2),
        "GwHeading1": heading(1, "一级标题"),
        "GwHeading2": heading(2, "二级标题"),
        "GwHeading3": heading(3, "三级标题"),
        "GwHeading4": heading(4, "四级标题"),
        "GwAnnexList": style("附件说明", "annex_list", keepNext={}),
        "GwSignature": style("署名", "signature", "center", **kept),
        "GwDate": style("成文日期", "date", "right", keepLines={}),
        "GwNote": style("附注", "note", first=m.number("indent.note")),
        "GwAnnexLabel": style("附件标识", "annex_label", "left", keepNext={}, pageBreakBefore={}),
        "GwAnnexTitle": style(
            "附件标题", "annex_title", "center", before=m.blank("annex_title"), outlineLvl={"val": 0}, **kept
        ),
        "GwAttendance": style("纪要人员", "body"),
        "GwForm": style("表单正文", "form", line=m.points("form.line")),
        "GwHint": style("提示文字", "hint", line=0),
        "GwCell": style("表格文字", "table", "left", line=0, **inside),
        "GwHeadCell": style("表头文字", "table_head", "center", line=0, keepNext={}, **inside),
        "GwField": style("表单填写", "form_cell", "left", line=0, **inside),
        "GwFieldLabel": style("表单栏目", "form_label", "center", line=0, **inside),
        "GwFigure": style("图片", "table", "center", line=0),
        "GwCaption": style("图注", "caption", "center", line=0),
        "GwCode": style("回执编号", "code", "center", line=0),
        "GwColophon": style("版记", "colophon", "both", line=m.points("colophon.line")),
        "GwPageNumber": style("页码", "page_number", "right", line=m.points("page_number.line")),
        "GwGap": style("间隔", "hint", line=20),
    }
