"""`migsafe gate`."""

from importlib import import_module

import click

from migsafe.cli._common import Work, common, common_options, read, settings_of, today
from migsafe.gating.migrations import stage_one
from migsafe.lint import Options, lint
from migsafe.model.errors import Exit, UsageError
from migsafe.model.verdict import StageVerdict, Verdict

_STATUS = {
    Verdict.SAFE: Exit.OK,
    Verdict.UNSAFE: Exit.FINDINGS,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
}


@click.command()
@click.pass_context
@common_options
@click.option("--stage", type=click.IntRange(1, 1), required=True, help="The stage to enter: 1.")
@click.option("--deploy", type=click.IntRange(min=1), help="The deploy of the plan.")
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text")
def command(
    ctx: click.Context, *, stage: int, deploy: int | None, format_: str, **_: object
) -> None:
    r"""Say whether a deploy may enter Stage 1, with traffic still on the old code.

    PATH is a migration, or the directory of a plan: then the gate is asked about its first
    deploy that is not done, or about --deploy. It reads files only, no database.

    Exit status: 0 open, 1 shut, 2 usage or unreadable input, 3 inconclusive: something that
    decides is not known, and the gate stays shut.

    \b
    Examples:
        migsafe gate --stage 1 migrations/0042_add_user_fk.sql
        migsafe gate --stage 1 migsafe/plans/0042_rename_email
    """
    del stage
    given = common(ctx)
    if not given.paths and settings_of(given).start_after is None:
        raise UsageError(
            "the gate needs to know what is to be applied",
            help="Name migrations or a plan directory, or say --start-after REVISION.",
        )
    work = read(given)
    verdict = _verdict(work)
    module = import_module(f"migsafe.render.verdict_{format_}")
    click.echo(module.render(verdict), nl=False)
    ctx.exit(Exit.USAGE if work.loaded.errors else _STATUS[verdict.verdict])


def _verdict(work: Work) -> StageVerdict:
    report = lint(
        work.loaded.selections,
        work.settings,
        Options(today=today(), base=work.base),
        errors=work.loaded.errors,
        skipped=work.loaded.skipped,
    )
    return stage_one(report)
