"""The examples of rule pages: Bad and Good blocks, with the schema and the runner they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from migsafe import rulebook

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BEFORE = ("-- schema:", "# file:", "-- released:", "# released:", "-- convention:")
_OVER_LINES = re.MULTILINE | re.DOTALL
_PRAGMA = re.compile(
    r"^(?:--|#) (transaction|server-version|schema|convention): (\S.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class Example:
    """One SQL or Python block of a page."""

    rule: str
    number: int
    language: str
    bad: bool
    source: str
    rendered: str | None
    """The text block that follows, if one does."""
    code: str | None = None
    """The diff of application code that stands before it, if one does: the same change set."""

    @property
    def name(self) -> str:
        """What a test calls it."""
        return f"{self.rule}-{'bad' if self.bad else 'good'}-{self.number}"


def examples(rule_id: str) -> Iterator[Example]:
    """Yield the examples of a page under Bad and Good, in order."""
    text = rulebook.rule(rule_id).text
    heading = ""
    number = 0
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0].removeprefix("## ")
        if not heading.startswith(("Bad", "Good")):
            continue
        blocks = _FENCE.findall(section)
        for at, (language, body) in enumerate(blocks):
            if language in {"text", "diff"}:
                continue
            number += 1
            follows = blocks[at + 1] if at + 1 < len(blocks) else ("", "")
            yield Example(
                rule_id,
                number,
                language,
                heading.startswith("Bad"),
                body,
                follows[1] if follows[0] == "text" else None,
                blocks[at - 1][1] if at and blocks[at - 1][0] == "diff" else None,
            )


def schema_of(example: Example) -> str:
    """Return the SQL of the schema that an example starts from; empty where it gives none."""
    history, _ = split(example)
    lines = (value for key, value in _PRAGMA.findall(example.source) if key == "schema")
    return history or ";\n".join(lines)


def pragmas(example: Example) -> dict[str, str]:
    """Return what the comments at the top of an example say about the runner and the server."""
    return dict(_PRAGMA.findall(example.source))


def released_of(example: Example) -> str:
    """Return the migration as it was released, where an example says that it was changed."""
    found = re.search(
        r"^(?:--|#) released:\n(.*?)^(?:--|#) migration:", example.source, _OVER_LINES
    )
    return "" if found is None else found[1]


def split(example: Example) -> tuple[str, str]:
    """Return history and migration; line numbers of the migration stay those of the block."""
    marker = re.search(r"^(?:--|#) migration:.*$", example.source, re.MULTILINE)
    if marker is None or not example.source.startswith(_BEFORE):
        return "", example.source
    before = example.source[: marker.start()]
    migration = "\n" * before.count("\n") + example.source[marker.start() :]
    return before if before.startswith("-- schema:") else "", migration
