"""What an UPDATE of a migration writes, taken apart so that it can run in batches."""

from collections.abc import Collection

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.text import column_of
from migsafe.effects.postgres.volatility import Volatility, volatility
from migsafe.model.expressions import Name
from migsafe.model.operations import Assignment, Update
from migsafe.model.plan import Backfill
from migsafe.model.record import record
from migsafe.parsers.tokens import tokens
from migsafe.recipes import batches
from migsafe.writing import quoting


@record
class Parts:
    """The parts of an UPDATE's text: the alias of its table, and what FROM names."""

    alias: str | None
    sources: str | None


def parts(update: Update) -> Parts | None:
    """Return the parts of an UPDATE; None where it begins with WITH or takes rows back."""
    words = [
        (update.sql[token.start : token.end], token)
        for token in tokens(update.sql)
        if token.depth == 0
    ]
    upper = [word.upper() for word, _ in words]
    if not upper or upper[0] != "UPDATE" or "RETURNING" in upper or "SET" not in upper:
        return None
    start = upper.index("SET")
    before = [word for word, _ in words[1:start]]
    if before[:1] and before[0].upper() == "ONLY":
        before = before[1:]
    at = 3 if len(before) > 1 and before[1] == "." else 1
    rest = [word for word in before[at:] if word.upper() != "AS"]
    if len(rest) > 1:
        return None
    alias = column_of(rest[0]) if rest else None
    froms = [number for number, word in enumerate(upper) if word == "FROM" and number > start]
    if not froms:
        return Parts(alias, None)
    wheres = [number for number, word in enumerate(upper) if word == "WHERE" and number > froms[-1]]
    begin = words[froms[-1]][1].end
    end = words[wheres[0]][1].start if wheres else len(update.sql)
    return Parts(alias, update.sql[begin:end].strip())


def backfill(update: Update, catalog: Catalog, new: Collection[str]) -> Backfill | str:
    """Return an UPDATE as a backfill, or why it cannot be one.

    A batch must be able to run again: a row is done when it holds its value. Where the value
    is another one at each call, a row is done when it holds any, which needs a new column.

    Args:
        update: The statement.
        catalog: The schema when it runs.
        new: The columns of its table that nothing has written before.
    """
    read = parts(update)
    if read is None:
        return "its text cannot be taken apart into batches"
    if any(assignment.value.opaque for assignment in update.assignments):
        return "what it writes is not known"
    called = quoting.identifier(read.alias or update.table.name)
    undone = []
    for assignment in update.assignments:
        column = f"{called}.{quoting.identifier(assignment.column)}"
        if assignment.column in new:
            undone.append(f"{column} IS NULL")
            continue
        if volatility(assignment.value, catalog) is not Volatility.IMMUTABLE:
            return f"{assignment.column} gets another value each time it runs"
        if assignment.column in assignment.value.columns and not _settles(assignment):
            return f"{assignment.column} is computed from itself: a second run changes it again"
        undone.append(f"{column} IS DISTINCT FROM ({assignment.value.sql})")
    condition = " OR ".join(undone)
    if update.where is not None:
        condition = f"({update.where.sql}) AND ({condition})"
    return batches.fill(
        update.table,
        tuple((each.column, each.value.sql) for each in update.assignments),
        condition,
        catalog,
        alias=read.alias,
        sources=read.sources,
    )


_SETTLING = frozenset({"lower", "upper", "trim", "btrim", "ltrim", "rtrim", "coalesce", "abs"})


def _settles(assignment: Assignment) -> bool:
    """Say whether a second run finds the value as the first left it."""
    functions = assignment.value.functions
    return bool(functions) and _SETTLING.issuperset(functions)


def assigned(update: Update, table: Name, column: str) -> bool:
    """Say whether an UPDATE writes one column of a table, and nothing else."""
    return (
        update.table.name == table.name
        and len(update.assignments) == 1
        and update.assignments[0].column == column
    )
