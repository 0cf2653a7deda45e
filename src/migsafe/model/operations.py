"""Operations: what a statement does, without its dialect.

One frozen record a kind. Two operations are equal when they do the same, wherever they
were read: `origin` does not count. Names are folded as the server folds them.
`if_exists` and `if_not_exists` are kept because they decide what a re-run does.
"""

from dataclasses import field
from enum import StrEnum

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.origin import Origin
from migsafe.model.record import record


@record(kw_only=True)
class Sourced:
    """What every operation carries: where it was read, if it was read."""

    origin: Origin | None = field(default=None, compare=False, repr=False)


# --- parts of operations -------------------------------------------------------------


class ObjectKind(StrEnum):
    """Kinds of database object, in SQL's words."""

    ACCESS_METHOD = "ACCESS METHOD"
    AGGREGATE = "AGGREGATE"
    CAST = "CAST"
    COLLATION = "COLLATION"
    COLUMN = "COLUMN"
    CONSTRAINT = "CONSTRAINT"
    CONVERSION = "CONVERSION"
    DATABASE = "DATABASE"
    DOMAIN = "DOMAIN"
    DOMAIN_CONSTRAINT = "DOMAIN CONSTRAINT"
    EVENT_TRIGGER = "EVENT TRIGGER"
    EXTENSION = "EXTENSION"
    FOREIGN_DATA_WRAPPER = "FOREIGN DATA WRAPPER"
    FOREIGN_TABLE = "FOREIGN TABLE"
    FUNCTION = "FUNCTION"
    INDEX = "INDEX"
    LANGUAGE = "LANGUAGE"
    LARGE_OBJECT = "LARGE OBJECT"
    MATERIALIZED_VIEW = "MATERIALIZED VIEW"
    OPERATOR = "OPERATOR"
    OPERATOR_CLASS = "OPERATOR CLASS"
    OPERATOR_FAMILY = "OPERATOR FAMILY"
    POLICY = "POLICY"
    PROCEDURE = "PROCEDURE"
    PUBLICATION = "PUBLICATION"
    ROLE = "ROLE"
    ROUTINE = "ROUTINE"
    RULE = "RULE"
    SCHEMA = "SCHEMA"
    SEQUENCE = "SEQUENCE"
    SERVER = "SERVER"
    STATISTICS = "STATISTICS"
    SUBSCRIPTION = "SUBSCRIPTION"
    TABLE = "TABLE"
    TABLESPACE = "TABLESPACE"
    TEXT_SEARCH_CONFIGURATION = "TEXT SEARCH CONFIGURATION"
    TEXT_SEARCH_DICTIONARY = "TEXT SEARCH DICTIONARY"
    TEXT_SEARCH_PARSER = "TEXT SEARCH PARSER"
    TEXT_SEARCH_TEMPLATE = "TEXT SEARCH TEMPLATE"
    TRANSFORM = "TRANSFORM"
    TRIGGER = "TRIGGER"
    TYPE = "TYPE"
    USER_MAPPING = "USER MAPPING"
    VIEW = "VIEW"


class ReferentialAction(StrEnum):
    """What a foreign key does when the referenced row goes or changes."""

    NO_ACTION = "NO ACTION"
    RESTRICT = "RESTRICT"
    CASCADE = "CASCADE"
    SET_NULL = "SET NULL"
    SET_DEFAULT = "SET DEFAULT"


@record
class Identity:
    """GENERATED … AS IDENTITY; `options` are the sequence options, canonical SQL."""

    always: bool
    options: str = ""


@record
class Generated:
    """A generated column's expression; `stored` is False for VIRTUAL."""

    expression: Expression
    stored: bool = True


@record
class Column:
    """A column; `type` is None where it could not be known."""

    name: str
    type: Type | None
    nullable: bool = True
    default: Expression | None = None
    identity: Identity | None = None
    generated: Generated | None = None
    storage: str | None = None
    compression: str | None = None


@record
class Check:
    """A CHECK constraint."""

    name: str | None
    expression: Expression
    valid: bool = True
    enforced: bool = True
    no_inherit: bool = False


@record
class ForeignKey:
    """A foreign key; `referenced_columns` is empty where the primary key is meant."""

    name: str | None
    columns: tuple[str, ...]
    referenced: Name
    referenced_columns: tuple[str, ...] = ()
    on_delete: ReferentialAction = ReferentialAction.NO_ACTION
    on_update: ReferentialAction = ReferentialAction.NO_ACTION
    match_full: bool = False
    valid: bool = True
    enforced: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    set_columns: tuple[str, ...] = ()
    """The columns that ON DELETE SET NULL or SET DEFAULT sets, if not all."""
    period: bool = False
    """The last column on both sides is a PERIOD (PostgreSQL 18)."""


@record
class Unique:
    """A UNIQUE constraint; with `using_index` the columns are those of that index.

    `index_options` is the canonical SQL of WITH and USING INDEX TABLESPACE.
    """

    name: str | None
    columns: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    using_index: str | None = None
    nulls_not_distinct: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    without_overlaps: bool = False
    index_options: str = ""


@record
class PrimaryKey:
    """A PRIMARY KEY constraint; `index_options` as for UNIQUE."""

    name: str | None
    columns: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    using_index: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    without_overlaps: bool = False
    index_options: str = ""


@record
class Exclusion:
    """An EXCLUDE constraint; `definition` is the canonical SQL after the word EXCLUDE."""

    name: str | None
    definition: str
    columns: tuple[str, ...] = ()
    deferrable: bool = False
    initially_deferred: bool = False


@record
class NotNull:
    """A named NOT NULL constraint of its own (PostgreSQL 18)."""

    name: str | None
    column: str
    valid: bool = True
    no_inherit: bool = False


Constraint = Check | ForeignKey | Unique | PrimaryKey | Exclusion | NotNull


@record
class IndexElement:
    """One key of an index: a column or an expression. Defaults of the server are None."""

    column: str | None = None
    expression: Expression | None = None
    collation: str | None = None
    operator_class: str | None = None
    descending: bool = False
    nulls_first: bool | None = None


@record
class Option:
    """A storage parameter or option: `fillfactor = 70`; a value of None stands alone."""

    name: str
    value: str | None = None


@record
class Partitioning:
    """PARTITION BY; `columns` are the plain columns, `definition` the canonical SQL after BY."""

    definition: str
    columns: tuple[str, ...] = ()


@record
class Query:
    """A query inside another statement, with the relations it reads."""

    sql: str
    relations: tuple[Name, ...] = ()
    functions: tuple[str, ...] = ()
    has_where: bool = True
    output: tuple[str, ...] | None = field(default=None, compare=False)
    """The names of the result's columns; None where one of them is not written."""
    references: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    """Its references to columns, each name in its parts as written, `*` for a star. Left out is
    what may stand for a column of the result: a name alone in ORDER BY or DISTINCT ON."""


@record
class Assignment:
    """One `column = expression` of SET."""

    column: str
    value: Expression


# --- tables --------------------------------------------------------------------------


@record
class CreateTable(Sourced):
    """CREATE TABLE. `constraints` holds column constraints as well, except NOT NULL."""

    table: Name
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    inherits: tuple[Name, ...] = ()
    like: tuple[Name, ...] = ()
    like_options: tuple[str, ...] = ()
    partition_of: Name | None = None
    partition_bound: str | None = None
    partition_by: Partitioning | None = None
    options: tuple[Option, ...] = ()
    tail: str = ""
    """USING, ON COMMIT, TABLESPACE: canonical SQL, in this order; SERVER of a foreign table."""
    of_type: Name | None = None
    """The composite type of CREATE TABLE … OF; its columns have no type of their own."""


@record
class CreateTableAs(Sourced):
    """CREATE TABLE … AS and SELECT … INTO."""

    table: Name
    query: Query
    columns: tuple[str, ...] = ()
    with_data: bool = True
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    tail: str = ""
    """USING, WITH, ON COMMIT, TABLESPACE: canonical SQL, in this order."""


@record
class DropTable(Sourced):
    """DROP TABLE of one table; a statement that drops several holds one operation each."""

    table: Name
    if_exists: bool = False
    cascade: bool = False


@record
class RenameTable(Sourced):
    """ALTER TABLE … RENAME TO."""

    table: Name
    new_name: str
    if_exists: bool = False


@record
class SetSchema(Sourced):
    """ALTER … SET SCHEMA."""

    kind: ObjectKind
    object: Name
    schema: str
    if_exists: bool = False
    arguments: str | None = None


@record
class CreateSchema(Sourced):
    """CREATE SCHEMA; `owner` is AUTHORIZATION."""

    schema: str
    if_not_exists: bool = False
    owner: str | None = None


# --- columns -------------------------------------------------------------------------


@record
class AddColumn(Sourced):
    """ADD COLUMN with its inline constraints (NOT NULL is `column.nullable`)."""

    table: Name
    column: Column
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    if_exists: bool = False
    only: bool = False


@record
class DropColumn(Sourced):
    """DROP COLUMN; `if_exists` is the column's, `table_if_exists` the table's."""

    table: Name
    column: str
    if_exists: bool = False
    cascade: bool = False
    table_if_exists: bool = False
    only: bool = False


@record
class RenameColumn(Sourced):
    """RENAME COLUMN of a table, view or composite type (`kind`)."""

    table: Name
    column: str
    new_name: str
    kind: ObjectKind = ObjectKind.TABLE
    if_exists: bool = False


@record
class AlterColumnType(Sourced):
    """ALTER COLUMN … TYPE. `existing` is what a revision says the type was: a hint, not a fact."""

    table: Name
    column: str
    type: Type | None
    using: Expression | None = None
    existing: Type | None = field(default=None, compare=False)
    table_if_exists: bool = False
    only: bool = False


@record
class SetDefault(Sourced):
    """ALTER COLUMN … SET DEFAULT."""

    table: Name
    column: str
    default: Expression
    table_if_exists: bool = False
    only: bool = False


@record
class DropDefault(Sourced):
    """ALTER COLUMN … DROP DEFAULT."""

    table: Name
    column: str
    table_if_exists: bool = False
    only: bool = False


@record
class SetNotNull(Sourced):
    """ALTER COLUMN … SET NOT NULL."""

    table: Name
    column: str
    table_if_exists: bool = False
    only: bool = False


@record
class DropNotNull(Sourced):
    """ALTER COLUMN … DROP NOT NULL."""

    table: Name
    column: str
    table_if_exists: bool = False
    only: bool = False


class IdentityAction(StrEnum):
    """What ALTER COLUMN does to an identity."""

    ADD = "add"
    SET = "set"
    DROP = "drop"


@record
class AlterIdentity(Sourced):
    """ADD GENERATED AS IDENTITY, SET GENERATED / RESTART / sequence options, DROP IDENTITY.

    For SET, `identity.always` is None-like through `changes_always=False` when only options change.
    """

    table: Name
    column: str
    action: IdentityAction
    identity: Identity | None = None
    changes_always: bool = True
    if_exists: bool = False
    only: bool = False


@record
class AlterGenerated(Sourced):
    """SET EXPRESSION (with `expression`) or DROP EXPRESSION (without)."""

    table: Name
    column: str
    expression: Expression | None = None
    if_exists: bool = False
    only: bool = False


class ColumnSetting(StrEnum):
    """Physical settings of a column."""

    STORAGE = "STORAGE"
    COMPRESSION = "COMPRESSION"
    STATISTICS = "STATISTICS"
    OPTIONS = "OPTIONS"
    RESET_OPTIONS = "RESET OPTIONS"


@record
class SetColumnStorage(Sourced):
    """SET STORAGE, COMPRESSION, STATISTICS or column options; `value` is canonical SQL."""

    table: Name
    column: str
    setting: ColumnSetting
    value: str
    only: bool = False


# --- constraints ---------------------------------------------------------------------


@record
class AddConstraint(Sourced):
    """ADD CONSTRAINT."""

    table: Name
    constraint: Constraint
    table_if_exists: bool = False
    only: bool = False


@record
class ValidateConstraint(Sourced):
    """VALIDATE CONSTRAINT."""

    table: Name
    constraint: str
    only: bool = False


@record
class DropConstraint(Sourced):
    """DROP CONSTRAINT. `kind` is what a revision says it is, a hint; None name: not known."""

    table: Name
    constraint: str | None
    if_exists: bool = False
    cascade: bool = False
    table_if_exists: bool = False
    only: bool = False
    kind: str | None = field(default=None, compare=False)


@record
class AlterConstraint(Sourced):
    """ALTER CONSTRAINT; None leaves a property as it is."""

    table: Name
    constraint: str
    deferrable: bool | None = None
    initially_deferred: bool | None = None
    enforced: bool | None = None
    inherit: bool | None = None
    only: bool = False


@record
class RenameObject(Sourced):
    """RENAME of anything but tables and columns; `table` for what belongs to one."""

    kind: ObjectKind
    object: Name
    new_name: str
    table: Name | None = None
    if_exists: bool = False
    arguments: str | None = None


# --- indexes -------------------------------------------------------------------------


@record
class CreateIndex(Sourced):
    """CREATE INDEX; the index is made in the table's schema."""

    name: str | None
    table: Name
    elements: tuple[IndexElement, ...]
    unique: bool = False
    concurrently: bool = False
    if_not_exists: bool = False
    only: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    where: Expression | None = None
    options: tuple[Option, ...] = ()
    tablespace: str | None = None


@record
class DropIndex(Sourced):
    """DROP INDEX of one index. `table` is what a revision says it is on: a hint."""

    index: Name
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False
    table: Name | None = field(default=None, compare=False)


@record
class Reindex(Sourced):
    """REINDEX of an index, table, schema, database or the system (`kind` as SQL word)."""

    kind: str
    object: Name | None
    concurrently: bool = False


@record
class AttachIndex(Sourced):
    """ALTER INDEX … ATTACH PARTITION."""

    index: Name
    partition: Name


# --- partitions, inheritance, physical ------------------------------------------------


@record
class AttachPartition(Sourced):
    """ATTACH PARTITION; `bound` is canonical SQL (`FOR VALUES …` or `DEFAULT`)."""

    parent: Name
    partition: Name
    bound: str


@record
class DetachPartition(Sourced):
    """DETACH PARTITION."""

    parent: Name
    partition: Name
    concurrently: bool = False
    finalize: bool = False


@record
class SetInheritance(Sourced):
    """INHERIT or NO INHERIT."""

    table: Name
    parent: Name
    inherit: bool


class RewriteKind(StrEnum):
    """Ways to ask for a physical copy of a table."""

    LOGGED = "SET LOGGED"
    UNLOGGED = "SET UNLOGGED"
    TABLESPACE = "SET TABLESPACE"
    ACCESS_METHOD = "SET ACCESS METHOD"
    CLUSTER = "CLUSTER"
    VACUUM_FULL = "VACUUM FULL"


@record
class RewriteTable(Sourced):
    """A copy of the whole table; `table` is None where every table is meant.

    `value` is the tablespace, access method or index; `kind_of_object` tells ALTER INDEX and
    ALTER MATERIALIZED VIEW from ALTER TABLE; `options` are VACUUM's or CLUSTER's.
    """

    table: Name | None
    kind: RewriteKind
    value: str | None = None
    kind_of_object: ObjectKind = ObjectKind.TABLE
    options: tuple[Option, ...] = ()


@record
class SetTableOptions(Sourced):
    """SET (…) or RESET (…) of a table, index or view; CLUSTER ON and SET WITHOUT CLUSTER."""

    object: Name
    options: tuple[Option, ...]
    reset: bool = False
    kind: ObjectKind = ObjectKind.TABLE
    cluster_on: str | None = None


@record
class SetReplicaIdentity(Sourced):
    """REPLICA IDENTITY DEFAULT, FULL, NOTHING or USING INDEX."""

    table: Name
    identity: str
    index: str | None = None


class RowTypeAction(StrEnum):
    """What ALTER TABLE says of the type of its rows; no row changes."""

    OF = "OF"
    NOT_OF = "NOT OF"
    WITHOUT_OIDS = "SET WITHOUT OIDS"
    """Does nothing since PostgreSQL 12, and takes its lock."""


@record
class SetRowType(Sourced):
    """OF a composite type, NOT OF, and SET WITHOUT OIDS."""

    table: Name
    action: RowTypeAction
    type: Name | None = None


# --- views and other objects ----------------------------------------------------------


@record
class CreateView(Sourced):
    """CREATE [MATERIALIZED] VIEW."""

    view: Name
    query: Query
    columns: tuple[str, ...] = ()
    replace: bool = False
    materialized: bool = False
    with_data: bool = True
    if_not_exists: bool = False
    temporary: bool = False
    options: tuple[Option, ...] = ()
    tail: str = ""


@record
class RefreshView(Sourced):
    """REFRESH MATERIALIZED VIEW."""

    view: Name
    concurrently: bool = False
    with_data: bool = True


@record
class DropObject(Sourced):
    """DROP of anything but tables, columns, constraints and indexes.

    `table` for triggers, policies and rules; `arguments` is the canonical argument list of
    a routine, operator or cast, without brackets, None where none was written.
    """

    kind: ObjectKind
    object: Name
    if_exists: bool = False
    cascade: bool = False
    table: Name | None = None
    arguments: str | None = None


@record
class CommentOn(Sourced):
    """COMMENT ON; `sql` is the canonical statement."""

    kind: ObjectKind
    object: Name
    sql: str


# --- types ---------------------------------------------------------------------------


@record
class CreateEnum(Sourced):
    """CREATE TYPE … AS ENUM. `if_not_exists` is a revision's `checkfirst`."""

    type: Name
    labels: tuple[str, ...]
    if_not_exists: bool = False


@record
class AddEnumValue(Sourced):
    """ALTER TYPE … ADD VALUE; `neighbour` with `after` True or False places it."""

    type: Name
    label: str
    if_not_exists: bool = False
    neighbour: str | None = None
    after: bool = True


@record
class RenameEnumValue(Sourced):
    """ALTER TYPE … RENAME VALUE."""

    type: Name
    label: str
    new_label: str


@record
class CreateType(Sourced):
    """CREATE TYPE of another kind (composite, range, base, shell)."""

    type: Name
    attributes: tuple[Column, ...]
    sql: str


@record
class CreateDomain(Sourced):
    """CREATE DOMAIN."""

    domain: Name
    type: Type
    nullable: bool = True
    default: Expression | None = None
    checks: tuple[Check, ...] = ()


class DomainAction(StrEnum):
    """What ALTER DOMAIN does."""

    SET_DEFAULT = "SET DEFAULT"
    DROP_DEFAULT = "DROP DEFAULT"
    SET_NOT_NULL = "SET NOT NULL"
    DROP_NOT_NULL = "DROP NOT NULL"
    ADD_CONSTRAINT = "ADD CONSTRAINT"
    DROP_CONSTRAINT = "DROP CONSTRAINT"
    VALIDATE_CONSTRAINT = "VALIDATE CONSTRAINT"


@record
class AlterDomain(Sourced):
    """ALTER DOMAIN; `check` for ADD, `constraint` for DROP and VALIDATE."""

    domain: Name
    action: DomainAction
    check: Check | NotNull | None = None
    constraint: str | None = None
    default: Expression | None = None
    if_exists: bool = False
    cascade: bool = False


class AttributeAction(StrEnum):
    """What ALTER TYPE does to an attribute."""

    ADD = "ADD ATTRIBUTE"
    DROP = "DROP ATTRIBUTE"
    ALTER = "ALTER ATTRIBUTE"


@record
class AlterCompositeType(Sourced):
    """ALTER TYPE … ADD, DROP or ALTER ATTRIBUTE."""

    type: Name
    action: AttributeAction
    attribute: str
    attribute_type: Type | None = None
    if_exists: bool = False
    cascade: bool = False


# --- sequences, routines, triggers ----------------------------------------------------


@record
class CreateSequence(Sourced):
    """CREATE SEQUENCE; `options` is canonical SQL, `owned_by` is `table.column`."""

    sequence: Name
    if_not_exists: bool = False
    temporary: bool = False
    options: str = ""
    owned_by: tuple[Name, str] | None = None


@record
class AlterSequence(Sourced):
    """ALTER SEQUENCE; an empty `options` with `owned_by` only changes the owner column."""

    sequence: Name
    options: str = ""
    owned_by: tuple[Name, str] | None = None
    owned_by_none: bool = False
    if_exists: bool = False


@record
class CreateRoutine(Sourced):
    """CREATE FUNCTION, PROCEDURE or AGGREGATE; `sql` is the canonical statement."""

    kind: ObjectKind
    routine: Name
    arguments: str
    returns: str | None
    language: str
    body: str | None
    replace: bool
    sql: str
    volatility: str | None = None
    options: tuple[Option, ...] = ()
    """What else decides how a call answers: `security`, `strict`, `leakproof`, `window`, and
    `set search_path` for a parameter, None where its value is that of the session."""


@record
class AlterRoutine(Sourced):
    """ALTER FUNCTION or PROCEDURE options; `sql` is the canonical statement.

    `options` are as those of CreateRoutine, the ones that are taken away `false` or `reset
    search_path`, `reset` for all parameters. `arguments` is None where none were written.
    """

    kind: ObjectKind
    routine: Name
    sql: str
    arguments: str | None = None
    volatility: str | None = None
    options: tuple[Option, ...] = ()


@record
class CallRoutine(Sourced):
    """CALL, and a SELECT that is nothing but function calls."""

    routine: Name
    sql: str


@record
class AnonymousBlock(Sourced):
    """DO."""

    language: str
    body: str


@record
class CreateTrigger(Sourced):
    """CREATE TRIGGER; `sql` is the canonical statement."""

    trigger: str
    table: Name
    timing: str
    events: tuple[str, ...]
    row: bool
    function: Name
    sql: str
    replace: bool = False
    constraint: bool = False


@record
class SetTriggerState(Sourced):
    """ENABLE or DISABLE TRIGGER / RULE; `state` is the SQL between table and name."""

    table: Name
    state: str
    trigger: str | None


@record
class CreateRule(Sourced):
    """CREATE RULE."""

    rule: str
    table: Name
    event: str
    sql: str
    replace: bool = False


# --- rights --------------------------------------------------------------------------


@record
class SetRowSecurity(Sourced):
    """ENABLE, DISABLE, FORCE or NO FORCE ROW LEVEL SECURITY."""

    table: Name
    action: str


@record
class ChangePolicy(Sourced):
    """CREATE or ALTER POLICY; `sql` is the canonical statement."""

    policy: str
    table: Name
    create: bool
    sql: str


class GrantScope(StrEnum):
    """What a GRANT or REVOKE reaches."""

    OBJECTS = "objects"
    """The objects that it names; without a kind, the roles that stand as privileges."""
    ALL_IN_SCHEMA = "all in schema"
    """What is there now of a kind in the schemas that `objects` names."""
    DEFAULT = "default"
    """What will be made of a kind, in the schemas that `objects` names or in any."""


WHO_RUNS_IT = frozenset({"CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"})
"""What stands for the role that runs a statement, whatever its name is."""


@record
class Grant(Sourced):
    """GRANT of privileges or roles; `kind` is None for roles and for what has no kind here.

    `arguments` are those of the routines in `objects`, one each, None where none were written;
    `makers` the roles whose new objects ALTER DEFAULT PRIVILEGES is about, none for the one that
    runs it; `option` is WITH GRANT or ADMIN OPTION.
    """

    kind: ObjectKind | None
    objects: tuple[Name, ...]
    privileges: tuple[str, ...]
    grantees: tuple[str, ...]
    sql: str
    scope: GrantScope = GrantScope.OBJECTS
    arguments: tuple[str | None, ...] = ()
    makers: tuple[str, ...] = ()
    option: bool = False


@record
class Revoke(Sourced):
    """REVOKE of privileges or roles; with `option` only of the right to pass them on."""

    kind: ObjectKind | None
    objects: tuple[Name, ...]
    privileges: tuple[str, ...]
    grantees: tuple[str, ...]
    sql: str
    scope: GrantScope = GrantScope.OBJECTS
    arguments: tuple[str | None, ...] = ()
    makers: tuple[str, ...] = ()
    option: bool = False
    cascade: bool = False


@record
class SetOwner(Sourced):
    """ALTER … OWNER TO."""

    kind: ObjectKind
    object: Name
    owner: str
    arguments: str | None = None


@record
class ChangeRole(Sourced):
    """CREATE, ALTER, DROP ROLE; ALTER DATABASE or SYSTEM SET; REASSIGN and DROP OWNED."""

    verb: str
    role: str
    sql: str


# --- extensions, replication, the rest -------------------------------------------------


@record
class CreateExtension(Sourced):
    """CREATE EXTENSION."""

    extension: str
    if_not_exists: bool = False
    schema: str | None = None
    version: str | None = None
    cascade: bool = False


@record
class AlterExtension(Sourced):
    """ALTER EXTENSION UPDATE, ADD, DROP."""

    extension: str
    sql: str


@record
class ChangePublication(Sourced):
    """CREATE or ALTER PUBLICATION or SUBSCRIPTION."""

    kind: ObjectKind
    name: str
    sql: str


@record
class CreateObject(Sourced):
    """CREATE or ALTER of an object that no rule tells apart (operator, cast, text search, …)."""

    kind: ObjectKind
    object: Name
    sql: str


@record
class ImportForeignSchema(Sourced):
    """IMPORT FOREIGN SCHEMA; `tables` is None where the other server decides which come.

    With LIMIT TO their names are known, never their columns. `schema` is where they are made.
    """

    schema: str
    tables: tuple[Name, ...] | None
    sql: str


# --- data ----------------------------------------------------------------------------


@record
class Insert(Sourced):
    """INSERT; `rows` counts literal rows, None with a query. `conflict_columns` of ON CONFLICT."""

    table: Name
    columns: tuple[str, ...]
    rows: int | None
    sql: str
    query: Query | None = None
    conflict_columns: tuple[str, ...] = ()
    conflict_constraint: str | None = None


@record
class Update(Sourced):
    """UPDATE; `reads` are the relations of FROM and sub-queries."""

    table: Name
    assignments: tuple[Assignment, ...]
    where: Expression | None
    sql: str
    reads: tuple[Name, ...] = ()


@record
class Delete(Sourced):
    """DELETE; `reads` are the relations of USING and sub-queries."""

    table: Name
    where: Expression | None
    sql: str
    reads: tuple[Name, ...] = ()


@record
class Merge(Sourced):
    """MERGE."""

    table: Name
    sql: str
    reads: tuple[Name, ...] = ()


@record
class Truncate(Sourced):
    """TRUNCATE of one or more tables."""

    tables: tuple[Name, ...]
    cascade: bool = False
    restart_identity: bool = False


@record
class Copy(Sourced):
    """COPY; `into` is True for COPY … FROM. The data block is not kept."""

    table: Name | None
    into: bool
    sql: str


@record
class Select(Sourced):
    """A query whose result nobody keeps: SELECT, VALUES, EXPLAIN, SHOW."""

    query: Query


@record
class ExecutePrepared(Sourced):
    """EXECUTE of a statement that the text does not prepare: any query or data change."""

    statement: str
    sql: str


@record
class DataWork(Sourced):
    """Data work that a revision does in Python on a table (`bulk_insert`, a session)."""

    table: Name | None
    verb: str
    rows: int | None = None


# --- transaction and session ------------------------------------------------------------


@record
class Begin(Sourced):
    """BEGIN; `modes` is canonical SQL."""

    modes: str = ""


@record
class Commit(Sourced):
    """COMMIT."""


@record
class Rollback(Sourced):
    """ROLLBACK, to a savepoint if named."""

    savepoint: str | None = None


class TwoPhaseAction(StrEnum):
    """The statements of two-phase commit."""

    PREPARE = "PREPARE TRANSACTION"
    COMMIT = "COMMIT PREPARED"
    ROLLBACK = "ROLLBACK PREPARED"


@record
class TwoPhase(Sourced):
    """PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED."""

    action: TwoPhaseAction
    transaction: str


@record
class Savepoint(Sourced):
    """SAVEPOINT, and RELEASE with `release`."""

    savepoint: str
    release: bool = False


@record
class SetParameter(Sourced):
    """SET or set_config(); `value` as written without quotes, None for DEFAULT or unknown.

    `computed` is the call of set_config() where only a run shows the value, or the scope.
    """

    parameter: str
    value: str | None
    local: bool = False
    computed: str | None = None


@record
class ResetParameter(Sourced):
    """RESET; None for ALL and for DISCARD."""

    parameter: str | None


@record
class LockTable(Sourced):
    """LOCK TABLE; `mode` in SQL's words. `alone` are those of the tables with ONLY."""

    tables: tuple[Name, ...]
    mode: str
    nowait: bool = False
    alone: tuple[Name, ...] = ()


@record
class Vacuum(Sourced):
    """VACUUM without FULL, ANALYZE; no tables: all."""

    tables: tuple[Name, ...]
    analyze: bool
    vacuum: bool
    sql: str


@record
class NoOperation(Sourced):
    """A statement without effect on schema, data or locks (LISTEN, LOAD, DEALLOCATE, …)."""

    sql: str


@record
class RebuildTable(Sourced):
    """A copy of a table with changes applied: SQLite's batch mode."""

    table: Name
    operations: tuple["Operation", ...]


# --- what was not understood ---------------------------------------------------------


class Cause(StrEnum):
    """Why something was not understood."""

    SYNTAX = "syntax"
    """The parser refuses it."""
    UNMAPPED = "unmapped"
    """It parses, and migsafe does not know its meaning yet."""
    UNTERMINATED = "unterminated"
    """The file ends inside a quote, comment or tag."""
    CLIENT = "client"
    """A command of psql, not of the server."""
    TEMPLATE = "template"
    """A placeholder stands where SQL must be known."""
    CALL = "call"
    """A call of a revision whose arguments are not known without running it."""
    REFUSED = "refused"
    """A call of a revision that fails before it sends anything."""
    DYNAMIC = "dynamic"
    """SQL that a program puts together while it runs."""


@record
class Unrecognized(Sourced):
    """What could not be read. `relations` is None where it may concern any."""

    cause: Cause
    reason: str
    sql: str = ""
    relations: tuple[Name, ...] | None = None


Operation = (
    CreateTable | CreateTableAs | DropTable | RenameTable | SetSchema | CreateSchema
    | AddColumn | DropColumn | RenameColumn | AlterColumnType | SetDefault | DropDefault
    | SetNotNull | DropNotNull | AlterIdentity | AlterGenerated | SetColumnStorage
    | AddConstraint | ValidateConstraint | DropConstraint | AlterConstraint | RenameObject
    | CreateIndex | DropIndex | Reindex | AttachIndex
    | AttachPartition | DetachPartition | SetInheritance
    | RewriteTable | SetTableOptions | SetReplicaIdentity | SetRowType
    | CreateView | RefreshView | DropObject | CommentOn
    | CreateEnum | AddEnumValue | RenameEnumValue | CreateType | CreateDomain | AlterDomain
    | AlterCompositeType | CreateSequence | AlterSequence
    | CreateRoutine | AlterRoutine | CallRoutine | AnonymousBlock
    | CreateTrigger | SetTriggerState | CreateRule
    | SetRowSecurity | ChangePolicy | Grant | Revoke | SetOwner | ChangeRole
    | CreateExtension | AlterExtension | ChangePublication | CreateObject
    | ImportForeignSchema
    | Insert | Update | Delete | Merge | Truncate | Copy | Select | DataWork
    | ExecutePrepared
    | Begin | Commit | Rollback | TwoPhase | Savepoint | SetParameter | ResetParameter
    | LockTable | Vacuum | NoOperation | RebuildTable | Unrecognized
)  # fmt: skip
