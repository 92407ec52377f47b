"""`circular-gen archive`: the year's archive."""

import json
import sys
from pathlib import Path

import click

from circular_gen.messages import _


class YearGroup(click.Group):
    """`archive 2026` stands for `archive year 2026`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0].isascii() and args[0].isdigit():
            return "year", self.commands["year"], args
        return super().resolve_command(ctx, args)


@click.group(
    "archive",
    cls=YearGroup,
    help=_(
        "archive YEAR makes the year's archive; the commands below prove it, search it, restore it and hand it over."
    ),
)
def command() -> None:
    pass


@command.command(
    "year",
    help=_(
        "Archive every circular of YEAR: a bag for each retention, below records/archive. What is open is held back; "
        "what was archived before is left as it is, and what came later goes into a supplement."
    ),
)
@click.argument("year", type=click.IntRange(1900, 9999))
@click.option("--as-is", metavar="REASON", help=_("archive open circulars too; why is recorded"))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help=_("the folder for the bags"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def year_command(
    workspace: Path, year: int, as_is: str | None, to: Path | None, actor: str | None, as_json: bool
) -> None:
    from circular_gen.archive.making import archive_year
    from circular_gen.cli.progress import progress_bar

    with progress_bar(_("archiving")) as progress:
        done = archive_year(workspace.resolve(), year, to=to, as_is=as_is, actor=actor, progress=progress)
    if as_json:
        click.echo(json.dumps(done.record(), ensure_ascii=False, indent=1))
        sys.exit(1 if done.held else 0)
    for bag in done.bags:
        message = _("{path}: {items} items, {first} to {last}, {files} files, {size} MB")
        values = {"path": bag.path, "items": bag.items, "first": bag.first, "last": bag.last, "files": bag.files}
        click.echo(message.format(**values, size=f"{bag.octets / 1e6:.1f}"))
        if bag.supplements:
            click.echo(_("  a supplement of {bag}").format(bag=bag.supplements))
        for note in bag.notes:
            click.echo(f"  {note}")
    if not done.bags:
        message = _("nothing new of {year} to archive; {count} circulars were archived before")
        click.echo(message.format(year=year, count=done.known))
    for held in done.held:
        click.echo(_("held back: {number} {title}").format(number=held.number, title=held.title))
        for matter in held.matters:
            click.echo(f"  {matter}")
    if done.held:
        click.echo(_("settle these and run it again, or archive them with --as-is REASON"))
        sys.exit(1)


@command.command(
    "verify",
    help=_(
        "Prove the bag at PATH from the bag alone: exit 0 good, 1 doubt (naming the file), 3 it could not be checked."
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--against", metavar="CHECKPOINT", help=_("a checkpoint that was kept outside, or a file with it"))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=_("a certificate that stands behind time stamps or signatures"),
)
@click.option(
    "--phase", type=click.Choice(("GD", "YJ", "CQ")), default="GD", help=_("of the report: 归档, 移交, 长期保存")
)
@click.option("--quick", is_flag=True, help=_("hashes and records alone; files are not opened"))
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help=_("the folder for a report on paper"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
def verify_command(
    path: Path,
    against: str | None,
    trust: tuple[Path, ...],
    phase: str,
    quick: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    from circular_gen.archive.verification import verify_bag
    from circular_gen.cli.progress import progress_bar
    from circular_gen.keeping import read_kept

    kept = read_kept(against) if against is not None else None
    with progress_bar(_("checking")) as progress:
        done = verify_bag(
            path.resolve(), against=kept, trusted=trust, phase=phase, contents=not quick, progress=progress
        )
    written: tuple[Path, ...] = ()
    if report is not None:
        from circular_gen.archive.report import write_report

        written = write_report(done, report)
    if as_json:
        click.echo(json.dumps(done.record(), ensure_ascii=False, indent=1))
        sys.exit(done.exit_code)
    for file in written:
        click.echo(file)
    for name, told in done.seals.items():
        click.echo(f"{name}: {told}")
    for finding in done.findings:
        where = f"{finding.path}: " if finding.path else ""
        click.echo(f"{finding.check}  {where}{finding.message}")
    message = {
        0: _("{bag}: good ({verdict}), checkpoint {checkpoint}"),
        1: _("{bag}: in doubt ({verdict}), {count} findings"),
        3: _("{bag}: could not be checked ({count} findings)"),
    }[done.exit_code]
    values = {"bag": done.bag or path.name, "verdict": done.verdict, "checkpoint": done.head}
    click.echo(message.format(**values, count=len(done.findings)))
    sys.exit(done.exit_code)


@command.command(
    "restore",
    help=_("Make the new workspace WORKSPACE from the bag at PATH (or several); its ledger is verified."),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.argument("target", metavar="WORKSPACE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
def restore_command(paths: tuple[Path, ...], target: Path, as_json: bool) -> None:
    from circular_gen.archive.restoring import restore

    done = restore([path.resolve() for path in paths], target.resolve())
    if as_json:
        click.echo(json.dumps(done.record(), ensure_ascii=False, indent=1))
        return
    message = _(
        "{path}: {events} events, {count} circulars, {files} files; the ledger is whole, checkpoint {checkpoint}"
    )
    values = {"path": done.root, "events": done.events, "count": len(done.circulars), "files": done.files}
    click.echo(message.format(**values, checkpoint=done.proof.checkpoint))
    if done.missing:
        click.echo(_("{count} originals and proofs are in other bags").format(count=done.missing))
    click.echo(_("put back records/secret.key from its own copy: receipts can only be recognised with it"))


@command.command(
    "find",
    help=_(
        "Search the text of all archived and issued papers: every one of WORDS must be there, two characters suffice."
    ),
)
@click.argument("words", nargs=-1)
@click.option("--number", default="", help=_("only with this in the document number"))
@click.option("--unit", default="", help=_("only those that went to this unit, by name or id"))
@click.option("--since", default="", metavar="DAY", help=_("only from this day on: 2026, 2026-03 or 2026-03-01"))
@click.option("--until", default="", metavar="DAY", help=_("only up to this day"))
@click.option("--sector", default="", help=_("only for this sector"))
@click.option("--in", "folders", multiple=True, type=click.Path(path_type=Path), help=_("a folder with bags"))
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help=_("how many are shown (default: 20)"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def find_command(
    workspace: Path,
    words: tuple[str, ...],
    folders: tuple[Path, ...],
    limit: int,
    as_json: bool,
    number: str,
    unit: str,
    since: str,
    until: str,
    sector: str,
) -> None:
    from circular_gen.archive.finding import find

    narrowed = {"number": number, "unit": unit, "since": since, "until": until, "sector": sector}
    if not words and not any(narrowed.values()):
        raise click.UsageError(_("say what to look for"))
    found = find(workspace.resolve(), " ".join(words), folders, limit=limit, **narrowed)
    if as_json:
        told = {"total": found.total, "papers": [hit.record() for hit in found.hits]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for hit in found.hits:
        click.echo("  ".join(filter(None, (hit.date, hit.number, hit.title, hit.code or hit.circular))))
        click.echo(f"    {hit.snippet}")
        click.echo(f"    {hit.path}")
    shown = (
        _("{count} papers found") if found.total <= limit else _("{count} papers found, the first {shown} are shown")
    )
    click.echo(shown.format(count=found.total, shown=limit))


@command.command("seal", help=_("Add to the bag at PATH the signature and the time stamp that office.yaml asks for."))
@click.argument("path", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.pass_obj
def seal_command(workspace: Path, path: Path) -> None:
    from circular_gen.archive.codes import fonds
    from circular_gen.archive.seals import seal
    from circular_gen.records import read_the_office

    root = workspace.resolve()
    for name in seal(path.resolve(), fonds(read_the_office(root).archive), root):
        click.echo(name)


@command.command(
    "export",
    help=_(
        "Write the hand-over set of the bag at PATH into the new folder FOLDER: a SIP with XML, catalogue, report, "
        "transfer form, and the list of what was not filed. It is read back before it counts."
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--eep", is_flag=True, help=_("each item as an EEP package (DA/T 48-2009) too"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def export_command(workspace: Path, path: Path, folder: Path, eep: bool, as_json: bool) -> None:
    from circular_gen.archive.handover import export

    root = workspace.resolve()
    done = export(path.resolve(), folder.resolve(), root if (root / "office.yaml").is_file() else None, eep=eep)
    if as_json:
        click.echo(json.dumps(done.record(), ensure_ascii=False, indent=1))
        return
    message = _("{path}: {items} items, {files} files, {size} MB, read back; {unfiled} papers were not filed")
    values = {"path": done.path, "items": done.items, "files": done.files, "unfiled": done.unfiled}
    click.echo(message.format(**values, size=f"{done.octets / 1e6:.1f}"))


@command.command(
    "recheck",
    help=_("Verify what was archived once more, with the office's ledger as witness; the results are kept."),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def recheck_command(workspace: Path, paths: tuple[Path, ...], actor: str | None, as_json: bool) -> None:
    from circular_gen.archive.rechecking import exit_code, recheck

    done = recheck(workspace.resolve(), [path.resolve() for path in paths], actor=actor)
    if as_json:
        click.echo(json.dumps([one.record() for one in done], ensure_ascii=False, indent=1))
        sys.exit(exit_code(done))
    words = {"good": _("good"), "doubt": _("in doubt"), "unchecked": _("could not be checked")}
    for one in done:
        click.echo(f"{one.bag}: {words[one.outcome]}")
        for finding in one.findings:
            click.echo(f"  {finding.check}  {finding.path}  {finding.message}")
        click.echo(f"  {one.report[0]}")
    if not done:
        click.echo(_("nothing was archived yet"))
    sys.exit(exit_code(done))
