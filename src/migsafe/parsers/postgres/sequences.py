"""Sequences."""

from collections.abc import Sequence

from migsafe.model.expressions import Name
from migsafe.model.operations import AlterSequence, CreateSequence
from migsafe.parsers.postgres import canonical, options, pb
from migsafe.parsers.postgres.names import relation, within
from migsafe.parsers.postgres.source import Operations, Source
from migsafe.parsers.postgres.tables import is_temporary


def create(node: pb.Node, source: Source) -> Operations:
    """Return CREATE SEQUENCE."""
    del source
    statement = node.create_seq_stmt
    rest, owner, _ = _split(statement.options)
    return (
        CreateSequence(
            relation(statement.sequence),
            statement.if_not_exists,
            is_temporary(statement.sequence),
            rest,
            owner,
        ),
    )


def alter(node: pb.Node, source: Source) -> Operations:
    """Return ALTER SEQUENCE."""
    del source
    statement = node.alter_seq_stmt
    rest, owner, none = _split(statement.options)
    return (AlterSequence(relation(statement.sequence), rest, owner, none, statement.missing_ok),)


def _split(nodes: Sequence[pb.Node]) -> tuple[str, tuple[Name, str] | None, bool]:
    """Return options, the owning column, and whether OWNED BY says NONE."""
    rest = [node for node in nodes if node.def_elem.defname != "owned_by"]
    sql = canonical.sequence_options(rest) if rest else ""
    owned = options.find(nodes, "owned_by")
    if owned is None:
        return sql, None, False
    if len(owned.arg.list.items) == 1:
        return sql, None, True
    return sql, within(owned.arg.list.items), False
