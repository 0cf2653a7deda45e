"""Column definitions."""

from collections.abc import Iterable, Iterator

from migsafe.model.operations import (
    Column,
    Constraint,
    Generated,
    Identity,
    NotNull,
)
from migsafe.parsers.postgres import canonical, constraints, expressions, pb, types


def read(definition: pb.ColumnDef) -> tuple[Column, tuple[Constraint, ...]]:
    """Return a column and the constraints that stand in its definition."""
    name = definition.colname
    nullable = True
    default = identity = generated = None
    lifted: list[Constraint] = []
    for node in _with_attributes(definition.constraints):
        match node.contype:
            case pb.CONSTR_NOTNULL:
                nullable = False
                if node.is_no_inherit:
                    lifted.append(NotNull(node.conname or None, name, no_inherit=True))
            case pb.CONSTR_NULL:
                pass
            case pb.CONSTR_DEFAULT:
                default = expressions.read(node.raw_expr)
            case pb.CONSTR_IDENTITY:
                identity = Identity(
                    node.generated_when == "a",
                    canonical.sequence_options(node.options) if node.options else "",
                )
            case pb.CONSTR_GENERATED:
                generated = Generated(
                    expressions.read(node.raw_expr), stored=node.generated_kind != "v"
                )
            case _:
                constraint = constraints.read(node, name)
                if constraint is not None:
                    lifted.append(constraint)
    column = Column(
        name,
        types.read(
            definition.type_name,
            definition.coll_clause if definition.HasField("coll_clause") else None,
        )
        if definition.HasField("type_name")
        else None,
        nullable,
        default,
        identity,
        generated,
        definition.storage_name.upper() or None,
        definition.compression or None,
    )
    return column, tuple(lifted)


def _with_attributes(nodes: Iterable[pb.Node]) -> Iterator[pb.Constraint]:
    """Yield constraints with the DEFERRABLE, NOT ENFORCED, … that follow them applied.

    In a column's definition the grammar leaves these as records of their own.
    """
    waiting: pb.Constraint | None = None
    for node in nodes:
        constraint = node.constraint
        match constraint.contype:
            case pb.CONSTR_ATTR_DEFERRABLE if waiting is not None:
                waiting.deferrable = True
            case pb.CONSTR_ATTR_DEFERRED if waiting is not None:
                waiting.deferrable = waiting.initdeferred = True
            case pb.CONSTR_ATTR_ENFORCED if waiting is not None:
                waiting.is_enforced = True
            case pb.CONSTR_ATTR_NOT_ENFORCED if waiting is not None:
                waiting.is_enforced = False
                waiting.skip_validation = True
            case pb.CONSTR_ATTR_NOT_DEFERRABLE | pb.CONSTR_ATTR_IMMEDIATE:
                pass
            case _:
                if waiting is not None:
                    yield waiting
                waiting = constraint
    if waiting is not None:
        yield waiting
