"""What application code names of a database, and how sure that is."""

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
    code calls that which the name belongs to: a class, a variable, an enum's type.
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
class Changed:
    """What a file starts and stops to use; both in the order of the file.

    `unread` says why its versions could not be compared: both are empty then.
    """

    started: tuple[Use, ...]
    stopped: tuple[Use, ...]
    unread: str | None = None
