"""Tests as units that may notice a mutant: those that need nothing from pytest but parameters."""

import importlib.util
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[3] / "tests"
_AUTOUSE = "fixture(autouse=True)"
"""What a file says all of whose tests need a fixture."""


@dataclass(frozen=True)
class Unit:
    """Something that may notice a mutant: `passes` says whether all is as it should be."""

    name: str
    passes: Callable[[], bool]


def units(paths: Iterable[Path]) -> Iterator[Unit]:
    """Yield the tests of files; those that ask for a fixture are left out."""
    allow_imports()
    for path in paths:
        spec = importlib.util.spec_from_file_location(f"migsafe_dev_{path.stem}", path)
        if spec is None or spec.loader is None or _AUTOUSE in path.read_text("utf-8"):
            continue
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for key, function in vars(module).items():
            if key.startswith("test_") and callable(function):
                for number, given in enumerate(_parameters(function)):
                    if given.keys() == inspect.signature(function).parameters.keys():
                        name = f"{path.stem}: {key} ({number})"
                        yield Unit(name, _test_passes(function, given))


def allow_imports() -> None:
    """Let tests import what stands beside their folders."""
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))


def _parameters(function: Callable[..., object]) -> Iterator[dict[str, Any]]:
    """Yield what a test is parametrised with."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    sets: list[list[dict[str, Any]]] = []
    for mark in marks:
        names, values = mark.args[0], mark.args[1]
        split = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        one: list[dict[str, Any]] = []
        for value in values:
            given = getattr(value, "values", value) if hasattr(value, "marks") else value
            if len(split) == 1 and not hasattr(value, "marks"):
                given = (given,)
            one.append(dict(zip(split, given, strict=True)))
        sets.append(one)
    for combination in itertools.product(*sets):
        yield {key: value for given in combination for key, value in given.items()}


def _test_passes(function: Callable[..., object], given: dict[str, Any]) -> Callable[[], bool]:
    def passes() -> bool:
        try:
            function(**given)
        except AssertionError:
            return False
        return True

    return passes
