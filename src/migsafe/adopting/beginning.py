"""What `init` shows and writes: what was found, the changes of files, what lint says now."""

from collections.abc import Iterable, Iterator
from datetime import date

from migsafe import config
from migsafe.adopting.configuration import configuration, judged, start_after
from migsafe.adopting.edits import Edit, Refused
from migsafe.adopting.hooks import hook
from migsafe.adopting.pipelines import is_known, pipelines
from migsafe.adopting.survey import Found, Survey, survey
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.errors import UsageError
from migsafe.model.findings import Report
from migsafe.model.migration import Selection
from migsafe.model.record import record, replace

_LAST = 5
"""So many migrations of a tree are judged where nothing is new."""


@record
class Beginning:
    """What a project begins with.

    `edits` are what is to be written, `refused` what a person adds. `settings` are those in force
    once that is done.
    """

    survey: Survey
    settings: Settings
    edits: tuple[Edit, ...]
    refused: tuple[Refused, ...]


def beginning() -> Beginning:
    """Return what the project in the working directory begins with.

    Raises:
        UsageError: If there are no migrations that can be judged, or a file cannot be read.
    """
    found = survey()
    if not judged(found):
        dialects = sorted({each.dialect for each in found.judged or found.trees if each.dialect})
        raise UsageError(
            f"there is nothing to judge here: the migrations are for {' and '.join(dialects)}"
            if not found.judged
            else "squawk's excluded_paths leave out all migrations",
            help="Only PostgreSQL can be judged today."
            if not found.judged
            else "Configure the paths yourself: [tool.migsafe] paths.",
        )
    settings = config.load()
    changes = list(_changes(found, settings))
    edits = tuple(change for change in changes if isinstance(change, Edit))
    if settings.source is None:
        proposed = changes[0]
        text = proposed.after if isinstance(proposed, Edit) else proposed.addition
        settings = config.parsed(text, proposed.path) or settings
    refused = tuple(change for change in changes if isinstance(change, Refused))
    return Beginning(found, settings, edits, refused)


def _changes(found: Survey, settings: Settings) -> Iterator[Edit | Refused]:
    """Yield the configuration, if there is none, then the hook and the pipelines that lack."""
    if settings.source is None:
        yield configuration(found)
    if not found.is_checkout:
        return
    entry = hook(settings.paths or [path for each in judged(found) for path in each.paths])
    if entry is not None:
        yield entry
    yield from pipelines(found.remote)


def said(begun: Beginning) -> Iterator[str]:
    """Yield what was found, a line each."""
    found = begun.survey
    for tree in found.trees:
        yield _tree(tree, found, is_judged=tree in judged(found))
    yield from _database(found)
    if begun.settings.source is not None and all(
        edit.path != begun.settings.source for edit in begun.edits
    ):
        yield f"{begun.settings.source} configures migsafe already: it stays as it is"
    else:
        mark, why = start_after(found)
        if mark is None:
            yield f"no start-after: {why}; lint without paths judges what is new all the same"
    yield from found.remarks
    yield from _squawk(found)
    if not found.is_checkout:
        yield "this is no git checkout: no hook and no pipeline are written"
    elif not is_known(found.remote):
        yield "no pipeline is known here (.github, .gitlab-ci.yml, the remote): none is written"


def _tree(tree: Found, found: Survey, *, is_judged: bool) -> str:
    migrations = tree.selection.tree.migrations
    heads = tree.selection.tree.heads
    count = f"{len(migrations)} {'migration' if len(migrations) == 1 else 'migrations'}"
    parts = [f"{', '.join(tree.paths)}: {tree.tool}, {count}"]
    if len(heads) > 1:
        parts.append(f"{len(heads)} heads ({', '.join(heads)})")
    elif tree.head is not None:
        parts.append(f"head {tree.head}")
    if tree.fresh:
        parts.append(f"{len(tree.fresh)} not on {found.base}")
    if not is_judged:
        why = "squawk does not look at it"
        if tree.dialect not in {None, "postgres"}:
            why = f"{tree.dialect} ({tree.because[0].place}) comes later"
        parts.append(f"left out: {why}")
    return ", ".join(parts)


def _database(found: Survey) -> Iterator[str]:
    trees = judged(found)
    sure = _places(tree for tree in trees if tree.dialect is not None)
    unsure = _places(tree for tree in trees if tree.dialect is None)
    assumed = (
        f"assumed, though there is {unsure}" if unsure else "assumed: no file says which it is"
    )
    yield f"dialect postgres ({sure or assumed})"
    version = found.version()
    if version is None:
        yield f"server-version {config.ASSUMED_VERSION} is assumed: no file says which it is"
    else:
        yield f"server-version {version[0]} ({version[1]})"


def _places(trees: Iterable[Found]) -> str:
    said = (f"{hint.place}: {hint.said}" for tree in trees for hint in tree.because)
    return "; ".join(dict.fromkeys(said))


def _squawk(found: Survey) -> Iterator[str]:
    adopted = found.squawk
    if adopted is None:
        return
    yield from (f".squawk.toml: {remark}" for remark in adopted.remarks)
    mark, _ = start_after(found)
    for tree in judged(found):
        released = tree.released if mark is not None else ()
        late = [
            one.path
            for one in tree.selection.tree.migrations
            if one.id not in released and adopted.excludes(one.path)
        ]
        if late:
            yield (
                f".squawk.toml: excluded_paths leave out {late[0]}"
                f"{f' and {len(late) - 1} more' if len(late) > 1 else ''}, and nothing here does: "
                "say '-- migsafe: ignore-file[rule-id]: reason' there, or start-after"
            )


def preview(begun: Beginning, today: date) -> tuple[Report, int, int]:
    """Return what lint says of the newest migrations, how many these are, and how many are not.

    Those count that the default branch lacks; where it has them all, the last ones of each tree.
    """
    trees = judged(begun.survey)
    fresh = any(tree.fresh for tree in trees)
    selections = [_newest(tree.selection, tree.fresh if fresh else None) for tree in trees]
    report = lint(selections, begun.settings, Options(today=today))
    count = sum(len(selection.given) for selection in selections)
    total = sum(len(selection.tree.migrations) for selection in selections)
    return report, count, total - count


def _newest(selection: Selection, fresh: frozenset[str] | None) -> Selection:
    if fresh is None:
        fresh = frozenset(one.id for one in selection.tree.migrations[-_LAST:])
    return replace(selection, given=fresh)
