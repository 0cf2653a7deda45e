"""Operations -> intents: what each group of a deploy's operations is for."""

import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from migsafe import recipes
from migsafe.config import Settings
from migsafe.context import Applied, Deploy
from migsafe.model.compatibility import Loss, Outcome
from migsafe.model.effects import Certain, Fact, TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.intents import AsIs, Intent, NoRecipe
from migsafe.model.operations import (
    Begin,
    Commit,
    LockTable,
    NoOperation,
    ResetParameter,
    Rollback,
    Savepoint,
    SetParameter,
    Unrecognized,
)
from migsafe.model.record import record
from migsafe.planning.replacing import Replaced, replaced_views
from migsafe.recipes.situation import Found, Pending

_OF_THE_SESSION = frozenset(
    {
        "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout",
        "transaction_timeout", "client_min_messages", "client_encoding", "work_mem",
        "maintenance_work_mem", "max_parallel_maintenance_workers", "application_name",
        "standard_conforming_strings", "check_function_bodies", "xmloption",
    }
)  # fmt: skip
"""Parameters that change neither what a statement does nor whom it concerns: a plan has its own."""

_FEW = 3
"""So many kinds of old statements are named; more are as good as all."""


@record
class Recipe:
    """A recipe module."""

    name: str
    rank: int
    module: ModuleType

    @property
    def recognise(self) -> Callable[[Pending], Iterator[Found]]:
        """The function that finds what the recipe is for."""
        found: Callable[[Pending], Iterator[Found]] = self.module.recognise
        return found


@record
class Planned:
    """An intent with the operations it stands for; `recipe` is None for what ships as it is."""

    intent: Intent
    parts: tuple[Applied, ...]
    recipe: Recipe | None = None


@cache
def found_recipes() -> tuple[Recipe, ...]:
    """Return every recipe of the `recipes` folder, in the order in which they are asked."""
    found = []
    for module in pkgutil.iter_modules(recipes.__path__):
        loaded = import_module(f"{recipes.__name__}.{module.name}")
        rank = getattr(loaded, "RANK", None)
        if isinstance(rank, int):
            found.append(Recipe(module.name, rank, loaded))
    return tuple(sorted(found, key=lambda recipe: (recipe.rank, recipe.name)))


def intents_of(deploy: Deploy, settings: Settings) -> tuple[Planned, ...]:
    """Return the intents of a deploy in the order of their first operations.

    Each operation belongs to one intent. What no recipe takes is `AsIs` where it harms
    nobody, `NoRecipe` where it does or may.
    """
    left = [each for each in deploy.up if not _is_of_the_session(each)]
    planned: list[Planned] = []
    for recipe in found_recipes():
        for found in tuple(recipe.recognise(Pending(tuple(left), deploy, settings))):
            ids = {id(part) for part in found.parts}
            if ids <= {id(each) for each in left}:
                left = [each for each in left if id(each) not in ids]
                planned.append(Planned(found.intent, found.parts, recipe))
    pending = Pending(tuple(left), deploy, settings)
    for replaced in replaced_views(pending, lambda each: _ships_with_others(each, pending)):
        ids = {id(part) for part in replaced.parts}
        left = [each for each in left if id(each) not in ids]
        planned.append(_replaced(replaced))
    planned.extend(_leftover(each, pending) for each in left)
    position = {id(each): at for at, each in enumerate(deploy.up)}
    planned.sort(key=lambda each: position[id(each.parts[0])])
    return tuple(_together(planned, pending))


def _together(planned: list[Planned], pending: Pending) -> Iterator[Planned]:
    """Yield the intents, with neighbours that ship as they are as one where one lock serves all.

    Each new lock of a transaction waits by itself while those before it are held: what locks a
    second live relation has a transaction of its own.
    """
    group: list[Applied] = []
    locked: set[Name] = set()
    for each in planned:
        match each.intent:
            case AsIs(transactional=True):
                live = {
                    name
                    for applied in each.parts
                    for name in applied.effects.locks
                    if pending.is_live(applied, name)
                }
                if group and len(locked | live) > 1:
                    yield _as_is(group)
                    group, locked = [], set()
                group += each.parts
                locked |= live
            case _:
                if group:
                    yield _as_is(group)
                    group, locked = [], set()
                yield each
    if group:
        yield _as_is(group)


def _as_is(parts: list[Applied]) -> Planned:
    return Planned(AsIs(tuple(part.operation for part in parts)), tuple(parts))


def _is_of_the_session(applied: Applied) -> bool:
    match applied.operation:
        case Begin() | Commit() | Rollback() | Savepoint() | NoOperation() | LockTable():
            return True
        case SetParameter(parameter=name):
            return name in _OF_THE_SESSION
        case ResetParameter(parameter=name):
            return name is None or name in _OF_THE_SESSION
        case _:
            return False


def _replaced(replaced: Replaced) -> Planned:
    if replaced.why is None:
        return _as_is([*replaced.parts])
    return Planned(NoRecipe(replaced.first.operation, replaced.why), replaced.parts)


def _ships_with_others(applied: Applied, pending: Pending) -> bool:
    match _leftover(applied, pending).intent:
        case AsIs(transactional=True):
            return True
        case _:
            return False


def _leftover(applied: Applied, pending: Pending) -> Planned:
    why = _harm(applied, pending)
    if why is not None:
        return Planned(NoRecipe(applied.operation, why), (applied,))
    transactional = applied.effects.transaction is not TransactionNeed.FORBIDDEN
    return Planned(AsIs((applied.operation,), transactional), (applied,))


def _harm(applied: Applied, pending: Pending) -> str | None:
    """Return in words why an operation cannot ship as it is; None if it can."""
    effects, compatibility = applied.effects, applied.compatibility
    match applied.operation:
        case Unrecognized(reason=reason):
            return reason
        case SetParameter(parameter=name) | ResetParameter(parameter=name):
            return f"{name} changes what later statements mean: name schemas and roles in full"
        case _:
            pass
    if isinstance(effects.fails, Certain):
        return f"it fails: {effects.fails.reason}"
    if effects.locks and not any(pending.is_live(applied, name) for name in effects.locks):
        # Nobody else knows these tables yet: there is nobody to harm.
        return None
    if compatibility.breaks:
        if len(compatibility.breaks) > _FEW:
            return "running code that uses it fails, whatever the statement"
        kinds = " and ".join(str(kind) for kind in compatibility.breaks)
        return f"running code fails at {kinds}"
    if compatibility.loses is not Loss.NOTHING:
        return f"{compatibility.loses} cannot be had again"
    if Outcome.UNKNOWN in compatibility.old.values():
        return "what becomes of running code's statements is not known"
    return _wait(applied, pending)


def _wait(applied: Applied, pending: Pending) -> str | None:
    effects = applied.effects
    busy = [name for name in effects.locks if _is_busy(applied, name, pending)]
    for name in busy:
        if not effects.locks[name].blocks_writes:
            continue
        for what, names in (
            ("the whole table is rewritten", effects.rewrites),
            ("an index is built", effects.builds),
            ("every row is read", effects.scans),
        ):
            if name in names:
                return f"{effects.locks[name].blocks} of {name} wait while {what}"
    costly = {Fact.LOCKS, Fact.REWRITES, Fact.SCANS, Fact.BUILDS}
    for unknown in effects.unknown:
        if unknown.fact in costly:
            return f"its {unknown.fact} are not known: {unknown.decides}"
    return None


def _is_busy(applied: Applied, name: Name, pending: Pending) -> bool:
    size = applied.before.size(name)
    small = pending.settings.is_small(str(name), name.name, size=size)
    return pending.is_live(applied, name) and not small
