"""Dropped columns, and what goes with them."""

from migsafe.catalog import constraints, indexes, rights, uses, views
from migsafe.catalog.columns import family, take_sequence
from migsafe.catalog.facts import Facts
from migsafe.model.expressions import Name
from migsafe.model.operations import DropColumn, ForeignKey


def drop_column(facts: Facts, operation: DropColumn) -> None:
    """Apply DROP COLUMN."""
    key = facts.altered(operation.table, sure=not operation.table_if_exists)
    for each in family(facts, key, only=operation.only):
        take(facts, each, operation.column, cascade=operation.cascade)


def take(facts: Facts, key: Name, column: str, *, cascade: bool = True) -> None:
    """Remove a column with its indexes, constraints, sequences, and the views on it.

    The statement fails if a view depends and CASCADE was not said. Where it went through, no
    view reads the column, or what reads it is gone by another way: nobody knows. Nor does anyone
    know whether CASCADE took a view that may read the column, or may not.
    """
    for view in tuple(views.using(facts, key, column)):
        state = facts.views.get(view)
        if cascade and state is not None and (key, column) in state.surely:
            views.take(facts, view)
        else:
            facts.doubt_relation(view)
    _take_constraints(facts, key, column)
    _take_indexes(facts, key, column)
    _take_sequences(facts, key, column)
    uses.take_all_statistics(facts, key, column)
    for setting, _ in facts.belongings(key).settings:
        if setting.startswith(f"column {column} "):
            facts.set_setting(key, setting, None)
    rights.rename_column(facts, key, column, None)
    facts.take_column(key, column)
    table = facts.tables.get(key)
    for other in () if table is None else table.columns:
        if other.generated is not None and column in other.generated.expression.columns:
            take(facts, key, other.name)


def _take_constraints(facts: Facts, key: Name, column: str) -> None:
    for state in facts.belongings(key).constraints:
        if column in constraints.columns_of(state.constraint):
            constraints.take(facts, key, state.name)
    for child, name in facts.belongings(key).incoming:
        incoming = facts.constraint(child, name)
        if (
            incoming is not None
            and isinstance(incoming.constraint, ForeignKey)
            and column in incoming.constraint.referenced_columns
        ):
            facts.take_constraint(child, name)


def _take_indexes(facts: Facts, key: Name, column: str) -> None:
    for name in facts.belongings(key).indexes:
        index = facts.indexes.get(name)
        if index is not None and column in indexes.columns_of(index):
            facts.take_index(name)


def _take_sequences(facts: Facts, key: Name, column: str) -> None:
    for name in facts.belongings(key).sequences:
        sequence = facts.sequences.get(name)
        if sequence is not None and sequence.owned_by == (key, column):
            take_sequence(facts, name)
