"""Comments that silence nothing: unknown, unused, expired or without a reason."""

from collections.abc import Iterator

from migsafe.context import Context, Suppression
from migsafe.model.findings import Finding


def check_suppressions(
    suppressions: tuple[Suppression, ...], context: Context
) -> Iterator[Finding]:
    """Report each comment that is wrong, and each rule in it that had nothing to silence."""
    for suppression in suppressions:
        if suppression.problem is not None:
            yield context.finding(
                f"This comment does not silence anything: {suppression.problem}.",
                help="Write '-- migsafe: ignore[rule-id]: reason' on the line above, or remove it.",
                at=suppression.place,
            )
            continue
        idle = [rule for rule in suppression.rules if rule not in suppression.used]
        if idle:
            yield context.finding(
                f"Nothing here is reported by {', '.join(idle)}.",
                help="Remove what is not needed, so that it cannot hide a later finding.",
                at=suppression.place,
            )
