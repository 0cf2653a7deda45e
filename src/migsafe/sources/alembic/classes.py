"""Classes as far as reading them tells: constants, enums, mapped tables, column types.

Source:
    SQLAlchemy 2.0: a mapped class names its table in `__tablename__`, `__table__` and the
    `schema` of `__table_args__`; a `TypeDecorator` is its `impl`, or on a dialect what
    `load_dialect_impl` says; a `UserDefinedType` is what `get_col_spec` says.
"""

import ast
from collections.abc import Iterator
from typing import Protocol

from migsafe.model.expressions import Name
from migsafe.parsers import ParseError
from migsafe.parsers.sql import read_type
from migsafe.sources.alembic.application import last_name
from migsafe.sources.alembic.modules import changes
from migsafe.sources.alembic.plain import equal
from migsafe.sources.alembic.types import made, sa_type
from migsafe.sources.alembic.values import (
    Arguments,
    Bound,
    Class,
    Dotted,
    EnumMember,
    Function,
    Instance,
    Items,
    Live,
    LiveKind,
    Metadata,
    Method,
    MiniTable,
    SaType,
    Scope,
    SqlText,
    Unknown,
    Value,
)
from migsafe.writing.quoting import identifier

_DEEPEST = 12
_TYPES = frozenset({"TypeDecorator", "UserDefinedType", "TypeEngine"})
_EMPTY = frozenset({"object", "ABC", "Generic", "Protocol", "NamedTuple", "TypedDict"})
_FOLLOWED = frozenset(
    (
        *("__aenter__", "__aexit__", "__call__", "__enter__", "__exit__", "__getattr__"),
        *("__getitem__", "__init__", "__iter__", "__post_init__"),
    )
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


class Evaluates(Protocol):
    """What evaluates the expressions of a class."""

    def value_in(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression is worth where other names are known."""

    def called(self, function: Value, arguments: Arguments) -> Value:
        """Return what a call is worth that nothing in the revision's own text makes."""


def made_class(node: ast.ClassDef, scope: Scope, members: Scope, evaluates: Evaluates) -> Class:
    """Return what a class statement defines; `members` are its attributes that are known."""
    leaves = set()
    plain = Class(node.name, node, scope, members)
    for base in _bases(plain, evaluates):
        match base:
            case Dotted(path=path):
                leaves.add(path.rpartition(".")[2])
            case Class(is_enum=is_enum, is_text=is_text, is_shown_as_text=is_shown):
                leaves |= {"Enum"} if is_enum else set()
                leaves |= {"str"} if is_text else set()
                leaves |= {"StrEnum"} if is_shown else set()
            case _:
                pass
    leaves |= {last_name(base) for base in node.bases}
    is_enum = not _ENUMS.isdisjoint(leaves)
    is_text = is_enum and ("StrEnum" in leaves or "str" in leaves)
    is_shown = is_text and "StrEnum" in leaves
    return Class(node.name, node, scope, members, is_enum, is_text, is_shown)


def _bases(class_: Class, evaluates: Evaluates) -> list[Value]:
    return [evaluates.value_in(base, class_.scope) for base in class_.node.bases]


def _lineage(class_: Class, evaluates: Evaluates, depth: int = 0) -> Iterator[Value]:
    """Yield a class and what it is made of, nearest first."""
    yield class_
    for base in _bases(class_, evaluates):
        if isinstance(base, Class) and depth < _DEEPEST:
            yield from _lineage(base, evaluates, depth + 1)
        else:
            yield base


def _line_of_methods(class_: Class, evaluates: Evaluates, owner: Class | None) -> list[Value]:
    """Return where methods are looked for, in order; `owner`: only after this class.

    What several classes are made of comes after all of them, as in Python's own order.
    """
    lineage = list(_lineage(class_, evaluates))
    kept = [each for at, each in enumerate(lineage) if each not in lineage[at + 1 :]]
    return kept[kept.index(owner) + 1 :] if owner in kept else kept


def methods_of(class_: Class, evaluates: Evaluates) -> Iterator[Function]:
    """Yield the methods that a class has of its own or from others that can be read."""
    found: set[str] = set()
    for each in _line_of_methods(class_, evaluates, None):
        if isinstance(each, Class):
            for statement in each.node.body:
                if isinstance(statement, _FUNCTIONS) and statement.name not in found:
                    found.add(statement.name)
                    yield Function(statement.name, statement, each.scope, each)


def methods_by_itself(class_: Class, evaluates: Evaluates) -> Iterator[Function]:
    """Yield the methods that Python calls by itself, such as `__bool__`.

    Those that are followed where it does so are left out.
    """
    classes: list[Value] = [class_]
    classes += [
        evaluates.value_in(keyword.value, class_.scope)
        for keyword in class_.node.keywords
        if keyword.arg == "metaclass"
    ]
    for each in classes:
        if isinstance(each, Class):
            for method in methods_of(each, evaluates):
                of_meta = each is not class_
                if method.name.startswith("__") and (of_meta or method.name not in _FOLLOWED):
                    yield method


def unread_base(class_: Class, evaluates: Evaluates) -> str | None:
    """Return the full name of a base class whose methods cannot be read, None if there is none."""
    for each in _lineage(class_, evaluates):
        if isinstance(each, Dotted) and last_name_of(each) not in _EMPTY:
            return each.path
    return None


def last_name_of(value: Dotted) -> str:
    """Return the last part of a full name."""
    return value.path.rpartition(".")[2]


def _assigned(class_: Class) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for statement in class_.node.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found[target.id] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case _:
                pass
    return found


def _has(class_: Class, name: str) -> bool:
    """Return whether a class has an attribute of its own that is no method."""
    return name in class_.members.names or name in _assigned(class_)


def set_on_class(class_: Class, name: str, value: Value, evaluates: Evaluates) -> None:
    """Give an attribute of a class another value."""
    if _has(class_, name):
        # On another way it is worth what it was.
        _value_of_member(class_, name, evaluates)
    class_.members.put(name, value)


def _function(class_: Class, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for statement in class_.node.body:
        if (
            isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
            and statement.name == name
        ):
            return statement
    return None


def _value_of_member(class_: Class, name: str, evaluates: Evaluates) -> Value:
    """Return what an assignment in the body of a class gives a name."""
    members = class_.members
    if name not in members.names:
        if name not in members.made:
            members.put(name, Unknown(f"'{name}' is defined by itself"))
            members.made[name] = _made_member(class_, name, evaluates)
        members.put(name, members.made[name])
    return members.names[name]


def _made_member(class_: Class, name: str, evaluates: Evaluates) -> Value:
    assigned = _assigned(class_)
    changed = list(changes([each for each in class_.node.body if not isinstance(each, _FUNCTIONS)]))
    if changed.count(name) > 1:
        return Unknown(f"'{name}' changes in the body of '{class_.name}'")
    node = assigned[name]
    names: dict[str, Value] = {}
    for each in ast.walk(node):
        if not isinstance(each, ast.Name) or each.id == name:
            continue
        if each.id in assigned:
            names[each.id] = _value_of_member(class_, each.id, evaluates)
        elif (function := _function(class_, each.id)) is not None:
            names[each.id] = Function(function.name, function, class_.scope, class_)
    scope = class_.scope
    if names:
        outer = class_.scope if class_.scope.outer is not None else None
        scope = Scope(class_.scope.module, names, outer)
    return evaluates.value_in(node, scope)


def enum_members(class_: Class, evaluates: Evaluates) -> tuple[EnumMember, ...]:
    """Return the members of an enum, in order."""
    return tuple(dict.fromkeys(_enum_names(class_, evaluates).values()))


def _enum_names(class_: Class, evaluates: Evaluates) -> dict[str, EnumMember]:
    """Return the members of an enum by all their names: of one value there is one member."""
    found: dict[str, EnumMember] = {}
    is_made = any(_function(class_, name) for name in ("__new__", "_generate_next_value_"))
    value: Value = 0
    for name, node in _assigned(class_).items():
        if name.startswith("__") or (name.startswith("_") and name.endswith("_")):
            continue
        match node:
            case _ if is_made:
                value = Unknown(f"what '{class_.name}' makes of its members is not known")
            case ast.Call(func=func) if last_name(func) == "auto":
                value = _next_value(class_, name, value)
            case _:
                value = _value_of_member(class_, name, evaluates)
        alike = [each for each in found.values() if equal(each.value, value)]
        made = EnumMember(class_.name, name, value, class_.is_text, class_.is_shown_as_text)
        found[name] = alike[0] if alike else made
    return found


def _next_value(class_: Class, name: str, last: Value) -> Value:
    """Return what `auto()` gives."""
    if class_.is_shown_as_text:
        return name.lower()
    is_flag = any(last_name(base) in {"Flag", "IntFlag"} for base in class_.node.bases)
    if class_.is_text or is_flag or not isinstance(last, int):
        return Unknown(f"the value of '{class_.name}.{name}' is not known")
    return last + 1


def attribute_of_class(  # noqa: C901, PLR0912 - a table
    class_: Class, name: str, evaluates: Evaluates, owner: Class | None = None
) -> Value:
    """Return an attribute of a class; `owner`: as `super()` in this class sees it."""
    if class_.is_enum:
        members = _enum_names(class_, evaluates)
        if name in members:
            return members[name]
        if name == "__members__":
            return Items(tuple(members.items()))
    match name:
        case "__subclasses__":
            why = f"which classes are made of '{class_.name}' is not known"
            return Unknown(why, reaches=True)
        case "__name__" | "__qualname__":
            return class_.name
        case "metadata":
            return Metadata()
        case "__table__" if (table := table_of_class(class_, evaluates)) is not None:
            return table
        case _:
            pass
    for each in _line_of_methods(class_, evaluates, owner):
        if isinstance(each, Class):
            if _has(each, name):
                value = _assigned(each).get(name)
                if isinstance(value, ast.Call) and _is_mapped(class_, evaluates):
                    return SqlText(identifier(name))
                return _value_of_member(each, name, evaluates)
            function = _function(each, name)
            if function is not None:
                return _method(class_, each, function, evaluates)
    return Unknown(f"'{class_.name}.{name}' is not known", unread_base(class_, evaluates))


def _method(
    class_: Class,
    owner: Class,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    evaluates: Evaluates,
) -> Value:
    function = Function(node.name, node, owner.scope, owner)
    marks = {
        last_name(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list
    }
    if "staticmethod" in marks:
        return function
    if "declared_attr" in marks or "directive" in marks:
        return evaluates.called(function, Arguments((class_,)))
    if "classmethod" in marks:
        return Bound(function, Arguments((class_,)))
    return function


def attribute_of_instance(
    instance: Instance, name: str, evaluates: Evaluates, owner: Class | None = None
) -> Value:
    """Return an attribute of an object; `owner`: as `super()` in this class sees it."""
    if owner is None:
        for key, value in reversed(instance.attributes):
            if key == name:
                return value
    line = [
        each for each in _line_of_methods(instance.of, evaluates, owner) if isinstance(each, Class)
    ]
    for each in line:
        if _has(each, name):
            return _value_of_member(each, name, evaluates)
        node = _function(each, name)
        if node is None:
            continue
        return _method_of(
            instance, instance.of, Function(node.name, node, each.scope, each), evaluates
        )
    for each in line:
        node = _function(each, "__getattr__")
        if node is not None and not name.startswith("__"):
            held = Function(node.name, node, each.scope, each)
            return evaluates.called(Bound(held, Arguments((instance,))), Arguments((name,)))
    if unread_base(instance.of, evaluates) is not None:
        return Method(instance, name)
    return Unknown(f"'.{name}' of a '{instance.of.name}' is not known")


def attribute_of_member(
    member: EnumMember, class_: Value, name: str, evaluates: Evaluates
) -> Value:
    """Return an attribute of a member of an enum that its class defines."""
    if isinstance(class_, Class):
        for method in methods_of(class_, evaluates):
            if method.name == name:
                return _method_of(member, class_, method, evaluates)
    return Unknown(f"'.{name}' of a member is not known")


def _method_of(held: Value, class_: Class, function: Function, evaluates: Evaluates) -> Value:
    marks = {last_name(mark) for mark in getattr(function.node, "decorator_list", ())}
    if "staticmethod" in marks:
        return function
    if "classmethod" in marks:
        return Bound(function, Arguments((class_,)))
    bound = Bound(function, Arguments((held,)))
    if "property" in marks or "cached_property" in marks:
        return evaluates.called(bound, Arguments())
    return bound


def setter(instance: Instance, name: str, evaluates: Evaluates) -> Function | None:
    """Return what sets a property of an object, None if it is no property that is set."""
    for each in _lineage(instance.of, evaluates):
        if isinstance(each, Class):
            for statement in each.node.body:
                if isinstance(statement, _FUNCTIONS) and any(
                    isinstance(mark, ast.Attribute)
                    and mark.attr == "setter"
                    and last_name(mark.value) == name
                    for mark in statement.decorator_list
                ):
                    return Function(statement.name, statement, each.scope, each)
    return None


def fields_of(class_: Class, evaluates: Evaluates) -> dict[str, ast.expr | None] | None:
    """Return the fields of a dataclass, a named tuple or a model; None if it is none."""
    marks = {
        last_name(each.func if isinstance(each, ast.Call) else each)
        for each in class_.node.decorator_list
    }
    bases = {last_name(base) for base in class_.node.bases}
    if "dataclass" not in marks and bases.isdisjoint({"NamedTuple", "TypedDict", "BaseModel"}):
        return None
    found: dict[str, ast.expr | None] = {}
    for each in reversed(list(_lineage(class_, evaluates))):
        if isinstance(each, Class):
            for statement in each.node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    found[statement.target.id] = statement.value
    return found


def initializer(class_: Class, evaluates: Evaluates) -> Function | None:
    """Return the `__init__` of a class, None if none can be read."""
    for each in _lineage(class_, evaluates):
        if isinstance(each, Class):
            node = _function(each, "__init__")
            if node is not None:
                return Function("__init__", node, each.scope, each)
    return None


def _is_mapped(class_: Class, evaluates: Evaluates) -> bool:
    return any(
        isinstance(each, Class)
        and (
            not {"__tablename__", "__table__"}.isdisjoint(_assigned(each))
            or _function(each, "__tablename__") is not None
        )
        for each in _lineage(class_, evaluates)
    )


def table_of_class(class_: Class, evaluates: Evaluates) -> MiniTable | None:
    """Return the table that a class is mapped to, None if it is mapped to none."""
    if class_.is_enum or not _is_mapped(class_, evaluates):
        return None
    for each in _lineage(class_, evaluates):
        if isinstance(each, Class) and "__table__" in _assigned(each):
            table = _value_of_member(each, "__table__", evaluates)
            return table if isinstance(table, MiniTable) else None
    name = attribute_of_class(class_, "__tablename__", evaluates)
    if not isinstance(name, str):
        return None
    return MiniTable(Name(name, _schema(attribute_of_class(class_, "__table_args__", evaluates))))


def _schema(arguments: Value) -> str | None:
    match arguments:
        case Items(items=items):
            for key, value in items:
                if key == "schema" and isinstance(value, str):
                    return value
            return None
        case tuple() if arguments:
            return _schema(arguments[-1])
        case _:
            return None


def type_of_class(class_: Class, arguments: Arguments, evaluates: Evaluates) -> SaType | None:
    """Return the column type that a class makes, None if it is no class of types."""
    lineage = list(_lineage(class_, evaluates))
    leaves = {each.path.rpartition(".")[2] for each in lineage if isinstance(each, Dotted)}
    if _TYPES.isdisjoint(leaves):
        for each in lineage:
            if isinstance(each, Dotted) and (found := made(each.path, arguments)) is not None:
                return found
        return None
    for each in lineage:
        if isinstance(each, Class):
            known = _type_said_by(class_, each, arguments, evaluates)
            if known is not None:
                return known
    return SaType(None)


def _type_said_by(
    class_: Class, owner: Class, arguments: Arguments, evaluates: Evaluates
) -> SaType | None:
    loads = _function(owner, "load_dialect_impl")
    instance = Instance(class_)
    if loads is not None:
        dialect = Method(Live(LiveKind.BIND), "dialect")
        given = Arguments((instance, dialect))
        said = sa_type(evaluates.called(Function(loads.name, loads, owner.scope), given))
        return said or SaType(None)
    spec = _function(owner, "get_col_spec")
    if spec is not None:
        text = evaluates.called(Function(spec.name, spec, owner.scope), Arguments((instance,)))
        try:
            return SaType(read_type(text)) if isinstance(text, str) else SaType(None)
        except ParseError:
            return SaType(None)
    if "impl" not in _assigned(owner):
        return None
    held = _value_of_member(owner, "impl", evaluates)
    match held:
        case Dotted(path=path):
            return made(path, arguments) or SaType(None)
        case Class():
            return type_of_class(held, arguments, evaluates) or SaType(None)
        case _:
            return sa_type(held) or SaType(None)
