"""The grammar's classes are those that postgast knows, with and without protobuf in C."""

import os
import subprocess
import sys

import pytest
from postgast import pg_query_pb2

from migsafe.parsers.postgres import pb

_READ = """
import sys
from migsafe.parsers.postgres import read_statement
print(read_statement("ALTER TABLE t ADD CHECK (a > lower(b)) NOT VALID"))
print(read_statement("ALTER TABLE t ADD CHECK (a >"))
print("postgast" in sys.modules, file=sys.stderr)
"""
_WITHOUT_C = "import sys; sys.modules['google._upb'] = None\n"
_ELSEWHERE = """
from importlib import machinery
class PathFinder:
    find_spec = lambda name: None
machinery.PathFinder = PathFinder
"""


def test_every_name_of_the_grammar_means_what_it_means_to_postgast() -> None:
    schema = pg_query_pb2.DESCRIPTOR
    for enum in schema.enum_types_by_name.values():
        assert getattr(pb, enum.name).keys() == [value.name for value in enum.values]
        assert all(getattr(pb, value.name) == value.number for value in enum.values)
    for name, message in schema.message_types_by_name.items():
        fields = {field.name: field.number for field in getattr(pb, name).DESCRIPTOR.fields}
        assert fields == {field.name: field.number for field in message.fields}


def test_a_name_that_the_grammar_has_not_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="AlterTabelStmt"):
        _ = pb.AlterTabelStmt


@pytest.mark.parametrize("before", [_WITHOUT_C, _ELSEWHERE])
def test_what_cannot_be_taken_from_its_file_is_taken_from_postgast(before: str) -> None:
    there, needed = _run(_READ, {})
    assert "AddConstraint" in there
    assert "syntax error at end of input at character 29" in there
    assert needed == "False\n"
    pure = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"} if before == _WITHOUT_C else {}
    assert _run(before + _READ, pure) == (there, "True\n")


def _run(source: str, environment: dict[str, str]) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr
