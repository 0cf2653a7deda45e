"""Whether the constraints of a table prove that its rows lie within a partition's bound.

The server accepts what follows by comparing one column with constants, and so does this;
where a condition names the key in another way, nobody knows here.

Source:
    ConstraintImpliedByRelConstraint in commands/tablecmds.c, optimizer/util/predtest.c and
    partitioning/partbounds.c of PostgreSQL; measured: fixtures/effects/bounds.toml.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction

from migsafe.catalog.text import column_of, conjuncts
from migsafe.model.record import record
from migsafe.writing.tokens import closing, tokens

_LONGEST = 100
"""A list with more elements than this is one lump to the server: it compares no element."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"'\d{4}-\d\d-\d\d'")
_OPERATORS = frozenset({"<", "<=", "=", ">", ">="})
_MIRRORED = {"<": ">", "<=": ">=", "=": "=", ">": "<", ">=": "<="}

Value = Fraction | str


class Answer(StrEnum):
    """What can be said of a proof."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@record
class Compared:
    """A comparison of the key with a constant."""

    operator: str
    value: Value


@record
class Listed:
    """The key is one of some constants."""

    values: tuple[Value, ...]


@record
class Filled:
    """The key is not NULL."""


@record
class Either:
    """One of several lists of conditions holds."""

    branches: tuple[tuple["Condition", ...], ...]


@record
class Unread:
    """A condition that names the key in some other way."""


Condition = Compared | Listed | Filled | Either | Unread


@record
class Range:
    """FROM … TO …; None where it is open."""

    low: Value | None
    high: Value | None


@record
class Values:
    """IN (…)."""

    values: tuple[Value, ...]


@record
class Hashed:
    """WITH (MODULUS …): no comparison proves it."""


Bound = Range | Values | Hashed


def bound_of(text: str) -> Bound | None:
    """Return the bound of a partition by one column, None for DEFAULT and what is not read."""
    words = list(tokens(text))
    upper = [word.upper() for word in words]
    if upper[:3] == ["FOR", "VALUES", "WITH"]:
        return Hashed()
    if upper[:3] == ["FOR", "VALUES", "IN"]:
        listed = _values(words[4:-1])
        return None if listed is None else Values(listed)
    if upper[:3] != ["FOR", "VALUES", "FROM"] or "TO" not in upper:
        return None
    to = upper.index("TO")
    ends = (words[4 : to - 1], words[to + 2 : -1])
    low, high = (_end(part) for part in ends)
    if isinstance(low, bool) or isinstance(high, bool):
        return None
    return Range(low, high)


def _end(words: list[str]) -> Value | bool | None:
    """Return an end of a range, None if it is open, False if it is not read."""
    if [word.upper() for word in words] in (["MINVALUE"], ["MAXVALUE"]):
        return None
    value = _value(words)
    return False if value is None else value


def conditions(sqls: Iterable[str], key: str) -> tuple[Condition, ...]:
    """Return what conditions, all of which hold, say of a column."""
    return tuple(
        condition
        for sql in sqls
        for part in conjuncts(list(tokens(sql)))
        for condition in _read(part, key)
    )


def _read(words: list[str], key: str) -> Iterator[Condition]:
    if not any(column_of(word) == key for word in words):
        return
    upper = [word.upper() for word in words]
    if upper[1:] == ["IS", "NOT", "NULL"]:
        yield Filled()
        return
    branches = _branches(words)
    if branches is not None:
        yield Either(tuple(conditions([" ".join(branch)], key) for branch in branches))
        return
    if upper[1:2] == ["BETWEEN"] and "AND" in upper:
        middle = upper.index("AND")
        ends = _value(words[2:middle]), _value(words[middle + 1 :])
        if ends[0] is not None and ends[1] is not None and column_of(words[0]) == key:
            yield Compared(">=", ends[0])
            yield Compared("<=", ends[1])
            return
    yield _listed(words, upper, key) or _compared(words, key) or Unread()


def _branches(words: list[str]) -> list[list[str]] | None:
    """Return the parts that OR joins at the top, None if it joins none."""
    depth = 0
    parts: list[list[str]] = [[]]
    for word in words:
        depth += (word in "([") - (word in ")]")
        if depth == 0 and word.upper() == "OR":
            parts.append([])
            continue
        parts[-1].append(word)
    return parts if len(parts) > 1 else None


def _listed(words: list[str], upper: list[str], key: str) -> Listed | None:
    if column_of(words[0]) != key:
        return None
    if upper[1:3] == ["IN", "("] and closing(words, 2) == len(words) - 1:
        values = _values(words[3:-1])
    elif upper[1:6] == ["=", "ANY", "(", "ARRAY", "["] and upper[-2:] == ["]", ")"]:
        values = _values(words[6:-2])
    else:
        return None
    return None if values is None else Listed(values)


def _compared(words: list[str], key: str) -> Compared | None:
    at = next((at for at, word in enumerate(words) if word[0] in "<>=!"), None)
    if at is None:
        return None
    until = at + 1
    while until < len(words) and words[until][0] in "<>=!":
        until += 1
    operator = "".join(words[at:until])
    left, right = words[:at], words[until:]
    if operator not in _OPERATORS:
        return None
    if [column_of(word) for word in right] == [key]:
        left, right, operator = right, left, _MIRRORED[operator]
    value = _value(right)
    if value is None or len(left) != 1 or column_of(left[0]) != key:
        return None
    return Compared(operator, value)


def _values(words: list[str]) -> tuple[Value, ...] | None:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            parts.append([])
        else:
            parts[-1].append(word)
    found = [_value(part) for part in parts]
    known = tuple(value for value in found if value is not None)
    return known if len(known) == len(found) else None


def _value(words: list[str]) -> Value | None:
    """Return a constant that compares as it reads: a number, or a date."""
    text = "".join(words)
    bare = text.split("::")[0].strip("()")
    if _NUMBER.fullmatch(bare):
        return Fraction(bare)
    return bare if _DATE.fullmatch(bare) else None


def implies(known: tuple[Condition, ...], bound: Bound, *, filled: bool) -> Answer:
    """Say whether conditions prove that a row lies within a bound.

    Args:
        known: What holds for every row.
        bound: The bound.
        filled: Whether the column is NOT NULL.
    """
    if isinstance(bound, Hashed):
        return Answer.NO
    no = Answer.OPEN if Unread() in known else Answer.NO
    if not filled and Filled() not in known:
        return no
    wanted: list[Condition] = []
    match bound:
        case Range(low=low, high=high):
            if low is not None:
                wanted.append(Compared(">=", low))
            if high is not None:
                wanted.append(Compared("<", high))
        case Values(values=values):
            wanted.append(Listed(values))
    return Answer.YES if all(_follows(known, each) for each in wanted) else no


def excludes(known: tuple[Condition, ...], bounds: Iterable[Bound]) -> Answer:
    """Say whether conditions prove that a row lies in none of some bounds."""
    no = Answer.OPEN if Unread() in known else Answer.NO
    listed = 0
    for bound in bounds:
        match bound:
            case Hashed():
                return Answer.NO
            case Range(low=low, high=high):
                below = low is not None and _follows(known, Compared("<", low))
                above = high is not None and _follows(known, Compared(">=", high))
                if not below and not above and not _splits(known, bound):
                    return no
            case Values(values=values):
                listed += len(values)
                if not all(_differs(known, value) for value in values):
                    return no
    return no if listed > _LONGEST else Answer.YES


def _splits(known: tuple[Condition, ...], bound: Bound) -> bool:
    """Say whether each branch of some OR excludes a bound."""
    return any(
        isinstance(each, Either)
        and all(excludes(branch, [bound]) is Answer.YES for branch in each.branches)
        for each in known
    )


def _differs(known: tuple[Condition, ...], value: Value) -> bool:
    return (
        _follows(known, Compared("<", value))
        or _follows(known, Compared(">", value))
        or any(
            isinstance(each, Listed) and len(each.values) <= _LONGEST and value not in each.values
            for each in known
        )
        or any(
            isinstance(each, Either) and all(_differs(branch, value) for branch in each.branches)
            for each in known
        )
    )


def _follows(known: tuple[Condition, ...], wanted: Condition) -> bool:
    return any(_proves(each, wanted) for each in known)


def _proves(given: Condition, wanted: Condition) -> bool:
    match given:
        case Either(branches=branches):
            return all(_follows(branch, wanted) for branch in branches)
        case Listed(values=values):
            if isinstance(wanted, Listed) and set(values) == set(wanted.values):
                return True
            return len(values) <= _LONGEST and all(
                _proves(Compared("=", value), wanted) for value in values
            )
        case Compared():
            return _compares(given, wanted)
        case Filled() | Unread():
            return False


def _compares(given: Compared, wanted: Condition) -> bool:
    match wanted:
        case Listed(values=values):
            return given.operator == "=" and given.value in values and len(values) <= _LONGEST
        case Compared():
            return _is_within(given, wanted)
        case Filled() | Either() | Unread():
            return False


def _is_within(given: Compared, wanted: Compared) -> bool:
    left, right = given.value, wanted.value
    if isinstance(left, str) or isinstance(right, str):
        if not (isinstance(left, str) and isinstance(right, str)):
            return False
        order = (left > right) - (left < right)
    else:
        order = (left > right) - (left < right)
    match wanted.operator:
        case ">=":
            return given.operator in {">", ">=", "="} and order >= 0
        case ">":
            return (given.operator == ">" and order >= 0) or (
                given.operator in {">=", "="} and order > 0
            )
        case "<":
            return (given.operator == "<" and order <= 0) or (
                given.operator in {"<=", "="} and order < 0
            )
        case "<=":
            return given.operator in {"<", "<=", "="} and order <= 0
        case _:
            return given.operator == "=" and order == 0
