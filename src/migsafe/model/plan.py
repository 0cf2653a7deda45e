"""Plans: the sequence of separate deploys that gets somewhere safely."""

from enum import StrEnum

from migsafe.model.locks import Lock
from migsafe.model.operations import Operation
from migsafe.model.origin import Runner
from migsafe.model.record import record


class Phase(StrEnum):
    """Where a deploy stands in expand / migrate / contract."""

    EXPAND = "expand"
    MIGRATE = "migrate"
    CONTRACT = "contract"


class DeployKind(StrEnum):
    """What ships together: never two of these."""

    SCHEMA = "schema"
    CODE = "code"
    BACKFILL = "backfill"


class Direction(StrEnum):
    """What a step does to what code may rely on (reference: recipes, direction model)."""

    ADD = "ADD"
    RESTRICT = "RESTRICT"
    RELAX = "RELAX"
    REMOVE = "REMOVE"
    REDEFINE = "REDEFINE"
    DATA = "DATA"
    PHYSICAL = "PHYSICAL"


@record
class StepLock:
    """The strongest lock that a step takes on a relation."""

    relation: str
    mode: Lock


@record
class PlanFile:
    """A runnable file of a deploy, relative to the plan directory.

    `down_path` is None where the way down stands in the same file. `transaction` says in
    which one the file runs: `file` (its own) or `none`.
    """

    path: str
    down_path: str | None
    sha256: str
    down_sha256: str | None
    transaction: str


@record
class Step:
    """One operation group with its way back.

    `transactional` False: each operation runs alone, outside a transaction. Timeouts in
    milliseconds, None: not set (concurrent builds, VALIDATE, backfills have no short
    statement_timeout). `rollback_possible_sql` returns a row when `down` cannot succeed.
    Steps do not share a transaction. `down` empty: nothing needs to be taken back (VALIDATE:
    the constraint goes with the step that added it), or, in a deploy with `point_of_no_return`,
    nothing can. `locks` are computed from the facts when the plan is finished; None: not known.
    """

    up: tuple[Operation, ...]
    down: tuple[Operation, ...]
    direction: Direction
    why: str
    transactional: bool = True
    lock_timeout_ms: int | None = 2000
    statement_timeout_ms: int | None = 30000
    rollback_possible_sql: str | None = None
    locks: tuple[StepLock, ...] | None = None


@record
class Backfill:
    """A data change in batches that can stop and resume.

    `bounds_sql` returns the first and last key (no row: nothing to do); `batch_sql` is the
    keyset batch with the named parameters :after, :stop and :limit (outside of quotes); it
    returns the last key it reached, no row when there is none. :after is the first key, then
    what the batch before returned: that row is looked at again, so that a :limit below 2 gets
    nowhere. Keys of several columns have :after_1, :after_2, … and :stop_1, …; `keys` is
    `("ctid",)` where no key is known, and empty where the change is one statement that cannot
    be walked by key: then `batch_sql` is `once_sql`. `once_sql` is the same change in one
    statement; `remaining_sql` returns 0 when nothing is left.
    """

    table: str
    keys: tuple[str, ...]
    bounds_sql: str
    batch_sql: str
    once_sql: str
    remaining_sql: str


@record
class Condition:
    """Evidence that must hold before a deploy starts; `sql` returns what `expect` names."""

    evidence: str
    sql: str | None
    expect: str
    oldest_code: int | None = None
    """The oldest code version that may still run; the evidence names it in a plan."""


@record
class CodeChange:
    """What the application must do in a code deploy: one instruction, with an example."""

    instruction: str
    before: str = ""
    after: str = ""


@record
class CodeVersion:
    """A version of the application: C0 runs today, the last is what the migration was for."""

    id: str
    title: str


@record
class Deploy:
    """What ships together.

    As a recipe yields it, `works_with` counts the recipe's own code versions (0: runs
    today); composition renumbers them to the plan's. `min_soak` is an ISO 8601
    duration: how long the deploy before must have run first.
    `flags` are feature flags that guard a code deploy. `if_it_fails` says how to start again.
    """

    phase: Phase
    kind: DeployKind
    title: str
    steps: tuple[Step, ...] = ()
    backfill: Backfill | None = None
    code: tuple[CodeChange, ...] = ()
    flags: tuple[str, ...] = ()
    gate: tuple[Condition, ...] = ()
    works_with: tuple[int, ...] = (0,)
    min_soak: str | None = None
    point_of_no_return: bool = False
    if_it_fails: str | None = None
    files: tuple[PlanFile, ...] = ()


@record
class Source:
    """The migration a plan was made from; `revises` are the revisions it stood on.

    `copies` are its files in the plan directory, in the order up, down.
    """

    path: str
    revision: str
    sha256: str
    revises: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


@record
class Plan:
    """All deploys for a migration. Deploy N is `deploys[N - 1]`.

    `base_tables` are the relations of the base that the plan touches, `base_history` the
    migrations that had touched them when it was made. `convention` names the files'
    convention, `runner` says how its tool brackets a file with transactions.
    """

    id: str
    dialect: str
    tool_version: str
    options: tuple[tuple[str, str], ...]
    base_digest: str
    sources: tuple[Source, ...]
    code_versions: tuple[CodeVersion, ...]
    deploys: tuple[Deploy, ...]
    notes: tuple[str, ...] = ()
    base_tables: tuple[str, ...] = ()
    base_history: tuple[str, ...] = ()
    convention: str = "file"
    runner: Runner = Runner.AUTO

    def works_with(self, number: int) -> tuple[str, ...]:
        """Return the ids of the code versions that run correctly after deploy `number`."""
        return tuple(f"C{version}" for version in self.deploys[number - 1].works_with)
