"""What attributes, elements and calls are worth that reach no database."""

import os
from collections.abc import Callable

from migsafe.model.expressions import Name, Type
from migsafe.sources.alembic.constructs import construct, is_made, on_clause
from migsafe.sources.alembic.fragments import next_value
from migsafe.sources.alembic.plain import (
    LIBRARY,
    builtin,
    compute,
    equal,
    has_known_keys,
    position,
    value_of,
)
from migsafe.sources.alembic.plugins import PACKAGES
from migsafe.sources.alembic.reach import HARMLESS, gets_live, one_of, values_of
from migsafe.sources.alembic.sqlddl import ddl_text
from migsafe.sources.alembic.texts import dedented, text_method, text_of
from migsafe.sources.alembic.types import made, sa_type
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Bound,
    Choice,
    Columns,
    Distinct,
    Dml,
    Dotted,
    EnumMember,
    FilePath,
    Instance,
    Items,
    Listed,
    Live,
    LiveKind,
    Metadata,
    Method,
    MiniTable,
    Moment,
    OpenFile,
    Pieces,
    PluginObject,
    SaColumn,
    SaSequence,
    SaType,
    SqlText,
    Stream,
    Suppressing,
    Tables,
    Unknown,
    Value,
    View,
    imported,
    reason,
)
from migsafe.writing.quoting import identifier

DIALECT = "postgresql"
"""The dialect that is judged, as SQLAlchemy calls it."""

_BIND_NAMES = frozenset({"bind", "connection", "engine"})
_CONNECTS = frozenset(
    {"connect", "execution_options", "connection", "get_bind", "begin", "cursor", "raw_connection"}
)
_ASKS = frozenset(
    {"has_table", "table_names", "in_transaction", "get_isolation_level", "get_transaction"}
)
_FETCHES = frozenset({"fetchone", "fetchall", "fetchmany", "mogrify"})
_BEGINS = frozenset({"begin", "begin_nested", "begin_transaction", "connect"})
_KNOWN_WHEN_RUN = frozenset({"is_offline_mode", "get_x_argument", "get_tag_argument"})
_PARTS_OF_MOMENTS = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "days", "seconds", "hex", "int"}
)
_OF_MOMENTS = frozenset(
    {"strftime", "isoformat", "replace", "date", "time", "weekday", "isoweekday", "toordinal"}
)
_SAME_CLAUSE = frozenset({"bindparams", "columns", "execution_options", "params"})
_SENDS = frozenset({"execute", "scalar"})
_CONNECTING = frozenset(
    (
        *("create_engine", "create_async_engine", "create_mock_engine", "engine_from_config"),
        *("async_engine_from_config", "create_pool_from_url", "object_session"),
    )
)
_DRIVERS = frozenset(
    (
        *("MySQLdb", "aiopg", "asyncpg", "cx_Oracle", "mysql", "oracledb", "pg8000", "psycopg"),
        *("psycopg2", "psycopg_pool", "pymysql", "pyodbc", "sqlite3"),
    )
)
_SESSION = "sqlalchemy.orm.Session"
_SESSIONS = frozenset({"Session", "sessionmaker", "scoped_session", "AsyncSession"})


class NotPlain:
    """Says that a call is none that this module knows: it may reach the database."""


def attribute(value: Value, name: str) -> Value:  # noqa: C901, PLR0912 - a table
    """Return an attribute of a value."""
    match value:
        case Dotted(path=path) if path == _SESSION:
            return _OF_ITS_OWN
        case Dotted():
            return imported(f"{value.path}.{name}")
        case Unknown():
            return value
        case Choice(reason=why):
            return Unknown(why)
        case Pieces():
            return Method(value, name)
        case Live(kind=LiveKind.OP):
            return Method(value, name)
        case Live(kind=LiveKind.SCHEMA):
            return value
        case Live():
            return _live_attribute(value, name)
        case Method(of=Live(), name="dialect") if name == "name":
            return DIALECT
        case EnumMember():
            return {"name": value.name, "value": value.value}.get(
                name, Unknown(f"'.{name}' of a member is not known")
            )
        case Moment(held=held) if name in _PARTS_OF_MOMENTS and hasattr(held, name):
            return value_of(getattr(held, name))
        case SaColumn() if name in {"name", "type"}:
            return value.name if name == "name" else value.type
        case SaType(type=Type(name=known), is_enum=True) if name == "name":
            return known
        case SaType(labels=tuple() as labels) if name == "enums":
            return labels
        case MiniTable() if name in {"c", "columns"}:
            return Columns(value.name)
        case MiniTable() if name in {"constraints", "indexes"}:
            return Unknown(f"the {name} of a table are not read", reaches=True)
        case MiniTable() if name == "name":
            return value.name.name
        case MiniTable() if name == "schema":
            return value.name.schema
        case Columns():
            return Method(value, name) if name in {"keys", "values"} else _column(name)
        case Tables():
            return element(value, name)
        case Metadata() if name in {"tables", "sorted_tables"}:
            return Tables()
        case FilePath(path=path):
            return _of_path(path, name)
        case _:
            return Method(value, name)


def _column(name: str) -> SqlText:
    return SqlText(identifier(name))


def _live_attribute(value: Live, name: str) -> Value:
    if name in _BIND_NAMES and value.kind in {
        LiveKind.CONTEXT,
        LiveKind.BIND,
        LiveKind.SESSION,
        LiveKind.INSPECTOR,
    }:
        return Live(LiveKind.BIND, autocommit=value.autocommit)
    if value.kind is LiveKind.RESULT and value.table is None and name == "connection":
        return Live(LiveKind.BIND, autocommit=value.autocommit)
    if value.kind is LiveKind.QUERY and name == "session":
        return Live(LiveKind.SESSION, autocommit=value.autocommit)
    if value.kind is LiveKind.BIND and name == "name":
        return DIALECT
    if value.kind is LiveKind.CONTEXT and name == "impl":
        return value
    if value.kind is LiveKind.CONTEXT and name == "config":
        return Unknown("the configuration is known only when it runs")
    return Method(value, name)


def _of_path(path: str, name: str) -> Value:
    match name:
        case "parent":
            return FilePath(os.path.dirname(path))
        case "parents":
            found = []
            while path not in {"", os.sep}:
                path = os.path.dirname(path)
                found.append(FilePath(path))
            return tuple(found)
        case "name":
            return os.path.basename(path)
        case "stem":
            return os.path.splitext(os.path.basename(path))[0]
        case _:
            return Method(FilePath(path), name)


def element(value: Value, index: Value) -> Value:  # noqa: C901, PLR0912 - a table
    """Return an element of a value."""
    match value, index:
        case Distinct() | Stream(), _:
            return Unknown("what has no order has no elements")
        case tuple() | str() | bytes(), int() if -len(value) <= index < len(value):
            return value[index]
        case Items(items=items), _:
            found = item_of(items, index)
            return Unknown(f"key {index!r} is not there") if found is None else found[0]
        case tuple(), _ if (why := reason(index)) is not None:
            return one_of(value, why)
        case Unknown(), _:
            return value
        case Tables(), str():
            schema, _, name = index.rpartition(".")
            return MiniTable(Name(name, schema or None))
        case Columns(), str():
            return _column(index)
        case Live(kind=LiveKind.SCHEMA), _:
            return value
        case Live(kind=LiveKind.RESULT, table=Name()), _:
            return value
        case Method(of=Live(kind=LiveKind.OP) | Batch() as held, name="__dict__"), _:
            return (
                attribute(held, index)
                if isinstance(index, str)
                else Unknown(reason(index) or "which call of 'op' it is is not known", reaches=True)
            )
        case ((Live() | Method(of=Live())), _):
            return Unknown("a row of the database is not known")
        case SqlText(), _:
            return Unknown("a part of an SQL expression is not read")
        case Dotted(path=path), _ if _is_class(path):
            # `list[str]`, `TypeDecorator[str]`: an alias of the class.
            return value
        case Dotted(path="sys.modules"), str():
            return imported(index)
        case Dotted(path="sys.modules"), _:
            return Unknown("which module it is is not known", reaches=True)
        case Dotted(path=path), _:
            return Unknown(f"what '{path}' holds is known only when it runs")
        case _:
            return Unknown(reason(index) or reason(value) or "an element is not known")


def item_of(
    items: tuple[tuple[Value, Value], ...], index: Value, *others: Value
) -> tuple[Value] | None:
    """Return what a key of a dictionary is worth, in a tuple of one; None if it is not there.

    Args:
        items: The dictionary's.
        index: The key.
        others: What it is worth if it may not be there.
    """
    possible: list[Value] = []
    why = reason(index) or "a key is not known"
    for key, item in reversed(items):
        same = equal(key, index)
        if same and not possible:
            return (item,)
        if same is not False:
            possible.append(item)
            why = reason(index) or reason(key) or why
        if same:
            return (one_of(possible, why),)
    return (one_of([*possible, *others], why),) if possible else None


def _is_class(path: str) -> bool:
    return path.startswith("builtins.") or path.rpartition(".")[2][:1].isupper()


def sliced(value: Value, bounds: tuple[Value, Value, Value]) -> Value:
    """Return a slice of a value."""
    start, stop, step = bounds
    if isinstance(value, (tuple, str, bytes)) and not isinstance(value, (Distinct, Stream)):
        if (
            (start is None or isinstance(start, int))
            and (stop is None or isinstance(stop, int))
            and (step is None or (isinstance(step, int) and step))
        ):
            cut = value[start:stop:step]
            return type(value)(cut) if isinstance(value, tuple) else cut
        return Unknown(reason(start) or reason(stop) or reason(step) or "a slice is not known")
    return Unknown(reason(value) or "a slice is not known")


def plain_call(function: Value, arguments: Arguments) -> "Value | NotPlain":  # noqa: C901, PLR0912 - a table
    """Return what a call makes that reaches no database; `NotPlain` for others."""
    match function:
        case Dotted(path=path):
            return _imported(path, arguments)
        case Live(kind=LiveKind.SESSION | LiveKind.SCHEMA | LiveKind.BIND):
            # A session maker with its session, `session.connection()`.
            return function
        case Method(of=Live() as live, name=name):
            return _of_live(live, name, arguments)
        case Method(of=Batch(), name="f" | "get_bind" | "get_context" as name):
            return _of_live(Live(LiveKind.OP), name, arguments)
        case Method(of=Pieces() | SqlText() | Dml(), name=name) if name in _SENDS:
            # A statement that is bound to a connection of its own.
            return NotPlain()
        case Method(of=Pieces() as text, name=name) if name in _SAME_CLAUSE:
            return text
        case Method(of=str() | Pieces() as text, name=name):
            return text_method(text, name, arguments)
        case Method(of=bytes() as held, name="decode" | "hex" as name):
            return compute(getattr(held, name), arguments)
        case Method(of=SqlText() as clause, name=name):
            return _of_clause(clause, name, arguments)
        case Method(of=Method(of=Live(), name="dialect"), name="type_descriptor"):
            return arguments.at(0)
        case Method(of=Method(of=Live(), name="dialect"), name=name) if not name.startswith("do_"):
            # A dialect only answers questions (`has_table`).
            return Unknown("what the database holds is not known")
        case Method(of=SaType() as type_, name="with_variant"):
            return _variant(type_, arguments)
        case Method(of=Dotted() as held, name="with_variant"):
            return _variant(held, arguments)
        case Method(of=SaSequence(name=name), name="next_value"):
            return SqlText(next_value(name))
        case Method(of=MiniTable(name=table), name="update" | "insert" | "delete" as verb):
            return Dml(verb.upper(), table)
        case Method(of=MiniTable(name=table), name="select" | "count"):
            return Dml("SELECT", table)
        case Method(of=MiniTable() as table, name="alias" | "join" | "outerjoin"):
            return table
        case Method(of=Dml() as statement, name=_):
            return statement
        case Method(of=Items(items=items), name=name):
            return _of_items(items, name, arguments)
        case Method(of=tuple() as values, name="index" | "count" | "copy" as name):
            return _of_sequence(values, name, arguments)
        case Method(of=Moment(held=held), name=name) if name in _OF_MOMENTS:
            return compute(getattr(held, name), arguments)
        case Method(of=FilePath(path=path), name=name):
            return _path_method(path, name, arguments)
        case Method(of=Metadata(), name="reflect"):
            return None
        case _:
            return NotPlain()


def _variant(held: Value, arguments: Arguments) -> Value:
    own = DIALECT in arguments.positional[1:]
    made_of = sa_type(arguments.at(0) if own else held)
    return Unknown("a variant of a type is not read") if made_of is None else made_of


def _of_items(
    items: tuple[tuple[Value, Value], ...], name: str, arguments: Arguments
) -> "Value | NotPlain":
    match name:
        case "keys" | "values" | "items" if not has_known_keys(Items(items)):
            return Unknown("a key of a dictionary is not known")
        case "keys":
            return View(key for key, _ in items)
        case "values":
            return View(item for _, item in items)
        case "items":
            return View(items)
        case "copy":
            return Items(items)
        case "get":
            found = item_of(items, arguments.at(0), arguments.at(1))
            return arguments.at(1) if found is None else found[0]
        case _:
            return NotPlain()


def _of_sequence(values: tuple[Value, ...], name: str, arguments: Arguments) -> Value:
    if name == "copy":
        return type(values)(values)
    wanted = arguments.at(0)
    if name == "count":
        equals = [equal(each, wanted) for each in values]
        return Unknown("a value is not known") if None in equals else sum(map(bool, equals))
    at = position(values, wanted)
    if at is None or at < 0 or len(arguments.positional) > 1:
        return Unknown(reason(wanted) or "a value is not in the list")
    return at


def _path_method(path: str, name: str, arguments: Arguments) -> "Value | NotPlain":
    match name:
        case "joinpath":
            parts = [text_of(each) for each in arguments.positional]
            known = [part for part in parts if part is not None]
            if len(known) != len(parts):
                return Unknown("a path is not known")
            return FilePath(os.path.join(path, *known))
        case "resolve" | "absolute" | "expanduser":
            return FilePath(path)
        case "with_name" if isinstance(name_ := arguments.at(0), str):
            return FilePath(os.path.join(os.path.dirname(path), name_))
        case "with_suffix" if isinstance(suffix := arguments.at(0), str):
            return FilePath(os.path.splitext(path)[0] + suffix)
        case "open":
            return OpenFile(path)
        case _:
            return NotPlain()


def _imported(path: str, arguments: Arguments) -> "Value | NotPlain":  # noqa: C901, PLR0912 - a table
    library = LIBRARY.get(path)
    if library is not None:
        return compute(library, arguments)
    match path.split("."):
        case ["builtins", name]:
            found = builtin(name, arguments)
            return NotPlain() if found is None else found
        case ["sqlalchemy", *_, "inspect"]:
            return Live(LiveKind.INSPECTOR)
        case [*_, "Inspector", "from_engine"] | ["sqlalchemy", *_, "Inspector"]:
            return Live(LiveKind.INSPECTOR)
        case ["sqlalchemy" | "sqlmodel", *_, leaf] if leaf in _SESSIONS:
            if live := _live_in(arguments):
                return live
            return _OF_ITS_OWN if gets_live(arguments) else Dotted(_SESSION)
        case ["sqlalchemy" | "sqlmodel", *_, leaf] if leaf in _CONNECTING:
            return _OF_ITS_OWN
        case [package, *_, "connect" | "create_pool" | "ConnectionPool"] if package in _DRIVERS:
            return _OF_ITS_OWN
        case ["alembic", *_, "MigrationContext", "configure"]:
            return _on_same(arguments, LiveKind.CONTEXT)
        case ["alembic", "operations", *_, "Operations"] | ["alembic", *_, "Operations", "context"]:
            return _on_same(arguments, LiveKind.OP)
        case ["textwrap", "dedent"] | ["inspect", "cleandoc"]:
            return dedented(arguments.at(0))
        case ["typing" | "typing_extensions", "cast"]:
            return arguments.at(1)
        case ["itertools", "chain" | "product" as name]:
            found = builtin(name, arguments)
            return NotPlain() if found is None else found
        case ["itertools", "chain", "from_iterable"]:
            first = arguments.at(0)
            parts = Arguments(first if isinstance(first, tuple) else (first,))
            return builtin("chain", parts) or ()
        case ["contextlib", "closing" | "aclosing" | "nullcontext"]:
            return arguments.at(0)
        case ["contextlib", "suppress"]:
            return Suppressing()
        case ["copy", "copy" | "deepcopy" as name]:
            return copied(arguments.at(0), is_deep=name == "deepcopy")
        case ["sqlparse", "split"]:
            return (arguments.at(0),)
        case ["functools", "partial"]:
            rest = Arguments(arguments.positional[1:], arguments.keywords, arguments.unknown)
            return Bound(arguments.at(0), rest)
        case ["pathlib", "Path" | "PurePath" | "PosixPath"]:
            return _path(arguments)
        case ["os", "path", name]:
            return _of_os_path(name, arguments)
        case [package, *_, leaf] if package in PACKAGES:
            return PluginObject(leaf, arguments)
        case ["sqlalchemy", *_, "MetaData"]:
            return Metadata()
        case ["sqlalchemy" | "sqlmodel", *_, leaf]:
            value = ddl_text(leaf, arguments)
            if value is None:
                value = construct(path, arguments)
            if isinstance(value, Unknown) and not is_made(leaf) and gets_live(arguments):
                return NotPlain()
            return value
        case _:
            found_type = made(path, arguments)
            return NotPlain() if found_type is None else found_type


def copied(value: Value, *, is_deep: bool, known: dict[int, Value] | None = None) -> Value:
    """Return another object like one that can change; what it holds as well, if `is_deep`."""
    known = {} if known is None else known
    if id(value) in known:
        return known[id(value)]

    def part(each: Value) -> Value:
        return copied(each, is_deep=True, known=known) if is_deep else each

    match value:
        case tuple() if is_deep or isinstance(value, Listed):
            made: Value = type(value)(part(each) for each in value)
        case Items(items=items):
            made = Items(tuple((key, part(item)) for key, item in items))
        case Instance(of=of, attributes=items):
            made = Instance(of, tuple((key, part(item)) for key, item in items))
        case _:
            return value
    known[id(value)] = made
    return made


def _live_in(arguments: Arguments) -> Live | None:
    """Return the session that a call makes of a connection among its arguments."""
    for value in values_of(arguments):
        if isinstance(value, Live) and value.kind not in HARMLESS:
            return Live(LiveKind.SESSION, autocommit=value.autocommit)
    return None


_OF_ITS_OWN = Unknown("it works on a connection of its own", reaches=True)


def _on_same(arguments: Arguments, kind: LiveKind) -> Value:
    """Return what works through a connection, if it is the one that the revision has."""
    live = any(isinstance(each, Live) for each in values_of(arguments))
    return Live(kind) if live else _OF_ITS_OWN


def _path(arguments: Arguments) -> Value:
    parts = [text_of(each) for each in arguments.positional]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return Unknown("a path is not known")
    return FilePath(os.path.join(*known) if known else ".")


def _of_os_path(name: str, arguments: Arguments) -> "Value | NotPlain":
    function = _OS_PATH.get(name)
    if function is None:
        return Unknown(f"'os.path.{name}' is known only when it runs")
    parts = [text_of(each) for each in arguments.positional]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or not known:
        return Unknown("a path is not known")
    return function(*known)


_OS_PATH: dict[str, Callable[..., str]] = {
    "join": os.path.join,
    "dirname": os.path.dirname,
    "basename": os.path.basename,
    "normpath": os.path.normpath,
    "abspath": os.path.normpath,
    "realpath": os.path.normpath,
}


def _of_live(live: Live, name: str, arguments: Arguments) -> "Value | NotPlain":  # noqa: C901, PLR0912 - a table
    match live.kind:
        case LiveKind.OP:
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
        case LiveKind.CONTEXT:
            if name in {"get_context", "migration_context"}:
                return Live(LiveKind.CONTEXT)
            if name == "get_bind":
                return Live(LiveKind.BIND)
            if name == "autocommit_block":
                return Live(LiveKind.AUTOCOMMIT)
            if name in _BEGINS:
                return live
            if name in _KNOWN_WHEN_RUN:
                return Unknown(f"'{name}' is known only when it runs")
            return NotPlain()
        case LiveKind.BIND | LiveKind.SESSION if name in _ASKS:
            return Unknown("what the database holds is not known")
        case LiveKind.BIND if name in _FETCHES:
            return Live(LiveKind.RESULT)
        case LiveKind.BIND if name in _CONNECTS or name in _BEGINS:
            level = arguments.keyword("isolation_level")
            own = isinstance(level, str) and level.upper() == "AUTOCOMMIT"
            return Live(LiveKind.BIND, autocommit=live.autocommit or own)
        case LiveKind.SESSION if name in _BEGINS:
            return live
        case LiveKind.SESSION if name in {"connection", "get_bind", "bind"}:
            return Live(LiveKind.BIND, autocommit=live.autocommit)
        case LiveKind.SESSION if name == "query":
            return Live(LiveKind.QUERY, _table_in(arguments))
        case LiveKind.SESSION if name in {"get", "get_one"}:
            return Live(LiveKind.RESULT, _table_in(arguments))
        case LiveKind.QUERY if name in {"update", "delete"}:
            return NotPlain()
        case LiveKind.QUERY if name in {"all", "first", "one", "one_or_none", "get", "yield_per"}:
            return Live(LiveKind.RESULT, live.table)
        case LiveKind.QUERY:
            return live
        case LiveKind.INSPECTOR:
            return Unknown("what the database holds is not known")
        case LiveKind.RESULT:
            return Live(LiveKind.RESULT, live.table)
        case _:
            return NotPlain()


def _table_in(arguments: Arguments) -> Name | None:
    first = arguments.at(0)
    return first.name if isinstance(first, MiniTable) else None


def _of_clause(clause: SqlText, name: str, arguments: Arguments) -> Value:
    if name in _SAME_CLAUSE:
        return clause
    return on_clause(clause, name, arguments)
