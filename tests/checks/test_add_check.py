"""CHECK constraints: what a message can hold of them."""

from linting import lint_sql


def test_a_long_condition_is_cut_in_the_message() -> None:
    condition = " OR ".join(f"(kind = 'k{n}' AND a{n} IS NOT NULL)" for n in range(20))
    for sql in (
        f"ALTER TABLE t ADD CHECK ({condition})",
        f"ALTER TABLE t ADD c int CHECK ({condition})",
    ):
        [one] = [f for f in lint_sql(sql).findings if f.rule.endswith("-check")]
        assert "kind = 'k0'" in one.message
        assert "k9" not in one.message + one.help
