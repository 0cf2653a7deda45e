"""Which units notice a mutant: each is made in a process of its own, forked from a warm one."""

import ast
import gc
import os
import signal
import sys
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import CodeType, FrameType, ModuleType

from migsafe.lint import engine
from migsafe.model.effects import Never
from migsafe_dev.mutating.mutants import Mutant
from migsafe_dev.mutating.testing import Unit

PATIENCE = 30
"""Seconds after which a mutant counts as noticed: it does not come to an end."""

_CAUGHT, _SURVIVES, _BROKEN = 0, 1, 2
_PACKAGES = ("migsafe.", "migsafe_dev.")
_FACTS = ("migsafe.effects", "migsafe.compatibility")

Reached = dict[str, dict[int, list[Unit]]]
"""The units that run a line, by path and line."""


def reach(units: Iterable[Unit], paths: Iterable[str]) -> tuple[Reached, list[str]]:
    """Return which units run which lines, and the names of units that do not pass as it is."""
    watched = frozenset(paths)
    reached: Reached = {path: defaultdict(list) for path in watched}
    failing: list[str] = []
    lines: set[tuple[str, int]] = set()

    def line(frame: FrameType, event: str, argument: object) -> object:
        del argument
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, argument: object) -> object:
        del event, argument
        return line if frame.f_code.co_filename in watched else None

    for unit in units:
        if not unit.passes():
            failing.append(unit.name)
            continue
        lines.clear()
        with _tracing(call):
            unit.passes()
        for path, number in lines:
            reached[path][number].append(unit)
    return reached, failing


@contextmanager
def _tracing(call: object) -> Iterator[None]:
    sys.settrace(call)  # type: ignore[arg-type]  # its type is recursive
    try:
        yield
    finally:
        sys.settrace(None)


def running(mutant: Mutant, reached: dict[int, list[Unit]]) -> list[Unit]:
    """Return the units that run what a mutant changes, first those that are about its module."""
    lines = reached if mutant.lines is None else (n for n in mutant.lines if n in reached)
    found = {unit.name: unit for number in lines for unit in reached[number]}
    subject = Path(mutant.path).stem
    return sorted(found.values(), key=lambda unit: subject not in unit.name.replace("-", "_"))


def notices(mutant: Mutant, tree: ast.Module, module: ModuleType, units: list[Unit]) -> bool:
    """Say whether one of the units notices a mutant.

    Raises:
        RuntimeError: If the mutant could not be made.
    """
    if not units:
        return False
    gc.freeze()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(mutant, tree, module, units))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == _BROKEN:
        raise RuntimeError(f"not made: {mutant}")
    # A signal ended it: it took too long, or too much.
    return code != _SURVIVES


def _in_child(mutant: Mutant, tree: ast.Module, module: ModuleType, units: list[Unit]) -> int:
    signal.alarm(PATIENCE)
    try:
        mutant.apply()
        code = compile(ast.fix_missing_locations(tree), module.__file__ or "", "exec")
    except Exception:  # noqa: BLE001  whatever it is, the parent says which mutant
        traceback.print_exc()
        return _BROKEN
    try:
        _replace(module, code, dependants=mutant.lines is None)
        return _SURVIVES if all(unit.passes() for unit in units) else _CAUGHT
    except BaseException:  # noqa: BLE001  a mutant that raises is noticed
        return _CAUGHT


def _replace(module: ModuleType, code: CodeType, *, dependants: bool) -> None:
    """Load a module anew, also where others have taken names from it.

    With `dependants` those of the facts that were loaded after it are loaded anew as well: what
    they made of its names when they were loaded is wrong, too.
    """
    loaded = [found for name, found in list(sys.modules.items()) if name.startswith(_PACKAGES)]
    after = [found for found in loaded if found.__name__.startswith(_FACTS)]
    again = after[after.index(module) + 1 :] if dependants and module in after else []
    before = {found.__name__: dict(vars(found)) for found in (module, *again)}
    _prepare(module)
    exec(code, vars(module))  # noqa: S102  compiled by the caller
    for found in again:
        _rebind(before, [found])
        source = Path(found.__file__ or "").read_text("utf-8")
        exec(compile(source, found.__file__ or "", "exec"), vars(found))  # noqa: S102  ours
    _rebind(before, [found for found in loaded if found.__name__ not in before])
    for kept in vars(engine).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()


def _prepare(module: ModuleType) -> None:
    """Give a module the names that mutants use."""
    names = vars(module)
    for value in list(names.values()):
        kind = type(value) if isinstance(value, Enum) else value
        if isinstance(kind, type) and issubclass(kind, Enum):
            for member in kind:
                names[f"_migsafe_{kind.__name__}_{member.name}"] = member
    names["_migsafe_never"] = lambda *_, **__: Never()
    names["_migsafe_none"] = lambda *_, **__: None


def _rebind(before: dict[str, dict[str, object]], modules: Iterable[ModuleType]) -> None:
    """Give modules the new values of the names that they have taken from others."""
    changed = {
        (key, id(value)): vars(sys.modules[name]).get(key)
        for name, names in before.items()
        for key, value in names.items()
        if not key.startswith("__") and vars(sys.modules[name]).get(key) is not value
    }
    for module in modules:
        names = vars(module)
        for key, value in list(names.items()):
            if (key, id(value)) in changed:
                names[key] = changed[key, id(value)]


def source_of(module: ModuleType) -> tuple[str, ast.Module]:
    """Return the file of a module and its tree."""
    path = module.__file__ or ""
    return path, ast.parse(Path(path).read_text("utf-8"), path)
