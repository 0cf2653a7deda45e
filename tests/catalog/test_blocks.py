"""DO blocks are known by their whole text: whatever else they hold would run."""

import pytest

from migsafe.catalog.blocks import giving_rights, is_known, only_asks, rights_given

RIGHTS = giving_rights("'users'", "'o''brien'")
GUARD = (
    "\nBEGIN\n  IF (SELECT count(*) FROM t WHERE c IS NULL) > 0 THEN\n"
    "    RAISE EXCEPTION USING MESSAGE = 'not filled yet';\n  END IF;\nEND\n"
)


def test_the_blocks_of_plans_are_known() -> None:
    assert only_asks(GUARD)
    assert rights_given(RIGHTS)


@pytest.mark.parametrize("body", [RIGHTS, GUARD])
def test_spacing_does_not_count(body: str) -> None:
    assert is_known(body.replace("\n", "\r\n"))
    assert is_known(body.replace("  ", " "))


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (RIGHTS, "'GRANT %s ON", "'GRANT %s; DROP TABLE users; GRANT %s ON"),
        (RIGHTS, "to_regclass('users')", "to_regclass(evil())"),
        (RIGHTS, "  END LOOP", "    PERFORM evil();\n  END LOOP"),
        (RIGHTS, "'PUBLIC'", "evil()"),
        (GUARD, "  END IF;", "  END IF; DROP TABLE t;"),
        (GUARD, "FROM t", "FROM t; DELETE FROM t"),
        (GUARD, "'not filled yet'", "evil()"),
        (GUARD, "WHERE c IS NULL", "FOR UPDATE"),
    ],
)
def test_anything_more_makes_a_block_unknown(body: str, old: str, new: str) -> None:
    assert old in body
    assert not is_known(body.replace(old, new))
