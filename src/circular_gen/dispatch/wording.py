"""Wording: the text of a mail from the office's template, templates/mail.txt.j2.

In: the template and plain values. Out: a text. The template runs sandboxed, like those of papers; its text is not
markup, so nothing is escaped.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2

from circular_gen.dispatch.originals import Originals, moment_text
from circular_gen.messages import _
from circular_gen.resources import TEMPLATES
from circular_gen.sheet.sandbox import FAULTS, Sandbox, TemplateError
from circular_gen.sheet.views import unit_view, view
from circular_gen.workspace import Office, Unit

MAIL = "mail.txt.j2"
_NEEDS = {"signature": "签字", "seal": "盖章"}


class Wording:
    """A text template of the workspace, or of the program where it has none of that name."""

    def __init__(self, root: Path, name: str = MAIL) -> None:
        own = root / "templates" / name
        path = own if own.is_file() else TEMPLATES / name
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise TemplateError(_("{path}: the file is not UTF-8; save it as UTF-8").format(path=path)) from None
        self._name = name
        self._environment = Sandbox(
            loader=jinja2.DictLoader({name: source}),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.autoescape = False
        self._environment.filters["chinese_moment"] = moment_text

    def text(self, **values: Any) -> str:
        """The text with these values; TemplateError with the template's line."""
        try:
            written = self._environment.get_template(self._name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"{self._name}:{error.lineno}: {error.message}") from None
        except FAULTS as error:
            raise TemplateError(f"{self._name}:{_line(error, self._name)}: {error}") from None
        lines = [line.rstrip() for line in written.splitlines()]
        kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
        return "\n".join(kept).strip() + "\n"


def _line(error: BaseException, name: str) -> int:
    trace, line = error.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("<template>", name):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def values_of(office: Office, originals: Originals, unit: Unit, role: str) -> Mapping[str, Any]:
    """What a mail about a circular may name: `office`, `circular`, `unit`, `role`, `receipt`, `enclosed`."""
    said, paper = originals.said, originals.paper
    due = datetime.fromisoformat(paper.due).astimezone(office.zone) if paper.due else None
    circular = SimpleNamespace(
        name=paper.circular,
        number=paper.number,
        title=paper.title,
        kind=said.get("kind", ""),
        urgency=said.get("urgency", ""),
        ask=paper.ask,
        basis=said.get("basis", ""),
        needs=tuple(_NEEDS[need] for need in said.get("needs") or ()),
        due=moment_text(due),
        revision=paper.revision,
    )
    return {
        "office": view(office),
        "circular": circular,
        "unit": unit_view(unit),
        "role": role,
        "receipt": originals.asked(unit.id),
        "enclosed": originals.enclosed(unit.id),
    }
