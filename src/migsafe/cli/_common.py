"""Options that several commands share, and what they read with them."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

import click
from click.core import ParameterSource

from migsafe import config
from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.model.code import CodeChange
from migsafe.model.errors import InputError, UsageError
from migsafe.model.origin import SectionName
from migsafe.model.record import names, record, replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources import Loaded, Request, discover, is_without_migrations, load
from migsafe.sources.files import Files
from migsafe.sources.git import PUSHED, is_checkout

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
    click.option(
        "--since",
        metavar="REF",
        help="Take what the change since REF (a branch, tag or commit) adds, as one deploy; what "
        "was there before is replayed. In a pre-push hook the default is what is pushed.",
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
    since: str | None
    stdin_filename: str | None
    render: bool


class Default(Enum):
    """What a command takes where neither paths nor a revision were given."""

    EVERYTHING = "everything"
    """All migrations."""
    NEW = "new"
    """In a git checkout what is new there, elsewhere everything."""
    NAMED = "named"
    """In a git checkout what is new there, elsewhere nothing: it has to be said."""


@record
class Work:
    """Settings, migrations and the schema before them: what a command works on.

    `since` is what people call that which the migrations are new since, None where all that
    were named or found are taken; `remark` says why, if that is no matter of course. `code`
    returns what the application code of the same change names.
    """

    settings: Settings
    loaded: Loaded
    base: Catalog | None
    since: str | None = None
    remark: str | None = None
    code: Callable[[Iterable[str]], CodeChange] | None = None


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


def options_without_paths(function: Callable[..., None]) -> Callable[..., None]:
    """Return a command function with the common options added, and no argument."""
    for decorate in reversed(COMMON[1:]):
        function = decorate(function)
    return function


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


def read(given: Common, default: Default = Default.EVERYTHING, *, judging: bool = False) -> Work:
    """Return what the common options name, read.

    Args:
        given: The options.
        default: What is taken where neither paths nor a revision were given.
        judging: Whether history is only replayed.

    Raises:
        UsageError: If nothing was named and nothing found, a mark was not found, or git does
            not know what is new.
        ServerError: If the database that was named cannot be read.
    """
    settings = settings_of(given)
    new = _new(given, settings, judging=judging) if _compares(given, default) else None
    if new is not None:
        return new
    if default is Default.NAMED:
        _refuse_nothing(given, settings)
    paths = given.paths or settings.paths or discover()
    if not paths:
        raise _none_found()
    base, settings = _base(given, settings)
    loaded = load(_request(paths, given, settings, base, judging=judging))
    if not loaded.started:
        raise _not_started(settings)
    alone = default is Default.NEW and not given.paths and given.start_after is None
    remark = _all_of_it(settings.start_after) if alone and is_checkout() else None
    return Work(settings, loaded, base, remark=remark)


def _all_of_it(start_after: str | None) -> str:
    """Return why a run in a checkout does not judge what is new alone."""
    every = "every migration" if start_after is None else f"every migration after {start_after}"
    return (
        "git knows no older state here (no repository, no default branch, or one branch without a "
        f"remote), so {every} is judged; --since REF judges what is new."
    )


def _not_started(settings: Settings) -> UsageError:
    return UsageError(
        f"no migration is called {settings.start_after!r}",
        help="--start-after takes a revision, a version number or a file name.",
    )


def _none_found() -> UsageError:
    return UsageError(
        "no migrations were found below this directory",
        help="Name a file or directory, or set 'paths' in the configuration.",
    )


def _request(
    paths: tuple[str, ...],
    given: Common,
    settings: Settings,
    base: Catalog | None,
    *,
    judging: bool,
) -> Request:
    return Request(
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


def _new(given: Common, settings: Settings, *, judging: bool) -> Work | None:
    """Return what a change adds of what the options name; None where nothing says what is new."""
    from migsafe.codebase.gathering import Code  # noqa: PLC0415  git is asked where it is needed
    from migsafe.sources.git import base as bases  # noqa: PLC0415  as above
    from migsafe.sources.git.changed import load_changed  # noqa: PLC0415  as above
    from migsafe.sources.git.repository import (  # noqa: PLC0415  as above
        NoRepositoryError,
        Repository,
    )

    if given.since is not None and "-" in given.paths:
        raise UsageError("'-' has no past to be compared with", help="Leave --since out.")
    try:
        repository = Repository()
    except NoRepositoryError:
        if given.since is not None:
            raise
        return None
    if given.since is not None:
        base = bases.named(repository, given.since)
    else:
        find = bases.pushed if given.paths else bases.by_default
        found = find(repository)
        if found is None:
            return None
        base = found
    schema, settings = _base(given, settings)
    request = _request(given.paths or settings.paths, given, settings, schema, judging=judging)
    since = bases.Since(repository, base)
    loaded = load_changed(request, since)
    if not (request.paths or loaded.selections or loaded.errors) and is_without_migrations():
        raise _none_found()
    if given.start_after is not None and not loaded.started:
        raise _not_started(settings)
    remark = None
    if base.end is not None:
        remark = f"{base.end[:12]} is pushed and not checked out: it is judged as it was committed"
    return Work(settings, loaded, schema, base.name, remark, Code(since).change)


def _compares(given: Common, default: Default) -> bool:
    """Say whether git has to be asked what is new."""
    if given.since is not None:
        return True
    if default is Default.EVERYTHING or given.start_after is not None or not is_checkout():
        return False
    # Files that were named are taken as they are, but for those that a push hands over.
    return not given.paths or ("-" not in given.paths and PUSHED in os.environ)


def _refuse_nothing(given: Common, settings: Settings) -> None:
    if not given.paths and settings.start_after is None:
        raise UsageError(
            "the gate needs to know what is to be applied",
            help="Name migrations or a plan directory, or say --since REF or --start-after "
            "REVISION.",
        )


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
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"standard input is not UTF-8 at byte {error.start}",
            help="Convert it to UTF-8.",
        ) from None
    if not text.strip():
        raise InputError(
            "standard input is empty: there is no migration to read",
            help="See what the command before the pipe said: it may have failed.",
        )
    return text


def is_done(place: str, plan: str, deploy: int) -> bool:
    """Say whether a deploy of the plan in a directory is recorded as done.

    Raises:
        InputError: If the record is there and cannot be read.
    """
    from migsafe.ledger.released import load  # noqa: PLC0415  few changes hold files of a plan

    return load(Path(place), plan).is_done(deploy)


def today() -> date:
    """Return the date by which suppressions expire, in UTC."""
    return datetime.now(UTC).date()


def wants_colour() -> bool:
    """Say whether standard output understands colours and its reader wants them."""
    if os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
