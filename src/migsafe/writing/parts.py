"""Parts of statements as SQL: types, columns, constraints, index keys, options."""

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    WHO_RUNS_IT,
    Check,
    Column,
    Constraint,
    Exclusion,
    ForeignKey,
    Identity,
    IndexElement,
    NotNull,
    Option,
    PrimaryKey,
    ReferentialAction,
    Unique,
)
from migsafe.model.pattern import pattern
from migsafe.writing import quoting
from migsafe.writing.errors import UnwritableError
from migsafe.writing.tokens import closing, is_dotted_name, tokens

# Types that the server spells with several words or keywords; the rest of pg_catalog's
# types are plain identifiers.
_SPELLED = frozenset(
    {
        "smallint", "integer", "bigint", "real", "double precision", "numeric",
        "character varying", "character", "boolean", "time", "timestamp", "interval",
        "bit", "bit varying", "json", '"char"',
    }
)  # fmt: skip
_ZONED = pattern(r"(time|timestamp) (with|without) time zone\Z")
_SPECIAL_ROLES = WHO_RUNS_IT | {"PUBLIC"}
# What may stand at the top of an a_expr, but not of the b_expr that DEFAULT takes.
_NEEDS_BRACKETS = frozenset(
    {
        "AND", "OR", "NOT", "IS", "ISNULL", "NOTNULL", "IN", "LIKE", "ILIKE", "SIMILAR",
        "BETWEEN", "COLLATE", "AT", "OVERLAPS", "<", ">", "=",
    }
)  # fmt: skip
_PLAIN_VALUE = pattern(r"-?\d+(\.\d+)?\Z|(true|false|on|off)\Z")


def joined(*parts: str | None) -> str:
    """Return the parts that say something, separated by spaces."""
    return " ".join(part for part in parts if part)


def expression(value: Expression) -> str:
    """Return an expression's text.

    Raises:
        UnwritableError: If the text was never known.
    """
    if value.opaque:
        raise UnwritableError("an expression whose text is not known")
    return value.sql


def default(value: Expression) -> str:
    """Return an expression as DEFAULT takes it: in brackets where its grammar asks."""
    text = expression(value)
    depth = 0
    for word in tokens(text):
        depth += (word == "(") - (word == ")")
        if depth == 0 and word.upper() in _NEEDS_BRACKETS:
            return f"({text})"
    return text


def type_name(value: Type) -> str:
    """Return a type as SQL, without its collation."""
    modifiers = value.modifiers
    zoned = _ZONED.match(value.name)
    if value.schema is not None or (value.name not in _SPELLED and not zoned):
        text = quoting.name(Name(value.name, value.schema)) + _bracketed(modifiers)
    elif zoned:
        text = f"{zoned[1]}{_bracketed(modifiers)} {zoned[2]} time zone"
    elif value.name == "interval":
        fields = tuple(each for each in modifiers if not each.isdigit())
        precision = tuple(each for each in modifiers if each.isdigit())
        text = joined("interval", *fields) + _bracketed(precision)
    else:
        text = value.name + _bracketed(modifiers)
    return f"{text}[]" if value.array else text


def _bracketed(modifiers: tuple[str, ...]) -> str:
    return f"({', '.join(modifiers)})" if modifiers else ""


def type_with_collation(value: Type) -> str:
    """Return a type as SQL with its collation."""
    collation = None if value.collation is None else f"COLLATE {value.collation}"
    return joined(type_name(value), collation)


def role(name: str) -> str:
    """Return a role as SQL; CURRENT_USER and its like are no names."""
    return name if name in _SPECIAL_ROLES else quoting.identifier(name)


def options(given: tuple[Option, ...]) -> str:
    """Return options as SQL, brackets included."""
    return f"({', '.join(map(_option, given))})"


def _option(option: Option) -> str:
    name = ".".join(map(quoting.identifier, option.name.split(".")))
    if option.value is None:
        return name
    plain = _PLAIN_VALUE.match(option.value)
    return f"{name} = {option.value if plain else quoting.literal(option.value)}"


# --- columns -------------------------------------------------------------------------


def column(value: Column) -> str:
    """Return a column's definition."""
    if value.type is None:
        raise UnwritableError(f"column {value.name!r} without a type")
    collation = value.type.collation
    return joined(
        quoting.identifier(value.name),
        type_name(value.type),
        None if value.storage is None else f"STORAGE {value.storage}",
        None if value.compression is None else f"COMPRESSION {value.compression}",
        None if collation is None else f"COLLATE {collation}",
        column_properties(value),
    )


def column_properties(value: Column) -> str:
    """Return what a definition says after the type: default, NOT NULL, identity."""
    generated = value.generated
    computed = ""
    if generated is not None:
        kind = "STORED" if generated.stored else "VIRTUAL"
        computed = f"GENERATED ALWAYS AS ({expression(generated.expression)}) {kind}"
    return joined(
        None if value.default is None else f"DEFAULT {default(value.default)}",
        None if value.nullable else "NOT NULL",
        None if value.identity is None else identity(value.identity),
        computed,
    )


def identity(value: Identity) -> str:
    """Return GENERATED … AS IDENTITY."""
    kind = "ALWAYS" if value.always else "BY DEFAULT"
    options_ = f" ({value.options})" if value.options else ""
    return f"GENERATED {kind} AS IDENTITY{options_}"


# --- constraints ---------------------------------------------------------------------


def constraint(value: Constraint) -> str:
    """Return a table constraint with its name."""
    return joined(_constraint_name(value.name), _table_constraint(value))


def _constraint_name(name: str | None) -> str | None:
    return None if name is None else f"CONSTRAINT {quoting.identifier(name)}"


def _table_constraint(value: Constraint) -> str:
    match value:
        case Check():
            return joined(_check(value), _validity(value))
        case ForeignKey(columns=columns):
            return joined(
                f"FOREIGN KEY ({_columns(columns, period=value.period)})",
                _references(value),
                _deferral(value),
                _validity(value),
            )
        case Unique() | PrimaryKey():
            return joined(
                _unique_words(value),
                _keys(value),
                value.index_options,
                _deferral(value),
            )
        case Exclusion(definition=definition):
            return joined("EXCLUDE", definition, _deferral(value))
        case NotNull():
            return joined(
                f"NOT NULL {quoting.identifier(value.column)}",
                "NO INHERIT" if value.no_inherit else None,
                None if value.valid else "NOT VALID",
            )


def inline_constraint(value: Constraint, column: str) -> str:
    """Return a constraint as it stands in a column's definition.

    Raises:
        UnwritableError: If it can only stand after the columns.
    """
    match value:
        case Check(valid=True) | Check(enforced=False):
            text = joined(_check(value), None if value.enforced else "NOT ENFORCED")
        case ForeignKey(period=False) if value.columns == (column,) and (
            value.valid or not value.enforced
        ):
            enforced = None if value.enforced else "NOT ENFORCED"
            text = joined(_references(value), _deferral(value), enforced)
        case Unique(include=(), using_index=None) | PrimaryKey(include=(), using_index=None) if (
            value.columns == (column,) and not value.without_overlaps
        ):
            text = joined(_unique_words(value), value.index_options, _deferral(value))
        case NotNull(valid=True, no_inherit=True) if value.column == column:
            text = "NOT NULL NO INHERIT"
        case _:
            raise UnwritableError(f"{value} in the definition of column {column!r}")
    return joined(_constraint_name(value.name), text)


def _check(value: Check) -> str:
    no_inherit = "NO INHERIT" if value.no_inherit else None
    return joined(f"CHECK ({expression(value.expression)})", no_inherit)


def _validity(value: Check | ForeignKey) -> str | None:
    if not value.enforced:
        return "NOT ENFORCED"
    return None if value.valid else "NOT VALID"


def _unique_words(value: Unique | PrimaryKey) -> str:
    if isinstance(value, PrimaryKey):
        return "PRIMARY KEY"
    return "UNIQUE NULLS NOT DISTINCT" if value.nulls_not_distinct else "UNIQUE"


def _keys(value: Unique | PrimaryKey) -> str:
    if value.using_index is not None:
        return f"USING INDEX {quoting.identifier(value.using_index)}"
    overlaps = " WITHOUT OVERLAPS" if value.without_overlaps else ""
    include = f"INCLUDE ({quoting.identifiers(value.include)})"
    keys = f"({quoting.identifiers(value.columns)}{overlaps})"
    return joined(keys, include if value.include else None)


def _columns(names: tuple[str, ...], *, period: bool) -> str:
    texts = [quoting.identifier(name) for name in names]
    if period and texts:
        texts[-1] = f"PERIOD {texts[-1]}"
    return ", ".join(texts)


def _references(value: ForeignKey) -> str:
    columns = _columns(value.referenced_columns, period=value.period)
    on_delete = f"ON DELETE {value.on_delete}"
    if value.set_columns:
        on_delete = f"{on_delete} ({quoting.identifiers(value.set_columns)})"
    nothing = ReferentialAction.NO_ACTION
    return joined(
        f"REFERENCES {quoting.name(value.referenced)}",
        f"({columns})" if columns else None,
        "MATCH FULL" if value.match_full else None,
        None if value.on_delete is nothing else on_delete,
        None if value.on_update is nothing else f"ON UPDATE {value.on_update}",
    )


def _deferral(value: ForeignKey | Unique | PrimaryKey | Exclusion) -> str | None:
    if value.initially_deferred:
        return "DEFERRABLE INITIALLY DEFERRED"
    return "DEFERRABLE" if value.deferrable else None


# --- indexes -------------------------------------------------------------------------


def index_element(value: IndexElement) -> str:
    """Return one key of an index."""
    nulls = None
    if value.nulls_first is not None:
        nulls = "NULLS FIRST" if value.nulls_first else "NULLS LAST"
    return joined(
        _index_key(value),
        None if value.collation is None else f"COLLATE {value.collation}",
        value.operator_class,
        "DESC" if value.descending else None,
        nulls,
    )


def _index_key(value: IndexElement) -> str:
    if value.expression is None:
        return quoting.identifier(value.column or "")
    text = expression(value.expression)
    words = list(tokens(text))
    opening = words.index("(") if "(" in words else 0
    is_call = is_dotted_name(words[:opening]) and closing(words, opening) == len(words) - 1
    return text if is_call else f"({text})"
