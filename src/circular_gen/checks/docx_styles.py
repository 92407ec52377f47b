"""What a paragraph or run of a Word file looks like once its styles, theme and defaults are resolved.

In: the roots of styles.xml, of the theme and of numbering.xml. Out: properties by element name with their attributes.
Nearer definitions win, attribute by attribute for indents, spacing and fonts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Element = Any
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
Properties = dict[str, Any]
"""Element name → its attributes; for pBdr and tabs the element itself."""
_WHOLE = ("pBdr", "tabs", "numPr")
_DEPTH = 12
"""Styles that are based on each other at most."""
_NUMERALS = "〇一二三四五六七八九十"


def attribute(element: Element, name: str) -> str | None:
    """The attribute w:`name`."""
    value = element.get(W + name) if element is not None else None
    return None if value is None else str(value)


def number(value: object, default: float = 0.0) -> float:
    """The number that an attribute writes; `default` where it writes none."""
    match = re.match(r"\s*(-?\d{1,9}(?:\.\d+)?)", str(value)) if value is not None else None
    return float(match[1]) if match else default


def twips(value: object, default: float) -> float:
    """A length in twips; ISO files write units."""
    if value is None:
        return default
    unit = {"pt": 20, "mm": 56.693, "cm": 566.93, "in": 1440}.get(str(value).strip()[-2:], 1)
    return number(value, default) * unit


def on(values: Mapping[str, str] | None, default: bool = False) -> bool:
    """Whether a property that is there or not is switched on."""
    if values is None:
        return default
    return values.get("val", "1") not in ("0", "false", "off")


class Styles:
    """Resolves the looks of one file."""

    def __init__(self, styles: Element, theme: Element, numbering: Element) -> None:
        self._styles: dict[str, Element] = {}
        self._default: dict[str, str] = {}
        self._run_defaults: Properties = {}
        self._paragraph_defaults: Properties = {}
        if styles is not None:
            for style in styles.iter(W + "style"):
                identity = attribute(style, "styleId") or ""
                self._styles[identity] = style
                if attribute(style, "default") in ("1", "true", "on"):
                    self._default[attribute(style, "type") or ""] = identity
            self._run_defaults = _read(styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
            self._paragraph_defaults = _read(styles.find(f"{W}docDefaults/{W}pPrDefault/{W}pPr"))
        self._theme = dict(_theme_fonts(theme))
        self._levels = dict(_levels(numbering))
        self._counts: dict[str, dict[int, int]] = {}

    def _chain(self, identity: str | None) -> list[Element]:
        """A style and those it is based on, the farthest first."""
        chain: list[Element] = []
        while identity in self._styles and len(chain) < _DEPTH:
            style = self._styles[identity]
            if style in chain:
                break
            chain.append(style)
            identity = attribute(style.find(W + "basedOn"), "val")
        return chain[::-1]

    def paragraph(self, element: Element) -> Properties:
        """The paragraph properties of `element`; `style` is the id of its style."""
        own = element.find(W + "pPr")
        named = own.find(W + "pStyle") if own is not None else None
        identity = attribute(named, "val") or self._default.get("paragraph")
        found = _copy(self._paragraph_defaults)
        for style in self._chain(identity):
            _merge(found, _read(style.find(W + "pPr")))
        _merge(found, _read(own))
        found["style"] = {"val": identity or ""}
        return found

    def run(self, paragraph: Element, run: Element, properties: Properties) -> Properties:
        """The run properties of `run` (None: of the paragraph's mark) in `paragraph`."""
        found = _copy(self._run_defaults)
        for style in self._chain(properties["style"]["val"]):
            _merge(found, _read(style.find(W + "rPr")))
        own = run.find(W + "rPr") if run is not None else paragraph.find(f"{W}pPr/{W}rPr")
        named = own.find(W + "rStyle") if own is not None else None
        for style in self._chain(attribute(named, "val")):
            _merge(found, _read(style.find(W + "rPr")))
        _merge(found, _read(own))
        return found

    def font(self, run: Properties) -> str:
        """The font of a run's Hanzi: a theme's beats a name of the same place."""
        fonts = run.get("rFonts") or {}
        theme = fonts.get("eastAsiaTheme")
        if theme:
            return self._theme.get("major" if theme.startswith("major") else "minor", "")
        return str(fonts.get("eastAsia") or fonts.get("ascii") or "")

    def border(self, properties: Properties, side: str) -> Mapping[str, str] | None:
        """The attributes of a paragraph's border, None where there is none."""
        borders = properties.get("pBdr")
        border = borders.find(W + side) if borders is not None else None
        values = _attributes(border) if border is not None else {}
        return values if values.get("val", "nil") not in ("nil", "none") else None

    def tabs(self, properties: Properties) -> list[tuple[str, float]]:
        """Tab stops: kind and position in twips, from the left."""
        tabs = properties.get("tabs")
        stops = [
            (attribute(tab, "val") or "left", twips(attribute(tab, "pos"), 0))
            for tab in (tabs if tabs is not None else ())
            if attribute(tab, "val") != "clear"
        ]
        return sorted(stops, key=lambda stop: stop[1])

    def table_borders(self, properties: Element) -> dict[str, Element]:
        """The borders of a table by side, its style's below its own."""
        found: dict[str, Element] = {}
        if properties is None:
            return found
        places = [
            style.find(f"{W}tblPr/{W}tblBorders")
            for style in self._chain(attribute(properties.find(W + "tblStyle"), "val"))
        ]
        for borders in (*places, properties.find(W + "tblBorders")):
            for border in borders if borders is not None else ():
                found[border.tag.removeprefix(W)] = border
        return found

    def number_text(self, properties: Properties) -> str:
        """The automatic number before a paragraph's text; what cannot be told is empty. Counts as it goes."""
        element = properties.get("numPr")
        if element is None:
            return ""
        identity = attribute(element.find(W + "numId"), "val") or "0"
        level = int(number(attribute(element.find(W + "ilvl"), "val")))
        if (identity, level) not in self._levels:
            return ""
        counts = self._counts.setdefault(identity, {})
        start = self._levels[identity, level][2]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [known for known in counts if known > level]:
            del counts[deeper]
        text = self._levels[identity, level][1]
        for at in range(9):
            if f"%{at + 1}" in text:
                kind = self._levels.get((identity, at), ("decimal", "", 1))[0]
                text = text.replace(f"%{at + 1}", _counted(counts.get(at, 1), kind))
        return text


def _counted(value: int, kind: str) -> str:
    if "hinese" in kind or "apanese" in kind or kind == "ideographTraditional":
        tens, ones = divmod(value, 10)
        text = ("" if tens < 2 else _NUMERALS[min(tens, 9)]) + ("十" if tens else "")
        return text + (_NUMERALS[ones] if ones else "")
    return "" if kind in ("none", "bullet") else str(value)


def _levels(numbering: Element) -> Iterator[tuple[tuple[str, int], tuple[str, str, int]]]:
    """(number's id, level) → kind, text, start."""
    if numbering is None:
        return
    abstract = {attribute(item, "abstractNumId"): item for item in numbering.iter(W + "abstractNum")}
    for item in numbering.iter(W + "num"):
        base = abstract.get(attribute(item.find(W + "abstractNumId"), "val"))
        for level in base.iter(W + "lvl") if base is not None else ():
            kind = attribute(level.find(W + "numFmt"), "val") or "decimal"
            text = attribute(level.find(W + "lvlText"), "val") or ""
            start = int(number(attribute(level.find(W + "start"), "val"), 1))
            identity = attribute(item, "numId") or ""
            yield (identity, int(number(attribute(level, "ilvl")))), (kind, "" if kind == "bullet" else text, start)


def _theme_fonts(theme: Element) -> Iterator[tuple[str, str]]:
    for name in ("major", "minor"):
        fonts = next(theme.iter(f"{_A}{name}Font"), None) if theme is not None else None
        if fonts is None:
            continue
        east = fonts.find(_A + "ea")
        face = east.get("typeface") if east is not None else ""
        chinese = [font.get("typeface") for font in fonts.iter(_A + "font") if font.get("script") == "Hans"]
        yield name, str(face or next(iter(chinese), "") or "")


def _attributes(element: Element) -> dict[str, str]:
    return {key.removeprefix(W): str(value) for key, value in element.attrib.items()}


def _read(properties: Element) -> Properties:
    found: Properties = {}
    for child in properties if properties is not None else ():
        if isinstance(child.tag, str):
            name = child.tag.removeprefix(W)
            found[name] = child if name in _WHOLE else _attributes(child)
    return found


def _copy(properties: Properties) -> Properties:
    return {name: dict(value) if isinstance(value, dict) else value for name, value in properties.items()}


def _merge(into: Properties, nearer: Properties) -> None:
    for name, value in nearer.items():
        old = into.get(name)
        if name in ("ind", "spacing", "rFonts") and isinstance(old, dict):
            merged = old | value
            if name == "rFonts":
                # A name given nearer by replaces a theme's that was given farther away.
                for script in ("ascii", "hAnsi", "eastAsia", "cs"):
                    if script in value and f"{script}Theme" not in value:
                        merged.pop(f"{script}Theme", None)
            if name == "ind" and "firstLine" in value and "hanging" not in value:
                merged.pop("hanging", None)
            if name == "ind" and "hanging" in value and "firstLine" not in value:
                merged.pop("firstLine", None)
            into[name] = merged
        else:
            into[name] = dict(value) if isinstance(value, dict) else value
