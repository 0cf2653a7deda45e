"""What the commands that take a plan directory share."""

from pathlib import Path

from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.model.plan import Plan
from migsafe.planning import compose
from migsafe.planning.directory import Replan
from migsafe.planning.rebase import replanner
from migsafe.sources.files import Files, is_plan_directory


def is_plan(path: str) -> bool:
    """Say whether a path is the directory of a plan, one that cannot be read too."""
    files = Files()
    return {"plan.json", "PLAN.md"} <= files.names(path) or is_plan_directory(path, files)


def replanner_of(folder: Path, settings: Settings) -> Replan:
    """Return a function that plans a directory's source again, with the options it had."""

    def composed(ship: Ship, plan: Plan) -> Plan:
        return compose.plan(
            ship, settings, plan_id=plan.id, sources=plan.sources, options=dict(plan.options)
        )

    return replanner(folder, settings, composed)
