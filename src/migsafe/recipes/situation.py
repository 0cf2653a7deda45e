"""What a recipe may ask: the operations that nobody took yet, and the schema around an intent."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState
from migsafe.config import Settings
from migsafe.context import Applied, Context, Deploy
from migsafe.model.expressions import Expression, Name
from migsafe.model.intents import Intent, NoRecipe
from migsafe.model.operations import Operation, ValidateConstraint
from migsafe.model.record import record


@record
class Found:
    """An intent, and the operations of the deploy that it stands for."""

    intent: Intent
    parts: tuple[Applied, ...]


@record
class Pending:
    """The operations that no recipe took yet, in the order in which they run."""

    left: tuple[Applied, ...]
    deploy: Deploy = field(repr=False)
    settings: Settings = field(repr=False)

    def is_live(self, applied: Applied, relation: Name) -> bool:
        """Say whether running code may know a relation when an operation runs."""
        return Context("", self.settings, self.deploy, applied).is_live(relation)

    def after(self, applied: Applied) -> Iterator[Applied]:
        """Yield what is left after an operation."""
        seen = False
        for each in self.left:
            if seen:
                yield each
            seen = seen or each is applied

    def before(self, applied: Applied) -> Iterator[Applied]:
        """Yield what is left before an operation."""
        for each in self.left:
            if each is applied:
                return
            yield each

    def validations(
        self, applied: Applied, table: Name, constraint: str | None
    ) -> tuple[Applied, ...]:
        """Return the VALIDATE CONSTRAINTs that follow the operation that added a constraint."""
        return tuple(
            later
            for later in self.after(applied)
            if isinstance(later.operation, ValidateConstraint)
            and later.operation.constraint == constraint
            and same(applied, table, later, later.operation.table)
        )


@record
class Situation:
    """What surrounds an intent.

    Attributes:
        plan_id: The plan's id; names of what the plan makes come from it.
        ordinal: The place of the intent in its plan, from 1: keeps names apart.
        before: The schema before the first of the intent's operations.
        after: The schema that the whole migration leaves.
        version: The server's major version.
        fills: What the user gave for `table.column`: the value of existing rows.
    """

    plan_id: str
    ordinal: int
    before: Catalog = field(repr=False)
    after: Catalog = field(repr=False)
    version: int
    fills: Mapping[str, Expression] = field(default_factory=dict)

    def column(self, table: Name, column: str) -> ColumnState | None:
        """Return a column as it is before the intent."""
        return self.before.column(table, column)

    def fill(self, table: Name, column: str, written: Expression | None) -> Expression | None:
        """Return the value for existing rows: the user's, else what the migration wrote."""
        return self.fills.get(f"{table}.{column}", written)


def same(one: Applied, table: Name, other: Applied, other_table: Name) -> bool:
    """Say whether two operations speak of one table, each in its own schema's words."""
    return one.before.key(table) == other.before.key(other_table)


def cannot(operation: Operation, why: str, *parts: Applied) -> Found:
    """Return an operation that is recognised, and that no plan can be made for."""
    return Found(NoRecipe(operation, why), parts)
