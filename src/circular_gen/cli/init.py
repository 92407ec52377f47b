"""`circular-gen init`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command("init", help=_("Make a new workspace in DIRECTORY from the sample. Nothing that exists is overwritten."))
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def command(workspace: Path, directory: Path) -> None:
    from circular_gen.workspace.new import new_workspace

    made = new_workspace(workspace / directory)
    click.echo(_("made {count} files in {directory}").format(count=len(made), directory=directory))
    click.echo(_("next: circular-gen -w {directory} build").format(directory=directory))
