"""Revisions that are written to break what reads them: one message, or what they do."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from migsafe.model.operations import DropTable, Operation, Unrecognized
from migsafe.sources import Request, load

HEAD = "from alembic import op\nrevision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n"
DROP = "    op.drop_table('t')\n"


def read(path: Path, text: str | bytes) -> tuple[list[str], list[Operation]]:
    """Return the messages about a revision, and what it does."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    loaded = load(Request((str(path),)))
    return [each.message for each in loaded.errors], [
        operation
        for selection in loaded.selections
        for migration in selection.tree.migrations
        for statement in migration.up.statements
        for operation in statement.operations
    ]


REFUSED = {
    "parentheses": (f"{HEAD}    x = {'(' * 10_000}1{')' * 10_000}\n{DROP}", "too many nested"),
    "lists": (f"{HEAD}    x = {'[' * 5_000}1{']' * 5_000}\n{DROP}", "too many nested"),
    "signs": (f"{HEAD}    x = {'-' * 50_000}1\n{DROP}", "nested"),
    "sums": (f"{HEAD}    x = {' + '.join(['1'] * 30_000)}\n{DROP}", "nested too deep"),
    "tabs": (f"{HEAD}\top.drop_table('t')\n    op.drop_table('u')\n", "unindent"),
    "Python 2": (f"{HEAD}    print 'x'\n", "Missing parentheses"),
    "no letters": (f"{HEAD}    op.drop_table('t')\x0b\n", "non-printable"),
    "NUL": (f"{HEAD}    x = '\0'\n{DROP}", "NUL byte"),
    "Latin-1": (f"# -*- coding: latin-1 -*-\n{HEAD}    x = 'ä'\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": (f"{HEAD}{DROP}".encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_file_that_is_no_python_gets_one_message(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    (message,), found = read(tmp_path / "a.py", text)
    assert said in message
    assert found == []


READ = {
    "a form feed": f"{HEAD}\x0c{DROP}",
    "another encoding is declared": f"# -*- coding: latin-1 -*-\n{HEAD}    x = 'ä'\n{DROP}",
    "no encoding is declared": f"# -*- coding: nonsense -*-\n{HEAD}{DROP}",
    "a mark of the byte order": f"\ufeff{HEAD}{DROP}",
    "carriage returns": f"{HEAD}{DROP}".replace("\n", "\r"),
    "five megabytes": f"{HEAD}{DROP}{'# x' * 30}\n" + "# migrations\n" * 380_000,
    "conditions in each other": (
        HEAD + "".join(f"    {' ' * at}if True:\n" for at in range(90)) + f"{' ' * 90}{DROP}"
    ),
    "functions in each other": f"{HEAD}    x = {'str(' * 90}1{')' * 90}\n{DROP}",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_file_that_is_python_is_read(tmp_path: Path, text: str) -> None:
    messages, found = read(tmp_path / "a.py", text)
    assert messages == []
    assert [type(each) for each in found] == [DropTable]


NOT_SENT = ["'\\ud800'", "'a\\0'", "chr(0xd800)", "'%c' % 0", "f'{chr(0)}'", "b'\\0'.decode()"]


@pytest.mark.parametrize("text", NOT_SENT)
@pytest.mark.parametrize("call", ["op.execute({})", "op.drop_table({})"])
def test_text_that_no_server_takes_is_said(tmp_path: Path, text: str, call: str) -> None:
    messages, found = read(tmp_path / "a.py", f"{HEAD}    {call.format(text)}\n")
    assert messages == []
    assert [type(each) for each in found] == [Unrecognized]


def test_header_that_no_file_can_name_is_not_known(tmp_path: Path) -> None:
    text = HEAD.replace("'a'", "'\\ud800'") + DROP
    assert read(tmp_path / "a.py", text)[0] == []


def lines(line: str) -> Callable[[int], str]:
    """Return what makes a revision with a line so many times, each with a number of its own."""
    return lambda times: HEAD + "".join(line.format(at) for at in range(times)) + DROP


GROWING = {
    "calls": lines("    op.get_bind()\n"),
    "lists": lines("    x{0} = [{0}]\n"),
    "functions": lines("    def f{0}(a=[]):\n        return a\n"),
    "conditions": lines("    if y:\n        x{0} = 1\n"),
    "attempts": lines("    try:\n        x()\n    except E:\n        pass\n"),
    "blocks": lines("    with y() as x:\n        pass\n"),
    "loops": lines("    for a in y():\n        b = a\n"),
    "sums": lambda times: f"{HEAD}    x = f'{'{y}' * times}'\n{DROP}",
    "elements": lambda times: f"{HEAD}    x = [{'1, ' * times}]\n{DROP}",
    "keys": lambda times: (
        f"{HEAD}    x = {{{', '.join(f'{at}: 1' for at in range(times))}}}\n{DROP}"
    ),
    "names of a module": lambda times: (
        HEAD + DROP + "".join(f"x{at + 1} = x{at}\nx{at + 1}.append(1)\n" for at in range(times))
    ),
}


@pytest.mark.parametrize("made", GROWING.values(), ids=GROWING)
def test_time_grows_with_the_file(tmp_path: Path, made: Callable[[int], str]) -> None:
    def seconds(times: int) -> float:
        text = made(times)
        taken = []
        for _ in range(3):
            started = time.process_time()
            messages, found = read(tmp_path / "a.py", text)
            taken.append(time.process_time() - started)
            assert messages == []
            assert found
        return min(taken)

    # Below a twentieth of a second other things decide.
    assert seconds(1_000) <= 2.5 * max(seconds(500), 0.05)
