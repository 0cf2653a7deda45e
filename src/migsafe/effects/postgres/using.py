"""What USING of a type change does to the column, where it only casts."""

from migsafe.catalog.text import column_of
from migsafe.model.expressions import Expression, Type
from migsafe.model.record import record
from migsafe.writing.tokens import tokens

_ALIASES = {
    "int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint",
    "varchar": "character varying", "char": "character",
    "decimal": "numeric", "bool": "boolean", "float4": "real",
    "float8": "double precision", "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone", "timetz": "time with time zone",
}  # fmt: skip


@record
class Casts:
    """The types that a value goes through; `null` where it is NULL instead of the column."""

    null: bool
    types: tuple[Type, ...]


def casts(expression: Expression, column: str) -> Casts | None:
    """Return the casts of the bare column or of NULL, None where more is computed."""
    if expression.functions or expression.has_subquery or expression.opaque:
        return None
    words = list(tokens(expression.sql))
    if not words:
        return None
    null = words[0].upper() == "NULL"
    if not null and (column not in expression.columns or column_of(words[0]) != column):
        return None
    types: list[Type] = []
    rest = words[1:]
    while rest:
        if rest[0] != "::":
            return None
        end = rest.index("::", 1) if "::" in rest[1:] else len(rest)
        found = read_type(rest[1:end])
        if found is None:
            return None
        types.append(found)
        rest = rest[end:]
    return Casts(null, tuple(types))


def read_type(words: list[str]) -> Type | None:
    """Return the type that tokens spell, None where they spell something else."""
    if any(word.upper() == "COLLATE" for word in words):
        return None
    array = False
    while words[-2:] == ["[", "]"]:
        array, words = True, words[:-2]
    modifiers: tuple[str, ...] = ()
    if "(" in words:
        opening = words.index("(")
        if ")" not in words:
            return None
        closing = words.index(")")
        modifiers = tuple(word for word in words[opening + 1 : closing] if word != ",")
        words = [*words[:opening], *words[closing + 1 :]]
    schema: str | None = None
    if words[1:2] == ["."]:
        schema, words = column_of(words[0]), words[2:]
    if not words or not all(word[0].isalpha() or word[0] in '_"' for word in words):
        return None
    if words[0].lower() == "interval" and words[1:]:
        fields = " ".join(words[1:]).lower()
        return Type("interval", (fields, *modifiers), array)
    name = words[0] if words == ['"char"'] else " ".join(column_of(word) for word in words)
    if schema == "pg_catalog":
        schema = None
    name = name if schema is not None else _ALIASES.get(name, name)
    return Type(name, modifiers, array, schema=schema)
