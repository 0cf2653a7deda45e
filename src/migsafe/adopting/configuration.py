"""The configuration that a project begins with."""

import json
import tomllib
from collections.abc import Iterator

from migsafe.adopting import squawk
from migsafe.adopting.edits import Edit, Refused, appended, text_of
from migsafe.adopting.survey import Found, Survey

_PROJECT, _OWN = "pyproject.toml", "migsafe.toml"


def configuration(survey: Survey) -> Edit | Refused:
    """Return the file that the configuration goes into: an existing pyproject.toml, or its own."""
    before = text_of(_PROJECT)
    if before is None:
        return Edit(_OWN, None, _text(survey, ""))
    table = _text(survey, "tool.migsafe")
    after = appended(before, table)
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        why = f"it is not TOML, or a table cannot follow at its end: {error}"
        return Refused(_PROJECT, why, table)
    return Edit(_PROJECT, before, after)


def start_after(survey: Survey) -> tuple[str | None, str]:
    """Return the migration after which lint judges a whole tree, or why none is set."""
    trees = judged(survey)
    if len(trees) != 1:
        return None, "start-after names one migration, and there are several trees"
    if len(trees[0].selection.tree.heads) > 1:
        return None, "start-after needs one head, and the tree has several"
    if trees[0].head is None:
        return None, "no migration is released yet"
    return trees[0].head, ""


def judged(survey: Survey) -> tuple[Found, ...]:
    """Return the trees to configure: squawk's configuration may leave out whole ones."""
    adopted = survey.squawk
    if adopted is None:
        return survey.judged
    return tuple(
        found
        for found in survey.judged
        if not all(adopted.excludes(each.path) for each in found.selection.tree.migrations)
    )


def _text(survey: Survey, table: str) -> str:
    return "".join(f"{line}\n" for line in _lines(survey, table))


def _lines(survey: Survey, table: str) -> Iterator[str]:
    if table:
        yield f"[{table}]"
    yield 'dialect = "postgres"'
    version = survey.version()
    if version is not None:
        yield f"server-version = {version[0]}  # {_comment(version[1])}"
    paths = [path for found in judged(survey) for path in found.paths]
    if len(paths) == 1:
        yield f"paths = [{_string(paths[0])}]"
    else:
        yield "paths = ["
        yield from (f"    {_string(path)}," for path in paths)
        yield "]"
    mark, _ = start_after(survey)
    if mark is not None:
        yield f"start-after = {_string(mark)}  # released: replayed, and left alone"
    adopted = survey.squawk
    if adopted is None:
        return
    if adopted.in_transaction:
        yield f'transaction = "file"  # {squawk.NAME}: assume_in_transaction'
    if adopted.severities:
        yield ""
        yield f"[{f'{table}.' if table else ''}severity]"
        for rule_id, (word, why) in sorted(adopted.severities.items()):
            yield f"{rule_id} = {_string(word)}  # {squawk.NAME}: {_comment(why)}"


def _string(text: str) -> str:
    # JSON's strings are TOML's, but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
