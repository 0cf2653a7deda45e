"""`migsafe baseline`."""

import click

from migsafe.adopting import baseline
from migsafe.cli import _output
from migsafe.cli._common import Default, common, options_without_paths, read, today
from migsafe.lint import Options, lint
from migsafe.model.errors import UsageError
from migsafe.model.record import replace
from migsafe.render import argument, plain


@click.group()
def command() -> None:
    r"""Accept the findings that are there, and hear of new ones only.

    \b
    Examples:
        migsafe baseline write
        migsafe lint --all --baseline migsafe-baseline.json
    """


@command.command("write", short_help="Write the findings that are there into a file.")
@click.pass_context
@click.argument("file", default=baseline.NAME, metavar="[FILE]")
@options_without_paths
@click.option("--profile", type=click.Choice(("default", "strict", "legacy")))
def write_command(ctx: click.Context, *, file: str, profile: str | None, **_: object) -> None:
    r"""Write what lint reports of all migrations into FILE, to be committed.

    It is the run of lint with the same options: what they leave out is not in the file either.
    Paths count from the working directory; lint from the same one.

    Exit status: 0 written, 2 usage or unreadable input: then nothing is written.

    \b
    Example:
        migsafe baseline write migsafe-baseline.json
    """
    baseline.refuse_other(file)
    ctx.params["paths"] = ()
    work = read(common(ctx), Default.EVERYTHING, judging=True)
    for error in work.loaded.errors:
        raise UsageError(error.message, help=error.help, path=error.path, line=error.line)
    settings = work.settings if profile is None else replace(work.settings, profile=profile)
    options = Options(
        today=today(), base=work.base, one_deploy=work.since is not None, since=work.since
    )
    report = lint(work.loaded.selections, settings, options)
    _output.write(file, baseline.text_of(report))
    found = baseline.count(len(report.findings))
    files = len({finding.place.path for finding in report.findings})
    click.echo(
        f"wrote {plain(file)}: {found} in {files} file{'' if files == 1 else 's'}; "
        f"next: migsafe lint --baseline {argument(file)}"
    )
