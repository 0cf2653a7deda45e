"""What a check and a recipe may ask about the operation in front of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

from migsafe import rulebook
from migsafe.catalog import making
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.facts import TEMPORARY
from migsafe.catalog.schema import Existence
from migsafe.catalog.sizes import in_words
from migsafe.config import Settings
from migsafe.effects import confirmed
from migsafe.effects.emptied import without_rows
from migsafe.model.code import CodeChange
from migsafe.model.compatibility import Compatibility
from migsafe.model.effects import Effects
from migsafe.model.expressions import Name
from migsafe.model.findings import (
    Confidence,
    Finding,
    Hazard,
    RelationLock,
)
from migsafe.model.locks import Lock
from migsafe.model.migration import Migration, Place, Section, Statement, Tree
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    AnonymousBlock,
    CallRoutine,
    Column,
    DropObject,
    DropTable,
    ObjectKind,
    Operation,
    RenameColumn,
)
from migsafe.model.origin import Certainty, Origin, SectionName, Span
from migsafe.model.record import record
from migsafe.rulebook import DEFAULT_CASE, Rule

_T = TypeVar("_T")
_LONGEST_SQL = 80
"""Characters of an expression that a message shows."""
NAMED = 3
"""Things of a kind that a message names; more are counted."""


@record
class Transaction:
    """The transaction in which an operation runs.

    `number` tells transactions of a deploy apart; None: the statement commits by
    itself. `certain` is False where the runner is not known and one transaction is
    assumed. `sent_as_one` marks a file that is sent as one query of several statements.
    """

    number: int | None
    certain: bool = True
    sent_as_one: bool = False

    @property
    def is_open(self) -> bool:
        """Whether what the operation locks stays locked until a later COMMIT."""
        return self.number is not None


@record
class Timeouts:
    """Timeouts in force, in milliseconds; None where none is set (0 counts as none)."""

    lock_ms: int | None = None
    statement_ms: int | None = None


@record
class Applied:
    """One operation in its place: where it stands, the schema around it, what it does.

    `held` are the locks that its transaction took before it (strongest per relation).
    """

    operation: Operation
    statement: Statement
    section: Section
    migration: Migration
    before: Catalog = field(repr=False)
    after: Catalog = field(repr=False)
    effects: Effects
    compatibility: Compatibility
    transaction: Transaction
    held: Mapping[Name, Lock]
    timeouts: Timeouts
    made: frozenset[Name] = frozenset()
    """Keys of what its section has made so far, this operation included."""
    emptied: frozenset[Name] = frozenset()
    """Keys of the tables that its transaction has emptied, or found empty, before it."""

    @property
    def origin(self) -> Origin:
        """Where the operation was read."""
        if self.operation.origin is None:
            raise TypeError("an operation that was read has an origin")
        return self.operation.origin

    @property
    def is_certain(self) -> bool:
        """Whether it runs whenever its section does."""
        return self.origin.certainty is Certainty.ALWAYS

    @property
    def line(self) -> int:
        """The line on which its statement starts, in a revision the `op.` call."""
        return self.place.line

    @property
    def place(self) -> Place:
        """Where a person looks for it: its statement, in a revision the `op.` call."""
        return self.section.place(self.origin.call_span or self.origin.statement_span)

    @property
    def focus(self) -> Place:
        """Where it stands itself: a part of its statement."""
        return self.section.place(self.origin.span)


@record
class Waiting:
    """A migration that is deploy `number` of a plan, with the first deploy it has to wait for.

    `title` says what deploy `first` does.
    """

    migration: Migration
    plan: str
    number: int
    first: int
    title: str


@record
class Deploy:
    """Migrations that ship together, applied one after the other.

    `up` and `down` hold every operation in the order in which it runs; the ways down
    are each judged from the schema that all ups left. `before` is the schema that
    running code knows.
    """

    migrations: tuple[Migration, ...]
    before: Catalog = field(repr=False)
    after: Catalog = field(repr=False)
    up: tuple[Applied, ...] = field(repr=False)
    down: tuple[Applied, ...] = field(repr=False)
    created: frozenset[Name] = frozenset()
    """Keys of the relations and types that the ups make, under each name they have had."""
    code: CodeChange | None = field(default=None, repr=False)
    """The application code of the same change set; None where nobody asked for one."""
    waiting: tuple[Waiting, ...] = ()
    """Its files of plans whose earlier deploys are not recorded as done."""

    def dropped(self, section: SectionName) -> frozenset[Name]:
        """Return what one way drops, be it to make it again: who needs it waits or fails anyway."""
        gone: set[Name] = set()
        for applied in self.up if section is SectionName.UP else self.down:
            match applied.operation:
                case DropTable(table=name) | DropObject(object=name, table=None) if (
                    applied.is_certain
                ):
                    gone.add(applied.before.key(name))
                case _:
                    pass
        return frozenset(gone)


@record
class Suppression:
    """A comment that silences rules, and what came of it.

    `problem` says what is wrong with it, in words, or is None; `used` are the ids of `rules`
    that had something to silence.
    """

    rules: tuple[str, ...]
    place: Place
    reason: str
    problem: str | None
    used: frozenset[str]


Silencing = Callable[[str, Place, Place], bool]
"""Says whether a comment silences a rule, by its id, at a statement and a part of it."""


def _nothing(rule: str, place: Place, focus: Place) -> bool:  # noqa: ARG001  a Silencing
    return False


@record
class Run:
    """Everything that one call of migsafe judges, tree by tree."""

    trees: tuple[Tree, ...]
    deploys: tuple[Deploy, ...]


@record
class Context:
    """The world as one rule sees it.

    `applied` is None for the checks of migrations, deploys, histories and runs.
    """

    rule_id: str
    settings: Settings
    deploy: Deploy | None = None
    applied: Applied | None = None
    silencing: Silencing = _nothing

    @property
    def rule(self) -> Rule:
        """The page of the rule that asks; read when it is first needed."""
        return rulebook.rule(self.rule_id)

    def at(self, applied: Applied) -> "Context":
        """Return the context of another operation of the deploy."""
        return Context(self.rule_id, self.settings, self.deploy, applied, self.silencing)

    def is_silenced(self, at: Applied | Place) -> bool:
        """Say whether a comment silences the rule at an operation or a place."""
        if isinstance(at, Place):
            return self.silencing(self.rule_id, at, at)
        return self.silencing(self.rule_id, at.place, at.focus)

    def said_once(
        self, things: Iterable[_T], at: Callable[[_T], Applied | Place]
    ) -> Iterator[list[_T]]:
        """Yield what each finding of a rule that is said once speaks of.

        That is what a comment silences, each alone, and together all others: silence for one
        of them is none for the rest.

        Args:
            things: What is said once.
            at: Where each of them would be reported.
        """
        heard: list[_T] = []
        for thing in things:
            if self.is_silenced(at(thing)):
                yield [thing]
            else:
                heard.append(thing)
        if heard:
            yield heard

    @property
    def current(self) -> Applied:
        """The operation being checked."""
        if self.applied is None:
            raise TypeError("only check_operation has a current operation")
        return self.applied

    @property
    def ship(self) -> Deploy:
        """The deploy that the operation or migration is part of."""
        if self.deploy is None:
            raise TypeError("a history has no deploy")
        return self.deploy

    @property
    def catalog(self) -> Catalog:
        """The schema before the operation."""
        return self.current.before

    @property
    def effects(self) -> Effects:
        """What the operation costs; work on rows of an emptied table costs nothing."""
        effects, emptied = self.current.effects, self.current.emptied
        if not emptied:
            return effects
        return without_rows(self.current.operation, effects, emptied, self.catalog)

    @property
    def compatibility(self) -> Compatibility:
        """What the operation does to old code."""
        return self.current.compatibility

    @property
    def version(self) -> int:
        """The server's major version."""
        return self.settings.version

    @property
    def options(self) -> Mapping[str, str | int | bool]:
        """The rule's own options, configured or default."""
        return {**self.rule.options, **self.settings.rule_options.get(self.rule.id, {})}

    # --- questions about the deploy ---------------------------------------------------

    def is_live(self, relation: Name) -> bool:
        """Say whether running code may know a relation: it was not made by this deploy.

        It counts what was made up to the current operation: a table that is dropped and
        made again was live when it was dropped. Temporary tables are not live. A relation
        that nobody has seen is taken as live.
        """
        key = self.catalog.key(relation)
        if key in self.current.made or key.schema == TEMPORARY:
            return False
        table = self.catalog.table(key)
        return table is None or not table.temporary

    def is_made_here(self, made_by: str | None) -> bool:
        """Say whether something that a migration made was made by this deploy."""
        return made_by in {migration.id for migration in self.ship.migrations}

    def is_new_column(self, table: Name, column: str) -> bool:
        """Say whether this deploy has added a column, which running code does not know then."""
        state = self.catalog.column(table, column)
        return state is not None and self.is_made_here(state.made_by)

    def goes_here(self, table: Name, column: str | None = None) -> bool:
        """Say whether a table, or a column of it, is gone when the deploy is through.

        The drop is what is reported then, not what was done to it before.
        """
        after = self.ship.after
        if column is not None:
            return after.column_existence(table, column) is Existence.ABSENT
        return after.existence(ObjectKind.TABLE, table) is Existence.ABSENT

    def is_busy(self, relation: Name) -> bool:
        """Say whether a lock on a relation matters: live, and not configured as small."""
        if not self.is_live(relation):
            return False
        key = self.catalog.key(relation)
        size = self.catalog.size(key)
        return not self.settings.is_small(str(key), key.name, str(relation), size=size)

    @property
    def is_under_a_lock(self) -> bool:
        """Whether the transaction already keeps writers of a live table out."""
        return any(
            lock.blocks_writes and self.is_busy(name) for name, lock in self.current.held.items()
        )

    def earlier(self) -> Iterator[Applied]:
        """Return what the same section's deploy applied before the current operation."""
        section = self.current.section.name
        for applied in self.ship.up if section is SectionName.UP else self.ship.down:
            if applied is self.current:
                return
            yield applied

    def later(self) -> Iterator[Applied]:
        """Return what the deploy applies after the current operation."""
        section = self.current.section.name
        seen = False
        for applied in self.ship.up if section is SectionName.UP else self.ship.down:
            if seen:
                yield applied
            seen = seen or applied is self.current

    def made_again(self, kind: ObjectKind, name: Name, table: Name | None = None) -> bool:
        """Say whether its transaction makes an object of the name again: it is replaced."""
        wanted = making.named(kind, name, table, self.catalog)
        return any(
            self.in_same_transaction(applied)
            and making.given_by(applied.operation, applied.before) == wanted
            for applied in self.later()
        )

    def named_here(self, kind: ObjectKind, name: Name, table: Name | None = None) -> bool:
        """Say whether this deploy made an object, or gave it its name: running code has neither."""
        wanted = making.named(kind, name, table, self.catalog)
        return any(
            making.given_by(applied.operation, applied.before) == wanted
            for applied in self.earlier()
        )

    def keeps_type(self, operation: AlterColumnType) -> bool:
        """Say whether a new type of this deploy takes the place and the name of a column's own."""
        released = self.ship.before.column(operation.table, operation.column)
        return (
            operation.type is not None
            and released is not None
            and released.type == operation.type
            and self.named_here(ObjectKind.TYPE, Name(operation.type.name, operation.type.schema))
        )

    def column_again(self, table: Name, column: str) -> Applied | None:
        """Return what gives another column the name of one that goes, None if nothing does."""
        key = self.catalog.key(table)
        for applied in self.later():
            match applied.operation:
                case (
                    AddColumn(table=to, column=Column(name=name))
                    | RenameColumn(table=to, new_name=name)
                ) if name == column and applied.before.key(to) == key:
                    return applied
                case _:
                    pass
        return None

    def has_rows(self, table: Name) -> bool:
        """Say whether a table may hold rows: its transaction has not emptied it before."""
        return self.catalog.key(table) not in self.current.emptied

    def shut_by(self, relation: Name) -> Applied | None:
        """Return what keeps reads of a relation out until COMMIT, apart from the operation.

        It is an earlier statement of the transaction, or another part of the same statement,
        which takes the strongest of its locks before it does anything.
        """
        key = self.catalog.key(relation)
        section = self.current.section.name
        seen = False
        for applied in self.ship.up if section is SectionName.UP else self.ship.down:
            seen = seen or applied is self.current
            lock = applied.effects.lock_on(key)
            if lock is None or not lock.blocks_reads or applied is self.current:
                continue
            if applied.statement is self.current.statement or not seen:
                if self.in_same_transaction(applied):
                    return applied
            else:
                break
        return None

    def in_same_transaction(self, other: Applied) -> bool:
        """Say whether another operation shares the current one's transaction."""
        if other.statement is self.current.statement and other.origin.call_span is None:
            # What one statement does is one change, also where each commits by itself.
            return True
        number = self.current.transaction.number
        return (
            number is not None
            and other.transaction.number == number
            and other.section.name is self.current.section.name
        )

    # --- words ------------------------------------------------------------------------

    def waits(self, relation: Name) -> str:
        """Return who waits for a relation, on what and for how long, as a clause.

        For instance `writes to orders wait under the SHARE lock while the index is built`, or
        `reads and writes of users wait for an instant`; how long a lock is really held in its
        transaction is another rule's subject. Where a database says how big the table is, so
        does the clause.
        """
        key = self.catalog.key(relation)
        lock = self.effects.lock_on(key)
        who = {
            None: f"nobody waits for {relation}",
            "reads and writes": f"reads and writes of {relation} wait",
            "writes": f"writes to {relation} wait",
            "other schema changes": f"other schema changes of {relation} wait",
        }[None if lock is None else lock.blocks]
        # The rows of a partitioned table are in its partitions.
        stored = {key, *(child.name for child in self.catalog.children(key))}
        under = "" if lock is None else f" under the {lock} lock"
        big = self.how_big(relation)
        if not stored.isdisjoint(self.effects.rewrites):
            return f"{who}{under} while the whole table is rewritten{big}"
        if not stored.isdisjoint(self.effects.builds):
            return f"{who}{under} while the index is built{big}"
        if not stored.isdisjoint(self.effects.scans):
            return f"{who}{under} while every row is read{big}"
        return who if lock is None else f"{who} for an instant"

    def how_big(self, relation: Name) -> str:
        """Return ` (about 12 million rows, 3.4 GB)`, empty where no database was asked."""
        size = self.catalog.size(relation)
        return "" if size is None else f" ({in_words(size)})"

    @property
    def code_ships_first(self) -> bool:
        """Whether a release runs its new code before its migration, not after it."""
        return self.settings.release_order == "code-first"

    @property
    def old_code(self) -> str:
        """Return whose statements meet a schema that they were not written for.

        Where the schema ships first that is the code that runs. Where code ships first it has
        gone by then and comes back with a rollback; where several versions may come back,
        the one that runs may do without what an older one needs.
        """
        return "running code" if self._runs_alone else "old code"

    @property
    def until_gone(self) -> str:
        """Return how long old code fails or is refused, as a clause after the verb."""
        versions = self.settings.rollback_horizon
        match (self.code_ships_first, versions):
            case (False, 1):
                return "until its last process is gone, and again after every rollback to it"
            case (False, _):
                return (
                    f"until the last process of the {versions} versions before is gone, and again "
                    "after every rollback to one of them"
                )
            case (True, 1):
                return "after every rollback to it"
            case (True, _):
                return f"after every rollback to one of the {versions} versions before"

    def new_code(self, that: str, fails: str) -> str:
        """Return what new code meets until the migration has run, as a clause with its semicolon.

        Args:
            that: What the code does, for instance `names email_address`.
            fails: What it meets, for instance `fails (42703)`.

        Returns:
            Nothing where the schema ships first: no new code runs before it.
        """
        return f"; new code that {that} {fails} until this has run" if self.code_ships_first else ""

    @property
    def brought_back(self) -> str:
        """Return when code that was deployed first is the oldest that may still run."""
        return f"when that code is what {self._rollback} brings back"

    @property
    def none_older(self) -> str:
        """Return when code that was deployed first is all that runs."""
        return "when no older process runs" if self._runs_alone else self.brought_back

    @property
    def all_code(self) -> str:
        """Return the code that has to be ready for a change, in words."""
        return (
            "all running code"
            if self._runs_alone
            else f"all code that {self._rollback} brings back"
        )

    @property
    def _rollback(self) -> str:
        versions = self.settings.rollback_horizon
        return "a rollback" if versions == 1 else f"a rollback by {versions} versions"

    @property
    def _runs_alone(self) -> bool:
        """Whether the code that runs at the migration is all that is called old code."""
        return self.settings.rollback_horizon == 1 and not self.code_ships_first

    def insert_without(self, table: Name, column: str) -> str:
        """Return what becomes of INSERTs where a required column is new, as a clause."""
        if self.code_ships_first:
            return (
                f"no INSERT INTO {table} works before and after it: one that names {column} fails "
                "(42703) until this has run, one that does not fails (23502) from then on"
            )
        return (
            f"{self.old_code}'s INSERT INTO {table}, which does not name the column, fails (23502) "
            f"{self.until_gone}"
        )

    # --- what to write instead --------------------------------------------------------

    @property
    def is_call(self) -> bool:
        """Whether arguments of an `op.` call say what is done, not SQL that it sends."""
        current = self.current
        call = current.origin.call_span
        if call is None:
            return False
        return current.statement.sql == current.section.text[call.start : call.end]

    def written(self, operation: Operation) -> str:
        """Return an operation on one line, as its migration says such: SQL, or an `op.` call."""
        # What writes statements is loaded where a finding shows one.
        if self.current.origin.call_span is None:
            from migsafe.writing.sql import write  # noqa: PLC0415

            return write(operation)
        from migsafe.writing.alembic import line  # noqa: PLC0415

        return line(operation)

    @property
    def outside(self) -> str:
        """Return where a statement runs outside a transaction, to follow it in a sentence."""
        if self.current.origin.call_span is not None:
            return " inside `with op.get_context().autocommit_block():`, in a revision of its own"
        if self.current.transaction.sent_as_one:
            return ", alone in its file, without BEGIN or SET beside it"
        return ", in a file of its own that runs outside a transaction"

    # --- findings ---------------------------------------------------------------------

    def finding(
        self,
        message: str,
        *,
        help: str,
        case: str = DEFAULT_CASE,
        at: Applied | Place | None = None,
        relations: tuple[Name, ...] | None = None,
        hazards: tuple[Hazard, ...] | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> Finding:
        """Make a finding of this context's rule.

        Args:
            message: The effect on running systems: object, lock or old statement, who waits.
            help: The change to make, in one sentence.
            case: The case of the rule's page that decides the severity.
            at: Another operation of the deploy, or a place; the current operation if None.
            relations: What it is about; if None the relations that the operation locks.
            hazards: The kinds of harm, if fewer than the rule's page names.
            confidence: Low where a fact is assumed.
        """
        if case == DEFAULT_CASE and self.settings.profile in self.rule.severities:
            case = self.settings.profile
        severity = self.settings.severities.get(self.rule.id, self.rule.severity(case))
        if isinstance(at, Place):
            place = focus = at
            section, text, locks = None, "", {}
        else:
            applied = at or self.current
            place = applied.place
            focus = applied.focus
            section, text = applied.section.name, _normalised(applied)
            locks = dict(applied.effects.locks)
        named = tuple(locks) if relations is None else relations
        return Finding(
            rule=self.rule.id,
            severity=severity,
            confidence=confidence,
            hazards=self.rule.hazards if hazards is None else hazards,
            place=place,
            focus=focus,
            section=section,
            relations=tuple(
                RelationLock(name, locks.get(name.beside(name.name))) for name in named
            ),
            message=message,
            help=help,
            identity="\0".join((self.rule.id, place.path, str(section), text)),
        )

    def place_of(self, section: Section, span: Span | None = None) -> Place:
        """Return a place in a section; its first character where no span is given."""
        return section.place(span or Span(0, 0))


def is_understood(operation: Operation, effects: Effects) -> bool:
    """Say whether the facts of an operation are known: a server confirmed those of its kind.

    A program, be it a block or a routine, is understood where what it runs is.

    Args:
        operation: What was read.
        effects: What it does as far as that is known.
    """
    if type(operation).__name__ not in confirmed.KINDS:
        return False
    match operation:
        case AnonymousBlock() | CallRoutine():
            return not effects.unknown
        case _:
            return True


def line_of(other: Applied, here: Applied) -> str:
    """Return where another operation stands: `line 3`, or `db/0042.sql:3` in another file."""
    if other.section.path == here.section.path:
        return f"line {other.line}"
    return f"{other.section.path}:{other.line}"


def listed(things: Iterable[object]) -> str:
    """Return things in words: `a, b and c`."""
    *others, last = map(str, things)
    return f"{', '.join(others)} and {last}" if others else last


def some(things: Sequence[object]) -> str:
    """Return the first few things in words, the others counted: `a, b, c and 7 more`."""
    more = len(things) - NAMED
    return listed((*things[:NAMED], f"{more} more") if more > 0 else things)


def clipped(sql: str) -> str:
    """Return SQL as a message can hold it: on one line, a long one cut."""
    line = " ".join(sql.split())
    return line if len(line) <= _LONGEST_SQL else f"{line[:_LONGEST_SQL].rstrip()} …"


def _normalised(applied: Applied) -> str:
    span = applied.origin.span
    focus = applied.section.text[span.start : span.end]
    return " ".join(f"{applied.statement.sql} {focus}".split())
