"""`circular-gen register`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "register",
    help=_(
        "Write the register of outgoing papers (发文登记簿) and every circular's signing sheet (签收登记表) into "
        "out/register, as CSV, XLSX and DOCX. With NAME…, only those circulars' signing sheets."
    ),
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--year", type=int, help=_("only this year's"))
@click.pass_obj
def command(workspace: Path, names: tuple[str, ...], year: int | None) -> None:
    from circular_gen.records import NothingIssuedError
    from circular_gen.registers import write_registers

    try:
        written = write_registers(workspace.resolve(), names, year)
    except NothingIssuedError as nothing:
        click.echo(str(nothing))
        return
    for path in written:
        click.echo(path)
    if not written:
        click.echo(_("no number was given in {year}").format(year=year))
