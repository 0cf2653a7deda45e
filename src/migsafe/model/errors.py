"""Errors that people can mend, and the exit statuses.

MigsafeError
├── UsageError          the command line, the configuration or the request is wrong (2)
├── InputError          a file could not be opened, decoded or understood as input (2)
├── ServerError         a server could not be reached or did not answer (2; for the gate 3)
└── RefusedError        a plan command will not do it: the gate is shut (1)

Anything else that escapes is a bug in migsafe and ends with 70.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses; `worst` says which wins."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    BUG = 70


_GRAVITY = (Exit.OK, Exit.INCONCLUSIVE, Exit.FINDINGS, Exit.USAGE, Exit.BUG)


def worst(*statuses: Exit) -> Exit:
    """Return the most serious status: 70, 2, 1, 3, 0 in this order; 0 for none."""
    return max(statuses, key=_GRAVITY.index, default=Exit.OK)


class MigsafeError(Exception):
    """An error with one message in the user's words and one thing to do."""

    exit: Exit = Exit.USAGE

    def __init__(
        self, message: str, *, help: str = "", path: str = "", line: int | None = None
    ) -> None:
        """Keep the message, the remedy and the place.

        Args:
            message: What is wrong, with the user's own words in quotes.
            help: One imperative sentence, or nothing.
            path: The file, relative to the working directory where possible.
            line: The line, from 1.
        """
        super().__init__(message)
        self.message = message
        self.help = help
        self.path = path
        self.line = line


class UsageError(MigsafeError):
    """The command line or the configuration is wrong."""


class InputError(MigsafeError):
    """A file could not be opened, decoded or understood as input."""


class ServerError(MigsafeError):
    """A server could not be reached, or did not answer."""


class RefusedError(MigsafeError):
    """The request is understood and refused, because what it needs is not recorded."""

    exit = Exit.FINDINGS
