"""A gate's answer for machines: `migsafe.verdict/1`."""

import json

from migsafe.model.verdict import StageVerdict


def render(verdict: StageVerdict) -> str:
    """Return the verdict as JSON, with one trailing newline."""
    document = {
        "schema": "migsafe.verdict/1",
        "stage": verdict.stage,
        "deploy": verdict.deploy,
        "verdict": verdict.verdict,
        "reasons": [
            {"code": reason.code, "message": reason.message, "evidence": reason.evidence}
            for reason in verdict.reasons
        ],
        "next": verdict.next,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
