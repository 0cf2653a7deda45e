"""The matrix of type changes, for what a server cannot show in one statement."""

import pytest

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres.retyping import change_of_column
from migsafe.effects.postgres.types import Values, Work, conversion
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import AlterColumnType
from migsafe.parsers.sql import read_expression, read_type

NONE, INDEX_REBUILD, REWRITE = Work.NONE, Work.INDEX_REBUILD, Work.REWRITE
REFUSED, UNKNOWN = Work.REFUSED, Work.UNKNOWN


@pytest.mark.parametrize(
    ("old", "new", "work", "values"),
    [
        ("varchar(20)", "varchar(40)", NONE, Values.KEPT),
        ("varchar(20)", "text", NONE, Values.KEPT),
        ("text", "varchar", NONE, Values.KEPT),
        ("varchar(40)", "varchar(20)", REWRITE, Values.MAY_FAIL),
        ("char(20)", "text", REWRITE, Values.KEPT),
        ("numeric(8,2)", "numeric(10,2)", NONE, Values.KEPT),
        ("numeric(8,2)", "numeric", NONE, Values.KEPT),
        ("numeric(10,2)", "numeric(10,4)", REWRITE, Values.MAY_FAIL),
        ("numeric(10,2)", "numeric(12,4)", REWRITE, Values.KEPT),
        ("numeric(10,4)", "numeric(10,2)", REWRITE, Values.MAY_CHANGE),
        ("integer", "bigint", REWRITE, Values.KEPT),
        ("bigint", "integer", REWRITE, Values.MAY_FAIL),
        ("serial", "bigint", REWRITE, Values.KEPT),
        ("timestamp(3)", "timestamp(6)", NONE, Values.KEPT),
        ("timestamp", "timestamp(3)", REWRITE, Values.MAY_CHANGE),
        ("timestamp", "timestamptz", UNKNOWN, Values.MAY_CHANGE),
        ("interval(3)", "interval", NONE, Values.KEPT),
        ("varbit(10)", "varbit(20)", NONE, Values.KEPT),
        ("cidr", "inet", NONE, Values.KEPT),
        ("text", "citext", INDEX_REBUILD, Values.KEPT),
        ("integer", "oid", INDEX_REBUILD, Values.KEPT),
        ("json", "jsonb", REWRITE, Values.MAY_CHANGE),
        ("text", "integer", REFUSED, Values.KEPT),
        ("point", "polygon", REFUSED, Values.KEPT),
        ("point", "box", REWRITE, Values.KEPT),
        ("bit(8)", "varbit", INDEX_REBUILD, Values.KEPT),
        ("bit(8)", "bit(16)", REWRITE, Values.MAY_FAIL),
        ("varchar(20)[]", "varchar[]", NONE, Values.KEPT),
        ("varchar(20)[]", "text[]", REWRITE, Values.KEPT),
        ("interval(3)", "interval day to second", NONE, Values.KEPT),
        ("interval", "interval day to hour", REWRITE, Values.MAY_CHANGE),
        ("money", "integer", REFUSED, Values.KEPT),
        ("geometry", "text", UNKNOWN, Values.UNKNOWN),
    ],
)
def test_a_pair_of_types_is_judged(old: str, new: str, work: Work, values: Values) -> None:
    change = conversion(read_type(old), read_type(new))
    assert (change.work, change.values) == (work, values)


@pytest.mark.parametrize(
    ("using", "work", "values"),
    [
        ("c", NONE, Values.KEPT),
        ("c::varchar(40)", NONE, Values.KEPT),
        ("CAST(c AS character varying(40))", NONE, Values.KEPT),
        ('"c"', NONE, Values.KEPT),
        ("c::text", REWRITE, Values.MAY_FAIL),
        ("c::text::varchar(20)", REWRITE, Values.MAY_CHANGE),
        ("other", REWRITE, Values.UNKNOWN),
        ("lower(c)", REWRITE, Values.UNKNOWN),
        ("c || ''", REWRITE, Values.UNKNOWN),
    ],
)
def test_only_the_bare_column_or_its_cast_counts_as_no_using(
    using: str, work: Work, values: Values
) -> None:
    change = conversion(
        read_type("varchar(20)"), read_type("varchar(40)"), read_expression(using), "c"
    )
    assert (change.work, change.values) == (work, values)


def test_a_cast_that_shortens_cuts_without_an_error() -> None:
    using = read_expression("c::varchar(5)")
    change = conversion(read_type("text"), read_type("varchar(5)"), using, "c")
    assert change.values is Values.MAY_CHANGE


def test_an_opaque_using_is_a_rewrite_of_unknown_values() -> None:
    using = Expression("", opaque=True)
    assert conversion(Type("text"), Type("text"), using, "c").values is Values.UNKNOWN


def test_what_the_old_type_was_is_asked_for_where_history_does_not_say() -> None:
    operation = AlterColumnType(Name("t"), "c", Type("text"))
    change = change_of_column(operation, Catalog.empty())
    assert change.work is UNKNOWN
    assert "now" in change.reason
