"""How volatile an expression is: what decides whether a default rewrites a table."""

from enum import IntEnum

from migsafe.catalog import builtin_functions
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import RoutineState
from migsafe.model.expressions import Expression, Name
from migsafe.parsers.tokens import words_of


class Volatility(IntEnum):
    """The most volatile thing in an expression; the order is the order of harm."""

    IMMUTABLE = 1
    STABLE = 2
    UNKNOWN = 3
    VOLATILE = 4


KEYWORDS = frozenset(
    {
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    }
)
"""Functions that the grammar knows instead of pg_proc: all of them are stable."""

_EXTENSIONS = frozenset({"uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"})
"""Volatile functions of uuid-ossp (pg_proc of PostgreSQL 15): somebody else's may be as well."""


def volatility(expression: Expression, catalog: Catalog) -> Volatility:
    """Return how volatile an expression is.

    A function of the user's own has the volatility that the catalog knows; one that is
    not known is UNKNOWN, never safe. A name that built-in functions share counts as
    its most volatile form.

    Source:
        PostgreSQL manual, Function Volatility Categories; pg_proc of the servers that
        `migsafe_dev.generated.builtin_functions` asked.
    """
    if expression.opaque:
        return Volatility.UNKNOWN
    found = [function_volatility(name, catalog) for name in expression.functions]
    return max(found, default=Volatility.IMMUTABLE)


def function_volatility(function: str, catalog: Catalog) -> Volatility:
    """Return how volatile a function is, by its name as written."""
    schema, _, name = function.rpartition(".")
    if schema in {"", "pg_catalog"}:
        if name in builtin_functions.VOLATILE:
            return Volatility.VOLATILE
        if name in builtin_functions.STABLE or name in KEYWORDS:
            return Volatility.STABLE
        if name in builtin_functions.IMMUTABLE:
            return Volatility.IMMUTABLE
    routines = catalog.routines(Name(name, schema or None))
    if not routines:
        return Volatility.VOLATILE if name in _EXTENSIONS else Volatility.UNKNOWN
    return max(_of_routine(routine) for routine in routines)


def _of_routine(routine: RoutineState) -> Volatility:
    declared = _NAMES[routine.volatility.lower()]
    if declared is Volatility.VOLATILE and routine.language.lower() == "sql":
        # The server may put the body in its place, and the body may be less volatile.
        return declared if _stays(routine.body or "") else Volatility.UNKNOWN
    return declared


def _stays(body: str) -> bool:
    """Say whether a body is volatile itself, or one that the server never puts in place of a call.

    Source:
        `inline_function` in src/backend/optimizer/util/clauses.c: one SELECT of expressions,
        without FROM and without sub-queries.
    """
    found = [word.lower() for word in words_of(body)]
    if found.count("select") > 1 or found[:1] == ["with"]:
        return True
    depth = 0
    for at, word in enumerate(found):
        if word in {"(", "["}:
            depth += 1
        elif word in {")", "]"}:
            depth -= 1
        elif (word == "from" and depth == 0 and not _is_comparison(found, at)) or (
            found[at + 1 : at + 2] == ["("] and word in builtin_functions.VOLATILE
        ):
            return True
    return False


def _is_comparison(found: list[str], at: int) -> bool:
    """Say whether a FROM is that of IS [NOT] DISTINCT FROM."""
    return found[at - 1] == "distinct" and found[at - 2] in {"is", "not"}


_NAMES = {
    "immutable": Volatility.IMMUTABLE,
    "stable": Volatility.STABLE,
    "volatile": Volatility.VOLATILE,
}
