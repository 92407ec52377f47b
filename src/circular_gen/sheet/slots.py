"""Slots: the places in a sheet's texts where a unit's own value will stand.

A template is rendered once for all units that get the same paper; what only one unit has (its name, its receipt code)
comes into the text as a slot, and `fill` puts the value in later. A slot is a piece of text between two noncharacters
(U+FDD0, U+FDD1), which no YAML file may contain, so it travels through Jinja, XML and the writers unchanged.

    >>> fill("致" + slot("unit.name"), {"unit.name": "城西街道办事处"})
    '致城西街道办事处'
"""

import re
from collections.abc import Mapping

OPEN, CLOSE = "\ufdd0", "\ufdd1"
_SLOT = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")

Values = Mapping[str, str]
"""Slot name → the unit's text. It may compute a value when asked (receipt codes differ on every page)."""


def slot(name: str) -> str:
    """The text that stands for the value called `name`."""
    return f"{OPEN}{name}{CLOSE}"


def has_slot(text: str) -> bool:
    return OPEN in text


def fill(text: str, values: Values) -> str:
    """`text` with every slot replaced; KeyError where `values` has no such name."""
    return _SLOT.sub(lambda match: values[match.group(1)], text) if OPEN in text else text


def split(text: str) -> tuple[str, ...]:
    """`text` cut at its slots: constant, slot name, constant, … (odd length; constants may be empty)."""
    return tuple(_SLOT.split(text))
