"""The state of code that is followed: calls, loops, and what names are worth on each way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.plain import same
from migsafe.sources.alembic.reach import holding, is_as_known, one_of, reaches_database
from migsafe.sources.alembic.values import Scope, Unknown, Value

NOWHERE = 0
NEXT, RETURN, RAISE, BREAK, CONTINUE = (1 << bit for bit in range(5))
"""How a body may be left; a flag of `enum` costs ten times as much, and each statement asks."""
_NONE = Unknown("")
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
    """A call that is followed: what it may return, and who takes what it yields.

    `exits` are the names where it may return early; `is_left` says that it returns for sure.
    `choices` counts the conditions around what is followed now.
    """

    returned: list[Value] = field(default_factory=list)
    exits: list[Names] = field(default_factory=list)
    is_left: bool = False
    choices: int = 0
    on_yield: Callable[[Value], Value] | None = None
    loops: list[Loop] = field(default_factory=list)


def names_now(evaluator: Evaluator) -> Names:
    """Return what all names are worth that the followed functions can reach.

    Those of a module's level are left out while a function is followed: they change only where
    code says so, and under a condition they are unknown from then on.
    """
    names = evaluator.names
    scopes = names.scopes()
    evaluator.spend(sum(len(scope.names) + 1 for scope in scopes) // 32)
    return [
        (scope, scope.note()) for scope in scopes if not scope.is_module or scope is names.scope
    ]


def restore(names: Names) -> None:
    """Put names back to what they were worth."""
    for scope, held in names:
        scope.go_back(held)


def join(ways: list[Names]) -> None:
    """Let names be worth what they are on each of several ways, unknown where these differ."""
    met: dict[int, Scope] = {}
    for way in ways:
        for scope, held in way:
            if id(scope) not in met:
                met[id(scope)] = scope
                scope.go_back(held)
    for way in ways:
        there = {id(scope): held for scope, held in way}
        for key, scope in met.items():
            if key in there:
                held = there[key]
            elif scope.is_lazy and not scope.is_module:
                # Somebody asked for it on another way only: here it is what it was at first.
                held = {}
            else:
                continue
            _join_scope(scope, held)


def _join_scope(scope: Scope, held: dict[str, Value]) -> None:
    """Let the names of a scope be worth what they are, or what they are on another way."""
    here = scope.names
    if here is held:
        return
    names = [name for name, value in held.items() if here.get(name, _NONE) is not value]
    names += here.keys() - held.keys()
    for name in names:
        is_on_both = name in here and name in held
        one, other = here.get(name, held.get(name)), held.get(name)
        if scope.is_lazy and not is_on_both:
            # Somebody asked for it, or changed it, on one of the ways only.
            other = scope.made.get(name, one)
        is_alike = (is_on_both or scope.is_lazy) and same(one, other)
        rest = other if is_on_both or scope.is_lazy else None
        scope.put(name, one if is_alike else _joined(name, one, rest))


def _joined(name: str, left: Value, right: Value) -> Value:
    return one_of((left, right), f"'{name}' depends on a condition")


def is_steady(before: Names) -> bool:
    """Return whether names are worth what they were, or were not known before."""
    return all(
        scope.names.get(name, _NONE) is value
        or (name in scope.names and is_as_known(value, scope.names[name]))
        for scope, held in before
        if scope.names is not held
        for name, value in held.items()
    )


def forget(evaluator: Evaluator, names: Iterable[str], why: str, kept: tuple[type, ...]) -> None:
    """Make names unknown whose values change; those of some kinds stay what they are."""
    for name in names:
        held = evaluator.names.lookup(name)
        if not isinstance(held, kept):
            may = reaches_database(held)
            unknown = Unknown(f"'{name}' {why}", reaches=may)
            evaluator.names.scope_of(name).put(name, holding(unknown, (held,)))
