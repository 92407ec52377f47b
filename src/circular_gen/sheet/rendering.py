"""Templates + office, circular and copy → Sheet.

In: the sources of the sheet templates (name → text), the models. Out: `Templates.paper`, one `Sheet` object for all
units that get the same paper; TemplateError with the template's name and line. Does no I/O.

What only one unit has stands in the shared sheet as slots (`unit_values` has their values). That is right as long as a
template only prints it. One that looks into it (compares, filters, joins, reads the unit's tags …) is rendered for each
unit with the real values; which of the two it is can be seen in the template itself, so nothing hangs on chance.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

import jinja2
from jinja2 import FunctionLoader, meta, nodes, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from circular_gen.messages import _
from circular_gen.sheet.blocks import Sheet
from circular_gen.sheet.markup import BREAK, MarkupError, Place, marked, read_sheet
from circular_gen.sheet.sandbox import FAULTS, Missing, Sandbox, TemplateError, suggestion
from circular_gen.sheet.views import CODES, SLOTS, slotted_unit, unit_values, unit_view, view
from circular_gen.workspace import Circular, Copy, Office, Unit

__all__ = ["SUFFIX", "TemplateError", "Templates", "unit_values"]

SUFFIX = ".xml.j2"
_KEPT = 512
"""Papers kept at a time; templates that look into the unit would else keep one for every unit."""
T = TypeVar("T")


class Templates:
    """The sheet templates of a workspace, `NAME.xml.j2` each. Compiled when first used, and once."""

    def __init__(self, sources: Mapping[str, str], complete: Callable[[Sheet, str], Sheet] | None = None) -> None:
        """`complete`: what is done to a sheet that a template (its name) has written."""
        self._complete = complete
        self._names = tuple(sorted(name for name in sources if name.endswith(SUFFIX)))
        self._environment = _environment({name: sources[name] for name in self._names}, self._names)
        self._own: dict[str, bool] = {}
        self._papers: dict[Hashable, tuple[Sheet, object]] = {}
        self._sheets: dict[tuple[str, str], Sheet] = {}
        self._views: dict[int, tuple[object, Any]] = {}

    def paper(self, kind: str, office: Office, circular: Circular, copy: Copy | None) -> Sheet:
        """The paper `kind` (the template's name without its suffix) for the unit of `copy`; all units whose papers say
        the same get one and the same object. `copy` does not count for a circular that goes to all (`address: all`)
        and may then be None. TemplateError."""
        name = kind + SUFFIX
        if kind == "circular" and circular.address == "all":
            copy = None
        unit = copy.unit if copy is not None and self._looks_into_the_unit(name) else None
        key = (
            (kind, id(office), id(circular)),
            (id(copy.tasks), copy.role, copy.receipt) if copy is not None else None,
            id(unit) if unit is not None else None,
        )
        if key in self._papers:
            return self._papers[key][0]
        xml = self._xml(name, self._context(office, circular, copy, unit))
        sheet = _remembered(self._sheets, (kind, xml), lambda: self._sheet(name, kind, xml))
        named = (
            office,
            circular,
            copy.tasks if copy is not None else None,
            unit,
        )  # kept, so that their ids stay theirs
        return _remembered(self._papers, key, lambda: (sheet, named))[0]

    def form(self, kind: str, values: Mapping[str, object]) -> Sheet:
        """The paper `kind`, which is no unit's and no circular's, from `values`: what its template may name, as plain
        texts, numbers, dicts, lists and models; texts that differ from unit to unit stand in them as slots. Equal
        papers are one and the same object. TemplateError."""
        name = kind + SUFFIX
        xml = self._xml(name, {key: view(value) for key, value in values.items()})
        return _remembered(self._sheets, (kind, xml), lambda: self._sheet(name, kind, xml))

    def _context(self, office: Office, circular: Circular, copy: Copy | None, unit: Unit | None) -> dict[str, object]:
        context: dict[str, object] = {"office": self._view(office), "circular": self._view(circular)}
        if copy is None:
            hint = _("this paper is one for all units: it cannot say what a single one has ({name})")
            return context | {name: Missing(hint.format(name=name)) for name in ("unit", "tasks", "role")}
        shown = unit_view(unit) if unit is not None else slotted_unit()
        vars(shown).update(CODES)
        return context | {"unit": shown, "tasks": view(copy.tasks), "role": copy.role}

    def _view(self, model: object) -> Any:
        return _remembered(self._views, id(model), lambda: (model, view(model)))[1]

    def _xml(self, name: str, context: Mapping[str, object]) -> str:
        try:
            return self._environment.get_template(name).render(context)
        except FAULTS as error:
            if explained := self._explained(error, name):
                raise explained from error
            raise

    def _sheet(self, name: str, kind: str, xml: str) -> Sheet:
        try:
            sheet = read_sheet(xml, kind)
        except MarkupError as error:
            lines = [self._located(problem.place, name) + problem.text for problem in error.problems]
            raise TemplateError("\n".join(dict.fromkeys(lines))) from error
        return self._complete(sheet, name) if self._complete is not None else sheet

    def _located(self, place: Place | None, name: str) -> str:
        return f"{self._names[place.template]}:{place.line}: " if place else f"{name}: "

    def _looks_into_the_unit(self, name: str) -> bool:
        """Whether the template, or one that it takes in, does more with the unit's values than printing them."""
        if name not in self._own:
            try:
                self._own[name] = self._any_looks_in(name, set())
            except FAULTS as error:
                if explained := self._explained(error, name):
                    raise explained from error
                raise
        return self._own[name]

    def _any_looks_in(self, name: str, seen: set[str]) -> bool:
        seen.add(name)
        assert self._environment.loader is not None
        source = self._environment.loader.get_source(self._environment, name)[0]
        tree = self._environment.parse(source, name, name)
        if _looks_in(tree):
            return True
        others = [other for other in meta.find_referenced_templates(tree) if other not in seen]
        return any(other is None or (other in self._names and self._any_looks_in(other, seen)) for other in others)

    def _explained(self, error: Exception, name: str) -> TemplateError | None:
        """What a clerk reads for `error`, raised by Jinja or in a template; None where the fault is the program's."""
        if isinstance(error, jinja2.TemplateSyntaxError):
            return TemplateError(f"{error.name or name}:{error.lineno}: {error.message}")
        places = _places(error, self._names)
        if isinstance(error, jinja2.TemplateNotFound):
            missing = str(error.name or error)
            text = _("there is no template {name}").format(name=missing)
            text += suggestion(missing, (other for other in self._names if other != missing))
        elif isinstance(error, jinja2.TemplateError):
            text = error.message or str(error)
        elif places:
            text = str(error) or type(error).__name__
        else:
            return None
        return TemplateError(f"{places[-1][0]}:{places[-1][1]}: {text}" if places else text)


def _places(error: Exception, names: Iterable[str]) -> list[tuple[str, int]]:
    """The (template, line) pairs of the error's traceback, the innermost last."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file in names:
            places.append((file, trace.tb_lineno))
        trace = trace.tb_next
    return places


def _remembered(kept: dict[Any, T], key: Hashable, make: Callable[[], T]) -> T:
    """The value of `key`, made on first use. Bounded: what a template makes anew for every unit must not pile up."""
    if key not in kept:
        value = make()
        if len(kept) >= _KEPT:
            del kept[next(iter(kept))]
        kept[key] = value
    return kept[key]


# What a template does with the unit ----------------------------------------------------------------------------------


_PRINTED = frozenset((*SLOTS, *(f"unit.{name}" for name in CODES)))


def _looks_in(node: nodes.Node) -> bool:
    """Whether anything under `node` does more with `unit` than printing its texts. What is printed into a macro, a
    filter block or a variable may be computed with afterwards, so there every mention counts."""
    if isinstance(node, nodes.Name):
        return node.name in ("unit", "self", "super")
    if isinstance(node, nodes.Macro | nodes.CallBlock | nodes.FilterBlock | nodes.AssignBlock) or (
        isinstance(node, nodes.For) and node.recursive
    ):
        return any(name.name == "unit" for name in node.find_all(nodes.Name))
    children: Iterable[nodes.Node] = node.iter_child_nodes()
    if isinstance(node, nodes.Output):
        children = (child for child in node.nodes if _dotted(child) not in _PRINTED)
    return any(map(_looks_in, children))


def _dotted(node: nodes.Node) -> str:
    """unit.contact.name for that expression, "" for any other."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (before := _dotted(node.node)):
        return f"{before}.{node.attr}"
    return ""


def _environment(sources: Mapping[str, str], names: tuple[str, ...]) -> Sandbox:
    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        if name not in sources:
            return None
        return marked(sources[name], names.index(name)), name, lambda: True

    return Sandbox(
        loader=FunctionLoader(load), finalize=_finalized, auto_reload=False, trim_blocks=True, lstrip_blocks=True
    )


@pass_context  # else Jinja would escape constants before they come here
def _finalized(_context: Context, value: Any) -> Any:
    """What `{{ value }}` prints: nothing for None, true and false as in XML, and a line break that stays one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not isinstance(value, Markup):
        return re.sub("\r?\n", BREAK, value)
    return value
