"""What extensions cost: those of PostgreSQL itself, and a few others, make objects only."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.text import column_of
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.relations import held
from migsafe.model.effects import Certain, Effects, OnData
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import AlterExtension, CreateExtension
from migsafe.writing import quoting
from migsafe.writing.tokens import tokens

_OBJECTS_ONLY = frozenset(
    """
    adminpack amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn
    earthdistance file_fdw fuzzystrmatch hstore insert_username intagg intarray isn lo ltree
    moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm pg_stat_statements
    pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple postgres_fdw
    refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp vector
    xml2
    """.split()  # noqa: SIM905 - a line a name would be longer than the module
)
"""Extensions whose scripts make types, functions and operators, and touch no table."""

_THERE = "plpgsql"
"""The extension that every database has from the start."""

_RELATIONS = frozenset({"TABLE", "VIEW", "SEQUENCE", "FOREIGN"})
_AVAILABLE = "pg_catalog.pg_available_extensions"
_SOURCES = (sources.measured("objects"),)


def create(operation: CreateExtension, catalog: Catalog) -> Effects:
    """Return what CREATE EXTENSION costs; a server may not have the extension at hand.

    Source:
        The scripts of contrib/ of PostgreSQL 12 to 18 and of pgvector: they hold CREATE and
        COMMENT alone.
    """
    name = operation.extension
    if name == _THERE and catalog.complete:
        there = Certain("42710", f"the extension {name} is there already")
        return Effects(sources=_SOURCES) if operation.if_not_exists else Effects(fails=there)
    if name not in _OBJECTS_ONLY:
        return unknown_everything(f"what the extension {name} does")
    text = quoting.literal(name)
    return Effects(
        fails=OnData(
            "0A000",
            f"the server may not have {name} at hand",
            f"SELECT 1 WHERE NOT EXISTS (SELECT FROM {_AVAILABLE} WHERE name = {text})",  # noqa: S608
        ),
        sources=_SOURCES,
    )


def alter(operation: AlterExtension, catalog: Catalog) -> Effects:
    """Return what ALTER EXTENSION costs: members are locked, an update may do anything."""
    words = list(tokens(operation.sql))
    upper = [word.upper() for word in words]
    verb = next((word for word in upper if word in {"UPDATE", "ADD", "DROP", "SET"}), "")
    if verb in {"ADD", "DROP"}:
        at = upper.index(verb) + 1
        if upper[at] not in _RELATIONS and upper[at : at + 2] != ["MATERIALIZED", "VIEW"]:
            return Effects(sources=_SOURCES)
        at += 2 if upper[at] in {"FOREIGN", "MATERIALIZED"} else 1
        member = Name(column_of(words[at]))
        if words[at + 1 : at + 2] == ["."]:
            member = Name(column_of(words[at + 2]), member.name)
        locks = held(catalog, ([member], Lock.SHARE_UPDATE_EXCLUSIVE))
        return Effects(locks=locks, sources=_SOURCES)
    if operation.extension == _THERE:
        # It has had one version ever since it became an extension.
        return Effects(sources=_SOURCES)
    return unknown_everything(f"what the extension {operation.extension} does")
