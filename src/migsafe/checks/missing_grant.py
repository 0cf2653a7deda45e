"""Tables, views, columns and routines that the application's roles may not use."""

from collections.abc import Iterable, Iterator

from migsafe.catalog import privileges
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import EVERYONE, Existence, Right, Rights
from migsafe.catalog.text import without_defaults
from migsafe.compatibility.rights import granting, reading_all
from migsafe.context import Context, listed
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import (
    AddColumn,
    Column,
    CreateRoutine,
    CreateTable,
    CreateTableAs,
    CreateView,
    DropObject,
    DropTable,
    ObjectKind,
    RenameObject,
    RenameTable,
    SetSchema,
)
from migsafe.model.origin import SectionName
from migsafe.model.record import record
from migsafe.writing import quoting

_TABLE = ObjectKind.TABLE
_ROUTINE = ObjectKind.ROUTINE
_OPEN = Right(EVERYONE, "EXECUTE")
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
_STATEMENTS = _WRITES | {"SELECT"}
_READS_ALL, _WRITES_ALL = "pg_read_all_data", "pg_write_all_data"
_FEWEST = 2
"""What was done once is no custom."""
_YOUNGEST = 4
"""So many relations show whether a custom is still kept."""


def check_operation(
    operation: CreateTable | CreateTableAs | CreateView | CreateRoutine | AddColumn,
    context: Context,
) -> Iterator[Finding]:
    """Report what is new, or made anew, without the rights that history gave."""
    if context.current.section.name is SectionName.DOWN:
        return
    match operation:
        case CreateRoutine():
            yield from _routine(operation, context)
        case AddColumn(table=table, column=column):
            if context.is_live(table) and not context.goes_here(table, column.name):
                yield from _column(table, column, context)
        case CreateTable(partition_of=parent, inherits=parents) if parent or parents:
            # Whoever may use the parent may use it through the parent.
            return
        case CreateTable() | CreateTableAs() | CreateView() if not (
            context.ship.before.keeps_relation_rights or context.ship.after.keeps_relation_rights
        ):
            # Nobody has rights on anything that it could lack.
            return
        case CreateTable(table=name) | CreateTableAs(table=name) | CreateView(view=name):
            there = context.catalog.existence(_TABLE, name) is Existence.PRESENT
            view = isinstance(operation, CreateView)
            if view and context.catalog.view(name) is not None:
                there = True
            key = None if operation.temporary or there else _in_the_end(name, context)
            if key is not None:
                yield from _relation(key, context, view=view)


def _in_the_end(name: Name, context: Context) -> Name | None:
    """Return the key that a new relation has once the deploy is through, None if it is gone."""
    key = context.current.after.key(name)
    for applied in context.later():
        match applied.operation:
            case RenameTable(table=old, new_name=new) if applied.before.key(old) is key:
                key = key.beside(new)
            case RenameObject(object=old, new_name=new, table=None) if (
                applied.before.key(old) is key
            ):
                key = key.beside(new)
            case SetSchema(object=old, schema=schema) if applied.before.key(old) is key:
                key = applied.after.key(Name(key.name, schema))
            case DropTable(table=old) | DropObject(object=old, table=None) if (
                applied.before.key(old) is key
            ):
                return None
            case _:
                pass
    return key


# --- relations ---------------------------------------------------------------------------


def _relation(key: Name, context: Context, *, view: bool) -> Iterator[Finding]:
    before, after = context.ship.before, context.ship.after
    new, old = after.rights(_TABLE, key), before.rights(_TABLE, key)
    if new.unread:
        # What ran unread may have granted it, and hidden-sql says that it is not known.
        return
    lost = tuple(right for right in old.granted if not _has(right, new, after))
    if lost and not new.older:
        yield context.finding(
            f"{key} is another object from here on and lacks what was granted on the old one: "
            f"{_fails(lost, key)}, in old and new code alike.",
            help=f"{_sql(_TABLE, key, lost, context)}, in the same transaction.",
            hazards=(Hazard.BREAKS_OLD_CODE, Hazard.FAILS_AT_RUNTIME),
            relations=(key,),
            confidence=Confidence.LOW if old.unread else Confidence.HIGH,
        )
    elif not old.granted and before.table(key) is None and before.view(key) is None:
        yield from _unusual(key, new, context, view=view)


def _has(right: Right, rights: Rights, catalog: Catalog) -> bool:
    """Say whether a role has a right, itself or through another role, or may have it."""
    roles = catalog.roles_of(right.role)
    return (
        rights.owner in roles
        or (right.privilege == "SELECT" and _READS_ALL in roles)
        or (right.privilege in _WRITES and _WRITES_ALL in roles)
        or any(
            each.privilege == right.privilege
            and each.column in {None, right.column}
            and (each.role == EVERYONE or each.role in roles)
            for each in (*rights.granted, *rights.perhaps)
        )
    )


def _fails(lost: Iterable[Right], what: object) -> str:
    """Return which statements of whom fail, as a clause."""
    roles_by_words: dict[tuple[str, ...], list[str]] = {}
    for role, words in _by_role(lost).items():
        roles_by_words.setdefault(words, []).append(role)
    parts = [
        f"{listed(words)} of {what} by {listed(roles)}" for words, roles in roles_by_words.items()
    ]
    many = len(parts) > 1 or any(len(words) > 1 for words in roles_by_words)
    return f"{listed(parts)} {'fail' if many else 'fails'} (42501)"


def _by_role(rights: Iterable[Right]) -> dict[str, tuple[str, ...]]:
    """Return the statements that each role needs its rights for, in the server's order."""
    found: dict[str, set[str]] = {}
    for right in rights:
        found.setdefault(right.role, set()).add(right.privilege)
    every = privileges.OF_KIND[_TABLE]
    return {
        role: tuple(word for word in every if word in (words & _STATEMENTS or words))
        for role, words in found.items()
    }


def _sql(
    kind: ObjectKind,
    name: Name,
    rights: Iterable[Right],
    context: Context,
    arguments: str | None = None,
) -> str:
    given = granting(kind, name, rights, context.version, arguments)
    return "; ".join(grant.sql for grant in given)


# --- customs -----------------------------------------------------------------------------


@record
class _Custom:
    """What is usual among `count` things: it holds of all if it is `whole`, else of most.

    `since` is the place in history where the youngest of them was made.
    """

    rights: tuple[Right, ...]
    count: int
    whole: bool
    since: int


def _is_most(some: int, of: int) -> bool:
    return 4 * some >= 3 * of


def _unusual(key: Name, new: Rights, context: Context, *, view: bool) -> Iterator[Finding]:
    """Report a new relation that lacks what the others of its schema have."""
    after = context.ship.after
    what, others = _others(key, context, view=view)
    custom = _custom(others, context, reads_only=what != "tables" and view)
    missing = [
        right
        for right in custom.rights
        if not _is_thought_of(right.role, new, after) and not _has(right, new, after)
    ]
    if not missing:
        return
    roles = listed(_by_role(missing))
    unsure = new.older or after.unread_at > custom.since
    yield context.finding(
        f"{key} is not granted to {roles}, unlike {_share(custom.count, whole=custom.whole)} other "
        f"{what} of {key.schema or 'public'}: {_fails(missing, key)} in new code, although the "
        "migration goes through.",
        help=f"{_sql(_TABLE, key, missing, context)}, in this migration; or once ALTER DEFAULT "
        "PRIVILEGES for the role that runs migrations.",
        hazards=(Hazard.FAILS_AT_RUNTIME,),
        relations=(key,),
        confidence=Confidence.LOW if unsure else Confidence.HIGH,
    )


def _is_thought_of(role: str, rights: Rights, catalog: Catalog) -> bool:
    """Say whether a role was given something: the rest it is not meant to have."""
    roles = catalog.roles_of(role)
    return any(each.role in roles for each in (*rights.granted, *rights.perhaps))


def _others(key: Name, context: Context, *, view: bool) -> tuple[str, list[Name]]:
    """Return what a new relation is compared with, in words and by name, the oldest first."""
    before = context.ship.before
    left = frozenset(context.ship.after.relations_of(key.schema)) - {key}
    known = [each for each in before.relations_of(key.schema) if each in left]
    views = [each for each in known if before.view(each) is not None]
    if not view:
        return "tables", [each for each in known if each not in views]
    return ("views", views) if len(views) > 1 else ("tables and views", known)


def _custom(others: list[Name], context: Context, *, reads_only: bool) -> _Custom:
    """Return the rights that most of some relations give, the youngest among them too.

    What most of the youngest lack is no custom any more.
    """
    before, after = context.ship.before, context.ship.after
    made = {each: before.made_at(each) for each in others}
    rights = {each: after.rights(_TABLE, each) for each in others}
    usual: list[Right] = []
    whole = True
    for right in sorted(
        {one for each in rights.values() for one in _on_all_columns(each)}, key=_rank
    ):
        asked = [each for each in others if rights[each].owner != right.role]
        given = [each for each in asked if right in _on_all_columns(rights[each])]
        if len(asked) < _FEWEST or (reads_only and right.privilege != "SELECT"):
            continue
        since = sorted(made[each] for each in asked)[-_YOUNGEST:][0]
        young = [each for each in asked if made[each] >= since]
        if _is_most(len(given), len(asked)) and _is_most(len({*young} & {*given}), len(young)):
            usual.append(right)
            whole = whole and len(given) == len(others)
    return _Custom(tuple(usual), len(others), whole=whole, since=max(made.values(), default=0))


def _rank(right: Right) -> tuple[str, int]:
    return right.role, privileges.OF_KIND[_TABLE].index(right.privilege)


def _on_all_columns(rights: Rights) -> frozenset[Right]:
    return frozenset(
        Right(right.role, right.privilege) for right in rights.granted if right.column is None
    )


def _share(count: int, *, whole: bool) -> str:
    if whole and count == _FEWEST:
        return "both"
    return f"{'all' if whole else 'most of the'} {count}"


# --- columns and routines ------------------------------------------------------------------


def _column(table: Name, added: Column, context: Context) -> Iterator[Finding]:
    before, after = context.ship.before, context.ship.after
    old, new = before.rights(_TABLE, table), after.rights(_TABLE, table)
    state = before.table(table)
    if after.unread_at > before.unread_at or after.table(table) is None:
        return
    named = {column.name for column in state.columns} if state is not None else set[str]()
    named |= {right.column for right in old.granted if right.column is not None}
    known = {name for name in named if after.column_existence(table, name) is not Existence.ABSENT}
    missing, whole = [], True
    for (role, privilege), columns in _by_column(old).items():
        right = Right(role, privilege, added.name)
        some = len(columns & known)
        usual = some >= _FEWEST and _is_most(some, len(known))
        if usual and not _has(right, new, after) and _is_used(privilege, added):
            missing.append(right)
            whole = whole and some == len(known)
    if not missing:
        return
    what = f"{table}.{added.name}"
    readers = reading_all(before, table)
    stars = {right.role: readers[right.role] for right in missing if right.role in readers}
    certain = all(stars.values())
    breaks = (
        f"each SELECT * of it by {listed(stars)} {'fails' if certain else 'may fail'} (42501), "
        "in old and new code alike"
        if stars
        else f"{_fails(missing, what)} in new code, although the migration goes through"
    )
    yield context.finding(
        f"{what} is not granted to {listed(_by_role(missing))}, unlike "
        f"{_share(len(known), whole=whole)} other columns of {table}: {breaks}.",
        help=f"{_sql(_TABLE, table, missing, context)}, in this migration; or grant the table as a "
        "whole.",
        hazards=(Hazard.BREAKS_OLD_CODE,) if stars else (Hazard.FAILS_AT_RUNTIME,),
        relations=(table,),
        confidence=(
            Confidence.HIGH if certain and state is not None and state.complete else Confidence.LOW
        ),
    )


def _by_column(rights: Rights) -> dict[tuple[str, str], set[str]]:
    """Return the columns that each role was granted one by one, for each privilege."""
    found: dict[tuple[str, str], set[str]] = {}
    for right in rights.granted:
        if right.column is not None:
            found.setdefault((right.role, right.privilege), set()).add(right.column)
    return found


def _is_used(privilege: str, added: Column) -> bool:
    return privilege == "SELECT" or (privilege in _WRITES and added.generated is None)


def _routine(operation: CreateRoutine, context: Context) -> Iterator[Finding]:
    name, arguments = operation.routine, operation.arguments
    before, after = context.ship.before, context.ship.after
    new = after.rights(_ROUTINE, name, arguments)
    left = {each.arguments for each in after.routines(name)}
    replaced = any(each.arguments == arguments for each in context.catalog.routines(name))
    if new.unread or replaced or arguments not in left:
        return
    gone = [
        each.arguments
        for each in before.routines(name)
        if each.arguments == arguments or each.arguments not in left
    ]
    old = [before.rights(_ROUTINE, name, each) for each in gone]
    confidence = Confidence.LOW if any(each.unread for each in old) else Confidence.HIGH
    granted = sorted(
        {right for each in old for right in each.granted if each.known or right != _OPEN},
        key=lambda right: right.role,
    )
    lost = [right for right in granted if not _has(right, new, after)]
    kind = operation.kind.lower()
    if old and _OPEN in new.granted and all(_OPEN not in each.granted for each in old):
        callers = listed(["its owner", *dict.fromkeys(right.role for right in granted)])
        closing = f"REVOKE EXECUTE ON {_called(operation)} FROM PUBLIC"
        again = _sql(operation.kind, name, granted, context, arguments)
        yield context.finding(
            f"Everyone may call {name} from here on: history took that from PUBLIC, so that only "
            f"{callers} could, but a {kind} that is made anew comes with it.",
            help=f"{'; '.join(filter(None, (closing, again)))}, in the same transaction.",
            case="opened",
            hazards=(Hazard.CHANGES_RESULTS,),
            relations=(),
            confidence=confidence,
        )
    elif lost:
        roles = listed(dict.fromkeys(right.role for right in lost))
        again = _sql(operation.kind, name, lost, context, arguments)
        yield context.finding(
            f"{name} is another {kind} from here on and lacks what was granted on the old one: "
            f"calls of it by {roles} fail (42501), in old and new code alike.",
            help=f"{again}, in the same transaction.",
            hazards=(Hazard.BREAKS_OLD_CODE, Hazard.FAILS_AT_RUNTIME),
            relations=(),
            confidence=confidence,
        )


def _called(operation: CreateRoutine) -> str:
    arguments = without_defaults(operation.arguments)
    return f"{operation.kind} {quoting.name(operation.routine)}({arguments})"
