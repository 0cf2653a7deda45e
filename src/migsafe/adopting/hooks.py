"""The entry of a pre-commit configuration, put where the other repositories stand."""

import re
from collections.abc import Iterable

from migsafe import __version__
from migsafe.adopting.edits import Edit, Refused, text_of
from migsafe.model.pattern import pattern

NAME = ".pre-commit-config.yaml"
_OURS = pattern(r"^[^#\n]*\bmigsafe\b", re.MULTILINE)
_REPOS = pattern(r"^repos:[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_ITEM = pattern(r"([ ]*)-(?:[ ]|\r?$)")
_BYTE = 0xFF
_ENTRY = """\
- repo: local
  hooks:
    - id: migsafe
      name: migsafe lint
      entry: migsafe lint
      language: python
      additional_dependencies: [{requirement}]
      files: {pattern}
      pass_filenames: false
"""


def requirement() -> str:
    """Return what a package index is asked for."""
    return f"migsafe-cli=={__version__}"


def hook(paths: Iterable[str]) -> Edit | Refused | None:
    """Return the change of pre-commit's configuration; None if it names migsafe already."""
    before = text_of(NAME)
    entry = _ENTRY.format(requirement=requirement(), pattern=_quoted(_files(paths)))
    if before is None:
        return Edit(NAME, None, f"repos:\n{_indented(entry, '  ')}")
    if _OURS.search(before):
        return None
    place = _place(before)
    if place is None:
        why = "its 'repos' is no list that another entry can follow line by line"
        return Refused(NAME, why, entry)
    at, indent = place
    line_end = "\r\n" if "\r\n" in before else "\n"
    added = _indented(entry, indent).replace("\n", line_end)
    head = before[:at] if before[:at].endswith("\n") else before[:at] + line_end
    return Edit(NAME, before, head + added + before[at:])


def _place(text: str) -> tuple[int, str] | None:
    """Return where an entry goes, behind the last one, and how far it is indented."""
    found = list(_REPOS.finditer(text))
    if len(found) != 1 or "\t" in text or re.search(r"^(?:---|\.\.\.)", text[1:], re.MULTILINE):
        return None
    at = found[0].end() + 1
    indent: str | None = None
    end = at
    for line in text[at:].splitlines(keepends=True):
        bare = line.strip()
        at += len(line)
        if not bare or bare.startswith("#"):
            continue
        item = _ITEM.match(line)
        if indent is None:
            if item is None:
                return None
            indent = item[1]
        depth = len(line) - len(line.lstrip(" "))
        if depth < len(indent) or (depth == len(indent) and item is None):
            return (end, indent) if depth == 0 else None
        end = at
    return None if indent is None else (end, indent)


def _files(paths: Iterable[str]) -> str:
    """Return a pattern of the files below some directories."""
    inside = [_pattern(path) for path in paths if path != "."]
    if not inside:
        return r"\.(sql|py)$"
    one = inside[0] if len(inside) == 1 else f"({'|'.join(inside)})"
    return rf"^{one}.*\.(sql|py)$"


def _pattern(path: str) -> str:
    """Return a pattern of a path, on one line."""
    return "".join(map(_matching, path)) + "/"


def _matching(character: str) -> str:
    if character.isprintable():
        return character if character in " -" else re.escape(character)
    return "." if ord(character) > _BYTE else f"\\x{ord(character):02x}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}" for line in text.splitlines(keepends=True))
