"""Plans: the sequence of separate deploys that gets somewhere safely."""

from dataclasses import dataclass
from enum import StrEnum

from migsafe.model.operations import Operation


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


@dataclass(frozen=True, slots=True)
class Step:
    """One operation group with its way back.

    `transactional` False: each operation runs alone, outside a transaction. Timeouts in
    milliseconds, None: not set (concurrent builds, VALIDATE, backfills have no short
    statement_timeout). `rollback_possible_sql` returns a row when `down` cannot succeed.
    `down` empty: nothing takes it back (`point_of_no_return` of its deploy).
    """

    up: tuple[Operation, ...]
    down: tuple[Operation, ...]
    direction: Direction
    why: str
    transactional: bool = True
    lock_timeout_ms: int | None = 2000
    statement_timeout_ms: int | None = 30000
    rollback_possible_sql: str | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """A data change in batches that can stop and resume.

    `bounds_sql` returns the first and last key; `batch_sql` is the keyset batch with the
    named parameters :after, :stop and :limit; it returns the last key it reached. `once_sql` is
    the same change in one statement; `remaining_sql` returns 0 when nothing is left.
    """

    table: str
    keys: tuple[str, ...]
    bounds_sql: str
    batch_sql: str
    once_sql: str
    remaining_sql: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Evidence that must hold before a deploy starts; `sql` returns what `expect` names."""

    evidence: str
    sql: str | None
    expect: str


@dataclass(frozen=True, slots=True)
class CodeChange:
    """What the application must do in a code deploy: one instruction, with an example."""

    instruction: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """A version of the application: C0 runs today, the last is what the migration was for."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Deploy:
    """What ships together.

    As a recipe yields it, `works_with` counts the recipe's own code versions (0: runs
    today); composition renumbers them to the plan's. `min_soak` is an ISO 8601 duration.
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


@dataclass(frozen=True, slots=True)
class Source:
    """The migration a plan was made from."""

    path: str
    revision: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All deploys for a migration. Deploy N is `deploys[N - 1]`."""

    id: str
    dialect: str
    tool_version: str
    options: tuple[tuple[str, str], ...]
    base_digest: str
    sources: tuple[Source, ...]
    code_versions: tuple[CodeVersion, ...]
    deploys: tuple[Deploy, ...]
    notes: tuple[str, ...] = ()

    def works_with(self, number: int) -> tuple[str, ...]:
        """Return the ids of the code versions that run correctly after deploy `number`."""
        return tuple(f"C{version}" for version in self.deploys[number - 1].works_with)
