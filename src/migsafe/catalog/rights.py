"""Who may use what: GRANT and REVOKE, owners, roles, default privileges."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from migsafe.catalog import privileges
from migsafe.catalog.facts import Facts, public
from migsafe.catalog.schema import SOMEBODY, DefaultRights, Right, Rights, RoutineState
from migsafe.catalog.text import same_arguments
from migsafe.model.expressions import Name
from migsafe.model.operations import WHO_RUNS_IT, Grant, GrantScope, ObjectKind, Revoke
from migsafe.model.record import record, replace

_GROUPS = {
    ObjectKind.TABLE: ObjectKind.TABLE,
    ObjectKind.FOREIGN_TABLE: ObjectKind.TABLE,
    ObjectKind.VIEW: ObjectKind.TABLE,
    ObjectKind.MATERIALIZED_VIEW: ObjectKind.TABLE,
    ObjectKind.SEQUENCE: ObjectKind.SEQUENCE,
    ObjectKind.FUNCTION: ObjectKind.ROUTINE,
    ObjectKind.PROCEDURE: ObjectKind.ROUTINE,
    ObjectKind.ROUTINE: ObjectKind.ROUTINE,
    ObjectKind.AGGREGATE: ObjectKind.ROUTINE,
    ObjectKind.SCHEMA: ObjectKind.SCHEMA,
    ObjectKind.TYPE: ObjectKind.TYPE,
    ObjectKind.DOMAIN: ObjectKind.TYPE,
}
"""The kind whose privileges an object has; rights on other kinds are not kept."""


@record
class _Held:
    """An object that has rights; `arguments` tell overloads of a routine apart."""

    kind: ObjectKind
    key: Name
    arguments: str = ""

    @property
    def space(self) -> ObjectKind:
        """The name space that its key belongs to: sequences share the one of tables."""
        return ObjectKind.TABLE if self.kind is ObjectKind.SEQUENCE else self.kind


# --- what is known ---------------------------------------------------------------------


def of(facts: Facts, kind: ObjectKind, name: Name, arguments: str | None = None) -> Rights:
    """Return the rights on an object; nothing is known of kinds for which they are not kept.

    Args:
        facts: The schema.
        kind: What the object is.
        name: Its name.
        arguments: Of a routine; None where there is one of the name.
    """
    group = _GROUPS.get(kind)
    if group is None:
        return Rights(unread=True)
    held = next(_held(facts, group, name, arguments))
    rights = _rights(facts, held)
    mark = facts.marks.get((held.space, held.key))
    made = mark.whole if mark is not None and mark.present else 0
    doubted = max(facts.doubt(held.key), facts.rights_doubted)
    return replace(
        rights,
        older=rights.older or made == 0,
        unread=rights.unread or 0 < made <= doubted,
    )


def _rights(facts: Facts, held: _Held) -> Rights:
    for rights in facts.rights.get((held.space, held.key)) or ():
        if rights.arguments == held.arguments:
            return rights
    return Rights(privileges.BUILT_IN.get(held.kind, ()), arguments=held.arguments)


def _held(facts: Facts, kind: ObjectKind, name: Name, arguments: str | None) -> Iterator[_Held]:
    """Yield the object of a name, of a routine the overload that the arguments tell."""
    space = ObjectKind.TABLE if kind is ObjectKind.SEQUENCE else kind
    key = Name(name.name) if kind is ObjectKind.SCHEMA else facts.key(name, space)
    if kind is not ObjectKind.ROUTINE:
        # GRANT ON TABLE takes a sequence as well.
        yield _Held(ObjectKind.SEQUENCE if key in facts.sequences else kind, key)
        return
    for routine in facts.routines.get(key) or ():
        if arguments is None or _is(routine, arguments):
            yield _Held(kind, key, routine.arguments)
            return
    yield _Held(kind, key, arguments or "")


def _is(routine: RoutineState, arguments: str) -> bool:
    return arguments == routine.arguments or same_arguments(routine.arguments, arguments)


def relations_of(facts: Facts, schema: str | None) -> tuple[Name, ...]:
    """Return the tables and views of a schema, children and temporary ones left out."""
    found: dict[Name, int] = {}
    for key in (*facts.tables, *facts.views, *_only_granted(facts)):
        table = facts.tables.get(key)
        mark = facts.marks.get((ObjectKind.TABLE, key))
        is_child = table is not None and (table.partition_of is not None or table.inherits)
        if key.schema == schema and not is_child and (mark is None or mark.present):
            found[key] = 0 if mark is None else mark.whole
    return tuple(sorted(found, key=lambda key: (found[key], key)))


def _only_granted(facts: Facts) -> Iterator[Name]:
    for space, key in facts.rights:
        if space is ObjectKind.TABLE and key not in facts.sequences and key not in facts.indexes:
            yield key


def roles_of(facts: Facts, role: str) -> frozenset[str]:
    """Return a role with all that it belongs to, directly or not."""
    found = {role}
    while True:
        above = {group for member, group in facts.memberships if member in found}
        if above <= found:
            return frozenset(found)
        found |= above


def held_by(facts: Facts, role: str) -> Name | None:
    """Return an object that belongs to a role, or on which it has rights; None if none is known.

    What was not read may have taken it from the role.
    """
    if facts.rights_doubted or facts.doubted:
        return None
    for (_, key), overloads in facts.rights.items():
        for each in overloads:
            has = each.owner == role or any(right.role == role for right in each.granted)
            if has and not each.unread and not facts.doubt(key):
                return key
    return None


def knows_roles_of(facts: Facts, role: str) -> bool:
    """Say whether a role belongs to no others than are known.

    Somebody may have let it in before it was seen, or by a statement that nobody read.
    """
    return facts.complete or all(_is_seen(facts, each) for each in roles_of(facts, role))


def _is_seen(facts: Facts, role: str) -> bool:
    mark = facts.marks.get((ObjectKind.ROLE, Name(role)))
    return (
        mark is not None and mark.present and mark.whole > max(facts.doubted, facts.rights_doubted)
    )


# --- GRANT and REVOKE --------------------------------------------------------------------


def grant(facts: Facts, operation: Grant) -> None:
    """Apply GRANT, and ALTER DEFAULT PRIVILEGES … GRANT."""
    if _is_of_roles(operation):
        pairs = _pairs(operation)
        kept = tuple(each for each in facts.memberships if each not in pairs)
        facts.memberships = (*kept, *pairs)
    elif operation.scope is GrantScope.DEFAULT:
        _default(facts, operation, privileges.with_rights)
    else:
        for held in _reached(facts, operation):
            new = tuple(_named(facts, operation, held.kind))
            _change(facts, held, partial(_given, new=new, unread=_names_somebody(facts, operation)))


def revoke(facts: Facts, operation: Revoke) -> None:
    """Apply REVOKE, and ALTER DEFAULT PRIVILEGES … REVOKE."""
    if _is_of_roles(operation):
        if not operation.option:
            pairs = _pairs(operation)
            facts.memberships = tuple(each for each in facts.memberships if each not in pairs)
    elif operation.scope is GrantScope.DEFAULT:
        _default(facts, operation, partial(_without, option=operation.option))
    else:
        for held in _reached(facts, operation):
            gone = tuple(_named(facts, operation, held.kind))
            unread = _names_somebody(facts, operation)
            _change(facts, held, partial(_taken, gone=gone, operation=operation, unread=unread))


def _is_of_roles(operation: Grant | Revoke) -> bool:
    return operation.kind is None and not operation.objects


def _pairs(operation: Grant | Revoke) -> tuple[tuple[str, str], ...]:
    return tuple((role, group) for role in operation.grantees for group in operation.privileges)


def _named(facts: Facts, operation: Grant | Revoke, kind: ObjectKind) -> Iterator[Right]:
    """Yield the rights that a statement names; who runs it has no name before SET ROLE."""
    for grantee in operation.grantees:
        role = facts.role if grantee in WHO_RUNS_IT else grantee
        if role not in {None, SOMEBODY}:
            for privilege, column in privileges.named(operation.privileges, kind):
                yield Right(role, privilege, column, grantable=operation.option)


def _names_somebody(facts: Facts, operation: Grant | Revoke) -> bool:
    """Say whether a statement names who runs it, and nobody knows who that is."""
    return facts.role == SOMEBODY and not WHO_RUNS_IT.isdisjoint(operation.grantees)


def _given(rights: Rights, new: Iterable[Right], *, unread: bool = False) -> Rights:
    # An owner needs no right of his own.
    others = (right for right in new if right.role != rights.owner)
    granted = privileges.with_rights(rights.granted, others)
    return replace(rights, granted=granted, unread=rights.unread or unread)


def _taken(rights: Rights, gone: tuple[Right, ...], operation: Revoke, *, unread: bool) -> Rights:
    left = _without(rights.granted, gone, option=operation.option)
    # Who had passed a right on is not kept, so that nobody knows whose goes with it.
    passed = operation.cascade and any(
        right.grantable and right not in left for right in rights.granted
    )
    perhaps = _without(rights.perhaps, gone, option=operation.option)
    unread = unread or rights.unread or passed
    return replace(rights, granted=left, perhaps=perhaps, unread=unread)


def _without(
    rights: tuple[Right, ...], gone: tuple[Right, ...], *, option: bool
) -> tuple[Right, ...]:
    """Return rights without others; with `option` they only cannot be passed on any more.

    What is taken on a whole table is taken on its columns as well.
    """
    named = {(right.role, right.privilege, right.column) for right in gone}

    def goes(right: Right) -> bool:
        whole = (right.role, right.privilege, None)
        return whole in named or (right.role, right.privilege, right.column) in named

    if option:
        return tuple(replace(each, grantable=False) if goes(each) else each for each in rights)
    return tuple(right for right in rights if not goes(right))


def _reached(facts: Facts, operation: Grant | Revoke) -> Iterator[_Held]:
    """Yield the objects that a statement is about, as far as they are known."""
    kind = None if operation.kind is None else _GROUPS.get(operation.kind)
    if kind is None or operation.kind is None:
        return
    if operation.scope is GrantScope.ALL_IN_SCHEMA:
        schemas = {public(Name("", each.name)).schema for each in operation.objects}
        for held in _all_of(facts, operation.kind):
            if held.key.schema in schemas:
                yield held
        return
    given = (*operation.arguments, *(None,) * len(operation.objects))
    for name, arguments in zip(operation.objects, given, strict=False):
        yield from _held(facts, kind, name, arguments)


def _all_of(facts: Facts, kind: ObjectKind) -> Iterator[_Held]:
    match kind:
        case ObjectKind.TABLE:
            for key in (*facts.tables, *facts.views):
                yield _Held(ObjectKind.TABLE, key)
        case ObjectKind.SEQUENCE:
            for key in facts.sequences:
                yield _Held(ObjectKind.SEQUENCE, key)
        case _:
            for key, overloads in facts.routines.items():
                for routine in overloads:
                    if kind is ObjectKind.ROUTINE or _is_procedure(routine) == (
                        kind is ObjectKind.PROCEDURE
                    ):
                        yield _Held(ObjectKind.ROUTINE, key, routine.arguments)


def _is_procedure(routine: RoutineState) -> bool:
    """Say whether a routine is a procedure: a function says what it returns, or has OUT."""
    return routine.returns is None and "OUT " not in routine.arguments.upper()


def _default(
    facts: Facts,
    operation: Grant | Revoke,
    changed: Callable[[tuple[Right, ...], tuple[Right, ...]], tuple[Right, ...]],
) -> None:
    kind = None if operation.kind is None else _GROUPS.get(operation.kind)
    if kind is None:
        return
    named = tuple(_named(facts, operation, kind))
    makers = tuple(facts.role if each in WHO_RUNS_IT else each for each in operation.makers)
    schemas: tuple[str | None, ...] = tuple(each.name for each in operation.objects)
    for maker in makers or (facts.role,):
        for schema in schemas or (None,):
            before = next(
                (
                    each.granted
                    for each in facts.default_rights
                    if (each.maker, each.schema, each.kind) == (maker, schema, kind)
                ),
                # In a schema there is only what was added to what holds everywhere.
                privileges.BUILT_IN.get(kind, ()) if schema is None else (),
            )
            others = tuple(
                each
                for each in facts.default_rights
                if (each.maker, each.schema, each.kind) != (maker, schema, kind)
            )
            said = DefaultRights(maker, schema, kind, changed(before, named))
            facts.default_rights = (*others, said)


# --- changes of objects and roles ----------------------------------------------------------


def set_owner(
    facts: Facts, kind: ObjectKind, name: Name, owner: str, arguments: str | None = None
) -> None:
    """Note a new owner, of a table's sequences too: what was granted to him is now his own."""
    group = _GROUPS.get(kind)
    role = facts.role if owner in WHO_RUNS_IT else owner
    if group is None:
        return
    for held in _held(facts, group, name, arguments):
        _own(facts, held, role)
        for sequence in facts.belongings(held.key).sequences if group is ObjectKind.TABLE else ():
            _own(facts, _Held(ObjectKind.SEQUENCE, sequence), role)


def _own(facts: Facts, held: _Held, owner: str | None) -> None:
    def owned(rights: Rights) -> Rights:
        if owner == SOMEBODY:
            return replace(rights, owner=None, unread=True)
        others = tuple(right for right in rights.granted if right.role != owner)
        return replace(rights, owner=owner, granted=others)

    _change(facts, held, owned)


def _change(facts: Facts, held: _Held, change: Callable[[Rights], Rights]) -> None:
    place = (held.space, held.key)
    kept = facts.rights.get(place) or ()
    others = tuple(each for each in kept if each.arguments != held.arguments)
    facts.rights = facts.rights.put(place, (*others, change(_rights(facts, held))))


def begin_routine(facts: Facts, key: Name, arguments: str) -> None:
    """Give a new overload of a routine what it comes with."""
    kept = facts.rights.get((ObjectKind.ROUTINE, key)) or ()
    left = tuple(each for each in kept if each.arguments != arguments)
    rights = facts.first_rights(key, ObjectKind.ROUTINE)
    if rights is not None:
        left = (*left, replace(rights, arguments=arguments))
    _put(facts, ObjectKind.ROUTINE, key, left)


def end_routines(facts: Facts, key: Name, gone: Iterable[str]) -> None:
    """Forget the rights on overloads of a routine that go while others stay."""
    kept = facts.rights.get((ObjectKind.ROUTINE, key)) or ()
    away = frozenset(gone)
    _put(facts, ObjectKind.ROUTINE, key, tuple(one for one in kept if one.arguments not in away))


def doubt(facts: Facts, kind: ObjectKind, key: Name, arguments: str = "") -> None:
    """Note that an object may have been there before, with rights that nobody saw given."""
    _change(facts, _Held(kind, key, arguments), lambda rights: replace(rights, older=True))


def carry(facts: Facts, space: ObjectKind, key: Name, kept: tuple[Rights, ...] | None) -> None:
    """Give an object under its new name the rights that it had under the old one."""
    _put(facts, space, key, kept or ())


def _put(facts: Facts, space: ObjectKind, key: Name, rights: tuple[Rights, ...]) -> None:
    place = (space, key)
    facts.rights = facts.rights.put(place, rights) if rights else facts.rights.drop(place)


def copy(facts: Facts, source: Name, target: Name, copied: tuple[str, ...]) -> None:
    """Give one relation some privileges that others have on another, not those on columns."""
    new = tuple(
        right
        for right in _rights(facts, _Held(ObjectKind.TABLE, facts.key(source))).granted
        if right.column is None and right.privilege in copied
    )
    _change(facts, _Held(ObjectKind.TABLE, facts.key(target)), partial(_given, new=new))


def rename_column(facts: Facts, key: Name, old: str, new: str | None) -> None:
    """Let rights on a column follow its new name, or end with it where that is None."""
    place = (ObjectKind.TABLE, key)
    for rights in facts.rights.get(place) or ():
        others = tuple(right for right in rights.granted if right.column != old)
        own = (right for right in rights.granted if right.column == old)
        moved = () if new is None else (replace(right, column=new) for right in own)
        if len(others) != len(rights.granted):
            granted = privileges.with_rights(others, moved)
            facts.rights = facts.rights.put(place, (replace(rights, granted=granted),))


def rename_role(facts: Facts, old: str, new: str | None) -> None:
    """Let everything follow the new name of a role, or end with the role where that is None."""

    def kept(granted: tuple[Right, ...]) -> tuple[Right, ...]:
        left = (right for right in granted if right.role != old)
        if new is None:
            return tuple(left)
        mine = (replace(right, role=new) for right in granted if right.role == old)
        return privileges.with_rights(tuple(left), mine)

    for (space, key), overloads in list(facts.rights.items()):
        changed = tuple(
            replace(
                rights,
                granted=kept(rights.granted),
                owner=new if rights.owner == old else rights.owner,
            )
            for rights in overloads
        )
        if changed != overloads:
            _put(facts, space, key, changed)
    facts.default_rights = tuple(
        replace(
            each,
            maker=new if each.maker == old else each.maker,
            granted=kept(each.granted),
        )
        for each in facts.default_rights
        if each.maker != old or new is not None
    )
    left = tuple(pair for pair in facts.memberships if new is not None or old not in pair)
    facts.memberships = tuple(
        (new or member if member == old else member, new or group if group == old else group)
        for member, group in left
    )


def rename_schema(facts: Facts, old: str, new: str) -> None:
    """Let default privileges follow the new name of a schema."""
    facts.default_rights = tuple(
        replace(each, schema=new) if each.schema == old else each for each in facts.default_rights
    )


def reassign(facts: Facts, old: str, new: str) -> None:
    """Apply REASSIGN OWNED to what is known to belong to a role."""
    for (space, key), overloads in list(facts.rights.items()):
        for rights in overloads:
            if rights.owner == old:
                _own(facts, _Held(space, key, rights.arguments), new)
