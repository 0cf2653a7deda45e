"""Objects moved to another schema while running code looks in the old one."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import CreateView, ObjectKind, SetSchema

_RELATIONS = frozenset(
    {
        ObjectKind.TABLE,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
        ObjectKind.SEQUENCE,
    }
)
_ROUTINES = frozenset(
    {ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.ROUTINE, ObjectKind.AGGREGATE}
)


def check_operation(operation: SetSchema, context: Context) -> Iterator[Finding]:
    """Report an object of the released schema that moves, unless a view keeps its name."""
    kind, name, schema = operation.kind, operation.object, operation.schema
    key = context.catalog.key(name)
    if (key.schema or "public") == schema or context.named_here(kind, name):
        return
    found = context.catalog.existence(kind, name)
    if found is Existence.ABSENT or _is_kept(operation, context):
        return
    waits = f"; {context.waits(name)}" if context.effects.locks else ""
    meets = f"fails ({_state(kind)}) {context.until_gone}"
    if context.made_again(kind, name):
        meets = "meets what takes its name, without its rows"
    yield context.finding(
        f"Moving the {kind.lower()} {name} to the schema {schema}: every statement of "
        f"{context.old_code} that says {key.schema or 'public'}.{key.name}, or finds it by a "
        f"search_path that lacks {schema}, {meets}"
        f"{context.new_code(f'says {schema}.{key.name}', f'fails ({_state(kind)})')}{waits}.",
        help=_help(operation, key),
        confidence=Confidence.LOW
        if operation.if_exists and found is Existence.UNKNOWN
        else Confidence.HIGH,
    )


def _state(kind: ObjectKind) -> str:
    if kind in _RELATIONS:
        return "42P01"
    return "42883" if kind in _ROUTINES else "42704"


def _help(operation: SetSchema, key: Name) -> str:
    if operation.kind in {ObjectKind.TABLE, ObjectKind.VIEW}:
        moved = Name(key.name, operation.schema)
        return f"Leave it, or CREATE VIEW {key} AS TABLE {moved} in the same transaction."
    return (
        f"Leave it; or first put {operation.schema} into the search_path of every role that runs "
        "code."
    )


def _is_kept(operation: SetSchema, context: Context) -> bool:
    """Say whether the transaction leaves the old name to something: of a table, to a view of it."""
    if operation.kind is not ObjectKind.TABLE:
        return context.made_again(operation.kind, operation.object)
    key = context.catalog.key(operation.object)
    moved = Name(key.name, operation.schema)
    return any(
        isinstance(applied.operation, CreateView)
        and applied.before.key(applied.operation.view) == key
        and moved in {applied.before.key(read) for read in applied.operation.query.relations}
        for applied in context.later()
        if context.in_same_transaction(applied)
    )
