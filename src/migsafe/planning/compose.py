"""Intents -> plan: the recipes' deploys, merged into as few as are safe."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from migsafe import __version__
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.comparing import difference, digest
from migsafe.compatibility import compatibility_of
from migsafe.config import Settings
from migsafe.context import Applied
from migsafe.context import Deploy as Ship
from migsafe.effects import effects_of
from migsafe.model.compatibility import Compatibility, OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.errors import Exit, MigsafeError, RefusedError, UsageError
from migsafe.model.expressions import Expression
from migsafe.model.intents import AsIs, NoRecipe
from migsafe.model.operations import (
    CreateView,
    DropColumn,
    DropTable,
    Insert,
    Operation,
    RenameColumn,
    RenameTable,
    Update,
)
from migsafe.model.plan import (
    CodeVersion,
    Condition,
    Deploy,
    DeployKind,
    Direction,
    Phase,
    Plan,
    Source,
    Step,
)
from migsafe.model.record import record, replace
from migsafe.parsers.errors import ParseError
from migsafe.parsers.sql import read_expression
from migsafe.planning.intents import Planned, intents_of
from migsafe.recipes import blocks
from migsafe.recipes.situation import Situation
from migsafe.render import argument
from migsafe.writing.sql import write

FILL = "fill."
"""The options `fill.TABLE.COLUMN` hold the value of rows that are there, as SQL."""
_SHOWN = 72
_TITLED = 2
_USING_INDEX = re.compile(r", using_index='[^']*'")
"""How a constraint came by its index says nothing about what it is."""

_RECORD = re.compile(r" \w+State\(")


class NothingToPlanError(MigsafeError):
    """The migration is safe as it is: that is no fault."""

    exit = Exit.OK


class _Rank(IntEnum):
    """What is taken first where several intents are ready.

    Expands can never hurt. Whatever can be done before code changes is done before, so that
    the plan needs few versions of the code. What removes something is last, and what removes
    it for good is last of all.
    """

    EXPAND = 0
    BACKFILL = 1
    MIGRATE = 2
    CODE = 3
    CONTRACT = 4
    POINT_OF_NO_RETURN = 5


def plan(
    deploy: Ship,
    settings: Settings,
    *,
    plan_id: str,
    sources: tuple[Source, ...] = (),
    options: Mapping[str, str] | None = None,
) -> Plan:
    """Return the plan for what ships together.

    Args:
        deploy: The migrations, folded on the schema before them.
        settings: Dialect, version, and which tables are small.
        plan_id: The plan's id.
        sources: The migrations as the plan records them.
        options: What the plan was asked for; see `FILL`.

    Raises:
        NothingToPlanError: If the migrations are safe as they are.
        RefusedError: If a statement is not safe and no recipe is for it.
        UsageError: If an option cannot be read.
    """
    asked = dict(options or {})
    planned = intents_of(deploy, settings)
    _refuse(planned)
    if all(isinstance(each.intent, AsIs) for each in planned):
        count = len(deploy.migrations)
        raise NothingToPlanError(
            "nothing to plan: safe as it is"
            if count == 1
            else f"nothing to plan: these {count} migrations are safe as one deploy",
            help="Release it; lint says what it rests on."
            if count == 1
            else "Name only those that are not released: the others are history.",
        )
    situations = tuple(
        Situation(
            plan_id, ordinal, each.parts[0].before, deploy.after, settings.version, _fills(asked)
        )
        for ordinal, each in _numbered(planned)
    )
    tracks = tuple(
        _Track(tuple(_deploys(each, situation)), _data_at(each, deploy))
        for each, situation in zip(planned, situations, strict=True)
    )
    merged = _Merging(tracks, settings.rollback_horizon)
    deploys = merged.deploys()
    _reaches(deploys, deploy, settings)
    return Plan(
        id=plan_id,
        dialect=settings.dialect,
        tool_version=__version__,
        options=tuple(sorted(asked.items())),
        base_digest=digest(deploy.before),
        sources=sources,
        code_versions=merged.code_versions(),
        deploys=deploys,
        notes=tuple(dict.fromkeys(_notes(planned, situations, settings))),
    )


def _numbered(planned: tuple[Planned, ...]) -> Iterator[tuple[int, Planned]]:
    """Yield the intents with numbers for names: those that ship as they are need none."""
    number = 0
    for each in planned:
        number += each.recipe is not None
        yield max(number, 1), each


def _fills(options: Mapping[str, str]) -> dict[str, Expression]:
    fills: dict[str, Expression] = {}
    for name, value in options.items():
        if not name.startswith(FILL):
            continue
        try:
            fills[name.removeprefix(FILL)] = read_expression(value)
        except ParseError as error:
            raise UsageError(
                f"{value!r} for {name.removeprefix(FILL)} is not an SQL expression: {error}",
                help="Write it as it would stand after SET column =.",
            ) from None
    return fills


# --- what cannot be planned -------------------------------------------------------------


def _refuse(planned: tuple[Planned, ...]) -> None:
    """Raise where a statement is unsafe and no recipe is for it: it is named, never hidden."""
    without = [each for each in planned if isinstance(each.intent, NoRecipe)]
    if not without:
        return
    first = without[0]
    applied = first.parts[0]
    why = first.intent.why if isinstance(first.intent, NoRecipe) else ""
    if isinstance(first.intent, NoRecipe):
        applied = next(
            (part for part in first.parts if part.operation is first.intent.operation), applied
        )
    others = len(without) - 1
    more = f" ({others} more cannot be planned)" if others else ""
    raise RefusedError(
        f"no plan for '{_shown(applied)}': {why}{more}",
        help="Put it into a migration of its own, or change it; the rest can be planned then."
        if len(planned) > len(without)
        else f"No recipe is for it yet: 'migsafe lint {argument(applied.section.path)}' says what "
        "must hold before it runs.",
        path=applied.section.path,
        line=applied.line,
    )


def _shown(applied: Applied) -> str:
    return _cut(applied.statement.sql.rstrip(";"))


def _cut(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _reaches(deploys: tuple[Deploy, ...], ship: Ship, settings: Settings) -> None:
    """Raise where the plan would fail on its way, or end in another schema than its migration.

    A migration may use what another of its statements makes under a name, or with a type, that
    the plan gives it later only.
    """
    catalog = ship.before
    for number, deploy in enumerate(deploys, start=1):
        for step in deploy.steps:
            for operation in step.up:
                fails = effects_of(
                    operation, catalog, dialect=settings.dialect, version=settings.version
                ).fails
                if isinstance(fails, Certain):
                    raise _apart(
                        ship,
                        f"in deploy {number} '{write(operation)}' would fail: {fails.reason}",
                    )
                _leaves_no_routine_behind(operation, catalog, ship)
                catalog = catalog.apply(operation)
    lines = difference(catalog, ship.after)
    have = [_USING_INDEX.sub("", line[2:]) for line in lines if line[0] == "-"]
    want = [_USING_INDEX.sub("", line[2:]) for line in lines if line[0] == "+"]
    for line in (*want, *have):
        if line not in have or line not in want:
            what = _RECORD.split(line, maxsplit=1)[0]
            raise _apart(ship, f"it would end with another {what}")


def _leaves_no_routine_behind(operation: Operation, catalog: Catalog, ship: Ship) -> None:
    """Raise where a routine that stays names what the operation drops or renames."""
    column: str | None = None
    match operation:
        case DropColumn(table=table) | RenameColumn(table=table):
            column = operation.column
        case DropTable(table=table) | RenameTable(table=table):
            pass
        case _:
            return
    for routine in catalog.routines_naming(table, column):
        if ship.after.runs_body_of(routine):
            what = table if column is None else f"{table}.{column}"
            raise RefusedError(
                f"no plan while the routine {routine.name} names {what}: it would fail when it is "
                "called",
                help=f"Replace the body of {routine.name} in a migration before this one.",
                path=ship.migrations[0].path,
            )


def _apart(ship: Ship, why: str) -> RefusedError:
    return RefusedError(
        f"no plan for these statements together: {why}",
        help="Split the migration: what renames something or changes its type goes first.",
        path=ship.migrations[0].path,
    )


# --- deploys of one intent --------------------------------------------------------------


def _deploys(planned: Planned, situation: Situation) -> Iterator[Deploy]:
    if planned.recipe is not None:
        yield from planned.recipe.module.recipe(planned.intent, situation)
        return
    undos = [applied.compatibility.undo for applied in reversed(planned.parts)]
    possible = [undo.possible_sql for undo in undos if undo is not None and undo.possible_sql]
    transactional = not (isinstance(planned.intent, AsIs) and not planned.intent.transactional)
    operations = tuple(replace(applied.operation, origin=None) for applied in planned.parts)
    step = Step(
        operations,
        tuple(back for undo in undos if undo is not None for back in undo.operations),
        Direction.ADD,
        "nobody is harmed by it as it was written",
        transactional=transactional,
        lock_timeout_ms=blocks.LOCK_TIMEOUT_MS if transactional else None,
        statement_timeout_ms=blocks.STATEMENT_TIMEOUT_MS if transactional else None,
        rollback_possible_sql=" UNION ALL ".join(f"({sql})" for sql in possible) or None,
    )
    title = "; ".join(_cut(write(operation)) for operation in operations[:_TITLED])
    more = len(operations) - _TITLED
    yield blocks.schema(
        Phase.EXPAND, title if more <= 0 else f"{title}; {more} more as written", (step,)
    )


def _notes(
    planned: tuple[Planned, ...], situations: tuple[Situation, ...], settings: Settings
) -> Iterator[str]:
    for each, situation in zip(planned, situations, strict=True):
        if each.recipe is not None:
            notes = getattr(each.recipe.module, "notes", None)
            if notes is not None:
                yield from notes(each.intent, situation)
            continue
        for applied in each.parts:
            changed = _changed(_met(applied, situation, settings))
            if changed:
                yield f"{_shown(applied)}: running code's {changed} may meet what it never met."
            undo = applied.compatibility.undo
            if undo is None:
                yield f"{_shown(applied)}: the plan has no way to take it back."
            elif undo.lost is not None:
                yield f"{_shown(applied)}: taking it back does not bring back {undo.lost}."


def _data_at(planned: Planned, ship: Ship) -> int:
    """Return the place of the first statement of an intent that writes rows; else of its last."""
    places = {id(applied): at for at, applied in enumerate(ship.up)}
    own = [(places[id(part)], part) for part in planned.parts]
    writes = [at for at, part in own if isinstance(part.operation, Insert | Update)]
    return min(writes, default=max(at for at, _ in own))


def _met(applied: Applied, situation: Situation, settings: Settings) -> Compatibility:
    """Return what running code meets: of a view that is made again, that it is replaced."""
    match applied.operation:
        case CreateView(view=name) as view if situation.before.view(name) is not None:
            return compatibility_of(
                replace(view, replace=True),
                situation.before,
                dialect=settings.dialect,
                version=settings.version,
            )
        case _:
            return applied.compatibility


def _changed(met: Compatibility) -> str:
    return ", ".join(str(kind) for kind in OldStatement if met.outcome(kind) is Outcome.CHANGES)


# --- merging ----------------------------------------------------------------------------


@record
class _Track:
    """The deploys of one intent, in their order; `data_at` is where it first writes rows."""

    deploys: tuple[Deploy, ...]
    data_at: int

    @property
    def works_before(self) -> tuple[int, ...]:
        """The intent's code versions that run before its first deploy."""
        first = self.deploys[0]
        return first.works_with if first.kind is DeployKind.CODE else (0,)


@dataclass
class _Emitted:
    """A deploy of the plan, with what each intent's schema works with after it."""

    members: tuple[tuple[int, Deploy], ...]
    works: tuple[tuple[int, ...], ...]


@dataclass
class _Merging:
    """Takes deploys from the tracks, those that may ship together as one."""

    tracks: tuple[_Track, ...]
    horizon: int
    versions: list[tuple[int, ...]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    emitted: list[_Emitted] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = [0] * len(self.tracks)
        works = [track.works_before for track in self.tracks]
        self.versions.append((0,) * len(self.tracks))
        while heads := [
            (number, track.deploys[at[number]])
            for number, track in enumerate(self.tracks)
            if at[number] < len(track.deploys)
        ]:
            rank = min(_rank(deploy) for _, deploy in heads)
            members = [head for head in heads if _rank(head[1]) == rank]
            if rank is _Rank.BACKFILL:
                # Rows may be made from rows that an earlier statement has written.
                members = [min(members, key=lambda head: self.tracks[head[0]].data_at)]
            for number, deploy in members:
                at[number] += 1
                works[number] = deploy.works_with
            if rank is _Rank.CODE:
                moved = {number for number, _ in members}
                self.versions.append(
                    tuple(
                        version + (number in moved)
                        for number, version in enumerate(self.versions[-1])
                    )
                )
                self.titles.append("; ".join(deploy.title for _, deploy in members))
            self.emitted.append(_Emitted(tuple(members), tuple(works)))

    def code_versions(self) -> tuple[CodeVersion, ...]:
        """Return the versions of the application that the plan needs."""
        return (
            CodeVersion("C0", "runs today"),
            *(
                CodeVersion(f"C{number}", title)
                for number, title in enumerate(self.titles, start=1)
            ),
        )

    def deploys(self) -> tuple[Deploy, ...]:
        """Return the plan's deploys, in the plan's code versions."""
        return tuple(self._merged(emitted) for emitted in self.emitted)

    def _merged(self, emitted: _Emitted) -> Deploy:
        parts = [deploy for _, deploy in emitted.members]
        first = parts[0]
        soaks = [deploy.min_soak for deploy in parts if deploy.min_soak is not None]
        fails = [deploy.if_it_fails for deploy in parts if deploy.if_it_fails]
        return replace(
            first,
            title="; ".join(dict.fromkeys(deploy.title for deploy in parts)),
            steps=tuple(step for deploy in parts for step in deploy.steps),
            code=tuple(dict.fromkeys(change for deploy in parts for change in deploy.code)),
            flags=tuple(dict.fromkeys(flag for deploy in parts for flag in deploy.flags)),
            gate=tuple(self._gate(emitted)),
            works_with=tuple(
                version
                for version, locals_ in enumerate(self.versions)
                if all(own in works for own, works in zip(locals_, emitted.works, strict=True))
            ),
            min_soak=max(soaks, key=_hours, default=None),
            if_it_fails=" ".join(dict.fromkeys(fails)) or None,
        )

    def _gate(self, emitted: _Emitted) -> Iterator[Condition]:
        """Yield the conditions of all parts, each once; of fleets the strictest."""
        others: dict[Condition, None] = {}
        oldest: dict[int, Condition] = {}
        for number, deploy in emitted.members:
            for condition in deploy.gate:
                if condition.oldest_code is None:
                    others.setdefault(condition)
                else:
                    version = self._plan_version(number, condition.oldest_code)
                    oldest[version] = condition
        if oldest:
            version = max(oldest)
            condition = blocks.within(oldest[version], self.horizon)
            yield replace(
                condition, evidence=f"{condition.evidence} C{version}", oldest_code=version
            )
        yield from others

    def _plan_version(self, number: int, local: int) -> int:
        return next(
            version for version, locals_ in enumerate(self.versions) if locals_[number] >= local
        )


def _rank(deploy: Deploy) -> _Rank:
    if deploy.point_of_no_return:
        return _Rank.POINT_OF_NO_RETURN
    match deploy.kind, deploy.phase:
        case DeployKind.CODE, _:
            return _Rank.CODE
        case DeployKind.BACKFILL, _:
            return _Rank.BACKFILL
        case DeployKind.SCHEMA, Phase.EXPAND:
            return _Rank.EXPAND
        case DeployKind.SCHEMA, Phase.MIGRATE:
            return _Rank.MIGRATE
        case DeployKind.SCHEMA, Phase.CONTRACT:
            return _Rank.CONTRACT
    raise TypeError(f"{deploy.kind} {deploy.phase}")


def _hours(soak: str) -> int:
    """Return the hours of one of the soaks that recipes use: `PT24H`, `P7D`."""
    return int(soak[1:-1]) * 24 if soak.endswith("D") else int(soak[2:-1])
