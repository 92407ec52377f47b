"""`circular-gen unpack`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "unpack",
    help=_(
        "Take the files of the units UNIT… (all, if none is named) out of the pack that build --pack made of the "
        "circular NAME, byte by byte what build without --pack makes."
    ),
)
@click.argument("name")
@click.argument("units", metavar="[UNIT]...", nargs=-1)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help=_("the folder to write into (default: NAME, below the folder you are in)"),
)
@click.option("--out", metavar=_("PLACE"), help=_("the folder or URL that was given to build as --out"))
@click.pass_obj
def command(workspace: Path, name: str, units: tuple[str, ...], to: Path | None, out: str | None) -> None:
    from circular_gen.cli.progress import progress_bar
    from circular_gen.unpacking import unpack

    target = to or Path(name)
    with progress_bar(_("unpacking")) as progress:
        done = unpack(workspace.resolve(), name, units, target, out=out, progress=progress)
    click.echo(
        _("{files} files of {units} units written into {folder}").format(
            files=done.files, units=done.units, folder=target
        )
    )
