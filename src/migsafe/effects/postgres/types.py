"""What changing a column's type does to its values and how they are stored: the types alone."""

from enum import StrEnum

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import DomainState
from migsafe.effects.postgres.casting import (
    STRINGS,
    TRUSTED,
    Way,
    bare,
    exists,
    plain_name,
    same,
    way,
)
from migsafe.effects.postgres.casting import is_built_in as _is_the_servers
from migsafe.effects.postgres.using import casts
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.record import record, replace

_NEWEST = 18


class Work(StrEnum):
    """What the server does to change a type, cheapest first."""

    NONE = "none"
    INDEX_REBUILD = "index rebuild"
    SCAN = "scan"
    REWRITE = "rewrite"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Values(StrEnum):
    """What becomes of the values that are there."""

    KEPT = "kept"
    MAY_FAIL = "may fail"
    """The statement fails on some of them."""
    MAY_CHANGE = "may change"
    """Some are rounded, cut or moved, without an error."""
    UNKNOWN = "unknown"


@record
class TypeChange:
    """What one change of type does; `reason` says why it is refused or not known."""

    work: Work
    values: Values = Values.KEPT
    sqlstate: str | None = None
    reason: str = ""


FREE = TypeChange(Work.NONE)


def is_built_in(type: Type) -> bool:
    """Say whether a type is one of the server's own, or of a well-known extension."""
    return type.array or type.name in TRUSTED or _is_the_servers(type)


def conversion(
    old: Type,
    new: Type,
    using: Expression | None = None,
    column: str = "",
    *,
    catalog: Catalog | None = None,
    version: int = _NEWEST,
) -> TypeChange:
    """Return what the change from one type to another does, for the types alone.

    INDEX_REBUILD is returned whether or not there is an index.

    Source:
        PostgreSQL manual, ALTER TABLE, Notes; the catalogs pg_cast and pg_opclass;
        measured: fixtures/effects/types.toml.
    """
    if using is None:
        change = _step(old, new, explicit=False, catalog=catalog, version=version)
    else:
        change = _through(old, new, using, column, catalog=catalog, version=version)
    if (
        change.work is Work.NONE
        and _collation(old) != _collation(new)
        and plain_name(new) in {*STRINGS, "citext"}
    ):
        return TypeChange(Work.INDEX_REBUILD, change.values, change.sqlstate)
    return change


def _collation(kind: Type) -> str:
    return "default" if kind.collation is None else kind.collation.strip('"')


def _through(
    old: Type,
    new: Type,
    using: Expression,
    column: str,
    *,
    catalog: Catalog | None,
    version: int,
) -> TypeChange:
    """Return what the casts of USING do, and storing what they give."""
    chain = casts(using, column)
    if chain is None:
        return TypeChange(Work.REWRITE, Values.UNKNOWN)
    change, at = FREE, old
    if chain.null:
        change = TypeChange(Work.REWRITE, Values.UNKNOWN)
        at = chain.types[0] if chain.types else new
    for kind in chain.types[1:] if chain.null else chain.types:
        step = _step(at, kind, explicit=True, catalog=catalog, version=version)
        if step.work is Work.REFUSED:
            return replace(step, sqlstate=_CANNOT_CAST, reason=f"{at} cannot be cast to {kind}")
        change, at = _then(change, step), kind
    if _has_all_labels(old, chain.types, catalog):
        change = replace(change, values=Values.KEPT, sqlstate=None)
    return _then(change, _step(at, new, explicit=False, catalog=catalog, version=version))


def _has_all_labels(old: Type, through: tuple[Type, ...], catalog: Catalog | None) -> bool:
    """Say whether casts by way of text lead from one enum to another that lacks no label."""
    if catalog is None or len(through) != _BY_TEXT or plain_name(through[0]) not in _UNBOUNDED:
        return False
    first, last = (catalog.enum(Name(kind.name, kind.schema)) for kind in (old, through[1]))
    if first is None or last is None or first.labels is None or last.labels is None:
        return False
    return not through[0].modifiers and set(first.labels) <= set(last.labels)


_BY_TEXT = 2
_CANNOT_CAST = "42846"
_HARM = (Values.KEPT, Values.MAY_CHANGE, Values.MAY_FAIL, Values.UNKNOWN)
_COST = (Work.NONE, Work.INDEX_REBUILD, Work.SCAN, Work.REWRITE, Work.UNKNOWN, Work.REFUSED)


def _then(first: TypeChange, second: TypeChange) -> TypeChange:
    """Return what two casts do, one after the other."""
    if second.work is Work.REFUSED:
        return second
    work = max(first.work, second.work, key=_COST.index)
    values = max(first.values, second.values, key=_HARM.index)
    known = first.sqlstate or second.sqlstate
    return TypeChange(work, values, known, first.reason or second.reason)


# --- one cast --------------------------------------------------------------------------


_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_UNBOUNDED = frozenset({"text", "character varying"})
_TIMES = (
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "interval",
)
_STAMPS = frozenset({"timestamp without time zone", "timestamp with time zone"})
_SECONDS = 6
_DATA = "22000"
"""The class of the errors in data, where the cast decides which of them it is."""


def _step(  # noqa: C901  # one line a way
    old: Type, new: Type, *, explicit: bool, catalog: Catalog | None, version: int
) -> TypeChange:
    domain = None
    if catalog is not None and not new.array:
        domain = catalog.domain(Name(new.name, new.schema))
    if domain is not None:
        return _into(domain, old, new, explicit=explicit, catalog=catalog, version=version)
    if bare(old, catalog) != old:
        # The server forgets what length the type under a domain has.
        change = _step(bare(old, catalog), new, explicit=explicit, catalog=catalog, version=version)
        return _COPIED if change is FREE and new.modifiers else change
    if exists(new, catalog) is False:
        return TypeChange(Work.REFUSED, sqlstate="42704", reason=f"there is no type {new}")
    how = way(old, new, explicit=explicit, catalog=catalog, version=version)
    match how:
        case Way.NONE:
            return _uncastable(old, new)
        case Way.UNKNOWN:
            return _extension(old, new)
        case Way.NOTHING if same(old, new):
            return _length(old, new, explicit=explicit)
        case Way.NOTHING:
            return _same_bytes(old, new, explicit=explicit)
        case Way.ELEMENTS:
            inner = _step(
                replace(old, array=False),
                replace(new, array=False),
                explicit=explicit,
                catalog=catalog,
                version=version,
            )
            return replace(inner, work=Work.REWRITE)
        case Way.TEXT:
            return _by_text(old, new, explicit=explicit)
        case Way.FUNCTION:
            return _by_function(old, new, explicit=explicit)


def _into(
    domain: DomainState,
    old: Type,
    new: Type,
    *,
    explicit: bool,
    catalog: Catalog | None,
    version: int,
) -> TypeChange:
    """Return what storing values in a domain does: its rules are asked of each."""
    if same(old, new):
        return FREE
    base = _step(old, domain.type, explicit=explicit, catalog=catalog, version=version)
    if base.work is Work.REFUSED or (domain.nullable and not domain.checks):
        return base
    return TypeChange(Work.REWRITE, Values.MAY_FAIL, "23514" if domain.checks else "23502")


def _uncastable(old: Type, new: Type) -> TypeChange:
    return TypeChange(
        Work.REFUSED,
        sqlstate="42804",
        reason=f"{old} cannot be cast automatically to {new}: it needs USING",
    )


def _extension(old: Type, new: Type) -> TypeChange:
    if {plain_name(old), plain_name(new)} in ({"text", "citext"}, {"character varying", "citext"}):
        return TypeChange(Work.INDEX_REBUILD)
    return TypeChange(Work.UNKNOWN, Values.UNKNOWN, reason=f"how the server casts {old} to {new}")


def _number(type: Type, position: int, default: int | None) -> int | None:
    try:
        return int(type.modifiers[position])
    except (IndexError, ValueError):
        return default


_ALTERED = TypeChange(Work.REWRITE, Values.MAY_CHANGE)
_COPIED = TypeChange(Work.REWRITE)
_OVERFLOW = TypeChange(Work.REWRITE, Values.MAY_FAIL, "22003")
_ROUNDED = TypeChange(Work.REWRITE, Values.MAY_CHANGE, "22003")


def _length(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    """Return what a change of length, precision or scale does."""
    if not new.modifiers or old.modifiers == new.modifiers:
        return FREE
    if old.array:
        # The elements are measured one by one even where none can be too long.
        inner = _length(replace(old, array=False), replace(new, array=False), explicit=explicit)
        return replace(inner, work=Work.REWRITE)
    name = plain_name(new)
    if name == "interval":
        return _fields(old, new)
    if name in _TIMES:
        wider = (_number(new, 0, _SECONDS) or 0) >= (_number(old, 0, _SECONDS) or 0)
        return FREE if wider else _ALTERED
    if name == "numeric":
        return _scale(old, new)
    if name == "bit":
        return _ALTERED if explicit else TypeChange(Work.REWRITE, Values.MAY_FAIL, "22026")
    change = _by_length(old, new, explicit=explicit)
    # The blanks at the end of character(n) are bytes.
    return _COPIED if name == "character" and change is FREE else change


def _by_length(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    to, was = _number(new, 0, None), _number(old, 0, None)
    if to is None or (was is not None and to >= was):
        return FREE
    # An explicit cast cuts what is too long; an assignment refuses it.
    return _ALTERED if explicit else TypeChange(Work.REWRITE, Values.MAY_FAIL, "22001")


def _scale(old: Type, new: Type) -> TypeChange:
    precision, scale = _number(new, 0, None), _number(new, 1, 0) or 0
    was, digits = _number(old, 0, None), _number(old, 1, 0) or 0
    if precision is None:
        return FREE
    if was is None or scale < digits:
        return _ROUNDED
    if scale == digits and precision >= was:
        return FREE
    return _COPIED if precision - scale >= was - digits else _OVERFLOW


_FIELDS = {"second": 0, "minute": 1, "hour": 2, "day": 3, "month": 4, "year": 5}


def _fields(old: Type, new: Type) -> TypeChange:
    """Return what other fields or another precision of an interval do."""
    least, precision = _interval(new)
    was, old_precision = _interval(old)
    if least <= was and (was > 0 or precision >= min(old_precision, _SECONDS)):
        return FREE
    return _ALTERED


def _interval(kind: Type) -> tuple[int, int]:
    """Return the rank of the smallest field that is kept, and the digits of its seconds."""
    named = [part for part in kind.modifiers if not part.isdigit()]
    digits = [int(part) for part in kind.modifiers if part.isdigit()]
    least = named[0].split()[-1] if named else "second"
    return _FIELDS.get(least, 0), digits[0] if digits else _SECONDS


_OTHER_ORDER = (
    {"integer", "oid"},
    {"bit", "bit varying"},
    {"text", "character"},
    {"character varying", "character"},
)
"""Types of the same bytes that indexes order by other operator classes."""


def _same_bytes(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    """Return what is left to do where only the name of the type changes."""
    names = {plain_name(old), plain_name(new)}
    kept = TypeChange(Work.INDEX_REBUILD) if names in _OTHER_ORDER else FREE
    if not new.modifiers:
        return kept
    if names == {"text", "character varying"}:
        return _length(Type(new.name, old.modifiers), new, explicit=explicit)
    if plain_name(new) == "character" and names <= STRINGS:
        change = _by_length(old, new, explicit=explicit)
        return _COPIED if change is FREE else change
    # The server forgets what length the other type had.
    measured = _length(Type(new.name), new, explicit=explicit)
    short = _by_length(old, new, explicit=explicit) is FREE and plain_name(new) == "bit varying"
    return _COPIED if short else measured


def _by_text(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    name = plain_name(new)
    if (plain_name(old), name) in _KEPT:
        return _COPIED
    if (plain_name(old), name) == ("json", "jsonb") or (name == "name" and not new.array):
        return _ALTERED
    if name in STRINGS and not new.array:
        return _to_text(old, new, explicit=explicit)
    return TypeChange(Work.REWRITE, Values.MAY_FAIL, _READ.get(name, "22P02"))


_READ = {
    **dict.fromkeys((*_TIMES, "date"), "22007"),
    "xml": "2200N",
    "bit": _DATA,
    "bit varying": _DATA,
    "tsvector": "42601",
    "tsquery": "42601",
}
"""What is wrong with a text that is no value of a type."""


def _to_text(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    length, name = _number(new, 0, None), plain_name(old)
    if length is None:
        return _COPIED
    if name in {"character", "character varying"} and not old.array:
        kept = _by_length(old, new, explicit=explicit)
        return _COPIED if kept is FREE else kept
    longest = {"boolean": len("false"), "uuid": 36, "macaddr": 17, "name": 63}
    longest |= {whole: digits + 1 for whole, digits in _DIGITS.items()}
    if not old.array and length >= longest.get(name, length + 1):
        return _COPIED
    return _by_length(Type("text"), new, explicit=explicit)


_WHOLE = frozenset(_DIGITS)
_FLOATS = frozenset({"real", "double precision"})
_KEPT = {
    *((whole, "double precision") for whole in ("smallint", "integer")),
    *(("smallint", "real"), ("real", "double precision"), ("macaddr", "macaddr8")),
    *(("time without time zone", "interval"), ("point", "box"), ("box", "polygon")),
    *(("boolean", "integer"), ("name", "text"), ('"char"', "text"), ('"char"', "integer")),
    *(
        ("money", "numeric"),
        ("smallint", "oid"),
        ("oid", "bigint"),
        ("polygon", "path"),
        ("jsonb", "json"),
    ),
    *(("circle", "polygon"), ("time without time zone", "time with time zone")),
}
"""Casts that keep every value."""

_CHANGED = {
    *((whole, "real") for whole in ("integer", "bigint")),
    *(("bigint", "double precision"), ("inet", "cidr"), ("integer", "boolean")),
    *((stamp, "date") for stamp in _STAMPS),
    *((stamp, "time without time zone") for stamp in _STAMPS),
    *(("timestamp with time zone", "time with time zone"), ("box", "point"), ("box", "lseg")),
    *(("interval", "time without time zone"), ("polygon", "point"), ("polygon", "box")),
    *(("time with time zone", "time without time zone"), ("polygon", "circle")),
    *((text, "name") for text in ("text", "character varying", "character")),
    *((text, '"char"') for text in ("text", "character varying", "character")),
    *(("box", "circle"), ("circle", "box"), ("circle", "point"), ("lseg", "point")),
}
"""Casts that take every value, and make another of some."""


def _by_function(old: Type, new: Type, *, explicit: bool) -> TypeChange:
    source, target = plain_name(old), plain_name(new)
    if {source, target} == _STAMPS:
        return _between_stamps(old, new)
    if target in STRINGS - {"name"}:
        return _to_text(old, new, explicit=explicit)
    if source in _WHOLE and target in {*_WHOLE, "numeric"}:
        return _from_whole(source, new)
    if source in {"numeric", *_FLOATS} and target in {"numeric", *_FLOATS, *_WHOLE}:
        return _COPIED if (source, target) in _KEPT else _ROUNDED
    if source == "date":
        return _COPIED
    if (source, target) in _KEPT:
        measured = _length(Type(new.name), new, explicit=explicit)
        return _COPIED if measured.values is Values.KEPT else measured
    if (source, target) in _CHANGED:
        return _ALTERED
    if "money" in {source, target} or source == "macaddr8" or target == "oid":
        return _OVERFLOW
    return TypeChange(Work.REWRITE, Values.MAY_FAIL, _DATA)


def _from_whole(source: str, new: Type) -> TypeChange:
    digits = _DIGITS.get(plain_name(new))
    if digits is not None:
        return _COPIED if digits >= _DIGITS[source] else _OVERFLOW
    precision, scale = _number(new, 0, None), _number(new, 1, 0) or 0
    fits = precision is None or precision - scale >= _DIGITS[source]
    return _COPIED if fits else _OVERFLOW


def _between_stamps(old: Type, new: Type) -> TypeChange:
    if _length(Type(new.name, old.modifiers), new, explicit=False).work is Work.REWRITE:
        return _ALTERED
    return TypeChange(
        Work.UNKNOWN,
        Values.MAY_CHANGE,
        reason="the TimeZone of the session that runs it: only under UTC is nothing "
        "rewritten and no value moved",
    )
