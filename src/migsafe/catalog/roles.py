"""Roles: made, dropped, and what goes from one to another."""

from collections.abc import Iterator

from migsafe.catalog import rights
from migsafe.catalog.facts import Facts
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import ChangeRole, ObjectKind
from migsafe.writing.tokens import tokens

_LISTS = frozenset({"ROLE", "ADMIN", "USER"})
"""What names of members, or behind IN of groups, follow."""


def change(facts: Facts, operation: ChangeRole) -> None:
    """Apply CREATE and DROP ROLE, DROP and REASSIGN OWNED; other statements do nothing here."""
    names = operation.role.split(", ")
    match operation.verb:
        case "CREATE ROLE":
            facts.made(Name(operation.role), ObjectKind.ROLE)
            facts.memberships = (*facts.memberships, *_memberships(operation))
        case "ALTER ROLE" if operation.sql.startswith("ALTER GROUP "):
            pairs = tuple(_memberships(operation))
            others = tuple(pair for pair in facts.memberships if pair not in pairs)
            added = list(tokens(operation.sql))[3].upper() == "ADD"
            facts.memberships = (*others, *pairs) if added else others
        case "DROP ROLE":
            facts.gone(Name(operation.role), ObjectKind.ROLE)
            rights.rename_role(facts, operation.role, None)
        case "DROP OWNED":
            for name in names:
                rights.rename_role(facts, name, None)
            facts.doubt_all()
        case "REASSIGN OWNED":
            new = column_of(list(tokens(operation.sql))[-1])
            for name in names:
                rights.reassign(facts, name, new)
        case _:
            pass


def _memberships(operation: ChangeRole) -> Iterator[tuple[str, str]]:
    """Yield member and group of what CREATE ROLE and ALTER GROUP say of both."""
    words = list(tokens(operation.sql))
    upper = [word.upper() for word in words]
    # The first two words are the verb.
    for at in range(2, len(words)):
        if upper[at] in _LISTS:
            for name in _names(words, at + 1):
                own = operation.role
                yield (own, name) if upper[at - 1] == "IN" else (name, own)


def _names(words: list[str], at: int) -> Iterator[str]:
    yield column_of(words[at])
    while words[at + 1 : at + 2] == [","]:
        at += 2
        yield column_of(words[at])
