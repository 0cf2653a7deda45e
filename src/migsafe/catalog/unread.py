"""Statements whose effect on the schema cannot be followed, and what they put in doubt."""

from migsafe.catalog.facts import Facts
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AnonymousBlock,
    CallRoutine,
    ChangeRole,
    ObjectKind,
    Unrecognized,
)
from migsafe.writing.tokens import tokens

_CHANGES = frozenset({"create", "alter", "drop", "comment", "reindex", "cluster"})
_RUNS_ANYTHING = frozenset({"execute", "perform", "call"})

# Functions of the server itself that leave the schema alone, by name or by prefix.
_HARMLESS = frozenset({"setval", "nextval", "set_config", "currval", "now", "version"})
_HARMLESS_PREFIXES = ("pg_", "txid_", "has_", "obj_", "col_", "to_", "json", "current_")


def unrecognized(facts: Facts, operation: Unrecognized) -> None:
    """Put in doubt what the statement names, or everything."""
    if operation.relations is None:
        facts.doubt_all()
        return
    for relation in operation.relations:
        facts.doubt_relation(facts.key(relation))


def block(facts: Facts, operation: AnonymousBlock) -> None:
    """Put in doubt what DO may have changed."""
    body(facts, operation.body)


def body(facts: Facts, text: str) -> None:
    """Put in doubt what a routine's body may change.

    A body without DDL changes nothing here; with DDL in plain sight, the relations that
    it names; with EXECUTE or calls, anything.
    """
    words = list(tokens(text))
    lower = {word.lower() for word in words}
    if lower & _RUNS_ANYTHING:
        facts.doubt_all()
    elif lower & _CHANGES:
        _doubt_names(facts, words)


def _doubt_names(facts: Facts, words: list[str]) -> None:
    named: set[Name] = set()
    for at, word in enumerate(words):
        if word[0] == '"' or word[0] == "_" or word[0].isalpha():
            name = column_of(word)
            named.add(Name(name))
            if words[at + 1 : at + 2] == ["."] and at + 2 < len(words):
                named.add(Name(column_of(words[at + 2]), name))
    for each in named:
        facts.doubt_relation(facts.key(each))
        facts.doubt_relation(facts.key(each, ObjectKind.TYPE))


def leaves_schema(routine: Name) -> bool:
    """Say whether a routine is one of the server's own that changes no table."""
    return routine.schema in {None, "pg_catalog"} and (
        routine.name in _HARMLESS or routine.name.startswith(_HARMLESS_PREFIXES)
    )


def call(facts: Facts, operation: CallRoutine) -> None:
    """Put in doubt what a called routine may change."""
    routine = operation.routine
    if leaves_schema(routine):
        return
    key = facts.key(routine, ObjectKind.ROUTINE)
    known = facts.routines.get(key) or ()
    if not known or any(each.body is None for each in known):
        facts.doubt_all()
        return
    for each in known:
        body(facts, each.body or "")


def role(facts: Facts, operation: ChangeRole) -> None:
    """Put everything in doubt after DROP OWNED; other statements on roles do nothing."""
    if operation.verb.upper().startswith("DROP OWNED"):
        facts.doubt_all()
