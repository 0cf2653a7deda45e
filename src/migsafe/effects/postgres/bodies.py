"""Bodies of routines and blocks that touch no table: nothing but values and branches."""

from collections.abc import Callable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import RoutineState
from migsafe.effects.postgres.volatility import Volatility, function_volatility
from migsafe.model.expressions import Name
from migsafe.writing.tokens import tokens

_COMMANDS = frozenset(
    """
    alter analyze assert call close cluster comment copy create cursor deallocate delete do
    drop each execute explain fetch foreach from get grant import insert into listen load lock
    merge move notify open perform prepare query reassign refresh reindex release reset revoke
    rollback savepoint security select set show start table truncate unlisten update vacuum
    values with commit
    """.split()  # noqa: SIM905 - a line a word would be longer than the module
)
"""Words without which a body of PL/pgSQL runs no SQL of its own."""

_CALLERS = frozenset({"and", "or", "not", "in", "if", "elsif", "when", "then", "return", "case"})


def is_inert(routine: RoutineState, catalog: Catalog) -> bool:
    """Say whether a routine reads and changes nothing, and only returns values."""
    match routine.language.lower():
        case "plpgsql":
            return only_computes(routine.body or "", catalog)
        case "sql":
            return _only_selects(routine.body or "", catalog)
        case _:
            return False


def are_inert(function: Name, catalog: Catalog) -> bool:
    """Say whether all routines of a name are known and inert."""
    routines = catalog.routines(function)
    return bool(routines) and all(is_inert(routine, catalog) for routine in routines)


def only_computes(body: str, catalog: Catalog) -> bool:
    """Say whether a body of PL/pgSQL holds no SQL command and calls nothing unknown."""
    words = [word.lower() for word in tokens(body)]
    return bool(words) and _COMMANDS.isdisjoint(words) and _calls_are_known(words, catalog)


def raises(body: str) -> bool:
    """Say whether a body may raise an exception of its own."""
    words = [word.lower() for word in tokens(body)]
    harmless = {"notice", "info", "log", "debug", "warning"}
    return any(
        word == "raise" and words[at + 1 : at + 2] and words[at + 1] not in harmless
        for at, word in enumerate(words)
    )


def _only_selects(body: str, catalog: Catalog) -> bool:
    words = [word.lower() for word in tokens(body)]
    if words[:1] not in (["select"], ["return"]):
        return False
    rest = words[1:-1] if words[-1:] == [";"] else words[1:]
    return ";" not in rest and _COMMANDS.isdisjoint(rest) and _calls_are_known(rest, catalog)


def _calls_are_known(words: list[str], catalog: Catalog) -> bool:
    is_call: Callable[[int], bool] = lambda at: (  # noqa: E731  # a name for one condition
        words[at + 1] == "(" and (words[at][0].isalpha() or words[at][0] in '_"')
    )
    return all(
        words[at] in _CALLERS
        or function_volatility(words[at], catalog) in {Volatility.IMMUTABLE, Volatility.STABLE}
        for at in range(len(words) - 1)
        if is_call(at)
    )
