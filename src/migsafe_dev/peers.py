"""`python -m migsafe_dev peers`: hazard or not, as migsafe, squawk and a server say it.

Every case of fixtures/effects that PostgreSQL 18 runs is a migration of one statement on the
schema of its setup. The label is what the server did (fixtures/measured), and no rule of ours.
A statement is a hazard if

- *waits*: reads or writes of a table with rows wait while rows are read, copied or indexed;
- *breaks*: a statement of old code that worked before fails afterwards;
- *changes*: such a statement returns or stores something else, and the statement is no data
  statement, which is there to change what is read;
- *loses*: rows or values that were there cannot be had again.

Left out are statements that the server refuses whatever the rows are: nothing happens then.

A tool says "hazard" where it reports harm: migsafe a finding of severity warning or error, all
rules on and the timeouts the role's; squawk a rule that fixtures/peers/squawk.toml, with a line
of argument each, counts as a claim of harm. squawk sees the statement alone, for it reads no
schema; its configuration is the default one, for PostgreSQL 18.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from migsafe.lint import lint
from migsafe.model.findings import Severity
from migsafe.model.operations import Copy, DataWork, Delete, Insert, Merge, Select, Update
from migsafe_dev.agreeing import tracing
from migsafe_dev.agreeing.cases import NEWEST, Case, chosen
from migsafe_dev.agreeing.kept import Json, Kept, digest
from migsafe_dev.peering import program
from migsafe_dev.peering.program import Asked

_DATA = (Copy, DataWork, Delete, Insert, Merge, Select, Update)


@dataclass(frozen=True)
class Judged:
    """A case, what harm a server showed, and what a tool reports of it."""

    case: Case
    harm: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """TP, FP, FN or TN."""
        return ("T" if bool(self.harm) == bool(self.said) else "F") + ("P" if self.said else "N")


def main(arguments: list[str]) -> int:
    """Print what each tool finds of what a server shows."""
    parser = argparse.ArgumentParser(prog="migsafe_dev peers")
    parser.add_argument("--squawk", help="the program, if it is not on the path")
    given = parser.parse_args(arguments)
    try:
        squawk = program.find(given.squawk)
    except program.PeerError as error:
        parser.error(str(error))
    labels = dict(_labels())
    left_out = sum(NEWEST in case.versions for case in chosen()) - len(labels)
    harmful = sum(bool(harm) for harm in labels.values())
    print(
        f"{len(labels)} statements on PostgreSQL {NEWEST}, {harmful} of them hazards;"
        f" {left_out} are left out: refused for certain, or not measured"
    )
    ours = [Judged(case, harm, _migsafe(case)) for case, harm in labels.items()]
    said = _squawk(squawk, list(labels))
    theirs = [Judged(case, harm, said[case]) for case, harm in labels.items()]
    print(
        "\n".join(
            (*_figures("migsafe", ours), *_figures(f"squawk {program.rules().version}", theirs))
        )
    )
    for outcome in ("FP", "FN"):
        print(f"\nmigsafe {outcome}:")
        for one in ours:
            if one.outcome == outcome:
                why = ", ".join(one.said or one.harm)
                print(f"    {one.case}: {' '.join(one.case.statement.split())} [{why}]")
    return 0


def _labels() -> Iterator[tuple[Case, tuple[str, ...]]]:
    traced, effects = Kept("traced").on(NEWEST), Kept("effects").on(NEWEST)
    for case in chosen():
        of = digest(case.setup, case.statement)
        if NEWEST in case.versions and of in traced and of in effects:
            facts = traced[of]
            if not facts.get("refused") and not facts.get("unmeasured"):
                yield case, tuple(_harm(case, facts, effects[of]))


def _harm(case: Case, facts: Json, effects: Json) -> Iterator[str]:
    blocked, empty = facts.get("blocked", []), effects.get("empty", [])
    if isinstance(blocked, list) and isinstance(empty, list):
        filled = [name for name in blocked if name.replace(".", "\t") not in empty]
        if filled and facts.get("works"):
            yield "waits"
    if facts.get("breaks"):
        yield "breaks"
    if facts.get("changes") and not all(isinstance(one, _DATA) for one in case.operations):
        yield "changes"
    if facts.get("loses"):
        yield "loses"


def _migsafe(case: Case) -> tuple[str, ...]:
    report = lint((tracing.selection(case),), tracing.settings(NEWEST), tracing.options(case))
    worst = {Severity.WARNING, Severity.ERROR}
    return tuple(sorted({one.rule for one in report.findings if one.severity in worst}))


def _squawk(squawk: str, cases: list[Case]) -> dict[Case, tuple[str, ...]]:
    asked = {case: Asked(f"{case.statement};\n", NEWEST) for case in cases}
    found = program.run(squawk, asked.values())
    harm = program.rules().harm
    return {
        case: tuple(sorted({said.rule for said in found[one] if said.rule in harm}))
        for case, one in asked.items()
    }


def _figures(tool: str, judged: list[Judged]) -> Iterator[str]:
    count = {name: sum(one.outcome == name for one in judged) for name in ("TP", "FP", "FN", "TN")}
    precision = count["TP"] / max(count["TP"] + count["FP"], 1)
    recall = count["TP"] / max(count["TP"] + count["FN"], 1)
    counts = ", ".join(f"{name} {number}" for name, number in count.items())
    yield f"{tool}: {counts}; precision {100 * precision:.1f} %, recall {100 * recall:.1f} %"
    for harm in ("waits", "breaks", "changes", "loses"):
        having = [one for one in judged if harm in one.harm]
        seen = sum(bool(one.said) for one in having)
        yield f"    {harm}: {seen} of {len(having)} found"
