"""A walk over a tree that minds which names a WITH clause hides."""

from collections.abc import Iterator
from functools import cache

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from migsafe.parsers.naming import NO_CTES, Ctes
from migsafe.parsers.postgres import pb

# `locked_rels` (FOR UPDATE OF …) names aliases, not relations; WITH is walked by itself.
_SKIPPED = frozenset({"with_clause", "locked_rels", "type_name", "alias", "funcname"})
_LEAVES = frozenset({"string", "integer", "float", "boolean", "a_const", "a_star"})


def walk(message: Message) -> Iterator[tuple[Message, Ctes]]:  # noqa: C901 - one loop
    """Yield every message below and with `message`, as written, with the WITH names seen.

    Left out are `Node` wrappers and what holds neither relation, column nor function:
    constants, types, aliases. Nothing recurses: depth is the input's to choose.
    """
    stack: list[tuple[Message, Ctes]] = [(message, NO_CTES)]
    while stack:
        current, scope = stack.pop()
        if isinstance(current, pb.Node):
            kind = current.WhichOneof("node")
            if kind is None or kind in _LEAVES:
                continue
            current = getattr(current, kind)
        yield current, scope
        if isinstance(current, pb.ColumnRef):
            continue
        fields = current.ListFields()
        children: list[tuple[Message, Ctes]] = []
        inside = scope
        for field, value in fields:
            if field.name == "with_clause":
                inside = scope.within([node.common_table_expr.ctename for node in value.ctes])
                # Without RECURSIVE a query in WITH sees only those before it.
                for number, node in enumerate(value.ctes):
                    children.append((node, inside if value.recursive else inside.first(number)))
        for field, value in fields:
            shape = _shape(field)
            if shape == _ONE:
                children.append((value, inside))
            elif shape == _MANY:
                children += [(child, inside) for child in value]
        children.reverse()
        stack += children


_NONE, _ONE, _MANY = range(3)


@cache
def _shape(field: FieldDescriptor) -> int:
    """Return whether a field holds no message worth a visit, one, or many."""
    if field.message_type is None or field.name in _SKIPPED:
        return _NONE
    return _MANY if field.is_repeated else _ONE
