"""What people type. One file a command; a command's module is imported only when it is used, so that help is quick.

Errors meant for people (`CircularGenError`) are shown here, once, as lines on standard error.
"""

import atexit
import gc
import importlib
import os
import sys
from pathlib import Path

import click

from circular_gen import __version__
from circular_gen.cli.help import HelpFormatter, first_sentence
from circular_gen.messages import _, translate_click

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes longer than reading office.yaml
translate_click()
click.Context.formatter_class = HelpFormatter
click.Command.get_short_help_str = first_sentence  # type: ignore[assignment]

COMMANDS = {
    "init": _("a new workspace with a sample"),
    "build": _("make the circulars, checklists, receipts and packages into out/"),
    "unpack": _("units' files out of a pack (build --pack)"),
    "check": _("look for mistakes in drafts before they are issued"),
    "fonts": _("which font file draws which face, and what it lacks"),
    "schema": _("the JSON Schema of a circular, for editors"),
    "issue": _("number, freeze and register a circular"),
    "withdraw": _("withdraw a circular: void from the start (撤销)"),
    "abolish": _("abolish a circular: void from now on (废止)"),
    "dispatch": _("send an issued circular to its units: mail, folder, print"),
    "receipts": _("what came back: scan, confirm, review, show"),
    "status": _("who has confirmed, who is late"),
    "findings": _("the hazards that units reported (隐患整改台账), until each is closed"),
    "extend": _("give a unit more time (延期), or refuse it"),
    "remind": _("remind who is late, escalate, report: as drafts that a person approves"),
    "register": _("the register of outgoing papers, the signing sheet of a circular"),
    "archive": _("the year's archive: make, verify, find, restore, hand over"),
    "ledger": _("prove, export or import the ledger"),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of this package (`status` in status.py) and are imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"circular_gen.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section(_("Commands")):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = _("; did you mean {command}?").format(command=near[0]) if near else ""
            raise click.UsageError(_("there is no command {command}").format(command=args[0]) + hint, ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=_("Issue official circulars to many units and know, unit by unit, that they arrived."),
)
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help=_("the workspace: the folder with office.yaml (default: this folder)"),
)
@click.version_option(__version__, prog_name="circular-gen")
@click.pass_context
def cli(ctx: click.Context, workspace: Path) -> None:
    ctx.obj = workspace


def main() -> None:
    """The console script: exits 0 done, 1 found something wrong, 2 used wrongly."""
    from circular_gen.errors import CircularGenError

    # imports make much that stays: looking through it for garbage, over and over and once more at the end, takes time
    gc.set_threshold(20_000)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):  # a Windows console or a C locale would choke on Chinese
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        cli(prog_name="circular-gen")
    except CircularGenError as error:
        click.echo(str(error), err=True)
        sys.exit(int(error.exit_code))
    except OSError as error:
        from circular_gen.disk import told

        click.echo(told(error), err=True)
        sys.exit(1)
