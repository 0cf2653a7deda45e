"""`migsafe explain`."""

import click

from migsafe import rulebook


@click.command()
@click.argument("rule")
def command(rule: str) -> None:
    r"""Print the page of a rule: why, bad and good examples, exceptions.

    Exit status: 0 printed, 2 no such rule.

    \b
    Example:
        migsafe explain set-not-null
    """
    click.echo(rulebook.rule(rule).text, nl=False)
