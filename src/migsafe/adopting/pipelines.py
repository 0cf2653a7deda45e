"""The jobs that judge a pull request: a workflow for GitHub, a job for GitLab."""

import os
import re
from collections.abc import Iterator

from migsafe.adopting.edits import Edit, Refused, appended, text_of
from migsafe.adopting.hooks import requirement
from migsafe.model.pattern import pattern

_WORKFLOWS = os.path.join(".github", "workflows")
_WORKFLOW = os.path.join(_WORKFLOWS, "migsafe.yml")
_GITLAB = ".gitlab-ci.yml"
_OURS = pattern(r"^[^#\n]*\bmigsafe\b", re.MULTILINE)
_KEY = pattern(r"(?:[\w.&*\"'-][^:\n]*|\"[^\"\n]*\"):(?:\s|$)")
_STAGES = pattern(r"^stages:[ \t]*([^\n#]*)", re.MULTILINE)
_FLOW = pattern(r"\[([^\]\[{}*]*)\]\s*")
_STEP = pattern(r"[ \t]*-[ \t]+([^#]*)")
_STAGE = pattern(r"(['\"]?)([\w.-]+(?: [\w.-]+)*)\1\s*")
_GITHUB_JOB = """\
name: migsafe

on:
  pull_request:

permissions:
  contents: read

jobs:
  migsafe:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # what is new is known by the history
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install {requirement}
      - run: migsafe lint --format github --output markdown="$GITHUB_STEP_SUMMARY"
"""
_GITLAB_JOB = """\
migsafe:
{stage}  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    GIT_DEPTH: "0" # what is new is known by the history
  script:
    - pip install {requirement}
    - migsafe lint --output gitlab=migsafe.json --output junit=migsafe.xml
  artifacts:
    when: always
    reports:
      codequality: migsafe.json
      junit: migsafe.xml
"""


def pipelines(remote: str) -> Iterator[Edit | Refused]:
    """Yield the jobs that are not there yet, for what the files or the remote show.

    Args:
        remote: The URL of the repository's remote; empty if there is none.
    """
    host = _host(remote)
    if os.path.isdir(".github") or host == "github.com" or host.startswith("github."):
        yield from _github()
    if os.path.lexists(_GITLAB) or host.startswith("gitlab."):
        yield from _gitlab()


def is_known(remote: str) -> bool:
    """Say whether anything shows which pipelines a project has."""
    return os.path.isdir(".github") or os.path.lexists(_GITLAB) or _host(remote) != ""


def _host(remote: str) -> str:
    """Return the host of a URL, `git@host:path` as well; nothing of whoever may log in there."""
    _, _, rest = remote.rpartition("://")
    return re.split(r"[:/]", rest.rpartition("@")[2] if "@" in rest else rest)[0].lower()


def _github() -> Iterator[Edit | Refused]:
    before = text_of(_WORKFLOW)
    if before is not None or any(_OURS.search(text) for text in _workflows()):
        return
    yield Edit(_WORKFLOW, None, _GITHUB_JOB.format(requirement=requirement()))


def _workflows() -> Iterator[str]:
    if not os.path.isdir(_WORKFLOWS):
        return
    for name in sorted(os.listdir(_WORKFLOWS)):
        if name.endswith((".yml", ".yaml")):
            yield text_of(os.path.join(_WORKFLOWS, name)) or ""


def _gitlab() -> Iterator[Edit | Refused]:
    before = text_of(_GITLAB)
    if before is None:
        yield Edit(_GITLAB, None, _job(""))
        return
    if _OURS.search(before):
        return
    stage = _stage(before)
    if stage is None or not _is_block(before):
        yield Refused(_GITLAB, "it is written in a form that no job can simply follow", _job(""))
        return
    yield Edit(_GITLAB, before, appended(before, _job(stage)))


def _job(stage: str) -> str:
    line = f"  stage: {stage}\n" if stage else ""
    return _GITLAB_JOB.format(stage=line, requirement=requirement())


def _stage(text: str) -> str | None:
    """Return the stage to name: none if `test` is one; None if the stages cannot be read."""
    found = _STAGES.search(text)
    if found is None:
        return ""
    flow = _FLOW.fullmatch(found[1])
    if flow is not None:
        items = flow[1].split(",")
    elif found[1].strip():
        return None
    else:
        items = list(_listed(text[found.end() :]))
    stages = [_STAGE.fullmatch(item.strip()) for item in items]
    names = [stage[2] for stage in stages if stage is not None]
    if not names or len(names) < len(items):
        return None
    return "" if "test" in names else names[0]


def _listed(text: str) -> Iterator[str]:
    """Yield the items of the list that a text begins with."""
    for line in text.splitlines()[1:]:
        item = _STEP.match(line)
        if item is not None:
            yield item[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            return


def _is_block(text: str) -> bool:
    """Say whether each line at the margin is a key, a comment or part of a list."""
    return all(
        _KEY.match(line) or line.startswith(("#", "---", "- ", " ", "\t")) or not line.strip()
        for line in text.splitlines()
    )
