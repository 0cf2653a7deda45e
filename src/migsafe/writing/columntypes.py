"""Types as SQLAlchemy says them, where it says exactly the same."""

from migsafe.model.expressions import Type
from migsafe.writing.python import Call, call

_PLAIN = {
    "smallint": "sa.SmallInteger",
    "integer": "sa.Integer",
    "bigint": "sa.BigInteger",
    "real": "sa.REAL",
    "double precision": "sa.Double",
    "text": "sa.Text",
    "boolean": "sa.Boolean",
    "date": "sa.Date",
    "time without time zone": "sa.Time",
    "timestamp without time zone": "sa.DateTime",
    "interval": "sa.Interval",
    "bytea": "sa.LargeBinary",
    "uuid": "sa.Uuid",
    "json": "sa.JSON",
    "jsonb": "postgresql.JSONB",
    "numeric": "sa.Numeric",
    "character varying": "sa.String",
    "inet": "postgresql.INET",
    "cidr": "postgresql.CIDR",
    "macaddr": "postgresql.MACADDR",
    "oid": "postgresql.OID",
    "money": "postgresql.MONEY",
    "tsvector": "postgresql.TSVECTOR",
    "tsquery": "postgresql.TSQUERY",
    "citext": "postgresql.CITEXT",
}
_WITH_NUMBERS = {
    "numeric": ("sa.Numeric", 2),
    "character varying": ("sa.String", 1),
    "character": ("sa.CHAR", 1),
    "bit": ("postgresql.BIT", 1),
}
_ZONED = {
    "timestamp with time zone": ("sa.DateTime", "postgresql.TIMESTAMP"),
    "timestamp without time zone": ("sa.DateTime", "postgresql.TIMESTAMP"),
    "time with time zone": ("sa.Time", "postgresql.TIME"),
    "time without time zone": ("sa.Time", "postgresql.TIME"),
}
SERIALS = {
    "smallserial": "sa.SmallInteger",
    "serial": "sa.Integer",
    "bigserial": "sa.BigInteger",
}


def column_type(type: Type) -> Call | None:
    """Return a type as SQLAlchemy writes it; None where it cannot say it exactly."""
    if type.schema is not None or type.collation is not None:
        return None
    element = _element(type)
    if element is None or not type.array:
        return element
    return call("postgresql.ARRAY", element)


def _element(type: Type) -> Call | None:
    modifiers = type.modifiers
    if not all(each.isdecimal() for each in modifiers):
        return None
    if type.name in _ZONED:
        short, precise = _ZONED[type.name]
        zone = "True" if " with " in type.name else None
        if not modifiers:
            return call(short, timezone=zone)
        return call(precise, precision=modifiers[0], timezone=zone)
    if modifiers:
        function, most = _WITH_NUMBERS.get(type.name, ("", 0))
        return call(function, *modifiers) if len(modifiers) <= most else None
    plain = _PLAIN.get(type.name)
    return None if plain is None else call(plain)
