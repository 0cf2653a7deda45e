"""The rule pages: metadata and prose, one Markdown file a rule."""

from collections.abc import Mapping
from functools import cache
from os import listdir
from os.path import dirname, isdir, isfile, join

from migsafe.model.errors import UsageError
from migsafe.model.findings import Hazard, Severity
from migsafe.model.record import record

_KEYS = frozenset({"title", "severity", "hazards", "dialects", "since", "sources", "options"})
_REQUIRED = _KEYS - {"options"}
_SEVERITIES = {str(severity): severity for severity in Severity}
DEFAULT_CASE = "default"


class RulebookError(Exception):
    """A rule page breaks a law of the rulebook: a bug in migsafe."""


@record
class Rule:
    """A rule's page.

    `severities` maps a case to its severity; `default` is always there. `strict_only`
    rules are off unless the profile is `strict`. `options` are the rule's own settings
    with their defaults. `text` is the whole page.
    """

    id: str
    title: str
    severities: Mapping[str, Severity]
    hazards: tuple[Hazard, ...]
    dialects: tuple[str, ...]
    since: str
    sources: tuple[str, ...]
    options: Mapping[str, str | int | bool]
    text: str

    @property
    def summary(self) -> str:
        """The first paragraph of the page's prose, on one line."""
        _, _, prose = self.text.partition("\n```\n")
        return " ".join(prose.strip().partition("\n\n")[0].split())

    def severity(self, case: str = DEFAULT_CASE) -> Severity:
        """Return the severity of a case; a case that the page does not name is a bug."""
        try:
            return self.severities[case]
        except KeyError:
            message = f"rules/{self.id}.md names no severity for the case {case!r}"
            raise RulebookError(message) from None


@cache
def _folder() -> str:
    # An editable install hides the wheel's copy, so the checkout is the second place.
    here = dirname(__file__)
    shipped = join(here, "rules")
    return shipped if isdir(shipped) else join(dirname(dirname(here)), "rules")


@cache
def ids() -> tuple[str, ...]:
    """Return the ids of all rules, sorted."""
    return tuple(
        sorted(
            page.removesuffix(".md")
            for page in listdir(_folder())
            if page.endswith(".md") and page != "README.md"
        )
    )


@cache
def rule(rule_id: str) -> Rule:
    """Return one rule.

    Raises:
        UsageError: If no rule has this id.
        RulebookError: If its page breaks a law.
    """
    page = join(_folder(), f"{rule_id}.md")
    if "/" in rule_id or "\\" in rule_id or rule_id == "README" or not isfile(page):
        raise UsageError(f"no rule is called {rule_id!r}", help="Run 'migsafe rules' to list them.")
    with open(page, encoding="utf-8") as file:
        return _read(rule_id, file.read())


def _read(rule_id: str, text: str) -> Rule:
    import tomllib  # noqa: PLC0415  a run without findings reads no page

    heading, _, rest = text.partition("\n")
    if heading != f"# {rule_id}":
        raise RulebookError(f"rules/{rule_id}.md must begin with '# {rule_id}'")
    _, opening, after = rest.partition("```toml\n")
    block, closing, _ = after.partition("\n```")
    if not opening or not closing:
        raise RulebookError(f"rules/{rule_id}.md has no toml block")
    try:
        data = tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(f"rules/{rule_id}.md: {error}") from None
    if wrong := (data.keys() - _KEYS) | (_REQUIRED - data.keys()):
        raise RulebookError(f"rules/{rule_id}.md: unknown or missing keys: {sorted(wrong)}")
    if not data["sources"] or not data["hazards"]:
        raise RulebookError(f"rules/{rule_id}.md: sources and hazards must not be empty")
    severity = data["severity"]
    cases = {DEFAULT_CASE: severity} if isinstance(severity, str) else severity
    try:
        return Rule(
            id=rule_id,
            title=data["title"],
            severities={case: _SEVERITIES[word] for case, word in cases.items()},
            hazards=tuple(Hazard(word) for word in data["hazards"]),
            dialects=tuple(data["dialects"]),
            since=data["since"],
            sources=tuple(data["sources"]),
            options=data.get("options", {}),
            text=text,
        )
    except (KeyError, ValueError) as error:
        raise RulebookError(f"rules/{rule_id}.md: {error}") from None
