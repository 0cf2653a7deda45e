"""Reads trees of plain SQL files: what the conventions of SQL tools share."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from migsafe.model.errors import InputError
from migsafe.model.findings import FileError
from migsafe.model.migration import (
    Directive,
    Down,
    HistoryProblem,
    Migration,
    Section,
    Statement,
    Tree,
)
from migsafe.model.operations import Cause, Unrecognized
from migsafe.model.origin import Origin, Runner, SectionName, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources.cache import History, history
from migsafe.sources.convention import Candidate, Options, Order, Reading
from migsafe.sources.files import Files
from migsafe.sources.marks import Part, Way, batched, parts, said, unmarked, unwritten, ways
from migsafe.sources.psql import includes

_COMMENT = pattern(r"--[ \t]*([^\n]*)|/\*(.*?)\*/", re.DOTALL)
# A date is one number in several groups; elsewhere the second group belongs to the title.
DATE = pattern(
    r"(?:19|20)\d\d([-_.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]\d{2,6})*(?=[-_. ]|$)"
)
_TRANSACTION = pattern(r"\s*transaction\s*=\s*(none|file)\s*$")
_RUNNERS = {"none": Runner.NONE, "file": Runner.FILE}


def read_tree(
    root: str,
    convention: str,
    candidates: Iterable[Candidate],
    given: Sequence[str],
    files: Files,
    options: Options,
) -> Reading:
    """Return a tree read up to its last given file.

    Args:
        root: The directory, or the file that stands alone.
        convention: The name of the convention.
        candidates: All migrations of the tree, in any order.
        given: The files that are to be judged.
        files: Where texts come from.
        options: Dialect, transaction and whether history counts.
    """
    ordered = sorted(candidates, key=lambda each: (each.order or (), each.id))
    wanted = frozenset(given)
    chosen = [
        not wanted.isdisjoint(candidate.paths)
        # A path to a program names no migration that can be read; the directory names them all.
        or (candidate.unread is not None and options.is_in_a_folder(candidate.paths[0]))
        for candidate in ordered
    ]
    last = len(chosen) - chosen[::-1].index(True) if True in chosen else 0
    migrations: list[Migration] = []
    errors: list[FileError] = []
    names: set[str] = set()
    replayed = chosen[:last].count(False) if options.judging and options.history else 0
    with history(replayed, convention, *_deciding(options)) as kept:
        for candidate, is_given in zip(ordered[:last], chosen, strict=False):
            if not is_given and not options.history:
                continue
            try:
                if candidate.unread is not None:
                    unread = _unread(candidate, convention, Cause.UNMAPPED, candidate.unread)
                    if candidate.down is not None and (is_given or not options.judging):
                        path, runner = candidate.down, candidate.runner
                        down, state, reason = _way_down(path, runner, files, options)
                        unread = replace(unread, down=down, down_state=state, down_reason=reason)
                    migrations.append(unread)
                elif is_given or not options.judging:
                    text = _text(candidate, files)
                    migrations.append(_migration(candidate, text, convention, files, options))
                else:
                    migrations.append(_replayed(candidate, convention, files, options, kept))
            except InputError as error:
                path = error.path or candidate.paths[0]
                errors.append(FileError(path, error.message, error.help, error.line))
                if not is_given:
                    migrations.append(_unread(candidate, convention, Cause.SYNTAX, error.message))
                continue
            if is_given:
                names.add(candidate.id)
    tree = Tree(
        root,
        convention,
        tuple(migrations),
        _problems(ordered),
        (ordered[-1].id,) if ordered else (),
        tuple(candidate.id for candidate in ordered[last:]),
    )
    return Reading(tree, frozenset(names), tuple(errors))


def _problems(ordered: Sequence[Candidate]) -> tuple[HistoryProblem, ...]:
    problems = []
    seen: dict[Order, Candidate] = {}
    for candidate in ordered:
        if candidate.up is None:
            problems.append(
                HistoryProblem(
                    candidate.paths[0],
                    f"'{candidate.id}' has a way down and no way up",
                    "Add the way up, or delete the file.",
                    concerns=candidate.paths,
                )
            )
        if candidate.order is None:
            continue
        first = seen.setdefault(candidate.order, candidate)
        if first is not candidate:
            problems.append(
                HistoryProblem(
                    candidate.paths[0],
                    f"'{candidate.id}' has the same number as '{first.id}': "
                    "nothing says which of them runs first",
                    "Give one of them the next free number.",
                    concerns=(*first.paths, *candidate.paths),
                )
            )
    return tuple(problems)


def _deciding(options: Options) -> tuple[str, ...]:
    """Return what of the options decides how a file is read."""
    return options.dialect, options.transaction, repr(sorted(options.placeholders.items()))


def _replayed(
    candidate: Candidate, convention: str, files: Files, options: Options, kept: History | None
) -> Migration:
    """Return a migration that only goes up, from the cache if it was read before."""
    path, text = candidate.up, _text(candidate, files)
    if kept is None or path is None:
        return _migration(candidate, text, convention, files, options, only_up=True)
    own, about = text, text
    if candidate.ways is not None:
        own = "".join(part.sql for part in candidate.ways[0].parts)
        about = _digest(path, text, files)
    key = kept.key(*_said(candidate), about)
    known = kept.migration(key, candidate.id, path, text)
    if known is not None:
        return known
    migration = _migration(candidate, text, convention, files, options, only_up=True)
    if "\\i" not in own:
        # What psql includes stands in other files.
        kept.keep_migration(key, migration)
    return migration


def _said(candidate: Candidate) -> tuple[str, ...]:
    """Return all that a convention says of a migration, apart from its place among others."""
    has = f"{candidate.order is None} {candidate.down is None} {candidate.downs}"
    how = f"{candidate.runner} {candidate.repeatable} {candidate.ways!r}"
    return candidate.id, f"{candidate.up}", has, how


def _digest(path: str, text: str, files: Files) -> str:
    """Return the digest of a file that holds many migrations, taken once for all."""
    return files.once("digest", path, lambda: sha256(text.encode("utf-8")).hexdigest())


def _text(candidate: Candidate, files: Files) -> str:
    """Return the text that a way up stands in; empty where there is none."""
    return "" if candidate.up is None else files.text(candidate.up)


def _migration(
    candidate: Candidate,
    text: str,
    convention: str,
    files: Files,
    options: Options,
    *,
    only_up: bool = False,
) -> Migration:
    if candidate.up is None:
        path = candidate.paths[0]
        up = Section(SectionName.UP, path, "", (), candidate.runner)
    else:
        told = candidate.ways
        if told is None and candidate.down is None:
            told = ways(text)
        if told is not None:
            both = (told[0], None) if only_up else told
            marked = _marked(candidate, convention, text, both, files, options)
            return replace(marked, down_state=Down.UNREAD) if only_up else marked
        up = _section(candidate.up, SectionName.UP, text, candidate.runner, files, options)
    down = None
    reason = None
    state = Down.MISSING if candidate.downs else Down.NO_CONVENTION
    if only_up:
        state = Down.UNREAD
    elif candidate.down is not None:
        down, state, reason = _way_down(candidate.down, candidate.runner, files, options)
    return Migration(
        candidate.id,
        up.path,
        convention,
        up,
        down,
        state,
        down_reason=reason,
        ordered=candidate.order is not None,
        repeatable=candidate.repeatable,
    )


def _way_down(
    path: str, runner: Runner, files: Files, options: Options
) -> tuple[Section, Down, str | None]:
    """Return a way down, whether it holds anything, and what it says if not."""
    down = _section(path, SectionName.DOWN, files.text(path), runner, files, options)
    if down.statements:
        return down, Down.PRESENT, None
    return down, Down.EMPTY, _reason(down.text)


def _marked(
    candidate: Candidate,
    convention: str,
    text: str,
    both: tuple[Way, Way | None],
    files: Files,
    options: Options,
) -> Migration:
    """Return the migration of a file that holds both directions."""
    path = candidate.paths[0]
    way_up, way_down = both
    up = _section(path, SectionName.UP, text, way_up.runner, files, options, way_up.parts)
    down = None
    state = Down.MISSING if candidate.downs else Down.NO_CONVENTION
    reason = None
    if way_down is not None:
        sent = way_down.parts
        down = _section(path, SectionName.DOWN, text, way_down.runner, files, options, sent)
        state = Down.PRESENT if down.statements else Down.EMPTY
        if not down.statements:
            reason = _reason(unmarked("".join(part.sql for part in sent)))
    return Migration(
        candidate.id,
        path,
        convention,
        up,
        down,
        state,
        down_reason=reason,
        ordered=candidate.order is not None,
        repeatable=candidate.repeatable,
    )


def _section(
    path: str,
    name: SectionName,
    text: str,
    runner: Runner,
    files: Files,
    options: Options,
    sent: tuple[Part, ...] | None = None,
) -> Section:
    statements: list[Statement] = []
    directives: list[Directive] = []
    for part in parts(text) if sent is None else sent:
        placement = Placement(path, name, offset=part.start)
        include = includes(placement, files, options) if "\\i" in part.sql else None
        read = read_sql(part.sql, placement, options.dialect, options.placeholders, include)
        statements.extend(_with_unwritten(read.statements, part, placement))
        directives.extend(read.directives)
    return Section(
        name,
        path,
        text,
        batched(statements, text),
        _runner(said(text) or runner, directives, options.transaction),
        tuple(directives),
    )


def _with_unwritten(
    statements: tuple[Statement, ...], part: Part, placement: Placement
) -> Sequence[Statement]:
    """Return statements with what the tool that wrote them says that it left out."""
    left_out = unwritten(part)
    if not left_out:
        return statements
    added = []
    for span, reason in left_out:
        origin = Origin(placement.path, placement.section, span, span)
        operation = Unrecognized(Cause.DYNAMIC, reason, origin=origin)
        text = part.sql[span.start - part.start : span.end - part.start]
        added.append(Statement(text, span, (operation,)))
    return sorted((*statements, *added), key=lambda each: each.span.start)


def _runner(runner: Runner, directives: Sequence[Directive], transaction: str) -> Runner:
    # What a file says of itself is nearer to the truth than any convention or option:
    # golang-migrate, for one, has a mode that sends each statement by itself.
    for directive in directives:
        said = _TRANSACTION.match(directive.text)
        if said is not None:
            return _RUNNERS[said[1]]
    if runner is Runner.AUTO:
        return _RUNNERS.get(transaction, runner)
    return runner


def _reason(text: str) -> str | None:
    """Return what the comments of a file without statements say."""
    parts = (found[1] or found[2] or "" for found in _COMMENT.finditer(text))
    said = " ".join(" ".join(parts).split())
    return said or None


def _unread(candidate: Candidate, convention: str, cause: Cause, message: str) -> Migration:
    """Return what stands in history for a migration that could not be read.

    It may have changed any relation; leaving it out would claim that it changed none.
    """
    path = candidate.paths[0]
    origin = Origin(path, SectionName.UP, Span(0, 0), Span(0, 0))
    unread = Unrecognized(cause, message, origin=origin)
    up = Section(
        SectionName.UP,
        path,
        "",
        (Statement("", Span(0, 0), (unread,)),),
        candidate.runner,
    )
    return Migration(candidate.id, path, convention, up, None, Down.NO_CONVENTION, ordered=True)


def next_number(tree: Tree) -> str:
    """Return the number after the last of a tree, as wide as that one.

    A timestamp of fourteen digits moves on by a second, a date by a day; the clock is
    not asked. A version moves on in its last part.
    """
    ids = (*(migration.id for migration in tree.migrations), *tree.later)
    if not ids:
        return "0001"
    dated = DATE.match(ids[-1])
    if dated is not None:
        return _day_after(dated[0], dated[1])
    found = re.match(r"(?:\d+\.)*(\d+)", ids[-1])
    if found is None:
        return "0001"
    last = found[1]
    following = _second_after(last) if _is_timestamp(last) else str(int(last) + 1).zfill(len(last))
    return found[0].removesuffix(last) + following


def _day_after(date: str, separator: str) -> str:
    from datetime import date as day  # noqa: PLC0415 - only plans write names
    from datetime import timedelta  # noqa: PLC0415

    year, month, rest = date.split(separator, 2)
    following = day(int(year), int(month), int(rest[:2])) + timedelta(days=1)
    return following.strftime(f"%Y{separator}%m{separator}%d") + rest[2:]


def _is_timestamp(digits: str) -> bool:
    return (
        re.fullmatch(
            r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d",
            digits,
        )
        is not None
    )


def _second_after(digits: str) -> str:
    from datetime import datetime, timedelta  # noqa: PLC0415 - only plans write names

    moment = datetime.strptime(digits, "%Y%m%d%H%M%S") + timedelta(seconds=1)  # noqa: DTZ007 - a name, no moment in time
    return moment.strftime("%Y%m%d%H%M%S")


def slugged(slug: str) -> str:
    """Return a slug as it may stand in a file name."""
    return re.sub(r"[^a-z0-9]+", "_", slug.lower()).strip("_") or "migration"
