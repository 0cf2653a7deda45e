"""The way a server gets from one type to another.

Source:
    src/backend/parser/parse_coerce.c of PostgreSQL, find_coercion_pathway; the table is
    pg_cast of the servers that `migsafe_dev.generated.builtin_types` asked.
"""

from enum import StrEnum
from functools import cache

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.effects.postgres import builtin_types
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import ObjectKind
from migsafe.model.record import record

SERIALS = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}
STRINGS = frozenset({"text", "character varying", "character", "bpchar", "name"})
TRUSTED = {"citext", "hstore", "ltree", "geometry", "geography", "vector"}
"""Types of well-known extensions: neither domains nor enums."""

_NEWEST = 18
_DEEPEST = 32


class Way(StrEnum):
    """What stands between a value of one type and the same of another."""

    NOTHING = "nothing"
    """The bytes are the same; what bounds the length is another matter."""
    FUNCTION = "function"
    TEXT = "text"
    """The value is written as text and read again."""
    ELEMENTS = "elements"
    """The elements of an array go their own way, one by one."""
    NONE = "none"
    """The server refuses."""
    UNKNOWN = "unknown"


@record
class BuiltIn:
    """What the server knows about one of its own types."""

    category: str
    storage: str
    text: str
    """`s` where its text depends on settings of the session, else `i`."""
    methods: frozenset[str]


@cache
def built_in() -> dict[str, BuiltIn]:
    """Return the server's own types by name."""
    rows = (line.split("|") for line in builtin_types.TYPES.split("\n") if line)
    found = {
        name: BuiltIn(category, storage, text, frozenset(methods.split()))
        for name, category, storage, text, methods in rows
    }
    found["bpchar"] = found["character"]
    return found


@cache
def _casts() -> dict[tuple[str, str], tuple[str, str, int]]:
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for line in builtin_types.CASTS.split("\n"):
        if line:
            source, target, how, *since = line.split("|")
            found[source, target] = (how[0], how[1], int(since[0]) if since else 0)
    return found


def plain_name(kind: Type) -> str:
    """Return the name of a type, that of the stored type for a serial."""
    name = SERIALS.get(kind.name, kind.name)
    return "character" if name == "bpchar" else name


def is_built_in(kind: Type) -> bool:
    """Say whether a type is one of the server's own."""
    return kind.schema in {None, "pg_catalog"} and plain_name(kind) in built_in()


def exists(kind: Type, catalog: Catalog | None) -> bool | None:
    """Say whether there is a type of that name, None if that is not known."""
    if is_built_in(kind):
        return True
    if catalog is None:
        return None
    name = Name(kind.name, kind.schema)
    if catalog.domain(name) or catalog.enum(name) or catalog.composite(name):
        return True
    found = catalog.existence(ObjectKind.TYPE, name)
    if found is Existence.ABSENT and kind.name not in TRUSTED:
        return False
    return True if found is Existence.PRESENT else None


def bare(kind: Type, catalog: Catalog | None) -> Type:
    """Return the type under domains, the type itself where there is none."""
    for _ in range(_DEEPEST):
        domain = None
        if catalog is not None and not kind.array:
            domain = catalog.domain(Name(kind.name, kind.schema))
        if domain is None:
            break
        kind = domain.type
    return kind


def category(kind: Type, catalog: Catalog | None) -> str | None:
    """Return the letter of a type's category: S for strings, N for numbers, A for arrays."""
    kind = bare(kind, catalog)
    if kind.array:
        return "A"
    if is_built_in(kind):
        return built_in()[plain_name(kind)].category
    name = Name(kind.name, kind.schema)
    if catalog is not None and catalog.enum(name) is not None:
        return "E"
    if catalog is not None and catalog.composite(name) is not None:
        return "C"
    return None


def way(
    old: Type,
    new: Type,
    *,
    explicit: bool,
    catalog: Catalog | None = None,
    version: int = _NEWEST,
) -> Way:
    """Return how a value is stored as another type, or cast to it where `explicit`.

    Args:
        old: The type that there is.
        new: The type that is wanted.
        explicit: Whether the statement asks for the cast.
        catalog: The schema, for domains, enums and composite types.
        version: The server's major version: newer ones have more casts.
    """
    old, new = bare(old, catalog), bare(new, catalog)
    if same(old, new):
        return Way.NOTHING
    if not (old.array or new.array):
        found = _casts().get((plain_name(old), plain_name(new)))
        if found is not None and is_built_in(old) and is_built_in(new):
            how, context, since = found
            if since <= version and (explicit or context != "e"):
                return {"b": Way.NOTHING, "f": Way.FUNCTION, "i": Way.TEXT}[how]
    if old.array and new.array:
        inner = way(
            _element(old), _element(new), explicit=explicit, catalog=catalog, version=version
        )
        return inner if inner in {Way.TEXT, Way.NONE, Way.UNKNOWN} else Way.ELEMENTS
    from_, to = category(old, catalog), category(new, catalog)
    if from_ is None or to is None:
        return Way.UNKNOWN
    if to == "S" or (explicit and from_ == "S"):
        return Way.TEXT
    return Way.NONE


def same(old: Type, new: Type) -> bool:
    """Say whether two types are one, lengths and collations apart."""
    return (plain_name(old), old.array, _schema(old)) == (plain_name(new), new.array, _schema(new))


def _schema(kind: Type) -> str | None:
    return None if kind.schema in {"public", "pg_catalog"} else kind.schema


def _element(kind: Type) -> Type:
    return Type(kind.name, kind.modifiers, schema=kind.schema)


def is_implicit(old: Type, new: Type) -> bool:
    """Say whether the server makes a cast between its own types wherever it helps."""
    found = _casts().get((plain_name(old), plain_name(new)))
    return found is not None and found[1] == "i" and not (old.array or new.array)


def has_stable_text(kind: Type, catalog: Catalog | None) -> bool:
    """Say whether the text of a value depends on more than the value: settings, labels."""
    kind = bare(kind, catalog)
    if kind.array or category(kind, catalog) in {"E", "C"}:
        return True
    return is_built_in(kind) and built_in()[plain_name(kind)].text != "i"


def methods(kind: Type, catalog: Catalog | None) -> frozenset[str] | None:
    """Return the index methods that hold a type where no operator class is named."""
    kind = bare(kind, catalog)
    if kind.array:
        return frozenset({"btree", "gin", "hash"})
    if is_built_in(kind):
        return built_in()[plain_name(kind)].methods
    return {"E": frozenset({"btree", "hash"}), "C": frozenset({"btree", "hash"})}.get(
        category(kind, catalog) or ""
    )
