"""Who names which table, column, type, constraint, label or function in application code."""

from migsafe.codebase.changes import changes
from migsafe.codebase.files import is_application_code
from migsafe.codebase.use import Basis, Changed, Use, UseKind, Uses

__all__ = [
    "Basis",
    "Changed",
    "Use",
    "UseKind",
    "Uses",
    "changes",
    "is_application_code",
    "uses",
]

LONGEST = 1_000_000
"""How many characters of a file are read; longer ones are made by machines."""


def uses(path: str, text: str) -> Uses:
    """Return what one file of application code names; nothing of it is run.

    Args:
        path: The file, relative to its repository: its suffix says the language, its folder
            the Django application.
        text: What it holds.
    """
    if len(text) > LONGEST:
        return Uses(path, (), f"longer than {LONGEST:,} characters")
    if "\0" in text:
        return Uses(path, (), "not text: it holds a NUL character")
    suffix = path.rpartition(".")[2]
    if suffix in {"py", "pyi"}:
        from migsafe.codebase import python  # noqa: PLC0415  most changes hold one language

        return python.read(path, text)
    return Uses(path, (), f"no reader for .{suffix} files")
