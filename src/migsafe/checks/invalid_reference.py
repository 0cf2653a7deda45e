"""Statements that cannot succeed: about what is not there, that make what is, or are refused."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding
from migsafe.model.operations import Operation
from migsafe.model.origin import Certainty, SectionName

_MISSING = frozenset({"42P01", "42703", "42704", "42883", "3F000", "22023"})
_THERE = frozenset({"42P07", "42701", "42710", "42723", "42P06"})


def check_operation(operation: Operation, context: Context) -> Iterator[Finding]:
    """Report a statement that cannot succeed on the schema that history left.

    What runs under a condition may look before it acts. Whether a way down can run is judged
    where downs are compared with their ups.
    """
    del operation
    match context.effects.fails:
        case Certain(sqlstate=state, reason=reason) if (
            context.current.section.name is SectionName.UP
            and context.current.origin.certainty is Certainty.ALWAYS
        ):
            pass
        case _:
            return
    if state in _MISSING:
        yield context.finding(
            f"The statement fails ({state}): {reason}, as the migrations before this one left the "
            "schema.",
            help="Correct the name or the order of the migrations; if something outside of them "
            "makes it, give the schema with --schema.",
        )
    elif state in _THERE:
        yield context.finding(
            f"The statement fails ({state}): {reason}, as the migrations before this one left the "
            "schema.",
            help="Leave it out, or give what it makes another name; if something outside of the "
            "migrations took the old one away, give the schema with --schema.",
        )
    else:
        # Where another rule names the refusal, that is the finding that stays.
        yield context.finding(
            f"The statement is refused ({state}): {reason}.",
            help="Change it, or what stands in its way, before it is released; if the migrations "
            "do not show the schema as it is, give it with --schema.",
        )
