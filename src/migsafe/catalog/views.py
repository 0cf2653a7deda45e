"""Views, and which columns they read."""

from collections.abc import Iterator

from migsafe.catalog import outputs, reading, rights
from migsafe.catalog.facts import OPTION, Facts
from migsafe.catalog.schema import Output, ViewState
from migsafe.catalog.text import identifiers_of
from migsafe.model.expressions import Name
from migsafe.model.operations import CreateView, ObjectKind, Option, RefreshView
from migsafe.model.record import replace


def create(facts: Facts, operation: CreateView, made_by: str | None) -> None:
    """Apply CREATE [OR REPLACE] [MATERIALIZED] VIEW."""
    key = facts.new_key(operation.view, temporary=operation.temporary)
    present = facts.is_present(key)
    if operation.if_not_exists and present:
        return
    _forget_reads(facts, key)
    read = tuple(dict.fromkeys(facts.key(each) for each in operation.query.relations))
    if operation.temporary:
        facts.temporary = (*facts.temporary, key)
    output = outputs.of_query(operation.query, facts)
    if output is not None and operation.columns:
        given = (*operation.columns, *(each.name for each in output[len(operation.columns) :]))
        named = zip(given, output, strict=False)
        output = tuple([Output(own, each.type) for own, each in named])
    facts.views = facts.views.put(
        key,
        ViewState(
            key,
            replace(operation.query, relations=read),
            materialized=operation.materialized,
            columns=operation.columns,
            made_by=made_by,
            populated=operation.with_data,
            output=output,
            surely=reading.surely_read(operation.query, facts),
        ),
    )
    if not (operation.replace or operation.if_not_exists):
        facts.gone(key)
    facts.made(key)
    if present is None and (operation.replace or operation.if_not_exists):
        rights.doubt(facts, ObjectKind.TABLE, key)
    for relation in read:
        attached = facts.belongings(relation)
        uses = _uses(facts, relation, operation)
        facts.attach(relation, replace(attached, views=(*attached.views, (key, uses))))
    _set_options(facts, key, operation)


def _set_options(facts: Facts, key: Name, operation: CreateView) -> None:
    for name, _ in facts.belongings(key).settings:
        # OR REPLACE takes away what it does not repeat.
        if name.startswith(OPTION):
            facts.set_setting(key, name, None)
    for option in operation.options:
        facts.set_setting(key, f"{OPTION}{option.name}", option.value or "")
    if operation.tail in _CHECKED:
        facts.set_setting(key, f"{OPTION}check_option", _CHECKED[operation.tail])


_CHECKED = {"WITH LOCAL CHECK OPTION": "local", "WITH CASCADED CHECK OPTION": "cascaded"}


def options(facts: Facts, key: Name) -> tuple[Option, ...]:
    """Return the options that a relation was given."""
    return tuple(
        Option(name.removeprefix(OPTION), value or None)
        for name, value in facts.belongings(key).settings
        if name.startswith(OPTION)
    )


def refresh(facts: Facts, operation: RefreshView) -> None:
    """Apply REFRESH MATERIALIZED VIEW: it can be read afterwards, or no more."""
    key = facts.key(operation.view)
    state = facts.views.get(key)
    if state is not None:
        facts.views = facts.views.put(key, replace(state, populated=operation.with_data))


def _uses(facts: Facts, relation: Name, operation: CreateView) -> frozenset[str] | None:
    """Return the columns that the view may read; `*` means those that are there now."""
    table = facts.tables.get(relation)
    names = frozenset(column.name for column in table.columns) if table is not None else frozenset()
    found = identifiers_of(operation.query.sql, relation.name, names)
    if found is not None:
        return found
    if table is None or not table.complete or not facts.is_certain(relation):
        return None
    return names


def _forget_reads(facts: Facts, view: Name) -> None:
    state = facts.views.get(view)
    for relation in () if state is None else state.query.relations:
        attached = facts.belongings(relation)
        others = tuple(each for each in attached.views if each[0] != view)
        facts.attach(relation, replace(attached, views=others))


def take(facts: Facts, view: Name) -> None:
    """Remove a view with its indexes, triggers and the views that read it."""
    if facts.views.get(view) is None:
        return
    for dependent, _ in facts.belongings(view).views:
        take(facts, dependent)
    for index in facts.belongings(view).indexes:
        facts.take_index(index)
    _forget_reads(facts, view)
    facts.views = facts.views.drop(view)
    facts.attached = facts.attached.drop(view)
    facts.gone(view)


def using(facts: Facts, relation: Name, column: str) -> Iterator[Name]:
    """Yield the views that read a column, or may."""
    for view, uses in facts.belongings(relation).views:
        if uses is None or column in uses:
            yield view


def follow_column(facts: Facts, relation: Name, old: str, new: str) -> None:
    """Let the views on a relation follow the rename of a column."""
    attached = facts.belongings(relation)
    views = tuple(
        (view, uses if uses is None or old not in uses else uses - {old} | {new})
        for view, uses in attached.views
    )
    if views != attached.views:
        facts.attach(relation, replace(attached, views=views))
    for view, _ in views:
        _say_otherwise(facts, view, (relation, old), (relation, new))


def _say_otherwise(facts: Facts, view: Name, old: tuple[Name, str], new: tuple[Name, str]) -> None:
    state = facts.views.get(view)
    if state is not None and old in state.surely:
        facts.views = facts.views.put(view, replace(state, surely=state.surely - {old} | {new}))


def rename_column(facts: Facts, view: Name, old: str, new: str) -> None:
    """Rename a column of a view itself."""
    state = facts.views.get(view)
    if state is None:
        return
    columns = tuple(new if each == old else each for each in state.columns)
    output = state.output and tuple(
        [replace(each, name=new) if each.name == old else each for each in state.output]
    )
    facts.views = facts.views.put(view, replace(state, columns=columns, output=output))
    follow_column(facts, view, old, new)


def follow_relation(facts: Facts, old: Name, new: Name) -> None:
    """Let the views that read a relation follow its new name."""
    for view, _ in facts.belongings(new).views:
        state = facts.views.get(view)
        if state is not None:
            read = tuple(new if each == old else each for each in state.query.relations)
            query = replace(state.query, relations=read)
            surely = frozenset(
                (new if relation == old else relation, column) for relation, column in state.surely
            )
            facts.views = facts.views.put(view, replace(state, query=query, surely=surely))


def renamed_itself(facts: Facts, old: Name, new: Name) -> None:
    """Let the relations that a view reads know it by its new name."""
    state = facts.views.get(new)
    for relation in () if state is None else state.query.relations:
        attached = facts.belongings(relation)
        views = tuple((new if view == old else view, uses) for view, uses in attached.views)
        facts.attach(relation, replace(attached, views=views))
