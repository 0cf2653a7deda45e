"""SQLAlchemy's schema objects: what a call such as `sa.Column(…)` is worth."""

from types import NoneType

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    Check,
    Exclusion,
    ForeignKey,
    Generated,
    Identity,
    PrimaryKey,
    ReferentialAction,
    Unique,
)
from migsafe.sources.alembic.fragments import (
    condition,
    default,
    expression,
    operations,
    rendered,
)
from migsafe.sources.alembic.identifiers import shortened
from migsafe.sources.alembic.types import made, sa_type
from migsafe.sources.alembic.values import (
    Arguments,
    Dml,
    MiniTable,
    NoDefault,
    NotKnownError,
    Pieces,
    SaColumn,
    SaConstraint,
    SaForeignKey,
    SaIndex,
    SaSequence,
    SaType,
    SqlText,
    Unknown,
    Value,
    known_flag,
    known_text,
    known_texts,
    optional_text,
    reason,
)
from migsafe.writing.quoting import identifier

_WITHOUT_BRACKETS = frozenset(
    {
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    }
)
_VERBS = {"update": "UPDATE", "insert": "INSERT", "delete": "DELETE", "select": "SELECT"}
_PASSED_ON = frozenset({"quoted_name", "DefaultClause"})
_CONVENTIONAL = frozenset({"f", "conv"})
_PARTS_OF_COLUMNS = (
    SaForeignKey, SaConstraint, Identity, Generated, NoDefault, SaSequence, NoneType
)  # fmt: skip
_NAMESPACES = frozenset({"sqlalchemy", "sqlmodel", "alembic"})


def construct(path: str, arguments: Arguments) -> Value:
    """Return what a call of an imported thing makes; `Unknown` where that is not known."""
    names = path.split(".")
    leaf = names[-1]
    if names[0] in _NAMESPACES:
        if len(names) > 1 and "func" in names[1:-1]:
            at = names.index("func")
            return _function(".".join(names[at + 1 :]), arguments)
        maker = _MAKERS.get(leaf)
        if maker is not None:
            try:
                return maker(arguments)
            except NotKnownError as error:
                return Unknown(str(error))
        if leaf in _SUFFIXES:
            return _ordered(arguments, _SUFFIXES[leaf])
        if leaf in _VERBS:
            return Dml(_VERBS[leaf], _target(arguments))
        if leaf in _PASSED_ON:
            return arguments.at(0)
        if leaf in _CONVENTIONAL:
            name = arguments.at(0)
            return shortened(name) if isinstance(name, str) else name
    found = made(path, arguments)
    return found if found is not None else Unknown(f"'{path}(…)' is not known")


def is_made(leaf: str) -> bool:
    """Return whether a class or function of SQLAlchemy is one that is read here."""
    return leaf in _MAKERS or leaf in _VERBS or leaf in _SUFFIXES


def _target(arguments: Arguments) -> Name | None:
    first = arguments.at(0)
    return first.name if isinstance(first, MiniTable) else None


def _function(name: str, arguments: Arguments) -> Value:
    if name in _WITHOUT_BRACKETS and not arguments.positional:
        return SqlText(name.upper())
    parts = [rendered(each) for each in arguments.positional]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or arguments.unknown is not None:
        return Unknown(f"an argument of '{name}' is not known")
    return SqlText(f"{name}({', '.join(known)})")


def _text(arguments: Arguments) -> Value:
    first = arguments.at(0)
    if first is None:
        first = arguments.keyword("text")
    if isinstance(first, (SqlText, Pieces, Unknown)):
        return first
    return SqlText(known_text(first, "the text").replace("\\:", ":"))


def _literal(arguments: Arguments) -> Value:
    text = rendered(arguments.at(0))
    return Unknown("the literal is not known") if text is None else SqlText(text)


def _named_column(arguments: Arguments) -> Value:
    return SqlText(identifier(known_text(arguments.at(0), "the column")))


def _foreign_key(arguments: Arguments) -> Value:
    target = known_text(arguments.at(0) or arguments.keyword("column"), "its target")
    referenced, column = _referenced(target)
    return SaForeignKey(
        _key((), referenced, (column,), arguments),
        known_flag(arguments.keyword("use_alter"), "use_alter"),
    )


def _referenced(target: str) -> tuple[Name, str]:
    table, _, column = target.rpartition(".")
    if not table:
        raise NotKnownError(f"'{target}' names no table")
    schema, _, name = table.rpartition(".")
    return Name(name, schema or None), column


def _key(
    columns: tuple[str, ...],
    referenced: Name,
    referenced_columns: tuple[str, ...],
    arguments: Arguments,
) -> ForeignKey:
    match_type = optional_text(arguments.keyword("match"), "match")
    return ForeignKey(
        optional_text(arguments.keyword("name"), "the name"),
        columns,
        referenced,
        referenced_columns,
        on_delete=action(arguments.keyword("ondelete"), "ondelete"),
        on_update=action(arguments.keyword("onupdate"), "onupdate"),
        match_full=match_type is not None and match_type.upper() == "FULL",
        valid=not known_flag(arguments.keyword("postgresql_not_valid"), "not_valid"),
        deferrable=known_flag(arguments.keyword("deferrable"), "deferrable"),
        initially_deferred=deferred(arguments),
    )


def action(value: Value, what: str) -> ReferentialAction:
    """Return what a foreign key does.

    Raises:
        NotKnownError: If the value is no action of the standard.
    """
    text = optional_text(value, what)
    if text is None:
        return ReferentialAction.NO_ACTION
    try:
        return ReferentialAction(" ".join(text.upper().split()))
    except ValueError as error:
        raise NotKnownError(f"{what}={text!r} is no action") from error


def deferred(arguments: Arguments) -> bool:
    """Return whether `initially` says DEFERRED."""
    initially = optional_text(arguments.keyword("initially"), "initially")
    return initially is not None and initially.upper() == "DEFERRED"


def _foreign_key_constraint(arguments: Arguments) -> Value:
    columns = known_texts(arguments.at(0) or arguments.keyword("columns"), "its columns")
    targets = known_texts(arguments.at(1) or arguments.keyword("refcolumns"), "its targets")
    parts = [_referenced(target) for target in targets]
    if not parts:
        raise NotKnownError("its targets are not known")
    referenced = parts[0][0]
    named = tuple(column for _, column in parts)
    given = arguments.at(2)
    if given is not None:
        arguments = Arguments((), (("name", given), *arguments.keywords))
    key = _key(columns, referenced, named, arguments)
    use_alter = known_flag(arguments.keyword("use_alter"), "use_alter")
    return SaConstraint(key, use_alter)


def _columns(arguments: Arguments) -> tuple[str, ...]:
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    names = []
    for value in arguments.positional:
        if isinstance(value, SaColumn):
            names.append(value.name)
        else:
            names.append(known_text(value, "a column"))
    return tuple(names)


def _primary_key(arguments: Arguments) -> Value:
    return SaConstraint(
        PrimaryKey(
            optional_text(arguments.keyword("name"), "the name"),
            _columns(arguments),
            include=known_texts(arguments.keyword("postgresql_include", ()), "include"),
            deferrable=known_flag(arguments.keyword("deferrable"), "deferrable"),
            initially_deferred=deferred(arguments),
        )
    )


def _unique(arguments: Arguments) -> Value:
    return SaConstraint(unique(_columns(arguments), arguments))


def unique(columns: tuple[str, ...], arguments: Arguments) -> Unique:
    """Return a UNIQUE constraint with the options among the arguments."""
    return Unique(
        optional_text(arguments.keyword("name"), "the name"),
        columns,
        include=known_texts(arguments.keyword("postgresql_include", ()), "include"),
        nulls_not_distinct=known_flag(
            arguments.keyword("postgresql_nulls_not_distinct"), "nulls_not_distinct"
        ),
        deferrable=known_flag(arguments.keyword("deferrable"), "deferrable"),
        initially_deferred=deferred(arguments),
    )


def _check(arguments: Arguments) -> Value:
    written = arguments.at(0)
    if written is None:
        written = arguments.keyword("sqltext")
    return SaConstraint(
        Check(
            optional_text(arguments.keyword("name"), "the name"),
            condition(written),
            valid=not known_flag(arguments.keyword("postgresql_not_valid"), "not_valid"),
        )
    )


def _exclude(arguments: Arguments) -> Value:
    name = optional_text(arguments.keyword("name"), "the name")
    return SaConstraint(exclusion(name, arguments.positional, arguments))


def exclusion(name: str | None, elements: tuple[Value, ...], arguments: Arguments) -> Exclusion:
    """Return an EXCLUDE constraint.

    Raises:
        NotKnownError: If an element is not known, or the parser refuses the whole.
    """
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    opclasses = arguments.keyword("ops")
    if opclasses is not None:
        raise NotKnownError("operator classes of an exclusion are not read")
    parts = []
    for element in elements:
        match element:
            case (SqlText() as column, str() as operator):
                parts.append(f"{column.sql} WITH {operator}")
            case (str() as column, str() as operator):
                parts.append(f"{identifier(column)} WITH {operator}")
            case _:
                raise NotKnownError("an element of the exclusion is not known")
    using = known_text(arguments.keyword("using", "gist"), "using")
    where = arguments.keyword("where")
    sql = f"EXCLUDE USING {using} ({', '.join(parts)})"
    if where is not None:
        said = where.sql if isinstance(where, SqlText) else known_text(where, "where")
        sql = f"{sql} WHERE ({said})"
    if known_flag(arguments.keyword("deferrable"), "deferrable"):
        sql = f"{sql} DEFERRABLE"
    if deferred(arguments):
        sql = f"{sql} INITIALLY DEFERRED"
    named = "" if name is None else f"CONSTRAINT {identifier(name)} "
    match operations(f"ALTER TABLE t ADD {named}{sql}"):
        case (AddConstraint(constraint=Exclusion() as read),):
            return read
        case _:
            raise NotKnownError("the exclusion could not be read")


def _index(arguments: Arguments) -> Value:
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    name = optional_text(arguments.at(0), "the name")
    return SaIndex(name, arguments.positional[1:], arguments.keywords)


def _sequence(arguments: Arguments) -> Value:
    name = known_text(arguments.at(0) or arguments.keyword("name"), "the sequence")
    schema = optional_text(arguments.keyword("schema"), "the schema of the sequence")
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    return SaSequence(Name(name, schema))


# In SQLAlchemy's order. The bare words stand there as soon as the argument is not None.
_IDENTITY_WORDS = (
    ("increment", "INCREMENT BY"),
    ("start", "START WITH"),
    ("minvalue", "MINVALUE"),
    ("maxvalue", "MAXVALUE"),
    ("nominvalue", None),
    ("nomaxvalue", None),
    ("cache", "CACHE"),
)
_BARE_WORDS = {"nominvalue": "NO MINVALUE", "nomaxvalue": "NO MAXVALUE"}


def _identity(arguments: Arguments) -> Value:
    always = arguments.at(0) if arguments.positional else arguments.keyword("always")
    kind = "ALWAYS" if known_flag(always, "always") else "BY DEFAULT"
    words = []
    for keyword, word in _IDENTITY_WORDS:
        value = arguments.keyword(keyword)
        if word is None and value is not None:
            words.append(_BARE_WORDS[keyword])
        elif isinstance(value, int):
            words.append(f"{word} {value}")
        elif value is not None:
            raise NotKnownError(f"{keyword} is not known")
    cycle = arguments.keyword("cycle")
    if cycle is not None:
        words.append("CYCLE" if known_flag(cycle, "cycle") else "NO CYCLE")
    options = f" ({' '.join(words)})" if words else ""
    sql = f"ALTER TABLE t ADD c integer GENERATED {kind} AS IDENTITY{options}"
    match operations(sql):
        case (AddColumn(column=column),) if column.identity is not None:
            return column.identity
        case _:
            raise NotKnownError("the identity could not be read")


def _computed(arguments: Arguments) -> Value:
    persisted = arguments.at(1)
    if persisted is None:
        persisted = arguments.keyword("persisted")
    # Without `persisted` SQLAlchemy 2.0 writes STORED, 2.1 leaves it to the server. A
    # stored column rewrites the table: the graver of the two is assumed.
    return Generated(condition(arguments.at(0)), stored=persisted is not False)


def _mini_table(arguments: Arguments) -> Value:
    name = known_text(arguments.at(0), "the table")
    schema = optional_text(arguments.keyword("schema"), "the schema")
    return MiniTable(Name(name, schema), arguments.positional[1:], arguments.keywords)


def _column(arguments: Arguments) -> Value:  # noqa: C901, PLR0912 - a table
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    items = list(arguments.positional)
    if items and isinstance(items[0], (str, Unknown)):
        name = known_text(items.pop(0), "the column's name")
    else:
        name = known_text(arguments.keyword("name"), "the column's name")
    column_type = sa_type(arguments.keyword("type_"))
    if column_type is None and items:
        column_type = sa_type(items[0])
        if column_type is not None:
            items.pop(0)
        elif not isinstance(items[0], _PARTS_OF_COLUMNS):
            # A class of the application or of a plugin.
            items.pop(0)
    keys: list[SaForeignKey] = []
    checks: list[Check] = []
    server_default = arguments.keyword("server_default")
    other_default = arguments.keyword("default") is not None
    for item in items:
        match item:
            case SaForeignKey():
                keys.append(item)
            case SaConstraint(constraint=Check() as check):
                checks.append(check)
            case Identity() | Generated() | NoDefault():
                server_default = item
            case SaSequence():
                other_default = True
            case None:
                pass
            case _:
                raise NotKnownError(reason(item) or f"a part of column '{name}' is not known")
    nullable = arguments.keyword("nullable")
    auto = arguments.keyword("autoincrement", "auto")
    comment = arguments.keyword("comment")
    return SaColumn(
        name,
        column_type or SaType(None),
        nullable=None if nullable is None else known_flag(nullable, "nullable"),
        default=(
            None if isinstance(server_default, (Identity, Generated)) else default(server_default)
        ),
        primary_key=known_flag(arguments.keyword("primary_key"), "primary_key"),
        unique=known_flag(arguments.keyword("unique"), "unique"),
        index=known_flag(arguments.keyword("index"), "index"),
        autoincrement=None if isinstance(auto, str) else known_flag(auto, "autoincrement"),
        foreign_keys=tuple(keys),
        checks=tuple(checks),
        identity=server_default if isinstance(server_default, Identity) else None,
        generated=server_default if isinstance(server_default, Generated) else None,
        comment=comment if isinstance(comment, str) else None,
        has_other_default=other_default,
    )


_MAKERS = {
    "Column": _column,
    "ForeignKey": _foreign_key,
    "ForeignKeyConstraint": _foreign_key_constraint,
    "PrimaryKeyConstraint": _primary_key,
    "UniqueConstraint": _unique,
    "CheckConstraint": _check,
    "ExcludeConstraint": _exclude,
    "Index": _index,
    "Sequence": _sequence,
    "Identity": _identity,
    "Computed": _computed,
    "FetchedValue": lambda _: NoDefault(),
    "text": _text,
    "literal_column": _text,
    "literal": _literal,
    "inline_literal": _literal,
    "column": _named_column,
    "true": lambda _: SqlText("true"),
    "false": lambda _: SqlText("false"),
    "null": lambda _: SqlText("NULL"),
    "table": _mini_table,
    "Table": _mini_table,
}
_SUFFIXES = {
    "desc": "DESC",
    "asc": "ASC",
    "nulls_last": "NULLS LAST",
    "nullslast": "NULLS LAST",
    "nulls_first": "NULLS FIRST",
    "nullsfirst": "NULLS FIRST",
}


def _ordered(arguments: Arguments, words: str) -> Value:
    first = arguments.at(0)
    if isinstance(first, SqlText):
        return SqlText(f"{first.sql} {words}")
    if isinstance(first, str):
        return SqlText(f"{identifier(first)} {words}")
    return Unknown("an index element is not known")


def on_clause(clause: SqlText, method: str, arguments: Arguments) -> Value:
    """Return what a method of an SQL construct gives (`sa.column("a").desc()`)."""
    if method in _SUFFIXES:
        return SqlText(f"{clause.sql} {_SUFFIXES[method]}")
    match method, arguments.positional:
        case ("is_", (None,)):
            return SqlText(f"{clause.sql} IS NULL")
        case ("isnot" | "is_not", (None,)):
            return SqlText(f"{clause.sql} IS NOT NULL")
        case ("is_", (SqlText() as other,)):
            return SqlText(f"{clause.sql} IS {other.sql}")
        case _:
            return Unknown(f"'.{method}()' of an SQL expression is not read")


def compared(left: SqlText, operator: str, right: Value) -> Value:
    """Return a comparison of an SQL construct with a value (`sa.column("a") > 5`)."""
    other = rendered(right)
    if other is None:
        return Unknown("a comparison is not known")
    if right is None:
        operator = {"=": "IS", "!=": "IS NOT"}.get(operator, operator)
    written = expression(f"{left.sql} {operator} {other}")
    return Unknown("a comparison is not read") if written.opaque else SqlText(written.sql)
