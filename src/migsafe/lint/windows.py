"""Which transaction each statement of a section runs in, and which locks wait in it."""

from collections.abc import Iterable, Iterator, Mapping

from migsafe.context import Applied
from migsafe.model.expressions import Name
from migsafe.model.inspection import Window
from migsafe.model.locks import Lock
from migsafe.model.migration import Section
from migsafe.model.record import replace


def windows(section: Section, applied: Iterable[Applied]) -> Mapping[int, Window]:
    """Return the window of each statement of a section, by the statement's id().

    Args:
        section: Whose statements; one without operations has no window.
        applied: The operations of the deploy that the section is part of.
    """
    found = dict(_open(section, applied))
    # Locks go when the last statement of a transaction has run.
    ends: dict[int | None, int] = {}
    for statement in section.statements:
        window = found.get(id(statement))
        if window is not None and window.number is not None:
            ends[window.number] = section.place(statement.span).line
    return {key: replace(each, ends=ends.get(each.number)) for key, each in found.items()}


def _open(section: Section, applied: Iterable[Applied]) -> Iterator[tuple[int, Window]]:
    taken: dict[Name, tuple[Lock, int]] = {}
    number: int | None = None
    before: int | None = None
    for each in applied:
        if each.section is not section:
            continue
        if each.transaction.number is None or each.transaction.number != number:
            taken, number = {}, each.transaction.number
        if id(each.statement) != before:
            before = id(each.statement)
            # What an earlier migration of the same transaction took has no line here.
            held = {name: taken.get(name, (lock, 0)) for name, lock in each.held.items()}
            yield (
                before,
                Window(
                    number,
                    each.transaction.certain,
                    None,
                    held,
                    each.timeouts.lock_ms,
                    each.timeouts.statement_ms,
                ),
            )
        for name, lock in each.effects.locks.items():
            if lock > taken.get(name, (0, 0))[0]:
                taken = {**taken, name: (lock, each.line)}
