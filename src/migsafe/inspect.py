"""Migrations -> predicted effects, statement by statement."""

from collections.abc import Iterable, Iterator, Mapping

from migsafe.catalog.catalog import Catalog
from migsafe.compatibility import compatibility_of
from migsafe.config import Settings
from migsafe.context import Applied, is_understood
from migsafe.effects import effects_of_statement
from migsafe.lint import Options, deploys_of
from migsafe.lint.windows import windows
from migsafe.model.compatibility import Compatibility, Loss, OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.inspection import Inspected
from migsafe.model.migration import Section, Selection, Statement
from migsafe.model.record import replace


def inspect(
    selections: Iterable[Selection], settings: Settings, options: Options
) -> tuple[Inspected, ...]:
    """Return what each statement of the given migrations does, up and then down.

    Args:
        selections: The trees, with the migrations to inspect.
        settings: Dialect and version decide the facts.
        options: The schema before them, where it was given.
    """
    return tuple(
        inspected
        for selection in selections
        for deploy in deploys_of(selection, settings, options, whole_programs=True)
        for migration in deploy.migrations
        for section, catalog, applied in (
            (migration.up, deploy.before, deploy.up),
            *(() if migration.down is None else ((migration.down, deploy.after, deploy.down),)),
        )
        for inspected in _section(section, catalog, applied, settings.at(section.path))
    )


def _section(
    section: Section, catalog: Catalog, applied: Iterable[Applied], settings: Settings
) -> Iterator[Inspected]:
    window = windows(section, applied)
    for statement in section.statements:
        said = _statement(section, statement, catalog, settings)
        yield replace(said, window=window.get(id(statement)))
        catalog = catalog.apply_all(statement.operations)


def _statement(
    section: Section, statement: Statement, catalog: Catalog, settings: Settings
) -> Inspected:
    dialect, version = settings.dialect, settings.version
    effects = effects_of_statement(statement.operations, catalog, dialect=dialect, version=version)
    met: list[Compatibility] = []
    before = catalog
    for operation in statement.operations:
        met.append(compatibility_of(operation, before, dialect=dialect, version=version))
        before = before.apply(operation)
    if isinstance(effects.fails, Certain):
        # It changes nothing, whatever it would have done.
        met.clear()
    understood = all(is_understood(operation, effects) for operation in statement.operations)
    return Inspected(
        place=section.place(statement.span),
        section=section.name,
        sql=statement.sql,
        effects=effects,
        breaks_old_code=_breaks(met),
        loses_data=_loses(met, understood=understood),
        old_kinds=_worst(met),
    )


def _worst(met: Iterable[Compatibility]) -> Mapping[OldStatement, Outcome]:
    """Return the worst that each kind of old statement meets; kinds that work are left out."""
    grave = tuple(Outcome)
    worst = {
        kind: max((one.outcome(kind) for one in met), key=grave.index, default=Outcome.WORKS)
        for kind in OldStatement
    }
    return {kind: outcome for kind, outcome in worst.items() if outcome is not Outcome.WORKS}


def _breaks(met: Iterable[Compatibility]) -> bool | None:
    outcomes = {outcome for one in met for outcome in one.old.values()}
    if Outcome.FAILS in outcomes:
        return True
    return None if Outcome.UNKNOWN in outcomes else False


def _loses(met: Iterable[Compatibility], *, understood: bool) -> bool | None:
    if any(one.loses is not Loss.NOTHING for one in met):
        return True
    return False if understood else None
