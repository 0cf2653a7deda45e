"""`migsafe plan`, and the life of a plan: release, done, rolled-back, rebase."""

import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from migsafe import config
from migsafe.cli._common import Work, common, common_options, read, settings_of
from migsafe.cli._plans import is_plan, replanner_of
from migsafe.config import Settings
from migsafe.model.errors import Exit, UsageError
from migsafe.model.migration import Selection
from migsafe.model.plan import DeployKind, Plan
from migsafe.planning import compose, directory, done, make, rebase, release
from migsafe.render import argument, plain
from migsafe.sources.files import Files
from migsafe.sources.plans.tree import find

_MAKE = "make"


class _Plan(click.Group):
    """`plan PATH` plans; `plan release`, `done`, `rolled-back`, `rebase` go on with a plan."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no command of its own as paths and options of planning."""
        wants_help = bool(args) and args[0] in {"--help", "-h"}
        if args and not wants_help and args[0] not in self.commands:
            args = [_MAKE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Plan, no_args_is_help=True, subcommand_metavar="PATH | COMMAND")
def command() -> None:
    r"""Turn an unsafe migration into a sequence of separate deploys.

    'migsafe plan PATH' prints it; with -o DIR it is written as files to commit. See
    'migsafe plan make --help' for the options.

    \b
    Examples:
        migsafe plan migrations/0042_rename_email.sql
        migsafe plan migrations/0042_rename_email.sql -o migsafe/plans/0042_rename_email
        migsafe plan release migsafe/plans/0042_rename_email --deploy 1
        migsafe plan done migsafe/plans/0042_rename_email --deploy 1
    """


@command.command(_MAKE, short_help="What 'plan PATH' does: print a plan, or write it.")
@click.pass_context
@common_options
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the plan and its files into this directory.",
)
@click.option(
    "--fill",
    multiple=True,
    metavar="TABLE.COLUMN=SQL",
    help="What rows that are there get in a column; may be repeated.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Say whether plan directories (PATH, or all) are as migsafe writes them.",
)
def make_command(
    ctx: click.Context,
    *,
    format_: str,
    output: Path | None,
    fill: tuple[str, ...],
    check: bool,
    **_: object,
) -> None:
    r"""Print the deploys for PATH, or write them with -o; PATH may be a plan directory.

    Exit status: 0 planned, or nothing to plan; 1 refused, or --check found something; 2
    usage or unreadable input.

    \b
    Examples:
        migsafe plan migrations/0042_rename_email.sql
        migsafe plan --fill users.country="'unknown'" migrations/0043_country.sql
        migsafe plan --check
    """
    given = common(ctx)
    if check:
        ctx.exit(_check(given.paths, settings_of(given)))
    if len(given.paths) == 1 and is_plan(given.paths[0]):
        click.echo(_rendered(directory.read(Path(given.paths[0])), format_), nl=False)
        return
    if output is not None and "-" in given.paths and given.stdin_filename is None:
        raise UsageError(
            "a plan that is written stands for a file, and standard input is none",
            help="Say which it is to be: --stdin-filename PATH.",
        )
    work = read(given)
    planned = make.make(_only(work), work.settings, options=_fills(fill), base=work.base)
    if output is None:
        click.echo(_rendered(planned.plan, format_), nl=False)
        return
    directory.write(planned, output)
    click.echo(_rendered(planned.plan, format_), nl=False)
    place = argument(output)
    click.echo(f"written to {place}; next: migsafe plan release {place} --deploy 1", err=True)


def _only(work: Work) -> Selection:
    if work.loaded.errors:
        error = work.loaded.errors[0]
        raise UsageError(error.message, help=error.help, path=error.path, line=error.line)
    selections = [each for each in work.loaded.selections if each.given or each.tree.problems]
    if not selections and work.since is not None:
        raise UsageError(f"no migration is new since {work.since}", help="Name one.")
    if len(selections) != 1:
        raise UsageError(
            "a plan is made from migrations of one tree", help="Name files of one directory."
        )
    return selections[0]


def _fills(given: tuple[str, ...]) -> dict[str, str]:
    options: dict[str, str] = {}
    for value in given:
        column, equals, sql = value.partition("=")
        if not equals or "." not in column or not sql.strip():
            raise UsageError(
                f"{value!r} is no TABLE.COLUMN=SQL", help="Write --fill orders.total=0."
            )
        options[f"{compose.FILL}{column}"] = sql
    return options


def _rendered(plan: Plan, format_: str) -> str:
    module = import_module(f"migsafe.render.plan_{format_}")
    return str(module.render(plan))


def _check(paths: tuple[str, ...], settings: Settings) -> Exit:
    folders = paths or find(settings.plans, Files())
    if not folders:
        raise UsageError(
            f"there is no plan below {settings.plans!r}", help="Name a plan directory."
        )
    wrong = 0
    for folder in folders:
        problems = directory.check(Path(folder), replanner_of(Path(folder), settings))
        wrong += len(problems)
        for problem in problems:
            click.echo(f"{plain(problem.path)}: {problem.code}: {plain(problem.message)}")
    click.echo(f"{_count(len(folders), 'plan')} checked, {_count(wrong, 'problem')}")
    return Exit.FINDINGS if wrong else Exit.OK


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _now() -> str:
    """Return the time to record, in UTC; SOURCE_DATE_EPOCH makes it repeatable."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_DEPLOY = click.option(
    "--deploy", type=click.IntRange(min=1), required=True, metavar="N", help="Its number."
)
_BY = click.option("--by", metavar="NAME", help="Who says so.")
_CONFIG = click.option(
    "--config",
    "config_path",
    type=click.Path(),
    metavar="FILE",
    help="Read this configuration instead of looking for one.",
)


@command.command("release", short_help="Write deploy N into the tree that the runner reads.")
@_FOLDER
@_DEPLOY
@_BY
@_CONFIG
def release_command(folder: Path, deploy: int, by: str | None, config_path: str | None) -> None:
    r"""Write deploy N into the tree that the runner reads, and record it.

    Exit status: 0 written, 1 refused, 2 usage.

    \b
    Example:
        migsafe plan release migsafe/plans/0042_rename_email --deploy 1
    """
    outcome = release.release(folder, deploy, config.load(config_path), at=_now(), by=by)
    for path in outcome.removed:
        click.echo(f"removed {plain(path)}")
    for path in outcome.written:
        click.echo(f"wrote {plain(path)}")
    for path in outcome.ways_back:
        click.echo(f"way back: {plain(path)}")
    click.echo(f"when it is through: migsafe plan done {argument(folder)} --deploy {deploy}")


@command.command("done")
@_FOLDER
@_DEPLOY
@_BY
def done_command(folder: Path, deploy: int, by: str | None) -> None:
    r"""Record that deploy N is through, its evidence included.

    Exit status: 0 recorded, 1 refused, 2 usage.

    \b
    Example:
        migsafe plan done migsafe/plans/0042_rename_email --deploy 2 --by ana
    """
    plan = directory.read(folder)
    released = done.done(folder, deploy, at=_now(), by=by)
    following = released.next_deploy(len(plan.deploys))
    _say_next(plan, folder, following)


@command.command("rolled-back")
@_FOLDER
@_DEPLOY
@_BY
def rolled_back_command(folder: Path, deploy: int, by: str | None) -> None:
    r"""Record that deploy N was taken back.

    Exit status: 0 recorded, 1 refused, 2 usage.

    \b
    Example:
        migsafe plan rolled-back migsafe/plans/0042_rename_email --deploy 4
    """
    done.rolled_back(folder, deploy, at=_now(), by=by)
    click.echo(f"recorded in {folder / 'released.json'}")


@command.command("rebase", short_help="Plan again what is not released.")
@_FOLDER
@_CONFIG
def rebase_command(folder: Path, config_path: str | None) -> None:
    r"""Plan the deploys that are not released again, on the migrations that are there now.

    Exit status: 0 rewritten, 1 refused, 2 usage.

    \b
    Example:
        migsafe plan rebase migsafe/plans/0042_rename_email
    """
    changed = rebase.rebase(folder, replanner_of(folder, config.load(config_path)))
    numbers = ", ".join(map(str, changed))
    click.echo(f"changed deploys: {numbers}" if changed else "no deploy changed")


def _say_next(plan: Plan, folder: Path, number: int | None) -> None:
    if number is None:
        click.echo(f"plan {plan.id} is complete")
        return
    deploy = plan.deploys[number - 1]
    verb = "done" if deploy.kind is DeployKind.CODE else "release"
    click.echo(f"next: deploy {number}, {deploy.kind}: {plain(deploy.title)}")
    click.echo(f"  migsafe plan {verb} {argument(folder)} --deploy {number}")
