"""Views and routines that answer running code in another way."""

from collections.abc import Iterator

from migsafe.catalog.schema import RoutineState, ViewState
from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import (
    AlterRoutine,
    CreateRoutine,
    CreateView,
    ObjectKind,
    RenameObject,
    SetTableOptions,
)

_FAILS = (Hazard.BREAKS_OLD_CODE,)


def check_operation(
    operation: CreateView | CreateRoutine | AlterRoutine | SetTableOptions, context: Context
) -> Iterator[Finding]:
    """Report a view or routine of the released schema that becomes another one."""
    match operation:
        case CreateView(temporary=False, if_not_exists=False):
            released = context.ship.before.view(operation.view)
            if released is not None and not _stands_in(operation, context):
                yield from _view(operation, released, context)
        case CreateRoutine():
            known = context.ship.before.routines(operation.routine)
            if known:
                yield from _routine(operation, known, context)
        case AlterRoutine(routine=name):
            if not context.named_here(ObjectKind.FUNCTION, name):
                yield context.finding(
                    f"Calls of {name} by running code run with other options from here on.",
                    help=_LOOK,
                )
        case SetTableOptions(kind=ObjectKind.VIEW, object=name) if context.is_live(name):
            yield from _options(operation, context)
        case CreateView() | SetTableOptions():
            pass


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


def _view(operation: CreateView, released: ViewState, context: Context) -> Iterator[Finding]:
    name = operation.view
    if (released.query.sql, released.columns) == (operation.query.sql, operation.columns):
        return
    before = released.columns or released.query.output
    after = operation.columns or operation.query.output
    lost = [] if before is None or after is None else [c for c in before if c not in after]
    if lost:
        refused = ""
        if operation.replace and context.catalog.view(name) is not None:
            refused = "; the statement itself is refused (42P16), because OR REPLACE only appends"
        yield context.finding(
            f"The new view {name} lacks {', '.join(lost)}: every statement of "
            f"{context.old_code} that names {'it' if len(lost) == 1 else 'them'} fails (42703) "
            f"{context.until_gone}{refused}.",
            help="Keep the columns until no version of the code that may still run names them; "
            "or make another view.",
            case="other shape",
            hazards=_FAILS,
        )
        return
    yield context.finding(
        f"Running code that reads {name} gets what the new query gives from here on, other rows "
        "or other values.",
        help=_LOOK,
    )


def _routine(
    operation: CreateRoutine, known: tuple[RoutineState, ...], context: Context
) -> Iterator[Finding]:
    name = operation.routine
    same = next((each for each in known if each.arguments == operation.arguments), None)
    if same is None:
        yield from _other_arguments(operation, known, context)
        return
    returns = None if operation.returns is None else operation.returns.lower()
    if same.returns is not None and same.returns != returns:
        refused = ""
        match context.effects.fails:
            case Certain(sqlstate=state, reason=reason):
                refused = f"; the statement itself is refused ({state}), because {reason}"
            case _:
                pass
        yield context.finding(
            f"{name} returns {returns or 'nothing'} instead of {same.returns}: {context.old_code} "
            f"that unpacks or compares what it returns fails {context.until_gone}"
            f"{context.new_code('does', 'meets the old type')}{refused}.",
            help="Give the new one another name, switch the code, and drop the old one in a "
            "later deploy.",
            case="other shape",
            hazards=_FAILS,
        )
    elif same.body is None or same.body != operation.body:
        yield context.finding(
            f"Calls of {name} by running code run the new body from here on.", help=_LOOK
        )


def _other_arguments(
    operation: CreateRoutine, known: tuple[RoutineState, ...], context: Context
) -> Iterator[Finding]:
    """Report other arguments where the old ones have gone; else it is one more overload."""
    name = operation.routine
    left = context.catalog.routines(name)
    if any(each in left for each in known):
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
