"""Migrations as the runner's tool sees them: sections of statements, in a history."""

from bisect import bisect_right
from dataclasses import field
from enum import StrEnum
from functools import lru_cache

from migsafe.model.operations import Operation, SetParameter
from migsafe.model.origin import Runner, SectionName, Span
from migsafe.model.record import record


@record
class Statement:
    """One SQL statement, or one `op.` call of a revision, with the operations it holds.

    `span` lies in the section's text. `sql` is the statement's own text, for a call
    that holds no SQL the call's source. `opaque` are the placeholders in it that nobody has
    said the text of: the operations have names in braces where they stand. Statements of the
    same `batch` are sent as one query, and so share a transaction where no other holds them.
    """

    sql: str
    span: Span
    operations: tuple[Operation, ...]
    opaque: tuple[str, ...] = ()
    batch: int | None = None


@record
class Directive:
    """A comment that speaks to migsafe: `text` is what stands after `migsafe:`.

    One that speaks to squawk is heard as well: `squawk`, and `text` is what stands after `squawk-`.
    """

    span: Span
    text: str
    squawk: bool = False


@record
class Place:
    """A range of a file in lines and columns, both from 1; the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@record
class Section:
    """One direction of a migration, with the text it was read from.

    For revisions the text is the whole Python file in both directions.
    """

    name: SectionName
    path: str
    text: str = field(repr=False)
    statements: tuple[Statement, ...]
    runner: Runner
    directives: tuple[Directive, ...] = ()

    def place(self, span: Span) -> Place:
        """Return lines and columns of a span of this section's text."""
        starts = _line_starts(self.text)
        line = bisect_right(starts, span.start)
        end_line = bisect_right(starts, max(span.start, span.end - 1))
        return Place(
            self.path,
            line,
            span.start - starts[line - 1] + 1,
            end_line,
            span.end - starts[end_line - 1] + 1,
        )


@lru_cache(maxsize=16)
def _line_starts(text: str) -> list[int]:
    # Findings of one file follow each other; what is not placed is never counted.
    starts = [0]
    at = text.find("\n")
    while at != -1:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


class Down(StrEnum):
    """What a migration offers as its way down."""

    PRESENT = "present"
    NO_CONVENTION = "no convention"
    """The tool has no downs (a plain SQL file)."""
    MISSING = "missing"
    EMPTY = "empty"
    """`pass`, a docstring, or no statement."""
    RAISES = "raises"
    UNREAD = "unread"
    """The migration is history, which only goes up."""


@record
class ApplicationTable:
    """A table that a revision uses as the application's code describes it.

    `name` is what the revision calls it, `span` where it does so first. `table` and `columns`
    are what the description and the revision together name, `table` None if it is not known.
    `whole` marks what stands for every table of the application; `makes` says that the
    revision makes tables by the description.
    """

    name: str
    span: Span
    table: str | None
    columns: tuple[str, ...] = ()
    whole: bool = False
    makes: bool = False


@record
class ApplicationImport:
    """What a revision takes from the application's code by one import.

    `names` are those that it binds, `module` is where they come from. `used` are the names
    that the revision says again, `tables` those of them that describe tables.
    """

    module: str
    names: tuple[str, ...]
    span: Span
    used: tuple[str, ...] = ()
    tables: tuple[ApplicationTable, ...] = ()


@record
class Migration:
    """One file or revision that a tool applies as a unit.

    `id` is what its tool calls it (a revision, a version number with its name), unique in
    its tree. `revises` are the ids it stands on; empty for a first one and for plain files,
    whose order is the tree's. `down_reason` is a comment in an empty way down.
    `ordered` is False for a file whose name carries no order: it stands alone. `repeatable`
    is True for what its tool runs again after all others whenever its text changes. `imports`
    are those of a revision that is to be judged.
    """

    id: str
    path: str
    convention: str
    up: Section
    down: Section | None
    down_state: Down
    revises: tuple[str, ...] = ()
    down_reason: str | None = None
    ordered: bool = True
    repeatable: bool = False
    imports: tuple[ApplicationImport, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """Up, then down if there is one."""
        return (self.up,) if self.down is None else (self.up, self.down)


@record
class HistoryProblem:
    """Something wrong with the order of a tree; `span` lies in the named migration's text.

    `concerns` are the files that it is about; empty where it stops the whole tree.
    """

    path: str
    message: str
    help: str
    span: Span = field(default_factory=lambda: Span(0, 0))
    concerns: tuple[str, ...] = ()


@record
class Tree:
    """The migrations of one place, in the order in which their tool applies them.

    `later` are the ids of those that stand after the last one asked for: they were not read.
    """

    root: str
    convention: str
    migrations: tuple[Migration, ...]
    problems: tuple[HistoryProblem, ...] = ()
    heads: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    session: tuple[SetParameter, ...] = ()
    """What each connection of the runner is told before the first migration."""


@record
class Edit:
    """A migration that was released, as it was and as it is now.

    `does_same` says whether its way up does the same in the same transactions, `is_same_text`
    whether what its tool has a checksum of is the same, `is_same_name` whether its tool knows
    it by the same name.
    """

    before: Migration
    now: Migration
    does_same: bool
    is_same_text: bool
    is_same_name: bool


@record
class Late:
    """A new migration that sorts before one that was released, of which `released` is the id."""

    migration: Migration
    released: str


@record
class Changes:
    """What a change does to the migrations of a tree that were there before it.

    `base` is the commit at which it began. `gone` are those that are not there any more, `added`
    those that were not there. `downs` do the same and have another way down.
    """

    base: str
    convention: str
    edited: tuple[Edit, ...] = ()
    gone: tuple[Migration, ...] = ()
    added: tuple[Migration, ...] = ()
    late: tuple[Late, ...] = ()
    downs: tuple[Migration, ...] = ()


@record
class Selection:
    """A tree and which of its migrations are to be judged (ids); the others are history."""

    tree: Tree
    given: frozenset[str]
    changes: Changes | None = None
