"""Views that one transaction drops and makes again: replaced, not lost."""

from collections.abc import Callable, Iterator, Sequence

from migsafe.catalog.schema import Output
from migsafe.context import Applied
from migsafe.model.effects import Certain
from migsafe.model.operations import CreateView, DropObject, Grant, ObjectKind
from migsafe.model.record import record
from migsafe.recipes.situation import Pending


@record
class Replaced:
    """Operations that replace views together; `why` says what running code would meet.

    `why` is None where it meets nothing but other rows; `first` is the drop that it is about.
    """

    parts: tuple[Applied, ...]
    first: Applied
    why: str | None


def replaced_views(pending: Pending, is_safe: Callable[[Applied], bool]) -> Iterator[Replaced]:
    """Yield the operations between the drop of a view and what makes it again, both included.

    Views over views go together. Where something between them is not safe, nothing is.
    """
    left = pending.left
    made = {at: again for at in range(len(left)) if (again := _made_again(pending, at)) is not None}
    paired = {*made, *made.values()}
    for start, end in _ranges(left, made):
        within = range(start, end + 1)
        if not all(is_safe(left[at]) for at in within if at not in paired):
            continue
        parts = left[start : end + 1]
        drops = [at for at in within if at in made]
        reasons = ((at, _harm(left[at], left[made[at]], parts[-1])) for at in drops)
        first, why = next(((at, why) for at, why in reasons if why), (start, None))
        yield Replaced(parts, left[first], why)


def _ranges(left: tuple[Applied, ...], made: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield from where to where views are replaced, those that overlap as one."""
    start = end = -1
    for at, again in made.items():
        if at > end:
            if start >= 0:
                yield start, end
            start = at
        end = max(end, _granted(left, again))
    if start >= 0:
        yield start, end


def _made_again(pending: Pending, at: int) -> int | None:
    """Return where the view is made again that an operation drops."""
    left = pending.left
    drop = left[at]
    match drop.operation:
        case DropObject(kind=ObjectKind.VIEW, object=name, cascade=False) if pending.is_live(
            drop, name
        ):
            pass
        case _:
            return None
    key, number = drop.before.key(name), drop.transaction.number
    for later in range(at + 1, len(left)):
        match left[later].operation:
            case CreateView(view=view, materialized=False, temporary=False) if (
                number is not None
                and left[later].transaction.number == number
                and left[later].before.key(view) == key
            ):
                return later
            case _:
                pass
    return None


def _granted(left: tuple[Applied, ...], made: int) -> int:
    """Return where what follows a view is through with its rights."""
    last = made
    for at in range(made + 1, len(left)):
        if left[at].transaction.number != left[made].transaction.number or not isinstance(
            left[at].operation, Grant
        ):
            break
        last = at
    return last


def _harm(drop: Applied, create: Applied, last: Applied) -> str | None:
    """Return in words what running code meets that uses a replaced view; None: other rows."""
    if not isinstance(drop.operation, DropObject):
        return None
    name = drop.operation.object
    for each in (drop, create):
        match each.effects.fails:
            case Certain(reason=reason):
                return f"it fails: {reason}"
            case _:
                pass
    if drop.before.triggers(name):
        return "its triggers go with it"
    gone = set(drop.before.rights(ObjectKind.VIEW, name).granted)
    gone -= set(last.after.rights(ObjectKind.VIEW, name).granted)
    if gone:
        return "what is granted on it goes with it, and is not granted again in its transaction"
    before, after = drop.before.view(name), create.after.view(name)
    if before is None or before.output is None or after is None or after.output is None:
        return "whether the new one keeps its columns is not known"
    return _other_columns(before.output, after.output)


def _other_columns(old: Sequence[Output], new: Sequence[Output]) -> str | None:
    """Return in words what is not as it was among the columns that a view had."""
    names = {each.name for each in new}
    for own in old:
        if own.name not in names:
            return f"the new one lacks {own.name}, and running code that names it fails"
    for own, given in zip(old, new, strict=False):
        if own.name != given.name:
            return f"{own.name} has another place in the new one, which SELECT * shows"
        if own.type is None or given.type is None:
            return f"whether {own.name} keeps its type is not known: OR REPLACE makes sure of it"
        if own.type != given.type:
            return f"{own.name} has another type in the new one"
    return None
