"""Runs the checks over deploys and histories; loads those that are asked."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module

from migsafe.config import Settings
from migsafe.context import Context, Deploy, Run, Silencing, Suppression
from migsafe.lint.asked import OPERATIONS, STRICT, WHOLES
from migsafe.model.findings import Finding
from migsafe.model.migration import Changes, Tree
from migsafe.model.origin import SectionName

Check = Callable[..., Iterable[Finding]]


@cache
def _asked_about(kind: str) -> tuple[tuple[str, Check], ...]:
    """Return the checks that are asked about a kind of operation, with the ids of their rules."""
    rules = OPERATIONS.get(kind, ())
    return tuple((rule_id, _check(rule_id, "operation")) for rule_id in rules)


@cache
def _asked_of(whole: str) -> tuple[tuple[str, Check], ...]:
    return tuple((rule_id, _check(rule_id, whole)) for rule_id in WHOLES[whole])


def _check(rule_id: str, subject: str) -> Check:
    module = import_module(f"migsafe.checks.{rule_id.replace('-', '_')}")
    check: Check = getattr(module, f"check_{subject}")
    return check


def rule_ids() -> frozenset[str]:
    """Return the ids of the rules that have a check."""
    named = (*OPERATIONS.values(), *WHOLES.values())
    return frozenset(rule_id for rules in named for rule_id in rules)


def check_deploy(deploy: Deploy, settings: Settings, silencing: Silencing) -> Iterator[Finding]:
    """Yield what the checks say of a deploy, its operations, and its migrations.

    `silencing` knows the comments: what is said once for many places heeds them.
    """
    silent = _silent(settings)
    for applied in (*deploy.up, *deploy.down):
        at = settings.at(applied.section.path)
        # How things are made well is a question about the way up.
        quiet = silent if applied.section.name is SectionName.UP else STRICT
        for rule_id, function in _asked_about(type(applied.operation).__name__):
            if rule_id in quiet:
                continue
            yield from function(applied.operation, Context(rule_id, at, deploy, applied))
    for migration in deploy.migrations:
        at = settings.at(migration.path)
        for rule_id, function in _asked_of("migration"):
            yield from function(migration, Context(rule_id, at, deploy, None, silencing))
    for rule_id, function in _asked_of_deploy(deploy):
        yield from function(deploy, Context(rule_id, settings, deploy, None, silencing))


def _asked_of_deploy(deploy: Deploy) -> Iterator[tuple[str, Check]]:
    yield from _asked_of("deploy")
    if deploy.waiting:
        yield from _asked_of("plan")
    if deploy.code is not None:
        yield from _asked_of("code")


def _silent(settings: Settings) -> frozenset[str]:
    """Return the rules of the strict profile that these settings do not ask for."""
    if settings.profile == "strict":
        return frozenset()
    return STRICT - settings.severities.keys()


def check_history(tree: Tree, settings: Settings) -> Iterator[Finding]:
    """Yield what the checks say of the order of a tree."""
    for rule_id, function in _asked_of("history"):
        yield from function(tree, Context(rule_id, settings))


def check_changes(changes: Changes, settings: Settings, silencing: Silencing) -> Iterator[Finding]:
    """Yield what the checks say of what a change does to released migrations."""
    for rule_id, function in _asked_of("changes"):
        yield from function(changes, Context(rule_id, settings, silencing=silencing))


def check_run(run: Run, settings: Settings, silencing: Silencing) -> Iterator[Finding]:
    """Yield what the checks say of everything that was judged together, heeding comments."""
    for rule_id, function in _asked_of("run"):
        yield from function(run, Context(rule_id, settings, silencing=silencing))


def check_suppressions(
    suppressions: tuple[Suppression, ...], settings: Settings
) -> Iterator[Finding]:
    """Yield what the checks say of the comments that silence rules."""
    for rule_id, function in _asked_of("suppressions"):
        yield from function(suppressions, Context(rule_id, settings))
