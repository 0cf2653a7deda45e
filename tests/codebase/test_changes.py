"""What a file starts and stops to use between two versions."""

import pytest

from migsafe.codebase import Use, changes, uses

_MODEL = """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer)
"""
_EMAIL = f"{_MODEL}    email = Column(String)\n"


def _said(found: tuple[Use, ...]) -> list[str]:
    return [f"{use.table}.{use.name}{' writes' if use.writes else ''}" for use in found]


@pytest.mark.parametrize(
    ("before", "after", "started", "stopped"),
    [
        (_MODEL, _EMAIL, ["users.email"], []),
        (_EMAIL, _MODEL, [], ["users.email"]),
        (_EMAIL, _EMAIL + "\n\nprint(row.email)\n", [], []),
        (_EMAIL, _EMAIL + "\n\nUser(email=3)\n", ["users.email writes"], []),
        (
            _EMAIL + "\n\nUser(email=3)\n",
            _EMAIL + "\n\nUser(id=3, email=3)\n",
            ["users.id writes"],
            [],
        ),
        ("row.email = 3\n", "print(row.email)\n", [], ["None.email writes"]),
        ("row.email = 3\n", "row.email = row.email\n", [], []),
        ("print('email')\n", "print(row.email)\n", ["None.email"], []),
        ("print(row.email)\n", "print('email')\n", [], ["None.email"]),
        (None, "print(row.email)\n", ["None.email"], []),
        ("print(row.email)\n", None, [], ["None.email"]),
        (None, None, [], []),
    ],
)
def test_what_a_file_starts_and_stops_to_use(
    before: str | None, after: str | None, started: list[str], stopped: list[str]
) -> None:
    old, new = (None if text is None else uses("a.py", text) for text in (before, after))
    changed = changes(old, new)
    assert _said(changed.started) == started
    assert _said(changed.stopped) == stopped


def test_what_is_said_is_the_surest_place() -> None:
    text = "print(row.email)\n" + _EMAIL
    (email,) = (
        use
        for use in changes(None, uses("a.py", text)).started
        if use.table == "users" and use.name == "email"
    )
    assert (email.place.line, email.how) == (6, "mapped column")


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_version_that_cannot_be_read_is_not_compared(which: str) -> None:
    good, bad = uses("a.py", _EMAIL), uses("a.py", "def (:\n")
    changed = changes(bad, good) if which == "before" else changes(good, bad)
    assert (changed.started, changed.stopped) == ((), ())
    assert changed.unread == bad.unread == "not Python: invalid syntax (line 1)"
