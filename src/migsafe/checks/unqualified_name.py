"""Names whose meaning depends on the session that runs the migration."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    CreateView,
    DropColumn,
    DropTable,
    RenameTable,
)

PROFILE = "strict"


def check_operation(
    operation: CreateTable
    | CreateTableAs
    | CreateView
    | DropTable
    | RenameTable
    | AddColumn
    | DropColumn
    | AlterColumnType
    | AddConstraint
    | CreateIndex,
    context: Context,
) -> Iterator[Finding]:
    """Report a relation without a schema, once a statement."""
    relation = operation.view if isinstance(operation, CreateView) else operation.table
    if relation.schema is not None or context.catalog.key(relation).schema is not None:
        return
    if isinstance(operation, CreateTable | CreateTableAs | CreateView) and operation.temporary:
        return
    if operation != context.current.statement.operations[0]:
        return
    yield context.finding(
        f"{relation} has no schema: which relation it is depends on the search_path of the session "
        "that runs the migration.",
        help='Pass the schema: schema="public".'
        if context.is_call
        else f"Write the schema: public.{relation}.",
        relations=(),
    )
