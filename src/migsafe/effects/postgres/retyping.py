"""What ALTER COLUMN … TYPE does to a column with all that hangs on it."""

import re
from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, ConstraintState
from migsafe.catalog.text import proves_not_null
from migsafe.effects.postgres import probes
from migsafe.effects.postgres.casting import Way, way
from migsafe.effects.postgres.keys import can_reference
from migsafe.effects.postgres.relations import family, referenced_columns
from migsafe.effects.postgres.reparsing import objection
from migsafe.effects.postgres.types import TypeChange, Values, Work, conversion
from migsafe.effects.postgres.using import casts, read_type
from migsafe.model.effects import Certain, Fact, Fails, Never, OnData, Unknown
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import AlterColumnType, Check, ForeignKey
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.writing.tokens import tokens

_NEWEST = 18
NOT_KNOWN = TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason="the type that the column has now")


def change_of_column(
    operation: AlterColumnType, catalog: Catalog, version: int = _NEWEST
) -> TypeChange:
    """Return what a type change does, with what the catalog knows about the column."""
    table, column, new = operation.table, operation.column, operation.type
    state = catalog.column(table, column)
    old = state.type if state is not None else None
    if new is None:
        return TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason="the type that the column gets")
    if old is None:
        use = depended_on(table, column, catalog)
        return _refused(use) if isinstance(use, Certain) else NOT_KNOWN
    change = conversion(old, new, operation.using, column, catalog=catalog, version=version)
    if change.work is Work.REFUSED:
        return change
    later = refusal_later(operation, catalog, version)
    if isinstance(later, Certain):
        return _refused(later)
    if state is not None and state.generated is not None and not state.generated.stored:
        change = replace(change, work=Work.NONE)
    if change.work in {Work.NONE, Work.INDEX_REBUILD}:
        # Even a change to the very same type makes the constraints anew and checks them.
        rebuilt = any(
            is_built_anew(name, column, change, catalog) for name in family(catalog, table)
        )
        checked = any(is_checked(name, column, catalog) for name in family(catalog, table))
        work = Work.INDEX_REBUILD if rebuilt else Work.SCAN if checked else Work.NONE
        change = replace(change, work=work)
    return change


def _refused(failure: Certain) -> TypeChange:
    return TypeChange(Work.REFUSED, sqlstate=failure.sqlstate, reason=failure.reason)


def is_built_anew(table: Name, column: str, change: TypeChange, catalog: Catalog) -> bool:
    """Say whether an index of a table is built again though the rows stay as they are.

    The server never reuses an index with expressions or a predicate, nor the part of a
    partitioned index.
    """
    return any(
        change.work is Work.INDEX_REBUILD
        or index.parent is not None
        or index.where is not None
        or any(element.column is None for element in index.elements)
        for index in catalog.indexes_on(table, column)
    )


def is_checked(table: Name, column: str, catalog: Catalog) -> bool:
    """Say whether a table has a valid CHECK on the column."""
    return any(_is_valid_check(state) for state in catalog.constraints_on(table, column))


def _is_valid_check(state: ConstraintState) -> bool:
    check = state.constraint
    return isinstance(check, Check) and check.valid and check.enforced


# --- what the server refuses, in its order -----------------------------------------------


def refusal_later(
    operation: AlterColumnType, catalog: Catalog, version: int = _NEWEST
) -> Certain | Unknown | None:
    """Return what refuses a change of type whose values can be cast."""
    new = operation.type
    if new is None:
        return None
    members = family(catalog, operation.table, only=operation.only)
    unsure: Unknown | None = None
    for member in members:
        state = catalog.column(member, operation.column)
        if state is None or state.type is None:
            continue
        found: Certain | Unknown | None = _default_refuses(state, state.type, new, catalog, version)
        found = found or depended_on(member, operation.column, catalog)
        if isinstance(found, Certain):
            return found
        unsure = unsure or found
    for member in members:
        state = catalog.column(member, operation.column)
        if state is None or state.type is None:
            continue
        fault = objection(member, operation.column, state.type, new, catalog)
        if fault is not None:
            return fault
        if not keys_allow(member, operation.column, new, catalog):
            return Certain(
                "42804", f"a foreign key of {operation.column} would join different types"
            )
    return unsure


def _default_refuses(
    state: ColumnState, old: Type, new: Type, catalog: Catalog, version: int
) -> Certain | None:
    default = state.default
    if state.generated is not None and not state.generated.stored:
        default = state.generated.expression
    if default is None or default.opaque or default.sql.upper() == "NULL":
        return None
    given = type_of(default, old)
    if way(given, new, explicit=False, catalog=catalog, version=version) is Way.NONE:
        return Certain("42804", f"its default cannot be cast to {new}")
    return None


def type_of(default: Expression, column: Type) -> Type:
    """Return the type of a default, that of its column where nothing else is written."""
    words = list(tokens(default.sql))
    if "::" in words:
        at = len(words) - 1 - words[::-1].index("::")
        found = read_type(words[at + 1 :])
        if found is not None and not joins(words[:at]):
            return found
    return column


def joins(words: list[str]) -> bool:
    """Say whether an operator stands at the top, so that a cast at the end is not the whole."""
    depth = 0
    for word in words:
        depth += (word in "([") - (word in ")]")
        if depth == 0 and word[0] in "+-*/<>=~!@#%^&|`?" and len(words) > 1:
            return True
    return False


def depended_on(table: Name, column: str, catalog: Catalog) -> Certain | Unknown | None:
    """Return the refusal of what uses the column as it is."""
    found = _surely_depended_on(table, column, catalog)
    if found is not None:
        return found
    for view in catalog.views_on_column(table, column):
        return Unknown(Fact.FAILS, f"whether the view {view.name} uses the column")
    return None


def _surely_depended_on(table: Name, column: str, catalog: Catalog) -> Certain | None:
    for view in catalog.views_on_column(table, column):
        if catalog.reads_surely(view, table, column):
            return Certain("0A000", f"the view {view.name} uses the column")
    named = _named_in_code(catalog, table, column)
    if named is not None:
        return Certain("0A000", f"the {named} uses the column")
    known = catalog.table(table)
    for other in known.columns if known is not None else ():
        if other.generated and column in other.generated.expression.columns:
            return Certain("0A000", f"the generated column {other.name} uses the column")
    return None


def _named_in_code(catalog: Catalog, table: Name, column: str) -> str | None:
    """Return the policy or trigger whose definition names a column."""
    for policy in catalog.policies_on(table, column):
        return f"policy {policy.name}"
    word = pattern(rf"\b{re.escape(column)}\b")
    for trigger in catalog.triggers(table):
        if word.search(" ".join(_CONDITIONS.findall(trigger.sql))):
            return f"trigger {trigger.name}"
    return None


_CONDITIONS = pattern(r"\bOF\b.*?\bON\b|\bWHEN\b.*?\bEXECUTE\b", re.DOTALL)
"""The parts of a trigger that the server holds on to: its columns and its condition."""


def keys_allow(table: Name, column: str, new: Type, catalog: Catalog) -> bool:
    """Say whether the foreign keys of a column can be made again for its new type."""
    for state, mine, theirs in joined(table, column, catalog):
        key = state.constraint
        if not isinstance(key, ForeignKey):
            continue
        own = catalog.column(state.table, mine)
        other = catalog.column(key.referenced, theirs)
        here = catalog.key(table)
        is_own = catalog.key(state.table) == here and mine == column
        is_other = catalog.key(key.referenced) == here and theirs == column
        kinds = (
            new if is_own else None if own is None else own.type,
            new if is_other else None if other is None else other.type,
        )
        if can_reference(*kinds, catalog) is False:
            return False
    return True


def joined(
    table: Name, column: str, catalog: Catalog
) -> Iterator[tuple[ConstraintState, str, str]]:
    """Yield the foreign keys that a column is in, with both columns that meet there."""
    there = {(each.table, each.name): each for each in catalog.foreign_keys_of(table)}
    there |= {(each.table, each.name): each for each in catalog.foreign_keys_to(table)}
    for state in there.values():
        key = state.constraint
        if isinstance(key, ForeignKey):
            theirs = referenced_columns(catalog, key) or ()
            for mine, name in zip(key.columns, theirs, strict=False):
                own = catalog.key(state.table) == catalog.key(table) and mine == column
                if own or (catalog.key(key.referenced) == catalog.key(table) and name == column):
                    yield state, mine, name


# --- what the rows may refuse ------------------------------------------------------------


def fails_on_data(operation: AlterColumnType, change: TypeChange, catalog: Catalog) -> Fails:
    """Return what a change that fits the schema may still meet in the rows."""
    table, column, new = operation.table, operation.column, operation.type
    using = operation.using
    chain = None if using is None else casts(using, column)
    if chain is not None and chain.null:
        return _emptied(table, column, new, catalog)
    if change.values is Values.UNKNOWN and using is not None:
        if using.constant:
            return _repeated(table, column, catalog)
        return OnData("22000", f"some value that {using.sql} gives may not fit")
    if change.sqlstate is None or new is None:
        return Never()
    # With USING the server stores what the expression gives, not the value itself.
    query = None if using else probes.misfits(table, column, new)
    return OnData(change.sqlstate, f"some value of {column} may not fit {new}", query)


def _emptied(table: Name, column: str, new: Type | None, catalog: Catalog) -> Fails:
    """Return what refuses a NULL in every row."""
    state = catalog.column(table, column)
    domain = None if new is None else catalog.domain(Name(new.name, new.schema))
    refuses = domain is not None and not domain.nullable
    if domain is not None and domain.checks and not refuses:
        return OnData("23514", f"{domain.name} may refuse NULL")
    if refuses or state is None or state.nullable is False:
        return OnData("23502", f"{column} is NOT NULL", probes.any_row(table))
    for each in catalog.constraints_on(table, column):
        check = each.constraint
        if isinstance(check, Check) and _is_valid_check(each):
            sure = not check.expression.opaque and proves_not_null(check.expression.sql, column)
            query = probes.any_row(table) if sure else None
            return OnData("23514", f"{each.name} may refuse NULL", query)
    return Never()


def _repeated(table: Name, column: str, catalog: Catalog) -> Fails:
    """Return what refuses one and the same value in every row."""
    for index in catalog.indexes_on(table, column):
        if index.unique:
            return OnData("23505", f"{index.name} allows each value once")
    for each in catalog.constraints_on(table, column):
        if _is_valid_check(each):
            return OnData("23514", f"{each.name} may refuse the value")
    return Never()
