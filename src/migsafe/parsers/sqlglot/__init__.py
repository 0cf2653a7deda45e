"""SQL inside application code, of any dialect, read by sqlglot. Nothing else knows sqlglot."""

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from migsafe.model.pattern import pattern
from migsafe.parsers.naming import Named, unfilled
from migsafe.parsers.placeholders import filled
from migsafe.parsers.sqlglot.walking import walk

LONGEST = 20_000
"""How many characters are read: the library's time grows with their square."""
_DEEPEST = 60
_EXPLAIN = pattern(r"\s*explain(?:\s*\([^()]*\)|\s+(?:analyze|verbose)\b)*", re.IGNORECASE)

# It warns of statements that it passes over; here they are not read, and that is said.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def named(sql: str) -> tuple[Named, ...] | None:
    """Return what the statements of a text name, None if they cannot be read.

    Placeholders of any style may stand in it; what they stand for is not named.
    """
    if len(sql) > LONGEST or _is_deep(sql):
        return None
    if "{{" not in sql and "${" not in sql:
        read = _read(sql)
        if read is not None:
            return read
    for reading in filled(sql, {}):
        read = _read(reading.sql)
        if read is not None:
            return unfilled(read, reading)
    return None


def _is_deep(sql: str) -> bool:
    depth = deepest = 0
    for character in sql:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest > _DEEPEST


def _read(sql: str) -> tuple[Named, ...] | None:
    explain = _EXPLAIN.match(sql)
    if explain is not None:
        sql = sql.replace(explain.group(), " " * explain.end(), 1)
    dialect = "mysql" if "`" in sql else "postgres"
    try:
        statements = sqlglot.parse(sql, dialect=dialect)
    except (SqlglotError, RecursionError):
        return None
    found: list[Named] = []
    for statement in statements:
        if statement is None:
            continue
        names = walk(statement) if isinstance(statement, exp.Expression) else None
        if names is None:
            return None
        found += names
    return tuple(sorted(found, key=lambda each: each.start))
