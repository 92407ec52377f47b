"""WordprocessingML by the piece: property elements with their children in schema order, runs, fields, pictures.

In: names, numbers and texts. Out: elements that python-docx's document tree takes. Word repairs a file whose property
children stand in another order, so the orders of the schema are kept here, once. Lengths: `twips` are 1/20 pt.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from circular_gen.output.mould import clean

Element = Any
"""An lxml element of python-docx's own classes (which carry no usable types)."""
Attributes = Mapping[str, object]
Properties = Mapping[str, "Attributes | Sequence[tuple[str, Attributes]]"]
"""Element name → its attributes, or its children with theirs; all in the w: namespace."""

_ORDERS = {
    "pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
        "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
        "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr"
    ),
    "rPr": (
        "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid "
        "vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em "
        "lang eastAsianLayout specVanish oMath"
    ),
    "tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
        "tblBorders shd tblLayout tblCellMar tblLook"
    ),
    "trPr": "cantSplit trHeight tblHeader jc",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg docGrid",
}
_RANKS = {tag: {name: rank for rank, name in enumerate(names.split())} for tag, names in _ORDERS.items()}


def element(name: str, attributes: Attributes = {}, *children: Element) -> Element:  # noqa: B006
    """The element w:`name`; attributes are in the w: namespace unless they name another."""
    made = OxmlElement(f"w:{name}" if ":" not in name else name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}") if ":" not in key else qn(key), str(value))
    made.extend(children)
    return made


def properties(tag: str, values: Properties) -> Element:
    """w:`tag` (pPr, rPr, tblPr, trPr, tcPr, sectPr) with `values` as children, in schema order."""
    ranks = _RANKS[tag]
    made = element(tag)
    for name in sorted(values, key=ranks.__getitem__):
        value = values[name]
        if isinstance(value, Mapping):
            made.append(element(name, value))
        else:
            made.append(element(name, {}, *(element(child, attributes) for child, attributes in value)))
    return made


def run(text: str, style: str = "", values: Properties = {}) -> Element:  # noqa: B006
    """A run of `text` in the character style with the id `style`. A line feed breaks the line, a tab is a tab stop.

    Every run is said to be East Asian: else quotes, dashes and ellipses (“ ” — …) fall to a Latin font."""
    own: dict[str, Any] = {"rFonts": {"hint": "eastAsia"}, **values}
    if style:
        own["rStyle"] = {"val": style}
    made = element("r", {}, properties("rPr", own))
    for piece in re.split("([\n\t])", clean(text)):
        if piece == "\n":
            made.append(element("br"))
        elif piece == "\t":
            made.append(element("tab"))
        else:
            made.append(written(piece))
    return made


def written(text: str) -> Element:
    """w:t that keeps its spaces; always said so, since a slot's value may begin with one."""
    made = element("t", {"xml:space": "preserve"})
    made.text = text
    return made


def paragraph(style: str, *content: Element, **values: Any) -> Element:
    """A paragraph in the style with the id `style`; `values` are direct properties that override it."""
    made = element("p", {}, properties("pPr", {"pStyle": {"val": style}, **values}))
    made.extend(content)
    return made


def page_field(style: str = "") -> list[Element]:
    """The runs of a PAGE field: begin, instruction, separator, shown result, end."""

    def part(child: Element) -> Element:
        made = element("r")
        if style:
            made.append(properties("rPr", {"rStyle": {"val": style}}))
        made.append(child)
        return made

    instruction = element("instrText", {"xml:space": "preserve"})
    instruction.text = " PAGE "
    return [
        part(element("fldChar", {"fldCharType": "begin"})),
        part(instruction),
        part(element("fldChar", {"fldCharType": "separate"})),
        part(written("1")),
        part(element("fldChar", {"fldCharType": "end"})),
    ]


def picture(relationship: str, identity: int, name: str, description: str, width: float, height: float) -> Element:
    """A run with a picture of `width` × `height` mm, standing in the line. `identity` is unique in the document."""
    named = {"id": str(identity), "name": name, "descr": clean(description)}
    inline = _plain(
        "wp:inline",
        {"distT": "0", "distB": "0", "distL": "0", "distR": "0"},
        _plain("wp:extent", _extent(width, height)),
        _plain("wp:docPr", named),
        _graphic(relationship, named, width, height),
    )
    return element("r", {}, element("drawing", {}, inline))


def picture_behind(
    relationship: str,
    identity: int,
    name: str,
    description: str,
    size: tuple[float, float],
    place: tuple[float, float],
) -> Element:
    """A run with a picture of `size` mm behind the text, its upper left corner at `place`: mm from the type area's left
    and from the top of the paragraph that holds it. It moves with that paragraph."""
    named = {"id": str(identity), "name": name, "descr": clean(description)}
    across, down = (_plain("wp:posOffset") for _ in range(2))
    across.text, down.text = (str(round(offset * _EMU)) for offset in place)
    anchor = _plain(
        "wp:anchor",
        {
            **{f"dist{side}": "0" for side in "TBLR"},
            "simplePos": "0",
            "relativeHeight": str(identity),
            "behindDoc": "1",
            "locked": "0",
            "layoutInCell": "1",
            "allowOverlap": "1",
        },
        _plain("wp:simplePos", {"x": "0", "y": "0"}),
        _plain("wp:positionH", {"relativeFrom": "column"}, across),
        _plain("wp:positionV", {"relativeFrom": "paragraph"}, down),
        _plain("wp:extent", _extent(*size)),
        _plain("wp:effectExtent", {"l": "0", "t": "0", "r": "0", "b": "0"}),
        _plain("wp:wrapNone"),
        _plain("wp:docPr", named),
        _plain("wp:cNvGraphicFramePr"),
        _graphic(relationship, named, *size),
    )
    return element("r", {}, element("drawing", {}, anchor))


_EMU = 36_000
"""A millimetre in DrawingML's units."""


def _plain(tag: str, attributes: Mapping[str, str] = {}, *children: Element) -> Element:
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(key) if ":" in key else key, value)
    made.extend(children)
    return made


def _extent(width: float, height: float) -> dict[str, str]:
    return {"cx": str(round(width * _EMU)), "cy": str(round(height * _EMU))}


def _graphic(relationship: str, named: Mapping[str, str], width: float, height: float) -> Element:
    """The picture itself."""
    shape = _plain(
        "pic:pic",
        {},
        _plain("pic:nvPicPr", {}, _plain("pic:cNvPr", named), _plain("pic:cNvPicPr")),
        _plain(
            "pic:blipFill",
            {},
            _plain("a:blip", {"r:embed": relationship}),
            _plain("a:stretch", {}, _plain("a:fillRect")),
        ),
        _plain(
            "pic:spPr",
            {},
            _plain("a:xfrm", {}, _plain("a:off", {"x": "0", "y": "0"}), _plain("a:ext", _extent(width, height))),
            _plain("a:prstGeom", {"prst": "rect"}, _plain("a:avLst")),
        ),
    )
    uri = {"uri": "http://schemas.openxmlformats.org/drawingml/2006/picture"}
    return _plain("a:graphic", {}, _plain("a:graphicData", uri, shape))
