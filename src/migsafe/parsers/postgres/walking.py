"""A walk over a tree that minds which names a WITH clause hides."""

from collections.abc import Iterator

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

Scope = frozenset[str]

# `locked_rels` (FOR UPDATE OF …) names aliases, not relations.
_SKIPPED = frozenset({"with_clause", "locked_rels"})


def walk(message: Message) -> Iterator[tuple[Message, Scope]]:
    """Yield every message below and with `message`, as written, with the WITH names seen.

    `Node` wrappers are left out. Nothing recurses: depth is the input's to choose.
    """
    stack: list[tuple[Message, Scope]] = [(message, frozenset())]
    while stack:
        current, scope = stack.pop()
        if isinstance(current, pb.Node):
            kind = current.WhichOneof("node")
            if kind is not None:
                stack.append((getattr(current, kind), scope))
            continue
        yield current, scope
        children: list[tuple[Message, Scope]] = []
        clause = getattr(current, "with_clause", None)
        if isinstance(clause, pb.WithClause) and clause.ctes:
            inner = scope
            names = scope | {
                node.common_table_expr.ctename for node in clause.ctes
            }
            for node in clause.ctes:
                # Without RECURSIVE a query in WITH sees only those before it.
                children.append((node, names if clause.recursive else inner))
                inner |= {node.common_table_expr.ctename}
            scope = names
        for field, value in current.ListFields():
            if field.message_type is None or field.name in _SKIPPED:
                continue
            if field.is_repeated:
                children.extend((child, scope) for child in value)
            else:
                children.append((value, scope))
        stack.extend(reversed(children))
