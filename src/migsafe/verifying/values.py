"""SQL expressions that make a value of a type out of a number.

Different numbers give different values wherever the type has enough of them.
"""

from migsafe.verifying.shape import Shape, TypeShape
from migsafe.writing import quoting

_DEEP = 4
_VARLENA_HEADER = 4
_EPOCH = "2024-01-01 00:00:00"
# Keyed by pg_type.typname; {g} is a bigint from 0.
_SIMPLE = {
    "int2": "(({g}) % 32767)::int2",
    "int4": "(({g}) % 2147483647)::int4",
    "int8": "({g})::int8",
    "float4": "(({g}) % 16777216)::float4",
    "float8": "({g})::float8",
    "money": "({g})::numeric::money",
    "bool": "(({g}) % 2 = 0)",
    "uuid": "pg_catalog.md5(({g})::text)::uuid",
    "bytea": "pg_catalog.decode(pg_catalog.md5(({g})::text), 'hex')",
    "json": "pg_catalog.json_build_object('n', {g})",
    "jsonb": "pg_catalog.jsonb_build_object('n', {g})",
    "jsonpath": "('$.n' || ({g}))::jsonpath",
    "xml": "('<n>' || ({g}) || '</n>')::xml",
    "date": "('2024-01-01'::date + (({g}) % 20000)::int)",
    "timestamp": f"('{_EPOCH}'::timestamp + (({{g}}) % 500000) * '1 hour'::interval)",
    "timestamptz": f"('{_EPOCH}+00'::timestamptz + (({{g}}) % 500000) * '1 hour'::interval)",
    "time": "('00:00'::time + (({g}) % 86400) * '1 second'::interval)",
    "timetz": "('00:00+00'::timetz + (({g}) % 86400) * '1 second'::interval)",
    "interval": "(({g}) * '1 minute'::interval)",
    "inet": "('10.0.0.0'::inet + ({g}) % 16777216)",
    "cidr": "(('10.0.0.0'::inet + ({g}) % 16777216)::cidr)",
    "macaddr": "pg_catalog.regexp_replace(pg_catalog.lpad(pg_catalog.to_hex(({g})::int8), 12, '0'),"
    " '(..)(..)(..)(..)(..)(..)', '\\1:\\2:\\3:\\4:\\5:\\6')::macaddr",
    "macaddr8": "pg_catalog.lpad(pg_catalog.to_hex(({g})::int8), 16, '0')::macaddr8",
    "oid": "(({g}) % 2147483647)::int4::oid",
    "xid": "(({g}) % 2147483647)::text::xid",
    "xid8": "({g})::text::xid8",
    "pg_lsn": "('0/' || pg_catalog.to_hex(({g}) % 2147483647))::pg_lsn",
    "name": "('v' || ({g}))::name",
    "tsvector": "('v' || ({g}))::tsvector",
    "tsquery": "('v' || ({g}))::tsquery",
    "point": "pg_catalog.point({g}, {g})",
    "line": "pg_catalog.line(pg_catalog.point(0, {g}), pg_catalog.point(1, ({g}) + 1))",
    "lseg": "pg_catalog.lseg(pg_catalog.point(0, 0), pg_catalog.point(1, {g}))",
    "box": "pg_catalog.box(pg_catalog.point({g}, {g}), pg_catalog.point(({g}) + 1, ({g}) + 1))",
    "path": "('[(0,0),(1,' || ({g}) || ')]')::path",
    "polygon": "pg_catalog.polygon(pg_catalog.circle(pg_catalog.point({g}, {g}), 1))",
    "circle": "pg_catalog.circle(pg_catalog.point({g}, {g}), 1)",
    "citext": "('v' || ({g}))::{type}",
    "ltree": "('v' || ({g}))::{type}",
    "hstore": "('n=>' || ({g}))::{type}",
}
_LENGTHS = {"varchar", "bpchar", "text"}
_BITS = {"bit", "varbit"}


def value(shape: Shape, type: int, modifier: int, g: str, depth: int = 0) -> str | None:
    """Return an expression of a type, or None if nothing is known to make one.

    Args:
        shape: The types of the database.
        type: The type's oid.
        modifier: Its modifier as in `pg_attribute.atttypmod`.
        g: An expression of type bigint, not negative.
        depth: How deep the type is nested in others.
    """
    found = shape.types.get(type)
    if found is None or depth > _DEEP:
        return None
    match found.kind:
        case "d":
            inner = modifier if found.base_modifier == -1 else found.base_modifier
            return value(shape, found.base, inner, g, depth + 1)
        case "e":
            labels = shape.labels.get(type)
            if not labels:
                return None
            listed = ", ".join(quoting.literal(label) for label in labels)
            return f"(ARRAY[{listed}]::{found.name}[])[1 + ({g}) % {len(labels)}]"
        case "c":
            return _composite(shape, found, g, depth)
        case "r":
            low = value(shape, found.subtype, -1, f"2 * ({g})", depth + 1)
            high = value(shape, found.subtype, -1, f"2 * ({g}) + 1", depth + 1)
            return None if low is None or high is None else f"{found.name}({low}, {high})"
        case "m":
            return _multirange(shape, found, g, depth)
        case _:
            return _base(shape, found, modifier, g, depth)


def _composite(shape: Shape, type: TypeShape, g: str, depth: int) -> str | None:
    parts = [
        value(shape, attribute, modifier, g, depth + 1)
        for attribute, modifier in shape.attributes.get(type.relation, ())
    ]
    if not parts or None in parts:
        return None
    return f"ROW({', '.join(part for part in parts if part)})::{type.name}"


def _multirange(shape: Shape, type: TypeShape, g: str, depth: int) -> str | None:
    name = type.name.replace("multirange", "range")
    of = next((t for t in shape.types.values() if t.kind == "r" and t.name == name), None)
    inner = None if of is None else value(shape, of.oid, -1, g, depth + 1)
    return None if inner is None else f"{type.name}({inner})"


def _base(shape: Shape, type: TypeShape, modifier: int, g: str, depth: int) -> str | None:
    if type.category == "A" and type.element:
        parts = [value(shape, type.element, modifier, f"({g}) + {n}", depth + 1) for n in (0, 1)]
        if None in parts:
            return None
        return f"ARRAY[{parts[0]}, {parts[1]}]::{type.name}"
    if type.bare in _LENGTHS:
        return _text(type.bare, modifier, g)
    if type.bare in _BITS:
        # bit without a length is bit(1); a cast from a number fills the rest with its sign.
        length = modifier if modifier > 0 else (1 if type.bare == "bit" else 31)
        return f"(({g}) % {2 ** min(length, 31)})::int4::bit({length})"
    if type.bare == "numeric":
        return _numeric(modifier, g)
    if type.bare == "vector":
        length = max(modifier, 3)
        return f"pg_catalog.array_fill((({g}) % 1000)::float4, ARRAY[{length}])::{type.name}"
    known = _SIMPLE.get(type.bare)
    return None if known is None else known.format(g=g, type=type.name)


def _text(bare: str, modifier: int, g: str) -> str:
    length = modifier - _VARLENA_HEADER if modifier >= _VARLENA_HEADER else None
    if length is None:
        return f"('v' || ({g}))::{bare}"
    # The end of a number tells neighbours apart, the beginning does not.
    return f"pg_catalog.right('v' || ({g}), {length})::{bare}({length})"


def _numeric(modifier: int, g: str) -> str:
    if modifier < _VARLENA_HEADER:
        return f"({g})::numeric"
    packed = modifier - _VARLENA_HEADER
    precision = (packed >> 16) & 0xFFFF
    scale = packed & 0x7FF
    if scale & 0x400:  # eleven bits, the highest of them the sign
        scale -= 0x800
    digits = min(precision, 18)
    scaled = f"(({g}) % {10**digits})::numeric"
    factor = f"10::numeric ^ {scale}" if scale >= 0 else f"(1 / 10::numeric ^ {-scale})"
    return f"pg_catalog.round({scaled} / ({factor}), {scale})"


_EDGES = {
    "int2": ("0", "-1", "32767"),
    "int4": ("0", "-1", "2147483647"),
    "int8": ("0", "-1", "9223372036854775807"),
    "float4": ("0", "-1.5", "1e30"),
    "float8": ("0", "-1.5", "1e30"),
    "bool": ("true", "false"),
    "timestamp": ("'1970-01-01'", "'2100-01-01'"),
    "timestamptz": ("'1970-01-01'", "'2100-01-01'"),
    "date": ("'1970-01-01'", "'2100-01-01'"),
}
_LONG = 300
_MOST_LABELS = 20


def boundaries(shape: Shape, type: int, modifier: int) -> tuple[str, ...]:
    """Return literals at the edge of a type, as old code might send them."""
    found = shape.types.get(type)
    while found is not None and found.kind == "d":
        modifier = found.base_modifier
        found = shape.types.get(found.base)
    if found is None:
        return ()
    if found.kind == "e":
        return tuple(map(quoting.literal, shape.labels.get(found.oid, ())[:_MOST_LABELS]))
    if found.bare == "numeric":
        return ("0", "-1", *_widest(modifier))
    if found.bare in _LENGTHS:
        length = modifier - _VARLENA_HEADER if modifier >= _VARLENA_HEADER else _LONG
        return ("''", quoting.literal("w" * length))
    return _EDGES.get(found.bare, ())


def _widest(modifier: int) -> tuple[str, ...]:
    if modifier < _VARLENA_HEADER:
        return ("123456789012345678901234567890.123456789",)
    packed = modifier - _VARLENA_HEADER
    precision, scale = (packed >> 16) & 0xFFFF, packed & 0x7FF
    if scale > precision:
        return ()
    return (f"{'9' * (precision - scale) or '0'}.{'9' * scale or '0'}",)
