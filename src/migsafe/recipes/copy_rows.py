"""Rows that are missing are made from others, after the code that makes them itself is out."""

from collections.abc import Iterator

from migsafe.context import Applied
from migsafe.model.intents import CopyRows
from migsafe.model.operations import Insert, Query
from migsafe.model.plan import Backfill, CodeChange, Deploy
from migsafe.recipes import blocks
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing.tokens import tokens

RANK = 91
_ANTI_JOINS = (("NOT", "EXISTS"), ("NOT", "IN"), ("IS", "NULL"), ("EXCEPT",))
"""What a query has that finds only what is not there yet."""


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield INSERT … SELECT into live tables from live tables."""
    for applied in pending.left:
        match applied.operation:
            case Insert(query=Query() as query, rows=None) as insert if pending.is_live(
                applied, insert.table
            ) and any(pending.is_live(applied, name) for name in query.relations):
                yield _found(insert, query, applied)
            case _:
                pass


def _found(insert: Insert, query: Query, applied: Applied) -> Found:
    words = [word.upper() for word in tokens(query.sql)]
    if not any(_holds(words, join) for join in _ANTI_JOINS) or "RETURNING" in insert.sql:
        why = "a second run would insert the rows again: add WHERE NOT EXISTS (…)"
        return cannot(insert, why, applied)
    return Found(CopyRows(insert), (applied,))


def _holds(words: list[str], sought: tuple[str, ...]) -> bool:
    width = len(sought)
    return any(tuple(words[at : at + width]) == sought for at in range(len(words) - width + 1))


def recipe(intent: CopyRows, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that makes the rows itself, then those that are missing."""
    del situation
    insert = intent.insert
    query = "" if insert.query is None else insert.query.sql
    sources = ", ".join(str(name) for name in (insert.query.relations if insert.query else ()))
    left = f"SELECT count(*) FROM ({query}) AS missing"
    fill = Backfill(
        str(insert.table),
        (),
        f"SELECT 1 FROM ({query}) AS missing LIMIT 1",
        insert.sql,
        insert.sql,
        left,
    )
    yield blocks.code(
        f"write {insert.table} as the migration does",
        CodeChange(
            f"whatever writes {sources} makes the rows of {insert.table} that the migration makes"
        ),
    )
    yield blocks.backfill(f"make the missing rows of {insert.table}", fill, gate=(blocks.idle(1),))
