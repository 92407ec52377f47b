"""Jinja as templates get it: values in, text out.

No private attribute, nothing changed, no clock, no chance; what is not there is an error that says what was probably
meant. Out: an environment for sheet templates and Word templates alike.
"""

from collections.abc import Iterable
from datetime import date
from types import SimpleNamespace
from typing import Any

import jinja2
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.circular import chinese_date
from circular_gen.workspace.findings import nearest

FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a template's own expressions can raise."""
_CLOCK = frozenset({"today", "now", "utcnow", "fromtimestamp", "utcfromtimestamp"})
_NAMES = ("office", "circular", "unit", "tasks", "role")
"""What a template may begin with."""


class TemplateError(CircularGenError):
    """What is wrong with a template: a line for each problem, NAME:LINE: what to do."""


class Missing(StrictUndefined):
    """What a template names and is not there."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name = str(self._undefined_name)
        known: Iterable[str] = _NAMES
        if isinstance(self._undefined_obj, SimpleNamespace):
            known = vars(self._undefined_obj)
        return _("there is no {name}").format(name=name) + suggestion(name, known)


class Sandbox(ImmutableSandboxedEnvironment):
    """`options`: as jinja2.Environment takes them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(autoescape=True, undefined=Missing, **options)
        for name in ("lipsum", "cycler", "joiner"):
            self.globals.pop(name, None)
        self.filters.pop("random", None)
        self.filters["chinese_date"] = _chinese_date

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, date) and attr in _CLOCK:
            return False
        return super().is_safe_attribute(obj, attr, value)


def _chinese_date(day: date | None, beside: date | None = None) -> str:
    """A day as papers print it, 2026年12月9日; without its year where that is the year of `beside`."""
    if day is None:
        return ""
    text = chinese_date(day)
    return text.partition("年")[2] if beside is not None and beside.year == day.year else text


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to add to a message about `word`: the nearest of `known`, if one is near."""
    near = nearest(word, known, 1, 0.5)
    return _("; did you mean {nearest}?").format(nearest=near[0]) if near else ""
