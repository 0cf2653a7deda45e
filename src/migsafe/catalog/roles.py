"""Roles: made, dropped, and what goes from one to another."""

from migsafe.catalog import rights
from migsafe.catalog.facts import Facts
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import ChangeRole, ObjectKind
from migsafe.writing.tokens import tokens


def change(facts: Facts, operation: ChangeRole) -> None:
    """Apply CREATE and DROP ROLE, DROP and REASSIGN OWNED; other statements do nothing here."""
    names = operation.role.split(", ")
    match operation.verb:
        case "CREATE ROLE":
            facts.made(Name(operation.role), ObjectKind.ROLE)
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
