"""FACTS: what a server does while an operation runs. No judgement lives here."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.effects import postgres
from migsafe.effects.combine import together, unknown_everything
from migsafe.model.effects import Effects
from migsafe.model.operations import Operation

__all__ = ["effects_of", "effects_of_statement"]


def effects_of(operation: Operation, catalog: Catalog, *, dialect: str, version: int) -> Effects:
    """Return what one operation costs on the schema as it was before it.

    Args:
        operation: What runs.
        catalog: The schema before the operation.
        dialect: The kind of server; only `postgres` has facts, others are unknown.
        version: The server's major version; facts hold for 12 to 18.
    """
    if dialect != "postgres":
        return unknown_everything(f"facts for {dialect} are not known to migsafe yet")
    return postgres.effects_of(operation, catalog, version)


def effects_of_statement(
    operations: Iterable[Operation], catalog: Catalog, *, dialect: str, version: int
) -> Effects:
    """Return what a statement costs that holds several operations, in their order.

    A statement takes the strongest of its locks at once. A failure that is certain
    counts before one that depends on data; of several it is the one that the server names.
    """
    every = tuple(operations)
    if len(every) < _SEVERAL or dialect != "postgres":
        return together(
            effects_of(operation, catalog, dialect=dialect, version=version) for operation in every
        )
    return postgres.effects_of_several(every, catalog, version)


_SEVERAL = 2
