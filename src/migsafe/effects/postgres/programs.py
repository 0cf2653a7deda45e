"""What DO blocks and called routines cost: what the statements in their bodies cost."""

from collections.abc import Callable

from migsafe.catalog.blocks import only_asks, rights_given
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.programs import DEEPEST, leaves_schema, program_of
from migsafe.effects.combine import together, unknown_everything
from migsafe.effects.postgres import bodies, sources
from migsafe.effects.postgres.dependents import sequences_in
from migsafe.effects.postgres.relations import held
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.locks import Lock
from migsafe.model.operations import AnonymousBlock, CallRoutine, Commit, Operation, Rollback
from migsafe.model.record import replace
from migsafe.parsers.bodies import Program, Step

Facts = Callable[[Operation, Catalog, int], Effects]
"""`effects_of`, given from above: a body may hold any operation."""

_RAISES = OnData("P0001", "the body raises an exception")
_SOURCES = (sources.LOCKING, sources.measured("programs"))


def block(
    operation: AnonymousBlock, catalog: Catalog, version: int, facts: Facts, depth: int = 0
) -> Effects:
    """Return what DO costs."""
    body = operation.body
    if only_asks(body):
        return Effects(fails=_RAISES)
    if rights_given(body) is not None:
        return Effects()
    program = program_of(operation, catalog.routines)
    if program is None or depth > DEEPEST:
        return unknown_everything("what the DO block does")
    return _of(program, catalog, version, facts, depth + 1)


def call(
    operation: CallRoutine, catalog: Catalog, version: int, facts: Facts, depth: int = 0
) -> Effects:
    """Return what CALL costs, and a SELECT that is nothing but a call."""
    name = operation.routine
    drawn = tuple(sequences_in(operation.sql))
    if leaves_schema(name):
        return Effects(
            locks=held(catalog, (drawn, Lock.ROW_EXCLUSIVE)), brief=False, sources=_SOURCES
        )
    if bodies.are_inert(name, catalog):
        return Effects(brief=False)
    program = program_of(operation, catalog.routines)
    if program is None or depth > DEEPEST:
        return unknown_everything(f"what the routine {name} does")
    return replace(_of(program, catalog, version, facts, depth + 1), brief=False)


def _of(program: Program, catalog: Catalog, version: int, facts: Facts, depth: int) -> Effects:
    parts: list[Effects] = []
    for step in program.steps:
        match step.operation:
            case AnonymousBlock():
                found = block(step.operation, catalog, version, facts, depth)
            case CallRoutine():
                found = call(step.operation, catalog, version, facts, depth)
            case _:
                found = facts(step.operation, catalog, version)
        parts.append(_of_step(step, found))
        if step.certain:
            catalog = catalog.apply(step.operation)
    whole = together(parts)
    if program.raises and isinstance(whole.fails, Never):
        whole = replace(whole, fails=_RAISES)
    return replace(whole, sources=_SOURCES)


def _of_step(step: Step, effects: Effects) -> Effects:
    if isinstance(step.operation, Commit | Rollback):
        decides = "whether a transaction is open around it: then it cannot end one"
        return Effects(unknown=(Unknown(Fact.FAILS, decides),))
    if effects.transaction is TransactionNeed.FORBIDDEN:
        refused = Certain("25001", "no body of a program may hold it")
        effects = replace(effects, transaction=TransactionNeed.ALLOWED, fails=refused)
    if step.guarded:
        if isinstance(effects.fails, Certain):
            # What failed is undone, and its locks are let go.
            return Effects()
        effects = replace(effects, fails=Never())
    return effects if step.certain else _perhaps(effects)


def _perhaps(effects: Effects) -> Effects:
    """Return the effects of what runs only on a condition."""
    decides = "which of its branches runs"
    facts = {
        Fact.LOCKS: bool(effects.locks),
        Fact.REWRITES: bool(effects.rewrites),
        Fact.SCANS: bool(effects.scans),
        Fact.BUILDS: bool(effects.builds),
    }
    unknown = [Unknown(fact, decides) for fact, some in facts.items() if some]
    fails = effects.fails
    if isinstance(fails, Certain):
        fails = OnData(fails.sqlstate, fails.reason)
    return replace(effects, fails=fails, unknown=(*effects.unknown, *unknown))
