"""Replays history and puts each operation of a deploy in its place."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.compatibility import compatibility_of
from migsafe.config import Settings
from migsafe.context import Applied, Deploy
from migsafe.effects import effects_of
from migsafe.lint.transactions import Session, Told, standing
from migsafe.model.effects import TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.migration import Migration, Section, Selection
from migsafe.model.operations import (
    CreateDomain,
    CreateEnum,
    CreateSequence,
    CreateTable,
    CreateTableAs,
    CreateType,
    CreateView,
    ObjectKind,
    Operation,
    RenameObject,
    RenameTable,
)


def fold(
    selection: Selection, settings: Settings, base: Catalog, *, one_deploy: bool = False
) -> Iterator[Deploy]:
    """Yield the deploys of a selection in order, each on the schema that history left.

    Args:
        selection: A tree, and which of its migrations are judged.
        settings: Dialect and version decide the facts.
        base: The schema before the first migration of the tree.
        one_deploy: Take the selected migrations as one deploy.
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
        deploy = fold_deploy(tuple(together), settings, catalog, session)
        for each in together:
            told += _standing(each)
        together.clear()
        catalog = deploy.after
        yield deploy


def _replayed(migration: Migration, catalog: Catalog) -> Catalog:
    for statement in migration.up.statements:
        for operation in statement.operations:
            catalog = catalog.apply(operation, migration.id)
    return catalog.session_ended()


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
) -> Deploy:
    """Return one deploy: its ups in order, and its ways down from where they ended.

    Args:
        migrations: What ships together.
        settings: Dialect and version decide the facts.
        before: The schema before them.
        told: What each connection was told before.
    """
    ups: list[Applied] = []
    start = Session().starting(told, migrations[0].up.runner)
    after, session, made = before, start, frozenset[Name]()
    for migration in migrations:
        after, session, made = _section(
            migration, migration.up, settings, after, session, made, ups
        )
    after = after.session_ended()
    downs: list[Applied] = []
    catalog, session, unmade = after, start, frozenset[Name]()
    for migration in reversed(migrations):
        if migration.down is not None:
            catalog, session, unmade = _section(
                migration, migration.down, settings, catalog, session, unmade, downs
            )
    return Deploy(migrations, before, after, tuple(ups), tuple(downs), made)


def _section(
    migration: Migration,
    section: Section,
    settings: Settings,
    catalog: Catalog,
    session: Session,
    made: frozenset[Name],
    into: list[Applied],
) -> tuple[Catalog, Session, frozenset[Name]]:
    settings = settings.at(section.path)
    dialect, version = settings.dialect, settings.version
    session = session.entering(
        section, lone_forbidden=_lone_forbidden(section, catalog, dialect, version)
    )
    for statement in section.statements:
        for operation in statement.operations:
            session = session.before(operation, section.runner)
            effects = effects_of(operation, catalog, dialect=dialect, version=version)
            after = catalog.apply(operation, migration.id)
            if new := _makes(operation, catalog, made):
                made |= new
            into.append(
                Applied(
                    operation,
                    statement,
                    section,
                    migration,
                    catalog,
                    after,
                    effects,
                    compatibility_of(operation, catalog, dialect=dialect, version=version),
                    session.transaction,
                    session.held,
                    session.timeouts,
                    made,
                )
            )
            session = session.after(operation, effects.locks)
            catalog = after
    return catalog, session, made


def _lone_forbidden(section: Section, catalog: Catalog, dialect: str, version: int) -> bool:
    if len(section.statements) != 1:
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
