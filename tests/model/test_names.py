"""Names: one object for the same words."""

from migsafe.model.expressions import Name, Type
from migsafe.model.record import replace


def test_the_same_words_are_one_name_however_it_is_made() -> None:
    name = Name("users", "app")
    assert name is Name(schema="app", name="users")
    assert name is Name("orders", "app").beside("users")
    assert name is replace(Name("users"), schema="app")
    assert {Name("users"): 1}[Name("users")] == 1


def test_other_words_are_another_name() -> None:
    assert Name("users") != Name("users", "public")
    assert len({Name("a"), Name("a", "b"), Name("b")}) == 3


def test_names_stand_in_the_order_of_their_words() -> None:
    assert sorted([Name("b"), Name("a"), Name("c")]) == [Name("a"), Name("b"), Name("c")]


def test_a_precision_stands_where_the_server_wants_it() -> None:
    assert str(Type("timestamp without time zone", ("3",))) == "timestamp(3) without time zone"
    assert str(Type("time with time zone", ("0",), array=True)) == "time(0) with time zone[]"
    assert str(Type("character varying", ("9",))) == "character varying(9)"
