"""`migsafe init`."""

import click

from migsafe.adopting import edits
from migsafe.adopting.beginning import beginning, preview, said
from migsafe.cli import _output
from migsafe.cli._common import today
from migsafe.model.errors import Exit
from migsafe.render import plain


@click.command()
@click.pass_context
@click.option("--write", is_flag=True, help="Write what is shown.")
def command(ctx: click.Context, *, write: bool) -> None:
    r"""Find the migrations of this project, and show what it takes to judge them.

    Shown are what was found, as a diff the configuration, the entry for pre-commit and the job for
    GitHub or GitLab, and what lint says of the newest migrations. Files that are there already
    keep every byte; a second run finds nothing to do. squawk's configuration is taken over.

    Exit status: 0 shown, written, or nothing to do, 2 no migrations were found, a file cannot be
    read or written, or a person must add what is named, 70 a bug.

    \b
    Examples:
        migsafe init
        migsafe init --write
    """
    begun = beginning()
    for line in said(begun):
        click.echo(plain(line))
    for edit in begun.edits:
        if write:
            edits.write(edit)
            click.echo(f"wrote {plain(edit.path)}")
        else:
            click.echo("\n".join(edits.diff(edit)))
    for refused in begun.refused:
        click.echo(f"error: {plain(refused.path)}: left as it is: {plain(refused.why)}", err=True)
        click.echo("  help: Add this by hand:", err=True)
        click.echo(refused.addition, err=True, nl=False)
    if not begun.edits and not begun.refused:
        click.echo("nothing to do")
    report, judged, left = preview(begun, today())
    click.echo()
    click.echo(f"migsafe lint on the newest {judged}, {left} left alone:")
    _output.put(report, "text", frame=False)
    if begun.edits and not write:
        click.echo("to write this: migsafe init --write")
    ctx.exit(Exit.USAGE if begun.refused else Exit.OK)
