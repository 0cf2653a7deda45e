"""How big tables are: in words, and as a limit that a configuration sets."""

from migsafe.catalog.schema import TableSize
from migsafe.model.pattern import pattern
from migsafe.model.record import record

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1024
_MILLION = 1_000_000
_THOUSAND = 1_000
_TENS = 10
_LIMIT = pattern(
    r"(?:(?P<rows>rows)\s*<\s*(?P<count>\d[\d_]*)"
    r"|(?P<size>size)\s*<\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>B|kB|MB|GB|TB))"
)


@record
class Limit:
    """What counts as small: fewer rows, or fewer bytes; one of them is None."""

    rows: int | None = None
    bytes: int | None = None

    def covers(self, size: TableSize) -> bool:
        """Say whether a table is known to be under the limit."""
        if self.rows is not None:
            return size.rows is not None and size.rows < self.rows
        return self.bytes is not None and size.bytes < self.bytes


def limit_of(text: str) -> Limit | None:
    """Return the limit that `rows < 10000` or `size < 10 MB` sets, None if it is neither."""
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        return None
    if found["rows"]:
        return Limit(rows=int(found["count"].replace("_", "")))
    return Limit(bytes=int(float(found["number"]) * _STEP ** _UNITS.index(found["unit"])))


def in_words(size: TableSize) -> str:
    """Return a size as people say it: `about 12 million rows, 3.4 GB`."""
    space = _space(size.bytes)
    return space if size.rows is None else f"about {_rows(size.rows)}, {space}"


def _rows(count: int) -> str:
    if count >= _MILLION:
        return f"{_short(count / _MILLION)} million rows"
    if count >= _THOUSAND:
        digits = 10 ** (len(str(count)) - 2)
        return f"{round(count / digits) * digits:,} rows"
    return "1 row" if count == 1 else f"{count} rows"


def _space(count: int) -> str:
    left, unit = float(count), 0
    while left >= _STEP and unit < len(_UNITS) - 1:
        left /= _STEP
        unit += 1
    return f"{_short(left) if unit else count} {_UNITS[unit]}"


def _short(number: float) -> str:
    """Return two digits of a number, or all that stand before the point."""
    return f"{number:.0f}" if number >= _TENS else f"{number:.1f}".removesuffix(".0")
