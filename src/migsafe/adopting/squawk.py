"""squawk's configuration, as settings of migsafe that say the same."""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from fnmatch import fnmatchcase

from migsafe import config, rulebook
from migsafe.lint.squawk import OPT_IN, SAME, equivalents
from migsafe.model.errors import UsageError
from migsafe.model.findings import Severity
from migsafe.model.record import record

NAME = ".squawk.toml"
_LISTS = ("excluded_rules", "included_rules", "excluded_paths")


@record
class Adopted:
    """What a configuration of squawk says here.

    `severities` are words by rule, each with the reason beside it. `remarks` say what nothing
    here stands for.
    """

    server_version: int | None = None
    in_transaction: bool = False
    severities: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    excluded_paths: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def excludes(self, path: str) -> bool:
        """Say whether squawk does not look at a file; its `*` crosses directories."""
        return any(
            fnmatchcase(path, pattern) or path.endswith(f"/{pattern}")
            for pattern in self.excluded_paths
        )


def adopted(text: str) -> Adopted:
    """Return what squawk's configuration says.

    Raises:
        UsageError: If it is not TOML, or a value is of the wrong kind.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"squawk's configuration is not TOML: {error}", path=NAME, help="Correct the file."
        ) from None
    lists = {key: _list(data.pop(key, []), key) for key in _LISTS}
    remarks: list[str] = []
    version = _version(data.pop("pg_version", None), remarks)
    in_transaction = data.pop("assume_in_transaction", False) is True
    # What is left is about how squawk is called, or nobody knows what.
    remarks.extend(f"{key} has no equivalent here" for key in data)
    severities = _severities(lists["excluded_rules"], lists["included_rules"], remarks)
    paths = tuple(lists["excluded_paths"])
    return Adopted(version, in_transaction, severities, paths, tuple(dict.fromkeys(remarks)))


def _list(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError(f"{key!r} must be a list of strings", path=NAME, help="Correct the file.")
    return value


def _version(value: object, remarks: list[str]) -> int | None:
    if value is None:
        return None
    try:
        return config.server_version(value)
    except UsageError as error:
        remarks.append(f"pg_version: {error.message}")
        return None


def _severities(
    excluded: list[str], included: list[str], remarks: list[str]
) -> Mapping[str, tuple[str, str]]:
    remarks.extend(
        f"{name} is no rule that migsafe knows of squawk"
        for name in dict.fromkeys((*excluded, *included))
        if name not in SAME
    )
    off = {*excluded, *(OPT_IN - set(included))}
    chosen: dict[str, tuple[str, str]] = {}
    for name in dict.fromkeys(excluded):
        ours = equivalents((name,))
        if name in SAME and not ours:
            remarks.append(f"excluded {name}: no rule of migsafe answers to it")
        for rule_id in ours:
            others = [each for each in _equal_to(rule_id) if each not in off]
            if others:
                remarks.append(f"{rule_id} stays on: squawk's {others[0]} asks for it as well")
            elif not _is_off(rule_id):
                chosen[rule_id] = ("off", f"excluded {name}")
    for name in dict.fromkeys(included):
        for rule_id in equivalents((name,)):
            if name not in excluded and _is_off(rule_id):
                severity = rulebook.rule(rule_id).severities.get("strict", Severity.WARNING)
                chosen[rule_id] = (str(severity), f"included {name}")
    return chosen


def _equal_to(rule_id: str) -> tuple[str, ...]:
    """Return squawk's rules that say what a rule of migsafe says."""
    return tuple(name for name, ours in SAME.items() if rule_id in ours)


def _is_off(rule_id: str) -> bool:
    return rulebook.rule(rule_id).severity() is Severity.OFF
