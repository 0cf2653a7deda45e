"""Changes of rows that a server refuses whatever the rows are."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres.publications import unidentified
from migsafe.effects.postgres.refusals.known import absent_column, known_table
from migsafe.effects.postgres.relations import family
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.operations import Delete, Insert, Merge, Update
from migsafe.model.pattern import pattern
from migsafe.writing.tokens import tokens

_DEFAULT = "DEFAULT"


def insert(operation: Insert, catalog: Catalog) -> Certain | None:
    """Return why INSERT is refused."""
    missing = _missing(operation.table, operation.columns, catalog)
    if missing is not None:
        return missing
    twice = _twice(operation.columns, operation.sql)
    if twice is not None:
        return Certain("42701", f"the column {twice} is named twice")
    words = {word.upper() for word in tokens(operation.sql)}
    if not words.isdisjoint({_DEFAULT, "OVERRIDING"}):
        return None
    state = known_table(catalog, operation.table)
    for name in () if state is None else operation.columns:
        column = None if state is None else state.column(name)
        if column is None:
            continue
        always = column.identity is not None and column.identity.always
        if always or column.generated is not None:
            words = {word.upper() for word in tokens(operation.sql)}
            if words.isdisjoint({_DEFAULT, "OVERRIDING"}):
                return Certain("428C9", f"{name} gets its value from the server alone")
            return None
    return None


def update(operation: Update, catalog: Catalog) -> Certain | None:
    """Return why UPDATE is refused."""
    table = operation.table
    names = [assignment.column for assignment in operation.assignments]
    missing = _missing(table, names, catalog)
    if missing is not None:
        return missing
    twice = _twice(names, operation.sql)
    if twice is not None:
        return Certain("42601", f"the column {twice} is set twice")
    for assignment in operation.assignments:
        column = catalog.column(table, assignment.column)
        if column is None or assignment.value.sql.upper() == _DEFAULT:
            continue
        always = column.identity is not None and column.identity.always
        if always or column.generated is not None:
            return Certain("428C9", f"{column.name} gets its value from the server alone")
    return unidentified(_changed(table, operation.sql, catalog), frozenset({"update"}), catalog)


def delete(operation: Delete, catalog: Catalog) -> Certain | None:
    """Return why DELETE is refused."""
    changed = _changed(operation.table, operation.sql, catalog)
    return unidentified(changed, frozenset({"delete"}), catalog)


def merge(operation: Merge, catalog: Catalog) -> Certain | None:
    """Return why MERGE is refused."""
    if any(setting.startswith("rule ") for setting in catalog.settings(operation.table)):
        return Certain("0A000", f"{operation.table} has rules")
    words = {word.lower() for word in tokens(operation.sql)}
    changed = _changed(operation.table, operation.sql, catalog)
    return unidentified(changed, frozenset(words & {"update", "delete"}), catalog)


def _twice(names: Iterable[str], sql: str) -> str | None:
    """Return a column that is named more than once as a whole; parts of one may be."""
    seen: set[str] = set()
    for name in names:
        if name in seen and not _PART.search(sql):
            return name
        seen.add(name)
    return None


_PART = pattern(r"[\w\"]\s*[.\[]")
"""An element or a field, or a name with its schema."""


def _changed(table: Name, sql: str, catalog: Catalog) -> tuple[Name, ...]:
    if known_table(catalog, table) is None:
        return ()
    words = [word.upper() for word in tokens(sql)]
    return family(catalog, table, only="ONLY" in words[:4])


def _missing(table: Name, columns: Iterable[str], catalog: Catalog) -> Certain | None:
    if known_table(catalog, table) is None:
        return None
    found = (absent_column(catalog, table, column) for column in columns)
    return next((each for each in found if each is not None), None)
