"""`python -m migsafe_dev squawk [--record] [--list WORDS]`: docs/squawk.md, made of a comparison.

Every SQL text of the project's fixtures is judged by migsafe and by squawk 2.70.0 under the same
assumptions. Differences are grouped, and each group must be explained in docs/squawk.md; its
tables are written here. The exit status is 1 where a group is not explained, or is explained and
not there. What squawk reported is kept (fixtures/peers/squawk.jsonl), so that it need not be
there; `--record` asks it again, which is needed where a fixture has changed. `--list` prints the
statements of the groups whose names hold some words, and writes nothing.
"""

import argparse
import sys
from dataclasses import replace

from migsafe_dev.peering import page, program, recorded
from migsafe_dev.peering.differences import Compared, compare
from migsafe_dev.peering.subjects import subjects


def main(arguments: list[str]) -> int:
    """Record, list or write, and say what is not explained."""
    parser = argparse.ArgumentParser(prog="migsafe_dev squawk")
    parser.add_argument("--record", action="store_true", help="ask squawk again")
    parser.add_argument("--squawk", help="the program, if it is not on the path")
    parser.add_argument("--list", metavar="WORDS", help="print the statements of some groups")
    given = parser.parse_args(arguments)
    if given.record:
        try:
            _record(given.squawk)
        except program.PeerError as error:
            print(error, file=sys.stderr)
            return 2
    try:
        compared = compare(subjects(), recorded.read())
    except recorded.NotRecordedError as error:
        print(error, file=sys.stderr)
        return 1
    if given.list is not None:
        _list(given.list, compared)
        return 0
    text = page.PAGE.read_text("utf-8")
    page.PAGE.write_text(page.written(text, compared), "utf-8", newline="")
    found = list(page.problems(text, compared))
    print("\n".join((*found, f"{page.PAGE.name}: {len(compared.groups)} groups of differences")))
    return int(bool(found))


def _record(given: str | None) -> None:
    squawk, opt_in = program.find(given), program.rules().opt_in
    asked = [replace(subject.asked, include=opt_in) for subject in subjects()]
    recorded.write(subjects(), program.run(squawk, asked))


def _list(words: str, compared: Compared) -> None:
    for group, found in sorted(compared.groups.items()):
        if words in str(group):
            print(f"{group} ({len(found)})")
            for one in found:
                sql = " ".join(one.statement.sql.split())
                print(f"    {one.subject.place}:{one.statement.line}: {sql}")
