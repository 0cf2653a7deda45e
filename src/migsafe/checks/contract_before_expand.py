"""Contract steps that ship before what has to be deployed first."""

from collections.abc import Iterator

from migsafe.catalog.bearing import is_borne
from migsafe.codebase.change import still
from migsafe.codebase.touched import How, Touched, touched
from migsafe.context import Context, Deploy, some
from migsafe.model.code import Basis, CodeChange
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import SetSchema


def check_code(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report what goes while the code that ships with it still names it."""
    if deploy.code is None:
        return
    for applied in deploy.up:
        match applied.operation:
            case SetSchema():
                # Its own name stays, and a search_path may lead to it.
                pass
            case operation:
                for thing in touched(operation):
                    if thing.how in {How.REMOVED, How.RENAMED}:
                        yield from _still_named(thing, deploy.code, context.at(applied))


def _still_named(thing: Touched, code: CodeChange, context: Context) -> Iterator[Finding]:
    if is_borne(thing, context.ship.after):
        return
    unread = [
        f"{each.path} ({each.unread})"
        for each in code.now.get(thing.name, ())
        if each.unread is not None
    ]
    if thing.name not in code.now or unread:
        why = some(unread) if unread else "too many files to read"
        yield context.finding(
            f"Whether the code of the same change set still names {thing} is not known: "
            f"{why} {'holds' if len(unread) == 1 else 'hold'} the word "
            f"{thing.name}{' and could not be read' if unread else ''}.",
            help="Look where the code of its table says it, before this ships.",
            case="unread",
            confidence=Confidence.LOW,
        )
    places = [use.place for use in still(code, thing) if use.basis is Basis.EXACT]
    if not places:
        return
    shown = some([f"{place.path}:{place.line}" for place in places])
    goes = "renames" if thing.how is How.RENAMED else "drops"
    yield context.finding(
        f"This {goes} {thing}, and the code of the same change set still names {thing.name} "
        f"({shown}): new code fails as old code does, and no version works after it.",
        help=f"Deploy code that no longer names {thing.name} first, and this in a later change "
        f"set, {context.brought_back}.",
    )


def check_plan(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report a deploy of a plan that ships while an earlier one is not through."""
    for waiting in deploy.waiting:
        up = waiting.migration.up
        first = next((each for each in deploy.up if each.section is up), None)
        span = None if first is None else first.origin.statement_span
        yield context.finding(
            f"This is deploy {waiting.number} of plan {waiting.plan}, and deploy {waiting.first} "
            f"({waiting.title}) is not recorded as done: the runner applies it as soon as it finds "
            "it, whatever code runs then.",
            help=f"Keep it out of this change set until 'migsafe plan done' has recorded deploy "
            f"{waiting.first}.",
            at=context.place_of(up, span) if first is None else first,
        )
