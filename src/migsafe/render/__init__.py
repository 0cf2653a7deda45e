"""Reports and plans as text: one module a format, each with one function `render`."""

import os
import re
import shlex
from collections.abc import Sequence
from os import PathLike

from migsafe.model.findings import Finding
from migsafe.model.pattern import pattern
from migsafe.model.plan import Condition, DeployKind, Plan

_SPECIAL = pattern(r"[\\`*\[\]<>|~&$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_BACKTICKS = pattern(r"`+")
_DURATION = pattern(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def plain(text: str) -> str:
    """Return text on one line, with control characters shown as escapes.

    What a migration says may reach a terminal or a log: it must not steer either.
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in line
    )


def escaped(text: str) -> str:
    """Return a text that means itself in Markdown, in table cells too."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), plain(text))


def code(text: str) -> str:
    """Return a name as inline code of Markdown."""
    shown = plain(text)
    ticks = "`" * (1 + backticks(shown))
    edge = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{edge}{shown}{edge}{ticks}"


def backticks(text: str) -> int:
    """Return how long the longest run of backticks in a text is."""
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def argument(path: str | PathLike[str]) -> str:
    """Return a path as one word of a command line, safe to paste into a shell.

    `-` alone is no path: standard input.
    """
    text = plain(os.fspath(path))
    return shlex.quote(f"./{text}" if text.startswith("-") and text != "-" else text)


def grouped(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """Return findings of one rule on one relation in one section together, for people."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        names = tuple(relation.name for relation in finding.relations)
        # Without a relation only the same words say that two are about the same thing.
        about = names or finding.message
        key = (finding.place.path, finding.section, finding.rule, finding.severity, about)
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def duration(iso: str) -> str:
    """Return an ISO 8601 duration in words: `PT24H` is `24 h`, `P7D` is `7 days`."""
    found = _DURATION.fullmatch(iso)
    if found is None:
        return iso
    days, hours, minutes = found.groups()
    parts = [
        *([f"{days} day{'' if days == '1' else 's'}"] if days else []),
        *([f"{hours} h"] if hours else []),
        *([f"{minutes} min"] if minutes else []),
    ]
    return " ".join(parts) or iso


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers in rising order as ranges: `1-3, 5`."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(
        str(group[0]) if len(group) == 1 else f"{group[0]}-{group[-1]}" for group in groups
    )


def evidence(condition: Condition) -> str:
    """Return a condition's evidence in words; the oldest code is named where one is."""
    oldest = condition.oldest_code
    if oldest is None or re.search(rf"\bC{oldest}\b", condition.evidence):
        return condition.evidence
    return f"{condition.evidence} C{oldest}"


def brings(plan: Plan, number: int) -> str | None:
    """Return the code version that a code deploy brings, None for other deploys.

    That is the newest one that works after it: versions count in the order of deploys.
    """
    deploy = plan.deploys[number - 1]
    if deploy.kind is not DeployKind.CODE:
        return None
    before = sum(each.kind is DeployKind.CODE for each in plan.deploys[:number])
    return f"C{min(before, len(plan.code_versions) - 1)}"
