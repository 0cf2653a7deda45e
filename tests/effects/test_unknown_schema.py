"""What is said of a statement where nothing is known of the schema, statement by statement."""

from collections.abc import Callable
from pathlib import Path

from migsafe.catalog.catalog import Catalog
from migsafe.parsers.postgres import read_statement
from migsafe.parsers.split import PieceKind, split
from migsafe_dev.agreeing.cases import FIXTURES, NEWEST
from migsafe_dev.agreeing.saying import said

STATEMENTS = Path(__file__).parent / "every_kind.sql"


def statements() -> tuple[str, ...]:
    text = STATEMENTS.read_text("utf-8")
    pieces = split(text).pieces
    return tuple(text[one.start : one.end] for one in pieces if one.kind is PieceKind.STATEMENT)


def test_what_is_said_without_a_schema_is_listed(golden: Callable[[Path, str], None]) -> None:
    lines = [
        f"{statement}\n{said(read_statement(statement), Catalog.empty(), NEWEST)}"
        for statement in statements()
    ]
    golden(FIXTURES / "unknown_schema.txt", "".join(lines))
