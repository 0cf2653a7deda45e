"""A gate's answer for people."""

from migsafe.model.verdict import StageVerdict
from migsafe.render import plain


def render(verdict: StageVerdict) -> str:
    """Return the verdict: one line, then a line for each reason, then what to do."""
    deploy = f" deploy {verdict.deploy}" if verdict.deploy else ""
    lines = [f"Stage {verdict.stage}{deploy}: {verdict.verdict.upper()}"]
    for reason in verdict.reasons:
        evidence = f"{plain(reason.evidence)}: " if reason.evidence else ""
        lines.append(f"  {reason.code:<22} {evidence}{plain(reason.message)}")
    if verdict.next:
        lines.append(f"next: {plain(verdict.next)}")
    return "".join(f"{line}\n" for line in lines)
