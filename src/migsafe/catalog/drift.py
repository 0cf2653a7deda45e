"""What is known to differ between an object at one time and at another.

Two schemas are compared as a reviewer would who allows for spelling: what is not known of either
side is no difference, and neither is another way to write the same type or default.
"""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, IndexState
from migsafe.catalog.text import says_the_same
from migsafe.catalog.uniqueness import guarantee_of
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import Check, Constraint, ForeignKey, Unique
from migsafe.writing.tokens import tokens

_UNBOUNDED = {"text", "character varying"}
_SAME = {
    "current_timestamp": "now()",
    "transaction_timestamp()": "now()",
    "t": "true",
    "true": "true",
    "f": "false",
    "false": "false",
}


def of_column(
    before: ColumnState, after: ColumnState, catalog: Catalog, *, made_again: bool
) -> Iterator[str]:
    """Yield in words what a column is now and was not; to hold more values is no difference.

    Args:
        before: The column as it was.
        after: The column as it is.
        catalog: The schema as it is.
        made_again: It was dropped in between: the rows that are there hold nothing in it, so it
            cannot be required and needs no default.
    """
    if before.type is not None and after.type is not None and not _holds(after.type, before.type):
        yield f"of type {after.type} ({before.type} before)"
    if made_again:
        return
    if before.nullable is True and after.nullable is False:
        yield "NOT NULL, which it was not"
    numbered = before.identity is not None or after.identity is not None
    # A default that is a label follows when the label is renamed.
    label = after.type is not None and catalog.enum(Name(after.type.name, after.type.schema))
    if before.since and after.since and not numbered and not label:
        yield from _of_default(before.default, after.default)


def _of_default(before: Expression | None, after: Expression | None) -> Iterator[str]:
    if any(
        each is not None and (each.opaque or "nextval" in each.functions)
        for each in (before, after)
    ):
        return
    old, new = _plain(before), _plain(after)
    if old == new:
        return
    if new is None:
        yield f"without its default {old}"
    elif old is None:
        yield f"with the default {new}, which it had not"
    elif before is not None and after is not None and before.constant and after.constant:
        yield f"with the default {new} ({old} before)"


def _plain(default: Expression | None) -> str | None:
    """Return a default in one spelling: without casts of a literal and quotes of a number."""
    if default is None:
        return None
    words = list(tokens(default.sql))
    if words[1:2] == ["::"]:
        words = words[:1]
    text = " ".join(words)
    if text.upper() == "NULL":
        return None
    bare = text[1:-1] if text[:1] == text[-1:] == "'" else text
    if bare.removeprefix("-").replace(".", "", 1).isdecimal():
        return bare
    return _SAME.get(bare.lower().replace(" ", ""), text)


def _holds(new: Type, old: Type) -> bool:
    """Say whether a type is another, or one of the same kind that is as wide at least."""
    if new.array != old.array:
        return False
    if new.name != old.name:
        return {new.name, old.name} <= _UNBOUNDED and not new.modifiers
    if new.modifiers in {(), old.modifiers}:
        return True
    match new.modifiers, old.modifiers:
        case (wide,), (narrow,) if wide.isdecimal() and narrow.isdecimal():
            return int(wide) >= int(narrow)
        case _:
            return False


def is_another_index(before: IndexState, after: IndexState) -> bool:
    """Say whether an index of one name serves or promises something else."""
    if before.unique != after.unique or before.method != after.method:
        return True
    if before.unique:
        return guarantee_of(before) != guarantee_of(after)
    if any(element.column is None for element in (*before.elements, *after.elements)):
        # The server writes expressions in its own way.
        return False
    plain = [
        [(each.column, each.descending, each.nulls_first) for each in index.elements]
        for index in (before, after)
    ]
    return plain[0] != plain[1] or (before.where is None) != (after.where is None)


def of_constraint(
    before: Constraint, after: Constraint, first: Catalog, last: Catalog
) -> Iterator[str]:
    """Yield in words what a constraint of one name asks for now and did not ask for."""
    match before, after:
        case Check(expression=one), Check(expression=other):
            if not (one.opaque or other.opaque) and one.sql != other.sql:
                yield "with another condition than before"
        case ForeignKey() as one, ForeignKey() as other:
            if one.columns != other.columns or first.key(one.referenced) != last.key(
                other.referenced
            ):
                yield "between other columns than before"
            for event, old, new in (
                ("DELETE", one.on_delete, other.on_delete),
                ("UPDATE", one.on_update, other.on_update),
            ):
                if old is not new:
                    yield f"with ON {event} {new.value} ({old.value} before)"
        case Unique(columns=one), Unique(columns=other):
            if set(one) != set(other):
                yield "on other columns than before"
        case _:
            pass


def is_another_view(name: Name, first: Catalog, last: Catalog) -> bool:
    """Say whether a view of one name gives something else."""
    before, after = first.view(name), last.view(name)
    return (
        before is not None
        and after is not None
        and (before.query.sql, before.columns) != (after.query.sql, after.columns)
    )


def is_another_routine(name: Name, arguments: str, first: Catalog, last: Catalog) -> bool:
    """Say whether a routine of one name and arguments does something else."""
    bodies = [
        each.body
        for catalog in (first, last)
        for each in catalog.routines(name)
        if each.arguments == arguments
    ]
    match bodies:
        case [str() as before, str() as after]:
            return not says_the_same(before, after)
        case _:
            return False
