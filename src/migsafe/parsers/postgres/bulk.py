"""INSERT of very many literal rows: read without building their tree."""

import re

from migsafe.model.pattern import pattern
from migsafe.parsers.tokens import tokens

BULK = 16_384
"""Characters from which on it is worth a look."""

_INSERT = pattern(r"\s*insert\s", re.IGNORECASE)
_VALUE = (
    r"(?:'[^']*+(?:''[^']*+)*+'|[+-]?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
    r"|(?i:null|true|false|default))"
)
_B = r"[ \t\n\r\f\v]*+"
_ROW = rf"\({_B}{_VALUE}(?:{_B},{_B}{_VALUE})*+{_B}\)"
_ROWS = pattern(rf"{_B}{_ROW}(?:{_B},{_B}{_ROW})*+(?={_B}(?:;|$|(?i:on|returning)\b))")
_FIRST_ROW = pattern(rf"{_B}{_ROW}")
_ROW_END = pattern(r"'[^']*+'|\)")


def shortened(sql: str) -> tuple[str, int] | None:
    """Return a big INSERT with its first row only, and how many rows it has.

    None where it is not big, or where its rows hold anything but plain literals: then
    only the grammar may say what they are.
    """
    if len(sql) < BULK or not _INSERT.match(sql):
        return None
    for token in tokens(sql):
        if token.start > BULK:
            return None
        if token.depth == 0 and sql[token.start : token.end].lower() == "values":
            break
    else:
        return None
    rows = _ROWS.match(sql, token.end)
    first = _FIRST_ROW.match(sql, token.end)
    if rows is None or first is None:
        return None
    count = sum(1 for end in _ROW_END.finditer(sql, token.end, rows.end()) if end[0] == ")")
    return f"{sql[: first.end()]}{sql[rows.end() :]}", count
