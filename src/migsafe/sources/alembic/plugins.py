"""Operations that plugins add to `op`, as the SQL that they send.

Source:
    alembic_utils 0.8 (`create_entity`, `drop_entity`, `replace_entity`) and
    alembic-postgresql-enum 1.11 (`sync_enum_values`, `add_enum_value`). The operators that
    `sync_enum_values` makes for its own comparisons, and drops again, are left out: they
    touch no relation.
"""

from collections.abc import Callable, Iterator

from migsafe.model.pattern import pattern
from migsafe.sources.alembic.values import (
    Arguments,
    Dotted,
    NotKnownError,
    PluginObject,
    Value,
    known_flag,
    known_text,
    known_texts,
    optional_text,
    reason,
)
from migsafe.writing.quoting import literal

PACKAGES = frozenset({"alembic_utils", "alembic_postgresql_enum"})
"""The plugins whose objects are kept as they are called."""

_COLON = pattern(r"(?<![:\\]):(?![:])")
_TARGET = pattern(r"(?is)^(?P<event>.*?)\sON\s+(?P<table>\S+)\s+(?P<action>.*)$")
_DEFAULTED = pattern(r"(?i)\s+default\s.*|\s*=.*")


def is_plugin(name: str) -> bool:
    """Return whether `op.name` comes from a plugin that is read."""
    return name in _OPERATIONS


def plugin_sql(name: str, arguments: Arguments) -> tuple[str, ...]:
    """Return the statements that an operation of a plugin sends.

    Raises:
        NotKnownError: If what it does depends on something that is not known.
    """
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    return tuple(_OPERATIONS[name](arguments))


# --- alembic_utils ----------------------------------------------------------------------


def _create_entity(arguments: Arguments) -> Iterator[str]:
    yield _entity(arguments).create()


def _drop_entity(arguments: Arguments) -> Iterator[str]:
    cascade = arguments.at(1) or arguments.keyword("cascade")
    words = " CASCADE" if known_flag(cascade, "cascade") else ""
    yield f"{_entity(arguments).drop()}{words}"


def _replace_entity(arguments: Arguments) -> Iterator[str]:
    yield from _entity(arguments).replace()


class _Entity:
    """An object of alembic_utils."""

    def __init__(self, kind: str, arguments: Arguments) -> None:
        self._kind = kind
        self._arguments = arguments

    def _get(self, index: int, name: str) -> str:
        value = self._arguments.at(index)
        value = self._arguments.keyword(name) if value is None else value
        return known_text(value, name)

    @property
    def _schema(self) -> str:
        return _quoted(self._get(0, "schema"))

    @property
    def _signature(self) -> str:
        return " ".join(self._get(1, "signature").replace('"', "").split())

    @property
    def _definition(self) -> str:
        # `sqlalchemy.text` would take `:x` for a parameter: the plugin writes `\:x`.
        text = self._get(2, "definition").strip().rstrip(";").strip()
        return _COLON.sub(r"\\:", text)

    @property
    def _table(self) -> str:
        table = self._get(3, "on_entity").replace('"', "")
        return _quoted(table if "." in table else f"public.{table}")

    @property
    def _view(self) -> str:
        return f'{self._schema}."{self._signature}"'

    @property
    def _function(self) -> str:
        name, _, rest = self._signature.partition("(")
        return f'{self._schema}."{name.strip()}"({rest or ")"}'

    def create(self) -> str:
        """Return the statement that makes it."""
        match self._kind:
            case "PGFunction":
                return f"CREATE FUNCTION {self._function} {self._definition}"
            case "PGView":
                return f"CREATE VIEW {self._view} AS {self._definition}"
            case "PGMaterializedView":
                data = "" if self._with_data else " WITH NO DATA"
                return f"CREATE MATERIALIZED VIEW {self._view} AS {self._definition}{data}"
            case "PGTrigger":
                return self._trigger()
            case "PGExtension":
                return f'CREATE EXTENSION "{self._signature}" WITH SCHEMA {self._schema}'
            case "PGPolicy":
                return f"CREATE POLICY {self._signature} ON {self._table} {self._definition}"
            case "PGGrantTable":
                return self._grant("GRANT", "TO")
            case kind:
                raise NotKnownError(f"'{kind}' is not read")

    def drop(self) -> str:
        """Return the statement that drops it."""
        match self._kind:
            case "PGFunction":
                return f"DROP FUNCTION {self._dropped_function()}"
            case "PGView":
                return f"DROP VIEW {self._view}"
            case "PGMaterializedView":
                return f"DROP MATERIALIZED VIEW {self._view}"
            case "PGTrigger":
                return f'DROP TRIGGER "{self._signature}" ON {self._table}'
            case "PGExtension":
                return f'DROP EXTENSION "{self._signature}"'
            case "PGPolicy":
                return f"DROP POLICY {self._signature} ON {self._table}"
            case "PGGrantTable":
                return self._grant("REVOKE", "FROM")
            case kind:
                raise NotKnownError(f"'{kind}' is not read")

    def replace(self) -> Iterator[str]:
        """Yield the statements that put it in the place of what is there."""
        match self._kind:
            case "PGFunction":
                yield self.create().replace("CREATE", "CREATE OR REPLACE", 1)
            case "PGView":
                create = self.create()
                yield (
                    f"DO $$ BEGIN {create.replace('CREATE', 'CREATE OR REPLACE', 1)}; "
                    f"EXCEPTION WHEN OTHERS THEN DROP VIEW IF EXISTS {self._view}; "
                    f"{create}; END; $$ LANGUAGE 'plpgsql'"
                )
            case "PGGrantTable":
                yield self.drop()
                yield self.create()
            case "PGExtension":
                raise NotKnownError("alembic_utils replaces no extension")
            case _:
                drop = self.drop()
                at = drop.index(self._signature if self._kind == "PGPolicy" else '"')
                yield f"{drop[:at]}IF EXISTS {drop[at:]}"
                yield self.create()

    @property
    def _with_data(self) -> bool:
        return known_flag(self._arguments.keyword("with_data", default=True), "with_data")

    def _dropped_function(self) -> str:
        head, _, rest = self._function.partition("(")
        parameters = [_DEFAULTED.sub("", each).strip() for each in rest.rstrip(")").split(",")]
        return f"{head}({', '.join(parameters)})"

    def _trigger(self) -> str:
        found = _TARGET.match(self._definition)
        if found is None:
            raise NotKnownError("the definition of the trigger is not read")
        table = found["table"].rpartition(".")[2]
        schema = self._get(0, "schema").replace('"', "")
        constraint = known_flag(self._arguments.keyword("is_constraint"), "is_constraint")
        return (
            f"CREATE {'CONSTRAINT ' if constraint else ''}TRIGGER "
            f'"{self._signature}" {found["event"]} ON {schema}.{table} {found["action"]}'
        )

    def _grant(self, verb: str, word: str) -> str:
        table = f"{self._schema}.{_quoted(self._get(1, 'table'))}"
        grant = self._arguments.at(3) or self._arguments.keyword("grant")
        if isinstance(grant, Dotted):
            grant = grant.path.rpartition(".")[2]
        columns = known_texts(self._arguments.keyword("columns", ()), "columns")
        listed = f" ({', '.join(sorted(columns))})" if columns and verb == "GRANT" else ""
        role = _quoted(self._get(2, "role"))
        option = self._arguments.keyword("with_grant_option")
        with_option = known_flag(option, "with_grant_option") and verb == "GRANT"
        return (
            f"{verb} {known_text(grant, 'grant')}{listed} ON {table} {word} {role}"
            f"{' WITH GRANT OPTION' if with_option else ''}"
        )


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.replace('"', "").split(".", 1))


def _entity(arguments: Arguments) -> _Entity:
    target = arguments.at(0) or arguments.keyword("target")
    if not isinstance(target, PluginObject):
        raise NotKnownError(reason(target) or "the entity is not known")
    if target.arguments.unknown is not None:
        raise NotKnownError(target.arguments.unknown)
    return _Entity(target.name, target.arguments)


# --- alembic-postgresql-enum --------------------------------------------------------------


def _sync_enum_values(arguments: Arguments) -> Iterator[str]:
    named = _named(
        arguments,
        ("enum_schema", "enum_name", "new_values", "affected_columns", "enum_values_to_rename"),
    )
    schema = known_text(named.get("enum_schema"), "enum_schema")
    name = known_text(named.get("enum_name"), "enum_name")
    values = known_texts(named.get("new_values"), "new_values")
    renamed = _pairs(named.get("enum_values_to_rename", ()))
    type_name = f'"{schema}"."{name}"'
    yield f'ALTER TYPE {type_name} RENAME TO "{name}_old"'
    yield f"CREATE TYPE {type_name} AS ENUM ({', '.join(literal(value) for value in values)})"
    affected = named.get("affected_columns")
    if not isinstance(affected, tuple):
        raise NotKnownError(reason(affected) or "affected_columns are not known")
    for reference in affected:
        yield from _cast(reference, schema, name, renamed)
    yield f'DROP TYPE "{schema}"."{name}_old"'


def _named(arguments: Arguments, parameters: tuple[str, ...]) -> dict[str, Value]:
    return {
        **dict(zip(parameters, arguments.positional, strict=False)),
        **dict(arguments.keywords),
    }


def _pairs(value: Value) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, tuple):
        raise NotKnownError(reason(value) or "enum_values_to_rename is not known")
    pairs = [known_texts(each, "enum_values_to_rename") for each in value]
    return tuple((pair[0], pair[1]) for pair in pairs)


def _cast(
    reference: Value, enum_schema: str, enum: str, renamed: tuple[tuple[str, str], ...]
) -> Iterator[str]:
    """Yield what brings a column over to the new type."""
    match reference:
        case PluginObject(name="TableReference", arguments=given):
            named = _named(
                given,
                (
                    "table_name",
                    "column_name",
                    "table_schema",
                    "column_type",
                    "existing_server_default",
                ),
            )
        case tuple():
            named = _named(Arguments(reference), ("table_name", "column_name", "column_type"))
        case _:
            raise NotKnownError(reason(reference) or "a column of affected_columns is not known")
    table = known_text(named.get("table_name"), "table_name")
    column = f'"{known_text(named.get("column_name"), "column_name")}"'
    schema = optional_text(named.get("table_schema", enum_schema), "table_schema")
    on = f'"{schema}"."{table}"' if schema else f'"{table}"'
    default = optional_text(named.get("existing_server_default"), "existing_server_default")
    type_name = f'"{enum_schema}"."{enum}"'
    kind = named.get("column_type")
    is_array = isinstance(kind, Dotted) and kind.path.endswith(".ARRAY")
    if default is not None:
        yield f"ALTER TABLE {on} ALTER COLUMN {column} DROP DEFAULT"
    if is_array:
        cast = f"{column}::text[]"
        for old, new in renamed:
            cast = f"array_replace({cast}, {literal(old)}, {literal(new)})"
        yield (
            f"ALTER TABLE {on} ALTER COLUMN {column} TYPE {type_name}[] USING {cast}::{type_name}[]"
        )
    else:
        whens = " ".join(
            f"WHEN {column}::text = {literal(old)} THEN {literal(new)}::{type_name}"
            for old, new in renamed
        )
        cast = f"{column}::text::{type_name}"
        using = f"CASE {whens} ELSE {cast} END" if renamed else cast
        yield f"ALTER TABLE {on} ALTER COLUMN {column} TYPE {type_name} USING {using}"
    if default is not None:
        held = default.partition("::")[0]
        for old, new in renamed:
            held = held.replace(f"'{old}'", f"'{new}'")
        array = "[]" if is_array else ""
        yield f"ALTER TABLE {on} ALTER COLUMN {column} SET DEFAULT {held}::{type_name}{array}"


def _add_enum_value(arguments: Arguments) -> Iterator[str]:
    named = _named(arguments, ("enum_schema", "enum_name", "new_value", "before_value"))
    schema = known_text(named.get("enum_schema"), "enum_schema")
    name = known_text(named.get("enum_name"), "enum_name")
    value = literal(known_text(named.get("new_value"), "new_value"))
    neighbour = optional_text(named.get("before_value"), "before_value")
    place = "" if neighbour is None else f" AFTER {literal(neighbour)}"
    yield f'ALTER TYPE "{schema}"."{name}" ADD VALUE {value}{place}'


_OPERATIONS: dict[str, Callable[[Arguments], Iterator[str]]] = {
    "create_entity": _create_entity,
    "drop_entity": _drop_entity,
    "replace_entity": _replace_entity,
    "sync_enum_values": _sync_enum_values,
    "add_enum_value": _add_enum_value,
}
