"""Lock modes of a table, weakest first, and what each of them stops."""

from enum import IntEnum


class Lock(IntEnum):
    """A table lock mode of PostgreSQL; the order is the order of strength."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        """Return the mode in the words of SQL: `SHARE ROW EXCLUSIVE`."""
        return self.name.replace("_", " ")

    @property
    def blocks_reads(self) -> bool:
        """Whether a plain SELECT waits."""
        return self is Lock.ACCESS_EXCLUSIVE

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE wait."""
        return self >= Lock.SHARE

    @property
    def blocks(self) -> str:
        """What waits, in words: `reads and writes`, `writes`, or `other schema changes`."""
        if self.blocks_reads:
            return "reads and writes"
        return "writes" if self.blocks_writes else "other schema changes"
