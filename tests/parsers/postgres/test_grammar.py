"""The whole grammar: nothing crashes, everything is accounted for."""

import pytest
from postgast import pg_query_pb2 as pb

from migsafe.model.operations import Unrecognized
from migsafe.parsers.postgres import READERS, read_parts
from migsafe_dev import grammar
from migsafe_dev.__main__ import main


def test_every_kind_of_statement_and_subcommand_has_an_example_and_is_mapped() -> None:
    states = {name: str(seen) for name, seen in grammar.coverage().items()}
    assert {name: state for name, state in states.items() if state != "mapped"} == {}


@pytest.mark.parametrize("sql", list(grammar.statements()))
def test_every_statement_of_the_corpus_holds_an_operation_within_its_text(sql: str) -> None:
    parts = read_parts(sql)
    assert parts
    assert all(0 <= part.start < part.end <= len(sql) for part in parts)
    assert not any(isinstance(part.operation, Unrecognized) for part in parts)


def test_every_reader_is_for_a_statement_of_the_grammar() -> None:
    fields = pb.Node.DESCRIPTOR.oneofs_by_name["node"].fields
    kinds = {field.name: field.message_type.name for field in fields}
    read = {kinds[name] for name in READERS}
    handled_apart = {"AlterTableStmt", "CreateSchemaStmt", "ExplainStmt"}
    assert set(grammar.statement_kinds()) - read == handled_apart


def test_the_command_prints_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grammar"]) == 0
    printed = capsys.readouterr().out
    assert "statements: 112: 112 mapped" in printed
    assert "sub-commands of ALTER: 56: 56 mapped" in printed
