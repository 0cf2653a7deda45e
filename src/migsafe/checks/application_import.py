"""Revisions that run with whatever the application is on the day they run."""

from collections.abc import Iterator, Sequence

from migsafe.context import Context, some
from migsafe.model.findings import Finding, Hazard
from migsafe.model.migration import ApplicationImport, ApplicationTable, Migration

_FAILS = (Hazard.FAILS_AT_RUNTIME,)


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report the tables that a revision uses by the application's classes, and other imports."""
    others = []
    for taken in migration.imports:
        if taken.tables:
            yield from _tables(taken, migration, context)
        else:
            others.append(taken)
    if others:
        yield _others(others, migration, context)


# --- tables --------------------------------------------------------------------------------


def _tables(taken: ApplicationImport, migration: Migration, context: Context) -> Iterator[Finding]:
    groups = (
        ([each for each in taken.tables if each.whole], _of_all),
        ([each for each in taken.tables if each.makes and not each.whole], _made),
        ([each for each in taken.tables if not (each.makes or each.whole)], _used),
    )
    for tables, say in groups:
        if tables:
            names = some([each.name for each in tables])
            lines = _lines(tables, migration, context)
            message, help_ = say(tables, f"{names} of {taken.module} ({lines})")
            yield context.finding(
                message,
                help=help_,
                case="table",
                at=context.place_of(migration.up, taken.span),
                relations=(),
                hazards=_FAILS,
            )


def _used(tables: Sequence[ApplicationTable], said: str) -> tuple[str, str]:
    them = "it" if len(tables) == 1 else "them"
    more = "" if len(tables) == 1 else ", and so on"
    known = next((each for each in tables if each.columns), tables[0])
    return (
        f"This revision uses {said} as the application has {them} on the day it runs: on a "
        "database that is set up later, a statement names columns that only later revisions add, "
        "and fails (42703)."
    ), f"Name in the revision the columns that it needs: {_snapshot(known)}{more}."


def _made(tables: Sequence[ApplicationTable], said: str) -> tuple[str, str]:
    what, them = ("a table", "it") if len(tables) == 1 else ("tables", "them")
    return (
        f"This revision makes {what} by {said} as the application has {them} on the day it runs: "
        "on a database that is set up later, the columns of later revisions are there already, "
        "and those revisions fail (42701)."
    ), f'Write out the table of today: op.create_table("{tables[0].table or "…"}", …).'


def _of_all(tables: Sequence[ApplicationTable], said: str) -> tuple[str, str]:
    del tables
    return (
        f"This revision uses {said} for every table that the application has on the day it runs: "
        "on a database that is set up later, what later revisions make is there already, and they "
        "fail (42P07, 42701)."
    ), "Write out the tables that it is about: op.create_table(…), op.drop_table(…)."


def _snapshot(table: ApplicationTable) -> str:
    """Return a description of a table that belongs to the revision."""
    name = table.table or "…"
    columns = ", ".join(f'sa.column("{column}")' for column in table.columns or ("…",))
    return f'sa.table("{name}", {columns})'


def _lines(tables: Sequence[ApplicationTable], migration: Migration, context: Context) -> str:
    numbers = sorted({context.place_of(migration.up, each.span).line for each in tables})
    return f"line{'s' if len(numbers) > 1 else ''} {some([str(each) for each in numbers])}"


# --- the rest ------------------------------------------------------------------------------


def _others(
    imports: Sequence[ApplicationImport], migration: Migration, context: Context
) -> Finding:
    used = list(dict.fromkeys(name for taken in imports for name in taken.used))
    modules = list(dict.fromkeys(each.module for each in imports if each.used or not used))
    that, moves = ("that", "it moves") if len(used or modules) == 1 else ("those", "one moves")
    later = f"a new database cannot be set up when {moves} (ImportError)"
    if used:
        of = "" if used == modules else f" ({some(modules)})"
        message = (
            f"This revision takes {some(used)} from the application{of}: it does something "
            f"else when {that} change{'s' if that == 'that' else ''}, and {later}."
        )
        help_ = "Write the values, types and functions that it needs into the revision."
    else:
        message = (
            f"This revision imports {some(modules)} of the application and uses nothing of "
            f"{'it' if len(modules) == 1 else 'them'}: {later}."
        )
        help_ = f"Leave the import{'' if len(modules) == 1 else 's'} out."
    return context.finding(
        message, help=help_, at=context.place_of(migration.up, imports[0].span), relations=()
    )
