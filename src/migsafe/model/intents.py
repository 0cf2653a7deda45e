"""What a group of operations is for; each has one recipe."""

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    Check,
    Column,
    Constraint,
    CreateIndex,
    DropIndex,
    ForeignKey,
    Insert,
    Operation,
    Unique,
    Update,
)
from migsafe.model.record import record


@record
class AddRequiredColumn:
    """A column that becomes NOT NULL, or that fills itself with another value in each row.

    `column` is what it is in the end, apart from a default that the migration drops again
    (`drops_default`). `fill` is the UPDATE with which the migration writes existing rows.
    """

    table: Name
    column: Column
    constraints: tuple[Constraint, ...] = ()
    fill: Update | None = None
    drops_default: bool = False


@record
class RenameColumnIntent:
    """A column gets another name; written as RENAME or as add, copy and drop."""

    table: Name
    column: str
    new_name: str
    new_column: Column | None = None


@record
class RenameTableIntent:
    """A table gets another name."""

    table: Name
    new_name: str


@record
class DropColumnIntent:
    """A column goes away."""

    table: Name
    column: str


@record
class SetNotNullIntent:
    """A column becomes required; `fill` replaces the NULLs, None: the owner must say."""

    table: Name
    column: str
    fill: Update | None = None


@record
class ChangeTypeIntent:
    """A column gets another type; `using` computes the new value."""

    table: Name
    column: str
    type: Type
    using: Expression | None = None
    existing: Type | None = None


@record
class AddCheckIntent:
    """A CHECK constraint on a live table; its name is the server's where none was written."""

    table: Name
    constraint: Check


@record
class AddForeignKeyIntent:
    """A foreign key on a live table."""

    table: Name
    constraint: ForeignKey


@record
class AddUniqueIntent:
    """A UNIQUE constraint, or a unique index, on a live table."""

    table: Name
    constraint: Unique | None
    index: CreateIndex | None = None


@record
class CreateIndexIntent:
    """An index on a live table."""

    index: CreateIndex


@record
class DropIndexIntent:
    """An index goes away; `covered_by` is an index that starts with the same columns."""

    index: DropIndex
    table: Name | None
    covered_by: str | None = None
    again: CreateIndex | None = None
    """The statement that makes it again; None where the index is not known."""


@record
class FillRows:
    """Existing rows are changed (a whole-table UPDATE).

    `new_columns` are those that the same deploy adds: a row is done when they hold a value.
    """

    update: Update
    new_columns: tuple[str, ...] = ()


@record
class CopyRows:
    """Rows that are missing are made from others (INSERT … SELECT of what is not there yet)."""

    insert: Insert


@record
class AsIs:
    """Operations that are safe as they were written; they ship in one expand deploy."""

    operations: tuple[Operation, ...]
    transactional: bool = True


@record
class NoRecipe:
    """An unsafe operation that no recipe covers yet: a plan refuses to hide it."""

    operation: Operation
    why: str


Intent = (
    AddRequiredColumn | RenameColumnIntent | RenameTableIntent | DropColumnIntent
    | SetNotNullIntent | ChangeTypeIntent | AddCheckIntent | AddForeignKeyIntent
    | AddUniqueIntent | CreateIndexIntent | DropIndexIntent | FillRows | CopyRows | AsIs | NoRecipe
)  # fmt: skip
