"""Liquibase's formatted SQL: changesets in a file, each a migration with its rollback."""

import os
import re
from collections.abc import Iterator, Sequence

from migsafe.model.errors import InputError
from migsafe.model.migration import Section, Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers.split import PieceKind, split
from migsafe.sources.convention import (
    Candidate,
    Convention,
    Keeps,
    NewFile,
    Options,
    Reading,
    Script,
)
from migsafe.sources.files import Files, parted, walk
from migsafe.sources.marks import Part, Way
from migsafe.sources.sql_tree import next_number, read_tree, slugged

NAME = "liquibase"
_HEAD = pattern(r"\s*--[ \t]*liquibase formatted sql\b", re.IGNORECASE)
_CHANGESET = pattern(
    r"^[ \t]*--[ \t]*changeset[ \t]+(?P<author>\"[^\"\n]*\"|[^:\n]*?):(?P<id>\"[^\"\n]*\"|\S+)"
    r"(?P<attributes>[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_ATTRIBUTE = pattern(r"(\w+):(?:\"([^\"]*)\"|(\S+))")
# One line each, or a whole comment.
_ROLLBACK_LINES = pattern(
    r"(?:^[ \t]*--[ \t]*rollback\b[^\n]*(?:\n|\Z))+", re.IGNORECASE | re.MULTILINE
)
_ROLLBACK_WORD = pattern(r"^[ \t]*--[ \t]*rollback\b", re.IGNORECASE | re.MULTILINE)
_ROLLBACK_COMMENT = pattern(r"/\*[ \t]*liquibase rollback\b(.*?)\*/", re.IGNORECASE | re.DOTALL)
_NOTHING = pattern(r"\s*(?:empty|not required)?[\s;]*", re.IGNORECASE)
# What a changelog runs, in its order: changesets of its own, files, directories.
_ENTRY = pattern(
    r"\bchangeSet\b|\binclude(?P<all>All)?\b[^>}]{0,400}?\b(?:file|path)[\"']?\s*[=:]\s*[\"']?"
    r"(?:classpath\*?:)?/?(?P<path>[^\"'\s>,}]+)"
)
_REMARK = pattern(r"<!--.*?-->|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)
_CHANGELOG = pattern(r".*\.(?:xml|ya?ml|json)", re.IGNORECASE)
_LEVELS = 6
_DEEPEST = 16
_AGAIN = ("runonchange", "runalways")
_QUOTED = ' "'
_DIALECTS = {"postgres": "postgresql"}


@record
class _Log:
    """The files that a changelog runs in its order, and the directory that holds the SQL."""

    root: str
    files: tuple[str, ...]


def home(path: str, files: Files) -> str | None:
    """Return the directory of a SQL file, or the one above that its changelog runs."""
    if not path.endswith(".sql"):
        return None
    directory, _ = parted(path)
    log = _log_of(path, files) if _speaks(directory, files) else None
    return (directory or ".") if log is None else log.root


def shows(path: str, files: Files) -> bool:
    """Say whether the file begins with Liquibase's line or a changelog runs it.

    It stands in a directory that knows the line.
    """
    directory, _ = parted(path)
    return _speaks(directory, files) and (_begins(path, files) or _log_of(path, files) is not None)


def _speaks(directory: str, files: Files) -> bool:
    def ask() -> bool:
        names = sorted(name for name in files.names(directory) if name.endswith(".sql"))
        return any(_begins(os.path.join(directory, name), files) for name in names[:1] + names[-1:])

    return files.once(NAME, directory, ask)


def _begins(path: str, files: Files) -> bool:
    return _HEAD.match(files.head(path)) is not None


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the changesets of a directory's files, in the order in which they are included."""
    found: list[Candidate] = []
    skipped: list[str] = []
    for at, path in enumerate(_ordered("" if root == "." else root, files)):
        if not path.endswith(".sql"):
            name = os.path.basename(path)
            unread = f"'{name}' is no SQL" if files.exists(path) else f"'{path}' is not there"
            found.append(Candidate(name, (at,), path, None, Runner.FILE, downs=True, unread=unread))
            continue
        try:
            text = files.text(path)
        except InputError:
            # It is opened again when it is read, and reported there.
            found.append(Candidate(path, (at,), path, None, Runner.FILE, downs=True))
            continue
        changesets = list(_changesets(path, text, at, options))
        if not changesets and path in given:
            skipped.append(path)
        found.extend(changesets)
    reading = read_tree(root, NAME, _told_apart(found), given, files, options)
    return replace(reading, skipped=tuple(skipped))


def _told_apart(found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield candidates whose ids are unique: to Liquibase the file's name is part of an id."""
    seen: set[str] = set()
    for each in found:
        id_ = each.id if each.id not in seen else f"{each.paths[0]}::{each.id}"
        seen.add(id_)
        yield replace(each, id=id_)


def _ordered(directory: str, files: Files) -> list[str]:
    """Return the files that changelogs run, then those of the directory that none does."""
    run = [
        path
        for log in _logs(directory, files)
        if log.root == (directory or ".")
        for path in log.files
    ]
    own = [
        os.path.join(directory, name)
        for name in sorted(files.names(directory))
        if name.endswith(".sql") and _begins(os.path.join(directory, name), files)
    ]
    return list(dict.fromkeys((*run, *own)))


def _log_of(path: str, files: Files) -> _Log | None:
    """Return the changelog that runs a file."""
    directory, _ = parted(path)
    return next((log for log in _logs(directory, files) if path in log.files), None)


def _logs(directory: str, files: Files) -> tuple[_Log, ...]:
    """Return the changelogs in and above a directory that run SQL files.

    One that others include runs fewer files, and comes after them.
    """

    def ask() -> tuple[_Log, ...]:
        here = directory
        found: list[_Log] = []
        for _ in range(_LEVELS):
            names = files.names(here)
            for name in sorted(names):
                log = _log(os.path.join(here, name), files)
                if log is not None:
                    found.append(log)
            if ".git" in names:
                break
            here = os.path.normpath(os.path.join(here, os.pardir))
        return tuple(sorted(found, key=lambda log: -len(log.files)))

    return files.once("changelogs", directory, ask)


def _log(path: str, files: Files) -> _Log | None:
    if not _is_changelog(path, files):
        return None

    def ask() -> _Log | None:
        run = tuple(dict.fromkeys(_run(path, files, ())))
        folders = [os.path.dirname(each) for each in run if each.endswith(".sql")]
        return _Log(os.path.commonpath(folders) or ".", run) if folders else None

    return files.once("changelog", path, ask)


def _is_changelog(path: str, files: Files) -> bool:
    return _CHANGELOG.fullmatch(path) is not None and (
        "changelog" in os.path.basename(path).lower() or "databaseChangeLog" in files.head(path)
    )


def _run(changelog: str, files: Files, above: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that a changelog runs, itself where it holds changesets of its own."""
    if changelog in above or len(above) > _DEEPEST:
        return
    try:
        text = _REMARK.sub("", files.text(changelog))
    except InputError:
        return
    for entry in _ENTRY.finditer(text):
        if entry["path"] is None:
            yield changelog
            continue
        for path in _named(entry["path"], changelog, files, whole=entry["all"] is not None):
            if _is_changelog(path, files):
                yield from _run(path, files, (*above, changelog))
            else:
                yield path


def _named(name: str, changelog: str, files: Files, *, whole: bool) -> list[str]:
    """Return the files of an entry.

    It names them from its own directory, or from one above, where Liquibase looks.
    """
    here = os.path.dirname(changelog)
    for _ in range(_LEVELS):
        path = os.path.normpath(os.path.join(here, name))
        if whole and files.is_directory(path):
            below = sorted(walk(path, files))
            return [each for each in below if each.endswith(".sql")]
        if not whole and files.exists(path):
            return [path]
        here = os.path.normpath(os.path.join(here, os.pardir))
    return [os.path.normpath(os.path.join(os.path.dirname(changelog), name))]


def _changesets(path: str, text: str, at: int, options: Options) -> Iterator[Candidate]:
    if _HEAD.match(text) is None:
        # A changelog runs a file without the line as one changeset.
        way = Way((Part(0, text),), Runner.FILE)
        name = os.path.basename(path)
        yield Candidate(name, (at,), path, None, Runner.FILE, downs=True, ways=(way, None))
        return
    marks = list(_CHANGESET.finditer(text))
    if marks and _holds_sql(text[: marks[0].start()]):
        name = os.path.basename(path)
        unread = f"'{name}' holds statements before its first changeset"
        yield Candidate(name, (at, -1), path, None, Runner.FILE, downs=True, unread=unread)
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        attributes = {
            found[1].lower(): found[2] if found[2] is not None else found[3]
            for found in _ATTRIBUTE.finditer(mark["attributes"])
        }
        if not _runs_on(attributes.get("dbms", ""), options.dialect):
            continue
        author, id_ = (mark[key].strip(_QUOTED) for key in ("author", "id"))
        ways = _ways(text, mark.end(), end, attributes)
        again = any(attributes.get(word, "").lower() == "true" for word in _AGAIN)
        yield Candidate(
            f"{author}:{id_}",
            (at, number),
            path,
            None,
            Runner.FILE,
            # What replaces what stood there before is taken back by its text of before.
            downs=not again,
            ways=ways,
            repeatable=again,
        )


def _holds_sql(text: str) -> bool:
    try:
        pieces = split(text).pieces
    except InputError:
        return True
    return any(piece.kind is not PieceKind.BLANK for piece in pieces)


def _runs_on(servers: str, dialect: str) -> bool:
    """Say whether a changeset runs on the server of a dialect, by its `dbms`."""
    named = [name.strip().lower() for name in servers.split(",") if name.strip()]
    own = _DIALECTS.get(dialect, dialect)
    if f"!{own}" in named:
        return False
    wanted = [name for name in named if not name.startswith("!")]
    return not wanted or own in wanted or "all" in wanted


def _ways(text: str, start: int, end: int, attributes: dict[str, str]) -> tuple[Way, Way | None]:
    back = [
        Part(found.start(), _ROLLBACK_WORD.sub(_blank, found[0]))
        for found in _ROLLBACK_LINES.finditer(text, start, end)
    ]
    back += [
        Part(found.start(1), found[1]) for found in _ROLLBACK_COMMENT.finditer(text, start, end)
    ]
    if attributes.get("runintransaction", "true").lower() != "false":
        runner = Runner.FILE
    elif attributes.get("splitstatements", "true").lower() == "false":
        runner = Runner.QUERY
    else:
        runner = Runner.NONE
    up = _sent(text, start, end, attributes.get("enddelimiter"))
    if not back:
        return Way(up, runner), None
    written = tuple(part for part in back if _NOTHING.fullmatch(part.sql) is None)
    return Way(up, runner), Way(written, runner)


def _sent(text: str, start: int, end: int, delimiter: str | None) -> tuple[Part, ...]:
    """Return what stands between the delimiters of a changeset that has its own."""
    if delimiter in {None, ";"}:
        return (Part(start, text[start:end]),)
    # Liquibase takes it for a regular expression where it looks like one.
    looked = delimiter if "\\" in delimiter else re.escape(delimiter)
    try:
        cut = re.compile(rf"(?:{looked})[ \t]*$", re.IGNORECASE | re.MULTILINE)
    except re.error:
        return (Part(start, text[start:end]),)
    ends = [(found.start(), found.end()) for found in cut.finditer(text, start, end)]
    starts = [start, *(after for _, after in ends)]
    stops = [*(before for before, _ in ends), end]
    return tuple(Part(a, text[a:b]) for a, b in zip(starts, stops, strict=True))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of a changeset after the last one."""
    last = tuple(
        each.rpartition(":")[2] for each in (*(m.id for m in tree.migrations), *tree.later)
    )
    return f"migsafe:{next_number(Tree(tree.root, NAME, (), later=last[-1:]))}_{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new changeset is written: a file of its own, with its rollback."""
    path = os.path.normpath(os.path.join(tree.root, f"{id.rpartition(':')[2]}.sql"))
    return path, path


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the file of a new changeset."""
    id_ = os.path.basename(script.up_path).removesuffix(".sql")
    how = "" if script.transactional else " runInTransaction:false"
    head = f"--liquibase formatted sql\n\n--changeset migsafe:{id_}{how}\n"
    back = f"/* liquibase rollback\n{script.down}*/\n"
    return (NewFile(script.up_path, f"{head}{script.up}\n{back}"),)


def _summed(up: Section) -> str:
    """Return a changeset's SQL as its checksum sees it: blanks do not count, comments in it do."""
    return " ".join(" ".join(statement.sql for statement in up.statements).split())


_KEEPS = Keeps(
    text=_summed,
    edited="Liquibase refuses to run anything (validation failed: checksum)",
    late="Liquibase runs it after them",
    runs_late=True,
)
CONVENTION = Convention(
    NAME,
    8,
    home,
    read,
    next_name,
    paths,
    shows=shows,
    title="Liquibase",
    files=written,
    keeps=_KEEPS,
)
