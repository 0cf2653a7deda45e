"""Operations written as SQL and read back."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumnType,
    AnonymousBlock,
    AttachIndex,
    AttachPartition,
    Cause,
    Check,
    Column,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    DataWork,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    ForeignKey,
    IndexElement,
    LockTable,
    NotNull,
    ObjectKind,
    Operation,
    PrimaryKey,
    RebuildTable,
    RenameColumn,
    RenameEnumValue,
    RenameObject,
    RenameTable,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetOwner,
    SetParameter,
    SetReplicaIdentity,
    SetSchema,
    SetTriggerState,
    Truncate,
    Unique,
    Unrecognized,
    ValidateConstraint,
)
from migsafe.parsers.postgres import read_statement
from migsafe.writing.errors import UnwritableError
from migsafe.writing.quoting import KEYWORDS, identifier
from migsafe.writing.sql import statements, write

STATEMENTS = (Path(__file__).parent / "statements.sql").read_text().splitlines()
NEVER_WRITTEN = {DataWork, RebuildTable, Unrecognized}


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_is_written_reads_as_the_same_operation(sql: str) -> None:
    for operation in read_statement(sql):
        assert read_statement(write(operation)) == (operation,)


def test_the_statements_hold_every_kind_of_operation_that_can_be_written() -> None:
    held = {type(operation) for sql in STATEMENTS for operation in read_statement(sql)}
    assert set(get_args(Operation)) - held == NEVER_WRITTEN


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_a_keyword_is_quoted_so_that_it_is_a_name(keyword: str) -> None:
    operation = RenameColumn(Name(keyword, keyword), keyword, keyword)
    assert read_statement(write(operation)) == (operation,)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("users", "users"),
        ("a$1", '"a$1"'),
        ("_x", "_x"),
        ("1x", '"1x"'),
        ("Users", '"Users"'),
        ("select", '"select"'),
        ("between", '"between"'),
        ("left", '"left"'),
        ("year", "year"),
        ('a"b', '"a""b"'),
        ("é", '"é"'),
        ("a b", '"a b"'),
        ("", '""'),
        ("a\n", '"a\n"'),
    ],
)
def test_identifiers_are_quoted_where_they_must_be(name: str, sql: str) -> None:
    assert identifier(name) == sql


SURROGATES: tuple[Literal["Cs"]] = ("Cs",)
SEEDS = ("a", "A", '"', "'", "''", " ", ";--", "\\", "$", "$$", "/*", "%s", ":x", "é", "😀", "\n")
names = st.one_of(
    st.sampled_from(sorted(KEYWORDS)),
    st.lists(st.sampled_from(SEEDS), min_size=1, max_size=6).map("".join),
    st.text(
        st.characters(exclude_characters="\0", exclude_categories=SURROGATES),
        min_size=1,
        max_size=12,
    ),
).filter(lambda name: len(name.encode()) <= 63)
relations = st.builds(Name, names, st.none() | names)

INTEGER = Type("integer")


def hostile(name: str, table: Name, text: str) -> list[Operation]:
    """Return operations that hold the names everywhere where names may stand."""
    column = identifier(name)
    check = Check(name, Expression(f"{column} > 0", (name,)))
    return [
        CreateTable(
            table,
            (
                Column(name, INTEGER),
                Column(f"{name}x"[-60:], Type(name, schema=table.schema or "s")),
            ),
            (
                PrimaryKey(name, (name,)),
                Unique(name, (name,), (name,)),
                ForeignKey(name, (name,), table, (name,)),
                check,
                NotNull(name, name, no_inherit=True),
            ),
            inherits=(table,),
            like=(table,),
            like_options=("",),
        ),
        AddColumn(table, Column(name, INTEGER), (Check(None, check.expression),)),
        DropColumn(table, name, cascade=True),
        RenameColumn(table, name, name),
        AlterColumnType(table, name, INTEGER, check.expression),
        SetDefault(table, name, Expression("1", constant=True)),
        SetNotNull(table, name),
        AddConstraint(table, check),
        AddConstraint(table, Unique(name, using_index=name)),
        ValidateConstraint(table, name),
        DropConstraint(table, name),
        RenameObject(ObjectKind.CONSTRAINT, Name(name), name, table),
        RenameObject(ObjectKind.INDEX, table, name),
        RenameTable(table, name),
        SetSchema(ObjectKind.TABLE, table, name),
        CreateSchema(name, owner=f"x{name}"[:60]),
        CreateIndex(
            name,
            table,
            (IndexElement(name), IndexElement(None, check.expression)),
            include=(name,),
            where=check.expression,
        ),
        DropIndex(table, concurrently=True),
        AttachIndex(table, table),
        AttachPartition(table, table, "DEFAULT"),
        SetInheritance(table, table, inherit=True),
        SetReplicaIdentity(table, "USING INDEX", name),
        DropTable(table, cascade=True),
        DropObject(ObjectKind.VIEW, table),
        DropObject(ObjectKind.TRIGGER, Name(name), table=table),
        CreateEnum(table, (text, f"{text}2")),
        AddEnumValue(table, text, neighbour=f"{text}2", after=False),
        RenameEnumValue(table, text, f"{text}2"),
        CreateDomain(
            table, Type("text"), checks=(Check(name, Expression("value <> ''", ("value",))),)
        ),
        CreateSequence(table, owned_by=(table, name)),
        CreateExtension(name, version=text),
        SetTriggerState(table, "DISABLE TRIGGER", name),
        SetOwner(ObjectKind.TABLE, table, f"x{name}"[:60]),
        Truncate((table, table)),
        LockTable((table,), "SHARE"),
        SetParameter("application_name", text),
        AnonymousBlock("plpgsql", text),
    ]


INDEXES = range(len(hostile("a", Name("b"), "c")))


@pytest.mark.parametrize("index", INDEXES)
@given(name=names, table=relations, text=names)
def test_hostile_names_stay_names(index: int, name: str, table: Name, text: str) -> None:
    operation = hostile(name, table, text)[index]
    assert read_statement(write(operation)) == (operation,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Unrecognized(Cause.SYNTAX, "no"),
        lambda: DataWork(Name("t"), "insert"),
        lambda: RebuildTable(Name("t"), ()),
        lambda: DropConstraint(Name("t"), None),
        lambda: AlterColumnType(Name("t"), "c", None),
        lambda: AddColumn(Name("t"), Column("c", None)),
        lambda: SetDefault(Name("t"), "c", Expression("", opaque=True)),
        lambda: AddColumn(Name("t"), Column("c", INTEGER), (Unique(None, ("c", "d")),)),
        lambda: DropObject(ObjectKind.TRIGGER, Name("t")),
    ],
)
def test_what_no_statement_says_is_refused(make: Callable[[], Operation]) -> None:
    with pytest.raises(UnwritableError):
        write(make())


def test_statements_end_with_semicolons() -> None:
    text = statements([DropTable(Name("a")), DropTable(Name("b"))])
    assert text == "DROP TABLE a;\nDROP TABLE b;\n"
