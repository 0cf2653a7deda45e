"""Labels of an enum that running code was not written for."""

from collections.abc import Iterator

from migsafe.catalog.schema import EnumState
from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddEnumValue, CreateEnum, RenameEnumValue

_BREAKS_AND_STAYS = (
    "Deploy code that accepts {label} first, and code that writes it after that; no statement "
    "takes a label away again."
)


def check_operation(
    operation: AddEnumValue | RenameEnumValue | CreateEnum, context: Context
) -> Iterator[Finding]:
    """Report labels that come, go or change their name in a type of the released schema."""
    if isinstance(context.effects.fails, Certain):
        return
    match operation:
        case AddEnumValue(type=name, label=label):
            known = context.catalog.enum(name)
            there = known is not None and label in (known.labels or ())
            if context.is_live(name) and not there:
                yield from _added(name, (label,), known, context)
        case RenameEnumValue(type=name, label=label, new_label=new):
            released = context.ship.before.enum(name)
            added_here = released is not None and label not in (released.labels or (label,))
            if context.is_live(name) and not added_here:
                yield _renamed(name, label, new, context)
        case CreateEnum(type=name, labels=labels):
            yield from _made_again(name, labels, context)


def _added(
    name: Name, labels: tuple[str, ...], known: EnumState | None, context: Context
) -> Iterator[Finding]:
    shown = " and ".join(repr(label) for label in labels)
    yield context.finding(
        f"{name} has a label {shown} from here on: {context.old_code} that maps the type to a "
        "closed list raises an error of its own when it reads a row that has it, as it does after "
        "a rollback once new code has written one"
        f"{context.new_code(f'says {shown}', 'fails (22P02)')}.",
        help=_BREAKS_AND_STAYS.format(label=shown),
        relations=_tables(name, context),
        confidence=Confidence.LOW if known is None else Confidence.HIGH,
    )


def _renamed(name: Name, label: str, new: str, context: Context) -> Finding:
    return context.finding(
        f"Renaming the label {label!r} of {name} to {new!r}: every statement of {context.old_code} "
        f"that says {label!r} fails (22P02) {context.until_gone}; what it reads is {new!r}, which "
        f"it does not know{context.new_code(f'says {new!r}', 'fails (22P02)')}.",
        help=f"Keep the label and show it as {new!r}; or add {new!r}, deploy code that accepts "
        "both, and move the rows.",
        case="rename",
        relations=_tables(name, context),
    )


def _made_again(name: Name, labels: tuple[str, ...], context: Context) -> Iterator[Finding]:
    """Report a type that takes the name of a released one and has other labels."""
    released = context.ship.before.enum(name)
    if released is None or released.labels is None:
        return
    if context.catalog.enum(name) is not None:
        # It is there still: the statement fails, and a block may catch that.
        return
    final = context.ship.after.enum(name)
    if final is not None and final.labels is not None:
        labels = final.labels
    added = tuple(label for label in labels if label not in released.labels)
    gone = [repr(label) for label in released.labels if label not in labels]
    if gone:
        shown = " and ".join(gone)
        yield context.finding(
            f"The new {name} lacks {shown}: every statement of {context.old_code} that says it "
            f"fails (22P02) {context.until_gone}.",
            help="Keep the label until no version of the code that may still run says it.",
            case="label gone",
            relations=_tables(name, context),
        )
    elif added:
        yield from _added(name, added, released, context)


def _tables(name: Name, context: Context) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(table for table, _ in context.ship.before.enum_users(name)))
