"""Findings that were there before: written to a file once, and left out from then on.

`migsafe.baseline/1`: one finding a line, sorted, so that a review sees what is accepted. A finding
is known by its fingerprint, which does not change when lines move or change places.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator

from migsafe.model.errors import InputError, UsageError
from migsafe.model.findings import Finding, Report
from migsafe.model.record import record
from migsafe.sources.files import Files

NAME = "migsafe-baseline.json"
_SCHEMA = "migsafe.baseline/1"
_SHOWN = 3
_KEYS = ("path", "rule", "fingerprint")


@record(order=True)
class Known:
    """A finding that was there before."""

    path: str
    rule: str
    fingerprint: str


@record
class Baseline:
    """A file of findings that were there before."""

    path: str
    entries: tuple[Known, ...]

    @property
    def fingerprints(self) -> frozenset[str]:
        """What the findings are known by."""
        return frozenset(entry.fingerprint for entry in self.entries)

    def remarks(self, report: Report, *, narrowed: bool) -> Iterator[str]:
        """Yield what a run says of its baseline: how much it left out, and what no longer occurs.

        Args:
            report: The run's report.
            narrowed: Whether rules were left out, so that an absence says nothing.
        """
        if report.known:
            yield f"{count(len(report.known))} known before left out ({self.path})"
        if narrowed:
            return
        met = {finding.fingerprint for finding in report.known}
        gone = [entry for entry in self.entries if entry.fingerprint not in met]
        gone = [
            each for each in gone if each.path in report.texts or not os.path.lexists(each.path)
        ]
        if gone:
            yield (
                f"{count(len(gone))} of {self.path} no longer there: {_named(gone)}; "
                f"migsafe baseline write {self.path} takes them out"
            )


def read(path: str) -> Baseline:
    """Return the baseline that a file holds.

    Raises:
        InputError: If it cannot be read, or holds none.
    """
    text = Files().text(path)
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"is no JSON: {error}", help=_WRITE, path=path) from None
    found = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(found, list) or document.get("schema") != _SCHEMA:
        raise InputError(f"is no baseline ({_SCHEMA})", help=_WRITE, path=path)
    entries = []
    for at, entry in enumerate(found, start=1):
        values = [entry.get(key) if isinstance(entry, dict) else None for key in _KEYS]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) != len(_KEYS):
            wanted = ", ".join(_KEYS)
            raise InputError(f"finding {at} lacks one of: {wanted}", help=_WRITE, path=path)
        entries.append(Known(*texts))
    return Baseline(path, tuple(entries))


_WRITE = "Write it anew: migsafe baseline write FILE"


def text_of(report: Report) -> str:
    """Return the file that holds the findings of a report."""
    lines = [
        json.dumps(_entry(each), ensure_ascii=False) for each in sorted(report.findings, key=_key)
    ]
    body = "".join(f"\n    {line}," for line in lines).removesuffix(",")
    end = "\n  " if body else ""
    return f'{{\n  "schema": "{_SCHEMA}",\n  "findings": [{body}{end}]\n}}\n'


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.place.path, finding.rule, finding.fingerprint)


def _entry(finding: Finding) -> dict[str, object]:
    return {
        "path": finding.place.path,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "relations": [str(each.name) for each in finding.relations],
        "fingerprint": finding.fingerprint,
    }


def refuse_other(path: str) -> None:
    """Refuse to write a baseline over a file that is none.

    Raises:
        UsageError: If there is such a file.
    """
    if not os.path.lexists(path):
        return
    try:
        read(path)
    except InputError as error:
        raise UsageError(
            f"{error.message}: it is not written over",
            help="Name another file, or remove this one.",
            path=path,
        ) from None


def count(number: int) -> str:
    """Return in words how many findings there are."""
    return f"{number} finding{'' if number == 1 else 's'}"


def _named(entries: Iterable[Known]) -> str:
    counts = Counter(f"{entry.rule} in {entry.path}" for entry in entries)
    named = [name if times == 1 else f"{times} {name}" for name, times in counts.items()]
    more = len(named) - _SHOWN
    return ", ".join(named[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
