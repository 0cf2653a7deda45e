"""`migsafe trace`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from migsafe import config
from migsafe.cli._common import Common, common, common_options, read, today
from migsafe.config import Settings
from migsafe.lint import Options
from migsafe.model.errors import Exit, UsageError, worst
from migsafe.model.migration import Section
from migsafe.model.origin import Runner, SectionName
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources.files import Files
from migsafe.verifying.extra import require
from migsafe.verifying.named import Server

_TERMINATED = 143
_FROM_ENVIRONMENT = "env"
_VARIABLE = "MIGSAFE_DATABASE_URL"


@click.command()
@click.pass_context
@common_options
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text")
@click.option(
    "--rows",
    type=click.IntRange(min=0, max=1_000_000),
    default=1000,
    show_default=True,
    help="Generated rows in each table; 0: only what the schema or history inserts.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=1_000_000),
    default=1,
    show_default=True,
    help="Decides the generated rows.",
)
def command(ctx: click.Context, *, format_: str, rows: int, seed: int, **_: object) -> None:
    r"""Run each statement on a throw-away server and print what the server did.

    The schema before comes from history or --schema; its tables are filled with rows that
    their types, keys and checks allow. What could not be measured is null, with the reason.
    Nothing outlives the run, and no database that is there is touched.

    Exit status: 0 measured, 2 usage or unreadable input, 3 something could not be measured.

    \b
    Examples:
        migsafe trace migrations/0042_add_user_fk.sql
        migsafe trace --server-version 16 --schema schema.sql migrations/0042_add_user_fk.sql
        MIGSAFE_DATABASE_URL=… migsafe trace --database-url env migrations/0042_add_user_fk.sql
    """
    url = _url(ctx.params["database_url"])
    ctx.params["database_url"] = None
    given = common(ctx)
    require(embedded=url is None)
    work = read(given)
    from migsafe.verifying import interrupts, scratch, trace  # noqa: PLC0415  the driver is an extra

    remarks: list[str] = []
    try:
        with (
            interrupts.termination_raises(),
            _server(url, given, work.settings, remarks) as server,
            scratch.scratch(server) as place,
        ):
            settings = replace(
                work.settings, server_version=min(server.version, config.NEWEST), overrides=()
            )
            traced = trace.trace(
                place,
                work.loaded.selections,
                settings,
                Options(today=today(), base=work.base),
                trace.Request(_schema(given.schema, settings), rows, seed),
            )
    except interrupts.TerminatedError:
        ctx.exit(_TERMINATED)
    module = import_module(f"migsafe.render.effects_{format_}")
    page = module.render(
        traced.statements,
        dialect=settings.dialect,
        server_version=server.version,
        server=server.says,
        remarks=(*remarks, *traced.remarks),
    )
    click.echo(page, nl=False)
    for error in work.loaded.errors:
        click.echo(f"error: {error.path}: {error.message}", err=True)
    ctx.exit(
        worst(
            Exit.USAGE if work.loaded.errors else Exit.OK,
            Exit.OK if traced.complete else Exit.INCONCLUSIVE,
        )
    )


def _url(given: str | None) -> str | None:
    """Return the URL of the server to measure on, None for the embedded one.

    What `lint` reads from the environment may be production: `trace` takes it only when it is
    told to.
    """
    if given != _FROM_ENVIRONMENT:
        return given
    url = os.environ.get(_VARIABLE)
    if not url:
        raise UsageError(
            f"--database-url env: {_VARIABLE} is not set", help="Set it, or give the URL."
        )
    return url


@contextmanager
def _server(
    url: str | None, given: Common, settings: Settings, remarks: list[str]
) -> Iterator[Server]:
    """Give the server to measure on, and note where it is not the one that was asked for."""
    from migsafe.verifying import server as servers  # noqa: PLC0415  the driver is an extra

    wanted = settings.server_version
    if url is not None:
        found = servers.named(url)
        if wanted is not None and wanted != found.version:
            remarks.append(f"the server is PostgreSQL {found.version}, not {wanted}")
        yield found
        return
    if given.server_version is not None and wanted not in servers.EMBEDDED:
        versions = " and ".join(map(str, servers.EMBEDDED))
        raise UsageError(
            f"the embedded server has the versions {versions}, not {wanted}",
            help="Name a server of that version with --database-url.",
        )
    version = wanted if wanted in servers.EMBEDDED else max(servers.EMBEDDED)
    if wanted is not None and wanted != version:
        remarks.append(f"the server is PostgreSQL {version}, not {wanted} as configured")
    with servers.embedded(version) as found:
        yield found


def _schema(path: str | None, settings: Settings) -> Section | None:
    if path is None:
        return None
    text = Files().text(path)
    statements = read_sql(text, Placement(path, SectionName.UP), settings.dialect).statements
    return Section(SectionName.UP, path, text, statements, Runner.NONE)


def _say_what_it_is_for(option: click.Parameter) -> None:
    """Let --database-url say what it means here, and leave lint's environment alone."""
    if isinstance(option, click.Option) and option.name == "database_url":
        option.envvar = None
        option.help = (
            "Measure on this PostgreSQL server instead of an embedded one, in a scratch database"
            f" that is dropped; 'env' takes the URL from {_VARIABLE}, which is better: other"
            " users see a command line."
        )


for _option in command.params:
    _say_what_it_is_for(_option)
