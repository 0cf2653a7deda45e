"""What squawk reported, kept with the project: fixtures/peers/squawk.jsonl, one line a text.

A line knows its text by a digest of it and of what squawk was told: a text that was changed has
no record until `python -m migsafe_dev squawk --record` makes one.
"""

import json
from collections.abc import Iterable, Mapping

from migsafe_dev.agreeing.kept import digest
from migsafe_dev.peering.program import RULES, Asked, Reported, rules
from migsafe_dev.peering.subjects import Subject

RECORD = RULES.with_name("squawk.jsonl")


class NotRecordedError(Exception):
    """A text of the fixtures is new or was changed since squawk was asked."""


class Recorded:
    """What squawk reported of texts."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read one record a line."""
        self._by_digest: dict[str, tuple[Reported, ...]] = {}
        for line in lines:
            record = json.loads(line)
            self._by_digest[record["of"]] = tuple(_reported(text) for text in record["said"])

    def of(self, subject: Subject) -> tuple[Reported, ...]:
        """Return what was reported of a subject.

        Raises:
            NotRecordedError: If squawk was never asked about it.
        """
        found = self._by_digest.get(digest_of(subject.asked))
        if found is None:
            how = "python -m migsafe_dev squawk --record, with squawk on the path"
            raise NotRecordedError(f"{subject.place} is new or changed: run {how}")
        return found


def read() -> Recorded:
    """Return what is kept."""
    return Recorded(RECORD.read_text("utf-8").splitlines())


def write(subjects: Iterable[Subject], said: Mapping[Asked, tuple[Reported, ...]]) -> None:
    """Keep what was reported of each subject."""
    lines = {
        digest_of(subject.asked): json.dumps(
            {
                "of": digest_of(subject.asked),
                "place": subject.place,
                "said": [f"{one.line}:{one.column} {one.rule}" for one in said[subject.asked]],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for subject in subjects
    }
    RECORD.write_text("".join(f"{line}\n" for line in lines.values()), "utf-8", newline="")


def digest_of(asked: Asked) -> str:
    """Return what a text is known by, which squawk was asked, and which rules it was told of."""
    judged = rules()
    return digest(
        judged.version,
        *sorted(judged.opt_in),
        asked.text,
        str(asked.version),
        str(asked.in_transaction),
    )


def _reported(text: str) -> Reported:
    place, _, rule = text.partition(" ")
    line, _, column = place.partition(":")
    return Reported(int(line), int(column), rule)
