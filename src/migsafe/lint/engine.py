"""Finds the checks and runs them over deploys and histories."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType, UnionType
from typing import get_args

from migsafe import checks
from migsafe.config import Settings
from migsafe.context import Context, Deploy, Run, Suppression
from migsafe.model.findings import Finding
from migsafe.model.migration import Tree
from migsafe.model.operations import Operation
from migsafe.model.origin import SectionName
from migsafe.model.record import record

OperationCheck = Callable[[Operation, Context], Iterable[Finding]]
_KINDS = ("migration", "deploy", "history", "run", "suppressions")


@record
class Checks:
    """The check functions by what they look at, each with the id of its rule.

    `by_operation` is keyed by the operation's class: a check is asked only about the
    kinds that its first parameter is annotated with. `strict` are the rules whose module says
    `PROFILE = "strict"`: they are asked only where that profile or a severity turns them on.
    """

    by_operation: dict[type, tuple[tuple[str, OperationCheck], ...]]
    others: dict[str, tuple[tuple[str, Callable[..., Iterable[Finding]]], ...]]
    strict: frozenset[str]


@cache
def registry() -> Checks:
    """Return every check of the `checks` folder; nothing else lists them."""
    by_operation: dict[type, list[tuple[str, OperationCheck]]] = {}
    others: dict[str, list[tuple[str, Callable[..., Iterable[Finding]]]]] = {
        kind: [] for kind in _KINDS
    }
    strict: set[str] = set()
    for name in sorted(module.name for module in pkgutil.iter_modules(checks.__path__)):
        module = import_module(f"{checks.__name__}.{name}")
        rule_id = name.replace("_", "-")
        if getattr(module, "PROFILE", None) == "strict":
            strict.add(rule_id)
        for kind in _KINDS:
            if function := getattr(module, f"check_{kind}", None):
                others[kind].append((rule_id, function))
        if hasattr(module, "check_operation"):
            for operation_class in _subjects(module):
                by_operation.setdefault(operation_class, []).append(
                    (rule_id, module.check_operation)
                )
    return Checks(
        {subject: tuple(found) for subject, found in by_operation.items()},
        {kind: tuple(found) for kind, found in others.items()},
        frozenset(strict),
    )


def _subjects(module: ModuleType) -> tuple[type, ...]:
    annotation = module.check_operation.__annotations__["operation"]
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)


def rule_ids() -> frozenset[str]:
    """Return the ids of the rules that have a check."""
    found = registry()
    named = (pairs for group in (found.by_operation, found.others) for pairs in group.values())
    return frozenset(rule_id for pairs in named for rule_id, _ in pairs)


def check_deploy(deploy: Deploy, settings: Settings) -> Iterator[Finding]:
    """Yield what the checks say of a deploy, its operations, and its migrations."""
    found = registry()
    silent = _silent(found.strict, settings)
    for applied in (*deploy.up, *deploy.down):
        at = settings.at(applied.section.path)
        # How things are made well is a question about the way up.
        quiet = silent if applied.section.name is SectionName.UP else found.strict
        for rule_id, function in found.by_operation.get(type(applied.operation), ()):
            if rule_id in quiet:
                continue
            yield from function(applied.operation, Context(rule_id, at, deploy, applied))
    for migration in deploy.migrations:
        at = settings.at(migration.path)
        for rule_id, function in found.others["migration"]:
            yield from function(migration, Context(rule_id, at, deploy))
    for rule_id, function in found.others["deploy"]:
        yield from function(deploy, Context(rule_id, settings, deploy))


def _silent(strict: frozenset[str], settings: Settings) -> frozenset[str]:
    """Return the rules of the strict profile that these settings do not ask for."""
    if settings.profile == "strict":
        return frozenset()
    return strict - settings.severities.keys()


def check_history(tree: Tree, settings: Settings) -> Iterator[Finding]:
    """Yield what the checks say of the order of a tree."""
    for rule_id, function in registry().others["history"]:
        yield from function(tree, Context(rule_id, settings))


def check_run(run: Run, settings: Settings) -> Iterator[Finding]:
    """Yield what the checks say of everything that was judged together."""
    for rule_id, function in registry().others["run"]:
        yield from function(run, Context(rule_id, settings))


def check_suppressions(
    suppressions: tuple[Suppression, ...], settings: Settings
) -> Iterator[Finding]:
    """Yield what the checks say of the comments that silence rules."""
    for rule_id, function in registry().others["suppressions"]:
        yield from function(suppressions, Context(rule_id, settings))
