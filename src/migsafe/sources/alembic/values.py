"""What an expression of a revision is worth, as far as that is known without running it.

Strings, numbers, True, False, None and tuples stand for themselves (lists are tuples too).
The rest are records; `Unknown` says why nothing more is known.
"""

from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    Check,
    Constraint,
    ForeignKey,
    Generated,
    Identity,
)
from migsafe.model.record import record


@record
class Unknown:
    """A value that only a run would tell; `reason` ends the sentence "… because"."""

    reason: str


@record
class Items:
    """A dictionary."""

    items: tuple[tuple["Value", "Value"], ...]


@record
class Dotted:
    """Something imported, by its full name (`sqlalchemy.Integer`)."""

    path: str


@record
class SqlText:
    """SQL: `sa.text(…)`, `sa.func.now()`; `at` is where it stands in the file, if it does."""

    sql: str
    at: int | None = None


@record
class Domain:
    """What a domain is made of; `others` are its default, its CHECK and the like."""

    type: Type | None
    not_null: bool
    others: tuple["Value", ...]


@record
class SaType:
    """A column type.

    `type` is None where the class is not known. `labels` are those of an enum, None if it
    is none or they are not known. `creates` says that a new table brings the type along;
    `check` is the name of a CHECK that comes with the column (None: none, "" : unnamed).
    """

    type: Type | None
    labels: tuple[str, ...] | None = None
    is_enum: bool = False
    creates: bool = False
    inherits_schema: bool = False
    check: str | None = None
    domain: Domain | None = None


@record
class SaForeignKey:
    """`sa.ForeignKey` of a column: a foreign key whose columns are still empty."""

    key: ForeignKey
    use_alter: bool = False


@record
class SaConstraint:
    """A constraint of a table."""

    constraint: Constraint
    use_alter: bool = False


@record
class SaIndex:
    """`sa.Index`: the arguments of `op.create_index` but the table."""

    name: str | None
    elements: tuple["Value", ...]
    keywords: tuple[tuple[str, "Value"], ...] = ()


@record
class SaSequence:
    """`sa.Sequence`."""

    name: str


@record
class NoDefault:
    """`sa.FetchedValue()`: a default that somebody else sets."""


@record
class SaColumn:
    """`sa.Column`. `autoincrement` None is SQLAlchemy's `auto`; `nullable` None: not said."""

    name: str
    type: SaType
    nullable: bool | None = None
    default: Expression | None = None
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    autoincrement: bool | None = None
    foreign_keys: tuple[SaForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    identity: Identity | None = None
    generated: Generated | None = None
    comment: str | None = None
    has_other_default: bool = False


class LiveKind(StrEnum):
    """What a revision can reach the database through."""

    OP = "op"
    CONTEXT = "the migration context"
    BIND = "the connection"
    SESSION = "a session"
    QUERY = "a query of a session"
    INSPECTOR = "an inspector"
    RESULT = "a result"


@record
class Live:
    """Something that reaches the database."""

    kind: LiveKind


def imported(path: str) -> "Value":
    """Return what an import binds."""
    match path:
        case "alembic.op":
            return Live(LiveKind.OP)
        case "alembic.context":
            return Live(LiveKind.CONTEXT)
        case _:
            return Dotted(path)


MUTATING = frozenset(
    (
        *("add", "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse"),
        *("setdefault", "sort", "update"),
    )
)
"""Methods that change a list, a set or a dictionary in place."""


@record
class Batch:
    """`batch_op`; its operations happen when its block ends."""

    table: Name
    number: int


@record
class MiniTable:
    """`sa.table(…)`, `sa.Table(…)`, or what `op.create_table` returns."""

    name: Name


@record
class Dml:
    """A statement built by calls, such as `users.update().where(…)`."""

    verb: str
    table: Name | None


@record
class Method:
    """An attribute of a value, called or not."""

    of: "Value"
    name: str


@record
class Function:
    """A function of the file."""

    name: str


@record
class EnumClass:
    """A class of the file with constants, mostly an `enum.Enum`.

    `is_enum` is False for a plain class; the members of `is_text` are strings as well.
    """

    name: str
    members: tuple[tuple[str, "Value"], ...] = field(default=())
    is_enum: bool = True
    is_text: bool = False


@record
class EnumMember:
    """A member of an enum of the file."""

    name: str
    value: "Value"
    is_text: bool


Value: TypeAlias = (
    "bool | int | float | str | bytes | tuple[Value, ...] | Unknown | Items"
    " | Dotted | SqlText | SaType | SaForeignKey | SaConstraint | SaIndex | SaSequence"
    " | NoDefault | SaColumn | Identity | Generated | Live | Batch | MiniTable | Dml"
    " | Method | Function | EnumClass | EnumMember | None"
)


@record
class Arguments:
    """The arguments of a call. `unknown` is why there may be others (`*`, `**`)."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    unknown: str | None = None

    def at(self, index: int) -> Value:
        """Return a positional argument, None if there is none."""
        return self.positional[index] if index < len(self.positional) else None

    def keyword(self, name: str, default: Value = None) -> Value:
        """Return a keyword argument."""
        for keyword, value in self.keywords:
            if keyword == name:
                return value
        return default

    def has(self, name: str) -> bool:
        """Return whether a keyword was written."""
        return any(keyword == name for keyword, _ in self.keywords)


class NotKnownError(Exception):
    """Raised where an argument that decides the meaning of a call is not known."""


def known_text(value: Value, what: str) -> str:
    """Return a value that must be a string.

    Raises:
        NotKnownError: If it is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Unknown):
        raise NotKnownError(f"{what}: {value.reason}")
    raise NotKnownError(f"{what} is no string")


def optional_text(value: Value, what: str) -> str | None:
    """Return a value that must be a string or None.

    Raises:
        NotKnownError: If it is neither.
    """
    return None if value is None else known_text(value, what)


def known_flag(value: Value, what: str) -> bool:
    """Return a value that must be True, False or None (which is False).

    Raises:
        NotKnownError: If it is something else.
    """
    if value is None or isinstance(value, (bool, int)):
        return bool(value)
    if isinstance(value, Unknown):
        raise NotKnownError(f"{what}: {value.reason}")
    raise NotKnownError(f"{what} is neither True nor False")


def known_texts(value: Value, what: str) -> tuple[str, ...]:
    """Return a value that must be a list of strings; one string is a list of one.

    Raises:
        NotKnownError: If it is something else.
    """
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(known_text(each, what) for each in value)
    if isinstance(value, Unknown):
        raise NotKnownError(f"{what}: {value.reason}")
    raise NotKnownError(f"{what} is no list of names")
