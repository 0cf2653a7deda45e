"""Options that several commands share, and what they read with them."""

import os
import sys
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, date, datetime

import click
from click.core import ParameterSource

from migsafe import config
from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.model.errors import InputError, UsageError
from migsafe.model.origin import SectionName
from migsafe.model.record import names, record, replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources import Loaded, Request, discover, load
from migsafe.sources.files import Files

COMMON = (
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    click.option(
        "--config",
        "config_path",
        type=click.Path(),
        metavar="FILE",
        help="Read this configuration instead of looking for one.",
    ),
    click.option(
        "--dialect",
        metavar="NAME",
        help="postgres; mysql, mariadb and sqlite come later.",
    ),
    click.option(
        "--server-version", metavar="MAJOR", help="Major version of the server, 12 to 18."
    ),
    click.option(
        "--schema",
        type=click.Path(),
        metavar="FILE",
        help="SQL of the schema before the first given migration; replaces history.",
    ),
    click.option(
        "--database-url",
        metavar="URL",
        envvar="MIGSAFE_DATABASE_URL",
        help="Read the schema before the first given migration, and the sizes of its tables, from "
        "this PostgreSQL database; replaces history, so name only what it lacks. Nothing is "
        "written. Better set MIGSAFE_DATABASE_URL: other users see a command line.",
    ),
    click.option(
        "--no-history", is_flag=True, help="Do not replay the migrations that stand before."
    ),
    click.option(
        "--transaction",
        type=click.Choice(("auto", "file", "none")),
        help="How plain SQL files are run, where they do not say.",
    ),
    click.option("--convention", metavar="NAME", help="Read all files by this convention."),
    click.option(
        "--start-after",
        metavar="REVISION",
        help="This migration and all before it are released: replay them only.",
    ),
    click.option("--stdin-filename", metavar="PATH", help="The path that '-' stands for."),
    click.option(
        "--render",
        is_flag=True,
        help="Run Alembic's offline mode, and with it the project's code, instead of reading "
        "revisions; findings stand at their def upgrade.",
    ),
)


@record
class Common:
    """The common options as they were given."""

    paths: tuple[str, ...]
    config_path: str | None
    dialect: str | None
    server_version: str | None
    schema: str | None
    database_url: str | None = field(repr=False)
    no_history: bool
    transaction: str | None
    convention: str | None
    start_after: str | None
    stdin_filename: str | None
    render: bool


@record
class Work:
    """Settings, migrations and the schema before them: what a command works on."""

    settings: Settings
    loaded: Loaded
    base: Catalog | None
    paths: tuple[str, ...]


def common(ctx: click.Context) -> Common:
    """Return the common options of a command that is being called."""
    params = ctx.params
    if params["schema"] is not None and params["database_url"] is not None:
        if ctx.get_parameter_source("database_url") is not ParameterSource.ENVIRONMENT:
            raise UsageError(
                "--schema and --database-url both say what the schema is", help="Give one of them."
            )
        params["database_url"] = None
    return Common(**{name: params[name] for name in names(Common)})


def common_options(function: Callable[..., None]) -> Callable[..., None]:
    """Return a command function with the common options added."""
    for decorate in reversed(COMMON):
        function = decorate(function)
    return function


def settings_of(given: Common) -> Settings:
    """Return the configuration with what the command line says on top.

    Raises:
        UsageError: If a value is wrong, or the dialect is not supported yet.
    """
    settings = config.load(given.config_path)
    if given.dialect is not None:
        settings = replace(settings, dialect=config.dialect(given.dialect))
    if given.server_version is not None:
        settings = replace(settings, server_version=config.server_version(given.server_version))
    if given.transaction is not None:
        settings = replace(settings, transaction=given.transaction)
    if given.start_after is not None:
        settings = replace(settings, start_after=given.start_after)
    for dialect in (settings.dialect, *(o.dialect for o in settings.overrides)):
        if dialect not in {None, "postgres"}:
            raise UsageError(
                f"the dialect {dialect!r} is not supported yet: it comes later",
                help="Only --dialect postgres can be judged today.",
            )
    return settings


def read(given: Common, *, judging: bool = False) -> Work:
    """Return what the common options name, read.

    Args:
        given: The options.
        judging: Whether history is only replayed.

    Raises:
        UsageError: If nothing was named and nothing found, or a mark was not found.
        ServerError: If the database that was named cannot be read.
    """
    settings = settings_of(given)
    paths = given.paths or settings.paths or discover()
    if not paths:
        raise UsageError(
            "no migrations were found below this directory",
            help="Name a file or directory, or set 'paths' in the configuration.",
        )
    base, settings = _base(given, settings)
    loaded = load(
        Request(
            paths=paths,
            dialect=settings.dialect,
            transaction=settings.transaction,
            convention=given.convention,
            stdin_text=_stdin() if "-" in paths else None,
            stdin_filename=given.stdin_filename,
            start_after=settings.start_after,
            history=not given.no_history and base is None,
            placeholders=settings.placeholders,
            render=given.render,
            judging=judging,
        )
    )
    if not loaded.started:
        raise UsageError(
            f"no migration is called {settings.start_after!r}",
            help="--start-after takes a revision, a version number or a file name.",
        )
    return Work(settings, loaded, base, paths)


def _base(given: Common, settings: Settings) -> tuple[Catalog | None, Settings]:
    """Return the schema that was given, and the settings with the version of its server."""
    if given.schema is not None:
        return schema(given.schema, settings), settings
    if given.database_url is None:
        return None, settings
    from migsafe.catalog.live import load as load_live  # noqa: PLC0415  the hook asks no server

    live = load_live(given.database_url)
    if settings.server_version is None:
        settings = replace(settings, server_version=min(live.version, config.NEWEST))
    return live.catalog, settings


def schema(path: str, settings: Settings) -> Catalog:
    """Return the catalog that a file of SQL describes.

    Raises:
        InputError: If the file cannot be read.
    """
    text = Files().text(path)
    catalog = Catalog.empty(complete=True)
    placement = Placement(path, SectionName.UP)
    read = read_sql(text, placement, settings.dialect, settings.placeholders)
    for statement in read.statements:
        for operation in statement.operations:
            catalog = catalog.apply(operation)
    return catalog


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"standard input is not UTF-8 at byte {error.start}",
            help="Convert it to UTF-8.",
        ) from None


def today() -> date:
    """Return the date by which suppressions expire, in UTC."""
    return datetime.now(UTC).date()


def wants_colour() -> bool:
    """Say whether standard output understands colours and its reader wants them."""
    if os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
