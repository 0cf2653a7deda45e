"""Effects of statements for people: a short table for each file."""

from collections.abc import Iterator

from migsafe.model.effects import Fact, Never
from migsafe.model.inspection import Inspected
from migsafe.render import plain

_SQL = 60


def render(inspected: tuple[Inspected, ...], *, dialect: str, server_version: int) -> str:
    """Return one block a statement: what it is, and what it does, line by line."""
    lines = [f"{dialect} {server_version}, predicted"]
    place: tuple[str, str] | None = None
    for one in inspected:
        if (one.place.path, one.section) != place:
            place = (one.place.path, one.section)
            lines.append(f"{plain(one.place.path)}   {one.section}")
        sql = plain(one.sql)
        lines.append(f"{one.place.line:>3} {sql if len(sql) <= _SQL else sql[:_SQL] + ' …'}")
        lines.extend(f"      {label:<11}{text}" for label, text in _rows(one))
    return "".join(f"{line}\n" for line in lines)


def _rows(one: Inspected) -> Iterator[tuple[str, str]]:
    effects = one.effects
    for name, lock in sorted(effects.locks.items(), key=lambda pair: (-pair[1], pair[0])):
        yield "locks", f"{name} {lock} ({lock.blocks} wait)"
    for label, names in (
        ("rewrites", effects.rewrites),
        ("scans", effects.scans),
        ("builds", effects.builds),
    ):
        if names:
            yield label, ", ".join(str(name) for name in names)
    if one.forbidden_in_transaction:
        yield "runs", "outside a transaction only"
    if not isinstance(effects.fails, Never):
        when = "always" if one.fails == "certain" else "on some data"
        yield "fails", f"{when} ({effects.fails.sqlstate}): {plain(effects.fails.reason)}"
    if one.breaks_old_code:
        yield "old code", "some statements of running code fail"
    if one.loses_data:
        yield "loses", "what cannot be had again"
    for unknown in effects.unknown:
        yield "not known", f"{_words(unknown.fact)}: {plain(unknown.decides)}"


def _words(fact: Fact) -> str:
    return fact.replace("_", " ")
