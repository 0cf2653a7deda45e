"""What a server refuses whatever the rows are: the statement does not fit the schema.

Each function returns the first reason that the server finds, in its own order, or None.
Nothing is refused here that the catalog does not know for certain.

Source:
    src/backend/commands/tablecmds.c and parser/parse_utilcmd.c of PostgreSQL, for the
    order; measured: fixtures/effects/refusals.toml.
"""

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres.refusals import (
    columns,
    constraints,
    data,
    objects,
    retyping,
    tables,
)
from migsafe.model.effects import Certain
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterGenerated,
    AlterIdentity,
    AttachIndex,
    AttachPartition,
    CommentOn,
    Copy,
    CreateIndex,
    CreateRoutine,
    CreateTable,
    CreateView,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropObject,
    ImportForeignSchema,
    Insert,
    Merge,
    Operation,
    RefreshView,
    RenameColumn,
    RewriteTable,
    SetColumnStorage,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetRowType,
    SetTableOptions,
    Update,
    ValidateConstraint,
)

__all__ = ["refusal"]


def refusal(  # noqa: C901, PLR0912  # one line an operation
    operation: Operation, catalog: Catalog, version: int
) -> Certain | None:
    """Return why a server refuses an operation, None where it does not or nobody knows."""
    match operation:
        case AddColumn():
            return columns.add_column(operation, catalog, version)
        case DropColumn():
            return columns.drop_column(operation, catalog)
        case RenameColumn():
            return columns.rename_column(operation, catalog)
        case AlterColumnType():
            return retyping.alter_type(operation, catalog, version)
        case SetDefault() | DropDefault():
            return columns.set_default(operation, catalog)
        case SetNotNull():
            return columns.set_not_null(operation, catalog, version)
        case DropNotNull():
            return columns.drop_not_null(operation, catalog, version)
        case AlterIdentity():
            return columns.alter_identity(operation, catalog, version)
        case AlterGenerated():
            return columns.alter_generated(operation, catalog, version)
        case SetColumnStorage():
            return columns.set_storage(operation, catalog)
        case AddConstraint():
            return constraints.add_constraint(operation, catalog, version)
        case ValidateConstraint():
            return constraints.validate(operation, catalog)
        case AlterConstraint():
            return constraints.alter_constraint(operation, catalog, version)
        case DropConstraint():
            return constraints.drop_constraint(operation, catalog)
        case CreateIndex():
            return constraints.create_index(operation, catalog)
        case DropIndex():
            return constraints.drop_index(operation, catalog)
        case AttachIndex():
            return tables.attach_index(operation, catalog)
        case SetInheritance():
            return tables.set_inheritance(operation, catalog)
        case AttachPartition():
            return tables.attach_partition(operation, catalog, version)
        case CreateTable():
            return tables.create_table(operation, catalog, version)
        case SetRowType():
            return tables.set_row_type(operation, catalog)
        case RewriteTable():
            return tables.rewrite_table(operation, catalog, version)
        case SetTableOptions():
            return tables.set_options(operation, catalog, version)
        case Copy():
            return tables.copy(operation, catalog)
        case Insert():
            return data.insert(operation, catalog)
        case Update():
            return data.update(operation, catalog)
        case Delete():
            return data.delete(operation, catalog)
        case Merge():
            return data.merge(operation, catalog)
        case CreateView():
            return objects.create_view(operation, catalog)
        case CommentOn():
            return objects.comment_on(operation, catalog)
        case RefreshView():
            return objects.refresh_view(operation, catalog)
        case DropObject():
            return objects.drop_object(operation, catalog)
        case CreateRoutine():
            return objects.replace_routine(operation, catalog)
        case AlterDomain():
            return objects.alter_domain(operation, catalog)
        case ImportForeignSchema():
            return objects.import_schema(operation, catalog)
        case _:
            return None
