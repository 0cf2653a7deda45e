"""BEGIN and COMMIT that do not mean what they seem to."""

from collections.abc import Iterable, Iterator

from migsafe.context import Applied, Context, Deploy
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.migration import Section
from migsafe.model.operations import Begin, Commit, Rollback
from migsafe.model.origin import Runner

_OPENS = frozenset({Runner.RUN, Runner.FILE})
"""The runners that have a transaction open when a section starts."""


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report the first transaction of each section that is nested, torn or left open."""
    for applied in (deploy.up, deploy.down):
        for section, statements in _sections(applied):
            yield from _judged(section, statements, context)


def _sections(found: Iterable[Applied]) -> Iterator[tuple[Section, list[Applied]]]:
    together: list[Applied] = []
    for applied in found:
        if together and together[-1].section is not applied.section:
            yield together[0].section, together
            together = []
        together.append(applied)
    if together:
        yield together[0].section, together


def _judged(section: Section, found: list[Applied], context: Context) -> Iterator[Finding]:
    opened: Applied | None = None
    for applied in found:
        at = context.at(applied)
        # Inside an autocommit block of a revision there is no transaction to end.
        runs = section.runner in _OPENS and not applied.origin.autocommit
        match applied.operation:
            case Begin() if opened is not None:
                yield at.finding(
                    f"BEGIN inside the transaction of line {opened.line} only draws a warning: the "
                    "next COMMIT ends them both, and what follows it commits statement by "
                    "statement.",
                    help="Leave it out, or use SAVEPOINT for a part that may fail alone.",
                )
                return
            case Begin() if runs:
                yield at.finding(
                    "BEGIN inside the runner's own transaction only draws a warning: the COMMIT "
                    "that belongs to it ends the runner's, and the record that the migration is "
                    "done is no longer part of it.",
                    help=f"Leave out BEGIN and COMMIT: {_runner(section)} has a transaction open.",
                )
                return
            case Begin():
                opened = applied
            case Commit() | Rollback(savepoint=None) if opened is not None:
                opened = None
            case Commit() | Rollback(savepoint=None):
                if section.runner is not Runner.NONE or applied is not found[0]:
                    yield from _unopened(section, at, runs=runs)
                return
            case _:
                pass
    if opened is not None:
        yield context.at(opened).finding(
            "The transaction that this BEGIN opens is never committed: when the connection closes "
            "the server takes back everything after it.",
            help="End the file with COMMIT.",
        )


def _unopened(section: Section, context: Context, *, runs: bool) -> Iterator[Finding]:
    word = "COMMIT" if isinstance(context.current.operation, Commit) else "ROLLBACK"
    if runs:
        does = "takes back" if word == "ROLLBACK" else "commits"
        origin = context.current.origin
        # SQLAlchemy knows of what its own methods end, and begins another one.
        follows = (
            "is no longer part of it"
            if origin.call_span == origin.statement_span
            else "commits statement by statement"
        )
        yield context.finding(
            f"{word} here ends the runner's transaction and {does} what came before: what follows "
            f"{follows}, and if it fails the migration is half done and not recorded.",
            help="Use `with op.get_context().autocommit_block():` for what must run outside."
            if context.current.origin.call_span is not None
            else "Leave it out, and put what must run outside a transaction in a file of its own.",
        )
    elif section.runner is Runner.QUERY and context.current.transaction.is_open:
        yield context.finding(
            f"{word} splits the transaction that the file is as long as it is sent as one query: "
            "if what follows fails, what came before stays, and the migration is not recorded.",
            help="Put the two parts in files of their own.",
        )
    elif section.runner is Runner.AUTO:
        yield context.finding(
            f"{word} without BEGIN: if the runner opens a transaction for the file, this ends it, "
            "and which runner that is is not known; otherwise it does nothing.",
            help=f"Write BEGIN where the transaction starts, or leave {word} out.",
            confidence=Confidence.LOW,
        )
    elif section.runner is Runner.NONE:
        does = "took back nothing" if word == "ROLLBACK" else "did not hold it together"
        yield context.finding(
            f"{word} without BEGIN only draws a warning: each statement before it was committed by "
            f"itself, and this {does}.",
            help=f"Write BEGIN where the transaction starts, or leave {word} out.",
            hazards=(Hazard.SILENT_NO_OP,),
        )


def _runner(section: Section) -> str:
    return "Alembic" if section.path.endswith(".py") else "the runner"
