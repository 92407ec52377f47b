"""Help pages that also read well in Chinese: click counts a Hanzi as one column of the terminal and knows no place to
break a line but a space. Here a Hanzi counts two, and a line may end after it, save before “，” or after “（”."""

import re
from collections.abc import Iterable

import click

from circular_gen.messages import _

_WIDE = "\u2014\u2018-\u201d\u2026\u3000-\u9fff\uff00-\uff60"
_CLOSING = "，。、；：！？）〕》”’…"
_OPENING = "（〔《“‘"
_FILLER = "\ufdd0"
"""Stands for a wide character's second column where no line may end; a space stands there where one may."""
_FIRM = re.compile(f"[{_OPENING}]|[{_WIDE}](?=[{_CLOSING}])")
_SOFT = re.compile(f"(?<=[{_WIDE}])(?!{_FILLER})")


def _firm(text: str) -> str:
    return re.sub(f"[{_WIDE}]", rf"\g<0>{_FILLER}", text)


def _widened(text: str) -> str:
    return _SOFT.sub(" ", _FIRM.sub(rf"\g<0>{_FILLER}", text))


def first_sentence(command: click.Command, limit: int = 0) -> str:  # noqa: ARG001 (as click calls it)
    """What a list of commands says of `command`: whole, where click would cut it off; it knows no 。"""
    text = command.short_help or " ".join((command.help or "").split("\n\n")[0].split())
    return re.split(r"(?<=。)|(?<=\.) ", text, maxsplit=1)[0]


class HelpFormatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        args = args.replace("[OPTIONS]", _("[OPTIONS]")).replace("COMMAND [ARGS]...", _("COMMAND [ARGS]..."))
        super().write_usage(prog, _firm(args), prefix or _("Usage: "))

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + _("{heading}:").format(heading=heading) + "\n")

    def write_text(self, text: str) -> None:
        super().write_text(_widened(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(_firm(term), _widened(text)) for term, text in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        return re.sub(f"(?<=[{_WIDE}]) ", "", super().getvalue()).replace(_FILLER, "")
