"""Settings: `[tool.migsafe]` of pyproject.toml or migsafe.toml, with closed keys."""

from collections.abc import Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from os import getcwd
from os.path import basename, dirname, exists, isfile, join, normpath, relpath

from migsafe import rulebook
from migsafe.catalog.schema import TableSize
from migsafe.catalog.sizes import Limit, limit_of
from migsafe.model.errors import UsageError
from migsafe.model.findings import Severity
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace

DIALECTS = ("postgres", "mysql", "mariadb", "sqlite")
PROFILES = ("default", "strict", "legacy")
ASSUMED_VERSION = 14
OLDEST, NEWEST = 12, 18
"""Major versions of the server whose facts are known."""
_SEVERITIES = {str(severity): severity for severity in Severity}


@record
class PathSettings:
    """What differs for paths that match `pattern`; None leaves a setting as it is."""

    pattern: str
    dialect: str | None = None
    server_version: int | None = None
    transaction: str | None = None
    convention: str | None = None


@record
class Settings:
    """Everything that configuration decides; what was not set has its default.

    `server_version` None means: not configured, `version` then assumes one.
    `lock_timeout` is `file` (set in migrations) or `role` (set elsewhere).
    `placeholders` are texts by the name of what a tool replaces with them.
    `small_tables` are names, `small_limits` count where a database says how big tables are.
    """

    dialect: str = "postgres"
    server_version: int | None = None
    paths: tuple[str, ...] = ()
    overrides: tuple[PathSettings, ...] = ()
    profile: str = "default"
    severities: Mapping[str, Severity] = field(default_factory=dict)
    rule_options: Mapping[str, Mapping[str, str | int | bool]] = field(default_factory=dict)
    fail_level: str = "error"
    start_after: str | None = None
    lock_timeout: str = "file"
    small_tables: tuple[str, ...] = ()
    small_limits: tuple[Limit, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=dict)
    transaction: str = "auto"
    release_order: str = "migrate-first"
    rollback_horizon: int = 1
    downgrades: str = "expected"
    catalog: str = "partial"
    plans: str = "migsafe/plans"
    source: str | None = None

    @property
    def version(self) -> int:
        """The server's major version, assumed where it is not configured."""
        return ASSUMED_VERSION if self.server_version is None else self.server_version

    def is_small(self, *names: str, size: TableSize | None) -> bool:
        """Say whether locks on a table do not matter: by its names, or by its size if known."""
        if not self.small_limits or size is None:
            return not set(names).isdisjoint(self.small_tables)
        return not set(names).isdisjoint(self.small_tables) or any(
            limit.covers(size) for limit in self.small_limits
        )

    def at(self, path: str) -> "Settings":
        """Return the settings with the overrides whose pattern matches a path, in order."""
        settings = self
        for override in self.overrides:
            if fnmatchcase(path, override.pattern) or path.startswith(
                override.pattern.rstrip("/") + "/"
            ):
                settings = replace(
                    settings,
                    dialect=override.dialect or settings.dialect,
                    server_version=override.server_version or settings.server_version,
                    transaction=override.transaction or settings.transaction,
                )
        return settings


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "dialect": DIALECTS,
    "profile": PROFILES,
    "fail-level": ("error", "warning", "note", "never"),
    "lock-timeout": ("file", "role"),
    "transaction": ("auto", "file", "none"),
    "release-order": ("migrate-first", "code-first"),
    "downgrades": ("expected", "required", "off"),
    "catalog": ("partial", "complete"),
}
_TEXTS = ("start-after", "plans")
_LISTS = ("paths", "small-tables")
_TABLES = ("severity", "rules", "path", "placeholders")
_INTEGERS = ("server-version", "rollback-horizon")
_KEYS = (*_CHOICES, *_TEXTS, *_LISTS, *_TABLES, *_INTEGERS)
# A table may be called almost anything; what holds these is a limit that was not understood.
_NAME = pattern(r"[^<>=\s]+|[^<>=]*\"[^<>=]*")
_PATH_KEYS = ("pattern", "dialect", "server-version", "transaction", "convention")


def load(path: str | None = None) -> Settings:
    """Read the settings.

    Args:
        path: A configuration file that was named; None looks for one in the current directory,
            upwards to the root of the git checkout: migsafe.toml wins over pyproject.toml
            in the same directory. The paths in one that was found count from where it lies.

    Returns:
        The settings, all defaults where there is no configuration.

    Raises:
        UsageError: If the file cannot be read, or a key or value is wrong.
    """
    if path is not None:
        return _read(path, required=True) or Settings()
    folder = getcwd()
    while True:
        for name in ("migsafe.toml", "pyproject.toml"):
            file = join(folder, name)
            if isfile(file) and (found := _read(file)):
                return found if folder == getcwd() else _from_above(found, relpath(folder))
        if exists(join(folder, ".git")) or dirname(folder) == folder:
            return Settings()
        folder = dirname(folder)


def _from_above(settings: Settings, folder: str) -> Settings:
    """Return settings of a directory above with their paths as the current one names them."""
    return replace(
        settings,
        paths=tuple(normpath(join(folder, path)) for path in settings.paths),
        plans=normpath(join(folder, settings.plans)),
        overrides=tuple(
            replace(each, pattern=join(folder, each.pattern)) for each in settings.overrides
        ),
    )


def _read(path: str, *, required: bool = False) -> Settings | None:
    shown = _shown(path)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the configuration could not be read: {error}",
            path=shown,
            help="Name a readable UTF-8 file with --config.",
        ) from None
    if basename(path) == "pyproject.toml" and not required and "migsafe" not in text:
        return None
    return parsed(text, shown, required=required)


def parsed(text: str, path: str, *, required: bool = True) -> Settings | None:
    """Return the settings in the text of a configuration file.

    Args:
        text: What the file holds.
        path: The file, which says by its name whether there is a table for migsafe in it.
        required: Whether it is an error if that table is missing; else None is returned.

    Raises:
        UsageError: If it is no TOML, or a key or value is wrong.
    """
    import tomllib  # noqa: PLC0415  most directories have no configuration

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"the configuration is not TOML: {error}",
            path=path,
            help="Correct the file.",
        ) from None
    if basename(path) == "pyproject.toml" or "tool" in data:
        section = data.get("tool", {}).get("migsafe")
        if section is None:
            if required:
                raise UsageError("there is no [tool.migsafe] table", path=path)
            return None
    else:
        section = data
    return _settings(section, path)


def _shown(path: str) -> str:
    return path.removeprefix(join(getcwd(), ""))


def _settings(section: Mapping[str, object], path: str) -> Settings:
    for key in section:
        _known(key, _KEYS, "setting", path)
    choice = {key: _choice(section[key], key, path) for key in _CHOICES if key in section}
    text = {key: _text(section[key], key, path) for key in _TEXTS if key in section}
    lists = {key: _list(section[key], key, path) for key in _LISTS if key in section}
    defaults = Settings()
    small = _small(lists.get("small-tables", ()), path)
    version = section.get("server-version")
    horizon = section.get("rollback-horizon", defaults.rollback_horizon)
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise UsageError("'rollback-horizon' must be a whole number from 1", path=path)
    return Settings(
        dialect=choice.get("dialect", defaults.dialect),
        server_version=None if version is None else server_version(version, path),
        paths=lists.get("paths", ()),
        overrides=_overrides(section.get("path", []), path),
        profile=choice.get("profile", defaults.profile),
        severities=_severities(section.get("severity", {}), path),
        rule_options=_rule_options(section.get("rules", {}), path),
        fail_level=choice.get("fail-level", defaults.fail_level),
        start_after=text.get("start-after"),
        lock_timeout=choice.get("lock-timeout", defaults.lock_timeout),
        small_tables=small[0],
        small_limits=small[1],
        placeholders=_placeholders(section.get("placeholders", {}), path),
        transaction=choice.get("transaction", defaults.transaction),
        release_order=choice.get("release-order", defaults.release_order),
        rollback_horizon=horizon,
        downgrades=choice.get("downgrades", defaults.downgrades),
        catalog=choice.get("catalog", defaults.catalog),
        plans=text.get("plans", defaults.plans),
        source=path,
    )


def server_version(value: object, path: str = "") -> int:
    """Return a major version from `16`, `"16"` or `"16.4"`.

    Raises:
        UsageError: If it is no supported version.
    """
    text = str(value)
    major = text.split(".", maxsplit=1)[0]
    if isinstance(value, bool) or not major.isdecimal() or not OLDEST <= int(major) <= NEWEST:
        raise UsageError(
            f"{text!r} is no server version that migsafe knows",
            help=f"Give a major version from {OLDEST} to {NEWEST}.",
            path=path,
        )
    return int(major)


def dialect(value: str) -> str:
    """Return a dialect's name.

    Raises:
        UsageError: If there is no such dialect.
    """
    return _choice(value, "dialect", "")


def _known(key: str, keys: tuple[str, ...], what: str, path: str) -> None:
    if key in keys:
        return
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = get_close_matches(key, keys, n=1)
    raise UsageError(
        f"no {what} is called {key!r}",
        help=f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(keys))}.",
        path=path,
    )


def _choice(value: object, key: str, path: str) -> str:
    if not isinstance(value, str) or value not in _CHOICES[key]:
        raise UsageError(
            f"{value!r} is no value for {key!r}",
            help=f"Use one of: {', '.join(_CHOICES[key])}.",
            path=path,
        )
    return value


def _text(value: object, key: str, path: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{key!r} must be a string", path=path)
    return value


def _list(value: object, key: str, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{key!r} must be a list of strings", path=path)
    return tuple(value)


def _small(given: tuple[str, ...], path: str) -> tuple[tuple[str, ...], tuple[Limit, ...]]:
    """Return the names and the limits of `small-tables`."""
    names: list[str] = []
    limits: list[Limit] = []
    for text in given:
        limit = limit_of(text)
        if limit is not None:
            limits.append(limit)
        elif _NAME.fullmatch(text):
            names.append(text)
        else:
            raise UsageError(
                f"{text!r} in 'small-tables' is neither a table nor a limit",
                help='Write a name, "rows < 10000" or "size < 10 MB" (B, kB, MB, GB or TB).',
                path=path,
            )
    return tuple(names), tuple(limits)


def _placeholders(value: object, path: str) -> Mapping[str, str]:
    return {
        name: _text(text, f"placeholders.{name}", path)
        for name, text in _table(value, "placeholders", path).items()
    }


def _table(value: object, key: str, path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UsageError(f"{key!r} must be a table", path=path)
    return value


def _severities(value: object, path: str) -> Mapping[str, Severity]:
    severities: dict[str, Severity] = {}
    for rule_id, word in _table(value, "severity", path).items():
        _known(rule_id, rulebook.ids(), "rule", path)
        if not isinstance(word, str) or word not in _SEVERITIES:
            raise UsageError(
                f"{word!r} is no severity for {rule_id!r}",
                help=f"Use one of: {', '.join(_SEVERITIES)}.",
                path=path,
            )
        severities[rule_id] = _SEVERITIES[word]
    return severities


def _rule_options(value: object, path: str) -> Mapping[str, Mapping[str, str | int | bool]]:
    options: dict[str, Mapping[str, str | int | bool]] = {}
    for rule_id, given in _table(value, "rules", path).items():
        _known(rule_id, rulebook.ids(), "rule", path)
        known = rulebook.rule(rule_id).options
        chosen: dict[str, str | int | bool] = {}
        for key, setting in _table(given, f"rules.{rule_id}", path).items():
            _known(key, tuple(known), f"option of {rule_id}", path)
            if not isinstance(setting, str | int) or type(setting) is not type(known[key]):
                raise UsageError(
                    f"option {key!r} of {rule_id!r} cannot be {setting!r}",
                    help=f"Its default is {known[key]!r}.",
                    path=path,
                )
            chosen[key] = setting
        options[rule_id] = chosen
    return options


def _overrides(value: object, path: str) -> tuple[PathSettings, ...]:
    if not isinstance(value, list):
        raise UsageError(
            "'path' must be an array of tables",
            help='Write [[tool.migsafe.path]] with pattern = "…".',
            path=path,
        )
    found: list[PathSettings] = []
    for item in value:
        table = _table(item, "path", path)
        for key in table:
            _known(key, _PATH_KEYS, "setting of a path", path)
        pattern = table.get("pattern")
        if not isinstance(pattern, str):
            raise UsageError("each 'path' table needs a 'pattern'", path=path)
        version = table.get("server-version")
        convention = table.get("convention")
        found.append(
            PathSettings(
                pattern,
                _choice(table["dialect"], "dialect", path) if "dialect" in table else None,
                None if version is None else server_version(version, path),
                _choice(table["transaction"], "transaction", path)
                if "transaction" in table
                else None,
                None if convention is None else _text(convention, "convention", path),
            )
        )
    return tuple(found)
