"""Changes of other objects that a server refuses."""

from migsafe.catalog import outputs
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.model.effects import Certain, Moment
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterDomain,
    CommentOn,
    CreateRoutine,
    CreateView,
    DomainAction,
    DropObject,
    ImportForeignSchema,
    ObjectKind,
    RefreshView,
)
from migsafe.model.record import replace

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

_INBORN = frozenset({"public", "pg_catalog", "information_schema"})
"""Schemas that a database has from its beginning."""

_COMMENTED = {**_ABSENT, ObjectKind.TABLE: "42P01", ObjectKind.INDEX: "42P01"}


def create_view(operation: CreateView, catalog: Catalog) -> Certain | None:
    """Return why CREATE VIEW is refused: a replaced view keeps the columns that it has."""
    name = operation.view
    before = catalog.view(name)
    if not operation.replace or operation.temporary:
        return None
    if _is_another(name, catalog) and (before is None or before.materialized):
        return Certain("42809", f"{name} is no view")
    old = None if before is None else before.output
    new = outputs.of_query(operation.query, catalog.facts)
    if old is None or new is None:
        return None
    if operation.columns:
        new = tuple(
            replace(each, name=given) for each, given in zip(new, operation.columns, strict=False)
        )
    if len(new) < len(old):
        return Certain("42P16", f"{name} would lose a column")
    for own, given in zip(old, new, strict=False):
        if own.name != given.name:
            return Certain("42P16", f"the column {own.name} of {name} would get another name")
        if own.type is not None and given.type is not None and own.type != given.type:
            return Certain("42P16", f"the column {own.name} of {name} would get another type")
    return None


def comment_on(operation: CommentOn, catalog: Catalog) -> Certain | None:
    """Return why COMMENT is refused: what it is about is not there."""
    kind, name = operation.kind, operation.object
    inborn = kind is ObjectKind.SCHEMA and name.name in _INBORN
    absent = catalog.existence(kind, name) is Existence.ABSENT
    if inborn or kind not in _COMMENTED or not absent:
        return None
    if kind in _RELATIONS and _is_another(name, catalog):
        return Certain("42809", f"{name} is no {kind.lower()}")
    return Certain(_COMMENTED[kind], f"there is no {kind.lower()} {name}")


def refresh_view(operation: RefreshView, catalog: Catalog) -> Certain | None:
    """Return why REFRESH is refused."""
    view = catalog.view(operation.view)
    gone = catalog.existence(ObjectKind.MATERIALIZED_VIEW, operation.view) is Existence.ABSENT
    if view is None and gone:
        return Certain("42P01", f"there is no materialized view {operation.view}")
    if view is not None and not view.materialized:
        return Certain("0A000", f"{operation.view} is no materialized view")
    if view is not None and operation.concurrently and view.populated is False:
        return Certain("0A000", f"{operation.view} has no rows yet that readers could keep")
    return None


_RELATIONS = frozenset(
    {
        ObjectKind.TABLE,
        ObjectKind.INDEX,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
        ObjectKind.SEQUENCE,
        ObjectKind.FOREIGN_TABLE,
    }
)


def _is_another(name: Name, catalog: Catalog) -> bool:
    """Say whether a relation of another kind bears a name."""
    found = (catalog.table(name), catalog.view(name), catalog.sequence(name), catalog.index(name))
    return any(each is not None for each in found)


def drop_object(operation: DropObject, catalog: Catalog) -> Certain | None:
    """Return why DROP is refused."""
    kind, name = operation.kind, operation.object
    if operation.table is not None and not operation.if_exists:
        if catalog.part_existence(kind, name.name, operation.table) is Existence.ABSENT:
            return Certain(
                "42704", f"{operation.table} has no {kind.lower()} {name}", Moment.ANALYSIS
            )
        return None
    inborn = kind is ObjectKind.SCHEMA and name.name in _INBORN
    if catalog.existence(kind, name) is Existence.ABSENT and kind in _ABSENT and not inborn:
        if kind in _RELATIONS and _is_another(name, catalog):
            return Certain("42809", f"{name} is no {kind.lower()}", Moment.ANALYSIS)
        if operation.if_exists:
            return None
        return Certain(_ABSENT[kind], f"there is no {kind.lower()} {name}", Moment.ANALYSIS)
    return None


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
