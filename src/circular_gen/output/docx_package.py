"""The lean package that every DOCX starts from: no stylesWithEffects, no thumbnail.

In: the names of the fonts, by class of face, and the document's properties. Out: a python-docx document that is empty
but for the styles every Word document has.
"""

import datetime
import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import docx
from docx.document import Document

from circular_gen.sheet.blocks import Face

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_WORDML = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_CONTENT_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" ContentType="{_WORDML}.document.main+xml"/>\
<Override PartName="/word/styles.xml" ContentType="{_WORDML}.styles+xml"/>\
<Override PartName="/word/settings.xml" ContentType="{_WORDML}.settings+xml"/>\
<Override PartName="/word/fontTable.xml" ContentType="{_WORDML}.fontTable+xml"/>\
<Override PartName="/word/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/>\
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>\
</Types>"""

_RELATIONSHIPS = f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>\
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>\
</Relationships>"""

_DOCUMENT_RELATIONSHIPS = f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>\
<Relationship Id="rId2" Type="{_OFFICE}/settings" Target="settings.xml"/>\
<Relationship Id="rId3" Type="{_OFFICE}/fontTable" Target="fontTable.xml"/>\
<Relationship Id="rId4" Type="{_OFFICE}/theme" Target="theme/theme1.xml"/>\
</Relationships>"""

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_DOCUMENT = f"""<w:document {_W} xmlns:r="{_OFFICE}" xmlns:wp="{_DRAWING}/wordprocessingDrawing" \
xmlns:a="{_DRAWING}/main" xmlns:pic="{_DRAWING}/picture"><w:body><w:sectPr/></w:body></w:document>"""

# Punctuation is narrowed where it meets; lines ended by hand are not stretched; compatibility as Word 2013 and later.
_SETTINGS = f"""<w:settings {_W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/><w:evenAndOddHeaders/>\
<w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:spaceForUL/>\
<w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/><w:doNotExpandShiftReturn/>\
<w:adjustLineHeightInTable/><w:useFELayout/><w:compatSetting w:name="compatibilityMode" \
w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>\
<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/>\
<w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>"""


_ACCENTS = {f"accent{number}": "C00000" for number in range(1, 7)}
_THEME_COLOURS = {
    "dk1": "000000",
    "lt1": "FFFFFF",
    "dk2": "000000",
    "lt2": "FFFFFF",
    **_ACCENTS,
    "hlink": "000000",
    "folHlink": "000000",
}


def _theme() -> str:
    """The least theme that the schema allows. Nothing refers to it; strict readers want the part to be there."""
    colours = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in _THEME_COLOURS.items())
    fonts = '<a:latin typeface=""/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    return (
        f'<a:theme xmlns:a="{_DRAWING}/main" name="Office"><a:themeElements><a:clrScheme name="Office">{colours}'
        f'</a:clrScheme><a:fontScheme name="Office"><a:majorFont>{fonts}</a:majorFont><a:minorFont>{fonts}'
        f'</a:minorFont></a:fontScheme><a:fmtScheme name="Office"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        "<a:lnStyleLst>"
        f"{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst><a:effectStyleLst>"
        f"{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}"
        "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


# A face that the reader's machine lacks is taken from a common one of its class.
_STAND_INS = {"fangsong": "仿宋", "xiaobiaosong": "宋体", "hei": "SimHei", "kai": "楷体", "song": "SimSun"}


def _fonts(word_fonts: Mapping[Face, str]) -> str:
    entries = "".join(
        f"<w:font w:name={quoteattr(name)}><w:altName w:val={quoteattr(_STAND_INS[face])}/>"
        '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for name, face in {name: face for face, name in sorted(word_fonts.items())}.items()
    )
    return f"<w:fonts {_W}>{entries}</w:fonts>"


def _styles(word_fonts: Mapping[Face, str], size: float) -> str:
    name = quoteattr(word_fonts["fangsong"])
    half_points = round(size * 2)
    return f"""<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr>\
<w:rFonts w:ascii={name} w:hAnsi={name} w:eastAsia={name} w:cs={name}/><w:kern w:val="0"/>\
<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>\
<w:lang w:val="zh-CN" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>\
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>\
<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>\
<w:uiPriority w:val="1"/><w:semiHidden/><w:unhideWhenUsed/></w:style>\
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>\
<w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>\
<w:left w:w="0" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>\
</w:style></w:styles>"""


def _properties(title: str, author: str, created: datetime.datetime | None) -> str:
    moments = ""
    if created is not None:
        moment = f"{created:%Y-%m-%dT%H:%M:%SZ}"
        moments = "".join(
            f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{moment}</dcterms:{name}>' for name in ("created", "modified")
        )
    return f"""<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{escape(title)}</dc:title>\
<dc:creator>{escape(author)}</dc:creator><dc:language>zh-CN</dc:language>{moments}</cp:coreProperties>"""


def lean_document(
    word_fonts: Mapping[Face, str], size: float, title: str, author: str, created: datetime.datetime | None
) -> Document:
    """An empty document whose default type is the fangsong face at `size` pt. `created` in UTC; None: not said."""
    members = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONSHIPS,
        "docProps/core.xml": _properties(title, author, created),
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONSHIPS,
        "word/document.xml": _DOCUMENT,
        "word/styles.xml": _styles(word_fonts, size),
        "word/settings.xml": _SETTINGS,
        "word/fontTable.xml": _fonts(word_fonts),
        "word/theme/theme1.xml": _theme(),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, text in members.items():
            package.writestr(name, _HEAD + text)
    file.seek(0)
    return docx.Document(file)
