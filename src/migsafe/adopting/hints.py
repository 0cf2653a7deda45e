"""What a project's files say about its database: the dialect, and the server's version.

No value is passed on but a dialect, a version, and the file that it was read from: the files read
here may hold passwords.
"""

import os
import re
from collections.abc import Iterator

from migsafe.model.errors import InputError
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.sources.files import Files

_URL = pattern(r"\b(postgres(?:ql)?|mysql|mariadb|sqlite)(?:\+\w+)?://")
_INI_URL = pattern(
    r"^[ \t]*sqlalchemy\.url\s*=\s*(postgres(?:ql)?|mysql|mariadb|sqlite)\b", re.MULTILINE
)
_GEM = pattern(r"^[ \t]*gem\s+['\"](pg|mysql2|trilogy|sqlite3)['\"]", re.MULTILINE)
_SOURCE = pattern(r"\bdatasource\s+\w+\s*\{[^{}]*")
_PROVIDER = pattern(r"^[ \t]*provider\s*=\s*\"(\w+)\"", re.MULTILINE)
_JOURNAL = pattern(r"\"dialect\"\s*:\s*\"(\w+)\"")
_DRIZZLE = pattern(r"\bdialect\s*:\s*['\"](\w+)['\"]")
_CARGO = pattern(r"\b(?:sqlx|diesel)\b[^\n]{0,300}?['\"](postgres|mysql|sqlite)['\"]")
_SUPABASE = pattern(r"^[ \t]*major_version\s*=\s*(\d+)", re.MULTILINE)
_IMAGE = pattern(
    r"^[ \t]*(?:-[ \t]+)?image:[ \t]*['\"]?(?:[\w.:-]+/)*"
    r"(postgres|postgis|pgvector|timescaledb|timescaledb-ha|mysql|mariadb)"
    r"(?::(?:latest-)?(?:pg)?(\d+)?(?:[\w.]*-pg(\d+))?)?",
    re.MULTILINE,
)
_BUNDLES = frozenset({"timescaledb"})
"""Images whose first number is not the server's."""
_COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
_DRIVER = pattern(r"\b(psycopg2?|asyncpg|pg8000|pymysql|mysqlclient|aiomysql)\b", re.IGNORECASE)
_PRISMA = "schema.prisma"
_FILES = {
    "migration_lock.toml": (_PROVIDER, "provider", True),
    "meta/_journal.json": (_JOURNAL, "dialect", True),
    "alembic.ini": (_INI_URL, "sqlalchemy.url", False),
    "env.py": (_URL, "a URL", False),
    "Gemfile": (_GEM, "gem", False),
    "Cargo.toml": (_CARGO, "feature", False),
    "diesel.toml": (_URL, "a URL", False),
    "drizzle.config.ts": (_DRIZZLE, "dialect", False),
    "drizzle.config.js": (_DRIZZLE, "dialect", False),
    "pyproject.toml": (_DRIVER, "needs", False),
    "requirements.txt": (_DRIVER, "needs", False),
}
"""How a file spells the dialect, what that is called, and whether it is what the tool is told."""
_MOST = 1_000_000
_DIALECTS = {
    "pg": "postgres",
    "postgres": "postgres",
    "postgresql": "postgres",
    "postgis": "postgres",
    "pgvector": "postgres",
    "timescaledb": "postgres",
    "timescaledb-ha": "postgres",
    "cockroachdb": "postgres",
    "psycopg": "postgres",
    "psycopg2": "postgres",
    "asyncpg": "postgres",
    "pg8000": "postgres",
    "mysql": "mysql",
    "pymysql": "mysql",
    "mysqlclient": "mysql",
    "aiomysql": "mysql",
    "mysql2": "mysql",
    "trilogy": "mysql",
    "mariadb": "mariadb",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
}


@record
class Hint:
    """What one file says.

    `exact` is True for what the migration tool itself is told: no other file outweighs it.
    `said` are the words that say so, without anything secret.
    """

    dialect: str
    place: str
    said: str
    version: int | None = None
    exact: bool = False


def hints(roots: tuple[str, ...], files: Files) -> tuple[Hint, ...]:
    """Return what is said about the database of a tree, in its directories and around them."""
    found: dict[Hint, None] = {}
    for root in roots:
        found.update(dict.fromkeys(_of_name(root)))
        for directory in _around(root):
            found.update(dict.fromkeys(_in(directory, files)))
    return tuple(found)


def _around(root: str) -> Iterator[str]:
    """Yield a directory and those that hold it, up to the working directory."""
    here = root
    while True:
        yield "" if here == "." else here
        if here in {"", "."} or os.path.isabs(here) or here.startswith(os.pardir):
            return
        here = os.path.dirname(here)


def _of_name(root: str) -> Iterator[Hint]:
    for word in root.split("/"):
        dialect = _DIALECTS.get(word.lower())
        if dialect is not None:
            yield Hint(dialect, root, f"a directory called {word}", exact=True)


def _in(directory: str, files: Files) -> Iterator[Hint]:
    names = files.names(directory)
    for name, (grammar, what, exact) in _FILES.items():
        if name.partition("/")[0] in names:
            path = os.path.join(directory, name)
            yield from _words(grammar, _text(path, files), path, what, exact=exact)
    if _PRISMA in names:
        path = os.path.join(directory, _PRISMA)
        block = _SOURCE.search(_text(path, files))
        text = "" if block is None else block[0]
        yield from _words(_PROVIDER, text, path, "provider", exact=True)
    if "supabase" in names:
        yield from _supabase(os.path.join(directory, "supabase", "config.toml"), files)
    for name in _COMPOSE:
        if name in names:
            yield from _images(os.path.join(directory, name), files)


def _words(
    grammar: re.Pattern[str], text: str, path: str, what: str, *, exact: bool = False
) -> Iterator[Hint]:
    for word in dict.fromkeys(found[1] for found in grammar.finditer(text)):
        dialect = _DIALECTS.get(word.lower())
        if dialect is not None:
            yield Hint(dialect, path, f"{what} {word}", exact=exact)


def _supabase(path: str, files: Files) -> Iterator[Hint]:
    found = _SUPABASE.search(_text(path, files))
    if found is not None:
        yield Hint("postgres", path, f"major_version {found[1]}", int(found[1]))


def _images(path: str, files: Files) -> Iterator[Hint]:
    for found in _IMAGE.finditer(_text(path, files)):
        name, first, bundled = found.groups()
        version = bundled or (None if name in _BUNDLES else first)
        said = f"image {name}" if version is None else f"image {name}:{version}"
        number = None if version is None else int(version)
        yield Hint(_DIALECTS[name], path, said, number)


def _text(path: str, files: Files) -> str:
    try:
        return files.text(path)[:_MOST] if files.exists(path) else ""
    except InputError:
        # Whoever reads the file says what is wrong with it; here it gives no hint.
        return ""
