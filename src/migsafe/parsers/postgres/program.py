"""What a program of SQL statements does, statement by statement."""

from migsafe.model.expressions import Name
from migsafe.model.operations import Operation
from migsafe.model.record import record


@record
class Step:
    """An operation of a program, with the place of its statement in the body.

    `certain` is False inside IF, CASE, loops and exception handlers. `guarded` says that
    a handler catches its failure. `returned_by` is the routine whose result EXECUTE runs:
    one that returns nothing leaves nothing to run.
    """

    operation: Operation
    start: int
    end: int
    certain: bool = True
    guarded: bool = False
    returned_by: Name | None = None


@record
class Program:
    """The operations of a body in the order in which they stand, loops over constants unrolled.

    `raises` says whether the body may raise an exception by itself.
    """

    steps: tuple[Step, ...]
    raises: bool = False
