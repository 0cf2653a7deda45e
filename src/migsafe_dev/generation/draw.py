"""Draws from a seed: the same on every machine and version of Python."""

import random
import re
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
_PLAIN = re.compile(r"(?!order$)[a-z_][a-z0-9_]*")
"""Names that need no quotes; of the reserved words the grammar uses one."""


class Draw:
    """A source of choices; every choice is made from one stream of numbers."""

    def __init__(self, seed: str) -> None:
        """Start the stream of numbers of a seed."""
        self._random = random.Random(seed)  # noqa: S311  no secret hangs on it
        self._count = 0

    def chance(self, share: float) -> bool:
        """Return True in a share of the cases."""
        return self._random.random() < share

    def number(self, least: int, most: int) -> int:
        """Return a whole number between two, both included."""
        return least + int(self._random.random() * (most - least + 1))

    def one(self, items: Sequence[Item]) -> Item:
        """Return one of several."""
        return items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[Item], least: int, most: int) -> list[Item]:
        """Return several different items in the order drawn, fewer if there are no more."""
        left = list(items)
        count = min(self.number(least, most), len(left))
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]

    def maybe(self, text: str, share: float = 0.5) -> str:
        """Return a text in a share of the cases, else nothing."""
        return text if self.chance(share) else ""

    def fresh(self, stem: str) -> str:
        """Return a name that nothing bears yet."""
        self._count += 1
        return f"{stem}_n{self._count}"


def quoted(name: str) -> str:
    """Return an identifier as it must be written."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
