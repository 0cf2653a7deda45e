"""What changes of whole tables and of rows do to code that was written before them."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.compatibility.outcomes import (
    HARMLESS,
    INSERTS,
    READS,
    TABLE_STATEMENTS,
    met,
    undone_by,
)
from migsafe.effects.postgres import probes
from migsafe.model.compatibility import Compatibility, Loss, OldStatement, Outcome
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AttachPartition,
    CreateTable,
    CreateTableAs,
    DataWork,
    DetachPartition,
    DropObject,
    DropTable,
    ObjectKind,
    RenameTable,
    RewriteKind,
    RewriteTable,
    RowTypeAction,
    SetInheritance,
    SetReplicaIdentity,
    SetRowType,
    SetSchema,
)

DELETE = (OldStatement.DELETE,)
UPDATE = (OldStatement.UPDATE,)
_RELATIONS = frozenset(
    {
        ObjectKind.TABLE,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
    }
)
CALLED = frozenset(
    {
        ObjectKind.FUNCTION,
        ObjectKind.PROCEDURE,
        ObjectKind.ROUTINE,
        ObjectKind.AGGREGATE,
        ObjectKind.SEQUENCE,
    }
)
"""What old code calls by name: a sequence is called through nextval()."""


def statements_of(kind: ObjectKind) -> tuple[OldStatement, ...]:
    """Return the kinds of statement that a relation takes: nobody writes what is refreshed."""
    return READS if kind is ObjectKind.MATERIALIZED_VIEW else TABLE_STATEMENTS


def create_table(operation: CreateTable | CreateTableAs, catalog: Catalog) -> Compatibility:
    """Return what a new table does: nothing to code that does not know it.

    Deleting a parent meets the new rows only once new code has written some.
    """
    table = operation.table
    there = catalog.existence(ObjectKind.TABLE, table) is Existence.PRESENT
    if operation.if_not_exists and there:
        return HARMLESS
    if isinstance(operation, CreateTable) and operation.tail.startswith("SERVER "):
        return Compatibility(undo=undone_by(DropObject(ObjectKind.FOREIGN_TABLE, table)))
    return Compatibility(undo=undone_by(DropTable(table), possible_sql=probes.any_row(table)))


def drop_table(operation: DropTable, catalog: Catalog) -> Compatibility:
    """Return what the loss of a table does: every statement that names it fails."""
    absent = catalog.existence(ObjectKind.TABLE, operation.table) is Existence.ABSENT
    if operation.if_exists and absent:
        return HARMLESS
    return Compatibility(old=met((TABLE_STATEMENTS, Outcome.FAILS)), loses=Loss.ROWS)


def rename_table(operation: RenameTable, catalog: Catalog) -> Compatibility:
    """Return what a rename does: every statement that says the old name fails."""
    del catalog
    table = operation.table
    return Compatibility(
        old=met((TABLE_STATEMENTS, Outcome.FAILS)),
        undo=undone_by(RenameTable(table.beside(operation.new_name), table.name)),
    )


def set_schema(operation: SetSchema) -> Compatibility:
    """Return what a move does: names that say the schema, or do not look there, fail."""
    before = operation.object
    undo = undone_by(
        SetSchema(
            operation.kind,
            Name(before.name, operation.schema),
            before.schema or "public",
            arguments=operation.arguments,
        )
    )
    if operation.kind in _RELATIONS:
        kinds = statements_of(operation.kind)
        return Compatibility(old=met((kinds, Outcome.FAILS)), undo=undo)
    if operation.kind in CALLED:
        return Compatibility(old=met(((OldStatement.CALL,), Outcome.FAILS)), undo=undo)
    return Compatibility(old=met((TABLE_STATEMENTS, Outcome.UNKNOWN)), undo=undo)


def attach_partition(operation: AttachPartition) -> Compatibility:
    """Return what attaching does: rows appear in the parent, the child is bounded."""
    return Compatibility(
        old=met(
            (READS, Outcome.CHANGES),
            ((*INSERTS, *UPDATE), Outcome.FAILS),
            (DELETE, Outcome.CHANGES),
        ),
        undo=undone_by(DetachPartition(operation.parent, operation.partition)),
    )


def detach_partition(operation: DetachPartition, catalog: Catalog) -> Compatibility:
    """Return what detaching does: rows vanish from the parent, which refuses new ones."""
    state = catalog.table(operation.partition)
    undo = None
    if state is not None and state.partition_bound is not None:
        undo = undone_by(
            AttachPartition(operation.parent, operation.partition, state.partition_bound)
        )
    return Compatibility(
        old=met(
            (READS, Outcome.CHANGES),
            (INSERTS, Outcome.FAILS),
            ((*UPDATE, *DELETE), Outcome.CHANGES),
        ),
        undo=undo,
    )


def set_inheritance(operation: SetInheritance) -> Compatibility:
    """Return what inheriting does: rows appear in the parent, or vanish from it."""
    back = SetInheritance(operation.table, operation.parent, not operation.inherit)
    return Compatibility(
        old=met((READS, Outcome.CHANGES), ((*UPDATE, *DELETE), Outcome.CHANGES)),
        undo=undone_by(back),
    )


def set_row_type(operation: SetRowType) -> Compatibility:
    """Return what OF, NOT OF and SET WITHOUT OIDS do: no statement sees it."""
    match operation.action:
        case RowTypeAction.OF:
            return Compatibility(undo=undone_by(SetRowType(operation.table, RowTypeAction.NOT_OF)))
        case RowTypeAction.NOT_OF:
            # Which type it was is not known.
            return Compatibility()
        case RowTypeAction.WITHOUT_OIDS:
            return HARMLESS


def rewrite_table(operation: RewriteTable) -> Compatibility:
    """Return what a physical copy does: nobody sees it. Logging can be turned back."""
    match operation.kind:
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            other = (
                RewriteKind.LOGGED
                if operation.kind is RewriteKind.UNLOGGED
                else RewriteKind.UNLOGGED
            )
            return Compatibility(undo=undone_by(RewriteTable(operation.table, other)))
        case RewriteKind.TABLESPACE | RewriteKind.ACCESS_METHOD:
            return Compatibility()
        case RewriteKind.CLUSTER | RewriteKind.VACUUM_FULL:
            return HARMLESS


def set_replica_identity(operation: SetReplicaIdentity) -> Compatibility:
    """Return what a replica identity does: without one a published table refuses changes."""
    if operation.identity.upper() == "NOTHING":
        return Compatibility(old=met(((*UPDATE, *DELETE), Outcome.UNKNOWN)))
    return Compatibility()


# --- rows --------------------------------------------------------------------------------


def added_rows() -> Compatibility:
    """Return what new rows do: readers meet them; no operation tells them from others."""
    return Compatibility(old=met((READS, Outcome.CHANGES)))


def changed_rows() -> Compatibility:
    """Return what changed values do: readers meet them, the old ones are gone."""
    return Compatibility(old=met((READS, Outcome.CHANGES)), loses=Loss.VALUES)


def removed_rows() -> Compatibility:
    """Return what removed rows do: readers miss them, and they are gone."""
    return Compatibility(
        old=met((READS, Outcome.CHANGES), ((*UPDATE, *DELETE), Outcome.CHANGES)),
        loses=Loss.ROWS,
    )


def data_work(operation: DataWork) -> Compatibility:
    """Return what is known of data work that a revision does in Python."""
    if operation.rows is not None:
        return added_rows()
    return Compatibility(old=met((READS, Outcome.UNKNOWN)), loses=Loss.VALUES)
