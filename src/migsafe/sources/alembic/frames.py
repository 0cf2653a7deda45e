"""The state of code that is followed: calls, loops, and what names are worth on each way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.reach import one_of, reaches_database
from migsafe.sources.alembic.values import Scope, Unknown, Value

NOWHERE = 0
NEXT, RETURN, RAISE, BREAK, CONTINUE = (1 << bit for bit in range(5))
"""How a body may be left; a flag of `enum` costs ten times as much, and each statement asks."""
JUMPS = RETURN | BREAK | CONTINUE

Names = list[tuple[Scope, dict[str, Value]]]
"""What all names are worth at one point of the code."""


@dataclass(slots=True)
class Loop:
    """The names where a loop may be left, and where it may go on early."""

    breaks: list[Names] = field(default_factory=list)
    continues: list[Names] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """A call that is followed: what it may return, and who takes what it yields."""

    returned: list[Value] = field(default_factory=list)
    on_yield: Callable[[Value], Value] | None = None
    loops: list[Loop] = field(default_factory=list)


def names_now(evaluator: Evaluator) -> Names:
    """Return what all names are worth that the followed functions can reach.

    Those of a module's level are left out while a function is followed: they change only where
    code says so, and under a condition they are unknown from then on.
    """
    names = evaluator.names
    return [
        (scope, dict(scope.names))
        for scope in names.scopes()
        if not scope.is_module or scope is names.scope
    ]


def restore(names: Names) -> None:
    """Put names back to what they were worth."""
    for scope, held in names:
        scope.names = dict(held)


def join(ways: list[Names]) -> None:
    """Let names be worth what they are on each of several ways, unknown where these differ."""
    first, *others = ways
    restore(first)
    for way in others:
        for scope, held in way:
            here = scope.names
            for name in {**here, **held}:
                if scope.is_module and (name not in here or name not in held):
                    # Somebody asked for it on one of the ways only.
                    here.setdefault(name, held.get(name))
                elif name not in here or name not in held:
                    here[name] = _joined(name, here.get(name), held.get(name))
                elif here[name] is not held[name] and here[name] != held[name]:
                    here[name] = _joined(name, here[name], held[name])


def _joined(name: str, left: Value, right: Value) -> Value:
    return one_of((left, right), f"'{name}' depends on a condition")


def forget(evaluator: Evaluator, names: Iterable[str], why: str, kept: tuple[type, ...]) -> None:
    """Make names unknown whose values change; those of some kinds stay what they are."""
    for name in names:
        held = evaluator.names.lookup(name)
        if not isinstance(held, kept):
            may = reaches_database(held)
            evaluator.names.scope_of(name).names[name] = Unknown(f"'{name}' {why}", reaches=may)
