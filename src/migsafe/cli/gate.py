"""`migsafe gate`."""

from importlib import import_module
from pathlib import Path

import click

from migsafe.cli._common import Default, common, common_options, is_done, read, settings_of, today
from migsafe.cli._plans import is_plan, replanner_of
from migsafe.config import Settings
from migsafe.gating.migrations import stage_one
from migsafe.gating.plans import complete_verdict, deploy_verdict
from migsafe.ledger.released import load as load_released
from migsafe.lint import Options, lint
from migsafe.model.errors import Exit, ServerError, UsageError
from migsafe.model.findings import Report
from migsafe.model.record import replace
from migsafe.model.verdict import Reason, StageVerdict, Verdict
from migsafe.planning import directory
from migsafe.planning.done import deploy_of
from migsafe.sources import Loaded, Request, load

_STATUS = {
    Verdict.SAFE: Exit.OK,
    Verdict.UNSAFE: Exit.FINDINGS,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
}


@click.command()
@click.pass_context
@common_options
@click.option(
    "--stage",
    type=click.IntRange(1, 1),
    required=True,
    metavar="1",
    help="The stage to enter; the others come later.",
)
@click.option("--deploy", type=click.IntRange(min=1), metavar="N", help="This deploy of the plan.")
@click.option(
    "--baseline",
    "baseline_path",
    metavar="FILE",
    help="Leave out what 'migsafe baseline write' wrote there, but for harm to old code or data.",
)
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text")
def command(
    ctx: click.Context,
    *,
    stage: int,
    deploy: int | None,
    baseline_path: str | None,
    format_: str,
    **_: object,
) -> None:
    r"""Say whether a deploy may enter Stage 1, with traffic still on the old code.

    PATH is a migration; without one it is what the change adds, as git knows it, or what
    stands after --start-after. PATH may be the directory of a plan: then the gate is asked
    about its first deploy that is not done, or about --deploy. A plan is judged by its files
    alone; migrations by their history, or by the database that --database-url names.

    Exit status: 0 open, 1 shut, 2 usage or unreadable input, 3 inconclusive: something that
    decides is not known, and the gate stays shut.

    \b
    Examples:
        migsafe gate --stage 1 migrations/0042_add_user_fk.sql
        migsafe gate --stage 1 migsafe/plans/0042_rename_email
    """
    del stage
    given = common(ctx)
    module = import_module(f"migsafe.render.verdict_{format_}")
    known = frozenset[str]()
    if baseline_path is not None:
        from migsafe.adopting import baseline  # noqa: PLC0415  few runs have one

        known = baseline.read(baseline_path).fingerprints
    if len(given.paths) == 1 and is_plan(given.paths[0]):
        verdict = _of_plan(Path(given.paths[0]), deploy, settings_of(given))
        click.echo(module.render(verdict), nl=False)
        ctx.exit(_STATUS[verdict.verdict])
    if deploy is not None:
        raise UsageError("--deploy needs the directory of a plan", help="Name it as PATH.")
    try:
        work = read(given, Default.NAMED)
    except ServerError as error:
        unknown = Reason("database-unreachable", error.message, None)
        click.echo(
            module.render(StageVerdict(1, None, Verdict.INCONCLUSIVE, (unknown,), None)), nl=False
        )
        ctx.exit(Exit.INCONCLUSIVE)
    options = Options(
        today=today(),
        base=work.base,
        one_deploy=work.since is not None,
        since=work.since,
        known=known,
        code=work.code,
        is_done=is_done,
    )
    verdict = stage_one(_report(work.loaded, work.settings, options))
    click.echo(module.render(verdict), nl=False)
    ctx.exit(Exit.USAGE if work.loaded.errors else _STATUS[verdict.verdict])


def _report(loaded: Loaded, settings: Settings, options: Options) -> Report:
    return lint(loaded.selections, settings, options, errors=loaded.errors, skipped=loaded.skipped)


def _of_plan(folder: Path, number: int | None, settings: Settings) -> StageVerdict:
    plan = directory.read(folder)
    released = load_released(folder, plan.id)
    number = number or released.next_deploy(len(plan.deploys))
    problems = directory.check(folder, replanner_of(folder, settings))
    if number is None:
        return complete_verdict(plan, problems)
    files = tuple(str(folder / file.path) for file in deploy_of(plan, number).files)
    report = None
    if files:
        request = Request(files, settings.dialect, settings.transaction)
        options = Options(today=today(), is_done=is_done)
        report = _report(load(request), replace(settings, plans=str(folder)), options)
    return deploy_verdict(plan, number, released, problems, report, place=folder)
