"""What a refusal must know for certain before it is one."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, Existence, TableKind, TableState
from migsafe.effects.postgres.types import Work, conversion
from migsafe.model.effects import Certain
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import Identity
from migsafe.model.pattern import pattern
from migsafe.writing.tokens import tokens

WHOLE = frozenset({"smallint", "integer", "bigint", "smallserial", "serial", "bigserial"})


def known_table(catalog: Catalog, table: Name) -> TableState | None:
    """Return a table of which everything is known, else None."""
    state = catalog.table(table)
    if state is None or not state.complete or not catalog.certain(table):
        return None
    return state


def is_partitioned(state: TableState) -> bool:
    """Say whether a table is partitioned."""
    return state.kind is TableKind.PARTITIONED


def absent_column(catalog: Catalog, table: Name, column: str) -> Certain | None:
    """Return the refusal of a column that is not there."""
    if catalog.column_existence(table, column) is Existence.ABSENT:
        return Certain("42703", f"{table} has no column {column}")
    return None


def is_inherited(state: TableState, column: str, catalog: Catalog) -> bool:
    """Say whether a column comes from a parent."""
    parents = (*state.inherits, *((state.partition_of,) if state.partition_of else ()))
    return any(catalog.column(parent, column) is not None for parent in parents)


def is_in_partition_key(state: TableState, column: str) -> bool:
    """Say whether a table is partitioned by a plain column."""
    return state.partition_by is not None and column in state.partition_by.columns


def generated(state: ColumnState | None) -> str | None:
    """Return `stored` or `virtual` for a generated column, else None."""
    if state is None or state.generated is None:
        return None
    return "stored" if state.generated.stored else "virtual"


def identity(state: ColumnState | None) -> Identity | None:
    """Return the identity of a column, None without one."""
    return None if state is None else state.identity


_CAST = pattern(r"(?:.*)::\s*(?P<type>text|integer|int|uuid|date|boolean|bool|jsonb?|bigint)")


def mistyped_default(default: Expression | None, kind: Type | None) -> Certain | None:
    """Return the refusal of a default that is cast to a type which does not fit its column."""
    if default is None or kind is None or default.opaque:
        return None
    words = list(tokens(default.sql))
    if words[-2:-1] != ["::"] or _joins(words[:-2]):
        return None
    found = _CAST.fullmatch(default.sql.strip())
    if found is None:
        return None
    given = Type(_NAMES.get(found["type"], found["type"]))
    change = conversion(given, kind)
    if change.work is Work.REFUSED and change.sqlstate == "42804":
        return Certain("42804", f"a default of type {given} does not fit {kind}")
    return None


_NAMES = {"int": "integer", "bool": "boolean"}


def _joins(words: list[str]) -> bool:
    """Say whether an operator stands at the top, so that a cast at the end is not the whole."""
    depth = 0
    for word in words:
        depth += (word in "([") - (word in ")]")
        if depth == 0 and word[0] in "+-*/<>=~!@#%^&|`?" and len(words) > 1:
            return True
    return False
