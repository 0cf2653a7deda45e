"""pop (Buffalo, Ory): `timestamp_name[.dialect][.autocommit].up.sql`, templates in the SQL."""

import os
from collections.abc import Sequence

from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import (
    Candidate,
    Convention,
    Keeps,
    NewFile,
    Options,
    Reading,
    Script,
    by_number,
)
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import next_name, says, up_and_down
from migsafe.sources.sql_tree import read_tree

NAME = "pop"
_NAME = pattern(
    r"(\d+)_(.*?)(?:\.(postgres|cockroach|mysql|mariadb|sqlite3?))?(\.autocommit)?"
    r"\.(up|down)\.(sql|fizz)"
)
_SERVERS = {"sqlite3": "sqlite", "mariadb": "mysql"}
_templated = says("{{")


def home(path: str, files: Files) -> str | None:
    """Return the directory of a file that pop would run."""
    del files
    directory, name = parted(path)
    found = _NAME.fullmatch(name)
    return (directory or ".") if found is not None and found[6] == "sql" else None


def shows(path: str, files: Files) -> bool:
    """Say whether templates, fizz or a name that only pop knows stand in the directory."""
    directory, _ = parted(path)

    def ask() -> bool:
        return any(
            found[3] is not None or found[4] is not None or found[6] == "fizz"
            for name in files.names(directory)
            if (found := _NAME.fullmatch(name)) is not None
        )

    return files.once(NAME, directory, ask) or _templated(path, files)


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory, each in the configured dialect's form."""
    directory = "" if root == "." else root
    forms: dict[tuple[str, str, str], dict[str, str]] = {}
    for name in sorted(files.names(directory)):
        found = _NAME.fullmatch(name)
        if found is None:
            continue
        number, title, server, _, direction, suffix = found.groups()
        server = "" if server is None else _SERVERS.get(server, server)
        if server in {"", options.dialect}:
            key = (number, title, direction)
            forms.setdefault(key, {})[f"{server}.{suffix}"] = os.path.join(directory, name)
    keys = sorted({(number, title) for number, title, _ in forms})
    # Numbers are compared as they are written.
    places = {number: at for at, number in enumerate(sorted({number for number, _ in keys}))}
    candidates = []
    for number, title in keys:
        up, down = (
            _chosen(forms.get((number, title, direction), {}), options.dialect)
            for direction in ("up", "down")
        )
        is_fizz = up is not None and up.endswith(".fizz")
        goes_back = down is not None and down.endswith(".fizz")
        named = os.path.basename(up) if up is not None else ""
        candidates.append(
            Candidate(
                f"{number}_{title}",
                (places[number],),
                up,
                None if goes_back else down,
                Runner.QUERY if ".autocommit." in named else Runner.FILE,
                downs=not is_fizz and not goes_back,
                unread=f"'{named}' is no SQL" if is_fizz else None,
            )
        )
    return read_tree(root, NAME, candidates, given, files, options)


def _chosen(forms: dict[str, str], dialect: str) -> str | None:
    """Return the file for a dialect: its own form before the one for all."""
    for form in (f"{dialect}.sql", ".sql", f"{dialect}.fizz", ".fizz"):
        if form in forms:
            return forms[form]
    return None


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the files of a new migration; pop reads from the name what has no transaction."""
    how = "" if script.transactional else ".autocommit"
    new = [NewFile(script.up_path.replace(".up.sql", f"{how}.up.sql"), script.up)]
    if script.down_path is not None:
        path = script.down_path.replace(".down.sql", f"{how}.down.sql")
        new.append(NewFile(path, script.down))
    return tuple(new)


_KEEPS = Keeps(
    by_number, gone="pop cannot go back through it", late="pop runs it after them", runs_late=True
)
CONVENTION = Convention(
    NAME, 14, home, read, next_name, up_and_down, shows=shows, files=written, keeps=_KEEPS
)
