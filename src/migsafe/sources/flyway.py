"""Flyway: `V1__name.sql` in the order of versions, `R__name.sql` after them, `U1__` back.

Refinery and other tools have taken over the names.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache

from migsafe.model.errors import InputError
from migsafe.model.migration import Migration, Section, Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.sources.convention import Candidate, Convention, Keeps, Options, Order, Reading
from migsafe.sources.files import Files, parted
from migsafe.sources.sql_tree import next_number, read_tree, slugged

NAME = "flyway"
_ID = pattern(r"([^\W\d_]*)(\d+(?:[._]\d+)*)__.*")
# What names begin with, unless a configuration says otherwise.
_PREFIXES = {"": "V", "undo": "U", "baseline": "B", "repeatable": "R"}
_PREFIX = pattern(
    r"^[^#\n]*?(?<![A-Za-z])(?P<of>(?:repeatable|undo|baseline)?)[-_]?(?:sql)?[-_]?migration[-_]?prefix[\"']?"
    r"[ \t]*[=:>][ \t]*[\"']?(?P<prefix>[^\W\d_]*)",
    re.IGNORECASE | re.MULTILINE,
)
# What Flyway takes out of its transaction; beside other statements it refuses to.
_OUTSIDE = pattern(
    r"(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)\b|ALTER\s+SYSTEM\b"
    r"|(?:CREATE|DROP)(?:\s+UNIQUE)?\s+INDEX\s+CONCURRENTLY\b|VACUUM\b|DISCARD\s+ALL\b"
    r"|REINDEX(?:\s+VERBOSE)?\s+(?:SCHEMA|DATABASE|SYSTEM)\b",
    re.IGNORECASE,
)
_SCRIPT_SETTING = pattern(r"(?im)^[ \t]*executeInTransaction[ \t]*=[ \t]*(true|false)\b")
_MIXED = pattern(
    r"(?:(?:^|[\s.<\"'-])(?:flyway\.)?mixed\b[\"']?\s*[=:>]|FLYWAY_MIXED\s*[=:])\s*[\"']?true\b",
    re.IGNORECASE,
)
# Where the setting is written: Flyway's own files, builds, Spring, and scripts that call it.
_CONFIGURATION = pattern(
    r"flyway.*\.(?:toml|conf|sh|properties)|(?:Dockerfile|docker-compose).*flyway.*"
    r"|pom\.xml|build\.gradle(?:\.kts)?|application.*\.(?:properties|ya?ml)",
    re.IGNORECASE,
)
_LEVELS = 6
# Repeatable migrations run after all versions.
_AFTER_VERSIONS = 10**18


@record
class _Names:
    """What the names of a location's files look like."""

    versioned: re.Pattern[str]
    repeatable: re.Pattern[str]

    def has(self, name: str) -> bool:
        """Say whether a file of this name is SQL that Flyway runs."""
        if "__" not in name:
            return False
        found = self.versioned.fullmatch(name)
        return self.repeatable.fullmatch(name) is not None or (
            found is not None and found["suffix"] == "sql"
        )


@cache
def _names_with(prefixes: tuple[tuple[str, str], ...]) -> _Names:
    by = {of: re.escape(prefix) for of, prefix in prefixes}
    return _Names(
        re.compile(
            rf"(?:(?P<undo>{by['undo']})|(?P<baseline>{by['baseline']})|{by['']})"
            r"(?P<version>\d+(?:[._]\d+)*)__.*\.(?P<suffix>sql|java|kt)"
        ),
        re.compile(rf"{by['repeatable']}__(.*)\.sql"),
    )


def _names(directory: str, files: Files) -> _Names:
    """Return what names look like in a directory, by the configuration in or above it."""

    def ask() -> _Names:
        prefixes = dict(_PREFIXES)
        for text in _configurations(directory, files):
            for found in _PREFIX.finditer(text):
                prefixes[found["of"].lower()] = found["prefix"]
        return _names_with(tuple(prefixes.items()))

    return files.once(NAME, directory, ask)


def home(path: str, files: Files) -> str | None:
    """Return the location that a file lies in: the topmost directory that holds migrations."""
    directory, name = parted(path)
    if "__" not in name or not _names(directory, files).has(name):
        return None
    here = directory
    while here:
        above = os.path.dirname(here)
        # Flyway reads a location with what lies below it.
        names = _names(above, files)
        if not any(names.has(each) for each in files.names(above)):
            break
        here = above
    return here or "."


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a location, in the order in which an old database gets them."""
    here = "" if root == "." else root
    names = _names(here, files)
    candidates = _candidates(here, names, files, frozenset(given))
    reading = read_tree(root, NAME, candidates, given, files, options)
    mixed = any(_MIXED.search(text) for text in _configurations(here, files))
    migrations = tuple(_as_run(each, mixed=mixed) for each in reading.tree.migrations)
    return replace(reading, tree=replace(reading.tree, migrations=migrations))


def _as_run(migration: Migration, *, mixed: bool) -> Migration:
    """Return a migration as Flyway runs it, which looks at its statements for that."""
    up = _section_as_run(migration.up, mixed=mixed)
    down = None if migration.down is None else _section_as_run(migration.down, mixed=mixed)
    return replace(migration, up=up, down=down)


def _section_as_run(section: Section, *, mixed: bool) -> Section:
    outside = [_OUTSIDE.match(statement.sql) is not None for statement in section.statements]
    leaves = any(outside) if mixed else bool(outside) and all(outside)
    return replace(section, runner=Runner.NONE) if leaves else section


def _candidates(root: str, names: _Names, files: Files, given: frozenset[str]) -> list[Candidate]:
    ups: dict[Order, Candidate] = {}
    twice: list[Candidate] = []
    downs: dict[Order, str] = {}
    baselines: dict[Order, Candidate] = {}
    repeatable: list[tuple[str, Candidate]] = []
    for path in _below(root, names, files):
        name = os.path.basename(path)
        again = names.repeatable.fullmatch(name)
        runner = _runner(path, files)
        if again is not None:
            candidate = Candidate(name[:-4], None, path, None, runner, downs=False, repeatable=True)
            repeatable.append((again[1], candidate))
            continue
        found = names.versioned.fullmatch(name)
        if found is None:
            continue
        order = _order(found["version"])
        unread = None if found["suffix"] == "sql" else f"'{name}' is no SQL"
        stem = name.rpartition(".")[0]
        candidate = Candidate(stem, order, path, None, runner, downs=False, unread=unread)
        if found["undo"]:
            downs[order] = path
        elif found["baseline"]:
            baselines[order] = candidate
        elif order in ups:
            twice.append(candidate)
        else:
            ups[order] = candidate
    has_downs = bool(downs)
    for order, baseline in baselines.items():
        # A database that has run what stands before a baseline never runs it.
        if not any(version <= order for version in ups):
            ups[order] = baseline
    paired = [
        replace(each, down=downs.pop(order, None), downs=has_downs) for order, each in ups.items()
    ]
    chosen = [each.order for each in paired if each.up in given and each.order is not None]
    repeated = _repeated(repeatable, given, min(chosen, default=()))
    return [*paired, *twice, *_alone(downs), *repeated]


def _alone(downs: dict[Order, str]) -> Iterator[Candidate]:
    """Yield the ways back of versions that are not there."""
    for order, path in downs.items():
        stem = os.path.basename(path).removesuffix(".sql")
        yield Candidate(stem, order, None, path, Runner.FILE, downs=True)


def _repeated(
    found: list[tuple[str, Candidate]], given: frozenset[str], first: Order
) -> Iterator[Candidate]:
    """Yield the repeatable migrations, by their descriptions.

    They run after all versions; those that nobody asks about have run before the first version
    that is asked about.
    """
    for at, (_, candidate) in enumerate(sorted(found, key=lambda pair: pair[0])):
        released = bool(first) and candidate.up not in given
        place = (*first[:-1], first[-1] - 1, _AFTER_VERSIONS) if released else (_AFTER_VERSIONS,)
        yield replace(candidate, order=(*place, at))


def _order(version: str) -> Order:
    parts = [int(part) for part in version.replace("_", ".").split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        # 1.0 is 1.
        parts.pop()
    return tuple(parts)


def _below(root: str, own: _Names, files: Files) -> Iterator[str]:
    pending = [root]
    while pending:
        here = pending.pop()
        for name in sorted(files.names(here)):
            path = os.path.join(here, name)
            if own.versioned.fullmatch(name) or own.repeatable.fullmatch(name):
                yield path
            elif "." not in name and files.is_directory(path) and not files.is_link(path):
                pending.append(path)


def _runner(path: str, files: Files) -> Runner:
    """Return how a script's own settings have it run."""
    configuration = f"{path}.conf"
    if os.path.basename(configuration) in files.names(os.path.dirname(path)):
        said = _SCRIPT_SETTING.search(files.head(configuration))
        if said is not None and said[1].lower() == "false":
            return Runner.NONE
    return Runner.FILE


def _configurations(root: str, files: Files) -> Iterator[str]:
    """Yield the texts of the configurations that may speak of a location, the farthest first."""
    here = root
    found: list[str] = []
    for _ in range(_LEVELS):
        names = files.names(here)
        found += [
            os.path.join(here, name)
            for name in sorted(names, reverse=True)
            if _CONFIGURATION.fullmatch(name) is not None
        ]
        if ".git" in names:
            break
        here = os.path.normpath(os.path.join(here, os.pardir))
    for path in reversed(found):
        try:
            yield files.text(path)
        except InputError:
            # It is no text that Flyway could read either.
            continue


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the version after the last one."""
    ids = (*(migration.id for migration in tree.migrations), *tree.later)
    versions = [
        (_order(found[2]), found[2].replace("_", "."), found[1])
        for each in ids
        if (found := _ID.fullmatch(each)) is not None
    ]
    _, last, prefix = max(versions, default=((0,), "0", _PREFIXES[""]))
    return f"{prefix}{next_number(Tree(tree.root, NAME, (), later=(last,)))}__{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str | None]:
    """Return where a new version is written, and its way back where the tree has some."""
    up = os.path.normpath(os.path.join(tree.root, f"{id}.sql"))
    downs = [m.down.path for m in tree.migrations if m.down is not None]
    own = _ID.fullmatch(id)
    last = _ID.fullmatch(os.path.basename(downs[-1])) if downs else None
    if own is None or last is None:
        return up, None
    back = f"{last[1]}{id.removeprefix(own[1])}.sql"
    return up, os.path.normpath(os.path.join(tree.root, back))


_KEEPS = Keeps(
    # Ends of lines are not in its checksum; comments are.
    text=lambda up: "\n".join(up.text.splitlines()),
    edited="Flyway refuses to run anything (checksum mismatch)",
    gone="Flyway refuses to run anything (an applied migration is not there)",
    late="Flyway refuses to run anything, or passes it by, unless outOfOrder is set",
)
CONVENTION = Convention(NAME, 10, home, read, next_name, paths, title="Flyway", keeps=_KEEPS)
