"""What names a table, a column or a routine where the server keeps text, or no dependency."""

import re
from collections.abc import Iterator
from functools import lru_cache

from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import (
    PolicyState,
    RoutineState,
    RoutineUse,
    StatisticsState,
    TableState,
)
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    Check,
    Delete,
    Insert,
    ObjectKind,
    Operation,
    Select,
    Unrecognized,
    Update,
)
from migsafe.model.pattern import pattern
from migsafe.parsers.bodies import read_body
from migsafe.writing.tokens import tokens

POLICY = "policy "
STATISTICS = "statistics "


def of_routine(facts: Facts, routine: Name) -> Iterator[RoutineUse]:
    """Yield what calls a routine: defaults, CHECKs, indexes, views, triggers, policies."""
    for key, table in facts.tables.items():
        yield from _of_table(facts, table, key, routine)
    for name, index in facts.indexes.items():
        parts = (index.where, *(element.expression for element in index.elements))
        if any(_calls(part, routine) for part in parts):
            yield RoutineUse(ObjectKind.INDEX, name.name, index.table)
    for name, view in facts.views.items():
        if any(_is_it(called, routine) for called in view.query.functions):
            yield RoutineUse(ObjectKind.VIEW, name.name, name)
    for domain in facts.domains.values():
        if _calls(domain.default, routine) or any(
            _calls(check.expression, routine) for check in domain.checks
        ):
            yield RoutineUse(ObjectKind.DOMAIN, domain.name.name, domain.name)
    for relation, trigger in facts.trigger_users.get(routine) or ():
        yield RoutineUse(ObjectKind.TRIGGER, trigger, relation)


def _of_table(facts: Facts, table: TableState, key: Name, routine: Name) -> Iterator[RoutineUse]:
    for column in table.columns:
        generated = None if column.generated is None else column.generated.expression
        if _calls(column.default, routine) or _calls(generated, routine):
            yield RoutineUse(ObjectKind.COLUMN, column.name, key)
    for state in facts.belongings(key).constraints:
        if isinstance(state.constraint, Check) and _calls(state.constraint.expression, routine):
            yield RoutineUse(ObjectKind.CONSTRAINT, state.name, key)
    for policy in policies(facts, key):
        if routine.name in identifiers(policy.sql):
            yield RoutineUse(ObjectKind.POLICY, policy.name, key)


def _calls(expression: Expression | None, routine: Name) -> bool:
    return expression is not None and any(_is_it(each, routine) for each in expression.functions)


def _is_it(called: str, routine: Name) -> bool:
    schema, _, name = called.rpartition(".")
    return name == routine.name and schema in {"", routine.schema or "public"}


def drawing(facts: Facts, sequence: Name) -> Iterator[tuple[Name, str]]:
    """Yield the columns whose default or identity draws from a sequence."""
    owned = facts.sequences.get(sequence)
    for key, table in facts.tables.items():
        for column in table.columns:
            if column.identity is not None:
                if owned is not None and owned.owned_by == (key, column.name):
                    yield key, column.name
            elif column.default is not None and "nextval" in column.default.functions:
                named = _NAMED.search(column.default.sql)
                if named is not None and named[1].rpartition(".")[2].strip('"') == sequence.name:
                    yield key, column.name


_NAMED = pattern(r"'([^']+)'")


def naming(facts: Facts, relation: Name, column: str | None) -> Iterator[RoutineState]:
    """Yield the routines whose body names a relation, or a column of it.

    The server checks no body when a table changes: the routine fails when it is called.
    """
    called = {trigger.function for trigger in facts.belongings(relation).triggers}
    for key, overloads in facts.routines.items():
        for routine in overloads:
            if routine.body is None:
                continue
            if (column is not None and key in called and _names_own_row(routine.body, column)) or (
                relation.name in identifiers(routine.body)
                and (column is None or _names_column(routine, relation, column))
            ):
                yield routine


def _names_own_row(body: str, column: str) -> bool:
    """Say whether the body of a trigger's function reads or sets a column of the row."""
    return _is_qualified(list(tokens(body)), {"new", "old"}, column)


def _is_qualified(words: list[str], names: set[str], column: str) -> bool:
    """Say whether a column stands behind the dot of one of some names."""
    return any(
        words[at + 1] == "."
        and column_of(words[at + 2]) == column
        and column_of(words[at]) in names
        for at in range(len(words) - 2)
    )


def _names_column(routine: RoutineState, relation: Name, column: str) -> bool:
    """Say whether a body has a column beside its table: written so, or in a statement on it alone.

    Columns of many tables share their names; `id` is one of nearly all.
    """
    body = routine.body or ""
    if column not in identifiers(body):
        return False
    whole = list(tokens(body))
    rows = {relation.name}
    rows.update(_rows_of(whole, relation), _rows_of(list(tokens(routine.arguments)), relation))
    return _is_qualified(whole, rows, column) or any(
        _is_on(step.operation, relation, words := list(_words(body[step.start : step.end])))
        and _has_word(words, column)
        for step in read_body(routine.language, body).steps
    )


def _rows_of(words: list[str], relation: Name) -> Iterator[str]:
    """Yield what may stand for a row of a relation: an alias, a variable or argument of its type.

    A word that happens to stand beside the name does no harm: a column has to stand behind it.
    """
    for at, word in enumerate(words):
        if column_of(word) != relation.name:
            continue
        # `users u`, `users AS u`
        behind = at + 2 if words[at + 1 : at + 2] and words[at + 1].upper() == "AS" else at + 1
        # `u users%ROWTYPE`, `u public.users`
        before = at - 3 if words[at - 1 : at] == ["."] else at - 1
        yield from (column_of(words[near]) for near in (behind, before) if 0 <= near < len(words))
    yield from _loop_rows(words, relation)


def _loop_rows(words: list[str], relation: Name) -> Iterator[str]:
    """Yield the variables of loops over a query that names the relation."""
    upper = [word.upper() for word in words]
    variable: str | None = None
    for at, word in enumerate(upper):
        if word == "FOR" and upper[at + 2 : at + 3] == ["IN"]:
            variable = column_of(words[at + 1])
        elif word == "LOOP":
            variable = None
        elif variable is not None and column_of(words[at]) == relation.name:
            yield variable


def _is_on(operation: Operation, relation: Name, words: list[str]) -> bool:
    """Say whether a statement is on a relation alone; one that was not read may be."""
    if isinstance(operation, Unrecognized):
        return any(column_of(word) == relation.name for word in words)
    return {name.name for name in _relations(operation)} == {relation.name}


def _words(text: str) -> Iterator[str]:
    """Yield the words of a statement, those of the strings that it may run among them."""
    for word in tokens(text):
        if word.startswith("'"):
            yield from tokens(word.strip("'"))
        else:
            yield word


def _has_word(words: list[str], column: str) -> bool:
    """Say whether a statement has a column among its words, other than of a trigger's row."""
    return any(
        column_of(word) == column
        and not (words[at - 1 : at] == ["."] and words[at - 2].lower() in {"new", "old"})
        for at, word in enumerate(words)
        if word[0] == '"' or word[0] == "_" or word[0].isalpha()
    )


def _relations(operation: Operation) -> Iterator[Name]:
    match operation:
        case Update(table=table, reads=reads) | Delete(table=table, reads=reads):
            yield table
            yield from reads
        case Insert(table=table, query=query):
            yield table
            yield from () if query is None else query.relations
        case Select(query=query):
            yield from query.relations
        case _:
            pass


@lru_cache(maxsize=4096)
def identifiers(text: str) -> frozenset[str]:
    """Return every word of SQL or PL/pgSQL that may be a name, those in strings as well."""
    found: set[str] = set()
    for token in tokens(text):
        if token[0] == '"' or token[0] == "_" or token[0].isalpha():
            found.add(column_of(token))
        elif token[0] == "'" and len(token) > 2:  # noqa: PLR2004  the two quotes
            # What EXECUTE runs, and what format() fills in.
            found |= {column_of(word) for word in tokens(token[1:-1].replace("''", "'"))}
    return frozenset(found)


_CONDITIONS = pattern(r"\b(?:USING|WITH CHECK)\b.*", re.DOTALL)


def of_conditions(sql: str) -> frozenset[str]:
    """Return every name in what a policy asks: not those of the policy, table and roles."""
    found = _CONDITIONS.search(sql)
    return identifiers(sql if found is None else found.group())


def policies(facts: Facts, key: Name) -> Iterator[PolicyState]:
    """Yield the policies of a table."""
    for name, sql in facts.belongings(key).settings:
        if name.startswith(POLICY):
            yield PolicyState(name.removeprefix(POLICY), key, sql)


def statistics(facts: Facts, key: Name) -> Iterator[StatisticsState]:
    """Yield the extended statistics of a table."""
    for name, sql in facts.belongings(key).settings:
        if name.startswith(STATISTICS):
            full = name.removeprefix(STATISTICS)
            schema, _, bare = full.rpartition(".")
            words = list(tokens(sql))
            upper = [word.upper() for word in words]
            columns = words[upper.index("ON") + 1 : len(upper) - 1 - upper[::-1].index("FROM")]
            yield StatisticsState(
                Name(bare, schema or None), key, frozenset(map(column_of, columns)) - {","}
            )


def statistics_table(sql: str) -> Name | None:
    """Return the table that CREATE STATISTICS names, None if it is another statement."""
    words = list(tokens(sql))
    upper = [word.upper() for word in words]
    if upper[:2] != ["CREATE", "STATISTICS"] or "FROM" not in upper:
        return None
    after = words[len(upper) - upper[::-1].index("FROM") :]
    names = [column_of(word) for word in after if word != "."]
    return Name(names[0]) if len(names) == 1 else Name(names[1], names[0])


def note_statistics(facts: Facts, name: Name, sql: str) -> None:
    """List a statistics object with its table."""
    table = statistics_table(sql)
    if table is not None:
        facts.set_setting(facts.altered(table), f"{STATISTICS}{name}", sql)


def take_all_statistics(facts: Facts, key: Name, column: str | None = None) -> None:
    """Remove the statistics of a table that goes, or those that need a column that goes."""
    for each in tuple(statistics(facts, key)):
        if column is None or column in each.columns:
            take_statistics(facts, each.name)


def take_statistics(facts: Facts, name: Name) -> None:
    """Remove a statistics object from its table's list, and from what exists."""
    table = statistics_table(facts.objects.get((ObjectKind.STATISTICS, name)) or "")
    if table is not None:
        facts.set_setting(facts.key(table), f"{STATISTICS}{name}", None)
    facts.objects = facts.objects.drop((ObjectKind.STATISTICS, name))
    facts.gone(name, ObjectKind.STATISTICS)
