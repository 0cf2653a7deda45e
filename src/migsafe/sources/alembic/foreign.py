"""What code outside of the repository may do that is named here and never read."""

import sys

_HARMLESS = sys.stdlib_module_names | {"sqlalchemy", "alembic", "sqlmodel", "builtins"}
_COMPUTING = frozenset(
    (
        *("arrow", "attr", "attrs", "backoff", "base58", "bcrypt", "click", "colorama", "Crypto"),
        *("cryptography", "cuid", "cuid2", "dateutil", "emoji", "faker", "humanize", "inflection"),
        *("isodate", "itsdangerous", "jinja2", "jsonschema", "jwt", "loguru", "markdown", "nacl"),
        *("markupsafe", "more_itertools", "msgpack", "nanoid", "numpy", "orjson", "packaging"),
        *("passlib", "pendulum", "pydantic", "pytz", "regex", "retry", "retrying", "rich"),
        *("ruamel", "semver", "shortuuid", "simplejson", "six", "slugify", "sqlparse"),
        *("structlog", "tabulate", "tenacity", "termcolor", "toml", "tomli", "toolz", "tqdm"),
        *("typing_extensions", "ujson", "ulid", "unidecode", "uuid6", "xxhash", "yaml"),
    )
)
"""Packages that compute, format or log, and know no database."""
_LOGGING = frozenset({"logging", "loguru", "structlog", "warnings"})
_RUNNING_MODULES = ("alembic.command.", "runpy.", "pty.")
_RUNNING = frozenset(
    (
        *("alembic.config.main", "alembic.config.CommandLine.main", "sqlalchemy.event.listen"),
        *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
        *("os.popen", "os.posix_spawn", "os.posix_spawnp", "os.startfile", "os.system"),
        *("subprocess.Popen", "subprocess.call", "subprocess.check_call"),
        *("subprocess.check_output", "subprocess.getoutput", "subprocess.getstatusoutput"),
        *("subprocess.run",),
    )
)
_NEVER_CALLING = frozenset(
    (
        *("abc", "copy", "dataclasses", "enum", "inspect", "logging", "types", "typing"),
        *("typing_extensions", "warnings", "weakref"),
    )
)
_KEEPING = frozenset(
    (
        *("contextlib.asynccontextmanager", "contextlib.contextmanager", "functools.cache"),
        *("functools.lru_cache", "functools.singledispatch", "functools.update_wrapper"),
        *("functools.wraps", "builtins.callable", "builtins.classmethod", "builtins.delattr"),
        *("builtins.dir", "builtins.hasattr", "builtins.hash", "builtins.id", "builtins.object"),
        *("builtins.isinstance", "builtins.issubclass", "builtins.print", "builtins.property"),
        *("builtins.repr", "builtins.setattr", "builtins.staticmethod", "builtins.str"),
        *("builtins.type", "builtins.vars"),
    )
)
"""Functions that get functions and do not call them."""


def is_foreign(path: str) -> bool:
    """Return whether a full name is of code that nobody here knows: it may do anything."""
    top = path.partition(".")[0]
    return top not in _HARMLESS and top not in _COMPUTING


def runs_others(path: str) -> bool:
    """Return whether a function of a known package runs programs, or other migrations."""
    return (
        path in _RUNNING
        or path.startswith(_RUNNING_MODULES)
        or path.startswith(("os.exec", "os.spawn"))
    )


def only_logs(path: str) -> bool:
    """Return whether a full name is of a package that writes messages."""
    return path.partition(".")[0] in _LOGGING


def may_call(path: str) -> bool:
    """Return whether a function may call what it is given."""
    return path not in _KEEPING and path.partition(".")[0] not in _NEVER_CALLING
