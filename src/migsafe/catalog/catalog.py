"""The schema before an operation: looked up by name, folded operation by operation."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from migsafe.catalog import (
    columns,
    constraints,
    indexes,
    publications,
    rights,
    session,
    uses,
    views,
)
from migsafe.catalog.facts import Facts
from migsafe.catalog.objects import space
from migsafe.catalog.replay import replay
from migsafe.catalog.schema import (
    ColumnState,
    CompositeState,
    ConstraintState,
    DomainState,
    EnumState,
    Existence,
    IndexState,
    PolicyState,
    Rights,
    RoutineState,
    RoutineUse,
    SequenceState,
    StatisticsState,
    TableKind,
    TableSize,
    TableState,
    TriggerState,
    ViewState,
)
from migsafe.catalog.text import proves_not_null
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    Check,
    CreateIndex,
    ForeignKey,
    NotNull,
    ObjectKind,
    Operation,
    Option,
)
from migsafe.model.record import replace


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """An immutable schema state.

    Every lookup takes a name in any spelling: `public` and no schema are the same, and a
    name without schema is found along the search path. What history did not show is
    unknown, not absent, unless the catalog is complete.
    """

    _facts: Facts = field(default_factory=Facts)

    @classmethod
    def empty(cls, *, complete: bool = False) -> "Catalog":
        """Return a catalog without objects; `complete` says that there are no others."""
        return cls(Facts(complete=complete))

    def apply(self, operation: Operation, made_by: str | None = None) -> "Catalog":
        """Return the catalog after an operation that went through.

        Never raises: what contradicts the catalog is taken as the server's word, what
        cannot be followed makes the relations it names, or all, uncertain.

        Args:
            operation: What ran.
            made_by: The id of the migration it belongs to.
        """
        facts = self._facts.copy()
        facts.tick += 1
        replay(facts, operation, made_by)
        return Catalog(facts)

    def apply_all(self, operations: Iterable[Operation], made_by: str | None = None) -> "Catalog":
        """Return the catalog after several operations."""
        facts = self._facts.copy()
        for operation in operations:
            facts.tick += 1
            replay(facts, operation, made_by)
        return Catalog(facts)

    def session_ended(self) -> "Catalog":
        """Return the catalog as the next session finds it: no temporary tables, no SET."""
        facts = self._facts.copy()
        facts.tick += 1
        session.end(facts)
        return Catalog(facts)

    # --- what is there ---------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether what the catalog does not hold does not exist."""
        return self._facts.complete

    @property
    def facts(self) -> Facts:
        """The parts, for those who compare or render whole catalogs; not to be changed."""
        return self._facts

    def key(self, name: Name) -> Name:
        """Return the canonical key of a relation, as used in every mapping."""
        return self._facts.key(name)

    def certain(self, name: Name) -> bool:
        """Say whether nothing unread may have changed the relation."""
        if self._facts.path is None and name.schema is None:
            return False
        return self._facts.is_certain(self.key(name))

    def existence(self, kind: ObjectKind, name: Name) -> Existence:
        """Say whether an object is there, is not there, or may be."""
        group = space(kind)
        key = self._facts.key(name, group)
        present = self._facts.is_present(key, group)
        if present is None or (self._facts.path is None and name.schema is None):
            return Existence.UNKNOWN
        if not present:
            return Existence.ABSENT
        if kind is ObjectKind.DOMAIN and (ObjectKind.TYPE, key) in self._facts.objects:
            # A composite or base type bears the name.
            return Existence.ABSENT
        if group is not ObjectKind.TABLE:
            return Existence.PRESENT
        return Existence.PRESENT if self._is_a(kind, key) else Existence.ABSENT

    def is_gone(self, relation: Name) -> bool:
        """Say whether no relation of any kind bears a name, because history dropped it."""
        key = self.key(relation)
        unplaced = self._facts.path is None and relation.schema is None
        return not unplaced and self._facts.is_present(key, ObjectKind.TABLE) is False

    def _is_a(self, kind: ObjectKind, key: Name) -> bool:
        facts = self._facts
        if kind in {ObjectKind.TABLE, ObjectKind.FOREIGN_TABLE}:
            return key in facts.tables
        if kind is ObjectKind.INDEX:
            return key in facts.indexes
        if kind is ObjectKind.SEQUENCE:
            return key in facts.sequences
        view = facts.views.get(key)
        return view is not None and view.materialized == (kind is ObjectKind.MATERIALIZED_VIEW)

    def part_existence(self, kind: ObjectKind, name: str, table: Name) -> Existence:
        """Say whether a trigger, policy or rule of a table is there, is not there, or may be."""
        settings = self._facts.belongings(self.key(table)).settings
        if kind is ObjectKind.TRIGGER:
            there = any(trigger.name == name for trigger in self.triggers(table))
        else:
            there = any(each == f"{kind.value.lower()} {name}" for each, _ in settings)
        if there:
            return Existence.PRESENT
        known = self.complete and self.certain(table)
        return Existence.ABSENT if known else Existence.UNKNOWN

    def tables(self) -> tuple[TableState, ...]:
        """Return all known tables, by name."""
        return tuple(
            sorted(
                self._facts.tables.values(),
                key=lambda table: (table.name.schema or "", table.name.name),
            )
        )

    def table(self, name: Name) -> TableState | None:
        """Return a table, a partial one if history only mentions it, None if unknown.

        A table that something unread may have changed is not complete.
        """
        key = self.key(name)
        table = self._facts.tables.get(key)
        if table is None or not table.complete or self._facts.is_certain(key):
            return table
        return replace(table, complete=False)

    def size(self, relation: Name) -> TableSize | None:
        """Return how big a table was when a server was asked, None if none was."""
        return self._facts.sizes.get(self.key(relation))

    def view(self, name: Name) -> ViewState | None:
        """Return a view or materialized view, None if unknown."""
        return self._facts.views.get(self.key(name))

    def sequence(self, name: Name) -> SequenceState | None:
        """Return a sequence, None if unknown."""
        return self._facts.sequences.get(self.key(name))

    def enum(self, name: Name) -> EnumState | None:
        """Return an enum type, None if unknown."""
        return self._facts.enums.get(self._facts.key(name, ObjectKind.TYPE))

    def composite(self, name: Name) -> CompositeState | None:
        """Return a composite type, None if unknown."""
        return self._facts.composites.get(self._facts.key(name, ObjectKind.TYPE))

    def domain(self, name: Name) -> DomainState | None:
        """Return a domain, None if unknown."""
        return self._facts.domains.get(self._facts.key(name, ObjectKind.TYPE))

    def routines(self, name: Name) -> tuple[RoutineState, ...]:
        """Return the overloads of a routine that are known."""
        key = self._facts.key(name, ObjectKind.ROUTINE)
        return self._facts.routines.get(key) or ()

    def runs_body_of(self, routine: RoutineState) -> bool:
        """Say whether a routine is there with its body, whatever its options are."""
        return any(
            (each.arguments, each.body) == (routine.arguments, routine.body)
            for each in self.routines(routine.name)
        )

    # --- columns ---------------------------------------------------------------------

    def column(self, table: Name, column: str) -> ColumnState | None:
        """Return a column, None if unknown."""
        return self._facts.column(self.key(table), column)

    def column_existence(self, table: Name, column: str) -> Existence:
        """Say whether a table or view has a column.

        A column is absent only if history dropped it, or if the catalog is complete: what
        a replayed CREATE TABLE did not list may have been added elsewhere.
        """
        facts, key = self._facts, self.key(table)
        if facts.is_present(key) is False:
            return Existence.ABSENT
        state = facts.tables.get(key)
        if state is None:
            return Existence.UNKNOWN
        if facts.is_certain(key):
            if state.column(column) is not None:
                return Existence.PRESENT
            known = facts.complete or column in facts.belongings(key).dropped
            return Existence.ABSENT if known else Existence.UNKNOWN
        touched = dict(facts.belongings(key).touched).get(column, 0)
        if touched <= facts.doubt(key):
            return Existence.UNKNOWN
        present = state.column(column) is not None
        return Existence.PRESENT if present else Existence.ABSENT

    def not_null_proven(self, table: Name, column: str) -> bool | None:
        """Say whether the server knows that a column holds no NULL, without a scan.

        True for a NOT NULL column and for a valid, enforced CHECK that implies it; None
        where constraints may exist that history did not show.
        """
        state, known = self.table(table), self.column(table, column)
        if state is None:
            return None
        # On a column that was seen being made, all constraints were seen as well.
        since, doubt = 0 if known is None else known.since, self._facts.doubt(self.key(table))
        seen = since > doubt
        sure = seen or self.certain(table)
        if sure and known is not None and known.nullable is False:
            return True
        # A row whose fields are all NULL is not NULL itself: IS NOT NULL says more of it.
        kind = None if known is None else known.type
        is_row = kind is not None and self.composite(Name(kind.name, kind.schema)) is not None
        for each in self.constraints(table):
            if not sure and each.since <= doubt:
                continue
            match each.constraint:
                case Check() if is_row:
                    pass
                case Check(valid=True, enforced=True, expression=expression):
                    if not expression.opaque and proves_not_null(expression.sql, column):
                        return True
                case NotNull(valid=True, column=name) if name == column:
                    return True
                case _:
                    pass
        return False if sure and (seen or state.complete) else None

    # --- constraints and indexes -----------------------------------------------------

    def constraint(self, table: Name, name: str) -> ConstraintState | None:
        """Return a constraint by its name, None if unknown."""
        return self._facts.constraint(self.key(table), name)

    def constraints(self, table: Name) -> tuple[ConstraintState, ...]:
        """Return the known constraints of a table."""
        return self._facts.belongings(self.key(table)).constraints

    def constraints_on(self, table: Name, column: str) -> tuple[ConstraintState, ...]:
        """Return the known constraints of a table that need a column."""
        return tuple(
            state
            for state in self.constraints(table)
            if column in constraints.columns_of(state.constraint)
        )

    def primary_key(self, table: Name) -> ConstraintState | None:
        """Return the primary key, None if none is known."""
        return constraints.primary_key(self._facts, self.key(table))

    def foreign_keys_of(self, table: Name) -> tuple[ConstraintState, ...]:
        """Return the foreign keys that a table holds."""
        return tuple(
            state for state in self.constraints(table) if isinstance(state.constraint, ForeignKey)
        )

    def foreign_keys_to(self, table: Name) -> tuple[ConstraintState, ...]:
        """Return the foreign keys that refer to a table, its own among them."""
        incoming = self._facts.belongings(self.key(table)).incoming
        found = (self._facts.constraint(child, name) for child, name in incoming)
        return tuple(state for state in found if state is not None)

    def index(self, name: Name) -> IndexState | None:
        """Return an index, None if unknown."""
        return self._facts.indexes.get(self.key(name))

    def indexes(self, table: Name) -> tuple[IndexState, ...]:
        """Return the known indexes of a table or materialized view."""
        names = self._facts.belongings(self.key(table)).indexes
        found = (self._facts.indexes.get(name) for name in names)
        return tuple(state for state in found if state is not None)

    def built_below(self, operation: CreateIndex) -> tuple[Name, ...]:
        """Return the known leaves of a partitioned table on which its new index is built."""
        return tuple(indexes.built_below(self._facts, self.key(operation.table), operation))

    def indexes_on(self, table: Name, column: str) -> tuple[IndexState, ...]:
        """Return the known indexes that need a column."""
        return tuple(state for state in self.indexes(table) if column in indexes.columns_of(state))

    # --- what reads, calls, inherits -------------------------------------------------

    def views_on(self, relation: Name) -> tuple[ViewState, ...]:
        """Return the views that read a relation directly."""
        reading = self._facts.belongings(self.key(relation)).views
        found = (self._facts.views.get(view) for view, _ in reading)
        return tuple(state for state in found if state is not None)

    def reads_surely(self, view: ViewState, table: Name, column: str) -> bool:
        """Say whether a view reads a column beyond doubt; if not, it may still."""
        return (self.key(table), column) in view.surely

    def views_on_column(self, table: Name, column: str) -> tuple[ViewState, ...]:
        """Return the views that read a column; those not resolved count as reading it."""
        reading = views.using(self._facts, self.key(table), column)
        found = (self._facts.views.get(view) for view in reading)
        return tuple(state for state in found if state is not None)

    def triggers(self, table: Name) -> tuple[TriggerState, ...]:
        """Return the known triggers of a table or view."""
        return self._facts.belongings(self.key(table)).triggers

    def row_security(self, table: Name) -> bool | None:
        """Say whether row security is enabled for a table; None if it is not known."""
        state = self.table(table)
        if "row security" in self.settings(table):
            return True
        known = state is not None and state.complete and (state.made_by or self.complete)
        return False if known else None

    def policies(self, table: Name) -> tuple[PolicyState, ...]:
        """Return the known row security policies of a table."""
        return tuple(uses.policies(self._facts, self.key(table)))

    def policies_on(self, table: Name, column: str) -> tuple[PolicyState, ...]:
        """Return the policies of a table that have a column among the words of a condition."""
        return tuple(
            each for each in self.policies(table) if column in uses.of_conditions(each.sql)
        )

    def statistics(self, table: Name) -> tuple[StatisticsState, ...]:
        """Return the known extended statistics of a table."""
        return tuple(uses.statistics(self._facts, self.key(table)))

    def uses_of_routine(self, routine: Name) -> tuple[RoutineUse, ...]:
        """Return what calls a routine: defaults, CHECKs, indexes, views, triggers, policies."""
        key = self._facts.key(routine, ObjectKind.ROUTINE)
        return tuple(
            sorted(
                uses.of_routine(self._facts, key),
                key=lambda use: (str(use.relation), use.kind, use.name),
            )
        )

    def columns_drawing(self, sequence: Name) -> tuple[tuple[Name, str], ...]:
        """Return the columns that draw their values from a sequence, by default or identity."""
        return tuple(sorted(uses.drawing(self._facts, self.key(sequence))))

    def routines_naming(
        self, relation: Name, column: str | None = None
    ) -> tuple[RoutineState, ...]:
        """Return the routines that have a relation, and a column of it, among their words.

        The server does not hold them together with it: they fail when they are called.
        """
        found = uses.naming(self._facts, self.key(relation), column)
        return tuple(sorted(found, key=lambda routine: (str(routine.name), routine.arguments)))

    # --- who may use what --------------------------------------------------------------

    def rights(self, kind: ObjectKind, name: Name, arguments: str | None = None) -> Rights:
        """Return who may use an object besides its owner, as far as that is known.

        Args:
            kind: What it is; only relations, routines, schemas and types are kept.
            name: Its name.
            arguments: Of a routine, None where there is one of the name.
        """
        return rights.of(self._facts, kind, name, arguments)

    def roles_of(self, role: str) -> frozenset[str]:
        """Return a role with all that it is known to belong to, directly or not."""
        return rights.roles_of(self._facts, role)

    def held_by(self, role: str) -> Name | None:
        """Return an object that is known to be a role's, or on which it has rights."""
        return rights.held_by(self._facts, role)

    def knows_roles_of(self, role: str) -> bool:
        """Say whether a role belongs to no others than `roles_of` tells."""
        return rights.knows_roles_of(self._facts, role)

    @property
    def keeps_relation_rights(self) -> bool:
        """Whether rights on any table, view or sequence are known that it was not made with."""
        return any(space is ObjectKind.TABLE for space, _ in self._facts.rights)

    def relations_of(self, schema: str | None) -> tuple[Name, ...]:
        """Return the tables and views of a schema, as they were made; None is `public`.

        Temporary tables, partitions and other children are left out: whoever may use the parent
        may use them through it. What only a GRANT named is among the oldest.
        """
        return rights.relations_of(self._facts, schema)

    def made_at(self, relation: Name) -> int:
        """Return the place in history where a relation was made; 0 where nobody saw it."""
        mark = self._facts.marks.get((ObjectKind.TABLE, self.key(relation)))
        return 0 if mark is None else mark.whole

    @property
    def unread_at(self) -> int:
        """The last place in history where something unread may have given rights; 0 for none."""
        return max(self._facts.doubted, self._facts.rights_doubted)

    # --- settings, publications, families ------------------------------------------------

    def settings(self, relation: Name) -> dict[str, str]:
        """Return properties that have no field of their own: options, policies."""
        return dict(self._facts.belongings(self.key(relation)).settings)

    def options(self, relation: Name) -> tuple[Option, ...]:
        """Return the options that a table or view was given."""
        return views.options(self._facts, self.key(relation))

    def publications(self, table: Name) -> dict[str, str]:
        """Return the publications that a table is a member of, each with what it publishes."""
        return publications.of_table(self._facts, self.key(table))

    def publications_of(self, table: Name) -> tuple[str, ...]:
        """Return the publications that send changes of a table's rows, FOR ALL TABLES too."""
        return tuple(name for name, _ in publications.senders(self._facts, self.key(table)))

    def identifies_rows(self, table: Name) -> bool:
        """Say whether a table has a replica identity by which its rows are told apart."""
        return publications.identified(self._facts, self.key(table))

    def published_changes(self, table: Name) -> frozenset[str]:
        """Return which changes of a table's rows are published: `insert`, `update` and so on."""
        return publications.of_rows(self._facts, self.key(table))

    def partitions(self, table: Name) -> tuple[TableState, ...]:
        """Return the partitions directly under a table."""
        key = self.key(table)
        return tuple(
            state
            for child in self._facts.belongings(key).children
            if (state := self._facts.tables.get(child)) is not None and state.partition_of == key
        )

    def children(self, table: Name) -> tuple[TableState, ...]:
        """Return every table that inherits from a table, partitions of partitions too."""
        found = list(columns.family(self._facts, self.key(table)))[1:]
        states = (self._facts.tables.get(child) for child in dict.fromkeys(found))
        return tuple(state for state in states if state is not None)

    def default_partition(self, table: Name) -> TableState | None:
        """Return the DEFAULT partition, None if none is known."""
        return next(
            (
                state
                for state in self.partitions(table)
                if (state.partition_bound or "").upper() == "DEFAULT"
            ),
            None,
        )

    def is_partitioned(self, table: Name) -> bool | None:
        """Say whether a table is partitioned, None if that is not known."""
        state = self.table(table)
        if state is None:
            return None
        if state.kind is TableKind.PARTITIONED:
            return True
        return False if state.made_by is not None or self.complete else None

    def sequences_of(self, table: Name) -> tuple[SequenceState, ...]:
        """Return the sequences that a table's columns own."""
        names = self._facts.belongings(self.key(table)).sequences
        found = (self._facts.sequences.get(name) for name in names)
        return tuple(state for state in found if state is not None)

    def enum_users(self, type: Name) -> tuple[tuple[Name, str], ...]:
        """Return the tables and columns of an enum type."""
        key = self._facts.key(type, ObjectKind.TYPE)
        return self._facts.type_users.get(key) or ()

    def domain_users(self, domain: Name) -> tuple[tuple[Name, str], ...]:
        """Return the tables and columns of a domain."""
        return self.enum_users(domain)
