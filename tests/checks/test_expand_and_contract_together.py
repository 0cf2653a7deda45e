import pytest

from linting import lint_sql

RULE = "expand-and-contract-together"
ADD = "ALTER TABLE users ADD COLUMN mail text;"
DROP = "ALTER TABLE users DROP COLUMN email;"
SYNC = """
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.mail := NEW.email; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION sync();
"""


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("UPDATE users SET mail = lower(email) WHERE mail IS NULL;", (RULE, "high")),
        ("DO $$ BEGIN UPDATE users SET mail = email; END $$;", (RULE, "high")),
        (
            "DO $$ BEGIN EXECUTE 'UPDATE users SET mail = email' || now(); END $$;",
            (RULE, "low"),
        ),
        (SYNC, (RULE, "low")),
        ("UPDATE users SET mail = 'x' WHERE id = 1;", ("drop-column", "high")),
        ("UPDATE users SET email = 'x' WHERE id = 1;", ("drop-column", "high")),
        ("", ("drop-column", "high")),
    ],
)
def test_the_drop_is_judged_by_whether_its_values_were_moved(
    between: str, expected: tuple[str, str]
) -> None:
    report = lint_sql(
        ADD + between + DROP, schema="CREATE TABLE users (id bigint PRIMARY KEY, email text);"
    )
    found = [
        (each.rule, str(each.confidence))
        for each in report.findings
        if each.rule in {RULE, "drop-column"}
    ]
    assert found == [expected]
