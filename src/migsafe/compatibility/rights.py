"""Rights as the statements that give and take them."""

from collections.abc import Iterable, Iterator

from migsafe.catalog import privileges
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import EVERYONE, Right, Rights
from migsafe.catalog.text import without_defaults
from migsafe.model.compatibility import Undo
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    WHO_RUNS_IT,
    Grant,
    GrantScope,
    ObjectKind,
    Operation,
    Revoke,
    SetOwner,
)
from migsafe.model.record import replace
from migsafe.writing import parts, quoting

_EVERYTHING = "ALL"
_MAINTAIN_SINCE = 17
_GROUPS = {
    ObjectKind.SEQUENCE: (ObjectKind.SEQUENCE, ObjectKind.SEQUENCE),
    ObjectKind.FUNCTION: (ObjectKind.FUNCTION, ObjectKind.ROUTINE),
    ObjectKind.PROCEDURE: (ObjectKind.PROCEDURE, ObjectKind.ROUTINE),
    ObjectKind.ROUTINE: (ObjectKind.ROUTINE, ObjectKind.ROUTINE),
    ObjectKind.AGGREGATE: (ObjectKind.FUNCTION, ObjectKind.ROUTINE),
    ObjectKind.SCHEMA: (ObjectKind.SCHEMA, ObjectKind.SCHEMA),
    ObjectKind.TYPE: (ObjectKind.TYPE, ObjectKind.TYPE),
    ObjectKind.DOMAIN: (ObjectKind.DOMAIN, ObjectKind.TYPE),
}
"""What GRANT calls a kind, and whose privileges it has; all others are tables."""
_KEPT = frozenset({*_GROUPS, ObjectKind.TABLE})


def granting(
    kind: ObjectKind,
    name: Name,
    rights: Iterable[Right],
    version: int,
    arguments: str | None = None,
) -> Iterator[Grant]:
    """Yield the statements that give rights on an object, one for the roles that have the same.

    Args:
        kind: What the object is.
        name: Its name.
        rights: What is granted on it.
        version: The server's major version: an older one has no word for some privileges.
        arguments: Of a routine, as it was declared.
    """
    said, of, brackets = _object(kind, name, arguments)
    for (words, option), roles in _alike(kind, rights, version).items():
        yield Grant(
            said,
            (name,),
            words,
            roles,
            f"GRANT {_listed(words)} ON {of} TO {', '.join(map(parts.role, roles))}"
            f"{' WITH GRANT OPTION' if option else ''}",
            arguments=brackets,
            option=option,
        )


def revoking(
    kind: ObjectKind,
    name: Name,
    rights: Iterable[Right],
    version: int,
    arguments: str | None = None,
    *,
    option: bool = False,
) -> Iterator[Revoke]:
    """Yield the statements that take rights, or with `option` the right to pass them on."""
    said, of, brackets = _object(kind, name, arguments)
    plain = (replace(right, grantable=False) for right in rights)
    for (words, _), roles in _alike(kind, plain, version).items():
        yield Revoke(
            said,
            (name,),
            words,
            roles,
            f"REVOKE {'GRANT OPTION FOR ' if option else ''}{_listed(words)} ON {of} "
            f"FROM {', '.join(map(parts.role, roles))}",
            arguments=brackets,
            option=option,
        )


def _object(
    kind: ObjectKind, name: Name, arguments: str | None
) -> tuple[ObjectKind, str, tuple[str, ...]]:
    """Return the kind that GRANT names, how it names the object, and a routine's arguments."""
    said, _ = _GROUPS.get(kind, (ObjectKind.TABLE, ObjectKind.TABLE))
    word = "" if said is ObjectKind.TABLE else f"{said} "
    if arguments is None:
        return said, f"{word}{quoting.name(name)}", ()
    brackets = without_defaults(arguments)
    return said, f"{word}{quoting.name(name)}({brackets})", (brackets,)


def _alike(
    kind: ObjectKind, rights: Iterable[Right], version: int
) -> dict[tuple[tuple[str, ...], bool], tuple[str, ...]]:
    """Return the roles that have the same privileges, by them."""
    _, group = _GROUPS.get(kind, (ObjectKind.TABLE, ObjectKind.TABLE))
    by_role: dict[tuple[str, bool], list[Right]] = {}
    for right in rights:
        by_role.setdefault((right.role, right.grantable), []).append(right)
    found: dict[tuple[tuple[str, ...], bool], tuple[str, ...]] = {}
    for (role, option), own in by_role.items():
        place = tuple(_words(own, group, version)), option
        found[place] = (*found.get(place, ()), role)
    return found


def _words(rights: list[Right], group: ObjectKind, version: int) -> Iterator[str]:
    """Yield privileges in the server's order, those on columns behind the others."""
    whole = {right.privilege for right in rights if right.column is None}
    if whole == set(privileges.OF_KIND[group]) and len(whole) > 1:
        yield _EVERYTHING
    else:
        newer = () if version >= _MAINTAIN_SINCE else ("MAINTAIN",)
        yield from (each for each in privileges.OF_KIND[group] if each in whole.difference(newer))
    for privilege in privileges.OF_COLUMN:
        columns = [
            right.column
            for right in rights
            if right.privilege == privilege and right.column is not None
        ]
        if columns:
            yield f"{privilege} ({', '.join(columns)})"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    privilege, bracket, columns = word.partition(" (")
    if not bracket:
        return word
    return f"{privilege} ({quoting.identifiers(tuple(columns.removesuffix(')').split(', ')))})"


def again(kind: ObjectKind, name: Name, rights: Rights, version: int) -> tuple[Operation, ...]:
    """Return what gives an object that was made again the owner and the rights that it had."""
    built_in = privileges.BUILT_IN.get(_GROUPS.get(kind, (kind, kind))[1], ())
    owner = () if rights.owner is None else (SetOwner(kind, name, rights.owner),)
    taken = [right for right in built_in if right not in rights.granted]
    given = [right for right in rights.granted if right not in built_in]
    return (
        *owner,
        *revoking(kind, name, taken, version),
        *granting(kind, name, given, version),
    )


def taken(operation: Revoke, catalog: Catalog) -> frozenset[str] | None:
    """Return the privileges that somebody had and loses, None where not all are known."""
    kind = operation.kind
    if kind is None or operation.scope is not GrantScope.OBJECTS:
        return None
    given = (*operation.arguments, *(None,) * len(operation.objects))
    after, lost = catalog.apply(operation), set[str]()
    for name, arguments in zip(operation.objects, given, strict=False):
        before, now = (each.rights(kind, name, arguments) for each in (catalog, after))
        if not (_is_known(before, operation) and now.known):
            return None
        left = {(right.role, right.privilege, right.column) for right in now.granted}
        lost.update(
            right.privilege
            for right in before.granted
            if (right.role, right.privilege, right.column) not in left
        )
    return frozenset(lost)


def _is_known(before: Rights, operation: Grant | Revoke) -> bool:
    grantees = operation.grantees
    return before.is_known_of(grantees) and WHO_RUNS_IT.isdisjoint(grantees)


def undo(operation: Grant | Revoke, catalog: Catalog, version: int) -> Undo | None:
    """Return what gives back the rights that were there before.

    What a GRANT names may have been granted already, what a REVOKE names may not have been: where
    that is known, exactly the difference is taken back, else all that the statement names, and
    nobody knows what was there before.
    """
    kind = operation.kind
    if kind not in _KEPT or operation.scope is not GrantScope.OBJECTS:
        return None
    given = (*operation.arguments, *(None,) * len(operation.objects))
    after, back = catalog.apply(operation), list[Operation]()
    lost: str | None = None
    for name, arguments in zip(operation.objects, given, strict=False):
        before, now = (each.rights(kind, name, arguments) for each in (catalog, after))
        if not (_is_known(before, operation) and now.known):
            lost = _BEFORE[type(operation)]
            back.extend(_opposite(operation, kind, name, version, arguments))
            continue
        old = {(right.role, right.privilege, right.column) for right in before.granted}
        new = [right for right in now.granted if right not in before.granted]
        fresh = [one for one in new if (one.role, one.privilege, one.column) not in old]
        raised = [right for right in new if right not in fresh]
        taken = (
            *revoking(kind, name, fresh, version, arguments),
            *revoking(kind, name, raised, version, arguments, option=True),
        )
        # What is revoked on a table is revoked on its columns as well.
        left = after.apply_all(taken).rights(kind, name, arguments).granted
        gone = [right for right in before.granted if right not in left]
        back.extend((*taken, *granting(kind, name, gone, version, arguments)))
    return Undo(tuple(back), lost=lost)


_BEFORE = {
    Grant: "what the roles had of these rights before",
    Revoke: "the roles as they were, if one of them lacked these rights before",
}


def _opposite(
    operation: Grant | Revoke, kind: ObjectKind, name: Name, version: int, arguments: str | None
) -> Iterator[Grant | Revoke]:
    _, group = _GROUPS.get(kind, (ObjectKind.TABLE, ObjectKind.TABLE))
    named = [
        Right(role, privilege, column, grantable=operation.option)
        for role in operation.grantees
        for privilege, column in privileges.named(operation.privileges, group)
    ]
    if isinstance(operation, Revoke):
        yield from granting(kind, name, named, version, arguments)
    else:
        yield from revoking(kind, name, named, version, arguments)


def reading_all(catalog: Catalog, table: Name) -> dict[str, bool]:
    """Return the roles that may read each known column of a table, but not the table as such.

    Their `SELECT *` works until there is another column. Of each it is said whether that is
    known: there may be columns, rights and memberships that nobody saw.
    """
    state, rights = catalog.table(table), catalog.rights(ObjectKind.TABLE, table)
    if state is None or not state.columns:
        return {}
    every = {column.name for column in state.columns}
    reads = [right for right in rights.granted if right.privilege == "SELECT"]
    whole = {right.role for right in reads if right.column is None}
    found: dict[str, bool] = {}
    for role in dict.fromkeys(right.role for right in reads):
        roles = {EVERYONE, *catalog.roles_of(role)}
        if whole.isdisjoint(roles) and every <= {
            right.column for right in reads if right.role == role
        }:
            known = rights.is_known_of(roles) and catalog.knows_roles_of(role)
            found[role] = known and state.complete
    return found
