"""`circular-gen extend`, also `receipts extend`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "extend",
    help=_(
        "Give UNIT, or without UNIT all units, more time for the circular NAME (延期), or with --refuse record that it "
        "does not get it. A unit asks before its deadline; the first deadline stays in the statistics."
    ),
)
@click.argument("name")
@click.argument("unit", required=False)
@click.option("--to", required=True, metavar="TIME", help=_("the new deadline, e.g. “2026-12-31 17:00”"))
@click.option("--reason", required=True, help=_("why; it stands in the ledger"))
@click.option("--asked", metavar="TIME", help=_("when UNIT asked for it (default: now)"))
@click.option("--refuse", is_flag=True, help=_("it does not get it; the deadline stays"))
@click.option("--by", metavar="PERSON", help=_("who decided it"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.pass_obj
def command(
    workspace: Path,
    name: str,
    unit: str | None,
    to: str,
    reason: str,
    asked: str | None,
    refuse: bool,
    by: str | None,
    actor: str | None,
) -> None:
    from circular_gen.returns.handling import extend

    done = extend(
        workspace.resolve(), name, unit, to=to, reason=reason, by=by, asked=asked, refused=refuse, actor=actor
    )
    message = _("{name}, {unit}: due {time} now") if done.new else _("{name}, {unit}: due {time} before already")
    if refuse and done.new:
        message = _("{name}, {unit}: more time refused; due {time} as before")
    shown = (done.unit.name or done.unit.unit) if done.unit else _("the circular itself")
    click.echo(message.format(name=done.paper.circular, unit=shown, time=f"{done.said:%Y-%m-%d %H:%M}"))
