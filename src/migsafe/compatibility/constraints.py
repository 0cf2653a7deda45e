"""What constraints and unique indexes do to code that was written before them."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState, Existence, IndexState
from migsafe.catalog.uniqueness import is_implied, over, promised_by
from migsafe.compatibility.columns import is_required, refusing_nulls
from migsafe.compatibility.outcomes import (
    HARMLESS,
    READS,
    WRITES,
    met,
    undone_by,
)
from migsafe.effects.postgres import probes
from migsafe.effects.postgres.relations import referenced_columns, unseen
from migsafe.model.compatibility import Compatibility, OldStatement, Outcome, Undo
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddConstraint,
    AlterConstraint,
    Check,
    Constraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    DropNotNull,
    Exclusion,
    ForeignKey,
    NotNull,
    ObjectKind,
    Operation,
    PrimaryKey,
    ReferentialAction,
    Unique,
)
from migsafe.model.pattern import pattern

UPSERT = (OldStatement.UPSERT,)
DELETE = (OldStatement.DELETE,)

_NOT_NULL = pattern(r"_not_null\d*$")


def add_constraint(operation: AddConstraint, catalog: Catalog) -> Compatibility:
    """Return what old writers meet that a new constraint refuses.

    NOT VALID spares the rows that are there, never the writers. With USING INDEX the index
    refused duplicates before.
    """
    table, constraint = operation.table, operation.constraint
    kept = isinstance(constraint, Unique | PrimaryKey) and _is_kept(table, constraint, catalog)
    return Compatibility(
        old={} if kept else _restricting(table, constraint, catalog),
        undo=_dropping(operation, catalog),
    )


def _restricting(
    table: Name, constraint: Constraint, catalog: Catalog
) -> dict[OldStatement, Outcome]:
    match constraint:
        case Check(enforced=False) | ForeignKey(enforced=False):
            return {}
        case Check(expression=expression):
            if not _lets_null_pass(constraint):
                return met((WRITES, Outcome.FAILS))
            return _refusing(table, expression.columns, catalog)
        case ForeignKey(columns=columns):
            return _refusing(table, columns, catalog) | met((DELETE, deleting_parents(constraint)))
        case Unique(using_index=None, nulls_not_distinct=True) | PrimaryKey(using_index=None):
            return met((WRITES, Outcome.FAILS))
        case Unique(using_index=None, columns=columns) | Exclusion(columns=columns):
            return _refusing(table, columns, catalog)
        case Unique() | PrimaryKey():
            worst = [] if not constraint.deferrable else [(UPSERT, Outcome.FAILS)]
            # Only an index that checks at once can be the target of ON CONFLICT.
            if isinstance(constraint, PrimaryKey):
                index = catalog.index(catalog.key(table).beside(constraint.using_index or ""))
                columns = index.columns if index is not None else constraint.columns
                worst.extend(
                    ((kind,), outcome)
                    for column in columns
                    for kind, outcome in refusing_nulls(table, column, catalog).items()
                )
            return met(*worst)
        case NotNull():
            return refusing_nulls(table, constraint.column, catalog)


def _is_kept(table: Name, key: Unique | PrimaryKey, catalog: Catalog) -> bool:
    """Say whether other indexes and NOT NULL refuse already what a new key would."""
    nulls_not_distinct = isinstance(key, Unique) and key.nulls_not_distinct
    promised = over(key.columns, nulls_not_distinct=nulls_not_distinct)
    built = key.using_index is None and not key.without_overlaps
    if not built or not is_implied(promised, table, catalog):
        return False
    if isinstance(key, Unique):
        return True
    states = [catalog.column(table, column) for column in key.columns]
    return all(state is not None and state.nullable is False for state in states)


def _lets_null_pass(check: Check) -> bool:
    """Say whether a CHECK is sure to accept a NULL: it does not speak of NULLs."""
    sql = check.expression.sql.upper()
    return not check.expression.opaque and not any(word in sql for word in ("NULL", "COALESCE"))


def _refusing(
    table: Name, columns: tuple[str, ...], catalog: Catalog
) -> dict[OldStatement, Outcome]:
    """Return what writers meet when some values of columns are refused, but no NULL.

    An INSERT of the required columns alone leaves the others to NULL or to a default.
    """
    named = [is_required(catalog.column(table, column)) for column in columns]
    filled = [
        state is None or state.fills_itself
        for state in (catalog.column(table, column) for column in columns)
    ]
    minimal = Outcome.WORKS
    if not columns or any(named):
        minimal = Outcome.FAILS
    elif None in named or any(filled):
        minimal = Outcome.UNKNOWN
    explicit = (OldStatement.INSERT_FULL, OldStatement.UPDATE, OldStatement.UPSERT)
    return met((explicit, Outcome.FAILS), ((OldStatement.INSERT_MINIMAL,), minimal))


def deleting_parents(key: ForeignKey) -> Outcome:
    """Return what deleting from a referenced table meets: refusal, or more than it asked."""
    match key.on_delete:
        case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
            return Outcome.FAILS
        case ReferentialAction.CASCADE | ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
            return Outcome.CHANGES


def _dropping(operation: AddConstraint, catalog: Catalog) -> Undo | None:
    """Return the drop of a constraint, by the name that the server gives it."""
    table, name = operation.table, operation.constraint.name
    if name is None:
        before = {state.name for state in catalog.constraints(table)}
        after = catalog.apply(operation).constraints(table)
        name = next((state.name for state in after if state.name not in before), None)
    if name is None:
        return None
    constraint = operation.constraint
    back: list[Operation] = [DropConstraint(table, name)]
    columns = constraint.columns if isinstance(constraint, PrimaryKey) else ()
    if isinstance(constraint, Unique | PrimaryKey) and constraint.using_index is not None:
        # The index goes with the constraint that took it over.
        index = catalog.index(catalog.key(table).beside(constraint.using_index))
        if index is None:
            return None
        back.append(as_operation(index))
        columns = index.columns if isinstance(constraint, PrimaryKey) else ()
    for column in columns:
        # A primary key leaves its columns NOT NULL behind.
        state = catalog.column(table, column)
        if state is not None and state.nullable:
            back.append(DropNotNull(table, column))
    return undone_by(*back)


def as_operation(index: IndexState, *, concurrently: bool = False) -> CreateIndex:
    """Return the operation that builds an index as the catalog knows it."""
    return CreateIndex(
        index.name.name,
        index.table,
        index.elements,
        unique=index.unique,
        concurrently=concurrently,
        method=index.method,
        include=index.include,
        where=index.where,
    )


def drop_constraint(operation: DropConstraint, catalog: Catalog) -> Compatibility:
    """Return what the loss of a constraint does.

    Readers may meet what was impossible; an upsert that names the key fails; children
    are no longer deleted with their parents.
    """
    table, name = operation.table, operation.constraint
    state = None if name is None else catalog.constraint(table, name)
    if state is None:
        # PostgreSQL 18 names a NOT NULL itself, and the catalog does not say how.
        own = name is not None and _NOT_NULL.search(name) is not None
        if operation.if_exists and name is not None and not own and not unseen(catalog, table):
            return HARMLESS
        return Compatibility(
            old=met((READS, Outcome.CHANGES), ((*UPSERT, *DELETE), Outcome.UNKNOWN))
        )
    constraint = state.constraint
    undo = _adding_again(state, catalog)
    match constraint:
        case Check(enforced=False) | ForeignKey(enforced=False):
            return Compatibility(undo=undo)
        case Check() | NotNull() | Exclusion():
            return Compatibility(old=met((READS, Outcome.CHANGES)), undo=undo)
        case ForeignKey():
            acts = deleting_parents(constraint) is Outcome.CHANGES
            return Compatibility(
                old=met(
                    (READS, Outcome.CHANGES),
                    (DELETE, Outcome.CHANGES if acts else Outcome.WORKS),
                ),
                undo=undo,
            )
        case Unique() | PrimaryKey():
            kept = is_unique_otherwise(table, constraint.columns, name or "", catalog)
            return Compatibility(
                old=met(
                    (READS, Outcome.WORKS if kept else Outcome.CHANGES),
                    (UPSERT, Outcome.WORKS if kept else Outcome.FAILS),
                ),
                undo=undo,
            )


def is_unique_otherwise(table: Name, columns: tuple[str, ...], name: str, catalog: Catalog) -> bool:
    """Say whether another whole unique index covers exactly these columns."""
    return any(
        index.unique
        and index.where is None
        and index.valid is True
        and name not in {index.constraint, index.name.name}
        and set(index.columns) == set(columns)
        and len(index.elements) == len(columns)
        for index in catalog.indexes(table)
    )


def _adding_again(state: ConstraintState, catalog: Catalog) -> Undo | None:
    table, constraint = state.table, state.constraint
    possible: str | None = None
    match constraint:
        case Check():
            possible = probes.violations(table, constraint.expression)
        case ForeignKey():
            columns = referenced_columns(catalog, constraint) or ()
            possible = probes.orphans(table, constraint, columns)
        case Unique() | PrimaryKey():
            possible = probes.duplicates(
                table,
                constraint.columns,
                nulls_not_distinct=isinstance(constraint, Unique) and constraint.nulls_not_distinct,
            )
        case NotNull():
            possible = probes.nulls(table, constraint.column)
        case Exclusion():
            possible = probes.any_row(table)
    return undone_by(AddConstraint(table, constraint), possible_sql=possible)


def alter_constraint(operation: AlterConstraint, catalog: Catalog) -> Compatibility:
    """Return what ALTER CONSTRAINT does: when it is checked, and whether it is."""
    table, name = operation.table, operation.constraint
    state = catalog.constraint(table, name)
    key = None if state is None else state.constraint
    if not isinstance(key, ForeignKey):
        enforced = operation.enforced
        outcome = Outcome.CHANGES if enforced is False else Outcome.UNKNOWN
        return Compatibility(old=met((READS if enforced is False else WRITES, outcome)))
    undo = undone_by(
        AlterConstraint(
            table,
            name,
            deferrable=None if operation.deferrable is None else key.deferrable,
            initially_deferred=None
            if operation.initially_deferred is None
            else key.initially_deferred,
            enforced=None if operation.enforced is None else key.enforced,
        )
    )
    if operation.enforced is True and not key.enforced:
        return Compatibility(
            old=met((WRITES, Outcome.FAILS), (DELETE, deleting_parents(key))), undo=undo
        )
    if operation.enforced is False and key.enforced:
        return Compatibility(
            old=met((READS, Outcome.CHANGES), (DELETE, Outcome.CHANGES)), undo=undo
        )
    if not key.initially_deferred and operation.initially_deferred is not True:
        # It is checked at once, as before.
        return Compatibility(undo=undo)
    # A write that leaned on the check coming late fails where it comes at once.
    sooner = key.initially_deferred and operation.initially_deferred is not True
    return Compatibility(
        old=met(((*WRITES, *DELETE), Outcome.FAILS if sooner else Outcome.CHANGES)),
        undo=undo,
    )


# --- indexes -------------------------------------------------------------------------------


def create_index(operation: CreateIndex, catalog: Catalog) -> Compatibility:
    """Return what an index does: a unique one refuses duplicates from its start."""
    name = operation.name
    table = catalog.key(operation.table)
    if name is None:
        before = {index.name for index in catalog.indexes(table)}
        found = [
            index.name
            for index in catalog.apply(operation).indexes(table)
            if index.name not in before
        ]
        index = found[0] if found else None
    else:
        index = table.beside(name)
        if (
            operation.if_not_exists
            and catalog.existence(ObjectKind.INDEX, index) is Existence.PRESENT
        ):
            return HARMLESS
    undo = None
    if index is not None:
        undo = undone_by(DropIndex(index, concurrently=operation.concurrently))
    return Compatibility(old=_indexed(operation, catalog), undo=undo)


def _indexed(operation: CreateIndex, catalog: Catalog) -> dict[OldStatement, Outcome]:
    if not operation.unique or is_implied(promised_by(operation), operation.table, catalog):
        return {}
    columns = tuple(element.column or "" for element in operation.elements)
    if not all(columns) or operation.nulls_not_distinct:
        return met((WRITES, Outcome.FAILS))
    return _refusing(operation.table, columns, catalog)


def drop_index(operation: DropIndex, catalog: Catalog) -> Compatibility:
    """Return what the loss of an index does: nothing, unless it was unique."""
    index = catalog.index(operation.index)
    if index is None:
        absent = catalog.existence(ObjectKind.INDEX, operation.index) is Existence.ABSENT
        if absent and operation.if_exists:
            return HARMLESS
        return Compatibility(old=met((READS, Outcome.UNKNOWN), (UPSERT, Outcome.UNKNOWN)))
    back = as_operation(index, concurrently=operation.concurrently)
    if not index.unique:
        return Compatibility(undo=undone_by(back))
    plain = index.where is None and len(index.columns) == len(index.elements)
    kept = plain and is_unique_otherwise(index.table, index.columns, index.name.name, catalog)
    possible = (
        probes.duplicates(index.table, index.columns, nulls_not_distinct=index.nulls_not_distinct)
        if plain
        else None
    )
    return Compatibility(
        old=met(
            (READS, Outcome.WORKS if kept else Outcome.CHANGES),
            (UPSERT, Outcome.WORKS if kept else Outcome.FAILS),
        ),
        undo=undone_by(
            back,
            possible_sql=None if kept else possible or probes.any_row(index.table),
        ),
    )
