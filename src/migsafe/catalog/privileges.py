"""Privileges as the server counts them: what ALL means, what a new object comes with."""

from collections.abc import Iterable, Iterator

from migsafe.catalog.schema import EVERYONE, SOMEBODY, DefaultRights, Right, Rights
from migsafe.model.operations import ObjectKind

OF_KIND: dict[ObjectKind, tuple[str, ...]] = {
    ObjectKind.TABLE: (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
        "MAINTAIN",
    ),
    ObjectKind.SEQUENCE: ("SELECT", "UPDATE", "USAGE"),
    ObjectKind.ROUTINE: ("EXECUTE",),
    ObjectKind.SCHEMA: ("CREATE", "USAGE"),
    ObjectKind.TYPE: ("USAGE",),
}
"""All privileges of a kind; views are tables here, and domains types. MAINTAIN came with 17."""
OF_COLUMN = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
BUILT_IN: dict[ObjectKind, tuple[Right, ...]] = {
    ObjectKind.ROUTINE: (Right(EVERYONE, "EXECUTE"),),
    ObjectKind.TYPE: (Right(EVERYONE, "USAGE"),),
}
"""What everyone may do with a new object, unless default privileges say otherwise."""


def named(privileges: Iterable[str], kind: ObjectKind) -> Iterator[tuple[str, str | None]]:
    """Yield privilege and column of each that a GRANT or REVOKE names, ALL spelled out."""
    for text in privileges:
        word, _, listed = text.partition(" (")
        columns = listed.removesuffix(")").split(", ") if listed else [None]
        every = OF_COLUMN if listed else OF_KIND[kind]
        for column in columns:
            for privilege in every if word == "ALL" else (word,):
                yield privilege, column


def with_rights(rights: tuple[Right, ...], new: Iterable[Right]) -> tuple[Right, ...]:
    """Return rights with others added; who may pass one on keeps that."""
    found = {_key(right): right for right in rights}
    for right in new:
        held = found.get(_key(right))
        if held is None or right.grantable:
            found[_key(right)] = right
    return tuple(found[key] for key in sorted(found))


def _key(right: Right) -> tuple[str, str, str]:
    return right.role, right.privilege, right.column or ""


def first(
    defaults: tuple[DefaultRights, ...], maker: str | None, schema: str | None, kind: ObjectKind
) -> Rights | None:
    """Return what a new object comes with, None where nobody changed what is built in.

    Args:
        defaults: What ALTER DEFAULT PRIVILEGES said.
        maker: Who makes it, None for the role that migrations run as, or SOMEBODY.
        schema: Where it is made.
        kind: What it is, as in `OF_KIND`.
    """
    inside = [each for each in defaults if each.kind is kind and each.schema in {None, schema}]
    own = [each for each in inside if each.maker == maker != SOMEBODY]
    anywhere = [each.granted for each in own if each.schema is None]
    granted = anywhere[0] if anywhere else BUILT_IN.get(kind, ())
    for each in own:
        if each.schema is not None:
            granted = with_rights(granted, each.granted)
    perhaps: tuple[Right, ...] = ()
    for each in inside:
        # One of the two roles has no name here: they may be the same one.
        if each not in own and not {None, SOMEBODY}.isdisjoint({each.maker, maker}):
            perhaps = with_rights(perhaps, each.granted)
    if maker == SOMEBODY:
        return Rights(granted, perhaps=perhaps, unread=True)
    if not own and not perhaps and maker is None:
        return None
    return Rights(granted, owner=maker, perhaps=perhaps)
