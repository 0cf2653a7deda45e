"""What is said of old code is what servers were asked about: fixtures/measured keeps it."""

import pytest

from migsafe.compatibility import compatibility_of
from migsafe_dev.agreeing.kept import Kept
from migsafe_dev.agreeing.oldcode import known
from migsafe_dev.agreeing.oldcode_cases import CASES
from migsafe_dev.measure import oldcode_digest, outcomes, undo_digest


@pytest.mark.parametrize("version", [15, 16, 18])
def test_what_is_said_is_what_was_measured(version: int) -> None:
    kept = Kept("oldcode").on(version)
    stale = []
    for case in CASES:
        if version in case.versions:
            operation, catalog = known(case)
            said = compatibility_of(operation, catalog, dialect="postgres", version=version)
            facts = kept.get(oldcode_digest(case), {})
            if (facts.get("said"), facts.get("undo")) != (outcomes(said), undo_digest(said.undo)):
                stale.append(f"{case.statement} {case.setup}".rstrip())
    assert stale == [], f"run: python -m migsafe_dev measure --server {version} oldcode"
