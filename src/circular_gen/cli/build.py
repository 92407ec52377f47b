"""`circular-gen build`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.build import CircularReport


@click.command(
    "build",
    help=_(
        "Make the circulars NAME… (all, if none is named) into out/: each unit's circular, checklist, receipt and "
        "package, as PDF and DOCX. What is up to date is skipped."
    ),
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--unit", metavar="ID", help=_("only this unit's files"))
@click.option("--format", "formats", default="pdf,docx", metavar="pdf,docx", help=_("only these formats"))
@click.option("--jobs", type=click.IntRange(min=1), help=_("how many processes (default: one a core)"))
@click.option("--force", is_flag=True, help=_("make everything again"))
@click.option("--pack", is_flag=True, help=_("all units' files in one units.pack; unpack takes them out"))
@click.option("--out", metavar=_("PLACE"), help=_("into this folder or URL (s3://bucket/folder) in place of out/"))
@click.option("--cluster", metavar=_("ADDRESS"), help=_("on the Dask cluster with this scheduler (tcp://host:8786)"))
@click.pass_obj
def command(
    workspace: Path,
    names: tuple[str, ...],
    unit: str | None,
    formats: str,
    jobs: int | None,
    force: bool,
    pack: bool,
    out: str | None,
    cluster: str | None,
) -> None:
    from circular_gen import executors
    from circular_gen.build import build
    from circular_gen.cli.progress import progress_bar
    from circular_gen.press import FORMATS
    from circular_gen.records import changed_findings

    chosen = tuple(dict.fromkeys(part.strip() for part in formats.split(",")))
    if not set(chosen) <= set(FORMATS):
        raise click.BadParameter(_("formats are pdf and docx, separated by a comma"), param_hint="--format")
    hands = executors.cluster(cluster) if cluster is not None else None
    with progress_bar(_("building")) as progress:
        report = build(
            workspace.resolve(),
            names,
            unit=unit,
            formats=chosen,
            jobs=jobs,
            force=force,
            pack=pack,
            hands=hands,
            out=out,
            progress=progress,
        )
    for circular in report.circulars:
        for problem in circular.problems:
            click.echo(problem, err=True)
        click.echo(_line(circular))
    for notice in dict.fromkeys(notice for circular in report.circulars for notice in circular.notices):
        click.echo(notice, err=True)
    for finding in changed_findings(workspace.resolve(), [circular.name for circular in report.circulars]):
        click.echo(str(finding), err=True)
    made = sum(circular.made for circular in report.circulars)
    unchanged = sum(circular.unchanged for circular in report.circulars)
    failed = sum(bool(circular.problems) for circular in report.circulars)
    click.echo(
        _("{made} files made, {unchanged} as they were, {failed} circulars failed; {seconds:.1f} s").format(
            made=made, unchanged=unchanged, failed=failed, seconds=report.seconds
        )
    )
    sys.exit(1 if report.failed else 0)


def _line(circular: "CircularReport") -> str:
    if circular.problems:
        return _("{name}: not made").format(name=circular.name)
    if circular.skipped:
        return _("{name}: up to date ({count} files)").format(name=circular.name, count=circular.unchanged)
    return _("{name}: {made} files made, {unchanged} as they were, {removed} removed").format(
        name=circular.name, made=circular.made, unchanged=circular.unchanged, removed=circular.removed
    )
