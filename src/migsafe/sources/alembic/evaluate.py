"""Evaluates the expressions of a revision as far as they are known.

Each expression is evaluated once, in Python's order; calls that reach the database are
handed to `on_call`, which says what they are worth.
"""

import ast
import json
from collections.abc import Callable

from migsafe.sources.alembic.constructs import compared, construct, on_clause
from migsafe.sources.alembic.types import made, sa_type
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Dml,
    Dotted,
    EnumClass,
    EnumMember,
    Items,
    Live,
    LiveKind,
    Method,
    MiniTable,
    SaSequence,
    SaType,
    SqlText,
    Unknown,
    Value,
    imported,
)
from migsafe.writing.quoting import literal

OnCall = Callable[[ast.Call, Value, Arguments], Value]
Lookup = Callable[[str], Value]

_HARMLESS = frozenset({LiveKind.RESULT, LiveKind.INSPECTOR, LiveKind.QUERY})
_BIND_NAMES = frozenset({"bind", "connection", "engine"})
_DIALECT = "postgresql"
_OPERATORS = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MANY = 10_000


class Evaluator:
    """Evaluates expressions of one file.

    Args:
        text: The file, for the places of strings.
        offset: Turns a line and a column of `ast` into an offset in the text.
        lookup: The value of a name.
        on_call: Called for each call that is no plain construct, with its function's
            value and its arguments; returns the value.
    """

    def __init__(
        self,
        text: str,
        offset: Callable[[int, int], int],
        lookup: Lookup,
        on_call: OnCall,
    ) -> None:
        """Keep what expressions are evaluated with."""
        self._text = text
        self._offset = offset
        self._lookup = lookup
        self._on_call = on_call

    def value(self, node: ast.expr) -> Value:  # noqa: C901, PLR0912 - a table
        """Return what an expression is worth."""
        match node:
            case ast.Constant(value=value):
                if value is None or isinstance(value, (bool, int, float, str, bytes)):
                    return value
                return Unknown("such a constant is not read")
            case ast.Name(id=name):
                return self._lookup(name)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return self._sequence(elements)
            case ast.Set(elts=elements):
                return self._sequence(elements)
            case ast.Dict():
                return self._dictionary(node)
            case ast.JoinedStr(values=values):
                return self._joined(values)
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                said = self.value(operand)
                return said if isinstance(said, Unknown) else not _truth(said)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self.value(operand)
                if isinstance(number, (int, float)):
                    return -number
                return Unknown("a negated value is not known")
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                return self._boolean(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._either(test, body, orelse)
            case ast.Subscript():
                return self._subscript(node)
            case ast.NamedExpr(value=inner):
                return self.value(inner)
            case ast.Starred(value=inner):
                return self.value(inner)
            case ast.Lambda():
                return Unknown("a lambda is not run")
            case _:
                return self._children(node)

    def _children(self, node: ast.AST) -> Unknown:
        """Evaluate what a comprehension and the like hold, for the calls in it."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            else:
                self._children(child)
        kind = type(node).__name__
        return Unknown(f"a value computed by a {kind} is not known")

    def _sequence(self, elements: list[ast.expr]) -> Value:
        values: list[Value] = []
        for element in elements:
            value = self.value(element)
            if not isinstance(element, ast.Starred):
                values.append(value)
            elif isinstance(value, tuple):
                values.extend(value)
            else:
                reason = value.reason if isinstance(value, Unknown) else "no list"
                return Unknown(f"'*' in a list: {reason}")
        return tuple(values)

    def _dictionary(self, node: ast.Dict) -> Value:
        items: list[tuple[Value, Value]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.value(value)
            if key is not None:
                items.append((self.value(key), inner))
            elif isinstance(inner, Items):
                items.extend(inner.items)
            else:
                return Unknown("'**' in a dictionary is not known")
        return Items(tuple(items))

    def _joined(self, values: list[ast.expr]) -> Value:
        parts: list[str] = []
        unknown: Unknown | None = None
        for part in values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            if not isinstance(part, ast.FormattedValue):
                return Unknown("an f-string is not known")
            value = self.value(part.value)
            if part.format_spec is not None or part.conversion not in {-1, 115}:
                unknown = Unknown("the format of an f-string is not read")
            text = _text_of(value)
            if text is None:
                said = value.reason if isinstance(value, Unknown) else "no text"
                unknown = unknown or Unknown(said)
            else:
                parts.append(text)
        return unknown or "".join(parts)

    def _binary(self, node: ast.BinOp) -> Value:
        left = self.value(node.left)
        right = self.value(node.right)
        match node.op, left, right:
            case ast.Add(), str(), str():
                return left + right
            case ast.Add(), tuple(), tuple():
                return left + right
            case ast.Add(), int(), int():
                return left + right
            case ast.Mult(), str(), int() if right < _MANY:
                return left * right
            case ast.Mod(), str(), _:
                return _formatted(left, right)
            case _:
                for side in (left, right):
                    if isinstance(side, Unknown):
                        return side
                return Unknown("an operator is not read")

    def _compare(self, node: ast.Compare) -> Value:
        left = self.value(node.left)
        rights = [self.value(each) for each in node.comparators]
        if len(rights) != 1:
            return Unknown("a chain of comparisons is not read")
        right = rights[0]
        operator = node.ops[0]
        if isinstance(left, SqlText):
            word = _OPERATORS.get(type(operator))
            return Unknown("a comparison") if word is None else compared(left, word, right)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return left if isinstance(left, Unknown) else right
        if not _is_plain(left) or not _is_plain(right):
            return Unknown("what is compared is not known")
        match operator:
            case ast.Eq() | ast.Is():
                return left == right
            case ast.NotEq() | ast.IsNot():
                return left != right
            case ast.In() if isinstance(right, tuple):
                return left in right
            case ast.NotIn() if isinstance(right, tuple):
                return left not in right
            case _:
                return Unknown("a comparison is not read")

    def _boolean(self, node: ast.BoolOp) -> Value:
        is_and = isinstance(node.op, ast.And)
        unknown: Unknown | None = None
        value: Value = is_and
        for each in node.values:
            value = self.value(each)
            if not _is_plain(value):
                reason = value.reason if isinstance(value, Unknown) else "a condition"
                unknown = unknown or Unknown(reason)
            elif _truth(value) is not is_and:
                # One side decides, whatever the others are.
                return value
        return unknown or value

    def _either(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Value:
        decided = self.value(test)
        if _is_plain(decided):
            return self.value(body if _truth(decided) else orelse)
        first = self.value(body)
        second = self.value(orelse)
        if first == second:
            return first
        return Unknown("a condition is not known")

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self.value(node.value)
        index = self.value(node.slice)
        match value, index:
            case tuple(), int() if -len(value) <= index < len(value):
                return value[index]
            case Items(), str() | int():
                for key, item in value.items:
                    if key == index:
                        return item
                return Unknown(f"key {index!r} is not there")
            case Unknown(), _:
                return value
            case EnumClass(), str():
                return _member(value, index)
            case Live(), _:
                return Unknown("a row of the database is not known")
            case _:
                return Unknown("an element is not known")

    def _attribute(self, node: ast.Attribute) -> Value:
        return attribute(self.value(node.value), node.attr)

    def _call(self, node: ast.Call) -> Value:
        function = self.value(node.func)
        arguments = self._arguments(node)
        value = plain_call(function, arguments)
        if not isinstance(value, NotPlain):
            if isinstance(value, SqlText) and value.at is None and node.args:
                return self._placed(value, node.args[0])
            return value
        return self._on_call(node, function, arguments)

    def _placed(self, value: SqlText, node: ast.expr) -> SqlText:
        at = self.literal_at(node)
        if at is None or not isinstance(node, ast.Constant) or node.value != value.sql:
            return value
        return SqlText(value.sql, at)

    def _arguments(self, node: ast.Call) -> Arguments:
        positional: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        unknown: str | None = None
        for each in node.args:
            value = self.value(each)
            if not isinstance(each, ast.Starred):
                positional.append(_as_text(value))
            elif isinstance(value, tuple):
                positional.extend(value)
            else:
                unknown = f"what '*{_source(each.value)}' holds is not known"
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                keywords.append((keyword.arg, _as_text(value)))
            elif isinstance(value, Items) and all(isinstance(key, str) for key, _ in value.items):
                keywords.extend((str(key), item) for key, item in value.items)
            else:
                unknown = f"what '**{_source(keyword.value)}' holds is not known"
        return Arguments(tuple(positional), tuple(keywords), unknown)

    def literal_at(self, node: ast.expr) -> int | None:
        """Return where a plain string literal's text begins, None if it is not plain.

        Plain: one literal, and the file holds its text as it is, without escapes.
        """
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            return None
        if node.end_lineno is None or node.end_col_offset is None:
            return None
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno, node.end_col_offset)
        source = self._text[start:end]
        quote = source.lstrip("rRuU")[:3]
        width = 3 if quote in {'"""', "'''"} else 1
        at = start + source.find(quote[:1]) + width
        return (
            at
            if self._text.startswith(node.value, at) and (at + len(node.value) + width == end)
            else None
        )


def attribute(value: Value, name: str) -> Value:
    """Return an attribute of a value."""
    match value:
        case Dotted():
            return imported(f"{value.path}.{name}")
        case Unknown():
            return value
        case Live(kind=LiveKind.OP):
            return Method(value, name)
        case Live():
            return _live_attribute(value, name)
        case EnumClass():
            return _member(value, name)
        case Method(of=Live(), name="dialect") if name == "name":
            return _DIALECT
        case EnumMember():
            return {"name": value.name, "value": value.value}.get(
                name, Unknown(f"'.{name}' of a member is not known")
            )
        case _:
            return Method(value, name)


def _live_attribute(value: Live, name: str) -> Value:
    if name in _BIND_NAMES and value.kind in {
        LiveKind.CONTEXT,
        LiveKind.BIND,
        LiveKind.SESSION,
    }:
        return Live(LiveKind.BIND)
    if value.kind is LiveKind.CONTEXT and name == "config":
        return Unknown("the configuration is known only when it runs")
    return Method(value, name)


def _member(value: EnumClass, name: str) -> Value:
    for member, inner in value.members:
        if member == name:
            return EnumMember(name, inner, value.is_text) if value.is_enum else inner
    return Unknown(f"'{value.name}.{name}' is not known")


class NotPlain:
    """Says that a call is none that this module knows: it may reach the database."""


def plain_call(function: Value, arguments: Arguments) -> "Value | NotPlain":  # noqa: C901 - a table
    """Return what a call makes that reaches no database; `NotPlain` for others."""
    match function:
        case Dotted(path=path):
            return _imported(path, arguments)
        case Method(of=Live(kind=kind), name=name):
            return _of_live(kind, name, arguments)
        case Method(of=Batch(), name="f" | "get_bind" | "get_context" as name):
            return _of_live(LiveKind.OP, name, arguments)
        case Method(of=str() as text, name=name):
            return _of_text(text, name, arguments)
        case Method(of=SqlText() as clause, name=name):
            return _of_clause(clause, name, arguments)
        case Method(of=SaType() as type_, name="with_variant"):
            names = arguments.positional[1:]
            return sa_type(arguments.at(0)) if _DIALECT in names else type_
        case Method(of=Dotted(path=path), name="with_variant"):
            del path
            return Unknown("a variant of a type class is not read")
        case Method(of=SaSequence(name=name), name="next_value"):
            return SqlText(f"nextval({literal(name)})")
        case Method(of=MiniTable(name=table), name="update" | "insert" | "delete" as verb):
            return Dml(verb.upper(), table)
        case Method(of=MiniTable(name=table), name="select"):
            return Dml("SELECT", table)
        case Method(of=Dml() as statement, name=_):
            return statement
        case _:
            return NotPlain()


def _imported(path: str, arguments: Arguments) -> "Value | NotPlain":
    match path.split("."):
        case ["sqlalchemy", *_, "inspect"]:
            return Live(LiveKind.INSPECTOR)
        case [*_, "Inspector", "from_engine"] | ["sqlalchemy", *_, "Inspector"]:
            return Live(LiveKind.INSPECTOR)
        case ["sqlalchemy" | "sqlmodel", *_, "Session"] if _gets_live(arguments):
            return Live(LiveKind.SESSION)
        case ["textwrap", "dedent"]:
            return _dedented(arguments.at(0))
        case ["json", "dumps"] if not arguments.keywords:
            return _dumped(arguments.at(0))
        case ["sqlalchemy", *_, "MetaData"]:
            return Unknown("metadata is not known")
        case ["sqlalchemy" | "sqlmodel", *_]:
            value = construct(path, arguments)
            if isinstance(value, Unknown) and _gets_live(arguments):
                return NotPlain()
            return value
        case _:
            found = made(path, arguments)
            return NotPlain() if found is None else found


def _dumped(value: Value) -> "Value | NotPlain":
    """Return a plain value as JSON."""
    try:
        return json.dumps(_plain(value))
    except TypeError:
        return NotPlain()


def _plain(value: Value) -> object:
    match value:
        case Items(items=items):
            return {str(key): _plain(item) for key, item in items if _is_key(key)}
        case tuple():
            return [_plain(each) for each in value]
        case None | str() | bool() | int() | float():
            return value
        case _:
            raise TypeError("a value that only a run would tell is no JSON")


def _is_key(key: Value) -> bool:
    if not isinstance(key, str):
        raise TypeError("the keys of JSON are texts")
    return True


def _gets_live(arguments: Arguments) -> bool:
    values = (*arguments.positional, *(value for _, value in arguments.keywords))
    return any(isinstance(value, Live) for value in values)


def gets_live(arguments: Arguments) -> bool:
    """Return whether a call is given something through which it can change the schema."""
    values = (*arguments.positional, *(value for _, value in arguments.keywords))
    return any(reaches_database(value) for value in values)


def _of_live(kind: LiveKind, name: str, arguments: Arguments) -> "Value | NotPlain":  # noqa: C901, PLR0912 - a table
    if kind is LiveKind.OP:
        match name:
            case "f":
                return construct("alembic.f", arguments)
            case "get_bind":
                return Live(LiveKind.BIND)
            case "get_context":
                return Live(LiveKind.CONTEXT)
            case "inline_literal":
                return construct("alembic.inline_literal", arguments)
            case _:
                return NotPlain()
    if kind is LiveKind.CONTEXT:
        if name in {"get_context", "migration_context"}:
            return Live(LiveKind.CONTEXT)
        if name == "get_bind":
            return Live(LiveKind.BIND)
        if name in {"is_offline_mode", "get_x_argument", "autocommit_block"}:
            return Unknown(f"'{name}' is known only when it runs")
        return NotPlain()
    if kind is LiveKind.BIND and name in {"connect", "execution_options"}:
        return Live(LiveKind.BIND)
    if kind is LiveKind.SESSION and name in {"connection", "get_bind"}:
        return Live(LiveKind.BIND)
    if kind is LiveKind.SESSION and name == "query":
        return Live(LiveKind.QUERY)
    if kind is LiveKind.QUERY and name not in {"update", "delete"}:
        return Live(LiveKind.QUERY)
    if kind is LiveKind.INSPECTOR:
        return Unknown("what the database holds is not known")
    if kind is LiveKind.RESULT:
        return Live(LiveKind.RESULT)
    return NotPlain()


def reaches_database(value: Value) -> bool:
    """Return whether calling this, a method somewhere below `op`, may change anything."""
    while isinstance(value, Method):
        # A dialect only answers questions.
        if value.name == "dialect":
            return False
        value = value.of
    if isinstance(value, Live):
        return value.kind not in _HARMLESS
    return isinstance(value, Batch)


def _of_clause(clause: SqlText, name: str, arguments: Arguments) -> Value:
    if name in {"bindparams", "columns", "execution_options"}:
        return clause
    return on_clause(clause, name, arguments)


def _of_text(text: str, name: str, arguments: Arguments) -> Value:
    first = arguments.at(0)
    match name:
        case "strip" | "lstrip" | "rstrip" | "lower" | "upper" if first is None:
            return str(getattr(text, name)())
        case "format":
            return _format(text, arguments)
        case "join" if isinstance(first, tuple):
            parts = [part for part in first if isinstance(part, str)]
            if len(parts) == len(first):
                return text.join(parts)
            return Unknown("what is joined is not known")
        case "replace" if len(arguments.positional) == 2:  # noqa: PLR2004 - old and new
            old, new = arguments.positional
            if isinstance(old, str) and isinstance(new, str):
                return text.replace(old, new)
            return Unknown("what is replaced is not known")
        case "split" if first is None or isinstance(first, str):
            return tuple(text.split(first))
        case "splitlines":
            return tuple(text.splitlines())
        case _:
            return Unknown(f"'.{name}()' of a string is not read")


def _format(text: str, arguments: Arguments) -> Value:
    if arguments.unknown is not None:
        return Unknown(arguments.unknown)
    positional = [_text_of(value) for value in arguments.positional]
    named = {key: _text_of(value) for key, value in arguments.keywords}
    if None in positional or None in named.values():
        return Unknown("what a string is formatted with is not known")
    try:
        return text.format(*positional, **named)
    except (IndexError, KeyError, ValueError, AttributeError):
        return Unknown("a format is not read")


def _formatted(text: str, value: Value) -> Value:
    match value:
        case Unknown():
            return value
        case Items():
            named = {str(key): _text_of(item) for key, item in value.items}
            if None in named.values():
                return Unknown("what a string is formatted with is not known")
            arguments: tuple[str | None, ...] | dict[str, str | None] = named
        case tuple():
            arguments = tuple(_text_of(each) for each in value)
            if None in arguments:
                return Unknown("what a string is formatted with is not known")
        case _:
            arguments = (_text_of(value),)
            if None in arguments:
                return Unknown("what a string is formatted with is not known")
    try:
        return text.replace("%d", "%s") % arguments
    except (TypeError, ValueError, KeyError):
        return Unknown("a format is not read")


def _dedented(value: Value) -> Value:
    if isinstance(value, str):
        from textwrap import dedent  # noqa: PLC0415 - few revisions use it

        return dedent(value)
    return value if isinstance(value, Unknown) else Unknown("no text")


def _text_of(value: Value) -> str | None:
    match value:
        case bool() | int() | float() | str():
            return str(value)
        case SqlText():
            return value.sql
        case _:
            return None


def _as_text(value: Value) -> Value:
    """Return a member of a text enum as the text that it is."""
    if isinstance(value, EnumMember) and value.is_text:
        return value.value
    return value


def _is_plain(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, tuple))


def _truth(value: Value) -> bool:
    return bool(value)


def truth(value: Value) -> bool | None:
    """Return whether a condition holds, None if that is not known."""
    return _truth(value) if _is_plain(value) else None


def _source(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_source(value)}.{attr}"
        case ast.Call(func=func):
            return f"{_source(func)}(…)"
        case _:
            return "…"


source = _source
