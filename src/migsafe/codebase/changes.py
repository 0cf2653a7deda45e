"""What differs between two versions of a file."""

from collections.abc import Iterable, Iterator

from migsafe.codebase.use import Basis, Changed, Use, UseKind, Uses

_Key = tuple[UseKind, str | None, str, bool]


def changes(before: Uses | None, after: Uses | None) -> Changed:
    """Return what a file starts and what it stops to use, the surest place of each.

    A use is known by its kind, table and name, and by whether it certainly writes: a file that
    read a column and now writes it starts to do so. One whose table is not known is no change
    where the other version names the same of any table. None stands for a file that is not
    there; where a version could not be read, the two cannot be compared.
    """
    for uses in (before, after):
        if uses is not None and uses.unread is not None:
            return Changed((), (), uses.unread)
    old, new = _surest(before), _surest(after)
    return Changed(tuple(_only(new, old)), tuple(_only(old, new)))


def _surest(uses: Uses | None) -> dict[_Key, Use]:
    found: dict[_Key, Use] = {}
    for use in () if uses is None else uses.found:
        key = use.kind, use.table, use.name, use.writes is True
        known = found.get(key)
        if known is None or known.basis < use.basis:
            found[key] = use
    return found


def _only(these: dict[_Key, Use], others: dict[_Key, Use]) -> Iterator[Use]:
    """Yield what nothing in the others may be as well."""
    known = _of_any_table(others.values())
    for (kind, table, name, writes), use in these.items():
        if (kind, table, name, True) in others or (kind, table, name, writes) in others:
            continue
        if table is None and known.get((kind, name, writes), 0) >= use.basis:
            continue
        yield use


def _of_any_table(uses: Iterable[Use]) -> dict[tuple[UseKind, str, bool], Basis]:
    """Return how sure names are, whatever table they are of; each is a `NAME` as well."""
    found: dict[tuple[UseKind, str, bool], Basis] = {}
    for use in uses:
        for kind in {use.kind, UseKind.NAME}:
            for writes in {False, use.writes is True}:
                key = kind, use.name, writes
                found[key] = max(found.get(key, use.basis), use.basis)
    return found
