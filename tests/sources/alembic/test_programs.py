"""What migsafe holds to be known of a program is what the program does when it runs."""

import pytest

from sources.alembic.executing import differences, executed, read
from sources.alembic.programs import program

SEEDS = range(60)
MOST_UNKNOWN = 0.55
"""The share of the names that may be unknown; half of the conditions are by design."""


@pytest.fixture(scope="module")
def programs() -> dict[int, str]:
    """Programs that run to their end."""
    found = {}
    for seed in SEEDS:
        text = program(seed)
        try:
            executed(text)
        except Exception:  # noqa: BLE001 - a program may fail in any way; then it shows nothing
            continue
        found[seed] = text
    return found


def test_what_is_known_is_what_a_run_shows(programs: dict[int, str]) -> None:
    assert {seed: found for seed, text in programs.items() if (found := differences(text))} == {}


def test_enough_is_known(programs: dict[int, str]) -> None:
    dropped = known = 0
    for text in programs.values():
        lines = read(text).lines
        for number, names in executed(text).items():
            dropped += len(names)
            known += min(len(names), len(lines[number].certain) if number in lines else 0)
    assert len(programs) > len(SEEDS) / 2
    assert known > (1 - MOST_UNKNOWN) * dropped
