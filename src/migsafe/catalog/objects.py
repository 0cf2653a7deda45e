"""Sequences, routines, triggers, rules, policies, and objects kept as text."""

from migsafe.catalog import (
    columns,
    constraints,
    publications,
    relations,
    rights,
    types,
    uses,
    views,
)
from migsafe.catalog.facts import Facts, public
from migsafe.catalog.schema import (
    RoutineState,
    SequenceState,
    TableKind,
    TableState,
    TriggerState,
)
from migsafe.catalog.text import same_arguments
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterRoutine,
    AlterSequence,
    ChangePolicy,
    CreateObject,
    CreateRoutine,
    CreateRule,
    CreateSchema,
    CreateSequence,
    CreateTrigger,
    DropObject,
    ImportForeignSchema,
    ObjectKind,
    RenameObject,
    SetOwner,
    SetRowSecurity,
    SetSchema,
    SetTriggerState,
)
from migsafe.model.record import replace

ROUTINES = frozenset(
    {
        ObjectKind.FUNCTION,
        ObjectKind.PROCEDURE,
        ObjectKind.ROUTINE,
        ObjectKind.AGGREGATE,
    }
)
RELATIONS = frozenset(
    {
        ObjectKind.TABLE,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
        ObjectKind.SEQUENCE,
        ObjectKind.INDEX,
    }
)
TYPES = frozenset({ObjectKind.TYPE, ObjectKind.DOMAIN})
_OF_A_TABLE = frozenset({ObjectKind.TRIGGER, ObjectKind.POLICY, ObjectKind.RULE})


def space(kind: ObjectKind) -> ObjectKind:
    """Return the name space of a kind: relations share one, types and routines too."""
    if kind in RELATIONS:
        return ObjectKind.TABLE
    if kind in TYPES:
        return ObjectKind.TYPE
    if kind in ROUTINES:
        return ObjectKind.ROUTINE
    return kind


# --- sequences -----------------------------------------------------------------------


def create_sequence(facts: Facts, operation: CreateSequence, made_by: str | None) -> None:
    """Apply CREATE SEQUENCE."""
    key = facts.new_key(operation.sequence, temporary=operation.temporary)
    if operation.if_not_exists and facts.is_present(key):
        return
    owner = _owner(facts, operation.owned_by)
    columns.own(facts, SequenceState(key, owner, made_by))
    facts.made(key)
    if operation.options:
        facts.set_setting(key, "options", operation.options)


def _owner(facts: Facts, owned_by: tuple[Name, str] | None) -> tuple[Name, str] | None:
    if owned_by is None:
        return None
    key = facts.altered(owned_by[0])
    facts.known_column(key, owned_by[1])
    return key, owned_by[1]


def alter_sequence(facts: Facts, operation: AlterSequence) -> None:
    """Apply ALTER SEQUENCE."""
    key = facts.key(operation.sequence)
    sequence = facts.sequences.get(key)
    if sequence is None:
        if operation.if_exists:
            return
        sequence = SequenceState(key)
        facts.sequences = facts.sequences.put(key, sequence)
    facts.seen(key)
    if operation.owned_by is not None:
        owner = _owner(facts, operation.owned_by)
        columns.own(facts, replace(sequence, owned_by=owner))
    elif operation.owned_by_none:
        columns.own(facts, replace(sequence, owned_by=None))
    if operation.options:
        facts.set_setting(key, "options", operation.options)


# --- routines, triggers --------------------------------------------------------------


def create_routine(facts: Facts, operation: CreateRoutine, made_by: str | None) -> None:
    """Apply CREATE [OR REPLACE] of a routine; overloads stand beside each other."""
    key = facts.new_key(operation.routine)
    state = RoutineState(
        key,
        operation.arguments,
        operation.language,
        operation.body,
        volatility=(operation.volatility or "volatile").lower(),
        made_by=made_by,
        returns=None if operation.returns is None else operation.returns.lower(),
        options=frozenset(operation.options),
    )
    known = facts.routines.get(key) or ()
    others = tuple(each for each in known if each.arguments != operation.arguments)
    was_there = facts.is_present(key, ObjectKind.ROUTINE)
    facts.routines = facts.routines.put(key, (*others, state))
    facts.made(key, ObjectKind.ROUTINE)
    if len(others) == len(known) or not operation.replace:
        rights.begin_routine(facts, key, operation.arguments)
        if operation.replace and was_there is None:
            rights.doubt(facts, ObjectKind.ROUTINE, key, operation.arguments)


def alter_routine(facts: Facts, operation: AlterRoutine) -> None:
    """Apply ALTER FUNCTION, PROCEDURE or ROUTINE to the overload that it names."""
    key = facts.key(operation.routine, ObjectKind.ROUTINE)
    overloads = facts.routines.get(key) or ()
    altered = tuple(
        _altered(each, operation)
        if operation.arguments is None or same_arguments(each.arguments, operation.arguments)
        else each
        for each in overloads
    )
    if altered != overloads:
        facts.routines = facts.routines.put(key, altered)


def _altered(state: RoutineState, operation: AlterRoutine) -> RoutineState:
    kept = {option.name: option for option in state.options}
    for option in operation.options:
        verb, _, parameter = option.name.partition(" ")
        if verb == "reset":
            gone = [each for each in kept if each == f"set {parameter}"]
            for name in gone if parameter else [each for each in kept if each[:4] == "set "]:
                del kept[name]
        elif option.value == "false":
            kept.pop(option.name, None)
        else:
            kept[option.name] = option
    volatility = state.volatility if operation.volatility is None else operation.volatility.lower()
    return replace(state, volatility=volatility, options=frozenset(kept.values()))


def take_routine(facts: Facts, key: Name, arguments: str | None) -> None:
    """Remove a routine, and the triggers that call it (CASCADE)."""
    overloads = facts.routines.get(key) or ()
    left = tuple(
        each
        for each in overloads
        if arguments is not None and not same_arguments(each.arguments, arguments)
    )
    if left:
        facts.routines = facts.routines.put(key, left)
        rights.end_routines(facts, key, (one.arguments for one in overloads if one not in left))
        return
    facts.routines = facts.routines.drop(key)
    facts.gone(key, ObjectKind.ROUTINE)
    for table, trigger in facts.trigger_users.get(key) or ():
        relations.take_trigger(facts, table, trigger)


def create_trigger(facts: Facts, operation: CreateTrigger, made_by: str | None) -> None:
    """Apply CREATE [OR REPLACE] TRIGGER."""
    key = facts.altered(operation.table)
    function = facts.key(operation.function, ObjectKind.ROUTINE)
    relations.take_trigger(facts, key, operation.trigger)
    attached = facts.belongings(key)
    trigger = TriggerState(
        operation.trigger,
        key,
        function,
        operation.timing,
        tuple(event.lower() for event in operation.events),
        operation.sql,
        made_by,
    )
    facts.attach(key, replace(attached, triggers=(*attached.triggers, trigger)))
    users = facts.trigger_users.get(function) or ()
    facts.trigger_users = facts.trigger_users.put(function, (*users, (key, operation.trigger)))


def set_trigger_state(facts: Facts, operation: SetTriggerState) -> None:
    """Apply ENABLE and DISABLE of triggers and rules."""
    key = facts.altered(operation.table)
    is_rule = "RULE" in operation.state
    which = operation.trigger or operation.state.rpartition(" ")[2]
    usual = operation.state.startswith(("ENABLE TRIGGER", "ENABLE RULE"))
    name = f"state of {'rule' if is_rule else 'trigger'} {which}"
    facts.set_setting(key, name, None if usual else operation.state)


def create_rule(facts: Facts, operation: CreateRule) -> None:
    """Apply CREATE RULE: kept as text beside its table."""
    key = facts.altered(operation.table)
    facts.set_setting(key, f"rule {operation.rule}", operation.sql)


def change_policy(facts: Facts, operation: ChangePolicy) -> None:
    """Apply CREATE and ALTER POLICY: kept as text beside its table."""
    key = facts.altered(operation.table)
    name = f"policy {operation.policy}"
    before = dict(facts.belongings(key).settings).get(name)
    text = operation.sql
    if not operation.create and before is not None:
        text = f"{before}; {operation.sql}"
    facts.set_setting(key, name, text)


def set_row_security(facts: Facts, operation: SetRowSecurity) -> None:
    """Apply ENABLE, DISABLE, FORCE and NO FORCE ROW LEVEL SECURITY."""
    key = facts.altered(operation.table)
    action = operation.action.upper()
    name = "force row security" if "FORCE" in action else "row security"
    is_off = action.startswith(("DISABLE", "NO FORCE"))
    facts.set_setting(key, name, None if is_off else "on")


def set_owner(facts: Facts, operation: SetOwner) -> None:
    """Apply OWNER TO."""
    if operation.kind in RELATIONS:
        facts.altered_relation(operation.object)
    rights.set_owner(facts, operation.kind, operation.object, operation.owner, operation.arguments)


# --- any object ----------------------------------------------------------------------


def create_object(facts: Facts, kind: ObjectKind, name: Name, text: str) -> None:
    """Note an object that is kept as text."""
    key = public(name)
    facts.objects = facts.objects.put((kind, key), text)
    facts.made(key, kind)


def create_schema(facts: Facts, operation: CreateSchema) -> None:
    """Apply CREATE SCHEMA."""
    name = Name(operation.schema)
    present = facts.is_present(name, ObjectKind.SCHEMA)
    create_object(facts, ObjectKind.SCHEMA, name, "")
    if operation.if_not_exists and present is not False:
        if present is None:
            rights.doubt(facts, ObjectKind.SCHEMA, name)
    elif operation.owner is not None:
        rights.set_owner(facts, ObjectKind.SCHEMA, name, operation.owner)


def define(facts: Facts, operation: CreateObject, made_by: str | None) -> None:
    """Apply CREATE or ALTER of an object that no rule tells apart.

    Of a foreign table that comes this way only the name is known, unless it is there: ALTER
    of one is of the same kind.
    """
    if operation.kind is not ObjectKind.FOREIGN_TABLE:
        create_object(facts, operation.kind, operation.object, operation.sql)
        if operation.kind is ObjectKind.STATISTICS:
            uses.note_statistics(facts, public(operation.object), operation.sql)
        return
    key = facts.new_key(operation.object)
    if facts.tables.get(key) is None:
        table = TableState(key, kind=TableKind.FOREIGN, complete=False, made_by=made_by)
        facts.tables = facts.tables.put(key, table)
    facts.seen(key)


def import_foreign_schema(
    facts: Facts, operation: ImportForeignSchema, made_by: str | None
) -> None:
    """Apply IMPORT FOREIGN SCHEMA: tables whose columns the other server knows."""
    if operation.tables is None:
        # Any name that the schema does not have yet may be one now.
        facts.complete = False
        return
    for name in operation.tables:
        key = facts.new_key(name)
        table = TableState(key, kind=TableKind.FOREIGN, complete=False, made_by=made_by)
        facts.tables = facts.tables.put(key, table)
        facts.made(key)


def drop_object(facts: Facts, operation: DropObject) -> None:  # noqa: C901 - a table
    """Apply DROP of anything but tables, columns, constraints and indexes."""
    kind = operation.kind
    if kind in _OF_A_TABLE:
        _drop_of_table(facts, operation)
        return
    key = facts.key(operation.object, space(kind))
    if kind in {ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW}:
        views.take(facts, key)
        facts.gone(key)
    elif kind is ObjectKind.SEQUENCE:
        columns.take_sequence(facts, key)
        facts.gone(key)
    elif kind in {ObjectKind.TABLE, ObjectKind.FOREIGN_TABLE}:
        relations.take_table(facts, key)
    elif kind is ObjectKind.INDEX:
        facts.take_index(key)
        facts.gone(key)
    elif kind in TYPES:
        types.take(facts, key)
    elif kind in ROUTINES:
        _drop_routine(facts, operation, key)
    elif kind is ObjectKind.SCHEMA:
        _drop_schema(facts, operation)
    elif kind is ObjectKind.STATISTICS:
        uses.take_statistics(facts, key)
    elif kind is ObjectKind.PUBLICATION:
        publications.take(facts, key.name)
        facts.objects = facts.objects.drop((kind, key))
        facts.gone(key, kind)
    else:
        facts.objects = facts.objects.drop((kind, key))
        facts.gone(key, kind)
        if operation.cascade:
            # What hangs on an extension, language or operator is not recorded.
            facts.doubt_all()


def _drop_of_table(facts: Facts, operation: DropObject) -> None:
    if operation.table is None:
        return
    key = facts.altered_relation(operation.table, sure=not operation.if_exists)
    if operation.kind is ObjectKind.TRIGGER:
        relations.take_trigger(facts, key, operation.object.name)
    else:
        name = f"{operation.kind.value.lower()} {operation.object.name}"
        facts.set_setting(key, name, None)


def _drop_routine(facts: Facts, operation: DropObject, key: Name) -> None:
    take_routine(facts, key, operation.arguments)
    if not operation.cascade:
        return
    for view, state in list(facts.views.items()):
        called = {each.rpartition(".")[2] for each in state.query.functions}
        if key.name in called:
            views.take(facts, view)


def _drop_schema(facts: Facts, operation: DropObject) -> None:
    schema = operation.object.name
    inside = None if schema == "public" else schema
    for key in [key for key in facts.views if key.schema == inside]:
        views.take(facts, key)
    for key in [key for key in facts.tables if key.schema == inside]:
        relations.take_table(facts, key)
    for key in [key for key in facts.sequences if key.schema == inside]:
        columns.take_sequence(facts, key)
    for key in [key for key in facts.routines if key.schema == inside]:
        take_routine(facts, key, None)
    for kind, key in [each for each in facts.marks if each[1].schema == inside]:
        if kind is ObjectKind.TYPE:
            types.take(facts, key)
        elif kind in {ObjectKind.TABLE, ObjectKind.ROUTINE}:
            facts.gone(key, kind)
    facts.objects = facts.objects.drop((ObjectKind.SCHEMA, Name(schema)))
    facts.gone(Name(schema), ObjectKind.SCHEMA)


def rename_object(facts: Facts, operation: RenameObject) -> None:
    """Apply RENAME of anything but tables and columns."""
    kind, new = operation.kind, operation.new_name
    if kind is ObjectKind.CONSTRAINT or kind in _OF_A_TABLE:
        _rename_of_table(facts, operation)
        return
    if kind is ObjectKind.DOMAIN_CONSTRAINT:
        types.rename_check(facts, operation)
        return
    if kind is ObjectKind.ROLE:
        rights.rename_role(facts, operation.object.name, new)
    key = facts.key(operation.object, space(kind))
    if kind in RELATIONS:
        if operation.if_exists and facts.is_present(key) is None:
            return
        relations.move(facts, key, key.beside(new))
    elif kind in TYPES:
        types.move(facts, key, key.beside(new))
    elif kind in ROUTINES:
        _move_routine(facts, key, key.beside(new), operation.arguments)
    elif kind is ObjectKind.SCHEMA:
        _rename_schema(facts, key.name, new)
    else:
        text = facts.objects.get((kind, key))
        facts.objects = facts.objects.drop((kind, key))
        facts.gone(key, kind)
        create_object(facts, kind, key.beside(new), text or "")


def _rename_of_table(facts: Facts, operation: RenameObject) -> None:
    old, new = operation.object.name, operation.new_name
    if operation.table is None:
        return
    key = facts.altered_relation(operation.table, sure=not operation.if_exists)
    if operation.kind is ObjectKind.CONSTRAINT:
        constraints.rename(facts, key, old, new)
    elif operation.kind is ObjectKind.TRIGGER:
        for trigger in facts.belongings(key).triggers:
            if trigger.name == old:
                relations.take_trigger(facts, key, old)
                attached = facts.belongings(key)
                renamed = replace(trigger, name=new)
                facts.attach(key, replace(attached, triggers=(*attached.triggers, renamed)))
                users = facts.trigger_users.get(trigger.function) or ()
                facts.trigger_users = facts.trigger_users.put(
                    trigger.function, (*users, (key, new))
                )
    else:
        word = operation.kind.value.lower()
        settings = dict(facts.belongings(key).settings)
        text = settings.get(f"{word} {old}")
        facts.set_setting(key, f"{word} {old}", None)
        facts.set_setting(key, f"{word} {new}", text or "")


def _move_routine(facts: Facts, old: Name, new: Name, arguments: str | None) -> None:
    overloads = facts.routines.get(old) or ()
    moving = tuple(
        each for each in overloads if arguments is None or same_arguments(each.arguments, arguments)
    )
    left = tuple(each for each in overloads if each not in moving)
    kept = facts.rights.get((ObjectKind.ROUTINE, old)) or ()
    carried = tuple(one for one in kept if any(one.arguments == m.arguments for m in moving))
    rights.end_routines(facts, old, (one.arguments for one in carried))
    facts.routines = facts.routines.put(old, left) if left else facts.routines.drop(old)
    if not left:
        facts.gone(old, ObjectKind.ROUTINE)
    here = facts.routines.get(new) or ()
    facts.routines = facts.routines.put(new, (*here, *(replace(each, name=new) for each in moving)))
    facts.made(new, ObjectKind.ROUTINE)
    there = facts.rights.get((ObjectKind.ROUTINE, new)) or ()
    rights.carry(facts, ObjectKind.ROUTINE, new, (*there, *carried))
    users = facts.trigger_users.get(old) or ()
    if left or not users:
        return
    facts.trigger_users = facts.trigger_users.drop(old).put(new, users)
    for table, name in users:
        attached = facts.belongings(table)
        triggers = tuple(
            replace(each, function=new) if each.name == name else each for each in attached.triggers
        )
        facts.attach(table, replace(attached, triggers=triggers))


def set_schema(facts: Facts, operation: SetSchema) -> None:
    """Apply SET SCHEMA."""
    kind = operation.kind
    key = facts.key(operation.object, space(kind))
    new = public(Name(key.name, operation.schema))
    if kind in RELATIONS:
        key = facts.altered_relation(operation.object, sure=not operation.if_exists)
        if facts.is_present(key) is not None:
            relations.move(facts, key, new)
    elif kind in TYPES:
        types.move(facts, key, new)
    elif kind in ROUTINES:
        _move_routine(facts, key, new, operation.arguments)
    else:
        text = facts.objects.get((kind, key))
        facts.objects = facts.objects.drop((kind, key))
        create_object(facts, kind, new, text or "")


def _rename_schema(facts: Facts, old: str, new: str) -> None:
    inside = None if old == "public" else old
    target = None if new == "public" else new
    for shelf in (facts.tables, facts.views, facts.sequences):
        for key in [key for key in shelf if key.schema == inside]:
            relations.move(facts, key, Name(key.name, target))
    for kind, key in [each for each in facts.marks if each[1].schema == inside]:
        mark = facts.marks.get((kind, key))
        if mark is None or not mark.present:
            continue
        if kind is ObjectKind.TYPE:
            types.move(facts, key, Name(key.name, target))
        elif kind is ObjectKind.ROUTINE:
            _move_routine(facts, key, Name(key.name, target), None)
    text = facts.objects.get((ObjectKind.SCHEMA, Name(old)))
    kept = facts.rights.get((ObjectKind.SCHEMA, Name(old)))
    facts.objects = facts.objects.drop((ObjectKind.SCHEMA, Name(old)))
    facts.gone(Name(old), ObjectKind.SCHEMA)
    create_object(facts, ObjectKind.SCHEMA, Name(new), text or "")
    rights.carry(facts, ObjectKind.SCHEMA, Name(new), kept)
    rights.rename_schema(facts, old, new)
