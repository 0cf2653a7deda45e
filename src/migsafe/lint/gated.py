"""Files of a plan: what the gate decides about instead of lint."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.context import Waiting
from migsafe.model.errors import InputError
from migsafe.model.findings import FileError, Finding, Hazard
from migsafe.model.migration import Changes, Migration
from migsafe.model.origin import SectionName
from migsafe.model.plan import Deploy, DeployKind, Direction, Plan
from migsafe.model.record import record, replace
from migsafe.sources.files import Files

_TO_OLD_CODE = frozenset({Hazard.BREAKS_OLD_CODE, Hazard.CHANGES_RESULTS})
_LOSSES = frozenset({Hazard.LOSES_DATA, Hazard.IRREVERSIBLE})
_BACKFILL_IN_ONE = frozenset({"whole-table-update"})
"""A plan's backfill runs in batches; the file is what a database that lags behind runs."""
_SAID_BY_THE_PLAN = frozenset(
    {
        "missing-downgrade", "lossy-downgrade", "downgrade-fails-on-data",
        "downgrade-not-inverse",
    }
)  # fmt: skip
"""A plan says itself what takes each deploy back, when that fails, and where nothing does."""
_AGAINST_THE_PLAN = frozenset({"contract-before-expand", "schema-and-code-together"})
"""What is wrong with when a deploy ships, not with what it does."""


@record
class Known:
    """What is known of plans.

    `matches` are the plan and the number of the deploy that a file is, by its path, with the
    directory of the plan.
    """

    matches: Mapping[str, tuple[str, Plan, int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    errors: tuple[FileError, ...] = ()


def without_released(changes: Changes, settings: Settings) -> Changes:
    """Return what a change does, without the migrations whose plans were released."""
    if not (changes.gone or changes.edited) or not os.path.isdir(settings.plans):
        return changes
    plans, _ = _plans(settings, ())
    gone = tuple(each for each in changes.gone if _source_of(each, plans.values()) is None)
    # The first file of a plan takes the number of the migration that it was made from.
    edited = tuple(
        each
        for each in changes.edited
        if each.before.path == each.now.path or _source_of(each.before, plans.values()) is None
    )
    return replace(changes, gone=gone, edited=edited)


def recognise(ships: Iterable[Ship], settings: Settings) -> Known:
    """Return which judged migrations are files of a plan: a file is known by what it does."""
    ships = tuple(ships)
    beside = _beside(ships)
    if not beside and not os.path.isdir(settings.plans):
        return Known()
    # Most projects have no plans: what reads and matches them is loaded where there are some.
    from migsafe.sources.plans.matching import Almost, Match, matcher  # noqa: PLC0415

    plans, errors = _plans(settings, beside)
    matched = matcher(plans.values())
    matches: dict[str, tuple[str, Plan, int]] = {}
    remarks: list[str] = []
    for migration in (migration for ship in ships for migration in ship.migrations):
        match matched(migration):
            case Match() as found:
                place = next(at for at, plan in plans.items() if plan is found.plan)
                whose = place, found.plan, found.deploy
                matches.update(dict.fromkeys(_paths(migration), whose))
            case _ if source_of := _source_of(migration, plans.values()):
                remarks.append(
                    f"{migration.path} is what plan {source_of.id} was made from: its first "
                    "release takes it away"
                )
            case Almost() as near:
                remarks.append(
                    f"{migration.path} is not deploy {near.deploy} of plan {near.plan.id}: "
                    f"{near.difference}"
                )
            case None:
                pass
    return Known(matches, tuple(remarks), errors)


def waiting(
    ship: Ship, known: Known, is_done: Callable[[str, str, int], bool]
) -> Iterator[Waiting]:
    """Yield the files of plans in a deploy whose predecessors are not through.

    What lies in the plan directory waits there, as it should.

    Args:
        ship: The deploy.
        known: What is known of plans.
        is_done: Whether a deploy, of a plan in a directory, is recorded as done.
    """
    for migration in ship.migrations:
        found = known.matches.get(migration.path)
        if found is None or os.path.isfile(
            os.path.join(os.path.dirname(migration.path), "plan.json")
        ):
            continue
        place, plan, number = found
        for first, earlier in enumerate(plan.deploys[: number - 1], start=1):
            if not is_done(place, plan.id, first):
                yield Waiting(migration, plan.id, number, first, earlier.title)
                break


def sort(findings: Iterable[Finding], known: Known) -> tuple[tuple[Finding, ...], ...]:
    """Return findings apart: those that stay, and those that a plan accounts for.

    What a plan's own file does to versions of the code that the plan has retired by then, and
    the loss that its deploy declares, is decided by the gate.
    """
    stays: list[Finding] = []
    gated: list[Finding] = []
    for finding in findings:
        match = known.matches.get(finding.place.path)
        if match is not None and _accounts_for(match[1], match[2], finding):
            gated.append(replace(finding, gated_by=match[1].id))
        else:
            stays.append(finding)
    return tuple(stays), tuple(gated)


def _beside(ships: Iterable[Ship]) -> tuple[str, ...]:
    """Return the plan directories that judged files lie in, wherever those are."""
    places = {os.path.dirname(each.path) for ship in ships for each in ship.migrations}
    return tuple(
        sorted(place for place in places if os.path.isfile(os.path.join(place, "plan.json")))
    )


def _plans(
    settings: Settings, beside: Iterable[str]
) -> tuple[dict[str, Plan], tuple[FileError, ...]]:
    """Return the plans by their directories."""
    from migsafe.sources.plans.tree import find, plan_in  # noqa: PLC0415  as above

    plans: dict[str, Plan] = {}
    errors: list[FileError] = []
    files = Files()
    found = (*find(settings.plans, files), *(each for each in beside if find(each or ".", files)))
    for directory in dict.fromkeys(os.path.normpath(each) for each in found):
        try:
            plans[directory] = plan_in(directory)
        except InputError as error:
            errors.append(FileError(error.path, error.message, error.help, error.line))
    return plans, tuple(errors)


def _source_of(migration: Migration, plans: Iterable[Plan]) -> Plan | None:
    """Return the plan that was made from a migration."""
    return next(
        (
            plan
            for plan in plans
            if any(
                source.revision == migration.id and source.path == migration.path
                for source in plan.sources
            )
        ),
        None,
    )


def _paths(migration: Migration) -> tuple[str, ...]:
    return tuple(section.path for section in migration.sections)


def _accounts_for(plan: Plan, number: int, finding: Finding) -> bool:
    if finding.rule in _SAID_BY_THE_PLAN:
        return True
    if finding.rule in _AGAINST_THE_PLAN:
        return False
    if finding.section is not SectionName.UP:
        return False
    deploy = plan.deploys[number - 1]
    if deploy.kind is DeployKind.BACKFILL and finding.rule in _BACKFILL_IN_ONE:
        return True
    declared: frozenset[Hazard] = frozenset()
    if retired_before(plan, number) or _keeps_all(plan, number):
        declared |= _TO_OLD_CODE
    if deploy.point_of_no_return:
        declared |= _LOSSES
    if _says_when_it_cannot_go_back(deploy):
        declared |= {Hazard.IRREVERSIBLE}
    return declared.issuperset(finding.hazards)


def _says_when_it_cannot_go_back(deploy: Deploy) -> bool:
    removals = [step for step in deploy.steps if step.direction is Direction.REMOVE]
    return bool(removals) and all(step.rollback_possible_sql is not None for step in removals)


def _keeps_all(plan: Plan, number: int) -> bool:
    """Say whether every version that works until a deploy works after it as well."""
    before = plan.deploys[number - 2].works_with if number > 1 else (0,)
    return set(before) <= set(plan.deploys[number - 1].works_with)


def retired_before(plan: Plan, number: int) -> tuple[str, ...]:
    """Return the code versions that must be out of service before a deploy starts.

    Those are the ones that do not work with it, where a code deploy before it has brought a
    newer version: what was never replaced cannot have been retired.
    """
    newest = max(
        (
            max(deploy.works_with, default=0)
            for deploy in plan.deploys[: number - 1]
            if deploy.kind is DeployKind.CODE
        ),
        default=0,
    )
    works = plan.deploys[number - 1].works_with
    return tuple(
        version.id
        for at, version in enumerate(plan.code_versions)
        if at < newest and at not in works
    )
