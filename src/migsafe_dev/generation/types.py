"""Types of columns, with values that fit them and expressions to default to."""

from dataclasses import dataclass

from migsafe_dev.generation.draw import Draw


@dataclass(frozen=True)
class Kind:
    """A type: how it is written, a value for row `g`, a literal, and what it is like."""

    sql: str
    value: str
    literal: str
    family: str
    methods: tuple[str, ...] = ("btree", "hash")


KINDS = (
    Kind("smallint", "(g % 100)::smallint", "7", "whole"),
    Kind("integer", "g", "7", "whole"),
    Kind("bigint", "g * 1000::bigint", "7", "whole"),
    Kind("numeric", "g / 3.0", "1.5", "number"),
    Kind("numeric(10,2)", "g / 4.0", "1.5", "number"),
    Kind("numeric(6,2)", "g / 4.0", "1.5", "number"),
    Kind("real", "g / 2.0", "1.5", "number"),
    Kind("double precision", "g / 2.0", "1.5", "number"),
    Kind("text", "'t' || g", "'x'", "text"),
    Kind("varchar", "'v' || g", "'x'", "text"),
    Kind("varchar(20)", "'v' || g", "'x'", "text"),
    Kind("varchar(50)", "'v' || g", "'x'", "text"),
    Kind("char(8)", "'c' || g", "'x'", "text"),
    Kind('text COLLATE "C"', "'t' || g", "'x'", "text"),
    Kind("boolean", "g % 2 = 0", "true", "boolean"),
    Kind("date", "date '2024-01-01' + g", "'2024-01-01'", "time"),
    Kind("timestamp", "timestamp '2024-01-01' + g * interval '1 hour'", "'2024-01-01'", "time"),
    Kind("timestamp(3)", "timestamp '2024-01-01' + g * interval '1 hour'", "'2024-01-01'", "time"),
    Kind("timestamptz", "timestamptz '2024-01-01' + g * interval '1 hour'", "'2024-01-01'", "time"),
    Kind("time", "time '10:00' + g * interval '1 second'", "'10:00'", "clock"),
    Kind("interval", "g * interval '1 hour'", "'1 day'", "span"),
    Kind("uuid", "md5(g::text)::uuid", "'00000000-0000-0000-0000-000000000001'", "uuid"),
    Kind("json", "'{\"a\": 1}'::json", "'{}'", "json", ()),
    Kind("jsonb", "jsonb_build_object('a', g)", "'{}'", "json", ("btree", "gin")),
    Kind("bytea", "decode(lpad(to_hex(g), 8, '0'), 'hex')", r"'\x00'", "bytes"),
    Kind("inet", "('10.0.0.' || (g % 250))::inet", "'10.0.0.1'", "net"),
    Kind("cidr", "('10.0.' || (g % 250) || '.0/24')::cidr", "'10.0.0.0/8'", "net"),
    Kind("macaddr", "'08:00:2b:01:02:03'::macaddr", "'08:00:2b:01:02:03'", "mac"),
    Kind("bit(8)", "g::bit(8)", "B'10101010'", "bit", ("btree",)),
    Kind("bit varying(16)", "g::bit(8)::varbit", "B'1'", "bit", ("btree",)),
    Kind("integer[]", "ARRAY[g, g + 1]", "'{1}'", "array", ("btree", "gin")),
    Kind("text[]", "ARRAY['a' || g]", "'{}'", "array", ("btree", "gin")),
    Kind("int4range", "int4range(g * 10, g * 10 + 5)", "'empty'", "range", ("btree", "gist")),
    Kind("point", "point(g, g)", "'(0,0)'", "point", ("gist",)),
    Kind("tsvector", "to_tsvector('simple', 'w' || g)", "''", "words", ("gin", "gist")),
    Kind("oid", "g::oid", "1", "oid"),
    Kind("name", "('n' || g)::name", "'x'", "text"),
    Kind("money", "g::money", "1", "money", ("btree",)),
    Kind("mood", "(ARRAY['sad', 'ok', 'happy'])[1 + g % 3]::mood", "'ok'", "enum"),
    Kind("plain_domain", "g", "7", "domain"),
    Kind("checked_domain", "g", "7", "domain"),
    Kind("text_domain", "'d' || g", "'x'", "domain text"),
    Kind("pair", "ROW(g, 'b')::pair", "'(1,b)'", "composite", ("btree",)),
)
"""Types with values that no two rows share, where the type has that many."""

INTEGER = next(kind for kind in KINDS if kind.sql == "integer")
BIGINT = next(kind for kind in KINDS if kind.sql == "bigint")
TEXT = next(kind for kind in KINDS if kind.sql == "text")
UUID = next(kind for kind in KINDS if kind.sql == "uuid")
DATE = next(kind for kind in KINDS if kind.sql == "date")

_NEAR = {
    "whole": (
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "numeric(12,2)",
        "real",
        "double precision",
        "text",
        "oid",
        "varchar(20)",
        "numeric(4,0)",
    ),
    "number": (
        "numeric",
        "numeric(10,2)",
        "numeric(12,2)",
        "numeric(12,4)",
        "numeric(5,1)",
        "numeric(4,2)",
        "real",
        "double precision",
        "integer",
        "bigint",
        "text",
    ),
    "text": (
        "text",
        "varchar",
        "varchar(20)",
        "varchar(50)",
        "varchar(100)",
        "varchar(3)",
        "char(8)",
        "char(20)",
        "char(2)",
        'text COLLATE "C"',
        'varchar(50) COLLATE "C"',
        "name",
        'text COLLATE "default"',
    ),
    "boolean": ("boolean", "text", "integer", "varchar(5)"),
    "time": (
        "date",
        "timestamp",
        "timestamp(3)",
        "timestamp(0)",
        "timestamptz",
        "timestamptz(3)",
        "time",
        "text",
    ),
    "clock": ("time", "time(0)", "time(3)", "timetz", "interval", "text"),
    "span": ("interval", "interval(0)", "interval(3)", "interval day to second", "text", "time"),
    "uuid": ("uuid", "text", "varchar(36)", "varchar(10)", "bytea"),
    "json": ("json", "jsonb", "text"),
    "bytes": ("bytea", "text"),
    "net": ("inet", "cidr", "text"),
    "mac": ("macaddr", "macaddr8", "text"),
    "bit": ("bit(8)", "bit(16)", "bit varying", "bit varying(16)", "bit varying(64)", "text"),
    "array": ("integer[]", "bigint[]", "text[]", "varchar(20)[]", "text", "varchar[]"),
    "range": ("int4range", "int8range", "numrange", "text"),
    "point": ("point", "text", "box"),
    "words": ("tsvector", "text"),
    "oid": ("oid", "integer", "bigint", "text"),
    "money": ("money", "numeric", "numeric(10,2)", "text"),
    "enum": ("mood", "text", "varchar(20)", "colour"),
    "domain": ("integer", "bigint", "plain_domain", "checked_domain", "text", "numeric"),
    "domain text": ("text", "text_domain", "varchar(20)", "varchar"),
    "composite": ("pair", "text"),
}


def draw_kind(draw: Draw) -> Kind:
    """Return a type; plain ones come more often."""
    if draw.chance(0.45):
        return draw.one((INTEGER, BIGINT, TEXT, KINDS[10], KINDS[18], KINDS[4]))
    return draw.one(KINDS)


def draw_new_type(draw: Draw, kind: Kind) -> str:
    """Return a type that a column might become; mostly one that is near."""
    if draw.chance(0.8):
        return draw.one(_NEAR[kind.family])
    return draw.one(KINDS).sql


def draw_default(draw: Draw, kind: Kind) -> str:
    """Return an expression to default to."""
    near: dict[str, tuple[str, ...]] = {
        "whole": (
            "0",
            "1 + 1",
            "abs(-3)",
            "nextval('free_seq')",
            "f_immutable(1)",
            "f_volatile()",
            "f_stable()",
            "length('abc')",
            "f_inlined(2)",
        ),
        "number": ("0", "random()", "pi()", "round(1.25, 1)", "f_immutable(1)"),
        "text": (
            "''",
            "lower('A')",
            "current_user",
            "now()::text",
            "md5('x')",
            "'a' || 'b'",
            "gen_random_uuid()::text",
            "version()",
            "md5(random()::text)",
        ),
        "boolean": ("false", "(NOT true)", "(1 > 0)"),
        "time": (
            "now()",
            "CURRENT_TIMESTAMP",
            "clock_timestamp()",
            "CURRENT_DATE",
            "'now'",
            "timezone('utc', now())",
            "transaction_timestamp()",
            "now() + interval '1 day'",
            "statement_timestamp()",
            "localtimestamp",
        ),
        "clock": ("localtime", "CURRENT_TIME", "'12:00'"),
        "uuid": ("gen_random_uuid()", "md5('x')::uuid"),
        "json": ("'{}'", "'[]'", "json_build_object('a', 1)"),
        "array": ("'{}'", "ARRAY[]::integer[]"),
        "domain": ("1", "f_immutable(1)"),
    }
    choices = near.get(kind.family, ())
    if choices and draw.chance(0.6):
        return draw.one(choices)
    return draw.one((kind.literal, kind.literal, kind.literal, "NULL", f"{kind.literal}::text"))


def draw_check(draw: Draw, column: str, kind: Kind) -> str:
    """Return a condition on a column."""
    near: dict[str, tuple[str, ...]] = {
        "whole": (
            "{0} > 0",
            "{0} >= 0",
            "{0} > 10",
            "{0} < 1000000",
            "{0} % 2 = 0",
            "{0} BETWEEN 1 AND 100000",
            "f_immutable({0}::integer) >= 0",
            "{0} IN (1, 2, 3)",
            "coalesce({0}, 0) > -1",
        ),
        "number": ("{0} > 0", "{0} >= 0", "{0} < 5", "abs({0}) >= 0"),
        "text": ("length({0}) > 0", "{0} <> ''", "{0} LIKE 't%'", "upper({0}) IS NOT NULL"),
        "time": ("{0} > '2000-01-01'", "{0} < '2024-01-02'"),
        "boolean": ("{0}", "{0} IS NOT NULL"),
    }
    return draw.one((*near.get(kind.family, ()), "{0} IS NOT NULL")).format(column)
