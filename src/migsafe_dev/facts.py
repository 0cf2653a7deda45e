"""`python -m migsafe_dev facts [KIND …]`: operation kinds and the cases that confirm them.

Without a kind it prints one line a kind: how many cases of fixtures/effects confirm it for each
version of PostgreSQL, and the first of them. With kinds it names every case. What no case
confirms is listed last: statements of that kind count as not understood.
"""

import argparse
from collections.abc import Iterator

from migsafe_dev.agreeing.confirming import VERSIONS, confirming, kinds, unconfirmed


def main(arguments: list[str]) -> int:
    """Print the cases that confirm the facts."""
    parser = argparse.ArgumentParser(prog="migsafe_dev facts")
    parser.add_argument("kind", nargs="*", metavar="KIND")
    given = parser.parse_args(arguments)
    for kind in given.kind:
        if kind not in kinds():
            parser.error(f"{kind} is no kind of operation: {', '.join(kinds())}")
    print("\n".join(_named(given.kind) if given.kind else _table()))
    return 0


def _table() -> Iterator[str]:
    yield f"{'kind':22}{''.join(f'{version:>5}' for version in VERSIONS)}  for instance"
    for kind, cases in confirming().items():
        if cases:
            counts = (sum(version in held for _, held in cases) for version in VERSIONS)
            yield f"{kind:22}{''.join(f'{count:>5}' for count in counts)}  {cases[0][0]}"
    yield f"without a case, and so not understood: {', '.join(unconfirmed())}"


def _named(asked: list[str]) -> Iterator[str]:
    for kind in asked:
        yield kind
        for case, versions in confirming()[kind]:
            yield f"    {case} ({versions[0]} to {versions[-1]})"
