"""Frozen records that cost little to define.

A frozen dataclass with slots compiles six methods and builds its class twice: half a
millisecond. The lint path defines some two hundred, and a pre-commit hook pays for them on each
commit. A record behaves as `@dataclass(frozen=True, slots=True)` does and compiles only
its `__init__`: a sixth of the price (`benchmarks/records.py`).
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_FIELDS = "__record_fields__"


@overload
def record(cls: type[_T], /) -> type[_T]: ...
@overload
def record(*, order: bool = ..., kw_only: bool = ...) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(Field, field))
def record(
    cls: type[_T] | None = None, /, *, order: bool = False, kw_only: bool = False
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Return a class as a frozen record with slots, equal by value.

    Fields are declared as in a dataclass; `field()` with `default`, `default_factory`,
    `compare`, `repr` and `kw_only` is understood.

    Args:
        cls: The class, when used without brackets.
        order: Records compare by their fields in order.
        kw_only: Fields are given by keyword only.
    """
    if cls is None:
        return lambda given: _made(given, order=order, kw_only=kw_only)
    return _made(cls, order=order, kw_only=kw_only)


def replace(value: _T, /, **changes: object) -> _T:
    """Return a record with some fields changed."""
    kept = {name: getattr(value, name) for name in names(value) if name not in changes}
    make: Callable[..., _T] = type(value)
    return make(**kept, **changes)


def is_record(value: object) -> bool:
    """Say whether a value is a record (not the class of one)."""
    return hasattr(type(value), _FIELDS)


def names(value: object, *, compared: bool = False) -> tuple[str, ...]:
    """Return the names of a record's fields, or only of those that equality looks at."""
    fields: dict[str, Field[object]] = getattr(value, _FIELDS)
    return tuple(name for name, one in fields.items() if one.compare or not compared)


def _made(cls: type[_T], *, order: bool, kw_only: bool) -> type[_T]:
    own: dict[str, Field[Any]] = {}
    for name in cls.__annotations__:
        given = cls.__dict__.get(name, MISSING)
        one = given if isinstance(given, Field) else field(default=given)
        if one.kw_only is MISSING:
            one.kw_only = kw_only
        own[name] = one
    fields = {**getattr(cls, _FIELDS, {}), **own}
    body = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in own and name not in {"__dict__", "__weakref__"}
    }
    body |= {"__slots__": tuple(own), _FIELDS: fields}
    made: type[_T] = type(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    positional = [name for name, one in fields.items() if not one.kw_only]
    compared = [name for name, one in fields.items() if one.compare]
    shown = [name for name, one in fields.items() if one.repr]
    # Set before the class is frozen; these are the methods of every record.
    methods: dict[str, object] = {
        "__init__": _init(made, fields),
        "__match_args__": tuple(positional),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        **_comparing(made, compared, order=order),
    }
    if "__repr__" not in cls.__dict__:
        methods["__repr__"] = lambda self: (
            f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"
        )
    for name, method in methods.items():
        setattr(made, name, method)
    return made


def _init(made: type, fields: dict[str, Field[Any]]) -> object:
    """Compile `__init__`: parameters by position, then by keyword, each set by its slot."""
    scope: dict[str, object] = {}
    parameters: list[str] = []
    lines: list[str] = []
    ordered = sorted(fields.items(), key=lambda pair: bool(pair[1].kw_only))
    for at, (name, one) in enumerate(ordered):
        if one.kw_only and "*" not in parameters:
            parameters.append("*")
        scope[f"_set{at}"] = getattr(made, name).__set__
        if one.default is not MISSING:
            scope[f"_default{at}"] = one.default
            parameters.append(f"{name}=_default{at}")
        elif one.default_factory is not MISSING:
            scope[f"_make{at}"] = one.default_factory
            scope["_absent"] = MISSING
            parameters.append(f"{name}=_absent")
            lines.append(f"    if {name} is _absent: {name} = _make{at}()")
        else:
            parameters.append(name)
        lines.append(f"    _set{at}(self, {name})")
    source = f"def __init__(self, {', '.join(parameters)}):\n" + "\n".join(lines or ["    pass"])
    exec(source, scope)  # noqa: S102  the names of fields are identifiers of our own source
    return scope["__init__"]


def _comparing(made: type, compared: list[str], *, order: bool) -> dict[str, object]:
    key = _key(compared)

    def equal(self: object, other: object) -> object:
        return key(self) == key(other) if other.__class__ is made else NotImplemented

    methods: dict[str, object] = {"__eq__": equal, "__hash__": lambda self: hash(key(self))}
    if order:
        methods["__lt__"] = lambda self, other: key(self) < key(other)
        methods["__le__"] = lambda self, other: key(self) <= key(other)
        methods["__gt__"] = lambda self, other: key(self) > key(other)
        methods["__ge__"] = lambda self, other: key(self) >= key(other)
    return methods


def _key(compared: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """Return a function from a record to what equality looks at."""
    match compared:
        case []:
            return lambda _: ()
        case [name]:
            return lambda self: (getattr(self, name),)
        case _:
            return attrgetter(*compared)


def _refuse(self: object, name: str, *_: object) -> None:
    message = f"a {type(self).__name__} is frozen: {name!r} cannot be changed"
    raise FrozenInstanceError(message)
