"""`migsafe rules`."""

import json

import click

from migsafe import rulebook
from migsafe.rulebook import Rule


@click.command()
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text")
def command(format_: str) -> None:
    r"""List every rule with its severity and title.

    Exit status: 0.

    \b
    Example:
        migsafe rules --format json
    """
    found = [rulebook.rule(rule_id) for rule_id in rulebook.ids()]
    if format_ == "json":
        click.echo(json.dumps([_document(rule) for rule in found], indent=2, ensure_ascii=False))
        return
    width = max(len(rule.id) for rule in found)
    for rule in found:
        click.echo(f"{rule.id:<{width}}  {rule.severity()!s:<7}  {rule.title}")


def _document(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": {case: str(severity) for case, severity in rule.severities.items()},
        "hazards": list(rule.hazards),
        "dialects": list(rule.dialects),
        "since": rule.since,
        "sources": list(rule.sources),
        "options": dict(rule.options),
    }
