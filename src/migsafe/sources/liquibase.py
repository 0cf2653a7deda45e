"""Liquibase's formatted SQL: changesets in a file, each a migration with its rollback."""

import os
import re
from collections.abc import Iterator, Sequence

from migsafe.model.errors import InputError
from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.parsers.split import PieceKind, split
from migsafe.sources.convention import Candidate, Convention, NewFile, Options, Reading, Script
from migsafe.sources.files import Files, parted
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
_INCLUDED = pattern(r"(?<![\w-])file[\"']?\s*[=:]\s*[\"']?([^\"'\s>,}]+)")
_CHANGELOG = pattern(r".*changelog.*\.(?:xml|ya?ml|json)", re.IGNORECASE)
_QUOTED = ' "'
_DIALECTS = {"postgres": "postgresql"}


def home(path: str, files: Files) -> str | None:
    """Return the directory of a SQL file."""
    del files
    return (parted(path)[0] or ".") if path.endswith(".sql") else None


def shows(path: str, files: Files) -> bool:
    """Say whether the file begins with Liquibase's line, in a directory that knows it."""
    directory, _ = parted(path)

    def ask() -> bool:
        names = sorted(name for name in files.names(directory) if name.endswith(".sql"))
        return any(_begins(os.path.join(directory, name), files) for name in names[:1] + names[-1:])

    return files.once(NAME, directory, ask) and _begins(path, files)


def _begins(path: str, files: Files) -> bool:
    return _HEAD.match(files.head(path)) is not None


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the changesets of a directory's files, in the order in which they are included."""
    found: list[Candidate] = []
    skipped: list[str] = []
    for at, path in enumerate(_ordered("" if root == "." else root, files)):
        if not path.endswith(".sql"):
            name = os.path.basename(path)
            unread = f"'{name}' is no SQL"
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
    reading = read_tree(root, NAME, found, given, files, options)
    return replace(reading, skipped=tuple(skipped))


def _ordered(directory: str, files: Files) -> list[str]:
    """Return the files that a changelog beside or above includes, then those that none does."""
    own = [
        os.path.join(directory, name)
        for name in sorted(files.names(directory))
        if name.endswith(".sql") and _begins(os.path.join(directory, name), files)
    ]
    for here in (directory, os.path.normpath(os.path.join(directory, os.pardir))):
        for name in sorted(files.names(here)):
            if _CHANGELOG.fullmatch(name) is None:
                continue
            included = list(_included(os.path.join(here, name), directory, files))
            if not set(own).isdisjoint(included):
                return [*included, *(path for path in own if path not in included)]
    return own


def _included(changelog: str, directory: str, files: Files) -> Iterator[str]:
    """Yield the files of a directory that a changelog includes.

    It names them from the directory that Liquibase looks in, or from its own.
    """
    try:
        text = files.text(changelog)
    except InputError:
        return
    here = files.names(directory)
    for found in _INCLUDED.finditer(text):
        folder, name = os.path.split(os.path.normpath(found[1]))
        if name in here and f"/{os.path.abspath(directory)}".endswith(
            f"/{folder}" if folder else ""
        ):
            yield os.path.join(directory, name)


def _ends_with(directory: str, folder: str) -> bool:
    return not folder or directory == folder or directory.endswith(f"{os.sep}{folder}")


def _changesets(path: str, text: str, at: int, options: Options) -> Iterator[Candidate]:
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
        yield Candidate(
            f"{author}:{id_}", (at, number), path, None, Runner.FILE, downs=True, ways=ways
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


CONVENTION = Convention(
    NAME, 8, home, read, next_name, paths, shows=shows, title="Liquibase", files=written
)
