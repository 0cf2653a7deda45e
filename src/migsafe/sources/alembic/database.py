"""Calls that reach the database: of `op`, a batch, a connection, a session, a type, a table."""

import ast
from collections.abc import Callable, Mapping

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    Commit,
    CreateEnum,
    CreateSequence,
    CreateTable,
    DataWork,
    DropObject,
    DropTable,
    ObjectKind,
    Operation,
    Rollback,
    Unrecognized,
)
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.sources.alembic.calls import is_operation, read_call, table_of
from migsafe.sources.alembic.holes import read_pieces
from migsafe.sources.alembic.operators import source
from migsafe.sources.alembic.plugins import is_plugin, plugin_sql
from migsafe.sources.alembic.sink import Sink
from migsafe.sources.alembic.sqltext import read_string
from migsafe.sources.alembic.tables import create_table, enum_name
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Dml,
    Live,
    LiveKind,
    MiniTable,
    NotKnownError,
    Pieces,
    RefusedCallError,
    SaSequence,
    SaType,
    SqlText,
    Unknown,
    Value,
    known_flag,
    reason,
)

_EXECUTES = frozenset(
    {"execute", "scalar", "scalars", "exec_driver_sql", "executemany", "execute_if"}
)
_HARMLESS_ON_SESSION = frozenset(
    (
        # A session on the connection of a running migration joins its transaction: it does
        # not end it (SQLAlchemy, "Joining a Session into an External Transaction").
        *("close", "commit", "flush", "expire", "expire_all", "expunge", "expunge_all", "refresh"),
        *("remove", "prepare", "no_autoflush", "enable_relationship_loading"),
    )
)
_SCHEMA_ARGUMENTS = frozenset({"schema", "source_schema", "referent_schema"})
_SCHEMA_IN_FORCE = pattern(r"\s*select\s+current_schema(?:\s*\(\s*\))?\s*;?\s*", 2)
_ADDS = {"add": "INSERT", "add_all": "INSERT", "merge": "INSERT", "delete": "DELETE"}
_BULK = {
    "bulk_save_objects": "INSERT",
    "bulk_insert_mappings": "INSERT",
    "bulk_update_mappings": "UPDATE",
}


class Database:
    """Notes what calls do to the database.

    Args:
        sink: Where that is noted.
        table_of: The table that an object's class is mapped to, None if that is not known.
        placed: Where the text of a plain string literal begins in the revision's file.
        placeholders: What the configuration says of names that are not known.
    """

    def __init__(
        self,
        sink: Sink,
        table_of: Callable[[Value], Name | None],
        placed: Callable[[ast.expr], int | None],
        placeholders: Mapping[str, str],
    ) -> None:
        """Start with no types made."""
        self._sink = sink
        self._table_of = table_of
        self._placed = placed
        self._placeholders = placeholders
        self.enums: set[Name] = set()

    def call(self, node: ast.expr, function: Value, name: str, arguments: Arguments) -> Value:
        """Note what a method of something that reaches the database does."""
        match function:
            case Live(kind=LiveKind.OP):
                return self._operation(node, name, arguments, None)
            case Batch():
                return self._operation(node, name, arguments, function)
            case Live():
                return self._through(node, function, name, arguments)
            case SaType():
                return self._type(node, function, name, arguments)
            case MiniTable():
                return self._table(node, function, name, arguments)
            case SaSequence(name=sequence):
                return self._sequence(node, sequence, name, arguments)
            case _:
                self._sink.unrecognized(node, f"'{name}' is not read")
                return Unknown(f"what '{name}' returns is not known")

    # --- op -------------------------------------------------------------------------

    def _operation(
        self, node: ast.expr, name: str, arguments: Arguments, batch: Batch | None
    ) -> Value:
        before = len(self._sink.found)
        if name == "batch_alter_table":
            return self._batch(node, arguments)
        waiting = None if batch is None else self._sink.batches.setdefault(batch.number, [])
        start = 0 if waiting is None else len(waiting)
        value = self._done(node, name, arguments, batch)
        made = [*self._sink.found[before:], *(waiting or [])[start:]]
        unknown = (
            operation.reason
            for statement in made
            for operation in statement.operations
            if isinstance(operation, Unrecognized)
        )
        self._sink.counted(node, next(unknown, None))
        return value

    def _done(self, node: ast.expr, name: str, arguments: Arguments, batch: Batch | None) -> Value:
        if name == "execute":
            return self._execute(node, arguments)
        if batch is not None and not batch.table.name:
            self._sink.unrecognized(node, "the table of the batch is not known")
            return Unknown("the table of a batch is not known")
        table = None if batch is None else batch.table
        if is_plugin(name):
            return self._plugin(node, name, arguments)
        if not is_operation(name):
            self._sink.unrecognized(node, f"'op.{name}' is not read")
            return Unknown(f"what '{name}' returns is not known")
        arguments, opaque = self._with_named_schemas(node, arguments)
        if batch is not None:
            opaque = (*batch.opaque, *opaque)
        try:
            operations = read_call(name, arguments, table, self.enums)
        except NotKnownError as error:
            self._not_read(node, f"'{name}': {error}", error, table_of(name, arguments, table))
        else:
            # The server would find these types made by the statement before.
            statement = self._sink.where().statement(operations, opaque)
            if batch is None or name == "bulk_insert":
                self._sink.found.append(statement)
            else:
                self._sink.batches.setdefault(batch.number, []).append(statement)
        if name == "create_table":
            made = table_of(name, arguments, table)
            return None if made is None else MiniTable(made)
        return None

    def _not_read(self, node: ast.expr, why: str, error: NotKnownError, on: Name | None) -> None:
        if isinstance(error, RefusedCallError):
            self._sink.refused(node, why)
        else:
            self._sink.unrecognized(node, why, None if on is None else (on,))

    def _with_named_schemas(
        self, node: ast.expr, arguments: Arguments
    ) -> tuple[Arguments, tuple[str, ...]]:
        """Return arguments with a name of its own for each schema that is not known."""
        keywords: list[tuple[str, Value]] = []
        opaque: list[str] = []
        written = {each.arg: each.value for each in getattr(node, "keywords", ())}
        for key, value in arguments.keywords:
            known = value
            if key in _SCHEMA_ARGUMENTS and not (value is None or isinstance(value, str)):
                if value == Live(LiveKind.SCHEMA):
                    # What is looked up without a schema is looked up there.
                    continue
                if key in written:
                    name = source(written[key])
                    known = self._placeholders.get(name, f"{{{name}}}")
                    opaque += [] if name in self._placeholders else [name]
            keywords.append((key, known))
        return Arguments(arguments.positional, tuple(keywords), arguments.unknown), tuple(opaque)

    def _batch(self, node: ast.expr, arguments: Arguments) -> Value:
        arguments, opaque = self._with_named_schemas(node, arguments)
        table = arguments.at(0) or arguments.keyword("table_name")
        schema = arguments.at(1) or arguments.keyword("schema")
        number = len(self._sink.batches)
        self._sink.batches[number] = []
        if arguments.unknown is not None:
            # Another schema may be among them.
            table = Unknown(arguments.unknown)
        if arguments == Arguments():
            self._sink.refused(node, "'batch_alter_table': 'table_name' is not given")
            return Batch(Name(""), number)
        if not isinstance(table, str) or not (schema is None or isinstance(schema, str)):
            why = reason(table) or reason(schema) or "it is no string"
            self._sink.unrecognized(node, f"the table of 'batch_alter_table' is not known: {why}")
            return Batch(Name(""), number)
        name = Name(table, schema)
        if arguments.keyword("recreate", "auto") not in {"auto", "never"}:
            self._sink.unrecognized(node, "the batch may copy the whole table", (name,))
        return Batch(name, number, opaque)

    def _plugin(self, node: ast.expr, name: str, arguments: Arguments) -> Value:
        try:
            for sql in plugin_sql(name, arguments):
                self._sink.found.extend(read_string(sql, None, self._sink.where()))
        except NotKnownError as error:
            self._sink.unrecognized(node, f"'{name}': {error}")
        return None

    # --- statements -----------------------------------------------------------------

    def _execute(self, node: ast.expr, arguments: Arguments) -> Value:
        if arguments == Arguments():
            self._sink.refused(node, "'execute': what it is to execute is not given")
            return Live(LiveKind.RESULT)
        what = arguments.at(0)
        if what is None:
            what = arguments.keyword("sqltext", arguments.keyword("statement"))
        where = self._sink.where()
        match what:
            case str() | SqlText():
                sql = what if isinstance(what, str) else what.sql
                if _SCHEMA_IN_FORCE.fullmatch(sql):
                    return Live(LiveKind.SCHEMA)
                at = None
                if self._sink.is_own:
                    at = what.at if isinstance(what, SqlText) else self._place(node)
                self._sink.found.extend(read_string(sql, at, where))
            case Pieces():
                try:
                    self._sink.found.extend(read_pieces(what, where, self._placeholders))
                except NotKnownError as error:
                    self._sink.unrecognized(node, f"the SQL is not known: {error}")
            case Dml(verb="SELECT", table=table):
                return Live(LiveKind.RESULT, table)
            case Dml(verb=verb, table=table):
                self._sink.emit(DataWork(table=table, verb=verb))
            case _:
                why = reason(what)
                self._sink.unrecognized(
                    node,
                    "what it executes is not known"
                    if why is None
                    else f"the SQL is not known: {why}",
                )
        return Live(LiveKind.RESULT)

    def _place(self, node: ast.expr) -> int | None:
        if isinstance(node, ast.Call) and node.args:
            return self._placed(node.args[0])
        return None

    def _through(self, node: ast.expr, live: Live, name: str, arguments: Arguments) -> Value:
        before = self._sink.autocommit
        self._sink.autocommit = before or live.autocommit
        try:
            return self._sent(node, live, name, arguments)
        finally:
            self._sink.autocommit = before

    def _sent(self, node: ast.expr, live: Live, name: str, arguments: Arguments) -> Value:  # noqa: C901 - a table
        kind = live.kind
        if name in _EXECUTES:
            return self._execute(node, arguments)
        if kind is LiveKind.SESSION and name in _HARMLESS_ON_SESSION:
            return None
        if kind is LiveKind.SESSION and name in _ADDS:
            return self._objects(node, _ADDS[name], arguments.at(0))
        if kind is LiveKind.SESSION and name in _BULK:
            return self._objects(node, _BULK[name], arguments.at(0))
        if name == "rollback":
            self._sink.emit(Rollback())
            return None
        if kind is LiveKind.QUERY and name in {"update", "delete"}:
            if live.table is None:
                self._sink.unrecognized(node, f"the table that '.{name}()' works on is not known")
            else:
                self._sink.emit(DataWork(table=live.table, verb=name.upper()))
            return Live(LiveKind.RESULT)
        if kind is LiveKind.BIND and name == "commit":
            self._sink.emit(Commit())
            return None
        if kind is LiveKind.BIND and name in {"close", "detach", "invalidate", "dispose"}:
            return None
        if kind is LiveKind.CONTEXT and name == "is_transactional_ddl":
            return True
        self._sink.unrecognized(node, f"'{name}' of {kind} is not read")
        return Live(LiveKind.RESULT)

    def _objects(self, node: ast.expr, verb: str, given: Value) -> Value:
        objects = given if isinstance(given, tuple) else (given,)
        tables = {self._table_of(each) for each in objects}
        for table in sorted(tables - {None}, key=str):
            self._sink.emit(DataWork(table=table, verb=verb))
        if None in tables:
            why = reason(given) or "its class is not known"
            self._sink.unrecognized(node, f"the table of what a session keeps is not known: {why}")
        return given

    def row_set(self, row: Live) -> None:
        """Note that an attribute of an object that a session loaded is set."""
        self._sink.emit(DataWork(table=row.table, verb="UPDATE"))

    # --- types, tables and sequences --------------------------------------------------

    def _checked(
        self, node: ast.expr, arguments: Arguments, name: Name, *, by_default: bool
    ) -> bool | None:
        """Return whether a call asks the server first; None, and say so, if that is not known."""
        said = arguments.at(1)
        if len(arguments.positional) <= 1:
            said = arguments.keyword("checkfirst", by_default)
        if arguments.unknown is not None:
            said = Unknown(arguments.unknown)
        try:
            return known_flag(said, "checkfirst")
        except NotKnownError as error:
            self._sink.unrecognized(node, str(error), (name,))
            return None

    def _type(self, node: ast.expr, type_: SaType, verb: str, arguments: Arguments) -> Value:
        name = enum_name(type_)
        if name is None or not type_.is_enum:
            self._sink.unrecognized(node, f"the type that '.{verb}()' works on is not known")
            return None
        checked = self._checked(node, arguments, name, by_default=type_.checks_first)
        if verb == "drop":
            self.enums.discard(name)
            if checked is not None:
                kind = ObjectKind.TYPE
                self._sink.emit(DropObject(kind=kind, object=name, if_exists=checked))
        elif type_.labels is None:
            self._sink.unrecognized(node, f"the labels of enum '{name}' are not known", (name,))
        elif checked is not None:
            self.enums.add(name)
            create = CreateEnum(type=name, labels=type_.labels, if_not_exists=checked)
            self._sink.emit(create)
        return None

    def _table(self, node: ast.expr, table: MiniTable, verb: str, arguments: Arguments) -> Value:
        checked = self._checked(node, arguments, table.name, by_default=False)
        if checked is None:
            return None
        if verb == "drop":
            self._sink.emit(DropTable(table=table.name, if_exists=checked))
            return None
        try:
            operations = tuple(
                create_table(table.name, table.items, Arguments((), table.keywords), self.enums)
            )
        except NotKnownError as error:
            self._sink.unrecognized(node, f"'create': {error}", (table.name,))
        else:
            self._sink.emit(*(_checked_first(each, checked=checked) for each in operations))
        return None

    def _sequence(self, node: ast.expr, name: Name, verb: str, arguments: Arguments) -> Value:
        checked = self._checked(node, arguments, name, by_default=True)
        if checked is None:
            return None
        operation: Operation = (
            DropObject(kind=ObjectKind.SEQUENCE, object=name, if_exists=checked)
            if verb == "drop"
            else CreateSequence(sequence=name, if_not_exists=checked)
        )
        self._sink.emit(operation)
        return None


def _checked_first(operation: Operation, *, checked: bool) -> Operation:
    if isinstance(operation, CreateTable):
        return replace(operation, if_not_exists=checked)
    return operation
