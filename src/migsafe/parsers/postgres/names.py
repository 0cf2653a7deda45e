"""Names of relations, types, routines and roles."""

from collections.abc import Iterable, Sequence

from migsafe.model.expressions import Name
from migsafe.parsers.postgres import pb

_SPECIAL_ROLES = {
    pb.ROLESPEC_CURRENT_ROLE: "CURRENT_ROLE",
    pb.ROLESPEC_CURRENT_USER: "CURRENT_USER",
    pb.ROLESPEC_SESSION_USER: "SESSION_USER",
    pb.ROLESPEC_PUBLIC: "PUBLIC",
}


def relation(var: pb.RangeVar) -> Name:
    """Return a relation's name; a database in front of it can only be the own one."""
    return Name(var.relname, var.schemaname or None)


def strings(nodes: Iterable[pb.Node]) -> tuple[str, ...]:
    """Return the texts of a list of strings."""
    return tuple([node.string.sval for node in nodes])


def dotted(nodes: Iterable[pb.Node]) -> Name:
    """Return the name that a list of strings spells, last part first in rank."""
    parts = strings(nodes)
    return Name(parts[-1], parts[-2] if len(parts) > 1 else None)


def within(nodes: Sequence[pb.Node]) -> tuple[Name, str]:
    """Return relation and object of `schema.relation.object`."""
    return dotted(nodes[:-1]), nodes[-1].string.sval


def role(spec: pb.RoleSpec) -> str:
    """Return a role's name; CURRENT_USER, PUBLIC and friends in capitals."""
    name: str = spec.rolename
    return _SPECIAL_ROLES.get(spec.roletype, name)
