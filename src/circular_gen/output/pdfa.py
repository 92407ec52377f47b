"""What makes a PDF a PDF/A-2 (ISO 19005-2): the colour profile of its output intent and its XMP packet."""

from functools import cache
from xml.sax.saxutils import escape

from circular_gen import __version__
from circular_gen.resources import DATA

PRODUCER = f"circular-gen {__version__}"
LANGUAGE = "zh-CN"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>{conformance}</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>{properties}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
_TITLE = '\n<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:title>'
_AUTHOR = "\n<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>"


@cache
def colour_profile() -> bytes:
    """The ICC profile that our RGB values are meant in."""
    return (DATA / "sRGB.icc").read_bytes()


def packet(title: str, author: str, conformance: str) -> bytes:
    """The XMP packet. `conformance`: A for a tagged file, else B. Title, author and producer are those of /Info;
    a file has no dates, as the same paper made on another day is the same file."""
    properties = _TITLE.format(escape(title)) * bool(title) + _AUTHOR.format(escape(author)) * bool(author)
    return _XMP.format(conformance=conformance, producer=escape(PRODUCER), properties=properties).encode()


def information(title: str, author: str) -> dict[str, str]:
    """The entries of /Info."""
    entries = {"Title": title, "Author": author, "Producer": PRODUCER}
    return {name: text for name, text in entries.items() if text}


def output_intent(profile: int) -> bytes:
    """The output intent; `profile`: the number of the colour profile's object."""
    return (
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)/Info(sRGB IEC61966-2.1)"
        b"/DestOutputProfile %d 0 R>>" % profile
    )
