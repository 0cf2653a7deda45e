"""Rules added to a domain, which are looked up in every table that uses it."""

from collections.abc import Iterator

from migsafe.context import Context, some
from migsafe.model.effects import Fact, OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AlterDomain, DomainAction

_ADDS = frozenset({DomainAction.ADD_CONSTRAINT, DomainAction.SET_NOT_NULL})


def check_operation(operation: AlterDomain, context: Context) -> Iterator[Finding]:
    """Report a CHECK or NOT NULL that is looked up at once, or later; NOT VALID is not."""
    domain, effects = operation.domain, context.effects
    if not context.is_live(domain):
        return
    known = effects.knows(Fact.SCANS)
    tables = tuple(name for name in effects.scans if context.is_busy(name))
    if operation.action is DomainAction.VALIDATE_CONSTRAINT and tables:
        yield context.finding(
            f"Validating {operation.constraint} of the domain {domain}: {_wait(tables, context)}; "
            "reads pass.",
            help=f"Leave it NOT VALID, which refuses new values all the same; or add a CHECK NOT "
            f"VALID to {some(tables)} and validate that, which lets writes pass.",
            case="validated",
            relations=tables,
        )
    if operation.action not in _ADDS:
        return
    if not isinstance(effects.fails, OnData) or not (tables or not known):
        return
    state = effects.fails.sqlstate
    if tables:
        waits = _wait(tables, context)
    else:
        waits = (
            "writes to each table that uses it wait while every row is read; which tables those "
            "are, the known schema does not say"
        )
    yield context.finding(
        f"A rule for the domain {domain}: {waits}. A value against it fails the migration, and "
        f"{context.old_code} that writes one is refused ({state}) {context.until_gone}.",
        help=_help(operation, context),
        relations=tables,
        confidence=Confidence.HIGH if tables else Confidence.LOW,
    )


def _wait(tables: tuple[Name, ...], context: Context) -> str:
    lock = context.effects.lock_on(tables[0])
    return f"writes to {some(tables)} wait under their {lock} locks while every row is read"


def _help(operation: AlterDomain, context: Context) -> str:
    domain = operation.domain
    if operation.action is DomainAction.SET_NOT_NULL:
        added = f"ALTER DOMAIN {domain} ADD CHECK (VALUE IS NOT NULL) NOT VALID"
    else:
        added = "Add it NOT VALID"
    return (
        f"{added} once {context.all_code} keeps to it, which refuses new values and reads no row; "
        "validating it later makes writes wait too."
    )
