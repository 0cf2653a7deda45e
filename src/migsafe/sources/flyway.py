"""Flyway: `V1__name.sql` in the order of versions, `R__name.sql` after them, `U1__` back.

Refinery and other tools have taken over the names.
"""

import os
import re
from collections.abc import Iterator, Sequence

from migsafe.model.migration import Migration, Section, Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.sources.convention import Candidate, Convention, Options, Order, Reading
from migsafe.sources.files import Files, parted
from migsafe.sources.sql_tree import next_number, read_tree, slugged

NAME = "flyway"
_VERSIONED = pattern(r"([VUB])(\d+(?:[._]\d+)*)__(.*)\.(sql|java|kt)")
_REPEATABLE = pattern(r"R__(.*)\.sql")
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


def home(path: str, files: Files) -> str | None:
    """Return the location that a file lies in: the topmost directory that holds migrations."""
    directory, name = parted(path)
    if not _is_own(name):
        return None
    here = directory
    while here:
        above = os.path.dirname(here)
        # Flyway reads a location with what lies below it.
        if not any(_is_own(each) for each in files.names(above)):
            break
        here = above
    return here or "."


def _is_own(name: str) -> bool:
    return _REPEATABLE.fullmatch(name) is not None or (
        (found := _VERSIONED.fullmatch(name)) is not None and found[4] == "sql"
    )


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a location, in the order in which an old database gets them."""
    here = "" if root == "." else root
    candidates = _candidates(here, files, frozenset(given))
    reading = read_tree(root, NAME, candidates, given, files, options)
    mixed = _is_mixed(here, files)
    migrations = tuple(_as_run(each, mixed=mixed) for each in reading.tree.migrations)
    return replace(reading, tree=replace(reading.tree, migrations=migrations))


def _as_run(migration: Migration, *, mixed: bool) -> Migration:
    """Return a migration as Flyway runs it, which looks at its statements for that."""
    up = _section_as_run(migration.up, mixed=mixed)
    down = None if migration.down is None else _section_as_run(migration.down, mixed=mixed)
    repeatable = _REPEATABLE.fullmatch(os.path.basename(migration.path)) is not None
    return replace(migration, up=up, down=down, repeatable=repeatable)


def _section_as_run(section: Section, *, mixed: bool) -> Section:
    outside = [_OUTSIDE.match(statement.sql) is not None for statement in section.statements]
    leaves = any(outside) if mixed else bool(outside) and all(outside)
    return replace(section, runner=Runner.NONE) if leaves else section


def _candidates(root: str, files: Files, given: frozenset[str]) -> list[Candidate]:
    ups: dict[Order, Candidate] = {}
    twice: list[Candidate] = []
    downs: dict[Order, str] = {}
    baselines: dict[Order, Candidate] = {}
    repeatable: list[tuple[str, Candidate]] = []
    for path in _below(root, files):
        name = os.path.basename(path)
        again = _REPEATABLE.fullmatch(name)
        runner = _runner(path, files)
        if again is not None:
            candidate = Candidate(name[:-4], None, path, None, runner, downs=False)
            repeatable.append((again[1], candidate))
            continue
        found = _VERSIONED.fullmatch(name)
        if found is None:
            continue
        kind, version, _, suffix = found.groups()
        order = _order(version)
        unread = None if suffix == "sql" else f"'{name}' is no SQL"
        stem = name.rpartition(".")[0]
        candidate = Candidate(stem, order, path, None, runner, downs=False, unread=unread)
        if kind == "U":
            downs[order] = path
        elif kind == "B":
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


def _below(root: str, files: Files) -> Iterator[str]:
    pending = [root]
    while pending:
        here = pending.pop()
        for name in sorted(files.names(here)):
            path = os.path.join(here, name)
            if _VERSIONED.fullmatch(name) is not None or _REPEATABLE.fullmatch(name) is not None:
                yield path
            elif "." not in name and os.path.isdir(path) and not os.path.islink(path):
                pending.append(path)


def _runner(path: str, files: Files) -> Runner:
    """Return how a script's own settings have it run."""
    configuration = f"{path}.conf"
    if os.path.basename(configuration) in files.names(os.path.dirname(path)):
        said = _SCRIPT_SETTING.search(files.head(configuration))
        if said is not None and said[1].lower() == "false":
            return Runner.NONE
    return Runner.FILE


def _is_mixed(root: str, files: Files) -> bool:
    """Say whether a configuration in or above the location lets a file mix both kinds."""
    here = root
    for _ in range(_LEVELS):
        names = files.names(here)
        found = [name for name in names if _CONFIGURATION.fullmatch(name) is not None]
        if any(_MIXED.search(files.head(os.path.join(here, name))) for name in found):
            return True
        if ".git" in names:
            return False
        here = os.path.normpath(os.path.join(here, os.pardir))
    return False


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the version after the last one."""
    ids = (*(migration.id for migration in tree.migrations), *tree.later)
    versions = [
        (_order(found[2]), found[2].replace("_", "."))
        for each in ids
        if (found := _VERSIONED.fullmatch(f"{each}.sql")) is not None
    ]
    last = max(versions, default=((0,), "0"))[1]
    return f"V{next_number(Tree(tree.root, NAME, (), later=(last,)))}__{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str | None]:
    """Return where a new version is written, and its way back where the tree has some."""
    up = os.path.normpath(os.path.join(tree.root, f"{id}.sql"))
    if not any(migration.down is not None for migration in tree.migrations):
        return up, None
    return up, os.path.normpath(os.path.join(tree.root, f"U{id[1:]}.sql"))


CONVENTION = Convention(NAME, 10, home, read, next_name, paths, title="Flyway")
