"""Indexes rebuilt while writers wait, and readers with them."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Fact
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import Reindex
from migsafe.writing import quoting

_SYSTEM = "SYSTEM"
_MANY = frozenset({"SCHEMA", "DATABASE"})


def check_operation(operation: Reindex, context: Context) -> Iterator[Finding]:
    """Report a rebuild without CONCURRENTLY; system catalogs have no other way."""
    kind = operation.kind.upper()
    if operation.concurrently or kind == _SYSTEM:
        return
    effects = context.effects
    if kind in _MANY:
        which = "the database" if operation.object is None else f"{operation.object}"
        yield context.finding(
            f"REINDEX {kind} rebuilds every index of {which}: one table after the other, writes "
            "to it wait while its indexes are built, and so does nearly every read, because "
            "planning a query looks at each index.",
            help=_help(operation, context),
        )
        return
    tables = tuple(name for name in effects.locks if context.is_busy(name))
    if not effects.knows(Fact.LOCKS):
        yield context.finding(
            f"REINDEX {kind} {operation.object}: writes to its table wait while the index is "
            "built, and so does nearly every read; which table that is, the known schema does "
            "not say.",
            help=_help(operation, context),
            confidence=Confidence.LOW,
        )
    elif tables and effects.builds:
        yield context.finding(
            f"REINDEX {kind} {operation.object}: writes to {_with_partitions(tables)} wait while "
            f"{'the index is' if kind == 'INDEX' else 'its indexes are'} built"
            f"{context.how_big(tables[0])}, and so does nearly every read, because planning a "
            "query looks at each index.",
            help=_help(operation, context),
            relations=tables,
        )


def _with_partitions(tables: tuple[Name, ...]) -> str:
    first, *others = map(str, tables)
    return f"{first} and its {len(others)} partitions" if others else first


def _help(operation: Reindex, context: Context) -> str:
    named = "" if operation.object is None else f" {quoting.name(operation.object)}"
    statement = f"REINDEX {operation.kind.upper()} CONCURRENTLY{named}"
    return f"{statement}{context.outside}."
