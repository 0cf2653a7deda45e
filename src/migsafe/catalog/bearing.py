"""Whether something of a schema bears a name that application code may say."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.codebase.touched import Touched
from migsafe.model.code import UseKind
from migsafe.model.operations import ObjectKind

_RELATIONS = (ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW)


def is_borne(thing: Touched, catalog: Catalog) -> bool:
    """Say whether a name is known to be there: a view may bear that of a table."""
    name, owner = thing.full_name, thing.owner
    match thing.kind:
        case UseKind.COLUMN if owner is not None:
            return catalog.column_existence(owner, thing.name) is Existence.PRESENT
        case UseKind.CONSTRAINT if owner is not None:
            return catalog.constraint(owner, thing.name) is not None
        case UseKind.LABEL if owner is not None:
            enum = catalog.enum(owner)
            return enum is not None and thing.name in (enum.labels or ())
        case UseKind.TABLE:
            return any(catalog.existence(kind, name) is Existence.PRESENT for kind in _RELATIONS)
        case UseKind.TYPE:
            return catalog.existence(ObjectKind.TYPE, name) is Existence.PRESENT
        case UseKind.FUNCTION:
            return bool(catalog.routines(name))
        case _:
            return False
