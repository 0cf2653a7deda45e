"""What servers did in the cases, kept with the project: fixtures/measured, one line a case.

A line says on which versions a case came out so, and knows the case by a digest of its text: a
case that was changed has no measurement until `python -m migsafe_dev measure` makes one.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.verifying.measure import Measured
from migsafe_dev.agreeing.comparing import Observed

MEASURED = Path(__file__).parents[3] / "fixtures" / "measured"

Json = dict[str, object]


def digest(*texts: str) -> str:
    """Return what a text, or several, is known by."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


class Kept:
    """The measurements of one subject, by version and digest."""

    def __init__(self, subject: str, *, directory: Path = MEASURED) -> None:
        """Read what is kept."""
        self._path = directory / f"{subject}.jsonl"
        self._lines: list[Json] = []
        if self._path.exists():
            lines = self._path.read_text("utf-8").splitlines()
            self._lines = [json.loads(line) for line in lines]

    def on(self, version: int) -> dict[str, Json]:
        """Return what was measured on a version, by the digest of the case."""
        return {str(line["of"]): line for line in self._lines if version in _versions(line)}

    def put(self, version: int, found: Iterable[tuple[str, str, Json]]) -> None:
        """Keep all that was measured on a version: name and digest of each case, and facts."""
        by_text: dict[str, list[int]] = {}
        for line in self._lines:
            versions = _versions(line)
            text = _text({key: value for key, value in line.items() if key != "on"})
            by_text.setdefault(text, []).extend(one for one in versions if one != version)
        for name, of, facts in found:
            text = _text({"case": name, "of": of, **facts})
            by_text.setdefault(text, []).append(version)
        self._lines = [
            {"on": sorted(versions), **json.loads(text)}
            for text, versions in sorted(by_text.items())
            if versions
        ]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{_text(line)}\n" for line in self._lines)
        self._path.write_text(lines, "utf-8", newline="")


def _versions(line: Json) -> list[int]:
    versions = line["on"]
    return versions if isinstance(versions, list) else []


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- effects ------------------------------------------------------------------------------


def observed_as_json(observed: Observed, query: str | None) -> Json:
    """Return what a server did, what is empty left out; `query` predicts a failure."""
    found = observed.found
    facts: Json = {
        "locks": {_name(name): str(lock) for name, lock in sorted(found.locks.items())},
        "rewrites": _names(found.rewrites),
        "scans": _names(found.scans),
        "builds": _names(found.builds),
        "empty": _names(observed.empty),
        "sqlstate": found.sqlstate,
        "forbidden": found.forbidden,
        "touched": found.touched,
        "asked": None if query is None else digest(query),
        "warned": observed.warned,
    }
    return {key: value for key, value in facts.items() if value or key == "warned"}


def observed_from_json(facts: Mapping[str, object]) -> Observed:
    """Return what a server did."""
    locks = facts.get("locks", {})
    by_words = {str(lock): lock for lock in Lock}
    found = Measured(
        locks={_named(name): by_words[lock] for name, lock in locks.items()}
        if isinstance(locks, dict)
        else {},
        rewrites=_set(facts, "rewrites"),
        scans=_set(facts, "scans"),
        builds=_set(facts, "builds"),
        sqlstate=str(facts["sqlstate"]) if "sqlstate" in facts else None,
        forbidden=bool(facts.get("forbidden")),
        touched=bool(facts.get("touched")),
    )
    warned = facts["warned"]
    return Observed(found, _set(facts, "empty"), None if warned is None else bool(warned))


def _name(name: Name) -> str:
    return name.name if name.schema is None else f"{name.schema}\t{name.name}"


def _named(text: str) -> Name:
    schema, _, name = text.rpartition("\t")
    return Name(name, schema or None)


def _names(names: Iterable[Name]) -> list[str]:
    return sorted(map(_name, names))


def _set(facts: Mapping[str, object], key: str) -> frozenset[Name]:
    names = facts.get(key, [])
    return frozenset(map(_named, names)) if isinstance(names, list) else frozenset()
