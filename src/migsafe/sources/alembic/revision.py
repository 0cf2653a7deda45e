"""A revision file: its header."""

import ast
import re

from migsafe.model.origin import SectionName, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.modules import assigned
from migsafe.sources.alembic.plain import is_sent
from migsafe.sources.alembic.values import Module, Value

# A file may end its lines with a carriage return alone.
_HEADER = pattern(r"(?:^|\r)revision\b[^=\r\n]*=", re.MULTILINE)
_HELD_ID = pattern(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_HELD_DOWN = pattern(r"^down_revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_HEADER_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")


def is_revision(text: str) -> bool:
    """Return whether a Python file looks like a revision: it names one."""
    return _HEADER.search(text) is not None


def header_of_unread(text: str) -> tuple[str | None, str | None]:
    """Return revision and down_revision of a file that is not Python, if they show."""
    found = _HELD_ID.search(text)
    down = _HELD_DOWN.search(text)
    return found[1] if found else None, down[1] if down else None


@record
class Header:
    """The header of a revision. A name in `unknown` could not be read."""

    revision: str | None
    down: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_header(module: Module, importer: Importer | None = None) -> Header:
    """Return a revision's header."""
    unknown: list[str] = []
    found: dict[str, tuple[str, ...]] = {}
    for name in _HEADER_NAMES:
        value = _value(module, name, importer)
        if value is None:
            found[name] = ()
        elif isinstance(value, str):
            found[name] = (value,)
        elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            found[name] = tuple(str(each) for each in value)
        else:
            found[name] = ()
            unknown.append(name)
    return Header(
        found["revision"][0] if found["revision"] else None,
        found["down_revision"],
        found["branch_labels"],
        found["depends_on"],
        tuple(unknown),
    )


def _value(module: Module, name: str, importer: Importer | None) -> Value:
    match assigned(module, name):
        case None if name not in module.defining:
            return None
        case ast.Constant(value=None | str() as value) if value is None or is_sent(value):
            # Nearly all headers are literals: nothing needs to be followed for them.
            return value
        case _:
            return Walk(module, module.path, SectionName.UP, importer).value_of(name)


def header_span(module: Module, name: str) -> Span:
    """Return where a name of the header is assigned: its value; the file's start if not."""
    node = assigned(module, name)
    return Span(0, 0) if node is None else module.places.span(node)
