"""Reports and plans as text: one module a format, each with one function `render`."""

from migsafe.model.findings import Finding


def plain(text: str) -> str:
    """Return text on one line, with control characters shown as escapes.

    What a migration says may reach a terminal or a log: it must not steer either.
    """
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}"
        for character in " ".join(text.split())
    )


def grouped(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """Return findings of one rule on one relation in one section together, for people."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        names = tuple(relation.name for relation in finding.relations)
        # Without a relation nothing says that two findings are about the same thing.
        key = (finding.place.path, finding.section, finding.rule, finding.severity, names)
        groups.setdefault(key if names else (id(finding),), []).append(finding)
    return list(groups.values())
