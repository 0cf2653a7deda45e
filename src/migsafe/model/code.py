"""What application code names of a database, and how sure that is."""

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum

from migsafe.model.migration import Place
from migsafe.model.record import record


class UseKind(StrEnum):
    """What is named."""

    TABLE = "table"
    """A table or a view: code does not tell them apart."""
    COLUMN = "column"
    TYPE = "type"
    CONSTRAINT = "constraint"
    INDEX = "index"
    LABEL = "label"
    """A value of an enum; `owner` is the type or the class that has it."""
    FUNCTION = "function"
    NAME = "name"
    """A word that may name any of them."""


class Basis(IntEnum):
    """What a use rests on; the greater, the surer."""

    MENTION = 1
    """A word of that name: in a language that is not followed, or where another thing of
    that name is as likely."""
    LIKELY = 2
    """An attribute, a keyword or a key of that name; whose it is, the file does not say."""
    EXACT = 3
    """A mapping or SQL names it with its table."""

    def __str__(self) -> str:
        """Return the word."""
        return self.name.lower()


@record
class Use:
    """One place where code names something of the database.

    `name` is the database's name where the file maps it, else the code's. `table` and `schema`
    are None where the file does not say them. `writes` says whether it is written there, None
    where that is not known. `how` says in a few words what stands there. `owner` is what the
    code calls that which the name belongs to: a class, a variable, an enum's type. `mapping` is
    the source of a mapped column, on one line, None for every other use.
    """

    kind: UseKind
    name: str
    table: str | None
    schema: str | None
    place: Place
    basis: Basis
    writes: bool | None
    how: str
    owner: str | None = None
    mapping: str | None = None


@record
class Uses:
    """What one file names, in the order of the file.

    `unread` says why the file could not be read: `found` is empty then, and nothing may be
    concluded from it.
    """

    path: str
    found: tuple[Use, ...]
    unread: str | None = None


@record
class CodeChange:
    """The application code of a change.

    Attributes:
        before: The files that the change touches, as they were released.
        after: The same files as they are now.
        now: Every file, changed or not, that has a word in it, as it is now; by that word.
            Words that nobody looked for are not there.
        released: The same as it was released.
    """

    before: tuple[Uses, ...] = ()
    after: tuple[Uses, ...] = ()
    now: Mapping[str, tuple[Uses, ...]] = field(default_factory=dict)
    released: Mapping[str, tuple[Uses, ...]] = field(default_factory=dict)

    @property
    def unread(self) -> tuple[Uses, ...]:
        """The changed files that could not be read, as they are now or as they were."""
        found = {each.path: each for each in (*self.before, *self.after) if each.unread is not None}
        return tuple(found.values())
