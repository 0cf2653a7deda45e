"""Programs that a statement runs: DO blocks, and the bodies of the routines that it calls."""

from collections.abc import Callable

from migsafe.catalog.blocks import is_known
from migsafe.catalog.builtin_functions import IMMUTABLE, STABLE, VOLATILE
from migsafe.catalog.schema import RoutineState
from migsafe.model.expressions import Name
from migsafe.model.operations import AnonymousBlock, CallRoutine, Operation
from migsafe.model.record import replace
from migsafe.parsers.bodies import Program, Step, arguments, read_body

DEEPEST = 8
"""Routines that call routines are followed so far; deeper, the call stands for itself."""


def leaves_schema(routine: Name) -> bool:
    """Say whether a routine is one of the server's own: none of them changes a table."""
    return routine.schema in {None, "pg_catalog"} and (
        routine.name in IMMUTABLE or routine.name in STABLE or routine.name in VOLATILE
    )


def program_of(
    operation: Operation, routines: Callable[[Name], tuple[RoutineState, ...]]
) -> Program | None:
    """Return the statements that an operation runs, None where it stands for itself.

    That is any operation but a DO block and a call; a block that plans write; a function of
    the server; a routine whose body is not known, or one of several by its name.

    Args:
        operation: What runs.
        routines: The known routines of a name.
    """
    match operation:
        case AnonymousBlock(language=language, body=body):
            return None if is_known(body) else _run(read_body(language, body), routines)
        case CallRoutine(routine=routine, sql=sql) if not leaves_schema(routine):
            known = routines(routine)
            if len(known) != 1 or known[0].body is None:
                return None
            given = arguments(sql, known[0].arguments)
            return _run(read_body(known[0].language, known[0].body, given), routines)
        case _:
            return None


def _run(program: Program, routines: Callable[[Name], tuple[RoutineState, ...]]) -> Program:
    """Return a program without the results of routines that return nothing."""

    def is_nothing(step: Step) -> bool:
        known = () if step.returned_by is None else routines(step.returned_by)
        return bool(known) and all(each.returns == "void" for each in known)

    if all(step.returned_by is None for step in program.steps):
        return program
    return replace(program, steps=tuple(step for step in program.steps if not is_nothing(step)))
