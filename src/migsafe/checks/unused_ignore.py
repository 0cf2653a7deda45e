"""Comments that silence nothing: unknown, unused, expired or without a reason."""

from collections.abc import Iterator

from migsafe.context import Context, Suppression
from migsafe.model.findings import Finding


def check_suppressions(
    suppressions: tuple[Suppression, ...], context: Context
) -> Iterator[Finding]:
    """Report each comment that is wrong, and each rule in it that had nothing to silence."""
    for suppression in suppressions:
        mark = "#" if suppression.place.path.endswith(".py") else "--"
        if suppression.problem is not None:
            end = "" if suppression.problem.endswith("?") else "."
            yield context.finding(
                f"This comment silences nothing: {suppression.problem}{end}",
                help=f"Write '{mark} migsafe: ignore[rule-id]: reason' on the statement's line or "
                "the line above, or remove it.",
                at=suppression.place,
            )
            continue
        idle = [rule for rule in suppression.rules if rule not in suppression.used]
        if idle:
            yield context.finding(
                f"{_have(idle)} nothing to silence here.",
                help="Remove it, so that it cannot hide a later finding."
                if len(idle) == len(suppression.rules)
                else f"Take {' and '.join(idle)} out of the brackets, so that it cannot hide a "
                "later finding.",
                at=suppression.place,
            )


def _have(rules: list[str]) -> str:
    return f"{' and '.join(rules)} {'has' if len(rules) == 1 else 'have'}"
