"""Whole catalogs: a digest that two equal ones share, and what differs between two."""

from collections.abc import Iterator, Mapping
from enum import Enum
from hashlib import sha256

from migsafe.catalog import privileges
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import (
    ColumnState,
    ConstraintState,
    IndexState,
    Right,
    TriggerState,
)
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import ObjectKind, Query
from migsafe.model.record import is_record, names

# What says where a record came from, not what it is; `columns` and `functions` of an
# expression follow from its text.
# Whether a materialized view has been filled is a matter of rows.
_NO_PART = frozenset({"made_by", "since", "origin", "populated", "output", "surely"})

Lines = Mapping[str, str]


def digest(catalog: Catalog) -> str:
    """Return a SHA-256 of all that the catalog knows.

    The order in which objects were made and the migrations that made them do not count.
    """
    text = "".join(f"{key}\t{value}\n" for key, value in sorted(_lines(catalog).items()))
    return sha256(f"complete={catalog.complete}\n{text}".encode()).hexdigest()


def difference(before: Catalog, after: Catalog) -> tuple[str, ...]:
    """Return what differs between two catalogs, one line an object or property.

    `- ` is only in the first, `+ ` only in the second; nothing means that their digests
    are equal, completeness aside.
    """
    old, new = _lines(before), _lines(after)
    found: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) == new.get(key):
            continue
        if key in old:
            found.append(f"- {key} {old[key]}".rstrip())
        if key in new:
            found.append(f"+ {key} {new[key]}".rstrip())
    return tuple(found)


def _lines(catalog: Catalog) -> Lines:
    lines: dict[str, str] = {}
    facts = catalog.facts
    for key, table in facts.tables.items():
        own = _text(table, without=frozenset({"name", "columns"}))
        lines[f"table {_full(key)}"] = own
        for column in table.columns:
            lines[f"column {_full(key)}.{column.name}"] = _record(column)
    for key, attached in facts.attached.items():
        for constraint in attached.constraints:
            lines[f"constraint {constraint.name} on {_full(key)}"] = _record(constraint)
        for trigger in attached.triggers:
            lines[f"trigger {trigger.name} on {_full(key)}"] = _record(trigger)
        for setting, value in attached.settings:
            lines[f"{setting} of {_full(key)}"] = value
    for index in facts.indexes.values():
        lines[f"index {_full(index.name)}"] = _record(index)
    lines |= dict(_objects(catalog))
    lines |= dict(_rights(catalog))
    return lines


def _objects(catalog: Catalog) -> Iterator[tuple[str, str]]:
    facts = catalog.facts
    unnamed = frozenset({"name"})
    for key, view in facts.views.items():
        yield f"view {_full(key)}", _text(view, without=unnamed)
    for key, sequence in facts.sequences.items():
        yield f"sequence {_full(key)}", _text(sequence, without=unnamed)
    for key, enum in facts.enums.items():
        yield f"enum {_full(key)}", _text(enum, without=unnamed)
    for key, composite in facts.composites.items():
        yield f"composite {_full(key)}", _text(composite, without=unnamed)
    for key, domain in facts.domains.items():
        yield f"domain {_full(key)}", _text(domain, without=unnamed)
    for key, overloads in facts.routines.items():
        for routine in overloads:
            name = f"routine {_full(key)}({routine.arguments})"
            yield name, _text(routine, without=frozenset({"name", "arguments", "returns"}))
    for (kind, key), text in facts.objects.items():
        yield f"{kind.value.lower()} {_full(key)}", text


def _rights(catalog: Catalog) -> Iterator[tuple[str, str]]:
    facts = catalog.facts
    for (space, key), overloads in facts.rights.items():
        for rights in overloads:
            brackets = f"({rights.arguments})" if space is ObjectKind.ROUTINE else ""
            name = f"{_full(key)}{brackets}"
            if rights.owner is not None:
                yield f"owner of {name}", rights.owner
            if rights.granted != privileges.BUILT_IN.get(space, ()):
                yield f"rights on {space.lower()} {name}", _listed(rights.granted)
    for each in facts.default_rights:
        if each.granted != (privileges.BUILT_IN.get(each.kind, ()) if each.schema is None else ()):
            place = f"{each.kind.lower()} in {each.schema or 'any schema'}"
            yield f"default rights of {each.maker or ''} on {place}", _listed(each.granted)
    for role, group in facts.memberships:
        yield f"membership of {role} in {group}", ""


def _listed(rights: tuple[Right, ...]) -> str:
    return "; ".join(
        f"{right.role} {right.privilege}"
        f"{'' if right.column is None else f' ({right.column})'}{'*' * right.grantable}"
        for right in rights
    )


def _full(name: Name) -> str:
    return f"{name.schema or 'public'}.{name.name}"


def _record(record: ColumnState | ConstraintState | IndexState | TriggerState) -> str:
    return _text(record, without=frozenset({"name", "table"}))


def _text(value: object, *, without: frozenset[str] = frozenset()) -> str:
    """Return a value as text that is the same in every run: no dictionary, no address."""
    match value:
        case None:
            return ""
        case Name():
            return _full(value)
        case Type():
            collation = "" if value.collation is None else f" COLLATE {value.collation}"
            return f"{value}{collation}"
        case Expression() | Query():
            return value.sql
        case Enum():
            return str(value.value)
        case tuple():
            return f"({', '.join(_text(each) for each in value)})"
        case _ if is_record(value):
            shown = [
                f"{name}={_text(content)}"
                for name in names(value)
                if name not in without
                and name not in _NO_PART
                and (content := getattr(value, name)) is not None
                and content is not False
                and content != ()
            ]
            return f"{type(value).__name__}({', '.join(shown)})"
        case _:
            return repr(value)
