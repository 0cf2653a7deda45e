"""docs/squawk.md: what is written by hand, and what is made of the comparison.

A block begins with a comment and ends with `<!-- end -->`; what stands between is made. A block
`<!-- differences` names groups, one a line, which the words around it explain; `*` stands for
every rule whose group is named nowhere else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from migsafe_dev.agreeing.cases import NEWEST, Case
from migsafe_dev.agreeing.kept import Json, Kept, digest
from migsafe_dev.peering.differences import Compared, Difference, Group
from migsafe_dev.peering.program import rules
from migsafe_dev.peering.subjects import ROOT

PAGE = ROOT / "docs" / "squawk.md"
_BLOCK = re.compile(
    r"(?P<head><!-- (?P<kind>figures|rules|differences)\s(?P<lines>[^>]*)-->\n).*?(?=<!-- end -->)",
    re.DOTALL,
)
_A_BLOCK = 8
"""Up to how many statements of a block a group may show a second one."""
_LONGEST = 120


def problems(text: str, compared: Compared) -> Iterator[str]:
    """Yield what the page leaves unexplained, and what it explains that there is not."""
    named = [line for block in _BLOCK.finditer(text) for line in _lines(block)]
    explained = _explained(text, compared)
    covered = {group for groups in explained.values() for group in groups}
    for group in sorted(compared.groups.keys() - covered):
        example = compared.groups[group][0]
        sql = " ".join(example.statement.sql.split())
        yield f"nobody explains {group}: {sql} ({example.subject.place})"
    for name, times in Counter(named).items():
        if not explained[name]:
            yield f"there is no difference {name}"
        if times > 1:
            yield f"{name} is explained {times} times"


def written(text: str, compared: Compared) -> str:
    """Return the page with its made parts as they should be."""
    explained = _explained(text, compared)

    def made(block: re.Match[str]) -> str:
        match block["kind"]:
            case "rules":
                lines = _rules(compared)
            case "figures":
                lines = _figures(compared)
            case _:
                groups = [group for name in _lines(block) for group in explained[name]]
                lines = _differences(groups, compared)
        return block["head"] + "".join(f"{line}\n" for line in lines)

    return _BLOCK.sub(made, text)


def _lines(block: re.Match[str]) -> list[str]:
    """Return the names of groups that a block lists."""
    return [line for line in block["lines"].splitlines() if line]


def _explained(text: str, compared: Compared) -> dict[str, list[Group]]:
    """Return the groups of each name that the page lists."""
    names = {line for block in _BLOCK.finditer(text) for line in _lines(block)}
    explained: dict[str, list[Group]] = {name: [] for name in names}
    for group in sorted(compared.groups):
        name = str(group)
        if name not in names:
            name = f"{group.reporter} *: {group.instead}"
        if name in names:
            explained[name].append(group)
    return explained


def _figures(compared: Compared) -> Iterator[str]:
    alone = Counter[str]()
    for group, found in compared.groups.items():
        alone[group.reporter] += len(found)
    yield (
        f"Compared were {compared.subjects:,} texts with {compared.statements:,} statements. Both "
        f"reported the same {compared.both.total():,} times, squawk alone {alone['squawk']:,} "
        f"times, migsafe alone {alone['migsafe']:,} times, in {len(compared.groups)} groups."
    )


def _rules(compared: Compared) -> Iterator[str]:
    known = rules()
    yield "| squawk | migsafe | both | squawk alone |"
    yield "|---|---|--:|--:|"
    for name in known.names:
        ours = ", ".join(_linked(rule) for rule in sorted(known.same[name])) or "–"
        shown = f"{name} °" if name in known.opt_in else name
        alone = compared.alone("squawk", name)
        yield f"| {shown} | {ours} | {compared.both[name]} | {alone} |"


def _linked(rule_id: str) -> str:
    return f"[{rule_id}](../rules/{rule_id}.md)"


def _differences(groups: list[Group], compared: Compared) -> Iterator[str]:
    yield ""
    yield f"| statement | squawk | migsafe | PostgreSQL {NEWEST} |"
    yield "|---|---|---|---|"
    rows = [(group, one) for group in groups for one in _examples(compared.groups[group])[:1]]
    for group in groups:
        if len(rows) < _A_BLOCK:
            rows += [(group, one) for one in _examples(compared.groups[group])[1:2]]
    for group, one in sorted(rows, key=lambda row: groups.index(row[0])):
        yield _row(group, one)
    shown = len(rows)
    total = sum(len(compared.groups[group]) for group in groups)
    yield ""
    if total > shown:
        yield f"{total - shown:,} more of {total:,}."
        yield ""


def _examples(found: Iterable[Difference]) -> list[Difference]:
    """Return statements that stand for a group, those first that a server was asked about."""
    kept: dict[str, Difference] = {}
    for one in sorted(found, key=lambda one: one.statement.case is None):
        kept.setdefault(_clipped(one.statement.sql), one)
    return list(kept.values())


def _row(group: Group, one: Difference) -> str:
    instead = group.instead if group.reporter == "squawk" else "–"
    theirs, ours = group.rule, instead
    if group.reporter == "migsafe":
        theirs, ours = instead, _linked(group.rule)
    case = one.statement.case
    seen = _place(one) if case is None else _seen(case)
    return f"| `{_clipped(one.statement.sql)}` | {theirs} | {ours} | {seen} |"


def _clipped(sql: str) -> str:
    line = re.sub(r"--.*", "", sql)
    line = " ".join(line.split()).replace("|", r"\|")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} …"


def _place(one: Difference) -> str:
    place = one.subject.place
    return f"[{place}](../{place})"


def _seen(case: Case) -> str:
    """Return what a server did, in words; nothing is said that was not measured."""
    traced, effects = _kept("traced", case), _kept("effects", case)
    if not effects:
        return f"not measured: a case of PostgreSQL {max(case.versions)}"
    state = effects.get("sqlstate")
    if traced.get("refused"):
        return f"refused ({state})"
    if state:
        return f"fails on the rows of the case ({state})"
    parts = [_locked(effects)]
    if not traced or traced.get("unmeasured"):
        return f"{parts[0]}; old statements not measured"
    for key, words in (("breaks", "fails"), ("changes", "changes")):
        kinds = traced.get(key)
        if isinstance(kinds, list) and kinds:
            parts.append(f"{words}: {', '.join(map(str, kinds))}")
    if traced.get("loses"):
        parts.append("values are lost")
    if len(parts) == 1:
        parts.append("old statements work")
    return "; ".join(parts)


def _locked(effects: Mapping[str, object]) -> str:
    locks = effects.get("locks")
    if not isinstance(locks, dict) or not locks:
        return "no lock"
    by_lock: dict[str, list[str]] = {}
    for name, lock in locks.items():
        by_lock.setdefault(str(lock), []).append(f"`{str(name).replace(chr(9), '.')}`")
    held = ", ".join(f"{lock} on {', '.join(names)}" for lock, names in by_lock.items())
    work = [words for key, words in _WORK.items() if effects.get(key)]
    return f"{held} while rows are {' and '.join(work)}" if work else f"{held} for an instant"


_WORK = {"rewrites": "rewritten", "scans": "read", "builds": "indexed"}


def _kept(subject: str, case: Case) -> Json:
    return Kept(subject).on(NEWEST).get(digest(case.setup, case.statement), {})
