"""Views and routines that answer running code in another way."""

from collections.abc import Iterator
from enum import StrEnum

from migsafe.catalog.schema import RoutineState, ViewState
from migsafe.catalog.text import says_the_same
from migsafe.context import Applied, Context, some
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.migration import Migration
from migsafe.model.operations import (
    AlterRoutine,
    CreateRoutine,
    CreateView,
    ObjectKind,
    RenameObject,
    SetTableOptions,
)
from migsafe.model.record import record

_FAILS = (Hazard.BREAKS_OLD_CODE,)
_THEIRS = "their tables"


class _Answer(StrEnum):
    """What is another answer for running code; `{names}` are the objects, `{tables}` theirs."""

    VIEW = "whoever reads {names} gets what the new query gives"
    CALL = "whoever calls {names} runs the new body"
    TRIGGER = "writes to {tables} run the new body of {names}"
    OPTIONS = "whoever calls {names} runs it with other options"


def check_operation(
    operation: CreateView | CreateRoutine | SetTableOptions, context: Context
) -> Iterator[Finding]:
    """Report a view or routine of the released schema that gets another shape or options."""
    match operation:
        case CreateView():
            released = _released_view(operation, context)
            if released is not None:
                yield from _lacks(operation, released, context)
        case CreateRoutine():
            known = context.ship.before.routines(operation.routine)
            same = _same_arguments(operation, known)
            if same is not None:
                yield from _returns(operation, same, context)
            elif known:
                yield from _other_arguments(operation, known, context)
        case SetTableOptions(kind=ObjectKind.VIEW, object=name) if context.is_live(name):
            yield from _options(operation, context)
        case SetTableOptions():
            pass


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report, once for the migration, what answers running code in another way."""
    answers = [
        _Changed(applied, *answer)
        for applied in context.ship.up
        if applied.migration is migration and (answer := _answer(context.at(applied)))
    ]
    for together in context.said_once(answers, lambda each: each.applied):
        yield _changed(together, context)


@record
class _Changed:
    """An operation, what it changes of the answers that running code gets, and whose."""

    applied: Applied
    answer: _Answer
    name: Name


def _changed(answers: list[_Changed], context: Context) -> Finding:
    found: dict[_Answer, dict[Name, None]] = {}
    tables: dict[Name, None] = {}
    for each in answers:
        found.setdefault(each.answer, {})[each.name] = None
        if each.answer is _Answer.TRIGGER:
            for use in (
                *each.applied.before.uses_of_routine(each.name),
                *each.applied.after.uses_of_routine(each.name),
            ):
                if use.kind is ObjectKind.TRIGGER:
                    tables[use.relation] = None
    parts = [
        kind.format(names=some(tuple(names)), tables=some(tuple(tables)) if tables else _THEIRS)
        for kind, names in found.items()
    ]
    return context.finding(
        f"From here on, running code included, {'; '.join(parts)}.",
        help=_LOOK,
        at=answers[0].applied,
        relations=(),
        hazards=(Hazard.CHANGES_RESULTS,),
    )


def _answer(context: Context) -> tuple[_Answer, Name] | None:
    """Return what an operation changes of the answers that running code gets, and whose."""
    match context.current.operation:
        case CreateView(view=name) as view:
            released = _released_view(view, context)
            if released is None or _lost(view, released, context):
                return None
            return None if _is_alike(view, released, context) else (_Answer.VIEW, name)
        case CreateRoutine(routine=name) as routine:
            same = _same_arguments(routine, context.ship.before.routines(name))
            if same is None or _returns_otherwise(routine, same):
                return None
            if _has_same_body(routine, same):
                return None if _has_same_options(routine, same) else (_Answer.OPTIONS, name)
            return _Answer.TRIGGER if same.returns == "trigger" else _Answer.CALL, name
        case AlterRoutine(routine=name):
            made = context.named_here(ObjectKind.FUNCTION, name)
            return None if made else (_Answer.OPTIONS, name)
        case _:
            return None


# --- views -----------------------------------------------------------------------------


def _released_view(operation: CreateView, context: Context) -> ViewState | None:
    """Return the released view whose place the new one takes."""
    if operation.temporary or operation.if_not_exists or _stands_in(operation, context):
        return None
    return context.ship.before.view(operation.view)


_LOOK = "Make sure that running code can live with the new answers, or give them another name."
_OPTIONS = {
    "security_invoker": "whose rights and policies decide what a query of it may read",
    "check_option": "which rows may be written through it",
}
"""What the options of a view decide that running code notices."""


def _options(operation: SetTableOptions, context: Context) -> Iterator[Finding]:
    changed = [_OPTIONS[each.name] for each in operation.options if each.name in _OPTIONS]
    if changed:
        yield context.finding(
            f"{operation.object} has other options from here on: {' and '.join(changed)}; running "
            "code is refused (42501, 44000) or gets other rows.",
            help=_LOOK,
        )


def _stands_in(operation: CreateView, context: Context) -> bool:
    """Say whether the view reads the released one, which this deploy has renamed."""
    key = context.catalog.key(operation.view)
    read = {context.catalog.key(each) for each in operation.query.relations}
    return any(
        isinstance(applied.operation, RenameObject)
        and applied.before.key(applied.operation.object) == key
        and key.beside(applied.operation.new_name) in read
        for applied in context.earlier()
    )


def _columns(view: ViewState | None) -> tuple[str, ...] | None:
    if view is None:
        return None
    if view.output is not None:
        return tuple([each.name for each in view.output])
    return view.columns or view.query.output


def _lost(operation: CreateView, released: ViewState, context: Context) -> list[str]:
    """Return the columns that the new view lacks, as far as both are known."""
    before = _columns(released)
    after = _columns(context.current.after.view(operation.view))
    if before is None or after is None:
        return []
    return [column for column in before if column not in after]


def _lacks(operation: CreateView, released: ViewState, context: Context) -> Iterator[Finding]:
    name, lost = operation.view, _lost(operation, released, context)
    if not lost:
        return
    refused = ""
    if operation.replace and context.catalog.view(name) is not None:
        refused = "; the statement itself is refused (42P16), because OR REPLACE only appends"
    yield context.finding(
        f"The new view {name} lacks {', '.join(lost)}: every statement of {context.old_code} that "
        f"names {'it' if len(lost) == 1 else 'them'} fails (42703) {context.until_gone}{refused}.",
        help="Keep the columns until no version of the code that may still run names them; or "
        "make another view.",
        case="other shape",
        hazards=_FAILS,
    )


def _is_alike(operation: CreateView, released: ViewState, context: Context) -> bool:
    """Say whether the query is the released one, and still means the same columns."""
    if (released.query.sql, released.columns) != (operation.query.sql, operation.columns):
        return False
    new = context.current.after.view(operation.view)
    if released.output is not None and new is not None and new.output is not None:
        return released.output == new.output
    # Which columns a star stands for is not known here.
    return "*" not in operation.query.sql or not _is_changed_here(operation, context)


def _is_changed_here(operation: CreateView, context: Context) -> bool:
    """Say whether the deploy has changed a relation that a view reads."""
    key = context.catalog.key
    changed = {
        applied.before.key(relation)
        for applied in context.earlier()
        for relation in (*applied.effects.locks, *_views_made(applied))
    }
    return any(key(each) in changed for each in operation.query.relations)


def _views_made(applied: Applied) -> tuple[Name, ...]:
    return (applied.operation.view,) if isinstance(applied.operation, CreateView) else ()


# --- routines ----------------------------------------------------------------------------


def _same_arguments(
    operation: CreateRoutine, known: tuple[RoutineState, ...]
) -> RoutineState | None:
    return next((each for each in known if each.arguments == operation.arguments), None)


def _has_same_body(operation: CreateRoutine, same: RoutineState) -> bool:
    return (
        same.body is not None
        and operation.body is not None
        and same.language == operation.language
        and says_the_same(same.body, operation.body)
    )


def _has_same_options(operation: CreateRoutine, same: RoutineState) -> bool:
    """Say whether the options are known to be those of the released routine."""
    return (
        same.volatility == (operation.volatility or "volatile").lower()
        and same.options == frozenset(operation.options)
        and all(option.value is not None for option in operation.options)
    )


def _returns_otherwise(operation: CreateRoutine, same: RoutineState) -> bool:
    returns = None if operation.returns is None else operation.returns.lower()
    return same.returns is not None and same.returns != returns


def _returns(operation: CreateRoutine, same: RoutineState, context: Context) -> Iterator[Finding]:
    if not _returns_otherwise(operation, same):
        return
    name = operation.routine
    returns = "nothing" if operation.returns is None else operation.returns.lower()
    refused = ""
    match context.effects.fails:
        case Certain(sqlstate=state, reason=reason):
            refused = f"; the statement itself is refused ({state}), because {reason}"
        case _:
            pass
    yield context.finding(
        f"{name} returns {returns} instead of {same.returns}: {context.old_code} that unpacks or "
        f"compares what it returns fails {context.until_gone}"
        f"{context.new_code('does', 'meets the old type')}{refused}.",
        help="Give the new one another name, switch the code, and drop the old one in a later "
        "deploy.",
        case="other shape",
        hazards=_FAILS,
    )


def _other_arguments(
    operation: CreateRoutine, known: tuple[RoutineState, ...], context: Context
) -> Iterator[Finding]:
    """Report other arguments where the old ones have gone; else it is one more overload."""
    name = operation.routine
    left = {each.arguments for each in context.catalog.routines(name)}
    if any(each.arguments in left for each in known):
        return
    # Arguments with defaults may still be left out.
    guessed = " DEFAULT " in f" {operation.arguments.upper()} "
    yield context.finding(
        f"{name} takes ({operation.arguments}) instead of ({known[0].arguments}): calls by "
        f"{context.old_code} fail (42883) {context.until_gone}"
        f"{context.new_code('gives the new arguments', 'fails (42883)')}.",
        help="Keep the old one beside it, and drop it in a later deploy.",
        case="other shape",
        hazards=_FAILS,
        confidence=Confidence.LOW if guessed else Confidence.HIGH,
    )
