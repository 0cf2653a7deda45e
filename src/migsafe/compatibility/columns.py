"""What changes of columns do to code that was written before them."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, Existence
from migsafe.compatibility import rights
from migsafe.compatibility.outcomes import (
    HARMLESS,
    INSERTS,
    NOTHING_TO_UNDO,
    READS,
    TABLE_STATEMENTS,
    WRITES,
    met,
    undone_by,
)
from migsafe.effects.postgres import probes
from migsafe.effects.postgres.columns import SERIALS
from migsafe.effects.postgres.retyping import change_of_column
from migsafe.effects.postgres.types import Values, Work, conversion
from migsafe.model.compatibility import (
    Compatibility,
    Loss,
    OldStatement,
    Outcome,
    Undo,
)
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    AlterGenerated,
    AlterIdentity,
    Check,
    Column,
    DropColumn,
    DropDefault,
    DropNotNull,
    Identity,
    IdentityAction,
    ObjectKind,
    PrimaryKey,
    RenameColumn,
    SetDefault,
    SetNotNull,
    Unique,
)
from migsafe.writing import quoting

STAR = (OldStatement.SELECT_STAR,)
FULL = (OldStatement.INSERT_FULL,)
MINIMAL = (OldStatement.INSERT_MINIMAL,)
OMITTING = (OldStatement.INSERT_MINIMAL, OldStatement.UPSERT)
"""Statements that may leave to a default what they need not name."""
EXPLICIT = (OldStatement.INSERT_FULL, OldStatement.UPDATE, OldStatement.UPSERT)
"""Statements that give a column its value themselves."""


# --- what is known of a column ----------------------------------------------------------


def is_required(state: ColumnState | None) -> bool | None:
    """Say whether an INSERT must name a column; None where it is not known."""
    if state is None:
        return None
    if state.fills_itself:
        return False
    return None if state.nullable is None else not state.nullable


def _named_by_minimal(state: ColumnState | None) -> Outcome:
    """Return what an INSERT of the required columns meets when a column's name goes."""
    match is_required(state):
        case True:
            return Outcome.FAILS
        case False:
            return Outcome.WORKS
        case None:
            return Outcome.UNKNOWN


def is_key(catalog: Catalog, table: Name, column: str) -> bool:
    """Say whether rows are found by a column: it is in a primary or unique key."""
    return any(
        isinstance(state.constraint, PrimaryKey | Unique)
        for state in catalog.constraints_on(table, column)
    )


def _found_by(catalog: Catalog, table: Name, column: str) -> Outcome:
    """Return what DELETE meets when a column's name goes: it may find rows by it."""
    if is_key(catalog, table, column):
        return Outcome.FAILS
    return Outcome.WORKS if catalog.table(table) is not None else Outcome.UNKNOWN


def fills_itself(column: Column) -> bool:
    """Say whether a new column gets a value when an INSERT leaves it out."""
    serial = column.type is not None and column.type.name in SERIALS
    return (
        serial
        or column.default is not None
        or column.identity is not None
        or column.generated is not None
    )


# --- adding and dropping ----------------------------------------------------------------


def add_column(operation: AddColumn, catalog: Catalog) -> Compatibility:
    """Return what a new column does to statements that do not know it.

    Named columns protect; a prepared `SELECT *` must be prepared again, and fails for a role
    that may read the other columns one by one. A column that
    wants a value and has none makes every INSERT fail. An INSERT fails also where two rows
    may not share the default, or where the default breaks a rule of its own column.
    """
    table, column = operation.table, operation.column
    if (
        operation.if_not_exists
        and catalog.column_existence(table, column.name) is Existence.PRESENT
    ):
        return HARMLESS
    inserts = Outcome.WORKS
    if not fills_itself(column) and _refuses_null(operation, catalog):
        inserts = Outcome.FAILS
    elif column.default is not None and column.default.constant:
        for constraint in operation.constraints:
            if isinstance(constraint, Unique | PrimaryKey):
                inserts = Outcome.FAILS
    elif column.type is None and not fills_itself(column):
        inserts = Outcome.UNKNOWN
    elif column.type is not None and column.type.name in SERIALS:
        # The role of old code may lack the right to draw from the new sequence.
        inserts = Outcome.UNKNOWN
    back = DropColumn(table, column.name)
    if column.generated is not None:
        undo = undone_by(back)
    elif column.default is None or column.default.opaque:
        undo = undone_by(back, possible_sql=probes.filled(table, column.name))
    else:
        written = f"{quoting.identifier(column.name)} IS DISTINCT FROM {column.default.sql}"
        undo = undone_by(back, possible_sql=probes.row_where(table, written))
    star = _read_by_star(table, catalog)
    return Compatibility(old=met((STAR, star), (INSERTS, inserts)), undo=undo)


def _read_by_star(table: Name, catalog: Catalog) -> Outcome:
    readers = rights.reading_all(catalog, table)
    if not readers:
        return Outcome.RECYCLE
    return Outcome.FAILS if any(readers.values()) else Outcome.UNKNOWN


def _refuses_null(operation: AddColumn, catalog: Catalog) -> bool:
    column = operation.column
    if not column.nullable or any(
        isinstance(constraint, PrimaryKey) for constraint in operation.constraints
    ):
        return True
    if any(
        isinstance(constraint, Check) and is_not_null_check(constraint, column.name)
        for constraint in operation.constraints
    ):
        return True
    if column.type is None:
        return False
    domain = catalog.domain(Name(column.type.name, column.type.schema))
    return domain is not None and not domain.nullable and domain.default is None


def is_not_null_check(check: Check, column: str) -> bool:
    """Say whether a CHECK says nothing but that a column is not NULL."""
    bare = check.expression.sql.strip().strip("()").strip()
    return bare.casefold() == f"{quoting.identifier(column)} is not null".casefold()


def drop_column(operation: DropColumn, catalog: Catalog, version: int) -> Compatibility:
    """Return what the loss of a column does: whoever names it fails; values are gone."""
    table, column = operation.table, operation.column
    if operation.if_exists and catalog.column_existence(table, column) is Existence.ABSENT:
        return HARMLESS
    state = catalog.column(table, column)
    generated = state.generated if state is not None else None
    old = met(
        ((OldStatement.SELECT_NAMED,), Outcome.FAILS),
        (STAR, Outcome.RECYCLE),
        # Nobody writes a generated column.
        (EXPLICIT, Outcome.WORKS if generated else Outcome.FAILS),
        (MINIMAL, _named_by_minimal(state)),
        ((OldStatement.DELETE,), _found_by(catalog, table, column)),
    )
    if state is not None and generated is not None:
        again = Column(column, state.type, nullable=bool(state.nullable), generated=generated)
        given = catalog.rights(ObjectKind.TABLE, table).granted
        own = [right for right in given if right.column == column]
        back = rights.granting(ObjectKind.TABLE, table, own, version)
        return Compatibility(old=old, undo=undone_by(AddColumn(table, again), *back))
    return Compatibility(old=old, loses=Loss.VALUES)


def rename_column(operation: RenameColumn, catalog: Catalog) -> Compatibility:
    """Return what a rename does: statements that name the column fail, others go on."""
    table, column = operation.table, operation.column
    undo = undone_by(RenameColumn(table, operation.new_name, column, kind=operation.kind))
    if operation.kind is ObjectKind.TYPE:
        return Compatibility(old=met((TABLE_STATEMENTS, Outcome.UNKNOWN)), undo=undo)
    state = catalog.column(table, column)
    written = state is None or state.generated is None
    return Compatibility(
        old=met(
            ((OldStatement.SELECT_NAMED,), Outcome.FAILS),
            (STAR, Outcome.RECYCLE),
            (EXPLICIT, Outcome.FAILS if written else Outcome.WORKS),
            (MINIMAL, _named_by_minimal(state)),
            ((OldStatement.DELETE,), _found_by(catalog, table, column)),
        ),
        undo=undo,
    )


# --- types --------------------------------------------------------------------------------

_TEXT = {"text", "character varying", "character", "name", "citext"}
_NUMBERS = {
    "smallint", "integer", "bigint", "numeric", "real", "double precision",
    "smallserial", "serial", "bigserial",
}  # fmt: skip
_JSON = {"json", "jsonb"}


def _base(type: Type, catalog: Catalog) -> Type:
    """Return the type that a domain is made of: as that it is read and written."""
    domain = None if type.array else catalog.domain(Name(type.name, type.schema))
    return type if domain is None else _base(domain.type, catalog)


def _family(type: Type) -> str:
    """Return what types have in common whose values stand for each other in old statements.

    An array of another element type is another type to every operator; its lengths are not.
    """
    if type.array:
        return f"{type.schema}.{type.name}[]"
    for name, members in (("text", _TEXT), ("number", _NUMBERS), ("json", _JSON)):
        if type.name in members:
            return name
    return f"{type.schema}.{type.name}"


def alter_column_type(operation: AlterColumnType, catalog: Catalog) -> Compatibility:
    """Return what a new type does to old readers and writers.

    Within a family a wider type lets old statements work, and old readers may meet values
    that they never met; a narrower one refuses what old writers send. Between families
    comparisons and parameters stop to fit. A safe widening only asks prepared statements
    to be prepared again.
    """
    table, column = operation.table, operation.column
    state = catalog.column(table, column)
    old, new = (None if state is None else state.type), operation.type
    if old is None or new is None or state is None:
        return Compatibility(old=met((READS, Outcome.UNKNOWN), (WRITES, Outcome.UNKNOWN)))
    change = change_of_column(operation, catalog)
    undo = _type_back(operation, old, catalog, change.values)
    loses = Loss.VALUES if change.values is Values.MAY_CHANGE else Loss.NOTHING
    writers = EXPLICIT + (MINIMAL if is_required(state) is not False else ())
    if change.work is Work.REFUSED:
        return Compatibility(undo=NOTHING_TO_UNDO)
    stood, stands = _base(old, catalog), _base(new, catalog)
    if _family(stood) != _family(stands):
        from_text = _family(stood) == "text"
        return Compatibility(
            old=met(
                ((OldStatement.SELECT_NAMED,), Outcome.FAILS),
                (STAR, Outcome.RECYCLE),
                (writers, Outcome.FAILS if from_text else Outcome.CHANGES),
                ((OldStatement.UPDATE,), Outcome.FAILS),
                ((OldStatement.DELETE,), _found_by(catalog, table, column)),
            ),
            loses=loses,
            undo=undo,
        )
    quiet = change.values is Values.KEPT and (
        change.work in {Work.NONE, Work.SCAN} or stood == stands
    )
    widened = change.values is Values.KEPT
    return Compatibility(
        old=met(
            (READS, Outcome.RECYCLE),
            ((OldStatement.SELECT_NAMED,), Outcome.RECYCLE if quiet else Outcome.CHANGES),
            (writers, Outcome.WORKS if widened else _narrowed(change.values, new)),
        ),
        loses=loses,
        undo=undo,
    )


def _narrowed(values: Values, new: Type) -> Outcome:
    """Return what a writer of the old, wider values meets."""
    match values:
        case Values.KEPT:
            return Outcome.WORKS
        case Values.MAY_FAIL:
            return Outcome.FAILS
        case Values.MAY_CHANGE:
            # Assignment cuts no text: what no longer fits is refused.
            return Outcome.FAILS if new.name in _TEXT | _NUMBERS else Outcome.CHANGES
        case Values.UNKNOWN:
            return Outcome.UNKNOWN


def _type_back(
    operation: AlterColumnType, old: Type, catalog: Catalog, values: Values
) -> Undo | None:
    """Return the change back; None where values are already lost."""
    new = operation.type
    if values in {Values.MAY_CHANGE, Values.UNKNOWN} or new is None:
        return None
    table, column = operation.table, operation.column
    back = conversion(new, old, catalog=catalog)
    using = None
    if back.work is Work.REFUSED or (back.work is Work.UNKNOWN and new != old):
        sql = f"{quoting.identifier(column)}::{old}"
        using = Expression(sql, columns=(column,))
    possible = None
    if back.values is not Values.KEPT or using is not None:
        possible = probes.filled(table, column)
        if _family(_base(old, catalog)) == _family(_base(new, catalog)):
            possible = probes.misfits(table, column, old) or possible
    return undone_by(AlterColumnType(table, column, old, using=using), possible_sql=possible)


# --- defaults and nullability ---------------------------------------------------------------


def _whole(state: ColumnState | None, catalog: Catalog) -> ColumnState | None:
    """Return a column that was seen being made; of any other nobody knows the default."""
    return state if state is not None and (state.since or catalog.complete) else None


def set_default(operation: SetDefault, catalog: Catalog) -> Compatibility:
    """Return what another default does: an INSERT that omits the column stores it."""
    table, column = operation.table, operation.column
    if operation.default.sql.upper() == "NULL":
        return drop_default(DropDefault(table, column), catalog)
    state = _whole(catalog.column(table, column), catalog)
    if state is None:
        return Compatibility(old=met((OMITTING, Outcome.UNKNOWN)))
    if state.default == operation.default:
        return HARMLESS
    changes = Outcome.WORKS if is_required(state) else Outcome.CHANGES
    back = (
        DropDefault(table, column)
        if state.default is None
        else SetDefault(table, column, state.default)
    )
    return Compatibility(old=met((OMITTING, changes)), undo=undone_by(back))


_DEFAULTLESS = {
    False: Outcome.FAILS,
    True: Outcome.CHANGES,
    None: Outcome.UNKNOWN,
}
"""What an INSERT that omits a column meets without its default, by `nullable`."""


def drop_default(operation: DropDefault, catalog: Catalog) -> Compatibility:
    """Return what a lost default does: INSERTs that rely on it fail, or store NULL."""
    table, column = operation.table, operation.column
    state = _whole(catalog.column(table, column), catalog)
    if state is None:
        return Compatibility(old=met((OMITTING, Outcome.UNKNOWN)))
    if state.default is None:
        return HARMLESS
    outcome = _DEFAULTLESS[state.nullable]
    return Compatibility(
        old=met((OMITTING, outcome)),
        undo=undone_by(SetDefault(table, column, state.default)),
    )


def nulls_refused(table: Name, column: str, catalog: Catalog) -> bool:
    """Say whether NULLs are refused already: NOT NULL, or a CHECK that is enforced.

    A CHECK that is NOT VALID refuses new NULLs all the same.
    """
    state = catalog.column(table, column)
    if state is not None and state.nullable is False:
        return True
    return any(
        isinstance(found.constraint, Check)
        and found.constraint.enforced
        and is_not_null_check(found.constraint, column)
        for found in catalog.constraints_on(table, column)
    )


def refusing_nulls(table: Name, column: str, catalog: Catalog) -> dict[OldStatement, Outcome]:
    """Return what old writers meet when a column stops to take NULLs.

    A default saves the INSERT that leaves the column out, not the one that says NULL.
    """
    if nulls_refused(table, column, catalog):
        return {}
    state = catalog.column(table, column)
    if state is None:
        minimal = Outcome.UNKNOWN
    else:
        minimal = Outcome.WORKS if state.fills_itself else Outcome.FAILS
    return met((EXPLICIT, Outcome.FAILS), (MINIMAL, minimal))


def set_not_null(operation: SetNotNull, catalog: Catalog) -> Compatibility:
    """Return what SET NOT NULL does to old writers."""
    state = catalog.column(operation.table, operation.column)
    if state is not None and state.nullable is False:
        return HARMLESS
    return Compatibility(
        old=refusing_nulls(operation.table, operation.column, catalog),
        undo=undone_by(DropNotNull(operation.table, operation.column)),
    )


def drop_not_null(operation: DropNotNull, catalog: Catalog) -> Compatibility:
    """Return what DROP NOT NULL does: old readers may meet NULLs."""
    table, column = operation.table, operation.column
    state = catalog.column(table, column)
    if state is not None and state.nullable is True:
        return HARMLESS
    return Compatibility(
        old=met((READS, Outcome.CHANGES)),
        undo=undone_by(SetNotNull(table, column), possible_sql=probes.nulls(table, column)),
    )


# --- identity, generated, storage --------------------------------------------------------------


def alter_identity(operation: AlterIdentity, catalog: Catalog, version: int) -> Compatibility:
    """Return what an identity does: ALWAYS refuses values, DROP leaves the column empty."""
    table, column = operation.table, operation.column
    state = catalog.column(table, column)
    before = state.identity if state is not None else None
    match operation.action:
        case IdentityAction.ADD:
            always = operation.identity is not None and operation.identity.always
            return Compatibility(
                old=met((EXPLICIT, Outcome.FAILS if always else Outcome.WORKS)),
                undo=undone_by(AlterIdentity(table, column, IdentityAction.DROP)),
            )
        case IdentityAction.SET:
            return _set_identity(operation, before)
        case IdentityAction.DROP:
            undo = None
            if before is not None:
                back = AlterIdentity(table, column, IdentityAction.ADD, before)
                undo = _with_sequence(back, catalog, version)
            return Compatibility(old=met((OMITTING, Outcome.FAILS)), loses=Loss.VALUES, undo=undo)


def _with_sequence(back: AlterIdentity, catalog: Catalog, version: int) -> Undo:
    """Return the way back with the rights on the sequence, which is made again under its name."""
    owner = (catalog.key(back.table), back.column)
    for sequence in catalog.sequences_of(back.table):
        had = catalog.rights(ObjectKind.SEQUENCE, sequence.name)
        if sequence.owned_by == owner and had.granted:
            again = rights.granting(ObjectKind.SEQUENCE, sequence.name, had.granted, version)
            return undone_by(back, *again)
    return undone_by(back)


def _set_identity(operation: AlterIdentity, before: Identity | None) -> Compatibility:
    after = operation.identity
    always = operation.changes_always and after is not None and after.always
    already = before is not None and before.always
    options = after is not None and bool(after.options)
    undo = None
    if operation.changes_always and before is not None and not options:
        undo = undone_by(
            AlterIdentity(
                operation.table,
                operation.column,
                IdentityAction.SET,
                Identity(before.always),
            )
        )
    return Compatibility(
        old=met(
            (EXPLICIT, Outcome.FAILS if always and not already else Outcome.WORKS),
            (OMITTING, Outcome.CHANGES if options else Outcome.WORKS),
        ),
        undo=undo,
    )


def alter_generated(operation: AlterGenerated, catalog: Catalog) -> Compatibility:
    """Return what another expression does to readers, and its loss to everyone after."""
    table, column = operation.table, operation.column
    if operation.expression is None:
        return Compatibility(
            old=met((INSERTS, Outcome.CHANGES), ((OldStatement.UPDATE,), Outcome.CHANGES))
        )
    state = catalog.column(table, column)
    undo = None
    if state is not None and state.generated is not None:
        undo = undone_by(AlterGenerated(table, column, state.generated.expression))
    return Compatibility(old=met((READS, Outcome.CHANGES)), undo=undo)
