"""What GRANT, REVOKE, OWNER TO and roles cost: no lock on tables, and roles that must be there."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import EVERYONE, Existence
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import sources
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.operations import WHO_RUNS_IT, ChangeRole, Grant, ObjectKind, Revoke
from migsafe.writing import quoting

_ROLES = (sources.ROLES, sources.measured("session"))
_NO_NAMES = WHO_RUNS_IT | {EVERYONE}


def change_rights(operation: Grant | Revoke, catalog: Catalog) -> Effects:
    """Return what GRANT and REVOKE cost: each role that they name must be there."""
    roles = (*operation.grantees, *operation.makers)
    if operation.kind is None and not operation.objects:
        roles = (*operation.privileges, *roles)
    return Effects(
        fails=unless_there(roles, catalog),
        sources=(sources.GRANT, sources.measured("objects")),
    )


def unless_there(roles: Iterable[str], catalog: Catalog) -> Fails:
    """Return how a statement fails that names roles: they belong to the server, not to a schema.

    A role that history made is there.
    """
    asked = tuple(
        role
        for role in dict.fromkeys(roles)
        if role not in _NO_NAMES
        and catalog.existence(ObjectKind.ROLE, Name(role)) is not Existence.PRESENT
    )
    if not asked:
        return Never()
    listed = ", ".join(f"({quoting.literal(role)})" for role in asked)
    return OnData(
        "42704",
        f"the server may have no role {' or '.join(asked)}",
        f"SELECT 1 FROM (VALUES {listed}) AS named (role)"  # noqa: S608  they are literals
        " WHERE role NOT IN (SELECT rolname FROM pg_catalog.pg_roles)",
    )


def change_role(operation: ChangeRole, catalog: Catalog) -> Effects:
    """Return what roles and settings cost; DROP and REASSIGN OWNED reach anything."""
    verb = operation.verb.upper()
    if "OWNED" in verb or "REASSIGN" in verb:
        return unknown_everything(f"what {operation.role} owns")
    if "SYSTEM" in verb:
        return Effects(transaction=TransactionNeed.FORBIDDEN, sources=_ROLES)
    if verb == "DROP ROLE":
        return _drop_role(operation, catalog)
    return Effects(fails=_unless_named(operation, catalog), sources=_ROLES)


def _unless_named(operation: ChangeRole, catalog: Catalog) -> Fails:
    """Return how a statement fails that makes a role, or needs a role or a database."""
    role = operation.role
    match operation.verb:
        case "ALTER ROLE" if role == "ALL":
            return Never()
        case "CREATE ROLE":
            return _unless_absent(role, catalog)
        case "ALTER DATABASE":
            return OnData(
                "3D000",
                f"the server may have no database {role}",
                f"SELECT 1 WHERE {quoting.literal(role)} NOT IN"  # noqa: S608  a literal
                " (SELECT datname FROM pg_catalog.pg_database)",
            )
        case _:
            return unless_there((role,), catalog)


def _drop_role(operation: ChangeRole, catalog: Catalog) -> Effects:
    """Return how DROP ROLE fails: nothing in any database may be the role's."""
    role = operation.role
    theirs = catalog.held_by(role)
    if theirs is not None:
        return Effects(
            fails=Certain("2BP01", f"{theirs} is the role's, or it has rights on it"),
            sources=_ROLES,
        )
    decides = f"whether {role} owns something, or has rights on it, in any database"
    exists = "IF EXISTS" in operation.sql
    return Effects(
        fails=Never() if exists else unless_there((role,), catalog),
        unknown=(Unknown(Fact.FAILS, decides),),
        sources=_ROLES,
    )


def _unless_absent(role: str, catalog: Catalog) -> Fails:
    """Return how a statement fails that makes a role."""
    match catalog.existence(ObjectKind.ROLE, Name(role)):
        case Existence.PRESENT:
            return Certain("42710", f"the role {role} is there already")
        case _:
            return OnData(
                "42710",
                f"the server may have a role {role}",
                f"SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {quoting.literal(role)}",  # noqa: S608  a literal
            )
