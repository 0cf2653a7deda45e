"""Reads revisions that a test writes."""

from migsafe.model.migration import Statement
from migsafe.model.operations import Operation
from migsafe.model.origin import SectionName
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.modules import read_module

HEAD = """\
import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "a"
"""


def statements_of(body: str, *, head: str = "") -> tuple[Statement, ...]:
    """Return the statements of an `upgrade` with this body."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.splitlines())
    text = f"{HEAD}{head}\n\ndef upgrade():\n{lines}\n"
    module = read_module(text, "a.py")
    walk = Walk(module, "a.py", SectionName.UP)
    statements = walk.function("upgrade")
    assert statements is not None
    return statements


def operations_of(body: str, *, head: str = "") -> list[Operation]:
    """Return what an `upgrade` with this body does."""
    return [
        operation
        for statement in statements_of(body, head=head)
        for operation in statement.operations
    ]
