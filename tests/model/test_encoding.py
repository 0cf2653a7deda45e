"""Rows hold what records hold, and nothing that the records' annotations do not name."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import linting
import rulepages
from migsafe import rulebook
from migsafe.model.encoding import MalformedError, decode, encode
from migsafe.model.expressions import Name
from migsafe.model.migration import Migration
from migsafe.model.operations import Column, Operation, Sourced
from migsafe.model.record import is_record, names
from migsafe.sources import Request, load
from migsafe_dev.agreeing.cases import chosen
from migsafe_dev.pages.examples import examples

FIXTURES = Path(__file__).parents[2] / "fixtures"


@cache
def _migrations() -> tuple[Migration, ...]:
    """Return what is read of the examples of all rule pages, of the fixtures and the cases."""
    pages = (rulepages.load_example(each) for rule in rulebook.ids() for each in examples(rule))
    trees = (load(Request((str(path),))) for path in FIXTURES.iterdir())
    read = (
        migration
        for loaded in (*pages, *trees)
        for selection in loaded.selections
        for migration in selection.tree.migrations
    )
    cases = (linting.migration(f"{each.setup};\n{each.statement}") for each in chosen())
    return (*read, *cases)


def _records(value: object) -> Iterator[object]:
    """Yield a record and those in it."""
    if is_record(value):
        yield value
        for name in names(value):
            yield from _records(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _records(each)


def _row(migration: Migration) -> list[object]:
    row: list[object] = json.loads(json.dumps(encode(migration, Migration)))
    return row


def test_what_is_read_back_is_what_was_written_origins_too() -> None:
    kinds = set()
    for migration in _migrations():
        back = decode(_row(migration), Migration)
        assert back == migration
        # Equality does not look at origins, and they are not shown.
        for one, other in zip(_records(back), _records(migration), strict=True):
            kinds.add(type(one))
            assert type(one) is type(other)
            if isinstance(one, Sourced) and isinstance(other, Sourced):
                assert one.origin == other.origin
    operations = {kind for kind in kinds if issubclass(kind, Sourced)}
    assert len(operations) > 80, "the examples hold nearly every kind of operation"


def test_names_are_the_same_objects_again() -> None:
    assert decode(encode(Name("users", "app"), Name), Name) is Name("users", "app")


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        {},
        "id",
        ["id"],
        [1, None],
        ["id", "text"],
        ["id", None, 1],
        ["id", None, True, None, None, None, "plain", None, 1],
        ["id", ["text", "8"]],
        ["id", ["text", [8]]],
        ["id", None, True, ["1", ["a"], [], True, False, None]],
        ["id", None, True, ["1", ["a"], [], 1]],
    ],
)
def test_a_row_of_another_shape_is_refused(row: object) -> None:
    with pytest.raises(MalformedError):
        decode(row, Column)


@pytest.mark.parametrize("tag", [-1, 10_000, True, None, "DropTable", 1.0, [], {}])
def test_a_row_names_no_other_class_than_those_of_its_union(tag: object) -> None:
    with pytest.raises(MalformedError):
        decode([[None, tag]], tuple[Operation, ...])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


@given(st.data())
def test_a_row_with_something_else_in_it_is_refused_or_is_another_record(
    data: st.DataObject,
) -> None:
    migration = data.draw(st.sampled_from(_migrations()))
    here = row = _row(migration)
    while True:
        at = data.draw(st.integers(0, len(here) - 1))
        inner = here[at]
        if not isinstance(inner, list) or not inner or data.draw(st.booleans()):
            break
        here = inner
    here[at] = data.draw(_JSON)
    try:
        back = decode(row, Migration)
    except MalformedError:
        return
    # What is taken is a migration through and through: it can be written and read again.
    assert decode(_row(back), Migration) == back
