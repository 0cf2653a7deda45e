"""What the tools are compared on: the project's own fixtures, each under the same assumptions.

A subject is a text of SQL as it would be sent: a case of fixtures/effects (its statement, which
migsafe judges on the schema of its setup), a block of a rule page, a file of fixtures/sql and
fixtures/plans, the migration of a recipe. Alembic revisions are left out: squawk reads SQL.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from migsafe import rulebook
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.comparing import difference
from migsafe.config import Settings
from migsafe.context import Applied, Context, Deploy
from migsafe.lint import Options, deploys_of, lint
from migsafe.model.effects import Certain, TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.migration import Section, Selection
from migsafe.model.operations import Begin
from migsafe.model.origin import SectionName
from migsafe.model.record import names
from migsafe.parsers.split import PieceKind, split
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources import Request, load
from migsafe_dev import grammar
from migsafe_dev.agreeing import tracing
from migsafe_dev.agreeing.cases import Case, chosen
from migsafe_dev.pages import examples
from migsafe_dev.peering.program import Asked

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
TODAY = date(2026, 1, 1)
REFUSED = "refused"
MADE_HERE = "made here"
NO_CHANGE = "no change"
_TREES = ("folders", "golang", "numbered", "rename", "seed")


@dataclass(frozen=True)
class Stated:
    """A statement, where it starts, what migsafe says of it, and why it may say nothing.

    `case` is the case of fixtures/effects that it is, whose effect a server has shown.
    """

    sql: str
    line: int
    column: int
    said: frozenset[str]
    because: str = ""
    case: Case | None = None


@dataclass(frozen=True)
class Subject:
    """A text that both tools judge."""

    place: str
    asked: Asked
    statements: tuple[Stated, ...]


@cache
def subjects() -> tuple[Subject, ...]:
    """Return everything that is compared."""
    return (*_cases(), *_pages(), *_trees(), *_recipes(), *_grammar())


def _cases() -> Iterator[Subject]:
    options: dict[str, Options] = {}
    for case in chosen():
        if case.revision:
            continue
        if case.setup not in options:
            options[case.setup] = tracing.options(case)
        yield from _judged(
            f"fixtures/effects, {case}",
            tracing.selection(case),
            options[case.setup],
            version=max(case.versions),
            case=case,
        )


def _pages() -> Iterator[Subject]:
    for rule_id in rulebook.ids():
        for example in examples.examples(rule_id):
            if example.language != "sql":
                continue
            given = examples.pragmas(example)
            loaded = load(
                Request(
                    paths=("-",),
                    stdin_text=examples.split(example)[1],
                    stdin_filename="0002_example.sql",
                    transaction=given.get("transaction", "file"),
                )
            )
            base = Options(today=TODAY, base=_catalog(examples.schema_of(example)))
            version = int(given.get("server-version", Settings().version))
            for selection in loaded.selections:
                yield from _judged(f"rules/{rule_id}.md", selection, base, version=version)


def _trees() -> Iterator[Subject]:
    plans = sorted(path.parent for path in FIXTURES.glob("plans/*/plan.json"))
    for folder in (*(FIXTURES / "sql" / name for name in _TREES), *plans):
        loaded = load(Request(paths=(str(folder),)))
        for selection in loaded.selections:
            yield from _judged("", selection, Options(today=TODAY))


def _recipes() -> Iterator[Subject]:
    for path in sorted((FIXTURES / "recipes").glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        if "migration" in content:
            loaded = load(
                Request(
                    paths=("-",),
                    stdin_text=content["migration"],
                    stdin_filename="0002_recipe.sql",
                    transaction="file",
                )
            )
            base = Options(today=TODAY, base=_catalog(_schema_of(content)))
            for selection in loaded.selections:
                yield from _judged(f"fixtures/recipes/{path.name}", selection, base)


def _schema_of(recipe: dict[str, str]) -> str:
    return recipe.get("schema") or (FIXTURES / recipe["schema_file"]).read_text("utf-8")


def _grammar() -> Iterator[Subject]:
    """Yield the statements of the grammar's corpus, each alone on a schema that nobody knows."""
    for path in sorted(grammar.CORPUS.glob("*.sql")):
        text = path.read_text("utf-8")
        for piece in split(text).pieces:
            if piece.kind is PieceKind.STATEMENT:
                loaded = load(
                    Request(
                        paths=("-",),
                        stdin_text=f"{text[piece.start : piece.end]};\n",
                        stdin_filename="statement.sql",
                        transaction="none",
                    )
                )
                for selection in loaded.selections:
                    place = f"fixtures/sql/grammar/{path.name}"
                    yield from _judged(place, selection, Options(today=TODAY), version=18)


def _catalog(schema: str) -> Catalog:
    made = Catalog.empty()
    for statement in read_sql(schema, Placement("schema.sql", SectionName.UP)).statements:
        for operation in statement.operations:
            made = made.apply(operation, "0001")
    return made


def _judged(
    place: str,
    selection: Selection,
    options: Options,
    *,
    version: int | None = None,
    case: Case | None = None,
) -> Iterator[Subject]:
    """Yield each section of a selection with what migsafe says of its statements."""
    settings = Settings(server_version=version, profile="strict")
    report = lint((selection,), settings, options)
    said: dict[str, list[Finding]] = {}
    # What a plan's gate decides, or a comment silences, has been said.
    for finding in (*report.findings, *report.gated, *report.suppressed):
        said.setdefault(finding.place.path, []).append(finding)
    deploys = deploys_of(selection, settings, options)
    for deploy in deploys:
        for migration in deploy.migrations:
            for section in migration.sections:
                if not section.path.endswith(".sql"):
                    continue
                applied = [one for one in (*deploy.up, *deploy.down) if one.section is section]
                judge = _Judge(deploy, settings, applied)
                yield Subject(
                    place or str(Path(section.path).resolve().relative_to(ROOT)),
                    Asked(
                        section.text if case is None else f"{section.text};\n",
                        settings.version,
                        _is_in_transaction(applied),
                    ),
                    tuple(judge.stated(section, said.get(section.path, []), case)),
                )


def _is_in_transaction(applied: Iterable[Applied]) -> bool:
    """Say whether the runner has a transaction open; what the file begins itself squawk sees."""
    ran = tuple(applied)
    return any(one.transaction.is_open for one in ran) and not any(
        isinstance(one.operation, Begin) for one in ran
    )


class _Judge:
    """What migsafe knows of the statements of one section."""

    def __init__(self, deploy: Deploy, settings: Settings, applied: list[Applied]) -> None:
        self._deploy = deploy
        self._settings = settings
        self._applied = applied

    def stated(
        self, section: Section, findings: list[Finding], case: Case | None
    ) -> Iterator[Stated]:
        for statement in section.statements:
            place = section.place(statement.span)
            start = (place.line, place.column)
            said = {one.rule for one in findings if (one.place.line, one.place.column) == start}
            applied = [one for one in self._applied if one.statement is statement]
            yield Stated(statement.sql, *start, frozenset(said), self._because(applied), case)

    def _because(self, applied: list[Applied]) -> str:
        if any(_is_refused(one) for one in applied):
            return REFUSED
        if applied and all(self._is_made_here(one) for one in applied):
            return MADE_HERE
        if applied and all(not difference(one.before, one.after) for one in applied):
            return NO_CHANGE
        return ""

    def _is_made_here(self, applied: Applied) -> bool:
        """Say whether what an operation is about was made by its deploy."""
        operation = applied.operation
        context = Context("add-check", self._settings, self._deploy, applied)
        parts = {name: getattr(operation, name) for name in names(operation)}
        about = [part for part in parts.values() if isinstance(part, Name)][:1]
        column = parts.get("column")
        return any(
            not context.is_live(name)
            or (isinstance(column, str) and context.is_new_column(name, column))
            for name in about
        )


def _is_refused(applied: Applied) -> bool:
    needs = applied.effects.transaction
    inside = applied.transaction.is_open and needs is TransactionNeed.FORBIDDEN
    return inside or isinstance(applied.effects.fails, Certain)
