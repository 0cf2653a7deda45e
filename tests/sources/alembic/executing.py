"""Runs the revisions that a test writes, with an `op` that notes what is asked of it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import cast

from migsafe.model.operations import DropTable, Unrecognized
from migsafe.model.origin import Certainty, SectionName
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.modules import read_module

IMPORT = "from alembic import op\n"
_MOST_LINES = 3_000
_LARGEST = 2_000
_GROWING = (str, list, dict)


class Recording:
    """Stands for `alembic.op`: notes which tables are dropped on which line."""

    def __init__(self) -> None:
        """Start with none."""
        self.dropped: dict[int, list[str]] = {}

    def drop_table(self, name: str) -> None:
        """Note a table."""
        line = sys._getframe(1).f_lineno
        self.dropped.setdefault(line, []).append(name)


class EndlessError(Exception):
    """Raised where a revision runs for too long, or makes too much."""


def executed(text: str) -> dict[int, list[str]]:
    """Return the tables that the `upgrade` of a revision drops when it runs, by line."""
    op = Recording()
    names: dict[str, object] = {"op": op, "__name__": "revision"}
    left = _MOST_LINES

    def step(frame: FrameType, _event: str, _given: object) -> object:
        nonlocal left
        left -= 1
        if frame.f_globals is not names:
            return None
        held = (*frame.f_locals.values(), *names.values())
        if left < 0 or any(len(each) > _LARGEST for each in held if isinstance(each, _GROWING)):
            raise EndlessError
        return step

    before = sys.gettrace()
    sys.settrace(step)  # type: ignore[arg-type]  # it returns itself
    try:
        exec(compile(text, "a.py", "exec"), names)
        cast("Callable[[], None]", names["upgrade"])()
    finally:
        sys.settrace(before)
    return op.dropped


@dataclass
class Line:
    """What migsafe says of one call: the names that it knows, and whether that is all."""

    certain: list[str] = field(default_factory=list)
    perhaps: list[str] = field(default_factory=list)
    is_known: bool = True


@dataclass
class Reading:
    """What migsafe says of a revision; `is_whole`: nothing else in it is not known."""

    lines: dict[int, Line] = field(default_factory=dict)
    is_whole: bool = True


def read(text: str) -> Reading:
    """Return what migsafe says of the tables that the `upgrade` of a revision drops."""
    walk = Walk(read_module(IMPORT + text, "a.py"), "a.py", SectionName.UP)
    statements = walk.function("upgrade")
    assert statements is not None
    found = Reading()
    for statement in statements:
        for operation in statement.operations:
            origin = operation.origin
            assert origin is not None
            number = (IMPORT + text)[: origin.span.start].count("\n")
            line = found.lines.setdefault(number, Line())
            match operation:
                case DropTable(table=table) if origin.certainty is Certainty.ALWAYS:
                    line.certain.append(table.name)
                case DropTable(table=table):
                    line.perhaps.append(table.name)
                case Unrecognized(reason=reason):
                    line.is_known = False
                    found.is_whole = found.is_whole and reason.startswith("'drop_table'")
                case _:
                    raise AssertionError(operation)
    return found


def differences(text: str) -> list[str]:
    """Return where a revision does otherwise than migsafe holds to be known."""
    dropped, reading = executed(text), read(text)
    found = []
    for number, names in dropped.items():
        line = reading.lines.get(number)
        if line is None:
            if reading.is_whole:
                found.append(f"line {number}: nobody sees that {names} are dropped")
        elif not line.is_known or not reading.is_whole:
            rest = iter(names)
            if not all(name in rest for name in line.certain):
                found.append(f"line {number}: {line.certain} is not in {names}")
        elif line.perhaps:
            if not set(names) <= {*line.certain, *line.perhaps}:
                found.append(f"line {number}: {line} but {names}")
        elif line.certain != names:
            found.append(f"line {number}: {line.certain} but {names}")
    found += [
        f"line {number}: {line.certain} is never dropped"
        for number, line in reading.lines.items()
        if line.certain and number not in dropped
    ]
    return found
