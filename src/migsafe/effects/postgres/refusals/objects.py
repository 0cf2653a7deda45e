"""Changes of other objects that a server refuses."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterDomain,
    CreateRoutine,
    DomainAction,
    DropObject,
    ImportForeignSchema,
    ObjectKind,
    RefreshView,
)

_ABSENT = {
    ObjectKind.VIEW: "42P01",
    ObjectKind.MATERIALIZED_VIEW: "42P01",
    ObjectKind.SEQUENCE: "42P01",
    ObjectKind.FOREIGN_TABLE: "42P01",
    ObjectKind.SCHEMA: "3F000",
    ObjectKind.TYPE: "42704",
    ObjectKind.DOMAIN: "42704",
}
"""What the server answers where an object of a kind is not there."""


def refresh_view(operation: RefreshView, catalog: Catalog) -> Certain | None:
    """Return why REFRESH is refused."""
    view = catalog.view(operation.view)
    gone = catalog.existence(ObjectKind.MATERIALIZED_VIEW, operation.view) is Existence.ABSENT
    if view is None and gone:
        return Certain("42P01", f"there is no materialized view {operation.view}")
    if view is not None and not view.materialized:
        return Certain("0A000", f"{operation.view} is no materialized view")
    return None


def drop_object(operation: DropObject, catalog: Catalog) -> Certain | None:
    """Return why DROP is refused."""
    kind, name = operation.kind, operation.object
    if catalog.existence(kind, name) is Existence.ABSENT and kind in _ABSENT:
        if operation.if_exists:
            return None
        return Certain(_ABSENT[kind], f"there is no {kind.lower()} {name}")
    if operation.cascade:
        return None
    dependent = next(_dependents(kind, name, catalog), None)
    return None if dependent is None else Certain("2BP01", f"{dependent} needs it")


def _dependents(kind: ObjectKind, name: Name, catalog: Catalog) -> Iterator[str]:
    match kind:
        case ObjectKind.FUNCTION | ObjectKind.ROUTINE | ObjectKind.PROCEDURE:
            for use in catalog.uses_of_routine(name):
                yield f"the {use.kind.lower()} {use.name}"
        case ObjectKind.TYPE | ObjectKind.DOMAIN:
            for table, column in catalog.enum_users(name):
                yield f"{table}.{column}"
        case ObjectKind.SEQUENCE:
            for table, column in catalog.columns_drawing(name):
                yield f"{table}.{column}"
        case ObjectKind.SCHEMA:
            for state in catalog.tables():
                if state.name.schema == name.name:
                    yield f"the table {state.name}"
        case _:
            return


def replace_routine(operation: CreateRoutine, catalog: Catalog) -> Certain | None:
    """Return why CREATE OR REPLACE of a routine is refused: it would return something else."""
    if not operation.replace or operation.returns is None:
        return None
    for known in catalog.routines(operation.routine):
        if (
            known.arguments == operation.arguments
            and known.returns is not None
            and known.returns != operation.returns.lower()
        ):
            return Certain("42P13", f"{operation.routine} returns {known.returns}")
    return None


def alter_domain(operation: AlterDomain, catalog: Catalog) -> Certain | None:
    """Return why ALTER DOMAIN is refused."""
    state = catalog.domain(operation.domain)
    if state is None or not catalog.complete or operation.constraint is None:
        return None
    named = {_default_name(operation.domain, number) for number in range(len(state.checks))}
    there = {check.name for check in state.checks if check.name is not None} | named
    if operation.constraint in there:
        return None
    match operation.action:
        case DomainAction.VALIDATE_CONSTRAINT:
            pass
        case DomainAction.DROP_CONSTRAINT if not operation.if_exists:
            pass
        case _:
            return None
    return Certain("42704", f"{operation.domain} has no constraint {operation.constraint}")


def _default_name(domain: Name, number: int) -> str:
    return f"{domain.name}_check{number or ''}"


def import_schema(operation: ImportForeignSchema, catalog: Catalog) -> Certain | None:
    """Return why IMPORT FOREIGN SCHEMA is refused: it names a server that is not there."""
    words = operation.sql.split()
    if "SERVER" not in words:
        return None
    server = Name(words[words.index("SERVER") + 1].strip('"'))
    if catalog.existence(ObjectKind.SERVER, server) is Existence.ABSENT:
        return Certain("42704", f"there is no server {server}")
    return None
