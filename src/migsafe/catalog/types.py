"""Enums, domains and other types."""

from migsafe.catalog import dropping, rights
from migsafe.catalog.facts import Facts
from migsafe.catalog.naming import free_name
from migsafe.catalog.schema import CompositeState, DomainState, EnumState
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AttributeAction,
    Check,
    Column,
    CreateDomain,
    CreateEnum,
    CreateType,
    DomainAction,
    NotNull,
    ObjectKind,
    RenameEnumValue,
    RenameObject,
)
from migsafe.model.record import replace

_TYPE = ObjectKind.TYPE


def create_enum(facts: Facts, operation: CreateEnum, made_by: str | None) -> None:
    """Apply CREATE TYPE … AS ENUM."""
    key = facts.new_key(operation.type)
    present = facts.is_present(key, _TYPE)
    if operation.if_not_exists and present:
        return
    sure = not operation.if_not_exists or present is False
    labels = operation.labels if sure else None
    facts.enums = facts.enums.put(key, EnumState(key, labels, made_by))
    facts.made(key, _TYPE)


def add_value(facts: Facts, operation: AddEnumValue) -> None:
    """Apply ALTER TYPE … ADD VALUE."""
    enum = _enum(facts, operation.type)
    labels = enum.labels
    if labels is None or operation.label in labels:
        return
    at = len(labels)
    if operation.neighbour is not None and operation.neighbour in labels:
        at = labels.index(operation.neighbour) + (1 if operation.after else 0)
    added = (*labels[:at], operation.label, *labels[at:])
    facts.enums = facts.enums.put(enum.name, replace(enum, labels=added))


def rename_value(facts: Facts, operation: RenameEnumValue) -> None:
    """Apply ALTER TYPE … RENAME VALUE."""
    enum = _enum(facts, operation.type)
    if enum.labels is not None:
        labels = tuple(
            operation.new_label if label == operation.label else label for label in enum.labels
        )
        facts.enums = facts.enums.put(enum.name, replace(enum, labels=labels))


def _enum(facts: Facts, name: Name) -> EnumState:
    """Return an enum that a statement changes; noted if history did not show it."""
    key = facts.key(name, _TYPE)
    enum = facts.enums.get(key)
    if enum is None:
        enum = EnumState(key, None)
        facts.enums = facts.enums.put(key, enum)
    facts.seen(key, _TYPE)
    return enum


def create_domain(facts: Facts, operation: CreateDomain, made_by: str | None) -> None:
    """Apply CREATE DOMAIN."""
    key = facts.new_key(operation.domain)
    checks: list[Check] = []
    for check in operation.checks:
        checks.append(_named(key, check, checks))
    facts.domains = facts.domains.put(
        key,
        DomainState(
            key,
            operation.type,
            nullable=operation.nullable,
            default=operation.default,
            checks=tuple(checks),
            made_by=made_by,
        ),
    )
    facts.made(key, _TYPE)


def _named(key: Name, check: Check, others: list[Check]) -> Check:
    if check.name is not None:
        return check
    taken = {each.name for each in others}
    return replace(check, name=free_name(key.name, None, "check", taken.__contains__))


def alter_domain(facts: Facts, operation: AlterDomain) -> None:
    """Apply ALTER DOMAIN."""
    key = facts.key(operation.domain, _TYPE)
    domain = facts.domains.get(key)
    facts.seen(key, _TYPE)
    if domain is None:
        return
    facts.domains = facts.domains.put(key, _altered(domain, operation))


def _altered(  # noqa: C901 - a table
    domain: DomainState, operation: AlterDomain
) -> DomainState:
    match operation.action:
        case DomainAction.SET_DEFAULT:
            return replace(domain, default=operation.default)
        case DomainAction.DROP_DEFAULT:
            return replace(domain, default=None)
        case DomainAction.SET_NOT_NULL:
            return replace(domain, nullable=False)
        case DomainAction.DROP_NOT_NULL:
            return replace(domain, nullable=True)
        case DomainAction.ADD_CONSTRAINT:
            match operation.check:
                case Check() as check:
                    named = _named(domain.name, check, list(domain.checks))
                    return replace(domain, checks=(*domain.checks, named))
                case NotNull():
                    return replace(domain, nullable=False)
                case None:
                    return domain
        case DomainAction.DROP_CONSTRAINT:
            others = tuple(check for check in domain.checks if check.name != operation.constraint)
            return replace(domain, checks=others)
        case DomainAction.VALIDATE_CONSTRAINT:
            checks = tuple(
                replace(check, valid=True) if check.name == operation.constraint else check
                for check in domain.checks
            )
            return replace(domain, checks=checks)


def rename_check(facts: Facts, operation: RenameObject) -> None:
    """Apply ALTER DOMAIN … RENAME CONSTRAINT."""
    if operation.table is None:
        return
    domain = facts.domains.get(facts.key(operation.table, _TYPE))
    if domain is not None:
        checks = tuple(
            replace(check, name=operation.new_name)
            if check.name == operation.object.name
            else check
            for check in domain.checks
        )
        facts.domains = facts.domains.put(domain.name, replace(domain, checks=checks))


def create_type(facts: Facts, operation: CreateType) -> None:
    """Apply CREATE TYPE of another kind: kept as text, unless it has attributes."""
    key = facts.new_key(operation.type)
    text = operation.sql
    if operation.attributes:
        facts.composites = facts.composites.put(key, CompositeState(key, operation.attributes))
        text = ""
    facts.objects = facts.objects.put((_TYPE, key), text)
    facts.made(key, _TYPE)


def alter_composite(facts: Facts, operation: AlterCompositeType) -> None:
    """Apply ALTER TYPE … ATTRIBUTE."""
    composite = _composite(facts, operation.type)
    name, type_ = operation.attribute, operation.attribute_type
    attributes = composite.attributes
    match operation.action:
        case AttributeAction.ADD:
            attributes = (*attributes, Column(name, type_))
        case AttributeAction.DROP:
            attributes = tuple(each for each in attributes if each.name != name)
        case AttributeAction.ALTER:
            attributes = tuple(
                replace(each, type=type_) if each.name == name else each for each in attributes
            )
    changed = replace(composite, attributes=attributes)
    facts.composites = facts.composites.put(composite.name, changed)


def rename_attribute(facts: Facts, type: Name, old: str, new: str) -> None:
    """Apply ALTER TYPE … RENAME ATTRIBUTE."""
    composite = _composite(facts, type)
    attributes = tuple(
        replace(each, name=new) if each.name == old else each for each in composite.attributes
    )
    changed = replace(composite, attributes=attributes)
    facts.composites = facts.composites.put(composite.name, changed)


def _composite(facts: Facts, name: Name) -> CompositeState:
    """Return a composite type that a statement changes; noted if history did not show it."""
    key = facts.key(name, _TYPE)
    composite = facts.composites.get(key)
    if composite is None:
        composite = CompositeState(key, (), complete=False)
        facts.objects = facts.objects.put((_TYPE, key), "")
    facts.seen(key, _TYPE)
    return composite


def take(facts: Facts, key: Name) -> None:
    """Remove a type; columns of that type go with it (CASCADE)."""
    for table, column in facts.type_users.get(key) or ():
        dropping.take(facts, table, column)
    facts.enums = facts.enums.drop(key)
    facts.domains = facts.domains.drop(key)
    facts.composites = facts.composites.drop(key)
    facts.objects = facts.objects.drop((_TYPE, key))
    facts.gone(key, _TYPE)


def move(facts: Facts, old: Name, new: Name) -> None:
    """Give a type another name or schema; columns of that type follow."""
    users = facts.type_users.get(old) or ()
    was_known = facts.is_present(old, _TYPE)
    enum, domain = facts.enums.get(old), facts.domains.get(old)
    text = facts.objects.get((_TYPE, old))
    if enum is not None:
        facts.enums = facts.enums.drop(old).put(new, replace(enum, name=new))
    if domain is not None:
        facts.domains = facts.domains.drop(old).put(new, replace(domain, name=new))
    composite = facts.composites.get(old)
    if composite is not None:
        moved = replace(composite, name=new)
        facts.composites = facts.composites.drop(old).put(new, moved)
    if text is not None:
        facts.objects = facts.objects.drop((_TYPE, old)).put((_TYPE, new), text)
    kept = facts.rights.get((_TYPE, old))
    facts.gone(old, _TYPE)
    if was_known is not False:
        facts.made(new, _TYPE)
    rights.carry(facts, _TYPE, new, kept)
    facts.type_users = facts.type_users.drop(old)
    for table, name in users:
        column = facts.column(table, name)
        if column is not None and column.type is not None:
            type_ = replace(column.type, name=new.name, schema=new.schema)
            facts.put_column(table, replace(column, type=type_))
