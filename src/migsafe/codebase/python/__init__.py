"""Python, read by `ast` and never imported."""

import re
import warnings

from migsafe.codebase.python import reading
from migsafe.model.code import Uses
from migsafe.model.errors import InputError
from migsafe.model.pattern import pattern
from migsafe.sources.alembic.modules import read_module
from migsafe.sources.alembic.values import Module


def read(path: str, text: str) -> Uses:
    """Return what a Python file names."""
    try:
        module = _module(path, text)
        return Uses(path, reading.read(module))
    except InputError as error:
        said = error.line is None or "line" in error.message
        place = "" if said else f" (line {error.line})"
        return Uses(path, (), f"{error.message}{place}")


def _module(path: str, text: str) -> Module:
    """Return the file's module, also where it is in a newer Python than ours.

    Raises:
        InputError: If it is no Python.
    """
    with warnings.catch_warnings():
        # Python speaks of escapes that it will refuse one day; it is not asked to judge.
        warnings.simplefilter("ignore")
        try:
            return read_module(text, path)
        except InputError:
            older = _older(text)
            if older == text:
                raise
            return read_module(older, path)


# Python 3.14 and 3.12: `except A, B:`, `def f[T](…)`, `type Pair = …`. Lines stay what they are.
_EXCEPT = pattern(r"\bexcept[ \t]+([\w.]++(?:[ \t]*,[ \t]*[\w.]++)+)[ \t]*:")
_TYPES = pattern(
    r"^([ \t]*+(?:(?:async[ \t]++)?+def|class)[ \t]++\w++)"
    r"\[((?:[^\[\]]|\[[^\[\]]{0,200}+\]){0,2000}+)(\]\(?)",
    re.MULTILINE,
)
_TYPE = pattern(r"^([ \t]*+)(type[ \t]++)(\w++(?:\[[^\]\n]*+\])?+)(?=[ \t]*+=)", re.MULTILINE)


def _older(text: str) -> str:
    """Return a file in words of Python 3.11."""
    text = _EXCEPT.sub(r"except(\1):", text)
    text = _TYPES.sub(_untyped, text)
    return _TYPE.sub(lambda match: match[1] + match[3] + " " * len(match[2]), text)


def _untyped(match: re.Match[str]) -> str:
    """Return a definition without the parameters that are types, which may take many lines."""
    blank = "".join(each if each == "\n" else " " for each in match[2])
    return f"{match[1]}({blank}{')' if match[3] == ']' else '  '}"
