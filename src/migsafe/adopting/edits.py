"""Changes of files that are shown as a diff before they are written."""

import os
import stat
import tempfile
from collections.abc import Iterator
from difflib import unified_diff

from migsafe.model.errors import UsageError
from migsafe.model.record import record


@record
class Edit:
    """A file with what it is to hold; `before` is None where there is none yet."""

    path: str
    before: str | None
    after: str


@record
class Refused:
    """A file that is left as it is: why, and what a person adds by hand."""

    path: str
    why: str
    addition: str


def text_of(path: str) -> str | None:
    """Return a file's text with its line ends as they are; None if there is no file.

    Raises:
        UsageError: If it cannot be read as UTF-8.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot be read: {error}", path=path, help="Make it a readable UTF-8 file."
        ) from None


def appended(text: str, addition: str) -> str:
    """Return a text with lines added at its end, after an empty one, in its own line ends."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else line_end if text.endswith("\n") else line_end * 2
    return text + gap + addition.replace("\n", line_end)


def diff(edit: Edit) -> Iterator[str]:
    """Yield the lines of a unified diff, without their ends."""
    old = (edit.before or "").splitlines(keepends=True)
    new = edit.after.splitlines(keepends=True)
    source = "/dev/null" if edit.before is None else f"a/{edit.path}"
    for line in unified_diff(old, new, source, f"b/{edit.path}"):
        yield _printable(line.rstrip("\r\n"))
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in line)


def write(edit: Edit) -> None:
    """Write a file as a whole or not at all; its mode stays.

    Raises:
        UsageError: If it cannot be written, or leads out of the working directory.
    """
    place = os.path.realpath(edit.path)
    if not place.startswith(os.path.join(os.path.realpath(os.getcwd()), "")):
        raise UsageError(
            "a link leads out of this directory: nothing is written there",
            path=edit.path,
            help="Replace the link by a file or directory.",
        )
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=os.path.dirname(place), delete=False
        ) as file:
            file.write(edit.after)
        try:
            os.chmod(file.name, _mode(place))
            os.replace(file.name, place)
        except OSError:
            os.unlink(file.name)
            raise
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}", path=edit.path, help="Make it writable."
        ) from None


def _mode(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
