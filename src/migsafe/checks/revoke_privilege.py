"""Rights that running code may need and loses."""

from collections.abc import Iterator

from migsafe.context import Context, clipped
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    WHO_RUNS_IT,
    ChangeRole,
    CreateObject,
    GrantScope,
    ObjectKind,
    Revoke,
    SetOwner,
)
from migsafe.writing.tokens import tokens

_RELATIONS = {
    ObjectKind.TABLE,
    ObjectKind.VIEW,
    ObjectKind.MATERIALIZED_VIEW,
    ObjectKind.SEQUENCE,
    ObjectKind.FOREIGN_TABLE,
}
_TIMEOUT = "timeout"
_SETTINGS = ("ALTER ROLE", "ALTER DATABASE", "ALTER SYSTEM")
_ATTRIBUTES = frozenset(
    {"NOSUPERUSER", "NOBYPASSRLS", "NOINHERIT", "NOCREATEDB", "NOCREATEROLE", "NOREPLICATION"}
)
_SHUTTING = {
    "NOLOGIN": "NOLOGIN",
    "PASSWORD": "another PASSWORD",
    "VALID": "VALID UNTIL",
    "CONNECTION": "CONNECTION LIMIT",
    "ALLOW_CONNECTIONS": "ALLOW_CONNECTIONS",
}
"""What decides who may connect, by its first word."""
_GONE = ("DROP ROLE", "DROP OWNED", "REASSIGN OWNED")


def check_operation(
    operation: Revoke | SetOwner | ChangeRole | CreateObject, context: Context
) -> Iterator[Finding]:
    """Report REVOKE and OWNER TO on what was there, and changes of roles."""
    lost = _lost(operation, context)
    if lost is not None:
        yield context.finding(
            f"{lost}: a running process that needs it fails (42501) at its next statement, and so "
            "does code that a rollback brings back.",
            help=f"Deploy code that does without it first, and revoke {context.none_older}.",
        )
    elif isinstance(operation, ChangeRole) and _is_setting(operation):
        yield context.finding(
            f"{clipped(operation.sql)}: it holds for sessions that begin later, so processes of "
            "one version run with two settings, as their connections are replaced.",
            help="Set it where the connection is made, in the release that needs it.",
        )
    elif isinstance(operation, ChangeRole | CreateObject) and (shut := _shutting(operation)):
        whose = operation.role if isinstance(operation, ChangeRole) else operation.object
        yield context.finding(
            f"{shut} of {whose}: connections that running code opens from here on may be refused "
            "(28000, 28P01, 53300, 55000); those that are open go on, until a pool replaces them.",
            help="Deploy code that connects in another way first.",
        )


def _lost(operation: Revoke | SetOwner | ChangeRole | CreateObject, context: Context) -> str | None:
    match operation:
        case Revoke():
            return _revoked(operation, context)
        case SetOwner(kind=kind, object=name, owner=owner, arguments=arguments):
            old = context.catalog.rights(kind, name, arguments).owner
            if old == owner or not _was_there(kind, name, context):
                return None
            return f"{name} belongs to {owner} from here on, and its old owner loses every right"
        case ChangeRole(verb=verb, role=role) if verb in _GONE:
            return f"{role} loses what it owns or may do"
        case ChangeRole(verb="ALTER ROLE", role=role, sql=sql):
            taken = [word for word in tokens(sql) if word.upper() in _ATTRIBUTES]
            return f"{role} is {' and '.join(taken)} from here on" if taken else None
        case ChangeRole() | CreateObject():
            return None


def _revoked(operation: Revoke, context: Context) -> str | None:
    if operation.option or operation.scope is GrantScope.DEFAULT:
        # Who may pass a right on keeps it; default privileges are about objects to come.
        return None
    who, what = ", ".join(operation.grantees), ", ".join(operation.privileges)
    if operation.kind is None and not operation.objects:
        return f"{who} is no longer a member of {what}"
    if operation.scope is GrantScope.ALL_IN_SCHEMA:
        kinds = f"every {(operation.kind or ObjectKind.TABLE).lower()}"
        return f"{who} loses {what} on {kinds} of {', '.join(map(str, operation.objects))}"
    given = (*operation.arguments, *(None,) * len(operation.objects))
    live = [
        str(name)
        for name, arguments in zip(operation.objects, given, strict=False)
        if _was_there(operation.kind, name, context) and _had(operation, name, arguments, context)
    ]
    return f"{who} loses {what} on {', '.join(live)}" if live else None


def _had(operation: Revoke, name: Name, arguments: str | None, context: Context) -> bool:
    """Say whether the roles had any of what they lose, or may have had it."""
    kind = operation.kind
    if kind is None or not WHO_RUNS_IT.isdisjoint(operation.grantees):
        return True
    before = context.catalog.rights(kind, name, arguments)
    after = context.current.after.rights(kind, name, arguments)
    known = before.is_known_of(operation.grantees)
    return not known or before.granted != after.granted


def _is_setting(operation: ChangeRole) -> bool:
    sql = operation.sql
    return (
        operation.verb in _SETTINGS
        and (" SET " in sql or " RESET " in sql)
        # missing-lock-timeout asks for these.
        and _TIMEOUT not in sql.lower()
    )


def _shutting(operation: ChangeRole | CreateObject) -> str:
    """Return what decides who may connect as a role or to a database; no value of it."""
    words = [word.upper() for word in tokens(operation.sql)]
    if words[0] != "ALTER" or words[1] not in {"ROLE", "DATABASE"}:
        return ""
    return " and ".join(_SHUTTING[word] for word in words if word in _SHUTTING)


def _was_there(kind: ObjectKind | None, name: Name, context: Context) -> bool:
    if kind in _RELATIONS:
        return context.is_live(name)
    if kind in {ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.ROUTINE}:
        routines = context.catalog.routines(name)
        return not routines or not all(context.is_made_here(each.made_by) for each in routines)
    return context.catalog.key(name) not in context.current.made
