"""Constraints of tables and columns."""

from migsafe.model.operations import (
    Check,
    Constraint,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    ReferentialAction,
    Unique,
)
from migsafe.parsers.postgres import canonical, expressions, pb
from migsafe.parsers.postgres.names import relation, strings
from migsafe.writing.quoting import identifiers

_ACTIONS = {
    "": ReferentialAction.NO_ACTION,
    "a": ReferentialAction.NO_ACTION,
    "r": ReferentialAction.RESTRICT,
    "c": ReferentialAction.CASCADE,
    "n": ReferentialAction.SET_NULL,
    "d": ReferentialAction.SET_DEFAULT,
}


def read(node: pb.Constraint, column: str | None = None) -> Constraint | None:
    """Return a constraint; None for what is a property of a column, not a constraint.

    Args:
        node: The grammar's record.
        column: The column in whose definition it stands.
    """
    own = () if column is None else (column,)
    name = node.conname or None
    match node.contype:
        case pb.CONSTR_CHECK:
            return Check(
                name,
                expressions.read(node.raw_expr),
                valid=not node.skip_validation,
                enforced=node.is_enforced,
                no_inherit=node.is_no_inherit,
            )
        case pb.CONSTR_FOREIGN:
            return ForeignKey(
                name,
                own or strings(node.fk_attrs),
                relation(node.pktable),
                strings(node.pk_attrs),
                _ACTIONS[node.fk_del_action],
                _ACTIONS[node.fk_upd_action],
                match_full=node.fk_matchtype == "f",
                valid=not node.skip_validation,
                enforced=node.is_enforced,
                deferrable=node.deferrable,
                initially_deferred=node.initdeferred,
                set_columns=strings(node.fk_del_set_cols),
                period=node.fk_with_period,
            )
        case pb.CONSTR_UNIQUE:
            return Unique(
                name,
                own or strings(node.keys),
                strings(node.including),
                node.indexname or None,
                nulls_not_distinct=node.nulls_not_distinct,
                deferrable=node.deferrable,
                initially_deferred=node.initdeferred,
                without_overlaps=node.without_overlaps,
                index_options=_index_options(node),
            )
        case pb.CONSTR_PRIMARY:
            return PrimaryKey(
                name,
                own or strings(node.keys),
                strings(node.including),
                node.indexname or None,
                deferrable=node.deferrable,
                initially_deferred=node.initdeferred,
                without_overlaps=node.without_overlaps,
                index_options=_index_options(node),
            )
        case pb.CONSTR_EXCLUSION:
            elements = [pair.list.items[0].index_elem for pair in node.exclusions]
            return Exclusion(
                name,
                _exclusion(node),
                tuple([element.name for element in elements if element.name]),
                deferrable=node.deferrable,
                initially_deferred=node.initdeferred,
            )
        case pb.CONSTR_NOTNULL if column is None:
            return NotNull(
                name,
                strings(node.keys)[0],
                valid=not node.skip_validation,
                no_inherit=node.is_no_inherit,
            )
        case _:
            return None


def _exclusion(node: pb.Constraint) -> str:
    """Return what stands after EXCLUDE.

    Put together here: the deparser writes WHERE before INCLUDE and WITH, where the grammar
    does not take it.
    """
    bare = pb.Constraint()
    bare.CopyFrom(node)
    for field in ("including", "options", "indexspace", "where_clause"):
        bare.ClearField(field)
    words = [
        canonical.constraint(bare, "EXCLUDE "),
        f"INCLUDE ({identifiers(strings(node.including))})" if node.including else "",
        _index_options(node),
        f"WHERE ({canonical.expression(node.where_clause)})"
        if node.HasField("where_clause")
        else "",
    ]
    return " ".join(word for word in words if word)


def _index_options(node: pb.Constraint) -> str:
    """Return WITH (…) and USING INDEX TABLESPACE of a constraint's index."""
    if not node.options and not node.indexspace:
        return ""
    bare = pb.Constraint(
        contype=pb.CONSTR_UNIQUE,
        options=node.options,
        indexspace=node.indexspace,
        is_enforced=True,
        initially_valid=True,
    )
    bare.keys.add().string.sval = "x"
    return canonical.constraint(bare, "UNIQUE (x)")
