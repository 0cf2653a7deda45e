"""What the code of a whole change starts and stops to name."""

from collections.abc import Mapping

import pytest

from migsafe.codebase import uses
from migsafe.codebase.change import began_to_write, is_unnamed, started, stopped
from migsafe.codebase.touched import How, Touched, touched
from migsafe.model.code import CodeChange, Use
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql

MODEL = 'class User(Base):\n    __tablename__ = "users"\n    id = Column(Integer)\n'
FAX = f"{MODEL}    fax = Column(String)\n"
READ = "def show(user):\n    return user.fax\n"


def thing(sql: str) -> Touched:
    (statement,) = read_sql(sql, Placement("a.sql", SectionName.UP)).statements
    (found,) = touched(statement.operations[0])
    return found


DROP = thing("ALTER TABLE users DROP COLUMN fax")


def change(before: Mapping[str, str], after: Mapping[str, str]) -> CodeChange:
    old = tuple(uses(path, text) for path, text in before.items())
    new = tuple(uses(path, text) for path, text in after.items())
    return CodeChange(old, new, {"fax": new, "users": new}, {"fax": old, "users": old})


def place(use: Use | None) -> str | None:
    return None if use is None else f"{use.place.path}:{use.place.line} {use.basis}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"m.py": FAX}, {"m.py": MODEL}, "m.py:4 exact"),
        ({"m.py": FAX}, {"m.py": FAX}, None),
        ({"m.py": FAX}, {"n.py": FAX}, None),
        ({"m.py": FAX}, {}, "m.py:4 exact"),
        ({"m.py": FAX.replace("users", "firms")}, {}, None),
        ({"m.py": FAX}, {"m.py": MODEL, "v.py": READ}, "m.py:4 exact"),
        ({"v.py": READ}, {}, "v.py:2 likely"),
        ({"v.py": READ.replace("user", "row")}, {}, None),
        ({"v.py": READ.replace("fax", "fax_number")}, {}, None),
    ],
)
def test_code_that_stops_to_name_a_column(
    before: Mapping[str, str], after: Mapping[str, str], expected: str | None
) -> None:
    assert place(stopped(change(before, after), DROP)) == expected
    assert place(started(change(after, before), DROP)) == expected


def test_a_long_word_is_a_mention_in_a_file_that_does_not_speak_of_its_table() -> None:
    read = {"v.py": "def show(row):\n    return row.fax_number\n"}
    drop = thing("ALTER TABLE users DROP COLUMN fax_number")
    assert place(stopped(change(read, {}), drop)) == "v.py:2 mention"


def test_code_that_read_a_column_begins_to_write_it() -> None:
    restrict = thing("ALTER TABLE users ALTER COLUMN fax SET NOT NULL")
    before = {"m.py": FAX, "v.py": READ}
    after = {"m.py": FAX, "v.py": f"{READ}\n\ndef put(user):\n    user.fax = 3\n"}
    assert started(change(before, after), restrict) is None
    assert place(began_to_write(change(before, after), restrict)) == "v.py:6 likely"
    assert began_to_write(change(after, after), restrict) is None
    assert began_to_write(change(before, before), restrict) is None


@pytest.mark.parametrize("index", ["fax", "lower(fax)", "(lower(fax) || fax), fax"])
def test_a_unique_index_restricts_the_columns_of_its_expressions(index: str) -> None:
    restrict = thing(f"CREATE UNIQUE INDEX ON users ({index})")
    assert (restrict.how, restrict.name) == (How.RESTRICTED, "fax")


@pytest.mark.parametrize(
    ("before", "after", "unnamed"),
    [
        ({"m.py": MODEL}, {"m.py": MODEL}, "True"),
        ({"m.py": FAX}, {"m.py": MODEL}, "False"),
        ({"m.py": MODEL}, {"m.py": FAX}, "False"),
        ({"m.py": MODEL, "v.py": "print(row.fax)"}, {"m.py": MODEL}, "False"),
        ({"v.py": "x = 1"}, {"v.py": "x = 1"}, "False"),
        ({"v.py": "def broken(:"}, {"m.py": MODEL}, "False"),
        ({"m.py": MODEL}, {"m.py": MODEL, "v.py": "def broken(:"}, "False"),
    ],
)
def test_a_name_that_no_code_says(
    before: Mapping[str, str], after: Mapping[str, str], unnamed: str
) -> None:
    assert str(is_unnamed(change(before, after), DROP)) == unnamed


def test_a_name_that_nobody_looked_for_is_not_unnamed() -> None:
    assert not is_unnamed(CodeChange(), DROP)


def test_files_that_cannot_be_read_are_kept_with_their_reason() -> None:
    (unread,) = change({"v.py": "def broken(:"}, {"v.py": "x = 1"}).unread
    assert unread.path == "v.py"
    assert unread.unread
