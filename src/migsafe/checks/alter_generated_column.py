"""Generated columns that are computed otherwise, or no longer."""

from collections.abc import Iterator

from migsafe.context import Context, clipped
from migsafe.model.effects import Certain, Fact
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import AlterGenerated

_RESULTS = (Hazard.CHANGES_RESULTS,)
_FAILS = (Hazard.CHANGES_RESULTS, Hazard.BREAKS_OLD_CODE)


def check_operation(operation: AlterGenerated, context: Context) -> Iterator[Finding]:
    """Report SET EXPRESSION and DROP EXPRESSION on a column of the released schema."""
    table, name = operation.table, operation.column
    if isinstance(context.effects.fails, Certain) or not context.is_live(table):
        return
    if context.is_new_column(table, name) or context.goes_here(table, name):
        return
    state = context.catalog.column(table, name)
    if operation.expression is None:
        if state is not None and state.generated is None and operation.if_exists:
            return
        required = state is not None and state.nullable is False
        stores = "fails (23502)" if required else "leaves it NULL"
        yield context.finding(
            f"{table}.{name} is no longer computed: {context.old_code} does not write it, so that "
            f"its INSERT {stores} and its UPDATE leaves an old value there {context.until_gone}"
            f"{context.new_code('writes it', 'fails (428C9)')}.",
            help=f"In the same transaction CREATE TRIGGER … BEFORE INSERT OR UPDATE that computes "
            f"{name}, and drop it once {context.all_code} writes {name}.",
            case="required column" if required else "default",
            hazards=_FAILS if required else _RESULTS,
        )
        return
    known = context.effects.knows(Fact.REWRITES)
    if context.effects.rewrites and context.is_busy(table):
        doubt = (
            "" if known else ", unless the column is VIRTUAL, which the known schema does not say"
        )
        yield context.finding(
            f"SET EXPRESSION computes {table}.{name} anew in every row: {context.waits(table)}"
            f"{doubt}; running code reads other values from then on.",
            help=f"Add another generated or plain column for {clipped(operation.expression.sql)}, "
            "fill it in batches, and switch the code.",
            case="rewrite",
            confidence=Confidence.HIGH if known else Confidence.LOW,
        )
        return
    yield context.finding(
        f"Running code reads other values of {table}.{name} from here on: "
        f"{clipped(operation.expression.sql)}.",
        help="Make sure that running code can live with them, or add another column for them.",
        hazards=_RESULTS,
    )
