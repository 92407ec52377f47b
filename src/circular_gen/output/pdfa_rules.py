"""Whether a PDF is the PDF/A that it says it is, and whether anything in it acts: our own assertions.

In: a PDF. Out: faults, each a word and what was seen. They are those of ISO 19005-2 and -3 that a file loses when it
is changed by other programs: marking, output intent, embedded fonts, no encryption or actions, declared attachments.
A whole validator (veraPDF, Preflight for part 1) says more; none is needed for this.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

_PART = re.compile(rb"pdfaid:part(?:>|=[\"'])\s*([1-4])")
_CONFORMANCE = re.compile(rb"pdfaid:conformance(?:>|=[\"'])\s*([ABU])")
ACTIONS = frozenset(
    [
        "Launch",
        "JavaScript",
        "ImportData",
        "SubmitForm",
        "ResetForm",
        "Sound",
        "Movie",
        "Rendition",
        "SetOCGState",
        "Trans",
        "GoTo3DView",
    ]
)
_STANDALONE = ("/Type3",)


@dataclass(frozen=True, slots=True)
class Fault:
    """`code`: unreadable, encrypted, marking, intent, font, active, embedded, filter or external."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What a PDF is. `part`: of ISO 19005, 0 where it claims none; `faults`: against that part, and acting content."""

    part: int
    pages: int
    faults: tuple[Fault, ...]


def examine(path: Path) -> Examined:
    """Look at a PDF; an unreadable or encrypted one has that fault alone."""
    try:
        with pikepdf.open(path) as document:
            if document.is_encrypted:
                return Examined(0, len(document.pages), (Fault("encrypted", "the file is encrypted"),))
            part, marking = _part(document)
            faults = [*marking, *_acting(document)]
            if part:
                faults += _archival(document, part)
            return Examined(part, len(document.pages), tuple(dict.fromkeys(faults)))
    except pikepdf.PasswordError:
        return Examined(0, 0, (Fault("encrypted", "the file is encrypted"),))
    except (pikepdf.PdfError, ValueError, KeyError, RuntimeError, AttributeError, TypeError) as error:
        return Examined(0, 0, (Fault("unreadable", str(error).splitlines()[0] if str(error) else "no PDF"),))


def _part(document: pikepdf.Pdf) -> tuple[int, list[Fault]]:
    metadata: Any = document.Root.get("/Metadata")
    packet = metadata.read_bytes() if metadata is not None else b""
    part, conformance = _PART.search(packet), _CONFORMANCE.search(packet)
    if part is None:
        return 0, []
    return int(part[1]), [] if conformance else [Fault("marking", "no conformance level")]


def _acting(document: pikepdf.Pdf) -> Iterator[Fault]:
    """Scripts, launches, forms that send, and files of other kinds that open by themselves."""
    root = document.Root
    for name in ("/AA", "/OpenAction"):
        action: Any = root.get(name)
        if isinstance(action, pikepdf.Dictionary) and (name == "/AA" or str(action.get("/S", "/GoTo")) != "/GoTo"):
            yield Fault("active", f"{name} in the catalog")
    names: Any = root.get("/Names", pikepdf.Dictionary())
    if "/JavaScript" in names:
        yield Fault("active", "a script")
    if "/XFA" in (root.get("/AcroForm") or pikepdf.Dictionary()):
        yield Fault("active", "an XFA form")
    for found in document.objects:
        if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            kind = str(found.get("/S", ""))[1:]
            if kind in ACTIONS and ("/JS" in found or str(found.get("/Type", "/Action")) == "/Action"):
                yield Fault("active", f"an action {kind}")
            for name in ("/A", "/AA"):
                action = found.get(name)
                if isinstance(action, pikepdf.Dictionary) and str(action.get("/S", ""))[1:] in ACTIONS:
                    yield Fault("active", f"an action {str(action.get('/S'))[1:]}")


def _archival(document: pikepdf.Pdf, part: int) -> Iterator[Fault]:
    root = document.Root
    intents: Any = root.get("/OutputIntents", [])
    if not any(str(one.get("/S", "")) == "/GTS_PDFA1" and "/DestOutputProfile" in one for one in intents):
        yield Fault("intent", "no output intent with a colour profile")
    if "/ID" not in document.trailer:
        yield Fault("marking", "no file identifier")
    names: Any = root.get("/Names", pikepdf.Dictionary())
    if "/EmbeddedFiles" in names and part < 3:
        yield Fault("embedded", f"files are embedded in a PDF/A-{part}")
    for found in document.objects:
        if not isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            continue
        kind = str(found.get("/Type", ""))
        if kind == "/Font" and not _is_embedded(found):
            yield Fault("font", f"the font {str(found.get('/BaseFont', '?'))[1:]} is not embedded")
        if kind == "/Filespec" and "/EF" in found and part >= 3 and not {"/AFRelationship", "/F", "/UF"} <= set(found):
            yield Fault("embedded", "an embedded file is not declared")
        if isinstance(found, pikepdf.Stream):
            filters: Any = found.get("/Filter", [])
            shown = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(one) for one in filters]
            if "/LZWDecode" in shown or "/Crypt" in shown:
                yield Fault("filter", f"a stream packed with {shown}")
            if "/F" in found and kind != "/EmbeddedFile":
                yield Fault("external", "a stream in another file")


def _is_embedded(font: Any) -> bool:
    if str(font.get("/Subtype", "")) in _STANDALONE:
        return True
    if "/DescendantFonts" in font:
        return all(_is_embedded(one) for one in font.DescendantFonts)
    descriptor: Any = font.get("/FontDescriptor", pikepdf.Dictionary())
    return any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))
