"""A pattern answers as the compiled expression does, and is not compiled before."""

import re

import pytest

from migsafe.model.pattern import pattern

_SOURCE = r"(?P<key>[a-z]+)=(\d+)"


@pytest.mark.parametrize("text", ["a=1", "A=22", " b=3, c=4", "", "no"])
@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_a_pattern_finds_what_the_compiled_expression_finds(text: str, flags: int) -> None:
    lazy, compiled = pattern(_SOURCE, flags), re.compile(_SOURCE, flags)
    for _ in ("first use", "later use"):
        assert [found.groups() for found in lazy.finditer(text)] == [
            found.groups() for found in compiled.finditer(text)
        ]
        for one, other in (
            (lazy.match(text), compiled.match(text)),
            (lazy.search(text), compiled.search(text)),
            (lazy.fullmatch(text), compiled.fullmatch(text)),
        ):
            assert (one and one.groupdict()) == (other and other.groupdict())
        assert lazy.sub("-", text) == compiled.sub("-", text)
        assert lazy.split(text) == compiled.split(text)
        assert lazy.findall(text) == compiled.findall(text)
    assert lazy.pattern == _SOURCE


def test_a_wrong_pattern_is_found_out_at_its_first_use() -> None:
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("")
