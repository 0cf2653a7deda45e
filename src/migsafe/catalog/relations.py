"""What tables, views, indexes and sequences share: new names, new schemas, the end."""

from migsafe.catalog import columns, constraints, rights, uses, views
from migsafe.catalog.facts import Facts, Mark
from migsafe.catalog.schema import ConstraintState
from migsafe.model.expressions import Name
from migsafe.model.operations import ForeignKey, ObjectKind
from migsafe.model.record import replace


def move(facts: Facts, old: Name, new: Name) -> None:
    """Give a relation another name or schema; all that points at it follows."""
    if facts.indexes.get(old) is not None:
        _move_index(facts, old, new)
    elif facts.sequences.get(old) is not None:
        _move_sequence(facts, old, new)
    elif facts.views.get(old) is not None:
        _move_view(facts, old, new)
    elif facts.tables.get(old) is not None:
        _move_table(facts, old, new)
    else:
        _move_mark(facts, old, new)


def _move_mark(facts: Facts, old: Name, new: Name) -> None:
    mark = facts.marks.get((ObjectKind.TABLE, old))
    whole = 0 if mark is None or not mark.present else mark.whole
    named = facts.doubts.get(old)
    if named is not None:
        facts.doubts = facts.doubts.put(new, named)
    kept = facts.rights.get((ObjectKind.TABLE, old))
    facts.gone(old)
    rights.carry(facts, ObjectKind.TABLE, new, kept)
    facts.marks = facts.marks.put(
        (ObjectKind.TABLE, new), Mark(present=True, seen=facts.tick, whole=whole)
    )


def _move_index(facts: Facts, old: Name, new: Name) -> None:
    if old.schema == new.schema:
        constraints.rename_index(facts, old, new.name)
    # ALTER INDEX has no SET SCHEMA: an index moves with its table.


def _move_sequence(facts: Facts, old: Name, new: Name) -> None:
    sequence = facts.sequences.get(old)
    if sequence is None:
        return
    columns.disown(facts, sequence)
    facts.sequences = facts.sequences.drop(old)
    columns.own(facts, replace(sequence, name=new))
    _move_mark(facts, old, new)
    if sequence.owned_by is not None:
        key, name = sequence.owned_by
        column = facts.column(key, name)
        if column is not None and column.default == columns.nextval(old):
            facts.put_column(key, replace(column, default=columns.nextval(new)))


def _move_view(facts: Facts, old: Name, new: Name) -> None:
    view = facts.views.get(old)
    if view is None:
        return
    facts.views = facts.views.drop(old).put(new, replace(view, name=new))
    attached = facts.belongings(old)
    facts.attached = facts.attached.drop(old)
    facts.attach(new, attached)
    _move_mark(facts, old, new)
    _follow_indexes(facts, new)
    _follow_triggers(facts, old, new)
    views.follow_relation(facts, old, new)
    views.renamed_itself(facts, old, new)


def _move_table(facts: Facts, old: Name, new: Name) -> None:
    table = facts.tables.get(old)
    if table is None:
        return
    own = facts.belongings(old).constraints
    incoming: list[ConstraintState] = []
    for child, name in facts.belongings(old).incoming:
        state = facts.take_constraint(child, name) if child != old else None
        if state is not None:
            incoming.append(state)
    for state in own:
        facts.take_constraint(old, state.name)
    facts.forget_types(old)
    attached = facts.belongings(old)
    facts.tables = facts.tables.drop(old).put(new, replace(table, name=new))
    facts.attached = facts.attached.drop(old)
    facts.attach(new, attached)
    _move_mark(facts, old, new)
    facts.note_types(new)
    _follow_size(facts, old, new)
    if old in facts.temporary:
        facts.temporary = tuple(new if t == old else t for t in facts.temporary)
    for state in own:
        constraint = state.constraint
        if isinstance(constraint, ForeignKey) and constraint.referenced == old:
            constraint = replace(constraint, referenced=new)
        facts.put_constraint(replace(state, table=new, constraint=constraint))
    for state in incoming:
        if isinstance(state.constraint, ForeignKey):
            constraint = replace(state.constraint, referenced=new)
            facts.put_constraint(replace(state, constraint=constraint))
    _follow_indexes(facts, new)
    _follow_triggers(facts, old, new)
    _follow_sequences(facts, old, new)
    _follow_family(facts, old, new)
    views.follow_relation(facts, old, new)


def _follow_indexes(facts: Facts, new: Name) -> None:
    names: list[Name] = []
    for name in facts.belongings(new).indexes:
        index = facts.indexes.get(name)
        if index is None:
            continue
        moved = replace(name, schema=new.schema)
        under = facts.indexes_under(index)
        facts.indexes = facts.indexes.drop(name).put(moved, replace(index, name=moved, table=new))
        for child in under:
            state = facts.indexes.get(child)
            if state is not None:
                facts.indexes = facts.indexes.put(child, replace(state, parent=moved))
        if moved != name:
            _move_mark(facts, name, moved)
        names.append(moved)
    facts.attach(new, replace(facts.belongings(new), indexes=tuple(names)))


def _follow_triggers(facts: Facts, old: Name, new: Name) -> None:
    triggers = []
    for trigger in facts.belongings(new).triggers:
        triggers.append(replace(trigger, table=new))
        users = facts.trigger_users.get(trigger.function) or ()
        facts.trigger_users = facts.trigger_users.put(
            trigger.function,
            tuple((new if table == old else table, name) for table, name in users),
        )
    facts.attach(new, replace(facts.belongings(new), triggers=tuple(triggers)))


def _follow_size(facts: Facts, old: Name, new: Name) -> None:
    size = facts.sizes.get(old)
    if size is not None:
        facts.sizes = facts.sizes.drop(old).put(new, size)


def _follow_sequences(facts: Facts, old: Name, new: Name) -> None:
    for name in facts.belongings(new).sequences:
        sequence = facts.sequences.get(name)
        if sequence is None or sequence.owned_by is None:
            continue
        owned = replace(sequence, owned_by=(new, sequence.owned_by[1]))
        facts.sequences = facts.sequences.put(name, owned)
        if name.schema == old.schema and old.schema != new.schema:
            _move_sequence(facts, name, replace(name, schema=new.schema))


def _follow_family(facts: Facts, old: Name, new: Name) -> None:
    def swapped(names: tuple[Name, ...]) -> tuple[Name, ...]:
        return tuple(new if name == old else name for name in names)

    for child in facts.belongings(new).children:
        table = facts.tables.get(child)
        if table is not None:
            above = new if table.partition_of == old else table.partition_of
            facts.tables = facts.tables.put(
                child,
                replace(table, partition_of=above, inherits=swapped(table.inherits)),
            )
    itself = facts.tables.get(new)
    if itself is None:
        return
    for parent in (*itself.inherits, *_one(itself.partition_of)):
        attached = facts.belongings(parent)
        facts.attach(parent, replace(attached, children=swapped(attached.children)))


def _one(name: Name | None) -> tuple[Name, ...]:
    return () if name is None else (name,)


def take_table(facts: Facts, key: Name) -> None:
    """Remove a table with all that belongs to it, points at it or reads it."""
    attached = facts.belongings(key)
    for view, _ in attached.views:
        views.take(facts, view)
    for child in attached.children:
        take_table(facts, child)
    for child, name in facts.belongings(key).incoming:
        facts.take_constraint(child, name)
    for state in facts.belongings(key).constraints:
        facts.take_constraint(key, state.name)
    for index in facts.belongings(key).indexes:
        facts.take_index(index)
    for trigger in facts.belongings(key).triggers:
        take_trigger(facts, key, trigger.name)
    for sequence in facts.belongings(key).sequences:
        columns.take_sequence(facts, sequence)
    uses.take_all_statistics(facts, key)
    facts.forget_types(key)
    table = facts.tables.get(key)
    if table is not None:
        for parent in (*table.inherits, *_one(table.partition_of)):
            orphan(facts, parent, key)
    facts.tables = facts.tables.drop(key)
    facts.sizes = facts.sizes.drop(key)
    facts.attached = facts.attached.drop(key)
    facts.temporary = tuple(each for each in facts.temporary if each != key)
    facts.gone(key)


def orphan(facts: Facts, parent: Name, child: Name) -> None:
    """Take a table off the list of its parent's children."""
    attached = facts.belongings(parent)
    children = tuple(each for each in attached.children if each != child)
    facts.attach(parent, replace(attached, children=children))


def adopt(facts: Facts, parent: Name, child: Name) -> None:
    """Put a table on the list of its parent's children."""
    attached = facts.belongings(parent)
    facts.attach(parent, replace(attached, children=(*attached.children, child)))


def take_trigger(facts: Facts, key: Name, name: str) -> None:
    """Remove a trigger."""
    attached = facts.belongings(key)
    for trigger in attached.triggers:
        if trigger.name == name:
            users = facts.trigger_users.get(trigger.function) or ()
            facts.trigger_users = facts.trigger_users.put(
                trigger.function, tuple(each for each in users if each != (key, name))
            )
    triggers = tuple(each for each in attached.triggers if each.name != name)
    facts.attach(key, replace(attached, triggers=triggers))
