"""What GRANT, REVOKE and OWNER TO cost: no lock on tables, and roles that must be there."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import EVERYONE, Existence
from migsafe.effects.postgres import sources
from migsafe.model.effects import Effects, Fails, Never, OnData
from migsafe.model.expressions import Name
from migsafe.model.operations import Grant, ObjectKind, Revoke
from migsafe.writing import quoting

_NO_NAMES = frozenset({EVERYONE, "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"})


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
