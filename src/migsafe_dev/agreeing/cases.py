"""Cases: those of fixtures/effects, chosen by hand, and those of a seed."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migsafe.model.operations import Operation
from migsafe.model.origin import SectionName
from migsafe.parsers.postgres import read_statement
from migsafe.parsers.split import PieceKind, split
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.modules import read_module
from migsafe_dev.generator import generate

FIXTURES = Path(__file__).parents[3] / "fixtures" / "effects"
GRAMMAR = FIXTURES / "generated" / "GRAMMAR.sha256"
NEWEST = 18
_PACKAGE = Path(__file__).parents[1]
_REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "a"

def upgrade():
    {}
"""


@dataclass(frozen=True)
class Case:
    """One statement, and the schema and rows that it meets.

    `revision` is the Alembic call that sends the statement, where no SQL holds its operation.
    """

    subject: str
    name: str
    setup: str
    statement: str
    versions: tuple[int, ...]
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}"

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is read from it."""
        return _read_call(self.revision) if self.revision else operations_in(self.statement)


def operations_in(text: str) -> tuple[Operation, ...]:
    """Return the operations of a text, one statement after the other."""
    return tuple(
        operation
        for piece in split(text).pieces
        if piece.kind is PieceKind.STATEMENT
        for operation in read_statement(text[piece.start : piece.end])
    )


def _read_call(call: str) -> tuple[Operation, ...]:
    module = read_module(_REVISION.format(call), "a.py")
    walk = Walk(module, "a.py", SectionName.UP)
    statements = walk.function("upgrade") or ()
    return tuple(operation for statement in statements for operation in statement.operations)


@cache
def chosen() -> tuple[Case, ...]:
    """Return the cases that were chosen by hand."""
    found: list[Case] = []
    for path in sorted(FIXTURES.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        found.extend(
            Case(
                path.stem,
                case["name"],
                content.get("setup", "") + case.get("setup", ""),
                case["statement"],
                tuple(case.get("versions", range(12, NEWEST + 1))),
                case.get("revision", ""),
            )
            for case in content["case"]
        )
    return tuple(found)


def generated(seed: int, count: int, version: int) -> Iterator[Case]:
    """Yield the cases of a seed."""
    for case in generate(seed, count, version):
        yield Case("generated", case.name, case.setup, case.statement, (version,))


def grammar_digest() -> str:
    """Return the digest of all that decides which cases a seed gives."""
    digest = hashlib.sha256()
    for path in (*sorted((_PACKAGE / "generation").glob("*.py")), _PACKAGE / "generator.py"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
