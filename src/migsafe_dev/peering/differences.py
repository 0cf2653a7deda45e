"""Where migsafe and squawk say different things of one statement, in groups.

A statement is a difference where one of them reports a harm and the other none of the rules that
fixtures/peers/squawk.toml calls the same. Differences make a group with those that have the same
rule on this side and the same answer on the other: other rules that speak of harm, else why
nothing is said of what the rule is about, else nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migsafe import rulebook
from migsafe.lint.squawk import UNREADABLE
from migsafe.model.findings import Severity
from migsafe_dev.peering.program import Reported, rules
from migsafe_dev.peering.recorded import Recorded
from migsafe_dev.peering.subjects import MADE_HERE, REFUSED, Stated, Subject

QUIET = "quiet"
NO_RULE = "no rule"
_ABOUT_THE_FILE = frozenset(
    {"missing-lock-timeout", "missing-downgrade", "not-rerunnable", "unused-ignore"}
)
"""Rules that speak of the whole migration, at its first statement: no other word for a harm."""


@dataclass(frozen=True)
class Difference:
    """What one tool says of a statement and the other does not."""

    subject: Subject
    statement: Stated


@dataclass(frozen=True, order=True)
class Group:
    """Who reports which rule, and what the other says instead."""

    reporter: str
    rule: str
    instead: str

    def __str__(self) -> str:
        return f"{self.reporter} {self.rule}: {self.instead}"


@dataclass
class Compared:
    """How far the tools agree, and where they do not."""

    subjects: int = 0
    statements: int = 0
    both: Counter[str] = field(default_factory=Counter)
    """Statements of which both say the harm, by squawk's rule."""
    groups: dict[Group, list[Difference]] = field(default_factory=dict)

    def alone(self, reporter: str, rule: str) -> int:
        """Return how many statements only one of the tools reports under a rule."""
        return sum(
            len(found)
            for group, found in self.groups.items()
            if (group.reporter, group.rule) == (reporter, rule)
        )


def compare(subjects: Iterable[Subject], recorded: Recorded) -> Compared:
    """Return the differences between what migsafe says and what squawk was recorded to say."""
    compared = Compared()
    for subject in subjects:
        reported = recorded.of(subject)
        compared.subjects += 1
        compared.statements += len(subject.statements)
        unread = any(one.rule == UNREADABLE for one in reported)
        for statement, theirs in _by_statement(subject, reported):
            for group in _groups(statement, theirs, compared.both):
                # Of a text that it cannot read squawk says nothing else.
                if not unread or group.rule == UNREADABLE:
                    compared.groups.setdefault(group, []).append(Difference(subject, statement))
    return compared


def _by_statement(
    subject: Subject, reported: Iterable[Reported]
) -> Iterator[tuple[Stated, frozenset[str]]]:
    """Yield each statement with the rules that squawk reports of it.

    What stands before the first statement, a comment, is counted as its own.
    """
    said: dict[Stated, set[str]] = {statement: set() for statement in subject.statements}
    for one in reported:
        before = [
            each
            for each in subject.statements
            if (each.line, each.column) <= (one.line, one.column)
        ]
        for statement in (before or subject.statements)[-1:] if before else subject.statements[:1]:
            said[statement].add(one.rule)
    for statement, names in said.items():
        yield statement, frozenset(names)


def _groups(statement: Stated, theirs: frozenset[str], both: Counter[str]) -> Iterator[Group]:
    same, harm = rules().same, rules().harm
    for rule in sorted(theirs):
        if same[rule] & statement.said:
            both[rule] += 1
        elif rule in harm:
            yield Group("squawk", rule, _instead(statement))
        else:
            yield Group("squawk", rule, QUIET)
    for ours in sorted(statement.said):
        equal = {rule for rule, names in same.items() if ours in names}
        if not equal & theirs:
            yield Group("migsafe", ours, QUIET if equal else NO_RULE)


def _instead(statement: Stated) -> str:
    others = sorted(one for one in statement.said if _is_harm(one))
    because = statement.because
    return because if because in {REFUSED, MADE_HERE} else ", ".join(others) or because or QUIET


def _is_harm(rule_id: str) -> bool:
    """Say whether a rule of migsafe speaks of harm, and of the statement it stands at."""
    good_practice = rulebook.rule(rule_id).severity() is Severity.OFF
    return not good_practice and rule_id not in _ABOUT_THE_FILE
