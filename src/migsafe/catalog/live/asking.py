"""What is asked of a server: one query a kind of object, one record a row.

The server spells types, defaults, constraints and indexes itself (`format_type`,
`pg_get_constraintdef`, …), so that the parser reads them as it reads a migration.
"""

# Every query is a constant of this module: nothing is put into one.
# ruff: noqa: S608

from collections.abc import Iterator
from typing import TypeVar

from psycopg import Connection
from psycopg.rows import class_row

from migsafe.model.record import record

_T = TypeVar("_T")

_OWN = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_COLLATION = """(
        SELECT CASE WHEN m.nspname IN ('pg_catalog', 'public') THEN ''
            ELSE pg_catalog.quote_ident(m.nspname) || '.' END
            || pg_catalog.quote_ident(o.collname)
        FROM pg_catalog.pg_collation AS o
        JOIN pg_catalog.pg_namespace AS m ON m.oid = o.collnamespace WHERE o.oid = {})"""
_MADE_BY = """EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = 'pg_catalog.pg_proc'::regclass
            AND e.objid = p.oid AND e.deptype = '{}')"""


@record
class RelationRow:
    """A table, view, sequence or composite type; `kind` as in `pg_class.relkind`.

    `estimate` is the planner's count of rows, negative where nobody counted.
    """

    oid: int
    schema: str
    name: str
    kind: str
    unlogged: bool
    populated: bool
    options: list[str] | None
    partition_by: str | None
    bound: str | None
    definition: str | None
    replica_identity: str
    row_security: bool
    forced: bool
    tablespace: str | None
    server: str | None
    estimate: int
    bytes: int | None


@record
class ColumnRow:
    """A column of a table, or an attribute of a composite type."""

    relation: int
    name: str
    type: str
    collation: str | None
    not_null: bool
    default: str | None
    identity: str
    generated: str
    storage: str | None
    statistics: int | None
    options: list[str] | None


@record
class ParentRow:
    """A relation that inherits from another one, or is its partition."""

    child: int
    parent: int


@record
class ConstraintRow:
    """A constraint of a table, or of a domain."""

    relation: int
    domain: int
    name: str
    kind: str
    definition: str


@record
class IndexRow:
    """An index; `constraint` is the one that it backs."""

    oid: int
    relation: int
    schema: str
    name: str
    definition: str
    valid: bool
    clustered: bool
    replica_identity: bool
    constraint: str | None


@record
class SequenceRow:
    """The options of a sequence and the column that owns it; `identity` for GENERATED."""

    oid: int
    owner: int | None
    column: str | None
    identity: bool
    type: str
    start: int
    increment: int
    lowest: int
    highest: int
    cache: int
    cycle: bool


@record
class UsedRow:
    """A column that a view reads; None where the view reads no column, or a row as a whole."""

    view: int
    relation: int
    column: str | None


@record
class TypeRow:
    """A type that is not a table's; `kind` as in `pg_type.typtype`."""

    oid: int
    schema: str
    name: str
    kind: str
    relation: int
    labels: list[str] | None
    base: str | None
    not_null: bool
    default: str | None
    subtype: str | None


@record
class RoutineRow:
    """A routine; `definition` is None for aggregates and for what an extension made."""

    schema: str
    name: str
    arguments: str
    language: str
    volatility: str
    body: str
    definition: str | None


@record
class TextRow:
    """Something that belongs to a relation and is a statement: a trigger, rule, policy."""

    relation: int
    kind: str
    name: str
    definition: str
    state: str


@record
class ObjectRow:
    """An object that is known by its kind and name, with its statement if the server has it."""

    kind: str
    schema: str | None
    name: str
    definition: str | None


@record
class RightRow:
    """A privilege on an object whose rights are not as it was made; None where it has none.

    `kind` is what GRANT names; `arguments` are those of a routine; `role` is empty for everyone.
    """

    kind: str
    schema: str | None
    name: str
    arguments: str | None
    column: str | None
    role: str | None
    privilege: str | None
    grantable: bool | None


@record
class OwnerRow:
    """The owner of an object, where that is not who asks."""

    kind: str
    schema: str | None
    name: str
    arguments: str | None
    owner: str


@record
class DefaultRightRow:
    """A privilege that ALTER DEFAULT PRIVILEGES gives; `maker` is None for who asks."""

    maker: str | None
    schema: str | None
    kind: str
    role: str | None
    privilege: str | None
    grantable: bool | None


@record
class MembershipRow:
    """A role that somebody made, with a role that it belongs to."""

    role: str
    belongs_to: str


def rows(connection: Connection[tuple[object, ...]], row: type[_T], query: str) -> Iterator[_T]:
    """Yield what a query returns, a record a row."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        # Without parameters the text goes to the server as it is.
        cursor.execute(query.encode())
        yield from cursor


RELATIONS = f"""
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name,
    c.relkind::text AS kind, c.relpersistence = 'u' AS unlogged,
    c.relispopulated AS populated, c.reloptions AS options,
    CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_by,
    pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
    c.relreplident::text AS replica_identity, c.relrowsecurity AS row_security,
    c.relforcerowsecurity AS forced, t.spcname::text AS tablespace, s.srvname::text AS server,
    CASE WHEN c.reltuples = 0 AND c.relpages = 0
        AND pg_catalog.current_setting('server_version_num')::int < 140000
        THEN -1 ELSE c.reltuples END::bigint AS estimate,
    CASE WHEN c.relkind IN ('r', 'm', 'p')
        THEN pg_catalog.pg_total_relation_size(c.oid) END AS bytes
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_tablespace AS t ON t.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {_OWN}
ORDER BY c.oid"""

COLUMNS = f"""
SELECT a.attrelid::bigint AS relation, a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attcollation <> t.typcollation THEN {_COLLATION.format("a.attcollation")} END
        AS collation,
    a.attnotnull AS not_null, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default,
    a.attidentity::text AS identity, a.attgenerated::text AS generated,
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
    CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END::int AS statistics,
    a.attoptions AS options
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'c', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    AND {_OWN}
ORDER BY a.attrelid, a.attnum"""

PARENTS = f"""
SELECT i.inhrelid::bigint AS child, i.inhparent::bigint AS parent
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_OWN}
ORDER BY i.inhrelid, i.inhseqno"""

# A foreign key to a partitioned table has a copy for each partition, on the same table. The
# server gives every NOT NULL a constraint from version 18 on; one that says nothing more than
# the column does, and that the server named, is left out.
CONSTRAINTS = f"""
SELECT k.conrelid::bigint AS relation, k.contypid::bigint AS domain, k.conname::text AS name,
    k.contype::text AS kind, pg_catalog.pg_get_constraintdef(k.oid) AS definition
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_namespace AS n ON n.oid = k.connamespace
LEFT JOIN pg_catalog.pg_constraint AS p ON p.oid = k.conparentid
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x', 'n') AND {_OWN}
    AND p.conrelid IS DISTINCT FROM k.conrelid
    AND (k.contype <> 'n' OR NOT k.convalidated OR k.connoinherit
        OR (k.contypid = 0 AND k.conname !~ '_not_null[0-9]*$'))
ORDER BY k.oid"""

INDEXES = f"""
SELECT c.oid::bigint AS oid, x.indrelid::bigint AS relation, n.nspname::text AS schema,
    c.relname::text AS name, pg_catalog.pg_get_indexdef(c.oid) AS definition,
    x.indisvalid AS valid, x.indisclustered AS clustered, x.indisreplident AS replica_identity,
    k.conname::text AS constraint
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint AS k
    ON k.conindid = c.oid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE {_OWN}
ORDER BY c.oid"""

SEQUENCES = f"""
SELECT c.oid::bigint AS oid, d.refobjid::bigint AS owner, a.attname::text AS column,
    d.deptype IS NOT DISTINCT FROM 'i' AS identity,
    pg_catalog.format_type(s.seqtypid, NULL) AS type, s.seqstart AS start,
    s.seqincrement AS increment, s.seqmin AS lowest, s.seqmax AS highest, s.seqcache AS cache,
    s.seqcycle AS cycle
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass
    AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE {_OWN}
ORDER BY c.oid"""

USED = f"""
SELECT DISTINCT r.ev_class::bigint AS view, d.refobjid::bigint AS relation,
    a.attname::text AS column
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
    AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjid <> r.ev_class
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
WHERE c.relkind IN ('v', 'm') AND r.rulename = '_RETURN' AND {_OWN}"""

TYPES = f"""
SELECT t.oid::bigint AS oid, n.nspname::text AS schema, t.typname::text AS name,
    t.typtype::text AS kind, t.typrelid::bigint AS relation,
    CASE WHEN t.typtype = 'e' THEN ARRAY(
        SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e
        WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
    CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod)
        || CASE WHEN t.typcollation <> b.typcollation
            THEN ' COLLATE ' || {_COLLATION.format("t.typcollation")} ELSE '' END END AS base,
    t.typnotnull AS not_null,
    CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) END AS default,
    pg_catalog.format_type(r.rngsubtype, NULL) AS subtype
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
WHERE (t.typrelid = 0 OR c.relkind = 'c') AND {_OWN}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
ORDER BY t.oid"""

ROUTINES = f"""
SELECT n.nspname::text AS schema, p.proname::text AS name,
    pg_catalog.pg_get_function_arguments(p.oid) AS arguments, l.lanname::text AS language,
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END
        AS volatility,
    p.prosrc AS body,
    CASE WHEN p.prokind IN ('f', 'p') AND NOT {_MADE_BY.format("e")}
        THEN pg_catalog.pg_get_functiondef(p.oid) END AS definition
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE {_OWN} AND NOT {_MADE_BY.format("i")}
ORDER BY p.oid"""


def of_relations(version: int) -> str:
    """Return the query for triggers, rules and policies; `state` of a trigger or rule.

    The triggers that a partition has from its parent are left out: they are the parent's.
    """
    cloned = "g.tgparentid <> 0" if version >= 13 else "false"  # noqa: PLR2004
    return f"""
SELECT g.tgrelid::bigint AS relation, 'TRIGGER' AS kind, g.tgname::text AS name,
    pg_catalog.pg_get_triggerdef(g.oid, true) AS definition, g.tgenabled::text AS state
FROM pg_catalog.pg_trigger AS g
JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND NOT {cloned} AND {_OWN}
UNION ALL
SELECT r.ev_class, 'RULE', r.rulename, pg_catalog.pg_get_ruledef(r.oid, true), r.ev_enabled::text
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {_OWN}
UNION ALL
SELECT p.polrelid, 'POLICY', p.polname,
    pg_catalog.format('CREATE POLICY %I ON %s', p.polname, c.oid::regclass)
    || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
    || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT'
        WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END
    || CASE WHEN p.polroles = '{{0}}' THEN '' ELSE ' TO ' || ARRAY_TO_STRING(ARRAY(
        SELECT CASE WHEN o = 0 THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o)) END
        FROM UNNEST(p.polroles) AS o), ', ') END
    || COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
    || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),
    'O'
FROM pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_OWN}"""


OBJECTS = f"""
SELECT 'SCHEMA' AS kind, NULL::text AS schema, n.nspname::text AS name, NULL::text AS definition
FROM pg_catalog.pg_namespace AS n WHERE n.nspname <> 'public' AND {_OWN}
UNION ALL SELECT 'EXTENSION', NULL, extname, NULL FROM pg_catalog.pg_extension
UNION ALL SELECT 'LANGUAGE', NULL, lanname, NULL FROM pg_catalog.pg_language
WHERE lanispl
UNION ALL SELECT 'PUBLICATION', NULL, p.pubname, pg_catalog.format('CREATE PUBLICATION %I%s'
    || ' WITH (publish = %L)', p.pubname, CASE WHEN p.puballtables THEN ' FOR ALL TABLES'
    ELSE ' FOR TABLE ' || (SELECT pg_catalog.string_agg(pg_catalog.format('ONLY %I.%I', n.nspname,
        c.relname), ', ') FROM pg_catalog.pg_publication_rel AS r
        JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid) END,
    pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
        CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
        CASE WHEN p.pubtruncate THEN 'truncate' END)) FROM pg_catalog.pg_publication AS p
UNION ALL SELECT 'EVENT TRIGGER', NULL, evtname, NULL FROM pg_catalog.pg_event_trigger
UNION ALL SELECT 'FOREIGN DATA WRAPPER', NULL, fdwname, NULL
FROM pg_catalog.pg_foreign_data_wrapper
UNION ALL SELECT 'SERVER', NULL, srvname, NULL FROM pg_catalog.pg_foreign_server
UNION ALL SELECT 'COLLATION', n.nspname, o.collname, NULL
FROM pg_catalog.pg_collation AS o JOIN pg_catalog.pg_namespace AS n ON n.oid = o.collnamespace
WHERE {_OWN}
UNION ALL SELECT 'STATISTICS', n.nspname, s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid)
FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE {_OWN}"""

# What an owner may do is left out, and with it what is granted to him.
_GRANTED = """
    CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END AS role,
    a.privilege_type::text AS privilege, a.is_grantable AS grantable"""
_EXPLODED = "LEFT JOIN LATERAL pg_catalog.aclexplode({0}) AS a ON a.grantee <> {1}"

RIGHTS = f"""
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
    n.nspname::text AS schema, c.relname::text AS name, NULL::text AS arguments,
    NULL::text AS column, {_GRANTED}
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
{_EXPLODED.format("c.relacl", "c.relowner")}
WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {_OWN}
UNION ALL
SELECT 'TABLE', n.nspname, c.relname, NULL, t.attname, {_GRANTED}
FROM pg_catalog.pg_attribute AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
{_EXPLODED.format("t.attacl", "c.relowner")}
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND {_OWN}
UNION ALL
SELECT 'ROUTINE', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), NULL,
    {_GRANTED}
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
{_EXPLODED.format("p.proacl", "p.proowner")}
WHERE p.proacl IS NOT NULL AND {_OWN} AND NOT {_MADE_BY.format("i")}
UNION ALL
SELECT 'TYPE', n.nspname, t.typname, NULL, NULL, {_GRANTED}
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
{_EXPLODED.format("t.typacl", "t.typowner")}
WHERE t.typacl IS NOT NULL AND {_OWN}
UNION ALL
SELECT 'SCHEMA', NULL, n.nspname, NULL, NULL, {_GRANTED}
FROM pg_catalog.pg_namespace AS n
{_EXPLODED.format("n.nspacl", "n.nspowner")}
WHERE n.nspacl IS NOT NULL AND n.nspname <> 'public' AND {_OWN}"""

OWNERS = f"""
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
    n.nspname::text AS schema, c.relname::text AS name, NULL::text AS arguments,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND pg_catalog.pg_get_userbyid(c.relowner) <> CURRENT_USER AND {_OWN}
UNION ALL
SELECT 'ROUTINE', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid),
    pg_catalog.pg_get_userbyid(p.proowner)
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE pg_catalog.pg_get_userbyid(p.proowner) <> CURRENT_USER AND {_OWN}
    AND NOT {_MADE_BY.format("i")}"""

DEFAULT_RIGHTS = f"""
SELECT CASE WHEN pg_catalog.pg_get_userbyid(d.defaclrole) <> CURRENT_USER
        THEN pg_catalog.pg_get_userbyid(d.defaclrole)::text END AS maker,
    n.nspname::text AS schema,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLE' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'ROUTINE'
        WHEN 'T' THEN 'TYPE' WHEN 'n' THEN 'SCHEMA' ELSE 'LARGE OBJECT' END AS kind, {_GRANTED}
FROM pg_catalog.pg_default_acl AS d
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
{_EXPLODED.format("d.defaclacl", "d.defaclrole")}"""

MEMBERSHIPS = """
SELECT pg_catalog.pg_get_userbyid(m.member)::text AS role,
    pg_catalog.pg_get_userbyid(m.roleid)::text AS belongs_to
FROM pg_catalog.pg_auth_members AS m WHERE m.member::bigint >= 16384"""
