"""Where the facts come from: sections of PostgreSQL's manual, and measurements."""

_MANUAL = "https://www.postgresql.org/docs/current"

LOCKING = f"PostgreSQL manual, Explicit Locking: {_MANUAL}/explicit-locking.html"
ALTER_TABLE = f"PostgreSQL manual, ALTER TABLE: {_MANUAL}/sql-altertable.html"
ALTER_TYPE = f"PostgreSQL manual, ALTER TYPE: {_MANUAL}/sql-altertype.html"
ALTER_DOMAIN = f"PostgreSQL manual, ALTER DOMAIN: {_MANUAL}/sql-alterdomain.html"
CREATE_TABLE = f"PostgreSQL manual, CREATE TABLE: {_MANUAL}/sql-createtable.html"
DROP_TABLE = f"PostgreSQL manual, DROP TABLE: {_MANUAL}/sql-droptable.html"
CREATE_INDEX = f"PostgreSQL manual, CREATE INDEX: {_MANUAL}/sql-createindex.html"
DROP_INDEX = f"PostgreSQL manual, DROP INDEX: {_MANUAL}/sql-dropindex.html"
ROLES = f"PostgreSQL manual, Dropping Roles: {_MANUAL}/role-removal.html"
GRANT = f"PostgreSQL manual, GRANT: {_MANUAL}/sql-grant.html"
REINDEX = f"PostgreSQL manual, REINDEX: {_MANUAL}/sql-reindex.html"
REFRESH = (
    f"PostgreSQL manual, REFRESH MATERIALIZED VIEW: {_MANUAL}/sql-refreshmaterializedview.html"
)
TRUNCATE = f"PostgreSQL manual, TRUNCATE: {_MANUAL}/sql-truncate.html"
VACUUM = f"PostgreSQL manual, VACUUM: {_MANUAL}/sql-vacuum.html"
CLUSTER = f"PostgreSQL manual, CLUSTER: {_MANUAL}/sql-cluster.html"
CREATE_TRIGGER = f"PostgreSQL manual, CREATE TRIGGER: {_MANUAL}/sql-createtrigger.html"
VOLATILITY = f"PostgreSQL manual, Function Volatility Categories: {_MANUAL}/xfunc-volatility.html"
PARTITIONING = f"PostgreSQL manual, Table Partitioning: {_MANUAL}/ddl-partitioning.html"


def measured(subject: str) -> str:
    """Return the name of the measurements that a fact was held against."""
    return f"measured: tests/effects with fixtures/effects/{subject}.toml"
