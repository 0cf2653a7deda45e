"""Migrations that commit piece by piece, and fail when they are run again after a stop."""

from collections.abc import Iterable, Iterator

from migsafe.context import Applied, Context, Deploy
from migsafe.effects import effects_of
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    Begin,
    Commit,
    NoOperation,
    ResetParameter,
    Rollback,
    Savepoint,
    Select,
    SetParameter,
)
from migsafe.model.origin import Certainty, Runner, SectionName

_SESSION = Begin | Commit | Rollback | Savepoint | SetParameter | ResetParameter | NoOperation


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report the first piece of a section that cannot be repeated once it is committed."""
    for way in (deploy.up, deploy.down):
        together: list[Applied] = []
        for applied in way:
            if together and together[-1].section is not applied.section:
                yield from _judged(together, context)
                together = []
            together.append(applied)
        yield from _judged(together, context)


def _judged(section: list[Applied], context: Context) -> Iterator[Finding]:
    pieces = list(_pieces(section))
    if not pieces or _is_torn(section):
        return
    *done, last = pieces
    stays = [applied for piece in done for applied in piece]
    if (found := _refused(stays, context)) is not None:
        applied, why = found
        yield context.at(applied).finding(
            f"This commits before line {last[0].line} runs: if that fails or is stopped, the "
            f"migration is not recorded, and running it again fails here ({why}).",
            help=_help(applied),
            relations=(),
        )
        return
    whole = [*stays, *last] if context.settings.profile == "strict" else []
    if last[0].section.name is SectionName.UP and (found := _refused(whole, context)) is not None:
        applied, why = found
        yield context.at(applied).finding(
            f"Running this on a database where it has run already fails here ({why}).",
            help="Where that may happen, make it repeatable: IF NOT EXISTS, IF EXISTS.",
            case="in one piece",
            relations=(),
        )


def _refused(stays: list[Applied], context: Context) -> tuple[Applied, str] | None:
    """Return the first of what stays that a second run is refused, and why."""
    if not stays:
        return None
    again = stays[-1].after
    for applied in stays:
        if applied.origin.certainty is not Certainty.ALWAYS:
            # The condition may be the one that makes it repeatable.
            continue
        effects = effects_of(
            applied.operation, again, dialect=context.settings.dialect, version=context.version
        )
        # What fails on the first run is not this rule's subject.
        if isinstance(effects.fails, Certain) and not isinstance(applied.effects.fails, Certain):
            return applied, f"{effects.fails.sqlstate}: {effects.fails.reason}"
        again = again.apply(applied.operation, applied.migration.id)
    return None


def _is_torn(section: list[Applied]) -> bool:
    """Say whether it ends its runner's transaction by hand, which transaction-nesting reports."""
    return any(
        isinstance(applied.operation, Commit | Rollback)
        and applied.section.runner in {Runner.RUN, Runner.FILE}
        and not applied.origin.autocommit
        for applied in section
    )


def _pieces(section: Iterable[Applied]) -> Iterator[list[Applied]]:
    """Yield what commits together, as long as it does more than set up the session."""
    piece: list[Applied] = []
    for applied in section:
        number = applied.transaction.number
        same = piece and (
            applied.statement is piece[-1].statement
            or (number is not None and number == piece[-1].transaction.number)
        )
        if piece and not same:
            yield piece
            piece = []
        if not isinstance(applied.operation, _SESSION | Select):
            piece.append(applied)
    if piece:
        yield piece


def _help(applied: Applied) -> str:
    if applied.origin.call_span is not None:
        return (
            "Put what runs in an autocommit block in a revision of its own, or make this "
            "repeatable (if_not_exists=True, if_exists=True)."
        )
    return (
        "Put it in a file of its own, or make it repeatable: IF NOT EXISTS, IF EXISTS, and before "
        "a concurrent build DROP INDEX CONCURRENTLY IF EXISTS."
    )
