"""Session, locks and maintenance as SQL."""

import re

from migsafe.model.operations import (
    AnonymousBlock,
    LockTable,
    RefreshView,
    Reindex,
    SetParameter,
    Truncate,
)
from migsafe.writing import quoting
from migsafe.writing.parts import joined
from migsafe.writing.tokens import tokens

_LISTS = frozenset({"search_path"})


def set_parameter(operation: SetParameter) -> str:
    """Return SET, or the call of set_config() that it is."""
    if operation.computed is not None:
        return operation.computed
    word = "SET LOCAL" if operation.local else "SET"
    return f"{word} {parameter(operation.parameter)} = {_value(operation)}"


def parameter(name: str) -> str:
    """Return a parameter's name as SQL; dots part it."""
    return ".".join(map(quoting.identifier, name.split(".")))


def _value(operation: SetParameter) -> str:
    value = operation.value
    if value is None:
        return "DEFAULT"
    words = list(tokens(value))
    is_list = (
        operation.parameter in _LISTS
        and len(words) % 2 == 1
        and all(word == "," for word in words[1::2])
        and all(re.match(r'[a-z_]\w*\Z|"', word) for word in words[::2])
    )
    if is_list and len(words) > 1:
        return value
    return quoting.literal(value)


def block(operation: AnonymousBlock) -> str:
    """Return DO."""
    plpgsql = operation.language == "plpgsql"
    language = None if plpgsql else f"LANGUAGE {quoting.identifier(operation.language)}"
    return joined("DO", language, dollar_quoted(operation.body))


def dollar_quoted(body: str) -> str:
    """Return a text in dollar quotes whose tag it does not hold."""
    tag, number = "", 0
    # `$` at the end of the body would close the quote one character early.
    while f"${tag}$" in f"{body}$":
        number += 1
        tag = f"body{number}"
    return f"${tag}${body}${tag}$"


def truncate(operation: Truncate) -> str:
    """Return TRUNCATE."""
    return joined(
        "TRUNCATE TABLE",
        ", ".join(map(quoting.name, operation.tables)),
        "RESTART IDENTITY" if operation.restart_identity else None,
        "CASCADE" if operation.cascade else None,
    )


def lock(operation: LockTable) -> str:
    """Return LOCK TABLE."""
    names = [
        f"ONLY {quoting.name(name)}" if name in operation.alone else quoting.name(name)
        for name in operation.tables
    ]
    return joined(
        f"LOCK TABLE {', '.join(names)}",
        f"IN {operation.mode} MODE",
        "NOWAIT" if operation.nowait else None,
    )


def reindex(operation: Reindex) -> str:
    """Return REINDEX."""
    return joined(
        f"REINDEX {operation.kind}",
        "CONCURRENTLY" if operation.concurrently else None,
        None if operation.object is None else quoting.name(operation.object),
    )


def refresh(operation: RefreshView) -> str:
    """Return REFRESH MATERIALIZED VIEW."""
    return joined(
        "REFRESH MATERIALIZED VIEW",
        "CONCURRENTLY" if operation.concurrently else None,
        quoting.name(operation.view),
        None if operation.with_data else "WITH NO DATA",
    )
