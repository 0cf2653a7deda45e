"""What servers did, kept outside the project: the same state and statement do the same."""

import hashlib
import json
import os
from pathlib import Path
from typing import TypedDict, cast

from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.verifying.measure import Measured
from migsafe_dev.agreeing.comparing import Observed


class _Kept(TypedDict):
    key: str
    locks: list[tuple[str, str | None, int]]
    rewrites: list[tuple[str, str | None]]
    scans: list[tuple[str, str | None]]
    builds: list[tuple[str, str | None]]
    empty: list[tuple[str, str | None]]
    sqlstate: str | None
    error: str
    forbidden: bool
    touched: bool
    wrote: bool
    made: bool
    warned: bool | None


def place() -> Path:
    """Return the directory that measurements are kept in, made if need be."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    directory = Path(home, "migsafe-dev")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


class Memory:
    """The measurements of one server version: read once, written as they come."""

    def __init__(self, version: int, *, directory: Path | None = None, fresh: bool = False) -> None:
        """Read what is kept; with `fresh` forget it."""
        self._path = (directory or place()) / f"measured-{version}.jsonl"
        if fresh:
            self._path.unlink(missing_ok=True)
        text = self._path.read_text("utf-8") if self._path.exists() else ""
        self._kept: dict[str, _Kept] = {}
        for line in text.splitlines():
            kept = cast("_Kept", json.loads(line))
            self._kept[kept["key"]] = kept

    @staticmethod
    def key(setup: str, statement: str, query: str | None) -> str:
        """Return what a measurement is known by."""
        parts = "\0".join((setup, statement, query or ""))
        return hashlib.sha256(parts.encode()).hexdigest()[:24]

    def get(self, key: str) -> Observed | None:
        """Return a measurement, None if it was not made yet."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        found = Measured(
            locks={Name(name, schema): Lock(mode) for name, schema, mode in kept["locks"]},
            rewrites=_names(kept["rewrites"]),
            scans=_names(kept["scans"]),
            builds=_names(kept["builds"]),
            sqlstate=kept["sqlstate"],
            error=kept["error"],
            forbidden=kept["forbidden"],
            touched=kept["touched"],
            # Older measurements do not tell: then any row that was read counts.
            wrote=kept.get("wrote", kept["touched"]),
            made=kept.get("made", False),
        )
        return Observed(found, _names(kept["empty"]), kept["warned"])

    def put(self, key: str, observed: Observed) -> None:
        """Keep a measurement."""
        found = observed.found
        kept: _Kept = {
            "key": key,
            "locks": [(name.name, name.schema, int(lock)) for name, lock in found.locks.items()],
            "rewrites": _pairs(found.rewrites),
            "scans": _pairs(found.scans),
            "builds": _pairs(found.builds),
            "empty": _pairs(observed.empty),
            "sqlstate": found.sqlstate,
            "error": found.error,
            "forbidden": found.forbidden,
            "touched": found.touched,
            "wrote": found.wrote,
            "made": found.made,
            "warned": observed.warned,
        }
        self._kept[key] = kept
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(kept)}\n")


def _names(pairs: list[tuple[str, str | None]]) -> frozenset[Name]:
    return frozenset(Name(name, schema) for name, schema in pairs)


def _pairs(names: frozenset[Name]) -> list[tuple[str, str | None]]:
    return sorted(((name.name, name.schema) for name in names), key=str)
