"""What recipes share: steps, conditions and deploys, as operations."""

from collections.abc import Iterable

from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    AddConstraint,
    AnonymousBlock,
    Check,
    Constraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    DropNotNull,
    Operation,
    SetNotNull,
    ValidateConstraint,
)
from migsafe.model.origin import SectionName
from migsafe.model.plan import (
    Backfill,
    CodeChange,
    Condition,
    Deploy,
    DeployKind,
    Direction,
    Phase,
    Step,
)
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.recipes import names
from migsafe.writing import quoting

LOCK_TIMEOUT_MS = 2000
"""A waiting ALTER queues every later query of its table behind it: longer than this and
requests time out; the step is tried again instead."""
STATEMENT_TIMEOUT_MS = 30_000
"""An instant change that takes this long is not the change that was planned."""
SOAK = "PT24H"
"""A full day of traffic: nightly jobs and every time zone have met the new schema."""
RELEASE_SOAK = "P7D"
"""A week before something is lost for good: weekly jobs, and a release to go back to."""
IDLE_WINDOW = "7 days"
"""How long an index must be unused: as long as the slowest regular job."""


# --- steps ---------------------------------------------------------------------------


def brief(
    up: Iterable[Operation],
    down: Iterable[Operation],
    direction: Direction,
    why: str,
    *,
    rollback_possible_sql: str | None = None,
    guarded: bool = False,
) -> Step:
    """Return a step of instant operations in one transaction.

    Args:
        up: The operations, in order.
        down: What takes them back.
        direction: What they do to what code may rely on.
        why: Why the step is safe here.
        rollback_possible_sql: A query that returns a row when `down` cannot succeed.
        guarded: Whether `up` begins with a guard: its query may read the whole table before
            any strong lock is taken, so that the statement has no short timeout.
    """
    return Step(
        tuple(up),
        tuple(down),
        direction,
        why,
        lock_timeout_ms=LOCK_TIMEOUT_MS,
        statement_timeout_ms=None if guarded else STATEMENT_TIMEOUT_MS,
        rollback_possible_sql=rollback_possible_sql,
    )


def build_index(index: CreateIndex, *, direction: Direction = Direction.PHYSICAL) -> Step:
    """Return the step that builds an index while reads and writes go on.

    No timeouts: the build waits for older transactions and nobody waits for it; one that is
    cut short leaves an invalid index behind.
    """
    name = index_name(index)
    built = replace(index, concurrently=True, if_not_exists=False, origin=None)
    return Step(
        (built,),
        (DropIndex(name, concurrently=True, if_exists=True),),
        direction,
        f"{name} is built while reads and writes of {index.table} go on",
        transactional=False,
        lock_timeout_ms=None,
        statement_timeout_ms=None,
    )


def drop_index(index: Name, again: CreateIndex | None, why: str) -> Step:
    """Return the step that drops an index while reads and writes go on.

    Args:
        index: Its name.
        again: The statement that makes it again, None where it is not known.
        why: Why nobody misses it.
    """
    back = () if again is None else (replace(again, concurrently=True, if_not_exists=False),)
    return Step(
        (DropIndex(index, concurrently=True),),
        back,
        Direction.REMOVE,
        why,
        transactional=False,
        lock_timeout_ms=None,
        statement_timeout_ms=None,
    )


def index_name(index: CreateIndex) -> Name:
    """Return the name of an index, which lies in its table's schema."""
    if index.name is None:
        raise ValueError("a plan makes indexes with names only")
    return index.table.beside(index.name)


def restart_index(name: Name) -> str:
    """Return how to start again after a concurrent build that failed."""
    return (
        f"An interrupted build leaves {name} invalid: DROP INDEX CONCURRENTLY IF EXISTS "
        f"{quoting.name(name)}, then run the step again."
    )


def add_not_valid(
    table: Name,
    constraint: Constraint,
    why: str,
    *,
    before: Iterable[Operation] = (),
    direction: Direction = Direction.RESTRICT,
) -> Step:
    """Return the step that holds a constraint against new rows, without reading the old ones."""
    first = tuple(before)
    return brief(
        (*first, AddConstraint(table, constraint)),
        (DropConstraint(table, _named(constraint)),),
        direction,
        why,
        guarded=bool(first),
    )


def validate(table: Name, constraint: str, *, again: Constraint | None = None) -> Step:
    """Return the step that reads the old rows while reads and writes go on.

    No statement timeout: it reads the whole table.

    Args:
        table: The table.
        constraint: The constraint's name.
        again: The constraint as it was added, where that was in another deploy. In the same
            deploy nothing needs to take it back: it goes with the step that added it.
    """
    back: tuple[Operation, ...] = ()
    if again is not None:
        back = (DropConstraint(table, constraint), AddConstraint(table, again))
    return Step(
        (ValidateConstraint(table, constraint),),
        back,
        Direction.RESTRICT,
        f"reads and writes of {table} go on while every row is read",
        lock_timeout_ms=LOCK_TIMEOUT_MS,
        statement_timeout_ms=None,
    )


def not_null(table: Name, column: str, *, before: Iterable[Operation] = ()) -> tuple[Step, ...]:
    """Return the three steps that make a column NOT NULL without a scan under a strong lock."""
    check = Check(names.not_null_check(table, column), is_not_null(column), valid=False)
    return (
        add_not_valid(
            table, check, f"new NULLs in {column} are refused from here on", before=before
        ),
        validate(table, _named(check)),
        brief(
            (SetNotNull(table, column), DropConstraint(table, check.name)),
            (DropNotNull(table, column), AddConstraint(table, check)),
            Direction.RESTRICT,
            "the valid CHECK is the proof, so that no row is read; then it has done its work",
        ),
    )


def is_not_null(column: str) -> Expression:
    """Return `column IS NOT NULL`."""
    return Expression(f"{quoting.identifier(column)} IS NOT NULL", (column,))


def _named(constraint: Constraint) -> str:
    if constraint.name is None:
        raise ValueError("a plan makes constraints with names only")
    return constraint.name


# --- SQL that is composed --------------------------------------------------------------


def operation(sql: str) -> Operation:
    """Return the one operation of a composed statement, in canonical form."""
    read = read_sql(sql, Placement("plan", SectionName.UP))
    (statement,) = read.statements
    (found,) = statement.operations
    return replace(found, origin=None)


def guard(table: Name, remaining_sql: str) -> AnonymousBlock:
    """Return the block that stops a database in which a backfill has not been run.

    It reads under ACCESS SHARE, before the step takes a strong lock.
    """
    message = f"rows of {table} are not filled yet: run the backfill of this plan first"
    return AnonymousBlock(
        "plpgsql",
        "\nBEGIN\n"
        f"  IF ({remaining_sql}) > 0 THEN\n"
        f"    RAISE EXCEPTION USING MESSAGE = {quoting.literal(message)};\n"
        "  END IF;\n"
        "END\n",
    )


# --- conditions ------------------------------------------------------------------------

_IDLE = "none runs"


def retired(oldest: int) -> Condition:
    """Return the evidence that no code older than a version of the recipe's runs."""
    return Condition(
        "no process older than",
        None,
        "none runs; this deploy is taken back before one is brought back",
        oldest_code=oldest,
    )


def idle(oldest: int) -> Condition:
    """Return the evidence that older code does not run now; it may be brought back."""
    return Condition("no process older than", None, _IDLE, oldest_code=oldest)


def gone(oldest: int) -> Condition:
    """Return the evidence that older code does not run, and never will again."""
    return Condition(
        "no process older than", None, "none runs, none will be brought back", oldest_code=oldest
    )


def within(condition: Condition, horizon: int) -> Condition:
    """Return the evidence for a team that may go back by more than one release.

    Args:
        condition: What `retired`, `idle` or `gone` returned.
        horizon: How many releases back must still run.
    """
    if horizon == 1 or condition.expect == _IDLE:
        return condition
    return replace(condition, expect=f"{condition.expect}; none in the last {horizon} releases")


def none_left(what: str, remaining_sql: str) -> Condition:
    """Return the evidence that nothing is left to change."""
    return Condition(what, remaining_sql, "0")


def no_rows(what: str, sql: str) -> Condition:
    """Return the evidence that a query finds nothing."""
    return Condition(what, sql, "no rows")


# --- deploys ---------------------------------------------------------------------------


def schema(
    phase: Phase,
    title: str,
    steps: Iterable[Step],
    *,
    works_with: tuple[int, ...] = (0,),
    gate: tuple[Condition, ...] = (),
    min_soak: str | None = None,
    point_of_no_return: bool = False,
    if_it_fails: str | None = None,
) -> Deploy:
    """Return a deploy that changes the schema."""
    return Deploy(
        phase,
        DeployKind.SCHEMA,
        title,
        steps=tuple(steps),
        gate=gate,
        works_with=works_with,
        min_soak=min_soak,
        point_of_no_return=point_of_no_return,
        if_it_fails=if_it_fails,
    )


def code(
    title: str,
    *changes: CodeChange,
    works_with: tuple[int, ...] = (0, 1),
    gate: tuple[Condition, ...] = (),
    phase: Phase = Phase.MIGRATE,
) -> Deploy:
    """Return a deploy of the application: one instruction or several."""
    return Deploy(phase, DeployKind.CODE, title, code=changes, gate=gate, works_with=works_with)


def backfill(
    title: str,
    fill: Backfill,
    *,
    works_with: tuple[int, ...] = (0, 1),
    gate: tuple[Condition, ...] = (),
) -> Deploy:
    """Return a deploy that changes rows in batches."""
    return Deploy(
        Phase.MIGRATE,
        DeployKind.BACKFILL,
        title,
        backfill=fill,
        gate=gate,
        works_with=works_with,
        if_it_fails=(
            "Run it again: batches that are done find nothing left to do. So too after older code "
            "has run once more."
            if gate
            else "Run it again: batches that are done find nothing left to do."
        ),
    )
