"""A catalog from what a server answered: its own words are parsed, its names kept.

Replaying statements would name indexes and constraints anew, and copy what partitions
have from their parents. Here every object has the name that the server gave.
"""

from collections.abc import Iterable

from migsafe.catalog import columns, objects, publications, relations, types, views
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.facts import OPTION, Facts, public
from migsafe.catalog.live import rights
from migsafe.catalog.live.asking import (
    ColumnRow,
    ConstraintRow,
    DefaultRightRow,
    IndexRow,
    MembershipRow,
    ObjectRow,
    OwnerRow,
    ParentRow,
    RelationRow,
    RightRow,
    RoutineRow,
    SequenceRow,
    TextRow,
    TypeRow,
    UsedRow,
)
from migsafe.catalog.schema import (
    ColumnState,
    ConstraintState,
    EnumState,
    IndexState,
    RoutineState,
    SequenceState,
    TableKind,
    TableSize,
    TableState,
)
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddConstraint,
    AlterDomain,
    AttachPartition,
    ChangePolicy,
    ChangePublication,
    Column,
    Constraint,
    CreateDomain,
    CreateIndex,
    CreateObject,
    CreateRoutine,
    CreateRule,
    CreateSequence,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Exclusion,
    ForeignKey,
    IndexElement,
    NotNull,
    ObjectKind,
    Operation,
    SetTriggerState,
)
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers.postgres import read_statement, read_type
from migsafe.writing.quoting import identifier
from migsafe.writing.quoting import name as quoted

_TABLES = {"r": TableKind.PLAIN, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}
_VIEWS = {"v": False, "m": True}
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_REPLICA_IDENTITY = {"f": "FULL", "n": "NOTHING"}
_STATES = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_CAST = pattern(r"(?P<literal>'(?:[^']|'')*')::(?P<type>[^':]+)")
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_LIMITS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_UNASKED = frozenset(
    {
        ObjectKind.ACCESS_METHOD,
        ObjectKind.CAST,
        ObjectKind.CONVERSION,
        ObjectKind.DATABASE,
        ObjectKind.LARGE_OBJECT,
        ObjectKind.OPERATOR,
        ObjectKind.OPERATOR_CLASS,
        ObjectKind.OPERATOR_FAMILY,
        ObjectKind.ROLE,
        ObjectKind.SUBSCRIPTION,
        ObjectKind.TABLESPACE,
        ObjectKind.TEXT_SEARCH_CONFIGURATION,
        ObjectKind.TEXT_SEARCH_DICTIONARY,
        ObjectKind.TEXT_SEARCH_PARSER,
        ObjectKind.TEXT_SEARCH_TEMPLATE,
        ObjectKind.TRANSFORM,
        ObjectKind.USER_MAPPING,
    }
)
"""Kinds that no query asks for: their objects may exist."""


@record
class Answers:
    """Everything that a server answered."""

    path: tuple[str, ...]
    relations: tuple[RelationRow, ...]
    columns: tuple[ColumnRow, ...]
    parents: tuple[ParentRow, ...]
    constraints: tuple[ConstraintRow, ...]
    indexes: tuple[IndexRow, ...]
    sequences: tuple[SequenceRow, ...]
    used: tuple[UsedRow, ...]
    types: tuple[TypeRow, ...]
    routines: tuple[RoutineRow, ...]
    texts: tuple[TextRow, ...]
    objects: tuple[ObjectRow, ...]
    rights: tuple[RightRow, ...]
    owners: tuple[OwnerRow, ...]
    default_rights: tuple[DefaultRightRow, ...]
    memberships: tuple[MembershipRow, ...]


def build(answers: Answers) -> Catalog:
    """Return the catalog that a server's answers describe; it is complete."""
    facts = Facts(complete=True, unasked=_UNASKED)
    names = {row.oid: public(Name(row.name, row.schema)) for row in answers.relations}
    columns_of: dict[int, list[ColumnRow]] = {}
    for column in answers.columns:
        columns_of.setdefault(column.relation, []).append(column)
    identities = {
        (row.owner, row.column): _sequence_options(row) for row in answers.sequences if row.identity
    }
    _add_types(facts, answers, columns_of)
    for relation in answers.relations:
        own = columns_of.get(relation.oid, [])
        if relation.kind in _TABLES:
            _add_table(facts, names[relation.oid], relation, own, identities)
        elif relation.kind in _VIEWS:
            _add_view(facts, names[relation.oid], relation)
        if relation.kind in _TABLES or relation.kind in _VIEWS:
            _add_settings(facts, names[relation.oid], relation, own)
    _add_parents(facts, answers, names)
    _add_constraints(facts, answers.constraints, names)
    _add_indexes(facts, answers, names)
    _add_sequences(facts, answers.sequences, names)
    _add_uses(facts, answers.used, names)
    _add_routines(facts, answers.routines)
    _add_texts(facts, answers.texts, names)
    _add_objects(facts, answers.objects)
    _add_sizes(facts, answers, names)
    rights.add(facts, answers.rights)
    rights.add_owners(facts, answers.owners)
    rights.add_defaults(facts, answers.default_rights)
    facts.memberships = tuple((row.role, row.belongs_to) for row in answers.memberships)
    facts.path = facts.path_after = facts.usual_path = answers.path
    return Catalog(facts)


def _read(sql: str) -> Operation:
    """Return the one operation of a statement in the server's words."""
    operations = read_statement(sql)
    return operations[0]


# --- types, routines, other objects --------------------------------------------------


def _add_objects(facts: Facts, rows: Iterable[ObjectRow]) -> None:
    for row in rows:
        name = Name(row.name, row.schema)
        operation = None if row.definition is None else _read(row.definition)
        if isinstance(operation, CreateObject):
            objects.define(facts, operation, None)
        elif isinstance(operation, ChangePublication):
            publications.apply(facts, operation.name, operation.sql)
        else:
            objects.create_object(facts, ObjectKind(row.kind), name, "")


def _add_types(facts: Facts, answers: Answers, columns_of: dict[int, list[ColumnRow]]) -> None:
    checks: dict[int, list[ConstraintRow]] = {}
    for constraint in answers.constraints:
        if constraint.domain:
            checks.setdefault(constraint.domain, []).append(constraint)
    for row in answers.types:
        key = public(Name(row.name, row.schema))
        match row.kind:
            case "e":
                labels = tuple(row.labels or ())
                facts.enums = facts.enums.put(key, EnumState(key, labels))
            case "d":
                _add_domain(facts, key, row, checks.get(row.oid, []))
            case "c":
                parts = [_attribute(column) for column in columns_of.get(row.relation, [])]
                _add_type(facts, key, f"CREATE TYPE {quoted(key)} AS ({', '.join(parts)})")
            case "r":
                _add_type(
                    facts, key, f"CREATE TYPE {quoted(key)} AS RANGE (SUBTYPE = {row.subtype})"
                )
            case "b":
                facts.objects = facts.objects.put((ObjectKind.TYPE, key), "")
            case _:
                # A multirange comes and goes with its range.
                pass
        facts.made(key, ObjectKind.TYPE)


def _add_type(facts: Facts, key: Name, sql: str) -> None:
    operation = _read(sql)
    if isinstance(operation, CreateType):
        types.create_type(facts, replace(operation, type=key))
    else:
        facts.objects = facts.objects.put((ObjectKind.TYPE, key), sql)


def _attribute(column: ColumnRow) -> str:
    collation = "" if column.collation is None else f" COLLATE {column.collation}"
    return f"{identifier(column.name)} {column.type}{collation}"


def _add_domain(facts: Facts, key: Name, row: TypeRow, checks: list[ConstraintRow]) -> None:
    default = "" if row.default is None else f" DEFAULT ({row.default})"
    not_null = " NOT NULL" if row.not_null else ""
    operation = _read(f"CREATE DOMAIN {quoted(key)} AS {row.base}{default}{not_null}")
    if not isinstance(operation, CreateDomain):
        facts.objects = facts.objects.put((ObjectKind.TYPE, key), "")
        return
    types.create_domain(facts, replace(operation, domain=key), None)
    for check in checks:
        sql = f"ALTER DOMAIN x ADD CONSTRAINT {identifier(check.name)} {check.definition}"
        match _read(sql):
            case AlterDomain() as change:
                types.alter_domain(facts, replace(change, domain=key))
            case _:
                facts.doubt_relation(key)


def _add_routines(facts: Facts, rows: Iterable[RoutineRow]) -> None:
    for row in rows:
        key = public(Name(row.name, row.schema))
        operation = None if row.definition is None else _read(row.definition)
        if isinstance(operation, CreateRoutine):
            objects.create_routine(facts, replace(operation, routine=key), None)
            continue
        state = RoutineState(
            key,
            row.arguments,
            row.language,
            None if row.definition is None else row.body,
            row.volatility,
        )
        facts.routines = facts.routines.put(key, (*(facts.routines.get(key) or ()), state))
        facts.made(key, ObjectKind.ROUTINE)


# --- relations -----------------------------------------------------------------------


def _add_table(
    facts: Facts,
    key: Name,
    row: RelationRow,
    own: list[ColumnRow],
    identities: dict[tuple[int | None, str | None], str],
) -> None:
    parts = [_column(column, identities.get((row.oid, column.name))) for column in own]
    by = "" if row.partition_by is None else f" PARTITION BY {row.partition_by}"
    made = _read(f"CREATE TABLE x ({', '.join(parts)}){by}")
    read = isinstance(made, CreateTable)
    states = (
        tuple(_state(column) for column in made.columns)
        if isinstance(made, CreateTable)
        else tuple(ColumnState(column.name, None, not column.not_null) for column in own)
    )
    facts.tables = facts.tables.put(
        key,
        TableState(
            key,
            kind=_TABLES[row.kind],
            complete=read,
            unlogged=row.unlogged,
            partition_by=made.partition_by if isinstance(made, CreateTable) else None,
        ),
    )
    facts.put_columns(key, states)
    facts.made(key)


def _state(column: Column) -> ColumnState:
    type_ = column.type
    if type_ is not None and type_.schema == "public":
        type_ = replace(type_, schema=None)
    return ColumnState(
        column.name,
        type_,
        nullable=column.nullable,
        default=_plain(column.default, column.type),
        identity=column.identity,
        generated=column.generated,
    )


def _plain(default: Expression | None, of: Type | None) -> Expression | None:
    """Return a default without the cast of a literal to the column's own type."""
    cast = None if default is None else _CAST.fullmatch(default.sql)
    if default is None or cast is None or of is None:
        return default
    to, literal = read_type(cast["type"]), cast["literal"]
    if (to.name, to.schema, to.array) != (of.name, of.schema, of.array):
        return default
    number = of.name in _NUMBERS and not of.array
    return replace(default, sql=literal[1:-1] if number else literal)


def _column(column: ColumnRow, identity: str | None) -> str:
    words = [_attribute(column)]
    if column.generated:
        stored = "STORED" if column.generated == "s" else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.default}) {stored}")
    elif column.default is not None:
        words.append(f"DEFAULT ({column.default})")
    if column.identity:
        always = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
        options = f" ({identity})" if identity else ""
        words.append(f"GENERATED {always} AS IDENTITY{options}")
    if column.not_null:
        words.append("NOT NULL")
    return " ".join(words)


def _add_view(facts: Facts, key: Name, row: RelationRow) -> None:
    kind = "MATERIALIZED VIEW" if _VIEWS[row.kind] else "VIEW"
    text = (row.definition or "").strip().removesuffix(";")
    operation = _read(f"CREATE {kind} {quoted(key)} AS {text}")
    if isinstance(operation, CreateView):
        views.create(facts, replace(operation, view=key, with_data=row.populated), None)


def _add_settings(facts: Facts, key: Name, row: RelationRow, own: list[ColumnRow]) -> None:
    for option in row.options or ():
        name, _, value = option.partition("=")
        facts.set_setting(key, f"{OPTION}{name}", value)
    if row.row_security:
        facts.set_setting(key, "row security", "on")
    if row.forced:
        facts.set_setting(key, "force row security", "on")
    if row.kind in _TABLES and row.replica_identity in _REPLICA_IDENTITY:
        facts.set_setting(key, "replica identity", _REPLICA_IDENTITY[row.replica_identity])
    if row.tablespace is not None:
        facts.set_setting(key, "SET TABLESPACE", row.tablespace)
    for column in own:
        prefix = f"column {column.name}"
        if column.storage is not None and row.kind in _TABLES:
            facts.set_setting(key, f"{prefix} STORAGE", _STORAGE[column.storage])
        if column.statistics is not None:
            facts.set_setting(key, f"{prefix} STATISTICS", str(column.statistics))
        if column.options:
            facts.set_setting(key, f"{prefix} OPTIONS", ", ".join(column.options))


def _add_parents(facts: Facts, answers: Answers, names: dict[int, Name]) -> None:
    bounds = {row.oid: row.bound for row in answers.relations}
    for row in answers.parents:
        child, parent = names.get(row.child), names.get(row.parent)
        if child is None or parent is None:
            # Indexes inherit as well; they are read with the others.
            continue
        table = facts.tables.get(child)
        if table is None:
            continue
        bound = bounds.get(row.child)
        if bound is None:
            table = replace(table, inherits=(*table.inherits, parent))
        else:
            table = replace(table, partition_of=parent, partition_bound=_bound(bound))
        facts.tables = facts.tables.put(child, table)
        relations.adopt(facts, parent, child)


def _bound(bound: str) -> str:
    match _read(f"ALTER TABLE x ATTACH PARTITION y {bound}"):
        case AttachPartition(bound=canonical):
            return canonical
        case _:
            return bound


# --- what belongs to relations -------------------------------------------------------


def _add_constraints(facts: Facts, rows: Iterable[ConstraintRow], names: dict[int, Name]) -> None:
    for row in rows:
        key = names.get(row.relation)
        if key is None:
            continue
        constraint = _constraint(row)
        if constraint is None:
            facts.doubt_relation(key)
            continue
        match constraint:
            case ForeignKey(referenced=referenced):
                constraint = replace(constraint, referenced=public(referenced))
            case NotNull(column=column, valid=False):
                # The column is marked, and holds NULLs all the same.
                known = facts.column(key, column)
                if known is not None:
                    facts.put_column(key, replace(known, nullable=True))
            case _:
                pass
        facts.put_constraint(ConstraintState(row.name, key, constraint))


def _constraint(row: ConstraintRow) -> Constraint | None:
    match _read(f"ALTER TABLE x ADD CONSTRAINT {identifier(row.name)} {row.definition}"):
        case AddConstraint(constraint=constraint):
            return constraint
        case _:
            return None


def _add_indexes(facts: Facts, answers: Answers, names: dict[int, Name]) -> None:
    keys = {row.oid: public(Name(row.name, row.schema)) for row in answers.indexes}
    parents = {row.child: keys.get(row.parent) for row in answers.parents if row.child in keys}
    for row in answers.indexes:
        key, table = keys[row.oid], names.get(row.relation)
        if table is None:
            continue
        operation = _read(row.definition)
        if not isinstance(operation, CreateIndex):
            facts.put_index(IndexState(key, table, (), valid=None, constraint=row.constraint))
            facts.doubt_relation(table)
            continue
        state = IndexState(
            key,
            table,
            operation.elements,
            unique=operation.unique,
            where=operation.where,
            method=operation.method,
            include=operation.include,
            constraint=row.constraint,
            valid=row.valid,
            nulls_not_distinct=operation.nulls_not_distinct,
            parent=parents.get(row.oid),
        )
        facts.put_index(_of_exclusion(facts, state))
        facts.made(key)
        if row.clustered:
            facts.set_setting(table, "cluster on", row.name)
        if row.replica_identity:
            facts.set_setting(table, "replica identity", f"USING INDEX {row.name}")


def _of_exclusion(facts: Facts, index: IndexState) -> IndexState:
    """Return the index of an EXCLUDE constraint with the columns that its constraint names."""
    backed = None if index.constraint is None else facts.constraint(index.table, index.constraint)
    match None if backed is None else backed.constraint:
        case Exclusion(columns=named):
            return replace(
                index, elements=tuple(IndexElement(column=each) for each in named), where=None
            )
        case _:
            return index


def _add_sequences(facts: Facts, rows: Iterable[SequenceRow], names: dict[int, Name]) -> None:
    for row in rows:
        key, owner = names[row.oid], None if row.owner is None else names.get(row.owner)
        owned = None if owner is None or row.column is None else (owner, row.column)
        columns.own(facts, SequenceState(key, owned))
        facts.made(key)
        if owned is not None and (row.identity or _is_serial(facts, key, owned)):
            continue
        options = "" if row.type == "bigint" else f"AS {row.type} "
        match _read(f"CREATE SEQUENCE x {options}{_sequence_options(row)}"):
            case CreateSequence(options=text) if text:
                facts.set_setting(key, "options", text)
            case _:
                pass


def _is_serial(facts: Facts, key: Name, owned: tuple[Name, str]) -> bool:
    column = facts.column(*owned)
    return column is not None and column.default == columns.nextval(key)


def _sequence_options(row: SequenceRow) -> str:
    """Return the options of a sequence that are not the server's defaults."""
    limit = _LIMITS.get(row.type, 2**63)
    up = row.increment > 0
    lowest, highest = (1, limit - 1) if up else (-limit, -1)
    words = [
        "" if row.start == (row.lowest if up else row.highest) else f"START WITH {row.start}",
        "" if row.increment == 1 else f"INCREMENT BY {row.increment}",
        "" if row.lowest == lowest else f"MINVALUE {row.lowest}",
        "" if row.highest == highest else f"MAXVALUE {row.highest}",
        "" if row.cache == 1 else f"CACHE {row.cache}",
        "CYCLE" if row.cycle else "",
    ]
    return " ".join(word for word in words if word)


def _add_uses(facts: Facts, rows: Iterable[UsedRow], names: dict[int, Name]) -> None:
    """Let the views read what the server says that they read, column by column."""
    uses: dict[tuple[Name, Name], set[str]] = {}
    for row in rows:
        view, relation = names.get(row.view), names.get(row.relation)
        if view is None or relation is None:
            continue
        read = uses.setdefault((relation, view), set())
        if row.column is not None:
            read.add(row.column)
    for (relation, view), read in uses.items():
        attached = facts.belongings(relation)
        others = tuple(each for each in attached.views if each[0] != view)
        known = frozenset(read) if read else dict(attached.views).get(view)
        facts.attach(relation, replace(attached, views=(*others, (view, known))))


def _add_texts(facts: Facts, rows: Iterable[TextRow], names: dict[int, Name]) -> None:
    for row in rows:
        key = names.get(row.relation)
        if key is None:
            continue
        match _read(row.definition):
            case CreateTrigger() as operation:
                objects.create_trigger(facts, replace(operation, table=key), None)
            case CreateRule() as operation:
                objects.create_rule(facts, replace(operation, table=key))
            case ChangePolicy() as operation:
                objects.change_policy(facts, replace(operation, table=key))
            case _:
                facts.doubt_relation(key)
        if row.state in _STATES:
            state = f"{_STATES[row.state]} {row.kind}"
            objects.set_trigger_state(facts, SetTriggerState(key, state, row.name))


def _add_sizes(facts: Facts, answers: Answers, names: dict[int, Name]) -> None:
    """Note rows and bytes; a partitioned table has those of its partitions."""
    own = {
        names[row.oid]: TableSize(None if row.estimate < 0 else row.estimate, row.bytes or 0)
        for row in answers.relations
        if row.kind in {"r", "m"}
    }
    for row in answers.relations:
        if row.kind == "p":
            leaves = [own[each] for each in columns.family(facts, names[row.oid]) if each in own]
            counted = [leaf.rows for leaf in leaves if leaf.rows is not None]
            rows = sum(counted) if len(counted) == len(leaves) else None
            own[names[row.oid]] = TableSize(rows, sum(leaf.bytes for leaf in leaves))
    for key, size in own.items():
        facts.sizes = facts.sizes.put(key, size)
