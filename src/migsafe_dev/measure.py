"""`python -m migsafe_dev measure --server V [SUBJECT …]`: writes fixtures/measured.

Subjects are `effects` (what each case of fixtures/effects does), `generated` (the same of the
first cases of a seed, on the newest version), `oldcode` (what the old
statements of the compatibility cases meet, and whether undos are such) and `traced` (what
`migsafe trace` says of each case of fixtures/effects). What the tools say offline, of mutants
and of hazards, rests on these files.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator

import psycopg

from migsafe.compatibility import compatibility_of
from migsafe.model.compatibility import Compatibility, Outcome, Undo
from migsafe.writing.sql import statements
from migsafe_dev.agreeing import oldcode, tracing
from migsafe_dev.agreeing.cases import NEWEST, Case, chosen, generated
from migsafe_dev.agreeing.kept import Json, Kept, digest, observed_as_json
from migsafe_dev.agreeing.memory import Memory
from migsafe_dev.agreeing.observing import server
from migsafe_dev.agreeing.oldcode_cases import CASES, SETUP
from migsafe_dev.agreeing.oldcode_cases import Case as OldCase
from migsafe_dev.agreement import observe, predict

Found = Iterator[tuple[str, str, Json]]

SLICE = (1, 1000)
"""The seed of the generated cases whose measurements are kept, and how many are."""


def main(arguments: list[str]) -> int:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(prog="migsafe_dev measure")
    parser.add_argument("--server", type=int, required=True)
    parser.add_argument("subject", nargs="*", metavar="SUBJECT")
    given = parser.parse_args(arguments)
    for subject in given.subject or _SUBJECTS:
        if subject not in _SUBJECTS:
            parser.error(f"{subject} is none of {', '.join(_SUBJECTS)}")
        found = list(_SUBJECTS[subject](given.server))
        Kept(subject).put(given.server, found)
        print(f"{subject}: {len(found)} cases on PostgreSQL {given.server}")
    return 0


def _effects(version: int) -> Found:
    return _observed((case for case in chosen() if version in case.versions), version)


def _generated(version: int) -> Found:
    return _observed(generated(*SLICE, version) if version == NEWEST else (), version)


def _observed(cases: Iterable[Case], version: int) -> Found:
    for prediction, seen in observe(predict(cases, version), version, Memory(version)):
        case = prediction.case
        if isinstance(seen, str):
            print(f"setup refused: {case}: {seen}")
        else:
            facts = observed_as_json(seen, prediction.query)
            yield str(case), digest(case.setup, case.statement), facts


def _oldcode(version: int) -> Found:
    with server(version) as running:
        with psycopg.connect(running.dsn, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {oldcode.ROLE}".encode())
        for case in CASES:
            if version not in case.versions:
                continue
            met = oldcode.met(running.dsn, case)
            operation, catalog = oldcode.known(case)
            said = compatibility_of(operation, catalog, dialect="postgres", version=version)
            facts: Json = {
                "met": {
                    str(kind): str(met[kind])
                    for kind in sorted(met)
                    if met[kind] is not Outcome.WORKS
                }
            }
            wrong = oldcode.disagreements(said, met)
            if wrong:
                print(f"said and met differ: {case.statement}: {wrong}")
            facts["said"] = outcomes(said)
            if said.undo is not None and oldcode.is_taken_back(running.dsn, case, said.undo):
                facts["undo"] = undo_digest(said.undo)
            yield case.statement, oldcode_digest(case), facts


def _traced(version: int) -> Found:
    kept = Kept("traced").on(version)
    with tracing.place(version) as place:
        for case in chosen():
            if version not in case.versions:
                continue
            of = digest(case.setup, case.statement)
            if of in kept:
                # Tracing takes seconds; the same statement on the same rows does the same.
                known = {"on", "case", "of"}
                yield str(case), of, {k: v for k, v in kept[of].items() if k not in known}
            else:
                yield str(case), of, tracing.as_json(tracing.traced(place, case, version))


def oldcode_digest(case: OldCase) -> str:
    """Return what a case of old code is known by."""
    also = (sql for _, sql in case.also)
    return digest(SETUP, case.setup + case.rights, case.statement, case.table, *also)


def outcomes(said: Compatibility) -> dict[str, str]:
    """Return what becomes of old statements, those that work as before left out."""
    works = Outcome.WORKS
    return {str(kind): str(said.old[kind]) for kind in sorted(said.old) if said.old[kind] != works}


def undo_digest(undo: Undo | None) -> str | None:
    """Return what an undo is known by, None for none."""
    return None if undo is None else digest(statements(undo.operations), undo.possible_sql or "")


_SUBJECTS: dict[str, Callable[[int], Found]] = {
    "effects": _effects,
    "generated": _generated,
    "oldcode": _oldcode,
    "traced": _traced,
}
