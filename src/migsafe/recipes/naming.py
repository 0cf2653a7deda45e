"""The names that the server gives where none was written: a plan has to know them."""

from migsafe.catalog.catalog import Catalog
from migsafe.context import Applied
from migsafe.model.expressions import Name
from migsafe.model.operations import CreateIndex
from migsafe.model.record import replace
from migsafe.recipes import names


def index(written: CreateIndex, applied: Applied) -> CreateIndex | None:
    """Return an index with its name, the one that the catalog expects if it was left out."""
    if written.name is not None:
        return written
    before = {state.name for state in applied.before.indexes(written.table)}
    found = [
        state.name.name
        for state in applied.after.indexes(written.table)
        if state.name not in before
    ]
    return replace(written, name=found[0]) if len(found) == 1 else None


def constraint(written: str | None, table: Name, applied: Applied) -> str | None:
    """Return a constraint's name, the one that the catalog expects if it was left out."""
    if written is not None:
        return written
    before = {state.name for state in applied.before.constraints(table)}
    found = [state.name for state in applied.after.constraints(table) if state.name not in before]
    return found[0] if len(found) == 1 else None


def of_partition(partition: Name, index: CreateIndex, after: Catalog) -> str:
    """Return the name of a partition's part of an index: the server's own, where it is known."""
    parent = None if index.name is None else after.key(index.table.beside(index.name))
    for state in after.indexes(partition):
        if state.parent is not None and after.key(state.parent) == parent:
            return state.name.name
    return names.fitted("", f"{partition.name}_{index.name}")
