"""EXECUTE is what PREPARE said, where the same text prepares it."""

import pytest

from migsafe.model.operations import (
    Delete,
    ExecutePrepared,
    NoOperation,
    Operation,
    Select,
    Update,
)
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("PREPARE p AS DELETE FROM t; EXECUTE p;", [NoOperation, Delete]),
        ('PREPARE "P" (int) AS UPDATE t SET a = $1; EXECUTE "P"(1);', [NoOperation, Update]),
        ("PREPARE p AS SELECT 1; EXECUTE q;", [NoOperation, ExecutePrepared]),
        ("EXECUTE p; PREPARE p AS DELETE FROM t;", [ExecutePrepared, NoOperation]),
        (
            "PREPARE p AS DELETE FROM t; DEALLOCATE p; PREPARE p AS SELECT 1; EXECUTE p;",
            [NoOperation, NoOperation, NoOperation, Select],
        ),
    ],
)
def test_execute_runs_what_was_prepared(script: str, expected: list[type[Operation]]) -> None:
    statements = read_sql(script, Placement("x.sql", SectionName.UP)).statements
    read = [operation for statement in statements for operation in statement.operations]
    assert [type(operation) for operation in read] == expected
    starts = [operation.origin.span.start for operation in read if operation.origin is not None]
    assert starts == [statement.span.start for statement in statements]
