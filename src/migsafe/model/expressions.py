"""Names, types and expressions as the parsers leave them: nobody above parses SQL again."""

from typing import final

from migsafe.model.record import record


@final
@record(by_value=False, order=True)
class Name:
    """A relation, type or routine as it was written: folded, unquoted, maybe without schema.

    There is one for each pair of words. Most mappings of a catalog have names as keys, and
    what is equal only to itself is found without a call of Python's.
    """

    name: str
    schema: str | None = None

    def __new__(cls, name: str, schema: str | None = None) -> "Name":
        """Return the name of these words."""
        words = (name, schema)
        found = _NAMES.get(words)
        if found is None:
            found = _NAMES[words] = object.__new__(cls)
        return found

    def __str__(self) -> str:
        """Return the name as people say it; `writing.quoting` returns it as SQL."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def beside(self, name: str) -> "Name":
        """Return another name in the same schema."""
        return Name(name, self.schema)


_NAMES: dict[tuple[str, str | None], Name] = {}


@record
class Type:
    """A column type.

    `name` is the server's own spelling for built-in types (`integer`, `character varying`,
    `timestamp with time zone`), with `serial`, `bigserial` and `smallserial` kept as
    written; `schema` is set only for types that are not in pg_catalog and were
    qualified. `modifiers` are the bracketed arguments as text (`("8", "2")`, `("255",)`);
    interval fields (`day to second`) come first among them.
    """

    name: str
    modifiers: tuple[str, ...] = ()
    array: bool = False
    collation: str | None = None
    schema: str | None = None

    def __str__(self) -> str:
        """Return the type as people write it."""
        name = self.name if self.schema is None else f"{self.schema}.{self.name}"
        modifiers = f"({', '.join(self.modifiers)})" if self.modifiers else ""
        # `timestamp(3) without time zone`: the precision stands before the words.
        first, words, zone = name.partition(" with")
        if not zone.endswith("time zone"):
            first, words, zone = name, "", ""
        return f"{first}{modifiers}{words}{zone}{'[]' if self.array else ''}"


@record
class Expression:
    """An SQL expression with what its readers ask of it.

    `sql` is in the parser's canonical spelling. `functions` are lower-case names,
    qualified only if they were written so; keyword functions (`CURRENT_DATE`) are listed
    in lower case. `constant` means: literals, casts and operators on literals only.
    `opaque` means that the text could not be known (an Alembic argument computed at run
    time, a template): nothing may be concluded from the other fields.
    """

    sql: str
    columns: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    constant: bool = False
    has_subquery: bool = False
    opaque: bool = False
