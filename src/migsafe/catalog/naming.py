"""The names that the server gives to what a statement leaves unnamed.

Source:
    makeObjectName, ChooseRelationName, ChooseIndexColumnNames and ChooseConstraintName of
    PostgreSQL, held against a server by tests/catalog/test_naming.py.
"""

from collections.abc import Callable, Iterable

from migsafe.model.operations import Check, IndexElement
from migsafe.writing.tokens import closing, is_dotted_name, tokens

LIMIT = 63
"""Bytes of an identifier (NAMEDATALEN - 1)."""


def clipped(name: str, size: int = LIMIT) -> str:
    """Return the name cut to a number of bytes, between characters."""
    return name.encode()[:size].decode(errors="ignore")


def object_name(first: str, second: str | None, label: str) -> str:
    """Return `first_second_label`, the longer of the first two shortened to fit."""
    room = LIMIT - len(label.encode()) - 1 - (0 if second is None else 1)
    one = len(first.encode())
    two = 0 if second is None else len(second.encode())
    while one + two > room:
        if one > two:
            one -= 1
        else:
            two -= 1
    parts = [clipped(first, one)]
    if second is not None:
        parts.append(clipped(second, two))
    return "_".join([*parts, label])


def free_name(first: str, second: str | None, label: str, taken: Callable[[str], bool]) -> str:
    """Return the first name that is not taken: `label`, `label1`, `label2` …."""
    name = object_name(first, second, label)
    number = 0
    while taken(name):
        number += 1
        name = object_name(first, second, f"{label}{number}")
    return name


def check_addition(check: Check) -> str | None:
    """Return the column that a CHECK is named after: its only one."""
    columns = set(check.expression.columns)
    return next(iter(columns)) if len(columns) == 1 else None


def columns_addition(columns: Iterable[str]) -> str:
    """Return the columns that an index or foreign key is named after."""
    joined = ""
    for column in columns:
        joined = column if not joined else f"{joined}_{column}"
        if len(joined.encode()) > LIMIT:
            break
    return clipped(joined)


def index_columns(
    elements: Iterable[IndexElement], include: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return what an index calls its columns: `lower`, `expr`, `expr1` for expressions."""
    names: list[str] = []
    wanted = [element.column or _expression_name(element) for element in elements] + list(include)
    for each in wanted:
        name, number = each, 0
        while name in names:
            number += 1
            name = f"{clipped(each, LIMIT - len(str(number)))}{number}"
        names.append(name)
    return tuple(names)


def _expression_name(element: IndexElement) -> str:
    if element.expression is None:
        return "expr"
    return _figured(list(tokens(element.expression.sql))) or "expr"


def _figured(words: list[str]) -> str | None:
    """Return the name that FigureColname finds in an expression, or None."""
    while words and words[0] == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    if not words:
        return None
    cast = next(
        (at for at in range(len(words) - 1, 0, -1) if words[at] == "::" and not _depth(words, at)),
        None,
    )
    if cast is not None:
        return _of_cast(words[:cast], words[cast + 1 :])
    if words[0].upper() == "CASE" and words[-1].upper() == "END":
        return "case"
    if words[0].upper() == "ARRAY" and words[-1] == "]":
        return "array"
    if words[0].upper() == "CAST" and words[1:2] == ["("]:
        return None
    opening = words.index("(") if "(" in words else len(words)
    if not is_dotted_name(words[:opening]):
        return None
    if opening == len(words) or closing(words, opening) == len(words) - 1:
        return _unquoted(words[opening - 1])
    return None


def _of_cast(inner: list[str], type_: list[str]) -> str | None:
    """Return the name of what is cast, else of the type; None where more follows."""
    is_type = all(word[0].isalnum() or word[0] in '_"' or word in "().,[]" for word in type_)
    is_one = len(inner) == 1 or closing(inner, 0) == len(inner) - 1
    named = _figured(inner)
    if not is_type or (named is None and not is_one):
        return None
    return named or _unquoted(_last_of_name(type_))


def _last_of_name(words: list[str]) -> str:
    end = 1
    while words[end : end + 1] == ["."]:
        end += 2
    return words[end - 1]


def _unquoted(word: str) -> str:
    if word.startswith('"'):
        return word[1:-1].replace('""', '"')
    return word.lower()


def _depth(words: list[str], at: int) -> int:
    return words[:at].count("(") - words[:at].count(")")


def exclusion_method(definition: str) -> str:
    """Return the access method of an EXCLUDE constraint."""
    words = list(tokens(definition))
    if words and words[0].upper() == "USING":
        return _unquoted(words[1])
    return "btree"


def exclusion_columns(definition: str) -> tuple[str, ...]:
    """Return what the index of an EXCLUDE constraint calls its columns."""
    words = list(tokens(definition))
    if "(" not in words:
        return ()
    opening = words.index("(")
    inside = words[opening + 1 : closing(words, opening)]
    parts: list[list[str]] = [[]]
    depth = 0
    for word in inside:
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    names: list[str] = []
    for part in parts:
        end = next(
            (
                at
                for at, word in enumerate(part)
                if word.upper() == "WITH" and _depth(part, at) == 0
            ),
            len(part),
        )
        wanted = _figured(part[:end]) or "expr"
        name, number = wanted, 0
        while name in names:
            number += 1
            name = f"{wanted}{number}"
        names.append(name)
    return tuple(names)
