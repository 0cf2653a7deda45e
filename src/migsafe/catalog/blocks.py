"""DO blocks that only ask: they count rows and raise, and change nothing."""

import re

from migsafe.writing.tokens import tokens

_RAISE = r"RAISE EXCEPTION (?:USING MESSAGE = )?'(?:[^']|'')*';"
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
