"""Alembic's environments: where revisions lie and how they are run."""

import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import field
from functools import lru_cache

from migsafe.model.errors import InputError
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.sources.files import Files, shown

_PER_MIGRATION = pattern(r"^[^#\n]*\btransaction_per_migration\s*=\s*True\b", re.MULTILINE)
_PER_MIGRATION_KEY = pattern(
    r"^[^#\n]*['\"]transaction_per_migration['\"]\s*:\s*True\b", re.MULTILINE
)
_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_OLD_SEPARATOR = pattern(r", *|\s+")
_HIGHEST = 32


@record
class Environment:
    """A script directory with the directories of its revisions.

    `locations` are the directories that Alembic reads; with `recursive` all below too.
    `paths` are directories that it adds to the path of Python. `url` is that of the database
    in the configuration file, which may be a dummy; `configuration` and `section` are that
    file and the part of it, None where an env.py was found without one.
    """

    script: str
    locations: tuple[str, ...]
    recursive: bool = False
    url: str | None = field(default=None, repr=False)
    paths: tuple[str, ...] = ()
    configuration: str | None = None
    section: str = "alembic"

    def holds(self, directory: str) -> bool:
        """Return whether Alembic reads revisions from a directory."""
        if directory in self.locations:
            return True
        return self.recursive and any(
            directory.startswith(f"{location}{os.sep}") for location in self.locations
        )


@lru_cache(maxsize=4096)
def environment_of(directory: str, files: Files) -> Environment | None:
    """Return the environment that a directory belongs to, None if there is none."""
    absolute = os.path.abspath(directory)
    plain = shown(absolute)
    for ancestor in upwards(absolute):
        names = files.names(shown(ancestor))
        for environment in configured(shown(ancestor), files):
            if environment.holds(plain) or plain == environment.script:
                return environment
        if ".git" in names:
            break
    return _by_env_file(absolute, files)


def upwards(directory: str) -> Iterator[str]:
    """Yield a directory and those around it, from the inside."""
    for _ in range(_HIGHEST):
        yield directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return
        directory = parent


def _by_env_file(absolute: str, files: Files) -> Environment | None:
    """Return an environment known by its `env.py` alone: in a directory just above."""
    plain = shown(absolute)
    parent = os.path.dirname(absolute)
    for script in (parent, os.path.dirname(parent), absolute):
        if "env.py" in files.names(shown(script)):
            versions = os.path.join(script, "versions")
            locations = (plain,) if script != absolute else (shown(versions),)
            if _mentions_alembic(os.path.join(shown(script), "env.py"), files):
                return Environment(shown(script), locations)
    return None


def _mentions_alembic(path: str, files: Files) -> bool:
    try:
        return "alembic" in files.text(os.path.normpath(path))
    except InputError:
        return False


@lru_cache(maxsize=4096)
def configured(directory: str, files: Files) -> tuple[Environment, ...]:
    """Return the environments that the configuration files in a directory name."""
    found: list[Environment] = []
    for name in sorted(files.names(directory)):
        path = os.path.normpath(os.path.join(directory, name))
        if name.endswith(".ini") and "alembic" in name:
            found.extend(_of_ini(path, directory, files))
        elif name == "pyproject.toml":
            found.extend(_of_pyproject(path, directory, files))
    return tuple(dict.fromkeys(found))


def _of_ini(path: str, directory: str, files: Files) -> Iterator[Environment]:
    parser = ConfigParser({"here": os.path.abspath(directory)})
    try:
        parser.read_string(files.text(path))
    except (ConfigError, InputError):
        # Not ours to complain about: Alembic will.
        return
    for section in parser.sections():
        try:
            settings = dict(parser.items(section))
        except ConfigError:
            settings = dict(parser.items(section, raw=True))
        if "script_location" in settings:
            found = _environment(directory, settings, _split(settings, "version_locations"))
            yield replace(found, configuration=path, section=section)


def _of_pyproject(path: str, directory: str, files: Files) -> Iterator[Environment]:
    try:
        text = files.text(path)
        table = tomllib.loads(text) if "alembic" in text else {}
    except (tomllib.TOMLDecodeError, InputError):
        return
    section = table.get("tool", {}).get("alembic")
    if not isinstance(section, dict) or "script_location" not in section:
        return
    here = os.path.abspath(directory)
    settings = {
        key: value.replace("%(here)s", here)
        for key, value in section.items()
        if isinstance(value, str)
    }
    if section.get("recursive_version_locations") is True:
        settings["recursive_version_locations"] = "true"
    added = section.get("prepend_sys_path")
    if isinstance(added, list):
        settings["prepend_sys_path"] = "\n".join(
            str(each).replace("%(here)s", here) for each in added
        )
    listed = section.get("version_locations", [])
    locations = listed if isinstance(listed, list) else [listed]
    listed_locations = [str(each).replace("%(here)s", here) for each in locations]
    yield replace(_environment(directory, settings, listed_locations), configuration=path)


def _split(settings: dict[str, str], key: str) -> list[str]:
    locations = settings.get(key, "")
    name = settings.get("path_separator", settings.get("version_path_separator", ""))
    separator = _SEPARATORS.get(name.strip())
    parts = _OLD_SEPARATOR.split(locations) if separator is None else locations.split(separator)
    return [part.strip() for part in parts if part.strip()]


def _environment(directory: str, settings: dict[str, str], locations: Sequence[str]) -> Environment:
    script = _placed(directory, settings["script_location"])
    found = tuple(_placed(directory, each) for each in locations)
    recursive = settings.get("recursive_version_locations", "").strip().lower()
    return Environment(
        script,
        found or (os.path.normpath(os.path.join(script, "versions")),),
        recursive in {"true", "1", "yes", "on"},
        settings.get("sqlalchemy.url"),
        tuple(_placed(directory, each) for each in _split(settings, "prepend_sys_path")),
    )


def _placed(directory: str, location: str) -> str:
    """Return a location of a configuration file as a path: `package:folder` as well."""
    package, colon, inside = location.partition(":")
    if colon and not os.path.isabs(location) and len(package) > 1:
        path = os.path.join(package.replace(".", os.sep), inside)
        below = os.path.join(directory, "src", path)
        chosen = below if os.path.isdir(below) else os.path.join(directory, path)
        return shown(chosen)
    return shown(os.path.join(directory, location))


def is_per_migration(environment: Environment, files: Files) -> bool:
    """Return whether env.py asks for a transaction for each migration."""
    path = os.path.normpath(os.path.join(environment.script, "env.py"))
    if not files.exists(path):
        return False
    try:
        text = files.text(path)
    except InputError:
        return False
    return _PER_MIGRATION.search(text) is not None or _PER_MIGRATION_KEY.search(text) is not None
