"""How surely a use names a certain object of the database."""

from migsafe.codebase.naming import snake
from migsafe.model.code import Basis, Use, UseKind

_ENDINGS = ("", "s", "es")


def concerns(
    use: Use, kind: UseKind, name: str, table: str | None = None, schema: str | None = None
) -> Basis | None:
    """Return how surely a use names an object, None if it names another one.

    Args:
        use: What a file names.
        kind: What the object is.
        name: Its name.
        table: The table of a column, constraint or index, the type of a label; None if any will
            do.
        schema: The schema of the object or of its table; None if any will do.
    """
    if use.name != name or use.kind not in {kind, UseKind.NAME}:
        return None
    if schema is not None and use.schema not in {None, schema}:
        return None
    if kind is UseKind.LABEL:
        known = use.owner is None or table is None or use.basis is not Basis.EXACT
        return use.basis if known or use.owner == table else None
    if kind not in {UseKind.COLUMN, UseKind.CONSTRAINT, UseKind.INDEX} or table is None:
        return use.basis
    if use.table is not None:
        return use.basis if use.table == table else None
    if use.owner is None or use.basis is not Basis.LIKELY or stands_for(use.owner, table):
        return use.basis
    return Basis.MENTION


def stands_for(owner: str, table: str) -> bool:
    """Say whether a class or a variable is called as a table is: `Order`, `order`, `shop_orders`.

    Tables are called in the plural or not, and may begin with the name of their application.
    """
    named = snake(table)
    words = snake(owner).strip("_").split("_")
    # `new_order` and `order_item` are what their last words say.
    for first in range(len(words)):
        called = "_".join(words[first:])
        plural = f"{called[:-1]}ies" if called.endswith("y") else called
        forms = (*(f"{called}{ending}" for ending in _ENDINGS), plural)
        if any(named == form or named.endswith(f"_{form}") for form in forms):
            return True
    return False
