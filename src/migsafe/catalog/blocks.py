"""DO blocks whose whole meaning is known: those that plans write, and nothing else.

A block counts rows and raises, or gives a view the rights on its table. It is known by its
whole text, because whatever else it might hold would run.
"""

import re
from functools import cache

from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.writing.tokens import tokens

_LITERAL = r"'(?:[^']|'')*'"
_RAISE = rf"RAISE EXCEPTION (?:USING MESSAGE = )?{_LITERAL};"
_ASKS = re.compile(
    rf"\s*BEGIN\s+(?:{_RAISE}"
    rf"|IF \((?P<query>SELECT count\(\*\) .*)\) > 0 THEN\s+{_RAISE}\s+END IF;)"
    r"\s+END;?\s*",
    re.DOTALL,
)
# What would make the query more than a question, or the block more than one query.
_MORE = frozenset(
    (
        *("insert", "update", "delete", "merge", "into", "copy", "truncate", "lock", "for"),
        *("execute", "perform", "call", "create", "alter", "drop", ";", "then", "raise"),
    )
)


def only_asks(body: str) -> bool:
    """Return whether the body of a plpgsql block counts rows and raises, or just raises.

    Such a block takes ACCESS SHARE on what it counts; plans guard their deploys with it.
    """
    found = _ASKS.fullmatch(body)
    if found is None:
        return False
    query = found["query"] or ""
    return _MORE.isdisjoint(word.lower() for word in tokens(query))


COPIED = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""The privileges on a table that a view in its place can use."""
_LISTED = ", ".join(f"'{privilege}'" for privilege in COPIED)


def giving_rights(source: str, target: str) -> str:
    """Return the body that gives one relation the rights that others have on another.

    Args:
        source: The relation whose rights are copied, as a string literal.
        target: The relation that gets them, as a string literal.
    """
    return (
        "\nDECLARE\n"
        "  given record;\n"
        "BEGIN\n"
        "  FOR given IN\n"
        "    SELECT a.privilege_type AS privilege, a.grantee, a.is_grantable\n"
        "    FROM pg_class AS c, aclexplode(c.relacl) AS a\n"
        f"    WHERE c.oid = to_regclass({source}) AND a.grantee <> c.relowner\n"
        f"      AND a.privilege_type IN ({_LISTED})\n"
        "    ORDER BY 2, 1\n"
        "  LOOP\n"
        f"    EXECUTE format('GRANT %s ON %s TO %s%s', given.privilege, to_regclass({target}),\n"
        "      CASE given.grantee WHEN 0 THEN 'PUBLIC'\n"
        "        ELSE quote_ident(pg_get_userbyid(given.grantee)) END,\n"
        "      CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);\n"
        "  END LOOP;\n"
        "END "
    )


@cache
def _template() -> re.Pattern[str]:
    words = giving_rights("\0", "\1").removesuffix("END ").split()
    escaped = r"\s+".join(re.escape(word) for word in words)
    for mark, name in (("\0", "source"), ("\1", "target")):
        escaped = escaped.replace(mark, f"(?P<{name}>{_LITERAL})")
    return re.compile(rf"\s*{escaped}\s+END;?\s*")


def rights_given(body: str) -> tuple[Name, Name] | None:
    """Return source and target of a body as `giving_rights` writes it, None for any other."""
    found = _template().fullmatch(body)
    return None if found is None else (_named(found["source"]), _named(found["target"]))


def _named(literal: str) -> Name:
    """Return the name in a string literal, as to_regclass() reads it."""
    words = [word for word in tokens(literal[1:-1].replace("''", "'")) if word != "."] or [""]
    schema = column_of(words[0]) if len(words) > 1 else None
    return Name(column_of(words[-1]), schema)


def is_known(body: str) -> bool:
    """Return whether a block changes neither schema nor rows and takes no lock that blocks."""
    return only_asks(body) or rights_given(body) is not None
