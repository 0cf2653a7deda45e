"""What a plan stands on: the relations it touches, and the migrations that touched them."""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from migsafe.catalog.blocks import is_known
from migsafe.catalog.catalog import Catalog
from migsafe.effects import effects_of
from migsafe.model.effects import Fact
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.migration import Migration
from migsafe.model.operations import (
    AnonymousBlock,
    CallRoutine,
    Operation,
    Unrecognized,
)
from migsafe.model.plan import Deploy, Plan, Step, StepLock
from migsafe.model.record import is_record, names, replace
from migsafe.sources.plans.record import operations

_WORD = re.compile(r"\w+")
_RUNS_TEXT = frozenset({"execute", "perform", "call"})


def with_locks(plan: Plan, before: Catalog, version: int) -> Plan:
    """Return a plan whose steps say which locks they take.

    Args:
        plan: The plan.
        before: The schema before its first deploy.
        version: The server's major version.
    """
    catalog = before
    deploys = []
    for deploy in plan.deploys:
        steps = []
        for step in deploy.steps:
            locks, catalog = _locks(step, plan, catalog, version)
            steps.append(replace(step, locks=locks))
        deploys.append(replace(deploy, steps=tuple(steps)))
    return replace(plan, deploys=tuple(deploys))


def _locks(
    step: Step, plan: Plan, catalog: Catalog, version: int
) -> tuple[tuple[StepLock, ...] | None, Catalog]:
    strongest: dict[str, Lock] = {}
    known = True
    for operation in step.up:
        effects = effects_of(operation, catalog, dialect=plan.dialect, version=version)
        for name, lock in effects.locks.items():
            strongest[str(name)] = max(lock, strongest.get(str(name), lock))
        known = known and (effects.knows(Fact.LOCKS) or _is_guard(operation))
        catalog = catalog.apply(operation)
    if not known:
        return None, catalog
    return tuple(StepLock(name, strongest[name]) for name in sorted(strongest)), catalog


def _is_guard(operation: Operation) -> bool:
    return isinstance(operation, AnonymousBlock) and is_known(operation.body)


def tables_of(plan: Plan, before: Catalog, version: int) -> tuple[str, ...]:
    """Return the relations that a plan locks or changes, by name."""
    found: set[str] = set()
    catalog = before
    for deploy in plan.deploys:
        for operation in _operations(deploy):
            effects = effects_of(operation, catalog, dialect=plan.dialect, version=version)
            found.update(str(name) for name in effects.locks)
            catalog = catalog.apply(operation)
    return tuple(sorted(found))


def _operations(deploy: Deploy) -> Iterator[Operation]:
    for step in deploy.steps:
        yield from step.up
    if deploy.backfill is not None:
        yield from operations(deploy.backfill.once_sql)


def touching(
    migrations: Iterable[Migration],
    tables: Iterable[str],
    start: Catalog,
    *,
    dialect: str,
    version: int,
) -> tuple[str, ...]:
    """Return the ids of the migrations that touch one of the tables, or that may.

    Args:
        migrations: In the order in which they run.
        tables: Names as `tables_of` gives them.
        start: The schema before the first of them.
        dialect: The dialect of the migrations.
        version: The server's major version.
    """
    wanted = frozenset(tables)
    words = frozenset(name.rpartition(".")[2].lower() for name in wanted)
    found: dict[str, None] = {}
    catalog = start
    for migration in migrations:
        for statement in migration.up.statements:
            for operation in statement.operations:
                if migration.id not in found and (
                    not wanted.isdisjoint(map(str, _names(operation, catalog)))
                    or _may_touch(operation, words)
                    or not wanted.isdisjoint(
                        map(
                            str,
                            effects_of(operation, catalog, dialect=dialect, version=version).locks,
                        )
                    )
                ):
                    found[migration.id] = None
                catalog = catalog.apply(operation, migration.id)
        catalog = catalog.session_ended()
    return tuple(found)


def _names(value: object, catalog: Catalog) -> Iterator[Name]:
    """Yield every name that an operation mentions, as the catalog's key."""
    if isinstance(value, Name):
        yield catalog.key(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _names(item, catalog)
    elif is_record(value):
        for name in names(value, compared=True):
            yield from _names(getattr(value, name), catalog)


def _may_touch(operation: Operation, words: frozenset[str]) -> bool:
    """Return whether an operation that nobody can follow may change one of the tables."""
    match operation:
        case AnonymousBlock(body=text):
            said = {word.lower() for word in _WORD.findall(text)}
            return not said.isdisjoint(words) or not said.isdisjoint(_RUNS_TEXT)
        case Unrecognized(relations=None, sql=text):
            said = {word.lower() for word in _WORD.findall(text)}
            return not said or not said.isdisjoint(words)
        case CallRoutine(routine=routine):
            return not routine.name.startswith(("pg_", "setval", "set_config"))
        case _:
            return False


def digest(catalog: Catalog, tables: Iterable[str]) -> str:
    """Return a SHA-256 of what a catalog knows about some relations.

    The migrations that made them do not count, nor do other relations: a plan stays valid
    while what it stands on is the same.
    """
    lines: list[str] = []
    for text in tables:
        schema, _, name = text.rpartition(".")
        key = Name(name, schema or None)
        table = catalog.table(key)
        lines.append(f"relation {text} certain={catalog.certain(key)}")
        if table is not None:
            columns = tuple(replace(column, made_by=None) for column in table.columns)
            lines.append(repr(replace(table, made_by=None, columns=columns)))
        parts = (
            *(replace(each, made_by=None) for each in catalog.constraints(key)),
            *(replace(each, made_by=None) for each in catalog.indexes(key)),
            *(replace(each, made_by=None) for each in catalog.triggers(key)),
            *(replace(each, made_by=None) for each in catalog.foreign_keys_to(key)),
            *(replace(each, made_by=None) for each in catalog.views_on(key)),
        )
        lines.extend(sorted(map(repr, parts)))
    return sha256("\n".join(lines).encode()).hexdigest()
