"""Types in the server's own spelling."""

from collections.abc import Iterator

from migsafe.model.expressions import Type
from migsafe.parsers.postgres import canonical, pb
from migsafe.parsers.postgres.names import strings

# The grammar calls the built-in types by their names in pg_type.
_SPELLING = {
    "bool": "boolean",
    "bpchar": "character",
    "char": '"char"',
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "serial2": "smallserial",
    "serial4": "serial",
    "serial8": "bigserial",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}

_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND = (1 << bit for bit in (2, 1, 3, 10, 11, 12))
_INTERVAL_FIELDS = {
    _YEAR: "year",
    _MONTH: "month",
    _DAY: "day",
    _HOUR: "hour",
    _MINUTE: "minute",
    _SECOND: "second",
    _YEAR | _MONTH: "year to month",
    _DAY | _HOUR: "day to hour",
    _DAY | _HOUR | _MINUTE: "day to minute",
    _DAY | _HOUR | _MINUTE | _SECOND: "day to second",
    _HOUR | _MINUTE: "hour to minute",
    _HOUR | _MINUTE | _SECOND: "hour to second",
    _MINUTE | _SECOND: "minute to second",
}


def read(name: pb.TypeName, collation: pb.CollateClause | None = None) -> Type:
    """Return the type that a column, cast or parameter names."""
    parts = strings(name.names)
    word = parts[-1]
    schema = parts[-2] if len(parts) > 1 else None
    if schema == "pg_catalog":
        schema = None
    modifiers: tuple[str, ...] = ()
    if name.typmods:
        modifiers = tuple(_interval(name) if word == "interval" else map(_modifier, name.typmods))
    if schema is None and (word != "bpchar" or modifiers):
        # A bare `bpchar` has no limit of length, unlike `character`: it keeps its name.
        word = _SPELLING.get(word, word)
    return Type(
        word,
        modifiers,
        array=bool(name.array_bounds),
        collation=None if collation is None else canonical.collation(collation.collname),
        schema=schema,
    )


def _modifier(node: pb.Node) -> str:
    if node.a_const.HasField("ival"):
        return str(node.a_const.ival.ival)
    return canonical.expression(node)


def _interval(name: pb.TypeName) -> Iterator[str]:
    fields, *precision = map(_modifier, name.typmods)
    # Without fields the grammar still puts a mask of all of them in front of a precision.
    named = _INTERVAL_FIELDS.get(int(fields)) if fields.isdecimal() else None
    if named is not None:
        yield named
    yield from precision
