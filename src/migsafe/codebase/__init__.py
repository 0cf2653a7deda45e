"""Who names which table, column, type, constraint, label or function in application code."""

from migsafe.codebase.files import is_application_code
from migsafe.codebase.matching import concerns
from migsafe.model.code import Basis, Use, UseKind, Uses
from migsafe.model.record import replace

__all__ = [
    "Basis",
    "Use",
    "UseKind",
    "Uses",
    "concerns",
    "is_application_code",
    "uses",
]

LONGEST = 1_000_000
"""How many characters of a file are read; longer ones are made by machines."""
LONGEST_LINE = 20_000
"""The same for a line of languages whose people break lines."""
_MAPPINGS = frozenset(
    {"mapped column", "column of Diesel", "column of Drizzle", "field of a model"}
)
"""How uses are found that say what a column is."""


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
    longest = 0 if path.endswith((".py", ".sql")) else max(map(len, text.split("\n")))
    if longest > LONGEST_LINE:
        return Uses(path, (), f"made by a machine: a line of {longest:,} characters")
    return _with_mappings(_read(path, text), text)


def _with_mappings(read: Uses, text: str) -> Uses:
    """Return what was read with the source of each mapped column."""
    lines = text.split("\n")
    found: list[Use] = []
    for use in read.found:
        if use.how in _MAPPINGS:
            source = " ".join(lines[use.place.line - 1 : use.place.end_line])
            found.append(replace(use, mapping=" ".join(source.split())))
        else:
            found.append(use)
    return replace(read, found=tuple(found))


def _read(path: str, text: str) -> Uses:
    # A reader is loaded when there is something to read: most changes hold one language.
    match path.rpartition(".")[2]:
        case "py" | "pyi":
            from migsafe.codebase import python  # noqa: PLC0415

            return python.read(path, text)
        case "sql":
            from migsafe.codebase import queries  # noqa: PLC0415

            return queries.read(path, text)
        case "prisma":
            from migsafe.codebase import prisma  # noqa: PLC0415

            return prisma.read(path, text)
        case _:
            from migsafe.codebase import words  # noqa: PLC0415

            return words.read(path, text)
