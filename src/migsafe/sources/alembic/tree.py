"""Reads the revisions of an Alembic environment."""

import ast
import gc
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
from migsafe.model.record import record, replace
from migsafe.sources import cache
from migsafe.sources.alembic.asked import Noting, Question
from migsafe.sources.alembic.comments import comments_in, directives
from migsafe.sources.alembic.environment import (
    Environment,
    environment_of,
    is_per_migration,
)
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.handed import handed_by
from migsafe.sources.alembic.history import Node, arranged
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.imports import Beside, application_imports
from migsafe.sources.alembic.modules import read_module
from migsafe.sources.alembic.revision import (
    Header,
    header_of_unread,
    header_span,
    is_revision,
    read_header,
)
from migsafe.sources.alembic.session import session_of
from migsafe.sources.alembic.values import Module, Value
from migsafe.sources.cache import History
from migsafe.sources.convention import Options, Reading
from migsafe.sources.files import Files


@record
class _Revision:
    """A file whose header was read; `module` is None where it is not parsed, or not Python."""

    node: Node
    module: Module | None
    text: str
    error: InputError | None = None

    @property
    def parsed(self) -> Module:
        """The module, parsed now if only its header was needed before."""
        return read_module(self.text, self.node.path) if self.module is None else self.module


@record
class _Header:
    """What a header says, and what is wrong with it."""

    node: Node
    problems: tuple[HistoryProblem, ...]


@record
class _Runs:
    """How the revisions of an environment are run, and what they can see of the repository."""

    convention: str
    runner: Runner
    importer: Noting
    handed: Mapping[str, Value]
    beside: Beside
    placeholders: Mapping[str, str]


@dataclass(slots=True)
class _Found:
    """What the files of an environment hold; `others` are no revisions."""

    revisions: dict[str, _Revision] = field(default_factory=dict)
    problems: list[HistoryProblem] = field(default_factory=list)
    errors: list[FileError] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def home_of(path: str, files: Files) -> str:
    """Return the root of a Python file's tree; the file itself if it is no revision."""
    directory = os.path.dirname(path) or "."
    environment = environment_of(directory, files)
    if environment is not None:
        return environment.script
    try:
        return directory if is_revision(files.text(path)) else path
    except InputError:
        return directory


def read_tree(
    root: str, name: str, given: Sequence[str], files: Files, options: Options
) -> Reading:
    """Return the revisions of an environment, read up to the last given one."""
    environment = _environment(root, given, files)
    found = _Found()
    was_enabled = gc.isenabled()
    gc.disable()  # Thousands of small trees, none of them cyclic garbage.
    try:
        with warnings.catch_warnings():
            # Invalid escapes in other people's strings are not our user's business.
            warnings.simplefilter("ignore")
            importer = Noting(files, environment.paths)
            runner = Runner.FILE if is_per_migration(environment, files) else Runner.RUN
            beside = Beside(environment.script, environment.paths, files)
            handed = handed_by(environment, files, importer)
            runs = _Runs(name, runner, importer, handed, beside, options.placeholders)
            about = _deciding(environment, runs, files)
            wanted = frozenset(given)
            paths = wanted.union(_sources(environment, files) if options.history else ())
            replayed = len(paths) - len(wanted) if _only_up(options) else 0
            with cache.history(replayed, *about) as kept:
                for path in sorted(paths):
                    _find(path, files, importer, found, None if path in wanted else kept)
                reading = _reading(root, found, wanted, runs, options, kept)
            tree = replace(reading.tree, session=session_of(environment, files))
            if options.render:
                from migsafe.sources.alembic.rendered import rendered  # noqa: PLC0415  on request

                tree = rendered(tree, environment, options.dialect)
            return replace(reading, tree=tree)
    finally:
        if was_enabled:
            gc.enable()


def _only_up(options: Options) -> bool:
    """Say whether ways down of history are not needed; Alembic writes those of all."""
    return options.judging and not options.render


def _deciding(environment: Environment, runs: _Runs, files: Files) -> tuple[str, ...]:
    """Return what decides how a revision is read, apart from its own text."""
    try:
        env = files.text(os.path.normpath(os.path.join(environment.script, "env.py")))
    except InputError:
        env = ""
    placeholders = repr(sorted(runs.placeholders.items()))
    handed = runs.importer.answered(runs.importer.asked())
    return runs.convention, repr(environment), runs.runner, placeholders, env, *handed


def _find(path: str, files: Files, importer: Noting, found: _Found, kept: History | None) -> None:
    try:
        text = files.text(path)
        if is_revision(text):
            revision = _headed(path, text, importer, found.problems, kept)
        else:
            found.others.append(path)
            return
    except InputError as error:
        found.errors.append(_file_error(path, error))
        return
    if revision.error is not None:
        found.errors.append(_file_error(path, revision.error))
    _keep(revision, found)


def _file_error(path: str, error: InputError) -> FileError:
    return FileError(error.path or path, error.message, error.help, error.line)


def _environment(root: str, given: Sequence[str], files: Files) -> Environment:
    locations: list[str] = []
    recursive = False
    url: str | None = None
    paths: list[str] = []
    configured: Environment | None = None
    for directory in dict.fromkeys(os.path.dirname(path) or "." for path in given):
        found = environment_of(directory, files)
        if found is not None:
            locations.extend(found.locations)
            recursive = recursive or found.recursive
            url = url or found.url
            paths.extend(found.paths)
            configured = configured or found
        elif root == directory:
            locations.append(directory)
    return Environment(
        root,
        tuple(dict.fromkeys(locations)),
        recursive,
        url,
        tuple(dict.fromkeys(paths)),
        None if configured is None else configured.configuration,
        "alembic" if configured is None else configured.section,
    )


def _sources(environment: Environment, files: Files) -> Iterator[str]:
    pending = list(environment.locations)
    while pending:
        here = pending.pop()
        for name in files.names(here):
            path = os.path.normpath(os.path.join(here, name))
            if name.endswith(".py") and not name.startswith(("__init__", ".#")):
                if files.exists(path):
                    yield path
            elif environment.recursive and files.is_directory(path) and name[0] not in "._":
                pending.append(path)


def _headed(
    path: str,
    text: str,
    importer: Noting,
    problems: list[HistoryProblem],
    kept: History | None,
) -> _Revision:
    """Return a revision with its header; one that is history from the cache, not parsed yet."""
    if kept is None:
        return _revision(path, text, importer, problems)
    key = kept.key("header", path, text)
    header = kept.row(key, _Header)
    if header is not None and header.node.path == path:
        problems.extend(header.problems)
        return _Revision(header.node, None, text)
    importer.asked()
    own: list[HistoryProblem] = []
    revision = _revision(path, text, importer, own)
    if revision.error is None and not importer.asked():
        kept.keep(key, _Header(revision.node, tuple(own)), _Header)
    problems.extend(own)
    return revision


def _revision(
    path: str, text: str, importer: Importer, problems: list[HistoryProblem]
) -> _Revision:
    stem = os.path.splitext(os.path.basename(path))[0]
    location = os.path.dirname(path)
    try:
        module = read_module(text, path)
    except InputError as error:
        key, down = header_of_unread(text)
        node = Node(key or stem, path, location, (down,) if down else (), (), (), *_NOWHERE)
        return _Revision(node, None, text, error)
    header = read_header(module, importer)
    problems.extend(_header_problems(path, header, module))
    node = Node(
        header.revision or stem,
        path,
        location,
        header.down,
        header.labels,
        header.depends_on,
        header_span(module, "revision"),
        header_span(module, "down_revision"),
    )
    return _Revision(node, module, text)


_NOWHERE = (Span(0, 0), Span(0, 0))


def _header_problems(path: str, header: Header, module: Module) -> Iterator[HistoryProblem]:
    for name in header.unknown:
        yield HistoryProblem(
            path,
            f"'{name}' is computed: its value is not known without running the file",
            f"Write {name} as a literal.",
            header_span(module, name),
        )


def _keep(revision: _Revision, found: _Found) -> None:
    revisions, problems = found.revisions, found.problems
    node = revision.node
    first = revisions.get(node.id)
    if first is None:
        revisions[node.id] = revision
        return
    problems.append(
        HistoryProblem(
            node.path,
            f"revision '{node.id}' is there twice: here and in {first.node.path}",
            "Give one of them another revision id.",
            node.revision_span,
        )
    )
    key = f"{node.id}@{os.path.basename(node.path)}"
    renamed = Node(
        key, node.path, node.location, node.down, node.labels, node.depends_on,
        node.revision_span, node.down_span,
    )  # fmt: skip
    revisions[key] = _Revision(renamed, revision.module, revision.text, revision.error)


def _reading(
    root: str,
    found: _Found,
    wanted: frozenset[str],
    runs: _Runs,
    options: Options,
    kept: History | None,
) -> Reading:
    revisions = found.revisions
    history = arranged([revision.node for revision in revisions.values()], complete=options.history)
    chosen = [revisions[key].node.path in wanted for key in history.order]
    last = len(chosen) - chosen[::-1].index(True) if True in chosen else 0
    migrations = []
    given = set()
    for key, is_given in zip(history.order[:last], chosen, strict=False):
        revision = revisions[key]
        if revision.error is not None:
            if not is_given:
                migrations.append(_unread(revision, runs))
            continue
        if not is_given and _only_up(options):
            migrations.append(_way_up(revision, runs, kept))
            continue
        module = revision.parsed
        migration = _migration(revision, module, runs)
        if is_given:
            given.add(key)
            taken = tuple(application_imports(module, revision.node.path, runs.beside))
            migration = replace(migration, imports=taken) if taken else migration
        migrations.append(migration)
    tree = Tree(
        root,
        runs.convention,
        tuple(migrations),
        (*found.problems, *history.problems),
        history.heads,
        history.order[last:],
    )
    skipped = tuple(path for path in found.others if path in wanted)
    return Reading(tree, frozenset(given), tuple(found.errors), skipped)


def _way_up(revision: _Revision, runs: _Runs, kept: History | None) -> Migration:
    """Return a revision that only goes up, from the cache if it was read before."""
    node, text, importer = revision.node, revision.text, runs.importer
    if kept is None:
        return _migration(revision, revision.parsed, runs, only_up=True)
    of = repr(node), text
    # What asks nothing never does, whatever the answers are.
    for asked in ((), kept.row(kept.key("asked", *of), tuple[Question, ...])):
        if asked is not None:
            key = kept.key("up", *of, *importer.answered(asked))
            known = kept.migration(key, node.id, node.path, text)
            if known is not None:
                return known
    importer.asked()
    migration = _migration(revision, revision.parsed, runs, only_up=True)
    asked = importer.asked()
    if asked:
        kept.keep(kept.key("asked", *of), asked, tuple[Question, ...])
    kept.keep_migration(kept.key("up", *of, *importer.answered(asked)), migration)
    return migration


def _migration(
    revision: _Revision, module: Module, runs: _Runs, *, only_up: bool = False
) -> Migration:
    path = revision.node.path
    said = directives(revision.text, module.places)
    up = _section(module, path, SectionName.UP, runs, said)
    if up is None:
        # An import, an assignment or nothing at all: what it does is not known.
        missing = (_not_there(path, SectionName.UP, "upgrade"),)
        up = Section(SectionName.UP, path, module.text, missing, runs.runner, said)
    if only_up:
        return Migration(
            revision.node.id, path, runs.convention, up, None, Down.UNREAD, revision.node.down
        )
    down = _section(module, path, SectionName.DOWN, runs, said)
    node = module.functions.get("downgrade")
    reason = None
    state = Down.MISSING
    if down is not None:
        state = _down_state(node, down)
        if state is not Down.PRESENT and node is not None:
            reason = _reason(node, module)
    return Migration(
        revision.node.id,
        path,
        runs.convention,
        up,
        down,
        state,
        revision.node.down,
        reason,
    )


def _section(
    module: Module,
    path: str,
    name: SectionName,
    runs: _Runs,
    said: tuple[Directive, ...],
) -> Section | None:
    function = "upgrade" if name is SectionName.UP else "downgrade"
    walk = Walk(module, path, name, runs.importer, runs.handed, runs.placeholders)
    statements = walk.function(function)
    if statements is None:
        if function not in module.defining and function not in module.imports:
            return None
        statements = (_not_there(path, name, function),)
    return Section(name, path, module.text, statements, runs.runner, said)


def _not_there(path: str, name: SectionName, function: str) -> Statement:
    origin = Origin(path, name, Span(0, 0), Span(0, 0), Span(0, 0))
    reason = f"the file defines no function '{function}'"
    return Statement("", Span(0, 0), (Unrecognized(Cause.CALL, reason, origin=origin),))


def _down_state(node: ast.FunctionDef | ast.AsyncFunctionDef | None, down: Section) -> Down:
    if node is None:
        return Down.PRESENT if down.statements else Down.EMPTY
    body = [
        statement
        for statement in node.body
        if not isinstance(statement, ast.Pass)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    if body and isinstance(body[0], ast.Raise):
        return Down.RAISES
    if down.statements:
        return Down.PRESENT
    if any(isinstance(each, ast.Raise) for each in body):
        return Down.RAISES
    return Down.EMPTY


def _reason(node: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> str | None:
    """Return what a comment, a docstring or a raised message in an empty way down says."""
    start = module.places.span(node)
    parts = list(comments_in(module.text, module.places, start))
    documented = ast.get_docstring(node)
    if documented:
        parts.append(documented)
    for statement in node.body:
        if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call):
            parts.extend(
                argument.value
                for argument in statement.exc.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )
    said = " ".join(" ".join(parts).split())
    return said or None


def _unread(revision: _Revision, runs: _Runs) -> Migration:
    """Return what stands in history for a revision that is not Python."""
    path = revision.node.path
    origin = Origin(path, SectionName.UP, Span(0, 0), Span(0, 0), Span(0, 0))
    reason = "" if revision.error is None else revision.error.message
    unread = Unrecognized(Cause.CALL, reason, origin=origin)
    up = Section(
        SectionName.UP,
        path,
        revision.text,
        (Statement("", Span(0, 0), (unread,)),),
        runs.runner,
    )
    return Migration(
        revision.node.id, path, runs.convention, up, None, Down.MISSING, revision.node.down
    )
