"""A shelf keeps what was put on it, and every earlier shelf stays as it was."""

from migsafe.catalog.shelf import Shelf

_MANY = 20_000
"""More than two rows of dictionaries hold."""


def test_a_change_leaves_the_earlier_shelves_alone() -> None:
    shelves: list[Shelf[int, str]] = [Shelf()]
    for key in range(_MANY):
        shelves.append(shelves[-1].put(key, f"{key}"))
    for count in (0, 1, 128, 129, _MANY):
        shelf = shelves[count]
        assert dict(shelf.items()) == {key: f"{key}" for key in range(count)}
        assert set(shelf) == set(range(count))
        assert shelf.get(count) is None
        assert count not in shelf


def test_an_entry_is_replaced_and_dropped() -> None:
    shelf: Shelf[int, str] = Shelf()
    for key in range(_MANY):
        shelf = shelf.put(key, "old")
    changed = shelf.put(7, "new").drop(8).drop(_MANY + 1)
    assert (changed.get(7), changed.get(8)) == ("new", None)
    assert (shelf.get(7), shelf.get(8)) == ("old", "old")
    assert len(list(changed.values())) == _MANY - 1
    assert changed.drop(8) is changed
