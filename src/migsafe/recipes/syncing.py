"""Two columns of one table kept equal by a trigger, whoever writes which of them."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.compatibility.rights import granting
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterSequence,
    Check,
    Column,
    CreateTrigger,
    DropColumn,
    DropConstraint,
    DropNotNull,
    DropObject,
    ObjectKind,
    Operation,
    RenameColumn,
    SetDefault,
    SetNotNull,
)
from migsafe.model.plan import Backfill, Direction, Step
from migsafe.model.record import record, replace
from migsafe.recipes import batches, blocks, names
from migsafe.writing import quoting
from migsafe.writing.session import dollar_quoted

_NO_EQUALITY = frozenset({"json", "xml", "point", "polygon", "txid_snapshot"})
"""Types without an equality operator: their text is compared."""


@record
class Sync:
    """An old column and the one that takes its place.

    Attributes:
        table: The table.
        old: The column that running code knows.
        new: The column that will stay, as it is made: nullable, without default. A default
            would make the INSERTs of old code look like those of new code.
        mark: What tells this plan's names apart.
        up: The new value from the old column, as SQL; `{old}` stands for the column.
        down: The old value from the new column; `{new}` stands for the column. It must have a
            value for every new value, or writers of the new column fail.
        old_type: The name of the old column's type, to know how values compare.
    """

    table: Name
    old: str
    new: Column
    mark: str
    up: str = "{old}"
    down: str = "{new}"
    old_type: str | None = None

    @property
    def function(self) -> Name:
        """The trigger function's name."""
        return self.table.beside(names.fitted("migsafe_", self.mark, "_sync"))

    @property
    def trigger(self) -> str:
        """The trigger's name: `zz` makes it the last of the BEFORE triggers."""
        return names.fitted("zz_migsafe_", self.mark)

    @property
    def proof(self) -> str:
        """The name of the CHECK that proves both columns equal."""
        return names.fitted("migsafe_", self.mark, "_equal")

    def new_from_old(self, prefix: str = "") -> str:
        """Return the expression of the new value; `prefix` goes before the column."""
        return self.up.replace("{old}", prefix + quoting.identifier(self.old))

    def is_behind(self, prefix: str = "") -> str:
        """Return the condition that the new column does not hold what the old one says."""
        new = prefix + quoting.identifier(self.new.name)
        return _differs(new, self.new_from_old(prefix), self._new_type)

    @property
    def _new_type(self) -> str | None:
        return None if self.new.type is None else self.new.type.name

    # --- operations ------------------------------------------------------------------

    def sync_function(
        self, old: str | None = None, new: str | None = None, *, replace: bool = False
    ) -> Operation:
        """Return the trigger function.

        Args:
            old: The name that the old column has by then.
            new: The name that the new column has by then.
            replace: Whether the function is there already.
        """
        word = "CREATE OR REPLACE FUNCTION" if replace else "CREATE FUNCTION"
        body = self._body(old or self.old, new or self.new.name)
        return blocks.operation(
            f"{word} {quoting.name(self.function)}() RETURNS trigger "
            f"LANGUAGE plpgsql AS {dollar_quoted(body)}"
        )

    def _body(self, old_name: str, new_name: str) -> str:
        old, new = quoting.identifier(old_name), quoting.identifier(new_name)
        up = self.up.replace("{old}", f"NEW.{old}")
        down = self.down.replace("{new}", f"NEW.{new}")
        new_changed = _differs(f"NEW.{new}", f"OLD.{new}", self._new_type)
        apart = _differs(f"NEW.{new}", up, self._new_type)
        old_changed = _differs(f"NEW.{old}", f"OLD.{old}", self.old_type)
        return (
            "\nBEGIN\n"
            "  IF TG_OP = 'INSERT' THEN\n"
            f"    IF NEW.{new} IS NULL THEN\n"
            f"      NEW.{new} := {up};\n"
            "    ELSE\n"
            f"      NEW.{old} := {down};\n"
            "    END IF;\n"
            f"  ELSIF {new_changed} AND {apart} THEN\n"
            f"    NEW.{old} := {down};\n"
            f"  ELSIF {old_changed} OR NEW.{new} IS NULL THEN\n"
            f"    NEW.{new} := {up};\n"
            "  END IF;\n"
            "  RETURN NEW;\n"
            "END\n"
        )

    def create_trigger(self) -> CreateTrigger:
        """Return the trigger: no list of columns, which would miss what other triggers change."""
        made = blocks.operation(
            f"CREATE TRIGGER {quoting.identifier(self.trigger)} BEFORE INSERT OR UPDATE "
            f"ON {quoting.name(self.table)} FOR EACH ROW "
            f"EXECUTE FUNCTION {quoting.name(self.function)}()"
        )
        if not isinstance(made, CreateTrigger):
            raise TypeError("CREATE TRIGGER was read as something else")
        return made

    def drop_trigger(self) -> tuple[Operation, ...]:
        """Return what removes trigger and function."""
        return (
            DropObject(ObjectKind.TRIGGER, Name(self.trigger), table=self.table),
            DropObject(ObjectKind.FUNCTION, self.function, arguments=""),
        )

    def fill(self, catalog: Catalog) -> Backfill:
        """Return the backfill of the new column.

        The trigger sees its rows too, and leaves both columns alone: they agree by then.
        """
        return batches.fill(
            self.table,
            ((self.new.name, self.new_from_old(f"{quoting.identifier(self.table.name)}.")),),
            self.is_behind(f"{quoting.identifier(self.table.name)}."),
            catalog,
        )

    # --- steps -----------------------------------------------------------------------

    def start(self, catalog: Catalog, version: int) -> Step:
        """Return the step that adds the column and keeps it in step from here on."""
        return blocks.brief(
            (
                AddColumn(self.table, replace(self.new, nullable=True, default=None)),
                *self._rights(catalog, version),
                self.sync_function(),
                self.create_trigger(),
            ),
            (*self.drop_trigger(), DropColumn(self.table, self.new.name)),
            Direction.ADD,
            f"the trigger fills {self.new.name} from {self.old} and {self.old} from "
            f"{self.new.name}: what any version writes from here on is in both",
        )

    def _rights(self, catalog: Catalog, version: int) -> Iterator[Operation]:
        """Yield what lets whoever was granted the old column by itself use the new one."""
        granted = catalog.rights(ObjectKind.TABLE, self.table).granted
        own = [
            replace(right, column=self.new.name) for right in granted if right.column == self.old
        ]
        for grant in granting(ObjectKind.TABLE, self.table, own, version):
            yield blocks.operation(grant.sql)

    def prove(self, fill: Backfill) -> Iterator[Step]:
        """Yield the steps that prove the columns equal, and make the new one NOT NULL if it was.

        One CHECK does both, so that the table is read once.
        """
        equal = f"NOT ({self.is_behind()})"
        new = quoting.identifier(self.new.name)
        condition = equal if self.new.nullable else f"{new} IS NOT NULL AND {equal}"
        expression = Expression(condition, (self.new.name, self.old))
        check = _canonical(self.table, Check(self.proof, expression, valid=False))
        yield blocks.add_not_valid(
            self.table,
            check,
            "a writer that escapes the trigger fails from here on instead of diverging",
            before=(blocks.guard(self.table, fill.remaining_sql),),
        )
        yield blocks.validate(self.table, self.proof)
        drop = DropConstraint(self.table, self.proof)
        again = AddConstraint(self.table, check)
        if self.new.nullable:
            yield blocks.brief((drop,), (again,), Direction.RELAX, "the proof has done its work")
        else:
            yield blocks.brief(
                (SetNotNull(self.table, self.new.name), drop),
                (DropNotNull(self.table, self.new.name), again),
                Direction.RESTRICT,
                f"the valid CHECK proves {self.new.name}, so that no row is read",
            )

    def quarantine(self) -> Step:
        """Return the step that hides the old column, and goes on filling it."""
        hidden = names.quarantined(self.old)
        return blocks.brief(
            (
                RenameColumn(self.table, self.old, hidden),
                self.sync_function(old=hidden, replace=True),
            ),
            (
                RenameColumn(self.table, hidden, self.old),
                self.sync_function(replace=True),
            ),
            Direction.REMOVE,
            f"whoever still uses {self.old} fails at once and loses nothing: the way back is a "
            "rename, because the trigger goes on filling it",
        )

    def finish(self, hidden: str, new: str, catalog: Catalog, *then: Operation) -> Step:
        """Return the step that removes trigger and old column, and gives out the last names.

        Args:
            hidden: The name of the old column by then.
            new: The name of the new column by then.
            catalog: The schema before the plan: sequences of the old column must outlive it.
            then: What follows in the same transaction.
        """
        moved = tuple(
            AlterSequence(state.name, owned_by=(self.table, new))
            for state in catalog.sequences_of(self.table)
            if state.owned_by is not None and state.owned_by[1] == self.old
        )
        default = self.new.default
        return blocks.brief(
            (
                *self.drop_trigger(),
                *moved,
                DropColumn(self.table, hidden),
                *(() if default is None else (SetDefault(self.table, new, default),)),
                *then,
            ),
            (),
            Direction.REMOVE,
            "the values are in the other column; nothing has used this one since it was hidden",
        )


def _differs(one: str, other: str, type: str | None) -> str:
    if type in _NO_EQUALITY:
        return f"({one})::text IS DISTINCT FROM ({other})::text"
    return f"{one} IS DISTINCT FROM {other}"


def _canonical(table: Name, check: Check) -> Check:
    """Return a CHECK with its expression as the parser spells it."""
    made = blocks.operation(f"ALTER TABLE {quoting.name(table)} ADD CHECK ({check.expression.sql})")
    if not isinstance(made, AddConstraint) or not isinstance(made.constraint, Check):
        raise TypeError("ADD CHECK was read as something else")
    return replace(check, expression=made.constraint.expression)
