"""Tables that nobody vacuums."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateTable, Option, SetTableOptions

PROFILE = "strict"

_OFF = frozenset({"false", "off", "0", "no"})


def check_operation(
    operation: CreateTable | SetTableOptions, context: Context
) -> Iterator[Finding]:
    """Report a table for which the deploy leaves autovacuum switched off."""
    match operation:
        case CreateTable(table=table, options=options):
            pass
        case SetTableOptions(object=table, options=options, reset=False):
            pass
        case _:
            return
    if not any(_is_off(option) for option in options):
        return
    kept = {each.name: each.value for each in context.ship.after.options(table)}
    left = kept.get("autovacuum_enabled")
    if left is None or left.lower() not in _OFF:
        return
    yield context.finding(
        f"Autovacuum no longer looks after {table}: dead rows stay, statistics grow old, and its "
        "scans get slower until somebody vacuums by hand.",
        help="Leave it on, and tune autovacuum_vacuum_scale_factor or the cost limits instead.",
        relations=(table,),
    )


def _is_off(option: Option) -> bool:
    return option.name == "autovacuum_enabled" and (option.value or "").lower() in _OFF
