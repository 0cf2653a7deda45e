"""What changing a column's type does to stored rows, indexes and values."""

import re
from enum import StrEnum

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import TableKind
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import AlterColumnType, Check
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace


class Work(StrEnum):
    """What the server does to change a type, cheapest first."""

    NONE = "none"
    INDEX_REBUILD = "index rebuild"
    SCAN = "scan"
    REWRITE = "rewrite"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Values(StrEnum):
    """What becomes of the values that are there."""

    KEPT = "kept"
    MAY_FAIL = "may fail"
    """The statement fails on some of them."""
    MAY_CHANGE = "may change"
    """Some are rounded, cut or moved, without an error."""
    UNKNOWN = "unknown"


@record
class TypeChange:
    """What one change of type does; `reason` says why it is refused or not known."""

    work: Work
    values: Values = Values.KEPT
    sqlstate: str | None = None
    reason: str = ""


FREE = TypeChange(Work.NONE)
NOT_KNOWN = TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason="the type that the column has now")


def change_of_column(operation: AlterColumnType, catalog: Catalog) -> TypeChange:
    """Return what a type change does, with what the catalog knows about the column."""
    state = catalog.column(operation.table, operation.column)
    old = state.type if state is not None else None
    if operation.type is None:
        return TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason="the type that the column gets")
    if refusal := _refusal(operation, catalog):
        return refusal
    if old is None:
        return NOT_KNOWN
    change = conversion(old, operation.type, operation.using, operation.column, catalog=catalog)
    if change.work is Work.REFUSED:
        return change
    if state is not None and state.default is not None:
        kept = conversion(old, operation.type, catalog=catalog)
        if kept.work is Work.REFUSED:
            return replace(kept, reason=f"its default cannot be cast to {operation.type}")
    if change.work is Work.INDEX_REBUILD and not catalog.indexes_on(
        operation.table, operation.column
    ):
        change = replace(change, work=Work.NONE)
    if change.work is Work.NONE and _has_computed_index(operation, catalog):
        change = replace(change, work=Work.INDEX_REBUILD)
    # Even a change to the very same type makes the constraints anew and checks them.
    if change.work is Work.NONE and _is_checked(operation, catalog):
        change = replace(change, work=Work.SCAN)
    return change


def _has_computed_index(operation: AlterColumnType, catalog: Catalog) -> bool:
    """Say whether an index has expressions or a predicate: the server never reuses those."""
    return any(
        index.where is not None or any(element.column is None for element in index.elements)
        for index in catalog.indexes_on(operation.table, operation.column)
    )


def _is_checked(operation: AlterColumnType, catalog: Catalog) -> bool:
    return any(
        isinstance(state.constraint, Check)
        for state in catalog.constraints_on(operation.table, operation.column)
    )


def _refusal(operation: AlterColumnType, catalog: Catalog) -> TypeChange | None:
    table, column = operation.table, operation.column
    views = catalog.views_on_column(table, column)
    if views:
        return TypeChange(
            Work.REFUSED,
            sqlstate="0A000",
            reason=f"the view {views[0].name} uses the column",
        )
    named = _named_in_code(catalog, table, column)
    if named is not None:
        return TypeChange(Work.REFUSED, sqlstate="0A000", reason=f"the {named} uses the column")
    known = catalog.table(table)
    if known is None:
        return None
    if (
        known.kind is TableKind.PARTITIONED
        and known.partition_by is not None
        and column in known.partition_by.columns
    ):
        return TypeChange(Work.REFUSED, sqlstate="42P16", reason="the table is partitioned by it")
    for other in known.columns:
        if other.generated and column in other.generated.expression.columns:
            return TypeChange(
                Work.REFUSED,
                sqlstate="0A000",
                reason=f"the generated column {other.name} uses the column",
            )
    return None


def _named_in_code(catalog: Catalog, table: Name, column: str) -> str | None:
    """Return the policy or trigger whose definition names a column."""
    word = pattern(rf"\b{re.escape(column)}\b")
    for setting, text in catalog.settings(table).items():
        # What follows the table's name is the policy's own expression.
        if setting.startswith("policy ") and word.search(text.partition(" ON ")[2]):
            return setting
    for trigger in catalog.triggers(table):
        if word.search(" ".join(_CONDITIONS.findall(trigger.sql))):
            return f"trigger {trigger.name}"
    return None


_CONDITIONS = pattern(r"\bOF\b.*?\bON\b|\bWHEN\b.*?\bEXECUTE\b", re.DOTALL)
"""The parts of a trigger that the server holds on to: its columns and its condition."""


def conversion(
    old: Type,
    new: Type,
    using: Expression | None = None,
    column: str = "",
    *,
    catalog: Catalog | None = None,
) -> TypeChange:
    """Return what the change from one type to another does, for the types alone.

    INDEX_REBUILD is returned whether or not there is an index.

    Source:
        PostgreSQL manual, ALTER TABLE, Notes; the catalogs pg_cast and pg_opclass;
        measured: fixtures/effects/types.toml.
    """
    explicit = False
    if using is not None:
        cast = _plain_cast(using, column)
        if cast is None:
            return TypeChange(Work.REWRITE, Values.UNKNOWN)
        if cast not in {"", _spelled(new)}:
            return TypeChange(Work.REWRITE, Values.UNKNOWN)
        explicit = cast != ""
    change = _between(old, new, explicit=explicit, catalog=catalog)
    if (
        change.work is Work.NONE
        and old.collation != new.collation
        and _is_text(new)
        and not (old.collation is None and new.collation == "default")
    ):
        return TypeChange(Work.INDEX_REBUILD, change.values, change.sqlstate)
    return change


# --- the matrix ------------------------------------------------------------------------


_SERIALS = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_FLOATS = ("real", "double precision")
_TEXTS = ("text", "character varying")
_TIMES = (
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "interval",
)
_SECONDS = 6
_BUILT_IN = {
    *_DIGITS, *_FLOATS, *_TEXTS, *_TIMES,
    "numeric", "character", "boolean", "bytea", "uuid", "json", "jsonb", "date", "inet",
    "cidr", "macaddr", "macaddr8", "bit", "bit varying", "oid", "name", "xml", "money",
    "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery",
    "pg_lsn", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
}  # fmt: skip
TRUSTED = {"citext", "hstore", "ltree", "geometry", "geography", "vector"}
"""Types of well-known extensions: neither domains nor enums."""


def is_built_in(type: Type) -> bool:
    """Say whether a type is one of the server's own, or of a well-known extension."""
    name = _SERIALS.get(type.name, type.name)
    return type.array or name in TRUSTED or (type.schema is None and name in _BUILT_IN)


def _plain(type: Type) -> tuple[str, tuple[str, ...], bool, str | None]:
    return (
        _SERIALS.get(type.name, type.name),
        type.modifiers,
        type.array,
        type.schema if type.schema != "public" else None,
    )


def _is_text(type: Type) -> bool:
    return type.name in {*_TEXTS, "character", "name", "citext"}


def _between(old: Type, new: Type, *, explicit: bool, catalog: Catalog | None) -> TypeChange:
    if _plain(old) == _plain(new):
        return FREE
    if old.array or new.array:
        return _between_arrays(old, new, explicit=explicit, catalog=catalog)
    if catalog is not None and (
        change := _with_user_type(old, new, explicit=explicit, catalog=catalog)
    ):
        return change
    old_name = _SERIALS.get(old.name, old.name)
    new_name = _SERIALS.get(new.name, new.name)
    if (pair := _PAIRS.get((old_name, new_name))) is not None:
        return pair
    if (old_name, new_name) in _ONLY_EXPLICIT:
        return TypeChange(Work.REWRITE, Values.MAY_CHANGE) if explicit else _uncastable(old, new)
    if old_name in _TIMES and new_name in _TIMES:
        return _precision(old, new) if old_name == new_name else _between_times(old, new)
    if old_name in {*_DIGITS, "numeric"} and new_name in {*_DIGITS, "numeric"}:
        return _between_numbers(old, new)
    if old_name == new_name == "bit varying":
        return _by_length(old, new, explicit=explicit)
    if new_name in {*_TEXTS, "character"}:
        return _to_text(old, new, explicit=explicit)
    return _other(old, new, explicit=explicit)


def _between_arrays(old: Type, new: Type, *, explicit: bool, catalog: Catalog | None) -> TypeChange:
    if not (old.array and new.array):
        return _other(old, new, explicit=explicit)
    inner = _between(
        replace(old, array=False), replace(new, array=False), explicit=explicit, catalog=catalog
    )
    # The elements are converted one by one even where nothing changes in them.
    if inner.work in {Work.NONE, Work.INDEX_REBUILD}:
        return replace(inner, work=Work.REWRITE)
    return inner


def _uncastable(old: Type, new: Type) -> TypeChange:
    return TypeChange(
        Work.REFUSED,
        sqlstate="42804",
        reason=f"{old} cannot be cast automatically to {new}: it needs USING",
    )


_ONLY_EXPLICIT = {("integer", "boolean"), ("boolean", "integer")}
"""Casts that USING must ask for."""

_OVERFLOW = TypeChange(Work.REWRITE, Values.MAY_FAIL, "22003")
_ROUNDED = TypeChange(Work.REWRITE, Values.MAY_CHANGE, "22003")
_COPIED = TypeChange(Work.REWRITE)
_ALTERED = TypeChange(Work.REWRITE, Values.MAY_CHANGE)

_PAIRS: dict[tuple[str, str], TypeChange] = {
    ("cidr", "inet"): FREE,
    ("inet", "cidr"): _ALTERED,
    ("xml", "text"): FREE,
    ("text", "citext"): TypeChange(Work.INDEX_REBUILD),
    ("citext", "text"): TypeChange(Work.INDEX_REBUILD),
    ("integer", "oid"): TypeChange(Work.INDEX_REBUILD),
    ("oid", "integer"): TypeChange(Work.INDEX_REBUILD),
    ("json", "jsonb"): _ALTERED,
    ("jsonb", "json"): _COPIED,
    ("smallint", "real"): _COPIED,
    ("smallint", "double precision"): _COPIED,
    ("integer", "real"): _ALTERED,
    ("integer", "double precision"): _COPIED,
    ("bigint", "real"): _ALTERED,
    ("bigint", "double precision"): _ALTERED,
    ("real", "double precision"): _COPIED,
    ("double precision", "real"): _ROUNDED,
    ("numeric", "real"): _ROUNDED,
    ("numeric", "double precision"): _ROUNDED,
    ("real", "numeric"): _ROUNDED,
    ("double precision", "numeric"): _ROUNDED,
    ("numeric", "smallint"): _ROUNDED,
    ("numeric", "integer"): _ROUNDED,
    ("numeric", "bigint"): _ROUNDED,
    ("real", "smallint"): _ROUNDED,
    ("real", "integer"): _ROUNDED,
    ("real", "bigint"): _ROUNDED,
    ("double precision", "smallint"): _ROUNDED,
    ("double precision", "integer"): _ROUNDED,
    ("double precision", "bigint"): _ROUNDED,
    ("date", "timestamp without time zone"): _COPIED,
    ("date", "timestamp with time zone"): _COPIED,
    ("timestamp without time zone", "date"): _ALTERED,
    ("timestamp with time zone", "date"): _ALTERED,
}


def _number(type: Type, position: int, default: int | None) -> int | None:
    try:
        return int(type.modifiers[position])
    except (IndexError, ValueError):
        return default


def _between_numbers(old: Type, new: Type) -> TypeChange:
    old_digits = _DIGITS.get(_SERIALS.get(old.name, old.name))
    new_digits = _DIGITS.get(_SERIALS.get(new.name, new.name))
    if old_digits is not None and new_digits is not None:
        return _COPIED if new_digits >= old_digits else _OVERFLOW
    precision, scale = _number(new, 0, None), _number(new, 1, 0) or 0
    if old_digits is not None:
        fits = precision is None or precision - scale >= old_digits
        return _COPIED if fits else _OVERFLOW
    if precision is None:
        return FREE
    old_precision, old_scale = _number(old, 0, None), _number(old, 1, 0) or 0
    if old_precision is None or scale < old_scale:
        return _ROUNDED
    if scale == old_scale and precision >= old_precision:
        return FREE
    fits = precision - scale >= old_precision - old_scale
    return _COPIED if fits else _OVERFLOW


def _precision(old: Type, new: Type) -> TypeChange:
    if not new.modifiers:
        return FREE
    if any(not part.isdigit() for part in (*old.modifiers, *new.modifiers)):
        return TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason="the fields of the interval types")
    wider = (_number(new, 0, _SECONDS) or 0) >= (_number(old, 0, _SECONDS) or 0)
    return FREE if wider else _ALTERED


def _between_times(old: Type, new: Type) -> TypeChange:
    stamps = {"timestamp without time zone", "timestamp with time zone"}
    if {old.name, new.name} != stamps:
        return _other(old, new, explicit=False)
    if _precision(Type(new.name, old.modifiers), new).work is Work.REWRITE:
        return _ALTERED
    return TypeChange(
        Work.UNKNOWN,
        Values.MAY_CHANGE,
        reason="the TimeZone of the session that runs it: only under UTC is nothing "
        "rewritten and no value moved",
    )


def _by_length(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    to, was = _number(new, 0, None), _number(old, 0, None)
    if to is None or (was is not None and to >= was):
        return FREE
    # An explicit cast cuts what is too long; an assignment refuses it.
    if explicit:
        return TypeChange(Work.REWRITE, Values.MAY_CHANGE)
    return TypeChange(Work.REWRITE, Values.MAY_FAIL, "22001")


def _to_text(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    varying = {*_TEXTS}
    unbounded = Type("text")
    if old.name in varying and new.name in varying:
        return _by_length(
            old if old.name == "character varying" else unbounded, new, explicit=explicit
        )
    length = _number(new, 0, None)
    if length is None:
        return _COPIED
    if old.name in {"character", "character varying"}:
        kept = _by_length(old, new, explicit=explicit)
        return _COPIED if kept.work is Work.NONE else kept
    if old.name == "boolean" and length >= len("false"):
        return _COPIED
    if old.name == "uuid" and length >= len("00000000-0000-0000-0000-000000000000"):
        return _COPIED
    if old.name in _DIGITS and length > _DIGITS[old.name]:
        return _COPIED
    return _by_length(unbounded, new, explicit=explicit)


_ASSIGNABLE_ONLY_BY_CAST = {
    *_DIGITS, "numeric", "boolean", "uuid", "json", "jsonb", "date", "inet", "cidr",
    "bytea", "xml", *_TIMES, *_FLOATS,
}  # fmt: skip


def _other(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    text = old.name in {*_TEXTS, "character"} and not old.array
    if text and new.name in _ASSIGNABLE_ONLY_BY_CAST and not new.array:
        if explicit:
            state = "22007" if new.name in {*_TIMES, "date"} else "22P02"
            return TypeChange(Work.REWRITE, Values.MAY_FAIL, state)
        return _uncastable(old, new)
    return TypeChange(
        Work.UNKNOWN,
        Values.UNKNOWN,
        reason=f"how the server casts {old} to {new}",
    )


def _with_user_type(old: Type, new: Type, *, explicit: bool, catalog: Catalog) -> TypeChange | None:
    """Return the change where one of the types is a domain or an enum."""
    target = catalog.domain(Name(new.name, new.schema))
    source = catalog.domain(Name(old.name, old.schema))
    if target is not None:
        base = _between(old, target.type, explicit=explicit, catalog=catalog)
        if target.checks or not target.nullable:
            state = "23514" if target.checks else "23502"
            return TypeChange(Work.REWRITE, Values.MAY_FAIL, state)
        return base
    if source is not None:
        return _between(source.type, new, explicit=explicit, catalog=catalog)
    old_enum = catalog.enum(Name(old.name, old.schema)) is not None
    new_enum = catalog.enum(Name(new.name, new.schema)) is not None
    if old_enum and new.name in {*_TEXTS, "character"}:
        return _to_text(old, new, explicit=explicit)
    if new_enum and not old_enum and old.name in {*_TEXTS, "character"}:
        if explicit:
            return TypeChange(Work.REWRITE, Values.MAY_FAIL, "22P02")
        return _uncastable(old, new)
    if old_enum and new_enum:
        return _uncastable(old, new)
    return None


# --- USING -------------------------------------------------------------------------------

_CAST = pattern(r'("?)(?P<column>.+?)\1(?:::(?P<type>.+))?', re.DOTALL)
_ALIASES = {
    "int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint",
    "varchar": "character varying", "bpchar": "character", "char": "character",
    "decimal": "numeric", "bool": "boolean", "float4": "real",
    "float8": "double precision", "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone", "timetz": "time with time zone",
}  # fmt: skip


def _plain_cast(using: Expression, column: str) -> str | None:
    """Return the type that USING casts the bare column to, `""` for none, else None."""
    if using.functions or using.has_subquery or using.opaque:
        return None
    found = _CAST.fullmatch(using.sql.strip())
    if found is None or found["column"].replace('""', '"') != column:
        return None
    return "" if found["type"] is None else _normal(found["type"])


def _normal(type: str) -> str:
    head, bracket, rest = type.strip().lower().partition("(")
    inside, _, tail = rest.partition(")")
    name = " ".join((head + tail).split())
    array = name.endswith("[]")
    name = name.removesuffix("[]").removeprefix("pg_catalog.")
    modifiers = f"({inside.replace(' ', '')})" if bracket else ""
    return f"{_ALIASES.get(name, name)}{modifiers}{'[]' if array else ''}"


def _spelled(type: Type) -> str:
    return _normal(str(type))
