"""Queries inside statements: which relations they read, which functions they call."""

import re

from google.protobuf.message import Message

from migsafe.model.expressions import Name
from migsafe.model.operations import Query
from migsafe.model.pattern import pattern
from migsafe.parsers.postgres import canonical, pb
from migsafe.parsers.postgres.expressions import function_name, keyword_function
from migsafe.parsers.postgres.names import relation
from migsafe.parsers.postgres.walking import walk

_QUERY_WORDS = pattern("select|from|join|using|table|with", re.IGNORECASE)


def read(node: pb.Node, sql: str | None = None) -> Query:
    """Return a query with what it reads; `sql` is its canonical text if known."""
    relations: dict[Name, None] = {}
    functions: dict[str, None] = {}
    references: dict[tuple[str, ...], None] = {}
    outputs: set[int] = set()
    for message, hidden in walk(node):
        match message:
            case pb.RangeVar():
                if message.schemaname or message.relname not in hidden:
                    relations[relation(message)] = None
            case pb.FuncCall():
                functions[function_name(message)] = None
            case pb.SQLValueFunction():
                functions[keyword_function(message)] = None
            case pb.SortBy():
                outputs.add(message.node.column_ref.location)
            case pb.SelectStmt():
                outputs.update(each.column_ref.location for each in message.distinct_clause)
            case pb.ColumnRef():
                if len(message.fields) > 1 or message.location not in outputs:
                    references[_parts(message)] = None
            case _:
                pass
    return Query(
        canonical.node(node) if sql is None else sql,
        tuple(relations),
        tuple(functions),
        has_where=_has_where(node),
        output=_output(node.select_stmt) if node.HasField("select_stmt") else None,
        references=tuple(references),
    )


def _parts(column: pb.ColumnRef) -> tuple[str, ...]:
    return tuple(
        [str(field.string.sval) if field.HasField("string") else "*" for field in column.fields]
    )


def _output(select: pb.SelectStmt) -> tuple[str, ...] | None:
    """Return the names of a result's columns, None where the server makes one up or `*` stands."""
    while select.HasField("larg"):
        select = select.larg
    names: list[str] = []
    for node in select.target_list:
        target = node.res_target
        name = target.name or _column_name(target.val)
        if name is None:
            return None
        names.append(name)
    return tuple(names) or None


def _column_name(value: pb.Node) -> str | None:
    if not value.HasField("column_ref"):
        return None
    last = value.column_ref.fields[-1]
    return last.string.sval if last.HasField("string") else None


def _has_where(node: pb.Node) -> bool:
    if not node.HasField("select_stmt"):
        return True
    select = node.select_stmt
    return select.HasField("where_clause") or not select.from_clause


def relations_read(statement: Message, target: pb.RangeVar, sql: str) -> tuple[Name, ...]:
    """Return the relations that a statement names besides its target.

    Args:
        statement: The statement.
        target: Its own relation, left out.
        sql: The statement's text: where no word of it can begin a query, nothing is read.
    """
    if not _QUERY_WORDS.search(sql):
        return ()
    found: dict[Name, None] = {}
    for message, hidden in walk(statement):
        if (
            isinstance(message, pb.RangeVar)
            and message.location != target.location
            and (message.schemaname or message.relname not in hidden)
        ):
            found[relation(message)] = None
    return tuple(found)
