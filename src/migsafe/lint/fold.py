"""Replays history and puts each operation of a deploy in its place."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.programs import DEEPEST, program_of
from migsafe.catalog.schema import Existence
from migsafe.compatibility import compatibility_of
from migsafe.config import Settings
from migsafe.context import Applied, Deploy
from migsafe.effects import effects_of
from migsafe.effects.emptied import filled, found_empty
from migsafe.lint.transactions import Session, Told, standing
from migsafe.model.effects import Never, TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.migration import Migration, Section, Selection, Statement
from migsafe.model.operations import (
    AnonymousBlock,
    Commit,
    CreateDomain,
    CreateEnum,
    CreateSequence,
    CreateTable,
    CreateTableAs,
    CreateType,
    CreateView,
    DropObject,
    DropTable,
    ObjectKind,
    Operation,
    RenameObject,
    RenameTable,
    Rollback,
)
from migsafe.model.origin import Certainty, Runner, Span
from migsafe.model.record import record, replace
from migsafe.parsers.bodies import Step


def fold(
    selection: Selection,
    settings: Settings,
    base: Catalog,
    *,
    one_deploy: bool = False,
    whole_programs: bool = False,
) -> Iterator[Deploy]:
    """Yield the deploys of a selection in order, each on the schema that history left.

    Args:
        selection: A tree, and which of its migrations are judged.
        settings: Dialect and version decide the facts.
        base: The schema before the first migration of the tree.
        one_deploy: Take the selected migrations as one deploy.
        whole_programs: Leave DO blocks and calls as they are written, for those who write
            or run statements; else each stands for the statements that it runs.
    """
    catalog, told = base, list[Told]()
    together: list[Migration] = []
    left = len(selection.given)
    for migration in selection.tree.migrations:
        if left == 0:
            return
        if migration.id not in selection.given:
            catalog = _replayed(migration, catalog)
            told += _standing(migration)
            continue
        left -= 1
        together.append(migration)
        if one_deploy and left:
            continue
        session = (*told, *selection.tree.session)
        deploy = fold_deploy(
            tuple(together), settings, catalog, session, whole_programs=whole_programs
        )
        for each in together:
            told += _standing(each)
        together.clear()
        catalog = deploy.after
        yield deploy


def _replayed(migration: Migration, catalog: Catalog) -> Catalog:
    operations = (
        operation for statement in migration.up.statements for operation in statement.operations
    )
    return catalog.apply_all(operations, migration.id).session_ended()


def _standing(migration: Migration) -> Iterator[Told]:
    """Yield what a migration says about all sessions to come."""
    for statement in migration.up.statements:
        for operation in statement.operations:
            parameter = standing(operation)
            if parameter is not None:
                yield parameter


def fold_deploy(
    migrations: tuple[Migration, ...],
    settings: Settings,
    before: Catalog,
    told: tuple[Told, ...] = (),
    *,
    whole_programs: bool = False,
) -> Deploy:
    """Return one deploy: its ups in order, and its ways down from where they ended.

    Args:
        migrations: What ships together.
        settings: Dialect and version decide the facts.
        before: The schema before them.
        told: What each connection was told before.
        whole_programs: See `fold`.
    """
    start = Session().starting(told, migrations[0].up.runner)
    ups = _Folding(settings, before, start, whole_programs)
    for migration in migrations:
        ups.section(migration, migration.up)
    after = ups.catalog.session_ended()
    downs = _Folding(settings, after, start, whole_programs)
    for migration in reversed(migrations):
        if migration.down is not None:
            downs.section(migration, migration.down)
    return Deploy(migrations, before, after, tuple(ups.applied), tuple(downs.applied), ups.made)


class _Folding:
    """One direction of a deploy, operation by operation."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        session: Session,
        whole_programs: bool,  # noqa: FBT001  there is one caller
    ) -> None:
        self._settings = settings
        self.catalog = catalog
        self._session = session
        self._whole_programs = whole_programs
        self.made = frozenset[Name]()
        self.applied: list[Applied] = []

    def section(self, migration: Migration, section: Section) -> None:
        """Apply a section's statements in their order."""
        settings = self._settings.at(section.path)
        lone = _lone_forbidden(section, self.catalog, settings.dialect, settings.version)
        self._session = self._session.entering(section, lone_forbidden=lone)
        for statement in section.statements:
            self._session = self._session.sending(statement.batch, section.runner)
            spot = _Spot(migration, section, statement, settings)
            if _falls_together(statement.operations):
                self._drop_together(spot)
                continue
            for operation in statement.operations:
                self._session = self._session.before(operation, section.runner)
                self._apply(spot, operation, 0)

    def _drop_together(self, spot: "_Spot") -> None:
        """Apply a DROP of several objects: none of them stands in the way of another."""
        operations, before = spot.statement.operations, self.catalog
        after = before.apply_all(operations, spot.migration.id)
        for operation in operations:
            self._session = self._session.before(operation, spot.section.runner)
            self.catalog = _without_the_others(operation, operations, before)
            self._one(spot, operation)
            self.applied[-1] = replace(self.applied[-1], before=before, after=after)
        self.catalog = after

    def _apply(self, spot: "_Spot", operation: Operation, depth: int) -> None:
        program = None
        if not self._whole_programs and depth < DEEPEST:
            program = program_of(operation, self.catalog.routines)
        if program is None or not program.steps:
            self._one(spot, operation)
            return
        alone = not self._session.transaction.is_open
        if alone:
            # A program is one statement: what it runs shares a transaction.
            self._session = self._session.begun()
        offset = _offset(operation, spot.section)
        for step in program.steps:
            if alone and isinstance(step.operation, Commit | Rollback):
                self._session = self._session.ended().begun()
                continue
            inner = _placed(step, operation, offset)
            self._apply(replace(spot, guarded=spot.guarded or step.guarded), inner, depth + 1)
        if alone:
            self._session = self._session.ended()

    def _one(self, spot: "_Spot", operation: Operation) -> None:
        catalog, session = self.catalog, self._session
        dialect, version = spot.settings.dialect, spot.settings.version
        effects = effects_of(operation, catalog, dialect=dialect, version=version)
        if spot.guarded:
            effects = replace(effects, fails=Never())
        after = catalog.apply(operation, spot.migration.id)
        if new := _makes(operation, catalog, self.made):
            self.made |= new
        self.applied.append(
            Applied(
                operation,
                spot.statement,
                spot.section,
                spot.migration,
                catalog,
                after,
                effects,
                compatibility_of(operation, catalog, dialect=dialect, version=version),
                session.transaction,
                session.held,
                session.timeouts,
                self.made,
                session.emptied,
            )
        )
        passed = session.after(operation, effects.locks)
        left = frozenset[Name]()
        if not isinstance(operation, Rollback):
            left = filled(passed.emptied, effects)
        sure = operation.origin is None or operation.origin.certainty is Certainty.ALWAYS
        if sure and not spot.guarded:
            left = left.union(found_empty(operation, effects, catalog))
        self._session = passed.emptying(left)
        self.catalog = after


@record
class _Spot:
    """Where an operation stands; `guarded`: its failure is caught."""

    migration: Migration
    section: Section
    statement: Statement
    settings: Settings
    guarded: bool = False


def _falls_together(operations: tuple[Operation, ...]) -> bool:
    """Say whether a statement is a DROP of several objects."""
    match operations:
        case [DropTable(), _, *_]:
            return all(isinstance(each, DropTable) for each in operations)
        case [DropObject(kind=kind), _, *_]:
            return all(isinstance(each, DropObject) and each.kind is kind for each in operations)
        case _:
            return False


def _without_the_others(
    operation: Operation, operations: tuple[Operation, ...], catalog: Catalog
) -> Catalog:
    """Return the schema without what a DROP lists beside one object, as far as that one stays."""
    match operation:
        case DropTable(table=name):
            kind = ObjectKind.TABLE
        case DropObject(kind=kind, object=name):
            pass
        case _:
            return catalog
    there = catalog.existence(kind, name)
    for other in operations:
        if other is not operation:
            left = catalog.apply(other)
            catalog = left if left.existence(kind, name) is there else catalog
    return catalog


def _offset(operation: Operation, section: Section) -> int | None:
    """Return where the body of a DO block stands in its section, None where that is not exact."""
    if not isinstance(operation, AnonymousBlock) or operation.origin is None:
        return None
    span = operation.origin.span
    at = section.text.find(operation.body, span.start, span.end)
    return None if at == -1 else at


def _placed(step: Step, program: Operation, offset: int | None) -> Operation:
    """Return what a program runs at its place, or where the program is called."""
    origin = program.origin
    if origin is None:
        return step.operation
    if not step.certain:
        origin = replace(origin, certainty=Certainty.MAYBE)
    if offset is not None:
        origin = replace(origin, span=Span(offset + step.start, offset + step.end))
    return replace(step.operation, origin=origin)


def _lone_forbidden(section: Section, catalog: Catalog, dialect: str, version: int) -> bool:
    if section.runner is not Runner.AUTO or len(section.statements) != 1:
        return False
    return any(
        effects_of(operation, catalog, dialect=dialect, version=version).transaction
        is TransactionNeed.FORBIDDEN
        for operation in section.statements[0].operations
    )


def _makes(operation: Operation, before: Catalog, made: frozenset[Name]) -> frozenset[Name]:
    match operation:
        case CreateTable(table=name) | CreateTableAs(table=name):
            kind = ObjectKind.TABLE
        case CreateView(view=name):
            kind = ObjectKind.VIEW
        case CreateSequence(sequence=name):
            kind = ObjectKind.SEQUENCE
        case CreateEnum(type=name) | CreateType(type=name):
            kind = ObjectKind.TYPE
        case CreateDomain(domain=name):
            kind = ObjectKind.DOMAIN
        case (
            RenameTable(table=old, new_name=new_name)
            | RenameObject(object=old, new_name=new_name, table=None)
        ):
            key = before.key(old)
            return frozenset({key.beside(new_name)}) if key in made else frozenset()
        case _:
            return frozenset()
    # CREATE … IF NOT EXISTS of what is there, and OR REPLACE, make nothing new.
    if before.existence(kind, name) is Existence.PRESENT:
        return frozenset()
    return frozenset({before.key(name)})
