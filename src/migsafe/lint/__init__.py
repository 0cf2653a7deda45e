"""Migrations -> report: folds history, runs the checks, applies what silences them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.context import Deploy, Run, is_understood
from migsafe.lint import engine, gated, precedence, suppressions
from migsafe.lint.asked import WHOLES
from migsafe.lint.fold import fold
from migsafe.model.code import CodeChange
from migsafe.model.expressions import Name
from migsafe.model.findings import (
    FileError,
    Finding,
    Judged,
    Report,
    Severity,
)
from migsafe.model.migration import Migration, Section, Selection, Tree
from migsafe.model.operations import Begin, DropTable
from migsafe.model.origin import Runner
from migsafe.model.record import record, replace
from migsafe.model.verdict import Verdict
from migsafe.sources import STDIN
from migsafe.sources.convention import convention_named

_NO_PLAN_MENDS = frozenset(
    {
        "broken-history",
        "released-migration-changed",
        "unreadable-statement",
        "unanalysed-call",
        "unused-ignore",
    }
)
"""Rules about what is written, not about what it does to a running system."""


@record
class Options:
    """What a run was asked for, apart from the settings.

    `base` is the schema before the first judged migration where it was given; history
    is then not replayed. `today` decides which suppressions have expired. `since` is what
    people call that with which the selections are compared. `known` are the fingerprints of
    findings that were there before. `code` returns what the application code of the same change
    set names, told the words that all code is to be searched for. `is_done` says whether a deploy
    is recorded as done, told the directory of its plan, the plan's id and the deploy's number.
    """

    today: date
    base: Catalog | None = None
    one_deploy: bool = False
    min_severity: Severity = Severity.NOTE
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    since: str | None = None
    known: frozenset[str] = frozenset()
    code: Callable[[Iterable[str]], CodeChange] | None = None
    is_done: Callable[[str, str, int], bool] | None = None


def lint(
    selections: Iterable[Selection],
    settings: Settings,
    options: Options,
    *,
    errors: tuple[FileError, ...] = (),
    skipped: tuple[str, ...] = (),
) -> Report:
    """Return the report of a run.

    Args:
        selections: The trees, with the migrations to judge.
        settings: The configuration.
        options: What this run was asked for.
        errors: Files that could not be read; they are passed on and shut the gate.
        skipped: Files that are no migrations; they are counted.
    """
    chosen = tuple(selections)
    deploys = tuple(
        deploy for selection in chosen for deploy in deploys_of(selection, settings, options)
    )
    migrations = tuple(migration for deploy in deploys for migration in deploy.migrations)
    said = suppressions.read(
        (section for migration in migrations for section in migration.sections),
        _edited(chosen, migrations),
        today=options.today,
    )
    by_plan = gated.recognise(deploys, settings)
    deploys = tuple(_with_plans(deploys, by_plan, options))
    if options.code is not None:
        deploys = tuple(_with_code(deploys, options.code))
    found: list[Finding] = []
    for selection in chosen:
        found.extend(engine.check_history(_concerned(selection), settings))
        if selection.changes is not None:
            changes = gated.without_released(selection.changes, settings)
            found.extend(engine.check_changes(changes, settings, said.silence))
    for deploy in deploys:
        found.extend(engine.check_deploy(deploy, settings, said.silence))
    trees = tuple(selection.tree for selection in chosen)
    found.extend(engine.check_run(Run(trees, deploys), settings, said.silence))
    ups, downs = precedence.way_down(found, settings, _dropped(deploys), said.silence)
    judged = precedence.one_harm_one_finding((*ups, *downs))
    shown = tuple(precedence.by_profile(judged, settings.profile))
    applied = said.apply(shown, _unasked(chosen, options))
    about_comments = engine.check_suppressions(applied.comments, settings)
    stays = applied.stays + tuple(precedence.by_profile(about_comments, settings.profile))
    stays, left_to_the_gate = gated.sort(stays, by_plan)
    errors += by_plan.errors
    homes = {
        section.path: migration.path for migration in migrations for section in migration.sections
    }
    numbered = _numbered(_chosen(stays, options), homes)
    findings, known = _apart(numbered, options.known)
    statements = tuple(
        _judged(migration, deploy) for deploy in deploys for migration in deploy.migrations
    )
    return Report(
        findings=findings,
        suppressed=_numbered(_chosen(applied.silenced, options), homes),
        gated=_numbered(_chosen(left_to_the_gate, options), homes),
        errors=errors,
        judged=statements,
        verdict=_verdict(findings, statements, errors),
        replayed=sum(_replayed(selection) for selection in chosen),
        since=options.since,
        known=known,
        changed=sum(_changed(selection) for selection in chosen),
        skipped=skipped,
        remarks=(*applied.remarks, *by_plan.remarks, *_other_ways_down(chosen)),
        plannable=_plannable(findings),
        texts={
            section.path: section.text for migration in migrations for section in migration.sections
        },
    )


def _edited(selections: Iterable[Selection], judged: Iterable[Migration]) -> Iterator[Section]:
    """Yield what a change edits of released migrations that are not judged themselves."""
    read = {section.path for migration in judged for section in migration.sections}
    for selection in selections:
        if selection.changes is not None:
            for edit in selection.changes.edited:
                yield from (each for each in edit.now.sections if each.path not in read)


def _unasked(selections: Iterable[Selection], options: Options) -> frozenset[str]:
    """Return the rules about changes, where there is nothing that these are compared with."""
    rules: set[str] = set()
    if all(selection.changes is None for selection in selections):
        rules.update(WHOLES["changes"])
    if options.code is None:
        rules.update(WHOLES["code"])
    return frozenset(rules)


def _other_ways_down(selections: Iterable[Selection]) -> Iterator[str]:
    """Yield what is not judged of released migrations that have another way down now."""
    for selection in selections:
        changes = selection.changes
        if changes is not None and changes.downs:
            first, *others = changes.downs
            more = f" and {len(others)} more" if others else ""
            yield (
                f"{first.path}{more}: the way down of a released migration was changed; "
                "name the file to judge it"
            )


def _plannable(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what `plan` takes for the files with an error that other deploys may mend."""
    paths = (
        "-" if finding.place.path == STDIN else finding.place.path
        for finding in findings
        if finding.severity is Severity.ERROR and finding.rule not in _NO_PLAN_MENDS
    )
    return tuple(dict.fromkeys(paths))


def deploys_of(
    selection: Selection, settings: Settings, options: Options, *, whole_programs: bool = False
) -> tuple[Deploy, ...]:
    """Return the deploys of a selection, folded on its history or on the schema given.

    Args:
        selection: A tree, with the migrations to judge.
        settings: The configuration.
        options: What the run was asked for.
        whole_programs: Leave DO blocks and calls as they are written.
    """
    if options.base is not None:
        alone = tuple(m for m in selection.tree.migrations if m.id in selection.given)
        selection = replace(selection, tree=replace(selection.tree, migrations=alone))
    base = options.base or Catalog.empty(complete=settings.catalog == "complete")
    return tuple(
        fold(
            selection,
            settings,
            base,
            one_deploy=options.one_deploy,
            whole_programs=whole_programs,
        )
    )


def _with_plans(
    deploys: Iterable[Deploy], known: gated.Known, options: Options
) -> Iterator[Deploy]:
    for deploy in deploys:
        if options.is_done is None or not known.matches:
            yield deploy
        else:
            waits = gated.waiting(deploy, known, options.is_done)
            yield replace(deploy, waiting=tuple(waits))


def _with_code(
    deploys: Iterable[Deploy], code_of: Callable[[Iterable[str]], CodeChange]
) -> Iterator[Deploy]:
    """Yield the deploys, each with the code of the change set: all ship with it."""
    # What code names is asked of change sets only.
    from migsafe.codebase.touched import How, touched  # noqa: PLC0415

    deploys = tuple(deploys)
    gone = [
        thing
        for deploy in deploys
        for applied in deploy.up
        for thing in touched(applied.operation)
        if thing.how in {How.REMOVED, How.RENAMED}
    ]
    owners = (thing.owner.name for thing in gone if thing.owner is not None)
    code = code_of((*(thing.name for thing in gone), *owners))
    for deploy in deploys:
        yield replace(deploy, code=code)


def _dropped(deploys: Iterable[Deploy]) -> dict[str, frozenset[Name]]:
    """Return the tables that each way down drops, by the path of its file."""
    found: dict[str, set[Name]] = {}
    for deploy in deploys:
        for applied in deploy.down:
            match applied.operation:
                case DropTable(table=table):
                    names = found.setdefault(applied.section.path, set())
                    names.add(applied.before.key(table))
                case _:
                    pass
    return {path: frozenset(names) for path, names in found.items()}


def _concerned(selection: Selection) -> Tree:
    """Return the tree without the problems of files that are not judged.

    What is wrong between two old files is nothing that a new one can mend.
    """
    judged = {
        section.path
        for migration in selection.tree.migrations
        if migration.id in selection.given
        for section in migration.sections
    }
    problems = tuple(
        problem
        for problem in selection.tree.problems
        if not problem.concerns or not judged.isdisjoint(problem.concerns)
    )
    return replace(selection.tree, problems=problems)


def _changed(selection: Selection) -> int:
    if selection.changes is None:
        return 0
    return sum(edit.now.id in selection.given for edit in selection.changes.edited)


def _replayed(selection: Selection) -> int:
    ids = [migration.id for migration in selection.tree.migrations]
    last = max((at for at, id_ in enumerate(ids) if id_ in selection.given), default=-1)
    return sum(1 for id_ in ids[: last + 1] if id_ not in selection.given)


def _chosen(findings: Iterable[Finding], options: Options) -> list[Finding]:
    return [
        finding
        for finding in findings
        if finding.severity >= options.min_severity
        and (not options.select or finding.rule in options.select)
        and finding.rule not in options.ignore
    ]


def _apart(
    findings: tuple[Finding, ...], known: frozenset[str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are not known yet, and those that are."""
    if not known:
        return findings, ()
    there = [each.fingerprint in known for each in findings]
    return (
        tuple(each for each, is_known in zip(findings, there, strict=True) if not is_known),
        tuple(each for each, is_known in zip(findings, there, strict=True) if is_known),
    )


def _numbered(findings: list[Finding], homes: Mapping[str, str]) -> tuple[Finding, ...]:
    """Sort by place, and tell findings apart that share an identity.

    Args:
        findings: In any order.
        homes: The migration of each file: a way down comes after its way up.
    """
    findings.sort(
        key=lambda f: (
            homes.get(f.place.path, f.place.path),
            f.place.path != homes.get(f.place.path, f.place.path),
            f.place.path,
            f.place.line,
            f.focus.line,
            f.focus.column,
            -f.severity,
            f.rule,
        )
    )
    count: Counter[str] = Counter()
    numbered: list[Finding] = []
    for finding in findings:
        repeated = count[finding.identity]
        count[finding.identity] += 1
        numbered.append(replace(finding, repeated=repeated) if repeated else finding)
    return tuple(numbered)


def _judged(migration: Migration, deploy: Deploy) -> Judged:
    unread = {
        id(applied.statement)
        for applied in (*deploy.up, *deploy.down)
        if not is_understood(applied.operation, applied.effects)
    }
    statements = [statement for section in migration.sections for statement in section.statements]
    return Judged(
        migration.path,
        _runner_words(migration, deploy),
        len(statements),
        sum(id(statement) not in unread for statement in statements),
    )


def _runner_words(migration: Migration, deploy: Deploy) -> str:
    """Return in words how the migration's tool brackets it with transactions."""
    words = {
        Runner.RUN: "one transaction for the whole upgrade",
        Runner.FILE: "one transaction for the file",
        Runner.QUERY: "the file is sent as one query, so it is one transaction"
        if len(migration.up.statements) > 1
        else "one statement, sent by itself",
        Runner.NONE: "no transaction",
        Runner.AUTO: _unknown_runner(migration, deploy),
    }
    convention = convention_named(migration.convention)
    name = None if convention is None else convention.title
    return f"{name or migration.convention}: {words[migration.up.runner]}"


def _unknown_runner(migration: Migration, deploy: Deploy) -> str:
    ups = [applied for applied in deploy.up if applied.section is migration.up]
    if any(isinstance(applied.operation, Begin) for applied in ups):
        return "the file's own BEGIN and COMMIT"
    if ups and not any(applied.transaction.is_open for applied in ups):
        return "runner not known, judged as one statement outside a transaction"
    return "runner not known, judged as one transaction"


def _verdict(
    findings: tuple[Finding, ...],
    judged: tuple[Judged, ...],
    errors: tuple[FileError, ...],
) -> Verdict:
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Verdict.UNSAFE
    if errors or any(one.understood < one.statements for one in judged):
        return Verdict.INCONCLUSIVE
    return Verdict.SAFE
