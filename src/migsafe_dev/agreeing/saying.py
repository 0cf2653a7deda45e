"""What is said of a statement, as text: its costs, what it does to old code, its way back."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.compatibility import compatibility_of
from migsafe.effects import effects_of_statement
from migsafe.model.compatibility import Compatibility, Loss, Outcome
from migsafe.model.effects import Certain, Effects, Never, OnData, TransactionNeed
from migsafe.model.operations import Operation
from migsafe.writing.sql import statements


def said(operations: tuple[Operation, ...], catalog: Catalog, version: int) -> str:
    """Return what is said of a statement, a line a fact; what is nothing is left out."""
    effects = effects_of_statement(operations, catalog, dialect="postgres", version=version)
    lines = list(_costs(effects))
    for operation in operations:
        met = compatibility_of(operation, catalog, dialect="postgres", version=version)
        lines.extend(_old_code(met))
        catalog = catalog.apply(operation)
    return "".join(f"    {line}\n" for line in lines)


def _costs(effects: Effects) -> Iterator[str]:
    for name, lock in sorted(effects.locks.items()):
        yield f"locks {name} {lock}"
    for what, names in (
        ("rewrites", effects.rewrites),
        ("scans", effects.scans),
        ("builds", effects.builds),
    ):
        if names:
            yield f"{what} {', '.join(map(str, names))}"
    if effects.transaction is not TransactionNeed.ALLOWED:
        yield f"transaction {effects.transaction}"
    match effects.fails:
        case Certain(sqlstate=state):
            yield f"fails with {state}"
        case OnData(sqlstate=state, query=query):
            yield f"fails on data with {state}: {query}"
        case Never():
            pass
    if not effects.brief:
        yield "takes time"
    for unknown in effects.unknown:
        yield f"unknown {unknown.fact}"


def _old_code(met: Compatibility) -> Iterator[str]:
    for kind, outcome in sorted(met.old.items()):
        if outcome is not Outcome.WORKS:
            yield f"{kind}: {outcome}"
    if met.loses is not Loss.NOTHING:
        yield f"loses {met.loses}"
    if met.undo is not None:
        back = " ".join(statements(met.undo.operations).split()) or "nothing to do"
        warned = f" unless {met.undo.possible_sql}" if met.undo.possible_sql else ""
        yield f"undo: {back}{warned}"
        if met.undo.lost is not None:
            yield f"undo loses {met.undo.lost}"
