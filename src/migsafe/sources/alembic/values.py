"""What an expression of a revision is worth, as far as that is known without running it.

Strings, numbers, True, False, None and tuples stand for themselves; a list is a `Listed`.
The rest are records; `Unknown` says why nothing more is known. Nothing changes in place:
where Python changes a list, the new value takes the place of the old one wherever it is
held, which is why containers are told apart by identity.
"""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    Check,
    Constraint,
    ForeignKey,
    Generated,
    Identity,
)
from migsafe.model.record import record
from migsafe.sources.alembic.places import Places


@record
class Unknown:
    """A value that only a run would tell; `reason` ends the sentence "… because".

    `source` is the full name of what made it, where that is code that is not read. `reaches`
    says that it may be something through which the schema changes. `held` are the objects
    that may be it, or a part of it: whoever changes this changes one of them.
    """

    reason: str
    source: str | None = None
    reaches: bool = False
    held: tuple["Value", ...] = field(default=(), compare=False, repr=False)


class Listed(tuple["Value", ...]):
    """A list or a set: a tuple that is an object of its own, so that its changes are followed."""

    __slots__ = ()


class Distinct(Listed):
    """A set. Its values stand in the order of the file: that of a run is not known."""

    __slots__ = ()


class Stream(Listed):
    """What can be gone through once: what a generator, `zip` or `iter` gives.

    It reads its `sources` when it is gone through: it is not known any more once they change.
    """

    sources: tuple["Value", ...] = ()


class View(tuple["Value", ...]):  # noqa: SLOT001 - a tuple has no room for more
    """What can be gone through again but is no tuple: a `range`, the keys of a dictionary.

    It is not known any more once its `sources` change.
    """

    sources: tuple["Value", ...] = ()


@record
class Items:
    """A dictionary."""

    items: tuple[tuple["Value", "Value"], ...]


@record
class Moment:
    """A date, a time, a span of time, a decimal number or a UUID of Python's own."""

    held: date | time | timedelta | Decimal | UUID


@record
class Hole:
    """A part of a text that is not known.

    `name` stands for it in the file. `in_force` says that it is the schema that unqualified
    names are looked up in.
    """

    name: str
    reason: str
    in_force: bool = False


@record
class Pieces:
    """A text that is known in parts, such as an f-string with a value of the database."""

    parts: tuple[str | Hole, ...]

    @property
    def reason(self) -> str:
        """Why it is not known as a whole."""
        return next(part.reason for part in self.parts if isinstance(part, Hole))


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
    `checks_first` says that it asks the server before it makes or drops the type.
    """

    type: Type | None
    labels: tuple[str, ...] | None = None
    is_enum: bool = False
    creates: bool = False
    inherits_schema: bool = False
    check: str | None = None
    domain: Domain | None = None
    checks_first: bool = False


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

    name: Name


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
    AUTOCOMMIT = "an autocommit block"
    SCHEMA = "the schema in force"


@record
class Live:
    """Something that reaches the database.

    `table` is what a query or a result holds rows of, where they are objects of a mapped
    class. `autocommit` marks a connection on which each statement commits by itself.
    """

    kind: LiveKind
    table: Name | None = None
    autocommit: bool = False


def imported(path: str) -> "Value":
    """Return what an import binds."""
    match path:
        case "alembic.op":
            return Live(LiveKind.OP)
        case "alembic.context":
            return Live(LiveKind.CONTEXT)
        case _ if path.startswith("alembic.op."):
            return Method(Live(LiveKind.OP), path.removeprefix("alembic.op."))
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
    """`batch_op`; its operations happen when its block ends.

    `opaque` are names that stand for a schema that is not known.
    """

    table: Name
    number: int
    opaque: tuple[str, ...] = ()


@record
class MiniTable:
    """`sa.table(…)`, `sa.Table(…)`, or what `op.create_table` returns.

    `items` and `keywords` are what it was made of, for `.create()`.
    """

    name: Name
    items: tuple["Value", ...] = field(default=(), compare=False)
    keywords: tuple[tuple[str, "Value"], ...] = field(default=(), compare=False)


@record
class Columns:
    """`.c` of a table."""

    table: Name


@record
class Metadata:
    """`sa.MetaData()`."""


@record
class Tables:
    """The tables of a metadata: each has the name it is asked for by."""


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


@dataclass(slots=True, eq=False)
class Module:
    """What the module level of a Python file defines; nothing of it was run.

    `defining` holds, for each name that is assigned, the statements that have a part in it,
    in order. `wild` are the modules imported with `*`.
    """

    path: str
    text: str
    places: Places
    body: list[ast.stmt] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    defining: dict[str, list[ast.stmt]] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    wild: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Scope:
    """Names with their values: of a module, a class, a function or a comprehension.

    `outer` is where names are looked for next; `elsewhere` are those declared `global`,
    `outside` those declared `nonlocal`. The names of a module or a class (`is_lazy`) stand
    there once somebody asked for them; `made` are those with what they were worth at first.
    What `:=` binds in a comprehension (`is_inner`) belongs to the function around it. A function
    that may be called later may see the names (`is_seen`).
    """

    module: Module
    names: dict[str, "Value"] = field(default_factory=dict)
    outer: "Scope | None" = None
    elsewhere: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    is_module: bool = False
    is_lazy: bool = False
    is_inner: bool = False
    is_seen: bool = False
    made: dict[str, "Value"] = field(default_factory=dict)
    is_noted: bool = False

    def note(self) -> dict[str, "Value"]:
        """Return the names as they are now; whoever changes one of them changes a copy."""
        self.is_noted = True
        return self.names

    def go_back(self, names: dict[str, "Value"]) -> None:
        """Let the names be what they were when they were noted."""
        self.names, self.is_noted = names, True

    def put(self, name: str, value: "Value") -> None:
        """Give a name a value."""
        if self.is_noted:
            self.names, self.is_noted = dict(self.names), False
        self.names[name] = value


@record
class Function:
    """A function, a method or a lambda that can be read; `owner` is the class of a method.

    `defaults` are the values of its parameters that were made when it was defined.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope = field(repr=False)
    owner: "Class | None" = field(default=None, compare=False, repr=False)
    defaults: Scope | None = field(default=None, repr=False)


@record
class Bound:
    """A method with what it was taken from, or what `functools.partial` makes."""

    function: "Value"
    arguments: "Arguments"


@record(by_value=False)
class Yielding:
    """A call of a function that yields: what it does happens when it is asked."""

    function: Function
    arguments: "Arguments"


@record
class Class:
    """A class that can be read.

    `is_enum` tells an `enum.Enum`; the members of `is_text` are strings as well, and those
    of a `StrEnum` are shown as such. `members` are its attributes, as far as they are known.
    """

    name: str
    node: ast.ClassDef
    scope: Scope = field(repr=False)
    members: Scope = field(compare=False, repr=False)
    is_enum: bool = False
    is_text: bool = False
    is_shown_as_text: bool = False


@record(by_value=False)
class Instance:
    """An object of a class that can be read."""

    of: Class
    attributes: tuple[tuple[str, "Value"], ...] = ()


@record
class Parent:
    """`super()`: an object, or a class, as the classes after `owner` see it."""

    of: "Instance | Class"
    owner: Class


@record
class Namespace:
    """`globals()`."""

    module: Module = field(compare=False, repr=False)


@record
class Several:
    """Functions of which some are called, each for a database of its own."""

    functions: tuple["Value", ...]


@record
class Choice:
    """Functions of which one is called; `reason` is why nobody knows which."""

    functions: tuple["Value", ...]
    reason: str


@record
class Suppressing:
    """`contextlib.suppress(…)`."""


@record
class EnumMember:
    """A member of an enum; `is_shown_as_text` tells one of a `StrEnum`."""

    of: str
    name: str
    value: "Value"
    is_text: bool
    is_shown_as_text: bool = False


@record
class EnumClass:
    """An enum with its members, as an argument of `sa.Enum`."""

    name: str
    members: tuple[tuple[str, "Value"], ...] = field(default=())


@record
class PluginObject:
    """An object that a plugin of Alembic makes, by the name of its class."""

    name: str
    arguments: "Arguments"


@record
class FilePath:
    """`pathlib.Path` of a file or a directory."""

    path: str


@record
class OpenFile:
    """What `open()` returns."""

    path: str


Value: TypeAlias = (
    "bool | int | float | str | bytes | tuple[Value, ...] | Unknown | Items | Moment"
    " | Pieces | Dotted | SqlText | SaType | SaForeignKey | SaConstraint | SaIndex | SaSequence"
    " | NoDefault | SaColumn | Identity | Generated | Live | Batch | MiniTable | Columns"
    " | Metadata | Tables | Dml | Method | Function | Bound | Yielding | Several | Choice"
    " | Class | Instance | Parent | Namespace | Suppressing | EnumMember | EnumClass"
    " | PluginObject | FilePath | OpenFile | None"
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


def reason(value: Value) -> str | None:
    """Return why a value is not known, None if that is not what is wrong with it."""
    match value:
        case Unknown() | Pieces() | Choice():
            return value.reason
        case Live() | Method(of=Live()):
            return "what the database holds is not known"
        case Dotted(path=path):
            return f"'{path}' cannot be read here"
        case Method(of=Instance(of=class_), name=name):
            return f"'.{name}' of a '{class_.name}' is not known"
        case _:
            return None


class NotKnownError(Exception):
    """Raised where an argument that decides the meaning of a call is not known."""


class RefusedCallError(NotKnownError):
    """Raised where a call lacks an argument, so that Python refuses it."""


def require_given(names: Iterable[str], given: Collection[str]) -> None:
    """Make sure that a call has its arguments.

    Raises:
        RefusedCallError: If one is not there.
    """
    missing = [f"'{name}'" for name in names if name not in given]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise RefusedCallError(f"{' and '.join(missing)} {verb} not given")


def known_text(value: Value, what: str) -> str:
    """Return a value that must be a string.

    Raises:
        NotKnownError: If it is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, EnumMember) and value.is_text:
        return known_text(value.value, what)
    none = "it is not given" if value is None else "it is no string"
    raise NotKnownError(f"{what}: {reason(value) or none}")


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
    raise NotKnownError(f"{what}: {reason(value) or 'it is neither True nor False'}")


def known_texts(value: Value, what: str) -> tuple[str, ...]:
    """Return a value that must be a list of strings; one string is a list of one.

    Raises:
        NotKnownError: If it is something else.
    """
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(known_text(each, what) for each in value)
    raise NotKnownError(f"{what}: {reason(value) or 'it is no list of names'}")
