"""SQL that stands in the strings of application code."""

import re
from collections.abc import Callable, Iterator

from migsafe.model.code import Basis, Use, UseKind
from migsafe.model.migration import Place
from migsafe.model.pattern import pattern
from migsafe.parsers.naming import Named, NamedKind
from migsafe.parsers.tokens import tokens
from migsafe.writing.quoting import KEYWORDS, identifier

Placed = Callable[[int, int], Place]
"""Where a range of a text stands in its file."""

_GAP = r"(?:\s++|--[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/)"
# Each with what tells it from a sentence: "Select a user", "Update the list".
_STATEMENT = pattern(
    rf"""{_GAP}*+[(\s]*+(?:explain\s++)?+(?=(?P<verb>[a-z]++))(?:
      select\b.*?\bfrom\b | select{_GAP}+[\w.]+\( | select{_GAP}+(?:1|true)\b
    | insert{_GAP}+into{_GAP}+\S | update\b.*?\bset\b | delete{_GAP}+from{_GAP}+\S
    | with{_GAP}+(?:recursive{_GAP}+)?+["\w]++(?:\s*+\([^()]*+\))?+{_GAP}+as\b
    | merge{_GAP}+into\b
    | (?:create|alter|drop){_GAP}+(?:unique{_GAP}+|or{_GAP}+replace{_GAP}+|temp\w*{_GAP}+
        |materialized{_GAP}+|unlogged{_GAP}+)*+
        (?:table|index|view|type|function|trigger|sequence|schema)\b
    | truncate{_GAP}+\S | copy{_GAP}+\S | lock{_GAP}+table\b | refresh{_GAP}+materialized\b
    | call{_GAP}+[\w.]+\(
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_CLAUSE = pattern(
    r"\s*(?:WHERE|AND|OR|ORDER BY|GROUP BY|HAVING|FROM|SET|RETURNING|ON CONFLICT|UNION|VALUES"
    r"|SELECT|INSERT INTO|UPDATE|DELETE FROM|(?:(?:LEFT|RIGHT|FULL|INNER|CROSS|OUTER)\s+)*JOIN)\s"
)
_SHORTEST = 3
_FIRST = 20_000
"""Within how many characters a statement shows that it is one."""
_MOST = 60_000
"""How many characters of SQL are parsed in one file, of the rest only words are taken: the
parser needs seconds for so many."""
_KINDS = {
    NamedKind.RELATION: UseKind.TABLE,
    NamedKind.COLUMN: UseKind.COLUMN,
    NamedKind.FUNCTION: UseKind.FUNCTION,
    NamedKind.TYPE: UseKind.TYPE,
    NamedKind.CONSTRAINT: UseKind.CONSTRAINT,
    NamedKind.INDEX: UseKind.INDEX,
}
_LONGEST_NAME = 63
_WORD = "word of SQL in a string"


class SqlTexts:
    """The SQL of one file, as far as there is time for it."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Begin a file."""
        self._left = _MOST

    def read(
        self, text: str, placed: Placed, *, is_sql: bool = False, table: str | None = None
    ) -> list[Use] | None:
        """Return what a string names if it is SQL, None if it is not.

        Args:
            text: What the string holds; `{{…}}` stands for what is put into it.
            placed: Says where a range of it stands.
            is_sql: Whether the code gives it to something that takes SQL.
            table: Whose columns an expression names.
        """
        if len(text) < _SHORTEST:
            return None
        found = _STATEMENT.match(text, 0, _FIRST)
        if found is None or not (is_sql or found["verb"].isupper() or found["verb"].islower()):
            if is_sql:
                return self._fragment(text, placed, table)
            return words(text, placed) if _CLAUSE.match(text) else None
        sure = is_sql or found["verb"].isupper()
        named = self._named(text)
        if named is not None:
            return list(of_statement(named, placed, "SQL in a string", sure=sure))
        return words(text, placed) if sure else None

    def _fragment(self, text: str, placed: Placed, table: str | None) -> list[Use]:
        source = "" if table is None else f"FROM {identifier(table)} "
        before = f"SELECT 1 {source}WHERE "
        skipped = len(before)
        named = self._named(before + text)
        if named is None:
            return words(text, placed)
        return list(
            of_statement(
                tuple([each for each in named if each.start >= skipped]),
                lambda start, end: placed(start - skipped, end - skipped),
                "SQL expression in a string",
                sure=True,
            )
        )

    def _named(self, text: str) -> tuple[Named, ...] | None:
        self._left -= len(text)
        if self._left < 0:
            return None
        from migsafe.parsers.sqlglot import named  # noqa: PLC0415  it loads in 100 ms

        return named(text)


def of_statement(
    named: tuple[Named, ...], placed: Placed, how: str, *, sure: bool
) -> Iterator[Use]:
    """Yield the uses of what a statement names; `sure` says that it is SQL beyond doubt."""
    for each in named:
        kind = _KINDS[each.kind]
        is_table = kind is UseKind.TABLE
        if each.derived:
            basis = Basis.MENTION
        elif each.sure and sure:
            basis = Basis.EXACT
        else:
            basis = Basis.LIKELY
        table = each.name if is_table else each.of.name if each.of is not None else None
        yield Use(
            kind,
            each.name,
            table,
            each.of.schema if each.of is not None else each.schema,
            placed(each.start, each.end),
            basis,
            each.writes,
            how,
        )


_PLACEHOLDER = pattern(r"\{\{[^{}]*+\}\}|%\(\w++\)s|%s|(?<![:\w]):\w++|@\w++|\$\d++")


def words(text: str, placed: Placed, how: str = _WORD) -> list[Use]:
    """Return every word of SQL that could not be read, or is a part of a statement only."""
    mixed = not text.isupper()
    text = _PLACEHOLDER.sub(lambda match: " " * len(match.group()), text)
    found: dict[str, Use] = {}
    for token in tokens(text):
        word = text[token.start : token.end]
        name = word.strip('"') if word[0] == '"' else word.lower()
        if (
            len(name) <= _LONGEST_NAME
            and name.isidentifier()
            and name not in found
            and not (word.isupper() and (mixed or name in KEYWORDS))
        ):
            place = placed(token.start, token.end)
            found[name] = Use(UseKind.NAME, name, None, None, place, Basis.LIKELY, None, how)
    return list(found.values())
