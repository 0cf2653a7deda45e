"""What the application code of a change names: as it was released, and as it is now."""

from collections.abc import Iterable, Iterator, Mapping

from migsafe.codebase.matching import concerns, stands_for
from migsafe.codebase.touched import How, Touched
from migsafe.model.code import Basis, CodeChange, Use, UseKind, Uses
from migsafe.model.record import replace

_SHORTEST = 8
"""A word of one part that is this long, or one of several parts, is nobody's by accident."""


def stopped(code: CodeChange, thing: Touched) -> Use | None:
    """Return the surest place that named an object and that the change takes away."""
    return _gone(thing, code.before, code.after)


def started(code: CodeChange, thing: Touched) -> Use | None:
    """Return the surest place that names an object and that the change brings."""
    return _gone(thing, code.after, code.before)


def began_to_write(code: CodeChange, thing: Touched) -> Use | None:
    """Return the surest place that writes a column, where none did before the change."""
    return _gone(thing, _writing(code.after), _writing(code.before))


def remapped(code: CodeChange, thing: Touched) -> Use | None:
    """Return where the change maps a column in other words than before."""
    before = {use.mapping for each in code.before for use in naming(each, thing)} - {None}
    after = (use for each in code.after for use in naming(each, thing) if use.mapping is not None)
    if not before:
        return None
    return next((use for use in after if use.mapping not in before), None)


def still(code: CodeChange, thing: Touched) -> tuple[Use, ...]:
    """Return where the code as it is now names an object, as far as somebody looked."""
    files = code.now.get(thing.name, ())
    return tuple(use for each in files for use in naming(each, thing))


def is_unnamed(code: CodeChange, thing: Touched) -> bool:
    """Say whether code that knows a table never says the name of what belongs to it.

    Neither as it is now nor as it was released, whatever the name may mean there. Where no code
    names the table, it is another repository's that does.
    """
    if thing.owner is None:
        return False
    table = Touched(How.REMOVED, UseKind.TABLE, thing.owner.name, schema=thing.owner.schema)
    return _knows(code.now, table) and not (_says(code.now, thing) or _says(code.released, thing))


def _knows(found: Mapping[str, tuple[Uses, ...]], table: Touched) -> bool:
    files = found.get(table.name, ())
    return any(use.basis is Basis.EXACT for each in files for use in naming(each, table))


def _says(found: Mapping[str, tuple[Uses, ...]], thing: Touched) -> bool:
    """Say whether a file may say a name; one that could not be read may, and so may all."""
    return thing.name not in found or any(
        each.unread is not None or any(use.name == thing.name for use in each.found)
        for each in found[thing.name]
    )


def _gone(thing: Touched, one: Iterable[Uses], other: Iterable[Uses]) -> Use | None:
    """Return the surest use in one version for which the other has none that is as sure."""
    here = [use for each in one for use in naming(each, thing)]
    there = [use.basis for each in other for use in naming(each, thing)]
    most = max(there, default=0)
    return max((use for use in here if use.basis > most), key=lambda use: use.basis, default=None)


def _writing(files: Iterable[Uses]) -> tuple[Uses, ...]:
    """Return files with those of their uses that certainly write; whose they are, all say."""
    return tuple(
        replace(
            each,
            found=tuple(use for use in each.found if use.writes or use.kind is not UseKind.COLUMN),
        )
        for each in files
    )


def naming(file: Uses, thing: Touched) -> Iterator[Use]:
    """Yield the uses of a file that speak of an object, each with how sure that is.

    A word alone may be anything. It is likely to be the object where its owner is called as the
    table is, or its file names the table as well; where neither is so, and the word is a common
    one, it is left out.
    """
    owner = None if thing.owner is None else thing.owner.name
    schema = thing.schema if thing.owner is None else thing.owner.schema
    speaks: bool | None = None
    for use in file.found:
        basis = concerns(use, thing.kind, thing.name, owner, schema)
        if basis is None:
            continue
        said = owner is None or use.table is not None or use.kind is UseKind.LABEL
        if basis is Basis.EXACT and said:
            yield use
            continue
        if speaks is None:
            speaks = owner is None or any(
                each.table == owner or stands_for(each.name, owner) for each in file.found
            )
        if speaks or (owner is not None and use.owner is not None and stands_for(use.owner, owner)):
            yield replace(use, basis=min(basis, Basis.LIKELY))
        elif "_" in thing.name or len(thing.name) >= _SHORTEST:
            yield replace(use, basis=Basis.MENTION)
