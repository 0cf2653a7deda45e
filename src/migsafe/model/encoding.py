"""Records as plain lists and back: what a file outside of the program may hold of them.

What is written are lists, strings, integers, booleans and None. What is read is checked field
by field against the annotations of the records, so that nothing can stand in a row that they
do not name: no other class, and no value of another type. How a record is written and read is
compiled when the first one is: nothing in that code comes from elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

from migsafe.model.record import names

_T = TypeVar("_T")
_Function = Callable[[Any], Any]
_SCALARS = frozenset({str, int, bool})
_WRONG = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
_INDENT = "    "
_WRITERS: dict[object, _Function] = {}
_READERS: dict[object, _Function] = {}


class MalformedError(Exception):
    """What was read is not what `encode` makes of such a value."""


def encode(value: _T, kind: type[_T]) -> Any:  # noqa: ANN401  lists of lists
    """Return a record, or a tuple of some, without its class."""
    return _writer(kind)(value)


def decode(row: object, kind: type[_T]) -> _T:
    """Return the value that `encode` made a row of; lists in it are used up.

    Raises:
        MalformedError: If it is no such row.
    """
    try:
        value: _T = _reader(kind)(row)
    except _WRONG as error:
        raise MalformedError(str(kind)) from error
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Return the annotation of each field of a record, in their order."""
    hints = get_type_hints(kind)
    return {name: hints[name] for name in names(kind)}


@cache
def _absent(kind: type) -> list[Any]:
    """Return what stands for fields that a row ends without: defaults that are no records.

    Where there is no such default it is something that nothing is read from.
    """
    fields: dict[str, Field[object]] = kind.__record_fields__  # type: ignore[attr-defined]
    found: list[Any] = []
    for one in fields.values():
        default = one.default.value if isinstance(one.default, Enum) else one.default
        plain = default is None or type(default) in _SCALARS
        found.append([] if default == () else default if plain else MISSING)
    return found


def _is_record(kind: object) -> TypeGuard[type]:
    return isinstance(kind, type) and hasattr(kind, "__record_fields__")


def _parted(kind: object) -> tuple[bool, tuple[Any, ...]]:
    """Return whether a type allows None, and what else it allows."""
    members = get_args(kind) if get_origin(kind) in {UnionType, Union} else (kind,)
    return NoneType in members, tuple(each for each in members if each is not NoneType)


def _writer(kind: object) -> _Function:
    made = _WRITERS.get(kind)
    if made is None:
        made = _WRITERS[kind] = _written_record(kind) if _is_record(kind) else _written(kind)
    return made


def _reader(kind: object) -> _Function:
    made = _READERS.get(kind)
    if made is None:
        made = _READERS[kind] = _read_record(kind) if _is_record(kind) else _read(kind)
    return made


def _written(kind: object) -> _Function:
    code = _Code("value")
    code.lines.append(f"return {code.written('value', kind)}")
    return code.compiled()


def _written_record(kind: type) -> _Function:
    code = _Code("value")
    parts = [code.written(f"value.{name}", hint) for name, hint in _hints(kind).items()]
    absent = code.named(_absent(kind))
    code.lines += [
        f"row = [{', '.join(parts)}]",
        f"while row and row[-1] == {absent}[len(row) - 1]: row.pop()",
        "return row",
    ]
    return code.compiled()


def _read(kind: object) -> _Function:
    code = _Code("row")
    code.lines += [*code.read("row", kind), "return row"]
    return code.compiled()


def _read_record(kind: type) -> _Function:
    code = _Code("row")
    hints = _hints(kind)
    variables = [f"_{at}" for at in range(len(hints))]
    code.lines += [
        "if row.__class__ is not list: raise TypeError",
        f"if len(row) < {len(hints)}: row += {code.named(_absent(kind))}[len(row):]",
        f"[{', '.join(variables)}] = row",
    ]
    for variable, hint in zip(variables, hints.values(), strict=True):
        code.lines += code.read(variable, hint)
    made = code.named(kind)
    if "__new__" in vars(kind):
        code.lines.append(f"return {made}({', '.join(variables)})")
        return code.compiled()
    code.lines.append(f"value = {code.named(object.__new__)}({made})")
    for name, variable in zip(hints, variables, strict=True):
        code.lines.append(f"{code.named(getattr(kind, name).__set__)}(value, {variable})")
    code.lines.append("return value")
    return code.compiled()


class _Code:
    """The lines of a function of one argument, and what the names in them are."""

    def __init__(self, argument: str) -> None:
        self._argument = argument
        self._scope: dict[str, Any] = {}
        self._temporary = 0
        self.lines: list[str] = []

    def named(self, value: object) -> str:
        """Return the name by which the function knows a value."""
        name = f"n{len(self._scope)}"
        self._scope[name] = value
        return name

    def compiled(self) -> _Function:
        """Return the function."""
        body = "\n".join(f"{_INDENT}{line}" for line in self.lines)
        exec(f"def made({self._argument}):\n{body}", self._scope)  # noqa: S102  see above
        made: _Function = self._scope["made"]
        return made

    def _later(self, make: Callable[[object], _Function], kind: object) -> str:
        """Return the name of a function that is made when it is first called."""
        name = self.named(None)

        def first(given: object) -> object:
            made = self._scope[name] = make(kind)
            return made(given)

        self._scope[name] = first
        return name

    # --- writing -----------------------------------------------------------------------

    def written(self, value: str, kind: object) -> str:
        """Return the expression for what is written of an expression."""
        optional, members = _parted(kind)
        if optional:
            self._temporary += 1
            held = f"held{self._temporary}"
            return f"None if ({held} := {value}) is None else {self._written(held, members)}"
        return self._written(value, members)

    def _written(self, value: str, members: tuple[Any, ...]) -> str:
        if len(members) > 1:
            return f"{self.named(_Tagging(members).write)}({value})"
        (kind,) = members
        if kind in _SCALARS:
            return value
        if _is_record(kind):
            return f"{self._later(_writer, kind)}({value})"
        if isinstance(kind, type) and issubclass(kind, Enum):
            return f"{value}.value"
        if get_origin(kind) is not tuple:
            raise TypeError(f"{kind} has no plain form")
        match get_args(kind):
            case [one, ellipsis] if ellipsis is Ellipsis:
                return f"[{self.written('each', one)} for each in {value}]"
            case parts:
                written = (self.written(f"{value}[{at}]", one) for at, one in enumerate(parts))
                return f"[{', '.join(written)}]"

    # --- reading -----------------------------------------------------------------------

    def read(self, variable: str, kind: object) -> Iterator[str]:
        """Yield the lines that turn what was written into the value, in the same variable."""
        optional, members = _parted(kind)
        if optional:
            yield f"if {variable} is not None:"
            yield from (f"{_INDENT}{line}" for line in self._read(variable, members))
        else:
            yield from self._read(variable, members)

    def _read(self, variable: str, members: tuple[Any, ...]) -> Iterator[str]:
        if len(members) > 1:
            readers = self.named(_Tagged(members))
            yield f"{variable} = {readers}[{variable}.pop()]({variable})"
            return
        (kind,) = members
        if kind in _SCALARS:
            yield f"if {variable}.__class__ is not {kind.__name__}: raise TypeError"
        elif _is_record(kind):
            yield f"{variable} = {self._later(_reader, kind)}({variable})"
        elif isinstance(kind, type) and issubclass(kind, Enum):
            yield f"{variable} = {self.named({one.value: one for one in kind})}[{variable}]"
        else:
            yield f"if {variable}.__class__ is not list: raise TypeError"
            yield from self._read_items(variable, get_args(kind))

    def _read_items(self, variable: str, parts: tuple[Any, ...]) -> Iterator[str]:
        if parts[1:] == (Ellipsis,):
            one = self._later(_reader, parts[0])
            yield f"{variable} = tuple([{one}(each) for each in {variable}])"
            return
        items = [f"{variable}_{at}" for at in range(len(parts))]
        yield f"[{', '.join(items)}] = {variable}"
        for item, part in zip(items, parts, strict=True):
            yield from self.read(item, part)
        yield f"{variable} = ({', '.join(items)},)"


class _Tagging:
    """Writes records of a union: the fields, and last its place among the members."""

    def __init__(self, members: tuple[type, ...]) -> None:
        self._tags = {member: tag for tag, member in enumerate(members)}

    def write(self, value: object) -> list[Any]:
        kind = type(value)
        row: list[Any] = [*_writer(kind)(value), self._tags[kind]]
        return row


class _Tagged(dict[int, _Function]):
    """The readers of a union's members by their places, each made when it is needed."""

    def __init__(self, members: tuple[type, ...]) -> None:
        self._members: Mapping[int, type] = dict(enumerate(members))

    def __missing__(self, tag: int) -> _Function:
        if tag.__class__ is not int:
            raise TypeError
        made = self[tag] = _reader(self._members[tag])
        return made
