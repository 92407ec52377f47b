"""What a template sees of the models: their values by name, and nothing that does anything.

In: a model of the workspace. Out: plain namespaces, tuples, dicts, texts, numbers and dates. No methods, no paths, and
not where the office keeps its ledger and mail. A unit is seen in two ways with the same names: with its own texts, or
with slots where they will stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from circular_gen.sheet.slots import slot
from circular_gen.workspace import Contact, Unit

_HIDDEN = frozenset({"ledger", "mail", "dispatch", "portal"})


def view(value: Any) -> Any:
    """`value` as a template may read it; for a model a namespace with its fields and properties."""
    if isinstance(value, BaseModel):
        return _namespace(value, type(value).model_fields)
    if is_dataclass(value) and not isinstance(value, type):
        return _namespace(value, (field.name for field in fields(value)))
    if isinstance(value, Mapping):
        return {key: view(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return tuple(map(view, value))
    return value


def _namespace(model: object, names: Iterable[str]) -> SimpleNamespace:
    properties = [
        name
        for kind in reversed(type(model).__mro__)
        if kind is not BaseModel
        for name, member in vars(kind).items()
        if isinstance(member, property) and not name.startswith(("_", "model_"))
    ]
    shown: dict[str, Any] = {}
    for name in (*names, *properties):
        value = getattr(model, name)
        if name not in _HIDDEN and not isinstance(value, Path | ZoneInfo):
            shown[name] = view(value)
    return SimpleNamespace(**shown)


_CONTACT = ("name", "phone", "email", "duty")
_PERSON = attrgetter(*_CONTACT)
_NOBODY = Contact()
SLOTS = ("unit.id", "unit.name", "unit.short", *(f"unit.contact.{name}" for name in _CONTACT))
"""What a template may print of a unit and still be one for all of them."""


CODES = {"code": slot("code:receipt:0"), "readable": slot("readable:receipt:0")}
"""What a sheet template may print beside them, always as slots: `unit.code`, the text of the unit's receipt code for a
`<qr>`, and `unit.readable`, the same for people. A form needs neither: it gets one on every page."""


def unit_values(unit: Unit) -> dict[str, str]:
    """Slot name → the unit's text. `unit.short` is its name where it has no short one; what a missing contact lacks
    is empty."""
    contact = unit.contact or _NOBODY
    texts = (unit.id, unit.name, unit.short or unit.name, *_PERSON(contact))
    return dict(zip(SLOTS, texts, strict=True))


def unit_view(unit: Unit) -> SimpleNamespace:
    """The unit with its own texts, the same as in its slots, and all else that it has."""
    return SimpleNamespace(**(vars(view(unit)) | vars(_unit(unit_values(unit)))))


def slotted_unit() -> SimpleNamespace:
    """Any unit: slots where its texts will stand."""
    return _unit({name: slot(name) for name in SLOTS})


def _unit(values: Mapping[str, str]) -> SimpleNamespace:
    contact = SimpleNamespace(**{name: values[f"unit.contact.{name}"] for name in _CONTACT})
    return SimpleNamespace(id=values["unit.id"], name=values["unit.name"], short=values["unit.short"], contact=contact)
