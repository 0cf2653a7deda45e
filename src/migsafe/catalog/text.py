"""What a catalog must find in canonical SQL text, without parsing it.

Expressions keep their text in one spelling, so that tokens are enough to rename a column
in them, to see a NOT NULL proof, and to list the identifiers of a view's query.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from migsafe.model.expressions import Expression
from migsafe.model.record import replace
from migsafe.parsers.tokens import tokens as raw_tokens
from migsafe.parsers.tokens import words_of
from migsafe.writing.quoting import identifier
from migsafe.writing.tokens import TOKEN, closing, tokens


def column_of(token: str) -> str:
    """Return the name that an identifier token stands for."""
    if token.startswith('"'):
        return token[1:-1].replace('""', '"')
    return token.lower()


def says_the_same(first: str, second: str) -> bool:
    """Say whether two texts of SQL or PL/pgSQL differ in blanks, comments and case at most."""
    return first == second or _said(first) == _said(second)


def _said(text: str) -> list[str]:
    return [word if word[0] in "'\"$" or "'" in word else word.lower() for word in words_of(text)]


def mentions(sql: str, name: str) -> bool:
    """Say whether text holds a name as a word, wherever it stands: bodies of routines, queries."""
    return re.search(rf"\b{re.escape(name)}\b", sql) is not None


def same_arguments(declared: str, named: str) -> bool:
    """Say whether arguments are those of a declaration: names and what is OUT may be left out."""
    wanted, given = _types(named), _types(declared)
    return len(wanted) == len(given) and all(
        have[-len(want) :] == want for want, have in zip(wanted, given, strict=True)
    )


def _types(arguments: str) -> list[list[str]]:
    """Return the words of each argument that a call passes, without mode, default, modifiers."""
    found: list[list[str]] = []
    for part in _arguments(arguments):
        words = re.sub(r"\([^()]*\)", "", part.upper()).split()
        if words and words[0] != "OUT":
            found.append(words[words[0] in _MODES :])
    return found


def without_defaults(arguments: str) -> str:
    """Return an argument list as GRANT and DROP take it: no argument has a default there."""
    return ", ".join(_arguments(arguments))


def _arguments(arguments: str) -> Iterator[str]:
    """Yield each argument of a list up to its default."""
    start, end = 0, None
    for token in raw_tokens(arguments):
        word = arguments[token.start : token.end].upper()
        if token.depth == 0 and word == ",":
            yield arguments[start : token.start if end is None else end].strip()
            start, end = token.end, None
        elif token.depth == 0 and end is None and word in {"DEFAULT", "="}:
            end = token.start
    yield arguments[start:end].strip()


_MODES = frozenset({"IN", "INOUT", "VARIADIC"})


def referenced(words: list[str]) -> str | None:
    """Return the column that tokens name, as `column` or `table.column`; None if they are more."""
    match words:
        case [name] | [_, ".", name]:
            return column_of(name)
        case _:
            return None


def renamed(expression: Expression, old: str, new: str) -> Expression:
    """Return the expression as it reads after a column was renamed."""
    if old not in expression.columns:
        return expression
    pieces: list[str] = []
    before = ""
    matches = list(TOKEN.finditer(expression.sql))
    for at, match in enumerate(matches):
        token = match.group()
        if match.lastgroup == "space":
            pieces.append(token)
            continue
        after = next((m.group() for m in matches[at + 1 :] if m.lastgroup != "space"), "")
        is_column = (
            match.lastgroup in {"word", "quoted"}
            and column_of(token) == old
            and after not in {"(", "."}
            and before != "::"
        )
        pieces.append(identifier(new) if is_column else token)
        before = token
    columns = tuple(new if column == old else column for column in expression.columns)
    return replace(expression, sql="".join(pieces), columns=columns)


def proves_not_null(sql: str, column: str) -> bool:
    """Say whether a CHECK holds only for rows where the column is not NULL.

    True for `column IS NOT NULL` and for a conjunction with such a part: what the server
    itself accepts as a proof.
    """
    return any(is_not_null(part, column) for part in conjuncts(list(tokens(sql))))


def is_not_null(part: list[str], column: str) -> bool:
    """Say whether a part of a condition is `column IS NOT NULL`."""
    words = [word.upper() for word in part[1:]]
    return words == ["IS", "NOT", "NULL"] and column_of(part[0]) == column


def says_its_shape(expression: Expression) -> bool:
    """Say whether the words of an expression are known, be it with parameters for values."""
    if not expression.opaque:
        return True
    words = list(tokens(expression.sql))
    with_parameter = any(word == "$" and number.isdigit() for word, number in pairwise(words))
    return with_parameter and len(words) > len("$1")


def conjuncts(words: list[str]) -> Iterator[list[str]]:
    """Yield the parts that AND joins at the top, brackets around them taken off."""
    while len(words) > 1 and words[0] == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    parts = _split_at_and(words)
    if len(parts) == 1:
        yield words
        return
    for part in parts:
        yield from conjuncts(part)


def _split_at_and(words: list[str]) -> list[list[str]]:
    """Return the parts between the ANDs at the top; all in one where an OR stands there."""
    depth = between = 0
    parts: list[list[str]] = [[]]
    for word in words:
        upper = word.upper()
        depth += (upper in {"(", "CASE"}) - (upper in {")", "END"})
        if depth == 0 and upper == "OR":
            return [words]
        if depth == 0 and upper == "BETWEEN":
            between += 1
        if depth == 0 and upper == "AND":
            if not between:
                parts.append([])
                continue
            between -= 1
        parts[-1].append(word)
    return parts


_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "WINDOW"})


def identifiers_of(
    sql: str, relation: str, columns: frozenset[str] = frozenset()
) -> frozenset[str] | None:
    """Return every identifier of a query, or None where it may read all columns.

    That is the case for `*`, NATURAL joins, and a row of the relation taken whole. A name
    that is one of its `columns` as well stands for the column.
    """
    found: set[str] = set()
    rows = {relation}
    before, clause, words = "", "", list(tokens(sql))
    for at, word in enumerate(words):
        upper = word.upper()
        after = words[at + 1] if at + 1 < len(words) else ""
        if upper in _CLAUSES:
            clause = upper
        if upper == "NATURAL" or _is_star(word, before, after):
            return None
        if word[0] == '"' or word[0] == "_" or word[0].isalpha():
            name = column_of(word)
            if not _names_a_relation(words, at):
                found.add(name)
            if (clause == "FROM" and column_of(before or " ") in rows) or (
                clause == "FROM" and before.upper() == "AS"
            ):
                rows.add(name)
        before = word
    return None if _takes_a_row(words, rows - columns) else frozenset(found)


def _names_a_relation(words: list[str], at: int) -> bool:
    """Say whether a word stands where FROM and JOIN want the name of a relation."""
    start = at - 2 if at > 1 and words[at - 1] == "." else at
    return start > 0 and words[start - 1].upper() in {"FROM", "JOIN", "ONLY"}


def _is_star(word: str, before: str, after: str) -> bool:
    return word == "*" and (
        before.upper() in {"SELECT", "DISTINCT", "ALL", ",", "."}
        or (before == ")" and after.upper() in {"FROM", ","})
    )


def _takes_a_row(words: list[str], rows: set[str]) -> bool:
    before, clause = "", ""
    for at, word in enumerate(words):
        upper = word.upper()
        after = words[at + 1] if at + 1 < len(words) else ""
        if upper in _CLAUSES:
            clause = upper
        elif (
            column_of(word) in rows
            and after not in {".", "("}
            and before != "."
            and clause in {"SELECT", "WHERE", "ORDER", "GROUP"}
            and before.upper() in {"(", ",", "SELECT", "DISTINCT"}
        ):
            return True
        before = word
    return False
