"""Identifiers and literals as SQL: the one place that quotes."""

from migsafe.model.expressions import Name
from migsafe.model.pattern import pattern

# What pg_get_keywords() of PostgreSQL 18 lists as reserved (R), reserved except as a
# function or type (T), and not usable as a function or type (C): quote_identifier of
# the server quotes all three.
KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate
    column constraint create current_catalog current_date current_role current_time
    current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign from grant group having in initially intersect
    into lateral leading limit localtime localtimestamp not null offset on only or
    order placing primary references returning select session_user some symmetric
    system_user table then to trailing true union unique user using variadic when
    where window with
    authorization binary collation concurrently cross current_schema freeze full
    ilike inner is isnull join left like natural notnull outer overlaps right
    similar tablesample verbose
    between bigint bit boolean char character coalesce dec decimal exists extract
    float greatest grouping inout int integer interval json json_array json_arrayagg
    json_exists json_object json_objectagg json_query json_scalar json_serialize
    json_table json_value least merge_action national nchar none normalize nullif
    numeric out overlay position precision real row setof smallint substring time
    timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()  # noqa: SIM905 - 160 quoted words would hide the three lists
)

_BARE = pattern(r"[a-z_][a-z0-9_]*\Z")


def identifier(name: str) -> str:
    """Return one identifier as SQL, quoted only where it must be."""
    if _BARE.match(name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def name(name: Name) -> str:
    """Return a name as SQL, with its schema if it has one."""
    if name.schema is None:
        return identifier(name.name)
    return f"{identifier(name.schema)}.{identifier(name.name)}"


def identifiers(names: tuple[str, ...]) -> str:
    """Return a comma-separated list of identifiers as SQL."""
    return ", ".join(identifier(each) for each in names)


def literal(text: str) -> str:
    """Return a string literal.

    Only quotes are doubled: the server reads backslashes as themselves
    (`standard_conforming_strings` has been on by default since 9.1).
    """
    return "'" + text.replace("'", "''") + "'"
