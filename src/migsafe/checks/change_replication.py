"""What logical replication sends, and to whom, changed."""

from collections.abc import Iterator

from migsafe.catalog.publications import published
from migsafe.catalog.schema import Existence
from migsafe.context import Context, listed
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import (
    ChangePublication,
    DropConstraint,
    DropObject,
    ObjectKind,
    SetReplicaIdentity,
    SetTableOptions,
)
from migsafe.rulebook import DEFAULT_CASE
from migsafe.writing.tokens import tokens

_KINDS = frozenset({ObjectKind.PUBLICATION, ObjectKind.SUBSCRIPTION})
_REFUSES = (Hazard.BREAKS_OLD_CODE,)
_SENDS = (Hazard.CHANGES_RESULTS,)
_IDENTIFYING = frozenset({"update", "delete"})
"""The changes that are sent with what tells the row apart."""


def check_operation(
    operation: SetReplicaIdentity
    | SetTableOptions
    | ChangePublication
    | DropObject
    | DropConstraint,
    context: Context,
) -> Iterator[Finding]:
    """Report a change that subscribers, or writers of a published table, notice."""
    if isinstance(context.effects.fails, Certain):
        return
    match operation:
        case SetReplicaIdentity(table=table, identity=identity, index=index) if context.is_live(
            table
        ):
            yield from _identity(table, identity.upper(), index, context)
        case SetTableOptions(kind=ObjectKind.TABLE, object=table) if context.is_live(table):
            if context.compatibility.breaks:
                yield context.finding(
                    f"{table} is a catalog table to logical decoding from here on: every INSERT … "
                    f"ON CONFLICT of {context.old_code} is refused (0A000) {context.until_gone}.",
                    help="Deploy code that does without it first.",
                    hazards=_REFUSES,
                )
        case DropConstraint(table=table, constraint=str() as constraint) if context.is_live(table):
            yield from _key_goes(table, constraint, context)
        case ChangePublication(kind=ObjectKind.PUBLICATION, sql=sql, name=name):
            yield from _publication(name, sql, context)
        case ChangePublication(kind=ObjectKind.SUBSCRIPTION, sql=sql, name=name):
            if _words(sql)[0] != "CREATE" and not _is_made_here(name, context):
                yield context.finding(
                    f"Altering the subscription {name}: what its tables get, from where and from "
                    "which moment on, changes; what is sent meanwhile may be missing.",
                    help="Compare the subscriber's tables with the publisher's afterwards.",
                    relations=(),
                    hazards=_SENDS,
                )
        case DropObject(kind=kind, object=name) if kind in _KINDS and (
            context.catalog.existence(kind, name) is not Existence.ABSENT
            and not _is_made_here(name.name, context)
        ):
            yield context.finding(
                f"Dropping the {kind.lower()} {name}: changes no longer reach the subscriber from "
                "here on, and a new one has to begin with a copy of every table.",
                help="Drop it when nothing reads the subscriber any more.",
                relations=(),
                hazards=_SENDS,
            )
        case _:
            pass


def _words(sql: str) -> list[str]:
    """Return the words of a statement in capitals."""
    return [word.upper() for word in tokens(sql)]


def _is_made_here(name: str, context: Context) -> bool:
    """Say whether the deploy has made the publication or subscription: nobody reads it yet."""
    return any(
        isinstance(earlier.operation, ChangePublication)
        and earlier.operation.name == name
        and _words(earlier.operation.sql)[0] == "CREATE"
        for earlier in context.earlier()
    )


def _key_goes(table: Name, constraint: str, context: Context) -> Iterator[Finding]:
    """Report the drop of the primary key by which a publication tells rows apart."""
    key = context.catalog.primary_key(table)
    if key is None or key.name != constraint:
        return
    if context.ship.after.identifies_rows(table):
        # A new one comes in its place, or it is not what tells the rows apart.
        return
    publications = context.catalog.publications_of(table)
    if publications:
        yield context.finding(
            f"{table} is in the publication {publications[0]}: without its primary key every "
            "UPDATE and DELETE of running code is refused (55000), unless it has another replica "
            "identity.",
            help="Set REPLICA IDENTITY USING INDEX with a unique index of NOT NULL columns first.",
            relations=(table,),
            hazards=_REFUSES,
        )


def _identity(table: Name, identity: str, index: str | None, context: Context) -> Iterator[Finding]:
    keyless = identity == "DEFAULT" and context.catalog.primary_key(table) is None
    state = context.catalog.table(table)
    unsure = state is None or not state.complete
    unpublished = context.catalog.complete and not context.catalog.publications_of(table)
    case = "not published" if unpublished else DEFAULT_CASE
    if identity == "NOTHING" or keyless:
        only = "" if identity == "NOTHING" else " as long as it has no primary key"
        yield context.finding(
            f"REPLICA IDENTITY {identity} of {table}: if a publication sends its updates or "
            f"deletes, every UPDATE and DELETE of running code is refused (55000){only}.",
            help="Take the table out of the publication first, or use a primary key, a unique "
            "index of NOT NULL columns, or FULL.",
            case=case,
            hazards=_REFUSES,
            confidence=Confidence.LOW if keyless and unsure else Confidence.HIGH,
        )
    elif identity == "FULL":
        yield context.finding(
            f"REPLICA IDENTITY FULL of {table}: each UPDATE and DELETE writes the whole old row to "
            "the log, and a subscriber without a fitting index reads its whole table for each.",
            help="Use a primary key or REPLICA IDENTITY USING INDEX with a unique index of NOT "
            "NULL columns.",
            case=case,
            hazards=_SENDS,
        )
    else:
        by = f"USING INDEX {index}" if index else identity
        yield context.finding(
            f"REPLICA IDENTITY {by} of {table}: subscribers find the rows of UPDATE and DELETE by "
            "other columns from here on, and miss them where they have no such index.",
            help="Build the same index on the subscribers first.",
            case=case,
            hazards=_SENDS,
        )


def _publication(name: str, sql: str, context: Context) -> Iterator[Finding]:
    words = _words(sql)
    made = words[0] == "CREATE"
    everything = made and words[3:6] == ["FOR", "ALL", "TABLES"]
    loses = {key: _loses(key, context) for key in _sent(context, everything=everything)}
    refused = tuple(key for key, does in loses.items() if does)
    perhaps = tuple(key for key, does in loses.items() if does is None)
    if refused:
        yield context.finding(
            f"{listed(refused)} {'has' if len(refused) == 1 else 'have'} no primary key: once the "
            f"publication {name} sends it, every UPDATE and DELETE of running code on it is "
            "refused (55000).",
            help="Add a primary key, or set REPLICA IDENTITY, in a deploy before.",
            relations=refused,
            hazards=_REFUSES,
        )
    elif perhaps and not everything:
        one = len(perhaps) == 1
        yield context.finding(
            f"Whether {listed(perhaps)} {'has' if one else 'have'} a primary key is not known: "
            f"without one, every UPDATE and DELETE of running code is refused (55000) once the "
            f"publication {name} sends {'it' if one else 'them'}.",
            help="Look for it first (pg_class.relreplident, pg_index), or let migsafe know the "
            "schema: --schema, --database-url.",
            relations=perhaps,
            hazards=_REFUSES,
            confidence=Confidence.LOW,
        )
    elif everything and not context.catalog.complete and _IDENTIFYING & _published(sql):
        yield context.finding(
            f"The publication {name} sends all tables: every UPDATE and DELETE of running code on "
            "one without a primary key or REPLICA IDENTITY is refused (55000).",
            help="Look for tables without a primary key first (pg_class.relreplident, pg_index).",
            hazards=_REFUSES,
            confidence=Confidence.LOW,
        )
    elif not made and not _is_made_here(name, context):
        yield context.finding(
            f"Altering the publication {name}: subscribers get other changes from here on, new "
            "tables only after ALTER SUBSCRIPTION … REFRESH PUBLICATION there.",
            help="Prepare the subscribers first: they need the tables and columns that are sent.",
            hazards=_SENDS,
        )


def _sent(context: Context, *, everything: bool) -> Iterator[Name]:
    """Yield the live tables that a statement about a publication names, or all."""
    names = (
        (table.name for table in context.catalog.tables()) if everything else context.effects.locks
    )
    yield from (name for name in names if context.is_live(name))


def _published(sql: str) -> frozenset[str]:
    return frozenset(word.strip() for word in published(sql).split(","))


def _loses(table: Name, context: Context) -> bool | None:
    """Say whether the statement is what makes UPDATE or DELETE of a table fail, if known."""
    before, after = context.catalog, context.current.after
    new = after.published_changes(table) - before.published_changes(table)
    if after.identifies_rows(table) or _IDENTIFYING.isdisjoint(new):
        return False
    state = before.table(table)
    return True if state is not None and state.complete else None
