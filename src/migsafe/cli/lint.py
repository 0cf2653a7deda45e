"""`migsafe lint`."""

import click

from migsafe import rulebook
from migsafe.cli import _output
from migsafe.cli._common import Default, Work, common, common_options, is_done, read, today
from migsafe.lint import Options, lint
from migsafe.model.errors import Exit, UsageError, worst
from migsafe.model.findings import Report, Severity
from migsafe.model.migration import Selection
from migsafe.model.record import replace
from migsafe.model.verdict import Verdict
from migsafe.sources.files import Files, is_plan_directory

_MANY = 3
"""Fewer migrations than these are not a tree with a past."""
_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE}


@click.command()
@click.pass_context
@common_options
@click.option("--all", "all_", is_flag=True, help="Judge what was released too.")
@click.option(
    "--baseline",
    "baseline_path",
    metavar="FILE",
    help="Leave out the findings that 'migsafe baseline write' wrote there.",
)
@click.option("--one-deploy", is_flag=True, help="The given migrations ship together.")
@click.option("--select", metavar="RULES", help="Report only these rules, separated by commas.")
@click.option("--ignore", metavar="RULES", help="Do not report these rules.")
@click.option(
    "--profile",
    type=click.Choice(("default", "strict", "legacy")),
    help="strict adds good practice; legacy keeps errors about old code and data.",
)
@click.option(
    "--min-severity",
    type=click.Choice(tuple(_LEVELS)),
    default="note",
    help="Report nothing below this severity.",
)
@click.option(
    "--fail-level",
    type=click.Choice((*_LEVELS, "never")),
    help="The severity from which on the exit status is 1; default: error.",
)
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(_output.FORMATS),
    default="text",
    show_default=True,
)
@click.option(
    "--output",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write another format to a file as well; may be repeated.",
)
@click.option("--frame", is_flag=True, help="Show the source lines of each finding.")
def command(
    ctx: click.Context,
    *,
    all_: bool,
    baseline_path: str | None,
    one_deploy: bool,
    select: str | None,
    ignore: str | None,
    profile: str | None,
    min_severity: str,
    fail_level: str | None,
    format_: str,
    output: tuple[str, ...],
    frame: bool,
    **_: object,
) -> None:
    r"""Report what in a migration breaks running code, a rollback, or traffic.

    PATH is a file, a directory, a glob or '-'. Without PATH it is the configured or discovered
    trees: in a git checkout what the default branch lacks of them, as one deploy, elsewhere
    or with --all everything, each migration as a deploy of its own. The migrations that stand
    before a given one are replayed, so that it is judged with the schema they left.

    Exit status: 0 nothing at or above --fail-level, 1 findings, 2 usage, configuration or
    unreadable input, 70 a bug.

    \b
    Examples:
        migsafe lint
        migsafe lint migrations/0042_add_user_fk.sql
        migsafe lint --since v1.4 migrations/
        migsafe lint --start-after 0041 migrations/
        git show HEAD:db/0042.sql | migsafe lint - --stdin-filename db/0042.sql
    """
    files = _output.targets(output)
    known = None
    if baseline_path is not None:
        from migsafe.adopting import baseline  # noqa: PLC0415  few runs have one

        known = baseline.read(baseline_path)
    given = common(ctx)
    if all_ and given.since is not None:
        raise UsageError("--all and --since exclude each other", help="Give one of them.")
    work = read(given, Default.EVERYTHING if all_ else Default.NEW, judging=True)
    if profile is not None:
        work = replace(work, settings=replace(work.settings, profile=profile))
    if one_deploy and not (given.start_after or given.paths or work.since):
        raise UsageError(
            "--one-deploy needs files, --since or --start-after",
            help="Name the migrations that ship together.",
        )
    report = lint(
        work.loaded.selections,
        work.settings,
        Options(
            today=today(),
            base=work.base,
            one_deploy=one_deploy or work.since is not None,
            since=work.since,
            known=frozenset() if known is None else known.fingerprints,
            code=work.code,
            min_severity=_LEVELS[min_severity],
            select=_rules(select),
            ignore=_rules(ignore),
            is_done=is_done,
        ),
        errors=work.loaded.errors,
        skipped=work.loaded.skipped,
    )
    said = list(_older(report, work) if work.remark is None else (work.remark,))
    if "-" in given.paths and not report.statements:
        said.append("standard input holds no statement")
    if known is not None:
        narrowed = bool(select or ignore or profile) or min_severity != "note"
        said += known.remarks(report, narrowed=narrowed)
    report = replace(report, remarks=(*report.remarks, *said))
    for word, path in files:
        _output.write(path, _output.rendered(report, word, frame=frame))
    _output.put(report, format_, frame=frame)
    ctx.exit(_status(report, fail_level or work.settings.fail_level))


def _rules(given: str | None) -> frozenset[str]:
    names = frozenset(name.strip() for name in (given or "").split(",") if name.strip())
    for name in sorted(names):
        rulebook.rule(name)
    return names


def _older(report: Report, work: Work) -> tuple[str, ...]:
    """Return the line that tells a run over a whole tree how to leave old findings alone."""
    if work.settings.start_after or work.since or report.verdict is Verdict.SAFE:
        return ()
    whole = max(work.loaded.selections, key=lambda selection: len(selection.given), default=None)
    if whole is None or len(whole.given) < _MANY or whole.tree.later or _is_plan(whole):
        return ()
    last = whole.tree.migrations[-1]
    released = {
        section.path for migration in whole.tree.migrations[:-1] for section in migration.sections
    }
    older = sum(finding.place.path in released for finding in report.findings)
    before = whole.tree.migrations[-2].id
    if not older:
        return ()
    return (
        (
            f"{older} of these findings are in migrations before {last.id}: if those are released, "
            f"--start-after {before} (or start-after in the configuration) leaves them alone."
        ),
    )


def _is_plan(selection: Selection) -> bool:
    return is_plan_directory(selection.tree.root, Files())


def _status(report: Report, fail_level: str) -> Exit:
    statuses = [Exit.USAGE] if report.errors else []
    if fail_level != "never":
        level = _LEVELS[fail_level]
        unsure = report.verdict is Verdict.INCONCLUSIVE and level <= Severity.WARNING
        if unsure or any(finding.severity >= level for finding in report.findings):
            statuses.append(Exit.FINDINGS)
    return worst(*statuses)
