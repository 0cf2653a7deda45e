"""What views, types, routines, triggers and rights do to code written before."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import DomainState, Existence, ViewState
from migsafe.compatibility import rights
from migsafe.compatibility.outcomes import (
    ALL,
    HARMLESS,
    INSERTS,
    READS,
    TABLE_STATEMENTS,
    WRITES,
    met,
    undone_by,
)
from migsafe.compatibility.tables import CALLED, statements_of
from migsafe.effects.postgres import probes
from migsafe.model.compatibility import (
    Compatibility,
    Loss,
    OldStatement,
    Outcome,
    Undo,
)
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterCompositeType,
    AlterDomain,
    AlterRoutine,
    AlterSequence,
    AttributeAction,
    ChangePolicy,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateRoutine,
    CreateRule,
    CreateSchema,
    CreateSequence,
    CreateTrigger,
    CreateType,
    CreateView,
    DomainAction,
    DropObject,
    Grant,
    GrantScope,
    ObjectKind,
    Operation,
    Option,
    PrimaryKey,
    RefreshView,
    RenameEnumValue,
    RenameObject,
    Revoke,
    SetOwner,
    SetRowSecurity,
    SetTableOptions,
    SetTriggerState,
    Unique,
)
from migsafe.model.record import replace

CALL = (OldStatement.CALL,)
DELETE = (OldStatement.DELETE,)
UPDATE = (OldStatement.UPDATE,)
MINIMAL = (OldStatement.INSERT_MINIMAL,)


# --- views -------------------------------------------------------------------------------


def create_view(operation: CreateView, catalog: Catalog, version: int) -> Compatibility:
    """Return what a view does: a new one nothing, a replaced one other results."""
    kind = ObjectKind.MATERIALIZED_VIEW if operation.materialized else ObjectKind.VIEW
    there = catalog.existence(kind, operation.view) is Existence.PRESENT
    if there and operation.if_not_exists:
        return HARMLESS
    if not (there and operation.replace):
        return Compatibility(undo=undone_by(DropObject(kind, operation.view)))
    before = catalog.view(operation.view)
    return Compatibility(
        old=met(
            (READS, Outcome.CHANGES),
            ((*WRITES, *DELETE), Outcome.CHANGES),
        ),
        # A view that has grown cannot be replaced by its smaller self.
        undo=None
        if before is None
        else _made_again(
            kind,
            operation.view,
            (DropObject(kind, operation.view), _view_again(before, catalog)),
            catalog,
            version,
        ),
    )


def _view_again(state: ViewState, catalog: Catalog) -> CreateView:
    return CreateView(
        state.name,
        state.query,
        columns=state.columns,
        materialized=state.materialized,
        options=catalog.options(state.name),
    )


def _made_again(
    kind: ObjectKind, name: Name, made: tuple[Operation, ...], catalog: Catalog, version: int
) -> Undo:
    """Return the way back that makes an object again, with what is known of its rights."""
    had = catalog.rights(kind, name)
    lost = None if had.known else "privileges that history does not show"
    return Undo((*made, *rights.again(kind, name, had, version)), lost=lost)


def refresh_view(operation: RefreshView) -> Compatibility:
    """Return what a refresh does: other rows, or none that can be read."""
    outcome = Outcome.CHANGES if operation.with_data else Outcome.FAILS
    return Compatibility(old=met((READS, outcome)), undo=undone_by(RefreshView(operation.view)))


# --- drop and rename -----------------------------------------------------------------------


def drop_object(  # noqa: C901, PLR0912  # one case a kind
    operation: DropObject, catalog: Catalog, version: int
) -> Compatibility:
    """Return what the loss of an object does to statements that use it."""
    kind, name = operation.kind, operation.object
    if operation.table is None:
        found = catalog.existence(kind, name)
    else:
        found = catalog.part_existence(kind, name.name, operation.table)
    if operation.if_exists and found is Existence.ABSENT:
        return HARMLESS
    undo: Undo | None = None
    loses = Loss.OBJECT
    match kind:
        case ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW:
            old = met((statements_of(kind), Outcome.FAILS))
            view = catalog.view(name)
            if view is not None:
                undo = _made_again(kind, name, (_view_again(view, catalog),), catalog, version)
        case ObjectKind.SCHEMA:
            # Without CASCADE it must be empty: nobody uses what is in it.
            old = met((ALL, Outcome.FAILS)) if operation.cascade else {}
            loses = Loss.ROWS if operation.cascade else Loss.OBJECT
            if not operation.cascade:
                undo = _made_again(kind, name, (CreateSchema(name.name),), catalog, version)
        case ObjectKind.DATABASE | ObjectKind.FOREIGN_TABLE:
            old = met((ALL, Outcome.FAILS))
            loses = Loss.ROWS if kind is ObjectKind.DATABASE else Loss.OBJECT
        case ObjectKind.TRIGGER | ObjectKind.RULE:
            old = met((_events(operation, catalog), Outcome.CHANGES))
        case ObjectKind.POLICY:
            old = met(
                (READS, Outcome.CHANGES),
                (INSERTS, Outcome.FAILS),
                (UPDATE, _updates_without(operation, catalog)),
                (DELETE, Outcome.CHANGES),
            )
        case ObjectKind.TYPE | ObjectKind.DOMAIN:
            old = met((TABLE_STATEMENTS, Outcome.UNKNOWN), (CALL, Outcome.UNKNOWN))
            if operation.cascade:
                loses = Loss.VALUES
        case ObjectKind.EXTENSION:
            old = met((TABLE_STATEMENTS, Outcome.UNKNOWN), (CALL, Outcome.FAILS))
            loses = Loss.VALUES if operation.cascade else Loss.OBJECT
        case ObjectKind.STATISTICS:
            old = {}
        case _ if kind in CALLED:
            old = met((CALL, Outcome.FAILS))
            if operation.cascade:
                # A default or trigger that used it goes as well.
                old = met((CALL, Outcome.FAILS), (WRITES, Outcome.UNKNOWN))
        case _:
            old = met((ALL, Outcome.UNKNOWN))
    return Compatibility(old=old, loses=loses, undo=undo)


def _updates_without(operation: DropObject, catalog: Catalog) -> Outcome:
    """Return what UPDATE meets without a policy: with the last one no row is found any more."""
    if operation.table is None or not catalog.complete:
        return Outcome.FAILS
    mine = f"policy {operation.object.name}"
    settings = catalog.settings(operation.table)
    others = any(name.startswith("policy ") and name != mine for name in settings)
    return Outcome.FAILS if others else Outcome.CHANGES


def _events(operation: DropObject, catalog: Catalog) -> tuple[OldStatement, ...]:
    triggers = () if operation.table is None else catalog.triggers(operation.table)
    for trigger in triggers:
        if trigger.name == operation.object.name:
            return fired_by(trigger.events)
    return (*WRITES, *DELETE)


def fired_by(events: tuple[str, ...]) -> tuple[OldStatement, ...]:
    """Return the kinds of statement that fire a trigger on events."""
    kinds: list[OldStatement] = []
    for event in events:
        word = event.lower().split()[0]
        if word == "insert":
            kinds.extend(INSERTS)
        elif word == "update":
            kinds.extend((OldStatement.UPDATE, OldStatement.UPSERT))
        elif word == "delete":
            kinds.append(OldStatement.DELETE)
        elif word == "select":
            kinds.extend(READS)
    return tuple(dict.fromkeys(kinds))


def rename_object(operation: RenameObject, catalog: Catalog) -> Compatibility:
    """Return what a rename does: whoever says the old name fails.

    The server itself refers by identity: defaults, views, keys and columns go on.
    """
    undo = undone_by(
        replace(
            operation,
            object=operation.object.beside(operation.new_name),
            new_name=operation.object.name,
            if_exists=False,
            origin=None,
        )
    )
    match operation.kind:
        case ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW | ObjectKind.FOREIGN_TABLE:
            old = met((statements_of(operation.kind), Outcome.FAILS))
        case ObjectKind.SCHEMA | ObjectKind.DATABASE:
            old = met((ALL, Outcome.FAILS))
        case ObjectKind.CONSTRAINT:
            old = met(((OldStatement.UPSERT,), _upsert_by_name(operation, catalog)))
        case (
            ObjectKind.INDEX
            | ObjectKind.TRIGGER
            | ObjectKind.POLICY
            | ObjectKind.RULE
            | ObjectKind.STATISTICS
            | ObjectKind.TABLESPACE
        ):
            old = {}
        case _ if operation.kind in CALLED:
            old = met((CALL, Outcome.FAILS))
        case _:
            old = met((ALL, Outcome.UNKNOWN))
    return Compatibility(old=old, undo=undo)


def _upsert_by_name(operation: RenameObject, catalog: Catalog) -> Outcome:
    """Return what ON CONFLICT ON CONSTRAINT meets when the constraint is renamed."""
    if operation.table is None:
        return Outcome.UNKNOWN
    state = catalog.constraint(operation.table, operation.object.name)
    if state is None:
        return Outcome.UNKNOWN
    unique = isinstance(state.constraint, Unique | PrimaryKey)
    return Outcome.FAILS if unique else Outcome.WORKS


# --- types -----------------------------------------------------------------------------------


def create_type(operation: CreateEnum | CreateType | CreateDomain) -> Compatibility:
    """Return what a new type does: nothing to code that does not know it."""
    if isinstance(operation, CreateDomain):
        return Compatibility(undo=undone_by(DropObject(ObjectKind.DOMAIN, operation.domain)))
    return Compatibility(undo=undone_by(DropObject(ObjectKind.TYPE, operation.type)))


def add_enum_value() -> Compatibility:
    """Return what a new label does: old readers may meet it; nothing takes it back."""
    return Compatibility(old=met((READS, Outcome.CHANGES)))


def rename_enum_value(operation: RenameEnumValue) -> Compatibility:
    """Return what a renamed label does: whoever says the old one fails."""
    return Compatibility(
        old=met((TABLE_STATEMENTS, Outcome.FAILS), ((READS[1],), Outcome.CHANGES)),
        undo=undone_by(RenameEnumValue(operation.type, operation.new_label, operation.label)),
    )


def alter_domain(operation: AlterDomain, catalog: Catalog) -> Compatibility:
    """Return what a domain's rules do to the writers and readers of its columns."""
    domain, state = operation.domain, catalog.domain(operation.domain)
    match operation.action:
        case DomainAction.ADD_CONSTRAINT:
            name = operation.check.name if operation.check is not None else None
            undo = None
            if name is not None:
                undo = undone_by(AlterDomain(domain, DomainAction.DROP_CONSTRAINT, constraint=name))
            return Compatibility(old=met((WRITES, Outcome.FAILS)), undo=undo)
        case DomainAction.SET_NOT_NULL:
            return Compatibility(
                old=met((WRITES, Outcome.FAILS)),
                undo=undone_by(AlterDomain(domain, DomainAction.DROP_NOT_NULL)),
            )
        case DomainAction.DROP_NOT_NULL:
            return Compatibility(
                old=met((READS, Outcome.CHANGES)),
                undo=undone_by(
                    AlterDomain(domain, DomainAction.SET_NOT_NULL),
                    possible_sql=_domain_probe(catalog, domain),
                ),
            )
        case DomainAction.DROP_CONSTRAINT:
            check = next(
                (
                    check
                    for check in (state.checks if state is not None else ())
                    if check.name == operation.constraint
                ),
                None,
            )
            undo = None
            if check is not None:
                undo = undone_by(
                    AlterDomain(domain, DomainAction.ADD_CONSTRAINT, check=check),
                    possible_sql=_domain_probe(catalog, domain),
                )
            return Compatibility(old=met((READS, Outcome.CHANGES)), undo=undo)
        case DomainAction.VALIDATE_CONSTRAINT:
            return HARMLESS
        case DomainAction.SET_DEFAULT | DomainAction.DROP_DEFAULT:
            return Compatibility(
                old=met(((*MINIMAL, OldStatement.UPSERT), Outcome.CHANGES)),
                undo=_default_back(domain, state),
            )


def _default_back(domain: Name, state: DomainState | None) -> Undo | None:
    if state is None:
        return None
    if state.default is None:
        return undone_by(AlterDomain(domain, DomainAction.DROP_DEFAULT))
    return undone_by(AlterDomain(domain, DomainAction.SET_DEFAULT, default=state.default))


def _domain_probe(catalog: Catalog, domain: Name) -> str | None:
    users = catalog.domain_users(domain)
    return probes.any_row(users[0][0]) if users else None


def alter_composite_type(operation: AlterCompositeType) -> Compatibility:
    """Return what another shape of a composite type does to whoever spells it out."""
    undo = None
    loses = Loss.NOTHING
    match operation.action:
        case AttributeAction.ADD:
            undo = undone_by(
                AlterCompositeType(operation.type, AttributeAction.DROP, operation.attribute)
            )
        case AttributeAction.DROP:
            loses = Loss.VALUES
        case AttributeAction.ALTER:
            pass
    return Compatibility(
        old=met((READS, Outcome.CHANGES), (WRITES, Outcome.FAILS), (CALL, Outcome.FAILS)),
        loses=loses,
        undo=undo,
    )


# --- sequences, routines, triggers -------------------------------------------------------------


def create_sequence(operation: CreateSequence, catalog: Catalog) -> Compatibility:
    """Return what a new sequence does: nothing to code that does not know it."""
    found = catalog.existence(ObjectKind.SEQUENCE, operation.sequence)
    if operation.if_not_exists and found is Existence.PRESENT:
        return HARMLESS
    return Compatibility(undo=undone_by(DropObject(ObjectKind.SEQUENCE, operation.sequence)))


def alter_sequence(operation: AlterSequence) -> Compatibility:
    """Return what other numbers do: a restart gives some out twice."""
    if not operation.options:
        return Compatibility()
    repeats = "restart" in operation.options.lower()
    outcome = Outcome.FAILS if repeats else Outcome.CHANGES
    return Compatibility(
        old=met(((*MINIMAL, OldStatement.UPSERT), outcome), (CALL, Outcome.CHANGES))
    )


def create_routine(operation: CreateRoutine, catalog: Catalog) -> Compatibility:
    """Return what a routine does: a replaced one answers old callers in a new way."""
    known = catalog.routines(operation.routine)
    if operation.replace and known:
        return Compatibility(old=met((CALL, Outcome.CHANGES)))
    undo = undone_by(DropObject(operation.kind, operation.routine, arguments=operation.arguments))
    if not operation.replace or catalog.complete:
        return Compatibility(undo=undo)
    return Compatibility(old=met((CALL, Outcome.UNKNOWN)))


def alter_routine(operation: AlterRoutine) -> Compatibility:
    """Return what other options of a routine do: it may answer in a new way."""
    del operation
    return Compatibility(old=met((CALL, Outcome.CHANGES)))


def create_trigger(operation: CreateTrigger) -> Compatibility:
    """Return what a trigger does: the statements that fire it do more, or otherwise."""
    undo = None
    if not operation.replace:
        undo = undone_by(
            DropObject(ObjectKind.TRIGGER, Name(operation.trigger), table=operation.table)
        )
    return Compatibility(old=met((fired_by(operation.events), Outcome.CHANGES)), undo=undo)


_TURNED = {
    "ENABLE TRIGGER": "DISABLE TRIGGER",
    "DISABLE TRIGGER": "ENABLE TRIGGER",
    "ENABLE RULE": "DISABLE RULE",
    "DISABLE RULE": "ENABLE RULE",
}


def set_trigger_state(operation: SetTriggerState) -> Compatibility:
    """Return what turning triggers on or off does."""
    back = _TURNED.get(operation.state.upper())
    undo = None
    if back is not None:
        undo = undone_by(SetTriggerState(operation.table, back, operation.trigger))
    return Compatibility(old=met(((*WRITES, *DELETE), Outcome.CHANGES)), undo=undo)


def create_rule(operation: CreateRule) -> Compatibility:
    """Return what a rule does: statements of its event become other statements."""
    undo = None
    if not operation.replace:
        undo = undone_by(DropObject(ObjectKind.RULE, Name(operation.rule), table=operation.table))
    return Compatibility(old=met((fired_by((operation.event,)), Outcome.CHANGES)), undo=undo)


# --- rights ------------------------------------------------------------------------------------

_SECURITY_BACK = {
    "ENABLE": "DISABLE",
    "DISABLE": "ENABLE",
    "FORCE": "NO FORCE",
    "NO FORCE": "FORCE",
}


def set_row_security(operation: SetRowSecurity, catalog: Catalog) -> Compatibility:
    """Return what row security does: rows hide, writes are refused; or all is open."""
    action = operation.action.upper().removesuffix(" ROW LEVEL SECURITY").strip()
    back = _SECURITY_BACK.get(action)
    undo = None if back is None else undone_by(SetRowSecurity(operation.table, back))
    if action in {"ENABLE", "FORCE"}:
        # Without a policy no row is found, so that no UPDATE gets as far as to fail.
        policies = any(name.startswith("policy ") for name in catalog.settings(operation.table))
        updates = Outcome.FAILS if policies or not catalog.complete else Outcome.CHANGES
        old = met(
            (READS, Outcome.CHANGES),
            (INSERTS, Outcome.FAILS),
            (UPDATE, updates),
            (DELETE, Outcome.CHANGES),
        )
    else:
        old = met((READS, Outcome.CHANGES), ((*UPDATE, *DELETE), Outcome.CHANGES))
    return Compatibility(old=old, undo=undo)


def change_policy(operation: ChangePolicy) -> Compatibility:
    """Return what a policy does: other rows can be seen and written."""
    undo = None
    if operation.create:
        undo = undone_by(
            DropObject(ObjectKind.POLICY, Name(operation.policy), table=operation.table)
        )
    return Compatibility(
        old=met(
            (READS, Outcome.CHANGES),
            (WRITES, Outcome.UNKNOWN),
            (DELETE, Outcome.CHANGES),
        ),
        undo=undo,
    )


def grant(operation: Grant, catalog: Catalog, version: int) -> Compatibility:
    """Return what a right does: nothing to code that did without it."""
    return Compatibility(undo=rights.undo(operation, catalog, version))


def revoke(operation: Revoke, catalog: Catalog, version: int) -> Compatibility:
    """Return what a lost right does: statements that need it fail for the role."""
    undo = rights.undo(operation, catalog, version)
    if operation.option or operation.scope is GrantScope.DEFAULT:
        return Compatibility(undo=undo)
    words = rights.taken(operation, catalog)
    if words is None:
        words = frozenset(privilege.partition(" (")[0] for privilege in operation.privileges)
    if operation.kind is None:
        return Compatibility(old=met((ALL, Outcome.UNKNOWN)), undo=undo)
    kinds: list[OldStatement] = []
    if "ALL" in words:
        kinds.extend(_KINDS.get(operation.kind, CALL if operation.kind in CALLED else ALL))
    for word, needing in _NEEDED.items():
        if word in words:
            kinds.extend(needing)
    return Compatibility(old=met((kinds, Outcome.FAILS)), undo=undo)


_KINDS = {ObjectKind.TABLE: TABLE_STATEMENTS}
_NEEDED = {
    # UPDATE and DELETE with a WHERE read what they compare.
    "SELECT": (*READS, *UPDATE, *DELETE, OldStatement.UPSERT),
    "INSERT": INSERTS,
    "UPDATE": (*UPDATE, OldStatement.UPSERT),
    "DELETE": DELETE,
    "EXECUTE": CALL,
    "USAGE": ALL,
}


def set_owner(operation: SetOwner, catalog: Catalog) -> Compatibility:
    """Return what another owner does: the old one may lose every right."""
    kind, name, arguments = operation.kind, operation.object, operation.arguments
    before = catalog.rights(kind, name, arguments).owner
    undo = None
    if before is not None:
        undo = undone_by(SetOwner(kind, name, before, arguments))
    return Compatibility(old=met((ALL, Outcome.UNKNOWN)), undo=undo)


def create_extension(operation: CreateExtension, catalog: Catalog) -> Compatibility:
    """Return what an extension does: nothing to code that does not know it."""
    name = Name(operation.extension)
    found = catalog.existence(ObjectKind.EXTENSION, name)
    if operation.if_not_exists and found is Existence.PRESENT:
        return HARMLESS
    undo = None
    if not operation.if_not_exists or found is Existence.ABSENT:
        undo = undone_by(DropObject(ObjectKind.EXTENSION, name))
    return Compatibility(undo=undo)


def create_schema(schema: str) -> Compatibility:
    """Return what a new schema does: nothing to code that does not know it."""
    return Compatibility(undo=undone_by(DropObject(ObjectKind.SCHEMA, Name(schema))))


def set_table_options(operation: SetTableOptions) -> Compatibility:
    """Return what options do: storage nothing, a view's security other results."""
    if operation.kind is ObjectKind.VIEW:
        return Compatibility(
            old=met((READS, Outcome.CHANGES), ((*WRITES, *DELETE), Outcome.CHANGES))
        )
    if not operation.reset and any(map(_is_catalog_table, operation.options)):
        return Compatibility(old=met(((OldStatement.UPSERT,), Outcome.FAILS)))
    return Compatibility()


_CATALOG_TABLE = "user_catalog_table"
"""What makes a table one that ON CONFLICT is not supported for."""


def _is_catalog_table(option: Option) -> bool:
    on = option.value is None or option.value.lower() in {"true", "on", "yes", "1"}
    return option.name == _CATALOG_TABLE and on
