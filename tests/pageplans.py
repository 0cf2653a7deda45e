"""The plans that rule pages show, and how they are read back and linted."""

import re
from datetime import date
from pathlib import Path

from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.errors import MigsafeError
from migsafe.model.findings import Report
from migsafe.model.plan import Deploy, DeployKind, Plan
from migsafe.planning import directory
from migsafe.planning.files import script, title
from migsafe.planning.finish import Finished
from migsafe.planning.make import make
from migsafe.render import duration, evidence, plain, ranges
from migsafe.sources import Request, load
from migsafe.sources.plans.layout import PlannedFile, files_of
from migsafe_dev.pages.examples import Example, pragmas, split

HEADING = "## Plan\n"
_SECTION = re.compile(r"^## Plan\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sql\n-- deploy \d+: \w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LEAD = "What `migsafe plan` writes for the first example above."
_SCHEMA, _MIGRATION = "db/0001_schema.sql", "db/0002_example.sql"
_PLANS = "plans"


def section_of(page: str) -> str:
    """Return the section of a page that shows the plan; empty if there is none."""
    found = _SECTION.search(page)
    return found[0] if found else ""


def with_section(page: str, section: str) -> str:
    """Return a page that shows a plan: after what is bad, before what is good."""
    rest = _SECTION.sub("", page)
    return rest.replace("## Good", f"{section}## Good", 1)


def planned(example: Example) -> Finished | None:
    """Return the plan for an example, below the working directory; None: no recipe has one."""
    history, source = split(example)
    Path("db").mkdir()
    Path(_SCHEMA).write_text(history, "utf-8")
    Path(_MIGRATION).write_text(source, "utf-8")
    request = Request((_MIGRATION,), transaction=pragmas(example).get("transaction", "file"))
    (selection,) = load(request).selections
    try:
        return make(selection, _settings(example), plan_id="example")
    except MigsafeError:
        return None


def shown(plan: Plan) -> str:
    """Return the section of a page that shows a plan: each deploy, and its files as they run."""
    parts = [HEADING, _LEAD]
    for number, deploy in enumerate(plan.deploys, start=1):
        parts.append(_about(number, deploy))
        parts.extend(
            f"```sql\n-- deploy {number}: {deploy.phase}\n{_body(plan, file)}```"
            for file in files_of(plan, number)
        )
    return "\n".join((parts[0], "\n\n".join((*parts[1:], _versions(plan))), "", ""))


def lint_shown(section: str, example: Example, finished: Finished) -> Report:
    """Lint the blocks that a page shows, each in the place of the plan's own file."""
    place = Path(_PLANS, "example")
    directory.write(finished, place)
    paths = [place / file.path for deploy in finished.plan.deploys for file in deploy.files]
    for path, block in zip(paths, _BLOCK.findall(section), strict=True):
        path.write_text(block, "utf-8")
    loaded = load(Request(tuple(map(str, paths)), transaction="file"))
    options = Options(date(2026, 1, 1))
    return lint(loaded.selections, _settings(example), options, errors=loaded.errors)


def _settings(example: Example) -> Settings:
    version = int(pragmas(example).get("server-version", "0"))
    return Settings(lock_timeout="role", server_version=version or None, plans=_PLANS)


def _about(number: int, deploy: Deploy) -> str:
    """Return what a deploy is, and what must hold before it, in one line."""
    if deploy.kind is DeployKind.CODE:
        what = "; ".join((deploy.title, *(change.instruction for change in deploy.code)))
        line = f"Deploy {number} (code): {what}."
    else:
        line = f"Deploy {number} ({deploy.phase}): {deploy.title}."
    conditions = [
        f"{evidence(each)}: {each.expect}" if each.sql is not None else evidence(each)
        for each in deploy.gate
    ]
    if deploy.min_soak is not None:
        since = f" after deploy {number - 1}" if number > 1 else ""
        conditions.append(f"{duration(deploy.min_soak)}{since}")
    if conditions:
        line += f" Gate: {'; '.join(conditions)}."
    if deploy.point_of_no_return:
        line += " Point of no return."
    return plain(line)


def _body(plan: Plan, file: PlannedFile) -> str:
    """Return a file as it runs, without the comment that says where in the plan it stands."""
    lines = script(plan, file, file.up).splitlines(keepends=True)
    kept = [line for line in lines if line.startswith("-- migsafe:")]
    rest = iter(lines[len(kept) :])
    header = title(plan, file)
    said = ""
    while said != header:
        said = f"{said} {next(rest).removeprefix('--').strip()}".strip()
    return "".join((*kept, *rest))


def _versions(plan: Plan) -> str:
    """Return which versions of the code work after which deploys, in one line."""
    sentences = []
    for at, version in enumerate(plan.code_versions):
        works = [n for n, each in enumerate(plan.deploys, start=1) if at in each.works_with]
        fails = [n for n in range(1, len(plan.deploys) + 1) if n not in works]
        name = "The code that runs today" if at == 0 else f"{version.id} ({version.title})"
        after = f"works after {ranges(works)}" if works else "works after none of them"
        sentences.append(f"{name} {after}" + (f", not after {ranges(fails)}." if fails else "."))
    return plain(" ".join(sentences))
