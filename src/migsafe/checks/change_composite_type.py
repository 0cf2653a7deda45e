"""Composite types whose attributes change while running code spells them out."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    AlterCompositeType,
    AttributeAction,
    ObjectKind,
    RenameColumn,
)


def check_operation(
    operation: AlterCompositeType | RenameColumn, context: Context
) -> Iterator[Finding]:
    """Report an attribute of a released composite type that comes, goes or changes."""
    told = _told(operation, context)
    if told is None:
        return
    name, what, fails, ahead = told
    if not context.is_live(name) or isinstance(context.effects.fails, Certain):
        return
    users = context.catalog.enum_users(name)
    refused = ""
    if isinstance(operation, AlterCompositeType) and users:
        columns = ", ".join(f"{table}.{column}" for table, column in users)
        refused = f"; the server refuses it (0A000) as long as {columns} has the type"
    yield context.finding(
        f"{what}: {fails} {context.until_gone}{ahead}{refused}.",
        help="Make a new type beside it, switch the code, and drop the old one in a later deploy.",
    )


def _told(
    operation: AlterCompositeType | RenameColumn, context: Context
) -> tuple[Name, str, str, str] | None:
    """Return the type, what happens to it and what fails where; None for a column of a table."""
    match operation:
        case AlterCompositeType(type=name, attribute=attribute, action=action):
            what = {
                AttributeAction.ADD: f"Adding the attribute {attribute} to the type {name}",
                AttributeAction.DROP: f"Dropping the attribute {attribute} of the type {name}",
                AttributeAction.ALTER: f"Changing the attribute {attribute} of the type {name}",
            }[action]
            fails = (
                f"a ROW(…) that {context.old_code} casts to it no longer fits and fails (42846, "
                "42804), and code that unpacks a value meets another shape"
            )
            ahead = context.new_code("sends the new shape", "fails")
            return name, what, fails, ahead
        case RenameColumn(kind=ObjectKind.TYPE, table=name, column=attribute, new_name=new):
            what = f"Renaming the attribute {attribute} of the type {name} to {new}"
            fails = f"every statement of {context.old_code} that names {attribute} fails (42703)"
            return name, what, fails, context.new_code(f"names {new}", "fails (42703)")
        case RenameColumn():
            return None
