"""Which types a foreign key can join.

Source:
    pg_amop and pg_cast of the servers: an operator `=` between the types, or an implicit
    cast from the referencing to the referenced type; measured:
    fixtures/effects/refusals.toml.
"""

from migsafe.catalog.catalog import Catalog
from migsafe.model.expressions import Name, Type


def base(kind: Type, catalog: Catalog) -> Type | None:
    """Return the type under domains; None where that is not known."""
    for _ in range(32):
        domain = None if kind.array else catalog.domain(Name(kind.name, kind.schema))
        if domain is None:
            return kind
        kind = domain.type
    return None


_CROSS = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"real", "double precision"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"text", "character varying", "name"}),
)
"""Types that one operator family compares with each other."""

_IMPLICIT = {
    ("smallint", "numeric"), ("integer", "numeric"), ("bigint", "numeric"),
    ("smallint", "real"), ("integer", "real"), ("bigint", "real"), ("numeric", "real"),
    ("smallint", "double precision"), ("integer", "double precision"),
    ("bigint", "double precision"), ("numeric", "double precision"),
    ("character", "text"), ("character", "character varying"),
    ("text", "character"), ("character varying", "character"),
    ("smallint", "oid"), ("integer", "oid"), ("bigint", "oid"), ("cidr", "inet"),
    ("bit", "bit varying"), ("bit varying", "bit"), ("character", "name"), ("text", "name"),
    ("time without time zone", "interval"), ("time without time zone", "time with time zone"),
}  # fmt: skip
"""Casts that the server makes by itself, from the referencing to the referenced type."""

_SERIALS = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}


def can_reference(own: Type | None, theirs: Type | None, catalog: Catalog) -> bool | None:
    """Say whether a foreign key between columns of two types can be made; None: not known."""
    mine = None if own is None else base(own, catalog)
    other = None if theirs is None else base(theirs, catalog)
    if mine is None or other is None:
        return None
    one, two = (_SERIALS.get(kind.name, kind.name) for kind in (mine, other))
    if mine.array != other.array:
        return False
    if one == two:
        return True
    if mine.array:
        return None
    return any({one, two} <= family for family in _CROSS) or (one, two) in _IMPLICIT
