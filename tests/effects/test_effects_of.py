"""What holds for all operations, and what is said where the schema is not known."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from migsafe.catalog.catalog import Catalog
from migsafe.compatibility import compatibility_of
from migsafe.effects import effects_of, effects_of_statement
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain, Fact, Never, OnData, TransactionNeed
from migsafe.model.expressions import Expression, Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AddColumn,
    Cause,
    Column,
    DataWork,
    Operation,
    RebuildTable,
    Unrecognized,
)
from migsafe.parsers.postgres import read_statement
from migsafe.parsers.split import PieceKind, split

STATEMENTS = Path(__file__).parent / "every_kind.sql"
UNKNOWN_CATALOG = Catalog.empty()


def every_kind() -> Iterator[Operation]:
    text = STATEMENTS.read_text("utf-8")
    for piece in split(text).pieces:
        if piece.kind is PieceKind.STATEMENT:
            yield from read_statement(text[piece.start : piece.end])
    yield DataWork(Name("t"), "insert", 3)
    yield DataWork(None, "session")
    column = Column("c", None, nullable=False)
    yield RebuildTable(Name("t"), (AddColumn(Name("t"), column),))
    yield Unrecognized(Cause.SYNTAX, "it does not parse")


OPERATIONS = tuple(every_kind())


def one(sql: str) -> Operation:
    (operation,) = read_statement(sql)
    return operation


def test_the_statements_hold_every_kind_of_operation() -> None:
    assert {type(operation) for operation in OPERATIONS} == set(get_args(Operation))


@pytest.mark.parametrize("version", [12, 14, 18])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_every_operation_has_facts_on_an_empty_and_on_a_complete_catalog(
    operation: Operation, version: int
) -> None:
    for catalog in (UNKNOWN_CATALOG, Catalog.empty(complete=True)):
        effects = effects_of(operation, catalog, dialect="postgres", version=version)
        assert len(set(effects.unknown)) == len(effects.unknown)
        assert not set(effects.scans) & {*effects.rewrites, *effects.builds}
        said = compatibility_of(operation, catalog, dialect="postgres", version=version)
        assert isinstance(said.breaks, tuple)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_another_dialect_is_unknown_and_never_fine(operation: Operation) -> None:
    effects = effects_of(operation, UNKNOWN_CATALOG, dialect="mysql", version=8)
    assert {unknown.fact for unknown in effects.unknown} == set(Fact)
    said = compatibility_of(operation, UNKNOWN_CATALOG, dialect="mysql", version=8)
    assert {said.outcome(kind) for kind in OldStatement} == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("sql", "fact"),
    [
        ("DROP TABLE t", Fact.LOCKS),
        ("ALTER TABLE t DROP COLUMN c", Fact.LOCKS),
        ("ALTER TABLE t DROP CONSTRAINT c", Fact.LOCKS),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", Fact.LOCKS),
        ("DROP INDEX i", Fact.LOCKS),
        ("ALTER TABLE t ALTER COLUMN c TYPE bigint", Fact.REWRITES),
        ("ALTER TABLE t ALTER COLUMN c SET NOT NULL", Fact.SCANS),
        ("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", Fact.SCANS),
        ("ALTER TABLE t ADD COLUMN c money_amount", Fact.REWRITES),
        ("ALTER TABLE t ADD COLUMN c integer DEFAULT f()", Fact.REWRITES),
        ("ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)", Fact.SCANS),
        ("TRUNCATE t CASCADE", Fact.LOCKS),
        ("ALTER DOMAIN d SET NOT NULL", Fact.SCANS),
        ("DO 'BEGIN PERFORM f(); END'", Fact.LOCKS),
        ("SELECT f()", Fact.LOCKS),
        ("CREATE EXTENSION e", Fact.LOCKS),
    ],
)
def test_what_the_schema_would_decide_is_said_to_be_unknown(sql: str, fact: Fact) -> None:
    effects = effects_of(one(sql), UNKNOWN_CATALOG, dialect="postgres", version=14)
    assert not effects.knows(fact)
    assert all(unknown.decides for unknown in effects.unknown)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN c text DEFAULT 'x'",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (v > 0) NOT VALID",
        "CREATE INDEX CONCURRENTLY i ON t (v)",
        "ALTER TABLE t RENAME COLUMN v TO w",
        "ALTER TABLE t ALTER COLUMN v DROP DEFAULT",
    ],
)
def test_what_the_schema_would_not_change_is_known_without_it(sql: str) -> None:
    effects = effects_of(one(sql), UNKNOWN_CATALOG, dialect="postgres", version=14)
    assert effects.unknown == ()
    assert effects.locks.keys() == {Name("t")}


def test_a_default_that_is_not_known_may_rewrite() -> None:
    column = Column("c", None, default=Expression("", opaque=True))
    effects = effects_of(
        AddColumn(Name("t"), column), UNKNOWN_CATALOG, dialect="postgres", version=14
    )
    assert not effects.knows(Fact.REWRITES)


@pytest.mark.parametrize(
    ("sql", "need"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (v)", TransactionNeed.FORBIDDEN),
        ("DROP INDEX CONCURRENTLY i", TransactionNeed.FORBIDDEN),
        ("REINDEX TABLE CONCURRENTLY t", TransactionNeed.FORBIDDEN),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", TransactionNeed.FORBIDDEN),
        ("VACUUM t", TransactionNeed.FORBIDDEN),
        ("ANALYZE t", TransactionNeed.ALLOWED),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", TransactionNeed.ALLOWED),
        ("ALTER TYPE e ADD VALUE 'x'", TransactionNeed.UNCOMMITTED_USE),
        ("CREATE DATABASE d", TransactionNeed.FORBIDDEN),
        ("ALTER SYSTEM SET work_mem = '1MB'", TransactionNeed.FORBIDDEN),
    ],
)
def test_a_statement_says_whether_a_transaction_may_hold_it(
    sql: str, need: TransactionNeed
) -> None:
    effects = effects_of(one(sql), UNKNOWN_CATALOG, dialect="postgres", version=16)
    assert effects.transaction is need


def test_a_statement_takes_the_strongest_of_its_locks_and_reads_no_table_twice() -> None:
    operations = read_statement(
        "ALTER TABLE t ALTER COLUMN c SET STATISTICS 100, ADD COLUMN u uuid DEFAULT"
        " gen_random_uuid(), ADD CHECK (v > 0), ADD FOREIGN KEY (v) REFERENCES p (id)"
    )
    effects = effects_of_statement(operations, UNKNOWN_CATALOG, dialect="postgres", version=16)
    assert effects.locks == {
        Name("t"): Lock.ACCESS_EXCLUSIVE,
        Name("p"): Lock.SHARE_ROW_EXCLUSIVE,
    }
    assert (effects.rewrites, effects.scans) == ((Name("t"),), (Name("p"),))


@pytest.mark.parametrize(
    ("sql", "version", "kind"),
    [
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL v", 17, Certain),
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL v", 18, OnData),
        ("ALTER TABLE t ALTER COLUMN v SET EXPRESSION AS (1)", 16, Certain),
        ("ALTER TABLE t ALTER COLUMN v SET EXPRESSION AS (1)", 17, Never),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", 13, Certain),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", 14, Never),
        ("ALTER TABLE t SET ACCESS METHOD heap", 14, Certain),
        ("ALTER TABLE t SET ACCESS METHOD heap", 15, Never),
    ],
)
def test_what_a_version_does_not_have_fails_for_certain(sql: str, version: int, kind: type) -> None:
    effects = effects_of(one(sql), UNKNOWN_CATALOG, dialect="postgres", version=version)
    assert isinstance(effects.fails, kind)


def test_partitions_that_history_did_not_show_hold_the_rows_of_their_parent() -> None:
    table = "CREATE TABLE m (id bigint) PARTITION BY RANGE (id)"
    (change,) = read_statement("ALTER TABLE m ADD COLUMN u uuid DEFAULT gen_random_uuid()")
    rewrites = [
        effects_of(
            change,
            Catalog.empty(complete=complete).apply_all(read_statement(table)),
            dialect="postgres",
            version=16,
        ).rewrites
        for complete in (False, True)
    ]
    assert rewrites == [(Name("m"),), ()]


def test_locks_of_a_new_table_stand_in_the_order_of_its_statement() -> None:
    names = [f"parent_{at}" for at in range(12)]
    # What was named before has another place in memory, and so in a set.
    kept = [Name(name) for name in reversed(names)]
    columns = ", ".join(f"c{at} int REFERENCES {name}" for at, name in enumerate(names))
    made = one(f"CREATE TABLE child ({columns})")
    locks = effects_of(made, UNKNOWN_CATALOG, dialect="postgres", version=14).locks
    assert [str(name) for name in locks] == names
    assert len(kept) == len(locks)


@pytest.mark.parametrize(
    ("history", "statement", "asked"),
    [
        ("", "GRANT SELECT ON t TO app", "('app')"),
        ("", "GRANT SELECT ON t TO PUBLIC, CURRENT_USER", None),
        ("", 'GRANT SELECT ON t TO app, PUBLIC, "o\'b"', "('app'), ('o''b')"),
        ("CREATE ROLE app", "GRANT SELECT ON t TO app", None),
        ("CREATE ROLE app", "REVOKE SELECT ON t FROM app, other", "('other')"),
        ("CREATE ROLE app; DROP ROLE app", "GRANT SELECT ON t TO app", "('app')"),
        ("CREATE ROLE old; ALTER ROLE old RENAME TO app", "ALTER TABLE t OWNER TO app", None),
        ("", "ALTER TABLE t OWNER TO app", "('app')"),
        ("", "GRANT a TO b", "('a'), ('b')"),
    ],
)
def test_a_role_that_history_did_not_make_may_not_be_there(
    history: str, statement: str, asked: str | None
) -> None:
    made = (one for text in history.split("; ") if text for one in read_statement(text))
    catalog = Catalog.empty().apply_all(made)
    (operation,) = read_statement(statement)
    fails = effects_of(operation, catalog, dialect="postgres", version=18).fails
    query = fails.query if isinstance(fails, OnData) else None
    assert query == (
        None
        if asked is None
        else f"SELECT 1 FROM (VALUES {asked}) AS named (role)"
        " WHERE role NOT IN (SELECT rolname FROM pg_catalog.pg_roles)"
    )
