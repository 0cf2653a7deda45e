"""The rights that a server keeps, as GRANT and REVOKE would have given them."""

from collections.abc import Iterable

from migsafe.catalog import privileges, rights
from migsafe.catalog.facts import Facts
from migsafe.catalog.live.asking import DefaultRightRow, OwnerRow, RightRow
from migsafe.catalog.schema import EVERYONE, DefaultRights, Right
from migsafe.model.expressions import Name
from migsafe.model.operations import DropObject, Grant, ObjectKind, Revoke
from migsafe.parsers.postgres import read_statement


def add(facts: Facts, rows: Iterable[RightRow]) -> None:
    """Note who may use what; an object whose rights are as it was made has no row."""
    by_object: dict[tuple[ObjectKind, Name, str | None], list[Right]] = {}
    for row in rows:
        place = ObjectKind(row.kind), Name(row.name, row.schema), row.arguments
        by_object.setdefault(place, []).extend(_right(row, row.column))
    for (kind, name, given), held in by_object.items():
        arguments = () if given is None else (_canonical(given),)
        # What it came with is among the rows, as far as it is left.
        nothing = Revoke(kind, (name,), ("ALL",), (EVERYONE,), "", arguments=arguments)
        rights.revoke(facts, nothing)
        for right in held:
            column = "" if right.column is None else f" ({right.column})"
            words, role = (f"{right.privilege}{column}",), (right.role,)
            operation = Grant(
                kind, (name,), words, role, "", arguments=arguments, option=right.grantable
            )
            rights.grant(facts, operation)


def _right(row: RightRow | DefaultRightRow, column: str | None = None) -> Iterable[Right]:
    if row.role is not None and row.privilege is not None:
        yield Right(row.role or EVERYONE, row.privilege, column, grantable=bool(row.grantable))


def _canonical(arguments: str) -> str:
    """Return the argument list of a routine in the spelling of the parser."""
    match read_statement(f"DROP ROUTINE x({arguments})"):
        case (DropObject(arguments=str() as found),):
            return found
        case _:
            return arguments


def add_owners(facts: Facts, rows: Iterable[OwnerRow]) -> None:
    """Note to whom objects belong."""
    for row in rows:
        arguments = None if row.arguments is None else _canonical(row.arguments)
        name = Name(row.name, row.schema)
        rights.set_owner(facts, ObjectKind(row.kind), name, row.owner, arguments)


def add_defaults(facts: Facts, rows: Iterable[DefaultRightRow]) -> None:
    """Note what new objects come with."""
    by_place: dict[tuple[str | None, str | None, ObjectKind], list[Right]] = {}
    for row in rows:
        kind = ObjectKind(row.kind)
        if kind in privileges.OF_KIND:
            by_place.setdefault((row.maker, row.schema, kind), []).extend(_right(row))
    facts.default_rights = tuple(
        DefaultRights(*place, privileges.with_rights((), given))
        for place, given in by_place.items()
    )
