"""Tokens of SQL as it was written."""

import pytest

from migsafe.parsers.tokens import words_of


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1 -- from t\n+ 2", ["SELECT", "1", "+", "2"]),
        ("SELECT /* a /* b */ c */ 1", ["SELECT", "1"]),
        ("SELECT 1 /* from t", ["SELECT", "1"]),
        ("SELECT 1 /* a /* b */", ["SELECT", "1"]),
        ("SELECT '--', $a$/*$a$", ["SELECT", "'--'", ",", "$a$/*$a$"]),
    ],
)
def test_comments_are_no_words_and_one_that_is_never_closed_runs_to_the_end(
    sql: str, words: list[str]
) -> None:
    assert list(words_of(sql)) == words
