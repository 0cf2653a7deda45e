"""Statements whose effect on the schema cannot be followed, and what they put in doubt."""

from migsafe.catalog.facts import Facts
from migsafe.catalog.programs import leaves_schema
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    CallRoutine,
    ObjectKind,
    Unrecognized,
)
from migsafe.writing.tokens import tokens

_CHANGES = frozenset({"create", "alter", "drop", "comment", "reindex", "cluster"})
_RIGHTS = frozenset({"grant", "revoke"})
_RUNS_ANYTHING = frozenset({"execute", "perform", "call"})


def unrecognized(facts: Facts, operation: Unrecognized) -> None:
    """Put in doubt what the statement names, or everything."""
    if operation.relations is None:
        facts.doubt_all()
        return
    for relation in operation.relations:
        facts.doubt_relation(facts.key(relation))


def body(facts: Facts, text: str) -> None:
    """Put in doubt what a program may change that nobody can read.

    Without DDL in it nothing changes here; with DDL in plain sight, the relations that it
    names; with GRANT or REVOKE any right; with EXECUTE or calls, anything.
    """
    words = list(tokens(text))
    lower = {word.lower() for word in words}
    if lower & _RUNS_ANYTHING:
        facts.doubt_all()
        return
    if lower & _CHANGES:
        _doubt_names(facts, words)
    if lower & _RIGHTS:
        facts.rights_doubted = facts.tick


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


def call(facts: Facts, operation: CallRoutine) -> None:
    """Put in doubt what a called routine may change that could not be followed."""
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
