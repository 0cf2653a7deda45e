"""Sizes in words, and the limits under which a table is small."""

import pytest

from migsafe.catalog.schema import TableSize
from migsafe.catalog.sizes import Limit, in_words, limit_of

MB = 1024**2


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (TableSize(12_345_678, int(3.4 * 1024 * MB)), "about 12 million rows, 3.4 GB"),
        (TableSize(1_250_000, 150 * MB), "about 1.2 million rows, 150 MB"),
        (TableSize(999_949, 40 * MB), "about 1,000,000 rows, 40 MB"),
        (TableSize(12_345, 2 * MB), "about 12,000 rows, 2 MB"),
        (TableSize(850, 8192), "about 850 rows, 8 kB"),
        (TableSize(1, 100), "about 1 row, 100 B"),
        (TableSize(0, 0), "about 0 rows, 0 B"),
        (TableSize(None, 8192), "8 kB"),
    ],
)
def test_a_size_is_said_in_two_digits(size: TableSize, words: str) -> None:
    assert in_words(size) == words


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("rows < 10000", Limit(rows=10_000)),
        (" rows<1_000 ", Limit(rows=1_000)),
        ("size < 10 MB", Limit(bytes=10 * MB)),
        ("size < 0.5GB", Limit(bytes=512 * MB)),
        ("rows", None),
        ("rows < 10 MB", None),
        ("rows > 10", None),
        ("rows <= 10", None),
        ("size < 10", None),
        ("size < 10 mb", None),
        ("columns < 3", None),
    ],
)
def test_a_limit_has_one_spelling(text: str, limit: Limit | None) -> None:
    assert limit_of(text) == limit


@pytest.mark.parametrize(
    ("limit", "size", "covered"),
    [
        (Limit(rows=10), TableSize(9, 10 * MB), True),
        (Limit(rows=10), TableSize(10, 0), False),
        (Limit(rows=10), TableSize(None, 0), False),
        (Limit(bytes=MB), TableSize(None, MB - 1), True),
        (Limit(bytes=MB), TableSize(0, MB), False),
    ],
)
def test_a_table_that_nobody_counted_is_not_small(
    limit: Limit, size: TableSize, *, covered: bool
) -> None:
    assert limit.covers(size) is covered
