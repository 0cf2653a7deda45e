"""Plans for machines: `migsafe.plan/1`, the same plan always to the same bytes."""

import json

from migsafe.model.plan import Backfill, Deploy, Plan, PlanFile, Step
from migsafe.writing.sql import statements

SCHEMA = "migsafe.plan/1"


def render(plan: Plan) -> str:
    """Return a plan as JSON: keys in the contract's order, two spaces, LF."""
    document = {
        "schema": SCHEMA,
        "id": plan.id,
        "dialect": plan.dialect,
        "tool": {"name": "migsafe", "version": plan.tool_version},
        "options": dict(plan.options),
        "base": {
            "digest": plan.base_digest,
            "tables": list(plan.base_tables),
            "history": list(plan.base_history),
        },
        "sources": [
            {
                "path": source.path,
                "revision": source.revision,
                "sha256": source.sha256,
                "revises": list(source.revises),
                "copies": list(source.copies),
            }
            for source in plan.sources
        ],
        "convention": plan.convention,
        "runner": plan.runner.value,
        "code_versions": [
            {"id": version.id, "title": version.title} for version in plan.code_versions
        ],
        "deploys": [
            _deploy(number, deploy, plan) for number, deploy in enumerate(plan.deploys, start=1)
        ],
        "notes": list(plan.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _deploy(number: int, deploy: Deploy, plan: Plan) -> dict[str, object]:
    return {
        "number": number,
        "phase": deploy.phase.value,
        "kind": deploy.kind.value,
        "title": deploy.title,
        "files": [_file(file) for file in deploy.files],
        "steps": [_step(f"{number}.{at}", step) for at, step in enumerate(deploy.steps, start=1)],
        "backfill": None if deploy.backfill is None else _backfill(deploy.backfill),
        "code": [
            {"instruction": each.instruction, "before": each.before, "after": each.after}
            for each in deploy.code
        ],
        "flags": list(deploy.flags),
        "gate": [
            {
                "evidence": each.evidence,
                "sql": each.sql,
                "expect": each.expect,
                "oldest_code": None if each.oldest_code is None else f"C{each.oldest_code}",
            }
            for each in deploy.gate
        ],
        "requires": [number - 1] if number > 1 else [],
        "works_with": list(plan.works_with(number)),
        "min_soak": deploy.min_soak,
        "point_of_no_return": deploy.point_of_no_return,
        "if_it_fails": deploy.if_it_fails,
    }


def _file(file: PlanFile) -> dict[str, object]:
    return {
        "path": file.path,
        "down_path": file.down_path,
        "sha256": file.sha256,
        "down_sha256": file.down_sha256,
        "transaction": file.transaction,
    }


def _step(id: str, step: Step) -> dict[str, object]:
    locks = step.locks
    return {
        "id": id,
        "sql": statements(step.up).rstrip("\n"),
        "down": statements(step.down).rstrip("\n"),
        "direction": step.direction.value,
        "why": step.why,
        "transactional": step.transactional,
        "lock_timeout_ms": step.lock_timeout_ms,
        "statement_timeout_ms": step.statement_timeout_ms,
        "locks": None
        if locks is None
        else [{"relation": lock.relation, "mode": str(lock.mode)} for lock in locks],
        "rollback_possible_sql": step.rollback_possible_sql,
    }


def _backfill(backfill: Backfill) -> dict[str, object]:
    return {
        "table": backfill.table,
        "keys": list(backfill.keys),
        "bounds_sql": backfill.bounds_sql,
        "batch_sql": backfill.batch_sql,
        "once_sql": backfill.once_sql,
        "remaining_sql": backfill.remaining_sql,
    }
