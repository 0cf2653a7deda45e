"""Runs the revisions that a test writes, with an `op` that notes what is asked of it."""

from collections.abc import Callable

from migsafe.model.migration import Statement
from migsafe.model.operations import DropTable, Unrecognized
from migsafe.model.origin import Certainty, SectionName
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.modules import read_module

UNKNOWN = None
"""What stands for a name that is not known."""


class Recording:
    """Stands for `alembic.op`: notes the tables that are dropped, by name."""

    def __init__(self) -> None:
        """Start with none."""
        self.dropped: list[str] = []

    def drop_table(self, name: str) -> None:
        """Note a table."""
        if not isinstance(name, str):
            raise TypeError(name)
        self.dropped.append(name)


def executed(text: str) -> list[str]:
    """Return the tables that the `upgrade` of a revision drops when it runs."""
    op = Recording()
    names: dict[str, object] = {"op": op, "__name__": "revision"}
    exec(compile(text, "a.py", "exec"), names)
    upgrade = names["upgrade"]
    assert isinstance(upgrade, Callable)  # type: ignore[arg-type]  # it can be called
    upgrade()  # type: ignore[operator]  # it can
    return op.dropped


def read(text: str) -> list[str | None] | None:
    """Return the tables that migsafe says are dropped, None for each that is not known.

    None for all of them if it does not know which calls there are.
    """
    walk = Walk(read_module(f"from alembic import op\n{text}", "a.py"), "a.py", SectionName.UP)
    statements = walk.function("upgrade")
    assert statements is not None
    found = [_dropped(each) for each in statements]
    if any(each is _NOT_CERTAIN for each in found):
        return None
    return [each if isinstance(each, str) else UNKNOWN for each in found]


_NOT_CERTAIN = object()


def _dropped(statement: Statement) -> object:
    (operation,) = statement.operations
    origin = operation.origin
    if origin is None or origin.certainty is not Certainty.ALWAYS:
        return _NOT_CERTAIN
    match operation:
        case DropTable(table=table):
            return table.name
        case Unrecognized(reason=reason) if reason.startswith("'drop_table'"):
            return UNKNOWN
        case _:
            return _NOT_CERTAIN
