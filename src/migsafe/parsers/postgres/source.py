"""The text a statement was parsed from, and the parts that are read from it."""

from collections.abc import Callable

from migsafe.model.operations import Operation
from migsafe.model.record import record
from migsafe.parsers.postgres import pb


@record
class Source:
    """One statement with the text that it was parsed from.

    `start` and `end` are its character offsets in `text`; the tree's own locations count
    bytes from the start of `text`.
    """

    text: str
    start: int
    end: int
    statement: pb.RawStmt
    tree: pb.ParseResult | None = None
    """The tree that holds this statement and no other, if there is one: to write it back
    without a copy."""

    def offset(self, location: int) -> int:
        """Return the character offset of a location that the grammar counts in bytes."""
        if self.text.isascii():
            return location
        return len(self.text.encode()[:location].decode(errors="ignore"))


@record
class Part:
    """An operation with the place of its own text: character offsets in the text read."""

    operation: Operation
    start: int
    end: int


Operations = tuple[Operation, ...]
Reader = Callable[[pb.Node, Source], Operations]
