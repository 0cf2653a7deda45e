"""Indexes and constraints of a column, made again for the column that takes its place."""

from collections.abc import Iterator

from migsafe.catalog import text
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState, IndexState
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddConstraint,
    Check,
    Constraint,
    CreateIndex,
    DropConstraint,
    Exclusion,
    ForeignKey,
    IndexElement,
    NotNull,
    ObjectKind,
    Operation,
    PrimaryKey,
    RenameObject,
    Unique,
)
from migsafe.model.plan import Direction, Step
from migsafe.model.record import record, replace
from migsafe.recipes import blocks, names
from migsafe.writing import quoting


@record
class Clones:
    """What a column carries, made again for another.

    `steps` make them under names of the plan; `renames` give them the old names once the old
    column, and with it the originals, is gone.
    """

    steps: tuple[Step, ...] = ()
    renames: tuple[Operation, ...] = ()


def obstacle(catalog: Catalog, table: Name, column: str) -> str | None:
    """Return in words what keeps a column from being replaced by another, None if nothing does."""
    state = catalog.column(table, column)
    if state is None or state.type is None:
        return (
            f"the type of {table}.{column} is not known: give the schema before with --schema, "
            "or the migrations before"
        )
    if state.generated is not None:
        return f"{table}.{column} is a generated column"
    if state.identity is not None:
        return f"{table}.{column} is an identity column"
    return fixed(catalog, table, column)


def fixed(catalog: Catalog, table: Name, column: str) -> str | None:
    """Return in words what does not let go of a column, None if nothing known does."""
    known = catalog.table(table)
    if known is not None:
        if known.partition_by is not None and column in known.partition_by.columns:
            return f"{table} is partitioned by {column}"
        if known.inherits or catalog.children(table):
            return f"{table} has parents, children or partitions"
        if any(
            each.generated is not None and column in each.generated.expression.columns
            for each in known.columns
        ):
            return f"a generated column of {table} reads {column}"
    views = catalog.views_on_column(table, column)
    if views:
        return f"view {views[0].name} reads {table}.{column}"
    return _held(catalog, table, column)


def _held(catalog: Catalog, table: Name, column: str) -> str | None:
    """Return in words which constraint does not let go of a column."""
    for state in catalog.constraints_on(table, column):
        match state.constraint:
            case PrimaryKey():
                return f"{table}.{column} is in the primary key"
            case Exclusion():
                return f"{table}.{column} is in the exclusion constraint {state.name}"
            case _:
                pass
    for state in catalog.foreign_keys_to(table):
        if isinstance(state.constraint, ForeignKey) and column in _referenced(
            state.constraint, catalog, table
        ):
            return f"foreign key {state.name} of {state.table} refers to {table}.{column}"
    return None


def _referenced(key: ForeignKey, catalog: Catalog, table: Name) -> tuple[str, ...]:
    if key.referenced_columns:
        return key.referenced_columns
    primary = catalog.primary_key(table)
    constraint = None if primary is None else primary.constraint
    return constraint.columns if isinstance(constraint, PrimaryKey) else ()


def clones(catalog: Catalog, table: Name, old: str, new: str, mark: str) -> Clones:
    """Return the clones of everything that is known to stand on a column.

    NOT NULL, defaults and sequences are the column's own; they are not made here.
    """
    steps: list[Step] = []
    renames: list[Operation] = []
    for index in catalog.indexes_on(table, old):
        if index.constraint is not None:
            continue
        made = recreated(index, table, old, new)
        temporary = names.fitted("migsafe_", f"{mark}_{index.name.name}")
        steps.append(blocks.build_index(replace(made, name=temporary)))
        name = table.beside(temporary)
        renames.append(RenameObject(ObjectKind.INDEX, name, index.name.name))
    for state in catalog.constraints_on(table, old):
        temporary = names.fitted("migsafe_", f"{mark}_{state.name}")
        made_steps = tuple(_constraint(state, catalog, table, old, new, temporary))
        if made_steps:
            steps.extend(made_steps)
            name = Name(temporary)
            renames.append(RenameObject(ObjectKind.CONSTRAINT, name, state.name, table=table))
    return Clones(tuple(steps), tuple(renames))


def _constraint(
    state: ConstraintState, catalog: Catalog, table: Name, old: str, new: str, temporary: str
) -> Iterator[Step]:
    moved = with_column(state.constraint, old, new, temporary)
    match moved:
        case Check() | ForeignKey():
            yield blocks.add_not_valid(
                table, replace(moved, valid=False), f"{state.name} holds for {new} as well"
            )
            if moved.valid:
                yield blocks.validate(table, temporary)
        case Unique():
            index = catalog.index(table.beside(state.name))
            if index is None:
                return
            made = recreated(index, table, old, new)
            yield blocks.build_index(replace(made, name=temporary))
            yield attach(table, replace(moved, columns=(), include=(), using_index=temporary))
        case None:
            return


def attach(table: Name, constraint: Unique) -> Step:
    """Return the step that makes a constraint of a unique index, in an instant."""
    name = constraint.name or ""
    taken = replace(constraint, columns=(), include=(), nulls_not_distinct=False, index_options="")
    return blocks.brief(
        (AddConstraint(table, taken),),
        (DropConstraint(table, name),),
        Direction.RESTRICT,
        f"the index is there: {name} only takes it over",
    )


def with_column(
    constraint: Constraint, old: str, new: str, name: str
) -> Check | ForeignKey | Unique | None:
    """Return a constraint of another column; None for kinds that a column cannot take along."""
    match constraint:
        case Check():
            return replace(
                constraint, name=name, expression=text.renamed(constraint.expression, old, new)
            )
        case ForeignKey():
            return replace(
                constraint,
                name=name,
                columns=_swapped(constraint.columns, old, new),
                set_columns=_swapped(constraint.set_columns, old, new),
            )
        case Unique():
            return replace(constraint, name=name)
        case PrimaryKey() | Exclusion() | NotNull():
            return None


def recreated(index: IndexState, table: Name, old: str = "", new: str = "") -> CreateIndex:
    """Return the statement that makes an index, for another column if one is named."""
    return CreateIndex(
        index.name.name,
        table,
        tuple(_element(element, old, new) for element in index.elements),
        unique=index.unique,
        method=index.method,
        include=_swapped(index.include, old, new),
        nulls_not_distinct=index.nulls_not_distinct,
        where=None if index.where is None else text.renamed(index.where, old, new),
    )


def _element(element: IndexElement, old: str, new: str) -> IndexElement:
    if element.column == old:
        return replace(element, column=new)
    if element.expression is not None:
        return replace(element, expression=text.renamed(element.expression, old, new))
    return element


def _swapped(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if column == old else column for column in columns)


def duplicates(table: Name, index: CreateIndex) -> str:
    """Return the query for what a unique index would refuse."""
    keys = [_key(element) for element in index.elements]
    listed = ", ".join(keys)
    conditions = [] if index.nulls_not_distinct else [f"{key} IS NOT NULL" for key in keys]
    if index.where is not None:
        conditions.append(f"({index.where.sql})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (
        f"SELECT {listed}, count(*) FROM {quoting.name(table)}{where} "
        f"GROUP BY {listed} HAVING count(*) > 1"
    )


def _key(element: IndexElement) -> str:
    if element.column is not None:
        return quoting.identifier(element.column)
    return "" if element.expression is None else f"({element.expression.sql})"
