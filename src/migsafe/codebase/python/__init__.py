"""Python, read by `ast` and never imported."""

import warnings

from migsafe.codebase.python import reading
from migsafe.codebase.use import Uses
from migsafe.model.errors import InputError
from migsafe.sources.alembic.modules import read_module


def read(path: str, text: str) -> Uses:
    """Return what a Python file names."""
    try:
        with warnings.catch_warnings():
            # Python speaks of escapes that it will refuse one day; it is not asked to judge.
            warnings.simplefilter("ignore")
            module = read_module(text, path)
    except InputError as error:
        place = "" if error.line is None else f" (line {error.line})"
        return Uses(path, (), f"{error.message}{place}")
    return Uses(path, reading.read(module))
