"""Frozen records that cost little to define.

A frozen dataclass with slots compiles six methods and builds its class twice: half a
millisecond. The lint path defines some two hundred, and a pre-commit hook pays for them on each
commit. A record behaves as `@dataclass(frozen=True, slots=True)` does and compiles only
its `__init__`, when the first one is made: a fiftieth of the price (`benchmarks/records.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, field
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_FIELDS = "__record_fields__"


@overload
def record(cls: type[_T], /) -> type[_T]: ...
@overload
def record(
    *, by_value: bool = ..., order: bool = ..., kw_only: bool = ...
) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(Field, field))
def record(
    cls: type[_T] | None = None,
    /,
    *,
    by_value: bool = True,
    order: bool = False,
    kw_only: bool = False,
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Return a class as a frozen record with slots, equal by value.

    Fields are declared as in a dataclass; `field()` with `default`, `default_factory`,
    `compare`, `repr` and `kw_only` is understood.

    Args:
        cls: The class, when used without brackets.
        by_value: Records are equal by value; if not, each only to itself.
        order: Records compare by their fields in order.
        kw_only: Fields are given by keyword only.
    """
    if cls is None:
        return lambda given: _made(given, by_value=by_value, order=order, kw_only=kw_only)
    return _made(cls, by_value=by_value, order=order, kw_only=kw_only)


def replace(value: _T, /, **changes: object) -> _T:
    """Return a record with some fields changed."""
    made: type = type(value)
    copied: _T = _copying(made)(value, changes)
    return copied


@cache
def _copying(made: type) -> Callable[[object, Mapping[str, object]], Any]:
    """Return what copies the records of a class: slot by slot, then what is changed."""
    fields: dict[str, Field[object]] = getattr(made, _FIELDS)
    values = _key(tuple(fields))
    if "__new__" in vars(made):
        return lambda value, changes: made(
            **dict(zip(fields, values(value), strict=True), **changes)
        )
    slots = {name: getattr(made, name).__set__ for name in fields}
    scope = {f"set{at}": put for at, put in enumerate(slots.values())}
    fill = FunctionType(_code(len(fields), 0, ()), scope)

    def copied(value: object, changes: Mapping[str, object]) -> object:
        copy: object = object.__new__(made)
        fill(copy, *values(value))
        for name, changed in changes.items():
            slots[name](copy, changed)
        return copy

    return copied


def is_record(value: object) -> bool:
    """Say whether a value is a record (not the class of one)."""
    return hasattr(type(value), _FIELDS)


def names(value: object, *, compared: bool = False) -> tuple[str, ...]:
    """Return the names of a record's fields, or only of those that equality looks at."""
    fields: dict[str, Field[object]] = getattr(value, _FIELDS)
    return tuple(name for name, one in fields.items() if one.compare or not compared)


def _made(cls: type[_T], *, by_value: bool, order: bool, kw_only: bool) -> type[_T]:
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
    body |= {
        "__slots__": tuple(own),
        "__qualname__": cls.__qualname__,
        "__match_args__": tuple(name for name, one in fields.items() if not one.kw_only),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        _FIELDS: fields,
        **_comparing(
            tuple(name for name, one in fields.items() if one.compare),
            by_value=by_value,
            order=order,
        ),
    }
    body.setdefault("__repr__", _shown)
    made: type[_T] = type(cls.__name__, cls.__bases__, body)
    made.__init__ = _init(made, fields)  # type: ignore[method-assign]  # it is made here
    return made


def _shown(self: object) -> str:
    fields: dict[str, Field[object]] = getattr(self, _FIELDS)
    shown = (f"{name}={getattr(self, name)!r}" for name, one in fields.items() if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _init(made: type, fields: dict[str, Field[Any]]) -> Callable[..., None]:
    """Return an `__init__` that gives way to the compiled one when it is first called."""

    def first(self: object, *given: object, **named: object) -> None:
        compiled = _compiled(made, fields)
        made.__init__ = compiled  # type: ignore[misc]  # it replaces itself
        compiled(self, *given, **named)

    return first


def _compiled(made: type, fields: dict[str, Field[Any]]) -> Callable[..., None]:
    """Return `__init__`: parameters by position, then by keyword, each set by its slot."""
    ordered = sorted(fields.items(), key=lambda pair: bool(pair[1].kw_only))
    scope: dict[str, Any] = {"absent": MISSING}
    defaults: dict[str, Any] = {}
    fresh: list[int] = []
    for at, (name, one) in enumerate(ordered):
        scope[f"set{at}"] = getattr(made, name).__set__
        if one.default is not MISSING:
            defaults[name] = one.default
        elif one.default_factory is not MISSING:
            defaults[name] = MISSING
            scope[f"make{at}"] = one.default_factory
            fresh.append(at)
    keywords = [name for name, one in ordered if one.kw_only]
    code = _code(len(ordered), len(keywords), tuple(fresh))
    code = code.replace(co_varnames=("self", *(name for name, _ in ordered)))
    function = FunctionType(
        code,
        scope,
        "__init__",
        tuple(value for name, value in defaults.items() if name not in keywords),
    )
    function.__kwdefaults__ = {name: defaults[name] for name in keywords if name in defaults}
    return function


@cache
def _code(count: int, keywords: int, fresh: tuple[int, ...]) -> CodeType:
    """Compile an `__init__` of so many fields; few shapes serve all records.

    Args:
        count: How many fields there are; they are called `_0`, `_1`, …
        keywords: How many of them, the last ones, are given by keyword only.
        fresh: Those that are made by their factory when they are absent.
    """
    parameters = [f"_{at}" for at in range(count)]
    if keywords:
        parameters.insert(count - keywords, "*")
    lines = [f"    if _{at} is absent: _{at} = make{at}()" for at in fresh]
    lines += [f"    set{at}(self, _{at})" for at in range(count)]
    source = f"def __init__({', '.join(['self', *parameters])}):\n" + "\n".join(
        lines or ["    pass"]
    )
    scope: dict[str, FunctionType] = {}
    exec(source, scope)  # noqa: S102  nothing in it comes from elsewhere
    return scope["__init__"].__code__


def _comparing(compared: tuple[str, ...], *, by_value: bool, order: bool) -> dict[str, object]:
    key = _key(compared)

    def equal(self: object, other: object) -> object:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    methods: dict[str, object] = {}
    if by_value:
        methods |= {"__eq__": equal, "__hash__": lambda self: hash(key(self))}
    if order:
        methods["__lt__"] = lambda self, other: key(self) < key(other)
        methods["__le__"] = lambda self, other: key(self) <= key(other)
        methods["__gt__"] = lambda self, other: key(self) > key(other)
        methods["__ge__"] = lambda self, other: key(self) >= key(other)
    return methods


@cache
def _key(fields: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """Return a function from a record to the values of some of its fields."""
    match fields:
        case ():
            return lambda _: ()
        case (name,):
            return lambda self: (getattr(self, name),)
        case _:
            return attrgetter(*fields)


def _refuse(self: object, name: str, *_: object) -> None:
    message = f"a {type(self).__name__} is frozen: {name!r} cannot be changed"
    raise FrozenInstanceError(message)
