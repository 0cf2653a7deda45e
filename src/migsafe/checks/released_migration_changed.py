"""Migrations that were released and are not what they were."""

from collections.abc import Iterator, Sequence
from shlex import quote

from migsafe.context import Context
from migsafe.model.findings import Finding, Hazard
from migsafe.model.migration import Changes, Edit, Late, Migration, Place
from migsafe.sources.convention import Keeps, convention_named

_AS_NEW = "Bring it back as it was, and write what is missing as a new migration"
_SILENT = (Hazard.SILENT_NO_OP,)
_FAILS = (Hazard.FAILS_AT_RUNTIME,)


def check_changes(changes: Changes, context: Context) -> Iterator[Finding]:
    """Report released migrations that are not what they were, and new ones amid them."""
    convention = convention_named(changes.convention)
    keeps = Keeps() if convention is None or convention.keeps is None else convention.keeps
    reworded: list[Edit] = []
    renamed: list[Edit] = []
    heir = _heir(changes)
    for edit in changes.edited:
        if edit is heir:
            continue
        if not edit.is_same_name:
            renamed.append(edit)
        elif not edit.does_same:
            yield _edited(edit, keeps, changes.base, context)
        elif edit.before.revises != edit.now.revises:
            yield _moved(edit, changes, context)
        else:
            reworded.append(edit)
    for edits in context.said_once(renamed, lambda edit: _top(edit.now)):
        yield _renamed(edits, keeps, context)
    for edits in context.said_once(reworded, lambda edit: _top(edit.now)):
        yield _reworded(edits, keeps, changes.base, context)
    if changes.gone:
        yield (
            _gone(changes, keeps, context)
            if heir is None
            else _inherited(heir, changes, keeps, context)
        )
    if changes.late and not _is_squash(changes):
        yield from (_late(each, keeps, context) for each in changes.late)


def _edited(edit: Edit, keeps: Keeps, base: str, context: Context) -> Finding:
    then = "new ones do something else" if keeps.edited is None else f"{keeps.edited}"
    return context.finding(
        f"'{edit.now.id}' was released and does something else now: a database that has run it "
        f"never gets the change; {then}.",
        help=_restored(edit.before, base),
        at=_first_difference(edit),
        hazards=_SILENT if keeps.edited is None else _FAILS,
    )


def _reworded(edits: Sequence[Edit], keeps: Keeps, base: str, context: Context) -> Finding:
    first = edits[0].now
    others = f" (and of {len(edits) - 1} more)" if len(edits) > 1 else ""
    return context.finding(
        f"The text of '{first.id}'{others} is not what was released, if only in a comment or in "
        f"blanks: {keeps.edited}.",
        help=_restored(edits[0].before, base),
        at=_top(first),
        hazards=_FAILS,
    )


def _renamed(edits: Sequence[Edit], keeps: Keeps, context: Context) -> Finding:
    first = edits[0]
    others = f" (and {len(edits) - 1} more have new names)" if len(edits) > 1 else ""
    gone = "" if keeps.gone is None else f"; {keeps.gone}"
    return context.finding(
        f"'{first.now.id}' was released as '{first.before.id}'{others}: a database that has run it "
        f"runs it again under its new name{gone}.",
        help="Give it its old name back.",
        at=_top(first.now),
        hazards=_FAILS,
    )


def _moved(edit: Edit, changes: Changes, context: Context) -> Finding:
    new = {each.id for each in changes.added}
    before = [each for each in edit.now.revises if each in new]
    then = (
        f"a database that is past it never runs '{before[0]}'"
        if before
        else "databases that have run it had another order"
    )
    stood = ", ".join(f"'{each}'" for each in edit.before.revises) or "nothing"
    stands = ", ".join(f"'{each}'" for each in edit.now.revises) or "nothing"
    return context.finding(
        f"'{edit.now.id}' was released on {stood} and stands on {stands} now: {then}.",
        help="Put new revisions after the last one that was released.",
        at=_top(edit.now),
        hazards=_SILENT,
    )


def _gone(changes: Changes, keeps: Keeps, context: Context) -> Finding:
    gone = changes.gone
    first = gone[0]
    then = "a database that has run it keeps what it did" if keeps.gone is None else keeps.gone
    if len(gone) == 1:
        return context.finding(
            f"'{first.id}' was released and is gone: {then}; a new database lacks what it did.",
            help=_restored(first, changes.base),
            at=_nowhere(first),
            hazards=_FAILS if keeps.gone else _SILENT,
        )
    who = _who(gone)
    if _is_squash(changes):
        new = changes.added[0]
        return context.finding(
            f"{who}, and '{new.id}' stands in their place: a database that has run them runs it "
            f"too, on tables that are there; {then}.",
            help="Keep them until no database needs them, and let the tool mark the new one as run "
            "where they were.",
            at=_top(new),
            hazards=_FAILS,
        )
    return context.finding(
        f"{who}: {then}; a new database lacks what they did.",
        help=_restored(first, changes.base),
        at=_nowhere(first),
        hazards=_FAILS if keeps.gone else _SILENT,
    )


def _inherited(heir: Edit, changes: Changes, keeps: Keeps, context: Context) -> Finding:
    then = "" if keeps.edited is None else f"; {keeps.edited}"
    return context.finding(
        f"{_who(changes.gone)}, and '{heir.now.id}' stands in their place under the name of "
        f"'{heir.before.id}': a database that has run that one does not run it{then}; one that "
        "stands before it lacks what is gone.",
        help="Bring every database past them first, and keep them until then.",
        at=_top(heir.now),
        hazards=_FAILS,
    )


def _who(gone: Sequence[Migration]) -> str:
    return f"{len(gone)} released migrations are gone, from '{gone[0].id}' to '{gone[-1].id}'"


def _heir(changes: Changes) -> Edit | None:
    """Return the migration that got the work of many others, under the name of one of them."""
    edits = [edit for edit in changes.edited if edit.is_same_name and not edit.does_same]
    if len(changes.gone) > 1 and not changes.added and len(edits) == 1:
        return edits[0]
    return None


def _late(late: Late, keeps: Keeps, context: Context) -> Finding:
    return context.finding(
        f"'{late.migration.id}' is new and sorts before '{late.released}', which was released: "
        f"{keeps.late}.",
        help="Give it the next number or time.",
        case="runs-late" if keeps.runs_late else "default",
        at=_top(late.migration),
        hazards=_SILENT,
    )


def _is_squash(changes: Changes) -> bool:
    """Say whether many migrations made room for one or two."""
    return len(changes.gone) > 1 and 0 < len(changes.added) < len(changes.gone)


def _restored(migration: Migration, base: str) -> str:
    return f"{_AS_NEW}: git restore --source={base[:12]} -- {quote(migration.path)}"


def _first_difference(edit: Edit) -> Place:
    was, now = edit.before.up.statements, edit.now.up.statements
    for one, other in zip(was, now, strict=False):
        if one.operations != other.operations or one.sql.split() != other.sql.split():
            return edit.now.up.place(other.span)
    shorter = min(len(was), len(now) - 1)
    return edit.now.up.place(now[shorter].span) if now else _top(edit.now)


def _top(migration: Migration) -> Place:
    """Return where a migration begins to do something."""
    if not migration.up.statements:
        return Place(migration.path, 1, 1, 1, 1)
    return migration.up.place(migration.up.statements[0].span)


def _nowhere(migration: Migration) -> Place:
    """Return the place of a file that is not there."""
    return Place(migration.path, 1, 1, 1, 1)
