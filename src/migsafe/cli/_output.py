"""Formats of a report, to standard output and to files."""

import os
import sys
from contextlib import suppress
from importlib import import_module

import click

from migsafe.cli._common import wants_colour
from migsafe.model.errors import UsageError
from migsafe.model.findings import Report

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")


def rendered(report: Report, format: str, *, frame: bool = False, colour: bool = False) -> str:
    """Return a report in a format."""
    if format == "text":
        from migsafe.render import text  # noqa: PLC0415  a format is loaded when it is asked for

        width = _columns()
        return text.render(report, text.Look(width, colour, frame))
    module = import_module(f"migsafe.render.{format}")
    return str(module.render(report))


def _columns() -> int:
    return min(os.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100


def put(report: Report, format: str, *, frame: bool) -> None:
    """Print a report on standard output."""
    click.echo(rendered(report, format, frame=frame, colour=wants_colour()), nl=False, color=True)


def targets(given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of format and file that `--output FORMAT=FILE` names.

    Raises:
        UsageError: If a value is no such pair.
    """
    pairs: list[tuple[str, str]] = []
    for value in given:
        word, equals, path = value.partition("=")
        if not equals or not path or word not in FORMATS:
            raise UsageError(f"{value!r} is no FORMAT=FILE", help=f"Formats: {', '.join(FORMATS)}.")
        pairs.append((word, path))
    return tuple(pairs)


def write(path: str, text: str) -> None:
    """Write a file as a whole or not at all; what is no plain file is written as it is.

    Raises:
        UsageError: If it cannot be written.
    """
    try:
        if os.path.islink(path) or (os.path.exists(path) and not os.path.isfile(path)):
            # A device must not be replaced by a file, nor a link by what it leads to.
            _put_into(path, "w", text)
            return
        new = f"{path}.{os.getpid()}.tmp"
        try:
            _put_into(new, "x", text)
            os.replace(new, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(new)
            raise
    except OSError as error:
        raise UsageError(
            f"cannot write: {error.strerror}", path=path, help="Name a writable file."
        ) from None


def _put_into(path: str, mode: str, text: str) -> None:
    with open(path, mode, encoding="utf-8", newline="\n") as file:
        file.write(text)
