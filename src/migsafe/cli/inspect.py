"""`migsafe inspect`."""

from importlib import import_module

import click

from migsafe.cli._common import common, common_options, read, today
from migsafe.inspect import inspect
from migsafe.lint import Options
from migsafe.model.errors import Exit


@click.command()
@click.pass_context
@common_options
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text")
def command(ctx: click.Context, *, format_: str, **_: object) -> None:
    r"""Print what the server does when each statement runs, as migsafe predicts it.

    Locks by relation, scans, rewrites, index builds, failures, and what happens to code that
    is running: facts without judgement. What is not known is said, with what would decide it.

    Exit status: 0 printed, 2 usage or unreadable input.

    \b
    Example:
        migsafe inspect --server-version 16 migrations/0042_add_user_fk.sql
    """
    work = read(common(ctx))
    options = Options(today=today(), base=work.base, one_deploy=work.since is not None)
    found = inspect(work.loaded.selections, work.settings, options)
    module = import_module(f"migsafe.render.effects_{format_}")
    settings = work.settings
    page = module.render(found, dialect=settings.dialect, server_version=settings.version)
    click.echo(page, nl=False)
    for error in work.loaded.errors:
        click.echo(f"error: {error.path}: {error.message}", err=True)
    ctx.exit(Exit.USAGE if work.loaded.errors else Exit.OK)
