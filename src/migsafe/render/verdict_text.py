"""A gate's answer for people."""

from collections.abc import Iterator
from textwrap import wrap

from migsafe.model.verdict import Reason, StageVerdict
from migsafe.render import plain

_WIDTH = 100
_COLUMN = 25


def render(verdict: StageVerdict) -> str:
    """Return the verdict: one line, then each reason, then what to do."""
    deploy = f" deploy {plain(verdict.deploy)}" if verdict.deploy else ""
    lines = [f"Stage {verdict.stage}{deploy}: {verdict.verdict.upper()}"]
    for reason in verdict.reasons:
        lines.extend(_reason(reason))
    if verdict.next:
        lines.append(f"next: {plain(verdict.next)}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _reason(reason: Reason) -> Iterator[str]:
    """Yield a reason with the place it rests on before it; a query that decides comes after."""
    asks = reason.code == "evidence-missing"
    place = f"{plain(reason.evidence)}: " if reason.evidence and not asks else ""
    head = f"  {reason.code:<{_COLUMN - 3}} "
    yield from _wrapped(f"{place}{plain(reason.message)}", head)
    if reason.evidence and asks:
        yield from _wrapped(plain(reason.evidence), " " * _COLUMN)


def _wrapped(text: str, head: str) -> list[str]:
    return wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * _COLUMN,
        break_long_words=False,
        break_on_hyphens=False,
    )
