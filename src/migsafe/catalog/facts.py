"""What a catalog holds, and the changes that keep its parts consistent.

`Facts` is a draft while one operation is applied and is never changed afterwards:
`Catalog` hands out a copy for the next operation. All mappings are persistent, so that a
copy costs nothing.
"""

from dataclasses import dataclass, field
from operator import attrgetter

from migsafe.catalog import privileges
from migsafe.catalog.naming import free_name
from migsafe.catalog.schema import (
    ColumnState,
    CompositeState,
    ConstraintState,
    DefaultRights,
    DomainState,
    EnumState,
    IndexState,
    Rights,
    RoutineState,
    SequenceState,
    TableSize,
    TableState,
    TriggerState,
    ViewState,
)
from migsafe.catalog.shelf import Shelf
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import ForeignKey, ObjectKind
from migsafe.model.record import record, replace

DEFAULT_PATH = ("public",)
OPTION = "option "
"""What stands before the name of a relation's option among its settings."""
TEMPORARY = "pg_temp"


@record
class Mark:
    """Whether an object is there, and since which operation that is known.

    `seen`: a statement that names it went through. `whole`: from here on everything about
    it is known, because a statement made or dropped it.
    """

    present: bool
    seen: int
    whole: int = 0


@record
class Attached:
    """What belongs to a relation or points at it, in the order it was made.

    `views` are the views that read it with the columns they use (None: all); `settings`
    are properties that no rule tells apart, as text; `touched` says when a column was
    last named after something unread; `dropped` are columns that history took.
    """

    constraints: tuple[ConstraintState, ...] = ()
    indexes: tuple[Name, ...] = ()
    triggers: tuple[TriggerState, ...] = ()
    incoming: tuple[tuple[Name, str], ...] = ()
    views: tuple[tuple[Name, frozenset[str] | None], ...] = ()
    children: tuple[Name, ...] = ()
    sequences: tuple[Name, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    touched: tuple[tuple[str, int], ...] = ()
    dropped: tuple[str, ...] = ()


_NOTHING = Attached()


def public(name: Name) -> Name:
    """Return the name with `public` written as no schema."""
    return Name(name.name) if name.schema == "public" else name


@dataclass(slots=True)
class Facts:
    """The parts of a catalog. Keys are names whose schema is None for public."""

    complete: bool = False
    tick: int = 1
    doubted: int = 0
    doubts: Shelf[Name, int] = field(default_factory=Shelf)
    marks: Shelf[tuple[ObjectKind, Name], Mark] = field(default_factory=Shelf)
    tables: Shelf[Name, TableState] = field(default_factory=Shelf)
    views: Shelf[Name, ViewState] = field(default_factory=Shelf)
    indexes: Shelf[Name, IndexState] = field(default_factory=Shelf)
    sequences: Shelf[Name, SequenceState] = field(default_factory=Shelf)
    enums: Shelf[Name, EnumState] = field(default_factory=Shelf)
    composites: Shelf[Name, CompositeState] = field(default_factory=Shelf)
    domains: Shelf[Name, DomainState] = field(default_factory=Shelf)
    routines: Shelf[Name, tuple[RoutineState, ...]] = field(default_factory=Shelf)
    objects: Shelf[tuple[ObjectKind, Name], str] = field(default_factory=Shelf)
    attached: Shelf[Name, Attached] = field(default_factory=Shelf)
    constraint_names: Shelf[Name, int] = field(default_factory=Shelf)
    type_users: Shelf[Name, tuple[tuple[Name, str], ...]] = field(default_factory=Shelf)
    trigger_users: Shelf[Name, tuple[tuple[Name, str], ...]] = field(default_factory=Shelf)
    sizes: Shelf[Name, TableSize] = field(default_factory=Shelf)
    """Only a server knows them."""
    unasked: frozenset[ObjectKind] = frozenset()
    """Kinds of which a complete catalog may lack some all the same."""
    rights: Shelf[tuple[ObjectKind, Name], tuple[Rights, ...]] = field(default_factory=Shelf)
    """Of what is not as it was made; of a routine those of each overload."""
    default_rights: tuple[DefaultRights, ...] = ()
    memberships: tuple[tuple[str, str], ...] = ()
    """Roles, each with a role that it belongs to."""
    rights_doubted: int = 0
    """The operation that last may have given or taken any right unseen."""
    role: str | None = None
    """Who runs statements, None for the role that the runner connects as."""
    role_after: str | None = None
    """Who runs them once the transaction ends (SET LOCAL)."""
    usual_path: tuple[str, ...] = DEFAULT_PATH
    """The search path that a new session has."""
    path: tuple[str, ...] | None = DEFAULT_PATH
    path_after: tuple[str, ...] | None = DEFAULT_PATH
    """The search path once the transaction ends (SET LOCAL)."""
    temporary: tuple[Name, ...] = ()
    begun: "Facts | None" = None

    def copy(self) -> "Facts":
        """Return a draft that shares every mapping."""
        return Facts(*_parts(self))

    # --- names -----------------------------------------------------------------------

    def key(self, name: Name, space: ObjectKind = ObjectKind.TABLE) -> Name:
        """Return the key of a name: what the search path finds, else where it would be."""
        if name.schema is not None:
            return public(name)
        if self.temporary and space is ObjectKind.TABLE:
            hidden = Name(name.name, TEMPORARY)
            if self._is_marked(space, hidden):
                return hidden
        if self.path is None or self.path == DEFAULT_PATH:
            return name
        found = (public(Name(name.name, schema)) for schema in self.path)
        return next(
            (key for key in found if self._is_marked(space, key)),
            self.new_key(name),
        )

    def new_key(self, name: Name, *, temporary: bool = False) -> Name:
        """Return the key under which a CREATE puts a name."""
        if temporary:
            return Name(name.name, TEMPORARY)
        if name.schema is not None or not self.path:
            return public(name)
        return public(Name(name.name, self.path[0]))

    def _is_marked(self, space: ObjectKind, key: Name) -> bool:
        mark = self.marks.get((space, key))
        return mark is not None and mark.present

    # --- what is known ---------------------------------------------------------------

    def doubt(self, key: Name) -> int:
        """Return the operation that last put a relation in doubt; 0 for none."""
        return max(self.doubted, self.doubts.get(key) or 0)

    def is_certain(self, key: Name, space: ObjectKind = ObjectKind.TABLE) -> bool:
        """Say whether nothing unread can have changed the object since it was made."""
        doubt = self.doubt(key)
        if not doubt:
            return True
        mark = self.marks.get((space, key))
        return mark is not None and mark.whole > doubt

    def is_present(self, key: Name, space: ObjectKind = ObjectKind.TABLE) -> bool | None:
        """Return whether an object is there, None if that is not known."""
        mark = self.marks.get((space, key))
        doubt = self.doubt(key)
        if mark is None:
            return False if self.complete and not doubt and space not in self.unasked else None
        return mark.present if mark.seen > doubt else None

    def made(self, key: Name, space: ObjectKind = ObjectKind.TABLE) -> None:
        """Note that an object was made here; what was there already keeps its rights."""
        if not self._is_marked(space, key):
            self._start_rights(key, space)
        self.marks = self.marks.put(
            (space, key), Mark(present=True, seen=self.tick, whole=self.tick)
        )

    def gone(self, key: Name, space: ObjectKind = ObjectKind.TABLE) -> None:
        """Note that an object was dropped here, and its rights with it."""
        self.rights = self.rights.drop((space, key))
        self.marks = self.marks.put(
            (space, key), Mark(present=False, seen=self.tick, whole=self.tick)
        )

    def _start_rights(self, key: Name, space: ObjectKind) -> None:
        """Give a new object what it comes with; each overload of a routine is on its own."""
        self.rights = self.rights.drop((space, key))
        if space in privileges.OF_KIND and space is not ObjectKind.ROUTINE:
            kind = ObjectKind.SEQUENCE if key in self.sequences else space
            rights = self.first_rights(key, kind)
            if rights is not None and key not in self.indexes:
                self.rights = self.rights.put((space, key), (rights,))

    def first_rights(self, key: Name, kind: ObjectKind) -> Rights | None:
        """Return the rights that an object made now comes with, None where they are the usual."""
        schema = None if kind is ObjectKind.SCHEMA else key.schema or "public"
        return privileges.first(self.default_rights, self.role, schema, kind)

    def seen(self, key: Name, space: ObjectKind = ObjectKind.TABLE) -> None:
        """Note that a statement which needs the object went through."""
        if not self.is_present(key, space):
            mark = self.marks.get((space, key))
            whole = 0 if mark is None or not mark.present else mark.whole
            self.marks = self.marks.put(
                (space, key), Mark(present=True, seen=self.tick, whole=whole)
            )

    def doubt_relation(self, key: Name) -> None:
        """Note that something unread may have changed a relation."""
        self.doubts = self.doubts.put(key, self.tick)

    def doubt_all(self) -> None:
        """Note that something unread may have changed anything."""
        self.doubted = self.tick

    # --- tables ----------------------------------------------------------------------

    def altered(self, table: Name, *, sure: bool = True) -> Name:
        """Return the key of a table that a statement changes; it is known from here on.

        A table that history did not show becomes a partial one. `sure` is False for
        `IF EXISTS`: the statement also goes through without the table.
        """
        key = self.key(table)
        if self.tables.get(key) is None and self.views.get(key) is None:
            if self.is_present(key) is False:
                return key
            self.tables = self.tables.put(key, TableState(key, complete=False))
        if sure:
            self.seen(key)
        return key

    def altered_relation(self, relation: Name, *, sure: bool = True) -> Name:
        """Return the key of a table, view, index or sequence that a statement changes."""
        key = self.key(relation)
        if self.indexes.get(key) is not None or self.sequences.get(key) is not None:
            return key
        return self.altered(relation, sure=sure)

    def belongings(self, key: Name) -> Attached:
        """Return what belongs to a relation."""
        return self.attached.get(key) or _NOTHING

    def attach(self, key: Name, attached: Attached) -> None:
        """Replace what belongs to a relation."""
        self.attached = self.attached.put(key, attached)

    def set_setting(self, key: Name, name: str, value: str | None) -> None:
        """Set or clear a property of a relation."""
        attached = self.belongings(key)
        others = tuple(each for each in attached.settings if each[0] != name)
        settings = others if value is None else (*others, (name, value))
        self.attach(key, replace(attached, settings=settings))

    def column(self, key: Name, column: str) -> ColumnState | None:
        """Return a column of a table, or None if it is not known."""
        table = self.tables.get(key)
        return None if table is None else table.column(column)

    def put_column(self, key: Name, column: ColumnState) -> None:
        """Add a column to a table, or replace it."""
        table = self.tables.get(key)
        if table is None:
            return
        self.touch(key, column.name)
        old = table.column(column.name)
        if old is None:
            columns = (*table.columns, column)
        else:
            columns = tuple(column if each is old else each for each in table.columns)
        if old is None or old.type != column.type:
            self._forget_type(key, old)
            self._note_type(key, column)
        self.tables = self.tables.put(key, replace(table, columns=columns))

    def put_columns(self, key: Name, columns: tuple[ColumnState, ...]) -> None:
        """Set the columns of a table that has just been made."""
        table = self.tables.get(key)
        if table is not None:
            self.forget_types(key)
            self.tables = self.tables.put(key, replace(table, columns=columns))
            self.note_types(key)

    def touch(self, key: Name, column: str) -> None:
        """Note that a statement which needs the column went through."""
        if self.doubt(key):
            attached = self.belongings(key)
            others = tuple(each for each in attached.touched if each[0] != column)
            self.attach(key, replace(attached, touched=(*others, (column, self.tick))))

    def known_column(self, key: Name, column: str) -> ColumnState:
        """Return a column that a statement needs; noted if history did not show it."""
        known = self.column(key, column)
        if known is None:
            known = ColumnState(column, None, nullable=None)
            table = self.tables.get(key)
            if table is not None and not table.complete:
                self.put_column(key, known)
        else:
            self.touch(key, column)
        return known

    def take_column(self, key: Name, column: str) -> None:
        """Remove a column from a table's list; `columns.py` removes what goes with it."""
        table = self.tables.get(key)
        if table is None:
            return
        self.touch(key, column)
        self._forget_type(key, table.column(column))
        attached = self.belongings(key)
        if column not in attached.dropped:
            self.attach(key, replace(attached, dropped=(*attached.dropped, column)))
        columns = tuple(each for each in table.columns if each.name != column)
        self.tables = self.tables.put(key, replace(table, columns=columns))

    # --- types -----------------------------------------------------------------------

    def type_key(self, type: Type | None) -> Name | None:
        """Return the key of a user-defined type, None for a built-in or unknown one."""
        if type is None or (type.schema is None and type.name in BUILT_IN):
            return None
        return self.key(Name(type.name, type.schema), ObjectKind.TYPE)

    def _note_type(self, key: Name, column: ColumnState) -> None:
        type_key = self.type_key(column.type)
        if type_key is not None:
            users = self.type_users.get(type_key) or ()
            self.type_users = self.type_users.put(type_key, (*users, (key, column.name)))

    def _forget_type(self, key: Name, column: ColumnState | None) -> None:
        type_key = None if column is None else self.type_key(column.type)
        if column is None or type_key is None:
            return
        user = (key, column.name)
        users = self.type_users.get(type_key) or ()
        self.type_users = self.type_users.put(
            type_key, tuple(each for each in users if each != user)
        )

    def forget_types(self, key: Name) -> None:
        """Forget that a table's columns use user-defined types."""
        table = self.tables.get(key)
        for column in () if table is None else table.columns:
            self._forget_type(key, column)

    def note_types(self, key: Name) -> None:
        """Note which user-defined types a table's columns use."""
        table = self.tables.get(key)
        for column in () if table is None else table.columns:
            self._note_type(key, column)

    # --- constraints -----------------------------------------------------------------

    def constraint(self, key: Name, name: str) -> ConstraintState | None:
        """Return a constraint of a table, or None if it is not known."""
        return next(
            (each for each in self.belongings(key).constraints if each.name == name),
            None,
        )

    def put_constraint(self, state: ConstraintState) -> None:
        """Add a constraint, or replace the one of its name."""
        self.take_constraint(state.table, state.name)
        attached = self.belongings(state.table)
        self.attach(
            state.table,
            replace(attached, constraints=(*attached.constraints, state)),
        )
        self._count_constraint(state, 1)
        match state.constraint:
            case ForeignKey(referenced=parent):
                other = self.belongings(parent)
                self.attach(
                    parent,
                    replace(other, incoming=(*other.incoming, (state.table, state.name))),
                )
            case _:
                pass

    def change_constraint(self, state: ConstraintState) -> None:
        """Replace a constraint in its place; its name and references stay."""
        attached = self.belongings(state.table)
        constraints = tuple(
            state if each.name == state.name else each for each in attached.constraints
        )
        self.attach(state.table, replace(attached, constraints=constraints))

    def take_constraint(self, key: Name, name: str) -> ConstraintState | None:
        """Remove a constraint and return it; its index stays."""
        state = self.constraint(key, name)
        if state is None:
            return None
        attached = self.belongings(key)
        constraints = tuple(each for each in attached.constraints if each is not state)
        self.attach(key, replace(attached, constraints=constraints))
        self._count_constraint(state, -1)
        match state.constraint:
            case ForeignKey(referenced=parent):
                other = self.belongings(parent)
                incoming = tuple(each for each in other.incoming if each != (key, name))
                self.attach(parent, replace(other, incoming=incoming))
            case _:
                pass
        return state

    def _count_constraint(self, state: ConstraintState, by: int) -> None:
        name = Name(state.name, state.table.schema)
        count = (self.constraint_names.get(name) or 0) + by
        self.constraint_names = (
            self.constraint_names.put(name, count)
            if count > 0
            else self.constraint_names.drop(name)
        )

    def free_constraint_name(
        self, key: Name, addition: str | None, label: str, *, index: bool = False
    ) -> str:
        """Return the name that the server gives to an unnamed constraint."""

        def taken(name: str) -> bool:
            full = Name(name, key.schema)
            return full in self.constraint_names or (
                index and self._is_marked(ObjectKind.TABLE, full)
            )

        return free_name(key.name, addition, label, taken)

    def free_relation_name(self, key: Name, addition: str | None, label: str) -> str:
        """Return the name that the server gives to an unnamed index or sequence."""
        return free_name(
            key.name,
            addition,
            label,
            lambda name: self._is_marked(ObjectKind.TABLE, Name(name, key.schema)),
        )

    # --- indexes ---------------------------------------------------------------------

    def put_index(self, state: IndexState) -> None:
        """Add an index, or replace the one of its name."""
        if self.indexes.get(state.name) is None:
            attached = self.belongings(state.table)
            self.attach(state.table, replace(attached, indexes=(*attached.indexes, state.name)))
        self.indexes = self.indexes.put(state.name, state)

    def take_index(self, name: Name) -> IndexState | None:
        """Remove an index and return it."""
        state = self.indexes.get(name)
        if state is None:
            return None
        self.indexes = self.indexes.drop(name)
        attached = self.belongings(state.table)
        indexes = tuple(each for each in attached.indexes if each != name)
        self.attach(state.table, replace(attached, indexes=indexes))
        self.gone(name)
        for child in self.indexes_under(state):
            self.take_index(child)
        return state

    def indexes_under(self, state: IndexState) -> tuple[Name, ...]:
        """Return the indexes of partitions that belong to an index."""
        return tuple(
            name
            for child in self.belongings(state.table).children
            for name in self.belongings(child).indexes
            if (index := self.indexes.get(name)) is not None and index.parent == state.name
        )


_parts = attrgetter(*Facts.__slots__)

BUILT_IN = frozenset(
    {
        "smallint", "integer", "bigint", "smallserial", "serial", "bigserial", "real",
        "double precision", "numeric", "money", "character varying", "character",
        "text", "name", '"char"', "boolean", "bytea", "uuid", "json", "jsonb", "xml",
        "jsonpath", "date", "time without time zone", "time with time zone",
        "timestamp without time zone", "timestamp with time zone", "interval", "inet",
        "cidr", "macaddr", "macaddr8", "bit", "bit varying", "oid", "regclass",
        "regtype", "regproc", "regprocedure", "regrole", "regnamespace", "tsvector",
        "tsquery", "point", "line", "lseg", "box", "path", "polygon", "circle",
        "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
        "int4multirange", "int8multirange", "nummultirange", "tsmultirange",
        "tstzmultirange", "datemultirange", "xid", "xid8", "cid", "tid", "pg_lsn",
        "txid_snapshot", "pg_snapshot",
    }
)  # fmt: skip
"""Types of pg_catalog that columns have."""
