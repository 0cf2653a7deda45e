"""A record behaves as a frozen dataclass with slots does."""

from dataclasses import FrozenInstanceError, field

import pytest

from migsafe.model.record import is_record, names, record, replace


@record(kw_only=True)
class Base:
    origin: int | None = field(default=None, compare=False, repr=False)


@record
class Point(Base):
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list, compare=False)


@record(order=True)
class Version:
    major: int
    minor: int = 0


@record
class Empty:
    """No fields."""


def test_equality_and_hash_look_at_compared_fields_only() -> None:
    assert Point(1, origin=1) == Point(1, 0, ["a"], origin=2)
    assert hash(Point(1, origin=1)) == hash(Point(1, origin=2))
    assert Point(1) != Point(2)


def test_records_of_two_classes_are_never_equal() -> None:
    version: object = Version(1, 0)
    assert version != Point(1, 0)
    assert Empty() == Empty()


def test_a_record_cannot_be_changed_nor_extended() -> None:
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2  # type: ignore[misc]  # what is tested
    with pytest.raises(FrozenInstanceError):
        del Point(1).x
    assert not hasattr(Point(1), "__dict__")


def test_replace_keeps_the_other_fields() -> None:
    changed = replace(Point(1, 2, origin=7), y=3)
    assert (changed, changed.origin) == (Point(1, 3), 7)


def test_default_factories_are_called_for_each_record() -> None:
    assert Point(1).tags is not Point(1).tags


def test_keyword_fields_are_refused_by_position() -> None:
    with pytest.raises(TypeError):
        Point(1, 2, [], 3)  # type: ignore[call-arg]  # what is tested


def test_patterns_match_by_position_and_name() -> None:
    match Point(1, 2):
        case Point(x, y=2):
            assert x == 1
        case _:
            pytest.fail("did not match")


def test_order_is_that_of_the_fields() -> None:
    first, second, third = Version(1), Version(1, 5), Version(2)
    assert sorted([third, second, first]) == [first, second, third]
    with pytest.raises(TypeError):
        assert Point(1) < Point(2)  # type: ignore[operator]  # what is tested


def test_repr_shows_what_is_shown() -> None:
    assert repr(Point(1, origin=3)) == "Point(x=1, y=0, tags=[])"


def test_names_say_what_a_record_holds() -> None:
    assert names(Point(1)) == ("origin", "x", "y", "tags")
    assert names(Point(1), compared=True) == ("x", "y")
    assert is_record(Point(1))
    assert not is_record(Point)
