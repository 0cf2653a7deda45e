"""Search path, the role that runs statements, temporary tables, transactions."""

from dataclasses import fields

from migsafe.catalog import relations
from migsafe.catalog.facts import DEFAULT_PATH, Facts
from migsafe.catalog.schema import SOMEBODY
from migsafe.catalog.text import column_of
from migsafe.model.operations import ResetParameter, SetParameter
from migsafe.writing.tokens import tokens

_ROLES = frozenset({"role", "session_authorization"})
"""Parameters that say who runs what follows."""


def set_parameter(facts: Facts, operation: SetParameter) -> None:
    """Apply SET search_path and SET ROLE; with LOCAL until the transaction ends."""
    if operation.parameter.lower() in _ROLES:
        facts.role = None if operation.value in {None, "none"} else operation.value
        if operation.computed is not None:
            facts.role = SOMEBODY
        if not operation.local:
            facts.role_after = facts.role
    if operation.parameter.lower() != "search_path":
        return
    facts.path = None if operation.value is None else _path(operation.value)
    if not operation.local:
        facts.path_after = facts.path


def _path(value: str) -> tuple[str, ...]:
    names = [column_of(word.strip("'")) for word in tokens(value) if word != ","]
    if not names or names == [""]:
        return DEFAULT_PATH
    found = tuple(name for name in names if name not in {"$user", "pg_catalog", "$", ""})
    return tuple(name for name in found if name != "user" or "$user" not in value)


def reset_parameter(facts: Facts, operation: ResetParameter) -> None:
    """Apply RESET."""
    if operation.parameter is None or operation.parameter.lower() == "search_path":
        facts.path = facts.path_after = facts.usual_path
    if operation.parameter is not None and operation.parameter.lower() in _ROLES:
        facts.role = facts.role_after = None


def begin(facts: Facts, before: Facts) -> None:
    """Remember the state that a ROLLBACK goes back to; a nested BEGIN changes nothing."""
    if facts.begun is None:
        facts.begun = before


def commit(facts: Facts) -> None:
    """End the transaction: what SET LOCAL said is over."""
    facts.begun = None
    facts.path, facts.role = facts.path_after, facts.role_after


def rollback(facts: Facts, *, to_savepoint: bool) -> None:
    """Go back to where the transaction began, and be sure of nothing.

    The runner may have begun its own transaction earlier, and a savepoint's state is not
    kept: either way what is known may be too much or too little.
    """
    begun, tick = facts.begun, facts.tick
    if begun is not None and not to_savepoint:
        for each in fields(Facts):
            setattr(facts, each.name, getattr(begun, each.name))
        facts.begun = None
        facts.tick = tick
    if not to_savepoint:
        facts.path, facts.role = facts.path_after, facts.role_after
    facts.doubt_all()


def end(facts: Facts) -> None:
    """Forget what ends with a session: temporary tables, the search path."""
    for key in facts.temporary:
        relations.take_table(facts, key)
    facts.temporary = ()
    facts.begun = None
    facts.path = facts.path_after = facts.usual_path
    facts.role = facts.role_after = None
