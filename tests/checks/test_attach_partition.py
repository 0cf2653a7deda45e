"""What the server reads to attach a partition."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence

RULE = "attach-partition"
PARENT = "CREATE TABLE p (id bigint, day date{null}) PARTITION BY RANGE (day);"
BOUND = "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
ATTACH = f"ALTER TABLE p ATTACH PARTITION c {BOUND}"
INSIDE = "day >= '2026-01-01' AND day < '2027-01-01'"
OUTSIDE = "day < '2026-01-01' OR day >= '2027-01-01'"


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("day date", "no valid CHECK proves the bound"),
        (f"day date, CHECK ({INSIDE})", "lets day be NULL"),
        (f"day date NOT NULL, CHECK ({INSIDE})", None),
        (f"day date, CHECK (day IS NOT NULL AND {INSIDE})", None),
        ("day date NOT NULL, CHECK (day >= '2026-01-01')", "no valid CHECK proves the bound"),
        (f"day date NOT NULL, n int, CHECK ({INSIDE.replace('day', 'n::text')})", "no valid CHECK"),
    ],
)
def test_a_check_that_says_the_bound_spares_the_scan(child: str, words: str | None) -> None:
    schema = f"{PARENT.format(null='')} CREATE TABLE c (id bigint, {child});"
    found = found_by(RULE, ATTACH, schema=schema)
    assert [words in each.message for each in found if words] == [True] * (words is not None)
    assert bool(found) is (words is not None)


def test_a_check_that_is_not_valid_proves_nothing() -> None:
    schema = f"""{PARENT.format(null="")} CREATE TABLE c (id bigint, day date NOT NULL);
    ALTER TABLE c ADD CONSTRAINT c_day CHECK ({INSIDE}) NOT VALID;"""
    [one] = found_by(RULE, ATTACH, schema=schema)
    assert "its CHECK c_day is NOT VALID" in one.message


@pytest.mark.parametrize(
    ("check", "reported"), [("", True), (f", CHECK ({OUTSIDE})", False), (", CHECK (id > 0)", True)]
)
def test_a_default_partition_is_read_unless_a_check_excludes_the_bound(
    check: str, *, reported: bool
) -> None:
    schema = f"""{PARENT.format(null="")} CREATE TABLE d (id bigint, day date{check});
    ALTER TABLE p ATTACH PARTITION d DEFAULT;"""
    found = found_by(RULE, f"CREATE TABLE c (id bigint, day date); {ATTACH}", schema=schema)
    assert ["no valid CHECK there excludes" in each.message for each in found] == [True] * reported


def test_a_default_partition_is_read_if_there_are_others_that_history_does_not_show() -> None:
    schema = f"{PARENT.format(null='')} CREATE TABLE c (id bigint, day date);"
    [one] = found_by(RULE, "ALTER TABLE p ATTACH PARTITION c DEFAULT", schema=schema)
    assert "if p has partitions that history does not show" in one.message
    assert one.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("check", "reported"),
    [("day >= '2025-06-01'", True), (f"{OUTSIDE} AND day < '2025-01-01'", False)],
)
def test_a_default_partition_has_to_keep_out_what_every_other_one_takes(
    check: str, *, reported: bool
) -> None:
    schema = f"""{PARENT.format(null=" NOT NULL")}
    CREATE TABLE a PARTITION OF p {BOUND};
    CREATE TABLE b PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE c (id bigint, day date NOT NULL, CHECK (({check})));"""
    found = found_by(RULE, "ALTER TABLE p ATTACH PARTITION c DEFAULT", schema=schema)
    assert bool(found) is reported


@pytest.mark.parametrize(
    ("key", "reported"),
    [
        ("", True),
        ("REFERENCES r ON DELETE CASCADE", True),
        ("REFERENCES r", False),
    ],
)
def test_the_rows_are_looked_up_for_a_foreign_key_that_only_the_parent_has(
    key: str, *, reported: bool
) -> None:
    schema = f"""CREATE TABLE r (id bigint PRIMARY KEY);
    CREATE TABLE p (id bigint REFERENCES r, day date NOT NULL) PARTITION BY RANGE (day);
    CREATE TABLE c (id bigint {key}, day date NOT NULL, CHECK ({INSIDE}));"""
    found = found_by(RULE, ATTACH, schema=schema)
    assert [["c", "r"]] * reported == [[str(n.name) for n in one.relations] for one in found]
