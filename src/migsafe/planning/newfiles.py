"""The files that a release adds to a tree: their names, what they stand on, their text."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from migsafe.ledger import released as ledger
from migsafe.model.errors import RefusedError
from migsafe.model.migration import Migration, Tree
from migsafe.model.plan import Plan
from migsafe.model.record import replace
from migsafe.planning.around import Around
from migsafe.planning.files import Written, module, script
from migsafe.sources.convention import Script
from migsafe.sources.plans.layout import ALEMBIC, PlannedFile, files_of
from migsafe.sources.sql_tree import slugged

_LEADING = re.compile(r"^\d+(?:[-_.T ]\d+)*[-_. ]+")
_DATE = re.compile(
    r"^(?P<y>\d{4})(?P<s>[-_.]?)(?P<m>\d{2})(?P=s)(?P<d>\d{2})"
    r"(?:(?P<t>[-_.T]?)(?P<h>\d{2})(?P<u>[-_.]?)(?P<n>\d{2})(?:(?P=u)(?P<c>\d{2}))?)?(?=[-_. ])"
)


def new_files(
    plan: Plan, number: int, here: Around, at: str
) -> tuple[list[Written], tuple[str, ...]]:
    """Return the files that a release writes, with the ids that they get."""
    gone = {migration.id for migration in here.sources}
    left = tuple(each for each in here.tree.migrations if each.id not in gone)
    tree = replace(here.tree, migrations=left, later=())
    title = _title(plan)
    if not left:
        # The convention has nothing to count from but what is taken away.
        tree = replace(tree, migrations=here.tree.migrations)
    new: list[Written] = []
    ids: list[str] = []
    head = _head(plan, left, here) if plan.convention == ALEMBIC else ()
    for file in files_of(plan, number):
        slug = f"{title}_{file.slug}"
        id_ = here.convention.next_name(tree, slug)
        if plan.convention == ALEMBIC:
            name = _revision_name(plan, id_, slug, at)
            folder = os.path.dirname(plan.sources[0].path)
            path = os.path.normpath(os.path.join(folder, name))
            new.append(Written(path, module(plan, file, id_, head)))
            head = (id_,)
        else:
            scripts = _scripts(plan, file, here, tree, id_)
            if not scripts:
                continue
            new.extend(scripts)
        ids.append(id_)
        tree = replace(tree, later=(*tree.later, id_))
    return new, tuple(ids)


def _scripts(plan: Plan, file: PlannedFile, here: Around, tree: Tree, id_: str) -> list[Written]:
    up, down = here.convention.paths(tree, id_)
    if down is None and not file.up:
        # It would hold nothing: the way down stays in the plan.
        return []
    new = Script(
        up, down, script(plan, file, file.up), script(plan, file, file.down), file.transactional
    )
    return [Written(each.path, each.text) for each in here.convention.written(new)]


def _title(plan: Plan) -> str:
    """Return what the plan is about, without number, date and revision."""
    name = _LEADING.sub("", plan.id)
    for source in plan.sources:
        for separator in "_-":
            name = name.removeprefix(f"{source.revision}{separator}")
            name = name.removesuffix(f"{separator}{source.revision}")
    return slugged(_LEADING.sub("", name) or plan.id)


def _head(plan: Plan, left: Sequence[Migration], here: Around) -> tuple[str, ...]:
    """Return the revision that the next one stands on.

    Raises:
        RefusedError: If there are several and none is the source's own line.
    """
    parents = {parent for migration in left for parent in migration.revises}
    heads = [migration.id for migration in left if migration.id not in parents]
    if len(heads) <= 1:
        return tuple(heads)
    by_id = {migration.id: migration for migration in left}
    ours = [
        head for head in heads if not set(plan.sources[0].revises).isdisjoint(_line(head, by_id))
    ]
    if len(ours) == 1:
        return tuple(ours)
    raise RefusedError(
        f"the tree has several heads: {', '.join(heads)}",
        help=f"Merge them first: alembic merge {' '.join(heads)}",
        path=here.tree.root,
    )


def _line(head: str, by_id: dict[str, Migration]) -> set[str]:
    seen: set[str] = set()
    pending = [head]
    while pending:
        key = pending.pop()
        if key not in seen and key in by_id:
            seen.add(key)
            pending.extend(by_id[key].revises)
    return seen


def _revision_name(plan: Plan, id_: str, slug: str, at: str) -> str:
    """Return a revision's file name in the pattern of the source's own name."""
    source = plan.sources[0]
    stem = os.path.basename(source.path).removesuffix(".py")
    start = ""
    dated = _DATE.match(stem)
    if dated is not None:
        moment = re.findall(r"\d+", at)
        parts = dict(zip("ymdhnc", moment, strict=False))
        start = "".join(
            parts.get(key, "00") if key in "ymdhnc" else dated[key] or ""
            for key in _order_of(dated)
        )
        start += stem[dated.end()]
        stem = stem[dated.end() + 1 :]
    if stem == source.revision:
        return f"{start}{id_}.py"
    if stem.startswith(source.revision):
        separator = stem[len(source.revision)]
        return f"{start}{id_}{separator}{slug}.py"
    if stem.endswith(source.revision):
        separator = stem[-len(source.revision) - 1]
        return f"{start}{slug}{separator}{id_}.py"
    return f"{start}{slug}.py"


def _order_of(dated: re.Match[str]) -> str:
    """Return the groups of a date in a file name, in their order."""
    keys = "ysmsd"
    if dated["h"] is not None:
        keys += "thun"
        if dated["c"] is not None:
            keys += "uc"
    return keys


def put(new: Sequence[Written]) -> None:
    """Put all files in place; on failure nothing is left.

    Raises:
        RefusedError: If one of them is there already.
    """
    for file in new:
        if Path(file.path).exists():
            raise RefusedError(
                f"'{file.path}' is there already", help="Move it away.", path=file.path
            )
    made: list[Path] = []
    try:
        for file in new:
            path = Path(file.path)
            if not path.parent.exists():
                path.parent.mkdir(parents=True)
                made.append(path.parent)
            ledger.replace_file(path, file.text)
            made.append(path)
    except BaseException:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        raise


def take_away(paths: Sequence[str]) -> None:
    """Remove the files of a migration, with the folder that was its own."""
    for name in paths:
        path = Path(name)
        path.unlink(missing_ok=True)
        if path.name in {"up.sql", "down.sql"}:
            (path.parent / "metadata.toml").unlink(missing_ok=True)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
