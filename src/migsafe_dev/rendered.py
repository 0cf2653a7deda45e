"""`python -m migsafe_dev rendered --seed N TREE=SQL …`: what is read, and what Alembic renders.

`SQL` is a directory with what `alembic upgrade a:b --sql` and `alembic downgrade b:a --sql` wrote
for each revision `b` of the tree, as `b.up.sql` and `b.down.sql`; a revision that does not run
offline has no file. So many revisions are drawn by the seed; the operations read from each by `ast`
are held against those of its SQL. What offline SQL cannot show is left out on both sides, see
`comparable`, and so are column types of packages that are not in the repository. The exit status
is 1 where something differs that no condition explains.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migsafe.model.migration import Section
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    Begin,
    Commit,
    CreateEnum,
    CreateObject,
    CreateRoutine,
    CreateTable,
    DataWork,
    Delete,
    DropObject,
    DropTable,
    Insert,
    Merge,
    ObjectKind,
    Operation,
    Select,
    Unrecognized,
    Update,
)
from migsafe.model.origin import Certainty, SectionName
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe_dev.others import whole

_COMPARISONS = frozenset({"new_old_equals", "new_old_not_equals"})
_BOOK_KEEPING = "alembic_version"
_SHOWN = 160


@dataclass(frozen=True)
class Compared:
    """One direction of a revision: what only one side has.

    `known` is False where a call of it could not be read, so that nothing was compared.
    """

    revision: str
    section: SectionName
    read: Counter[Operation]
    rendered: Counter[Operation]
    uncertain: frozenset[Operation]
    known: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether both do the same."""
        return not (self.read or self.rendered)

    @property
    def is_explained(self) -> bool:
        """Whether only a condition decides it: what is read happens sometimes."""
        return not self.rendered and all(each in self.uncertain for each in self.read)


def main(arguments: list[str]) -> int:
    """Draw revisions and print where the two differ."""
    parser = argparse.ArgumentParser(prog="migsafe_dev rendered")
    parser.add_argument("trees", nargs="+", metavar="TREE=SQL")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args(arguments)
    revisions = [
        (f"{tree}: {revision}", sections)
        for pair in given.trees
        for tree, _, rendered in [pair.partition("=")]
        for revision, sections in _rendered(tree, Path(rendered))
    ]
    chance = random.Random(given.seed)  # noqa: S311  a draw, no secret
    drawn = chance.sample(revisions, min(given.count, len(revisions)))
    ways = [each for revision, sections in drawn for each in _compared(revision, sections)]
    found = [each for each in ways if each.known]
    different = [each for each in found if not each.is_equal]
    unexplained = [each for each in different if not each.is_explained]
    for each in different:
        _show(each)
    print(
        f"{len(drawn)} revisions of {len(revisions)}, {len(ways)} ways: "
        f"{len(ways) - len(found)} with a call that is not known, "
        f"{len(found) - len(different)} equal, {len(different) - len(unexplained)} "
        f"depend on a condition, {len(unexplained)} differ"
    )
    return 1 if unexplained else 0


def _show(compared: Compared) -> None:
    said = "a condition" if compared.is_explained else "DIFFERS"
    print(f"{compared.revision} {compared.section}: {said}")
    for name, operations in (("read", compared.read), ("rendered", compared.rendered)):
        for operation in operations:
            print(f"    {name} only: {repr(operation)[:_SHOWN]}")


def _rendered(tree: str, directory: Path) -> Iterator[tuple[str, list[tuple[Section, str]]]]:
    """Yield the revisions of a tree that were rendered: their sections with the SQL."""
    for selection in whole(tree).selections:
        for migration in selection.tree.migrations:
            sections = [
                # SQLAlchemy doubles each percent sign for a driver that is not there.
                (section, path.read_text("utf-8").replace("%%", "%"))
                for section in migration.sections
                if (path := directory / f"{migration.id}.{section.name}.sql").exists()
            ]
            if sections:
                yield migration.id, sections


def _compared(revision: str, sections: Iterable[tuple[Section, str]]) -> Iterator[Compared]:
    for section, sql in sections:
        read = [each for one in section.statements for each in one.operations]
        if any(isinstance(each, Unrecognized) for each in read):
            # What is not known is said; there is nothing to compare.
            yield Compared(revision, section.name, Counter(), Counter(), frozenset(), known=False)
            continue
        ours, theirs = comparable(read), comparable(operations_in(sql))
        theirs = Counter(_as_little_known(each, ours) for each in theirs.elements())
        uncertain = frozenset(
            _normal(each)
            for each in read
            if each.origin is not None and each.origin.certainty is Certainty.MAYBE
        )
        yield Compared(revision, section.name, ours - theirs, theirs - ours, uncertain)


def _as_little_known(rendered: Operation, read: Iterable[Operation]) -> Operation:
    """Return a rendered operation without the types that only an installed package could tell."""
    match rendered:
        case CreateTable(table=table):
            names = {
                column.name
                for each in read
                if isinstance(each, CreateTable) and each.table == table
                for column in each.columns
                if column.type is None
            }
            columns = tuple(
                replace(column, type=None) if column.name in names else column
                for column in rendered.columns
            )
            return replace(rendered, columns=columns)
        case AddColumn():
            without = replace(rendered, column=replace(rendered.column, type=None))
            return without if without in read else rendered
        case AlterColumnType():
            without_type = replace(rendered, type=None)
            return without_type if without_type in read else rendered
        case _:
            return rendered


def operations_in(sql: str) -> list[Operation]:
    """Return what rendered SQL does, without Alembic's own book-keeping and transactions."""
    return [
        operation
        for statement in read_sql(sql, Placement("sql", SectionName.UP)).statements
        if _BOOK_KEEPING not in statement.sql
        for operation in statement.operations
        if not isinstance(operation, Begin | Commit)
    ]


def comparable(operations: Iterable[Operation]) -> Counter[Operation]:
    """Return operations as far as offline SQL can show them.

    - `checkfirst` is looked up on the server: offline the object is made all the same;
    - values and conditions of data work are literals there and parameters here, and each row of
      a `bulk_insert` is an INSERT of its own;
    - queries are asked in vain, and are rendered or not;
    - transactions are the tool's;
    - operators that `sync_enum_values` makes for its own comparisons, and drops, are left out;
    - the order of the constraints that a column brings along hangs on a Python set.
    """
    counted = Counter(_normal(each) for each in operations if not _is_left_out(each))
    for operation in counted:
        if isinstance(operation, DataWork):
            counted[operation] = 1
    return counted


def _is_left_out(operation: Operation) -> bool:
    match operation:
        case Begin() | Commit() | Select():
            return True
        case CreateRoutine(routine=name) | DropObject(object=name) if name.name in _COMPARISONS:
            return True
        case CreateObject(kind=kind) | DropObject(kind=kind):
            return kind is ObjectKind.OPERATOR
        case _:
            return False


def _normal(operation: Operation) -> Operation:
    match operation:
        case CreateEnum():
            return replace(operation, if_not_exists=False)
        case DropObject() | DropTable():
            return replace(operation, if_exists=False)
        case Insert(table=table):
            return DataWork(table=table, verb="INSERT")
        case Update(table=table):
            return DataWork(table=table, verb="UPDATE")
        case Delete(table=table):
            return DataWork(table=table, verb="DELETE")
        case Merge(table=table):
            return DataWork(table=table, verb="MERGE")
        case DataWork():
            return replace(operation, rows=None)
        case CreateTable(constraints=constraints):
            in_order = tuple(sorted(constraints, key=repr))
            return replace(operation, constraints=in_order, if_not_exists=False)
        case _:
            return operation
