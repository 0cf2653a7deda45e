"""How much of Postgres's grammar is mapped, shown by a corpus of our own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from postgast import parse
from postgast import pg_query_pb2 as pb

from migsafe.model.operations import Unrecognized
from migsafe.parsers.postgres import read_parts
from migsafe.parsers.split import PieceKind, split

CORPUS = Path(__file__).parents[2] / "fixtures" / "sql" / "grammar"

NOT_STATEMENTS = {
    "PLAssignStmt": "an assignment of PL/pgSQL",
    "RawStmt": "the wrapper of every statement",
    "ReplicaIdentityStmt": "a part of ALTER TABLE",
    "ReturnStmt": "the body of a function",
    "SetOperationStmt": "a part of an analysed query",
}
"""Nodes called Stmt that no statement is by itself."""

NOT_WRITTEN = frozenset(
    {
        "ALTER_TABLE_TYPE_UNDEFINED",
        "AT_AddColumnToView",
        "AT_AddIndex",
        "AT_AddIndexConstraint",
        "AT_CookedColumnDefault",
        "AT_ReAddComment",
        "AT_ReAddConstraint",
        "AT_ReAddDomainConstraint",
        "AT_ReAddIndex",
        "AT_ReAddStatistics",
        "AT_ReplaceRelOptions",
    }
)
"""Sub-commands that the server makes for itself; the grammar never produces them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the corpus shows of one kind of statement or sub-command."""

    mapped: int = 0
    unmapped: int = 0

    def __str__(self) -> str:
        """Return the word of the report."""
        if self.mapped and self.unmapped:
            return "partly"
        return "mapped" if self.mapped else "unrecognized" if self.unmapped else "NO EXAMPLE"


def statement_kinds() -> tuple[str, ...]:
    """Return every kind of statement of the grammar, by the name of its node."""
    fields = pb.Node.DESCRIPTOR.oneofs_by_name["node"].fields
    names = (field.message_type.name for field in fields)
    return tuple(
        sorted(name for name in names if name.endswith("Stmt") and name not in NOT_STATEMENTS)
    )


def subcommand_kinds() -> tuple[str, ...]:
    """Return every sub-command of ALTER TABLE that can be written."""
    return tuple(name for name in pb.AlterTableType.keys() if name not in NOT_WRITTEN)  # noqa: SIM118 - an enum


def statements(corpus: Path = CORPUS) -> Iterator[str]:
    """Yield the statements of a corpus."""
    for path in sorted(corpus.glob("*.sql")):
        text = path.read_text("utf-8")
        for piece in split(text).pieces:
            if piece.kind is PieceKind.STATEMENT:
                yield text[piece.start : piece.end]


def coverage(corpus: Path = CORPUS) -> dict[str, Seen]:
    """Return what a corpus shows of each kind of statement and sub-command."""
    mapped: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    for sql in statements(corpus):
        node = parse(sql).stmts[0].stmt
        kind = node.WhichOneof("node")
        parts = read_parts(sql)
        names = [getattr(node, kind).DESCRIPTOR.name]
        if kind == "alter_table_stmt":
            names = [
                pb.AlterTableType.Name(command.alter_table_cmd.subtype)
                for command in node.alter_table_stmt.cmds
            ]
            names.append("AlterTableStmt")
        for name in names:
            refused = any(isinstance(part.operation, Unrecognized) for part in parts)
            (unmapped if refused else mapped)[name] += 1
    return {
        name: Seen(mapped[name], unmapped[name])
        for name in (*statement_kinds(), *subcommand_kinds())
    }


def main(arguments: list[str]) -> int:
    """Print a line for each kind and the counts; 1 if a kind has no example."""
    corpus = Path(arguments[0]) if arguments else CORPUS
    seen = coverage(corpus)
    for name, state in seen.items():
        print(f"{name:32} {state}")
    for title, kinds in (
        ("statements", statement_kinds()),
        ("sub-commands of ALTER", subcommand_kinds()),
    ):
        counts = Counter(str(seen[name]) for name in kinds)
        shares = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        print(f"{title}: {len(kinds)}: {shares}")
    for name, reason in NOT_STATEMENTS.items():
        print(f"not a statement: {name}: {reason}")
    return int(any(str(state) == "NO EXAMPLE" for state in seen.values()))
