"""Records of the schema: what a catalog holds."""

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    Check,
    Column,
    Constraint,
    Generated,
    Identity,
    IndexElement,
    ObjectKind,
    Option,
    Partitioning,
    Query,
)
from migsafe.model.record import record


class Existence(StrEnum):
    """What the catalog can say about an object that is asked for."""

    PRESENT = "present"
    ABSENT = "absent"
    """History dropped it, or the catalog is complete and lacks it."""
    UNKNOWN = "unknown"


@record
class ColumnState:
    """A column; `nullable` is None where it is not known. `type` is None likewise.

    serial types are folded into the integer type, NOT NULL and a `nextval` default. `since`
    counts the operation that made it; 0 for a column that nobody saw being made.
    """

    name: str
    type: Type | None
    nullable: bool | None = True
    default: Expression | None = None
    identity: Identity | None = None
    generated: Generated | None = None
    made_by: str | None = None
    since: int = field(default=0, compare=False, repr=False)

    @property
    def fills_itself(self) -> bool:
        """Whether an INSERT that leaves the column out gets a value other than NULL."""
        return self.default is not None or self.identity is not None or self.generated is not None


@record
class ConstraintState:
    """A constraint under the name that the server knows it by.

    `since` counts the operation that made it, or last proved it; 0 for one that nobody saw.
    """

    name: str
    table: Name
    constraint: Constraint
    made_by: str | None = None
    since: int = field(default=0, compare=False, repr=False)


@record
class IndexState:
    """An index; `constraint` names the constraint it backs. `valid` is None if not known."""

    name: Name
    table: Name
    elements: tuple[IndexElement, ...]
    unique: bool = False
    where: Expression | None = None
    method: str = "btree"
    include: tuple[str, ...] = ()
    constraint: str | None = None
    valid: bool | None = True
    made_by: str | None = None
    nulls_not_distinct: bool = False
    parent: Name | None = None
    """The index of the partitioned table that this one belongs to."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain key columns, in order, up to the first expression."""
        names: list[str] = []
        for element in self.elements:
            if element.column is None:
                break
            names.append(element.column)
        return tuple(names)


@record
class TriggerState:
    """A trigger; `function` is what it calls, `events` in lower case (`insert`, `update`)."""

    name: str
    table: Name
    function: Name
    timing: str
    events: tuple[str, ...]
    sql: str
    made_by: str | None = None


class TableKind(StrEnum):
    """Kinds of table."""

    PLAIN = "table"
    PARTITIONED = "partitioned table"
    FOREIGN = "foreign table"


@record
class TableState:
    """A table. `complete` is False where columns may exist that history did not show.

    `made_by` is the id of the migration that made it, None where it is only known from
    being mentioned or was given.
    """

    name: Name
    columns: tuple[ColumnState, ...] = ()
    kind: TableKind = TableKind.PLAIN
    complete: bool = True
    temporary: bool = False
    unlogged: bool = False
    partition_by: Partitioning | None = None
    partition_of: Name | None = None
    partition_bound: str | None = None
    inherits: tuple[Name, ...] = ()
    made_by: str | None = None

    def column(self, name: str) -> ColumnState | None:
        """Return a column, or None if it is not known."""
        return next((column for column in self.columns if column.name == name), None)


@record
class TableSize:
    """How big a table is: an estimate of its rows, None if nobody counted, and its bytes."""

    rows: int | None
    bytes: int


@record
class Output:
    """A column of a query's result; its type is None where it is not known."""

    name: str
    type: Type | None = None


@record
class ViewState:
    """A view or materialized view.

    `populated` is False for a materialized view that nobody can read yet; None if not known.
    `output` are its columns, as they were when it was made; None where they are not known.
    `surely` are columns, each with its relation, that its query reads beyond doubt: the server
    refuses to drop or retype them.
    """

    name: Name
    query: Query
    materialized: bool = False
    columns: tuple[str, ...] = ()
    made_by: str | None = None
    populated: bool | None = field(default=None, compare=False)
    output: tuple[Output, ...] | None = field(default=None, compare=False)
    surely: frozenset[tuple[Name, str]] = field(default=frozenset(), compare=False)


@record
class SequenceState:
    """A sequence; `owned_by` is the column that it belongs to."""

    name: Name
    owned_by: tuple[Name, str] | None = None
    made_by: str | None = None


@record
class EnumState:
    """An enum type and its labels in order; None where labels are not known."""

    name: Name
    labels: tuple[str, ...] | None
    made_by: str | None = None


@record
class DomainState:
    """A domain."""

    name: Name
    type: Type
    nullable: bool = True
    default: Expression | None = None
    checks: tuple[Check, ...] = ()
    made_by: str | None = None


@record
class CompositeState:
    """A composite type; `complete` is False where attributes may exist that nobody saw made."""

    name: Name
    attributes: tuple[Column, ...]
    complete: bool = True


@record
class PolicyState:
    """A row security policy, as its statement."""

    name: str
    table: Name
    sql: str


@record
class StatisticsState:
    """Extended statistics and the columns that they need."""

    name: Name
    table: Name
    columns: frozenset[str]


@record
class RoutineUse:
    """Something that calls a routine: a part of `relation` (for views and domains itself)."""

    kind: ObjectKind
    name: str
    relation: Name


@record
class RoutineState:
    """A function or procedure; `volatility` is `immutable`, `stable` or `volatile`."""

    name: Name
    arguments: str
    language: str
    body: str | None
    volatility: str = "volatile"
    made_by: str | None = None
    returns: str | None = field(default=None, compare=False)
    """As it was written, in lower case; None for a procedure, or where it is not known."""
    options: frozenset[Option] = frozenset()
    """As those of CreateRoutine."""


EVERYONE = "PUBLIC"
"""The role that stands for all roles."""
SOMEBODY = ""
"""A role of which nothing is known: none has an empty name."""


@record
class Right:
    """What a role may do with an object; `column` where that is about one column alone."""

    role: str
    privilege: str
    column: str | None = None
    grantable: bool = False


@record
class Rights:
    """Who may use an object besides its owner.

    `owner` is None where no statement named it: it is whoever made the object. `perhaps` is what
    default privileges give if the role that made it is the one that they name. `older` means that
    it may have been there before anybody saw it, `unread` that something unread may have given
    or taken rights since.
    """

    granted: tuple[Right, ...] = ()
    owner: str | None = None
    arguments: str = ""
    """Of a routine, as it was declared, or as it was named where nobody saw it made."""
    perhaps: tuple[Right, ...] = field(default=(), compare=False)
    older: bool = field(default=False, compare=False)
    unread: bool = field(default=False, compare=False)

    @property
    def known(self) -> bool:
        """Whether there are no other rights than these."""
        return not (self.older or self.unread)

    def is_known_of(self, roles: Iterable[str]) -> bool:
        """Say whether all is known that roles have: no owner's own rights, no perhaps."""
        perhaps = {right.role for right in self.perhaps}
        return self.known and perhaps.isdisjoint(roles) and self.owner not in set(roles)


@record
class DefaultRights:
    """What ALTER DEFAULT PRIVILEGES says of a kind of object that is yet to be made.

    `maker` is None for the role that migrations run as; `schema` for all schemas.
    """

    maker: str | None
    schema: str | None
    kind: ObjectKind
    granted: tuple[Right, ...]
